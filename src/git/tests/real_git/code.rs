//! What pages of code show, checked against what git says of the same repository: last commits of entries, blame, the history of
//! a path, and search.

use std::time::Duration;

use pritchel_git::blame::Blame;
use pritchel_git::grep::Needle;
use pritchel_git::last::LastMemory;
use pritchel_git::limits::{Bounds, GREP_FILE_LINES_MAX};
use pritchel_git::maintain::Depth;
use pritchel_git::names::ObjectId;
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::text::TextError;

use crate::world::{T0, Work, World, ok};

async fn publish(world: &World, work: &Work) -> Reader {
    ok(&work.try_git(&["push", "-q", &world.url(), "+refs/heads/*:refs/heads/*"]).await);
    Reader::open(&world.repo).unwrap()
}

/// Directories, a merge whose sides touched the same file, a file that went back to what it was, a mode that changed, and clocks
/// that were wrong.
fn tangle(work: &Work) {
    for n in 0..4 {
        work.commit(&format!("docs/deep/f{n}.txt"), &format!("{n}\n"), &format!("Doc {n}"), T0 + 10 * n);
        work.commit(&format!("r{n}.txt"), "same\n", &format!("Root {n}"), T0 + 10 * n + 1);
    }
    work.commit("docs/both.txt", "a\nb\nc\n", "Both", T0 + 50);
    work.git(&["checkout", "-q", "-b", "side", "HEAD~3"]);
    work.commit("docs/both.txt", "a\nb\nc\n", "Both, too", T0 - 5000);
    work.commit("side.txt", "side\n", "Side", T0 + 900);
    work.commit("r1.txt", "changed\n", "There", T0 + 61);
    work.commit("r1.txt", "same\n", "And back", T0 + 62);
    work.git(&["checkout", "-q", "main"]);
    work.git(&["update-index", "--chmod=+x", "r2.txt"]);
    work.commit_index("A mode", T0 + 65);
    work.git(&["checkout", "-q", "--", "."]);
    work.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    work.commit_index("Merge side", T0 + 70);
}

