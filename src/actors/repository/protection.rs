//! Rules that protect branches and tags: who may push to them, whether what they have may be given up, and what a merge needs.
//! Every rule whose pattern fits a ref holds for it, for everybody: whoever may change the rules is an admin, and does that first.
//! - [`Protection`], [`PROTECTIONS`]: a rule, and all of a repository; [`Protect`], [`Unprotect`]: how they are changed
//! - `may_push`, `may_merge`: what they say of a push and of a merge
//! - [`ViewProtections`]: what may be asked about them
//!
//! Source: ours; ForgeFed leaves to a repository what it takes.

use crate::access::view::may_see;
use crate::access::{Role, administers};
use crate::limits::{PROTECTED_PEOPLE_MAX, PROTECTIONS_MAX, REQUIRED_APPROVALS_MAX, REQUIRED_STATUSES_MAX};
use crate::repository::pattern::Pattern;
use crate::repository::refs::RefUpdate;
use crate::repository::statuses::{State, is_context, lacking};
use crate::repository::{ProposeMerge, Repository};
use pritchel_actor::{
    ActId, ActorId, Halt, Header, Look, Method, Page, Reads, Refusal, Rows, Seconds, Turn, View, demand,
};
use serde::{Deserialize, Serialize};

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Whoever has this role, or a greater one, pushes. `None`: nobody by their role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Others who push too, if they have the role that every push needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<ActorId>,
    /// Whether they may give up what a branch has, or put a tag elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Whether they may delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
    /// How many binding approvals a merge into it needs.
    #[serde(default, skip_serializing_if = "is_none_needed")]
    pub approvals: u32,
    /// Contexts whose status must be good of the commit that is merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
}

fn is_none_needed(approvals: &u32) -> bool {
    *approvals == 0
}

/// A rule as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protected {
    /// What it says.
    pub rule: Protection,
    /// Who said so last.
    pub by: ActorId,
    /// When.
    pub at: Seconds,
}

/// The rules of a repository by their pattern, of full names.
pub const PROTECTIONS: Rows<String, Protected> = Rows::new("protections");

/// Private, from a page: makes a rule, or puts another one in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Protect {
    /// Of which branches or tags.
    pub pattern: String,
    /// What it says.
    pub rule: Protection,
    /// The Grant that the caller holds, if the repository did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl Method<Repository> for Protect {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let by = administers(turn, self.capability.as_ref())?;
        let pattern =
            Pattern::parse(&self.pattern).map_err(|why| Refusal::new("pattern-not-allowed", why.to_string()))?;
        demand(self.rule.people.len() <= PROTECTED_PEOPLE_MAX, || {
            Refusal::new("too-many-people", format!("a rule names at most {PROTECTED_PEOPLE_MAX} people"))
        })?;
        demand(self.rule.approvals <= REQUIRED_APPROVALS_MAX, || {
            Refusal::new("too-many-approvals", format!("a merge needs at most {REQUIRED_APPROVALS_MAX} approvals"))
        })?;
        demand(self.rule.statuses.len() <= REQUIRED_STATUSES_MAX, || {
            let why = format!("a rule asks for at most {REQUIRED_STATUSES_MAX} statuses");
            Refusal::new("too-many-statuses", why)
        })?;
        demand(self.rule.statuses.iter().all(|context| is_context(context)), || {
            Refusal::new("status-not-allowed", "expected contexts of statuses, such as `ci/build`")
        })?;
        let asks = self.rule.approvals > 0 || !self.rule.statuses.is_empty();
        demand(!pattern.is_of_tags() || !asks, || {
            Refusal::new("nothing-is-merged", "nothing is merged into a tag: its rule asks for nothing before a merge")
        })?;
        let key = String::from(pattern);
        if !PROTECTIONS.has(turn, &key)? {
            demand(repository.protections < PROTECTIONS_MAX, || {
                Refusal::new("too-many-rules", format!("a repository has at most {PROTECTIONS_MAX} rules for its refs"))
            })?;
            repository.protections += 1;
        }
        PROTECTIONS.put(turn, &key, &Protected { rule: self.rule, by, at: turn.now() });
        Ok(())
    }
}

/// Private, from a page: takes a rule away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unprotect {
    /// Its pattern.
    pub pattern: String,
    /// The Grant that the caller holds, if the repository did not give it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
}

impl Method<Repository> for Unprotect {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        administers(turn, self.capability.as_ref())?;
        let there = PROTECTIONS.has(turn, &self.pattern)?;
        demand(there, || Refusal::new("no-such-rule", format!("no rule is for {:?}", self.pattern)))?;
        PROTECTIONS.remove(turn, &self.pattern);
        repository.protections = repository.protections.saturating_sub(1);
        Ok(())
    }
}

