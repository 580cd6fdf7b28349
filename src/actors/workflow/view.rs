//! What may be asked about a workflow, beyond what all resources show.

use crate::access::view::may_see;
use crate::workflow::enumeration::{self, ENUMS};
use crate::workflow::field::{self, FIELDS};
use crate::workflow::{Enum, EnumNo, Field, FieldNo, Workflow};
use pritchel_actor::{ActorId, Halt, Header, Look, View};

/// All its enumerations, and its fields in their order.
#[derive(Clone, Debug)]
pub struct ViewWorkflow {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

/// A workflow as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowShown {
    /// Enumerations, oldest first.
    pub enums: Vec<(EnumNo, Enum)>,
    /// Fields in their order.
    pub fields: Vec<(FieldNo, Field)>,
}

impl View<Workflow> for ViewWorkflow {
    type Answer = WorkflowShown;

    fn look(&self, workflow: &Workflow, _: &Header, look: &mut Look<'_, '_>) -> Result<WorkflowShown, Halt> {
        may_see(workflow, look, self.viewer.as_ref())?;
        let mut fields = field::all(look)?;
        fields.sort_by_key(|(number, _)| workflow.order.iter().position(|other| other == number));
        Ok(WorkflowShown { enums: enumeration::all(look)?, fields })
    }
}

/// One enumeration.
#[derive(Clone, Debug)]
pub struct ViewEnum {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub number: EnumNo,
}

impl View<Workflow> for ViewEnum {
    type Answer = Enum;

    fn look(&self, workflow: &Workflow, _: &Header, look: &mut Look<'_, '_>) -> Result<Enum, Halt> {
        may_see(workflow, look, self.viewer.as_ref())?;
        ENUMS.get(look, &self.number)?.ok_or_else(crate::access::view::not_shown)
    }
}

/// One field.
#[derive(Clone, Debug)]
pub struct ViewField {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub number: FieldNo,
}

impl View<Workflow> for ViewField {
    type Answer = Field;

    fn look(&self, workflow: &Workflow, _: &Header, look: &mut Look<'_, '_>) -> Result<Field, Halt> {
        may_see(workflow, look, self.viewer.as_ref())?;
        FIELDS.get(look, &self.number)?.ok_or_else(crate::access::view::not_shown)
    }
}
