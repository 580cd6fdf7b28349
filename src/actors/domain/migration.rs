//! AllowMigration: whether trackers of other servers may be copied here, as the operator has set it.

use crate::domain::Domain;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// The term by which a domain tells the factories of this server that trackers may be copied.
pub const TAKES_MIGRATIONS: &str = "takesMigrations";

/// Private, from the node when it starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllowMigration {
    /// Whether they may.
    pub allowed: bool,
}

impl Method<Domain> for AllowMigration {
    type Answer = ();

    fn turn(self, domain: &mut Domain, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        domain.migration = self.allowed;
        Ok(())
    }
}
