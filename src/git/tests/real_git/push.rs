//! Pushes: decided while their objects are in quarantine, and reported by what moved.

use std::io::{self, Cursor};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_compression::tokio::write::GzipEncoder;
use futures_util::StreamExt;
use pritchel_git::hook::{Decision, Proposal};
use pritchel_git::limits::{Bounds, PUSH_UPDATES_MAX, STOP_GRACE};
use pritchel_git::names::{ObjectId, RefName, RefUpdate};
use pritchel_git::process::{Exit, Stop};
use pritchel_git::push::{Handlers, PushEnd, Receiving, compare_refs, sync_moved};
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::smart_http::Protocol;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{T0, Work, World, ok, read_all, said};

fn branch(name: &str) -> RefName {
    RefName::branch(name).unwrap()
}

fn update(name: &str, old: Option<ObjectId>, new: Option<ObjectId>) -> RefUpdate {
    RefUpdate { name: branch(name), old, new }
}

/// Everything below `objects` that is no empty directory.
fn objects(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut dirs = vec![world.repo.path().join("objects")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(world.repo.path()).unwrap().to_str().unwrap().to_owned());
            if path.is_dir() {
                dirs.push(path);
            }
        }
    }
    found.retain(|path| !["objects/pack", "objects/info"].contains(&path.as_str()));
    found.sort();
    found
}

/// Hands a push request straight to the room.
async fn receive(
    world: &World,
    request: Vec<u8>,
    decide: impl FnOnce(Proposal) -> Decision + Send + 'static,
) -> Receiving {
    let decide = async move |proposal| decide(proposal);
    world.git.receive(&world.repo, Protocol::V0, Cursor::new(request), false, decide).await.unwrap()
}

