//! Files attached to tickets and comments: put there by forms, shown below the text, served to whom the tracker is shown.

use super::browser::Browser;
use super::links::between;
use crate::world::{ORIGIN, World};
use http::Method;
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_actors::limits::{ATTACHMENTS_MAX, FILE_BYTES_MAX, UPLOADED_BYTES_A_DAY_MAX};
use pritchel_web::ports::Standing;
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand pixels";

struct Scene<'w> {
    alice: Browser<'w>,
    alice_id: ActorId,
    bob: Browser<'w>,
    tracker: ActorId,
}

async fn scene<'w>(world: &'w World, visibility: &str) -> Scene<'w> {
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", visibility).await;
    let (alice, bob) = (Browser::of(world, &a).await, Browser::of(world, &b).await);
    Scene { alice, alice_id: a, bob, tracker }
}

impl Scene<'_> {
    fn path(&self) -> String {
        self.tracker.as_str().strip_prefix(ORIGIN).unwrap().to_owned()
    }

    fn ticket(&self) -> String {
        format!("{}/tickets/1", self.tracker)
    }

    /// Alice opens a ticket with a file, and looks at it.
    async fn opens(&mut self, name: &str, bytes: &[u8]) -> String {
        let tracker = self.tracker.to_string();
        let fields = [("tracker", tracker.as_str()), ("title", "Too hot"), ("text", "See there.")];
        let done = self.alice.parts("/do/open-ticket", &fields, Some((name, bytes))).await;
        assert_eq!(done.status, 303, "{}", done.text());
        self.alice.sees(&format!("{}/tickets/1", self.path())).await
    }
}

/// The path of the first file on a page.
fn first_file(page: &str) -> String {
    let (_, files) = page.split_once("aria-label=\"Attached files\"").unwrap_or_else(|| panic!("no files: {page}"));
    between(files, "<a href=\"", "\"").to_owned()
}

#[tokio::test]
async fn a_picture_is_shown_below_its_text_and_served_as_one() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let page = scene.opens("a pot<b>.png", PNG).await;
    let path = first_file(&page);
    assert!(page.contains(&format!("<img src=\"{path}\" alt=\"a pot&#60;b&#62;.png\"")), "{page}");
    assert!(page.contains("18 B"), "{page}");
    let served = world.ask(Method::GET, &path).answer().await;
    assert_eq!((served.status.as_u16(), served.header("content-type")), (200, "image/png"));
    assert_eq!(served.body, PNG);
    assert_eq!(served.header("x-content-type-options"), "nosniff");
    assert_eq!(served.header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(served.header("content-disposition").starts_with("inline;"), "{}", served.header("content-disposition"));
    let again = world.ask(Method::GET, &path).with("if-none-match", served.header("etag")).answer().await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let document = world.document(&scene.ticket()).await;
    let file = &document["attachment"];
    assert_eq!((&file["type"], &file["mediaType"], &file["size"]), (&json!("Image"), &json!("image/png"), &json!(18)));
    assert_eq!(file["url"], format!("{ORIGIN}{path}"));
    // Whoever is suspended or blocked is shown nowhere.
    world.ports.standings.lock().unwrap().insert(scene.alice_id.clone(), Standing::Blocked);
    assert_eq!(world.ask(Method::GET, &path).answer().await.status, 404);
    assert!(!scene.bob.sees(&format!("{}/tickets/1", scene.path())).await.contains("Attached files"));
}

#[tokio::test]
async fn what_only_claims_to_be_a_picture_is_saved_and_never_shown() {
    for (name, bytes) in [
        ("x.png", &b"<script>alert(1)</script>"[..]),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("x.html", b"<!doctype html><script>alert(1)</script>"),
    ] {
        let world = World::new().await;
        let mut scene = scene(&world, "public").await;
        let page = scene.opens(name, bytes).await;
        assert!(!page.contains("<img src=\"/trackers"), "{page}");
        let served = world.ask(Method::GET, &first_file(&page)).answer().await;
        assert_eq!(served.header("content-type"), "text/plain; charset=utf-8", "{name}");
        assert!(served.header("content-disposition").starts_with("attachment;"), "{name}");
    }
}

#[tokio::test]
async fn files_of_a_private_tracker_are_for_those_who_see_it() {
    let world = World::new().await;
    let mut scene = scene(&world, "private").await;
    let path = first_file(&scene.opens("log.txt", b"a log").await);
    assert_eq!(world.ask(Method::GET, &path).answer().await.status, 404, "of nobody");
    assert_eq!(scene.bob.get(&path).await.status, 404, "of another");
    assert_eq!(scene.alice.get(&path).await.status, 200);
    let (tracker, ticket) = (scene.tracker.to_string(), scene.ticket());
    let fields = [("tracker", tracker.as_str()), ("ticket", ticket.as_str()), ("text", "I see.")];
    let refused = scene.bob.parts("/do/comment", &fields, Some(("x.txt", b"x"))).await;
    assert!([403, 404].contains(&refused.status.as_u16()), "{}", refused.status);
}

