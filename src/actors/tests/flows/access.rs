//! FL-37 to FL-44: who gets access, and how it ends.

use super::everywhere;
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::ActId;
use pritchel_actors::access::{Issued, Role, Span, Target};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use serde_json::json;

/// ForgeFed, "Offering access using Invite activities".
#[test]
fn the_invited_gets_a_grant_when_they_accept() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let grant = olga.permit(tracker);
        let invite = olga.does(client::invite(tracker, bob, "triage", &grant));
        assert!(bob.may(tracker).is_none(), "an invitation gives nothing yet");
        assert_eq!(cast.world.rows(bob.as_str(), "invited")[0].1["confirmed"], json!(true));
        cast.refuses(tracker, alice, client::accept(&invite, &[tracker]), "not-the-invited");
        cast.refuses(tracker, alice, client::reject(&invite, &[tracker]), "not-the-invited");
        bob.does(client::accept(&invite, &[tracker]));
        assert_eq!(bob.may(tracker).unwrap().1, Role::Triage);
        assert_eq!(bob.cannot_post(client::reject(&invite, &[tracker])).code, "already-answered");
        cast.refuses(tracker, olga, client::invite(tracker, bob, "admin", &grant), "already-collaborator");
        cast.refuses(
            tracker,
            bob,
            client::invite(tracker, alice, "visit", &bob.permit(tracker)),
            "role-too-small at step 17",
        );
        cast.refuses(tracker, olga, client::invite(tracker, alice, "king", &grant), "malformed");
        cast.refuses(tracker, olga, client::invite(tracker, alice, "delegate", &grant), "malformed");
    });
}

/// Ours: whom an admin has invited is let in only while they are one.
#[test]
fn an_invitation_by_somebody_who_is_no_admin_any_more_comes_to_nothing() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        olga.lets_in(bob, tracker, "admin");
        let invite = bob.does(client::invite(tracker, alice, "admin", &bob.permit(tracker)));
        olga.does(client::remove(tracker, bob, &olga.permit(tracker)));
        cast.refuses(tracker, alice, client::accept(&invite, &[tracker]), "revoked at step 11");
        assert!(alice.may(tracker).is_none());
        // An admin again, by another Grant: what was open is good.
        olga.lets_in(bob, tracker, "admin");
        let invite = bob.does(client::invite(tracker, alice, "admin", &bob.permit(tracker)));
        olga.does(client::remove(tracker, bob, &olga.permit(tracker)));
        olga.lets_in(bob, tracker, "admin");
        alice.does(client::accept(&invite, &[tracker]));
        assert_eq!(alice.may(tracker).unwrap().1, Role::Admin);
    });
}

#[test]
fn an_invitation_declined_is_declined_for_good() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let invite = olga.does(client::invite(tracker, bob, "triage", &olga.permit(tracker)));
        bob.does(client::reject(&invite, &[tracker]));
        assert!(olga.heard().contains(&"Reject".to_owned()));
        assert_eq!(bob.cannot_post(client::accept(&invite, &[tracker])).code, "already-answered");
        olga.lets_in(bob, tracker, "report");
        assert_eq!(bob.may(tracker).unwrap().1, Role::Report);
    });
}

/// A removed collaborator does not come back by an invitation from before.
#[test]
fn an_older_invitation_does_not_outlive_a_later_one_or_a_removal() {
    everywhere(|cast| {
        let (olga, bob, tracker) = (&cast.olga, &cast.bob, &cast.tracker);
        let grant = olga.permit(tracker);
        let first = olga.does(client::invite(tracker, bob, "admin", &grant));
        olga.lets_in(bob, tracker, "report");
        olga.does(client::remove(tracker, bob, &grant));
        cast.refuses(tracker, bob, client::accept(&first, &[tracker]), "already-answered");
        let second = olga.does(client::invite(tracker, bob, "admin", &grant));
        let join = bob.does(client::join(tracker, "visit", None));
        olga.does(client::approve_join(tracker, &join, &grant));
        bob.does(client::leave(tracker));
        cast.refuses(tracker, bob, client::accept(&second, &[tracker]), "already-answered");
        assert!(bob.may(tracker).is_none());
    });
}

