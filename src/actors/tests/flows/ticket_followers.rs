//! Who follows one ticket hears what happens to it, near and far, until the follow is taken back or the ticket has gone; and
//! nothing of a deleted ticket is left behind, with either side of a dependency.

use super::{Cast, Place, everywhere};
use crate::world::cast::Somebody;
use pritchel_actor::Outcome;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::limits::{FOLLOWERS_KEPT_S, SWEPT_MAX, SWEPT_RELATIONS_MAX};
use pritchel_actors::ticket_tracker::view::{ViewTicket, ViewTracker};
use pritchel_actors::ticket_tracker::{ForgetFollower, ForgetFollowers, ForgetTicket, TicketTracker};

/// What somebody hears while something is done.
fn news(who: &Somebody, done: impl FnOnce()) -> Vec<String> {
    let before = who.heard().len();
    done();
    who.heard().split_off(before)
}

/// What is done, the doing of it, and the types of what a follower of the ticket is told.
type Told<'c> = (&'static str, Box<dyn Fn() + 'c>, &'static [&'static str]);

/// All that can be done to a ticket of alice's, in order, with what its followers hear of it.
fn acts<'c>(cast: &'c Cast, ticket: &'c str) -> Vec<Told<'c>> {
    let (olga, alice, tracker) = (&cast.olga, &cast.alice, &cast.tracker);
    let grant = olga.permit(tracker);
    let own = move |activity: fn(&ActorId, &str, &ActorId, Option<&ActId>) -> pritchel_actor::Value| {
        let grant = grant.clone();
        move || drop(olga.does(activity(tracker, ticket, olga, Some(&grant))))
    };
    let note = || {
        let places = cast.world.rows(tracker.as_str(), "comment_places");
        places.into_iter().map(|(id, _)| id).next_back().unwrap()
    };
    vec![
        ("comment", Box::new(|| drop(alice.does(client::comment(tracker, ticket, None, "x", None)))), &["Create"]),
        ("edit comment", Box::new(move || drop(alice.does(client::edit_comment(tracker, &note(), "y")))), &["Edit"]),
        ("delete comment", Box::new(move || drop(alice.does(client::delete_comment(tracker, &note())))), &["Delete"]),
        (
            "edit",
            Box::new(|| drop(alice.does(client::edit_ticket(tracker, ticket, "T", "y", None)))),
            &["Edit", "Accept"],
        ),
        (
            "close",
            Box::new(own(|tracker, ticket, _, grant| client::close(tracker, ticket, grant))),
            &["Resolve", "Accept"],
        ),
        (
            "reopen",
            Box::new(own(|tracker, ticket, _, grant| client::reopen(tracker, ticket, grant))),
            &["Undo", "Accept"],
        ),
        ("assign", Box::new(own(client::assign)), &["Assign", "Accept"]),
        ("unassign", Box::new(own(client::unassign)), &["Undo", "Accept"]),
        ("refused", Box::new(|| drop(alice.does(client::close(tracker, ticket, None)))), &[]),
        (
            "delete",
            Box::new(own(|tracker, ticket, _, grant| client::delete_ticket(tracker, ticket, grant.unwrap()))),
            &["Delete", "Accept"],
        ),
    ]
}

/// ForgeFed, the ticket tracker's handlers: "forward to my followers & ticket followers".
#[test]
fn who_follows_a_ticket_hears_all_that_happens_to_it_once_and_nothing_of_others() {
    everywhere(|cast| {
        let (bob, tracker) = (&cast.bob, &cast.tracker);
        let (ticket, other) = (cast.ticket(), cast.ticket());
        let [dora, both] = ["dora", "boris"].map(|name| cast.world.person(&cast.place.host(name), name));
        bob.does(client::follow_ticket(tracker, &ticket));
        dora.does(client::follow_ticket(tracker, &other));
        both.does(client::follow(tracker));
        both.does(client::follow_ticket(tracker, &ticket));
        for (what, act, expected) in acts(cast, &ticket) {
            let (dora_before, both_before) = (dora.heard().len(), both.heard().len());
            assert_eq!(news(bob, act), expected, "{what}");
            assert_eq!(both.heard().split_off(both_before), expected, "{what}, to who follows the tracker too");
            assert_eq!(dora.heard().split_off(dora_before), Vec::<String>::new(), "{what}, to who follows another");
        }
    });
}

#[test]
fn who_follows_a_ticket_no_more_hears_nothing_of_it() {
    everywhere(|cast| {
        let (bob, tracker) = (&cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let follow = bob.does(client::follow_ticket(tracker, &ticket));
        assert_eq!(cast.world.rows(bob.as_str(), "following").len(), 1);
        assert_eq!(news(bob, || drop(bob.does(client::unfollow(tracker, &follow)))), ["Accept"]);
        assert_eq!(cast.world.rows(bob.as_str(), "following"), []);
        for (what, act, _) in acts(cast, &ticket) {
            assert_eq!(news(bob, act), Vec::<String>::new(), "{what}");
        }
        cast.refuses(tracker, bob, client::unfollow(tracker, &follow), "no-follower");
    });
}

/// The rows that a tracker keeps of tickets, by table.
fn left(cast: &Cast, tracker: &ActorId) -> Vec<String> {
    let tables = [
        "tickets",
        "comments",
        "comment_places",
        "assigning",
        "unassigning",
        "dependencies",
        "dependency_numbers",
        "dependants",
        "dependant_offers",
        "dependant_ids",
        "dependant_removals",
        "ticket_followers",
        "deleted",
    ];
    let rows = |table: &str| {
        let rows = cast.world.rows(tracker.as_str(), table);
        rows.iter().map(|(key, value)| format!("{table} {key} {value}")).collect::<Vec<_>>()
    };
    tables.iter().flat_map(|table| rows(table)).collect()
}

fn ticket_of(who: &Somebody, tracker: &ActorId) -> String {
    let offer = who.does(client::open_ticket(who, tracker, "First this", "", None));
    who.result(&offer)
}

fn shown(cast: &Cast, tracker: &ActorId, number: u64) -> (u64, Vec<String>, Vec<String>) {
    let view = ViewTicket { viewer: None, number, after: None, limit: 10 };
    let shown = cast.world.see::<TicketTracker, _>(tracker, &view).unwrap();
    let on = shown.depends_on.into_iter().map(|(on, _)| on).collect();
    let by = shown.depended_on_by.into_iter().map(|(of, _)| of).collect();
    (shown.ticket.dependencies, on, by)
}

/// A ticket of olga's tracker waits for one of bob's, which waits for another of olga's: the middle goes, and then the rest.
#[test]
fn a_deleted_ticket_leaves_no_dependency_with_either_side() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let factory = cast.world.factory(bob, "shed");
        let chores = cast.world.tracker(bob, &factory, "chores");
        let (first, last, near) = (cast.ticket(), cast.ticket(), cast.ticket());
        let middle = ticket_of(bob, &chores);
        let (olgas, bobs) = (olga.permit(tracker), bob.permit(&chores));
        olga.does(client::add_dependency(tracker, &first, &chores, &middle, &olgas));
        bob.does(client::add_dependency(&chores, &middle, tracker, &last, &bobs));
        olga.does(client::add_dependency(tracker, &first, tracker, &near, &olgas));
        let (count, mut both, _) = shown(cast, tracker, 1);
        let mut expected = [near.clone(), middle.clone()];
        both.sort();
        expected.sort();
        assert_eq!((count, &both[..]), (2, &expected[..]));
        assert_eq!(shown(cast, tracker, 2), (0, vec![], vec![middle.clone()]));
        assert_eq!(shown(cast, &chores, 1), (1, vec![last.clone()], vec![first.clone()]));
        bob.does(client::comment(&chores, &middle, None, "x", None));
        bob.does(client::assign(&chores, &middle, bob, Some(&bobs)));

        bob.does(client::delete_ticket(&chores, &middle, &bobs));
        assert_eq!(shown(cast, tracker, 1), (1, vec![near.clone()], vec![]), "what waited for it waits no more");
        assert_eq!(shown(cast, tracker, 2), (0, vec![], vec![]), "nor is it listed by what it waited for");
        cast.world.pass(FOLLOWERS_KEPT_S);
        assert_eq!(left(cast, &chores), Vec::<String>::new());

        olga.does(client::delete_ticket(tracker, &near, &olgas));
        assert_eq!(shown(cast, tracker, 1), (0, vec![], vec![]), "both in one tracker");
        for ticket in [&first, &last] {
            olga.does(client::delete_ticket(tracker, ticket, &olgas));
        }
        cast.world.pass(FOLLOWERS_KEPT_S);
        assert_eq!(left(cast, tracker), Vec::<String>::new());
        let view = ViewTracker { viewer: None, before: None, limit: 10 };
        let counted = cast.world.see::<TicketTracker, _>(tracker, &view).unwrap();
        assert_eq!((counted.open, counted.closed), (0, 0));
    });
}

