//! Invitations: links by which one person each may register, for a while.

use crate::common::text::Line;
use crate::domain::{Domain, PEOPLE, Registration};
use crate::limits::{INVITATION_S_MAX, INVITATIONS_MAX, INVITATIONS_OF_ONE_MAX};
use pritchel_actor::{ActorId, Halt, Method, Page, Refusal, Rows, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Invitations, by the SHA-256 of their secret in hexadecimal.
pub const INVITATIONS: Rows<String, Invitation> = Rows::new("invitations");

/// An invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who made it; `None`: the operator, on the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// For whom, as who made it has noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Line>,
    /// When it was made.
    pub since: Seconds,
    /// Until when it is good.
    pub until: Seconds,
    /// Who registered with it: it is good once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<ActorId>,
}

impl Invitation {
    /// Whether somebody may still register with it.
    pub fn is_open(&self, now: Seconds) -> bool {
        self.used.is_none() && now < self.until
    }
}

/// Private, from the node or a person of the domain: a new invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MakeInvitation {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// Who makes it, where the node asks: an administrator, or nobody on the command line. A person asks in their own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ActorId>,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Line>,
    /// Until when it is good.
    pub until: Seconds,
}

impl Method<Domain> for MakeInvitation {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(domain.settings.registration() != Registration::Closed, || {
            Refusal::new(
                "registration-closed",
                "this domain does not take registrations, with an invitation or without",
            )
        })?;
        let caller = turn.caller().id().clone();
        let by_node = caller == *turn.me();
        let may = by_node || (domain.settings.people_invite && PEOPLE.has(turn, &caller)?);
        demand(may, || Refusal::new("may-not-invite", "only administrators invite people to this domain"))?;
        let now = turn.now();
        demand(now < self.until && self.until <= now + INVITATION_S_MAX, || {
            Refusal::new(
                "invitation-time",
                format!("an invitation is good for at most {} days", INVITATION_S_MAX / 86_400),
            )
        })?;
        let by = if by_node { self.by } else { Some(caller) };
        let (mut kept, mut open_of_one) = (0, 0);
        for (hash, invitation) in INVITATIONS.page(turn, Page::first(&[], INVITATIONS_MAX))? {
            // What is over is shown until something new takes its place.
            if invitation.until <= now {
                INVITATIONS.remove(turn, &hash);
                continue;
            }
            kept += 1;
            open_of_one += usize::from(invitation.by == by && invitation.is_open(now));
        }
        demand(kept < INVITATIONS_MAX && (by_node || open_of_one < INVITATIONS_OF_ONE_MAX), || {
            let why =
                format!("at most {INVITATIONS_OF_ONE_MAX} open invitations of one person, {INVITATIONS_MAX} of all");
            Refusal::new("too-many-invitations", why)
        })?;
        let invitation = Invitation { by, note: self.note, since: now, until: self.until, used: None };
        INVITATIONS.put(turn, &self.hash, &invitation);
        Ok(())
    }
}

/// Private, from the node or whoever made it: takes an invitation back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WithdrawInvitation {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl Method<Domain> for WithdrawInvitation {
    type Answer = ();

    fn turn(self, _domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(invitation) = INVITATIONS.get(turn, &self.hash)? else { return Ok(()) };
        let caller = turn.caller().id().clone();
        demand(caller == *turn.me() || invitation.by.as_ref() == Some(&caller), || {
            Refusal::new("not-yours", "an invitation is taken back by whoever made it, or an administrator")
        })?;
        INVITATIONS.remove(turn, &self.hash);
        Ok(())
    }
}
