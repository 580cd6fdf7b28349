//! What is of other servers, with the forms that the visitor's Grants, or those everybody has, allow; and the forms that every
//! operation has here.

use super::browser::Browser;
use super::safety::check;
use crate::world::{ORIGIN, World};
use http::Method;
use pritchel_actor::ActorId;
use pritchel_actors::Domain;
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::domain::shelf::ViewShelf;
use pritchel_actors::person::rows::Scope;
use pritchel_web::ports::{DeliveryShown, Standing};
use serde_json::{Value, json};

const TRACKER: &str = "https://far.example/patches/t";

fn looked(uri: &str) -> String {
    format!("/look?q={}", url::form_urlencoded::byte_serialize(uri.as_bytes()).collect::<String>())
}

fn keep(world: &World, uri: &str, document: Value) {
    world.ports.documents.lock().unwrap().insert(uri.to_owned(), document);
}

/// A tracker of another server and a merge request of it. `public`: the role that everybody has.
fn far(world: &World, kind: &str, public: &str) -> String {
    let grant = format!("{TRACKER}/outbox/everybody");
    let document = json!({
        "type": kind, "id": TRACKER, "name": "Far tea", "inbox": format!("{TRACKER}/inbox"), "publicCapability": [grant],
    });
    keep(world, TRACKER, document);
    let everybody = "https://www.w3.org/ns/activitystreams#Public";
    let document = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
        "type": "Grant", "id": grant, "actor": TRACKER, "context": TRACKER, "object": public, "target": everybody,
        "allows": "invoke",
    });
    keep(world, &grant, document);
    let ticket = format!("{TRACKER}/tickets/1");
    let target = json!({"type": "Branch", "context": "https://far.example/repos/r", "ref": "refs/heads/main"});
    let offer = json!({"type": "Offer", "target": target, "object": format!("{ticket}/versions/1")});
    let document = json!({
        "type": "Ticket", "id": ticket, "context": TRACKER, "summary": "Too hot", "isResolved": false,
        "attributedTo": "https://far.example/people/f", "attachment": offer,
    });
    keep(world, &ticket, document);
    ticket
}

/// They asked to join, and the tracker gives them this role.
async fn holds(world: &World, person: &ActorId, role: Role) {
    let join = world.publishes(person, &client::join(&ActorId::new(TRACKER), role.as_str(), None)).await;
    let grant = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
        "type": "Grant", "id": format!("{TRACKER}/outbox/for-{role}"), "actor": TRACKER, "context": TRACKER,
        "object": role.as_str(), "target": person, "to": person, "fulfills": join, "allows": "invoke",
    });
    let ask = world.ask(Method::POST, &format!("{person}/inbox")).with("signature", TRACKER);
    assert_eq!(ask.body("application/activity+json", grant.to_string()).answer().await.status, 202);
    world.settle().await;
    world.permit(person, &ActorId::new(TRACKER)).await;
}

#[tokio::test]
async fn a_far_ticket_has_the_forms_that_the_visitors_role_there_allows_and_no_others() {
    let world = World::new().await;
    let (a, m) = (world.person("alice").await, world.person("mal").await);
    let ticket = far(&world, "PatchTracker", "report");
    let (alice, mal) = (Browser::of(&world, &a).await, Browser::of(&world, &m).await);
    holds(&world, &a, Role::Admin).await;
    let page = mal.sees(&looked(&ticket)).await;
    check("a far ticket", &page);
    assert!(page.contains("/do/comment") && page.contains("/do/review"), "that is for everybody: {page}");
    for form in ["/do/close", "/do/reopen", "/do/assign", "/do/apply", "/do/delete-ticket", "/do/edit-ticket"] {
        assert!(!page.contains(form), "{form} is not for the role report: {page}");
    }
    let page = alice.sees(&looked(&ticket)).await;
    check("a far ticket for its admin", &page);
    for form in ["/do/close", "/do/assign", "/do/apply", "/do/delete-ticket", "/do/edit-ticket", "/do/review"] {
        assert!(page.contains(form), "{form}: {page}");
    }
    assert!(page.contains("needs <b>triage</b>") && page.contains("name=\"capability_other\""), "{page}");

    let page = alice.sees(&looked(TRACKER)).await;
    check("a far tracker for its admin", &page);
    for form in ["/do/invite", "/do/edit-resource", "/do/link", "/do/unlink", "/do/archive", "/do/require-approvals"] {
        assert!(page.contains(form), "{form}: {page}");
    }
    let page = mal.sees(&looked(TRACKER)).await;
    for form in ["/do/invite", "/do/edit-resource", "/do/link", "/do/archive", "/do/delete-resource"] {
        assert!(!page.contains(form), "{form}: {page}");
    }
    assert!(mal.sees(&format!("{}&tester=yes", looked(TRACKER))).await.contains("/do/invite"), "testers see all forms");
}

