//! What was found: statement by statement, as a table for people or as JSON. docs/probe.md has the members of the JSON.

use crate::cli::probe::statement;
use serde::Serialize;
use std::fmt::Write;

/// What became of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// It could not be decided.
    NotRun {
        /// Why.
        why: String,
    },
}

/// A statement and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The flow that decided it.
    pub flow: String,
    /// The statement's id.
    pub id: String,
    /// The actor of the peer it was tried on, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What is expected, in a sentence.
    pub says: String,
    /// Where it is written.
    pub anchor: String,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The addresses of the acts and documents it was seen at, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// That hold.
    pub pass: usize,
    /// That do not.
    pub fail: usize,
    /// That could not be decided.
    pub not_run: usize,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The form of this document.
    pub schema: &'static str,
    /// The peer.
    pub peer: String,
    /// What the peer says it is, by NodeInfo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// The probe's own origin.
    pub probe: String,
    /// How many statements came out how.
    pub totals: Totals,
    /// The statements.
    pub statements: Vec<Finding>,
}

impl Report {
    /// A report of these findings.
    pub fn new(peer: &str, software: Option<String>, probe: &str, statements: Vec<Finding>) -> Self {
        let mut totals = Totals::default();
        for finding in &statements {
            match finding.verdict {
                Verdict::Pass => totals.pass += 1,
                Verdict::Fail { .. } => totals.fail += 1,
                Verdict::NotRun { .. } => totals.not_run += 1,
            }
        }
        let (peer, probe) = (peer.to_owned(), probe.to_owned());
        Self { schema: "pritchel-probe/1", peer, software, probe, totals, statements }
    }

    /// The table for people.
    /// - `title`: what a flow is called
    pub fn table(&self, title: impl Fn(&str) -> &'static str) -> String {
        let mut text = String::new();
        let mut flow = "";
        let mut not_run: Vec<(&str, Vec<&str>)> = Vec::new();
        for finding in &self.statements {
            if finding.flow != flow {
                left_out(&mut text, &mut not_run);
                flow = &finding.flow;
                let _ = writeln!(text, "\n{flow}  {}", title(flow));
            }
            let Finding { id, says, .. } = finding;
            match &finding.verdict {
                Verdict::Pass => drop(writeln!(text, "  pass     {id:<24} {says}")),
                Verdict::Fail { expected, found } => {
                    let _ = writeln!(text, "  FAIL     {id:<24} {says}");
                    let _ = writeln!(text, "             expected  {expected}");
                    let _ = writeln!(text, "             found     {found}");
                    let _ = writeln!(text, "             written   {}", finding.anchor);
                    for address in &finding.evidence {
                        let _ = writeln!(text, "             see       {address}");
                    }
                }
                Verdict::NotRun { why } => match not_run.iter_mut().find(|(known, _)| known == why) {
                    Some((_, ids)) => ids.push(id),
                    None => not_run.push((why, vec![id])),
                },
            }
        }
        left_out(&mut text, &mut not_run);
        let Totals { pass, fail, not_run } = self.totals;
        let (known, all) = statement::known();
        let _ = writeln!(text, "\n{pass} pass, {fail} fail, {not_run} not run.");
        let _ = writeln!(text, "Of ForgeFed's {all} statements the probe knows {known}.");
        text
    }
}

/// What of a flow was not run, by reason.
fn left_out(text: &mut String, not_run: &mut Vec<(&str, Vec<&str>)>) {
    for (why, ids) in not_run.drain(..) {
        let _ = writeln!(text, "  not run  {}\n             since     {why}", ids.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(id: &str, verdict: Verdict) -> Finding {
        Finding {
            flow: "FL-06".into(),
            id: id.into(),
            actor: None,
            says: "A follower is listed.".into(),
            anchor: "https://forgefed.org/spec/#tt-beh-follow".into(),
            verdict,
            evidence: Vec::new(),
        }
    }

    fn report() -> Report {
        let fail = Verdict::Fail { expected: "ann among the followers".into(), found: "nobody".into() };
        let not_run = |id| finding(id, Verdict::NotRun { why: "no Team was named".into() });
        let findings = vec![finding("a/1", Verdict::Pass), finding("a/2", fail), not_run("a/3"), not_run("a/4")];
        Report::new("http://peer.example", None, "http://probe.example", findings)
    }

    #[test]
    fn the_table_says_what_was_expected_and_found_and_why_something_was_not_run() {
        let table = report().table(|_| "follow");
        assert!(table.contains("FL-06  follow"), "{table}");
        assert!(table.contains("expected  ann among the followers\n             found     nobody"), "{table}");
        assert!(table.contains("not run  a/3, a/4\n             since     no Team was named"), "{table}");
        assert!(table.contains("1 pass, 1 fail, 2 not run."), "{table}");
    }

    #[test]
    fn the_json_has_a_verdict_beside_each_id() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!((&json["schema"], &json["totals"]["not-run"]), (&"pritchel-probe/1".into(), &2.into()));
        let rows = json["statements"].as_array().unwrap();
        assert_eq!((&rows[0]["id"], &rows[0]["verdict"]), (&"a/1".into(), &"pass".into()));
        assert_eq!((&rows[1]["verdict"], &rows[1]["found"]), (&"fail".into(), &"nobody".into()));
        assert_eq!((&rows[2]["verdict"], &rows[2]["why"]), (&"not-run".into(), &"no Team was named".into()));
    }
}
