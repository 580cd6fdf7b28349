//! A person's way through the pages.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use pritchel_actor::ActorId;
use pritchel_web::limits::{FAR_REPLIES_FETCHED_MAX, FAR_REPLIES_MAX};
use pritchel_web::page::shell::with;
use pritchel_web::ports::{Called, RefusedShown};
use serde_json::{Value, json};

/// What stands between two texts.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}")).0
}

fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

/// Alice's tracker, made by forms, with one ticket.
async fn tracker(alice: &mut Browser<'_>) -> String {
    let factory = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let create = [("factory", factory.as_str()), ("kind", "TicketTracker"), ("name", "Tea"), ("summary", "Of tea.")];
    let tracker = actor(&alice.does("/do/create", &create).await);
    let open = [("tracker", tracker.as_str()), ("title", "Too hot"), ("text", "It is **hot**.")];
    let ticket = alice.does("/do/open-ticket", &open).await;
    assert!(ticket.contains("/tickets/1?item="), "{ticket}");
    tracker
}

#[tokio::test]
async fn from_a_factory_to_a_closed_ticket() {
    let world = World::new().await;
    let person = world.person("alice").await;
    let mut alice = Browser::of(&world, &person).await;
    let tracker = tracker(&mut alice).await;
    let ticket = format!("{tracker}/tickets/1");
    let page = alice.sees(&ticket).await;
    assert!(page.contains("Too hot") && page.contains("<strong>hot</strong>"), "{page}");
    let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    alice.does("/do/comment", &[&on[..], &[("text", "Wait *a little*.")]].concat()).await;
    let page = alice.sees(&ticket).await;
    assert!(page.contains("<em>a little</em>"), "{page}");
    let comment = between(&page, "name=\"in_reply_to\" value=\"", "\"").to_owned();
    alice.does("/do/comment", &[&on[..], &[("text", "How long?"), ("in_reply_to", &comment)]].concat()).await;
    assert!(alice.sees(&ticket).await.contains("class=\"card comment in1\""), "the answer stands in its thread");
    let done = alice.does("/do/close", &[&on[..], &[("back", "/desk")]].concat()).await;
    let page = alice.sees(&done).await;
    assert!(page.contains("class=\"notice good\"") && page.contains("Resolve"), "{page}");
    assert!(alice.sees(&ticket).await.contains("closed by"));
    assert!(alice.sees(&tracker).await.contains("1 closed"));
    alice.does("/do/reopen", &on).await;
    assert!(!alice.sees(&ticket).await.contains("closed by"));
    alice.does("/do/assign", &[&on[..], &[("assignee", person.as_str())]].concat()).await;
    let edit = [&on[..], &[("title", "Far too hot"), ("text", "Burnt.")]].concat();
    alice.does("/do/edit-ticket", &edit).await;
    assert!(alice.sees(&tracker).await.contains("Far too hot"));
    alice.does("/do/delete-ticket", &on).await;
    assert_eq!(alice.get(&ticket).await.status, 410);
}

#[tokio::test]
async fn an_invitation_is_answered_at_the_desk_and_gives_what_it_says() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let tracker = tracker(&mut alice).await;
    let invite = [("resource", tracker.as_str()), ("invitee", b.as_str()), ("role", "triage")];
    alice.does("/do/invite", &invite).await;
    assert!(alice.sees(&format!("{tracker}/collaborators")).await.contains("offered"));
    let desk = bob.sees("/desk").await;
    assert!(desk.contains("invites you to"), "{desk}");
    let of = between(&desk, "name=\"of\" value=\"", "\"").to_owned();
    bob.does("/do/accept", &[("of", of.as_str()), ("to", tracker.as_str()), ("also", a.as_str())]).await;
    assert!(bob.sees("/desk").await.contains("Give back"));
    let ticket = format!("{tracker}/tickets/1");
    let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    assert!(bob.sees(&ticket).await.contains("action=\"/do/close\""));
    bob.does("/do/close", &on).await;
    assert!(bob.sees(&ticket).await.contains("closed by"));
    alice.does("/do/remove", &[("resource", tracker.as_str()), ("collaborator", b.as_str())]).await;
    assert!(!bob.sees(&ticket).await.contains("action=\"/do/reopen\""), "his forms are gone with his role");
}