async fn ended(receiving: Receiving) -> (PushEnd, String) {
    let answer = read_all(receiving.body).await.map_or_else(|e| e.to_string(), |b| String::from_utf8_lossy(&b).into());
    (receiving.done.await.unwrap(), answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_push_moves_its_references_and_tells_which() {
    let mut world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    let proposals = Arc::new(Mutex::new(Vec::new()));
    world.decide_by({
        let proposals = proposals.clone();
        move |proposal| {
            proposals.lock().unwrap().push(proposal);
            Decision::Allow
        }
    });
    ok(&work.push(&world.url(), &["main", "main:refs/heads/other"]).await);
    let end = world.push_ends.recv().await.unwrap();
    let expected = vec![update("main", None, Some(id)), update("other", None, Some(id))];
    assert_eq!(end.moved.unwrap(), expected);
    assert_eq!((end.ended.exit, end.decision), (Exit::Code(0), Some(Decision::Allow)));
    assert_eq!(end.proposed, expected);
    end.synced.unwrap();
    assert_eq!(world.main_id(), id);
    let proposals = proposals.lock().unwrap();
    assert_eq!(proposals.len(), 1);
    assert_eq!(proposals[0].updates, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_push_moves_nothing_leaves_nothing_and_shows_its_reason() {
    let mut world = World::new().await;
    let work = world.work("work");
    work.commit("a.txt", "a\n", "Add a", T0);
    world.decide_by(|_| Decision::refuse("main is protected\nask carol\x1b[2J"));
    let output = work.push(&world.url(), &["main"]).await;
    assert!(!output.status.success());
    assert!(said(&output).contains("remote: main is protected"), "{}", said(&output));
    assert!(said(&output).contains("remote: ask carol\u{fffd}[2J"), "{}", said(&output));
    assert!(said(&output).contains("pre-receive hook declined"), "{}", said(&output));
    let end = world.push_ends.recv().await.unwrap();
    assert_eq!(end.moved.unwrap(), vec![]);
    assert!(matches!(end.decision, Some(Decision::Refuse { .. })));
    assert_eq!(end.proposed.len(), 1, "what was refused is told");
    assert_eq!(objects(&world), Vec::<String>::new());
    assert_eq!(world.bare(&["for-each-ref"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_one_of_two_references_is_refused_neither_moves() {
    let mut world = World::new().await;
    let work = world.work("work");
    work.commit("a.txt", "a\n", "Add a", T0);
    let protected = branch("release");
    world.decide_by(move |proposal| {
        if proposal.updates.iter().any(|update| update.name == protected) {
            Decision::refuse("release is protected")
        } else {
            Decision::Allow
        }
    });
    let output = work.push(&world.url(), &["main", "main:refs/heads/release"]).await;
    assert_eq!(said(&output).matches("pre-receive hook declined").count(), 2, "{}", said(&output));
    assert_eq!(world.push_ends.recv().await.unwrap().moved.unwrap(), vec![]);
    assert_eq!(world.bare(&["for-each-ref"]), "");
    ok(&work.push(&world.url(), &["main"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_can_read_what_is_in_quarantine_and_nobody_else_can() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let (old, repo) = (world.main_id(), world.repo.clone());
    let new = work.commit("c.txt", "c\n", "Add c", T0 + 10);
    let seen = Arc::new(Mutex::new(None));
    world.decide_by({
        let seen = seen.clone();
        move |proposal| {
            let quarantine = proposal.quarantine.unwrap();
            let outside = Reader::open(&repo).unwrap().commit_info(new);
            assert!(matches!(outside, Err(ReadError::NotFound { .. })), "{outside:?}");
            let inside = Reader::open_quarantined(&repo, &quarantine).unwrap();
            let range = inside.commits_between(&[old], new, 10, 10).unwrap();
            *seen.lock().unwrap() = Some((range.newest[0].title.clone(), inside.is_ancestor(old, new).unwrap()));
            Decision::Allow
        }
    });
    ok(&work.push(&world.url(), &["main"]).await);
    assert_eq!(seen.lock().unwrap().take(), Some(("Add c".to_owned(), true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_are_deleted_and_history_rewritten_if_the_decision_allows_it() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let first = world.main_id();
    ok(&work.push(&world.url(), &["main:refs/heads/old"]).await);
    world.push_ends.recv().await.unwrap();

    work.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let second = work.commit("other.txt", "other\n", "Other", T0 + 50);
    ok(&work.push(&world.url(), &["+main", ":refs/heads/old"]).await);
    let moved = world.push_ends.recv().await.unwrap().moved.unwrap();
    let expected = vec![update("main", Some(first), Some(second)), update("old", Some(first), None)];
    assert_eq!(moved, expected);
    // What a crash would have left open is found again.
    assert_eq!(compare_refs(&world.repo, &expected).unwrap(), expected);
    sync_moved(&world.repo, &moved).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_really_moved_is_told_when_git_itself_refuses_a_part() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    // Git does not delete the branch that HEAD names, whatever was decided.
    let output = work.push(&world.url(), &[":refs/heads/main", "main:refs/heads/new"]).await;
    assert!(said(&output).contains("deletion of the current branch prohibited"), "{}", said(&output));
    let end = world.push_ends.recv().await.unwrap();
    assert_eq!(end.proposed.len(), 2);
    assert_eq!(end.moved.unwrap(), vec![update("new", None, Some(work.id("main")))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_comparing_tells_which_updates_are_in_place() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let (here, there) = (world.main_id(), work.id("HEAD~1"));
    let rows = [
        (update("main", Some(there), Some(here)), true),
        (update("main", Some(here), Some(there)), false),
        (update("main", Some(here), Some(here)), false),
        (update("main", Some(here), None), false),
        (update("gone", Some(here), None), true),
        (update("gone", None, Some(here)), false),
        (update("main/below", None, Some(here)), false),
    ];
    for (update, in_place) in rows {
        let moved = compare_refs(&world.repo, std::slice::from_ref(&update)).unwrap();
        assert_eq!(!moved.is_empty(), in_place, "{update:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_over_its_bound_is_refused_and_the_pusher_reads_why() {
    let mut world = World::with(Bounds { pack_bytes: 100_000, ..Bounds::default() }).await;
    let work = world.work("work");
    let noise: String = (0..100_000u64).map(|n| format!("{:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    work.commit("noise.txt", &noise, "Noise", T0);
    let output = work.push(&world.url(), &["main"]).await;
    assert!(!output.status.success());
    assert!(said(&output).contains("pack exceeds maximum allowed size"), "{}", said(&output));
    let end = world.push_ends.recv().await.unwrap();
    assert_eq!((end.decision, end.moved.unwrap()), (None, vec![]), "nobody was asked");
    assert_eq!(objects(&world), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_tree_is_refused() {
    let mut world = World::new().await;
    let work = world.work("work");
    work.write("x", "x\n");
    let blob = work.git(&["hash-object", "-w", "x"]);
    work.write("tree", format!("100644 blob {blob}\t.git\n"));
    let tree = work.git(&["-c", "alias.mk=!git mktree < tree", "mk"]);
    let commit = work.git(&["commit-tree", &tree, "-m", "Evil"]);
    let output = work.push(&world.url(), &[&format!("{commit}:refs/heads/main")]).await;
    assert!(said(&output).contains("hasDotgit"), "{}", said(&output));
    assert_eq!(world.push_ends.recv().await.unwrap().decision, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_too_many_references_is_refused() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    let tags: Vec<String> = (0..=PUSH_UPDATES_MAX).map(|n| format!("main:refs/tags/t{n}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let output = work.push(&world.url(), &tags).await;
    assert!(said(&output).contains("at most 1000 references"), "{}", said(&output));
    assert_eq!(world.push_ends.recv().await.unwrap().decision, None);
    ok(&work.push(&world.url(), &tags[1..]).await);
    assert_eq!(world.push_ends.recv().await.unwrap().moved.unwrap().len(), PUSH_UPDATES_MAX);
}

#[tokio::test(flavor = "multi_thread")]
async fn push_options_reach_the_decision() {
    let world = World::new().await;
    let work = world.work("work");
    work.commit("a.txt", "a\n", "Add a", T0);
    world.decide_by(|proposal| Decision::refuse(format!("options: {:?}", proposal.options)));
    let output = work.try_git(&["push", "-o", "ci.skip", "-o", "topic=x y", &world.url(), "main"]).await;
    assert!(said(&output).contains(r#"options: ["ci.skip", "topic=x y"]"#), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_request_may_be_gzip() {
    let world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(&work.push_request("refs/heads/main", None, id)).await.unwrap();
    encoder.shutdown().await.unwrap();
    let body = Cursor::new(encoder.into_inner());
    let decide = async |_| Decision::Allow;
    let receiving = world.git.receive(&world.repo, Protocol::V0, body, true, decide).await.unwrap();
    let (end, answer) = ended(receiving).await;
    assert_eq!(end.moved.unwrap(), vec![update("main", None, Some(id))]);
    assert!(answer.contains("ok refs/heads/main"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_from_a_place_where_the_reference_is_not_is_refused_before_anybody_is_asked() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let (here, before) = (world.main_id(), work.id("HEAD~1"));
    let new = work.commit("c.txt", "c\n", "Add c", T0 + 10);
    for old in [None, Some(before)] {
        let request = work.push_request("refs/heads/main", old, new);
        let (end, answer) = ended(receive(&world, request, |_| panic!("nobody is asked")).await).await;
        assert!(answer.contains("`refs/heads/main` has moved meanwhile"), "{answer}");
        assert_eq!((end.proposed, end.moved.unwrap()), (vec![], vec![]));
    }
    let request = work.push_request("refs/heads/main", Some(here), new);
    let (end, _) = ended(receive(&world, request, |_| Decision::Allow).await).await;
    assert_eq!(end.moved.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_outside_refs_is_refused() {
    let world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    for name in ["HEAD", "heads/main", "refs/heads/../../config"] {
        let request = work.push_request(name, None, id);
        let (end, answer) = ended(receive(&world, request, |_| panic!("nobody is asked")).await).await;
        assert!(!answer.contains(&format!("ok {name}")), "{answer}");
        assert_eq!((end.decision, end.moved.unwrap()), (None, vec![]), "{name}");
    }
    assert_eq!(world.bare(&["for-each-ref"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pusher_who_hangs_up_half_way_leaves_nothing() {
    let world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    let request = work.push_request("refs/heads/main", None, id);
    for cut in [10, 60, request.len() - 30, request.len() - 1] {
        let gone = futures_util::stream::iter([Err::<bytes::Bytes, _>(io::Error::other("gone"))]);
        let body = Cursor::new(request[..cut].to_vec()).chain(tokio_util::io::StreamReader::new(gone));
        let decide = async |_| panic!("nobody is asked");
        let receiving = world.git.receive(&world.repo, Protocol::V0, body, false, decide).await.unwrap();
        let (end, _) = ended(receiving).await;
        assert_eq!(end.ended.exit, Exit::Stopped(Stop::Request("gone".into())));
        assert_eq!((end.decision, end.moved.unwrap()), (None, vec![]), "cut at {cut}");
        assert_eq!(objects(&world), Vec::<String>::new(), "git has taken its quarantine away");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pusher_who_hangs_up_after_the_last_byte_has_pushed() {
    let world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    let receiving = receive(&world, work.push_request("refs/heads/main", None, id), |_| Decision::Allow).await;
    drop(receiving.body);
    let end = receiving.done.await.unwrap();
    assert_eq!(end.moved.unwrap(), vec![update("main", None, Some(id))]);
    assert_eq!(world.main_id(), id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_takes_too_long_or_fails_refuses_and_is_over_before_the_end_is_told() {
    struct Over(Arc<Mutex<bool>>);
    impl Drop for Over {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = true;
        }
    }
    let short = Bounds { decide_time: Duration::from_millis(200), ..Bounds::default() };
    let rows = [(true, short, "the decision took longer than 0 s"), (false, Bounds::default(), "the server failed")];
    for (hangs, bounds, expected) in rows {
        let world = World::with(bounds).await;
        let work = world.work("work");
        let id = work.commit("a.txt", "a\n", "Add a", T0);
        let over = Arc::new(Mutex::new(false));
        let guard = Over(over.clone());
        let decide = async move |_| {
            let _guard = guard;
            if hangs { std::future::pending().await } else { panic!("the decision fails") }
        };
        let body = Cursor::new(work.push_request("refs/heads/main", None, id));
        let receiving = world.git.receive(&world.repo, Protocol::V0, body, false, decide).await.unwrap();
        let (end, answer) = ended(receiving).await;
        assert!(answer.contains(expected), "{answer}");
        assert_eq!(end.moved.unwrap(), vec![]);
        assert_eq!(end.proposed.len(), 1, "what was proposed is told, so that it can be let go");
        assert!(*over.lock().unwrap(), "the decision is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_git_is_stopped_while_the_server_decides_moves_nothing() {
    let bounds = Bounds { push_time: Duration::from_secs(3), ..Bounds::default() };
    let world = World::with(bounds).await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    // Decides to allow, but only when git is gone: after its time, and the two times it gets to end.
    let decide = async |_| {
        tokio::time::sleep(Duration::from_secs(3) + 2 * STOP_GRACE).await;
        Decision::Allow
    };
    let body = Cursor::new(work.push_request("refs/heads/main", None, id));
    let receiving = world.git.receive(&world.repo, Protocol::V0, body, false, decide).await.unwrap();
    let (end, answer) = ended(receiving).await;
    assert_eq!(end.ended.exit, Exit::Stopped(Stop::TooLong { limit_s: 3 }));
    assert_eq!(end.decision, Some(Decision::Allow), "the end waited for it");
    assert_eq!(end.moved.unwrap(), vec![]);
    assert!(answer.contains("longer than 3 s"), "{answer}");
    assert_eq!(objects(&world), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_success_is_said_before_the_push_is_allowed() {
    let world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    let (allow, allowed) = tokio::sync::oneshot::channel::<()>();
    let decide = async move |_| {
        allowed.await.unwrap();
        Decision::Allow
    };
    let body = Cursor::new(work.push_request("refs/heads/main", None, id));
    let mut receiving = world.git.receive(&world.repo, Protocol::V0, body, false, decide).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), receiving.body.next()).await;
    assert!(early.is_err(), "{early:?}");
    allow.send(()).unwrap();
    let (end, answer) = ended(receiving).await;
    assert!(answer.contains("ok refs/heads/main"), "{answer}");
    end.synced.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_hears_of_a_push_before_the_pusher_does_and_a_pusher_waits_only_so_long() {
    for (told_time, hears) in [(Duration::from_secs(600), true), (Duration::from_millis(50), false)] {
        let world = World::with(Bounds { told_time, ..Bounds::default() }).await;
        let work = world.work("work");
        let id = work.commit("a.txt", "a\n", "Add a", T0);
        let (go, went) = tokio::sync::oneshot::channel::<()>();
        let (heard, hearing) = tokio::sync::oneshot::channel();
        let handlers = Handlers {
            decide: Box::new(|_| Box::pin(async { Decision::Allow })),
            offers: None,
            ended: Box::new(|end| {
                Box::pin(async move {
                    went.await.unwrap();
                    heard.send(end.moved.unwrap()).unwrap();
                })
            }),
        };
        let body = Cursor::new(work.push_request("refs/heads/main", None, id));
        let mut body = world.git.receive_with(&world.repo, Protocol::V0, body, false, handlers).await.unwrap();
        if hears {
            let early = tokio::time::timeout(Duration::from_millis(300), body.next()).await;
            assert!(early.is_err(), "{early:?}");
            go.send(()).unwrap();
            assert!(String::from_utf8_lossy(&read_all(body).await.unwrap()).contains("ok refs/heads/main"));
        } else {
            assert!(String::from_utf8_lossy(&read_all(body).await.unwrap()).contains("ok refs/heads/main"));
            go.send(()).unwrap();
        }
        assert_eq!(hearing.await.unwrap(), [update("main", None, Some(id))], "it hears of it all the same");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_push_wrote_is_written_as_durably_as_git_can() {
    let mut world = World::new().await;
    let work = world.seeded(3).await;
    // What a receive-pack of ours works with, told by git itself.
    assert_eq!(world.bare(&["config", "core.fsync"]), "all");
    assert_eq!(world.bare(&["config", "core.fsyncMethod"]), "fsync");
    assert_eq!(world.bare(&["config", "receive.unpackLimit"]), "1");
    assert_eq!(world.bare(&["config", "receive.maxInputSize"]), (1u64 << 30).to_string());
    // One push is one synced pack, not many loose objects, and nothing else is left.
    let kinds: Vec<String> = objects(&world).iter().filter_map(|p| Some(p.rsplit_once('.')?.1.to_owned())).collect();
    assert_eq!(kinds, ["idx", "pack", "rev"]);
    assert_eq!(objects(&world).len(), 3);
    assert_eq!(world.bare(&["fsck", "--strict"]), "");
    assert_eq!(world.bare(&["rev-parse", "main"]), work.id("main").to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pushers_at_once_end_with_one_of_them_in_place() {
    let mut world = World::new().await;
    world.seeded(1).await;
    let (base, work) = (world.main_id(), Work { path: world.dir.path().join("seed") });
    // Both are allowed before either may go on; git then compares and swaps.
    let both = Arc::new(tokio::sync::Barrier::new(2));
    let mut pushes = Vec::new();
    for name in ["one", "two"] {
        work.git(&["checkout", "-q", "-b", name, &base.to_string()]);
        let id = work.commit(name, name, name, T0 + 20);
        let body = Cursor::new(work.push_request("refs/heads/main", Some(base), id));
        let both = both.clone();
        let decide = async move |_| {
            both.wait().await;
            Decision::Allow
        };
        let receiving = world.git.receive(&world.repo, Protocol::V0, body, false, decide).await.unwrap();
        pushes.push(tokio::spawn(async move { (id, ended(receiving).await) }));
    }
    let mut winners = Vec::new();
    for push in pushes {
        let (id, (end, answer)) = push.await.unwrap();
        assert_eq!(end.decision, Some(Decision::Allow));
        let moved = end.moved.unwrap();
        assert_eq!(answer.contains("ok refs/heads/main"), !moved.is_empty(), "{answer}");
        assert_eq!(answer.contains("ng refs/heads/main"), moved.is_empty(), "{answer}");
        winners.extend(moved.iter().map(|update| (id, update.new)));
    }
    assert_eq!(winners, [(world.main_id(), Some(world.main_id()))]);
}
