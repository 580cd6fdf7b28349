//! AddMilestone: a release brings a milestone.

use crate::access::{Role, require};
use crate::common::resource::{followers, inhabited, spread};
use crate::limits::RELEASE_MILESTONES_MAX;
use crate::release_tracker::release::{RELEASES, release};
use crate::release_tracker::{ReleaseNo, ReleaseTracker};
use crate::ticket_tracker::fields::wire::kept_by;
use crate::ticket_tracker::planned::{PLANNED, Planned};
use crate::tie::TieKind;
use crate::tie::rows::{provider, providers};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Puts a milestone of the tracker's roadmap among those of a release. The roadmap sees it.
///
/// Source: ForgeFed, "Associate milestone".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddMilestone {
    /// Which release.
    pub release: ReleaseNo,
    /// The address of the milestone.
    pub milestone: String,
}

impl Method<ReleaseTracker> for AddMilestone {
    type Answer = ();

    fn turn(self, tracker: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Write)?;
        let mut release = release(turn, self.release)?;
        let none = || Refusal::new("no-roadmap", "this tracker uses no roadmap: its releases have no milestones");
        let roadmap = provider(turn, TieKind::Roadmap)?.ok_or_else(none)?;
        // What a roadmap kept that is used no more counts for nothing, and makes room. What is asked for again is told again:
        // a roadmap that was not used meanwhile has forgotten it.
        let (kept, gone): (_, Vec<_>) = release
            .milestones
            .drain(..)
            .partition(|planned| planned.roadmap == roadmap && planned.milestone != self.milestone);
        release.milestones = kept;
        for planned in &gone {
            PLANNED.remove(turn, &(planned.milestone.clone(), self.release));
        }
        demand(release.milestones.len() < RELEASE_MILESTONES_MAX, || {
            let why = format!("a release brings at most {RELEASE_MILESTONES_MAX} milestones");
            Refusal::new("too-many-milestones", why)
        })?;
        kept_by(turn, &roadmap, &self.milestone, "Milestone", roadmap.as_str())?;
        PLANNED.put(turn, &(self.milestone.clone(), self.release), &());
        release.milestones.push(Planned { roadmap, milestone: self.milestone });
        RELEASES.put(turn, &self.release, &release);
        spread(turn, inhabited([(followers(), tracker.resource.followers), (providers(TieKind::Roadmap), 1)]))
    }
}
