//! Workflows by forms, their documents, and what tickets have of them; the pages of ties, from the asking to the end.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use serde_json::{Value, json};

async fn document(world: &World, uri: &str) -> Value {
    world.get(uri.strip_prefix(ORIGIN).unwrap()).await.json()
}

pub(super) fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

/// Alice's new actor of this kind.
pub(super) async fn makes(alice: &mut Browser<'_>, kitchen: &str, kind: &str, name: &str) -> String {
    let create = [("factory", kitchen), ("kind", kind), ("name", name), ("summary", "")];
    actor(&alice.does("/do/create", &create).await)
}

/// Ties a tracker of alice's to what another of hers provides, by the forms of both pages.
pub(super) async fn ties(alice: &mut Browser<'_>, tracker: &str, property: &str, provider: &str) {
    let links = format!("{tracker}/links");
    let ask = [("resource", tracker), ("property", property), ("provider", provider)];
    alice.does("/do/attach", &ask).await;
    let waits = alice.sees(&links).await;
    assert!(waits.contains("waits for an admin of the other side"), "{waits}");
    let access = alice.sees(&format!("{provider}/collaborators")).await;
    let join = access.split("name=\"join\" value=\"").nth(1).unwrap_or_else(|| panic!("{access}"));
    let join = join.split('"').next().unwrap().to_owned();
    alice.does("/do/approve-join", &[("resource", provider), ("join", &join)]).await;
    let tied = alice.sees(&links).await;
    assert!(!tied.contains("waits for an admin") && tied.contains("/do/detach"), "{tied}");
    let other = alice.sees(&format!("{provider}/links")).await;
    assert!(other.contains(&tracker[ORIGIN.len()..]), "{other}");
}

#[tokio::test]
async fn a_workflow_is_made_by_forms_and_tickets_have_its_fields() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let workflow = makes(&mut alice, &kitchen, "Workflow", "Steps").await;
    assert!(alice.sees(&workflow).await.contains("No fields yet"));
    assert!(!bob.sees(&workflow).await.contains("/do/make-field"), "no form for those who may not");
    let on = ("resource", workflow.as_str());
    let enumeration = [on, ("name", "Level"), ("values", "low\r\nvery <high> #FF0000\r\n"), ("ordered", "on")];
    alice.does("/do/make-enum", &enumeration).await;
    let level = format!("{workflow}/enums/1");
    let shown = document(&world, &level).await;
    assert_eq!((&shown["type"], &shown["enumIsOrdered"]), (&json!("Enum"), &json!(true)), "{shown}");
    let high = shown["enumValues"]["orderedItems"][1].clone();
    assert_eq!((&high["name"], &high["enumValueColor"]), (&json!("very <high>"), &json!("#ff0000")));
    assert_eq!(document(&world, high["id"].as_str().unwrap()).await["context"], json!(level));
    alice.does("/do/make-field", &[on, ("name", "Severity"), ("kind", &level)]).await;
    alice.does("/do/make-field", &[on, ("name", "Browser"), ("kind", "fieldTypeText"), ("color", "#00ff00")]).await;
    let refused = bob.does("/do/make-field", &[on, ("name", "x"), ("kind", "fieldTypeText")]).await;
    assert!(bob.sees(&refused).await.contains("role-too-small"), "everybody's Grant is not enough");
    let (severity, browser) = (format!("{workflow}/fields/1"), format!("{workflow}/fields/2"));
    let field = document(&world, &severity).await;
    assert_eq!((&field["fieldType"], &field["instrument"]), (&json!("fieldTypeEnum"), &json!(level)), "{field}");
    alice.does("/do/move-part", &[on, ("part", &browser), ("after", "0")]).await;
    let all = document(&world, &format!("{workflow}/workflowFields?page=first")).await;
    assert_eq!(all["orderedItems"], json!([browser, severity]), "{all}");
    assert_eq!(document(&world, &workflow).await["workflowFields"], json!(format!("{workflow}/workflowFields")));
    let page = bob.sees(&workflow).await;
    assert!(page.contains("very &#60;high&#62;") && page.contains("fill=\"#ff0000\""), "{page}");
    let refused = alice.does("/do/delete-part", &[on, ("part", &level)]).await;
    assert!(alice.sees(&refused).await.contains("enum-in-use"));
    let value = high["id"].as_str().unwrap();
    let edit = [on, ("part", value), ("name", "high & dry"), ("summary", "a < b"), ("color", "")];
    alice.does("/do/edit-value", &edit).await;
    let shown = document(&world, value).await;
    assert_eq!((&shown["name"], &shown["summary"]), (&json!("high & dry"), &json!("a &lt; b")));

    let tracker = makes(&mut alice, &kitchen, "TicketTracker", "Bugs").await;
    ties(&mut alice, &tracker, "trackerWorkflow", &workflow).await;
    let open = [("tracker", tracker.as_str()), ("title", "Cold"), ("text", "x")];
    let ticket = actor(&alice.does("/do/open-ticket", &open).await);
    assert!(!bob.sees(&ticket).await.contains("/do/set-field"), "no form for those who may not");
    let of = [("tracker", tracker.as_str()), ("ticket", ticket.as_str())];
    let set = |field: &'static str, kind: &'static str, value: String| (field, kind, value);
    for (field, kind, value) in
        [set("1", "fieldTypeEnum", value.to_owned()), set("2", "fieldTypeText", "Fire <fox>".into())]
    {
        let field = format!("{workflow}/fields/{field}");
        alice.does("/do/set-field", &[of[0], of[1], ("field", &field), ("kind", kind), ("value", &value)]).await;
    }
    let shown = document(&world, &ticket).await;
    let expected = json!([
        {"type": "FieldValue", "context": severity, "fieldValue": value},
        {"type": "FieldValue", "context": browser, "fieldValue": "Fire <fox>"},
    ]);
    assert_eq!(shown["customFields"], expected, "{shown}");
    let page = bob.sees(&ticket).await;
    assert!(page.contains("Fire &#60;fox&#62;") && page.contains("<dd>high &#38; dry</dd>"), "{page}");
    let clear = [of[0], of[1], ("field", &browser), ("kind", "fieldTypeText"), ("value", "")];
    alice.does("/do/set-field", &clear).await;
    assert_eq!(document(&world, &ticket).await["customFields"]["context"], json!(severity), "one is left");

    let roadmap = makes(&mut alice, &kitchen, "Roadmap", "Plans").await;
    ties(&mut alice, &tracker, "trackerRoadmap", &roadmap).await;
    let make = [("resource", roadmap.as_str()), ("name", "Tea <1.0>"), ("text", "x"), ("start", ""), ("end", "")];
    let milestone = actor(&alice.does("/do/open-milestone", &make).await);
    alice.does("/do/set-milestone", &[of[0], of[1], ("milestone", &milestone)]).await;
    assert_eq!(document(&world, &ticket).await["ticketMilestone"], json!(milestone));
    assert!(bob.sees(&ticket).await.contains(">Tea &#60;1.0&#62;</a>"));

    // Without the tie the ticket shows nothing of it.
    let end = [("resource", tracker.as_str()), ("property", "trackerWorkflow"), ("provider", &workflow)];
    alice.does("/do/detach", &end).await;
    assert_eq!(document(&world, &ticket).await["customFields"], Value::Null);
    assert!(!bob.sees(&ticket).await.contains("high &#38; dry"));
    assert_eq!(document(&world, &tracker).await["trackerWorkflow"], Value::Null);
    assert!(alice.sees(&format!("{workflow}/links")).await.contains("None."));
}
