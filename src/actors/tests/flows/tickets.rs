//! FL-13 to FL-20 and FL-36: the life of a ticket.

use super::everywhere;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Outcome};
use pritchel_actors::person::TakeAssignments;
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::ticket_tracker::view::Uses;
use pritchel_actors::ticket_tracker::view::{TicketShown, ViewTicket};
use pritchel_actors::{Person, client};
use serde_json::json;

fn shown(who: &Somebody, tracker: &ActorId, number: u64) -> TicketShown {
    let view = ViewTicket { viewer: None, number, after: None, limit: 100 };
    who.world.see::<TicketTracker, _>(tracker, &view).unwrap()
}

/// ForgeFed, "Open" under "Issues".
#[test]
fn everybody_opens_tickets_on_a_public_tracker_in_their_own_name() {
    everywhere(|cast| {
        let (alice, tracker) = (&cast.alice, &cast.tracker);
        assert_eq!(cast.ticket(), format!("{tracker}/tickets/1"));
        assert_eq!(cast.ticket(), format!("{tracker}/tickets/2"));
        let ticket = shown(alice, tracker, 1).ticket;
        assert_eq!((ticket.author, ticket.content.as_str()), (alice.id.clone(), "<p>It <em>does</em></p>\n"));
        let open = || client::open_ticket(alice, tracker, "x", "y", None);
        let mut with_id = open();
        with_id["object"]["id"] = json!(format!("{alice}/tickets/1", alice = alice.id));
        cast.refuses(tracker, alice, with_id, "has-an-id");
        let mut other = open();
        other["object"]["attributedTo"] = json!(cast.bob.id);
        assert_eq!(alice.cannot_post(other.clone()).code, "not-oneself");
        // A server that lets its people say so is not believed.
        let act = ActId::new(format!("{}/outbox/forged", alice.id));
        other["id"] = json!(act);
        other["actor"] = json!(alice.id);
        cast.world.sends(tracker, &other);
        cast.world.settle();
        assert_eq!(cast.world.ended(tracker, &act), "not-the-author");
        let mut elsewhere = open();
        elsewhere["object"]["context"] = json!(cast.repo);
        cast.refuses(tracker, alice, elsewhere, "malformed");
        let mut empty = open();
        empty["object"]["summary"] = json!("");
        assert_eq!(alice.cannot_post(empty).code, "malformed");
        let mut long = open();
        long["object"]["summary"] = json!("x".repeat(10_000));
        assert_eq!(alice.cannot_post(long.clone()).code, "malformed");
        let act = ActId::new(format!("{}/outbox/long", alice.id));
        (long["id"], long["actor"]) = (json!(act), json!(alice.id));
        cast.world.sends(tracker, &long);
        cast.world.settle();
        assert_eq!(cast.world.ended(tracker, &act), "malformed", "nor is another server's word taken");
    });
}

/// Unknown properties survive storage, editing and a restart, and are seen again.
#[test]
fn what_nobody_here_reads_of_a_ticket_is_in_its_document_before_and_after_an_edit() {
    everywhere(|cast| {
        let (alice, tracker) = (&cast.alice, &cast.tracker);
        let document = || {
            let ticket = shown(alice, tracker, 1).ticket;
            pritchel_actors::ticket_tracker::wire::document(tracker, 1, &ticket, &Uses::default())
                .unwrap()
                .value()
                .clone()
        };
        let mut open = client::open_ticket(alice, tracker, "x", "y", None);
        let image = json!({"type": "Image", "url": "https://a.example/pot.png"});
        for (term, value) in
            [("x:severity", json!({"level": 3})), ("attachment", json!([image])), ("preferredUsername", json!("evil"))]
        {
            open["object"][term] = value;
        }
        let ticket = alice.result(&alice.does(open.clone()));
        let kept = |document: &serde_json::Value| {
            assert_eq!(document["x:severity"], json!({"level": 3}), "{document}");
            assert_eq!((&document["attachment"], document.get("preferredUsername")), (&image, None), "{document}");
        };
        kept(&document());
        alice.does(client::edit_ticket(tracker, &ticket, "other", "z", None));
        cast.world.restart(crate::world::host(tracker));
        assert_eq!(document()["summary"], "other");
        kept(&document());
        open["object"]["x:severity"] = json!("x".repeat(20_000));
        cast.refuses(tracker, alice, open, "malformed");
    });
}

