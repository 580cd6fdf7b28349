//! FL-34 and FL-35: tickets that wait for others, in one tracker and across two.

use super::{Cast, everywhere};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_actors::limits::{DEPENDANTS_MAX, DEPENDANTS_UNCONFIRMED_MAX};
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::ticket_tracker::view::ViewTicket;

fn other_tracker(cast: &Cast) -> (ActorId, String) {
    let factory = cast.world.factory(&cast.bob, "shed");
    let other = cast.world.tracker(&cast.bob, &factory, "chores");
    let offer = cast.bob.does(client::open_ticket(&cast.bob, &other, "First this", "", None));
    (other, cast.bob.result(&offer))
}

fn shown(cast: &Cast, tracker: &ActorId, number: u64) -> (Vec<(String, u64)>, Vec<String>) {
    let view = ViewTicket { viewer: None, number, after: None, limit: 10 };
    let shown = cast.world.see::<TicketTracker, _>(tracker, &view).unwrap();
    (shown.depends_on, shown.depended_on_by.into_iter().map(|(of, _)| of).collect())
}

/// ForgeFed, "Issue and MR Dependencies".
#[test]
fn a_ticket_waits_for_one_of_another_tracker_and_both_show_it() {
    everywhere(|cast| {
        let (olga, alice, tracker) = (&cast.olga, &cast.alice, &cast.tracker);
        let ticket = cast.ticket();
        let (other, on) = other_tracker(cast);
        let grant = olga.permit(tracker);
        cast.refuses(
            tracker,
            alice,
            client::add_dependency(tracker, &ticket, &other, &on, &grant),
            "wrong-hands at step 8",
        );
        assert_eq!(shown(cast, &other, 1).1, Vec::<String>::new(), "what is refused is not listed by the other either");
        let offer = olga.does(client::add_dependency(tracker, &ticket, &other, &on, &grant));
        let dependency = olga.result(&offer);
        assert_eq!(shown(cast, tracker, 1).0, [(on.clone(), 1)]);
        assert_eq!(shown(cast, &other, 1).1, std::slice::from_ref(&ticket));
        cast.refuses(tracker, olga, client::add_dependency(tracker, &ticket, &other, &on, &grant), "already-depends");
        cast.refuses(
            tracker,
            alice,
            client::remove_dependency(tracker, &dependency, &other, &grant),
            "wrong-hands at step 8",
        );
        assert_eq!(shown(cast, &other, 1).1, std::slice::from_ref(&ticket));
        olga.does(client::remove_dependency(tracker, &dependency, &other, &grant));
        assert_eq!(shown(cast, tracker, 1).0, []);
        assert_eq!(shown(cast, &other, 1).1, Vec::<String>::new());
    });
}

#[test]
fn tickets_of_one_tracker_wait_for_each_other_but_not_in_circles() {
    everywhere(|cast| {
        let (olga, tracker) = (&cast.olga, &cast.tracker);
        let (first, second, third) = (cast.ticket(), cast.ticket(), cast.ticket());
        let grant = olga.permit(tracker);
        let add = |ticket: &str, on: &str| client::add_dependency(tracker, ticket, tracker, on, &grant);
        let offer = olga.does(add(&first, &second));
        olga.does(add(&second, &third));
        assert_eq!(shown(cast, tracker, 2), (vec![(third.clone(), 2)], vec![first.clone()]));
        cast.refuses(tracker, olga, add(&third, &first), "circle");
        cast.refuses(tracker, olga, add(&first, &first), "depends-on-itself");
        cast.refuses(tracker, olga, add(&first, &format!("{tracker}/tickets/9")), "no-such-ticket");
        olga.does(client::remove_dependency(tracker, &olga.result(&offer), tracker, &grant));
        assert_eq!(shown(cast, tracker, 2).1, Vec::<String>::new());
        olga.does(add(&third, &first));
        assert_eq!(shown(cast, tracker, 1).1, [third]);
    });
}

