//! FL-71 and the rows of a roadmap and a milestone in FL-79: milestones are made, edited, closed, reopened and deleted by who
//! may write.

use super::{Cast, everywhere, patches, versions};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Outcome};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::unmerged::Unmerged;
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

/// What a milestone of bob's roadmap counts, and what olga's tracker, tied to it, keeps of its one ticket.
struct Planned<'c> {
    cast: &'c Cast,
    roadmap: ActorId,
    milestone: String,
    ticket: String,
}

impl<'c> Planned<'c> {
    fn new(cast: &'c Cast) -> Self {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let roadmap = cast.world.make(bob, &cast.world.factory(bob, "bobs workshop"), "Roadmap", "plans");
        cast.tie((bob, &roadmap), (olga, &cast.tracker), "visit");
        let milestone = bob.result(&bob.does(opens(bob, &roadmap)));
        Self { cast, roadmap, milestone, ticket: cast.ticket() }
    }

    fn set(&self, by: &Somebody, milestone: Option<&str>) -> Value {
        client::set_milestone(&self.cast.tracker, &self.ticket, milestone, Some(&by.permit(&self.cast.tracker)))
    }

    /// How many tickets the milestone counts as open and as closed.
    fn counts(&self) -> (u64, u64) {
        let milestone = kept(self.cast, &self.roadmap);
        (milestone["open"].as_u64().unwrap(), milestone["closed"].as_u64().unwrap())
    }

    fn planned(&self) -> Value {
        self.cast.world.rows(self.cast.tracker.as_str(), "tickets")[0].1["milestone"]["milestone"].clone()
    }
}

/// FL-79, Ticket, `ticketMilestone`: who triages plans, and the roadmap counts what is done.
#[test]
fn a_ticket_is_planned_for_a_milestone_which_counts_what_is_done() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (olga, alice, tracker) = (&cast.olga, &cast.alice, &cast.tracker);
        olga.lets_in(alice, tracker, "report");
        cast.refuses(tracker, alice, plan.set(alice, Some(&plan.milestone)), "role-too-small at step 17");
        let other = format!("{}/milestones/2", plan.roadmap);
        cast.refuses(tracker, olga, plan.set(olga, Some(&other)), "not-of-the-provider");
        cast.refuses(tracker, olga, plan.set(olga, Some(&plan.ticket)), "not-of-the-provider");
        olga.does(plan.set(olga, Some(&plan.milestone)));
        assert_eq!((plan.planned(), plan.counts()), (json!(plan.milestone), (1, 0)));
        let may = olga.permit(tracker);
        olga.does(client::close(tracker, &plan.ticket, Some(&may)));
        assert_eq!(plan.counts(), (0, 1));
        // Another milestone takes it over, closed as it is.
        let second = cast.bob.result(&cast.bob.does(opens(&cast.bob, &plan.roadmap)));
        olga.does(plan.set(olga, Some(&second)));
        assert_eq!(plan.counts(), (0, 1));
        assert_eq!(cast.world.rows(plan.roadmap.as_str(), "milestones")[0].1["closed"], 0);
        olga.does(client::reopen(tracker, &plan.ticket, Some(&may)));
        assert_eq!(plan.counts(), (1, 0));
        olga.does(plan.set(olga, None));
        assert_eq!((plan.planned(), plan.counts()), (Value::Null, (0, 0)));
        olga.does(plan.set(olga, Some(&second)));
        olga.does(client::delete_ticket(tracker, &plan.ticket, &may));
        assert_eq!(plan.counts(), (0, 0));
    });
    // Trackers of both kinds run the same methods; the flow is played with one.
    shows(&["tt-beh-edit/2.3", "tt-beh-edit/2.3.1", "tt-beh-edit/2.3.3", "tt-beh-edit/2.3.4"]);
    shows(&["TicketPlanned", "TicketPlanned:keeps"]);
}

