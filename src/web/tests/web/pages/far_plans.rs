//! Fields and milestones of a workflow and a roadmap of another server, chosen by name on the page of a ticket.

use super::browser::Browser;
use super::safety::check;
use crate::world::World;
use http::Method;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::client;
use pritchel_actors::person::rows::Scope;
use serde_json::json;

const WORKFLOW: &str = "https://far.example/workflows/w";
const ROADMAP: &str = "https://far.example/roadmaps/r";

fn keep(world: &World, uri: &str, mut document: Value) {
    document["@context"] = json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]);
    document["id"] = uri.into();
    world.ports.documents.lock().unwrap().insert(uri.to_owned(), document);
}

/// What the other server shows.
fn lay_out(world: &World) {
    let at = |rest: &str| format!("{WORKFLOW}/{rest}");
    let (fields, milestones) = (at("workflowFields"), format!("{ROADMAP}/roadmapMilestones"));
    let inbox = |of: &str| format!("{of}/inbox");
    let workflow = json!({"type": "Workflow", "name": "Far ways", "inbox": inbox(WORKFLOW), "workflowFields": fields});
    keep(world, WORKFLOW, workflow);
    let roadmap =
        json!({"type": "Roadmap", "name": "Far plans", "inbox": inbox(ROADMAP), "roadmapMilestones": milestones});
    keep(world, ROADMAP, roadmap);
    let all = ["fields/1", "fields/2", "fields/3", "fields/4"].map(at);
    let listed = json!({"type": "OrderedCollection", "first": format!("{fields}?page=first")});
    keep(world, &fields, listed);
    let items = [&all[..], &["https://evil.example/fields/1".to_owned()]].concat();
    keep(world, &format!("{fields}?page=first"), json!({"type": "OrderedCollectionPage", "orderedItems": items}));
    let field = |name: &str, kind: &str| json!({"type": "Field", "name": name, "context": WORKFLOW, "fieldType": kind});
    keep(world, &all[0], field("Sugar <lumps>", "fieldTypeInteger"));
    let mut heat = field("Heat", "fieldTypeEnum");
    heat["instrument"] = at("enums/1").into();
    keep(world, &all[1], heat);
    keep(
        world,
        &all[2],
        json!({"type": "Field", "name": "Another's", "context": ROADMAP, "fieldType": "fieldTypeText"}),
    );
    keep(world, &all[3], field("Strange", "fieldTypeDance"));
    keep(world, "https://evil.example/fields/1", field("Evil", "fieldTypeText"));
    let value =
        |id: &str, name: &str| json!({"id": at(id), "type": "EnumValue", "name": name, "context": at("enums/1")});
    let values =
        json!({"type": "OrderedCollection", "orderedItems": [value("values/1", "low"), value("values/2", "high")]});
    keep(world, &at("values/2"), value("values/2", "high"));
    keep(world, &at("enums/1"), json!({"type": "Enum", "name": "Heats", "context": WORKFLOW, "enumValues": values}));
    let numbered = |number: u8| format!("{ROADMAP}/milestones/{number}");
    keep(world, &milestones, json!({"type": "OrderedCollection", "orderedItems": [numbered(1), numbered(2)]}));
    for (number, name, closed) in [(1, "Breakfast", true), (2, "Supper", false)] {
        let milestone = json!({"type": "Milestone", "name": name, "context": ROADMAP, "isResolved": closed});
        keep(world, &numbered(number), milestone);
    }
}

/// The tracker asks to use what another server provides, and is given the Grant for it.
async fn ties(world: &World, admin: &ActorId, tracker: &ActorId, property: &str, provider: &str) {
    let attach = client::attach(tracker, property, &ActorId::new(provider), &world.permit(admin, tracker).await);
    world.publishes(admin, &attach).await;
    let token = world.token(admin, &[Scope::Read]).await;
    let outbox = format!("{tracker}/outbox?page=first");
    let page = world.ask(Method::GET, &outbox).activity().by(&token).answer().await.json();
    let items = page["orderedItems"].as_array().unwrap();
    let join = items.iter().find(|act| act["type"] == "Join" && act.to_string().contains(provider));
    let join = join.unwrap_or_else(|| panic!("{page}"));
    let grant = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"], "type": "Grant",
        "id": format!("{provider}/outbox/1"), "actor": provider, "context": provider, "object": join["instrument"],
        "target": tracker, "to": tracker, "fulfills": join["id"], "allows": "invoke",
    });
    let ask = world.ask(Method::POST, &format!("{tracker}/inbox")).with("signature", provider);
    assert_eq!(ask.body("application/activity+json", grant.to_string()).answer().await.status, 202);
    world.settle().await;
}

#[tokio::test]
async fn what_another_server_offers_is_chosen_by_name_by_those_who_may_and_else_asked_for_by_address() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    lay_out(&world);
    let tracker = world.makes(&a, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Too hot", "It is.", Some(&permit))).await;
    ties(&world, &a, &tracker, "trackerWorkflow", WORKFLOW).await;
    ties(&world, &a, &tracker, "trackerRoadmap", ROADMAP).await;
    let ticket = format!("{tracker}/tickets/1");
    let page = alice.sees(&ticket).await;
    check("ticket", &page);
    for there in ["Sugar &#60;lumps&#62;", "Heat", ">low<", ">high<", ">Supper<"] {
        assert!(page.contains(there), "{there}: {page}");
    }
    for not in ["Address of a field", "Address of a milestone", "Breakfast", "Evil", "Another", "Strange"] {
        assert!(!page.contains(not), "{not}: {page}");
    }
    let shown = bob.sees(&ticket).await;
    assert!(!shown.contains("Heat") && !shown.contains("Supper"), "bob may change nothing: nobody is asked for him");

    let (heat, high) = (format!("{WORKFLOW}/fields/2"), format!("{WORKFLOW}/values/2"));
    let on = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    let set = [("field", heat.as_str()), ("kind", "fieldTypeEnum"), ("value", high.as_str())];
    alice.does("/do/set-field", &[&on[..], &set].concat()).await;
    let supper = format!("{ROADMAP}/milestones/2");
    alice.does("/do/set-milestone", &[&on[..], &[("milestone", supper.as_str())]].concat()).await;
    let page = alice.sees(&ticket).await;
    assert!(page.contains("<dd>high</dd>") && page.contains(&format!("value=\"{high}\" selected")), "{page}");
    assert!(page.contains(">Supper</a>"), "by its name: {page}");

    world.ports.documents.lock().unwrap().clear();
    let page = alice.sees(&ticket).await;
    assert!(page.contains("Address of a field of") && page.contains("Address of a milestone"), "{page}");
    assert!(page.contains("<dd>high</dd>") && page.contains("Take away Heat"), "what it has stays: {page}");
}
