//! Trackers in F3, and the forms that have one copied. Nobody does the jobs here.

use crate::pages::browser::Browser;
use crate::world::{ACTIVITY, Answer, ORIGIN, World};
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::domain::AllowMigration;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::{Domain, client};
use pritchel_vocab::Uri;
use pritchel_vocab::f3::read::{Item, Page, read};
use pritchel_web::limits::{F3_COMMENTS_FIRST, F3_PAGE_BYTES, PAGE_ITEMS};
use pritchel_web::want::F3_JSON;
use serde_json::json;

async fn f3(world: &World, target: &str) -> Answer {
    world.ask(Method::GET, target).with("accept", F3_JSON).answer().await
}

/// A ticket of bob's.
async fn open(world: &World, bob: &ActorId, tracker: &ActorId, title: &str, text: &str) {
    world.publishes(bob, &client::open_ticket(bob, tracker, title, text, None)).await;
}

/// A comment of bob's: its address on his own part of the server.
async fn says(world: &World, bob: &ActorId, tracker: &ActorId, number: u64, of: Option<&str>, text: &str) -> String {
    let ticket = format!("{tracker}/tickets/{number}");
    let act = world.publishes(bob, &client::comment(tracker, &ticket, of, text, None)).await;
    world.get(act.as_str()).await.json()["object"]["id"].as_str().unwrap().to_owned()
}

fn page(answer: &Answer, from: &str, of: Option<&str>) -> Page {
    read(answer.text().as_bytes(), &Uri::parse(from).unwrap(), of).unwrap()
}

#[tokio::test]
async fn a_tracker_a_ticket_and_a_comment_are_told_in_f3_to_whoever_asks_for_that() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    open(&world, &bob, &tracker, "Tea", "*hot*").await;
    let first = says(&world, &bob, &tracker, 1, None, "How?").await;
    says(&world, &bob, &tracker, 1, Some(&first), "So.").await;
    let permit = world.permit(&alice, &tracker).await;
    let ticket = format!("{tracker}/tickets/1");
    world.publishes(&alice, &client::close(&tracker, &ticket, Some(&permit))).await;

    let answer = f3(&world, tracker.as_str()).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, F3_JSON), "{}", answer.text());
    assert!(answer.header("vary").contains("Accept"));
    let told = answer.json();
    assert_eq!((&told["type"], &told["name"], &told["total"]), (&json!("IssueTracker"), &json!("Bugs"), &json!(1)));
    let issue = &told["issues"][0];
    assert_eq!((&issue["id"], &issue["index"], &issue["state"]), (&json!(ticket), &json!("1"), &json!("closed")));
    assert_eq!((&issue["title"], &issue["content"]), (&json!("Tea"), &json!("*hot*")));
    assert_eq!((&issue["poster_id"], &issue["poster_name"]), (&json!(bob.as_str()), &json!("bob@a.example")));
    assert!(issue["closed"].is_string() && issue["media_type"].as_str().unwrap().starts_with("text/markdown"));
    let answer_below = &issue["comments"][0]["children"][0];
    assert_eq!((&issue["comments"][0]["content"], &answer_below["content"]), (&json!("How?"), &json!("So.")));
    assert_eq!(page(&answer, tracker.as_str(), None).items.len(), 3);

    let alone = f3(&world, &ticket).await.json();
    assert_eq!((&alone["type"], &alone["comments"]), (&json!("Issue"), &issue["comments"]));
    let reply = format!("{ticket}/comments/1");
    let told = f3(&world, &reply).await.json();
    let above = json!(format!("{ticket}/comments/0"));
    assert_eq!((&told["type"], &told["content"], &told["in_reply_to"]), (&json!("Comment"), &json!("So."), &above));

    // The same addresses are pages for people, and documents of ActivityPub.
    let doc = world.get(tracker.as_str()).await;
    assert_eq!((doc.header("content-type"), &doc.json()["name"]), (ACTIVITY, &json!("Bugs")));
    let hosted = world.get(&format!("{ticket}/comments/0")).await;
    assert_eq!((hosted.status.as_u16(), hosted.header("location")), (303, first.as_str()), "its author has it");
    let browser = Browser::new(&world);
    let led = browser.get(&reply).await;
    let path = ticket.strip_prefix(ORIGIN).unwrap();
    assert_eq!((led.status.as_u16(), led.header("location")), (303, format!("{path}#comment-1").as_str()));
    for none in [format!("{tracker}/tickets/2"), format!("{ticket}/comments/2"), format!("{ticket}/comments/01")] {
        assert_eq!(f3(&world, &none).await.status, 404, "{none}");
    }
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    assert_eq!(f3(&world, repo.as_str()).await.status, 404, "what is not told in F3 is not told in another form");
    assert_eq!(f3(&world, bob.as_str()).await.status, 404);
}

