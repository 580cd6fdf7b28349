//! WebFinger, NodeInfo, host-meta.

use crate::world::{Answer, World};
use http::Method;
use serde_json::json;

async fn finger(world: &World, resource: &str) -> Answer {
    world.ask(Method::GET, &format!("/.well-known/webfinger?resource={resource}")).answer().await
}

#[tokio::test]
async fn every_actor_has_a_name_that_leads_to_it_and_an_address_that_leads_to_its_name() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tea = world.makes(&alice, "Repository", "Tea", "public").await;
    let bugs = world.makes(&alice, "TicketTracker", "Bugs", "closed").await;
    let domain = "https://a.example/actor".into();
    for (name, id) in [("alice", &alice), ("tea", &tea), ("bugs", &bugs), ("a.example", &domain)] {
        for resource in [format!("acct:{name}@a.example"), id.to_string()] {
            let answer = finger(&world, &resource).await;
            assert_eq!(answer.status, 200, "{resource}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "application/jrd+json");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let jrd = answer.json();
            assert_eq!(jrd["subject"], format!("acct:{name}@a.example"));
            assert_eq!(jrd["links"][0], json!({"rel": "self", "type": "application/activity+json", "href": id}));
        }
        let document = world.get(id.as_str()).await.json();
        assert_eq!(document["webfinger"], format!("{name}@a.example"), "what its document says WebFinger answers");
    }
    let upper = finger(&world, "acct:Alice@a.example").await.json();
    assert_eq!(upper["subject"], "acct:alice@a.example");
    let only = finger(&world, "acct:alice@a.example&rel=self").await.json();
    assert_eq!(only["links"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_of_nobody_of_elsewhere_or_of_another_shape_is_refused_to_any_page() {
    let world = World::new().await;
    world.person("alice").await;
    #[rustfmt::skip]
    let rows = [
        ("acct:bob@a.example",             404),
        ("acct:alice@b.example",           404),
        ("https://a.example/people/bob",   404),
        ("https://a.example/people/",      404),
        ("https://a.example.evil.example", 404),
        ("https://b.example/actor",        404),
        ("alice",                          400),
        ("acct:@a.example",                400),
        ("",                               400),
        ("a&resource=b",                   400),
    ];
    for (resource, status) in rows {
        let answer = finger(&world, resource).await;
        assert_eq!(answer.status, status, "{resource}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{resource}");
        assert!(!answer.code().is_empty());
    }
    let long = "a".repeat(3000);
    assert_eq!(finger(&world, &long).await.status, 400);
    let none = world.ask(Method::GET, "/.well-known/webfinger").answer().await;
    assert_eq!(none.status, 400);
}

#[tokio::test]
async fn node_info_says_our_name_and_to_forgejo_the_one_it_lets_in_where_that_is_set() {
    for compatible in [false, true] {
        let world = World::with(|settings| settings.forgejo_compatible = compatible).await;
        world.person("alice").await;
        let index = world.ask(Method::GET, "/.well-known/nodeinfo").answer().await.json();
        let software = async |at: usize| {
            let href = index["links"][at]["href"].as_str().unwrap().to_owned();
            let info = world.ask(Method::GET, &href).answer().await;
            assert_eq!(info.json()["usage"]["users"]["total"], 1);
            assert_eq!(info.json()["metadata"]["software"], "pritchel", "the true name is always said");
            info.json()["software"]["name"].as_str().unwrap().to_owned()
        };
        assert_eq!(software(0).await, if compatible { "gitea" } else { "pritchel" });
        assert_eq!(software(1).await, "pritchel");
    }
}

#[tokio::test]
async fn node_info_leads_to_the_source_wherever_it_lies() {
    for (setting, expected) in
        [(None, "https://a.example/-/source"), (Some("https://source.example/forge"), "https://source.example/forge")]
    {
        let world = World::with(|settings| settings.source_url = setting.map(str::to_owned)).await;
        let info = world.ask(Method::GET, "/nodeinfo/2.1").answer().await.json();
        assert_eq!(info["software"]["repository"], expected);
        assert_eq!(info["metadata"]["source"], expected);
        assert!(world.get("/").await.text().contains(&format!("href=\"{expected}\"")));
    }
}

#[tokio::test]
async fn host_meta_leads_to_webfinger_and_robots_stay_out_of_inboxes() {
    let world = World::new().await;
    let template = "https://a.example/.well-known/webfinger?resource={uri}";
    let xml = world.ask(Method::GET, "/.well-known/host-meta").answer().await;
    assert!(xml.text().contains(template) && xml.header("content-type").starts_with("application/xrd+xml"));
    let json = world.ask(Method::GET, "/.well-known/host-meta.json").answer().await.json();
    assert_eq!(json["links"][0]["template"], template);
    let robots = world.ask(Method::GET, "/robots.txt").answer().await;
    assert!(robots.text().contains("Disallow: /*/inbox"));
}

#[tokio::test]
async fn names_are_shown_at_the_display_host_and_addresses_stay_where_they_are() {
    let world = World::with(|settings| settings.domains[0].display = Some("example.org".to_owned())).await;
    let alice = world.person("alice").await;
    for host in ["a.example", "example.org"] {
        let ask = |path: &str| world.bare(Method::GET, path).with("host", host);
        for resource in ["acct:alice@example.org", "acct:alice@a.example", alice.as_str()] {
            let answer = ask(&format!("/.well-known/webfinger?resource={resource}")).answer().await;
            assert_eq!(answer.status, 200, "{host} {resource}: {}", answer.text());
            assert_eq!(answer.json()["subject"], "acct:alice@example.org", "{host} {resource}");
            assert_eq!(answer.json()["links"][0]["href"], alice.as_str());
        }
        for (resource, status) in [("acct:alice@b.example", 404), ("acct:bob@example.org", 404)] {
            let answer = ask(&format!("/.well-known/webfinger?resource={resource}")).answer().await;
            assert_eq!(answer.status, status, "{host} {resource}");
        }
        let instance = ask("/.well-known/webfinger?resource=acct:a.example@example.org").answer().await.json();
        assert_eq!(instance["links"][0]["href"], "https://a.example/actor");
        let meta = ask("/.well-known/host-meta").answer().await;
        assert!(meta.text().contains("https://a.example/.well-known/webfinger?resource={uri}"), "{}", meta.text());
        let info = ask("/.well-known/nodeinfo").answer().await.json();
        assert!(info["links"][0]["href"].as_str().unwrap().starts_with("https://a.example/nodeinfo/"), "{info}");
    }
    let path = alice.as_str().strip_prefix("https://a.example").unwrap();
    for path in [path, "/actor", "/nodeinfo/2.0", "/"] {
        let elsewhere = world.bare(Method::GET, path).with("host", "example.org").activity().answer().await;
        assert_eq!(elsewhere.status, 421, "{path} lies at a.example and nowhere else");
    }
    for path in [path, "/"] {
        let page = world.ask(Method::GET, path).with("accept", "text/html").answer().await.text();
        assert!(page.contains("example.org"), "{path} shows the name: {page}");
    }
}
