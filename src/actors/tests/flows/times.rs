//! Access that has an end, and Grants that have one and are given anew. Time is the world's: nothing waits.
//!
//! ForgeFed, "Time Bounds"; protocol decision F-53.

use super::links::{COMPONENT, KINDS, Pair, SIDES};
use super::{Cast, Place, everywhere};
use crate::world::cast::Somebody;
use crate::world::{START, host};
use pritchel_actor::{ActId, ActorId, Seconds, Value};
use pritchel_actors::access::{Role, Term};
use pritchel_actors::client;
use pritchel_actors::limits::{CASCADE_STEP, GRANT_LASTS_MIN_S};
use pritchel_actors::link::Side;
use serde_json::json;

const DAY: Seconds = 86_400;

/// Until so many days after the world has begun.
fn until(days: i64) -> Term {
    Term { until: Some(START + days * DAY), ..Term::default() }
}

/// With Grants that hold for so many days.
fn lasting(days: i64) -> Term {
    Term { lasts_s: Some(days * DAY), ..Term::default() }
}

fn time(seconds: Seconds) -> String {
    pritchel_vocab::Seconds::new(seconds).to_string()
}

impl Cast {
    /// `by` lets `who` in for some time.
    fn lets_in(&self, by: &Somebody, who: &Somebody, resource: &ActorId, role: &str, term: &Term) -> ActId {
        let invite = client::invite(resource, &who.id, role, &by.permit(resource));
        let invite = by.does(client::within(invite, term));
        who.does(client::accept(&invite, &[resource]));
        invite
    }

    /// Closes and reopens a ticket of the tracker by a Grant, and says how that ended.
    fn acts(&self, who: &Somebody, tracker: &ActorId, ticket: &str, grant: &ActId) -> String {
        let close = who.does(client::close(tracker, ticket, Some(grant)));
        let ended = self.world.ended(tracker, &close);
        if ended == "done" {
            who.does(client::reopen(tracker, ticket, Some(grant)));
        }
        ended
    }

    /// The documents of the Grants that an actor has published for somebody on a resource.
    fn grants(&self, giver: &ActorId, target: &ActorId, resource: &ActorId) -> Vec<Value> {
        let rows = self.world.rows(giver.as_str(), "~outbox");
        let inner = self.world.0.borrow();
        let boxes = &inner.servers[host(giver)].boxes;
        let acts = rows.iter().map(|(_, item)| boxes.act(&item["act"].as_str().unwrap().into()).unwrap().body.clone());
        let of = |act: &Value| {
            act["type"] == "Grant" && act["target"] == target.as_str() && act["context"] == resource.as_str()
        };
        acts.map(|act| (*act).clone()).filter(of).collect()
    }

    fn live_permits(&self, who: &Somebody, resource: &ActorId) -> usize {
        let rows = self.world.rows(who.as_str(), "permits");
        rows.iter().filter(|(_, permit)| permit["live"] == true && permit["resource"] == resource.as_str()).count()
    }

    /// How many timers an actor has set.
    fn timers(&self, actor: &ActorId) -> u64 {
        self.world.0.borrow().servers[host(actor)].boxes.states()[actor].header.timers
    }
}

#[test]
fn access_until_a_day_is_over_on_that_day() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        cast.lets_in(olga, bob, tracker, "triage", &until(10));
        let held = bob.permit(tracker);
        let given = cast.grants(tracker, bob, tracker);
        assert_eq!(given[0]["endTime"], time(START + 10 * DAY));
        assert_eq!(given[0]["startTime"], Value::Null);
        cast.world.pass(10 * DAY - 1);
        assert_eq!(cast.acts(bob, tracker, &ticket, &held), "done", "to the last second");
        cast.world.pass(1);
        assert_eq!(bob.may(tracker), None);
        cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&held)), "ended at step 10");
        assert_eq!(cast.world.rows(tracker.as_str(), "collaborators").len(), 1, "bob collaborates no longer");
        assert_eq!(cast.world.rows(tracker.as_str(), "agenda"), []);
        cast.refuses(tracker, bob, client::leave(tracker), "no-collaborator");
        assert_eq!(cast.grants(tracker, bob, tracker).len(), 1, "nothing was given anew");
        // Whoever was let in until a day can be let in again.
        cast.lets_in(olga, bob, tracker, "report", &until(30));
        assert_eq!(bob.may(tracker).unwrap().1, Role::Report);
        assert_eq!(alice.may(tracker), None);
    });
}

