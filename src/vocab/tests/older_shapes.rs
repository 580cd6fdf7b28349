//! Shapes of documents that are older than the vocabulary, or differ from it: how they are read, and that what is written for the same
//! thing is the newest shape. Those of activities, which an actor has to understand, stand in `src/actors/tests/gate_law/older.rs`.
//!
//! Source: the specification's examples disagree with its vocabulary in places; each row here is one such place. The numbers are
//! those of `docs/forgefed/readings.tsv`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use pritchel_vocab::*;
use serde_json::{Value, json};

fn document(value: Value) -> Document {
    Document::parse(value.to_string().as_bytes()).unwrap()
}

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

/// Reads a document as what it is and writes it again.
type Again = fn(&Obj<'_>) -> Value;

fn relationship(obj: &Obj<'_>) -> Value {
    Relationship::read(obj).unwrap().to_value()
}

fn collection(obj: &Obj<'_>) -> Value {
    Collection::read(obj).unwrap().to_value()
}

fn grant(obj: &Obj<'_>) -> Value {
    Grant::read(obj).unwrap().to_value()
}

fn branch(obj: &Obj<'_>) -> Value {
    Branch::read(obj).unwrap().to_value()
}

fn actor(obj: &Obj<'_>) -> Value {
    ActorDoc::read(obj).unwrap().to_document().value().clone()
}

/// The table: the number, the older shape, how it is read and written again, and the newest shape that comes of it.
#[test]
fn what_is_read_in_an_older_shape_is_written_in_the_newest() {
    const TEAM: &str = "https://a.example/teams/cooks";
    const BOB: &str = "https://a.example/people/bob";
    const REPO: &str = "https://a.example/repos/tea";
    let member = |role: Value| json!({"type": "Relationship", "subject": TEAM, "relationship": "hasCollaborator", "object": BOB, "instrument": role});
    let given =
        json!({"type": "Grant", "actor": REPO, "object": "admin", "target": BOB, "context": REPO, "allows": "invoke"});
    let main = json!({"type": "Branch", "context": REPO, "ref": "refs/heads/main"});
    let list = |term: &str| json!({"type": "OrderedCollection", "id": TEAM, term: [BOB]});
    let tea = |kinds: Value| json!({"id": REPO, "type": kinds, "inbox": format!("{REPO}/inbox")});
    let component = json!({"type": "Relationship", "subject": TEAM, "relationship": "hasComponent", "object": REPO, "instrument": "write"});
    let parts = json!({"type": "Collection", "id": TEAM, "items": [REPO, component]});
    #[rustfmt::skip]
    let rows: Vec<(&str, Value, Again, Value)> = vec![
        ("F-01", json!({"type": "forge:Grant", "actor": REPO, "object": "forge:admin", "context": REPO, "target": BOB,
            "https://forgefed.org/ns#allows": "https://forgefed.org/ns#invoke"}),                        grant,        given.clone()),
        ("F-01", json!({"type": "https://forgefed.org/ns#Branch", "as:context": REPO, "forge:ref": "refs/heads/main"}), branch, main.clone()),
        ("F-03", parts.clone(),                                                                          collection,   parts),
        ("F-05", json!({"type": "Relationship", "subject": TEAM, "relationship": "hasCollaborator", "object": BOB, "tag": "develop"}),
                                                                                                         relationship, member(json!("write"))),
        ("F-05", member(json!("developer")),                                                             relationship, member(json!("write"))),
        ("F-05", member(json!("https://forgefed.org/ns#maintain")),                                      relationship, member(json!("maintain"))),
        ("F-05", json!({"type": "Relationship", "subject": TEAM, "relationship": "forge:hasCollaborator", "object": BOB, "tag": "forge:admin"}),
                                                                                                         relationship, member(json!("admin"))),
        ("F-07", list("items"),                                                                          collection,   list("orderedItems")),
        ("F-08", tea(json!(["Repository", "TicketTracker", "PatchTracker"])),                            actor,        tea(json!(["Repository", "TicketTracker", "PatchTracker", "Service"]))),
        ("F-08", tea(json!("forge:Repository")),                                                         actor,        tea(json!(["Repository", "Service"]))),
        ("F-32", json!({"type": "Branch", "context": REPO, "ref": "/refs/heads/main"}),                  branch,       main),
    ];
    let bare = |mut written: Value| {
        written.as_object_mut().unwrap().remove("@context");
        written
    };
    for (number, older, again, newest) in rows {
        assert_eq!(bare(again(&document(older.clone()).obj())), newest, "{number}: {older}");
        assert_eq!(bare(again(&document(newest.clone()).obj())), newest, "{number}: the newest stays as it is");
    }
}

/// F-01.
#[test]
fn a_document_means_the_same_whatever_its_context_says() {
    for context in [
        json!("https://www.w3.org/ns/activitystreams"),
        json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]),
        json!({"@vocab": "_:"}),
        json!("https://unknown.example/context"),
        Value::Null,
    ] {
        let grant = document(json!({
            "@context": context, "type": "forge:Grant", "actor": "https://a.example/repos/tea", "object": "forge:admin",
            "https://forgefed.org/ns#allows": "https://forgefed.org/ns#invoke",
            "context": "https://a.example/repos/tea", "target": "https://a.example/people/bob"
        }));
        let grant = Grant::read(&grant.obj()).unwrap();
        assert_eq!((grant.role.as_str(), grant.allows), ("admin", vec![Usage::Invoke]));
    }
}

