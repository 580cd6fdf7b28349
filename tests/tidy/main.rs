//! Tidy: the house rules a machine can check, over the text of the whole repository.
//! - [`doors`]: which room may use what, as the table of rooms and crates and as rules for single files
//! - [`size`]: files and functions stay small; exceptions are listed with their size and may only shrink
//! - [`docs`]: every module and every public item says what it is for
//! - [`words`]: what may not stand in code outside tests, and what may stand nowhere
//! - [`place`]: every source file belongs to a room, every limit to the room's file of limits
//! - [`dependencies`]: every dependency is argued in `docs/dependencies.md`
//!
//! [`repository`] reads the files and [`code`] their tokens. Each rule is shown to fire by the unit tests beside it.

mod code;
mod dependencies;
mod docs;
mod doors;
mod place;
mod repository;
mod size;
mod words;

use repository::{Finding, Repository};

/// A rule, and what breaks it.
type Rule = (&'static str, fn(&Repository) -> Result<Vec<Finding>, String>);

const RULES: [Rule; 10] = [
    ("a room may use what its table in doors.rs says", |it| Ok(doors::crates(&it.manifests))),
    ("a door of doors.rs was passed", |it| Ok(doors::files(&it.sources))),
    ("sizes, with the exceptions in ratchet.tsv", |it| {
        Ok(size::check(&size::measure(&it.sources), &size::ratchet(include_str!("ratchet.tsv"))?))
    }),
    ("a doc comment is missing", |it| Ok(docs::check(&it.sources))),
    ("not outside tests", |it| Ok(words::code(&it.sources))),
    ("a path of a machine", |it| Ok(words::machine(&it.texts))),
    ("a package from elsewhere", |it| Ok(words::lock(&it.lock))),
    ("a file without a room", |it| Ok(place::rooms(&it.sources))),
    ("a limit belongs in src/<room>/limits.rs", |it| Ok(place::limits(&it.sources))),
    ("docs/dependencies.md and Cargo.toml differ", |it| {
        Ok(dependencies::check(&it.manifests, it.text("docs/dependencies.md")?))
    }),
];

/// One test for all rules, since reading the whole repository takes longer than all of them. Fails with one line for each finding.
#[test]
fn the_repository_keeps_every_rule() {
    let repository = Repository::read().unwrap();
    assert!(repository.text("src/main.rs").is_ok());
    assert!(repository.text("no/such/file").is_err());
    assert!(repository.manifests.len() > 7, "the workspace and its seven rooms");
    assert!(repository.sources.iter().any(|source| source.path == "tests/tidy/main.rs" && source.test));
    let mut broken = String::new();
    for (rule, findings) in RULES {
        let findings = findings(&repository).unwrap();
        if !findings.is_empty() {
            let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
            broken += &format!("{rule}: {} found\n{}\n", findings.len(), lines.join("\n"));
        }
    }
    assert!(broken.is_empty(), "{broken}");
}
