//! Versions of a merge request. What was pushed or mailed is kept by the target's repository as it was, one version after
//! the other: reviews are about one of them, and the newest is what is merged. Those of what goes into a repository of another server
//! are [kept by the tracker](crate::patch_tracker::kept_elsewhere).
//! - [`keeper`]: whose git data has them
//! - [`ask`]: has what stands at the origin now kept
//! - [`forget`]: lets go of all, when the merge request is deleted
//!
//! Source: ForgeFed, "Merge Requests", Update; "Patch"; protocol decision F-60.

use crate::common::naming::origin_of;
use crate::limits::{FROM_ONE_BRANCH_MAX, MERGE_VERSIONS_MAX, REVIEWS_MAX};
use crate::patch_tracker::merge_request::{Answers, Branch, Keeping, MergeRequest};
use crate::patch_tracker::patch::Patch;
use crate::patch_tracker::review::{APPROVALS, REVIEWS, TEAM_LISTINGS, approvals};
use crate::patch_tracker::{PatchTracker, VersionAsked, kept_elsewhere};
use crate::repository::Repository;
use crate::repository::versions::{Brings, ForgetVersions, KeepVersion};
use crate::repository::wire::branch_uri;
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{Ticket, ticket_no, ticket_uri};
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{ActId, ActorId, Halt, Page, Reads, Ref, Refusal, RowKey, Rows, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// One version, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The commit where it left the target, hexadecimal; none if the two have nothing in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its newest commit, hexadecimal.
    pub head: String,
    /// How many commits it has that the target had not.
    pub commits: u64,
    /// When it was kept.
    pub at: Seconds,
}

/// Versions by merge request and number, from 1.
pub const VERSIONS: Rows<(TicketNo, u64), Version> = Rows::new("versions");
/// Merge requests by the address of the branch that they come from, unless they are merged.
pub const ORIGINS: Rows<(ActId, TicketNo), Seconds> = Rows::new("origins");

/// Repositories that are followed for the sake of merge requests that come from them: by which `Follow`. Those that are served
/// are followed anyway.
pub const FOLLOWED: Rows<ActorId, ActId> = Rows::new("followed");

/// The address of a version.
pub fn version_uri(tracker: &ActorId, ticket: TicketNo, version: u64) -> String {
    format!("{}/versions/{version}", ticket_uri(tracker, ticket))
}

/// The merge request and the number of a version of this tracker, from its address.
pub fn version_no(tracker: &ActorId, uri: &str) -> Option<(TicketNo, u64)> {
    let (ticket, version) = uri.rsplit_once("/versions/")?;
    let number: u64 = version.parse().ok().filter(|number: &u64| number.to_string() == version)?;
    Some((ticket_no(tracker, ticket)?, number))
}

/// Whether versions of what goes into a repository are kept there: it is of the tracker's server, which can ask it to.
pub(super) fn is_kept_there(tracker: &ActorId, repository: &ActorId) -> bool {
    origin_of(repository.as_str()) == origin_of(tracker.as_str())
}

/// Whose git data has the versions of what goes into a repository: its own, or the tracker's.
pub fn keeper<'a>(tracker: &'a ActorId, repository: &'a ActorId) -> &'a ActorId {
    if is_kept_there(tracker, repository) { repository } else { tracker }
}

/// The key by which merge requests from a branch are found.
fn origin_key(branch: &Branch) -> ActId {
    ActId::new(branch_uri(&branch.repository, &branch.name))
}

/// The merge requests that come from a branch and are not merged.
pub fn from_branch(rows: &mut impl Reads, branch: &Branch) -> Result<Vec<TicketNo>, Halt> {
    let prefix = pair_prefix(&origin_key(branch).encode());
    let page = ORIGINS.page(rows, Page::first(&prefix, FROM_ONE_BRANCH_MAX))?;
    Ok(page.into_iter().map(|((_, number), _)| number).collect())
}

/// Notes where a new merge request comes from.
/// - errors: a refusal if too many do from there
pub fn note_origin(turn: &mut Turn<'_>, number: TicketNo, branch: &Branch) -> Result<(), Halt> {
    demand(from_branch(turn, branch)?.len() < FROM_ONE_BRANCH_MAX, || {
        let why = format!("at most {FROM_ONE_BRANCH_MAX} merge requests at a time come from one branch");
        Refusal::new("too-many-from-branch", why)
    })?;
    let now = turn.now();
    ORIGINS.put(turn, &(origin_key(branch), number), &now);
    Ok(())
}