#[tokio::test]
async fn no_ticket_is_opened_by_a_form_where_its_server_says_that_everybody_may_only_look() {
    let world = World::new().await;
    let m = world.person("mal").await;
    let mal = Browser::of(&world, &m).await;
    far(&world, "TicketTracker", "report");
    assert!(mal.sees(&looked(TRACKER)).await.contains("/do/open-ticket"));
    far(&world, "TicketTracker", "visit");
    assert!(!mal.sees(&looked(TRACKER)).await.contains("/do/open-ticket"), "it is closed");
    holds(&world, &m, Role::Report).await;
    assert!(mal.sees(&looked(TRACKER)).await.contains("/do/open-ticket"), "but not for whoever has a role");
}

#[tokio::test]
async fn groups_and_factories_are_named_and_changed_by_forms_of_their_own() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    for kind in ["Project", "Team", "Organization", "Factory"] {
        let made = world.makes(&a, kind, "Cooks", "public").await;
        let page = alice.sees(made.as_str()).await;
        check(kind, &page);
        assert!(page.contains("/do/edit-resource") && page.contains("needs <b>"), "{kind}: {page}");
        assert!(!bob.sees(made.as_str()).await.contains("/do/edit-resource"), "{kind}");
        let edit = [("resource", made.as_str()), ("name", "Bakers"), ("summary", "They bake.")];
        alice.does("/do/edit-resource", &edit).await;
        let page = bob.sees(made.as_str()).await;
        assert!(page.contains("Bakers") && page.contains("They bake."), "{kind}: {page}");
        if kind == "Factory" {
            alice.does("/do/edit-kinds", &[("resource", made.as_str()), ("kind-Team", "on")]).await;
            let page = bob.sees(made.as_str()).await;
            assert!(page.contains("A team of people") && !page.contains("A git repository"), "{page}");
        }
    }
    let patches = world.makes(&a, "PatchTracker", "Changes", "public").await;
    alice.does("/do/require-approvals", &[("resource", patches.as_str()), ("needed", "2")]).await;
    let page = alice.sees(patches.as_str()).await;
    assert!(page.contains("name=\"needed\" type=\"number\" min=\"0\" max=\"100\" value=\"2\""), "{page}");
    assert!(!bob.sees(patches.as_str()).await.contains("/do/require-approvals"));
}

#[tokio::test]
async fn a_role_is_changed_by_one_form_and_only_once_the_old_one_is_gone() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&a, &tracker).await;
    let invite = world.publishes(&a, &client::invite(&tracker, &b, "triage", &permit)).await;
    world.publishes(&b, &client::accept(&invite, &[&tracker])).await;
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let access = format!("{tracker}/collaborators");
    assert!(
        alice.sees(&access).await.contains("/do/change-role") && !bob.sees(&access).await.contains("/do/change-role")
    );
    let change = [("resource", tracker.as_str()), ("collaborator", b.as_str()), ("role", "maintain")];
    bob.does("/do/change-role", &change).await;
    let page = alice.sees(&access).await;
    assert!(page.contains("triage") && !page.contains("waits for bob"), "bob may not, and nobody was asked: {page}");
    alice.does("/do/change-role", &change).await;
    let page = alice.sees(&access).await;
    assert!(page.contains("waits for bob to accept"), "{page}");
    assert!(alice.sees(tracker.as_str()).await.contains("waits for bob to accept"), "and its own page says so");
    assert!(!bob.sees(tracker.as_str()).await.contains("waits for bob"), "what waits is for admins");
    let desk = bob.sees("/desk").await;
    assert!(desk.contains("maintain"), "{desk}");
}

