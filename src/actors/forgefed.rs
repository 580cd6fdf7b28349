//! What ForgeFed says an actor does, statement by statement, and which method of ours each statement is about.
//!
//! The specification's handlers are 1,645 numbered statements: cases, checks and effects of each kind of actor. The table
//! `docs/forgefed/statements.tsv` names them by id, never by their sentences, and gives each a *rule*, which is our name
//! for what it says: `Follow` (a case that this method is for), `Follow/already-follower` (a check: the method, and the
//! code with which it refuses), `Follow:listed` (an effect). One rule serves the statements of many kinds, since what they
//! have in common is written once. `Follow/authority` is any refusal by the verification of a Grant. Where a kind is told
//! the same check in several cases, `@` and our name of the case stand behind the rule (`Unlink/not-linked@teams`), and the
//! method says by [`pritchel_actor::Turn::case`] which case a call is.
//!
//! Source: ForgeFed, "Actor Interface and Behavior".

use pritchel_actor::Refusal;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table of statements, one a line: id, kind, rule, state.
pub const STATEMENTS: &str = include_str!("../../docs/forgefed/statements.tsv");

/// The codes of refusals, one a line: code, meaning, what to do.
const REFUSALS: &str = include_str!("../../docs/errors/refusals.tsv");

/// What is said of the part of a check that verifies a Grant.
pub const AUTHORITY: &str = "authority";

/// A statement of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its id, such as `tt-beh-follow/2`.
    pub id: &'static str,
    /// `case`, `check` or `effect`.
    pub kind: &'static str,
    /// What it says, by our name; `-` while nothing is written for it.
    pub rule: &'static str,
    /// In which case of the method, if it says so of several.
    pub case: Option<&'static str>,
    /// `shown` by tests, `missing`, or `decided` and the page that says how it was decided otherwise.
    pub state: &'static str,
}

impl Statement {
    /// The statement of a line of the table.
    pub fn read(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let mut next = || cells.next();
        let (id, kind, rule, state) = (next()?, next()?, next()?, next()?);
        let (rule, case) = rule.split_once('@').map_or((rule, None), |(rule, case)| (rule, Some(case)));
        Some(Self { id, kind, rule, case, state })
    }

    /// Whether it is asked for in this case of its method: if it is for no case in particular, or the method has not said
    /// which one it is in, it is.
    pub fn concerns(&self, case: Option<&str>) -> bool {
        self.case.is_none() || case.is_none() || self.case == case
    }

    /// The kind of actor it is about, as the kind is named on the wire, and the activity, in lower case.
    pub fn place(&self) -> Option<(&'static str, &'static str)> {
        let (actor, rest) = self.id.split_once("-beh-")?;
        let (_, actor) = ACTORS.iter().find(|(short, _)| *short == actor)?;
        Some((actor, rest.split('/').next()?))
    }
}

/// How ids name the kinds of actors, in the order of the specification.
pub const ACTORS: [(&str, &str); 11] = [
    ("person", "Person"),
    ("factory", "Factory"),
    ("team", "Team"),
    ("project", "Project"),
    ("org", "Organization"),
    ("repo", "Repository"),
    ("tt", "TicketTracker"),
    ("pt", "PatchTracker"),
    ("rt", "ReleaseTracker"),
    ("wf", "Workflow"),
    ("roadmap", "Roadmap"),
];

/// All statements, in the order of the specification.
pub fn statements() -> impl Iterator<Item = Statement> {
    STATEMENTS.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(Statement::read)
}

/// The rule that a refusal by a method enforces.
pub fn rule(method: &str, why: &Refusal) -> String {
    // Only the verification of a Grant has steps.
    let check = if why.step.is_some() { AUTHORITY } else { &why.code };
    format!("{method}/{check}")
}

/// The statements that ask a method of a kind of actor for this refusal: one, several where the same case is told the same
/// twice (docs/decisions/0005), none where the rule is ours alone.
/// - `case`: the case of the method, if it has several
pub fn violated(kind: &str, method: &str, case: Option<&str>, why: &Refusal) -> Vec<String> {
    static CHECKS: LazyLock<BTreeMap<(&str, &str), Vec<Statement>>> = LazyLock::new(|| {
        let mut checks = BTreeMap::<_, Vec<_>>::new();
        // Some checks are written as cases ("if it is so, refuse").
        for statement in statements().filter(|statement| statement.rule.contains('/')) {
            if let Some((kind, _)) = statement.place() {
                checks.entry((kind, statement.rule)).or_default().push(statement);
            }
        }
        checks
    });
    let rule = rule(method, why);
    let asked = CHECKS.get(&(kind, rule.as_str())).into_iter().flatten();
    let asked: Vec<&str> = asked.filter(|statement| statement.concerns(case)).map(|statement| statement.id).collect();
    let within = |id: &str, of: &str| id.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'));
    // Of a case and what it says, only the latter.
    let innermost = asked.iter().filter(|of| !asked.iter().any(|id| within(id, of)));
    innermost.map(|id| (*id).to_owned()).collect()
}

