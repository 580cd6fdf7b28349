//! Each check switched off in turn, on this very program with one test in it: a test that shows the check has to turn red.
//! A few of them each time; with `PRITCHEL_MUTANTS=all` every one, and what stayed green is written down; with a part of their
//! names, such as `Unlink/`, those.

use super::scan::{Shown, shown};
use super::{root, tests_of};
use pritchel_actor::switch::{self, Check};
use pritchel_actors::forgefed::{Statement, statements};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// The kind of actor, the method, the code and, if it has one, the case of the check that is switched off in this run.
const OFF: &str = "PRITCHEL_SWITCHED_OFF";

/// How many are tried unless all are.
const SAMPLE: usize = 20;

/// Where it is written down what came of the last run over all.
const RECORD: &str = "docs/forgefed/mutants.tsv";

/// Switches off on this thread what this run is to be without.
pub fn switch() {
    switch::off(switched_off());
}

fn switched_off() -> Option<Check> {
    let off = std::env::var(OFF).ok()?;
    match off.split(' ').collect::<Vec<_>>()[..] {
        [kind, method, code] => Some(Check::new(kind, method, code)),
        [kind, method, code, case] => Some(Check::new(kind, method, code).in_case(case)),
        _ => panic!("{OFF}={off}"),
    }
}

/// Whether a story of these kinds can notice what is switched off: others need not be told in such a run.
pub fn concerns(kinds: &[&str]) -> bool {
    switched_off().is_none_or(|off| kinds.contains(&off.kind.as_str()))
}

/// A check: its kind of actor, its method, its code, and its case if it has one.
type Mutant = (&'static str, &'static str, &'static str, Option<&'static str>);

/// A check as it is told and written down.
fn name((kind, method, code, case): Mutant) -> String {
    match case {
        Some(case) => format!("{method}/{code} of {kind} ({case})"),
        None => format!("{method}/{code} of {kind}"),
    }
}

/// Every check that can be switched off, with the statements that ask for it. Those whose rule has no code are looked up: what is
/// not found cannot be acted on, and there is nothing to switch.
fn mutants() -> BTreeMap<Mutant, Vec<Statement>> {
    let mut mutants = BTreeMap::<Mutant, Vec<Statement>>::new();
    for statement in statements().filter(|statement| (statement.kind, statement.state) == ("check", "shown")) {
        if let (Some((method, code)), Some((kind, _))) = (statement.rule.split_once('/'), statement.place()) {
            mutants.entry((kind, method, code, statement.case)).or_default().push(statement);
        }
    }
    mutants
}

/// The name under which this program knows a test, if it is one of its own.
fn own(test: &str) -> Option<String> {
    let (path, name) = test.strip_prefix("src/actors/tests/")?.split_once("::")?;
    let module = path.strip_suffix(".rs")?.replace('/', "::");
    Some(format!("{}::{name}", module.trim_end_matches("::mod")))
}

/// Whether a test that shows one of these statements turns red without the check.
fn is_noticed(mutant: Mutant, statements: &[Statement], shown: &Shown) -> bool {
    let (kind, method, code, case) = mutant;
    let mut tests: Vec<String> =
        statements.iter().flat_map(|statement| tests_of(statement, shown)).filter_map(own).collect();
    tests.sort();
    tests.dedup();
    assert!(!tests.is_empty(), "{} is shown by no test of this program", name(mutant));
    let off: Vec<&str> = [kind, method, code].into_iter().chain(case).collect();
    tests.iter().any(|test| {
        let mut run = Command::new(std::env::current_exe().unwrap());
        run.args(["--exact", test]).env(OFF, off.join(" ")).env("RUST_BACKTRACE", "0");
        !run.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    })
}

#[test]
fn a_check_that_is_switched_off_turns_a_test_red() {
    let (mut mutants, shown) = (mutants(), shown(&root()));
    let which = std::env::var("PRITCHEL_MUTANTS").ok();
    let all = which.as_deref() == Some("all");
    let (step, first) = match which {
        Some(part) => {
            mutants.retain(|mutant, _| all || name(*mutant).contains(&part));
            assert!(!mutants.is_empty(), "PRITCHEL_MUTANTS: no check is named {part}");
            (1, 0)
        }
        None => {
            let seed = std::env::var("PRITCHEL_SEED").ok().and_then(|seed| seed.parse().ok());
            let seed: usize = seed.unwrap_or_else(|| std::process::id() as usize);
            println!("PRITCHEL_SEED={seed}");
            let step = (mutants.len() / SAMPLE).max(1);
            (step, seed % step)
        }
    };
    let tried = mutants.iter().skip(first).step_by(step);
    let green = tried.filter(|(mutant, statements)| !is_noticed(**mutant, statements, &shown));
    let green: Vec<String> = green.map(|(mutant, _)| name(*mutant)).collect();
    if all {
        let statements: usize = mutants.values().map(Vec::len).sum();
        let lines: String = green.iter().map(|mutant| format!("{mutant}\n")).collect();
        let record = format!(
            "# Checks switched off, statements that ask for them; then what stayed green.\n{}\t{statements}\n{lines}",
            mutants.len()
        );
        std::fs::write(root().join(RECORD), record).unwrap();
    }
    let known = recorded().stayed_green;
    let new: Vec<&String> = green.iter().filter(|mutant| !known.contains(mutant)).collect();
    assert_eq!(new, Vec::<&String>::new(), "no test noticed that these were switched off");
}

/// What came of the last run over all checks.
pub struct Recorded {
    /// How many were switched off.
    pub checks: usize,
    /// How many statements ask for them.
    pub statements: usize,
    /// Those that no test noticed.
    pub stayed_green: Vec<String>,
}

/// Reads what was written down.
pub fn recorded() -> Recorded {
    let text = std::fs::read_to_string(root().join(RECORD)).unwrap_or_default();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut counts = lines.next().unwrap_or("0\t0").split('\t').map(|count| count.parse().unwrap());
    let (checks, statements) = (counts.next().unwrap(), counts.next().unwrap());
    Recorded { checks, statements, stayed_green: lines.map(str::to_owned).collect() }
}

#[test]
fn a_test_is_run_by_the_name_that_this_program_gives_it() {
    assert_eq!(own("src/actors/tests/flows/ties.rs::a").as_deref(), Some("flows::ties::a"));
    assert_eq!(own("src/actors/tests/flows/mod.rs::a").as_deref(), Some("flows::a"));
    assert_eq!(own("src/web/tests/web/main.rs::a"), None);
}