/// A tracker ends a dependency elsewhere on a ticket of its own, and no other.
#[test]
fn a_tracker_takes_back_only_dependencies_of_its_own_tickets() {
    let cast = Cast::new(61, Place::Each);
    let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
    let factory = cast.world.factory(bob, "shed");
    let chores = cast.world.tracker(bob, &factory, "chores");
    let (ticket, on) = (cast.ticket(), ticket_of(bob, &chores));
    let offer = olga.does(client::add_dependency(tracker, &ticket, &chores, &on, &olga.permit(tracker)));
    let dependency = olga.result(&offer);
    let mut count = 0;
    let mut ends = |by: &str, to: &ActorId| {
        count += 1;
        let id = format!("{by}/outbox/{count}");
        let delete =
            serde_json::json!({"id": id, "type": "Delete", "actor": by, "origin": tracker, "object": dependency});
        cast.world.sends(to, &delete);
        cast.world.settle();
        cast.world.ended(to, &id.as_str().into())
    };
    let forger = "https://evil.example/trackers/evil";
    assert_eq!(ends(forger, tracker), "no-capability at step 3");
    assert_eq!(ends(forger, &chores), "done", "remembered until its tracker says so");
    assert_eq!(shown(&cast, &chores, 1).2, std::slice::from_ref(&ticket));
    assert_eq!(ends(tracker.as_str(), &chores), "done");
    assert_eq!(shown(&cast, &chores, 1).2, Vec::<String>::new(), "its tracker says so");
    assert_eq!(ends(chores.as_str(), tracker), "done");
    assert_eq!(shown(&cast, tracker, 1).0, 0);
    assert_eq!(ends(chores.as_str(), tracker), "no-capability at step 3", "there is none any more");
}

