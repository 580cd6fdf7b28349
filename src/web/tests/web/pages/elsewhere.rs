//! From here to a visitor's own server and back: intents, the page that asks for a home, and the one that our own people are sent to.

use super::browser::Browser;
use super::safety::check;
use crate::world::{ORIGIN, World};
use http::Method;
use pritchel_actors::client;
use pritchel_web::ports::IntentTemplate;
use serde_json::json;

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn offer(world: &World, home: &str, rows: &[(&str, &str)]) {
    let one = |(rel, template): &(&str, &str)| IntentTemplate { rel: (*rel).into(), template: (*template).into() };
    world.ports.homes.lock().unwrap().insert(home.into(), rows.iter().map(one).collect());
}

#[tokio::test]
async fn a_stranger_is_taken_to_their_own_server_with_the_thing_in_hand() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&alice, &tracker).await;
    world.publishes(&alice, &client::open_ticket(&alice, &tracker, "Too hot", "It is.", Some(&permit))).await;
    let ticket = format!("{tracker}/tickets/1");
    let repo = world.makes(&alice, "Repository", "Leaves", "public").await;
    let mut stranger = Browser::new(&world);
    let page = stranger.sees(tracker.as_str()).await;
    for deed in ["follow", "open"] {
        assert!(page.contains(&format!("/away?do={deed}&#38;uri={}", encoded(tracker.as_str()))), "{deed}: {page}");
    }
    let page = stranger.sees(&ticket).await;
    assert!(page.contains(&format!("/away?do=comment&#38;uri={}", encoded(&ticket))), "{page}");
    let page = stranger.sees(repo.as_str()).await;
    assert!(page.contains("/away?do=star") && page.contains("/away?do=fork"), "{page}");

    let asks = stranger.sees(&format!("/away?do=comment&uri={}", encoded(&ticket))).await;
    assert!(asks.contains("name=\"home\"") && asks.contains("Comment on"), "{asks}");
    offer(
        &world,
        "bob@b.social",
        &[
            ("http://ostatus.org/schema/1.0/subscribe", "https://b.social/authorize_interaction?uri={uri}"),
            ("https://w3id.org/fep/3b86/Create", "https://b.social/share?to={inReplyTo}&text={content}"),
        ],
    );
    let fields = [("do", "comment"), ("uri", ticket.as_str()), ("home", "bob@b.social")];
    let answer = stranger.post("/away", &fields).await;
    let to = format!("https://b.social/share?to={}&text=", encoded(&ticket)).replace('&', "&#38;");
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains(&format!("content=\"0; url={to}\"")), "{}", answer.text());
    let follow = [("do", "follow"), ("uri", tracker.as_str()), ("home", "bob@b.social")];
    let text = stranger.post("/away", &follow).await.text();
    assert!(text.contains("https://b.social/authorize_interaction?uri="), "{text}");
    check("/away", &text);
}

#[tokio::test]
async fn who_is_at_home_nowhere_is_told_so_and_nobody_is_led_astray() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let uri = alice.to_string();
    let mut stranger = Browser::new(&world);
    offer(&world, "evil.example", &[("http://ostatus.org/schema/1.0/subscribe", "javascript:alert('{uri}')")]);
    offer(&world, "bare.example", &[]);
    for home in ["evil.example", "bare.example", "nobody@gone.example", "", "\"><script>alert(1)</script>"] {
        let answer = stranger.post("/away", &[("do", "follow"), ("uri", &uri), ("home", home)]).await;
        assert_eq!(answer.status, 422, "{home}");
        assert!(!answer.text().contains("http-equiv"), "{home}: {}", answer.text());
        check(home, &answer.text());
    }
    for other in ["https://evil.example/x", "javascript:alert(1)", ""] {
        assert_eq!(stranger.get(&format!("/away?do=follow&uri={}", encoded(other))).await.status, 400, "{other}");
        let answer = stranger.post("/away", &[("uri", other), ("home", "evil.example")]).await;
        assert_eq!(answer.status, 400, "{other}");
    }
    let fields = [("uri", uri.as_str()), ("home", "bare.example")];
    assert_eq!(stranger.send("/away", &fields, Some("cross-site")).await.status, 403, "a form of another site");
    stranger.from = Some("192.0.2.7");
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(stranger.post("/away", &[("uri", uri.as_str()), ("home", "bare.example")]).await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[19]), (422, 429), "other servers are not asked without end: {statuses:?}");
}

