//! Acts that come before what they answer, twice, or late: the quiet state is the same.

use crate::flows::{Cast, Place};
use crate::world::net::Asked;
use pritchel_actor::limits::EARLY_S;
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::ticket_tracker::view::ViewTicket;
use serde_json::json;

fn apart() -> Cast {
    Cast::new(31, Place::Each)
}

#[test]
fn a_tracker_confirms_an_invitation_that_has_not_come_yet() {
    let cast = apart();
    let (olga, bob, tracker, world) = (&cast.olga, &cast.bob, &cast.tracker, &cast.world);
    let invite = olga.posts(client::invite(tracker, bob, "triage", &olga.permit(tracker)));
    world.rest();
    let late = world.hold(&bob.id, "Invite");
    world.settle();
    assert_eq!(world.rows(bob.as_str(), "invited"), []);
    world.release(late);
    assert_eq!(world.rows(bob.as_str(), "invited")[0].1["confirmed"], json!(true));
    bob.does(client::accept(&invite, &[tracker]));
    assert_eq!(bob.may(tracker).unwrap().1, Role::Triage);
}

#[test]
fn an_invitation_is_accepted_before_the_tracker_has_seen_it() {
    let cast = apart();
    let (alice, bob, tracker, world) = (&cast.alice, &cast.bob, &cast.tracker, &cast.world);
    cast.olga.lets_in(alice, tracker, "admin");
    let invite = alice.posts(client::invite(tracker, bob, "write", &alice.permit(tracker)));
    world.rest();
    let late = world.hold(tracker, "Invite");
    world.settle();
    let accept = bob.does(client::accept(&invite, &[tracker]));
    assert_eq!(world.ended(tracker, &accept), "not seen", "it waits");
    world.release(late);
    world.settle();
    assert_eq!(world.ended(tracker, &accept), "done");
    assert_eq!(bob.may(tracker).unwrap().1, Role::Write);
}

#[test]
fn an_invitation_is_accepted_before_its_own_server_has_seen_it() {
    let cast = apart();
    let (olga, bob, tracker, world) = (&cast.olga, &cast.bob, &cast.tracker, &cast.world);
    let invite = olga.posts(client::invite(tracker, bob, "write", &olga.permit(tracker)));
    world.rest();
    let late = world.hold(&bob.id, "Invite");
    world.settle();
    bob.does(client::accept(&invite, &[tracker]));
    assert!(bob.may(tracker).is_none(), "the Grant waits for the invitation it fulfils");
    world.release(late);
    world.settle();
    assert_eq!(bob.may(tracker).unwrap().1, Role::Write);
}

#[test]
fn an_accept_that_waits_gives_nothing_if_the_invitation_is_refused() {
    let cast = apart();
    let (alice, bob, tracker, world) = (&cast.alice, &cast.bob, &cast.tracker, &cast.world);
    cast.olga.lets_in(alice, tracker, "maintain");
    let invite = alice.posts(client::invite(tracker, bob, "write", &alice.permit(tracker)));
    world.rest();
    let late = world.hold(tracker, "Invite");
    world.settle();
    let accept = bob.does(client::accept(&invite, &[tracker]));
    world.release(late);
    world.settle();
    assert_eq!(world.ended(tracker, &invite), "role-too-small at step 17");
    assert_eq!(world.ended(tracker, &accept), "noted");
    assert!(bob.may(tracker).is_none());
}

#[test]
fn a_grant_comes_before_the_accept_of_the_same_creation() {
    let cast = apart();
    let (alice, factory, world) = (&cast.alice, &cast.factory, &cast.world);
    cast.olga.lets_in(alice, factory, "write");
    let create = alice.posts(client::create(factory, "Repository", "pot", None, &alice.permit(factory)));
    world.rest();
    let late = {
        while world.0.borrow().wire.iter().any(|parcel| parcel.to == *factory) {
            world.carry();
        }
        world.rest();
        world.hold(&alice.id, "Accept")
    };
    world.settle();
    assert_eq!(world.rows(alice.as_str(), "permits").len(), 2, "the Grant is kept");
    world.release(late);
    world.settle();
    let made = alice.result(&create);
    assert_eq!(alice.may(&made.as_str().into()).unwrap().1, Role::Admin);
}

#[test]
fn a_grant_that_comes_after_its_revoke_comes_dead() {
    let cast = apart();
    let (olga, bob, tracker, world) = (&cast.olga, &cast.bob, &cast.tracker, &cast.world);
    let invite = olga.does(client::invite(tracker, bob, "write", &olga.permit(tracker)));
    bob.posts(client::accept(&invite, &[tracker]));
    world.rest();
    world.carry();
    world.rest();
    let late = world.hold(&bob.id, "Grant");
    olga.does(client::remove(tracker, bob, &olga.permit(tracker)));
    world.release(late);
    assert_eq!(world.rows(bob.as_str(), "permits").len(), 1);
    assert!(bob.may(tracker).is_none());
}