/// FL-79: a merge closes a merge request as a `Resolve` does, and the roadmap counts it.
#[test]
fn a_merge_request_that_is_merged_is_counted_as_done_and_one_that_is_not_is_not() {
    everywhere(|cast| {
        let (bob, olga, alice) = (&cast.bob, &cast.olga, &cast.alice);
        let roadmap = cast.world.make(bob, &cast.world.factory(bob, "bobs workshop"), "Roadmap", "plans");
        let patches = patches::patches(cast);
        cast.tie((bob, &roadmap), (olga, &patches), "visit");
        let milestone = bob.result(&bob.does(opens(bob, &roadmap)));
        let request = patches::opened(cast, alice, &patches);
        let may = olga.permit(&patches);
        olga.does(client::set_milestone(&patches, &request, Some(&milestone), Some(&may)));
        let counts = || (kept(cast, &roadmap)["open"].clone(), kept(cast, &roadmap)["closed"].clone());
        assert_eq!(counts(), (json!(1), json!(0)));
        let apply = || olga.does(client::apply(&patches, &request, &cast.repo, "merge", &may));
        apply();
        patches::git(cast, patches::conflict);
        assert_eq!(counts(), (json!(1), json!(0)), "what could not be merged is open still");
        apply();
        patches::git(cast, patches::prepares);
        patches::git(cast, patches::moves);
        assert_eq!(counts(), (json!(0), json!(1)));
    });
}

/// The roadmap hears of it at once; of patches, when git has made commits of them.
#[test]
fn a_merge_request_that_is_offered_with_a_milestone_is_counted_from_the_start() {
    everywhere(|cast| {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let roadmap = cast.world.make(bob, &cast.world.factory(bob, "bobs workshop"), "Roadmap", "plans");
        let patches = patches::patches(cast);
        cast.tie((bob, &roadmap), (olga, &patches), "visit");
        let milestone = bob.result(&bob.does(opens(bob, &roadmap)));
        let may = olga.permit(&patches);
        let planned = |mut offer: Value, by: Option<&ActId>| {
            offer["object"]["ticketMilestone"] = json!(milestone);
            offer["capability"] = json!(by);
            offer
        };
        let counts = || kept(cast, &roadmap)["open"].clone();
        let without = planned(patches::offer(cast, &cast.alice, &patches), None);
        cast.refuses(&patches, &cast.alice, without, "no-capability at step 3");
        olga.does(planned(patches::offer(cast, olga, &patches), Some(&may)));
        assert_eq!(counts(), json!(1));
        patches::git(cast, |work| patches::keeps(&work, patches::KEPT));
        let mailed = || {
            let mails = [versions::patch("One")];
            let open = client::open_patches(&olga.id, &patches, ["Milk", "x"], &mails, (&cast.repo, "main"), None);
            planned(open, Some(&may))
        };
        olga.does(mailed());
        assert_eq!(counts(), json!(1), "it is no merge request yet");
        patches::git(cast, |work| patches::keeps(&work, patches::KEPT));
        assert_eq!(counts(), json!(2));
        olga.does(mailed());
        patches::git(cast, |_| Outcome::Refused(Unmerged::Unfit("patch does not apply".to_owned()).refusal()));
        assert_eq!(counts(), json!(2), "it has never been one");
        olga.does(client::delete_ticket(&patches, &format!("{patches}/tickets/2"), &may));
        assert_eq!(counts(), json!(1));
    });
}

#[test]
fn only_a_tracker_that_uses_the_roadmap_says_what_is_planned_in_it() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        olga.does(plan.set(olga, Some(&plan.milestone)));
        // A tracker that uses no roadmap plans nothing; nor does a roadmap hear of one that it is not tied to.
        let other = cast.world.tracker(olga, &cast.factory, "other");
        let stray = olga.result(&olga.does(client::open_ticket(olga, &other, "x", "y", None)));
        let set = client::set_milestone(&other, &stray, Some(&plan.milestone), Some(&olga.permit(&other)));
        cast.refuses(&other, olga, set, "no-roadmap");
        let pretends = olga.does(plan.set(olga, Some(&plan.milestone)));
        cast.refuses(&plan.roadmap, bob, client::accept(&pretends, &[&plan.roadmap]), "not-its-tracker");
        let mut delete = client::delete_ticket(&other, &stray, &olga.permit(&other));
        delete["to"] = json!([other, plan.roadmap]);
        let deleted = olga.does(delete);
        cast.refuses(&plan.roadmap, bob, client::accept(&deleted, &[&plan.roadmap]), "not-its-tracker");
        assert_eq!(plan.counts(), (1, 0));
        // With the tie what it counts ends, and what the ticket shows.
        bob.does(client::remove(&plan.roadmap, tracker, &bob.permit(&plan.roadmap)));
        assert_eq!(plan.counts(), (0, 0));
        cast.refuses(tracker, olga, plan.set(olga, None), "no-roadmap");
    });
    shows(&["tt-beh-edit/2.3.2", "TicketPlanned/not-its-tracker"]);
}

