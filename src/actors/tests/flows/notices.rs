//! What a person is notified of: threads that concern them, unread until they are read, quiet while they are muted.

use super::{Cast, Place, everywhere};
use crate::world::cast::{Somebody, done};
use pritchel_actor::{Outcome, Value};
use pritchel_actors::client;
use pritchel_actors::limits::{MARKED_READ_MAX, MENTIONED_MAX, NOTICES_MAX, REFUSAL_IS_NEWS_S};
use pritchel_actors::person::notices::{NoticesShown, Reason, ViewNotices};
use pritchel_actors::person::{MarkAllRead, MarkRead, MuteThread, Person, PersonCall};
use serde_json::json;

fn notices(cast: &Cast, who: &Somebody) -> NoticesShown {
    let view = ViewNotices { viewer: who.id.clone(), before: None, limit: 100, unread: false };
    cast.world.see::<Person, _>(who, &view).unwrap()
}

/// The threads of somebody, newest first: why, and how many acts are unread.
fn threads(cast: &Cast, who: &Somebody) -> Vec<(String, Reason, u32)> {
    let shown = notices(cast, who);
    let unread = shown.notices.iter().filter(|(_, _, unread)| *unread).count() as u64;
    assert_eq!((shown.counts.unread, shown.counts.threads), (unread, shown.notices.len() as u64));
    let row = |(thread, notice, unread): (String, pritchel_actors::person::notices::Notice, bool)| {
        (thread, notice.why, if unread { notice.unread } else { 0 })
    };
    shown.notices.into_iter().map(row).collect()
}

fn calls(cast: &Cast, who: &Somebody, method: impl Into<PersonCall>) -> Outcome<Value> {
    cast.world.call::<Person>(who, who, method)
}

#[test]
fn what_happens_in_a_thread_is_one_notification_that_is_read_and_muted() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        bob.does(client::follow(tracker));
        let (first, second) = (cast.ticket(), cast.ticket());
        assert_eq!(
            threads(cast, bob),
            [(second.clone(), Reason::Opened, 1), (first.clone(), Reason::Opened, 1)],
            "by the address that the tracker gave each"
        );
        assert_eq!(notices(cast, bob).notices[0].1.title.as_deref(), Some("Crash on start"));
        assert_eq!(notices(cast, bob).notices[0].1.by, alice.id, "who opened it, not the tracker that took it in");
        assert_eq!(threads(cast, alice), [], "nobody is notified of what they did themselves");

        alice.does(client::comment(tracker, &first, None, "And now?", None));
        assert_eq!(threads(cast, bob)[0], (first.clone(), Reason::Comment, 2));
        assert_eq!(notices(cast, bob).notices[0].1.title.as_deref(), Some("Crash on start"), "it keeps its title");
        done(calls(cast, bob, MarkRead { threads: vec![first.clone(), "https://nowhere.example/".into()] }));
        assert_eq!(threads(cast, bob)[0], (first.clone(), Reason::Comment, 0));

        done(calls(cast, bob, MuteThread { thread: second.clone(), muted: true }));
        alice.does(client::comment(tracker, &second, None, "Hello?", None));
        assert_eq!(threads(cast, bob)[0], (second.clone(), Reason::Comment, 0), "it is there, and quiet");
        done(calls(cast, bob, MuteThread { thread: second.clone(), muted: false }));
        olga.does(client::close(tracker, &second, Some(&olga.permit(tracker))));
        assert_eq!(threads(cast, bob)[0], (second.clone(), Reason::Closed, 1));

        let seen = notices(cast, bob).counts.next;
        alice.does(client::comment(tracker, &first, None, "Once more", None));
        done(calls(cast, bob, MarkAllRead { before: seen }));
        assert_eq!(
            threads(cast, bob),
            [(first.clone(), Reason::Comment, 1), (second.clone(), Reason::Closed, 0)],
            "what came since the list was seen stays unread"
        );
        done(calls(cast, bob, MarkAllRead { before: u64::MAX }));
        assert_eq!(notices(cast, bob).counts.unread, 0);
    });
}

#[test]
fn who_is_meant_is_told_why() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        alice.does(client::follow(bob));
        assert_eq!(threads(cast, bob), [(alice.id.to_string(), Reason::Follow, 1)]);
        olga.does(client::invite(tracker, bob, "triage", &olga.permit(tracker)));
        assert_eq!(threads(cast, bob)[0], (tracker.to_string(), Reason::Invited, 1));
        olga.does(client::assign(tracker, &ticket, bob, Some(&olga.permit(tracker))));
        assert_eq!(threads(cast, bob)[0], (ticket.clone(), Reason::Assigned, 1));
        let mut note = client::comment(tracker, &ticket, None, "Look, bob", None);
        note["to"] = json!([tracker, bob.id]);
        note["object"]["tag"] = json!([{"type": "Mention", "href": bob.id}]);
        alice.does(note);
        assert_eq!(threads(cast, bob)[0], (ticket.clone(), Reason::Mention, 2));
        olga.does(client::like(&cast.repo));
        assert_eq!(threads(cast, bob).len(), 3, "what concerns others is no notification");
    });
}

