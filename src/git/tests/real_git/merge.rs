//! Merging, checked with git itself.

use pritchel_git::compare::DiffLine;
use pritchel_git::limits::{COMMITS_REMADE_MAX, DIFF_FILE_BYTES_MAX, DIFF_LINES_MAX};
use pritchel_git::log::Person;
use pritchel_git::merge::{MergeError, Method, Origin, Plan, move_branch, prepare};
use pritchel_git::names::{ObjectId, RefName, RefUpdate};
use pritchel_git::place::Repo;
use pritchel_git::read::Reader;

use crate::world::{T0, Work, World, ok};

const ALL: [Method; 4] = [Method::Merge, Method::Rebase, Method::Squash, Method::FastForward];

fn plan(origin: &Repo, method: Method) -> Plan {
    Plan {
        origin: Origin::Branch(origin.clone(), RefName::branch("milk").unwrap()),
        target: RefName::branch("main").unwrap(),
        method,
        message: "More milk\n\nof the request\n".to_owned(),
        by: Person { name: "Olga".to_owned(), email: "olga@a.example".to_owned(), time_s: T0 + 1000, offset_min: 0 },
    }
}

/// A repository with `main`, and `milk` two commits ahead of where `main` was.
async fn branched(world: &mut World, main_goes_on: bool) -> Work {
    let work = world.seeded(2).await;
    work.git(&["checkout", "-q", "-b", "milk"]);
    work.commit("milk.txt", "one\n", "Add milk", T0 + 10);
    work.commit("milk.txt", "one\ntwo\n", "More milk", T0 + 11);
    if main_goes_on {
        work.git(&["checkout", "-q", "main"]);
        work.commit("tea.txt", "tea\n", "Add tea", T0 + 12);
    }
    ok(&work.push(&world.url(), &["main", "milk"]).await);
    work
}

