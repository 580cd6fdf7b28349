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

/// What git merges by its three sides is merged here too: beside a change of the same lines' neighbours, in a file that has another name by
/// now, and over a file that a patch before it made.
#[tokio::test(flavor = "multi_thread")]
async fn patches_of_an_older_commit_are_merged_by_three_sides() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let lines = |changed: &[(u32, &str)]| -> String {
        (1..=30)
            .map(|n| changed.iter().find(|(at, _)| *at == n).map_or(format!("{n}\n"), |(_, to)| format!("{to}\n")))
            .collect()
    };
    work.commit("list.txt", &lines(&[]), "A list", T0 + 10);
    work.commit("moved.txt", &lines(&[(1, "first")]), "Another list", T0 + 11);
    work.git(&["checkout", "-q", "-b", "topic"]);
    work.commit("list.txt", &lines(&[(20, "twenty")]), "Write twenty", T0 + 12);
    work.commit("moved.txt", &lines(&[(1, "first"), (20, "twenty")]), "And here", T0 + 13);
    work.commit("new.txt", "one\n", "A new file", T0 + 14);
    work.commit("new.txt", "two\n", "Change the new file", T0 + 15);
    let patches = patches(&work, 4);
    let texts: Vec<&str> = patches.iter().map(String::as_str).collect();
    work.git(&["checkout", "-q", "main"]);
    work.commit("list.txt", &lines(&[(18, "eighteen")]), "Write eighteen", T0 + 16);
    work.git(&["mv", "moved.txt", "here.txt"]);
    work.git(&["commit", "-qm", "Give it another name"]);
    ok(&work.push(&world.url(), &["main"]).await);
    let head = applied(&world, &texts).await.unwrap().to_string();
    let shown = |path: &str| world.bare(&["show", &format!("{head}:{path}")]) + "\n";
    assert_eq!(shown("list.txt"), lines(&[(18, "eighteen"), (20, "twenty")]));
    assert_eq!(shown("here.txt"), lines(&[(1, "first"), (20, "twenty")]));
    assert_eq!(shown("new.txt"), "two\n");
    assert_eq!(world.bare(&["ls-tree", "--name-only", &head, "moved.txt"]), "", "no file of the old name");
    // The first two again, once they are there.
    world.bare(&["update-ref", "refs/heads/main", &head]);
    assert!(matches!(applied(&world, &texts[..2]).await, Err(ApplyError::NothingNew)));
    // Both sides changed the same line.
    work.git(&["checkout", "-q", "-B", "other", "HEAD~2"]);
    work.commit("list.txt", &lines(&[(20, "zwanzig")]), "Write it otherwise", T0 + 17);
    let other = self::patches(&work, 1);
    match applied(&world, &[&other[0]]).await {
        Err(ApplyError::Unfit { said }) => {
            assert!(said.contains("list.txt") && !said.contains("local changes"), "{said}")
        }
        unexpected => panic!("{unexpected:?}"),
    }
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