/// ForgeFed, "Requesting access using Join activities", option 1.
#[test]
fn who_is_allowed_to_joins_at_once() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        // Access from elsewhere, such as over a project, without being a collaborator.
        let id = format!("{tracker}/outbox/elsewhere");
        let grant = json!({
            "id": id, "type": "Grant", "actor": tracker, "object": "admin", "context": tracker, "target": bob.id,
            "allows": "invoke",
        });
        let target = Target::Actor(bob.id.clone());
        let since = cast.world.now();
        let issued =
            Issued { target, role: Role::Admin, fulfills: None, via: None, since, span: Span::default(), active: true };
        cast.world.plant(tracker, &grant, Some(&issued));
        let elsewhere = ActId::new(id);
        let join = |role: &str, grant: &ActId| client::join(tracker, role, Some(grant));
        olga.lets_in(alice, tracker, "triage");
        cast.refuses(tracker, alice, join("admin", &alice.permit(tracker)), "already-collaborator");
        alice.does(client::leave(tracker));
        cast.refuses(tracker, alice, join("admin", &elsewhere), "wrong-hands at step 8");
        let joined = bob.does(join("write", &elsewhere));
        assert_eq!(bob.may(tracker).unwrap().1, Role::Write);
        assert!(matches!(bob.sent(&joined).state, SentState::Done { .. }));
        cast.refuses(tracker, bob, join("admin", &elsewhere), "already-collaborator");
    });
}

/// The same, option 2.
#[test]
fn a_request_to_join_waits_for_an_admin() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let grant = olga.permit(tracker);
        let join = bob.does(client::join(tracker, "write", None));
        assert!(bob.may(tracker).is_none());
        cast.refuses(tracker, alice, client::accept(&join, &[tracker]), "no-capability at step 3");
        cast.refuses(tracker, alice, client::reject(&join, &[tracker]), "no-capability at step 3");
        olga.does(client::approve_join(tracker, &join, &grant));
        assert_eq!(bob.may(tracker).unwrap().1, Role::Write);
        assert!(matches!(bob.sent(&join).state, SentState::Done { .. }));
        cast.refuses(tracker, olga, client::approve_join(tracker, &join, &grant), "already-decided");

        let denied = alice.does(client::join(tracker, "admin", None));
        let mut deny = client::reject(&denied, &[tracker]);
        deny["capability"] = json!(grant);
        olga.does(deny);
        assert_eq!(alice.refused(&denied), "denied");
        cast.refuses(tracker, olga, client::approve_join(tracker, &denied, &grant), "already-decided");
        let again = alice.does(client::join(tracker, "report", None));
        olga.does(client::approve_join(tracker, &again, &grant));
        assert_eq!(alice.may(tracker).unwrap().1, Role::Report, "who was denied may ask again");
    });
}

/// ForgeFed, "Taking away access using Remove activities" and "Revoking a Grant".
#[test]
fn a_removed_collaborator_can_do_nothing_with_the_old_grant() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let ticket = cast.ticket();
        olga.lets_in(bob, tracker, "triage");
        let held = bob.permit(tracker);
        cast.refuses(tracker, bob, client::remove(tracker, olga, &held), "role-too-small at step 17");
        cast.refuses(tracker, olga, client::remove(tracker, alice, &olga.permit(tracker)), "no-collaborator");
        let remove = olga.does(client::remove(tracker, bob, &olga.permit(tracker)));
        assert!(matches!(olga.sent(&remove).state, SentState::Done { .. }), "the Revoke fulfils the Remove");
        assert!(bob.may(tracker).is_none(), "bob has been told");
        cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&held)), "revoked at step 11");
        olga.lets_in(bob, tracker, "triage");
        cast.refuses(tracker, bob, client::close(tracker, &ticket, Some(&held)), "revoked at step 11");
        bob.does(client::close(tracker, &ticket, Some(&bob.permit(tracker))));
    });
}

/// ForgeFed, "Waiving access using Leave activities".
#[test]
fn a_collaborator_leaves_without_asking() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        olga.lets_in(bob, tracker, "triage");
        let leave = bob.does(client::leave(tracker));
        assert!(matches!(bob.sent(&leave).state, SentState::Done { .. }));
        assert!(bob.may(tracker).is_none());
        cast.refuses(tracker, bob, client::leave(tracker), "no-collaborator");
        cast.refuses(tracker, alice, client::leave(tracker), "no-collaborator");
    });
}

