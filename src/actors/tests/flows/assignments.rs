//! FL-17 and FL-19 with a team: a ticket is a team's when its tracker and a member of the team have both said yes, and it is
//! taken back when the tracker says so.

use super::{Cast, Place, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::limits::ASSIGNMENTS_WAITING_MAX;
use pritchel_actors::person::view::ViewDesk;
use pritchel_actors::team::view::{AssignmentsShown, ViewAssignments};
use pritchel_actors::{Person, Team, client};
use serde_json::json;

/// Who lives on a server that nobody runs here.
const FAR: &str = "https://far.example/people/far";
const FAR_TRACKER: &str = "https://far.example/trackers/far";
const EVIL: &str = "https://evil.example/trackers/evil";

/// Bob's team, which dora follows.
struct Scene<'c> {
    cast: &'c Cast,
    team: ActorId,
    dora: Somebody,
}

impl<'c> Scene<'c> {
    fn new(cast: &'c Cast) -> Self {
        let (world, bob) = (&cast.world, &cast.bob);
        let team = world.make(bob, &world.factory(bob, "mill"), "Team", "cooks");
        let dora = world.person(&cast.place.host("dora"), "dora");
        dora.does(client::follow(&team));
        Self { cast, team, dora }
    }

    fn assign(&self, ticket: &str) -> Value {
        let (olga, tracker) = (&self.cast.olga, &self.cast.tracker);
        client::assign(tracker, ticket, &self.team, Some(&olga.permit(tracker)))
    }

    fn unassign(&self, ticket: &str) -> Value {
        let (olga, tracker) = (&self.cast.olga, &self.cast.tracker);
        client::unassign(tracker, ticket, &self.team, Some(&olga.permit(tracker)))
    }

    fn take(&self, assign: &ActId) -> Value {
        client::take_for_team(&self.team, &self.cast.tracker, assign, &self.cast.bob.permit(&self.team))
    }

    fn shown(&self) -> AssignmentsShown {
        let view = ViewAssignments { viewer: None, after: None, limit: 10 };
        self.cast.world.see::<Team, _>(&self.team, &view).unwrap()
    }

    /// What dora hears meanwhile.
    fn news<T>(&self, happens: impl FnOnce() -> T) -> (T, Vec<String>) {
        let before = self.dora.heard().len();
        let done = happens();
        (done, self.dora.heard().split_off(before))
    }

    fn assignees(&self) -> Vec<String> {
        let ticket = self.cast.world.rows(self.cast.tracker.as_str(), "tickets").remove(0).1;
        let all = ticket["assignees"].as_array().cloned().unwrap_or_default();
        all.iter().map(|assignment| assignment["who"].as_str().unwrap().to_owned()).collect()
    }

    fn waits_at_tracker(&self) -> usize {
        let rows = |table| self.cast.world.rows(self.cast.tracker.as_str(), table).len();
        assert_eq!(rows("waiting"), rows("assigning") + rows("unassigning") / 2);
        rows("waiting")
    }

    /// What somebody far away says to the team, and how it ends. What is not done changes nothing.
    fn says(&self, who: &str, what: &str, mut activity: Value) -> String {
        let id = format!("{who}/outbox/{what}");
        (activity["id"], activity["actor"], activity["to"]) = (json!(id), json!(who), json!([self.team]));
        let before = self.cast.world.of(&self.team);
        self.cast.world.sends(&self.team, &activity);
        self.cast.world.settle();
        let ended = self.cast.world.ended(&self.team, &id.as_str().into());
        assert!(ended == "done" || self.cast.world.of(&self.team) == before, "{ended}, and yet something changed");
        ended
    }
}

fn times(kind: &str, many: usize) -> Vec<String> {
    vec![kind.to_owned(); many]
}