fn apply(world: &World, origin: &Repo, method: Method) -> Result<RefUpdate, MergeError> {
    let before = world.main_id();
    let update = prepare(&world.repo, &plan(origin, method))?;
    assert_eq!((update.old, world.main_id()), (Some(before), before), "nothing has moved yet");
    move_branch(&world.repo, &update)?;
    assert_eq!(Some(world.main_id()), update.new);
    world.bare(&["fsck", "--strict"]);
    Ok(update)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_merged_in_each_way_as_git_would_have_it() {
    for (method, subjects, parents) in [
        (Method::Merge, "More milk\nAdd tea\nAdd file 1\nAdd file 0", 2),
        (Method::Rebase, "More milk\nAdd milk\nAdd tea\nAdd file 1\nAdd file 0", 1),
        (Method::Squash, "More milk\nAdd tea\nAdd file 1\nAdd file 0", 1),
    ] {
        let mut world = World::new().await;
        branched(&mut world, true).await;
        apply(&world, &world.repo.clone(), method).unwrap();
        assert_eq!(world.bare(&["log", "--first-parent", "--format=%s", "main"]), subjects, "{method:?}");
        assert_eq!(world.bare(&["log", "-1", "--format=%cn <%ce> %ct", "main"]), "Olga <olga@a.example> 1577837800");
        assert_eq!(world.bare(&["log", "-1", "--format=%P", "main"]).split(' ').count(), parents, "{method:?}");
        assert_eq!(world.bare(&["show", "main:milk.txt"]), "one\ntwo");
        assert_eq!(world.bare(&["show", "main:tea.txt"]), "tea");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebased_commit_keeps_its_author_and_merges_among_them_are_left_out() {
    let mut world = World::new().await;
    let work = branched(&mut world, true).await;
    work.git(&["checkout", "-q", "milk"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "Merge main", "main"]);
    work.commit("last.txt", "x\n", "Last", T0 + 20);
    ok(&work.push(&world.url(), &["milk"]).await);
    apply(&world, &world.repo.clone(), Method::Rebase).unwrap();
    assert_eq!(world.bare(&["log", "-3", "--format=%an %s", "main"]), "Alice Last\nAlice More milk\nAlice Add milk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_squashed_commit_is_by_whoever_wrote_it_and_names_the_others() {
    let mut world = World::new().await;
    let work = branched(&mut world, true).await;
    work.git(&["checkout", "-q", "milk"]);
    for (file, author) in [("a", "Bob <bob@b.example>"), ("b", "Olga <olga@a.example>"), ("c", "Bob <bob@b.example>")] {
        work.write(file, file);
        work.git(&["add", file]);
        work.git(&["commit", "-q", "-m", file, "--author", author]);
    }
    ok(&work.push(&world.url(), &["milk"]).await);
    apply(&world, &world.repo.clone(), Method::Squash).unwrap();
    assert_eq!(world.bare(&["log", "-1", "--format=%an by %cn", "main"]), "Alice by Olga");
    let message = world.bare(&["log", "-1", "--format=%B", "main"]);
    assert!(message.ends_with("\n\nCo-authored-by: Bob <bob@b.example>"), "who commits is named already: {message}");
    assert_eq!(message.matches("Co-authored-by").count(), 1, "{message}");
    let seen = world.bare(&["log", "-1", "--format=%(trailers:key=Co-authored-by)", "main"]);
    assert_eq!(seen, "Co-authored-by: Bob <bob@b.example>", "as git reads it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fast_forward_makes_no_commit_and_is_refused_where_there_is_none() {
    let mut world = World::new().await;
    let work = branched(&mut world, false).await;
    apply(&world, &world.repo.clone(), Method::FastForward).unwrap();
    assert_eq!(world.main_id(), work.id("milk"));
    for method in ALL {
        let again = apply(&world, &world.repo.clone(), method);
        assert!(matches!(again, Err(MergeError::NothingNew)), "{method:?} {again:?}");
    }
    let mut world = World::new().await;
    branched(&mut world, true).await;
    let refused = apply(&world, &world.repo.clone(), Method::FastForward);
    assert!(matches!(refused, Err(MergeError::NotFastForward)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_clean_names_its_files_and_moves_nothing() {
    let mut world = World::new().await;
    let work = branched(&mut world, true).await;
    work.git(&["checkout", "-q", "main"]);
    work.commit("milk.txt", "none\n", "No milk", T0 + 20);
    ok(&work.push(&world.url(), &["main"]).await);
    for method in [Method::Merge, Method::Rebase, Method::Squash] {
        match apply(&world, &world.repo.clone(), method) {
            Err(MergeError::Conflict(paths)) => assert_eq!(paths, ["milk.txt"], "{method:?}"),
            other => panic!("{method:?} {other:?}"),
        }
        assert_eq!(world.main_id(), work.id("main"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_of_another_repository_is_brought_in_whole() {
    for method in [Method::Merge, Method::Rebase, Method::Squash] {
        let mut world = World::new().await;
        let work = world.seeded(2).await;
        let fork = world.repos.create(&"fork".parse().unwrap(), &RefName::branch("main").unwrap()).unwrap();
        work.git(&["checkout", "-q", "-b", "milk"]);
        work.commit("milk.txt", "one\n", "Add milk", T0 + 10);
        ok(&work.push(&world.url().replace("tea.git", "fork.git"), &["milk"]).await);
        apply(&world, &fork, method).unwrap();
        world.repos.remove(fork.key()).unwrap();
        assert_eq!(world.bare(&["show", "main:milk.txt"]), "one", "{method:?}");
        world.bare(&["fsck", "--strict"]);
    }
}

/// What a patch tracker keeps of a repository of another server is in git data of its own, where that goes into is thrown away.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_another_repository_keeps_is_brought_in_whole_and_one_that_it_has_not_is_none() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let keeps = world.repos.create(&"keeps".parse().unwrap(), &RefName::branch("main").unwrap()).unwrap();
    work.git(&["checkout", "-q", "-b", "milk"]);
    work.commit("milk.txt", "one\n", "Add milk", T0 + 10);
    ok(&work.push(&world.url().replace("tea.git", "keeps.git"), &["milk"]).await);
    let head: ObjectId = work.git(&["rev-parse", "milk"]).trim().parse().unwrap();
    let of = |commit| Plan { origin: Origin::KeptIn(keeps.clone(), commit), ..plan(&keeps, Method::Merge) };
    let none = "7".repeat(40).parse().unwrap();
    assert!(matches!(prepare(&world.repo, &of(none)), Err(MergeError::Git(_))));
    move_branch(&world.repo, &prepare(&world.repo, &of(head)).unwrap()).unwrap();
    world.repos.remove(keeps.key()).unwrap();
    assert_eq!(world.bare(&["show", "main:milk.txt"]), "one");
    world.bare(&["fsck", "--strict"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_not_there_or_was_moved_meanwhile_is_left_alone() {
    let mut world = World::new().await;
    let work = branched(&mut world, true).await;
    let mut missing = plan(&world.repo, Method::Merge);
    let coffee = RefName::branch("coffee").unwrap();
    missing.origin = Origin::Branch(world.repo.clone(), coffee.clone());
    assert!(matches!(prepare(&world.repo, &missing), Err(MergeError::NoBranch(name)) if name == coffee));
    let update = prepare(&world.repo, &plan(&world.repo, Method::Merge)).unwrap();
    work.git(&["checkout", "-q", "main"]);
    let pushed = work.commit("x.txt", "x\n", "Meanwhile", T0 + 30);
    ok(&work.push(&world.url(), &["main"]).await);
    assert!(matches!(move_branch(&world.repo, &update), Err(MergeError::Moved(_))));
    assert_eq!(world.main_id(), pushed);
    world.bare(&["update-ref", "-d", "refs/heads/main"]);
    assert!(matches!(move_branch(&world.repo, &update), Err(MergeError::Moved(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_can_be_done_again() {
    let mut world = World::new().await;
    branched(&mut world, true).await;
    let plan = plan(&world.repo, Method::Merge);
    let update = prepare(&world.repo, &plan).unwrap();
    assert_eq!(prepare(&world.repo, &plan).unwrap(), update);
    move_branch(&world.repo, &update).unwrap();
    move_branch(&world.repo, &update).unwrap();
    assert_eq!(Some(world.main_id()), update.new);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_commits_are_rebased() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    let grow = |count: usize| {
        let commit = |n: usize| {
            format!("commit refs/heads/milk\ncommitter A <a@a.example> {} +0000\ndata 1\nx{}", T0, {
                let from = if n == 0 { format!("\nfrom {}", work.id("main")) } else { String::new() };
                format!("{from}\nM 100644 inline f{n}\ndata 1\ny\n")
            })
        };
        let stream: String = (0..count).map(commit).collect();
        crate::world::feed(&work.path, &["fast-import", "--quiet", "--force"], stream.as_bytes());
    };
    grow(COMMITS_REMADE_MAX + 1);
    ok(&work.push(&world.url(), &["+milk"]).await);
    let refused = prepare(&world.repo, &plan(&world.repo, Method::Rebase));
    assert!(matches!(refused, Err(MergeError::TooMany { limit: COMMITS_REMADE_MAX })), "{refused:?}");
    grow(COMMITS_REMADE_MAX);
    ok(&work.push(&world.url(), &["+milk"]).await);
    prepare(&world.repo, &plan(&world.repo, Method::Rebase)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_are_compared_from_where_they_parted() {
    let mut world = World::new().await;
    let work = branched(&mut world, true).await;
    work.git(&["checkout", "-q", "milk"]);
    work.write("data", [0, 1, 2]);
    work.write("long.txt", "x".repeat(DIFF_FILE_BYTES_MAX + 1));
    work.commit("file1.txt", "changed\n", "Change", T0 + 30);
    ok(&work.push(&world.url(), &["milk"]).await);
    let reader = Reader::open(&world.repo).unwrap();
    let found = reader.compare(work.id("main"), work.id("milk"), 2).unwrap();
    assert_eq!((found.commits.total, found.commits.newest.len()), (3, 2));
    let paths: Vec<_> = found.files.iter().map(|file| (file.path.as_str(), file.lines.is_some())).collect();
    assert_eq!(paths, [("data", false), ("file1.txt", true), ("long.txt", false), ("milk.txt", true)]);
    let line = |sign, text: &str| DiffLine { sign, text: text.to_owned() };
    let lines = found.files[1].lines.as_ref().unwrap();
    assert_eq!(lines[1..], [line('-', "content 1"), line('+', "changed")]);
    assert_eq!((lines[0].sign, found.cut), ('@', false));
    work.commit("many.txt", &"x\n".repeat(DIFF_LINES_MAX), "Much", T0 + 31);
    ok(&work.push(&world.url(), &["milk"]).await);
    let found = reader.compare(work.id("main"), work.id("milk"), 2).unwrap();
    assert!(found.cut && found.files.iter().all(|file| file.path != "many.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_of_two_repositories_are_compared() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let fork = world.repos.create(&"fork".parse().unwrap(), &RefName::branch("main").unwrap()).unwrap();
    work.git(&["checkout", "-q", "-b", "milk"]);
    work.commit("milk.txt", "one\n", "Add milk", T0 + 10);
    ok(&work.push(&world.url().replace("tea.git", "fork.git"), &["milk"]).await);
    let both = Reader::open_with(&world.repo, &fork).unwrap();
    let found = both.compare(world.main_id(), work.id("milk"), 10).unwrap();
    assert_eq!((found.commits.total, found.changes.added), (1, vec!["milk.txt".to_owned()]));
    assert!(Reader::open(&world.repo).unwrap().compare(world.main_id(), work.id("milk"), 10).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_writes_one_pack_and_no_loose_objects() {
    for method in [Method::Merge, Method::Rebase, Method::Squash] {
        let mut world = World::new().await;
        branched(&mut world, true).await;
        let before = world.bare(&["count-objects", "-v"]);
        apply(&world, &world.repo.clone(), method).unwrap();
        let count = |text: &str, what: &str| -> usize {
            let line = text.lines().find_map(|line| line.strip_prefix(what)).unwrap();
            line.trim().parse().unwrap()
        };
        let after = world.bare(&["count-objects", "-v"]);
        assert_eq!(count(&after, "count:"), count(&before, "count:"), "{method:?}");
        assert_eq!(count(&after, "packs:"), count(&before, "packs:") + 1, "{method:?}");
        // A commit and its tree; of a rebase two of each, and one file that only the middle of the branch had.
        let made = if method == Method::Rebase { 5 } else { 2 };
        assert_eq!(count(&after, "in-pack:"), count(&before, "in-pack:") + made, "{method:?}");
    }
}
