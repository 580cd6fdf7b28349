//! A workflow's own methods as activities.

use crate::gate;
use crate::workflow::{Workflow, WorkflowCall};
use pritchel_actor::{Act, Halt, Look, Verdict};
use pritchel_vocab::Activity;

/// Finds what only a workflow is asked.
pub fn gate(
    _workflow: &Workflow,
    activity: &Activity,
    _act: &Act,
    _look: &mut Look<'_, '_>,
) -> Result<Verdict<WorkflowCall>, Halt> {
    Ok(gate::unsupported::<Workflow>(activity))
}
