//! Edit: the name and the summary of a resource.

use crate::access::require;
use crate::common::edited::refuse_terms;
use crate::common::resource::{ResourceActor, followers, spread};
use crate::common::text::{Html, Line};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Changes what is given, leaves the rest.
///
/// Source: ForgeFed, "Editing an Object"; who may, [`ResourceActor::EDITED_BY`] says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EditResource {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// The new summary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Html>,
    /// Terms the `Edit` also names, which it cannot change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl<A: ResourceActor> Method<A> for EditResource {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, A::EDITED_BY)?;
        refuse_terms(&self.others, "`name` and `summary`", self.name.is_none() && self.summary.is_none())?;
        let resource = actor.resource_mut();
        if let Some(name) = self.name {
            resource.name = name;
        }
        if let Some(summary) = self.summary {
            resource.summary = Some(summary);
        }
        spread(turn, vec![followers()])
    }
}
