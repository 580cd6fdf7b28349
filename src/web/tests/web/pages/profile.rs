//! What people say of themselves, their pictures, their own data, and how they go.

use super::browser::Browser;
use super::links::between;
use crate::world::{ORIGIN, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Domain;
use pritchel_actors::domain::Register;
use pritchel_actors::person::rows::Scope;
use pritchel_web::limits::PORTRAIT_UPLOAD_BYTES_MAX;
use pritchel_web::password::Passwords;
use serde_json::json;

const PASSWORD: &str = "correct horse";
/// One pixel that can be seen through.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async fn with_password(world: &World, name: &str) -> ActorId {
    let domain = world.front.settings.domains[0].actor.clone();
    let phc = Passwords::default().hash(PASSWORD.to_owned()).await.unwrap();
    let register = Register::by_operator(name, Some(phc), false);
    let Ok(Outcome::Done(id)) = world.front.node.call::<Domain, _>(&domain, &domain, register).await else { panic!() };
    world.settle().await;
    id
}

#[tokio::test]
async fn a_profile_is_typed_in_markdown_and_told_as_others_read_it() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    let said = "I **bake**. <script>alert(1)</script>";
    let fields = [
        ("summary", said),
        ("field_name_1", "Home"),
        ("field_value_1", "https://alice.example/"),
        ("field_name_3", "<b>Says</b>"),
        ("field_value_3", "javascript:alert(1)"),
    ];
    browser.does("/settings/profile", &fields).await;
    let page = browser.sees(alice.as_str().strip_prefix(ORIGIN).unwrap()).await;
    assert!(page.contains("<strong>bake</strong>") && !page.contains("<script"), "{page}");
    assert!(page.contains("<a href=\"https://alice.example/\" rel=\"me nofollow noopener\">"), "{page}");
    assert!(page.contains("&#60;b&#62;Says") && !page.contains("href=\"javascript"), "{page}");
    assert!(page.contains("<svg class=\"portrait\""), "and a pattern, since she has no picture");
    let form = browser.sees("/settings").await;
    assert!(form.contains("I **bake**. &#60;script"), "the form holds what was typed: {form}");
    let document = world.document(alice.as_str()).await;
    assert_eq!(document["attachment"][0]["type"], "PropertyValue");
    let home = "<a href=\"https://alice.example/\" rel=\"me nofollow noopener\">https://alice.example/</a>";
    assert_eq!(document["attachment"][0]["value"], home);
    assert_eq!(document["attachment"][1]["name"], "<b>Says</b>");
    assert!(document["@context"].as_array().unwrap().iter().any(|term| term["schema"] == "http://schema.org#"));
    let outbox = world.get(&format!("{alice}/outbox?page=first")).await.json();
    assert_eq!(
        (&outbox["orderedItems"][0]["type"], &outbox["orderedItems"][0]["object"]),
        (&json!("Update"), &json!(alice))
    );
    let half = [("field_name_1", "Home")];
    assert_eq!(browser.post("/settings/profile", &half).await.status, 422);
    let long = "x".repeat(2001);
    assert_eq!(browser.post("/settings/profile", &[("summary", &long)]).await.status, 403);
}

#[tokio::test]
async fn a_picture_is_written_anew_served_as_a_picture_and_named_in_the_document() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    let pixel = STANDARD.decode(PIXEL).unwrap();
    let done = browser.upload("/settings/picture", &pixel, true).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = browser.sees(alice.as_str().strip_prefix(ORIGIN).unwrap()).await;
    let path = between(&page, "<img class=\"portrait\" src=\"", "\"").to_owned();
    let served = world.ask(Method::GET, &path).answer().await;
    assert_eq!((served.status.as_u16(), served.header("content-type")), (200, "image/png"));
    assert_eq!(served.header("x-content-type-options"), "nosniff");
    assert!(served.header("content-security-policy").contains("sandbox"));
    assert!(served.header("cache-control").contains("immutable"));
    let document = world.document(alice.as_str()).await;
    assert_eq!(document["icon"], json!({"type": "Image", "mediaType": "image/png", "url": format!("{ORIGIN}{path}")}));
    let bob = world.person("bob").await;
    let of_bob = path.replace(alice.as_str().rsplit('/').next().unwrap(), bob.as_str().rsplit('/').next().unwrap());
    for nothing in [of_bob.as_str(), &path.replace(".png", "x.png"), "/people/nobody/picture/a.png"] {
        assert_eq!(world.ask(Method::GET, nothing).answer().await.status, 404, "{nothing}");
    }
    assert_eq!(browser.upload("/settings/picture", b"<svg/>", true).await.status, 422);
    assert_eq!(browser.upload("/settings/picture", &pixel, false).await.status, 403, "without the token of its form");
    let large = vec![0; PORTRAIT_UPLOAD_BYTES_MAX + 1];
    assert_eq!(browser.upload("/settings/picture", &large, true).await.status, 413);
    let mut nobody = Browser::new(&world);
    assert_ne!(nobody.upload("/settings/picture", &pixel, true).await.header("location"), "/settings#profile");
    browser.does("/settings/drop-picture", &[]).await;
    assert_eq!(world.ask(Method::GET, &path).answer().await.status, 404);
    assert!(world.document(alice.as_str()).await.get("icon").is_none());
}

