//! EditFilter: how far the team passes access on, by the type of resource.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::limits::FILTER_MAX;
use crate::link::Cascade;
use crate::team::Team;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Replaces the filter. What members hold already is taken back and given again where it differs.
///
/// Source: ForgeFed, "roleFilter"; protocol decision F-12: a type with no role passes nothing on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditFilter {
    /// The greatest role for each type.
    pub filter: BTreeMap<String, Option<Role>>,
}

impl Method<Team> for EditFilter {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(team, turn, Role::Admin)?;
        demand(
            !(self.filter.len() > FILTER_MAX || self.filter.values().any(|role| *role == Some(Role::Admin))),
            || {
                Refusal::new(
                    "malformed",
                    format!("expected at most {FILTER_MAX} types, each with null or a role less than admin"),
                )
            },
        )?;
        team.role_filter = self.filter;
        let myself = turn.myself::<Team>();
        turn.call(&myself, Cascade::ExtendAll { after: None })?;
        spread(turn, vec![followers()])
    }
}
