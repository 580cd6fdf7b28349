//! A place for everything: each source file belongs to a room, and each limit of a room stands in its one file of limits.

use crate::code::Token;
use crate::doors::ROOMS;
use crate::repository::{Finding, Source};

/// What the root package has below `src`: the command and what ties the rooms together.
const ROOT: [&str; 5] = ["src/main.rs", "src/cli.rs", "src/cli/", "src/node.rs", "src/node/"];

/// How the name of a limit ends, or what it has in it before its unit: `LINE_MAX_CHARS`.
const ENDINGS: [&str; 4] = ["_MAX", "_S", "_MS", "_BYTES"];

/// Numbers that are named like limits and are none: file, name, and why.
const NO_LIMITS: &[(&str, &str, &str)] = &[
    ("src/box_store/blob/hash.rs", "HASH_BYTES", "what SHA-256 yields"),
    ("src/box_store/sled.rs", "SEGMENT_BYTES", "a fact of sled, known to the one file that knows sled"),
    ("src/box_store/sled.rs", "LEAF_ROWS_MAX", "a fact of sled"),
    ("src/box_store/sled.rs", "LARGE_VALUE_BYTES", "follows from two facts of sled"),
    ("src/git/names.rs", "ID_BYTES", "what SHA-1 yields"),
];

/// Finds source files that belong to no room.
pub fn rooms(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        let in_root =
            ROOT.iter().any(|root| source.path == *root || (root.ends_with('/') && source.path.starts_with(root)));
        if room_of(&source.path).is_none() && !in_root {
            findings.push(Finding::new(
                &source.path,
                0,
                "expected a room of doors.rs, or the command (src/cli/, src/node.rs)",
            ));
        }
    }
    findings
}

/// Finds limits outside `limits.rs`, and files of limits beside the room's own.
pub fn limits(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/") && !source.test) {
        let folder = room_of(&source.path).unwrap_or("cli");
        let own = format!("src/{folder}/limits.rs");
        if source.path == own {
            continue;
        }
        if source.path.ends_with("/limits.rs") {
            findings.push(Finding::new(&source.path, 0, format!("a room has one file of limits, {own}")));
        }
        for (name, line) in limits_in(&source.code.product) {
            if !NO_LIMITS.iter().any(|(path, number, _)| *path == source.path && *number == name) {
                findings.push(Finding::new(&source.path, line, format!("`{name}` is a limit: expected in {own}")));
            }
        }
    }
    findings
}

/// The room a file is in, if any.
fn room_of(path: &str) -> Option<&'static str> {
    let (folder, _) = path.strip_prefix("src/")?.split_once('/')?;
    ROOMS.iter().map(|room| room.name).find(|name| *name == folder)
}

/// Constants and statics of an integer type that are named as a limit.
fn limits_in(tokens: &[Token]) -> impl Iterator<Item = (&str, usize)> {
    tokens.windows(4).filter_map(|window| {
        let [keyword, name, colon, kind] = window else { return None };
        let declared =
            ["const", "static"].contains(&keyword.text.as_str()) && colon.text == ":" && is_integer(&kind.text);
        let named = ENDINGS.iter().any(|ending| name.text.ends_with(ending)) || name.text.contains("_MAX_");
        (declared && named).then_some((name.text.as_str(), name.line))
    })
}

fn is_integer(kind: &str) -> bool {
    kind.strip_prefix(['u', 'i']).is_some_and(|bits| ["8", "16", "32", "64", "128", "size"].contains(&bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::source;

    #[test]
    fn a_file_belongs_to_a_room_or_to_the_command() {
        #[rustfmt::skip]
        let rows = [
            ("src/git/a.rs", true), ("src/git/b/c.rs", true), ("src/main.rs", true), ("src/cli/serve.rs", true),
            ("src/node.rs", true),  ("tests/a.rs", true),     ("src/util.rs", false), ("src/kitchen/a.rs", false),
        ];
        for (path, fits) in rows {
            assert_eq!(rooms(&[source(path, "")]).is_empty(), fits, "{path}");
        }
    }

    #[test]
    fn a_limit_stands_in_the_file_of_limits() {
        #[rustfmt::skip]
        let rows = [
            ("src/git/limits.rs",      "pub const A_MAX: usize = 1;",                          true),
            ("src/git/a.rs",           "pub const A_MAX: usize = 1;",                          false),
            ("src/git/a.rs",           "const WAIT_S: u64 = 1;",                               false),
            ("src/git/a.rs",           "const WAIT_MS: i64 = 1;",                              false),
            ("src/git/a.rs",           "const CHUNK_BYTES: u32 = 1;",                          false),
            ("src/git/a.rs",           "const LINE_MAX_CHARS: usize = 1;",                     false),
            ("src/git/a.rs",           "impl A { const B_MAX: usize = 1; }",                   false),
            ("src/git/a.rs",           "fn a() { static B_MAX: usize = 1; }",                  false),
            ("src/git/a.rs",           "const A_MAX: &str = \"a\"; const VERSION: u8 = 1;",    true),
            ("src/git/a.rs",           "#[cfg(test)] mod tests { const A_MAX: usize = 1; }",   true),
            ("src/git/body/limits.rs", "",                                                     false),
            ("src/cli/limits.rs",      "const A_MAX: usize = 1;",                              true),
            ("src/node.rs",            "const A_MAX: usize = 1;",                              false),
            ("tests/a.rs",             "const A_MAX: usize = 1;",                              true),
        ];
        for (path, text, fits) in rows {
            assert_eq!(limits(&[source(path, text)]).is_empty(), fits, "{path}: {text}");
        }
    }
}