/// Its own tracker's word on the end of a dependency overtakes the one on its beginning.
#[test]
fn a_dependency_that_ended_before_it_was_confirmed_is_not_listed() {
    let cast = Cast::new(62, Place::Each);
    let on = cast.ticket();
    let far = "https://far.example/trackers/far";
    let send = |n: u64, mut body: serde_json::Value| {
        let id = format!("{}/outbox/{n}", body["actor"].as_str().unwrap());
        body["id"] = id.as_str().into();
        cast.world.sends(&cast.tracker, &body);
        cast.world.settle();
        assert_eq!(cast.world.ended(&cast.tracker, &id.as_str().into()), "done");
        id
    };
    let dependency = format!("{far}/dependencies/1");
    let offered = send(
        1,
        serde_json::json!({
            "type": "Offer", "actor": cast.alice.id, "target": far,
            "object": {"type": "TicketDependency", "subject": format!("{far}/tickets/4"), "relationship": "dependsOn", "object": on},
        }),
    );
    send(1, serde_json::json!({"type": "Delete", "actor": far, "origin": far, "object": dependency}));
    send(2, serde_json::json!({"type": "Accept", "actor": far, "object": offered, "result": dependency}));
    assert_eq!(shown(&cast, &cast.tracker, 1).2, Vec::<String>::new());
    for table in ["dependants", "dependant_offers", "dependant_ids", "dependant_removals"] {
        assert_eq!(cast.world.rows(cast.tracker.as_str(), table), [], "{table}");
    }
}

