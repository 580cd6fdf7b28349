//! MakeField: a new field.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::common::text::Line;
use crate::limits::FIELDS_MAX;
use crate::workflow::enumeration::enumeration;
use crate::workflow::field::{FIELDS, field_uri, refuse_name};
use crate::workflow::{Color, Field, FieldKind, Workflow};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a field in at the end of the list, tells the followers, and answers its address.
///
/// Source: ForgeFed, "Field", Create.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MakeField {
    /// What it is called.
    pub name: Line,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Line>,
    /// What values it takes.
    pub kind: FieldKind,
    /// The colour behind its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// The address it claims to have already: must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Method<Workflow> for MakeField {
    type Answer = String;

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(workflow, turn, Role::Maintain)?;
        if let Some(id) = self.id {
            let why = format!("a field gets its address from its workflow, this one claims {id}");
            return Err(Refusal::new("has-an-id", why).into());
        }
        if let FieldKind::Enum(of) = self.kind {
            enumeration(turn, of)?;
        }
        demand(refuse_name(turn, &self.name, None)? < FIELDS_MAX, || {
            Refusal::new("too-many-fields", format!("a workflow has at most {FIELDS_MAX}"))
        })?;
        let Self { name, summary, kind, color, .. } = self;
        workflow.last_field += 1;
        workflow.order.push(workflow.last_field);
        let field = Field { name, summary, kind, color, published: turn.now() };
        FIELDS.put(turn, &workflow.last_field, &field);
        spread(turn, vec![followers()])?;
        Ok(field_uri(turn.me(), workflow.last_field))
    }
}