/// Refuses a push that moves a ref in a way that a rule forbids.
/// - `forced`: names of those refs that give up what they had
pub(super) fn may_push(
    repository: &Repository,
    turn: &mut Turn<'_>,
    (by, role): (&ActorId, Option<Role>),
    updates: &[RefUpdate],
    forced: &[String],
) -> Result<(), Halt> {
    let rules = rules(repository, turn)?;
    if rules.is_empty() {
        return Ok(());
    }
    for update in updates {
        for (pattern, rule) in rules.iter().filter(|(pattern, _)| pattern.fits(&update.name)) {
            let (name, kept) = (&update.name, pattern.short());
            let may = rule.role.is_some_and(|least| role >= Some(least)) || rule.people.contains(by);
            demand(may, || Refusal::new("ref-protected", not_yours(name, kept, rule)))?;
            demand(rule.delete || update.new.is_some(), || {
                Refusal::new("ref-protected", format!("{name} is protected by the rule `{kept}`: it is not deleted"))
            })?;
            demand(rule.force || !forced.contains(name), || {
                let why = format!("{name} is protected by the rule `{kept}`: it takes no forced push, pull first");
                Refusal::new("ref-protected", why)
            })?;
        }
    }
    Ok(())
}

/// What whoever may not push to a ref is told, as git's clients show it.
fn not_yours(name: &str, pattern: &str, rule: &Protection) -> String {
    let who = match (rule.role, rule.people.is_empty()) {
        (Some(role), true) => format!("whoever has the role {role} pushes to it"),
        (Some(role), false) => format!("whoever has the role {role}, or is named by the rule, pushes to it"),
        (None, false) => "whoever is named by the rule pushes to it".to_owned(),
        (None, true) => "nobody pushes to it".to_owned(),
    };
    let instead = match name.strip_prefix("refs/heads/") {
        Some(branch) => format!("; open a merge request instead, or push to refs/for/{branch}"),
        None => String::new(),
    };
    format!("{name} is protected by the rule `{pattern}`: {who}{instead}")
}

/// Refuses a merge that lacks what the rules of its target ask for.
pub(super) fn may_merge(repository: &Repository, turn: &mut Turn<'_>, merge: &ProposeMerge) -> Result<(), Halt> {
    for (pattern, rule) in rules(repository, turn)?.iter().filter(|(pattern, _)| pattern.fits(&merge.target)) {
        demand(merge.approvals >= rule.approvals, || {
            let (needed, given) = (rule.approvals, merge.approvals);
            let why = format!(
                "{} is protected by the rule `{}`: {needed} binding approvals of the newest version are needed, \
                 and none that wants changes; it has {given}",
                merge.target,
                pattern.short()
            );
            Refusal::new("approvals-missing", why)
        })?;
        let lacking = lacking(repository, turn, merge.kept.as_ref(), &rule.statuses)?;
        demand(lacking.is_empty(), || Refusal::new("statuses-missing", not_good(&merge.target, pattern, &lacking)))?;
    }
    Ok(())
}

/// What whoever merges is told of the statuses that are wanted.
fn not_good(target: &str, pattern: &Pattern, lacking: &[(String, Option<State>)]) -> String {
    let word = |state: &Option<State>| state.map_or("not there", State::as_str);
    let each: Vec<String> = lacking.iter().map(|(context, state)| format!("{context} is {}", word(state))).collect();
    format!(
        "{target} is protected by the rule `{}`: a merge waits for the statuses of its newest version; {}",
        pattern.short(),
        each.join(", ")
    )
}

/// All rules. A repository without one reads no row.
fn rules(repository: &Repository, rows: &mut impl Reads) -> Result<Vec<(Pattern, Protection)>, Halt> {
    if repository.protections == 0 {
        return Ok(Vec::new());
    }
    let all = PROTECTIONS.page(rows, Page::first(&[], PROTECTIONS_MAX as usize))?;
    let read = |(text, kept): (String, Protected)| {
        let pattern = Pattern::parse(&text).map_err(|why| Halt::Broken(why.to_string()))?;
        Ok((pattern, kept.rule))
    };
    all.into_iter().map(read).collect()
}

/// The rules of a repository, for whoever may see it.
#[derive(Clone, Debug)]
pub struct ViewProtections {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<Repository> for ViewProtections {
    type Answer = Vec<(Pattern, Protected)>;

    fn look(&self, repository: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(repository, look, self.viewer.as_ref())?;
        let all = PROTECTIONS.page(look, Page::first(&[], PROTECTIONS_MAX as usize))?;
        let read = |(text, kept): (String, Protected)| Some((Pattern::parse(&text).ok()?, kept));
        Ok(all.into_iter().filter_map(read).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_not_push_reads_who_may_and_what_to_do_instead() {
        let rule = |role, people: &[&str]| Protection {
            role,
            people: people.iter().map(|id| ActorId::new(*id)).collect(),
            force: false,
            delete: false,
            approvals: 0,
            statuses: Vec::new(),
        };
        let main = "refs/heads/main";
        let told = not_yours(main, "ma*", &rule(Some(Role::Admin), &[]));
        assert_eq!(
            told,
            "refs/heads/main is protected by the rule `ma*`: whoever has the role admin pushes to it; \
             open a merge request instead, or push to refs/for/main"
        );
        assert!(not_yours(main, "main", &rule(None, &[])).contains("nobody pushes"));
        assert!(not_yours(main, "main", &rule(None, &["https://a.example/people/a"])).contains("is named by the rule"));
        assert!(!not_yours("refs/tags/v1", "v*", &rule(None, &[])).contains("merge request"));
    }
}
