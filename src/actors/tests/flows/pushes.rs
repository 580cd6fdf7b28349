//! A push of many refs: allowed as a whole, reported part by part, told ref by ref.

use super::{Cast, Place, everywhere};
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Outcome, Value};
use pritchel_actors::limits::{CLOSED_BY_PUSH_MAX, PUSHED_REFS_MAX, REPORTED_REFS_MAX};
use pritchel_actors::person::{CloseByPush, Closing, Person};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::view::ViewHeld;
use pritchel_actors::repository::{ProposePush, ReportPush};
use pritchel_actors::{Repository, client};

fn updates(count: usize) -> Vec<RefUpdate> {
    let update = |n| RefUpdate { name: format!("refs/heads/b{n:04}"), old: None, new: Some("a".repeat(40)) };
    (0..count).map(update).collect()
}

fn propose(cast: &Cast, push: &str, updates: Vec<RefUpdate>) -> Outcome<Value> {
    let propose =
        ProposePush { push: push.to_owned(), by: cast.olga.id.clone(), updates, capability: None, forced: Vec::new() };
    cast.world.call::<Repository>(&cast.repo, &cast.repo, propose)
}

fn report(cast: &Cast, updates: &[RefUpdate]) -> Outcome<Value> {
    let moved =
        |update: &RefUpdate| MovedRef { update: update.clone(), newest: Vec::new(), total: Some(0), forced: false };
    let report = ReportPush {
        push: "p".to_owned(),
        by: cast.olga.id.clone(),
        moved: updates.iter().map(moved).collect(),
        proposed: updates.iter().map(|update| update.name.clone()).collect(),
        closes: Vec::new(),
    };
    cast.world.call::<Repository>(&cast.repo, &cast.repo, report)
}