/// F-02.
#[test]
fn what_an_actor_is_part_of_may_be_a_parent_a_collection_or_several() {
    #[rustfmt::skip]
    let rows = [
        (json!("https://a.example/projects/kitchen"),                                      1),
        (json!(["https://a.example/projects/kitchen", "https://a.example/projects/bar"]),  2),
        (json!({"type": "Collection", "id": "https://a.example/repos/tea/projects"}),      1),
        (json!({"type": "Collection", "items": ["https://a.example/projects/kitchen"]}),   0),
    ];
    for (context, count) in rows {
        let actor = document(json!({"id": "https://a.example/repos/tea", "type": "Repository", "context": context}));
        assert_eq!(ActorDoc::read(&actor.obj()).unwrap().links.context.len(), count, "{context}");
    }
}

/// F-03.
#[test]
fn components_may_be_relationships_or_bare_addresses() {
    let components = document(json!({"type": "Collection", "items": [
        "https://a.example/repos/tea",
        {"type": "Relationship", "subject": "https://a.example/projects/kitchen", "relationship": "hasComponent",
         "object": "https://a.example/repos/pot", "instrument": "write"}
    ]}));
    let items = Collection::read(&components.obj()).unwrap().items;
    assert_eq!(items[0].uri(), Some(&uri("https://a.example/repos/tea")));
    let relationship = Relationship::read(&items[1].obj().unwrap()).unwrap();
    assert_eq!(
        (relationship.object, relationship.role.as_deref()),
        (uri("https://a.example/repos/pot"), Some("write"))
    );
}

/// F-05.
#[test]
fn members_of_an_older_team_have_their_role_in_a_tag() {
    #[rustfmt::skip]
    let rows = [("develop", "write"), ("developer", "write"), ("maintain", "maintain"), ("juggle", "juggle")];
    for (tag, role) in rows {
        let member = document(json!({"type": "Relationship", "subject": "https://a.example/teams/cooks",
            "relationship": "hasMember", "object": "https://a.example/people/bob", "tag": tag}));
        let member = Relationship::read(&member.obj()).unwrap();
        assert_eq!((member.relation, member.role.as_deref()), (Relation::HasMember, Some(role)));
    }
}

