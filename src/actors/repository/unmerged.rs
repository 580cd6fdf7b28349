//! Why git does not merge: what its worker finds, as the refusal that whoever applied is told.

use crate::limits::CONFLICTS_TOLD_MAX;
use pritchel_actor::Refusal;

/// Why a merge is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmerged {
    /// Both sides changed the same places of these files.
    Conflict(Vec<String>),
    /// The target has all commits of the origin already.
    NothingNew,
    /// The target has commits that the origin has not, and no other commit was to be made.
    NotFastForward,
    /// There is no such branch, or none any more: its full name.
    NoBranch(String),
    /// Whoever opened the merge request may not see the repository it comes from.
    OriginNotShown,
    /// Somebody moved the target meanwhile.
    TargetMoved,
    /// What is new has more bytes than one push may have.
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// The patches do not fit the target: what git says to them.
    Unfit(String),
    /// The target's server names no address at which it takes pushes over SSH.
    NoPushUri,
    /// The target's server refused the push: what it said.
    PushRefused(String),
    /// More commits than are made anew one by one.
    TooManyCommits {
        /// The bound.
        limit: usize,
    },
}

impl Unmerged {
    /// As a refusal.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Conflict(paths) => {
                let told: Vec<_> = paths.iter().take(CONFLICTS_TOLD_MAX).map(String::as_str).collect();
                let more = if paths.len() > told.len() { " and others" } else { "" };
                Refusal::new("conflict", format!("both sides changed {}{more}", told.join(", ")))
            }
            Self::NothingNew => Refusal::new("nothing-new", "all commits of the origin are in the target already"),
            Self::NotFastForward => {
                let why = "the target has commits that the origin has not: it cannot just move forward";
                Refusal::new("not-fast-forward", why)
            }
            Self::NoBranch(name) => Refusal::new("no-such-branch", format!("there is no {name}")),
            Self::OriginNotShown => {
                let why = "whoever opened the merge request may not see the repository it comes from";
                Refusal::new("origin-not-shown", why)
            }
            Self::TargetMoved => Refusal::new("branch-moved", "the target was moved meanwhile: try again"),
            Self::TooLarge { limit } => Refusal::new("too-large", format!("the origin brings more than {limit} bytes")),
            Self::Unfit(said) => Refusal::new("patches-do-not-apply", format!("git cannot apply the patches: {said}")),
            Self::NoPushUri => {
                let why = "the repository names no address of SSH as its `pushUri`, by which it could be pushed to";
                Refusal::new("no-push-uri", why)
            }
            Self::PushRefused(said) => Refusal::new("push-refused", format!("the repository's server refused: {said}")),
            Self::TooManyCommits { limit } => {
                Refusal::new("too-many-commits", format!("at most {limit} commits are rebased or squashed at once"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_names_some_files_and_says_that_there_are_more() {
        let paths = |count: usize| (0..count).map(|n| format!("f{n}")).collect::<Vec<_>>();
        assert_eq!(Unmerged::Conflict(paths(2)).refusal().summary, "both sides changed f0, f1");
        let many = Unmerged::Conflict(paths(CONFLICTS_TOLD_MAX + 1)).refusal().summary;
        assert!(many.ends_with(" and others") && !many.contains(&format!("f{CONFLICTS_TOLD_MAX}")), "{many}");
    }
}