fn refused(outcome: Outcome<Value>) -> (String, String) {
    match outcome {
        Outcome::Refused(why) => (why.code.to_string(), why.summary.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_moves_as_many_refs_as_its_bound_names_and_not_one_more() {
    let cast = Cast::new(83, Place::One);
    let told = || cast.world.rows(cast.repo.as_str(), "~outbox").len();
    let held = || cast.world.see::<Repository, _>(&cast.repo, &ViewHeld).unwrap().len();
    let before = told();
    let (code, why) = refused(propose(&cast, "p", updates(PUSHED_REFS_MAX + 1)));
    assert_eq!(code, "too-many-refs");
    assert!(why.contains("between 1 and 1000 refs, this one 1001"), "{why}");
    assert_eq!(held(), 0);

    let all = updates(PUSHED_REFS_MAX);
    assert_eq!(propose(&cast, "p", all.clone()), Outcome::Done(Value::Null));
    assert_eq!(held(), PUSHED_REFS_MAX, "all of them can be found again after a crash");
    let (code, why) = refused(report(&cast, &all[..=REPORTED_REFS_MAX]));
    assert_eq!((code.as_str(), held()), ("too-many-refs", PUSHED_REFS_MAX), "{why}");
    let first = &all[..REPORTED_REFS_MAX];
    assert_eq!(report(&cast, first), Outcome::Done(Value::Null));
    assert_eq!(held(), PUSHED_REFS_MAX - REPORTED_REFS_MAX);
    assert_eq!(refused(propose(&cast, "q", all.clone())).0, "ref-held", "what is not reported yet stays held");
    assert_eq!(propose(&cast, "q", first.to_vec()), Outcome::Done(Value::Null));
    assert_eq!(report(&cast, first), Outcome::Done(Value::Null), "a second report does nothing more");
    for part in all.chunks(REPORTED_REFS_MAX) {
        assert_eq!(report(&cast, part), Outcome::Done(Value::Null));
    }
    assert_eq!((held(), told() - before), (REPORTED_REFS_MAX, PUSHED_REFS_MAX), "each ref is told once");
}

/// ForgeFed, "Remote Push": whoever pushes by a Grant is judged by it alone, wherever they live.
#[test]
fn a_push_by_a_grant_is_judged_by_the_grant_each_time() {
    super::everywhere(|cast| {
        let (olga, bob, repo) = (&cast.olga, &cast.bob, &cast.repo);
        olga.lets_in(bob, repo, "write");
        let (grant, olgas) = (bob.permit(repo), olga.permit(repo));
        let of_tracker = olga.permit(&cast.tracker);
        let push = |name: &str, by: &ActorId, capability: &ActId| {
            let updates = vec![RefUpdate { name: format!("refs/heads/{name}"), old: None, new: Some("a".repeat(40)) }];
            let (push, capability) = (name.to_owned(), Some(capability.clone()));
            cast.world.call::<Repository>(
                repo,
                repo,
                ProposePush { push, by: by.clone(), updates, capability, forced: Vec::new() },
            )
        };
        assert_eq!(push("good", &bob.id, &grant), Outcome::Done(Value::Null));
        assert_eq!(refused(push("another", &bob.id, &olgas)).0, "wrong-hands");
        assert_eq!(refused(push("thief", &cast.alice.id, &grant)).0, "wrong-hands");
        assert_eq!(refused(push("elsewhere", &olga.id, &of_tracker)).0, "other-resource");
        olga.does(client::remove(repo, &bob.id, &olgas));
        assert_eq!(refused(push("late", &bob.id, &grant)).0, "revoked");
        let held = cast.world.see::<Repository, _>(repo, &ViewHeld).unwrap();
        assert_eq!(held.iter().map(|held| held.push.as_str()).collect::<Vec<_>>(), ["good"]);
    });
}

#[test]
fn a_grant_for_a_smaller_role_is_no_right_to_push() {
    let cast = Cast::new(83, Place::Each);
    cast.olga.lets_in(&cast.bob, &cast.repo, "triage");
    let capability = Some(cast.bob.permit(&cast.repo));
    let propose = ProposePush {
        push: "p".to_owned(),
        by: cast.bob.id.clone(),
        updates: updates(1),
        capability,
        forced: Vec::new(),
    };
    assert_eq!(refused(cast.world.call::<Repository>(&cast.repo, &cast.repo, propose)).0, "role-too-small");
}

/// Protocol decision F-59: what comes has no hash before, what goes no hash after and no commits, and who follows understands either.
/// The newest shape names the repository as actor alone.
#[test]
fn each_ref_that_moves_is_told_by_where_it_was_and_where_it_is() {
    super::everywhere(|cast| {
        let (bob, repo) = (&cast.bob, &cast.repo);
        let patches = super::patches::patches(cast);
        bob.does(client::follow(repo));
        let (old, new) = ("a".repeat(40), "b".repeat(40));
        #[rustfmt::skip]
        let rows = [
            ("refs/heads/x",  None,       Some(&new), Some(1)),
            ("refs/heads/x",  Some(&old), Some(&new), None),
            ("refs/tags/v1",  Some(&old), None,       None),
        ];
        for (name, old, new, total) in rows {
            let update = RefUpdate { name: name.to_owned(), old: old.cloned(), new: new.cloned() };
            assert_eq!(propose(cast, "p", vec![update.clone()]), Outcome::Done(Value::Null));
            let report = ReportPush {
                push: "p".to_owned(),
                by: cast.olga.id.clone(),
                moved: vec![MovedRef { update, newest: Vec::new(), total, forced: false }],
                proposed: vec![name.to_owned()],
                closes: Vec::new(),
            };
            assert_eq!(cast.world.call::<Repository>(repo, repo, report), Outcome::Done(Value::Null));
            cast.world.settle();
            let act = bob.inbox().last().unwrap().act.clone();
            let told = cast.world.0.borrow().net.act(&act).unwrap();
            let told: Value = serde_json::from_slice(&told).unwrap();
            assert_eq!(
                (&told["type"], &told["actor"], &told["attributedTo"]),
                (&"Push".into(), &repo.as_str().into(), &cast.olga.id.as_str().into())
            );
            assert_eq!(
                (told["hashBefore"].as_str(), told["hashAfter"].as_str()),
                (old.map(String::as_str), new.map(String::as_str))
            );
            assert_eq!((&told["object"]["type"], told.get("context")), (&"OrderedCollection".into(), None));
            let listed = if new.is_none() { Some(0) } else { total };
            assert_eq!(told["object"]["totalItems"].as_u64(), listed);
            assert_eq!(told["target"]["ref"], name);
            for who in [&bob.id, &patches] {
                cast.world.sends(who, &told);
                cast.world.settle();
                assert_eq!(cast.world.rows(who.as_str(), "~errbox"), [], "{who} understands it");
            }
        }
        // As earlier versions of this program told of what had gone.
        let id = ActId::new("https://far.example/repos/far/outbox/1");
        let older = serde_json::json!({
            "id": id, "type": "Push", "actor": "https://far.example/repos/far", "hashBefore": old, "to": [bob.id],
            "target": {"type": "Branch", "context": "https://far.example/repos/far", "ref": "refs/heads/gone"},
        });
        cast.world.sends(bob, &older);
        cast.world.settle();
        assert_eq!(cast.world.ended(bob, &id), "noted");
    });
}
/// Somebody's push to the branch `main`, whose commit closes this ticket.
fn pushed(cast: &Cast, by: &Somebody, at: u8, tracker: &ActorId, ticket: &str) {
    let hash = |at: u8| char::from(b'a' + at).to_string().repeat(40);
    let name = "refs/heads/main".to_owned();
    let old = at.checked_sub(1).map(hash);
    let update = RefUpdate { name: name.clone(), old, new: Some(hash(at)) };
    let (push, capability) = (format!("p{at}"), None);
    let propose = ProposePush {
        push: push.clone(),
        by: by.id.clone(),
        updates: vec![update.clone()],
        capability,
        forced: vec![],
    };
    assert_eq!(cast.world.call::<Repository>(&cast.repo, &cast.repo, propose), Outcome::Done(Value::Null));
    let commit = Some(format!("{}/commits/{}", cast.repo, hash(at)));
    let closes = vec![Closing { tracker: tracker.clone(), ticket: ticket.to_owned(), commit }];
    let moved = vec![MovedRef { update, newest: Vec::new(), total: Some(1), forced: false }];
    let report = ReportPush { push, by: by.id.clone(), moved, proposed: vec![name], closes };
    for _ in 0..2 {
        // Saying it twice does nothing more.
        let done = cast.world.call::<Repository>(&cast.repo, &cast.repo, report.clone());
        assert_eq!(done, Outcome::Done(Value::Null));
    }
    cast.world.settle();
}

/// How a ticket of number 1 was closed.
fn closed(cast: &Cast, tracker: &ActorId) -> Option<Value> {
    let (_, ticket) = cast.world.rows(tracker.as_str(), "tickets").into_iter().next().unwrap();
    ticket.get("resolved").cloned()
}

#[test]
fn what_a_commit_closes_is_closed_by_a_grant_of_whoever_pushed_it_wherever_the_tracker_is() {
    everywhere(|cast| {
        let (olga, alice, bob) = (&cast.olga, &cast.alice, &cast.bob);
        let workshop = cast.world.factory(bob, "shed");
        let bugs = cast.world.tracker(bob, &workshop, "kettles");
        let ticket = alice.result(&alice.does(client::open_ticket(alice, &bugs, "Cold", "It is", None)));
        pushed(cast, olga, 0, &bugs, &ticket);
        assert_eq!(closed(cast, &bugs), None, "olga has no Grant there");
        bob.lets_in(olga, &bugs, "report");
        pushed(cast, olga, 1, &bugs, &ticket);
        assert_eq!(closed(cast, &bugs), None, "that is not enough");

        let own = cast.ticket();
        pushed(cast, olga, 2, &cast.tracker, &own);
        let resolved = closed(cast, &cast.tracker).unwrap();
        assert_eq!(resolved["by"], olga.as_str());
    });
}

#[test]
fn a_push_closes_so_many_tickets_and_only_for_who_is_not_suspended() {
    let cast = Cast::new(7, Place::One);
    let closing =
        Closing { tracker: cast.tracker.clone(), ticket: format!("{}/tickets/1", cast.tracker), commit: None };
    let closes = |count: usize| CloseByPush { closes: vec![closing.clone(); count] };
    let said = cast.world.call::<Person>(&cast.olga, &cast.repo, closes(CLOSED_BY_PUSH_MAX + 1));
    assert_eq!(refused(said).0, "too-many-tickets");
    let said = cast.world.call::<Person>(&cast.bob, &cast.repo, closes(CLOSED_BY_PUSH_MAX));
    assert_eq!(said, Outcome::Done(Value::Null), "without a Grant nothing is said");
    assert_eq!(cast.world.rows(cast.bob.as_str(), "~outbox"), []);
}