/// ForgeFed, "Assign another actor", "Unassign another actor", where the other is a team.
#[test]
fn a_team_has_a_ticket_when_its_tracker_and_a_member_agree_until_it_is_taken_back() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (olga, alice, bob, team) = (&cast.olga, &cast.alice, &cast.bob, &scene.team);
        let ticket = cast.ticket();
        let mut nothing = scene.assign(&ticket);
        nothing["target"] = json!(format!("{team}/followers"));
        cast.refuses(team, olga, nothing, "malformed");
        let of_another = json!({"type": "Assign", "object": bob.id, "target": ticket});
        scene.says("https://evil.example/people/eve", "of-another", of_another);
        assert_eq!(scene.shown().asked.len(), 0, "it is bob who is asked");
        let (assign, heard) = scene.news(|| olga.does(scene.assign(&ticket)));
        assert_eq!(heard, ["Assign", "Accept"], "the tracker says that it may be");
        let asked = scene.shown().asked;
        assert_eq!((asked[0].0.clone(), asked[0].1.tracker.as_ref()), (assign.clone(), Some(&cast.tracker)));
        assert_eq!((scene.assignees(), scene.waits_at_tracker()), (vec![], 1));
        shows(&["AssignmentOffered/gate", "AssignmentOffered:forwards"]);
        shows(&["AssignmentAuthorised", "AssignmentAuthorised:forwards"]);

        cast.refuses(team, alice, scene.take(&assign), "wrong-hands at step 8");
        bob.lets_in(alice, team, "report");
        let by_alice = client::take_for_team(team, &cast.tracker, &assign, &alice.permit(team));
        cast.refuses(team, alice, by_alice, "role-too-small at step 17");
        let (_, heard) = scene.news(|| bob.does(scene.take(&assign)));
        assert_eq!(heard, times("Accept", 3), "bob's, the team's own, and the tracker's with the result");
        assert_eq!(olga.result(&assign), format!("{ticket}/assignments/1"));
        assert_eq!((scene.assignees(), scene.waits_at_tracker()), (vec![team.to_string()], 0));
        let shown = scene.shown();
        assert_eq!((shown.tickets[0].0.as_str(), shown.asked.len()), (ticket.as_str(), 0));
        cast.refuses(team, bob, scene.take(&assign), "already-decided");
        cast.refuses(team, olga, scene.assign(&ticket), "already-assigned");
        shows(&["AssignmentAgreed", "AssignmentAgreed/authority", "AssignmentAgreed:forwards"]);
        shows(&["AssignmentAgreed:answers", "AssignmentListed", "AssignmentListed:forwards"]);
        shows(&["AssignmentOffered/already-assigned"]);

        let (undo, heard) = scene.news(|| olga.does(scene.unassign(&ticket)));
        assert_eq!(heard, [times("Undo", 1), times("Accept", 3)].concat());
        assert_eq!(olga.result(&undo), format!("{ticket}/assignments/1"));
        assert_eq!((scene.assignees(), scene.waits_at_tracker(), scene.shown()), (vec![], 0, Default::default()));
        cast.refuses(team, olga, scene.unassign(&ticket), "not-assigned");
        let mut nothing = scene.unassign(&ticket);
        nothing["object"]["target"] = json!(team);
        cast.refuses(team, olga, nothing, "malformed");
        shows(&["UnassignmentOffered", "UnassignmentOffered/malformed", "UnassignmentOffered/not-assigned"]);
        shows(&["UnassignmentOffered:forwards", "UnassignmentAuthorised", "UnassignmentAuthorised:answers"]);
        shows(&["UnassignmentAuthorised:forwards", "Unassigned", "Unassigned:forwards"]);
    });
}

