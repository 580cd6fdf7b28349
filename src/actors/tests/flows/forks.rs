//! FL-03: a repository made as a copy of another one. Git's part is played here.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::{Somebody, done};
use pritchel_actor::{Act, ActId, ActorId, Outcome, Refusal, Value};
use pritchel_actors::Repository;
use pritchel_actors::client;
use pritchel_actors::limits::FORK_TRIES_S;
use pritchel_actors::repository::copy::{Copy, CopyOf, FETCH_JOB, FetchWork};
use pritchel_actors::repository::forks::ViewForks;
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::repository::{CopyAgain, CopyNow, ProposePush, ReportPush};
use serde_json::json;

/// Does the next fetch of a repository; `None` if there is none.
pub fn fetches(cast: &Cast, repo: &ActorId, does: impl FnOnce(FetchWork) -> Outcome<Value>) -> Option<()> {
    let (kind, _) = cast.world.job(repo, |args| does(serde_json::from_value(args).unwrap()))?;
    assert_eq!(kind, FETCH_JOB);
    cast.world.settle();
    Some(())
}

/// What a repository knows of what it was copied from.
pub fn copy_of(cast: &Cast, repo: &ActorId, viewer: &Somebody) -> Copy {
    let view = ViewRepository { viewer: Some(viewer.id.clone()) };
    cast.world.see::<Repository, _>(repo, &view).unwrap().copy.unwrap()
}

/// The forks of olga's repository, newest first.
pub fn forks(cast: &Cast) -> Vec<ActorId> {
    let view = ViewForks { viewer: None, before: None, limit: 10 };
    let (total, page) = cast.world.see::<Repository, _>(&cast.repo, &view).unwrap();
    assert_eq!(total as usize, page.len());
    page.into_iter().map(|(_, fork)| fork.id).collect()
}

/// Whether somebody's push to a repository may happen, or the code of why not.
pub fn pushes(cast: &Cast, repo: &ActorId, by: &Somebody) -> String {
    let update = RefUpdate { name: "refs/heads/main".into(), old: None, new: Some("a".repeat(40)) };
    let propose = ProposePush {
        push: "p".into(),
        by: by.id.clone(),
        updates: vec![update.clone()],
        capability: None,
        forced: Vec::new(),
    };
    match cast.world.call::<Repository>(repo, repo, propose) {
        Outcome::Refused(why) => return why.code,
        other => drop(done(other)),
    }
    let moved = vec![MovedRef { update, newest: Vec::new(), total: Some(0), forced: false }];
    let report = ReportPush {
        push: "p".into(),
        by: by.id.clone(),
        moved,
        proposed: vec!["refs/heads/main".into()],
        closes: Vec::new(),
    };
    done(cast.world.call::<Repository>(repo, repo, report));
    cast.world.settle();
    "done".into()
}

/// Alice has a factory of hers make a repository by this `Create`.
fn made(cast: &Cast, create: impl FnOnce(&ActorId, &ActId) -> Value) -> (ActorId, ActId, ActorId) {
    let alice = &cast.alice;
    let factory = cast.world.factory(alice, "bench");
    let act = alice.does(create(&factory, &alice.permit(&factory)));
    let fork = ActorId::new(alice.result(&act));
    cast.world.name(&fork, "fork");
    (factory, act, fork)
}

