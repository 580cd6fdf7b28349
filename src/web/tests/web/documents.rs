//! Actor documents, collections and objects, as others read them.

use crate::world::{ACTIVITY, ORIGIN, World};
use http::Method;
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_actors::person::rows::Scope;
use serde_json::{Value, json};

const BOB: &str = "https://bob.example/people/bob";

#[tokio::test]
async fn a_person_is_shown_as_others_must_read_it() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let answer = world.get(alice.as_str()).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, ACTIVITY));
    let doc = answer.json();
    assert_eq!(doc["type"], "Person", "a plain text: Forgejo reads nothing else");
    assert_eq!(doc["id"], alice.as_str());
    assert_eq!(doc["preferredUsername"], "alice");
    assert_eq!(doc["inbox"], format!("{alice}/inbox"));
    assert_eq!(doc["publicKey"]["id"], format!("{alice}#main-key"));
    assert_eq!(doc["publicKey"]["owner"], alice.as_str());
    assert_eq!(doc["assertionMethod"][0]["type"], "Multikey");
    assert_eq!(doc["endpoints"]["sharedInbox"], format!("{ORIGIN}/inbox"));
    for (endpoint, path) in [
        ("proxyUrl", "/api/proxy"),
        ("oauthAuthorizationEndpoint", "/oauth/authorize"),
        ("oauthTokenEndpoint", "/oauth/token"),
    ] {
        assert_eq!(doc["endpoints"][endpoint], format!("{ORIGIN}{path}"));
    }
    assert!(!answer.text().contains("password"));
}

#[tokio::test]
async fn the_instance_actor_is_shown_to_whoever_asks_signed_well_or_badly_or_not() {
    let world = World::new().await;
    for signature in [None, Some("bad"), Some(BOB)] {
        let mut ask = world.ask(Method::GET, "/actor").activity();
        if let Some(signature) = signature {
            ask = ask.with("signature", signature);
        }
        let answer = ask.answer().await;
        assert_eq!(answer.status, 200, "{signature:?}");
        let doc = answer.json();
        assert_eq!((&doc["type"], &doc["preferredUsername"]), (&json!("Application"), &json!("a.example")));
    }
}

#[tokio::test]
async fn a_resource_says_its_kind_where_it_is_cloned_and_what_everybody_may_do() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let doc = world.get(repo.as_str()).await.json();
    assert_eq!(doc["type"], json!(["Repository", "Service"]));
    assert_eq!((&doc["name"], &doc["preferredUsername"]), (&json!("Tea"), &json!("tea")));
    assert_eq!(doc["cloneUri"], format!("{repo}.git"));
    assert_eq!(doc["pushUri"], format!("{repo}.git"));
    assert_eq!(doc["versionControlSystem"], "git");
    let grants = doc["publicCapability"].as_array().unwrap();
    assert_eq!(grants.len(), 2, "visit and report");
    let grant = world.get(grants[0].as_str().unwrap()).await;
    assert_eq!((grant.status.as_u16(), &grant.json()["type"]), (200, &json!("Grant")));
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    assert_eq!(world.get(tracker.as_str()).await.json()["type"], json!(["TicketTracker", "Service"]));
}

#[tokio::test]
async fn who_names_no_document_type_gets_the_page() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for accept in ["text/html", "*/*"] {
        let answer = world.ask(Method::GET, alice.as_str()).with("accept", accept).answer().await;
        assert!(answer.header("content-type").starts_with("text/html"), "{accept}");
    }
    for accept in
        [ACTIVITY, "application/ld+json", "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\""]
    {
        let answer = world.ask(Method::GET, alice.as_str()).with("accept", accept).answer().await;
        assert_eq!(answer.header("content-type"), ACTIVITY, "{accept}");
        assert!(answer.header("vary").contains("Accept"));
    }
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let first = world.get(alice.as_str()).await;
    let tag = first.header("etag").to_owned();
    let again = world.ask(Method::GET, alice.as_str()).activity().with("if-none-match", &tag).answer().await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let head = world.ask(Method::HEAD, alice.as_str()).activity().answer().await;
    assert_eq!((head.status.as_u16(), head.body.len(), head.header("etag")), (200, 0, tag.as_str()));
}

