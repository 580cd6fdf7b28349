//! FL-04: what has moved, or is archived, is only read. What all kinds refuse then stands in `every_kind`; here is what the single
//! kinds do.

use super::everywhere;
use super::forks::{copy_of, fetches, pushes};
use super::patches::{self, git, moves, opened, prepares};
use crate::world::cast::Somebody;
use pritchel_actor::{ActorId, Outcome, Value};
use pritchel_actors::client;
use pritchel_actors::limits::MIRROR_EVERY_S;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::ReportPush;
use pritchel_actors::repository::copy::{Drift, FetchWork};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::view::ViewHeld;
use pritchel_actors::repository::{ProposePush, Repository};

pub(super) fn archive(who: &Somebody, it: &ActorId, archived: bool) {
    let done = who.does(client::set_archived(it, archived, &who.permit(it)));
    assert!(matches!(who.sent(&done).state, SentState::Done { .. }));
}

#[test]
fn a_tracker_that_has_moved_takes_no_tickets_and_says_where_it_has_moved() {
    everywhere(|cast| {
        let (olga, alice, bob, it) = (&cast.olga, &cast.alice, &cast.bob, &cast.tracker);
        let there = cast.world.tracker(bob, &cast.world.factory(bob, "bench"), "bugs there");
        let ticket = cast.ticket();
        alice.does(client::comment(it, &ticket, None, "x", None));
        let note = cast.world.rows(it.as_str(), "comments")[0].1["id"].as_str().unwrap().to_owned();
        let grant = olga.permit(it);
        olga.does(client::relocate(it, &there, &grant));

        let late = alice.does(client::open_ticket(alice, it, "Late", "x", None));
        assert_eq!(alice.refused(&late), "archived");
        assert!(cast.world.why(it, &late).ends_with(&format!("it has moved to {there}")));
        cast.refuses(it, alice, client::comment(it, &ticket, None, "y", None), "archived");
        cast.refuses(it, alice, client::edit_comment(it, &note, "y"), "archived");
        cast.refuses(it, alice, client::edit_ticket(it, &ticket, "y", "y", None), "archived");
        cast.refuses(it, olga, client::close(it, &ticket, Some(&grant)), "archived");
        cast.refuses(it, olga, client::assign(it, &ticket, bob, Some(&grant)), "archived");
        let other = bob.result(&bob.does(client::open_ticket(bob, &there, "x", "x", None)));
        cast.refuses(it, olga, client::add_dependency(it, &ticket, &there, &other, &grant), "archived");
        cast.refuses(it, bob, client::close(it, &ticket, Some(&grant)), "wrong-hands at step 8");

        // Its tickets are still what others wait for.
        let depends = client::add_dependency(&there, &other, it, &ticket, &bob.permit(&there));
        bob.does(depends);
        assert_eq!(cast.world.rows(it.as_str(), "dependants").len(), 1);
        let follow = bob.does(client::follow_ticket(it, &ticket));
        assert!(matches!(bob.sent(&follow).state, SentState::Done { .. }));
        alice.does(client::delete_comment(it, &note));
        assert_eq!(cast.world.rows(it.as_str(), "comments")[0].1["deleted"], true);
        let deleted = olga.does(client::delete_ticket(it, &ticket, &grant));
        assert!(matches!(olga.sent(&deleted).state, SentState::Done { .. }));
    });
}

