//! What clients of persons post, and what they have fetched; the pump.

use crate::world::{ACTIVITY, ORIGIN, PUMP_TOKEN, World};
use http::Method;
use pritchel_actors::client;
use pritchel_actors::person::rows::Scope;
use serde_json::json;
use std::time::Duration;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
const BOB: &str = "https://bob.example/people/bob";

#[tokio::test]
async fn what_a_client_posts_is_published_with_an_address_of_ours() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let token = world.token(&alice, &[Scope::Read, Scope::Write]).await;
    let posted = world
        .post(&alice, &token, &json!({"type": "Note", "content": "tea", "to": [BOB], "bcc": ["https://c.example/c"]}))
        .await;
    assert_eq!((posted.status.as_u16(), posted.body.len()), (201, 0), "{}", posted.text());
    let location = posted.header("location");
    assert!(location.starts_with(&format!("{alice}/outbox/")));
    let act = world.ask(Method::GET, location).activity().by(&token).answer().await.json();
    assert_eq!((&act["type"], &act["actor"], &act["id"]), (&json!("Create"), &json!(alice.as_str()), &json!(location)));
    assert_eq!(act.get("bcc"), None, "whom else it was sent is nobody's affair");
    for media_type in ["application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", "application/json"] {
        let follow = client::follow(&"https://a.example/actor".into()).to_string();
        let ask = world.ask(Method::POST, &format!("{alice}/outbox")).by(&token).body(media_type, follow);
        assert_eq!(ask.answer().await.status, 201, "{media_type}");
    }
}

/// Other servers and their pages show it as it comes.
#[tokio::test]
async fn html_that_a_client_posts_is_safe_when_it_is_published_and_its_source_is_kept() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let evil = "<p>tea<script>alert(1)</script><a href=\"javascript:x\" onclick=\"x\">pot</a></p>";
    let source = json!({"content": evil, "mediaType": "text/markdown"});
    let note = json!({"type": "Note", "content": evil, "source": source, "to": [PUBLIC]});
    let ticket =
        json!({"type": "Ticket", "attributedTo": alice, "summary": "a < b", "content": evil, "source": source});
    for posted in [note, json!({"type": "Offer", "target": BOB, "to": [PUBLIC], "object": ticket})] {
        let act = world.publishes(&alice, &posted).await;
        let object = &world.get(act.as_str()).await.json()["object"];
        let content = object["content"].as_str().unwrap();
        assert!(content.starts_with("<p>tea<a ") && content.ends_with(">pot</a></p>"), "{content}");
        assert!(!content.contains("script") && !content.contains("onclick"), "{content}");
        assert_eq!((&object["source"], object.get("summary")), (&source, posted["object"].get("summary")));
    }
}

#[tokio::test]
async fn a_note_about_what_not_everybody_is_shown_is_not_for_everybody() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let closed = world.makes(&alice, "TicketTracker", "Closed", "closed").await;
    let private = world.makes(&alice, "TicketTracker", "Private", "private").await;
    let far = |path: &str| format!("https://far.example/{path}");
    let documents = [
        (far("t/1"), json!({"type": "Ticket", "id": far("t/1")})),
        (far("t/2"), json!({"type": "Ticket", "id": far("t/2"), "to": [far("t"), PUBLIC]})),
        (far("t/3"), json!({"type": "Ticket", "id": far("t/3"), "to": far("t")})),
        (far("bob"), json!({"type": "Person", "id": far("bob")})),
        (far("t"), json!({"type": ["TicketTracker", "Service"], "id": far("t")})),
    ];
    world.ports.documents.lock().unwrap().extend(documents);
    #[rustfmt::skip]
    let rows = [
        ("shown to us",                        far("t/1"),                     far("t"),           true),
        ("for everybody",                      far("t/2"),                     far("t"),           true),
        ("for some",                           far("t/3"),                     far("t"),           false),
        ("not shown to us",                    far("t/4"),                     far("t"),           false),
        ("nor is its tracker",                 far("x/4"),                     far("x"),           false),
        ("a name of people's conversation",    far("contexts/4"),              far("bob"),         true),
        ("of ours, shown to everybody",        format!("{closed}/tickets/1"),  closed.to_string(), true),
        ("of ours, not shown to everybody",    format!("{private}/tickets/1"), private.to_string(), false),
    ];
    for (what, context, tracker, to_all) in rows {
        let followers = format!("{context}/followers");
        let note =
            json!({"type": "Note", "context": context, "content": "tea", "to": [tracker, PUBLIC], "cc": [followers]});
        let act = world.publishes(&alice, &note).await;
        let token = world.token(&alice, &[Scope::Read]).await;
        let act = world.ask(Method::GET, act.as_str()).activity().by(&token).answer().await.json();
        for said in [&act, &act["object"]] {
            assert_eq!(said["to"].as_array().unwrap().contains(&json!(PUBLIC)), to_all, "{what}: {act}");
            assert!(said["to"].as_array().unwrap().contains(&json!(tracker)), "{what}: {act}");
            assert_eq!(said["cc"], json!([followers]), "{what}");
        }
        let nobody = world.ask(Method::GET, act["id"].as_str().unwrap()).activity().answer().await;
        assert_eq!(nobody.status == 200, to_all, "{what}");
    }
}