/// Ours: a team says no as a person does.
#[test]
fn a_member_turns_a_ticket_down_in_the_teams_name_and_whoever_gave_it_hears_of_it() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (olga, alice, bob, team) = (&cast.olga, &cast.alice, &cast.bob, &scene.team);
        let assign = olga.does(scene.assign(&cast.ticket()));
        let decline = client::decline_for_team(team, &assign, &bob.permit(team));
        cast.refuses(team, alice, decline.clone(), "wrong-hands at step 8");
        bob.does(decline);
        assert_eq!(olga.refused(&assign), "declined");
        assert_eq!((scene.assignees(), scene.waits_at_tracker(), scene.shown()), (vec![], 0, Default::default()));
        let late = bob.does(scene.take(&assign));
        assert_eq!(cast.world.ended(team, &late), "noted");
        assert!(scene.assignees().is_empty());

        let assign = olga.does(scene.assign(&cast.ticket()));
        // Told to the team alone: to the tracker it may come before or after the team's own word.
        let mut take = scene.take(&assign);
        take["to"] = json!([team]);
        bob.does(take);
        let decline = client::decline_for_team(team, &assign, &bob.permit(team));
        cast.refuses(team, bob, decline, "already-decided");
    });
}

/// The two come from two senders.
#[test]
fn a_members_yes_is_passed_on_by_the_tracker_before_and_after_the_teams_own() {
    for team_first in [false, true] {
        let cast = &Cast::new(37, Place::Each);
        let scene = Scene::new(cast);
        let (world, bob, team, tracker) = (&cast.world, &cast.bob, &scene.team, &cast.tracker);
        cast.alice.does(client::follow(tracker));
        let assign = cast.olga.does(scene.assign(&cast.ticket()));
        let mut take = scene.take(&assign);
        take["to"] = json!([if team_first { team } else { tracker }]);
        let heard = cast.alice.heard().len();
        let yes = bob.does(take.clone());
        (take["id"], take["actor"]) = (json!(yes), json!(bob.id));
        world.sends(if team_first { tracker } else { team }, &take);
        world.settle();
        assert_eq!((world.ended(tracker, &yes), world.ended(team, &yes)), ("done".to_owned(), "done".to_owned()));
        let heard = cast.alice.heard().split_off(heard);
        assert_eq!(heard, times("Accept", 2), "bob's, and the tracker's own with the result");
        assert_eq!(scene.assignees(), [team.to_string()]);

        take["id"] = json!(format!("{FAR}/outbox/1"));
        take["actor"] = json!(FAR);
        world.sends(tracker, &take);
        world.settle();
        let ended = world.ended(tracker, &format!("{FAR}/outbox/1").as_str().into());
        assert_eq!(ended, "done", "the team judges who speaks for it");
    }
}

/// ForgeFed, "Assign another actor", where the other is a person: they are told, and answer or not.
#[test]
fn a_ticket_given_to_somebody_waits_on_their_desk_until_they_take_it_or_turn_it_down() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let given = || {
            let view = ViewDesk { viewer: Some(bob.id.clone()), limit: 10 };
            cast.world.see::<Person, _>(&bob.id, &view).unwrap().given
        };
        let ticket = cast.ticket();
        let gives = || client::assign(tracker, &ticket, bob, Some(&olga.permit(tracker)));
        let mut nothing = gives();
        nothing["target"] = json!(null);
        cast.refuses(&bob.id, olga, nothing, "malformed");
        let assign = olga.does(gives());
        let (of, shown) = given().remove(0);
        assert_eq!((of, shown.ticket, shown.tracker), (assign.clone(), ticket.clone(), Some(tracker.clone())));
        bob.does(client::reject(&assign, &[tracker]));
        assert_eq!((olga.refused(&assign).as_str(), given().len()), ("declined", 0));

        let assign = olga.does(gives());
        let yes = || client::accept(&assign, &[tracker]);
        let other = json!({"type": "Accept", "to": [bob.id], "object": assign});
        let by_alice = cast.alice.does(other);
        assert_eq!(cast.world.ended(&bob.id, &by_alice), "noted", "only the tracker says that it may be given");
        bob.posts(yes());
        assert_eq!(bob.cannot_post(yes()).code, "already-answered");
        cast.world.settle();
        assert_eq!((olga.result(&assign), given().len()), (format!("{ticket}/assignments/1"), 0));
    });
}

