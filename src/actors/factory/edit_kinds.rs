//! EditKinds: which kinds of resource a factory makes.

use crate::ResourceKind;
use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::factory::Factory;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Replaces the list of kinds that the factory makes. What it made before stays.
///
/// Source: ForgeFed, "Editing an Object", Factory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditKinds {
    /// The new list, each kind once.
    pub available: Vec<ResourceKind>,
}

impl Method<Factory> for EditKinds {
    type Answer = ();

    fn turn(self, factory: &mut Factory, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(factory, turn, Role::Admin)?;
        factory.available = self.available;
        spread(turn, vec![followers()])
    }
}