/// Source: ForgeFed, the handlers of `Delete` and `Accept` of the trackers.
#[test]
fn a_milestone_that_is_deleted_is_unset_at_its_tickets() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (olga, bob, roadmap) = (&cast.olga, &cast.bob, &plan.roadmap);
        olga.does(plan.set(olga, Some(&plan.milestone)));
        let stranger = olga.does(client::delete_milestone(roadmap, &plan.milestone, &olga.permit(&cast.tracker)));
        assert_eq!(cast.world.ended(roadmap, &stranger), "other-resource at step 7");
        assert_eq!(plan.planned(), json!(plan.milestone));
        // Alice follows the ticket, which is hers.
        let before = cast.alice.heard().len();
        bob.does(client::delete_milestone(roadmap, &plan.milestone, &bob.permit(roadmap)));
        assert_eq!(cast.alice.heard()[before..], ["Delete"]);
        assert_eq!(plan.planned(), Value::Null);
        assert_eq!(cast.world.rows(cast.tracker.as_str(), "planned"), []);
        cast.world.pass(3600);
        assert_eq!(cast.world.rows(roadmap.as_str(), "milestone_tickets"), []);
        assert_eq!(cast.world.rows(roadmap.as_str(), "ticket_places"), []);
    });
    shows(&["tt-beh-accept/12", "tt-beh-accept/12.1", "MilestoneDeletion", "MilestoneDeletion:forwards"]);
}

/// The same for merge requests.
#[test]
fn a_merge_request_is_planned_for_a_milestone_as_a_ticket_is_until_that_is_deleted() {
    everywhere(|cast| {
        let (bob, olga, alice) = (&cast.bob, &cast.olga, &cast.alice);
        let roadmap = cast.world.make(bob, &cast.world.factory(bob, "bobs workshop"), "Roadmap", "plans");
        let patches = patches::patches(cast);
        let milestone = bob.result(&bob.does(opens(bob, &roadmap)));
        let request = patches::opened(cast, alice, &patches);
        let (may, theirs) = (olga.permit(&patches), bob.permit(&roadmap));
        let set = |milestone: &str| client::set_milestone(&patches, &request, Some(milestone), Some(&may));
        cast.refuses(&patches, olga, set(&milestone), "no-roadmap");
        cast.tie((bob, &roadmap), (olga, &patches), "visit");
        cast.refuses(&patches, bob, set(&milestone), "wrong-hands at step 8");
        cast.refuses(&patches, olga, set(&format!("{roadmap}/milestones/9")), "not-of-the-provider");
        olga.does(set(&milestone));
        let planned = || cast.world.rows(patches.as_str(), "tickets")[0].1["milestone"]["milestone"].clone();
        assert_eq!(planned(), json!(milestone));
        let before = alice.heard().len();
        bob.does(client::delete_milestone(&roadmap, &milestone, &theirs));
        assert_eq!((planned(), alice.heard()[before..].to_vec()), (Value::Null, vec!["Delete".to_owned()]));
    });
    shows(&["pt-beh-edit/2.3", "pt-beh-edit/2.3.1", "pt-beh-edit/2.3.2", "pt-beh-edit/2.3.3", "pt-beh-edit/2.3.4"]);
    shows(&["pt-beh-accept/12", "pt-beh-accept/12.1"]);
}