/// ForgeFed, "Forks and Migrations".
#[test]
fn a_fork_is_filled_from_its_origin_which_lists_it_until_it_ends() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let (_, create, fork) = made(cast, |factory, grant| client::fork(factory, repo, "tea too", "public", grant));
        assert_eq!(cast.world.ended(repo, &create), "noted", "the origin waits for the factory's word");
        assert_eq!(forks(cast), std::slice::from_ref(&fork));
        assert!(copy_of(cast, &fork, alice).busy);
        assert_eq!(pushes(cast, &fork, alice), "being-copied");
        fetches(cast, &fork, |work| {
            let of = CopyOf { of: repo.clone(), by: alice.id.clone(), private: false, plain: false };
            assert_eq!(work, FetchWork::Copy(of));
            Outcome::Done(Value::Null)
        })
        .unwrap();
        let copy = copy_of(cast, &fork, alice);
        assert_eq!((copy.done.is_some(), copy.busy, copy.mirror, copy.next), (true, false, None, None));
        assert_eq!(pushes(cast, &fork, alice), "done");
        let again = cast.world.call::<Repository>(&fork, &fork, CopyNow { by: alice.id.clone() });
        assert!(matches!(&again, Outcome::Refused(why) if why.code == "nothing-to-fetch"), "{again:?}");
        let delete = alice.does(client::delete_resource(&fork, &alice.permit(&fork)));
        assert_eq!(cast.world.ended(repo, &delete), "noted", "the origin waits for the fork's word");
        assert_eq!(forks(cast), Vec::<ActorId>::new());
    });
    shows(&["Create:copies", "ForkMade", "ForkMade:listed", "ForkMade:asked", "ForkMade:waits"]);
    shows(&["PeerEnded:fork", "PeerEnded:unlisted", "PeerEnded:asked", "PeerEnded:waits"]);
}

#[test]
fn what_is_no_fork_or_is_told_by_somebody_else_is_not_listed() {
    everywhere(|cast| {
        let (alice, bob, repo) = (&cast.alice, &cast.bob, &cast.repo);
        let (factory, create, fork) =
            made(cast, |factory, grant| client::create(factory, "Repository", "cup", None, grant));
        // A `Create` of what is no fork concerns the repository not at all.
        assert_eq!(cast.world.ended(repo, &create), "not seen");
        let mut asks = client::fork(&factory, repo, "too", "public", &alice.permit(&factory));
        asks["to"] = json!([repo]);
        asks["capability"] = json!("https://nowhere.example/grant");
        let asked = alice.does(asks.clone());
        cast.refuses(
            repo,
            bob,
            json!({"type": "Accept", "to": [repo], "object": asked, "result": fork}),
            "not-the-factory",
        );
        let says = |name: &str, of: &ActId, result: Option<&ActorId>| {
            let id = ActId::new(format!("{factory}/outbox/{name}"));
            let mut body = json!({"id": id, "type": "Accept", "actor": factory, "to": [repo], "object": of});
            if let Some(result) = result {
                body["result"] = json!(result);
            }
            let act = Act::made(id.clone(), factory.clone(), body);
            assert!(cast.world.puts(repo, act));
            cast.world.settle();
            cast.world.ended(repo, &id)
        };
        assert_eq!(says("none", &asked, None), "nothing-made");
        assert_eq!(says("other", &asked, Some(&fork)), "not-a-fork", "what was made does not say so");
        asks["object"]["mirrors"] = json!(cast.tracker);
        let mirrors = alice.does(asks);
        assert_eq!(says("another", &mirrors, Some(&fork)), "mirrors-another");
        assert_eq!(forks(cast), Vec::<ActorId>::new());
    });
    shows(&["ForkMade/not-the-factory", "ForkMade/nothing-made", "ForkMade/mirrors-another"]);
}

#[test]
fn a_factory_copies_repositories_only_and_reads_no_archives() {
    everywhere(|cast| {
        let (olga, factory) = (&cast.olga, &cast.factory);
        let create = |kind: &str, terms: Value| {
            let mut create = client::create(factory, kind, "copy", None, &olga.permit(factory));
            for (term, value) in terms.as_object().unwrap() {
                create["object"][term] = value.clone();
            }
            create
        };
        let archive = json!({"type": "Link", "href": "https://a.example/archive.json"});
        #[rustfmt::skip]
        let rows = [
            ("Project",       json!({"origin": cast.tracker}),                     "cannot-copy"),
            ("Repository",    json!({"mirrors": cast.repo}),                       "mirrors-another"),
            ("Repository",    json!({"origin": cast.repo, "mirrors": cast.tracker}), "mirrors-another"),
            ("Project",       json!({"origin": archive}),                          "malformed"),
            ("Repository",    json!({"origin": archive, "mirrors": archive}),      "malformed"),
            ("Repository",    json!({"origin": "tea"}),                            "malformed"),
            ("Repository",    json!({"origin": [cast.repo, cast.tracker]}),        "malformed"),
        ];
        for (kind, terms, expected) in rows {
            cast.refuses(factory, olga, create(kind, terms), expected);
        }
    });
}

