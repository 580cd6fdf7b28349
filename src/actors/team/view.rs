//! What may be asked about a team, beyond what all resources show.

use crate::access::view::may_see;
use crate::limits::ASSIGNMENTS_WAITING_MAX;
use crate::team::Team;
use crate::team::assignment::{ASKED, ASSIGNED, ASSIGNMENTS, Assignment, UNASSIGNMENTS, Unassignment};
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, View};

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

/// The tickets of a team, and what waits.
#[derive(Clone, Debug)]
pub struct ViewAssignments {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Tickets whose addresses come after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// What [`ViewAssignments`] shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AssignmentsShown {
    /// Tickets that are the team's, by address.
    pub tickets: Vec<(String, Assignment)>,
    /// What waits to become so, newest first: each by its `Assign`.
    pub asked: Vec<(ActId, Assignment)>,
    /// What waits to end, newest first: each by its `Undo`.
    pub ending: Vec<(ActId, Unassignment)>,
}

impl View<Team> for ViewAssignments {
    type Answer = AssignmentsShown;

    fn look(&self, team: &Team, _: &Header, look: &mut Look<'_, '_>) -> Result<AssignmentsShown, Halt> {
        may_see(team, look, self.viewer.as_ref())?;
        let after = self.after.as_ref().map(|after| after.as_bytes().to_vec()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        let mut shown = AssignmentsShown::default();
        for (ticket, assign) in ASSIGNED.page(look, page)? {
            if let Some(assignment) = ASSIGNMENTS.get(look, &assign)? {
                shown.tickets.push((ticket, assignment));
            }
        }
        let most = usize::try_from(ASSIGNMENTS_WAITING_MAX).unwrap_or(usize::MAX);
        for (_, act) in ASKED.page(look, Page::last(&[], most))? {
            if let Some(assignment) = ASSIGNMENTS.get(look, &act)? {
                shown.asked.push((act, assignment));
            } else if let Some(unassignment) = UNASSIGNMENTS.get(look, &act)? {
                shown.ending.push((act, unassignment));
            }
        }
        Ok(shown)
    }
}