/// F-07.
#[test]
fn an_ordered_collection_may_call_its_items_by_either_name() {
    for (kind, term) in [("OrderedCollection", "items"), ("OrderedCollection", "orderedItems"), ("Collection", "items")]
    {
        let collection = document(json!({"type": kind, term: ["https://a.example/1"]}));
        let collection = Collection::read(&collection.obj()).unwrap();
        assert_eq!(collection.items.len(), 1);
        let expected = if collection.is_ordered() { "orderedItems" } else { "items" };
        assert!(collection.to_value().get(expected).is_some());
    }
}

/// F-09.
#[test]
fn what_is_undone_may_be_an_address_an_activity_or_a_pattern() {
    #[rustfmt::skip]
    let rows = [
        (json!("https://a.example/follows/1"),                                            Some("https://a.example/follows/1")),
        (json!({"type": "Follow", "id": "https://a.example/follows/1", "object": "https://b.example/"}),
                                                                                          Some("https://a.example/follows/1")),
        (json!({"type": "Assign", "object": "https://a.example/bob", "target": "https://b.example/tickets/1"}), None),
    ];
    for (object, expected) in rows {
        let undo =
            Activity::read(&document(json!({"type": "Undo", "actor": "https://a.example/bob", "object": object})))
                .unwrap();
        let found = undo.only_object().unwrap();
        assert_eq!(found.uri(), expected.map(uri).as_ref());
        assert_eq!(found.is("Assign"), expected.is_none());
    }
}

/// F-22.
#[test]
fn an_edit_may_be_called_a_patch_and_a_patch_that_is_offered_is_none() {
    let embedded = json!({"id": "https://a.example/repos/tea", "name": "Pot"});
    #[rustfmt::skip]
    let rows = [
        (json!("Patch"),                          embedded.clone(),                      Some(ActivityType::Edit)),
        (json!("https://forgefed.org/ns#Patch"),  embedded.clone(),                      Some(ActivityType::Edit)),
        (json!("Edit"),                           embedded,                              Some(ActivityType::Edit)),
        (json!("Patch"),                          json!("https://a.example/repos/tea"),  None),
        (json!("Patch"),                          json!({"name": "Pot"}),                None),
        (json!("Patch"),                          Value::Null,                           None),
    ];
    for (name, object, expected) in rows {
        let patch = document(json!({"type": name, "actor": "https://a.example/bob", "object": object}));
        let read = Activity::read(&patch).unwrap().kind;
        assert_eq!(read, expected.unwrap_or(ActivityType::Other("Patch".to_owned())), "{object}");
    }
}

/// F-11.
#[test]
fn null_in_an_edit_is_a_wish_and_not_an_absence() {
    let edit = document(json!({"id": "https://a.example/tickets/1", "ticketMilestone": null, "content": "x"}));
    let obj = edit.obj();
    assert!(obj.is_null("ticketMilestone") && !obj.is_null("content") && !obj.is_null("summary"));
    assert_eq!(obj.uri("ticketMilestone"), Ok(None));
}

/// F-13.
#[test]
fn a_revoke_of_the_older_shape_is_read_and_only_its_object_counts() {
    let revoke = document(
        json!({"type": "Revoke", "actor": "https://a.example/repos/tea", "object": "https://a.example/grants/1",
        "instrument": "https://roles.example/developer", "context": "https://a.example/repos/tea", "target": "https://a.example/bob"}),
    );
    assert_eq!(Activity::read(&revoke).unwrap().object_uri(), Ok(&uri("https://a.example/grants/1")));
}

/// F-16.
#[test]
fn terms_without_a_meaning_here_survive() {
    let ticket = document(json!({"type": "Ticket", "attributedTo": "https://a.example/bob", "summary": "x",
        "history": "https://a.example/tickets/1/history", "customFields": [{"type": "FieldValue", "fieldValue": null}]}));
    assert!(Ticket::read(&ticket.obj()).is_ok());
    let changed = ticket.edit().set("isResolved", true).finish();
    assert_eq!(changed.value()["history"], "https://a.example/tickets/1/history");
    assert_eq!(changed.value()["customFields"], json!([{"type": "FieldValue", "fieldValue": null}]));
}
