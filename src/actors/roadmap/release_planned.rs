//! ReleasePlanned: a tracker has put a milestone among those of a release, taken one from there, or deleted the release.

use crate::common::resource::{is_mine, spread};
use crate::limits::RELEASE_MILESTONES_MAX;
use crate::roadmap::brought::{of_release, put, take};
use crate::roadmap::milestone::{milestone, onlookers_of};
use crate::roadmap::{MilestoneNo, Roadmap};
use crate::tie::TieKind;
use crate::tie::rows::provides_for;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// What has become of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseChange {
    /// It brings this milestone.
    Added(MilestoneNo),
    /// It brings this milestone no more.
    Removed(MilestoneNo),
    /// It is gone.
    Deleted,
}

/// The tracker's own `Accept` of what somebody did to its release: the milestone lists it, or lists it no more.
///
/// Source: ForgeFed, the handler of `Accept` of Roadmap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleasePlanned {
    /// The release's address.
    pub release: String,
    /// What has become of it.
    pub change: ReleaseChange,
}

impl ReleaseChange {
    /// The case of the handler.
    fn case(self) -> &'static str {
        match self {
            Self::Added(_) => "added",
            Self::Removed(_) => "removed",
            Self::Deleted => "deleted",
        }
    }
}

impl Method<Roadmap> for ReleasePlanned {
    type Answer = ();

    fn turn(self, _: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.case(self.change.case());
        let tracker = turn.caller().id().clone();
        let tied = provides_for(turn, TieKind::Roadmap, &tracker)?;
        demand(tied && is_mine(&tracker, &self.release), || {
            let why = format!("expected a release of a tracker that uses this roadmap, found {}", self.release);
            Refusal::new("not-its-tracker", why)
        })?;
        let concerned = match self.change {
            ReleaseChange::Added(number) => {
                milestone(turn, number)?;
                let listed = of_release(turn, &self.release, RELEASE_MILESTONES_MAX)?;
                demand(listed.len() < RELEASE_MILESTONES_MAX || listed.contains(&number), || {
                    let why = format!("a release is listed with at most {RELEASE_MILESTONES_MAX} milestones");
                    Refusal::new("too-many-milestones", why)
                })?;
                put(turn, number, &self.release)?;
                vec![number]
            }
            ReleaseChange::Removed(number) => {
                let listed = take(turn, number, &self.release)?;
                demand(listed, || not_planned(&self.release))?;
                vec![number]
            }
            ReleaseChange::Deleted => {
                let all = of_release(turn, &self.release, RELEASE_MILESTONES_MAX)?;
                demand(!all.is_empty(), || not_planned(&self.release))?;
                for number in &all {
                    take(turn, *number, &self.release)?;
                }
                all
            }
        };
        spread(turn, onlookers_of(concerned))
    }
}

/// Why a change of what is planned for no milestone here is no concern of the roadmap.
pub(super) fn not_planned(what: &str) -> Refusal {
    Refusal::new("not-planned", format!("{what} is planned for none of these milestones"))
}
