//! Patches made into commits, checked with git itself.

use pritchel_git::apply::ApplyError;
use pritchel_git::log::Person;
use pritchel_git::names::{ObjectId, RefName};

use crate::world::{T0, Work, World, ok};

fn olga() -> Person {
    Person { name: "Olga".into(), email: "olga@a.example".into(), time_s: T0 + 100, offset_min: 0 }
}

async fn applied(world: &World, patches: &[&str]) -> Result<ObjectId, ApplyError> {
    let before = world.bare(&["for-each-ref"]);
    let done = world.git.apply_patches(&world.repo, &RefName::branch("main").unwrap(), patches, &olga()).await;
    assert_eq!(world.bare(&["for-each-ref"]), before, "no reference moves");
    let left: Vec<_> = std::fs::read_dir(world.dir.path().join("run/home")).unwrap().collect();
    assert!(left.is_empty(), "the quarantine is gone: {left:?}");
    done
}

/// The last `count` commits as patches, oldest first.
fn patches(work: &Work, count: u32) -> Vec<String> {
    (0..count).rev().map(|n| work.git(&["format-patch", "--stdout", "-1", &format!("HEAD~{n}")]) + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_become_commits_of_their_authors_and_twice_the_same() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    work.commit("milk.txt", "one\n", "Add milk", T0 + 10);
    work.commit("file1.txt", "changed\n", "Change a file", T0 + 11);
    let patches = patches(&work, 2);
    let texts: Vec<&str> = patches.iter().map(String::as_str).collect();
    let head = applied(&world, &texts).await.unwrap().to_string();
    assert_eq!(applied(&world, &texts).await.unwrap().to_string(), head);
    let told = world.bare(&["log", "--format=%an %cn %at %ct %s", &format!("main..{head}")]);
    let (second, first) = (T0 + 11, T0 + 10);
    assert_eq!(told, format!("Alice Olga {second} {second} Change a file\nAlice Olga {first} {first} Add milk"));
    assert_eq!(world.bare(&["show", &format!("{head}:milk.txt")]), "one");
    let tree = |of: &str| format!("{of}^{{tree}}");
    assert_eq!(world.bare(&["rev-parse", &tree(&head)]), work.git(&["rev-parse", &tree("HEAD")]), "as written");
    world.bare(&["fsck", "--strict"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_that_do_not_fit_are_refused_with_what_git_says() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    work.commit("file1.txt", "changed\n", "Change a file", T0 + 10);
    let patch = patches(&work, 1).remove(0);
    // What git knows the old content of it finds under another name.
    let known = work.git(&["rev-parse", "--short", "HEAD~1:file1.txt"]);
    let elsewhere = patch.replace("file1.txt", "file9.txt").replace(&known, "1234567");
    let torn = patch.replace("+changed\n", "");
    let outside = elsewhere.replace("file9.txt", "../../file1.txt");
    let hook = elsewhere.replace("file9.txt", ".git/hooks/post-applypatch");
    for (what, bad) in [("elsewhere", elsewhere), ("torn", torn), ("outside", outside), ("hook", hook)] {
        match applied(&world, &[&bad]).await {
            Err(ApplyError::Unfit { said }) => assert!(!said.is_empty() && !said.contains("hint:"), "{what}: {said}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    let nowhere = RefName::branch("coffee").unwrap();
    let refused = world.git.apply_patches(&world.repo, &nowhere, &[&patch], &olga()).await;
    assert!(matches!(refused, Err(ApplyError::NoBranch(name)) if name == nowhere));
    ok(&work.push(&world.url(), &["main"]).await);
}