#[test]
fn a_private_fork_is_told_to_nobody_and_ends_quietly() {
    everywhere(|cast| {
        let (alice, repo) = (&cast.alice, &cast.repo);
        let (_, create, fork) = made(cast, |factory, grant| client::fork(factory, repo, "tea too", "private", grant));
        assert_eq!(cast.world.ended(repo, &create), "not seen");
        fetches(cast, &fork, |work| {
            assert!(matches!(work, FetchWork::Copy(CopyOf { private: true, .. })), "{work:?}");
            Outcome::Done(Value::Null)
        })
        .unwrap();
        let delete = alice.does(client::delete_resource(&fork, &alice.permit(&fork)));
        assert_eq!(cast.world.ended(repo, &delete), "not seen");
        assert_eq!(forks(cast), Vec::<ActorId>::new());
    });
}

#[test]
fn a_fork_that_cannot_be_fetched_is_tried_some_times_or_when_somebody_wants_it() {
    everywhere(|cast| {
        let (alice, bob, repo) = (&cast.alice, &cast.bob, &cast.repo);
        let (_, _, fork) = made(cast, |factory, grant| client::fork(factory, repo, "tea too", "public", grant));
        let down = || Outcome::Refused(Refusal::new("origin-unreachable", "down"));
        fetches(cast, &fork, |_| down()).unwrap();
        for wait_s in FORK_TRIES_S {
            let copy = copy_of(cast, &fork, alice);
            assert_eq!(copy.error.as_ref().unwrap().code, "origin-unreachable");
            assert_eq!(copy.next.unwrap().1, cast.world.now() + wait_s);
            cast.world.pass(wait_s - 1);
            assert!(fetches(cast, &fork, |work| panic!("{work:?}")).is_none());
            cast.world.pass(1);
            fetches(cast, &fork, |_| down()).unwrap();
        }
        assert_eq!(copy_of(cast, &fork, alice).next, None, "it is given up");
        let wants = |by: &Somebody| cast.world.call::<Repository>(&fork, &fork, CopyNow { by: by.id.clone() });
        let refused = |outcome: Outcome<Value>, code: &str| {
            assert!(matches!(&outcome, Outcome::Refused(why) if why.code == code), "{outcome:?}");
        };
        refused(wants(bob), "role-too-small");
        refused(cast.world.call::<Repository>(&fork, &bob.id, CopyAgain {}), "not-itself");
        done(wants(alice));
        fetches(cast, &fork, |_| Outcome::Refused(Refusal::new("not-a-repository", "none"))).unwrap();
        assert_eq!(copy_of(cast, &fork, alice).next, None, "it will be no other the next time");
        done(wants(alice));
        fetches(cast, &fork, |_| Outcome::Unknown).unwrap();
        let copy = copy_of(cast, &fork, alice);
        assert_eq!((copy.error.unwrap().code.as_str(), copy.done), ("fetch-failed", None));
        assert_eq!(pushes(cast, &fork, alice), "done", "it is a repository all the same");
        cast.world.pass(*FORK_TRIES_S.last().unwrap());
        assert!(fetches(cast, &fork, |work| panic!("{work:?}")).is_none(), "and whoever pushed has made it theirs");
    });
}

