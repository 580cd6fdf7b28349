//! What was said in an older way: what is still understood, and what is refused with a reason.

use super::{Cast, Place, everywhere};
use crate::world::host;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use serde_json::json;

/// Protocol decision F-22: a resource is edited by an `Update` or a `Patch`, too, and whoever says it learns what came of it.
#[test]
fn an_edit_by_an_older_name_is_settled_as_an_edit_is() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        for (name, newest) in [("Patch", "Edit"), ("Update", "Update")] {
            let edit = || {
                let mut edit = client::edit_resource(tracker, name, "Of *tea*", &olga.permit(tracker));
                edit["type"] = name.into();
                edit
            };
            cast.refuses(tracker, bob, edit(), "wrong-hands at step 8");
            let refused = bob.does(edit());
            assert_eq!(bob.refused(&refused), "wrong-hands", "{name}");
            let act = olga.does(edit());
            assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{name}: {:?}", olga.sent(&act));
            assert_eq!(olga.sent(&act).kind, newest);
            assert!(cast.world.of(tracker)[0].contains(&format!("\"name\":\"{name}\"")));
        }
    });
}

#[test]
fn a_patch_that_comes_from_elsewhere_is_an_edit_and_a_patch_of_an_address_is_nothing() {
    let cast = Cast::new(3, Place::Each);
    let far = "https://far.example/people/far";
    let send = |number: u64, object: Value| {
        let id = format!("{far}/outbox/{number}");
        let body = json!({"type": "Patch", "id": id, "actor": far, "to": [cast.tracker], "object": object});
        cast.world.sends(&cast.tracker, &body);
        cast.world.settle();
        cast.world.ended(&cast.tracker, &ActId::new(id))
    };
    assert_eq!(send(1, json!({"id": cast.tracker, "name": "Pot"})), "no-capability at step 3");
    assert!(send(2, json!(cast.tracker)).starts_with("unsupported"));
}

/// Protocol decision F-37.
#[test]
fn an_act_of_an_older_flow_is_refused_once_with_what_to_say_instead() {
    everywhere(|cast| {
        let (olga, repo) = (&cast.olga, &cast.repo);
        let project = cast.world.make(olga, &cast.factory, "Project", "kitchen");
        let old = |target: String, to: Value| {
            let invite = json!({"type": "Invite", "to": to, "object": repo, "target": target, "instrument": "write"});
            client::with_capability(invite, Some(&olga.permit(&project)))
        };
        let components = format!("{project}/components");
        let act = olga.does(old(components.clone(), json!([project, repo])));
        let SentState::Refused { why } = olga.sent(&act).state else { panic!("{:?}", olga.sent(&act)) };
        assert_eq!(why.code, "unsupported");
        assert!(why.summary.contains("linked by an `Add`") && why.summary.contains(&components), "{why:?}");
        assert!(cast.world.ended(&project, &act).starts_with("unsupported"));
        assert_eq!(rejected(cast, &project, &act), 1);
        assert_eq!(rejected(cast, repo, &act), 0, "who only hears of it leaves the answer to whom it asks");
    });
}

#[test]
fn nobody_is_answered_twice_and_what_only_tells_is_never_answered() {
    let cast = Cast::new(3, Place::Each);
    let (repo, far) = (&cast.repo, "https://far.example/people/far");
    let elsewhere = "https://far.example/trackers/t";
    #[rustfmt::skip]
    let rows = [
        (json!({"type": "Offer", "object": {"type": "Ticket", "summary": "x"}, "target": repo}), 1),
        (json!({"type": "Apply", "object": format!("{repo}/x"), "target": repo}), 1),
        (json!({"type": "Resolve", "object": format!("{repo}/tickets/1")}), 1),
        (json!({"type": "Remove", "object": elsewhere, "to": [repo], "tag": "x"}), 1),
        (json!({"type": "Undo", "to": [repo], "object": {"type": "Assign", "object": far, "target": format!("{repo}/tickets/1")}}), 1),
        (json!({"type": "Offer", "object": {"type": "Ticket", "summary": "x"}, "target": elsewhere}), 0),
        (json!({"type": "Resolve", "object": format!("{elsewhere}/tickets/1")}), 0),
        (json!({"type": "Push", "object": repo, "target": repo}), 0),
        (json!({"type": "Announce", "object": repo}), 0),
        (json!({"type": "Grant", "object": "write", "target": repo, "context": elsewhere}), 0),
        (json!({"type": "Revoke", "object": format!("{repo}/outbox/x")}), 0),
        (json!({"type": "Flourish", "object": repo}), 0),
    ];
    for (number, (mut body, expected)) in rows.into_iter().enumerate() {
        let id = ActId::new(format!("{far}/outbox/{number}"));
        (body["actor"], body["id"]) = (far.into(), id.as_str().into());
        for _ in 0..2 {
            cast.world.sends(repo, &body);
            cast.world.settle();
        }
        assert_eq!(rejected(&cast, repo, &id), expected, "{body}: {}", cast.world.ended(repo, &id));
    }
}

