//! A server that was given no domain, to try it: what it prints is what it does.

use crate::server::{PATIENCE, Server, free_host, http};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_link_of_a_server_without_a_domain_makes_its_administrator() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_to_try(folder.path(), &free_host()).await;
    let log = server.log();
    let link = log.split_whitespace().find(|word| word.contains("/setup/")).expect("a link").to_owned();
    assert!(link.starts_with(&format!("{}/setup/", server.base)), "{link}");
    assert_eq!(http().get(&link).send().await.unwrap().status(), 200);
    let fields = "name=alice&password=correct+horse&again=correct+horse";
    let stays = reqwest::redirect::Policy::none();
    let browser = reqwest::Client::builder().no_proxy().timeout(PATIENCE).redirect(stays).build().unwrap();
    let form = browser.post(&link).header("origin", &server.base);
    let form = form.header("content-type", "application/x-www-form-urlencoded").body(fields);
    let welcome = form.send().await.unwrap();
    assert_eq!(welcome.status(), 303);
    let cookie = welcome.headers().get("set-cookie").expect("a session").to_str().unwrap().to_owned();
    assert!(!cookie.contains("Secure"), "a cookie that comes back over http: {cookie}");
    let host = server.base.trim_start_matches("http://");
    let finger = format!("{}/.well-known/webfinger?resource=acct:alice@{host}", server.base);
    let finger: Value = serde_json::from_str(&http().get(finger).send().await.unwrap().text().await.unwrap()).unwrap();
    let alice = finger["links"][0]["href"].as_str().expect("an address").to_owned();
    assert!(alice.starts_with(&format!("{}/", server.base)), "{alice}");
    let (status, document) = server.person("bob").get(&alice).await;
    assert_eq!((status, document["id"].as_str()), (200, Some(alice.as_str())));
    let info: Value = {
        let answer = http().get(format!("{}/nodeinfo/2.1", server.base)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    };
    assert_eq!(info["software"]["repository"], format!("{}/-/source", server.base));
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}