#[tokio::test]
async fn what_was_never_there_is_not_found_and_what_has_ended_is_a_tombstone() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for path in ["/people/nobody", "/repos/nobody", "/kitchens/x", "/people/ALICE", "/people/nobody/outbox/x"] {
        let answer = world.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (404, "not-found".to_owned()), "{path}");
    }
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let permit = world.permit(&alice, &repo).await;
    world.publishes(&alice, &client::delete_resource(&repo, &permit)).await;
    for path in ["", "/outbox", "/followers", "/likes", "/collaborators"] {
        let answer = world.get(&format!("{repo}{path}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["type"]), (410, &json!("Tombstone")), "{path}");
    }
    assert_eq!(world.get(permit.as_str()).await.status, 410, "its Grants are gone with it");
}

#[tokio::test]
async fn an_act_is_shown_byte_for_byte_to_whom_it_is_for_and_to_others_not_at_all() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let note = json!({"type": "Note", "content": "<p>tea</p>", "to": [BOB]});
    let act = world.publishes(&alice, &note).await;
    assert_eq!(world.get(act.as_str()).await.status, 404, "a stranger");
    let signed = |who: &'static str| world.ask(Method::GET, act.as_str()).activity().with("signature", who);
    let shown = signed(BOB).answer().await;
    assert_eq!(shown.status, 200, "the addressee");
    let kept = pritchel_web::ports::Ports::act(world.ports.as_ref(), act.clone()).await.unwrap().unwrap();
    assert_eq!(shown.body, kept.raw.to_vec());
    assert_eq!(shown.header("cache-control"), "private, no-cache");
    assert_eq!(signed("https://eve.example/people/eve").answer().await.status, 404, "somebody else");
    assert_eq!(signed("bad").answer().await.status, 401, "a signature that is not good");
    let token = world.token(&alice, &[Scope::Read]).await;
    let own = world.ask(Method::GET, act.as_str()).activity().by(&token).answer().await;
    assert_eq!(own.status, 200, "its author");
    let object = own.json()["object"]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&object).await.status, 404, "the note is as private as its Create");
    let note = world.ask(Method::GET, &object).activity().with("signature", BOB).answer().await;
    assert_eq!((&note.json()["type"], &note.json()["id"]), (&json!("Note"), &json!(object)));
}