/// Compares each entry of a directory with what git says of it alone.
fn agrees(work: &Work, reader: &Reader, memory: &LastMemory, rev: &str, dir: &str) -> usize {
    let tip = work.id(rev);
    let found = reader.last_commits(memory, &"tea".parse().unwrap(), tip, dir.as_bytes()).unwrap();
    let listing = reader.list_names(tip, dir).unwrap();
    assert!(found.whole);
    for entry in &listing.entries {
        let path = if dir.is_empty() { entry.name.clone() } else { format!("{dir}/{}", entry.name) };
        let expected: ObjectId = work.git(&["log", "-1", "--format=%H", rev, "--", &path]).parse().unwrap();
        assert_eq!(found.of[&entry.raw].id, expected, "{rev}:{path}");
    }
    assert_eq!(found.of.len(), listing.total);
    listing.total
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_commit_of_each_entry_is_the_one_git_names() {
    let world = World::new().await;
    let work = world.work("work");
    tangle(&work);
    let reader = publish(&world, &work).await;
    let every = |reader: &Reader, memory: &LastMemory| {
        let dirs = ["", "docs", "docs/deep"];
        dirs.iter().map(|dir| agrees(&work, reader, memory, "main", dir)).sum::<usize>()
    };
    assert_eq!(every(&reader, &LastMemory::default()), 12, "commit by commit");
    world.git.maintain(&world.repo, Depth::Light).await.unwrap();
    let reader = Reader::open(&world.repo).unwrap();
    assert_eq!(every(&reader, &LastMemory::default()), 12, "by the commit-graph");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tip_goes_on_from_what_was_found_before() {
    let world = World::new().await;
    let (work, memory) = (world.work("work"), LastMemory::default());
    tangle(&work);
    let reader = publish(&world, &work).await;
    agrees(&work, &reader, &memory, "main", "");
    agrees(&work, &reader, &memory, "main~2", "docs");
    world.git.maintain(&world.repo, Depth::Light).await.unwrap();
    work.commit("docs/both.txt", "d\n", "Later", T0 + 100);
    work.commit("new.txt", "new\n", "New", T0 + 101);
    let reader = publish(&world, &work).await;
    for rev in ["main", "side", "main~1"] {
        agrees(&work, &reader, &memory, rev, "");
        agrees(&work, &reader, &memory, rev, "docs");
    }
    // What is remembered is not read again: it is answered even where nothing can be read any more.
    std::fs::remove_dir_all(world.repo.path().join("objects/pack")).unwrap();
    let again = reader.last_commits(&memory, &"tea".parse().unwrap(), work.id("main"), b"").unwrap();
    assert_eq!(again.of[&b"new.txt"[..]].title, "New");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_nowhere_has_no_last_commits() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    let (reader, memory, tea) = (Reader::open(&world.repo).unwrap(), LastMemory::default(), "tea".parse().unwrap());
    for nowhere in ["none", "file0.txt", "file0.txt/x"] {
        let found = reader.last_commits(&memory, &tea, work.id("main"), nowhere.as_bytes()).unwrap();
        assert!(found.of.is_empty(), "{nowhere}");
    }
    let error = reader.last_commits(&memory, &tea, work.id("main"), b"a/../b").unwrap_err();
    assert!(matches!(error, ReadError::Path { .. }), "{error}");
}

/// What `git blame -s -l` says: a commit for each line.
fn expected(work: &Work, rev: &str, path: &str) -> Vec<String> {
    let said = work.git(&["blame", "-s", "-l", "--abbrev=40", "--root", rev, "--", path]);
    said.lines().map(|line| line.trim_start_matches('^')[..40].to_owned()).collect()
}

fn line_by_line(blame: &Blame) -> Vec<String> {
    let lines = blame.runs.iter().flat_map(|run| vec![blame.commits[run.commit].id.to_string(); run.lines]);
    lines.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn blame_names_for_each_line_the_commit_that_git_names() {
    let world = World::new().await;
    let work = world.work("work");
    work.commit("a b/ü.txt", "one\ntwo\nthree\n", "First", T0);
    work.commit("a b/ü.txt", "one\n2\nthree\nfour\n", "Second", T0 + 10);
    work.git(&["mv", "a b/ü.txt", "tea.txt"]);
    work.commit("tea.txt", "zero\none\n2\nthree\nfour\n", "Moved", T0 + 20);
    publish(&world, &work).await;
    let blame = world.git.blame(&world.repo, work.id("main"), b"tea.txt").await.unwrap();
    assert_eq!(line_by_line(&blame), expected(&work, "main", "tea.txt"));
    assert_eq!(blame.runs.iter().map(|run| run.start).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let moved = blame.commits.iter().find(|commit| commit.title == "Moved").unwrap();
    assert_eq!((moved.author.as_str(), moved.time_s), ("Alice", T0 + 20));
    assert_eq!(moved.before, Some((work.id("main~1"), "a b/ü.txt".as_bytes().to_vec())));
    let before = world.git.blame(&world.repo, work.id("main~1"), "a b/ü.txt".as_bytes()).await.unwrap();
    assert_eq!(line_by_line(&before), expected(&work, "main~1", "a b/ü.txt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_has_no_blame_and_no_path_is_an_option() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    for path in ["none", "--contents=/etc/passwd", "-L1,1", ":(glob)*"] {
        let error = world.git.blame(&world.repo, work.id("main"), path.as_bytes()).await.unwrap_err();
        assert!(matches!(error, TextError::Failed { .. }), "{path}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_path_is_paged_and_is_what_git_lists() {
    let world = World::new().await;
    let work = world.work("work");
    for n in 0..5 {
        work.commit("docs/tea.txt", &format!("{n}\n"), &format!("Tea {n}"), T0 + 10 * n);
        work.commit("cup.txt", &format!("{n}\n"), &format!("Cup {n}"), T0 + 10 * n + 5);
    }
    publish(&world, &work).await;
    world.git.maintain(&world.repo, Depth::Light).await.unwrap();
    let page = |skip: usize| world.git.path_log(&world.repo, work.id("main"), b"docs", skip, 3);
    let (first, second) = (page(0).await.unwrap(), page(3).await.unwrap());
    assert_eq!((first.next_skip, second.next_skip), (Some(3), None));
    let found: Vec<String> = first.commits.iter().chain(&second.commits).map(|commit| commit.id.to_string()).collect();
    assert_eq!(found.join("\n"), work.git(&["log", "--format=%H", "main", "--", "docs"]));
    assert_eq!((first.commits[0].title.as_str(), first.commits[0].author.as_str()), ("Tea 4", "Alice"));
    for nothing in ["none", "*", ":(top)docs", "--all"] {
        let log = world.git.path_log(&world.repo, work.id("main"), nothing.as_bytes(), 0, 3).await.unwrap();
        assert!(log.commits.is_empty(), "{nothing} is a path and no pattern");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_found_as_it_stands_and_only_so_often() {
    let world = World::new().await;
    let work = world.work("work");
    work.write("bin.dat", b"tea\0tea");
    work.write("many.txt", "tea\n".repeat(GREP_FILE_LINES_MAX + 1));
    work.commit("docs/a.txt", "-- .*\nTea is hot\n", "All", T0);
    publish(&world, &work).await;
    let look = async |text: &str, exact: bool, below: &str| {
        let needle = Needle { text: text.to_owned(), exact, below: below.as_bytes().to_vec() };
        let found = world.git.grep(&world.repo, work.id("main"), &needle).await.unwrap();
        let file = |file: pritchel_git::grep::FileMatches| (String::from_utf8(file.path).unwrap(), file.lines.len());
        (found.files.into_iter().map(file).collect::<Vec<_>>(), found.cut)
    };
    let (a, many) = (("docs/a.txt".to_owned(), 1), ("many.txt".to_owned(), GREP_FILE_LINES_MAX));
    assert_eq!(look("tea", false, "").await, (vec![a.clone(), many.clone()], true), "no binary file is looked into");
    assert_eq!(look("tea", true, "").await, (vec![many], true));
    assert_eq!(look("tea", false, "docs").await, (vec![a.clone()], false));
    assert_eq!(look("-- .*", true, "").await, (vec![a], false), "no pattern, no option");
    for nothing in ["te.", "--all-match", "[a-z]"] {
        assert_eq!(look(nothing, false, "").await, (vec![], false), "{nothing}");
    }
    assert_eq!(look("tea", false, "no/where").await, (vec![], false));
    let empty = Needle { text: String::new(), exact: true, below: Vec::new() };
    let error = world.git.grep(&world.repo, work.id("main"), &empty).await.unwrap_err();
    assert!(matches!(error, TextError::Failed { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_found_by_their_names() {
    let world = World::new().await;
    let work = world.work("work");
    work.write("docs/tea/cup.txt", "x");
    work.commit("Tea pot.txt", "y", "All", T0);
    publish(&world, &work).await;
    let look = async |text: &str, below: &str| {
        let needle = Needle { text: text.to_owned(), exact: false, below: below.as_bytes().to_vec() };
        let found = world.git.named(&world.repo, work.id("main"), &needle).await.unwrap();
        found.paths.into_iter().map(|path| String::from_utf8(path).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(look("tea", "").await, ["Tea pot.txt", "docs/tea/cup.txt"]);
    assert_eq!(look("tea/", "docs").await, ["docs/tea/cup.txt"]);
    for nothing in ["*.txt", "--help", "te.", "docs:tea"] {
        assert_eq!(look(nothing, "").await, [""; 0], "{nothing}");
    }
    let empty = Needle { text: String::new(), exact: true, below: Vec::new() };
    assert!(world.git.named(&world.repo, work.id("main"), &empty).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_wait_for_one_another_and_never_for_clones() {
    let bounds = Bounds { processes: 1, pages: 0, queue_wait: Duration::from_millis(100), ..Bounds::default() };
    let mut world = World::with(bounds).await;
    let work = world.seeded(1).await;
    let error = world.git.blame(&world.repo, work.id("main"), b"file0.txt").await.unwrap_err();
    assert!(matches!(error, TextError::Serve(_)), "{error}");
    let clone = world.dir.path().join("clone");
    ok(&crate::world::client(world.dir.path(), &["clone", "-q", &world.url(), clone.to_str().unwrap()]).await);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_waits_any_more_git_ends_and_its_place_is_free() {
    let bounds = Bounds { pages: 1, queue_wait: Duration::from_secs(20), ..Bounds::default() };
    let mut world = World::with(bounds).await;
    let work = world.seeded(3).await;
    let id = work.id("main");
    for n in 0..20 {
        // Some of these end before git has begun, some while it works.
        let left = world.git.blame(&world.repo, id, b"file0.txt");
        let _ = tokio::time::timeout(Duration::from_micros(300 * n), left).await;
    }
    assert_eq!(world.git.blame(&world.repo, id, b"file0.txt").await.unwrap().runs.len(), 1);
    // What was killed takes a moment to be gone.
    for _ in 0..500 {
        if blaming(&world) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} processes are left behind", blaming(&world));
}

#[cfg(target_os = "linux")]
/// Processes that run `git blame` on the repository of this test.
fn blaming(world: &World) -> usize {
    let said = |dir: std::path::PathBuf| std::fs::read_to_string(dir.join("cmdline")).unwrap_or_default();
    let here = world.repo.path().to_str().unwrap();
    let of = |said: String| said.split('\0').any(|arg| arg == "blame") && said.contains(here);
    std::fs::read_dir("/proc").unwrap().filter(|entry| of(said(entry.as_ref().unwrap().path()))).count()
}
