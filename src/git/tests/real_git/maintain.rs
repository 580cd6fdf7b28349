//! Maintenance, and clearing up after a crash.

use std::time::{Duration, SystemTime};

use pritchel_git::maintain::{Depth, MaintainError, Step, clear_leftovers, needs};
use pritchel_git::place::Repos;
use pritchel_git::process::Exit;

use crate::world::{T0, World, client, ok};

#[tokio::test(flavor = "multi_thread")]
async fn full_maintenance_leaves_one_pack_with_a_bitmap_a_commit_graph_and_packed_references() {
    let mut world = World::new().await;
    let work = world.seeded(3).await;
    for n in 0..3 {
        work.commit("more.txt", &format!("{n}\n"), "More", T0 + 100 + n);
        ok(&work.push(&world.url(), &["main"]).await);
    }
    let done = world.git.maintain(&world.repo, Depth::Full).await.unwrap();
    let steps: Vec<Step> = done.steps.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [Step::PackRefs, Step::Repack, Step::CommitGraph]);
    assert_eq!((done.packs_before, done.packs_after, done.bitmap), (4, 1, true));
    assert!(world.repo.path().join("objects/info/commit-graphs/commit-graph-chain").is_file());
    assert!(std::fs::read_to_string(world.repo.path().join("packed-refs")).unwrap().contains("refs/heads/main"));
    world.bare(&["commit-graph", "verify"]);
    assert_eq!(world.bare(&["fsck", "--strict"]), "");
    ok(&client(world.dir.path(), &["clone", "-q", &world.url(), "clone"]).await);
    // A branch can still be moved and deleted when its reference is packed.
    ok(&work.push(&world.url(), &["main:refs/heads/two"]).await);
    world.git.maintain(&world.repo, Depth::Light).await.unwrap();
    ok(&work.push(&world.url(), &[":refs/heads/two", "+main~2:refs/heads/main"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn light_maintenance_does_not_repack_and_an_empty_repository_can_be_maintained() {
    let mut world = World::new().await;
    let done = world.git.maintain(&world.repo, Depth::Full).await.unwrap();
    assert_eq!((done.packs_before, done.packs_after, done.bitmap), (0, 0, false));
    let work = world.seeded(1).await;
    work.commit("more.txt", "more\n", "More", T0 + 100);
    ok(&work.push(&world.url(), &["main"]).await);
    let done = world.git.maintain(&world.repo, Depth::Light).await.unwrap();
    assert_eq!((done.packs_before, done.packs_after, done.bitmap), (2, 2, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repack_keeps_what_nothing_refers_to_for_a_while() {
    let mut world = World::new().await;
    let work = world.seeded(3).await;
    let dropped = work.id("main");
    ok(&work.push(&world.url(), &["+main~1:refs/heads/main"]).await);
    let done = world.git.maintain(&world.repo, Depth::Full).await.unwrap();
    assert_eq!((done.packs_after, done.bitmap), (2, true), "one pack, and one of cruft");
    assert_eq!(world.bare(&["cat-file", "-t", &dropped.to_string()]), "commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_with_many_packs_needs_a_repack() {
    let mut world = World::new().await;
    world.seeded(1).await;
    assert_eq!(needs(&world.repo).unwrap(), Depth::Light);
    for n in 0..19 {
        std::fs::write(world.repo.path().join(format!("objects/pack/pack-{n}.pack")), b"").unwrap();
    }
    assert_eq!(needs(&world.repo).unwrap(), Depth::Full);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_is_named_and_ends_the_run() {
    let mut world = World::new().await;
    world.seeded(1).await;
    std::fs::write(world.repo.path().join("refs/heads/broken"), "no id\n").unwrap();
    std::fs::write(world.repo.path().join("packed-refs"), "no header, no reference\n").unwrap();
    match world.git.maintain(&world.repo, Depth::Full).await {
        Err(MaintainError::Step { step: Step::PackRefs, ended }) => {
            assert!(matches!(ended.exit, Exit::Code(code) if code != 0), "{ended:?}");
            assert!(ended.stderr.contains("packed-refs"), "{ended:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_killed_processes_left_is_cleared_and_nothing_else() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    let repo = world.repo.path();
    let leftovers = [
        "objects/tmp_objdir-incoming-a/pack/tmp_pack_x",
        "objects/pack/tmp_idx_y",
        "objects/pack/pack-1.keep",
        "refs/heads/main.lock",
        "packed-refs.lock",
        "HEAD.lock",
    ];
    for file in leftovers {
        std::fs::create_dir_all(repo.join(file).parent().unwrap()).unwrap();
        std::fs::write(repo.join(file), b"receive-pack 1 on host\n").unwrap();
    }
    std::fs::write(repo.join("objects/pack/mine.keep"), b"by hand\n").unwrap();
    work.commit("more.txt", "more\n", "More", T0 + 100);
    let locked = work.push(&world.url(), &["main"]).await;
    assert!(!locked.status.success(), "a lock blocks its branch");

    assert_eq!(clear_leftovers(&world.repo, SystemTime::UNIX_EPOCH).unwrap().len(), 0, "too young");
    assert_eq!(clear_leftovers(&world.repo, SystemTime::now()).unwrap().len(), leftovers.len());
    assert!(!repo.join("objects/tmp_objdir-incoming-a").exists());
    assert!(repo.join("objects/pack/mine.keep").exists());
    ok(&work.push(&world.url(), &["main"]).await);
    assert_eq!(world.main_id(), work.id("main"));
}

/// A power cut leaves what git had locked. The branch must not stay locked.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_stop_left_is_cleared_when_a_repository_is_first_looked_up() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    let (lock, quarantine) =
        (world.repo.path().join("refs/heads/main.lock"), world.repo.path().join("objects/tmp_objdir-incoming-a"));
    let leave = || {
        std::fs::write(&lock, b"").unwrap();
        std::fs::create_dir_all(&quarantine).unwrap();
    };
    leave();
    world.repos.find(world.repo.key()).unwrap();
    assert!(lock.exists() && quarantine.exists(), "what a process of this server may have in hand is left alone");
    // A clock that was wrong makes it no younger.
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    std::fs::File::options().write(true).open(&lock).unwrap().set_modified(tomorrow).unwrap();
    let again = Repos::open(&world.dir.path().join("repos")).unwrap();
    again.find(world.repo.key()).unwrap();
    assert!(!lock.exists() && !quarantine.exists());
    work.commit("more.txt", "more\n", "More", T0 + 100);
    ok(&work.push(&world.url(), &["main"]).await);
    assert_eq!(world.main_id(), work.id("main"));

    // Once is enough: what comes later is not from before.
    leave();
    again.find(world.repo.key()).unwrap();
    assert!(lock.exists() && quarantine.exists());
}