/// What only names something that a tracker keeps, in words that no method hears, is for the tracker to answer.
#[test]
fn what_names_a_ticket_in_words_of_no_method_is_refused_by_its_tracker() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let permit = olga.permit(tracker);
        for body in [
            json!({"type": "Assign", "object": ticket, "target": bob.id}),
            json!({"type": "Undo", "object": ticket}),
            json!({"type": "Update", "object": ticket}),
            json!({"type": "Join", "object": ticket, "instrument": "write"}),
            json!({"type": "Invite", "object": bob.id, "target": ticket, "instrument": "write"}),
            json!({"type": "Add", "object": bob.id, "target": ticket}),
            json!({"type": "Remove", "object": bob.id, "origin": ticket}),
            json!({"type": "Leave", "object": ticket}),
            json!({"type": "Move", "object": ticket, "target": cast.repo}),
            json!({"type": "Apply", "object": ticket, "target": tracker}),
            json!({"type": "Like", "object": format!("{ticket}/nothing")}),
        ] {
            let mut act = client::with_capability(body, Some(&permit));
            act["to"] = json!([tracker]);
            let told = act.to_string();
            let act = olga.does(act);
            let ended = cast.world.ended(tracker, &act);
            assert!(ended.starts_with("unsupported"), "{told}: {ended}");
            assert!(matches!(olga.sent(&act).state, SentState::Refused { .. }), "{told}");
            assert_eq!(rejected(cast, tracker, &act), 1, "{told}");
        }
        // The author says it by the older name for an edit, which it is.
        let said = json!({"type": "Update", "object": {"type": "Ticket", "id": ticket, "summary": "Cold tea"}});
        let mut update = client::with_capability(said, Some(&permit));
        update["to"] = json!([tracker]);
        let update = olga.does(update);
        assert_eq!(cast.world.ended(tracker, &update), "done");
        assert!(matches!(olga.sent(&update).state, SentState::Done { .. }), "{:?}", olga.sent(&update));
    });
}

/// How many `Reject`s of an act an actor has published.
fn rejected(cast: &Cast, by: &ActorId, act: &ActId) -> usize {
    let is = |body: &Value| body["type"] == "Reject" && body["object"].as_str() == Some(act.as_str());
    let outbox = cast.world.rows(by.as_str(), "~outbox");
    let inner = cast.world.0.borrow();
    let boxes = &inner.servers[host(by)].boxes;
    let said = outbox.iter().map(|(_, item)| ActId::from(item["act"].as_str().unwrap()));
    said.filter(|said| boxes.act(said).is_some_and(|said| is(&said.body))).count()
}

/// What a document of another server says, by the address of its actor and that of a collection of it.
type Says = fn(&str, &str) -> Value;

/// Protocol decisions F-01, F-02 and F-04: whose a collection of links is may be written in several ways, and is believed where that
/// actor points back at it.
#[test]
fn a_collection_of_links_is_its_owners_however_that_is_written() {
    const PROJECT: Says = |_, collection| json!({"type": "Project", "components": collection});
    const OWN: Says = |owner, _| json!({"context": owner});
    const SILENT: Says = |_, _| json!({});
    let cast = Cast::new(3, Place::Each);
    let project = cast.world.make(&cast.olga, &cast.factory, "Project", "kitchen");
    #[rustfmt::skip]
    let rows: [(&str, &ActorId, &str, Says, Says, &str); 9] = [
        ("the newest shape",           &cast.repo, "components", OWN,    PROJECT, "done"),
        ("by full names",              &cast.repo, "components", |owner, _| json!({"https://www.w3.org/ns/activitystreams#context": owner}),
            |_, collection| json!({"type": "https://forgefed.org/ns#Project", "forge:components": collection}), "done"),
        ("both written out",           &cast.repo, "components", |owner, _| json!({"context": {"id": owner, "type": "Project"}}),
            |_, collection| json!({"type": ["Project", "Service"], "components": {"id": collection, "type": "Collection"}}), "done"),
        ("a parent beside it",         &project,   "context",    OWN,
            |_, collection| json!({"type": "Repository", "context": ["https://far.example/projects/old", collection]}), "done"),
        ("it says nothing",            &cast.repo, "components", SILENT, PROJECT, "done"),
        ("nobody says anything",       &cast.repo, "components", SILENT, |_, _| json!({"type": "Project"}), "not-linkable"),
        ("a parent instead of it",     &project,   "context",    OWN,
            |_, _| json!({"type": "Repository", "context": "https://far.example/projects/old"}), "not-linkable"),
        ("it says that it is another's", &cast.repo, "components", |_, _| json!({"context": "https://far.example/projects/none"}), PROJECT, "not-linkable"),
        ("it says that it is two actors'", &cast.repo, "components", |owner, _| json!({"context": [owner, "https://far.example/projects/none"]}), PROJECT, "not-linkable"),
    ];
    for (number, (what, asked, name, shown, document, expected)) in rows.into_iter().enumerate() {
        let owner = format!("https://far.example/actors/{number}");
        let collection = format!("{owner}/{name}");
        let net = cast.world.0.borrow().net.clone();
        for (id, mut document) in [(&owner, document(&owner, &collection)), (&collection, shown(&owner, &collection))] {
            document["id"] = json!(id);
            net.give(id, document);
        }
        let far = "https://far.example/people/far";
        let id = format!("{far}/outbox/{number}");
        let add = json!({
            "type": "Add", "id": id, "actor": far, "to": [asked], "object": asked, "target": collection, "instrument": "triage",
        });
        cast.world.sends(asked, &add);
        cast.world.settle();
        assert_eq!(cast.world.ended(asked, &ActId::new(id)), expected, "{what}");
    }
}