#[tokio::test]
async fn what_a_team_passed_on_stands_on_its_page_of_access_and_delegate_grants_on_the_desk() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let repo = world.makes(&a, "Repository", "Tea", "public").await;
    let team = world.team_over(&a, &repo, "write", &[(&b, "write")]).await;
    let (alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let page = alice.sees(&format!("{team}/collaborators")).await;
    check("access", &page);
    assert!(page.contains("Grants passed on over links") && page.contains("bob"), "{page}");
    assert!(!bob.sees(&format!("{team}/collaborators")).await.contains("Grants passed on over links"));
    let desk = bob.sees("/desk").await;
    assert!(desk.contains("Delegate-Grants you gave") && desk.contains("Cooks"), "{desk}");
    assert!(repo.as_str().starts_with(ORIGIN));
}

#[tokio::test]
async fn a_tester_chooses_the_grant_of_each_form_and_others_are_not_asked() {
    let world = World::new().await;
    let (a, m) = (world.person("alice").await, world.person("mal").await);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Too hot", "x", Some(&permit))).await;
    let mut mal = Browser::of(&world, &m).await;
    let ticket = format!("{tracker}/tickets/1");
    let page = mal.sees(&ticket).await;
    assert!(!page.contains("/do/close") && !page.contains("capability_other"), "{page}");
    assert!(page.contains("?tester=yes"), "{page}");
    let page = mal.sees(&format!("{ticket}?tester=yes")).await;
    assert!(page.contains("/do/close") && page.contains("capability_other"), "{page}");
    let close = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    let by = [("capability", "other"), ("capability_other", permit.as_str())];
    let refused = mal.does("/do/close", &[&close[..], &by].concat()).await;
    assert!(mal.sees(&refused).await.contains("wrong-hands"), "it is sent as it was chosen, and refused");
}

#[tokio::test]
async fn a_form_sends_the_first_grant_that_verifies_and_the_best_that_is_known_if_none_does() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let ticket = far(&world, "PatchTracker", "visit");
    let token = world.token(&a, &[Scope::Read]).await;
    let mut alice = Browser::of(&world, &a).await;
    let sent = async || {
        let outbox = format!("{a}/outbox?page=first");
        let page = world.ask(Method::GET, &outbox).activity().by(&token).answer().await.json();
        let items = page["orderedItems"].as_array().unwrap();
        let newest = items.iter().find(|act| act["type"] == "Resolve").unwrap();
        newest["capability"].as_str().unwrap().to_owned()
    };
    let granted = |role: &str| {
        let id = format!("{TRACKER}/outbox/for-{role}");
        let result = format!("{id}/result");
        let grant = json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"], "type": "Grant", "id": id,
            "actor": TRACKER, "context": TRACKER, "object": role, "target": a, "allows": "invoke", "result": result,
        });
        keep(&world, &id, grant);
        keep(&world, &result, json!(null));
        (id, result)
    };
    let ((triage, of_triage), (maintain, of_maintain)) = (granted("triage"), granted("maintain"));
    for role in [Role::Triage, Role::Maintain] {
        holds(&world, &a, role).await;
    }
    let close = [("tracker", TRACKER), ("ticket", ticket.as_str())];
    let gone = |result: &str| drop(world.ports.documents.lock().unwrap().remove(result));
    alice.does("/do/close", &close).await;
    assert_eq!(sent().await, maintain, "the best, while it verifies");
    gone(&of_maintain);
    alice.does("/do/close", &close).await;
    assert_eq!(sent().await, triage, "the best was taken back, and nobody has said so yet");
    gone(&of_triage);
    alice.does("/do/close", &close).await;
    assert_eq!(sent().await, maintain, "none verifies: the tracker says why");
}