#[tokio::test]
async fn an_outbox_shows_each_viewer_what_is_for_them() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let public = "https://www.w3.org/ns/activitystreams#Public";
    let open = world.publishes(&alice, &json!({"type": "Note", "content": "to all", "to": [public]})).await;
    let shut = world.publishes(&alice, &json!({"type": "Note", "content": "to bob", "to": [BOB]})).await;
    let page = format!("{alice}/outbox?page=first");
    let ids = |doc: &Value| -> Vec<String> {
        doc["orderedItems"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let stranger = world.get(&page).await.json();
    assert_eq!(ids(&stranger), [open.to_string()]);
    assert_eq!(stranger.get("totalItems"), None, "how much there is besides is the author's own affair");
    let bob = world.ask(Method::GET, &page).activity().with("signature", BOB).answer().await.json();
    assert_eq!(ids(&bob), [shut.to_string(), open.to_string()]);
    let token = world.token(&alice, &[Scope::Read]).await;
    let own = world.ask(Method::GET, &page).activity().by(&token).answer().await.json();
    assert_eq!((ids(&own).len(), &own["totalItems"], &own["context"]), (2, &json!(2), &json!(alice.as_str())));
    let whole = world.get(&format!("{alice}/outbox")).await.json();
    assert_eq!((&whole["type"], &whole["first"]), (&json!("OrderedCollection"), &json!(page)));
}

#[tokio::test]
async fn an_inbox_is_its_owners_and_a_resources_its_admins() {
    let world = World::new().await;
    let (alice, carol) = (world.person("alice").await, world.person("carol").await);
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    world.publishes(&carol, &client::follow(&repo)).await;
    let alices = world.token(&alice, &[Scope::Read]).await;
    let carols = world.token(&carol, &[Scope::Read]).await;
    for inbox in [format!("{alice}/inbox"), format!("{repo}/inbox")] {
        let page = format!("{inbox}?page=first");
        assert_eq!(world.get(&page).await.status, 401, "{inbox} to nobody in particular");
        let other = world.ask(Method::GET, &page).activity().by(&carols).answer().await;
        assert_eq!(other.status, 404, "{inbox} to another");
        let own = world.ask(Method::GET, &page).activity().by(&alices).answer().await;
        assert_eq!(own.status, 200, "{inbox}");
        assert!(!own.json()["orderedItems"].as_array().unwrap().is_empty());
    }
    let nobodys = world.get("/people/nobody/inbox").await;
    assert_eq!(nobodys.status, 401, "as if it were there");
    let write = world.token(&alice, &[Scope::Write]).await;
    let unread = world.ask(Method::GET, &format!("{alice}/inbox")).activity().by(&write).answer().await;
    assert_eq!(unread.status, 403, "a token that may not read");
}

#[tokio::test]
async fn followers_come_in_pages_that_name_their_owner() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    for n in 0..25 {
        let follower = format!("https://bob.example/people/b{n:02}");
        let id = format!("{follower}/follows/1");
        let follow = json!({"id": id, "type": "Follow", "actor": follower, "object": repo, "to": repo});
        let ask = world.ask(Method::POST, &format!("{repo}/inbox")).with("signature", &follower);
        assert_eq!(ask.body(ACTIVITY, follow.to_string()).answer().await.status, 202);
    }
    world.settle().await;
    let whole = world.get(&format!("{repo}/followers")).await.json();
    let total = whole["totalItems"].as_u64().unwrap();
    assert!(total >= 25);
    assert_eq!(whole["context"], repo.as_str());
    let (mut seen, mut next) = (Vec::new(), whole["first"].as_str().map(str::to_owned));
    while let Some(page) = next {
        let page = world.get(&page).await.json();
        assert_eq!((&page["context"], &page["partOf"]), (&json!(repo.as_str()), &whole["id"]));
        let items = page["orderedItems"].as_array().unwrap();
        assert!(items.len() <= 20);
        seen.extend(items.iter().map(|item| item.as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    let each: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!((each.len() as u64, seen.len() as u64), (total, total), "each once");
    // A star counts people: who gives one is looked at.
    world.ports.documents.lock().unwrap().insert(BOB.to_owned(), json!({"id": BOB, "type": "Person"}));
    let star = json!({"id": format!("{BOB}/likes/1"), "type": "Like", "actor": BOB, "object": repo, "to": repo});
    let ask = world.ask(Method::POST, &format!("{repo}/inbox")).with("signature", BOB);
    assert_eq!(ask.body(ACTIVITY, star.to_string()).answer().await.status, 202);
    world.settle().await;
    let likes = world.get(&format!("{repo}/likes?page=first")).await.json();
    assert_eq!(likes["orderedItems"], json!([format!("{BOB}/likes/1")]));
    let odd = world.get(&format!("{repo}/outbox?page=nonsense")).await;
    assert_eq!((odd.status.as_u16(), odd.code()), (400, "malformed".to_owned()));
}

#[tokio::test]
async fn a_deleted_ticket_is_gone_by_every_route_and_one_that_never_was_is_not_found() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&alice, &tracker).await;
    world.publishes(&alice, &client::open_ticket(&alice, &tracker, "Too hot", "x", Some(&permit))).await;
    world.settle().await;
    let ticket = format!("{tracker}/tickets/1");
    assert_eq!(world.get(&ticket).await.status, 200);
    world.publishes(&alice, &client::delete_ticket(&tracker, &ticket, &permit)).await;
    world.settle().await;
    for path in ["", "/replies", "/dependencies", "/dependants", "/followers", "/assignments/1"] {
        let gone = world.get(&format!("{ticket}{path}")).await;
        assert_eq!((gone.status.as_u16(), &gone.json()["type"]), (410, &json!("Tombstone")), "{path}");
        let never = world.get(&format!("{tracker}/tickets/2{path}")).await;
        assert_eq!(never.status, 404, "{path}");
    }
    let page = world.ask(Method::GET, &ticket).with("accept", "text/html").answer().await;
    assert_eq!(page.status, 410);
}

/// ForgeFed, "dependants" and "dependencies": both list the same `TicketDependency`, here with tickets of one tracker and of two.
#[tokio::test]
async fn both_tickets_list_the_dependency_between_them() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let bugs = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    let chores = world.makes(&alice, "TicketTracker", "Chores", "public").await;
    let permit = world.permit(&alice, &bugs).await;
    for tracker in [&bugs, &bugs, &chores] {
        let permit = world.permit(&alice, tracker).await;
        world.publishes(&alice, &client::open_ticket(&alice, tracker, "Too hot", "x", Some(&permit))).await;
        world.settle().await;
    }
    let first = format!("{bugs}/tickets/1");
    let others = [(&bugs, format!("{bugs}/tickets/2")), (&chores, format!("{chores}/tickets/1"))];
    for (tracker, other) in &others {
        world.publishes(&alice, &client::add_dependency(&bugs, &first, tracker, other, &permit)).await;
        world.settle().await;
    }
    let listed = world.get(&format!("{first}/dependencies")).await.json();
    assert_eq!((&listed["type"], &listed["totalItems"]), (&json!("Collection"), &json!(2)));
    for (n, (_, other)) in others.iter().enumerate() {
        let listed = world.get(&format!("{other}/dependants?page=first")).await.json();
        let dependency = format!("{bugs}/dependencies/{}", n + 1);
        assert_eq!((&listed["totalItems"], &listed["items"]), (&json!(1), &json!([dependency])), "{other}");
        let dependency = world.get(&dependency).await.json();
        assert!(dependency["type"].as_array().unwrap().contains(&json!("TicketDependency")), "{dependency}");
        let sides = (&dependency["subject"], &dependency["relationship"], &dependency["object"]);
        assert_eq!(sides, (&json!(first), &json!("dependsOn"), &json!(other)));
    }
}

