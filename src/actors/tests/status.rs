//! Which statements of ForgeFed are shown to hold, by which tests: `docs/forgefed/statements.tsv` says of each what it
//! stands at, tests name what they have shown, and this compares the two and writes `docs/forgefed-status.md`.
//! - [`shows`]: what a test calls after its assertions; [`scan`]: where it is called; [`page`]: the page
//! - [`mutants`]: each check switched off in turn, to see that a test that shows it turns red
//!
//! `PRITCHEL_STATUS=write` writes the page anew, and marks in the table what tests show by now.

pub mod mutants;
mod page;
mod scan;

use pritchel_actor::kind::Kind;
use pritchel_actor::switch::GATE;
use pritchel_actors::forgefed::{AUTHORITY, STATEMENTS, Statement, meaning, statements};
use scan::{Shown, shown};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Says that the assertions before it have shown these statements: rules of `docs/forgefed/statements.tsv`, which stand for
/// the statements of every kind that has them, or single ids. The tests of [`crate::status`] read it from the source.
pub fn shows(_statements: &[&str]) {}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether files are to be written rather than compared.
fn writes() -> bool {
    std::env::var("PRITCHEL_STATUS").is_ok_and(|what| what == "write")
}

/// The tests that show a statement: by its id, or by its rule. A kind that is not there does nothing.
fn tests_of<'s>(statement: &Statement, shown: &'s Shown) -> BTreeSet<&'s str> {
    if !statement.place().is_some_and(|(kind, _)| methods().contains_key(kind)) {
        return BTreeSet::new();
    }
    let by = |name: &str| shown.get(name).into_iter().flatten().map(String::as_str);
    by(statement.id).chain(by(statement.rule)).collect()
}