/// The member may be the first to say yes; and only the tracker of the ticket speaks for it.
#[test]
fn of_a_teams_tickets_only_their_tracker_says_what_may_be_and_what_is() {
    let cast = Cast::new(23, Place::Each);
    let scene = Scene::new(&cast);
    let (bob, team, ticket) = (&cast.bob, &scene.team, format!("{FAR_TRACKER}/tickets/4"));
    let accept = |of: &str, result: Option<&str>| json!({"type": "Accept", "object": of, "result": result});
    assert_eq!(scene.says(FAR, "1", json!({"type": "Assign", "object": team, "target": ticket})), "done");
    let (assign, relationship) = (format!("{FAR}/outbox/1"), format!("{ticket}/assignments/7"));
    assert_eq!(scene.says(FAR_TRACKER, "1", accept(&assign, Some(&relationship))), "already-decided");
    bob.does(scene.take(&assign.as_str().into()));
    assert!(!scene.shown().asked[0].1.is_agreed(), "the tracker has not said so");
    assert_eq!(scene.says(EVIL, "1", accept(&assign, None)), "no-capability at step 3");
    assert_eq!(scene.says(FAR_TRACKER, "2", accept(&assign, None)), "done");
    assert!(cast.world.told_outside().contains(&(FAR_TRACKER.to_owned(), "Accept".to_owned())), "the team agrees");
    assert_eq!(scene.says(FAR_TRACKER, "3", accept(&assign, None)), "already-decided");
    assert_eq!(scene.says(EVIL, "2", accept(&assign, Some(&relationship))), "no-capability at step 3");
    assert!(scene.shown().tickets.is_empty());
    assert_eq!(scene.says(FAR_TRACKER, "4", accept(&assign, Some(&relationship))), "done");
    assert_eq!(scene.shown().tickets[0].1.relationship, Some(relationship.clone()));
    shows(&["AssignmentAuthorised/already-decided", "AssignmentListed/gate"]);

    let pattern = json!({"type": "Assign", "object": team, "target": ticket});
    let takes_back = |what: &str| scene.says(FAR, what, json!({"type": "Undo", "object": pattern}));
    assert_eq!((takes_back("2"), takes_back("3")), ("done".to_owned(), "done".to_owned()));
    let [undo, other] = ["2", "3"].map(|what| format!("{FAR}/outbox/{what}"));
    assert_eq!(scene.says(EVIL, "3", accept(&undo, None)), "not-its-tracker");
    assert_eq!(scene.says(EVIL, "4", accept(&undo, Some(&relationship))), "not-its-tracker");
    assert_eq!(scene.says(FAR_TRACKER, "5", accept(&undo, None)), "done");
    assert_eq!(scene.says(FAR_TRACKER, "6", accept(&undo, None)), "already-decided");
    // Some name the Assign, as the flow has it, and not the Undo.
    assert_eq!(scene.says(FAR_TRACKER, "7", accept(&assign, Some(&relationship))), "done");
    assert!(scene.shown().tickets.is_empty());
    assert_eq!(scene.says(FAR_TRACKER, "8", accept(&other, Some(&relationship))), "done");
    assert_eq!(scene.shown(), Default::default());
    shows(&["UnassignmentAuthorised/not-its-tracker"]);
}

/// Ours: ForgeFed says nothing of who has a ticket that is deleted.
#[test]
fn a_team_has_a_ticket_no_more_once_that_is_deleted() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let assign = olga.does(scene.assign(&ticket));
        bob.does(scene.take(&assign));
        olga.lets_in(alice, tracker, "maintain");
        let delete = |by: &Somebody| client::delete_ticket(tracker, &ticket, &by.permit(tracker));
        cast.refuses(tracker, alice, delete(alice), "role-too-small at step 17");
        assert_eq!(scene.shown().tickets.len(), 1);
        let (_, heard) = scene.news(|| olga.does(delete(olga)));
        assert_eq!(heard, ["Delete", "Accept"], "what was asked, and what the tracker says");
        assert_eq!(scene.shown(), Default::default());
        assert_eq!(cast.world.rows(scene.team.as_str(), "assignments").len(), 0);
    });
}