#[tokio::test]
async fn collaborators_are_relationships_with_their_role() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let page = world.get(&format!("{repo}/collaborators?page=first")).await.json();
    let item = &page["items"][0];
    assert_eq!((&item["subject"], &item["object"]), (&json!(repo.as_str()), &json!(alice.as_str())));
    assert_eq!((&item["relationship"], &item["instrument"]), (&json!("hasCollaborator"), &json!("admin")));
}

/// Protocol decisions F-06 and F-07: a resource has `teams`, a team has `teamResources`, and both say the same of the two.
#[tokio::test]
async fn a_resource_lists_its_teams_and_a_team_what_it_may_touch() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let team = world.team_over(&alice, &repo, "write", &[]).await;
    world.settle().await;
    let (of_repo, of_team) = (world.document(repo.as_str()).await, world.document(team.as_str()).await);
    assert_eq!((of_repo["teams"].as_str(), of_repo.get("teamResources")), (Some(&*format!("{repo}/teams")), None));
    assert_eq!(
        (of_team["teamResources"].as_str(), of_team.get("teams")),
        (Some(&*format!("{team}/teamResources")), None)
    );
    assert_eq!(of_team.get("members"), None, "who belongs to a team collaborates on it");
    for collection in [format!("{repo}/teams"), format!("{team}/teamResources")] {
        let page = world.document(&format!("{collection}?page=first")).await;
        let item = &page["items"][0];
        assert_eq!((&item["subject"], &item["object"]), (&json!(repo.as_str()), &json!(team.as_str())), "{page}");
        assert_eq!((&item["relationship"], &item["instrument"]), (&json!("hasRecursiveCollaborator"), &json!("write")));
        assert_eq!((page.get("orderedItems"), &page["type"]), (None, &json!("CollectionPage")));
    }
    let outbox = world.document(&format!("{repo}/outbox?page=first")).await;
    assert!(outbox["orderedItems"].is_array() && outbox.get("items").is_none(), "{outbox}");
}