/// Whether any merge request that is not merged comes from a repository.
pub fn any_from(rows: &mut impl Reads, repository: &ActorId) -> Result<bool, Halt> {
    let prefix = format!("{repository}/refs/").into_bytes();
    Ok(!ORIGINS.page(rows, Page::first(&prefix, 1))?.is_empty())
}

/// What is merged, or deleted, comes from nowhere any more.
pub fn forget_origin(turn: &mut Turn<'_>, number: TicketNo, merge: &MergeRequest) {
    if let Some(branch) = &merge.offer.origin {
        ORIGINS.remove(turn, &(origin_key(branch), number));
    }
}

/// What a version is made of.
pub enum Contents {
    /// What stands at the origin now.
    Origin,
    /// These patches; and this is answered when that has ended.
    Patches(Vec<Patch>, Answers),
}

/// Has a further version kept. If one is being kept already, it is looked once more when that has ended. The caller
/// writes the ticket.
pub fn ask(turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket, from: Contents) -> Result<(), Halt> {
    let (me, now) = (turn.me().clone(), turn.now());
    let (title, author) = (ticket.title.clone(), ticket.author.clone());
    let Some(merge) = &mut ticket.merge else { return Ok(()) };
    if merge.keeping(now).is_some() {
        if let Some(keeping) = &mut merge.keeping {
            keeping.again = true;
        }
        return Ok(());
    }
    let target = merge.offer.target.clone();
    if merge.versions >= MERGE_VERSIONS_MAX {
        let why = format!("a merge request has at most {MERGE_VERSIONS_MAX} versions");
        merge.unkept = Some(Refusal::new("too-many-versions", why));
        return Ok(());
    }
    let (brings, answers) = match (from, &merge.offer.origin) {
        (Contents::Patches(patches, answers), _) => (Brings::Patches(patches), Some(answers)),
        (Contents::Origin, Some(branch)) => (Brings::Branch(branch.clone()), None),
        // It came as patches: nothing stands anywhere.
        (Contents::Origin, None) => return Ok(()),
    };
    let last = VERSIONS.get(turn, &(number, merge.versions))?.map(|version| version.head);
    merge.keeping = Some(Keeping { since: now, again: false, answers });
    let request = ticket_uri(&me, number);
    let version = merge.versions + 1;
    let keep = KeepVersion { request, number, version, title, author, brings, target: target.name, last };
    if !is_kept_there(&me, &target.repository) {
        return kept_elsewhere::keep(turn, target.repository, keep);
    }
    let repository: Ref<Repository> = turn.look().introduce(&target.repository);
    turn.call_and::<PatchTracker, _, _>(&repository, keep, VersionAsked { ticket: number, version })
}

/// Lets go of all versions of a merge request that is deleted.
pub fn forget(turn: &mut Turn<'_>, number: TicketNo, merge: &MergeRequest) -> Result<(), Halt> {
    let me = turn.me().clone();
    forget_origin(turn, number, merge);
    for version in 1..=merge.versions.min(MERGE_VERSIONS_MAX) {
        VERSIONS.remove(turn, &(number, version));
    }
    for review in 1..=merge.reviews.min(REVIEWS_MAX) {
        REVIEWS.remove(turn, &(number, review));
    }
    for (who, approval) in approvals(turn, number)? {
        for add in approval.team.into_iter().flat_map(|team| team.waiting) {
            TEAM_LISTINGS.remove(turn, &add);
        }
        APPROVALS.remove(turn, &(number, who));
    }
    let target = &merge.offer.target.repository;
    if !is_kept_there(&me, target) {
        // What was tried and came to nothing has left the target.
        return kept_elsewhere::forget(turn, number);
    }
    if merge.versions == 0 && merge.keeping.is_none() {
        return Ok(());
    }
    let repository: Ref<Repository> = turn.look().introduce(target);
    turn.call(&repository, ForgetVersions { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_one_address() {
        let tracker = ActorId::from("https://forge.example/patches/t");
        assert_eq!(version_no(&tracker, &version_uri(&tracker, 7, 2)), Some((7, 2)));
        for other in ["tickets/7/versions/02", "tickets/07/versions/2", "tickets/7/versions/", "tickets/7"] {
            assert_eq!(version_no(&tracker, &format!("{tracker}/{other}")), None, "{other}");
        }
    }
}