#[test]
fn a_private_tracker_takes_tickets_only_from_those_who_may_report() {
    everywhere(|cast| {
        let (olga, alice) = (&cast.olga, &cast.alice);
        let mut create = client::create(&cast.factory, "TicketTracker", "secrets", None, &olga.permit(&cast.factory));
        create["object"]["visibility"] = json!("private");
        let create = olga.does(create);
        let tracker = ActorId::new(olga.result(&create));
        cast.world.name(&tracker, "secrets");
        let open = |grant: Option<&ActId>| client::open_ticket(alice, &tracker, "x", "y", grant);
        cast.refuses(&tracker, alice, open(None), "no-capability at step 3");
        olga.lets_in(alice, &tracker, "visit");
        cast.refuses(&tracker, alice, open(Some(&alice.permit(&tracker))), "role-too-small at step 17");
        cast.refuses(&tracker, &cast.bob, client::follow(&tracker), "no-capability at step 3");
        let offer = olga.does(client::open_ticket(olga, &tracker, "x", "y", Some(&olga.permit(&tracker))));
        assert_eq!(olga.result(&offer), format!("{tracker}/tickets/1"));
    });
}

/// ForgeFed, "Close", "Reopen".
#[test]
fn who_may_triage_closes_and_reopens_a_ticket() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        olga.lets_in(bob, tracker, "triage");
        olga.lets_in(alice, tracker, "report");
        let grant = bob.permit(tracker);
        cast.refuses(tracker, bob, client::close(tracker, &ticket, None), "no-capability at step 3");
        cast.refuses(
            tracker,
            alice,
            client::close(tracker, &ticket, Some(&alice.permit(tracker))),
            "role-too-small at step 17",
        );
        cast.refuses(tracker, alice, client::close(tracker, &ticket, Some(&grant)), "wrong-hands at step 8");
        cast.refuses(tracker, bob, client::reopen(tracker, &ticket, Some(&grant)), "already-open");
        let resolve = bob.does(client::close(tracker, &ticket, Some(&grant)));
        assert_eq!(shown(bob, tracker, 1).ticket.resolved.unwrap().act, resolve);
        cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&grant)), "already-closed");
        cast.refuses(tracker, alice, client::reopen(tracker, &ticket, None), "no-capability at step 3");
        let mut inside = client::reopen(tracker, &ticket, None);
        inside["object"]["capability"] = json!(grant);
        bob.does(inside);
        assert!(shown(bob, tracker, 1).ticket.is_open(), "the Grant may be shown in what is undone");
        let missing = format!("{tracker}/tickets/9");
        cast.refuses(tracker, bob, client::close(tracker, &missing, Some(&grant)), "no-such-ticket");
    });
}

/// ForgeFed, "Assign myself", "Unassign myself".
#[test]
fn who_may_triage_takes_a_ticket_and_gives_it_back() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        olga.lets_in(bob, tracker, "triage");
        let grant = bob.permit(tracker);
        cast.refuses(tracker, alice, client::assign(tracker, &ticket, alice, None), "no-capability at step 3");
        let assign = bob.does(client::assign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!(bob.result(&assign), format!("{ticket}/assignments/1"));
        cast.refuses(tracker, bob, client::assign(tracker, &ticket, bob, Some(&grant)), "already-assigned");
        let undo = bob.does(client::unassign(tracker, &ticket, bob, None));
        assert_eq!(bob.result(&undo), format!("{ticket}/assignments/1"));
        cast.refuses(tracker, bob, client::unassign(tracker, &ticket, bob, None), "not-assigned");
    });
}

/// ForgeFed, "Assign another actor", "Unassign another actor".
#[test]
fn another_gets_a_ticket_by_consent_and_loses_it_without_ado() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let grant = olga.permit(tracker);
        let assign = olga.does(client::assign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!(shown(bob, tracker, 1).ticket.assignees, []);
        cast.refuses(tracker, alice, client::accept(&assign, &[tracker]), "not-the-assignee");
        bob.does(client::accept(&assign, &[tracker]));
        assert_eq!(shown(bob, tracker, 1).ticket.assignees[0].who, bob.id);
        assert_eq!(olga.result(&assign), format!("{ticket}/assignments/1"));
        cast.refuses(tracker, bob, client::accept(&assign, &[tracker]), "noted");
        cast.refuses(tracker, alice, client::unassign(tracker, &ticket, bob, None), "no-capability at step 3");
        let undo = olga.does(client::unassign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!(shown(bob, tracker, 1).ticket.assignees, [], "bob's server consents by itself");
        assert_eq!(olga.result(&undo), format!("{ticket}/assignments/1"));
    });
}

