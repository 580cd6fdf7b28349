//! Invite: an admin offers somebody a role.

use crate::access::enrol::close_invitation;
use crate::access::{COLLABORATORS, Role, Term, require};
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{ActId, ActorId, Audience, Halt, Method, Refusal, Rows, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// An invitation that an admin was allowed to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who is invited.
    pub invitee: ActorId,
    /// Into which role.
    pub role: Role,
    /// By whom.
    pub by: ActorId,
    /// When.
    pub at: Seconds,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
    /// How far it has come.
    pub state: InvitationState,
}

/// How far an invitation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// The invited has not answered.
    Offered,
    /// The invited has accepted and has a Grant.
    Accepted,
    /// The invited has declined.
    Declined,
    /// A later invitation has taken its place, or the invited has come in by another way.
    Ended,
}

/// Invitations by the `Invite` that made them.
pub const INVITES: Rows<ActId, Invitation> = Rows::new("invites");

/// The invitation an actor has not yet answered: at most one, the last.
pub const OPEN_INVITES: Rows<ActorId, ActId> = Rows::new("open_invites");

/// Offers `invitee` a role. The resource's `Accept` tells both that the offer stands; a Grant follows when the invited
/// has accepted.
///
/// Source: ForgeFed, "Offering access using Invite activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invite {
    /// Who is invited.
    pub invitee: ActorId,
    /// Into which role.
    pub role: Role,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
}

impl<A: ResourceActor> Method<A> for Invite {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        demand(!COLLABORATORS.has(turn, &self.invitee)?, || {
            Refusal::new("already-collaborator", format!("{} has a role here already", self.invitee))
        })?;
        demand(self.invitee != *turn.me(), || {
            Refusal::new("not-oneself", "a resource cannot be its own collaborator")
        })?;
        self.term.check(turn.now())?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "an invitation is made by an act").into());
        };
        let invitation = Invitation {
            invitee: self.invitee.clone(),
            role: self.role,
            by: turn.caller().id().clone(),
            at: turn.now(),
            term: self.term,
            state: InvitationState::Offered,
        };
        close_invitation(turn, &self.invitee)?;
        INVITES.put(turn, &act.id, &invitation);
        OPEN_INVITES.put(turn, &self.invitee, &act.id);
        turn.answer_also(Audience::one(&self.invitee));
        spread(turn, vec![followers()])
    }
}