#[tokio::test]
async fn a_refusal_is_shown_with_its_reason_and_step_to_both_sides() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let tracker = tracker(&mut alice).await;
    let ticket = format!("{tracker}/tickets/1");
    let close = [("tracker", tracker.as_str()), ("ticket", ticket.as_str()), ("capability", "none"), ("back", "/desk")];
    let after = bob.does("/do/close", &close).await;
    let page = bob.sees(&after).await;
    assert!(page.contains("class=\"notice bad\"") && page.contains("no-capability"), "{page}");
    let item = between(&page, "Resolve</span> <a href=\"", "\"").to_owned();
    let page = bob.sees(&item).await;
    for text in ["refused", "no-capability", "Exactly as it was sent", "SHA-256"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    world.ports.refused.lock().unwrap().push(RefusedShown {
        at: 1_800_000_000,
        code: "digest-mismatch".to_owned(),
        detail: "the body is another one".to_owned(),
        claims: Some("https://far.example".to_owned()),
    });
    let errors = alice.sees(&format!("{tracker}/errbox")).await;
    for text in ["not taken", "digest-mismatch", "the body is another one", "names a key of https://far.example"] {
        assert!(errors.contains(text), "{text}: {errors}");
    }
    assert!(errors.contains("no-capability") && errors.contains("Resolve"), "{errors}");
    let path = between(&errors, "<p class=\"what\">\n      <a href=\"", "\"").to_owned();
    let page = alice.sees(&path).await;
    for text in
        ["no-capability", "Step 3 of the verification", "came from an actor of this server", "<code>Close</code>"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(
        page.contains("&#34;capability&#34;") || page.contains("&quot;type&quot;") || page.contains("&#34;type&#34;")
    );
    for private in [format!("{tracker}/inbox"), format!("{tracker}/errbox"), path] {
        assert_eq!(bob.get(&private).await.status, 404, "{private}");
        assert_eq!(Browser::new(&world).get(&private).await.status, 303, "{private}: sign in first");
    }
}

#[tokio::test]
async fn an_inbox_is_its_owners_and_an_outbox_shows_each_what_is_theirs() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let follow = alice.does("/do/follow", &[("actor", b.as_str()), ("back", "/")]).await;
    let token = between(&format!("{follow}&"), "item=", "&").to_owned();
    assert!(alice.sees(&format!("{a}/outbox")).await.contains("Follow"));
    assert!(bob.sees(&format!("{a}/outbox")).await.contains("Follow"), "it is told to bob");
    assert!(bob.sees(&format!("{b}/inbox")).await.contains("Follow"));
    let nobody = Browser::new(&world);
    assert!(!nobody.sees(&format!("{a}/outbox")).await.contains(&token));
    assert_eq!(nobody.get(&format!("{a}/outbox/{token}")).await.status, 404);
    assert_eq!(bob.get(&format!("{a}/outbox/{token}")).await.status, 200);
    assert_eq!(alice.get(&format!("{b}/inbox")).await.status, 404);
    assert_eq!(alice.get(&format!("{b}/inbox/1")).await.status, 404);
    for path in ["/inbox", "/inbox/1", "/errbox"] {
        let answer = nobody.get(&format!("{b}{path}")).await;
        assert!(answer.status == 303 && answer.header("location").starts_with("/login"), "{path}");
    }
}