/// What anybody may tell a tracker takes no more room than it has for that, and what a tracker has confirmed stays.
#[test]
fn what_strangers_tell_of_dependants_makes_room_for_what_comes_later() {
    let cast = Cast::new(3, super::Place::Each);
    let on = cast.ticket();
    let far = "https://far.example/trackers/far";
    let alice = cast.alice.id.clone();
    let send = |id: &str, mut body: serde_json::Value| {
        body["id"] = id.into();
        cast.world.sends(&cast.tracker, &body);
        cast.world.settle();
        cast.world.ended(&cast.tracker, &id.into())
    };
    let offer = |number: u64| {
        serde_json::json!({
            "type": "Offer", "actor": alice, "target": far,
            "object": {"type": "TicketDependency", "subject": format!("{far}/tickets/{number}"), "relationship": "dependsOn", "object": on},
        })
    };
    let confirm = |of: &str, number: u64| serde_json::json!({"type": "Accept", "actor": far, "object": of, "result": format!("{far}/dependencies/{number}")});
    let rows = |table: &str| cast.world.rows(cast.tracker.as_str(), table).len() as u64;
    assert_eq!(send(&format!("{alice}/offers/0"), offer(0)), "done");
    assert_eq!(send(&format!("{far}/accepts/0"), confirm(&format!("{alice}/offers/0"), 0)), "done");
    assert_eq!(rows("dependants_unconfirmed"), 0, "what is confirmed waits no more");
    for number in 1..=DEPENDANTS_UNCONFIRMED_MAX {
        let delete = serde_json::json!({"type": "Delete", "actor": alice, "origin": far, "object": format!("{far}/dependencies/{}", number + 1000)});
        assert_eq!(send(&format!("{alice}/deletes/{number}"), delete), "done");
    }
    assert_eq!(rows("dependant_removals"), DEPENDANTS_UNCONFIRMED_MAX);
    for number in 1..=3 {
        assert_eq!(send(&format!("{alice}/offers/{number}"), offer(number)), "done");
    }
    assert_eq!(
        (rows("dependant_removals"), rows("dependants")),
        (DEPENDANTS_UNCONFIRMED_MAX - 3, 4),
        "the oldest went"
    );
    assert_eq!((rows("dependants_unconfirmed"), rows("dependants_unconfirmed_places")), (200, 200));
    let lost = format!("{alice}/deletes/1");
    assert_eq!(send(&format!("{far}/accepts/lost"), confirm(&lost, 1)), "noted");
    assert_eq!(send(&format!("{far}/accepts/3"), confirm(&format!("{alice}/offers/3"), 3)), "done");
    assert_eq!(shown(&cast, &cast.tracker, 1).1, [format!("{far}/tickets/0"), format!("{far}/tickets/3")]);
}

#[test]
fn a_ticket_is_listed_under_as_many_as_can_be_shown_and_no_more() {
    let cast = Cast::new(3, super::Place::Each);
    let on = cast.ticket();
    let far = "https://far.example/trackers/far";
    let send = |id: String, mut body: serde_json::Value| {
        body["id"] = id.as_str().into();
        cast.world.sends(&cast.tracker, &body);
        cast.world.settle();
        cast.world.ended(&cast.tracker, &id.as_str().into())
    };
    let offers = |number: usize| {
        let dependency = serde_json::json!({
            "type": "TicketDependency", "subject": format!("{far}/tickets/{number}"), "relationship": "dependsOn", "object": on,
        });
        let body = serde_json::json!({"type": "Offer", "actor": cast.alice.id, "target": far, "object": dependency});
        send(format!("{}/offers/{number}", cast.alice.id), body)
    };
    for number in 0..DEPENDANTS_MAX {
        assert_eq!(offers(number), "done");
        let of = format!("{}/offers/{number}", cast.alice.id);
        let result = format!("{far}/dependencies/{number}");
        let confirms = serde_json::json!({"type": "Accept", "actor": far, "object": of, "result": result});
        assert_eq!(send(format!("{far}/accepts/{number}"), confirms), "done");
    }
    let before = cast.world.of(&cast.tracker);
    assert_eq!(offers(DEPENDANTS_MAX), "too-many-dependants");
    assert_eq!(cast.world.of(&cast.tracker), before);
}

#[test]
fn only_the_tracker_that_keeps_a_dependency_can_confirm_it() {
    let cast = Cast::new(3, super::Place::Each);
    let on = cast.ticket();
    let (far, forger) = ("https://far.example/trackers/far", "https://evil.example/trackers/evil");
    let send = |id: &str, body: serde_json::Value| {
        let mut body = body;
        body["id"] = id.into();
        cast.world.sends(&cast.tracker, &body);
        cast.world.settle();
        cast.world.ended(&cast.tracker, &id.into())
    };
    let alice = cast.alice.id.clone();
    let offer = serde_json::json!({
        "type": "Offer", "actor": alice, "target": far,
        "object": {"type": "TicketDependency", "subject": format!("{far}/tickets/4"), "relationship": "dependsOn", "object": on},
    });
    let offered = format!("{alice}/outbox/1");
    assert_eq!(send(&offered, offer), "done");
    let accept = |actor: &str| serde_json::json!({"type": "Accept", "actor": actor, "object": offered, "result": format!("{far}/dependencies/1")});
    assert_eq!(send(&format!("{forger}/outbox/1"), accept(forger)), "not-its-tracker");
    assert_eq!(shown(&cast, &cast.tracker, 1).1, Vec::<String>::new());
    assert_eq!(send(&format!("{far}/outbox/1"), accept(far)), "done");
    assert_eq!(shown(&cast, &cast.tracker, 1).1, [format!("{far}/tickets/4")]);
}
