//! The repository as the rules see it: Rust sources, manifests and other texts, each with its path from the root.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::code::{Code, Elsewhere};

/// Folders that hold sources and texts; what a running server or a build leaves in the checkout is not looked at.
const FOLDERS: [&str; 6] = [".ci", "benches", "docs", "repos", "src", "tests"];

/// Files at the root and in the folders that are read as text, by extension; a file without one is a script or a licence.
const TEXTS: [&str; 12] = ["css", "html", "js", "json", "md", "rs", "sh", "snap", "svg", "toml", "tsv", "txt"];

/// Something a rule objects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the root of the repository.
    pub path: String,
    /// The line, counted from 1; 0 speaks of the whole file.
    pub line: usize,
    /// What was expected and what was found.
    pub what: String,
}

impl Finding {
    /// A finding in a line of a file.
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// A text file.
pub struct Text {
    /// From the root of the repository, with `/` between its parts.
    pub path: String,
    /// The whole of it.
    pub text: String,
}

/// A Rust file, parsed.
pub struct Source {
    /// From the root of the repository, with `/` between its parts.
    pub path: String,
    /// Lines of the file.
    pub lines: usize,
    /// Items, for rules about them.
    pub syntax: syn::File,
    /// Tokens, for rules about names, wherever they stand.
    pub code: Code,
    /// Whether all of it is test code: a target of cargo's for tests, or a module declared under `#[cfg(test)]`.
    pub test: bool,
}

impl Source {
    /// Parses one file.
    pub fn parse(path: &str, text: &str) -> Result<Source, String> {
        let syntax = syn::parse_file(text).map_err(|e| format!("{path}:{}: {e}", e.span().start().line))?;
        let code = Code::parse(text).map_err(|e| format!("{path}: {e}"))?;
        let test = is_test_target(path) || code.whole_file_is_test;
        Ok(Source { path: path.to_owned(), lines: text.lines().count(), syntax, code, test })
    }
}

/// Every file the rules look at.
pub struct Repository {
    /// Rust files.
    pub sources: Vec<Source>,
    /// All texts, Rust files among them.
    pub texts: Vec<Text>,
    /// `Cargo.toml` of the workspace and of each room.
    pub manifests: Vec<Text>,
    /// `Cargo.lock`.
    pub lock: String,
}

impl Repository {
    /// Reads the checkout this test was built from.
    pub fn read() -> Result<Repository, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        walk(root, "", &mut texts)?;
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        let rust = texts.iter().filter(|text| text.path.ends_with(".rs"));
        let mut sources: Vec<Source> = rust.map(|t| Source::parse(&t.path, &t.text)).collect::<Result<_, _>>()?;
        mark_test_modules(&mut sources);
        let manifests = texts.iter().filter(|text| text.path.ends_with("Cargo.toml"));
        let manifests = manifests.map(|t| Text { path: t.path.clone(), text: t.text.clone() }).collect();
        let lock = read(&root.join("Cargo.lock"))?;
        Ok(Repository { sources, texts, manifests, lock })
    }

    /// One text by its path, or what is missing.
    pub fn text(&self, path: &str) -> Result<&str, String> {
        let found = self.texts.iter().find(|text| text.path == path);
        found.map(|text| text.text.as_str()).ok_or_else(|| format!("{path}: expected this file, found none"))
    }
}

/// Whether cargo builds the file only for tests: below `tests/` or `benches/`, of the root package or of a room.
fn is_test_target(path: &str) -> bool {
    let in_package = match path.strip_prefix("src/").and_then(|path| path.split_once('/')) {
        Some((_, in_room)) => in_room,
        None => path,
    };
    in_package.starts_with("tests/") || in_package.starts_with("benches/")
}

/// Marks the files of modules that are declared under `#[cfg(test)]`, and of the modules below them.
pub fn mark_test_modules(sources: &mut [Source]) {
    let mut stems: Vec<String> = Vec::new();
    for source in sources.iter() {
        let beside = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        stems.extend(source.code.test_modules.iter().map(|module| match module {
            Elsewhere::Named(name) => format!("{}/{name}", module_folder(&source.path)),
            Elsewhere::At(path) => format!("{beside}/{}", path.trim_end_matches(".rs")),
        }));
    }
    for source in sources {
        let is_test =
            |stem: &String| source.path == format!("{stem}.rs") || source.path.starts_with(&format!("{stem}/"));
        source.test = source.test || stems.iter().any(is_test);
    }
}

/// The folder in which the modules declared by a file are looked for.
fn module_folder(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder,
        _ => path.trim_end_matches(".rs"),
    }
}

fn walk(root: &Path, folder: &str, texts: &mut Vec<Text>) -> Result<(), String> {
    let entries = fs::read_dir(root.join(folder)).map_err(|e| format!("{folder}: {e}"))?;
    for entry in entries {
        let entry = entry.map_err(|e| format!("{folder}: {e}"))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let kind = entry.file_type().map_err(|e| format!("{path}: {e}"))?;
        // `repos` holds the git data of a server run in the checkout; only its README is ours.
        let wanted = if folder.is_empty() { FOLDERS.contains(&name.as_str()) } else { folder != "repos" };
        if kind.is_dir() && wanted {
            walk(root, &path, texts)?;
        } else if kind.is_file() && is_text(&name) {
            texts.push(Text { text: read(&entry.path())?, path });
        }
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, extension)) => TEXTS.contains(&extension),
        None => true,
    }
}

/// A file as text; bytes that are not UTF-8 are of no interest to any rule.
fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A source for the unit tests of the rules.
#[cfg(test)]
pub fn source(path: &str, text: &str) -> Source {
    Source::parse(path, text).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declared_for_tests_makes_its_file_a_test() {
        let mut sources = [
            source("src/git/lib.rs", "mod body; #[cfg(test)] mod fake;"),
            source("src/git/fake.rs", ""),
            source("src/git/fake/more.rs", ""),
            source("src/git/body.rs", "#[cfg(test)]\nmod tests;"),
            source("src/git/body/tests.rs", ""),
            source("src/git/tree.rs", "#[cfg(test)] #[path = \"tree_tests.rs\"] mod tests;"),
            source("src/git/tree_tests.rs", ""),
        ];
        mark_test_modules(&mut sources);
        assert_eq!(sources.map(|source| source.test), [false, true, true, false, true, false, true]);
    }

    #[test]
    fn a_target_for_tests_is_a_test() {
        let rows = ["tests/a.rs", "benches/a.rs", "src/actor/tests/a.rs"].map(|path| (path, true));
        for (path, expected) in rows.into_iter().chain(["src/actor/a.rs", "src/main.rs"].map(|path| (path, false))) {
            assert_eq!(source(path, "").test, expected, "{path}");
        }
    }
}