#[tokio::test]
async fn the_tickets_of_a_far_tracker_are_brought_in_for_those_who_are_signed_in() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let domain = ActorId::new(format!("{ORIGIN}/actor"));
    let ticket = far(&world, "TicketTracker", "report");
    let stranger = world.get(&looked(TRACKER)).await.text();
    assert!(!stranger.contains("Being brought in") && !stranger.contains("id=\"tickets\""), "{stranger}");
    assert!(world.front.node.look::<Domain, _>(&domain, &ViewShelf).await.unwrap().is_empty());
    let browser = Browser::of(&world, &alice).await;
    let page = browser.sees(&looked(TRACKER)).await;
    check("a far tracker with its tickets", &page);
    assert!(page.contains("Being brought in: 0 tickets are here") && page.contains("None is here yet"), "{page}");
    assert_eq!(world.front.node.look::<Domain, _>(&domain, &ViewShelf).await.unwrap().len(), 1);
    let found = browser.sees(&format!("{}&state=closed&words=%3Cb%3E&author=nobody", looked(TRACKER))).await;
    check("a search in a far tracker", &found);
    assert!(
        found.contains("Nobody was found as <strong>nobody</strong>") && found.contains("value=\"&#60;b&#62;\""),
        "{found}"
    );
    // What waits stands there.
    world.publishes(&alice, &client::comment(&ActorId::new(TRACKER), &ticket, None, "Indeed", None)).await;
    let waits =
        DeliveryShown { to: vec![TRACKER.into()], attempts: 1, next: Some(1), last_error: Some("down".to_owned()) };
    *world.ports.waiting.lock().unwrap() = vec![waits];
    let page = browser.sees(&looked(&ticket)).await;
    check("a far ticket for which something waits", &page);
    assert!(page.contains("What you have sent there, and waits") && page.contains(">Your comment</a>"), "{page}");
    world.ports.waiting.lock().unwrap().clear();
    assert!(!browser.sees(&looked(&ticket)).await.contains("What you have sent there, and waits"));
    // Its server is away, and nothing of it was read before: there is nothing to show.
    world.ports.documents.lock().unwrap().clear();
    assert!(browser.sees(&looked(TRACKER)).await.contains("Nothing was found"));
    // Whoever is blocked here is not shown.
    far(&world, "TicketTracker", "report");
    world.ports.standings.lock().unwrap().insert(TRACKER.into(), Standing::Blocked);
    assert!(!browser.sees(&looked(TRACKER)).await.contains("id=\"tickets\""));
}

#[tokio::test]
async fn a_far_repository_leads_to_its_trackers_and_a_component_has_no_tracker_of_its_own() {
    let world = World::new().await;
    let alice = Browser::of(&world, &world.person("alice").await).await;
    let repo = "https://far.example/repos/r";
    keep(
        &world,
        repo,
        json!({
            "id": repo, "type": "Repository", "name": "Leaves", "inbox": format!("{repo}/inbox"),
            "context": format!("{repo}/projects"), "ticketsTrackedBy": "https://far.example/trackers/t",
        }),
    );
    let page = alice.sees(&looked(repo)).await;
    assert!(page.contains("<dt>tickets</dt>") && page.contains(&looked("https://far.example/trackers/t")), "{page}");
    assert!(!page.contains("<dt>tracker</dt>"), "{page}");
    let ticket = "https://far.example/trackers/t/tickets/1";
    keep(&world, ticket, json!({"id": ticket, "type": "Ticket", "context": "https://far.example/trackers/t"}));
    let page = alice.sees(&looked(ticket)).await;
    assert!(page.contains("<dt>tracker</dt>"), "{page}");
}