#[tokio::test]
async fn our_own_people_are_shown_what_they_pressed_elsewhere_and_nothing_is_done_by_that() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let far = "https://far.example/trackers/t";
    let document =
        json!({"type": ["TicketTracker", "Service"], "id": far, "name": "Far tea", "inbox": format!("{far}/inbox")});
    world.ports.documents.lock().unwrap().insert(far.to_owned(), document);
    let finger = world.ask(Method::GET, "/.well-known/webfinger?resource=acct:alice@a.example").answer().await.json();
    let links = finger["links"].as_array().unwrap();
    let template = |rel: &str| {
        let link = links.iter().find(|link| link["rel"] == rel).unwrap_or_else(|| panic!("{rel}: {finger}"));
        link["template"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned()
    };
    let follow = template("http://ostatus.org/schema/1.0/subscribe").replace("{uri}", &encoded(far));
    let intent = template("https://w3id.org/fep/3b86/Follow").replace("{object}", &encoded(far));
    let comment = template("https://w3id.org/fep/3b86/Create");

    let stranger = Browser::new(&world);
    for target in [&follow, &intent] {
        let answer = stranger.get(target).await;
        assert_eq!((answer.status.as_u16(), answer.header("location").starts_with("/login?back=")), (303, true));
    }
    let browser = Browser::of(&world, &alice).await;
    for (target, hinted) in [(&follow, false), (&intent, true)] {
        let answer = browser.get(target).await;
        assert_eq!(answer.status, 303);
        let page = browser.sees(answer.header("location")).await;
        assert!(page.contains("Far tea") && page.contains("/do/follow"), "{page}");
        assert_eq!(page.contains("Here it is"), hinted, "{page}");
    }
    let said = comment.replace("{inReplyTo}", &encoded(far)).replace("{content}", "a+%3Cb%3E");
    let to = browser.get(&said).await.header("location").to_owned();
    assert!(to.contains("text=a+%3Cb%3E") && to.ends_with("#comment"), "{to}");
    let outbox = browser.sees(&format!("{alice}/outbox")).await;
    assert!(!outbox.contains("class=\"what\""), "looking is not doing: {outbox}");
    let near = browser.get(&format!("/authorize_interaction?uri={}", encoded(alice.as_str()))).await;
    let near = browser.get(near.header("location")).await;
    assert_eq!(near.header("location"), alice.as_str().strip_prefix(ORIGIN).unwrap(), "what is ours has its own page");
}

#[tokio::test]
async fn a_search_takes_words_names_and_where_a_repository_is_cloned_from() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Greentea", "public").await;
    world.makes(&alice, "Repository", "Secret Tea", "private").await;
    let path = repo.as_str().strip_prefix(ORIGIN).unwrap();
    let far = "https://far.example/bob/tea";
    let document = json!({"type": "Repository", "id": far, "name": "Far leaves", "inbox": format!("{far}/inbox")});
    world.ports.documents.lock().unwrap().insert(far.to_owned(), document);
    let browser = Browser::of(&world, &alice).await;
    for q in [
        format!("ssh://git@a.example:2222{path}.git"),
        format!("{repo}.git"),
        format!("git@a.example:{path}.git"),
        "@greentea".into(),
    ] {
        let answer = browser.get(&format!("/look?q={}", encoded(&q))).await;
        assert_eq!(answer.header("location"), path, "{q}");
    }
    for q in ["ssh://git@far.example/bob/tea.git", "git@far.example:bob/tea.git", "https://far.example/bob/tea.git"] {
        assert!(browser.sees(&format!("/look?q={}", encoded(q))).await.contains("Far leaves"), "{q}");
    }
    let stranger = Browser::new(&world);
    let found = stranger.sees("/look?q=tea").await;
    assert!(found.contains("Greentea") && !found.contains("Secret"), "{found}");
    assert!(browser.sees("/look?q=tea").await.contains("Secret Tea"), "whoever may see it finds it");
    assert!(stranger.sees("/look?q=coffee+beans").await.contains("Nothing here is called so"));
}
