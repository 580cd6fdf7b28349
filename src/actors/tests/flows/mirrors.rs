//! FL-05: a mirror, which is kept as what it mirrors. Git's part is played here.

use super::forks::{copy_of, fetches, forks, pushes};
use super::{Cast, everywhere};
use crate::status::shows;
use pritchel_actor::{ActId, ActorId, Outcome, Refusal, Value};
use pritchel_actors::client;
use pritchel_actors::limits::{
    MERGE_RETRY_S, MIRROR_EVERY_MAX_S, MIRROR_EVERY_MIN_S, MIRROR_EVERY_S, MIRROR_PUSHED_S, MIRROR_WAIT_MAX_S,
};
use pritchel_actors::repository::copy::{Drift, FetchWork};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::repository::{MoveAgain, Repository};

/// Bob's mirror of olga's repository, filled.
fn mirror(cast: &Cast) -> ActorId {
    let (bob, repo) = (&cast.bob, &cast.repo);
    let factory = cast.world.factory(bob, "bench");
    let act = bob.does(client::mirror(&factory, repo, "tea there", "public", &bob.permit(&factory)));
    let mirror = ActorId::new(bob.result(&act));
    cast.world.name(&mirror, "mirror");
    fetches(cast, &mirror, |work| {
        assert!(matches!(work, FetchWork::Copy(_)), "{work:?}");
        Outcome::Done(Value::Null)
    })
    .unwrap();
    mirror
}

fn update(name: &str) -> RefUpdate {
    RefUpdate { name: name.into(), old: None, new: Some("b".repeat(40)) }
}

fn drifts(updates: &[RefUpdate], more: bool) -> Outcome<Value> {
    let drift = Drift { updates: updates.to_vec(), more, head: None };
    Outcome::Done(serde_json::to_value(drift).unwrap())
}

/// Git moves what it is told to.
fn moves(work: FetchWork) -> Outcome<Value> {
    let FetchWork::Move(drift) = work else { panic!("{work:?}") };
    let moved = |update| MovedRef { update, newest: Vec::new(), total: Some(1), forced: false };
    Outcome::Done(serde_json::to_value(drift.updates.into_iter().map(moved).collect::<Vec<_>>()).unwrap())
}

fn heard_pushes(cast: &Cast) -> usize {
    cast.bob.heard().iter().filter(|kind| *kind == "Push").count()
}

/// ForgeFed, "Mirroring".
#[test]
fn a_mirror_looks_now_and_then_and_when_it_hears_of_a_push_and_tells_what_moves() {
    everywhere(|cast| {
        let (olga, bob, repo) = (&cast.olga, &cast.bob, &cast.repo);
        let mirror = mirror(cast);
        assert_eq!(forks(cast), std::slice::from_ref(&mirror));
        let shown = cast.world.see::<Repository, _>(repo, &ViewRepository { viewer: None }).unwrap();
        assert_eq!(shown.mirrored_by, std::slice::from_ref(&mirror));
        assert!(cast.world.rows(repo.as_str(), "followers").iter().any(|(who, _)| *who == mirror.as_str()));
        let next = |cast: &Cast| copy_of(cast, &mirror, bob).next.unwrap().1 - cast.world.now();
        assert_eq!(next(cast), MIRROR_EVERY_S);
        assert_eq!(pushes(cast, &mirror, bob), "is-a-mirror");

        assert_eq!(pushes(cast, repo, olga), "done");
        assert_eq!(next(cast), MIRROR_PUSHED_S, "whoever has just looked waits a little");
        cast.world.pass(MIRROR_PUSHED_S);
        fetches(cast, &mirror, |work| {
            assert!(matches!(work, FetchWork::Compare(_)), "{work:?}");
            drifts(&[update("refs/heads/main"), update("refs/tags/v1")], true)
        })
        .unwrap();
        assert_eq!(heard_pushes(cast), 0, "nothing is told that has not moved");
        fetches(cast, &mirror, moves).unwrap();
        assert_eq!(heard_pushes(cast), 2);
        fetches(cast, &mirror, |_| drifts(&[], false)).unwrap();
        assert_eq!(next(cast), MIRROR_EVERY_S);

        cast.world.pass(MIRROR_EVERY_S);
        fetches(cast, &mirror, |_| Outcome::Done(serde_json::to_value(Drift::default()).unwrap())).unwrap();
        assert_eq!(pushes(cast, repo, olga), "done");
        cast.world.pass(MIRROR_PUSHED_S);
        assert_eq!(pushes(cast, repo, olga), "done");
        fetches(cast, &mirror, |_| drifts(&[], false)).unwrap();
        fetches(cast, &mirror, |_| drifts(&[], false)).expect("it is looked at once more for what came meanwhile");
        assert!(fetches(cast, &mirror, |work| panic!("{work:?}")).is_none());
    });
    shows(&["Create:mirrors", "ForkMade:mirrors", "ForkMade:mirrored"]);
}

