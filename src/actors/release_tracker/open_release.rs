//! OpenRelease: a new release.

use crate::access::{Role, require};
use crate::common::resource::{followers, inhabited, spread};
use crate::common::text::{Html, Line};
use crate::release_tracker::release::{Origin, RELEASE_TAGS, RELEASES, release_uri};
use crate::release_tracker::{Asset, Release, ReleaseTracker, Tag};
use crate::ticket_tracker::ticket::{Source, act_id};
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a release in, tells the followers, and answers its address.
///
/// Source: ForgeFed, "Create release". That a tag is released once is ours: two releases of one tag would say different
/// things of the same files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenRelease {
    /// The tag.
    pub tag: Tag,
    /// What it is called.
    pub title: Line,
    /// The notes, sanitised.
    pub content: Html,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The commit it is made from.
    pub origin: Origin,
    /// Whether it comes before the real one.
    #[serde(default)]
    pub pre_release: bool,
    /// Files that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<Asset>,
    /// The address it claims to have already: must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Method<ReleaseTracker> for OpenRelease {
    type Answer = String;

    fn turn(self, tracker: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(tracker, turn, Role::Write)?;
        demand(self.id.is_none(), || {
            let id = self.id.as_deref().unwrap_or_default();
            Refusal::new("has-an-id", format!("a release gets its address from its tracker, this one claims {id}"))
        })?;
        let repository = self.origin.repository.clone();
        demand(uses(turn, TieKind::Releases, &repository)?, || {
            Refusal::new("repository-not-tracked", format!("this tracker tracks no releases for {repository}"))
        })?;
        let tag = (repository, self.tag.to_string());
        let other = RELEASE_TAGS.get(turn, &tag)?;
        demand(other.is_none(), || {
            let other = other.unwrap_or_default();
            Refusal::new("already-released", format!("{} of {} is release {other}", tag.1, tag.0))
        })?;
        let release = Release {
            tag: self.tag,
            title: self.title,
            content: self.content,
            source: self.source,
            origin: self.origin,
            pre_release: self.pre_release,
            assets: self.assets,
            milestones: Vec::new(),
            author: turn.caller().id().clone(),
            offer: act_id(turn)?,
            published: turn.now(),
            updated: None,
            comments: 0,
        };
        tracker.last += 1;
        tracker.releases += 1;
        RELEASES.put(turn, &tracker.last, &release);
        RELEASE_TAGS.put(turn, &tag, &tracker.last);
        spread(turn, inhabited([(followers(), tracker.resource.followers)]))?;
        Ok(release_uri(turn.me(), tracker.last))
    }
}