/// A ticket of alice's with these in its `tag` and among those it is for.
fn mentioning(cast: &Cast, whom: &[&str]) -> Value {
    let mut offer = client::open_ticket(&cast.alice, &cast.tracker, "Look", "Look here", None);
    offer["cc"] = json!(whom);
    let tag = |whom: &&str| json!({"type": "Mention", "href": whom, "name": "@somebody"});
    offer["object"]["tag"] = whom.iter().map(tag).collect();
    offer
}

#[test]
fn whom_a_new_ticket_mentions_is_told_where_it_is() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let offer = alice.does(mentioning(cast, &[bob.as_str(), alice.as_str()]));
        let ticket = alice.result(&offer);
        assert_eq!(threads(cast, bob), [(ticket, Reason::Mention, 1)]);
        assert_eq!(notices(cast, bob).notices[0].1.title.as_deref(), Some("Look"));
        assert_eq!(threads(cast, alice), [], "nobody is notified of what they did themselves");
    });
}

#[test]
fn of_a_private_tracker_only_who_collaborates_is_told_and_of_each_ticket_a_bounded_number() {
    let cast = Cast::new(7, Place::One);
    let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
    let many: Vec<String> = (0..=MENTIONED_MAX).map(|at| format!("https://far.example/people/p{at}")).collect();
    alice.does(mentioning(&cast, &many.iter().map(String::as_str).collect::<Vec<_>>()));
    let told = cast.world.told_outside();
    assert_eq!(told.iter().filter(|(_, kind)| kind == "Accept").count(), MENTIONED_MAX);

    olga.lets_in(alice, tracker, "report");
    olga.does(client::set_visibility(tracker, "private", &olga.permit(tracker)));
    let mut offer = mentioning(&cast, &[bob.as_str(), olga.as_str()]);
    offer["capability"] = json!(alice.permit(tracker));
    let ticket = alice.result(&alice.does(offer));
    assert_eq!(threads(&cast, bob), [], "they may not see it");
    assert_eq!(threads(&cast, olga)[0], (ticket, Reason::Mention, 1));
}

#[test]
fn a_refusal_that_comes_late_is_news_and_one_that_comes_at_once_is_not() {
    let cast = Cast::new(7, Place::Each);
    let (bob, tracker) = (&cast.bob, &cast.tracker);
    let ticket = cast.ticket();
    bob.does(client::close(tracker, &ticket, None));
    assert_eq!(threads(&cast, bob), [], "whoever asked looks at the page that waits for it");
    let asked = bob.posts(client::close(tracker, &ticket, None));
    let held = loop {
        cast.world.rest();
        match cast.world.hold(bob, "Reject") {
            held if held.is_empty() => assert!(cast.world.carry(), "a Reject comes"),
            held => break held,
        }
    };
    cast.world.pass(REFUSAL_IS_NEWS_S + 1);
    cast.world.release(held);
    cast.world.settle();
    assert_eq!(threads(&cast, bob), [(asked.to_string(), Reason::Refused, 1)]);
}

#[test]
fn notifications_are_their_owners_and_bounded() {
    let cast = Cast::new(7, Place::One);
    let (alice, bob) = (&cast.alice, &cast.bob);
    for at in 0..NOTICES_MAX + 3 {
        let follow = |kind: &str| {
            let who = format!("https://far.example/people/p{at}");
            json!({"id": format!("{who}/outbox/{kind}"), "type": kind, "actor": who, "to": [bob.id], "object": format!("https://far.example/things/{at}")})
        };
        cast.world.sends(bob, &follow("Like"));
    }
    cast.world.settle();
    let counts = notices(&cast, bob).counts;
    assert_eq!((counts.threads, counts.unread, counts.next), (NOTICES_MAX, NOTICES_MAX, NOTICES_MAX + 3));
    assert_eq!(cast.world.rows(bob.as_str(), "notices").len() as u64, NOTICES_MAX);
    assert_eq!(cast.world.rows(bob.as_str(), "notice_order").len() as u64, NOTICES_MAX);

    let refused = |outcome: Outcome<Value>| match outcome {
        Outcome::Refused(why) => why.code,
        other => panic!("{other:?}"),
    };
    let thread = "https://far.example/things/5".to_owned();
    let mine = |muted| MuteThread { thread: thread.clone(), muted };
    assert_eq!(refused(cast.world.call::<Person>(bob, alice, mine(true))), "not-oneself");
    assert_eq!(refused(cast.world.call::<Person>(bob, alice, MarkAllRead { before: 9 })), "not-oneself");
    assert_eq!(refused(cast.world.call::<Person>(bob, alice, MarkRead { threads: Vec::new() })), "not-oneself");
    assert_eq!(
        refused(calls(&cast, bob, MuteThread { thread: "https://nowhere.example/".into(), muted: true })),
        "no-such-thread"
    );
    let many = vec![thread.clone(); MARKED_READ_MAX + 1];
    assert_eq!(refused(calls(&cast, bob, MarkRead { threads: many })), "too-many-threads");
    let view = ViewNotices { viewer: alice.id.clone(), before: None, limit: 1, unread: false };
    assert!(cast.world.see::<Person, _>(bob, &view).is_err(), "of another nothing is shown");
    let view = ViewNotices { viewer: bob.id.clone(), before: None, limit: 10, unread: true };
    done(calls(&cast, bob, MarkRead { threads: vec![thread] }));
    let shown = cast.world.see::<Person, _>(bob, &view).unwrap();
    assert_eq!((shown.notices.len(), shown.counts.unread), (10, NOTICES_MAX - 1));
}
