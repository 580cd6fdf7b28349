//! Lists of tickets: a page of those that have all that is asked, in some order. Their short forms are looked through, see [`listed`](super::listed); then only the
//! tickets of the page are read.

use crate::access::view::may_see;
use crate::common::Resource;
use crate::limits::{LIST_TERMS_MAX, LISTED_SCANNED_MAX, LISTED_SPARSE_MAX};
use crate::ticket_tracker::list_all::Listing;
use crate::ticket_tracker::listed::{LISTED, Listed, Term};
use crate::ticket_tracker::ticket::{TICKETS, Ticket};
use crate::ticket_tracker::view::Uses;
use crate::ticket_tracker::{TicketNo, TicketTracker, Tracks};
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::{ActorId, Halt, Header, Look, Need, Page, Refusal, RowKey, View, demand};

/// Which tickets: those that fit all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Open ones, or closed ones; `None` both.
    pub open: Option<bool>,
    /// What they have: at most [`LIST_TERMS_MAX`].
    pub terms: Vec<Term>,
    /// What their titles hold, in whatever case.
    pub text: Option<String>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The greatest numbers first.
    #[default]
    Newest,
    /// The smallest numbers first.
    Oldest,
    /// Those first to which something happened last.
    Active,
    /// Those last.
    Quiet,
    /// Those with the most comments first.
    Comments,
}

/// The place of a ticket in an order: lists have them ascending, and no two are the same.
pub type Place = (i64, i64);

impl Order {
    fn place(self, number: TicketNo, listed: &Listed) -> Place {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        match self {
            Self::Newest => (0, -number),
            Self::Oldest => (0, number),
            Self::Active => (-listed.active, -number),
            Self::Quiet => (listed.active, number),
            Self::Comments => (-i64::try_from(listed.comments).unwrap_or(i64::MAX), -number),
        }
    }

    /// Whether it is that of numbers, so that a page need not look at all tickets.
    fn is_by_number(self) -> bool {
        matches!(self, Self::Newest | Self::Oldest)
    }
}

/// A tracker with a page of the tickets that fit.
#[derive(Clone, Debug)]
pub struct ListTickets {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Which tickets.
    pub asked: Asked,
    /// In which order.
    pub order: Order,
    /// Those behind this place; `None` from the first.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketList {
    /// What all resources share.
    pub resource: Resource,
    /// How many tickets of the tracker are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// The workflow and the roadmap that the tracker uses.
    pub uses: Uses,
    /// The page.
    pub tickets: Vec<(TicketNo, Ticket)>,
    /// Where the next page begins, if there may be more.
    pub next: Option<Place>,
    /// How many of the newest tickets were put in order, where that were not all.
    pub cut: Option<usize>,
}

impl<A: Tracks> View<A> for ListTickets {
    type Answer = TicketList;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<TicketList, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        demand(self.asked.terms.len() <= LIST_TERMS_MAX, || {
            Refusal::new("too-many-terms", format!("a list is narrowed by at most {LIST_TERMS_MAX} terms"))
        })?;
        let found = self.found(tracker.tracked(), look)?;
        let uses = Uses::of(look)?;
        let tickets = tickets(look, found.fits)?;
        let fits = |ticket: &Ticket| self.asked.terms.iter().all(|term| term.fits(ticket, &uses));
        Ok(TicketList {
            resource: tracker.resource().clone(),
            open: tracker.tracked().open,
            closed: tracker.tracked().closed,
            tickets: tickets.into_iter().filter(|(_, ticket)| fits(ticket)).collect(),
            next: found.next,
            cut: found.cut,
            uses,
        })
    }
}

/// What a look through the short forms brings.
#[derive(Default)]
struct FoundList {
    fits: Vec<TicketNo>,
    next: Option<Place>,
    cut: Option<usize>,
}

impl ListTickets {
    fn found(&self, tracker: &TicketTracker, look: &mut Look<'_, '_>) -> Result<FoundList, Halt> {
        let marks: Vec<u32> = self.asked.terms.iter().map(Term::mark).collect();
        let text = self.asked.text.as_ref().map(|text| text.to_lowercase());
        let fits = |number: TicketNo, listed: &Listed| {
            let place = self.order.place(number, listed);
            let fits = self.after.is_none_or(|after| place > after)
                && self.asked.open.is_none_or(|open| open == listed.open)
                && marks.iter().all(|mark| listed.marks.contains(mark))
                && text.as_ref().is_none_or(|text| listed.title.contains(text.as_str()));
            fits.then_some((place, number))
        };
        let mut walk = Walk::new(tracker, self);
        let (mut found, mut scanned, mut more) = (Vec::new(), 0, true);
        // The first rows often have all that is asked. If not, the others are asked for in one go.
        while more && (!self.order.is_by_number() || found.len() <= self.limit) && scanned < walk.most {
            let rows = walk.next(look, scanned)?;
            (more, scanned) = (walk.more, scanned + rows.len());
            found.extend(rows.iter().filter_map(|(number, listed)| fits(*number, listed)));
        }
        found.sort_unstable();
        let last = found.get(self.limit.wrapping_sub(1)).map(|(place, _)| *place);
        let next = match last {
            Some(last) if found.len() > self.limit => Some(last),
            _ if more && self.order.is_by_number() => walk.last.map(|last| self.order.place(last, &Listed::default())),
            _ => None,
        };
        found.truncate(self.limit);
        let cut = (more && !self.order.is_by_number()).then_some(scanned);
        Ok(FoundList { fits: found.into_iter().map(|(_, number)| number).collect(), next, cut })
    }
}