/// Protocol decision F-49: who wants not to be asked is not, once the tracker has said that it may be; and nobody else decides that.
#[test]
fn who_takes_what_they_are_given_is_not_asked_and_others_are() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let (ticket, grant) = (cast.ticket(), olga.permit(tracker));
        let assignees = || {
            let assignees = shown(bob, tracker, 1).ticket.assignees;
            assignees.into_iter().map(|assignment| assignment.who).collect::<Vec<_>>()
        };
        let waiting = || cast.world.rows(bob.as_str(), "given").len();
        let unasked = |by: &ActorId, unasked| cast.world.call::<Person>(bob, by, TakeAssignments { unasked });
        assert!(matches!(unasked(alice, true), Outcome::Refused(why) if why.code == "not-oneself"));
        olga.does(client::assign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!((assignees(), waiting()), (vec![], 1), "bob is asked, whatever alice says");

        crate::world::cast::done(unasked(bob, true));
        assert_eq!((assignees(), waiting()), (vec![], 1), "what waits already waits on");
        let says = bob.heard().len();
        let refused = alice.posts(client::assign(tracker, &ticket, bob, None));
        cast.world.settle();
        assert_eq!(alice.refused(&refused), "no-capability");
        assert_eq!(assignees(), [], "the tracker has not said that alice may");
        assert!(bob.heard().len() > says, "and bob has heard of it");

        let assign = olga.does(client::assign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!(assignees(), vec![bob.id.clone()]);
        assert_eq!(olga.result(&assign), format!("{ticket}/assignments/1"));
        let undo = olga.does(client::unassign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!((assignees(), olga.result(&undo)), (vec![], format!("{ticket}/assignments/1")));
        crate::world::cast::done(unasked(bob, false));
        olga.does(client::assign(tracker, &ticket, bob, Some(&grant)));
        assert_eq!(assignees(), [], "he is asked again");
    });
}

/// Protocol decision F-24: consent to the end of an assignment may name the `Undo` or the `Assign`.
#[test]
fn consent_to_the_end_of_an_assignment_may_name_the_assign() {
    let cast = super::Cast::new(1, super::Place::One);
    let (tracker, ticket) = (&cast.tracker, cast.ticket());
    let grant = cast.olga.permit(tracker);
    let far = ActorId::from("https://far.example/people/far");
    let says = |number: u8, of: &ActId| {
        cast.world.sends(
            tracker,
            &json!({"id": format!("{far}/outbox/{number}"), "type": "Accept", "actor": far, "object": of}),
        );
        cast.world.settle();
    };
    let assign = cast.olga.does(client::assign(tracker, &ticket, &far, Some(&grant)));
    says(1, &assign);
    assert_eq!(shown(&cast.bob, tracker, 1).ticket.assignees.len(), 1);
    let undo = cast.olga.does(client::unassign(tracker, &ticket, &far, Some(&grant)));
    says(2, &assign);
    assert_eq!(shown(&cast.bob, tracker, 1).ticket.assignees, []);
    says(3, &undo);
    assert_eq!(cast.world.ended(tracker, &format!("{far}/outbox/3").as_str().into()), "noted");
}

/// ForgeFed, "Delete" under "Issues".
#[test]
fn an_admin_deletes_a_ticket_and_its_number_is_not_used_again() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        olga.lets_in(bob, tracker, "maintain");
        cast.refuses(
            tracker,
            bob,
            client::delete_ticket(tracker, &ticket, &bob.permit(tracker)),
            "role-too-small at step 17",
        );
        olga.does(client::delete_ticket(tracker, &ticket, &olga.permit(tracker)));
        cast.refuses(tracker, olga, client::delete_ticket(tracker, &ticket, &olga.permit(tracker)), "no-such-ticket");
        assert_eq!(cast.ticket(), format!("{tracker}/tickets/2"));
    });
}

