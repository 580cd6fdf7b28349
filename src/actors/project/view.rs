//! What may be asked about a project, beyond what all resources show.

use crate::access::view::may_see;
use crate::project::Project;
use pritchel_actor::{ActorId, Halt, Header, Look, View};

/// The project itself.
#[derive(Clone, Debug)]
pub struct ViewProject {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<Project> for ViewProject {
    type Answer = Project;

    fn look(&self, project: &Project, _: &Header, look: &mut Look<'_, '_>) -> Result<Project, Halt> {
        may_see(project, look, self.viewer.as_ref())?;
        Ok(project.clone())
    }
}