/// ForgeFed, "Requesting to disable specific Grants using Undo".
#[test]
fn a_grant_is_undone_by_who_holds_it_or_by_an_admin() {
    everywhere(|cast| {
        let (olga, alice, bob, tracker) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        olga.lets_in(alice, tracker, "triage");
        olga.lets_in(bob, tracker, "triage");
        let (of_alice, of_bob) = (alice.permit(tracker), bob.permit(tracker));
        let undo = |grants: &[ActId], capability: Option<&ActId>| client::undo_grants(tracker, grants, capability);
        cast.refuses(tracker, bob, undo(std::slice::from_ref(&of_alice), None), "no-capability at step 3");
        cast.refuses(tracker, bob, undo(std::slice::from_ref(&of_alice), Some(&of_bob)), "role-too-small at step 17");
        let both = [of_alice.clone(), of_bob.clone()];
        cast.refuses(tracker, olga, undo(&both, Some(&olga.permit(tracker))), "several-holders");
        let own = bob.does(undo(std::slice::from_ref(&of_bob), None));
        assert!(matches!(bob.sent(&own).state, SentState::Done { .. }), "{:?}", bob.sent(&own));
        assert!(bob.may(tracker).is_none());
        let by_admin = olga.does(undo(std::slice::from_ref(&of_alice), Some(&olga.permit(tracker))));
        assert!(matches!(olga.sent(&by_admin).state, SentState::Done { .. }));
        assert!(alice.may(tracker).is_none());
        cast.refuses(tracker, alice, undo(std::slice::from_ref(&of_alice), None), "no-such-grant");
        assert_eq!(cast.world.rows(tracker.as_str(), "collaborators").len(), 1);
    });
}

/// The Person's handler of `Grant`: what nobody asked for, or not so, is not kept.
#[test]
fn a_person_keeps_only_grants_that_were_asked_for_as_they_were() {
    let cast = super::Cast::new(5, super::Place::Each);
    let bob = &cast.bob;
    let invite = cast.olga.does(client::invite(&cast.tracker, bob, "triage", &cast.olga.permit(&cast.tracker)));
    let join = bob.does(client::join(&cast.repo, "report", None));
    let evil = "https://evil.example/repos/evil";
    let grant = |giver: &str, context: &str, role: &str, fulfills: &str, number: u8| {
        let id = format!("{giver}/outbox/{number}");
        cast.world.sends(
            &bob.id,
            &json!({
                "id": id, "type": "Grant", "actor": giver, "object": role, "context": context, "target": bob.id,
                "allows": "invoke", "fulfills": fulfills,
            }),
        );
        cast.world.settle();
        cast.world.ended(&bob.id, &id.as_str().into())
    };
    let (tracker, repo) = (cast.tracker.as_str(), cast.repo.as_str());
    #[rustfmt::skip]
    let rows = [
        (grant(evil, evil, "admin", "https://evil.example/1", 1),     "not-asked-for"),
        (grant(evil, tracker, "triage", invite.as_str(), 2),          "not-its-resource"),
        (grant(evil, evil, "triage", invite.as_str(), 3),             "not-as-invited"),
        (grant(tracker, tracker, "triage", invite.as_str(), 4),       "not-as-invited"),
        (grant(evil, evil, "report", join.as_str(), 5),               "not-as-asked"),
    ];
    for (at, (found, expected)) in rows.into_iter().enumerate() {
        assert_eq!(found, expected, "row {at}");
    }
    grant(repo, repo, "admin", join.as_str(), 6);
    assert_eq!(cast.world.rows(bob.as_str(), "permits"), []);
    shows(&["KeepPermit/not-as-asked", "KeepPermit/not-its-resource"]);
}

/// Protocol decision F-69: who administers a resource follows it, and so hears when somebody wants it linked.
#[test]
fn who_is_let_in_as_admin_follows_and_hears_of_links() {
    super::everywhere(|cast| {
        let (olga, alice, bob, repo) = (&cast.olga, &cast.alice, &cast.bob, &cast.repo);
        let follows = |who: &Somebody| {
            let rows = cast.world.rows(repo.as_str(), "followers");
            rows.iter().any(|(follower, _)| follower == who.as_str())
        };
        olga.lets_in(alice, repo, "maintain");
        assert!(!follows(alice), "only who decides has to hear of everything");
        olga.lets_in(bob, repo, "admin");
        assert!(follows(bob));
        assert_eq!(cast.world.rows(bob.as_str(), "following"), [], "a follow by a Grant is shown to nobody");
        assert_eq!(cast.world.rows(bob.as_str(), "following_quietly").len(), 1);

        let project = cast.world.make(olga, &cast.factory, "Project", "kitchen");
        let heard = bob.heard().len();
        olga.does(client::add(&project, "components", repo, "triage", &olga.permit(&project)));
        assert!(bob.heard().split_off(heard).contains(&"Add".to_owned()), "{:?}", bob.heard());

        // Who follows already is left alone.
        let tracker = &cast.tracker;
        alice.does(client::follow(tracker));
        let before = alice.heard().len();
        olga.lets_in(alice, tracker, "admin");
        assert_eq!(cast.world.rows(alice.as_str(), "following").len(), 1);
        assert_eq!(cast.world.rows(alice.as_str(), "following_quietly"), []);
        assert!(!alice.heard().split_off(before).contains(&"Reject".to_owned()));
    });
}
