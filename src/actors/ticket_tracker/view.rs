//! What may be asked about a tracker. Whether the viewer may see it is decided here, for pages and documents alike.

use crate::access::view::{may_see, not_shown};
use crate::common::Resource;
use crate::ticket_tracker::fields::FieldValue;
use crate::ticket_tracker::planned::Planned;
use crate::ticket_tracker::ticket::{
    ASSIGNING, COMMENT_PLACES, COMMENTS, Comment, DEPENDANT_OFFERS, DEPENDENCIES, DEPENDENCY_NUMBERS, Dependency,
    Pending, TICKET_FOLLOWERS, TICKETS, Ticket, UNASSIGNING, WAITING,
};
use crate::ticket_tracker::{TicketNo, Tracks};
use crate::tie::TieKind;
use crate::tie::rows::provider;
use pritchel_actor::{ActorId, Halt, Header, Look, Page, Refusal, RowKey, View};

/// The tracker itself with a page of its tickets, newest first.
#[derive(Clone, Debug)]
pub struct ViewTracker {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Tickets with smaller numbers than this one; `None` from the newest.
    pub before: Option<TicketNo>,
    /// At most so many.
    pub limit: usize,
}

/// A tracker as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackerShown {
    /// What all resources share.
    pub resource: Resource,
    /// How many tickets are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// The page of tickets.
    pub tickets: Vec<(TicketNo, Ticket)>,
}

impl<A: Tracks> View<A> for ViewTracker {
    type Answer = TrackerShown;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<TrackerShown, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: true };
        Ok(TrackerShown {
            resource: tracker.resource().clone(),
            open: tracker.tracked().open,
            closed: tracker.tracked().closed,
            tickets: TICKETS.page(look, page)?,
        })
    }
}

/// One ticket with a page of its comments, oldest first.
#[derive(Clone, Debug)]
pub struct ViewTicket {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub number: TicketNo,
    /// Comments after this one; `None` from the first.
    pub after: Option<u64>,
    /// At most so many comments.
    pub limit: usize,
}

/// What a tracker uses of others, as far as it shows in its tickets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Uses {
    /// The workflow whose fields its tickets have.
    pub workflow: Option<ActorId>,
    /// The roadmap whose milestones they are planned for.
    pub roadmap: Option<ActorId>,
}

impl Uses {
    /// What the tracker uses now.
    pub fn of(look: &mut Look<'_, '_>) -> Result<Self, Halt> {
        Ok(Self { workflow: provider(look, TieKind::Workflow)?, roadmap: provider(look, TieKind::Roadmap)? })
    }

    /// The values of a ticket that are shown: not those of a workflow that was used before.
    pub fn fields<'t>(&'t self, ticket: &'t Ticket) -> impl Iterator<Item = &'t FieldValue> {
        ticket.fields.iter().filter(|value| Some(&value.workflow) == self.workflow.as_ref())
    }

    /// The milestone of a ticket that is shown.
    pub fn milestone<'t>(&self, ticket: &'t Ticket) -> Option<&'t Planned> {
        ticket.milestone.as_ref().filter(|planned| Some(&planned.roadmap) == self.roadmap.as_ref())
    }
}

/// A ticket as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketShown {
    /// Its tracker.
    pub resource: Resource,
    /// The ticket.
    pub ticket: Ticket,
    /// The workflow and the roadmap that the tracker uses.
    pub uses: Uses,
    /// The page of comments, each with its place.
    pub comments: Vec<(u64, Comment)>,
    /// Whose consent is waited for, and by which act: to take the ticket, or to give it back.
    pub waiting: Vec<Pending>,
    /// The tickets it depends on, with the number of each dependency.
    pub depends_on: Vec<(String, u64)>,
    /// The tickets that depend on it, with the address of each dependency: what its tracker has confirmed.
    pub depended_on_by: Vec<(String, String)>,
}

