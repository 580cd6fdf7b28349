//! What goes beyond the life of one ticket: finding those that fit, following one, and taking away what another wrote.

use super::{Cast, everywhere};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::ticket_tracker::find::{FindTickets, FollowsTicket, PlaceOfComment, Wanted};
use pritchel_actors::ticket_tracker::view::ViewTicket;
use serde_json::json;

fn found(cast: &Cast, find: FindTickets) -> (Vec<u64>, Option<u64>) {
    let found = cast.world.see::<TicketTracker, _>(&cast.tracker, &find).unwrap();
    (found.tickets.into_iter().map(|(number, _)| number).collect(), found.next)
}

fn all() -> FindTickets {
    FindTickets { viewer: None, wanted: Wanted::default(), oldest_first: false, after: None, limit: 10, scan: 100 }
}

/// Five tickets: those with even numbers by bob, the second closed.
fn five(cast: &Cast) {
    for number in 1..=5 {
        let who = if number % 2 == 0 { &cast.bob } else { &cast.alice };
        who.does(client::open_ticket(who, &cast.tracker, &format!("Tea {number}"), "", None));
    }
    let second = format!("{}/tickets/2", cast.tracker);
    cast.olga.does(client::close(&cast.tracker, &second, Some(&cast.olga.permit(&cast.tracker))));
}

#[test]
fn tickets_are_found_by_state_author_and_title_in_either_order() {
    let cast = Cast::new(7, super::Place::One);
    five(&cast);
    let by = |wanted: Wanted| found(&cast, FindTickets { wanted, ..all() }).0;
    assert_eq!(found(&cast, all()), (vec![5, 4, 3, 2, 1], None));
    assert_eq!(by(Wanted { open: Some(true), ..Wanted::default() }), [5, 4, 3, 1]);
    assert_eq!(by(Wanted { open: Some(false), ..Wanted::default() }), [2]);
    assert_eq!(by(Wanted { author: Some(cast.bob.id.clone()), ..Wanted::default() }), [4, 2]);
    assert_eq!(by(Wanted { text: Some("tEA 3".into()), ..Wanted::default() }), [3]);
    assert_eq!(by(Wanted { text: Some("coffee".into()), ..Wanted::default() }), [0; 0]);
    assert_eq!(found(&cast, FindTickets { oldest_first: true, after: Some(3), ..all() }), (vec![4, 5], None));
}

#[test]
fn a_page_of_tickets_and_a_look_through_them_both_end_and_say_where_to_go_on() {
    let cast = Cast::new(7, super::Place::One);
    five(&cast);
    assert_eq!(found(&cast, FindTickets { limit: 2, ..all() }), (vec![5, 4], Some(4)));
    assert_eq!(found(&cast, FindTickets { limit: 2, after: Some(2), ..all() }), (vec![1], None));
    let closed = Wanted { open: Some(false), ..Wanted::default() };
    assert_eq!(found(&cast, FindTickets { wanted: closed.clone(), scan: 3, ..all() }), (vec![], Some(3)));
    assert_eq!(found(&cast, FindTickets { wanted: closed, scan: 3, after: Some(3), ..all() }), (vec![2], None));
}

#[test]
fn what_is_asked_of_a_private_tracker_is_not_shown_to_strangers() {
    let cast = Cast::new(7, super::Place::One);
    let create = client::create(&cast.factory, "TicketTracker", "secrets", None, &cast.olga.permit(&cast.factory));
    let create = cast.olga.does(client::with_visibility(create, "private"));
    let tracker = ActorId::new(cast.olga.result(&create));
    let looks = |viewer: Option<ActorId>| {
        cast.world.see::<TicketTracker, _>(&tracker, &FindTickets { viewer, ..all() }).is_ok()
    };
    assert!(looks(Some(cast.olga.id.clone())) && !looks(Some(cast.bob.id.clone())) && !looks(None));
    let follows = FollowsTicket { viewer: cast.bob.id.clone(), number: 1 };
    assert!(cast.world.see::<TicketTracker, _>(&tracker, &follows).is_err());
    let place = PlaceOfComment { viewer: None, id: "https://one.example/x".into() };
    assert!(cast.world.see::<TicketTracker, _>(&tracker, &place).is_err());
}

#[test]
fn a_visibility_nobody_knows_makes_nothing() {
    everywhere(|cast| {
        let create = client::create(&cast.factory, "Repository", "x", None, &cast.olga.permit(&cast.factory));
        cast.refuses(&cast.factory, &cast.olga, client::with_visibility(create, "privat"), "malformed");
    });
}

#[test]
fn a_ticket_is_followed_and_left_also_by_who_follows_it_for_having_opened_it() {
    everywhere(|cast| {
        let (alice, bob, tracker) = (&cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let follows = |viewer: &ActorId| {
            let view = FollowsTicket { viewer: viewer.clone(), number: 1 };
            cast.world.see::<TicketTracker, _>(tracker, &view).unwrap()
        };
        assert!(follows(&alice.id) && !follows(&bob.id));
        bob.does(client::follow_ticket(tracker, &ticket));
        assert!(follows(&bob.id));
        bob.does(client::unfollow_ticket(bob, tracker, &ticket));
        alice.does(client::unfollow_ticket(alice, tracker, &ticket));
        assert!(!follows(&bob.id) && !follows(&alice.id));
        cast.refuses(tracker, bob, client::unfollow_ticket(bob, tracker, &ticket), "no-follower");
    });
}

#[test]
fn a_maintainer_takes_anothers_comment_away_by_a_grant_and_nobody_else_does() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        bob.does(client::comment(tracker, &ticket, None, "Buy my kettles", None));
        let comment = || {
            let view = ViewTicket { viewer: None, number: 1, after: None, limit: 9 };
            cast.world.see::<TicketTracker, _>(tracker, &view).unwrap().comments[0].1.clone()
        };
        let id = comment().id;
        let place = PlaceOfComment { viewer: None, id: id.clone() };
        assert_eq!(cast.world.see::<TicketTracker, _>(tracker, &place).unwrap(), Some((1, 0)));
        cast.refuses(tracker, alice, client::delete_comment(tracker, &id), "not-the-author");
        olga.lets_in(alice, tracker, "triage");
        let by_alice = client::remove_comment(tracker, &id, &alice.permit(tracker));
        cast.refuses(tracker, alice, by_alice, "role-too-small at step 17");
        olga.does(client::remove_comment(tracker, &id, &olga.permit(tracker)));
        let gone = comment();
        assert!(gone.deleted && gone.content.as_str().is_empty() && gone.source.is_none());
        assert_eq!(json!(gone.deleted_by), json!(olga.id));
    });
}
