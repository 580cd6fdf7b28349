//! What people comment on: tickets of a tracker, and releases. The methods of comments are written once, for both.

use crate::common::ResourceActor;
use crate::common::resource::{followers, inhabited};
use crate::hooks::{TicketAction, news};
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, Comment, ticket_followers};
use pritchel_actor::{Group, Halt, Turn};

/// An actor that keeps what people comment on, each by a number.
pub trait Discussed: ResourceActor {
    /// Takes one more comment on this, and answers its place among them.
    /// - errors: a refusal if there is no such thing
    fn next_comment(turn: &mut Turn<'_>, topic: u64) -> Result<u64, Halt>;
    /// Who is told of comments on this.
    /// - errors: a refusal if there is no such thing
    fn hearers(&self, turn: &mut Turn<'_>, topic: u64) -> Result<Vec<Group>, Halt>;
    /// What it does about a comment that is new, changed or taken away, when that is written.
    fn commented(&self, turn: &mut Turn<'_>, topic: u64, what: TicketAction, comment: &Comment) -> Result<(), Halt> {
        let _ = (turn, topic, what, comment);
        Ok(())
    }
}

impl<A: Tracks> Discussed for A {
    fn next_comment(turn: &mut Turn<'_>, topic: u64) -> Result<u64, Halt> {
        let mut ticket = ticket::ticket(turn, topic)?;
        let place = ticket.comments;
        ticket.comments += 1;
        listed::keep(turn, topic, &mut ticket);
        Ok(place)
    }
    fn hearers(&self, turn: &mut Turn<'_>, topic: u64) -> Result<Vec<Group>, Halt> {
        let ticket = ticket::ticket(turn, topic)?;
        Ok(inhabited([(followers(), self.resource().followers), (ticket_followers(topic), ticket.followers)]))
    }
    fn commented(&self, turn: &mut Turn<'_>, topic: u64, what: TicketAction, comment: &Comment) -> Result<(), Halt> {
        if self.resource().hooks.count == 0 {
            return Ok(());
        }
        let ticket = ticket::ticket(turn, topic)?;
        news::comment(self, turn, what, (topic, &ticket), comment)
    }
}
