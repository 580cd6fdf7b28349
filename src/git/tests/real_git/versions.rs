//! Versions of what is offered to be merged, checked with git itself.

use pritchel_git::limits::TEXT_BYTES_MAX;
use pritchel_git::maintain::Depth;
use pritchel_git::merge::{MergeError, Method, Origin, Plan, move_branch, prepare};
use pritchel_git::names::RefName;
use pritchel_git::read::Reader;
use pritchel_git::text::TextError;
use pritchel_git::versions::{forget, keep};

use crate::world::{T0, Work, World, ok};

fn named(version: u32) -> RefName {
    format!("refs/merge/t/1/v{version}").parse().unwrap()
}

fn main() -> RefName {
    RefName::branch("main").unwrap()
}

fn milk(world: &World) -> Origin {
    Origin::Branch(world.repo.clone(), RefName::branch("milk").unwrap())
}

async fn branched(world: &mut World) -> Work {
    let work = world.seeded(2).await;
    work.git(&["checkout", "-q", "-b", "milk"]);
    work.commit("milk.txt", "one\n", "Add milk", T0 + 10);
    ok(&work.push(&world.url(), &["milk"]).await);
    work
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_outlives_its_branch_and_can_be_compared_and_merged() {
    let mut world = World::new().await;
    let work = branched(&mut world).await;
    let first = keep(&world.repo, &milk(&world), &main(), &named(1), None).unwrap().unwrap();
    assert_eq!((first.base, first.head, first.commits), (Some(work.id("main")), work.id("milk"), 1));
    let same = keep(&world.repo, &milk(&world), &main(), &named(2), Some(first.head)).unwrap();
    assert_eq!(same, None, "nothing has been pushed since");
    work.git(&["commit", "-q", "--amend", "-m", "Add more milk"]);
    work.commit("milk.txt", "one\ntwo\n", "Two", T0 + 12);
    ok(&work.push(&world.url(), &["+milk"]).await);
    let second = keep(&world.repo, &milk(&world), &main(), &named(2), Some(first.head)).unwrap().unwrap();
    assert_eq!(second.commits, 2);
    ok(&work.push(&world.url(), &[":milk"]).await);
    world.git.maintain(&world.repo, Depth::Full).await.unwrap();
    world.bare(&["reflog", "expire", "--expire=now", "--all"]);
    world.bare(&["prune", "--expire=now"]);
    let reader = Reader::open(&world.repo).unwrap();
    let between = reader.difference(Some(first.head), second.head).unwrap();
    assert_eq!(between.changes.modified, ["milk.txt"]);
    let plan = Plan {
        origin: Origin::Kept(first.head),
        target: main(),
        method: Method::FastForward,
        message: String::new(),
        by: pritchel_git::log::Person { name: "O".into(), email: "o@a.example".into(), time_s: T0, offset_min: 0 },
    };
    move_branch(&world.repo, &prepare(&world.repo, &plan).unwrap()).unwrap();
    assert_eq!(world.main_id(), first.head, "what was kept is merged, not what came later");
    world.bare(&["fsck", "--strict"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_written_as_a_patch_and_a_difference_as_text() {
    let mut world = World::new().await;
    let work = branched(&mut world).await;
    let (main, milk) = (work.id("main"), work.id("milk"));
    let patch = String::from_utf8(world.git.patch_of(&world.repo, milk).await.unwrap()).unwrap();
    assert!(patch.starts_with(&format!("From {milk} ")) && patch.contains("\n+one\n"), "{patch}");
    let diff = String::from_utf8(world.git.diff_of(&world.repo, Some(main), milk).await.unwrap()).unwrap();
    assert!(diff.starts_with("diff --git a/milk.txt") && diff.ends_with("+one\n"), "{diff}");
    let all = String::from_utf8(world.git.diff_of(&world.repo, None, milk).await.unwrap()).unwrap();
    assert!(all.contains("b/file0.txt") && all.contains("b/milk.txt"), "{all}");
    let nothing = "1".repeat(40).parse().unwrap();
    assert!(matches!(world.git.patch_of(&world.repo, nothing).await, Err(TextError::Failed { .. })));
    work.git(&["checkout", "-q", "milk"]);
    work.commit("long.txt", &"x\n".repeat(600_000), "Much", T0 + 40);
    ok(&work.push(&world.url(), &["milk"]).await);
    let long = world.git.diff_of(&world.repo, Some(main), work.id("milk")).await;
    assert!(matches!(long, Err(TextError::TooLarge { limit: TEXT_BYTES_MAX })), "{long:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_shown_to_no_client_and_pushed_by_none() {
    let mut world = World::new().await;
    let work = branched(&mut world).await;
    keep(&world.repo, &milk(&world), &main(), &named(1), None).unwrap().unwrap();
    let listed = work.git(&["ls-remote", &world.url()]);
    assert!(listed.contains("refs/heads/milk") && !listed.contains("refs/merge"), "{listed}");
    let refused = work.push(&world.url(), &["main:refs/merge/t/1/v1"]).await;
    assert!(!refused.status.success());
    assert_eq!(world.bare(&["rev-parse", named(1).as_str()]), work.id("milk").to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_brings_nothing_or_is_not_there_is_not_kept() {
    let mut world = World::new().await;
    let work = branched(&mut world).await;
    let none = Origin::Branch(world.repo.clone(), RefName::branch("coffee").unwrap());
    assert!(matches!(keep(&world.repo, &none, &main(), &named(1), None), Err(MergeError::NoBranch(_))));
    ok(&work.push(&world.url(), &["milk:main"]).await);
    let nothing = keep(&world.repo, &milk(&world), &main(), &named(1), None);
    assert!(matches!(nothing, Err(MergeError::NothingNew)), "{nothing:?}");
    assert_eq!(world.bare(&["for-each-ref", "refs/merge"]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_one_merge_request_are_forgotten_and_no_others() {
    let mut world = World::new().await;
    branched(&mut world).await;
    let other: RefName = "refs/merge/t/10/v1".parse().unwrap();
    for name in [&named(1), &named(2), &other] {
        keep(&world.repo, &milk(&world), &main(), name, None).unwrap().unwrap();
    }
    assert!(forget(&world.repo, "refs/merge/t/1/").unwrap());
    assert!(forget(&world.repo, "refs/merge/t/1/").unwrap(), "done twice it does nothing more");
    assert_eq!(world.bare(&["for-each-ref", "--format=%(refname)", "refs/merge"]), other.as_str());
    for bad in ["refs/heads/", "refs/merge", "refs/merge/t"] {
        assert!(forget(&world.repo, bad).is_err(), "{bad}");
    }
}