/// A fork's factory may be heard before whoever asked it.
#[test]
fn the_order_in_which_the_origin_hears_of_it_does_not_matter() {
    let cast = Cast::new(91, super::Place::Each);
    let (alice, repo) = (&cast.alice, &cast.repo);
    let factory = cast.world.factory(alice, "bench");
    let create = alice.posts(client::fork(&factory, repo, "tea too", "public", &alice.permit(&factory)));
    cast.world.rest();
    let held = cast.world.hold(repo, "Create");
    cast.world.settle();
    assert_eq!(forks(&cast), Vec::<ActorId>::new());
    cast.world.release(held);
    cast.world.settle();
    assert_eq!(forks(&cast), [ActorId::new(alice.result(&create))]);
    // Only of itself a fork says that it is no more.
    let fork = forks(&cast)[0].clone();
    let delete = json!({"id": format!("{}/outbox/d", alice.id), "type": "Delete", "actor": alice.id, "object": fork});
    cast.world.sends(repo, &delete);
    let accept =
        json!({"id": format!("{}/outbox/a", alice.id), "type": "Accept", "actor": alice.id, "object": delete["id"]});
    cast.world.sends(repo, &accept);
    cast.world.settle();
    assert_eq!(forks(&cast), std::slice::from_ref(&fork));
    let delete = json!({"id": format!("{fork}/outbox/d"), "type": "Delete", "actor": fork, "object": alice.id});
    cast.world.sends(repo, &delete);
    let accept = json!({"id": format!("{fork}/outbox/a"), "type": "Accept", "actor": fork, "object": delete["id"]});
    cast.world.sends(repo, &accept);
    cast.world.settle();
    assert_eq!(forks(&cast), std::slice::from_ref(&fork), "what it deletes is another");
    shows(&["PeerEnded/gate"]);
}

#[test]
fn a_repository_begins_with_what_git_finds_at_an_address_and_nobody_there_is_told() {
    const URL: &str = "https://git.example/tea.git";
    everywhere(|cast| {
        let alice = &cast.alice;
        let (factory, _, repo) = made(cast, |factory, grant| client::import(factory, URL, "pot", "public", grant));
        let copy = copy_of(cast, &repo, alice);
        assert!(copy.plain && copy.busy && copy.origin().is_none() && copy.of.as_str() == URL, "{copy:?}");
        assert_eq!(pushes(cast, &repo, alice), "being-copied");
        let down = Refusal::new("origin-unreachable", "nobody answers");
        fetches(cast, &repo, |work| {
            assert!(matches!(&work, FetchWork::Copy(CopyOf { plain: true, of, .. }) if of.as_str() == URL), "{work:?}");
            Outcome::Refused(down.clone())
        });
        assert_eq!(copy_of(cast, &repo, alice).error, Some(down.clone()));
        cast.world.pass(FORK_TRIES_S[0]);
        fetches(cast, &repo, |_| Outcome::Done(Value::Null)).unwrap();
        let copy = copy_of(cast, &repo, alice);
        assert!(copy.done.is_some() && copy.error.is_none() && copy.next.is_none(), "{copy:?}");
        assert_eq!(pushes(cast, &repo, alice), "done");
        let told = cast.world.told_outside();
        assert!(!told.iter().any(|(to, _)| to.contains("git.example")), "{told:?}");
        // It comes from one place, is no mirror, and its address is one.
        let grant = alice.permit(&factory);
        let mut both = client::import(&factory, URL, "x", "public", &grant);
        both["object"]["mirrors"] = cast.repo.as_str().into();
        let both = alice.does(both);
        assert_eq!(alice.refused(&both), "cannot-copy");
        for href in ["file:///etc", "https://mal:x@git.example/tea", "ssh://git@git.example/tea"] {
            let wrong = alice.does(client::import(&factory, href, "x", "public", &grant));
            assert_eq!(alice.refused(&wrong), "malformed", "{href}");
        }
    });
}