/// ForgeFed, "Commenting".
#[test]
fn comments_form_threads_and_reach_those_who_follow_the_ticket() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        bob.does(client::comment(tracker, &ticket, None, "Me *too*", None));
        let first = shown(bob, tracker, 1).comments[0].1.id.clone();
        olga.does(client::comment(tracker, &ticket, Some(&first), "Since when?", None));
        let comments = shown(bob, tracker, 1).comments;
        assert_eq!(comments.iter().map(|(at, comment)| (*at, comment.depth)).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
        assert_eq!(alice.heard().iter().filter(|kind| *kind == "Create").count(), 2, "who opened a ticket follows it");
        let other = format!("{}/notes/nowhere", bob.id);
        cast.refuses(tracker, olga, client::comment(tracker, &ticket, Some(&other), "x", None), "no-such-comment");
        cast.refuses(tracker, olga, client::edit_comment(tracker, &first, "forged"), "not-the-author");
        cast.refuses(tracker, olga, client::delete_comment(tracker, &first), "not-the-author");
        bob.does(client::edit_comment(tracker, &first, "Me too!"));
        assert_eq!(shown(bob, tracker, 1).comments[0].1.content.as_str(), "<p>Me too!</p>\n");
        bob.does(client::delete_comment(tracker, &first));
        assert!(shown(bob, tracker, 1).comments[0].1.deleted);
        cast.refuses(tracker, bob, client::edit_comment(tracker, &first, "back"), "no-such-comment");
    });
}

/// ForgeFed, "Editing an Object", Ticket and "Following" of a child object.
#[test]
fn an_author_edits_a_ticket_and_its_followers_hear_of_it() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        let follow = bob.does(client::follow_ticket(tracker, &ticket));
        assert_eq!(cast.world.rows(bob.as_str(), "following")[0].1["since"], json!(cast.world.now()));
        cast.refuses(tracker, alice, client::follow_ticket(tracker, &ticket), "already-follower");
        alice.does(client::edit_ticket(tracker, &ticket, "Crash on *any* start", "Always", None));
        assert!(bob.heard().ends_with(&["Edit".into(), "Accept".into()]), "{:?}", bob.heard());
        cast.refuses(tracker, bob, client::edit_ticket(tracker, &ticket, "x", "y", None), "no-capability at step 3");
        olga.does(client::edit_ticket(tracker, &ticket, "Crash", "Always", Some(&olga.permit(tracker))));
        let mut state = client::edit_ticket(tracker, &ticket, "x", "y", None);
        state["object"]["isResolved"] = json!(true);
        cast.refuses(tracker, alice, state, "not-editable");
        bob.does(json!({"type": "Undo", "to": [tracker], "object": follow}));
        assert_eq!(cast.world.rows(bob.as_str(), "following"), []);
        assert_eq!(shown(bob, tracker, 1).ticket.followers, 1);
    });
}

/// Protocol decision F-10: a ticket is published when its tracker takes it in, whatever its author says; what they say stays in their
/// act alone.
#[test]
fn a_ticket_is_published_when_its_tracker_takes_it_in() {
    let cast = super::Cast::new(1, super::Place::Each);
    let (tracker, far) = (&cast.tracker, ActorId::from("https://far.example/people/far"));
    let then = "2001-01-01T00:00:00Z";
    let mut offer = client::open_ticket(&far, tracker, "x", "y", None);
    let id = format!("{far}/outbox/1");
    (offer["id"], offer["actor"], offer["object"]["published"]) = (json!(id), json!(far), json!(then));
    cast.world.sends(tracker, &offer);
    cast.world.settle();
    let ticket = shown(&cast.bob, tracker, 1).ticket;
    assert_eq!((ticket.published, ticket.offer.as_str()), (cast.world.now(), id.as_str()));
    let document = pritchel_actors::ticket_tracker::wire::document(tracker, 1, &ticket, &Uses::default()).unwrap();
    assert_eq!(document.value()["published"], pritchel_vocab::Seconds::new(cast.world.now()).to_string());
    assert!(!document.value().to_string().contains(then));
    let inner = cast.world.0.borrow();
    let kept = inner.servers[crate::world::host(tracker)].boxes.act(&ticket.offer).unwrap();
    assert_eq!(kept.body["object"]["published"], then);
}

/// Protocol decision F-36: whatever can be followed by everybody may still be closed to reports.
#[test]
fn a_closed_tracker_is_followed_by_everybody_and_takes_tickets_from_those_who_may_report() {
    everywhere(|cast| {
        let (olga, alice, tracker) = (&cast.olga, &cast.alice, &cast.tracker);
        olga.does(client::set_visibility(tracker, "closed", &olga.permit(tracker)));
        let open = |grant: Option<&ActId>| client::open_ticket(alice, tracker, "x", "y", grant);
        cast.refuses(tracker, alice, open(None), "no-capability at step 3");
        let follow = alice.does(client::follow(tracker));
        assert_eq!(cast.world.ended(tracker, &follow), "done");
        olga.lets_in(alice, tracker, "report");
        let offer = alice.does(open(Some(&alice.permit(tracker))));
        assert_eq!(alice.result(&offer), format!("{tracker}/tickets/1"));
    });
}