#[tokio::test]
async fn a_ticket_and_what_hangs_on_it_are_documents() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    let permit = world.permit(&alice, &tracker).await;
    let open = |title: &str| client::open_ticket(&alice, &tracker, title, "It *crashes*.", Some(&permit));
    world.publishes(&alice, &open("Crash <on> start")).await;
    world.publishes(&alice, &open("Other")).await;
    let one = format!("{tracker}/tickets/1");
    let comment = client::comment(&tracker, &one, None, "So it does.", Some(&permit));
    world.publishes(&alice, &comment).await;
    world.publishes(&alice, &client::assign(&tracker, &one, &alice, Some(&permit))).await;
    let two = format!("{tracker}/tickets/2");
    world.publishes(&alice, &client::add_dependency(&tracker, &one, &tracker, &two, &permit)).await;

    let ticket = world.get(&one).await.json();
    assert_eq!((&ticket["type"], &ticket["context"]), (&json!("Ticket"), &json!(tracker.as_str())));
    assert_eq!(ticket["summary"], "Crash &lt;on&gt; start");
    assert_eq!(ticket["isResolved"], false);
    let tickets = world.get(&format!("{tracker}/tickets?page=first")).await.json();
    assert_eq!(tickets["orderedItems"], json!([two, one]));
    let below = async |part: &str| world.get(&format!("{one}/{part}?page=first")).await.json();
    let replies = below("replies").await;
    assert_eq!(replies["context"], json!(one));
    let reply = world.get(replies["orderedItems"][0].as_str().unwrap()).await.json();
    assert_eq!(reply["type"], "Note");
    let assignment = below("assignments").await["orderedItems"][0].clone();
    assert_eq!((&assignment["subject"], &assignment["object"]), (&json!(one), &json!(alice.as_str())));
    let alone = world.get(assignment["id"].as_str().unwrap()).await.json();
    assert_eq!(alone["relationship"], "assignedTo");
    let dependency = below("dependencies").await["items"][0].as_str().unwrap().to_owned();
    let dependency = world.get(&dependency).await.json();
    assert_eq!((&dependency["subject"], &dependency["object"]), (&json!(one), &json!(two)));
    assert_eq!(below("followers").await["type"], "OrderedCollectionPage");
    for path in
        ["/tickets/3", "/tickets/01", "/tickets/x", "/tickets/3/replies", "/dependencies/9", "/tickets/1/assignments/9"]
    {
        assert_eq!(world.get(&format!("{tracker}{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_actor_of_another_domain_is_not_found_under_this_one() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let path = alice.as_str().strip_prefix(ORIGIN).unwrap();
    let there = world.bare(Method::GET, path).with("host", "b.example").activity().answer().await;
    assert_eq!(there.status, 404);
    let moved: ActorId = ActorId::new(format!("https://b.example{path}"));
    assert_ne!(moved, alice);
}

#[tokio::test]
async fn a_note_stands_at_its_address_as_its_author_left_it() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    for (to, to_strangers) in [("https://www.w3.org/ns/activitystreams#Public", 200), (BOB, 404)] {
        let create = world.publishes(&alice, &json!({"type": "Note", "content": "tea", "to": [to]})).await;
        let alices = world.token(&alice, &[Scope::Read]).await;
        let document = |path: String| world.ask(Method::GET, &path).activity();
        let create = document(create.to_string()).by(&alices).answer().await.json();
        let note = create["object"]["id"].as_str().unwrap().to_owned();
        let edit = |text: &str| json!({"type": "Update", "to": [to], "object": {"id": note, "type": "Note", "content": text, "to": []}});
        // What somebody else says of it is about nothing of theirs.
        world.publishes(&eve, &edit("coffee")).await;
        assert_eq!(document(note.clone()).by(&alices).answer().await.json()["content"], "tea");
        world.publishes(&alice, &edit("green tea")).await;
        let shown = document(note.clone()).by(&alices).answer().await.json();
        assert_eq!((&shown["content"], &shown["to"]), (&json!("green tea"), &json!([to])));
        assert!(shown["updated"].is_string(), "{shown}");
        assert_eq!(document(note.clone()).answer().await.status.as_u16(), to_strangers);
        world.publishes(&alice, &json!({"type": "Delete", "to": [to], "object": note})).await;
        world.publishes(&alice, &edit("black tea")).await;
        let gone = document(note.clone()).by(&alices).answer().await;
        assert_eq!((gone.status.as_u16(), &gone.json()["type"]), (410, &json!("Tombstone")));
        let expected = if to_strangers == 200 { 410 } else { 404 };
        assert_eq!(document(note.clone()).answer().await.status.as_u16(), expected, "to strangers");
    }
}

/// ActivityPub, "Delete Activity"; that acts name the tombstone is ours.
#[tokio::test]
async fn an_act_carries_its_note_as_its_author_left_it() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let public = "https://www.w3.org/ns/activitystreams#Public";
    let said = json!({"type": "Note", "content": "tea", "to": [public], "source": {"content": "tea", "mediaType": "text/markdown"}});
    let create = world.publishes(&alice, &said).await;
    let kept = pritchel_web::ports::Ports::act(world.ports.as_ref(), create.clone()).await.unwrap().unwrap();
    assert_eq!(world.get(create.as_str()).await.body, kept.raw.to_vec(), "as it was sent, while it is as it was");
    let note = kept.body["object"]["id"].as_str().unwrap().to_owned();
    let update =
        |text: &str| json!({"type": "Update", "to": [public], "object": {"id": note, "type": "Note", "content": text}});
    let first = world.publishes(&alice, &update("coffee")).await;
    let last = world.publishes(&alice, &update("milk")).await;
    let page = async |path: String| world.ask(Method::GET, &path).with("accept", "text/html").answer().await.text();
    let outbox = format!("{alice}/outbox");
    for act in [&create, &first, &last] {
        let shown = world.get(act.as_str()).await.json();
        assert_eq!((&shown["object"]["content"], &shown["object"]["id"]), (&json!("milk"), &json!(note)), "{shown}");
    }
    let listed = world.get(&format!("{outbox}?page=first")).await.text();
    let pages = [page(create.to_string()).await, page(outbox.clone()).await, page(alice.to_string()).await];
    for shown in pages.iter().chain([&listed]) {
        assert!(shown.contains("milk") && !shown.contains("coffee") && !shown.contains("tea"), "{shown}");
    }
    let delete = world.publishes(&alice, &json!({"type": "Delete", "to": [public], "object": note})).await;
    let deleted = world.get(delete.as_str()).await.json()["published"].clone();
    let tombstone = json!({"type": "Tombstone", "id": note, "formerType": "Note", "deleted": deleted});
    for act in [&create, &first, &last] {
        assert_eq!(world.get(act.as_str()).await.json()["object"], tombstone);
    }
    let listed = world.get(&format!("{outbox}?page=first")).await;
    assert_eq!(listed.json()["orderedItems"][3]["object"], tombstone);
    let pages = [page(create.to_string()).await, page(outbox).await, page(alice.to_string()).await];
    for shown in pages.iter().chain([&listed.text()]) {
        assert!(!["tea", "coffee", "milk"].iter().any(|text| shown.contains(text)), "{shown}");
    }
    assert!(
        pages[0].contains("was deleted by its author") && pages[1].contains("deleted") && pages[2].contains("deleted")
    );
    let still = pritchel_web::ports::Ports::act(world.ports.as_ref(), create.clone()).await.unwrap().unwrap();
    assert_eq!(still.raw, kept.raw, "what is kept, signed and delivered is what was sent");
}
