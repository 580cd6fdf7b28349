//! What resources say, term by term, and whom it reaches.

use super::{Cast, Place};
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, Value};
use pritchel_actors::client;
use serde_json::json;

/// The last act of this type that came to somebody.
fn last(to: &Somebody, kind: &str) -> Value {
    let at = to.heard().iter().rposition(|heard| heard == kind).unwrap_or_else(|| panic!("no {kind} came"));
    let act = to.inbox()[at].act.clone();
    let inner = to.world.0.borrow();
    inner.servers[crate::world::host(&to.id)].boxes.act(&act).unwrap().body.as_ref().clone()
}

/// The terms an act must have; `Null` for one it must not have.
fn has(act: &Value, terms: Value) {
    for (term, value) in terms.as_object().unwrap() {
        assert_eq!(&act[term], value, "`{term}` of {act}");
    }
}

/// ForgeFed, "Direct Granting", "Initial Grant upon resource creation", "Offering access", "Revoking a Grant".
#[test]
fn grants_and_revokes_say_what_they_are_about_and_what_they_fulfil() {
    let cast = Cast::new(51, Place::Each);
    let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
    let direct = |role: &str, target: &Somebody, fulfills: &ActId| {
        json!({
            "type": "Grant", "actor": tracker, "object": role, "context": tracker, "target": target.id,
            "fulfills": fulfills, "allows": "invoke", "delegates": null, "result": null, "to": [target.id],
            "cc": [format!("{tracker}/followers")],
        })
    };
    let initial = last(olga, "Grant");
    has(
        &initial,
        json!({"object": "admin", "context": tracker, "target": olga.id, "allows": "invoke", "delegates": null}),
    );
    assert!(initial["fulfills"].as_str().unwrap().starts_with(olga.as_str()), "the Create");
    let invite = olga.lets_in(bob, tracker, "triage");
    has(&last(bob, "Grant"), direct("triage", bob, &invite));
    let held = bob.permit(tracker);
    let remove = olga.does(client::remove(tracker, bob, &olga.permit(tracker)));
    let revoke = json!({
        "type": "Revoke", "actor": tracker, "object": held, "fulfills": remove, "to": [bob.id],
        "cc": [olga.id, format!("{tracker}/followers")], "target": null, "context": null, "instrument": null,
    });
    has(&last(bob, "Revoke"), revoke);
    let join = bob.does(client::join(tracker, "report", None));
    olga.does(client::approve_join(tracker, &join, &olga.permit(tracker)));
    has(&last(bob, "Grant"), direct("report", bob, &join));
    let leave = bob.does(client::leave(tracker));
    has(&last(bob, "Revoke"), json!({"fulfills": leave, "to": [bob.id]}));
}

#[test]
fn answers_name_what_they_answer_and_its_result() {
    let cast = Cast::new(52, Place::Each);
    let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
    let ticket = cast.ticket();
    has(&last(alice, "Accept"), json!({"actor": tracker, "result": ticket, "to": [alice.id]}));
    let follow = bob.does(client::follow(tracker));
    let accept = last(bob, "Accept");
    has(&accept, json!({"to": [bob.id], "cc": null}));
    has(&accept["object"], json!({"id": follow, "type": "Follow", "actor": bob.id, "object": tracker}));
    let assign = olga.does(client::assign(tracker, &ticket, alice, Some(&olga.permit(tracker))));
    let authorised = last(alice, "Accept");
    has(&authorised, json!({"object": assign, "result": null, "actor": tracker}));
    let denied = bob.does(client::close(tracker, &ticket, None));
    let reject = last(bob, "Reject");
    has(&reject, json!({"object": denied, "summary": "no-capability", "to": [bob.id], "cc": null}));
    let content = reject["content"].as_str().unwrap();
    assert!(content.contains(" (step 3) [tt-beh-resolve/2: "), "{content}");
}

/// Followers see what happens with its answer; what is between two is told to nobody else.
#[test]
fn followers_are_told_what_concerns_them_and_nothing_else() {
    let cast = Cast::new(53, Place::Each);
    let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
    let dora = cast.world.person("dora.example", "dora");
    bob.does(client::follow(tracker));
    let news = |quiet: &dyn Fn()| {
        let before = bob.heard().len();
        quiet();
        bob.heard().split_off(before)
    };
    assert!(news(&|| drop(dora.does(client::follow(tracker)))).is_empty(), "who else follows is not their business");
    assert_eq!(news(&|| drop(cast.ticket())), ["Offer", "Accept"]);
    let ticket = format!("{tracker}/tickets/1");
    assert!(news(&|| drop(dora.does(client::follow_ticket(tracker, &ticket)))).is_empty());
    assert_eq!(news(&|| drop(alice.does(client::comment(tracker, &ticket, None, "x", None)))), ["Create"]);
    assert!(news(&|| drop(alice.does(client::close(tracker, &ticket, None)))).is_empty(), "a refusal is between two");
    let grant = olga.permit(tracker);
    assert_eq!(news(&|| drop(olga.does(client::close(tracker, &ticket, Some(&grant))))), ["Resolve", "Accept"]);
    assert!(dora.heard().ends_with(&["Resolve".into(), "Accept".into()]), "{:?}", dora.heard());
    let edit = client::edit_resource(tracker, "Bugs", "All of them", &grant);
    assert_eq!(news(&|| drop(olga.does(edit.clone()))), ["Edit", "Accept"]);
    assert_eq!(news(&|| drop(olga.lets_in(alice, tracker, "report"))), ["Invite", "Accept", "Accept", "Grant"]);
    assert_eq!(news(&|| drop(olga.does(client::remove(tracker, alice, &grant)))).len(), 2, "the Remove and its Revoke");
    let troubles = cast.world.rows(bob.as_str(), "~errbox");
    assert_eq!(troubles, [], "and none of it is trouble to them");
}