impl<A: Tracks> View<A> for ViewTicket {
    type Answer = TicketShown;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<TicketShown, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let Some(ticket) = TICKETS.get(look, &self.number)? else {
            if is_deleted(tracker, self.number) {
                return Err(deleted(self.number));
            }
            return Err(Refusal::new("no-such-ticket", format!("there is no ticket {}", self.number)).into());
        };
        let prefix = self.number.encode();
        let after = self.after.map(|after| (self.number, after).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        let comments = COMMENTS.page(look, page)?.into_iter().map(|((_, at), comment)| (at, comment)).collect();
        let on = DEPENDENCY_NUMBERS.page(look, Page::first(&prefix, crate::limits::DEPENDENCIES_MAX))?;
        let by = DEPENDANT_OFFERS.page(look, Page::first(&prefix, crate::limits::DEPENDANTS_MAX))?;
        let mut depended_on_by = Vec::new();
        for ((_, of), offer) in by {
            let confirmed = super::ticket::DEPENDANTS.get(look, &offer)?.and_then(|dependant| dependant.id);
            depended_on_by.extend(confirmed.map(|dependency| (of, dependency)));
        }
        let mut waiting = Vec::new();
        for ((_, act), ends) in WAITING.page(look, Page::first(&prefix, crate::limits::ASSIGNEES_MAX))? {
            let of = if ends { UNASSIGNING } else { ASSIGNING };
            waiting.extend(of.get(look, &act)?);
        }
        Ok(TicketShown {
            waiting,
            resource: tracker.resource().clone(),
            ticket,
            uses: Uses::of(look)?,
            comments,
            depends_on: on.into_iter().map(|((_, on), number)| (on, number)).collect(),
            depended_on_by,
        })
    }
}

/// Whether a number that no ticket has was one's: numbers are not used again.
fn is_deleted<A: Tracks>(tracker: &A, number: TicketNo) -> bool {
    (1..=tracker.tracked().last).contains(&number)
}

fn deleted(number: TicketNo) -> Halt {
    Refusal::new("ticket-deleted", format!("ticket {number} was here and has been deleted")).into()
}

/// A page of the comments on a ticket, oldest first, those in threads of reviews among them.
#[derive(Clone, Debug)]
pub struct ViewComments {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// On which ticket.
    pub number: TicketNo,
    /// Comments after this one; `None` from the first.
    pub after: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A comment by its place among those on its ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct CommentShown {
    /// Its place.
    pub place: u64,
    /// The comment.
    pub comment: Comment,
    /// The place of the comment that it answers.
    pub above: Option<u64>,
}

impl<A: Tracks> View<A> for ViewComments {
    type Answer = Vec<CommentShown>;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let prefix = self.number.encode();
        let after = self.after.map(|after| (self.number, after).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        let (mut shown, mut lacking) = (Vec::new(), Vec::new());
        for ((_, place), comment) in COMMENTS.page(look, page)? {
            let above = match &comment.in_reply_to {
                Some(above) => COMMENT_PLACES.get(look, above),
                None => Ok(None),
            };
            match above {
                Ok(above) => {
                    let above = above.filter(|(of, _)| *of == self.number).map(|(_, place)| place);
                    shown.push(CommentShown { place, comment, above });
                }
                // They are all looked for in one go.
                Err(Halt::Need(needs)) => lacking.extend(needs),
                Err(halt) => return Err(halt),
            }
        }
        if lacking.is_empty() { Ok(shown) } else { Err(Halt::Need(lacking)) }
    }
}

/// One comment on a ticket, by its place.
#[derive(Clone, Debug)]
pub struct ViewComment {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// On which ticket.
    pub number: TicketNo,
    /// Its place.
    pub place: u64,
}

impl<A: Tracks> View<A> for ViewComment {
    type Answer = Comment;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Comment, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        COMMENTS.get(look, &(self.number, self.place))?.ok_or_else(not_shown)
    }
}

/// A page of the followers of one ticket.
#[derive(Clone, Debug)]
pub struct ViewTicketFollowers {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The ticket.
    pub number: TicketNo,
    /// Followers after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: Tracks> View<A> for ViewTicketFollowers {
    type Answer = (u64, Vec<ActorId>);

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let Some(ticket) = TICKETS.get(look, &self.number)? else {
            return Err(if is_deleted(tracker, self.number) { deleted(self.number) } else { not_shown() });
        };
        let prefix = self.number.encode();
        let after = self.after.as_ref().map(|after| (self.number, after.clone()).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        let followers = TICKET_FOLLOWERS.page(look, page)?;
        Ok((ticket.followers, followers.into_iter().map(|((_, who), _)| who).collect()))
    }
}

/// One dependency, by its number.
#[derive(Clone, Debug)]
pub struct ViewDependency {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub number: u64,
}

impl<A: Tracks> View<A> for ViewDependency {
    type Answer = Dependency;

    fn look(&self, tracker: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Dependency, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        DEPENDENCIES.get(look, &self.number)?.ok_or_else(not_shown)
    }
}
