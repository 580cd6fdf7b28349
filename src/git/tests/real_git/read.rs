//! Reading, checked against what git says of the same repository.

use pritchel_git::limits::{COMMIT_BYTES_MAX, COMMIT_FILES_MAX, COMMITS_KNOWN_MAX, COMMITS_WALK_MAX};
use pritchel_git::log::Tip;
use pritchel_git::names::{ObjectId, RefName};
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::tree::{Content, EntryKind, is_binary};

use crate::world::{T0, Work, World, feed, ok};

fn names(listing: &pritchel_git::tree::Listing) -> Vec<(&str, EntryKind, Option<u64>)> {
    listing.entries.iter().map(|entry| (entry.name.as_str(), entry.kind, entry.size_bytes)).collect()
}

fn ids(text: &str) -> Vec<ObjectId> {
    text.lines().map(|line| line.parse().unwrap()).collect()
}

/// Pushes everything of a working copy, branches and tags.
async fn publish(world: &World, work: &Work) -> Reader {
    ok(&work.try_git(&["push", "-q", &world.url(), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]).await);
    Reader::open(&world.repo).unwrap()
}

/// Two branches that are merged, with a commit whose clock was far behind and one whose clock was ahead.
fn tangle(work: &Work) {
    for n in 0..6 {
        work.commit("main.txt", &format!("{n}\n"), &format!("Main {n}"), T0 + 10 * n);
    }
    work.git(&["checkout", "-q", "-b", "side", "HEAD~3"]);
    for (n, time) in [T0 + 25, T0 - 5000, T0 + 900, T0 + 45].into_iter().enumerate() {
        work.commit("side.txt", &format!("{n}\n"), &format!("Side {n}"), time);
    }
    work.git(&["checkout", "-q", "main"]);
    work.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    work.commit_index("Merge side", T0 + 70);
    work.commit("main.txt", "7\n", "Main 7", T0 + 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commits_of_a_push_are_those_git_lists() {
    let world = World::new().await;
    let work = world.work("work");
    tangle(&work);
    let reader = publish(&world, &work).await;
    let rows = [
        ("main", vec!["main~3"]),
        ("main", vec![]),
        ("side", vec!["main~2"]),
        ("main", vec!["side"]),
        ("main~1", vec!["main"]),
    ];
    for (new, known) in rows {
        let mut args = vec!["rev-list", "--topo-order", new, "--not"];
        args.extend(&known);
        let mut expected = ids(&work.git(&args));
        let known: Vec<ObjectId> = known.iter().map(|name| work.id(name)).collect();
        let range = reader.commits_between(&known, work.id(new), 100, 0).unwrap();
        let found: Vec<ObjectId> = range.newest.iter().map(|commit| commit.id).collect();
        assert!(range.exact);
        assert_eq!(range.total, expected.len(), "{new} {known:?}");
        for (place, commit) in range.newest.iter().enumerate() {
            assert!(!found[..place].iter().any(|id| commit.parents.contains(id)), "a parent stands before its child");
        }
        let mut sorted = found.clone();
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected, "{new} {known:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_push_shows_its_newest_and_earliest_commits_and_counts_all() {
    let mut world = World::new().await;
    let work = world.seeded(30).await;
    let reader = Reader::open(&world.repo).unwrap();
    let all = ids(&work.git(&["rev-list", "main"]));
    let range = reader.commits_between(&[], work.id("main"), 3, 2).unwrap();
    assert_eq!((range.total, range.exact), (30, true));
    assert_eq!(range.newest.iter().map(|c| c.id).collect::<Vec<_>>(), all[..3]);
    assert_eq!(range.earliest.iter().map(|c| c.id).collect::<Vec<_>>(), all[28..]);
    let range = reader.commits_between(&[all[4]], work.id("main"), 3, 2).unwrap();
    assert_eq!((range.newest.len(), range.earliest.len(), range.total), (3, 1, 4), "none is shown twice");
    let nowhere: ObjectId = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    assert_eq!(reader.commits_between(&[nowhere], all[29], 3, 2).unwrap().total, 1, "an old commit may be gone");
    assert!(matches!(reader.commits_between(&[], nowhere, 3, 2), Err(ReadError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_new_reference_of_a_push_brings_what_git_lists_beyond_those_before_it() {
    let world = World::new().await;
    let work = world.work("work");
    tangle(&work);
    work.git(&["branch", "deep/nested", "main~4"]);
    work.git(&["tag", "-a", "-m", "Tagged", "v1", "side"]);
    let reader = publish(&world, &work).await;
    let tips = reader.branch_tips().unwrap().into_iter().map(|(name, at)| (name.to_string(), at));
    let expected = ["deep/nested", "main", "side"].map(|name| (format!("refs/heads/{name}"), work.id(name)));
    assert_eq!(tips.collect::<std::collections::BTreeMap<_, _>>(), expected.into());
    let tree: ObjectId = work.git(&["rev-parse", "main^{tree}"]).parse().unwrap();
    let new = |name: &str| Tip { old: None, new: work.git(&["rev-parse", name]).parse().unwrap() };
    let moved = |old: &str, name: &str| Tip { old: Some(work.id(old)), ..new(name) };
    let count = |not: &[&str], of: &str| {
        let mut args = vec!["rev-list", "--count", of, "--not"];
        args.extend(not);
        work.git(&args).parse::<usize>().unwrap()
    };
    #[rustfmt::skip]
    let rows = [
        (vec![], vec![new("main~3"), new("side"), new("main")],
         vec![count(&[], "main~3"), count(&["main~3"], "side"), count(&["main~3", "side"], "main")]),
        (vec![], vec![new("main"), new("side"), new("main")],  vec![count(&[], "main"), 0, 0]),
        (vec![], vec![new("v1"), new("side")],                 vec![count(&[], "side"), 0]),
        (vec!["side"], vec![new("main"), new("deep/nested")],  vec![count(&["side"], "main"), 0]),
        (vec!["main~3"], vec![new("main"), moved("main~3", "main~1")],
         vec![count(&["main~1"], "main"), count(&["main~3"], "main~1")]),
    ];
    for (before, tips, expected) in rows {
        let known: Vec<ObjectId> = before.iter().map(|name| work.id(name)).collect();
        let ranges = reader.commits_pushed(&known, &tips, 100).unwrap();
        let totals: Vec<usize> = ranges.iter().map(|range| range.as_ref().unwrap().total).collect();
        assert_eq!(totals, expected, "{before:?} {tips:?}");
        let ids = ranges.iter().flatten().flat_map(|range| &range.newest).map(|commit| commit.id);
        let told: std::collections::BTreeSet<ObjectId> = ids.collect();
        assert_eq!(told.len(), totals.iter().sum::<usize>(), "each commit is told once");
    }
    let none = Tip { old: None, new: tree };
    let ranges = reader.commits_pushed(&[tree], &[none, new("main")], 1).unwrap();
    assert!(matches!(ranges[0], Err(ReadError::WrongKind { .. })), "{ranges:?}");
    assert_eq!(ranges[1].as_ref().unwrap().total, count(&[], "main"), "the others are told all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_longer_than_what_is_read_is_counted_as_far_as_it_is_read() {
    let world = World::new().await;
    let mut stream = String::new();
    for n in 0..=COMMITS_WALK_MAX as i64 {
        let time = T0 + n;
        stream += &format!(
            "commit refs/heads/main\ncommitter Bob <bob@example.org> {time} +0000\ndata 2\n{}\n\n",
            n % 90 + 10
        );
    }
    let dir = world.repo.path().to_str().unwrap();
    feed(world.dir.path(), &["--git-dir", dir, "fast-import", "--quiet"], stream.as_bytes());
    let reader = Reader::open(&world.repo).unwrap();
    let range = reader.commits_between(&[], world.main_id(), 2, 2).unwrap();
    assert_eq!((range.total, range.exact), (COMMITS_WALK_MAX, false));
    assert_eq!((range.newest.len(), range.earliest.len()), (2, 0), "which are the earliest is not known");
    let old = world.bare(&["rev-parse", "main~3"]).parse().unwrap();
    let range = reader.commits_between(&[old], world.main_id(), 2, 2).unwrap();
    assert_eq!((range.total, range.exact), (3, true), "a usual push does not read it all");
    let many = vec![old; COMMITS_KNOWN_MAX + 1];
    assert!(matches!(reader.commits_between(&many, old, 1, 1), Err(ReadError::TooMany { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_too_large_to_read_is_refused_by_its_size() {
    let world = World::new().await;
    let work = world.work("work");
    work.commit("a.txt", "a\n", "Small", T0);
    work.write("message", "word ".repeat(COMMIT_BYTES_MAX / 5));
    work.git(&["commit", "-q", "--allow-empty", "-F", "message"]);
    let reader = publish(&world, &work).await;
    let large = reader.commit_info(work.id("main"));
    assert!(matches!(large, Err(ReadError::TooLarge { what: "commit", .. })), "{large:?}");
    assert!(matches!(reader.log_page(work.id("main"), 0, 10), Err(ReadError::TooLarge { .. })));
    assert_eq!(reader.commit_info(work.id("main~1")).unwrap().title, "Small");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_paged_as_git_lists_it() {
    let world = World::new().await;
    let work = world.work("work");
    tangle(&work);
    let reader = publish(&world, &work).await;
    let expected = ids(&work.git(&["rev-list", "main"]));
    let (mut found, mut skip) = (Vec::new(), Some(0));
    while let Some(at) = skip {
        let page = reader.log_page(work.id("main"), at, 4).unwrap();
        assert!(page.commits.len() <= 4);
        found.extend(page.commits.iter().map(|commit| commit.id));
        skip = page.next_skip;
    }
    assert_eq!(found, expected);
    let too_deep = reader.log_page(work.id("main"), COMMITS_WALK_MAX, 1);
    assert!(matches!(too_deep, Err(ReadError::TooMany { .. })), "{too_deep:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ancestor_is_told_from_a_stranger() {
    let world = World::new().await;
    let work = world.work("work");
    tangle(&work);
    let reader = publish(&world, &work).await;
    let id = |name: &str| work.id(name);
    for (ancestor, commit, expected) in [
        ("main~5", "main", true),
        ("main", "main", true),
        ("main", "main~5", false),
        ("side", "main", true),
        ("main~2", "side", false),
    ] {
        assert_eq!(reader.is_ancestor(id(ancestor), id(commit)).unwrap(), expected, "{ancestor} {commit}");
    }
    let nowhere = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    assert!(matches!(reader.is_ancestor(nowhere, id("main")), Err(ReadError::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_told_with_its_people_its_message_and_its_files() {
    let world = World::new().await;
    let work = world.work("work");
    for file in ["keep.txt", "change.txt", "dir/gone.txt", "becomes_dir"] {
        work.write(file, "1\n");
    }
    work.commit("run.sh", "#!/bin/sh\n", "First", T0);
    std::fs::remove_dir_all(work.path.join("dir")).unwrap();
    std::fs::remove_file(work.path.join("becomes_dir")).unwrap();
    work.write("becomes_dir/inner.txt", "1\n");
    work.write("deep/er/new.txt", "1\n");
    work.git(&["update-index", "--chmod=+x", "run.sh"]);
    work.write("change.txt", "2\n");
    work.git(&["add", "-A"]);
    work.git(&["update-index", "--chmod=+x", "run.sh"]);
    let id = work.commit_index("  Change  files\n\nWhy it\nmatters.\n", T0 + 60);
    let reader = publish(&world, &work).await;
    let commit = reader.commit_info(id).unwrap();
    assert_eq!((commit.title.as_str(), commit.body.as_str()), ("Change  files", "Why it\nmatters."));
    assert_eq!((commit.author.name.as_str(), commit.author.email.as_str()), ("Alice", "alice@example.org"));
    assert_eq!((commit.committer.name.as_str(), commit.committer.time_s), ("Bob", T0 + 60));
    assert_eq!(commit.author.offset_min, 60);
    assert_eq!(commit.parents, [work.id("HEAD~1")]);
    let changes = reader.changes_of(id).unwrap();
    assert_eq!(changes.added, ["becomes_dir/inner.txt", "deep/er/new.txt"]);
    assert_eq!(changes.modified, ["change.txt", "run.sh"]);
    assert_eq!(changes.removed, ["becomes_dir", "dir/gone.txt"]);
    assert!(!changes.cut);
    let first = work.id("HEAD~1");
    assert_eq!(reader.commit_info(first).unwrap().parents, []);
    assert_eq!(reader.changes_of(first).unwrap().added.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_many_files_names_some_and_says_that_there_are_more() {
    let world = World::new().await;
    let work = world.work("work");
    for n in 0..COMMIT_FILES_MAX {
        work.write(&format!("d{}/f{n}", n % 7), "x");
    }
    work.git(&["add", "-A"]);
    let exact = work.commit_index("As many as are named", T0);
    for n in 0..=COMMIT_FILES_MAX {
        work.write(&format!("d{}/f{n}", n % 7), "y");
    }
    work.git(&["add", "-A"]);
    let more = work.commit_index("One more", T0 + 1);
    let reader = publish(&world, &work).await;
    let changes = reader.changes_of(exact).unwrap();
    assert_eq!((changes.added.len(), changes.cut), (COMMIT_FILES_MAX, false));
    let changes = reader.changes_of(more).unwrap();
    assert_eq!((changes.added.len() + changes.modified.len(), changes.cut), (COMMIT_FILES_MAX, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn references_come_in_pages_by_name_whether_packed_or_not() {
    let world = World::new().await;
    let work = world.work("work");
    let id = work.commit("a.txt", "a\n", "Add a", T0);
    for name in ["b", "d", "f/g"] {
        work.git(&["branch", name]);
    }
    work.git(&["tag", "-a", "v1", "-m", "Version 1"]);
    publish(&world, &work).await;
    world.bare(&["pack-refs", "--all"]);
    for name in ["a", "c", "e"] {
        work.git(&["branch", name]);
    }
    let reader = publish(&world, &work).await;
    let mut found = Vec::new();
    let mut after: Option<RefName> = None;
    loop {
        let page = reader.refs("refs/heads/", after.as_ref(), 3).unwrap();
        assert!(page.refs.len() <= 3 && !page.refs.is_empty());
        assert_eq!(page.total, 7, "of all pages");
        found.extend(page.refs.iter().map(|r| r.name.as_branch().unwrap().to_owned()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["a", "b", "c", "d", "e", "f/g", "main"]);
    let tags = reader.refs("refs/tags/", None, 10).unwrap().refs;
    assert_eq!((tags.len(), tags[0].target, tags[0].peeled), (1, work.id("v1"), Some(id)));
    assert_eq!(reader.refs("", None, 100).unwrap().refs.len(), 8);
    assert_eq!(reader.refs("refs/none/", None, 10).unwrap().next, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_found_as_branch_tag_or_id_and_nothing_else_is_tried() {
    let world = World::new().await;
    let work = world.work("work");
    let first = work.commit("a.txt", "a\n", "Add a", T0);
    work.git(&["tag", "-a", "v1", "-m", "Version 1"]);
    work.git(&["tag", "tree", "HEAD^{tree}"]);
    let second = work.commit("b.txt", "b\n", "Add b", T0 + 1);
    let reader = publish(&world, &work).await;
    let short = &first.to_string()[..8];
    for (name, id) in
        [("main", second), ("refs/heads/main", second), ("v1", first), (short, first), (&first.to_string(), first)]
    {
        assert_eq!(reader.resolve(name).unwrap().commit, id, "{name}");
    }
    assert_eq!(reader.resolve("v1").unwrap().name.unwrap().as_tag(), Some("v1"));
    assert_eq!(reader.resolve(short).unwrap().name, None);
    for name in ["", "main~1", "main^", "@{-1}", ":/Add", "HEAD", "none", &short[..6], "0000000", "main\0", "../main"] {
        assert!(matches!(reader.resolve(name), Err(ReadError::NotFound { .. })), "{name}");
    }
    assert!(matches!(reader.resolve("tree"), Err(ReadError::WrongKind { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_branch_can_be_set_to_a_branch_that_is_there() {
    let mut world = World::new().await;
    let reader = Reader::open(&world.repo).unwrap();
    assert_eq!(reader.head().unwrap().commit, None, "nothing has been pushed");
    reader.set_head(&RefName::branch("trunk").unwrap()).unwrap();
    assert_eq!(reader.head().unwrap().branch.as_branch(), Some("trunk"));
    reader.set_head(&RefName::branch("main").unwrap()).unwrap();

    let work = world.seeded(2).await;
    ok(&work.push(&world.url(), &["main~1:refs/heads/old"]).await);
    reader.set_head(&RefName::branch("old").unwrap()).unwrap();
    assert_eq!(world.bare(&["symbolic-ref", "HEAD"]), "refs/heads/old");
    assert_eq!(Reader::open(&world.repo).unwrap().head().unwrap().commit, Some(work.id("main~1")));
    let none = reader.set_head(&RefName::branch("none").unwrap());
    assert!(matches!(none, Err(ReadError::NotFound { .. })), "{none:?}");
    let tag = reader.set_head(&"refs/tags/v1".parse().unwrap());
    assert!(matches!(tag, Err(ReadError::WrongKind { .. })), "{tag:?}");
    assert_eq!(world.bare(&["symbolic-ref", "HEAD"]), "refs/heads/old");
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_and_files_are_read_by_plain_paths_only() {
    let world = World::new().await;
    let work = world.work("work");
    work.write("src/main.rs", "fn main() {}\n");
    work.write("README.txt", "text\n");
    work.write("readme.md", "# markdown\n");
    work.write("image", [0x89, 0, 1, 2]);
    std::os::unix::fs::symlink("src/main.rs", work.path.join("link")).unwrap();
    work.git(&["add", "-A"]);
    work.git(&["update-index", "--add", "--cacheinfo", "160000,0123456789abcdef0123456789abcdef01234567,sub"]);
    let id = work.commit_index("Files", T0);
    let reader = publish(&world, &work).await;

    let root = reader.list(id, "").unwrap();
    #[rustfmt::skip]
    assert_eq!(names(&root), [
        ("src", EntryKind::Directory, None), ("README.txt", EntryKind::File, Some(5)), ("image", EntryKind::File, Some(4)),
        ("link", EntryKind::Link, Some(11)), ("readme.md", EntryKind::File, Some(11)),
        ("sub", EntryKind::Submodule, None),
    ]);
    assert_eq!((root.total, root.readme().unwrap().name.as_str()), (6, "readme.md"));
    let inner = reader.list(id, "src").unwrap();
    assert_eq!((inner.entries.len(), inner.readme()), (1, None));

    let file = reader.file(id, "src/main.rs", 1000).unwrap();
    assert_eq!(file.content, Content::Whole { bytes: b"fn main() {}\n".to_vec(), binary: false });
    assert_eq!(reader.file(id, "src/main.rs", 12).unwrap().content, Content::TooLarge);
    assert_eq!(reader.file(id, "src/main.rs", 12).unwrap().size_bytes, 13);
    assert!(matches!(reader.file(id, "image", 99).unwrap().content, Content::Whole { binary: true, .. }));
    let link = reader.file(id, "link", 99).unwrap();
    assert_eq!(
        (link.kind, link.content),
        (EntryKind::Link, Content::Whole { bytes: b"src/main.rs".to_vec(), binary: false })
    );

    for path in ["/src", "src/", "src//main.rs", "../tea.git/config", "src/../image", ".", "a\0b"] {
        assert!(matches!(reader.file(id, path, 99), Err(ReadError::Path { .. })), "{path}");
        assert!(matches!(reader.list(id, path), Err(ReadError::Path { .. })), "{path}");
    }
    for path in ["none", "src/none", "src/main.rs/x", "link/x"] {
        assert!(matches!(reader.file(id, path, 99), Err(ReadError::NotFound { .. })), "{path}");
    }
    assert!(matches!(reader.file(id, "src", 99), Err(ReadError::WrongKind { .. })));
    assert!(matches!(reader.file(id, "sub", 99), Err(ReadError::WrongKind { .. })));
    assert!(matches!(reader.file(id, "sub/x", 99), Err(ReadError::NotFound { .. })));
    assert!(matches!(reader.list(id, "image"), Err(ReadError::WrongKind { .. })));
    assert!(matches!(reader.blob(root.id, 99), Err(ReadError::WrongKind { .. })));
    assert!(matches!(reader.list(root.id, ""), Err(ReadError::WrongKind { .. })), "a tree is no commit");
}

#[test]
fn a_nul_near_the_beginning_makes_a_file_binary() {
    assert!(is_binary(b"a\0"));
    assert!(!is_binary("äöü\r\n".as_bytes()));
    let mut late = vec![b'a'; 8000];
    late.push(0);
    assert!(!is_binary(&late));
    assert!(is_binary(&late[1..]));
}
