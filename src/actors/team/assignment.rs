//! What a team keeps of the tickets it is to take, has, or is to give back.
//!
//! Source: ForgeFed, "Assign another actor", "Unassign another actor".

use crate::common::resource::is_mine;
use crate::limits::ASSIGNMENTS_WAITING_MAX;
use crate::team::{Team, wire};
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{ActId, ActorId, Halt, Page, Reads, Refusal, RowKey, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// A ticket that somebody gives to the team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The ticket's address.
    pub ticket: String,
    /// Who gives it.
    pub by: ActorId,
    /// The ticket's tracker, once it has said that this one may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracker: Option<ActorId>,
    /// The member who has said yes in the team's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<ActorId>,
    /// The address of the assignment, once the tracker has written it down: then the ticket is the team's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
    /// The `Undo` by which the team has let go of it: some trackers name the `Assign`, and not that, when they take it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<ActId>,
    /// Its place among what waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<u64>,
    /// Since when it stands so.
    pub since: Seconds,
}

impl Assignment {
    /// Whether the team has said yes.
    pub fn is_agreed(&self) -> bool {
        self.tracker.is_some() && self.member.is_some()
    }
}

/// The end of an assignment that somebody wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unassignment {
    /// The ticket's address.
    pub ticket: String,
    /// Who wants it.
    pub by: ActorId,
    /// Whether the tracker has said that this one may, and the team has let go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub agreed: bool,
    /// Its place among what waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<u64>,
    /// When it came.
    #[serde(default)]
    pub since: Seconds,
}

/// Assignments by their `Assign`.
pub const ASSIGNMENTS: Rows<ActId, Assignment> = Rows::new("assignments");
/// Tickets that are the team's, and the `Assign` of each.
pub const ASSIGNED: Rows<String, ActId> = Rows::new("assigned");
/// Ends of assignments by their `Undo`.
pub const UNASSIGNMENTS: Rows<ActId, Unassignment> = Rows::new("unassignments");
/// What is asked about a ticket, or stands: each an `Assign` or an `Undo`, by the ticket.
pub const ABOUT: Rows<(String, ActId), ()> = Rows::new("about");
/// What waits, in the order it came: each an `Assign` or an `Undo`.
pub const ASKED: Rows<u64, ActId> = Rows::new("asked");

/// Whether `actor` is the tracker of a ticket: what an actor keeps lies below its own address.
pub fn is_tracker(actor: &ActorId, ticket: &str) -> bool {
    actor.as_str() != ticket && is_mine(actor, ticket)
}

/// Takes an act down among what waits. Anybody can ask, so only so many wait: the oldest makes room.
pub(super) fn wait(team: &mut Team, turn: &mut Turn<'_>, act: &ActId) -> Result<u64, Halt> {
    if team.asked >= ASSIGNMENTS_WAITING_MAX
        && let Some((place, oldest)) = ASKED.page(turn, Page::first(&[], 1))?.pop()
    {
        no_longer_waits(team, turn, Some(place));
        let assigned = ASSIGNMENTS.get(turn, &oldest)?.map(|assignment| assignment.ticket);
        let taken_back = UNASSIGNMENTS.get(turn, &oldest)?.map(|unassignment| unassignment.ticket);
        for ticket in assigned.into_iter().chain(taken_back) {
            forget(turn, &ticket, &oldest);
        }
    }
    let place = turn.number();
    ASKED.put(turn, &place, act);
    team.asked += 1;
    Ok(place)
}

/// Forgets an `Assign` or an `Undo` that was about a ticket.
pub(super) fn forget(turn: &mut Turn<'_>, ticket: &str, act: &ActId) {
    ABOUT.remove(turn, &(ticket.to_owned(), act.clone()));
    ASSIGNMENTS.remove(turn, act);
    UNASSIGNMENTS.remove(turn, act);
}

/// What is asked about a ticket, or stands.
/// - `limit`: at most so many
pub(super) fn about(reads: &mut impl Reads, ticket: &str, limit: usize) -> Result<Vec<ActId>, Halt> {
    let prefix = pair_prefix(&ticket.to_owned().encode());
    let page = ABOUT.page(reads, Page::first(&prefix, limit))?;
    Ok(page.into_iter().map(|((_, act), ())| act).collect())
}

/// Takes something from among what waits.
pub(super) fn no_longer_waits(team: &mut Team, turn: &mut Turn<'_>, place: Option<u64>) {
    if let Some(place) = place {
        ASKED.remove(turn, &place);
        team.asked = team.asked.saturating_sub(1);
    }
}

/// The assignment that this `Assign` asks for.
pub(super) fn assignment(turn: &mut Turn<'_>, assign: &ActId) -> Result<Assignment, Halt> {
    let found = ASSIGNMENTS.get(turn, assign)?;
    found.ok_or_else(|| Refusal::new("no-such-assignment", format!("{assign} does not ask this team")).into())
}

/// The end of an assignment that this `Undo` asks for.
pub(super) fn unassignment(turn: &mut Turn<'_>, undo: &ActId) -> Result<Unassignment, Halt> {
    let found = UNASSIGNMENTS.get(turn, undo)?;
    found.ok_or_else(|| Refusal::new("no-such-assignment", format!("{undo} does not ask this team")).into())
}

/// Goes on after the tracker or a member has said yes, in whichever order they did: with both, the team itself accepts.
pub(super) fn go_on(
    team: &mut Team,
    turn: &mut Turn<'_>,
    assign: &ActId,
    mut assignment: Assignment,
) -> Result<(), Halt> {
    if let (Some(tracker), true) = (assignment.tracker.clone(), assignment.is_agreed()) {
        no_longer_waits(team, turn, assignment.waits.take());
        assignment.since = turn.now();
        wire::consent(turn, assign, &tracker, &assignment.by)?;
    }
    ASSIGNMENTS.put(turn, assign, &assignment);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracker_of_a_ticket_is_the_actor_below_whose_address_it_lies() {
        let ticket = "https://a.example/trackers/t/tickets/1";
        assert!(is_tracker(&"https://a.example/trackers/t".into(), ticket));
        for other in ["https://a.example/trackers/x", "https://a.example/trackers", ticket] {
            let below = other == "https://a.example/trackers";
            assert_eq!(is_tracker(&other.into(), ticket), below, "{other}");
        }
    }
}
