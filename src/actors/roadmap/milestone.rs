//! What a roadmap keeps of a milestone, and how it is addressed.

use crate::common::resource::followers;
use crate::common::text::{Html, Line};
use crate::ticket_tracker::ticket::{Resolved, Source};
use pritchel_actor::{ActId, ActorId, Group, Halt, Refusal, RowKey, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// Number of a milestone in its roadmap, counted from 1.
pub type MilestoneNo = u64;

/// A milestone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// What it is called.
    pub name: Line,
    /// What it is about, sanitised.
    pub content: Html,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When work on it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Seconds>,
    /// When it is to be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Seconds>,
    /// When it was taken in.
    pub published: Seconds,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Seconds>,
    /// The `Offer` it came by.
    pub offer: ActId,
    /// How it was closed, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// How many tickets planned for it are open.
    #[serde(default)]
    pub open: u64,
    /// How many are closed.
    #[serde(default)]
    pub closed: u64,
    /// How many releases bring it.
    #[serde(default)]
    pub releases: u64,
    /// How many follow it.
    #[serde(default)]
    pub followers: u64,
}

impl Milestone {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }
}

/// Milestones by number, which is the order of their publishing.
pub const MILESTONES: Rows<MilestoneNo, Milestone> = Rows::new("milestones");

/// Followers of a milestone.
pub const MILESTONE_FOLLOWERS: Rows<(MilestoneNo, ActorId), Seconds> = Rows::new("milestone_followers");

/// Milestones that somebody follows.
pub const MILESTONES_FOLLOWED: Rows<(ActorId, MilestoneNo), ()> = Rows::new("milestones_followed");

/// The group of a milestone's followers.
pub fn milestone_followers(number: MilestoneNo) -> Group {
    Group { table: MILESTONE_FOLLOWERS.name().to_owned(), prefix: number.encode() }
}

/// Who sees what happens to a milestone: the followers of the roadmap, and its own.
pub fn onlookers(number: MilestoneNo) -> Vec<Group> {
    vec![followers(), milestone_followers(number)]
}

/// The same of several milestones, each group once.
pub fn onlookers_of(numbers: impl IntoIterator<Item = MilestoneNo>) -> Vec<Group> {
    let mut groups = Vec::new();
    for group in numbers.into_iter().flat_map(onlookers) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

/// The address of a milestone.
pub fn milestone_uri(roadmap: &ActorId, number: MilestoneNo) -> String {
    format!("{roadmap}/milestones/{number}")
}

/// The number of a milestone of this roadmap from its address. Canonical decimal only: one thing has one address.
pub fn milestone_no(roadmap: &ActorId, uri: &str) -> Option<MilestoneNo> {
    let text = uri.strip_prefix(roadmap.as_str())?.strip_prefix("/milestones/")?;
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// The milestone of this number, or a refusal.
pub fn milestone(turn: &mut Turn<'_>, number: MilestoneNo) -> Result<Milestone, Halt> {
    MILESTONES
        .get(turn, &number)?
        .ok_or_else(|| Refusal::new("no-such-milestone", format!("there is no milestone {number}")).into())
}

/// Refuses a milestone that is to be reached before work on it begins.
pub fn check_period(start: Option<Seconds>, end: Option<Seconds>) -> Result<(), Halt> {
    match start.zip(end) {
        Some((start, end)) if end < start => {
            let why = format!("expected `endTime` not before `startTime`, found {end} before {start}");
            Err(Refusal::new("wrong-period", why).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_milestone_has_one_address() {
        let roadmap = ActorId::from("https://forge.example/roadmaps/r");
        assert_eq!(milestone_no(&roadmap, &milestone_uri(&roadmap, 7)), Some(7));
        for other in ["https://forge.example/roadmaps/r/milestones/07", "https://forge.example/roadmaps/s/milestones/7"]
        {
            assert_eq!(milestone_no(&roadmap, other), None, "{other}");
        }
    }

    #[test]
    fn a_milestone_ends_not_before_it_begins() {
        for (start, end, fits) in
            [(Some(2), Some(1), false), (Some(1), Some(1), true), (None, Some(1), true), (Some(1), None, true)]
        {
            assert_eq!(check_period(start, end).is_ok(), fits, "{start:?} to {end:?}");
        }
    }
}
