//! What may be asked about a copy.

use crate::access::view::may_see;
use crate::ticket_tracker::TicketTracker;
use crate::ticket_tracker::migrate::Migration;
use crate::ticket_tracker::migrate::batch::Skipped;
use crate::ticket_tracker::migrate::take::SKIPPED;
use pritchel_actor::{ActorId, Halt, Header, Look, Page, View};

/// What a tracker was copied from, and how far that is.
#[derive(Clone, Debug)]
pub struct ViewMigration {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// At most so much of what could not be read.
    pub limit: usize,
}

impl View<TicketTracker> for ViewMigration {
    type Answer = Option<(Migration, Vec<Skipped>)>;

    fn look(&self, tracker: &TicketTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let Some(migration) = &tracker.migration else { return Ok(None) };
        let skipped = match (migration.skipped, self.limit) {
            (0, _) | (_, 0) => Vec::new(),
            (_, limit) => SKIPPED.page(look, Page::first(&[], limit))?,
        };
        Ok(Some((migration.as_ref().clone(), skipped.into_iter().map(|(_, skipped)| skipped).collect())))
    }
}