#[tokio::test]
async fn a_token_that_may_not_read_is_told_so_and_is_not_told_to_be_none() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let token = world.token(&alice, &[Scope::Git]).await;
    let answer = world.ask(Method::GET, &format!("{alice}/inbox")).with("accept", ACTIVITY).by(&token).answer().await;
    assert_eq!((answer.status.as_u16(), answer.code()), (403, "scope-too-small".to_owned()));
    assert!(answer.text().contains("`read`") && answer.text().contains("`git`"), "{}", answer.text());
    let nobody = world.ask(Method::GET, &format!("{alice}/inbox")).with("accept", ACTIVITY).answer().await;
    assert_eq!((nobody.status.as_u16(), nobody.code()), (401, "token-wanted".to_owned()));
}

#[tokio::test]
async fn what_may_not_be_posted_is_refused_with_its_reason_and_publishes_nothing() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let good = world.token(&alice, &[Scope::Write]).await;
    let others = world.token(&eve, &[Scope::Write]).await;
    let read = world.token(&alice, &[Scope::Read]).await;
    let unknown = format!("{}x", good);
    let note = json!({"type": "Note", "content": "tea", "to": [BOB]}).to_string();
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    let grant = json!({"type": "Grant", "object": "admin", "to": [BOB]}).to_string();
    let forged = json!({"type": "Follow", "actor": BOB, "object": BOB}).to_string();
    let large = json!({"type": "Note", "content": "x".repeat(600_000)}).to_string();
    #[rustfmt::skip]
    let rows = [
        ("no token",            None,            ACTIVITY,     note.as_str(),        401, "token-wanted"),
        ("an unknown token",    Some(&unknown),  ACTIVITY,     &note,                401, "token-not-good"),
        ("a token to read",     Some(&read),     ACTIVITY,     &note,                403, "scope-too-small"),
        ("another's token",     Some(&others),   ACTIVITY,     &note,                403, "not-oneself"),
        ("a form",              Some(&good),     "text/plain", &note,                415, "media-type"),
        ("no JSON",             Some(&good),     ACTIVITY,     "{",                  400, "malformed"),
        ("no object",           Some(&good),     ACTIVITY,     "[]",                 400, "malformed"),
        ("a type that is none", Some(&good),     ACTIVITY,     r#"{"type":7,"object":5}"#, 400, "malformed"),
        ("no type",             Some(&good),     ACTIVITY,     r#"{"object":"x"}"#, 400, "malformed"),
        ("nobody to follow",    Some(&good),     ACTIVITY,     r#"{"type":"Follow"}"#, 400, "malformed"),
        ("a term twice",        Some(&good),     ACTIVITY,     r#"{"type":"Like","type":"Follow"}"#, 400, "malformed"),
        ("too deep",            Some(&good),     ACTIVITY,     &deep,                400, "malformed"),
        ("too large",           Some(&good),     ACTIVITY,     &large,               413, "body-too-large"),
        ("what resources say",  Some(&good),     ACTIVITY,     &grant,               403, "not-for-persons"),
        ("another's act",       Some(&good),     ACTIVITY,     &forged,              403, "not-oneself"),
    ];
    for (what, token, media_type, body, status, code) in rows {
        let mut ask = world.ask(Method::POST, &format!("{alice}/outbox")).body(media_type, body.to_owned());
        if let Some(token) = token {
            ask = ask.by(token);
        }
        let answer = ask.answer().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{what}");
    }
    let reader = world.token(&alice, &[Scope::Read]).await;
    let outbox = world.ask(Method::GET, &format!("{alice}/outbox")).activity().by(&reader).answer().await.json();
    assert_eq!(outbox["totalItems"], 0);
}

#[tokio::test]
async fn a_client_has_documents_of_other_servers_fetched() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.ports.documents.lock().unwrap().insert(BOB.to_owned(), json!({"id": BOB, "type": "Person"}));
    let token = world.token(&alice, &[Scope::Read]).await;
    let form = "application/x-www-form-urlencoded";
    let ask = |body: String| world.ask(Method::POST, "/api/proxy").body(form, body);
    let found = ask(format!("id={BOB}")).by(&token).answer().await;
    assert_eq!(
        (found.status.as_u16(), &found.json()["id"], found.header("content-type")),
        (200, &json!(BOB), ACTIVITY)
    );
    assert_eq!(ask(format!("id={BOB}")).answer().await.status, 401, "for nobody in particular nothing is fetched");
    assert_eq!(ask("id=https://bob.example/no".to_owned()).by(&token).answer().await.status, 502);
    for body in ["", "id=", "id=file:///etc/passwd", "id=bob", "id=https://a.example/&id=https://b.example/"] {
        assert_eq!(ask(body.to_owned()).by(&token).answer().await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn a_document_of_another_server_is_asked_for_in_the_name_of_the_client_s_person() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let ticket = "https://bob.example/trackers/t/tickets/1";
    let shown = json!({"id": ticket, "type": "Ticket", "summary": "Hush"});
    world.ports.documents.lock().unwrap().insert(format!("{ticket} {alice}"), shown.clone());
    for (person, status) in [(&alice, 200), (&eve, 502)] {
        let token = world.token(person, &[Scope::Read]).await;
        let form = "application/x-www-form-urlencoded";
        let ask = world.ask(Method::POST, "/api/proxy").body(form, format!("id={ticket}"));
        let found = ask.by(&token).answer().await;
        assert_eq!(found.status.as_u16(), status);
        assert!(status != 200 || found.header("cache-control") == "private, no-store");
        assert_eq!(found.text().contains("Hush"), status == 200);
    }
}

#[tokio::test]
async fn a_client_gets_documents_of_this_server_as_a_get_by_the_same_person_does() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let open = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    let hidden = world.makes(&alice, "Repository", "Secret", "private").await;
    let mine = world.token(&alice, &[Scope::Read]).await;
    let others = world.token(&eve, &[Scope::Read]).await;
    let form = "application/x-www-form-urlencoded";
    let rows = [
        (format!("{alice}"), 200, 200),
        (format!("{alice}/inbox"), 200, 404),
        (format!("{open}/tickets"), 200, 200),
        (format!("{open}/tickets/1"), 404, 404),
        // To others it shows its keys and nothing else, as it does by `GET`.
        (format!("{hidden}"), 200, 200),
        (format!("{hidden}/followers"), 200, 404),
        (format!("{ORIGIN}/nothing/here"), 404, 404),
        (format!("{ORIGIN}/api/proxy"), 404, 404),
    ];
    for (id, to_alice, to_eve) in rows {
        for (token, status) in [(&mine, to_alice), (&others, to_eve)] {
            let found = world.ask(Method::POST, "/api/proxy").body(form, format!("id={id}")).by(token).answer().await;
            let got = world.ask(Method::GET, &id).activity().by(token).answer().await;
            assert_eq!(found.status.as_u16(), status, "{id}: {}", found.text());
            if status == 200 {
                assert_eq!((found.json(), found.header("content-type")), (got.json(), ACTIVITY), "{id}");
                assert_eq!(found.header("cache-control"), "private, no-store");
            }
        }
    }
}

#[tokio::test]
async fn the_pump_moves_for_whoever_has_its_token_and_no_longer_than_it_may() {
    let world = World::new().await;
    let pump = |target: &str| world.bare(Method::POST, target);
    let moved = pump("/-/pump?budget_ms=250").with("authorization", &format!("Bearer {PUMP_TOKEN}")).answer().await;
    assert_eq!((moved.status.as_u16(), &moved.json()["turns"]), (200, &json!(7)));
    let long = pump("/-/pump?budget_ms=99999999").with("authorization", &format!("Bearer {PUMP_TOKEN}")).answer().await;
    assert_eq!(long.status, 200);
    let most = Duration::from_millis(pritchel_web::limits::PUMP_MS_MAX);
    assert_eq!(*world.ports.pumped.lock().unwrap(), [Duration::from_millis(250), most]);
    for wrong in ["Bearer other", "Bearer ", "Basic x", PUMP_TOKEN] {
        assert_eq!(pump("/-/pump").with("authorization", wrong).answer().await.status, 401, "{wrong}");
    }
    assert_eq!(pump("/-/pump").answer().await.status, 401);
    let odd = pump("/-/pump?budget_ms=soon").with("authorization", &format!("Bearer {PUMP_TOKEN}")).answer().await;
    assert_eq!(odd.status, 400);
    assert_eq!(world.ports.pumped.lock().unwrap().len(), 2);
    let without = World::with(|settings| settings.pump_token_hash = None).await;
    assert_eq!(without.bare(Method::POST, "/-/pump").answer().await.status, 404);
    assert_eq!(world.bare(Method::GET, "/-/health").answer().await.json(), json!({"status": "ok"}));
}