/// Source: ForgeFed, the handlers of `Edit` and `Delete` of Roadmap: what is asked of a tracker is passed on, if it concerns a
/// milestone of the roadmap's.
#[test]
fn what_trackers_are_asked_to_plan_is_passed_on_to_who_follows_the_milestones() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (olga, alice, tracker, roadmap) = (&cast.olga, &cast.alice, &cast.tracker, &plan.roadmap);
        alice.does(client::follow(roadmap));
        let may = olga.permit(tracker);
        let heard = |happens: &dyn Fn()| {
            let before = alice.heard().len();
            happens();
            alice.heard().split_off(before)
        };
        let set = || drop(olga.does(plan.set(olga, Some(&plan.milestone))));
        assert_eq!(heard(&set), ["Edit", "Accept"]);
        let tells = |mut activity: Value| {
            activity["to"] = json!([tracker, roadmap]);
            let act = olga.does(activity);
            cast.world.ended(roadmap, &act)
        };
        let before = cast.world.of(roadmap);
        let other = cast.world.tracker(olga, &cast.factory, "other");
        let stray = olga.result(&olga.does(client::open_ticket(olga, &other, "x", "y", None)));
        let set = |ticket: &str, number: u64| {
            client::set_milestone(tracker, ticket, Some(&format!("{roadmap}/milestones/{number}")), Some(&may))
        };
        assert_eq!(tells(set(&stray, 1)), "not-its-tracker");
        assert_eq!(tells(set(&plan.ticket, 9)), "no-such-milestone");
        assert_eq!(tells(client::edit_ticket(tracker, &plan.ticket, "x", "y", Some(&may))), "noted");
        let second = cast.ticket();
        let unset = client::set_milestone(tracker, &second, None, Some(&may));
        assert_eq!(tells(unset), "not-planned");
        assert_eq!(tells(client::delete_ticket(tracker, &second, &may)), "not-planned");
        assert_eq!(cast.world.of(roadmap), before);
        shows(&["roadmap-beh-edit/3", "PlanSeen/gate", "PlanSeen/not-its-tracker", "PlanSeen/no-such-milestone"]);
        shows(&["roadmap-beh-edit/3.4"]);
        let delete = || drop(olga.does(client::delete_ticket(tracker, &plan.ticket, &may)));
        assert_eq!(heard(&delete), ["Delete", "Accept"]);
        assert_eq!(plan.counts(), (0, 0));
        shows(&["roadmap-beh-delete/3", "roadmap-beh-delete/3.2", "roadmap-beh-delete/3.3"]);
    });
}

/// The tracker's word on what has been deleted meanwhile comes too late.
#[test]
fn a_roadmap_plans_nothing_for_a_milestone_that_is_gone() {
    let cast = Cast::new(29, super::Place::Each);
    let plan = Planned::new(&cast);
    let (olga, bob, tracker, roadmap) = (&cast.olga, &cast.bob, &cast.tracker, &plan.roadmap);
    olga.posts(plan.set(olga, Some(&plan.milestone)));
    let mut held = Vec::new();
    while held.is_empty() {
        assert!(cast.world.step(), "the tracker never answered");
        held = cast.world.hold(roadmap, "Accept");
    }
    bob.does(client::delete_milestone(roadmap, &plan.milestone, &bob.permit(roadmap)));
    cast.world.release(held);
    cast.world.settle();
    let rows = cast.world.rows(roadmap.as_str(), "~inbox");
    let late = rows.iter().rfind(|(_, item)| item["from"] == tracker.as_str()).unwrap();
    assert_eq!(late.1["ended"]["refused"]["why"]["code"], "no-such-milestone");
    shows(&["roadmap-beh-accept/8.2"]);
}

#[test]
fn who_follows_a_milestone_is_told_of_it_until_they_follow_no_more() {
    everywhere(|cast| {
        let plan = Planned::new(cast);
        let (alice, olga, bob, roadmap) = (&cast.alice, &cast.olga, &cast.bob, &plan.roadmap);
        let followed = alice.does(client::follow_ticket(roadmap, &plan.milestone));
        assert_eq!(cast.world.ended(roadmap, &followed), "done");
        let none = client::follow_ticket(roadmap, &format!("{roadmap}/milestones/9"));
        cast.refuses(roadmap, alice, none, "no-such-milestone");
        let before = alice.heard().len();
        bob.does(client::close(roadmap, &plan.milestone, Some(&bob.permit(roadmap))));
        assert_eq!(alice.heard()[before..], ["Resolve", "Accept"]);
        let before = alice.heard().len();
        olga.does(plan.set(olga, Some(&plan.milestone)));
        assert!(alice.heard()[before..].contains(&"Accept".to_owned()), "{:?}", alice.heard());
        alice.does(client::unfollow(roadmap, &followed));
        assert_eq!(kept(cast, roadmap)["followers"], 0);
        let before = alice.heard().len();
        bob.does(client::reopen(roadmap, &plan.milestone, Some(&bob.permit(roadmap))));
        assert_eq!(alice.heard().len(), before);
        cast.refuses(roadmap, bob, client::unfollow_ticket(bob, roadmap, &plan.milestone), "no-follower");
    });
}