#[test]
fn a_dependency_is_confirmed_and_removed_in_any_order() {
    let cast = apart();
    let (olga, tracker, world) = (&cast.olga, &cast.tracker, &cast.world);
    let ticket = cast.ticket();
    let factory = world.factory(&cast.bob, "shed");
    let other = world.tracker(&cast.bob, &factory, "chores");
    let on = cast.bob.result(&cast.bob.does(client::open_ticket(&cast.bob, &other, "x", "", None)));
    let dependants = || {
        let view = ViewTicket { viewer: None, number: 1, after: None, limit: 1 };
        let shown = world.see::<TicketTracker, _>(&other, &view).unwrap();
        shown.depended_on_by.into_iter().map(|(of, _)| of).collect::<Vec<_>>()
    };
    let grant = olga.permit(tracker);
    let offer = olga.posts(client::add_dependency(tracker, &ticket, &other, &on, &grant));
    world.rest();
    let late = world.hold(&other, "Offer");
    world.settle();
    assert_eq!(dependants(), Vec::<String>::new());
    world.release(late);
    assert_eq!(dependants(), [ticket], "the Accept came first and waited");

    let remove = client::remove_dependency(tracker, &olga.result(&offer), &other, &grant);
    olga.posts(remove);
    world.rest();
    let late = world.hold(&other, "Delete");
    world.settle();
    world.release(late);
    assert_eq!(dependants(), Vec::<String>::new());
}

#[test]
fn a_removal_is_seen_before_the_dependency_is_confirmed() {
    let cast = apart();
    let (olga, tracker, world) = (&cast.olga, &cast.tracker, &cast.world);
    let ticket = cast.ticket();
    let factory = world.factory(&cast.bob, "shed");
    let other = world.tracker(&cast.bob, &factory, "chores");
    let on = cast.bob.result(&cast.bob.does(client::open_ticket(&cast.bob, &other, "x", "", None)));
    let grant = olga.permit(tracker);
    let offer = olga.posts(client::add_dependency(tracker, &ticket, &other, &on, &grant));
    world.rest();
    let mut late = world.hold(&other, "Accept");
    world.settle();
    olga.posts(client::remove_dependency(tracker, &olga.result(&offer), &other, &grant));
    world.rest();
    late.extend(world.hold(&other, "Accept"));
    world.settle();
    world.release(late);
    assert_eq!(world.rows(other.as_str(), "dependants"), []);
    assert_eq!(world.rows(other.as_str(), "dependant_ids"), []);
}

#[test]
fn an_undo_of_a_follow_waits_for_the_follow() {
    let cast = apart();
    let (bob, repo, world) = (&cast.bob, &cast.repo, &cast.world);
    let follow = bob.posts(client::follow(repo));
    world.rest();
    let late = world.hold(repo, "Follow");
    let undo = bob.does(client::unfollow(repo, &follow));
    assert_eq!(world.ended(repo, &undo), "not seen");
    world.release(late);
    world.settle();
    assert_eq!(world.ended(repo, &undo), "done");
    assert!(!world.rows(repo.as_str(), "followers").iter().any(|(who, _)| who == bob.as_str()));
}

#[test]
fn what_an_early_act_waits_for_is_fetched_and_otherwise_given_up_after_a_day() {
    for seeks in [true, false] {
        let cast = apart();
        let (alice, bob, tracker, world) = (&cast.alice, &cast.bob, &cast.tracker, &cast.world);
        cast.olga.lets_in(alice, tracker, "admin");
        world.0.borrow_mut().seeks = seeks;
        let invite = alice.posts(client::invite(tracker, bob, "write", &alice.permit(tracker)));
        world.rest();
        drop(world.hold(tracker, "Invite"));
        world.settle();
        let accept = bob.does(client::accept(&invite, &[tracker]));
        world.pass(EARLY_S + 1);
        assert_eq!(bob.may(tracker).is_some(), seeks);
        assert_eq!(world.ended(tracker, &accept) == "done", seeks);
        assert_eq!(world.ended(tracker, &accept).starts_with("unsupported"), !seeks);
    }
}

#[test]
fn everything_comes_twice_and_happens_once() {
    let [once, twice] = [0, 100].map(|twice| {
        let cast = apart();
        cast.world.0.borrow_mut().faults.twice = twice;
        let ticket = cast.ticket();
        cast.olga.lets_in(&cast.bob, &cast.tracker, "triage");
        cast.bob.does(client::comment(&cast.tracker, &ticket, None, "x", None));
        cast.bob.does(client::close(&cast.tracker, &ticket, Some(&cast.bob.permit(&cast.tracker))));
        cast.olga.does(client::remove(&cast.tracker, &cast.bob, &cast.olga.permit(&cast.tracker)));
        cast.world.state()
    });
    assert_eq!(once, twice);
}

#[test]
fn a_refused_act_that_comes_again_is_refused_in_the_same_words_and_asks_for_nothing() {
    let cast = apart();
    let ticket = cast.ticket();
    let far = "https://far.example/people/far";
    let resolve = json!({
        "id": format!("{far}/outbox/1"), "type": "Resolve", "actor": far, "object": ticket,
        "capability": format!("{far}/outbox/forged"),
    });
    cast.world.sends(&cast.tracker, &resolve);
    cast.world.settle();
    let net = cast.world.0.borrow().net.clone();
    assert!(net.asked().contains(&Asked::Document(format!("{far}/outbox/forged"))));
    let first = cast.world.0.borrow().lost.clone();
    cast.world.sends(&cast.tracker, &resolve);
    cast.world.settle();
    let again = cast.world.0.borrow().lost.clone();
    assert_eq!((first.len(), again.len()), (1, 2));
    assert_eq!(first[0].raw, again[1].raw);
    assert_eq!(net.asked(), []);
}