#[test]
fn every_statement_is_shown_or_decided() {
    let shown = shown(&root());
    assert!(!shown.is_empty(), "tests were read");
    let mut wrong = Vec::new();
    for statement in statements() {
        let (id, tests) = (statement.id, tests_of(&statement, &shown));
        match statement.state.split(' ').collect::<Vec<_>>()[..] {
            ["shown"] if tests.is_empty() => wrong.push(format!("{id}: no test shows {}", statement.rule)),
            ["missing"] if !tests.is_empty() && !writes() => {
                wrong.push(format!("{id}: {tests:?} shows it, it is missing no more (PRITCHEL_STATUS=write)"));
            }
            ["decided", page] if !root().join(page).is_file() => wrong.push(format!("{id}: there is no page {page}")),
            ["missing"] => wrong.push(format!("{id}: {} is neither shown nor decided", statement.rule)),
            ["shown"] | ["decided", _] => {}
            _ => wrong.push(format!("{id}: expected shown, missing or decided and a page, found {}", statement.state)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_tests_show_stands_in_the_table() {
    let known: BTreeSet<&str> = statements().flat_map(|statement| [statement.id, statement.rule]).collect();
    let shown = shown(&root());
    let strange: Vec<_> = shown.iter().filter(|(name, _)| !known.contains(name.as_str())).collect();
    assert_eq!(strange, Vec::<(&String, &BTreeSet<String>)>::new(), "neither an id nor a rule");
}

/// The methods of every kind of actor.
fn methods() -> &'static BTreeMap<&'static str, BTreeSet<&'static str>> {
    static METHODS: LazyLock<BTreeMap<&str, BTreeSet<&str>>> = LazyLock::new(|| {
        let kinds = pritchel_actors::kinds();
        let names = |kind: &dyn Kind| kind.methods().iter().map(|info| info.name).collect();
        kinds.iter().map(|kind| (kind.name(), names(&**kind))).collect()
    });
    &METHODS
}

#[test]
fn a_refusal_names_one_statement_or_those_that_a_page_says_are_one() {
    let page = std::fs::read_to_string(root().join("docs/decisions/0005-forgefed-otherwise.md")).unwrap();
    let checks: Vec<Statement> = statements().filter(|statement| statement.kind == "check").collect();
    let checks = checks.into_iter().filter(|check| check.rule.contains('/') && !check.rule.ends_with("/gate"));
    let mut by_rule = BTreeMap::<_, Vec<Statement>>::new();
    for check in checks {
        by_rule.entry((check.place().unwrap().0, check.rule)).or_default().push(check);
    }
    let mut untold = BTreeSet::new();
    for same in by_rule.values() {
        for check in same {
            let named: Vec<&str> =
                same.iter().filter(|other| other.concerns(check.case)).map(|other| other.id).collect();
            if named.len() > 1 && !page.contains(&format!("`{}`", named[0])) {
                untold.insert(named);
            }
        }
    }
    assert_eq!(untold, BTreeSet::new(), "these are named together, and docs/decisions/0005 does not say why");
}

#[test]
fn a_check_that_cannot_be_switched_off_says_why() {
    let page = std::fs::read_to_string(root().join("docs/decisions/0005-forgefed-otherwise.md")).unwrap();
    let fixed = statements()
        .filter(|statement| (statement.kind, statement.state) == ("check", "shown") && !statement.rule.contains('/'));
    let untold: Vec<&str> =
        fixed.map(|statement| statement.id).filter(|id| !page.contains(&format!("`{id}`"))).collect();
    assert_eq!(
        untold,
        Vec::<&str>::new(),
        "nothing is switched off for these, and docs/decisions/0005 does not say why"
    );
}

#[test]
fn a_rule_is_a_method_of_the_kind_and_a_code_of_a_refusal() {
    let methods = methods();
    let mut wrong = BTreeSet::new();
    for statement in statements().filter(|statement| statement.rule != "-") {
        let (method, check) = match statement.rule.split_once(['/', ':']) {
            Some((method, check)) => (method, Some(check).filter(|_| statement.rule.contains('/'))),
            None => (statement.rule, None),
        };
        let (kind, _) = statement.place().unwrap();
        let has = methods.get(kind).is_none_or(|names| names.contains(method));
        let known = check.is_none_or(|check| [AUTHORITY, GATE].contains(&check) || meaning(check).is_some());
        if !has || !known {
            wrong.insert(format!("{} of {kind}: {}", statement.id, statement.rule));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Where the specification is, with what was read out of it. Says so where it is not at hand, unless all is required.
pub fn specification() -> Option<PathBuf> {
    let beside = root().join("../shared");
    let dir = std::env::var_os("PRITCHEL_SPEC_DIR").map(PathBuf::from).or_else(|| beside.is_dir().then_some(beside));
    if dir.is_none() {
        assert!(std::env::var_os("PRITCHEL_REQUIRE_ALL").is_none(), "PRITCHEL_SPEC_DIR is not set");
        println!("not run: PRITCHEL_SPEC_DIR is not set, and there is no ../shared");
    }
    dir
}

/// The statements of the specification itself, where it is at hand.
#[test]
fn the_table_has_every_statement_of_the_specification_and_no_other() {
    let Some(dir) = specification() else { return };
    let text = std::fs::read_to_string(dir.join("forgefed/behaviors.tsv")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect());
    let rows = rows.map(|cells: Vec<&str>| (cells[2].to_owned(), cells[3].to_owned()));
    // Notes say nothing that could hold or not.
    let asked: BTreeMap<_, _> = rows.filter(|(_, kind)| kind != "note").collect();
    let ours: BTreeMap<_, _> = statements().map(|row| (row.id.to_owned(), row.kind.to_owned())).collect();
    assert_eq!(statements().count(), ours.len(), "each id once");
    let differ: Vec<_> = asked.iter().chain(&ours).filter(|(id, _)| asked.get(*id) != ours.get(*id)).collect();
    assert_eq!(differ, [], "the specification and the table differ");
}

#[test]
fn the_page_says_what_the_table_and_the_tests_say() {
    let shown = shown(&root());
    let table = marked(&shown);
    let page = page::page(&table, &shown, &mutants::recorded());
    let (table_at, page_at) = (root().join("docs/forgefed/statements.tsv"), root().join("docs/forgefed-status.md"));
    if writes() {
        std::fs::write(table_at, table).unwrap();
        std::fs::write(page_at, page).unwrap();
        return;
    }
    let found = std::fs::read_to_string(page_at).unwrap_or_default();
    assert!(found == page, "docs/forgefed-status.md is not as it should be: run this test with PRITCHEL_STATUS=write");
}

/// The table, with what is shown marked so.
fn marked(shown: &Shown) -> String {
    let mut rows = statements();
    let mut line = |line: &str| {
        if line.starts_with('#') || line.starts_with("id\t") {
            return format!("{line}\n");
        }
        let statement = rows.next().unwrap();
        let now_shown = statement.state == "missing" && !tests_of(&statement, shown).is_empty();
        let (all_but_state, _) = line.rsplit_once('\t').unwrap();
        format!("{all_but_state}\t{}\n", if now_shown { "shown" } else { statement.state })
    };
    STATEMENTS.lines().map(&mut line).collect()
}