#[test]
fn access_that_begins_later_is_worth_nothing_before() {
    everywhere(|cast| {
        let (olga, bob) = (&cast.olga, &cast.bob);
        let create = client::create(&cast.factory, "TicketTracker", "cellar", None, &olga.permit(&cast.factory));
        let made = olga.does(client::with_visibility(create, "private"));
        let cellar = ActorId::new(olga.result(&made));
        cast.world.name(&cellar, "cellar");
        cast.lets_in(olga, bob, &cellar, "triage", &Term { from: Some(START + DAY), ..Term::default() });
        assert_eq!(bob.may(&cellar), None);
        let given = cast.grants(&cellar, bob, &cellar);
        assert_eq!(given[0]["startTime"], time(START + DAY));
        let grant = ActId::from(given[0]["id"].as_str().unwrap());
        let open = |by: Option<&ActId>| client::open_ticket(bob, &cellar, "Damp", "It is", by);
        cast.refuses(&cellar, bob, open(Some(&grant)), "not-yet at step 10");
        cast.world.pass(DAY);
        assert_eq!(bob.may(&cellar).unwrap().1, Role::Triage);
        let open = bob.does(open(Some(&grant)));
        assert_eq!(cast.world.ended(&cellar, &open), "done");
    });
}

#[test]
fn what_could_never_be_is_not_offered_and_what_is_over_is_not_accepted() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let grant = olga.permit(tracker);
        let invite = |term: &Term| client::within(client::invite(tracker, bob, "triage", &grant), term);
        let short = Term { lasts_s: Some(GRANT_LASTS_MIN_S - 1), ..Term::default() };
        let backwards = Term { from: Some(START + 2 * DAY), ..until(1) };
        for term in [until(0), short, backwards] {
            cast.refuses(tracker, olga, invite(&term), "impossible-term");
            let join = client::within(client::join(tracker, "triage", None), &term);
            cast.refuses(tracker, alice, join, "impossible-term");
        }
        let mut odd = invite(&Term::default());
        odd["duration"] = json!("P1D");
        cast.refuses(tracker, olga, odd, "malformed");
        let open = olga.does(invite(&until(1)));
        let join = alice.does(client::within(client::join(tracker, "triage", None), &until(1)));
        cast.world.pass(DAY);
        cast.refuses(tracker, bob, client::accept(&open, &[tracker]), "ended");
        cast.refuses(tracker, olga, client::approve_join(tracker, &join, &grant), "ended");
        assert_eq!((bob.may(tracker), alice.may(tracker)), (None, None));
    });
}

/// Given anew after three quarters of its time, with no gap, for as long as the access stands, and not beyond.
#[test]
fn a_grant_that_ends_is_given_anew_while_the_access_stands() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let invite = cast.lets_in(olga, bob, tracker, "triage", &lasting(40));
        let first = bob.permit(tracker);
        cast.world.pass(30 * DAY);
        let second = bob.permit(tracker);
        assert_ne!(first, second, "the newer one holds longer");
        assert_eq!(cast.acts(bob, tracker, &ticket, &first), "done", "the one before holds to its end");
        assert_eq!(cast.acts(bob, tracker, &ticket, &second), "done");
        cast.world.pass(10 * DAY);
        cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&first)), "ended at step 10");
        assert_eq!(cast.world.rows(bob.as_str(), "permits").iter().filter(|(id, _)| *id == first.as_str()).count(), 0);
        for _ in 0..9 {
            cast.world.pass(9 * DAY);
            assert_eq!(cast.acts(bob, tracker, &ticket, &bob.permit(tracker)), "done");
            assert!((1..=2).contains(&cast.live_permits(bob, tracker)));
        }
        let given = cast.grants(tracker, bob, tracker);
        assert!(given.iter().all(|grant| grant["fulfills"] == invite.as_str() && grant["endTime"].is_string()));
        // In the overlap both are taken back, and none is given any more.
        while cast.live_permits(bob, tracker) < 2 {
            cast.world.pass(DAY);
        }
        olga.does(client::remove(tracker, bob, &olga.permit(tracker)));
        let given = cast.grants(tracker, bob, tracker);
        for grant in given.iter().rev().take(2) {
            let grant = ActId::from(grant["id"].as_str().unwrap());
            cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&grant)), "revoked at step 11");
        }
        cast.world.pass(100 * DAY);
        assert_eq!(cast.grants(tracker, bob, tracker).len(), given.len());
        assert_eq!(cast.world.rows(tracker.as_str(), "agenda"), []);
    });
}