/// The same of a ticket that the team is only asked to take.
#[test]
fn a_team_is_asked_to_take_a_ticket_no_more_once_that_is_deleted() {
    everywhere(|cast| {
        let scene = Scene::new(cast);
        let (olga, tracker, ticket) = (&cast.olga, &cast.tracker, cast.ticket());
        let assign = olga.does(scene.assign(&ticket));
        assert_eq!(scene.shown().asked.len(), 1);
        let delete = client::delete_ticket(tracker, &ticket, &olga.permit(tracker));
        let (_, heard) = scene.news(|| olga.does(delete));
        assert_eq!(heard, ["Delete", "Accept"], "what was asked, and what the tracker says");
        assert_eq!(scene.shown(), Default::default());
        for table in ["assignments", "asked", "assigned", "about"] {
            assert_eq!(cast.world.rows(scene.team.as_str(), table), [], "{table}");
        }
        assert_eq!(cast.world.rows(tracker.as_str(), "waiting"), []);
        cast.refuses(&scene.team, &cast.bob, scene.take(&assign), "noted");
    });
}

#[test]
fn only_its_tracker_says_that_a_ticket_of_a_team_is_deleted() {
    let cast = Cast::new(31, Place::Each);
    let scene = Scene::new(&cast);
    let (team, ticket) = (&scene.team, format!("{FAR_TRACKER}/tickets/4"));
    let accept = |of: &str, result: Option<&str>| json!({"type": "Accept", "object": of, "result": result});
    scene.says(FAR, "1", json!({"type": "Assign", "object": team, "target": ticket}));
    let assign = format!("{FAR}/outbox/1");
    let delete = || json!({"type": "Delete", "object": ticket});
    cast.bob.does(scene.take(&assign.as_str().into()));
    scene.says(FAR_TRACKER, "1", accept(&assign, None));
    scene.says(FAR_TRACKER, "2", accept(&assign, Some(&format!("{ticket}/assignments/7"))));
    assert_eq!(scene.says(FAR, "2", delete()), "done", "somebody wants it");
    let deleted = format!("{FAR}/outbox/2");
    assert_eq!(scene.says(EVIL, "1", accept(&deleted, None)), "not-its-tracker");
    assert_eq!(scene.shown().tickets.len(), 1);
    // It is taken back from the team as well, and the tracker has not yet said how that ended.
    scene.says(FAR, "3", json!({"type": "Undo", "object": {"type": "Assign", "object": team, "target": ticket}}));
    scene.says(FAR_TRACKER, "3", accept(&format!("{FAR}/outbox/3"), None));
    assert_eq!(scene.shown().ending.len(), 1);
    assert_eq!(scene.says(FAR_TRACKER, "4", accept(&deleted, None)), "done");
    assert_eq!(scene.shown(), Default::default());
    assert_eq!(scene.says(FAR_TRACKER, "5", accept(&deleted, None)), "noted");
}

#[test]
fn of_the_tickets_that_wait_for_a_team_the_oldest_makes_room() {
    let cast = Cast::new(29, Place::One);
    let scene = Scene::new(&cast);
    for at in 0..=ASSIGNMENTS_WAITING_MAX {
        let ticket = format!("{FAR_TRACKER}/tickets/{at}");
        let assign = json!({"type": "Assign", "object": scene.team, "target": ticket});
        assert_eq!(scene.says(FAR, &at.to_string(), assign), "done");
    }
    let asked = scene.shown().asked;
    assert_eq!(asked.len() as u64, ASSIGNMENTS_WAITING_MAX);
    assert_eq!(asked.last().unwrap().1.ticket, format!("{FAR_TRACKER}/tickets/1"));
    let rows = |table| cast.world.rows(scene.team.as_str(), table).len() as u64;
    assert_eq!((rows("assignments"), rows("asked")), (ASSIGNMENTS_WAITING_MAX, ASSIGNMENTS_WAITING_MAX));
}
