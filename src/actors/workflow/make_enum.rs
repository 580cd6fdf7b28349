//! MakeEnum: a new enumeration.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::common::text::Line;
use crate::limits::ENUMS_MAX;
use crate::workflow::enumeration::{ENUMS, NewValue, enum_uri, refuse_name};
use crate::workflow::{Enum, Workflow};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes an enumeration in with its values, tells the followers, and answers its address.
///
/// Source: ForgeFed, "Enum", Create.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MakeEnum {
    /// What it is called.
    pub name: Line,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Line>,
    /// Whether the order of its values means something.
    pub ordered: bool,
    /// Its values.
    pub values: Vec<NewValue>,
    /// The address it claims to have already: must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Method<Workflow> for MakeEnum {
    type Answer = String;

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(workflow, turn, Role::Maintain)?;
        if let Some(id) = self.id {
            let why = format!("an enumeration gets its address from its workflow, this one claims {id}");
            return Err(Refusal::new("has-an-id", why).into());
        }
        demand(refuse_name(turn, &self.name, None)? < ENUMS_MAX, || {
            Refusal::new("too-many-enums", format!("a workflow has at most {ENUMS_MAX}"))
        })?;
        let now = turn.now();
        let (name, summary, ordered) = (self.name, self.summary, self.ordered);
        let mut made = Enum { name, summary, ordered, values: Vec::new(), last: 0, published: now };
        for value in self.values {
            made.add(value, now)?;
        }
        workflow.last_enum += 1;
        ENUMS.put(turn, &workflow.last_enum, &made);
        spread(turn, vec![followers()])?;
        Ok(enum_uri(turn.me(), workflow.last_enum))
    }
}
