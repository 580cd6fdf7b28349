//! A copy stopped by whoever looks after the tracker, and begun again where it stands.

use crate::ticket_tracker::TicketTracker;
use crate::ticket_tracker::migrate::{End, fetch, must_maintain};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, from the node that shows the form: no more is copied. What is here stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopMigration {
    /// Who, as the node has authenticated them.
    pub by: ActorId,
}

impl Method<TicketTracker> for StopMigration {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_maintain(turn, &self.by)?;
        let running = tracker.migration.as_mut().filter(|migration| migration.runs());
        demand(running.is_some(), || Refusal::new("nothing-to-stop", "nothing is being copied into this tracker"))?;
        let Some(migration) = running else { return Ok(()) };
        if let Some((timer, _)) = migration.next.take() {
            turn.cancel(timer)?;
        }
        migration.ended = Some((turn.now(), End::Stopped(self.by)));
        Ok(())
    }
}

/// Private, from the node that shows the form: what failed or was stopped goes on where it stands, at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResumeMigration {
    /// Who, as the node has authenticated them.
    pub by: ActorId,
}

impl Method<TicketTracker> for ResumeMigration {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_maintain(turn, &self.by)?;
        let wanted = tracker.migration.as_mut().filter(|migration| !migration.at.is_empty());
        demand(wanted.is_some(), || {
            Refusal::new("nothing-to-fetch", "nothing is left to be copied into this tracker")
        })?;
        if let Some(migration) = wanted {
            (migration.ended, migration.failures, migration.error) = (None, 0, None);
        }
        fetch(tracker, turn)
    }
}
