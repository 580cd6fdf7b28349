//! What a tracker keeps of a release, and how it is addressed.

use crate::common::resource::{followers, inhabited};
use crate::common::text::{Html, Line};
use crate::release_tracker::{Asset, ReleaseTracker, Tag};
use crate::repository::wire::commit_uri;
use crate::ticket_tracker::planned::Planned;
use crate::ticket_tracker::ticket::Source;
use crate::tie::TieKind;
use crate::tie::rows::providers;
use pritchel_actor::{ActId, ActorId, Group, Halt, Refusal, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// Number of a release in its tracker, counted from 1.
pub type ReleaseNo = u64;

/// A release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The tag it was made from.
    pub tag: Tag,
    /// What it is called.
    pub title: Line,
    /// The notes, sanitised.
    pub content: Html,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The commit it was made from.
    pub origin: Origin,
    /// Whether it comes before the real one.
    #[serde(default)]
    pub pre_release: bool,
    /// Files that belong to it, besides its archives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<Asset>,
    /// The milestones it brings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Planned>,
    /// Who made it.
    pub author: ActorId,
    /// The `Offer` it came by.
    pub offer: ActId,
    /// When it was taken in.
    pub published: Seconds,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Seconds>,
    /// How many comments there are, deleted ones included.
    #[serde(default)]
    pub comments: u64,
}

impl Release {
    /// The address of an archive of it, where its repository serves some.
    /// - `format`: the ending of the file's name
    pub fn archive(&self, format: &str) -> String {
        let Origin { repository, hash } = &self.origin;
        format!("{repository}/archive/{hash}/{}.{format}", self.tag.label())
    }
}

/// A commit of some repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The repository.
    pub repository: ActorId,
    /// Its hash, lower-case hexadecimal.
    pub hash: String,
}

impl Origin {
    /// The address of the commit, if the repository is one of Pritchel's.
    pub fn uri(&self) -> String {
        commit_uri(&self.repository, &self.hash)
    }
}

/// Releases by number, which is the order of their publishing.
pub const RELEASES: Rows<ReleaseNo, Release> = Rows::new("releases");

/// Releases by repository and tag.
pub const RELEASE_TAGS: Rows<(ActorId, String), ReleaseNo> = Rows::new("release_tags");

/// The address of a release.
pub fn release_uri(tracker: &ActorId, number: ReleaseNo) -> String {
    format!("{tracker}/releases/{number}")
}

/// The address of the milestones of a release.
pub fn milestones_uri(tracker: &ActorId, number: ReleaseNo) -> String {
    format!("{}{MILESTONES}", release_uri(tracker, number))
}

/// What the address of the milestones of a release ends with.
pub const MILESTONES: &str = "/releaseMilestones";

/// The number of a release of this tracker from its address. Canonical decimal only: one thing has one address.
pub fn release_no(tracker: &ActorId, uri: &str) -> Option<ReleaseNo> {
    let text = uri.strip_prefix(tracker.as_str())?.strip_prefix("/releases/")?;
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// The number of the release that has its milestones at this address.
pub fn planned_no(tracker: &ActorId, uri: &str) -> Option<ReleaseNo> {
    release_no(tracker, uri.strip_suffix(MILESTONES)?)
}

/// The release of this number, or a refusal.
pub fn release(turn: &mut Turn<'_>, number: ReleaseNo) -> Result<Release, Halt> {
    RELEASES
        .get(turn, &number)?
        .ok_or_else(|| Refusal::new("no-such-release", format!("there is no release {number}")).into())
}

/// Who sees what happens to a release: the followers of the tracker and, if it brings milestones, the roadmap.
pub fn onlookers(tracker: &ReleaseTracker, release: &Release) -> Vec<Group> {
    let planned = release.milestones.len() as u64;
    inhabited([(followers(), tracker.resource.followers), (providers(TieKind::Roadmap), planned)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_one_address() {
        let tracker = ActorId::from("https://forge.example/releases/r");
        assert_eq!(release_no(&tracker, &release_uri(&tracker, 7)), Some(7));
        assert_eq!(planned_no(&tracker, &milestones_uri(&tracker, 7)), Some(7));
        for other in ["https://forge.example/releases/r/releases/07", "https://forge.example/releases/s/releases/7"] {
            assert_eq!(release_no(&tracker, other), None, "{other}");
        }
        assert_eq!(planned_no(&tracker, &release_uri(&tracker, 7)), None);
    }
}