#[tokio::test]
async fn a_text_that_is_changed_keeps_what_it_still_names_and_a_text_that_goes_takes_its_files_along() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    scene.opens("", b"").await;
    let (tracker, ticket) = (scene.tracker.to_string(), scene.ticket());
    let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    let said = [&on[..], &[("text", "I have a log.")]].concat();
    assert_eq!(scene.bob.parts("/do/comment", &said, Some(("one.log", b"one"))).await.status, 303);
    let at = format!("{}/tickets/1", scene.path());
    let page = scene.bob.sees(&at).await;
    let (one, comment) = (first_file(&page), between(&page, "name=\"comment\" value=\"", "\"").to_owned());
    let kept = between(&page, "name=\"attached-0\" value=\"", "\"").replace("&#34;", "\"");
    let edit =
        [("tracker", tracker.as_str()), ("comment", comment.as_str()), ("text", "And one more."), ("attaching", "yes")];
    let both = [&edit[..], &[("attached-0", kept.as_str())]].concat();
    assert_eq!(scene.bob.parts("/do/edit-comment", &both, Some(("two.log", b"two"))).await.status, 303);
    let page = scene.bob.sees(&at).await;
    assert!(page.contains("one.log") && page.contains("two.log") && page.contains("And one more."), "{page}");
    assert_eq!(scene.bob.get(&one).await.status, 200);
    // Nobody names a file of another, nor one of another text.
    let mut mine = client::comment(&scene.tracker, &ticket, None, "mine", None);
    mine["object"]["attachment"] = json!([{"type": "Document", "url": format!("{ORIGIN}{one}")}]);
    world.publishes(&scene.alice_id, &mine).await;
    assert!(!scene.alice.sees(&at).await.contains("<p>mine</p>"));
    assert_eq!(scene.bob.parts("/do/edit-comment", &edit, None).await.status, 303);
    assert_eq!(scene.bob.get(&one).await.status, 404, "the comment names it no more");
    assert_eq!(scene.bob.parts("/do/edit-comment", &edit, Some(("three.log", b"three"))).await.status, 303);
    let three = first_file(&scene.bob.sees(&at).await);
    let gone = [("tracker", tracker.as_str()), ("comment", comment.as_str())];
    scene.bob.does("/do/delete-comment", &gone).await;
    assert_eq!(scene.bob.get(&three).await.status, 404, "it went with its comment");
}

#[tokio::test]
async fn a_form_with_a_file_is_refused_without_its_token_and_where_the_file_is_too_large_and_keeps_what_was_typed() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let tracker = scene.tracker.to_string();
    let fields = [("tracker", tracker.as_str()), ("title", "Too <hot>"), ("text", "All that was typed.")];
    let large = vec![0; usize::try_from(FILE_BYTES_MAX).unwrap() + 1];
    let refused = scene.alice.parts("/do/open-ticket", &fields, Some(("x.bin", &large))).await;
    assert_eq!(refused.status, 413);
    let page = refused.text();
    assert!(page.contains(">All that was typed.</textarea>") && page.contains("value=\"Too &#60;hot&#62;\""), "{page}");
    let without = [&[("csrf", "")], &fields[..]].concat();
    assert_eq!(scene.alice.parts("/do/open-ticket", &without, Some(("x.txt", b"x"))).await.status, 403);
    assert_eq!(world.ports.files.lock().unwrap().len(), 0, "nothing of them was kept");
    let other = [("actor", tracker.as_str())];
    assert_eq!(scene.alice.parts("/do/follow", &other, Some(("x.txt", b"x"))).await.status, 422);
    let empty = scene.alice.parts("/do/open-ticket", &fields, Some(("x.txt", b""))).await;
    assert_eq!(empty.status, 422);
    let kept = json!({"type": "Document", "url": "https://far.example/a"}).to_string();
    let names: Vec<String> = (0..ATTACHMENTS_MAX).map(|at| format!("attached-{at}")).collect();
    let many = [&fields[..], &names.iter().map(|name| (name.as_str(), kept.as_str())).collect::<Vec<_>>()].concat();
    assert_eq!(scene.alice.parts("/do/open-ticket", &many, Some(("x.txt", b"x"))).await.status, 422, "one too many");
    assert_eq!(scene.alice.parts("/do/open-ticket", &many, None).await.status, 303);
}

#[tokio::test]
async fn who_has_put_enough_here_for_a_day_goes_on_the_next() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    let tracker = scene.tracker.to_string();
    let fields = [("tracker", tracker.as_str()), ("title", "Much"), ("text", "x")];
    let whole = vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap()];
    for _ in 0..UPLOADED_BYTES_A_DAY_MAX / FILE_BYTES_MAX {
        assert_eq!(scene.alice.parts("/do/open-ticket", &fields, Some(("x.txt", &whole))).await.status, 303);
    }
    let refused = scene.alice.parts("/do/open-ticket", &fields, Some(("x.txt", b"x"))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(refused.text().contains("try again tomorrow"), "{}", refused.text());
    world.ports.later.store(86_400, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(scene.alice.parts("/do/open-ticket", &fields, Some(("x.txt", b"x"))).await.status, 303);
}

#[tokio::test]
async fn files_of_other_servers_are_links_and_never_fetched_by_a_page() {
    let world = World::new().await;
    let mut scene = scene(&world, "public").await;
    scene.opens("", b"").await;
    let mut said = client::comment(&scene.tracker, &scene.ticket(), None, "far", None);
    said["object"]["attachment"] = json!([
        {"type": "Document", "mediaType": "image/png", "url": "https://far.example/pot.png", "name": "<script>x</script>"},
        {"type": "Document", "url": "javascript:alert(1)", "name": "bad"},
    ]);
    world.publishes(&scene.alice_id, &said).await;
    let page = scene.bob.sees(&format!("{}/tickets/1", scene.path())).await;
    let link = "<a href=\"https://far.example/pot.png\" rel=\"nofollow noopener noreferrer\">&#60;script&#62;x";
    assert!(page.contains(link) && page.contains("at far.example"), "{page}");
    assert!(!page.contains("<img src=\"https://far") && !page.contains("javascript:"), "{page}");
}