/// With both an end and a duration, the last Grant ends with the access.
#[test]
fn grants_are_given_anew_until_the_access_is_over() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        cast.lets_in(olga, bob, tracker, "triage", &Term { until: Some(START + 50 * DAY), ..lasting(20) });
        for _ in 0..50 {
            assert!(bob.may(tracker).is_some());
            cast.world.pass(DAY);
        }
        assert_eq!(bob.may(tracker), None);
        let ends: Vec<_> = cast.grants(tracker, bob, tracker).iter().map(|grant| grant["endTime"].clone()).collect();
        assert_eq!(ends, [20, 35, 50].map(|days| json!(time(START + days * DAY))));
        assert_eq!(cast.world.rows(tracker.as_str(), "collaborators").len(), 1);
    });
}

/// A server that was away for longer than its Grants hold goes on where it was.
#[test]
fn a_server_that_was_away_gives_anew_what_it_missed() {
    let cast = Cast::new(9, Place::Each);
    let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
    cast.lets_in(olga, bob, tracker, "triage", &lasting(4));
    assert_eq!(cast.timers(tracker), 1);
    cast.world.restart(host(tracker));
    cast.world.pass(100 * DAY);
    assert_eq!(bob.may(tracker).unwrap().1, Role::Triage);
    assert_eq!(cast.live_permits(bob, tracker), 1, "those between were never given");
    assert_eq!(cast.grants(tracker, bob, tracker).len(), 2);
}

/// However many Grants end on one day, the actor has one timer, and no turn takes more than a few of them.
#[test]
fn many_grants_that_end_at_once_are_dealt_with_a_few_at_a_time() {
    let cast = Cast::new(9, Place::Each);
    let (olga, tracker) = (&cast.olga, &cast.tracker);
    let guests = 2 * CASCADE_STEP + 7;
    for number in 0..guests {
        let guest = ActorId::new(format!("https://guests.example/people/{number}"));
        let invite = client::invite(tracker, &guest, "triage", &olga.permit(tracker));
        let invite = olga.does(client::within(invite, &until(5)));
        let id = format!("{guest}/outbox/yes");
        cast.world.sends(tracker, &json!({"id": id, "type": "Accept", "actor": guest, "object": invite}));
        cast.world.settle();
    }
    assert_eq!(cast.world.rows(tracker.as_str(), "agenda").len(), guests);
    assert_eq!(cast.timers(tracker), 1);
    cast.world.pass(5 * DAY);
    assert_eq!(cast.world.rows(tracker.as_str(), "agenda"), []);
    assert_eq!(cast.world.rows(tracker.as_str(), "collaborators").len(), 1);
    assert_eq!(cast.timers(tracker), 0);
}

