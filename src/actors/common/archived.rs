//! Archived: a resource that is only read. Which of its methods still run is said here, for all kinds, and nowhere else.
//! docs/decisions/0009-archived.md has the reasons.
//! - [`wire`]: archiving and moving as activities

pub mod wire;

use crate::common::resource::Resource;
use pritchel_actor::{ActorId, MethodInfo, Reach, Refusal, Seconds};
use serde::{Deserialize, Serialize};

/// That a resource is archived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// Since when.
    pub since: Seconds,
    /// Where it has moved to, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<ActorId>,
}

/// Activities that never change what a resource holds: they are about who is told and who has access, they end something, or they
/// answer what was begun before.
const STILL_HEARD: [&str; 8] = ["Follow", "Like", "Leave", "Delete", "Accept", "Reject", "Grant", "Revoke"];

/// Methods of the same sort whose activity has others, too.
const STILL_RUN: [&str; 15] = [
    // Its own state, and whose it is no more.
    "SetArchived",
    "SetVisibility",
    "Relocate",
    "Remove",
    "UndoGrants",
    "Unlink",
    "PeerUnlinks",
    "Detach",
    // What was followed or liked.
    "Unfollow",
    "UnfollowTicket",
    "UnfollowMilestone",
    "Unlike",
    // What happens at others, and is only taken note of.
    "DependencyOffered",
    "PlanSeen",
    "UnassignmentOffered",
];

/// Methods that no activity calls, and that begin to change what a repository or its tracker holds. All others end what was begun
/// before.
const NOT_BEGUN: [&str; 15] = [
    "AddHook",
    "EditHook",
    "TestHook",
    "Redeliver",
    "SetStatus",
    "ProposePush",
    "Protect",
    "Unprotect",
    "ProposeMerge",
    "KeepVersion",
    "OfferPushed",
    "CopyNow",
    "CopyAgain",
    "ResumeMigration",
    "MigrateAgain",
];

/// Why a resource does not do this, if it is archived.
///
/// Source: ForgeFed, "Forks and Migrations", step 4, which has it read only; what that means, protocol decision F-55.
pub fn stands_against(resource: &Resource, method: &MethodInfo) -> Option<Refusal> {
    let archived = resource.archived.as_ref().filter(|_| !still_runs(method))?;
    let place = match &archived.moved_to {
        Some(place) => format!(": it has moved to {place}"),
        None => String::new(),
    };
    Some(Refusal::new("archived", format!("this is archived, it is only read and no more changed{place}")))
}

fn still_runs(method: &MethodInfo) -> bool {
    match method.reach {
        Reach::Wire(activity) => STILL_HEARD.contains(&activity) || STILL_RUN.contains(&method.name),
        Reach::Private | Reach::Continuation => !NOT_BEGUN.contains(&method.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::text::Line;
    use crate::kinds;

    fn tables() -> Vec<MethodInfo> {
        kinds().iter().flat_map(|kind| kind.methods().iter().copied()).collect()
    }

    fn resource() -> Resource {
        let (by, domain) = ("https://a.example/people/a".into(), "https://a.example/actor".into());
        Resource::new(Line::parse("tea").unwrap(), by, domain, 0)
    }

    #[test]
    fn every_method_and_activity_named_here_is_one() {
        let tables = tables();
        for name in STILL_RUN.iter().chain(&NOT_BEGUN) {
            assert!(tables.iter().any(|method| method.name == *name), "no kind has {name}");
        }
        for activity in STILL_HEARD {
            assert!(tables.iter().any(|method| method.reach == Reach::Wire(activity)), "no kind hears {activity}");
        }
    }

    #[test]
    fn what_is_not_archived_does_everything() {
        let open = resource();
        assert!(tables().iter().all(|method| stands_against(&open, method).is_none()));
    }

    #[test]
    fn whoever_is_refused_is_told_where_it_has_moved() {
        let archived = |moved_to| Resource { archived: Some(Archived { since: 1, moved_to }), ..resource() };
        let tables = tables();
        let open = tables.iter().find(|method| method.name == "Open").unwrap();
        let follow = tables.iter().find(|method| method.name == "Follow").unwrap();
        let why = stands_against(&archived(None), open).unwrap();
        assert_eq!((why.code.as_ref(), why.summary.contains("moved")), ("archived", false));
        let moved = archived(Some("https://b.example/trackers/t".into()));
        assert!(stands_against(&moved, open).unwrap().summary.ends_with("moved to https://b.example/trackers/t"));
        assert_eq!(stands_against(&moved, follow), None);
    }
}