/// One past what a turn may remove is another turn's, whether of comments, of dependencies or of followers.
#[test]
fn much_that_hangs_on_a_deleted_ticket_goes_in_several_turns() {
    let cast = Cast::new(63, Place::One);
    let (olga, alice, tracker, world) = (&cast.olga, &cast.alice, &cast.tracker, &cast.world);
    let ticket = cast.ticket();
    let grant = olga.permit(tracker);
    for _ in 0..=SWEPT_RELATIONS_MAX {
        let on = cast.ticket();
        olga.does(client::add_dependency(tracker, &ticket, tracker, &on, &grant));
    }
    for n in 0..=SWEPT_MAX {
        alice.posts(client::comment(tracker, &ticket, None, "x", None));
        if n % 100 == 0 {
            world.settle();
        }
    }
    world.settle();
    let rows = |table: &str| world.rows(tracker.as_str(), table).len();
    assert_eq!((rows("comments"), rows("dependencies")), (SWEPT_MAX + 1, SWEPT_RELATIONS_MAX + 1));
    olga.posts(client::delete_ticket(tracker, &ticket, &grant));
    while rows("deleted") == 0 {
        assert!(world.step());
    }
    assert_eq!((rows("comments"), rows("dependencies")), (1, 1), "the first turn takes as many as it may");
    world.settle();
    assert_eq!((rows("comments"), rows("comment_places"), rows("dependencies")), (0, 0, 0));
    assert_eq!(rows("deleted"), 1, "its followers are kept until they have been told");
    world.pass(FOLLOWERS_KEPT_S - 1);
    assert_eq!((rows("deleted"), rows("~timer")), (1, 1));
    world.pass(1);
    assert_eq!((rows("deleted"), rows("~timer")), (0, 0));
    assert_eq!(rows("ticket_followers"), SWEPT_RELATIONS_MAX + 1, "those of the others");
}

/// Two tickets deleted one after the other share one timer, and each is kept as long as it should be.
#[test]
fn deleted_tickets_wait_with_one_timer() {
    let cast = Cast::new(64, Place::One);
    let (olga, tracker, world) = (&cast.olga, &cast.tracker, &cast.world);
    let grant = olga.permit(tracker);
    let tickets = [cast.ticket(), cast.ticket(), cast.ticket()];
    let rows = |table: &str| world.rows(tracker.as_str(), table).len();
    for ticket in &tickets {
        olga.does(client::delete_ticket(tracker, ticket, &grant));
        world.pass(FOLLOWERS_KEPT_S / 4);
        assert_eq!(rows("~timer"), 1);
    }
    world.pass(FOLLOWERS_KEPT_S / 4);
    assert_eq!((rows("deleted"), rows("ticket_followers"), rows("~timer")), (2, 2, 1), "the first has had its time");
    world.pass(FOLLOWERS_KEPT_S / 2);
    assert_eq!((rows("deleted"), rows("ticket_followers"), rows("~timer")), (0, 0, 0));
}

#[test]
fn nobody_else_has_a_tracker_forget() {
    let cast = Cast::new(65, Place::One);
    let (eve, tracker) = (&cast.bob.id, &cast.tracker);
    cast.ticket();
    let before = cast.world.of(tracker);
    let why = |outcome: Outcome<_>| match outcome {
        Outcome::Refused(why) => why.code,
        other => panic!("{other:?}"),
    };
    let forget = ForgetTicket { ticket: 1 };
    assert_eq!(why(cast.world.call::<TicketTracker>(tracker, eve, forget.clone())), "not-itself");
    assert_eq!(why(cast.world.call::<TicketTracker>(tracker, eve, ForgetFollowers {})), "not-itself");
    let follower = ForgetFollower { who: Some(cast.alice.id.clone()), after: (0, eve.clone()) };
    assert_eq!(why(cast.world.call::<TicketTracker>(tracker, eve, follower)), "not-itself");
    assert_eq!(why(cast.world.call::<TicketTracker>(tracker, tracker, forget)), "not-deleted");
    assert_eq!(cast.world.of(tracker), before);
}
