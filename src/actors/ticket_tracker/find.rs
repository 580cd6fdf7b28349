//! Finding tickets: a page of those that fit, and who follows one of them.

use crate::access::view::may_see;
use crate::common::Resource;
use crate::ticket_tracker::discussed::Discussed;
use crate::ticket_tracker::ticket::{COMMENT_PLACES, TICKET_FOLLOWERS, TICKETS, Ticket};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, View};

/// Which tickets are looked for. What is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Open ones, or closed ones.
    pub open: Option<bool>,
    /// Those of this author.
    pub author: Option<ActorId>,
    /// Those with this in their title, in whatever case.
    pub text: Option<String>,
}

impl Wanted {
    /// Whether a ticket fits.
    pub fn fits(&self, ticket: &Ticket) -> bool {
        let text = |text: &String| ticket.title.as_str().to_lowercase().contains(&text.to_lowercase());
        self.open.is_none_or(|open| open == ticket.is_open())
            && self.author.as_ref().is_none_or(|author| *author == ticket.author)
            && self.text.as_ref().is_none_or(text)
    }
}

/// A tracker with a page of the tickets that fit. There is no index: so many tickets are looked through, and whoever
/// wants more goes on from where that ended.
#[derive(Clone, Debug)]
pub struct FindTickets {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Which tickets.
    pub wanted: Wanted,
    /// The smallest numbers first, instead of the greatest.
    pub oldest_first: bool,
    /// Tickets that come after this one in that order; `None` from the first.
    pub after: Option<TicketNo>,
    /// At most so many that fit.
    pub limit: usize,
    /// At most so many are looked through.
    pub scan: usize,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketsFound {
    /// What all resources share.
    pub resource: Resource,
    /// How many tickets of the tracker are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// The page of tickets.
    pub tickets: Vec<(TicketNo, Ticket)>,
    /// The last ticket that was looked at, if there are more to look at.
    pub next: Option<TicketNo>,
}

impl<A: Tracks> View<A> for FindTickets {
    type Answer = TicketsFound;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<TicketsFound, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let after = self.after.map(|after| after.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.scan, newest_first: !self.oldest_first };
        let all = TICKETS.page(look, page)?;
        let full = all.len() >= self.scan;
        let (mut tickets, mut last, mut left) = (Vec::new(), None, all.len());
        for (number, ticket) in all {
            if tickets.len() == self.limit {
                break;
            }
            (last, left) = (Some(number), left - 1);
            if self.wanted.fits(&ticket) {
                tickets.push((number, ticket));
            }
        }
        let next = last.filter(|_| full || left > 0);
        Ok(TicketsFound {
            resource: tracker.resource().clone(),
            open: tracker.tracked().open,
            closed: tracker.tracked().closed,
            tickets,
            next,
        })
    }
}

/// Whether somebody follows a ticket; for themselves.
#[derive(Clone, Debug)]
pub struct FollowsTicket {
    /// Who.
    pub viewer: ActorId,
    /// Which ticket.
    pub number: TicketNo,
}

impl<A: Tracks> View<A> for FollowsTicket {
    type Answer = bool;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
        may_see(tracker, look, Some(&self.viewer))?;
        TICKET_FOLLOWERS.has(look, &(self.number, self.viewer.clone()))
    }
}

/// Where a comment stands: its ticket or release, and its place among the comments on that.
#[derive(Clone, Debug)]
pub struct PlaceOfComment {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The comment's address.
    pub id: String,
}

impl<A: Discussed> View<A> for PlaceOfComment {
    type Answer = Option<(TicketNo, u64)>;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        COMMENT_PLACES.get(look, &self.id)
    }
}
