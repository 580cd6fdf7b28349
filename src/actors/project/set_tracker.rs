//! SetTracker: where tickets about the project go.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::link::rows::PEERS;
use crate::link::{End, LinkKind, Side};
use crate::project::Project;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Names the tracker for tickets about the project as a whole, or none.
///
/// Source: ForgeFed, "Project": `ticketsTrackedBy` is one of the components; protocol decision F-51.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetTracker {
    /// Which of the components; `None` for none.
    pub tracker: Option<ActorId>,
}

impl Method<Project> for SetTracker {
    type Answer = ();

    fn turn(self, project: &mut Project, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(project, turn, Role::Admin)?;
        if let Some(tracker) = &self.tracker {
            let end = End { kind: LinkKind::Component, side: Side::Destination };
            demand(PEERS.has(turn, &(end.code(), tracker.clone()))?, || {
                Refusal::new(
                    "no-component",
                    format!("expected a component of this project as `ticketsTrackedBy`, found {tracker}"),
                )
            })?;
        }
        project.tracker = self.tracker;
        spread(turn, vec![followers()])
    }
}
