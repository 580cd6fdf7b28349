//! What may be asked about a team, beyond what all resources show.

use crate::access::view::may_see;
use crate::team::Team;
use pritchel_actor::{ActorId, Halt, Header, Look, View};

/// The team itself.
#[derive(Clone, Debug)]
pub struct ViewTeam {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<Team> for ViewTeam {
    type Answer = Team;

    fn look(&self, team: &Team, _: &Header, look: &mut Look<'_, '_>) -> Result<Team, Halt> {
        may_see(team, look, self.viewer.as_ref())?;
        Ok(team.clone())
    }
}
