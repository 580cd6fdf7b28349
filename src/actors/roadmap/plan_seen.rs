//! PlanSeen: somebody asks a tracker to change what is planned for a milestone, or to delete it.

use crate::common::resource::spread;
use crate::limits::RELEASE_MILESTONES_MAX;
use crate::roadmap::brought::{MILESTONE_RELEASES, of_release};
use crate::roadmap::milestone::{milestone, onlookers_of};
use crate::roadmap::progress::TICKET_PLACES;
use crate::roadmap::release_planned::not_planned;
use crate::roadmap::{MilestoneNo, Roadmap};
use crate::tie::TieKind;
use crate::tie::rows::provides_for;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// What is asked of the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// That a ticket is planned for this milestone, or for none.
    Plan(Option<MilestoneNo>),
    /// That a release brings this milestone.
    Add(MilestoneNo),
    /// That it brings this milestone no more.
    Remove(MilestoneNo),
    /// That the ticket or release is deleted.
    Delete,
}

impl Asked {
    /// The case of the handler.
    fn case(self) -> &'static str {
        match self {
            Self::Plan(_) => "planned",
            Self::Add(_) => "added",
            Self::Remove(_) => "removed",
            Self::Delete => "deleted",
        }
    }
}

/// Passes on what was asked to those who follow the milestones it is about: what becomes of it, the tracker will say.
///
/// Source: ForgeFed, the handlers of `Add`, `Delete`, `Edit` and `Remove` of Roadmap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSeen {
    /// The address of the ticket or release.
    pub thing: String,
    /// What is asked.
    pub asked: Asked,
}

impl Method<Roadmap> for PlanSeen {
    type Answer = ();

    fn turn(self, _: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.case(self.asked.case());
        let tied = match tracker_of(&self.thing) {
            Some(tracker) => provides_for(turn, TieKind::Roadmap, &tracker)?,
            None => false,
        };
        demand(tied, || {
            let why = format!("expected something of a tracker that uses this roadmap, found {}", self.thing);
            Refusal::new("not-its-tracker", why)
        })?;
        let concerned = match self.asked {
            Asked::Plan(to) => {
                if let Some(number) = to {
                    milestone(turn, number)?;
                }
                let from = TICKET_PLACES.get(turn, &self.thing)?;
                from.into_iter().chain(to).collect()
            }
            Asked::Add(number) => {
                milestone(turn, number)?;
                vec![number]
            }
            Asked::Remove(number) => {
                let listed = MILESTONE_RELEASES.has(turn, &(number, self.thing.clone()))?;
                if listed { vec![number] } else { Vec::new() }
            }
            Asked::Delete => {
                let mut all = of_release(turn, &self.thing, RELEASE_MILESTONES_MAX)?;
                all.extend(TICKET_PLACES.get(turn, &self.thing)?);
                all
            }
        };
        demand(!concerned.is_empty(), || not_planned(&self.thing))?;
        spread(turn, onlookers_of(concerned))
    }
}

/// The tracker of a ticket or release, as its address tells it: two parts above.
///
/// Source: ours. Of a private tracker no more than addresses is known here.
pub(super) fn tracker_of(thing: &str) -> Option<ActorId> {
    let (collection, _) = thing.rsplit_once('/')?;
    collection.rsplit_once('/').map(|(tracker, _)| ActorId::new(tracker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracker_of_a_thing_is_two_parts_above() {
        let of = |uri: &str| tracker_of(uri).map(|tracker| tracker.to_string());
        assert_eq!(of("https://a.example/trackers/t/tickets/1").as_deref(), Some("https://a.example/trackers/t"));
        assert_eq!(of("https://a.example/releases/r/releases/1").as_deref(), Some("https://a.example/releases/r"));
        assert_eq!(of("nothing"), None);
    }
}