#[tokio::test]
async fn what_is_private_is_for_others_as_if_it_were_not() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let secret = world.makes(&a, "Repository", "Plans", "private").await;
    let (alice, bob, nobody) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await, Browser::new(&world));
    assert!(alice.sees(secret.as_str()).await.contains("Plans"));
    for path in
        ["", "/outbox", "/inbox", "/errbox", "/followers", "/collaborators", "/tree/main", "/log", "/raw/main/a"]
    {
        for browser in [&bob, &nobody] {
            let (hidden, never) =
                (browser.get(&format!("{secret}{path}")).await, browser.get(&format!("{ORIGIN}/repos/x{path}")).await);
            let sign_in = browser.cookie.is_none() && (path == "/inbox" || path == "/errbox");
            let status = if sign_in { 303 } else { 404 };
            assert_eq!((hidden.status.as_u16(), never.status.as_u16()), (status, status), "{path}");
            let key = secret.as_str().rsplit('/').next().unwrap();
            assert_eq!(hidden.text().replace(key, "x"), never.text(), "{path}: the two can be told apart");
        }
    }
    assert!(!bob.sees("/").await.contains("Plans") && alice.sees("/").await.contains("Plans"));
    assert_eq!(alice.get("/look?q=plans").await.status, 303, "whoever may see it is led there by its name");
    for browser in [&bob, &nobody] {
        let (hidden, never) = (browser.get("/look?q=plans").await, browser.get("/look?q=nonesuch").await);
        assert_eq!((hidden.status.as_u16(), never.status.as_u16()), (200, 200));
        assert_eq!(hidden.text().replace("plans", "nonesuch"), never.text(), "a name does not tell that it is there");
    }
}

#[tokio::test]
async fn comments_on_another_server_are_shown_a_page_at_a_time_and_made_safe() {
    let world = World::new().await;
    let alice = Browser::of(&world, &world.person("alice").await).await;
    let far = |path: &str| format!("https://far.example/{path}");
    let ann = far("people/ann");
    let called = Called { name: "ann".to_owned(), host: Some("tea.example".to_owned()) };
    world.ports.called.lock().unwrap().insert(ann.as_str().into(), called);
    let note = |n: usize| {
        let content = format!("<p>Cup {n}<script>alert(1)</script></p>");
        json!({"type": "Note", "id": far(&format!("notes/{n}")), "attributedTo": ann, "content": content,
            "published": "2027-01-15T08:00:00Z"})
    };
    let mut items: Vec<Value> = (0..FAR_REPLIES_MAX).map(note).collect();
    // Those that are only named are fetched, some of them.
    items.splice(
        ..FAR_REPLIES_FETCHED_MAX + 1,
        (0..=FAR_REPLIES_FETCHED_MAX).map(|n| json!(far(&format!("notes/{n}")))),
    );
    items.push(note(1000));
    let page = |items: &[Value], next: &str, of: &str| json!({"type": "OrderedCollectionPage", "partOf": far(of), "orderedItems": items, "next": next});
    let documents = [
        (far("t/1"), json!({"type": "Ticket", "id": far("t/1"), "summary": "Cold", "replies": far("t/1/replies")})),
        (far("t/1/replies"), json!({"type": "OrderedCollection", "id": far("t/1/replies"), "first": far("p/1")})),
        (far("p/1"), page(&items, &far("p/2"), "t/1/replies")),
        (far("p/2"), page(&[note(2000)], "https://elsewhere.example/p/3", "t/1/replies")),
        (far("p/other"), page(&[note(3000)], &far("p/2"), "t/2/replies")),
    ];
    let notes = (0..=FAR_REPLIES_FETCHED_MAX).map(|n| (far(&format!("notes/{n}")), note(n)));
    world.ports.documents.lock().unwrap().extend(documents.into_iter().chain(notes));
    let look = |replies: &str| with(&[("q", &far("t/1")), ("replies", replies)], "/look");
    let first = alice.sees(&format!("/look?q={}", far("t/1"))).await;
    for n in [0, FAR_REPLIES_FETCHED_MAX - 1, FAR_REPLIES_FETCHED_MAX + 1, FAR_REPLIES_MAX - 1] {
        assert!(first.contains(&format!("<p>Cup {n}</p>")), "{n}: {first}");
    }
    assert!(
        first.contains("as far.example tells them") && first.contains("<span class=\"host\">tea.example</span>"),
        "{first}"
    );
    assert!(first.contains("Only named, not shown.") && !first.contains("alert(1)</") && !first.contains("Cup 1000"));
    assert!(first.contains(&look(&far("p/2")).replace('&', "&#38;")), "{first}");
    let second = alice.sees(&look(&far("p/2"))).await;
    assert!(second.contains("Cup 2000") && !second.contains("rel=\"next\""), "{second}");
    assert!(alice.sees(&look(&far("p/other"))).await.contains("whose `partOf` is the collection"));
    let elsewhere = alice.sees(&look("https://elsewhere.example/p/3")).await;
    assert!(elsewhere.contains("<p>Cup 0</p>"), "a page of another server is not asked for: {elsewhere}");
    let nobody = Browser::new(&world).sees(&format!("/look?q={}", far("t/1"))).await;
    assert!(!nobody.contains("Cup") && nobody.contains("Sign in"), "{nobody}");
}

