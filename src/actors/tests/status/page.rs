//! The page of the status.

use super::mutants::Recorded;
use super::{Shown, tests_of};
use pritchel_actors::forgefed::{ACTORS, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How many statements are how far.
#[derive(Clone, Copy, Default)]
struct Figures {
    all: usize,
    shown: usize,
    decided: usize,
    missing: usize,
}

impl Figures {
    fn of<'s>(statements: impl Iterator<Item = &'s Statement>) -> Self {
        let mut figures = Self::default();
        for statement in statements {
            figures.all += 1;
            match statement.state {
                "shown" => figures.shown += 1,
                "missing" => figures.missing += 1,
                _ => figures.decided += 1,
            }
        }
        figures
    }

    fn cells(self) -> String {
        format!("{} | {} | {} | {}", self.all, self.shown, self.decided, self.missing)
    }
}

/// Writes the page.
pub fn page(table: &str, shown: &Shown, mutants: &Recorded) -> String {
    let statements: Vec<Statement> = rows(table);
    let mut page = String::from(OPENING);
    totals(&mut page, &statements);
    noticed(&mut page, mutants);
    for (_, actor) in ACTORS {
        let of_actor = |statement: &&Statement| statement.place().is_some_and(|(of, _)| of == actor);
        kind(&mut page, actor, &statements.iter().filter(of_actor).copied().collect::<Vec<_>>());
    }
    rules(&mut page, &statements, shown);
    page
}

const OPENING: &str = "# ForgeFed, statement by statement

What the specification's handlers say of each kind of actor is 1,645 numbered statements. This page is written by
`src/actors/tests/status.rs` from [forgefed/statements.tsv](forgefed/statements.tsv) and from what tests say they show; HACKING.md says how.

- **shown**: a test names the statement, after assertions that fail if it did not hold
- **decided**: we do otherwise, for the reason on the page that is linked
- **missing**: nothing does it, or no test shows it yet

";

/// The rows of a table, which lives as long as the program: there is one.
fn rows(table: &str) -> Vec<Statement> {
    let table: &'static str = Box::leak(table.to_owned().into_boxed_str());
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|line| Statement::read(line).unwrap()).collect()
}

fn totals(page: &mut String, statements: &[Statement]) {
    page.push_str("| | statements | shown | decided | missing |\n| --- | ---: | ---: | ---: | ---: |\n");
    for kind in ["case", "check", "effect"] {
        let figures = Figures::of(statements.iter().filter(|statement| statement.kind == kind));
        writeln!(page, "| {kind}s | {} |", figures.cells()).unwrap();
    }
    writeln!(page, "| all | {} |", Figures::of(statements.iter()).cells()).unwrap();
}

/// What came of the last run over all checks.
fn noticed(page: &mut String, mutants: &Recorded) {
    let Recorded { checks, statements, stayed_green } = mutants;
    let noticed = checks.saturating_sub(stayed_green.len());
    write!(page, "\nOf {checks} checks, which are what {statements} statements ask for, each was switched off once: a test turned red for {noticed}. ").unwrap();
    match stayed_green.as_slice() {
        [] => page.push_str("None stayed green.\n"),
        some => writeln!(page, "Stayed green: {}.", some.join(", ")).unwrap(),
    }
    page.push_str("The other two look up a Grant that is taken back (docs/decisions/0005): of what is not found there is nothing to go on with.\n");
}

fn kind(page: &mut String, actor: &str, statements: &[Statement]) {
    write!(page, "\n## {actor}\n\n| activity | statements | shown | decided | missing | |\n").unwrap();
    page.push_str("| --- | ---: | ---: | ---: | ---: | --- |\n");
    let mut activities: BTreeMap<&str, Vec<Statement>> = BTreeMap::new();
    for statement in statements {
        let activity = statement.place().map_or("", |(_, activity)| activity);
        activities.entry(activity).or_default().push(*statement);
    }
    for (activity, statements) in &activities {
        let cells = Figures::of(statements.iter()).cells();
        writeln!(page, "| {activity} | {cells} | {} |", remarks(statements)).unwrap();
    }
    writeln!(page, "| all | {} | |", Figures::of(statements.iter()).cells()).unwrap();
}

/// What is missing, and what was decided otherwise and where. Ids are given without what all of an activity have in common.
fn remarks(statements: &[Statement]) -> String {
    let number = |statement: &Statement| statement.id.split_once('/').map_or("", |(_, number)| number).to_owned();
    let mut decided: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for statement in statements {
        if let Some(at) = statement.state.strip_prefix("decided ") {
            decided.entry(at).or_default().push(number(statement));
        }
    }
    let mut remarks: Vec<String> = Vec::new();
    let missing: Vec<String> = statements.iter().filter(|row| row.state == "missing").map(number).collect();
    if missing.len() == statements.len() {
        remarks.push("nothing yet".to_owned());
    } else if !missing.is_empty() {
        remarks.push(format!("missing: {}", missing.join(", ")));
    }
    for (at, numbers) in decided {
        let name = at.rsplit('/').next().unwrap_or(at).trim_end_matches(".md");
        let link = at.strip_prefix("docs/").map_or_else(|| format!("../{at}"), str::to_owned);
        remarks.push(format!("[{name}]({link}): {}", numbers.join(", ")));
    }
    remarks.join("; ")
}

/// Which rule is shown by which tests.
fn rules(page: &mut String, statements: &[Statement], shown: &Shown) {
    page.push_str(
        "\n## Rules and the tests that show them\n\n| rule | statements | shown by |\n| --- | ---: | --- |\n",
    );
    let mut rules: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for statement in statements.iter().filter(|statement| statement.rule != "-") {
        let rule = rules.entry(statement.rule).or_default();
        rule.0 += 1;
        rule.1.extend(tests_of(statement, shown));
    }
    for (rule, (count, tests)) in rules {
        let tests: Vec<String> = tests.into_iter().map(link).collect();
        writeln!(page, "| `{rule}` | {count} | {} |", tests.join(", ")).unwrap();
    }
}

fn link(test: &str) -> String {
    let (path, name) = test.split_once("::").unwrap_or((test, test));
    format!("[{}](../{path})", name.replace('_', " "))
}
