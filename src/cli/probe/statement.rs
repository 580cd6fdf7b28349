//! What the probe decides: `docs/forgefed/probe.tsv`, one row each, with the flow that decides it and a sentence of ours.
//!
//! A row's key is a *rule* as `docs/forgefed/statements.tsv` has them (`Follow:listed`), and then stands for the statements that
//! have this rule for a kind of actor; or the id of one statement; or is our own: below `wire/` for what every server has to do
//! before ForgeFed begins, below `flow/` for what the text of a flow asks beside the handlers.

use pritchel_actors::forgefed::{ACTORS, statements};
use std::collections::BTreeSet;

/// The table.
const TABLE: &str = include_str!("../../../docs/forgefed/probe.tsv");

/// Where the text of ForgeFed is.
const SPEC: &str = "https://forgefed.org/spec/";

/// The key of no row, where a step that several flows have decides nothing in one of them.
pub const NOTHING: &str = "";

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// A rule, the id of a statement, or a name of ours.
    pub key: &'static str,
    /// The flow that decides it.
    pub flow: &'static str,
    /// Where it is written: an anchor of ForgeFed, or an address.
    pub anchor: &'static str,
    /// What is expected, in a sentence of ours.
    pub says: &'static str,
}

impl Row {
    /// The statements it stands for, with an actor of this kind.
    pub fn ids(&self, kind: &str) -> Vec<&'static str> {
        if self.is_one() {
            return vec![self.key];
        }
        let fit = statements().filter(|statement| statement.rule == self.key);
        fit.filter(|statement| statement.place().is_some_and(|(of, _)| of == kind)).map(|found| found.id).collect()
    }

    /// Whether it is one statement, whatever the kind of actor.
    pub fn is_one(&self) -> bool {
        ["wire/", "flow/"].iter().any(|own| self.key.starts_with(own)) || self.key.contains("-beh-")
    }

    /// The kind of actor of one statement, if it is about one kind.
    pub fn kind(&self) -> Option<&'static str> {
        let (short, _) = self.key.split_once("-beh-")?;
        ACTORS.iter().find(|(known, _)| *known == short).map(|(_, kind)| *kind)
    }
}

/// All rows, in the order of the table.
pub fn rows() -> impl Iterator<Item = Row> {
    TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        let mut next = || cells.next();
        Some(Row { key: next()?, flow: next()?, anchor: next()?, says: next()? })
    })
}

/// The row of a key.
pub fn row(key: &str) -> Option<Row> {
    rows().find(|row| row.key == key)
}

/// Where a statement is written: the handler of ForgeFed that has it, else what the row names.
pub fn address(id: &str, row: &Row) -> String {
    match id.split_once('/') {
        Some((handler, _)) if handler.contains("-beh-") => format!("{SPEC}#{handler}"),
        _ if row.anchor.contains("://") => row.anchor.to_owned(),
        _ => format!("{SPEC}#{}", row.anchor),
    }
}

/// How many of ForgeFed's statements the probe knows, and how many there are.
pub fn known() -> (usize, usize) {
    let keys: BTreeSet<&str> = rows().map(|row| row.key).collect();
    let all: Vec<_> = statements().collect();
    let known = all.iter().filter(|statement| keys.contains(statement.id) || keys.contains(statement.rule)).count();
    (known, all.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_decided_by_a_flow_and_stands_for_something() {
        for row in rows() {
            assert!(!row.says.is_empty() && row.says.ends_with('.'), "{row:?}");
            assert!(super::super::flows::ALL.iter().any(|flow| flow.ids.contains(&row.flow)), "no flow {row:?}");
            let stands = row.is_one() || ACTORS.iter().any(|(_, kind)| !row.ids(kind).is_empty());
            assert!(stands, "no statement has the rule {row:?}");
            assert!(!row.key.contains("-beh-") || statements().any(|statement| statement.id == row.key), "{row:?}");
        }
    }

    #[test]
    fn a_key_has_one_row() {
        let keys: Vec<&str> = rows().map(|row| row.key).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }

    #[test]
    fn a_statement_is_found_where_it_is_written() {
        let row = row("Follow:listed").unwrap();
        assert_eq!(row.ids("TicketTracker"), ["tt-beh-follow/4"]);
        assert_eq!(address("tt-beh-follow/4", &row), "https://forgefed.org/spec/#tt-beh-follow");
    }

    #[test]
    fn each_flow_decides_something() {
        for flow in super::super::flows::ALL {
            assert!(rows().any(|row| flow.ids.contains(&row.flow)), "{:?} decides nothing", flow.ids);
        }
    }
}