#[test]
fn a_mirror_that_fails_looks_more_and_more_slowly_and_never_gives_up() {
    everywhere(|cast| {
        let mirror = mirror(cast);
        let mut waits = Vec::new();
        cast.world.pass(MIRROR_EVERY_S);
        for _ in 0..6 {
            fetches(cast, &mirror, |_| Outcome::Refused(Refusal::new("not-a-repository", "gone"))).unwrap();
            let copy = copy_of(cast, &mirror, &cast.bob);
            assert_eq!(copy.error.unwrap().code, "not-a-repository");
            waits.push(copy.next.unwrap().1 - cast.world.now());
            cast.world.pass(*waits.last().unwrap());
        }
        let doubled = [2, 4, 8, 16].map(|times| times * MIRROR_EVERY_S);
        assert_eq!(waits, [&doubled[..], &[MIRROR_WAIT_MAX_S; 2]].concat());
        fetches(cast, &mirror, |_| drifts(&[update("refs/heads/main")], false)).unwrap();
        fetches(cast, &mirror, |_| Outcome::Unknown).unwrap();
        assert!(copy_of(cast, &mirror, &cast.bob).busy, "it may have moved or not");
        cast.world.pass(MERGE_RETRY_S);
        fetches(cast, &mirror, moves).unwrap();
        let copy = copy_of(cast, &mirror, &cast.bob);
        assert_eq!((copy.failures, copy.error, heard_pushes(cast)), (0, None, 1));
        let again = cast.world.call::<Repository>(&mirror, &cast.bob.id, MoveAgain { drift: Drift::default() });
        assert!(matches!(&again, Outcome::Refused(why) if why.code == "not-itself"), "{again:?}");
    });
}

#[test]
fn an_admin_says_how_often_a_mirror_looks_and_when_it_is_one_no_more() {
    everywhere(|cast| {
        let (alice, bob, repo) = (&cast.alice, &cast.bob, &cast.repo);
        let mirror = mirror(cast);
        let grant = bob.permit(&mirror);
        let edit = |every_s| client::edit_mirror(&mirror, every_s, &grant);
        cast.refuses(&mirror, alice, edit(600), "wrong-hands at step 8");
        cast.refuses(&mirror, bob, edit(MIRROR_EVERY_MIN_S - 1), "interval-not-allowed");
        cast.refuses(&mirror, bob, edit(MIRROR_EVERY_MAX_S + 1), "interval-not-allowed");
        let mut other = edit(600);
        other["object"]["mirrors"] = serde_json::json!(cast.tracker);
        cast.refuses(&mirror, bob, other, "mirrors-another");
        let mut word = edit(600);
        word["object"]["mirrorEvery"] = serde_json::json!("often");
        cast.refuses(&mirror, bob, word, "malformed");
        cast.refuses(repo, &cast.olga, client::edit_mirror(repo, 600, &cast.olga.permit(repo)), "not-a-mirror");
        bob.does(edit(600));
        assert_eq!(copy_of(cast, &mirror, bob).next.unwrap().1, cast.world.now() + 600);
        bob.does(client::end_mirror(&mirror, &grant));
        let copy = copy_of(cast, &mirror, bob);
        assert_eq!((copy.mirror, copy.next), (None, None));
        assert!(!cast.world.rows(repo.as_str(), "followers").iter().any(|(who, _)| *who == mirror.as_str()));
        cast.world.pass(MIRROR_EVERY_S);
        assert!(fetches(cast, &mirror, |work| panic!("{work:?}")).is_none());
        assert_eq!(pushes(cast, &mirror, bob), "done");
        cast.refuses(&mirror, bob, edit(600), "not-a-mirror");
        // A push that was told before it heard of that.
        let id = format!("{repo}/outbox/late");
        let push = serde_json::json!({"id": id, "type": "Push", "actor": repo, "target": repo, "object": repo});
        cast.world.sends(&mirror, &push);
        cast.world.settle();
        assert_eq!(cast.world.ended(&mirror, &ActId::new(id)), "not-the-origin");
    });
}
