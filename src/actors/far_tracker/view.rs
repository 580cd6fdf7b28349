//! What may be asked about what is kept of another tracker. All of it is what its server shows to everybody.

use crate::far_tracker::ticket::{FAR_INDEX, FAR_TICKETS, FarKey, FarTicket};
use crate::far_tracker::{FarTracker, Reading};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, Refusal, RowKey, Seconds, View};

/// How it stands with a tracker of another server.
#[derive(Clone, Debug)]
pub struct ViewFar {
    /// The tracker: another one may have taken its place.
    pub of: ActorId,
}

/// What is kept of a tracker, but for its tickets.
#[derive(Clone, Debug, PartialEq)]
pub struct FarShown {
    /// What it is called.
    pub name: Option<String>,
    /// How many tickets are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// How far it is read.
    pub reading: Reading,
    /// When somebody last looked at it, as it was noted.
    pub used: Seconds,
}

/// Refuses to answer for another tracker than the one that is kept.
fn keeps(far: &FarTracker, of: &ActorId) -> Result<(), Halt> {
    match &far.of {
        Some(kept) if kept == of => Ok(()),
        _ => Err(Refusal::new("not-kept", format!("{of} is not kept here")).into()),
    }
}

impl View<FarTracker> for ViewFar {
    type Answer = FarShown;

    fn look(&self, far: &FarTracker, _: &Header, _: &mut Look<'_, '_>) -> Result<FarShown, Halt> {
        keeps(far, &self.of)?;
        let (name, reading) = (far.name.clone(), far.reading.clone());
        Ok(FarShown { name, open: far.open, closed: far.closed, reading, used: far.used })
    }
}

/// Which tickets are looked for. What is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedFar {
    /// Open ones, or closed ones.
    pub open: Option<bool>,
    /// Those of this author.
    pub author: Option<ActorId>,
    /// Those with this in their title or text, in whatever case.
    pub text: Option<String>,
}

impl WantedFar {
    fn fits(&self, ticket: &FarTicket) -> bool {
        let text = |text: &String| {
            let text = text.to_lowercase();
            let said =
                || ticket.content.as_ref().is_some_and(|content| content.to_plain().to_lowercase().contains(&text));
            ticket.title.as_str().to_lowercase().contains(&text) || said()
        };
        self.open.is_none_or(|open| open != ticket.closed)
            && self.author.as_ref().is_none_or(|author| *author == ticket.author)
            && self.text.as_ref().is_none_or(text)
    }
}

/// A page of the tickets that fit. There is no index: so many are looked through, and whoever wants more goes on from there.
#[derive(Clone, Debug)]
pub struct FindFar {
    /// The tracker.
    pub of: ActorId,
    /// Which tickets.
    pub wanted: WantedFar,
    /// The oldest first, instead of the newest.
    pub oldest_first: bool,
    /// Tickets that come after this one in that order.
    pub after: Option<FarKey>,
    /// At most so many that fit.
    pub limit: usize,
    /// At most so many are looked through.
    pub scan: usize,
}

impl View<FarTracker> for FindFar {
    type Answer = (Vec<(FarKey, FarTicket)>, Option<FarKey>);

    /// The tickets, and the last one that was looked at if there are more.
    fn look(&self, far: &FarTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        keeps(far, &self.of)?;
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.scan, newest_first: !self.oldest_first };
        let all = FAR_TICKETS.page(look, page)?;
        let full = all.len() >= self.scan;
        let (mut tickets, mut last, mut left) = (Vec::new(), None, all.len());
        for (key, ticket) in all {
            if tickets.len() == self.limit {
                break;
            }
            (last, left) = (Some(key.clone()), left - 1);
            if self.wanted.fits(&ticket) {
                tickets.push((key, ticket));
            }
        }
        Ok((tickets, last.filter(|_| full || left > 0)))
    }
}

/// One ticket, with the time at which it was opened.
#[derive(Clone, Debug)]
pub struct FarTicketAt {
    /// The tracker.
    pub of: ActorId,
    /// The ticket's address.
    pub uri: String,
}

impl View<FarTracker> for FarTicketAt {
    type Answer = Option<(Seconds, FarTicket)>;

    fn look(&self, far: &FarTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        keeps(far, &self.of)?;
        let Some(at) = FAR_INDEX.get(look, &self.uri)? else { return Ok(None) };
        let ticket = FAR_TICKETS.get(look, &(at, self.uri.clone()))?;
        Ok(ticket.map(|ticket| (Seconds::try_from(at).unwrap_or(Seconds::MAX), ticket)))
    }
}