/// A refusal in words, the same wherever it is told: what was expected and found, the step of the verification, and in
/// brackets the statements that ask for it, with what they mean in a sentence of ours.
pub fn told(why: &Refusal) -> String {
    let mut text = why.summary.clone();
    if let Some(step) = &why.step {
        text.push_str(&format!(" (step {step})"));
    }
    if !why.against.is_empty() {
        text.push_str(&format!(" [{}: {}]", why.against.join(", "), meaning(&why.code).unwrap_or("it is refused")));
    }
    text
}

/// What the code of a refusal means, in a sentence of ours.
pub fn meaning(code: &str) -> Option<&'static str> {
    REFUSALS.lines().skip(1).find_map(|line| {
        let mut cells = line.split('\t');
        if cells.next()? == code { cells.next() } else { None }
    })
}

/// The rules that refuse with this code, in each of their cases, with the statements they stand for.
pub fn of_code(code: &str) -> BTreeMap<(&'static str, Option<&'static str>), Vec<&'static str>> {
    let mut rules = BTreeMap::<_, Vec<_>>::new();
    for statement in statements() {
        if statement.rule.rsplit_once('/').is_some_and(|(_, check)| check == code) {
            rules.entry((statement.rule, statement.case)).or_default().push(statement.id);
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_traced_to_what_the_kind_is_told_to_check() {
        let follower = Refusal::new("already-follower", "…");
        assert_eq!(violated("TicketTracker", "Follow", None, &follower), ["tt-beh-follow/2"]);
        assert_eq!(violated("Team", "Follow", None, &follower), ["team-beh-follow/2"]);
        let small = Refusal::new("role-too-small", "…").at_step("17");
        assert_eq!(violated("TicketTracker", "Invite", None, &small), ["tt-beh-invite/1.1"]);
        let of_review = |case| violated("PatchTracker", "SubmitReview", Some(case), &small);
        assert_eq!(of_review("binding"), ["pt-beh-offer/4.2"]);
        assert_eq!(of_review("not-binding"), ["pt-beh-offer/4.1"]);
        let stranger = Refusal::new("not-the-assignee", "…");
        assert_eq!(violated("TicketTracker", "AssignmentAccepted", None, &stranger), ["tt-beh-accept/7.3.2.1"]);
        assert_eq!(violated("Domain", "Follow", None, &follower), Vec::<String>::new());
        assert_eq!(violated("TicketTracker", "Follow", None, &Refusal::new("ours", "…")), Vec::<String>::new());
    }

    #[test]
    fn a_refusal_is_traced_to_the_statement_of_its_case() {
        let unlinked = Refusal::new("not-linked", "…");
        assert_eq!(violated("Team", "Unlink", Some("oversees"), &unlinked), ["team-beh-remove/8.2"]);
        assert_eq!(violated("Team", "Unlink", Some("teamResources"), &unlinked), ["team-beh-remove/4.2"]);
        assert_eq!(violated("Organization", "Unlink", Some("orgAssets"), &unlinked), Vec::<String>::new());
        // While the case is not known, it could be any.
        assert_eq!(violated("TicketTracker", "Unlink", None, &unlinked), ["tt-beh-remove/2.2", "tt-beh-remove/3.2"]);
    }

    #[test]
    fn every_statement_has_four_cells_and_a_place() {
        let rows = STATEMENTS.lines().filter(|line| !line.starts_with('#')).count() - 1;
        assert_eq!(statements().count(), rows);
        for statement in statements() {
            assert!(statement.place().is_some(), "{statement:?}");
            assert!(["case", "check", "effect"].contains(&statement.kind), "{statement:?}");
        }
    }

    #[test]
    fn a_code_has_a_meaning_and_the_rules_that_refuse_with_it() {
        assert!(meaning("already-follower").is_some_and(|sentence| sentence.ends_with('.')));
        assert_eq!(meaning("no-such-code"), None);
        assert!(of_code("already-follower")[&("Follow/already-follower", None)].contains(&"tt-beh-follow/2"));
        assert!(of_code("not-linked")[&("Unlink/not-linked", Some("teams"))].contains(&"tt-beh-remove/3.2"));
    }
}
