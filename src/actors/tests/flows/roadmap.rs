//! FL-71 and the rows of a roadmap and a milestone in FL-79: milestones are made, edited, closed, reopened and deleted by who
//! may write.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use serde_json::{Value, json};

/// A roadmap of olga's, and alice who may write there.
fn roadmap(cast: &Cast) -> ActorId {
    let roadmap = cast.world.make(&cast.olga, &cast.factory, "Roadmap", "plans");
    cast.olga.lets_in(&cast.alice, &roadmap, "write");
    cast.olga.lets_in(&cast.bob, &roadmap, "triage");
    roadmap
}

fn opens(who: &Somebody, roadmap: &ActorId) -> Value {
    let times = (Some("2026-01-01T00:00:00Z"), Some("2026-03-01T00:00:00Z"));
    client::open_milestone(roadmap, "Tea 1.0", "It is *hot*", times, &who.permit(roadmap))
}

fn kept(cast: &Cast, roadmap: &ActorId) -> Value {
    cast.world.rows(roadmap.as_str(), "milestones").pop().unwrap().1
}

#[test]
fn who_may_write_makes_a_milestone() {
    everywhere(|cast| {
        let (alice, bob, roadmap) = (&cast.alice, &cast.bob, roadmap(cast));
        let offer = alice.does(opens(alice, &roadmap));
        assert_eq!(alice.result(&offer), format!("{roadmap}/milestones/1"));
        let milestone = kept(cast, &roadmap);
        assert_eq!(milestone["content"], "<p>It is <em>hot</em></p>\n");
        assert_eq!((&milestone["start"], &milestone["end"]), (&json!(1_767_225_600), &json!(1_772_323_200)));
        let changed = |terms: Value| {
            let mut offer = opens(alice, &roadmap);
            for (term, value) in terms.as_object().unwrap() {
                offer["object"][term] = value.clone();
            }
            offer
        };
        cast.refuses(&roadmap, bob, opens(bob, &roadmap), "role-too-small at step 17");
        cast.refuses(&roadmap, bob, opens(alice, &roadmap), "wrong-hands at step 8");
        cast.refuses(&roadmap, alice, changed(json!({"id": format!("{roadmap}/milestones/9")})), "has-an-id");
        cast.refuses(&roadmap, alice, changed(json!({"name": ""})), "malformed");
        cast.refuses(&roadmap, alice, changed(json!({"context": cast.tracker})), "malformed");
        cast.refuses(&roadmap, alice, changed(json!({"startTime": "soon"})), "malformed");
        cast.refuses(&roadmap, alice, changed(json!({"startTime": "2026-04-01T00:00:00Z"})), "wrong-period");
    });
    shows(&["OpenMilestone", "OpenMilestone/authority", "OpenMilestone:opens", "OpenMilestone:answers"]);
}

/// Protocol decision F-21: the role is write.
#[test]
fn a_milestone_is_edited_term_by_term() {
    everywhere(|cast| {
        let (alice, bob, roadmap) = (&cast.alice, &cast.bob, roadmap(cast));
        let milestone = alice.result(&alice.does(opens(alice, &roadmap)));
        let edit = |terms: Value, grant: &ActId| client::edit_milestone(&roadmap, &milestone, terms, grant);
        let (may, may_not) = (alice.permit(&roadmap), bob.permit(&roadmap));
        alice.does(edit(json!({"name": "Tea 1.1", "startTime": null}), &may));
        let now = kept(cast, &roadmap);
        assert_eq!(
            (&now["name"], &now["start"], &now["end"]),
            (&json!("Tea 1.1"), &Value::Null, &json!(1_772_323_200))
        );
        assert_eq!(now["content"], "<p>It is <em>hot</em></p>\n", "what is not named stays");
        cast.refuses(&roadmap, bob, edit(json!({"name": "x"}), &may_not), "role-too-small at step 17");
        cast.refuses(&roadmap, alice, edit(json!({}), &may), "nothing-to-edit");
        cast.refuses(&roadmap, alice, edit(json!({"isResolved": true}), &may), "not-editable");
        cast.refuses(&roadmap, alice, edit(json!({"startTime": "2026-04-01T00:00:00Z"}), &may), "wrong-period");
        let other = client::edit_milestone(&roadmap, &format!("{roadmap}/milestones/2"), json!({"name": "x"}), &may);
        cast.refuses(&roadmap, alice, other, "no-such-milestone");
        let named = |who: &Somebody| client::edit_resource(&roadmap, "Plans", "", &who.permit(&roadmap));
        cast.refuses(&roadmap, alice, named(alice), "role-too-small at step 17");
        let named = cast.olga.does(named(&cast.olga));
        assert_eq!(cast.world.ended(&roadmap, &named), "done");
    });
    shows(&["EditMilestone", "EditMilestone:keeps"]);
}

#[test]
fn a_milestone_is_closed_reopened_and_deleted() {
    everywhere(|cast| {
        let (alice, bob, roadmap) = (&cast.alice, &cast.bob, roadmap(cast));
        let milestone = alice.result(&alice.does(opens(alice, &roadmap)));
        let (may, may_not) = (alice.permit(&roadmap), bob.permit(&roadmap));
        let close = |grant: &ActId| client::close(&roadmap, &milestone, Some(grant));
        let reopen = |grant: &ActId| client::reopen(&roadmap, &milestone, Some(grant));
        let delete = |grant: &ActId| client::delete_milestone(&roadmap, &milestone, grant);
        cast.refuses(&roadmap, alice, reopen(&may), "already-open");
        cast.refuses(&roadmap, bob, close(&may_not), "role-too-small at step 17");
        let resolve = alice.does(close(&may));
        let done = |act: &ActId| assert!(matches!(alice.sent(act).state, SentState::Done { .. }));
        done(&resolve);
        assert_eq!(kept(cast, &roadmap)["resolved"]["act"], json!(resolve));
        cast.refuses(&roadmap, alice, close(&may), "already-closed");
        cast.refuses(&roadmap, bob, reopen(&may_not), "role-too-small at step 17");
        done(&alice.does(reopen(&may)));
        assert_eq!(kept(cast, &roadmap)["resolved"], Value::Null);
        cast.refuses(&roadmap, bob, delete(&may_not), "role-too-small at step 17");
        done(&alice.does(delete(&may)));
        assert_eq!(cast.world.rows(roadmap.as_str(), "milestones"), []);
        cast.refuses(&roadmap, alice, close(&may), "no-such-milestone");
        cast.refuses(&roadmap, alice, delete(&may), "no-such-milestone");
        let next = alice.result(&alice.does(opens(alice, &roadmap)));
        assert_eq!(next, format!("{roadmap}/milestones/2"), "a number is used once");
    });
    shows(&["CloseMilestone/authority", "CloseMilestone/no-such-milestone", "CloseMilestone:closes"]);
    shows(&["CloseMilestone:answers", "ReopenMilestone", "ReopenMilestone/authority"]);
    shows(&["ReopenMilestone:opens", "ReopenMilestone:answers", "DeleteMilestone"]);
    shows(&["DeleteMilestone/authority", "DeleteMilestone:ends", "DeleteMilestone:answers"]);
}
