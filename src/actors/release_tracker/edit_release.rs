//! EditRelease: title, notes and files of a release.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::common::text::{Html, Line};
use crate::release_tracker::release::{RELEASES, onlookers, release};
use crate::release_tracker::{Asset, ReleaseNo, ReleaseTracker};
use crate::ticket_tracker::ticket::Source;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Changes what is given, leaves the rest. The tag and the commit stay as they are: another one is another release.
///
/// Source: protocol decision F-50.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditRelease {
    /// Which release.
    pub release: ReleaseNo,
    /// The new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line>,
    /// The new notes, sanitised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Html>,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Whether it comes before the real one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_release: Option<bool>,
    /// The files that belong to it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assets: Option<Vec<Asset>>,
    /// Terms the `Edit` also names, which cannot be edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl EditRelease {
    fn says_nothing(&self) -> bool {
        self.title.is_none() && self.content.is_none() && self.pre_release.is_none() && self.assets.is_none()
    }
}

impl Method<ReleaseTracker> for EditRelease {
    type Answer = ();

    fn turn(self, tracker: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Write)?;
        let mut release = release(turn, self.release)?;
        demand(self.others.is_empty(), || {
            let why = "an Edit of a release changes summary, content, source, isPreRelease and attachment";
            Refusal::new("not-editable", format!("{why}, not {:?}", self.others))
        })?;
        demand(!self.says_nothing(), || {
            let why = "an Edit changes `summary`, `content`, `isPreRelease` or `attachment`";
            Refusal::new("nothing-to-edit", why)
        })?;
        if let Some(title) = self.title {
            release.title = title;
        }
        if let Some(content) = self.content {
            release.content = content;
            release.source = self.source;
        }
        release.pre_release = self.pre_release.unwrap_or(release.pre_release);
        release.assets = self.assets.unwrap_or(release.assets);
        release.updated = Some(turn.now());
        RELEASES.put(turn, &self.release, &release);
        spread(turn, onlookers(tracker, &release))
    }
}