/// A walk through the short forms of a tracker's tickets, by number.
struct Walk {
    /// Whether all tickets have one. Those of an older tracker are made of the tickets, and fewer are looked at.
    listed: bool,
    newest_first: bool,
    /// Whether numbers tell about where each five hundredth ticket is.
    dense: bool,
    /// The last number that was looked at.
    last: Option<TicketNo>,
    /// Whether there may be more behind it.
    more: bool,
    /// The greatest number there is.
    greatest: TicketNo,
    /// At most so many rows.
    most: usize,
}

impl Walk {
    fn new(tracker: &TicketTracker, list: &ListTickets) -> Self {
        let after = list.after.filter(|_| list.order.is_by_number()).map(|(_, number)| number.unsigned_abs());
        let dense = tracker.last <= (tracker.open + tracker.closed).saturating_mul(2).saturating_add(1_000);
        let listed = tracker.listing == Listing::Whole;
        let most = match (listed, dense) {
            (false, _) => PAGE_MAX,
            (true, false) => LISTED_SPARSE_MAX,
            (true, true) => LISTED_SCANNED_MAX,
        };
        let newest_first = list.order != Order::Oldest;
        Self { listed, newest_first, dense, last: after, more: true, greatest: tracker.last, most }
    }

    /// Some more of them: a page, and after the first all that may be looked at where that can be asked for in one go.
    fn next(&mut self, look: &mut Look<'_, '_>, scanned: usize) -> Result<Vec<(TicketNo, Listed)>, Halt> {
        let pages = if self.dense && scanned > 0 { (self.most - scanned).div_ceil(PAGE_MAX) } else { 1 };
        let (mut rows, mut lacking) = (Vec::new(), Vec::new());
        let mut from = self.last;
        for _ in 0..pages {
            let to = if pages > 1 { self.stride(from) } else { None };
            match self.page(look, from) {
                Ok(page) => {
                    self.more = if to.is_some() { !self.is_end(to) } else { page.len() == PAGE_MAX };
                    let within = |number: &TicketNo| {
                        to.is_none_or(|to| if self.newest_first { *number >= to } else { *number <= to })
                    };
                    rows.extend(page.into_iter().filter(|(number, _)| within(number)));
                }
                Err(Halt::Need(needs)) => lacking.extend(needs),
                Err(halt) => return Err(halt),
            }
            from = to;
            if self.is_end(to) {
                break;
            }
        }
        if !lacking.is_empty() {
            return Err(Halt::Need(lacking));
        }
        self.last =
            if pages > 1 { from } else { rows.last().map(|(number, _): &(TicketNo, Listed)| *number).or(self.last) };
        Ok(rows)
    }

    /// The number at which a page ends that begins behind this one.
    fn stride(&self, from: Option<TicketNo>) -> Option<TicketNo> {
        let stride = PAGE_MAX as u64;
        Some(if self.newest_first {
            from.unwrap_or(self.greatest + 1).saturating_sub(stride).max(1)
        } else {
            from.unwrap_or(0) + stride
        })
    }

    fn is_end(&self, at: Option<TicketNo>) -> bool {
        at.is_some_and(|at| if self.newest_first { at <= 1 } else { at >= self.greatest })
    }

    fn page(&self, look: &mut Look<'_, '_>, after: Option<TicketNo>) -> Result<Vec<(TicketNo, Listed)>, Halt> {
        let after = after.map(|after| after.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: PAGE_MAX, newest_first: self.newest_first };
        if self.listed {
            return LISTED.page(look, page);
        }
        let tickets = TICKETS.page(look, page)?;
        Ok(tickets.iter().map(|(number, ticket)| (*number, Listed::of(ticket))).collect())
    }
}

/// The tickets of a page, asked for in one go.
fn tickets(look: &mut Look<'_, '_>, numbers: Vec<TicketNo>) -> Result<Vec<(TicketNo, Ticket)>, Halt> {
    let (mut tickets, mut lacking) = (Vec::new(), Vec::<Need>::new());
    for number in numbers {
        match TICKETS.get(look, &number) {
            Ok(ticket) => tickets.extend(ticket.map(|ticket| (number, ticket))),
            Err(Halt::Need(needs)) => lacking.extend(needs),
            Err(halt) => return Err(halt),
        }
    }
    if lacking.is_empty() { Ok(tickets) } else { Err(Halt::Need(lacking)) }
}