/// What the members of a project have over a link goes on while its start-Grant is given anew, and nothing that is passed on
/// ever ends after what it passes on.
#[test]
fn members_go_on_without_a_gap_while_the_grant_of_a_component_is_given_anew() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let pair = Pair::new(cast, COMPONENT);
        let (tracker, project) = (&pair.source, &pair.destination);
        cast.lets_in(bob, alice, project, "triage", &lasting(33));
        let offer = alice.does(client::open_ticket(alice, tracker, "Crash", "It does", None));
        let ticket = alice.result(&offer);
        pair.links_for(Side::Source, "maintain", &lasting(20));
        for day in 0..42 {
            let (grant, role) = alice.may(tracker).unwrap_or_else(|| panic!("a gap on day {day}"));
            assert_eq!(role, Role::Triage);
            assert_eq!(cast.acts(alice, tracker, &ticket, &grant), "done", "day {day}");
            assert!(cast.live_permits(alice, tracker) <= 2 && pair.held().len() <= 2, "day {day}");
            cast.world.pass(DAY);
        }
        let starts = cast.grants(tracker, project, tracker);
        assert!(starts.len() >= 3, "{starts:?}");
        let end = |grant: &Value| grant["endTime"].as_str().unwrap().to_owned();
        for extension in cast.grants(project, alice, tracker) {
            let parent = starts.iter().find(|start| start["id"] == extension["delegates"]).unwrap();
            assert!(end(&extension) <= end(parent), "{extension} outlives {parent}");
        }
        assert_eq!(cast.grants(alice, project, alice).len(), 1, "one delegate-Grant serves all her Grants");
        // In the overlap the component leaves: nothing of either Grant is left.
        while pair.held().len() < 2 {
            cast.world.pass(DAY);
        }
        let (grant, _) = alice.may(tracker).unwrap();
        olga.does(client::remove_link(tracker, "context", project, &olga.permit(tracker)));
        assert_eq!((pair.held(), alice.may(tracker)), (vec![], None));
        cast.refuses(tracker, alice, client::close(tracker, &ticket, Some(&grant)), "revoked at step 11");
    });
}

/// A member until a day has what is passed on to them until that day.
#[test]
fn what_is_passed_on_to_a_member_ends_with_the_membership() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let pair = Pair::new(cast, COMPONENT);
        let (tracker, project) = (&pair.source, &pair.destination);
        cast.lets_in(bob, alice, project, "triage", &until(12));
        let offer = alice.does(client::open_ticket(alice, tracker, "Crash", "It does", None));
        let ticket = alice.result(&offer);
        pair.links_for(Side::Destination, "maintain", &until(30));
        let (grant, _) = alice.may(tracker).unwrap();
        assert_eq!(cast.grants(project, alice, tracker)[0]["endTime"], time(START + 12 * DAY));
        cast.world.pass(12 * DAY);
        assert_eq!((alice.may(tracker), alice.may(project)), (None, None));
        cast.refuses(tracker, alice, client::close(tracker, &ticket, Some(&grant)), "ended at step 10");
        for table in ["extensions", "downstream"] {
            let to_alice = |row: &Value| row.to_string().contains(alice.as_str());
            let rows = cast.world.rows(project.as_str(), table);
            assert!(!rows.is_empty() && !rows.iter().any(|(_, row)| to_alice(row)), "{table}: {rows:?}");
        }
        assert!(pair.linked(), "the link goes on");
    });
}

/// Either side asks for a link of any kind until a day: on that day it ends, on both.
#[test]
fn a_link_until_a_day_is_over_on_that_day_on_both_sides() {
    for (kind, begun_by) in KINDS.into_iter().zip(SIDES.into_iter().cycle()) {
        // Both have a timer: which of them is first, and so who takes back what, is not told by where they live.
        for place in [Place::One, Place::Each, Place::Mixed] {
            let cast = &Cast::new(7, place);
            let pair = Pair::new(cast, kind);
            let (admin, mine, other, collection) = pair.side(begun_by);
            let add = client::add(mine, collection, other, "triage", &admin.permit(mine));
            cast.refuses(mine, admin, client::within(add, &until(0)), "impossible-term");
            pair.links_for(begun_by, "triage", &until(10));
            assert!(pair.linked(), "{kind:?} begun by {begun_by:?}");
            cast.world.pass(10 * DAY);
            assert!(!pair.linked(), "{kind:?} begun by {begun_by:?}");
            assert_eq!(pair.held(), []);
        }
    }
}

#[test]
fn nobody_agrees_to_a_link_that_was_offered_until_now() {
    everywhere(|cast| {
        let pair = Pair::new(cast, COMPONENT);
        let (admin, mine, other, collection) = pair.side(Side::Source);
        let add = client::within(client::add(mine, collection, other, "triage", &admin.permit(mine)), &until(1));
        let add = admin.does(add);
        cast.world.pass(DAY);
        let (admin, mine, other, _) = pair.side(Side::Destination);
        cast.refuses(mine, admin, client::agree(&add, mine, other, &admin.permit(mine)), "ended");
        assert!(!pair.linked());
    });
}

