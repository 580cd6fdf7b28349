//! What the operator of a domain may set.

use crate::domain::Domain;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Settings of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainSettings {
    /// Whether anybody may register. Closed unless the operator opens it.
    pub open_registration: bool,
    /// What the domain is called on its pages.
    pub title: Option<String>,
}

/// Private, from the node: replaces the settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeSettings {
    /// The new ones.
    pub settings: DomainSettings,
}

impl Method<Domain> for ChangeSettings {
    type Answer = ();

    fn turn(self, domain: &mut Domain, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        domain.settings = self.settings;
        Ok(())
    }
}