#[tokio::test]
async fn what_is_on_another_server_is_shown_with_the_forms_that_make_sense() {
    let world = World::new().await;
    let alice = Browser::of(&world, &world.person("alice").await).await;
    let tracker = "https://far.example/trackers/t";
    let document = serde_json::json!({
        "type": ["TicketTracker", "Service"], "id": tracker, "name": "Far <b>tea</b>", "inbox": format!("{tracker}/inbox"),
    });
    world.ports.documents.lock().unwrap().insert(tracker.to_owned(), document);
    let ticket = serde_json::json!({
        "type": "Ticket", "id": format!("{tracker}/tickets/1"), "context": tracker, "summary": "Cold", "isResolved": false,
    });
    world.ports.documents.lock().unwrap().insert(format!("{tracker}/tickets/1"), ticket);
    let page = alice.sees(&format!("/look?q={tracker}")).await;
    for text in ["action=\"/do/follow\"", "action=\"/do/open-ticket\"", "Far &#60;b&#62;tea&#60;/b&#62;"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let page = alice.sees(&format!("/look?q={tracker}/tickets/1")).await;
    for text in ["action=\"/do/comment\"", "Cold"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let nobody = Browser::new(&world).sees(&format!("/look?q={tracker}")).await;
    assert!(!nobody.contains("/do/") && nobody.contains("which is asked for whoever is signed in"), "{nobody}");
    assert!(!nobody.contains("Far &#60;b&#62;tea"), "nothing is fetched for strangers: {nobody}");
    assert!(alice.sees("/look?q=https://far.example/none").await.contains("Nothing was found"));
    let near = alice.get("/look?q=alice").await;
    assert_eq!(near.status, 303);
    assert!(near.header("location").starts_with("/people/"));
}

#[tokio::test]
async fn a_follower_who_needs_approval_is_let_in_at_the_desk() {
    let world = World::new().await;
    let (a, b): (ActorId, ActorId) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    alice.does("/settings/profile", &[("display_name", "Alice A."), ("approves_followers", "on")]).await;
    bob.does("/do/follow", &[("actor", a.as_str())]).await;
    assert!(bob.sees(a.as_str()).await.contains("Asked to follow"));
    let desk = alice.sees("/desk").await;
    let of = between(&desk, "name=\"of\" value=\"", "\"").to_owned();
    alice.does("/do/accept", &[("of", &of), ("to", b.as_str())]).await;
    assert!(bob.sees(a.as_str()).await.contains("Unfollow"));
    assert!(alice.sees(&format!("{a}/followers")).await.contains(">bob<"));
}