#[tokio::test]
async fn what_is_private_is_told_to_nobody_but_those_who_may_see_it() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "private").await;
    let permit = world.permit(&alice, &tracker).await;
    world.publishes(&alice, &client::open_ticket(&alice, &tracker, "Secret", "x", Some(&permit))).await;
    let ticket = format!("{tracker}/tickets/1");
    world.publishes(&alice, &client::comment(&tracker, &ticket, None, "y", Some(&permit))).await;
    let own = world.token(&alice, &[Scope::Read]).await;
    let other = world.token(&bob, &[Scope::Read]).await;
    for address in [tracker.to_string(), ticket.clone(), format!("{ticket}/comments/0")] {
        let by = |token: &str| world.ask(Method::GET, &address).with("accept", F3_JSON).by(token);
        let (stranger, bobs) = (f3(&world, &address).await, by(&other).answer().await);
        for answer in [stranger, bobs] {
            assert_eq!((answer.status.as_u16(), answer.code()), (404, "not-found".to_owned()), "{address}");
            assert!(!answer.text().contains("Secret"));
        }
        let alices = by(&own).answer().await;
        assert_eq!((alices.status.as_u16(), alices.header("cache-control")), (200, "private, no-cache"), "{address}");
    }
    let closed = world.makes(&alice, "TicketTracker", "Others", "closed").await;
    assert_eq!(f3(&world, closed.as_str()).await.status, 200, "what everybody may see");
    world.publishes(&alice, &client::delete_resource(&closed, &world.permit(&alice, &closed).await)).await;
    assert_eq!(f3(&world, closed.as_str()).await.status, 410);
}

#[tokio::test]
async fn a_large_tracker_is_told_in_pages_that_end_by_number_and_by_size() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    for number in 1..=PAGE_ITEMS + 1 {
        open(&world, &bob, &tracker, &format!("Tea {number}"), "x").await;
    }
    for _ in 0..=F3_COMMENTS_FIRST {
        says(&world, &bob, &tracker, 2, None, "more").await;
    }
    let first = page(&f3(&world, tracker.as_str()).await, tracker.as_str(), None);
    let issues = |page: &Page| page.items.iter().filter(|item| matches!(item, Item::Issue(_))).count();
    assert_eq!((issues(&first), first.total), (PAGE_ITEMS, Some(PAGE_ITEMS as u64 + 1)));
    let more = first.items.iter().find_map(|item| match item {
        Item::More { issue, page } => Some((issue.clone(), page.clone())),
        _ => None,
    });
    let (issue, more) = more.expect("a ticket that goes on");
    let further = page(&f3(&world, more.as_str()).await, more.as_str(), Some(&issue));
    assert_eq!((further.items.len(), further.next), (1, None), "the one that did not fit");
    let next = first.next.unwrap();
    let last = page(&f3(&world, next.as_str()).await, next.as_str(), None);
    assert_eq!((issues(&last), last.next), (1, None));

    let long = world.makes(&alice, "TicketTracker", "Long", "public").await;
    let text = "x".repeat(60_000);
    let most = F3_PAGE_BYTES / text.len() + 1;
    for _ in 0..most + 2 {
        open(&world, &bob, &long, "Tea", &text).await;
    }
    let answer = f3(&world, long.as_str()).await;
    let first = page(&answer, long.as_str(), None);
    assert_eq!((issues(&first), first.next), (most, Some(Uri::parse(&format!("{long}?page={most}")).unwrap())));
    assert!(answer.body.len() < F3_PAGE_BYTES + 2 * text.len(), "{}", answer.body.len());
    assert_eq!(f3(&world, &format!("{long}?page=x")).await.status, 400);
}

fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

#[tokio::test]
async fn a_tracker_is_copied_by_a_form_where_the_operator_allows_it() {
    let off = World::new().await;
    let mut alice = Browser::of(&off, &off.person("alice").await).await;
    let bench = actor(&alice.does("/do/open-factory", &[("name", "Bench")]).await);
    assert!(!alice.sees(&bench).await.contains("/do/migrate"), "it is off");
    let old = "https://old.example/trackers/tea";
    let answer = alice.post("/do/migrate", &[("factory", &bench), ("origin", old), ("name", "Tea")]).await;
    assert!(alice.sees(answer.header("location")).await.contains("migration-off"), "nor can it be asked for");

    let on = World::with(|settings| settings.migration = true).await;
    let domain = ActorId::new(format!("{ORIGIN}/actor"));
    let allow = AllowMigration { allowed: true };
    assert_eq!(on.front.node.call::<Domain, _>(&domain, &domain, allow).await, Ok(Outcome::Done(())));
    let (a, b) = (on.person("alice").await, on.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&on, &a).await, Browser::of(&on, &b).await);
    let bench = actor(&alice.does("/do/open-factory", &[("name", "Bench")]).await);
    assert!(alice.sees(&bench).await.contains("/do/migrate"));
    assert!(!bob.sees(&bench).await.contains("/do/migrate"), "no form for those who may not");
    let filled = [("factory", bench.as_str()), ("origin", old), ("name", "Tea")];
    let copy = actor(&alice.does("/do/migrate", &filled).await);
    let page = alice.sees(&copy).await;
    assert!(
        page.contains("It is being copied: 0 tickets, 0 comments") && page.contains("/do/stop-migration"),
        "{page}"
    );
    assert!(!page.contains("/do/open-ticket"), "that is for later: {page}");
    let doc = on.get(&copy).await.json();
    assert_eq!((&doc["origin"], &doc["migration"]["state"]), (&json!(old), &json!("copying")));
    assert!(!bob.sees(&copy).await.contains("/do/stop-migration"));
    let steered = [("tracker", copy.as_str())];
    assert_eq!(bob.post("/do/stop-migration", &steered).await.status, 403);
    assert_eq!(alice.post("/do/stop-migration", &[("tracker", bench.as_str())]).await.status, 404);
    alice.does("/do/stop-migration", &steered).await;
    let page = alice.sees(&copy).await;
    assert!(page.contains("It was stopped by") && page.contains("/do/resume-migration"), "{page}");
    assert!(page.contains("/do/open-ticket"), "{page}");
    alice.does("/do/resume-migration", &steered).await;
    assert!(alice.sees(&copy).await.contains("It is being copied"));
    let far = json!({"id": old, "type": "TicketTracker", "name": "Old tea", "inbox": format!("{old}/inbox")});
    on.ports.documents.lock().unwrap().insert(old.to_owned(), far);
    let looked = format!("/look?q={old}");
    let page = alice.sees(&looked).await;
    assert!(page.contains("/do/migrate") && page.contains("value=\"Old tea\""), "{page}");
    assert!(bob.sees(&looked).await.contains("A factory makes the copy"));
    assert!(!Browser::new(&on).sees(&looked).await.contains("/do/migrate"));
    let archive = [&filled[..], &[("archive", "on")]].concat();
    let copy = actor(&alice.does("/do/migrate", &archive).await);
    assert_eq!(on.get(&copy).await.json()["origin"], json!(old));
    let odd: Vec<_> = filled.iter().map(|field| if field.0 == "origin" { ("origin", "tea") } else { *field }).collect();
    assert_eq!(alice.post("/do/migrate", &odd).await.status, 422);
}
