//! What may be asked about a release tracker, beyond what all resources show.

use crate::access::view::{may_see, not_shown};
use crate::release_tracker::release::RELEASES;
use crate::release_tracker::{Release, ReleaseNo, ReleaseTracker};
use crate::ticket_tracker::planned::Planned;
use crate::ticket_tracker::ticket::{COMMENTS, Comment};
use crate::tie::TieKind;
use crate::tie::rows::provider;
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, View};

/// A page of releases, newest first.
#[derive(Clone, Debug)]
pub struct ViewReleases {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Releases with smaller numbers than this one; `None` from the newest.
    pub before: Option<ReleaseNo>,
    /// At most so many.
    pub limit: usize,
}

/// A tracker as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleasesShown {
    /// How many releases there are.
    pub total: u64,
    /// The page of releases.
    pub releases: Vec<(ReleaseNo, Release)>,
}

impl View<ReleaseTracker> for ViewReleases {
    type Answer = ReleasesShown;

    fn look(&self, tracker: &ReleaseTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<ReleasesShown, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: true };
        Ok(ReleasesShown { total: tracker.releases, releases: RELEASES.page(look, page)? })
    }
}

/// One release with a page of its comments, oldest first.
#[derive(Clone, Debug)]
pub struct ViewRelease {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub number: ReleaseNo,
    /// Comments after this one; `None` from the first.
    pub after: Option<u64>,
    /// At most so many comments.
    pub limit: usize,
}

/// A release as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseShown {
    /// The release.
    pub release: Release,
    /// The roadmap that the tracker uses.
    pub roadmap: Option<ActorId>,
    /// The page of comments, each with its place.
    pub comments: Vec<(u64, Comment)>,
}

impl ReleaseShown {
    /// The milestones that are shown: not those of a roadmap that was used before.
    pub fn milestones(&self) -> impl Iterator<Item = &Planned> {
        self.release.milestones.iter().filter(|planned| Some(&planned.roadmap) == self.roadmap.as_ref())
    }
}

impl View<ReleaseTracker> for ViewRelease {
    type Answer = ReleaseShown;

    fn look(&self, tracker: &ReleaseTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<ReleaseShown, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let release = RELEASES.get(look, &self.number)?.ok_or_else(not_shown)?;
        let prefix = self.number.encode();
        let after = self.after.map(|after| (self.number, after).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        let comments = COMMENTS.page(look, page)?.into_iter().map(|((_, at), comment)| (at, comment)).collect();
        Ok(ReleaseShown { release, roadmap: provider(look, TieKind::Roadmap)?, comments })
    }
}