#[test]
fn nothing_is_pushed_to_an_archived_repository_and_a_push_under_way_ends() {
    everywhere(|cast| {
        let (olga, bob, repo) = (&cast.olga, &cast.bob, &cast.repo);
        let updates = vec![RefUpdate { name: "refs/heads/trunk".into(), old: None, new: Some("a".repeat(40)) }];
        let propose =
            ProposePush { push: "q".into(), by: olga.id.clone(), updates, capability: None, forced: Vec::new() };
        assert_eq!(cast.world.call::<Repository>(repo, repo, propose), Outcome::Done(Value::Null));
        archive(olga, repo, true);
        assert_eq!(pushes(cast, repo, olga), "archived");
        assert_eq!(pushes(cast, repo, bob), "role-too-small", "who may not push is not told");
        let proposed = vec!["refs/heads/trunk".into()];
        let report =
            ReportPush { push: "q".into(), by: olga.id.clone(), moved: Vec::new(), proposed, closes: Vec::new() };
        assert_eq!(cast.world.call::<Repository>(repo, repo, report), Outcome::Done(Value::Null));
        assert_eq!(cast.world.see::<Repository, _>(repo, &ViewHeld).unwrap(), []);
        let like = bob.does(client::like(repo));
        assert!(matches!(bob.sent(&like).state, SentState::Done { .. }));
        archive(olga, repo, false);
        assert_eq!(pushes(cast, repo, olga), "done");
    });
}

#[test]
fn nothing_is_merged_into_an_archived_repository() {
    everywhere(|cast| {
        let (olga, alice, patches) = (&cast.olga, &cast.alice, patches::patches(cast));
        let request = opened(cast, alice, &patches);
        let apply = || olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
        archive(olga, &cast.repo, true);
        assert_eq!(olga.refused(&apply()), "archived");
        assert!(cast.world.job(&cast.repo, |_| Outcome::Unknown).is_none(), "git is asked for nothing");
        let late = alice.result(&alice.does(patches::offer(cast, alice, &patches)));
        let shown = cast.world.rows(patches.as_str(), "tickets");
        let (_, row) = shown.iter().find(|(_, row)| row["merge"]["unkept"].is_object()).unwrap();
        assert_eq!(row["merge"]["unkept"]["code"], "archived", "{late}: no version of it is kept");

        archive(olga, &cast.repo, false);
        let merged = apply();
        // What has begun ends.
        archive(olga, &cast.repo, true);
        git(cast, prepares);
        git(cast, moves);
        assert!(matches!(olga.sent(&merged).state, SentState::Done { .. }), "{:?}", olga.sent(&merged));
    });
}

#[test]
fn an_archived_tracker_of_merge_requests_merges_nothing() {
    everywhere(|cast| {
        let (olga, alice, bob, patches) = (&cast.olga, &cast.alice, &cast.bob, patches::patches(cast));
        let request = opened(cast, alice, &patches);
        archive(olga, &patches, true);
        cast.refuses(&patches, alice, patches::offer(cast, alice, &patches), "archived");
        let apply = client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches));
        cast.refuses(&patches, olga, apply, "archived");
        let version = [request.as_str(), &format!("{request}/versions/1")];
        let review = client::submit_review(&patches, version, "approve", "x", &[], None);
        cast.refuses(&patches, bob, review, "archived");
    });
}

#[test]
fn an_archived_mirror_looks_no_more_until_it_is_taken_out_of_the_archive() {
    everywhere(|cast| {
        let (bob, repo) = (&cast.bob, &cast.repo);
        let factory = cast.world.factory(bob, "bench");
        let act = bob.does(client::mirror(&factory, repo, "tea there", "public", &bob.permit(&factory)));
        let mirror = ActorId::new(bob.result(&act));
        cast.world.name(&mirror, "mirror");
        fetches(cast, &mirror, |_| Outcome::Done(Value::Null)).unwrap();
        archive(bob, &mirror, true);
        assert_eq!(pushes(cast, repo, &cast.olga), "done", "it hears of that, and does nothing");
        cast.world.pass(2 * MIRROR_EVERY_S);
        assert!(fetches(cast, &mirror, |work| panic!("{work:?}")).is_none());
        archive(bob, &mirror, false);
        fetches(cast, &mirror, |work| {
            assert!(matches!(work, FetchWork::Compare(_)), "{work:?}");
            Outcome::Done(serde_json::to_value(Drift::default()).unwrap())
        })
        .unwrap();
        assert_eq!(copy_of(cast, &mirror, bob).next.unwrap().1, cast.world.now() + MIRROR_EVERY_S);
    });
}
