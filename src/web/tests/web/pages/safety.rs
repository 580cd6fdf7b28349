//! What every page has, whatever stands in it.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use serde_json::json;

pub const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Nothing that runs, nothing that styles itself, nothing from elsewhere.
pub fn check(target: &str, page: &str) {
    let lower = page.to_lowercase();
    for text in ["<script", "<img src=x", "javascript:", "<style", " style=", "<iframe"] {
        assert!(!lower.contains(text), "{target} holds {text}: {page}");
    }
    for tag in lower.split('<').filter_map(|rest| rest.split('>').next()) {
        // What stands between quotes is a value.
        let names: String = tag.split('"').step_by(2).collect();
        assert!(!names.contains(" on"), "{target}: <{tag}>");
    }
}

#[tokio::test]
async fn what_people_write_is_shown_as_text_on_every_page() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    alice.does("/settings/profile", &[("display_name", EVIL), ("summary", EVIL)]).await;
    alice.post("/settings/token", &[("label", EVIL), ("read", "on")]).await;
    let to = alice.does("/do/open-factory", &[("name", EVIL)]).await;
    let factory = format!("{ORIGIN}{}", to.split('?').next().unwrap());
    let mut made = Vec::new();
    for kind in ["TicketTracker", "Repository"] {
        let create = [("factory", factory.as_str()), ("kind", kind), ("name", EVIL), ("summary", EVIL)];
        let to = alice.does("/do/create", &create).await;
        made.push(format!("{ORIGIN}{}", to.split('?').next().unwrap()));
    }
    let tracker = made[0].as_str();
    alice.does("/do/open-ticket", &[("tracker", tracker), ("title", EVIL), ("text", EVIL)]).await;
    let ticket = format!("{tracker}/tickets/1");
    alice.does("/do/comment", &[("tracker", tracker), ("ticket", &ticket), ("text", EVIL)]).await;
    alice.does("/do/invite", &[("resource", tracker), ("invitee", b.as_str()), ("role", "triage")]).await;
    // What a client may post that no form does.
    let mut like = client::like(&ActorId::new(made[1].as_str()));
    like["summary"] = EVIL.into();
    like["cc"] = json!([EVIL, b]);
    let act = world.publishes(&a, &like).await;
    let far = json!({"type": EVIL, "id": EVIL, "name": EVIL, "summary": EVIL, "inbox": EVIL, "cloneUri": [EVIL]});
    world.ports.documents.lock().unwrap().insert("https://far.example/x".to_owned(), far);
    let targets = [
        "/".to_owned(),
        "/desk".into(),
        "/settings".into(),
        "/look?q=https://far.example/x".into(),
        "/look".into(),
        format!("/look?q={}", url::form_urlencoded::byte_serialize(EVIL.as_bytes()).collect::<String>()),
        a.to_string(),
        format!("{a}/outbox"),
        format!("{a}/inbox"),
        format!("{a}/errbox"),
        format!("{a}/followers"),
        format!("{a}/following"),
        factory.clone(),
        format!("{factory}/inbox"),
        format!("{factory}/outbox"),
        tracker.to_owned(),
        ticket.clone(),
        format!("{tracker}/collaborators"),
        format!("{tracker}/inbox"),
        format!("{tracker}/outbox"),
        format!("{tracker}/errbox"),
        format!("{tracker}/inbox/1"),
        made[1].clone(),
        format!("{}/inbox", made[1]),
        act.to_string(),
        format!("/?after={}", "%3Cscript%3E"),
        b.to_string(),
    ];
    for browser in [&alice, &bob] {
        for target in &targets {
            let answer = browser.get(target).await;
            check(target, &answer.text());
        }
    }
    let shown = alice.sees(&ticket).await;
    assert!(shown.contains("&#60;script&#62;alert(1)"), "it is there, as text: {shown}");
    for i in 1..20 {
        check("an item of the inbox", &alice.get(&format!("{a}/inbox/{i}")).await.text());
    }
}

#[tokio::test]
async fn every_page_forbids_what_it_does_not_need_and_is_kept_by_nobody() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let browser = Browser::of(&world, &alice).await;
    for target in ["/", "/desk", "/settings", "/look", "/login", alice.as_str(), "/people/nobody"] {
        let answer = browser.get(target).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{target}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{target}");
        if answer.status == 200 {
            assert_eq!(answer.header("cache-control"), "private, no-store", "{target}");
            assert!(answer.header("vary").contains("cookie"), "{target}");
        }
    }
}

#[tokio::test]
async fn every_page_has_a_language_a_title_one_heading_and_landmarks() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    let repository = world.makes(&alice, "Repository", "Pot", "public").await;
    let browser = Browser::of(&world, &alice).await;
    let rows = ["/", "/desk", "/settings", "/look", alice.as_str(), tracker.as_str(), repository.as_str(), "/people/x"];
    for target in rows {
        let page = browser.get(target).await.text();
        assert!(page.contains("<html lang=\"en\">") && page.contains("<main id=\"main\""), "{target}");
        assert_eq!(page.matches("<h1").count(), 1, "{target}: {page}");
        assert!(page.contains("<title>") && !page.contains("<title> ·"), "{target}");
        for input in page.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let named = input.contains("type=\"hidden\"") || input.contains("id=") || input.contains("name=");
            assert!(named || input.contains("readonly"), "{target}: {input}");
        }
    }
}

#[tokio::test]
async fn the_stylesheet_is_kept_for_ever_under_a_name_that_changes_with_it() {
    let world = World::new().await;
    let page = Browser::new(&world).sees("/").await;
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let answer = Browser::new(&world).get(rest.split('"').next().unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(answer.header("cache-control").contains("immutable"));
    assert_eq!(Browser::new(&world).get("/assets/0123456789abcdef.css").await.status, 404);
    assert_eq!(Browser::new(&world).get("/assets/..%2f..%2fCargo.toml").await.status, 404);
}

/// Markup of others is shown by one type, which holds sanitised HTML only; a template cannot say that something is safe.
#[test]
fn no_template_says_that_something_is_safe() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut seen = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["|safe", "| safe", "|escape(\"none\")", "|e(\"none\")", "autoescape", "<script", "style="] {
            assert!(!text.contains(word), "{} holds {word}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen} templates");
}