/// The patch tracker of a repository goes on by the Grant that was given anew, and is tied no longer when there is none.
#[test]
fn a_tie_goes_on_by_the_newer_grant_and_ends_with_the_last() {
    everywhere(|cast| {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let workflow = cast.world.make(bob, &cast.world.factory(bob, "mill"), "Workflow", "steps");
        let tracker = &cast.tracker;
        let term = Term { until: Some(START + 50 * DAY), ..lasting(20) };
        let invite = client::within(client::invite(&workflow, tracker, "visit", &bob.permit(&workflow)), &term);
        let invite = bob.does(invite);
        olga.does(client::agree_to_tie(tracker, &invite, &olga.permit(tracker)));
        let grant = || cast.world.rows(tracker.as_str(), "ties")[0].1["grant"].clone();
        let tied = |of: &ActorId, table: &str| cast.world.rows(of.as_str(), table).len();
        let first = grant();
        for day in 0..50 {
            assert_eq!((tied(tracker, "providers"), tied(&workflow, "consumers")), (1, 1), "day {day}");
            assert_eq!(tied(tracker, "tie_grants"), 1);
            cast.world.pass(DAY);
        }
        assert_ne!(grant(), first);
        assert_eq!((tied(tracker, "providers"), tied(&workflow, "consumers")), (0, 0));
        assert_eq!(tied(tracker, "tie_grants"), 0);
    });
}

/// A Grant of another server that ended without a word, as the specification has it, is dropped, and what was passed on of it.
#[test]
fn a_held_grant_that_ends_without_a_word_is_let_go_of() {
    let cast = Cast::new(4, Place::Each);
    let (alice, bob) = (&cast.alice, &cast.bob);
    let pair = Pair::new(&cast, COMPONENT);
    let (tracker, project) = (&pair.source, &pair.destination);
    cast.lets_in(bob, alice, project, "triage", &Term::default());
    pair.links_for(Side::Source, "maintain", &lasting(20));
    // The component's server is gone for good.
    cast.world.0.borrow_mut().servers.remove(host(tracker));
    let before = cast.world.rows(project.as_str(), "~outbox").len();
    cast.world.pass(20 * DAY);
    assert_eq!((pair.held(), alice.may(tracker)), (vec![], None));
    assert_eq!(cast.world.rows(project.as_str(), "extensions"), []);
    assert_eq!(cast.world.rows(project.as_str(), "held_via"), []);
    assert_eq!(cast.world.rows(project.as_str(), "~outbox").len(), before, "what ended by itself needs no word");
}

/// A Grant that is over when it comes is kept nowhere.
#[test]
fn a_grant_that_comes_too_late_is_refused() {
    let cast = Cast::new(4, Place::Each);
    let (bob, olga) = (&cast.bob, &cast.olga);
    let pair = Pair::new(&cast, COMPONENT);
    let (tracker, project) = (&pair.source, &pair.destination);
    pair.links_for(Side::Source, "maintain", &lasting(1));
    cast.world.pass(18 * 3600);
    let invite = client::within(client::invite(tracker, bob, "triage", &olga.permit(tracker)), &lasting(1));
    let invite = olga.does(invite);
    bob.posts(client::accept(&invite, &[tracker]));
    cast.world.rest();
    let accepted = cast.world.hold(tracker, "Accept");
    cast.world.release(accepted);
    let held = cast.world.hold(&bob.id, "Grant");
    assert_eq!(held.len(), 1);
    let late: Value = serde_json::from_slice(&held[0].raw).unwrap();
    let late = ActId::from(late["id"].as_str().unwrap());
    cast.world.settle();
    cast.world.pass(DAY);
    cast.world.release(held);
    assert_eq!(cast.world.ended(&bob.id, &late), "ended");
    let renewed = cast.grants(tracker, project, tracker);
    assert!(renewed.len() > 1, "{renewed:?}");
}
