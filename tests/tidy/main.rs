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

/// Fails with one line for each finding.
fn hold(rule: &str, findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(findings.is_empty(), "{rule}: {} found\n{}\n", findings.len(), lines.join("\n"));
}

#[test]
fn every_room_keeps_its_doors() {
    let repository = Repository::read().unwrap();
    hold("a room may use what its table in doors.rs says", &doors::crates(&repository.manifests));
    hold("a door of doors.rs was passed", &doors::files(&repository.sources));
}

#[test]
fn files_and_functions_stay_small() {
    let repository = Repository::read().unwrap();
    let rows = size::ratchet(include_str!("ratchet.tsv")).unwrap();
    hold("sizes, with the exceptions in ratchet.tsv", &size::check(&size::measure(&repository.sources), &rows));
}

#[test]
fn every_module_and_public_item_has_a_doc_comment() {
    hold("a doc comment is missing", &docs::check(&Repository::read().unwrap().sources));
}

#[test]
fn no_code_panics_or_hides_on_purpose() {
    hold("not outside tests", &words::code(&Repository::read().unwrap().sources));
}

#[test]
fn no_text_names_the_machine_it_was_written_on() {
    let repository = Repository::read().unwrap();
    hold("a path of a machine", &words::machine(&repository.texts));
    hold("a package from elsewhere", &words::lock(&repository.lock));
}

#[test]
fn every_file_is_in_a_room_and_every_limit_in_its_file() {
    let repository = Repository::read().unwrap();
    hold("a file without a room", &place::rooms(&repository.sources));
    hold("a limit belongs in src/<room>/limits.rs", &place::limits(&repository.sources));
}

#[test]
fn every_dependency_is_argued() {
    let repository = Repository::read().unwrap();
    let argued = repository.text("docs/dependencies.md").unwrap();
    hold("docs/dependencies.md and Cargo.toml differ", &dependencies::check(&repository.manifests, argued));
}