#[tokio::test]
async fn a_person_takes_their_data_along_and_nobody_elses() {
    let world = World::new().await;
    let (alice, bob) = (with_password(&world, "alice").await, world.person("bob").await);
    for n in 0..60 {
        world.publishes(&alice, &json!({"type": "Note", "content": format!("cup {n}"), "to": [bob]})).await;
    }
    world.publishes(&bob, &json!({"type": "Note", "content": "not hers", "to": [bob]})).await;
    let token = world.token(&alice, &[Scope::Read]).await;
    assert!(Browser::new(&world).get("/settings/export").await.header("location").starts_with("/login"));
    let browser = Browser::of(&world, &alice).await;
    let file = browser.get("/settings/export").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"alice.json\"");
    assert_eq!(file.header("cache-control"), "private, no-store");
    let data = file.json();
    let published = data["published"].as_array().unwrap();
    assert!(published.len() >= 60, "several pages of them: {}", published.len());
    assert_eq!(published[0]["object"]["content"], "cup 59");
    assert_eq!(data["account"]["name"], "alice");
    assert_eq!(data["tokens"].as_array().unwrap().iter().filter(|token| token["label"] == "test").count(), 61);
    let text = file.text();
    let secret = token.split_once('.').unwrap().1;
    assert!(!text.contains("not hers") && !text.contains("$argon2id$") && !text.contains(secret));
    assert!(!text.contains(&pritchel_web::viewer::hash_of(secret)), "nor the hash of a secret");
}

#[tokio::test]
async fn a_person_goes_when_they_mean_it_and_leave_nothing_without_an_admin() {
    let world = World::new().await;
    let alice = with_password(&world, "alice").await;
    let repo = world.makes(&alice, "Repository", "tea", "public").await;
    let token = world.token(&alice, &[Scope::Read]).await;
    let mut browser = Browser::of(&world, &alice).await;
    let page = browser.sees("/settings/leave").await;
    assert!(page.contains("Nobody else administers these") && page.contains("tea"), "{page}");
    let sure = [("name", "alice"), ("password", PASSWORD)];
    let refused = browser.post("/settings/delete-account", &sure).await;
    assert!(refused.status == 403 && refused.text().contains("nobody else administers"), "{}", refused.text());

    let view = pritchel_actors::person::view::ViewDesk { viewer: Some(alice.clone()), limit: 100 };
    let desk = world.front.node.look::<pritchel_actors::Person, _>(&alice, &view).await.unwrap();
    let mut held: Vec<_> = desk.permits.into_iter().filter(|(_, permit)| permit.live).collect();
    held.sort_by_key(|(_, permit)| permit.resource != repo);
    for (grant, permit) in held {
        let delete = json!({"type": "Delete", "object": permit.resource, "to": [permit.resource], "capability": grant});
        world.publishes(&alice, &delete).await;
    }
    assert!(browser.sees("/settings/leave").await.contains("Delete my account for ever"));
    for wrong in [[("name", "alice"), ("password", "wrong")], [("name", "bob"), ("password", PASSWORD)]] {
        assert_ne!(browser.post("/settings/delete-account", &wrong).await.status, 303, "{wrong:?}");
    }
    assert_eq!(world.ask(Method::GET, alice.as_str()).activity().answer().await.status, 200, "she is still here");
    browser.does("/settings/delete-account", &sure).await;
    assert!(browser.cookie.is_none());
    assert_eq!(world.ask(Method::GET, alice.as_str()).activity().answer().await.status, 410);
    let dead = world.ask(Method::GET, &format!("{alice}/inbox")).activity().by(&token).answer().await;
    assert_eq!(dead.status, 401);
    let mut again = Browser::new(&world);
    assert_eq!(again.post("/login", &sure).await.status, 401);
    let name = world.get("/.well-known/webfinger?resource=acct:alice@a.example").await;
    assert_eq!(name.status, 404);
    let domain = world.front.settings.domains[0].actor.clone();
    let taken = world.front.node.call::<Domain, _>(&domain, &domain, Register::by_operator("alice", None, false)).await;
    assert!(matches!(taken, Ok(Outcome::Refused(why)) if why.code == "name-taken"), "nobody is alice after her");
}
