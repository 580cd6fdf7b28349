//! Lines that are quoted from a difference, with commits that git itself has made.

use pritchel_git::limits::{HUNK_BYTES_MAX, HUNK_LINES_MAX};
use pritchel_git::quote::{Line, Quoted, Side, Span};
use pritchel_git::read::Reader;

use crate::world::{T0, Work, World, ok};

fn quoted(path: &str, start: Line, end: Line) -> Quoted {
    Quoted { path: path.to_owned(), lines: Some((start, end)) }
}

fn old(number: u64) -> Line {
    (Side::Old, number)
}

fn new(number: u64) -> Line {
    (Side::New, number)
}

/// Numbered lines, some of them others.
fn tea(others: &[(usize, &str)]) -> String {
    let line =
        |n: usize| others.iter().find(|(at, _)| *at == n).map_or(format!("line {n}\n"), |(_, text)| (*text).to_owned());
    (1..=30).map(line).collect()
}

/// What one version after the other changes, on top of the same commit.
async fn versions(world: &mut World, all: &[&[(&str, &str)]]) -> (Work, Vec<Span>) {
    let work = world.seeded(1).await;
    work.commit("tea.txt", &tea(&[]), "Tea", T0 + 5);
    ok(&work.push(&world.url(), &["main"]).await);
    let mut spans = Vec::new();
    for (files, number) in all.iter().zip(1..) {
        let branch = format!("v{number}");
        work.git(&["checkout", "-q", "-b", &branch, "main"]);
        for (file, text) in *files {
            work.commit(file, text, "Change", T0 + 10 + number);
        }
        ok(&work.push(&world.url(), &[&branch]).await);
        spans.push(Span { base: Some(work.id("main")), head: work.id(&branch) });
    }
    (work, spans)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hunk_of_quoted_lines_is_found() {
    let mut world = World::new().await;
    let changed = tea(&[(10, "ten\nand more\n"), (25, "")]);
    let long: String = (1..=100).map(|n| format!("new {n}\n")).collect();
    let wide = "x".repeat(HUNK_BYTES_MAX);
    let files = [("tea.txt", changed.as_str()), ("long.txt", &long), ("wide.txt", &wide), ("binary", "a\0b\n")];
    let (_, spans) = versions(&mut world, &[&files]).await;
    let reader = Reader::open(&world.repo).unwrap();
    let hunk = |quoted: Quoted| reader.hunk(spans[0], &quoted).unwrap();
    let first =
        "@@ -7,7 +7,8 @@ line 6\n line 7\n line 8\n line 9\n-line 10\n+ten\n+and more\n line 11\n line 12\n line 13";
    for (start, end) in [(new(10), new(11)), (new(7), new(7)), (old(10), old(10)), (old(9), new(11)), (new(9), old(10))]
    {
        assert_eq!(hunk(quoted("tea.txt", start, end)).as_deref(), Some(first), "{start:?} to {end:?}");
    }
    #[rustfmt::skip]
    let nowhere = [
        ("the ends are the wrong way round", quoted("tea.txt", new(11), old(10))),
        ("in two hunks",                     quoted("tea.txt", new(10), new(26))),
        ("one of them in none",              quoted("tea.txt", new(13), new(15))),
        ("no such line",                     quoted("tea.txt", new(u64::MAX), new(u64::MAX))),
        ("a file that is as it was",         quoted("file0.txt", new(1), new(1))),
        ("no such file",                     quoted("milk.txt", new(1), new(1))),
        ("no path",                          quoted("", new(1), new(1))),
        ("no path of git's",                 quoted("tea\0.txt", new(1), new(1))),
        ("a path from the top",              quoted("/tea.txt", new(10), new(10))),
        ("a path upwards",                   quoted("../tea.txt", new(10), new(10))),
        ("a path through a file",            quoted("tea.txt/tea.txt", new(10), new(10))),
        ("no text",                          quoted("binary", new(1), new(1))),
        ("too wide",                         quoted("wide.txt", new(1), new(1))),
        ("the whole file",                   Quoted { path: "tea.txt".to_owned(), lines: None }),
    ];
    for (what, quoted) in nowhere {
        assert_eq!(hunk(quoted), None, "{what}");
    }
    let around: String = (47..=55).map(|n| format!("\n+new {n}")).collect();
    assert_eq!(hunk(quoted("long.txt", new(50), new(52))), Some(format!("@@ -0,0 +47,9 @@{around}")));
    let last: String = (54..=93).map(|n| format!("\n+new {n}")).collect();
    let most = hunk(quoted("long.txt", new(10), new(90))).unwrap();
    assert_eq!(most, format!("@@ -0,0 +54,{HUNK_LINES_MAX} @@{last}"), "of too many lines the last");
}

#[tokio::test(flavor = "multi_thread")]
async fn quoted_lines_are_changed_where_a_later_version_has_others() {
    let mut world = World::new().await;
    let one = |text: &str| tea(&[(10, text), (25, "")]);
    let (first, more, kept) = (one("ten\nand more\n"), one("ten\nand less\n"), tea(&[(10, "ten\nand more\n")]));
    let above = tea(&[(2, "line 2\nand a half\n"), (10, "ten\nand more\n"), (25, "")]);
    let all: [&[(&str, &str)]; 5] = [
        &[("tea.txt", &first)],
        &[("tea.txt", &more)],
        &[("tea.txt", &above)],
        &[("tea.txt", &kept)],
        &[("tea.txt", "")],
    ];
    let (_, spans) = versions(&mut world, &all).await;
    let reader = Reader::open(&world.repo).unwrap();
    let file = Quoted { path: "tea.txt".to_owned(), lines: None };
    let other = Quoted { path: "file0.txt".to_owned(), lines: None };
    #[rustfmt::skip]
    let rows = [
        // what, the lines, changed by: others below, others above, line 25 left alone, all taken away
        ("what both have",            quoted("tea.txt", new(10), new(10)), [false, false, false, true]),
        ("what one has otherwise",    quoted("tea.txt", new(10), new(11)), [true,  false, false, true]),
        ("what was to go, and stays", quoted("tea.txt", old(25), old(25)), [false, false, true,  false]),
        ("what goes in both",         quoted("tea.txt", old(10), old(10)), [false, false, false, false]),
        ("what now goes, too",        quoted("tea.txt", old(9), old(9)),   [false, false, false, true]),
        ("from one side to another",  quoted("tea.txt", old(10), new(11)), [true,  false, false, true]),
        ("ends in no hunk",           quoted("tea.txt", old(1), new(11)),  [true,  false, false, true]),
        ("no such line",              quoted("tea.txt", new(99), new(99)), [false, false, false, false]),
        ("no such file",              quoted("no.txt", new(1), new(2)),    [false, false, false, false]),
        ("the whole file",            file,                                [true,  true,  true,  true]),
        ("a file nobody changes",     other,                               [false, false, false, false]),
    ];
    for (what, quoted, expected) in rows {
        let found = [1, 2, 3, 4].map(|later| reader.is_changed(spans[0], spans[later], &quoted).unwrap());
        assert_eq!(found, expected, "{what}");
        assert!(!reader.is_changed(spans[0], spans[0], &quoted).unwrap(), "{what}: by itself");
    }
}
