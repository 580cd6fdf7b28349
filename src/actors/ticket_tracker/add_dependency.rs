//! AddDependency: a ticket of this tracker waits for another, here or elsewhere.

use crate::access::{Role, require};
use crate::common::resource::{Visibility, followers, spread};
use crate::limits::DEPENDENCIES_MAX;
use crate::ticket_tracker::ticket::{
    self, DEPENDENCIES, DEPENDENCY_NUMBERS, Dependency, TICKETS, dependency_uri, ticket_followers, ticket_no,
    ticket_uri,
};
use crate::ticket_tracker::{TicketNo, Tracks, relations};
use pritchel_actor::{ActorId, Audience, Halt, Method, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// Makes one ticket depend on another. The other's tracker is told by the answer, unless this one is private; its consent is
/// not needed.
/// Circles are refused within this tracker; across trackers nobody could see them.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddDependency {
    /// The ticket that depends.
    pub ticket: TicketNo,
    /// The ticket it depends on.
    pub on: String,
    /// The others the `Offer` was addressed to, who also get the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ActorId>,
}

impl<A: Tracks> Method<A> for AddDependency {
    type Answer = String;

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(tracker, turn, Role::Triage)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        let me = turn.me().clone();
        demand(self.on != ticket_uri(&me, self.ticket), || {
            Refusal::new("depends-on-itself", "a ticket cannot depend on itself")
        })?;
        demand(!DEPENDENCY_NUMBERS.has(turn, &(self.ticket, self.on.clone()))?, || {
            Refusal::new("already-depends", format!("it depends on {} already", self.on))
        })?;
        demand(ticket.dependencies < DEPENDENCIES_MAX as u64, || {
            let why = format!("a ticket depends on at most {DEPENDENCIES_MAX} others");
            Refusal::new("too-many-dependencies", why)
        })?;
        if let Some(other) = ticket_no(&me, &self.on) {
            ticket::ticket(turn, other)?;
            refuse_circle(turn, self.ticket, other)?;
        }
        // What is private keeps to itself: the other ticket's tracker may be open to everybody.
        let told = if tracker.resource().visibility == Visibility::Private { Vec::new() } else { self.told };
        let number = tracker.tracked_mut().relation();
        let dependency = Dependency {
            ticket: self.ticket,
            on: self.on.clone(),
            by: turn.caller().id().clone(),
            published: turn.now(),
            tracker: relations::tracker_among(&told, &self.on),
        };
        DEPENDENCIES.put(turn, &number, &dependency);
        if let Some(other) = ticket_no(&me, &self.on) {
            let of = ticket_uri(&me, self.ticket);
            relations::list_own_dependant(turn, other, of, dependency_uri(&me, number))?;
        }
        DEPENDENCY_NUMBERS.put(turn, &(self.ticket, self.on), &number);
        ticket.dependencies += 1;
        TICKETS.put(turn, &self.ticket, &ticket);
        turn.answer_also(Audience::of(&told));
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        Ok(dependency_uri(&me, number))
    }
}

/// Refuses if `from` is reached from `to` by dependencies within this tracker.
fn refuse_circle(turn: &mut Turn<'_>, from: TicketNo, to: TicketNo) -> Result<(), Halt> {
    let me = turn.me().clone();
    let mut ahead = vec![to];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(at) = ahead.pop() {
        demand(at != from, || Refusal::new("circle", format!("ticket {to} depends on ticket {from} already")))?;
        if !seen.insert(at) {
            continue;
        }
        if seen.len() > DEPENDENCIES_MAX {
            return Err(
                Refusal::new("too-many-dependencies", "the tickets it would depend on are too many to follow").into()
            );
        }
        let page = DEPENDENCY_NUMBERS.page(turn, Page::first(&at.encode(), DEPENDENCIES_MAX))?;
        ahead.extend(page.iter().filter_map(|((_, on), _)| ticket_no(&me, on)));
    }
    Ok(())
}
