//! Tickets of another tracker as they are kept: by the time at which they were opened, and where each is found by its address.

use crate::common::text::{Html, Line};
use crate::far_tracker::FarTracker;
use crate::far_tracker::work::{FarPiece, Read};
use crate::limits::{FAR_BYTES_MAX, FAR_TICKETS_MAX};
use pritchel_actor::{ActorId, Halt, Page, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// The key of a ticket: when it was opened, and its address.
pub type FarKey = (u64, String);

/// Tickets, the oldest first.
pub const FAR_TICKETS: Rows<FarKey, FarTicket> = Rows::new("far_tickets");
/// When each was opened, by its address.
pub const FAR_INDEX: Rows<String, u64> = Rows::new("far_index");

/// A ticket of another server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarTicket {
    /// Who is said to have opened it.
    pub author: ActorId,
    /// One line.
    pub title: Line,
    /// What it says, if that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Html>,
    /// Whether it is closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// When it was read.
    pub read: Seconds,
}

impl FarTicket {
    fn bytes(&self) -> u64 {
        self.content.as_ref().map_or(0, |content| content.as_str().len() as u64)
    }
}

/// Asks for all rows that these tickets will want, in one go.
pub(super) fn at_hand(turn: &mut Turn<'_>, read: &[Read]) -> Result<(), Halt> {
    let (mut lacking, mut known) = (Vec::new(), Vec::new());
    for one in read {
        if let Some(at) = found(FAR_INDEX.get(turn, &one.uri), &mut lacking)?.flatten() {
            known.push((at, one.uri.clone()));
        }
    }
    for key in known {
        found(FAR_TICKETS.get(turn, &key), &mut lacking)?;
    }
    if lacking.is_empty() { Ok(()) } else { Err(Halt::Need(lacking)) }
}

/// Those of these addresses that are not kept.
pub(super) fn unknown(turn: &mut Turn<'_>, uris: &[String]) -> Result<Vec<String>, Halt> {
    let (mut lacking, mut unknown) = (Vec::new(), Vec::new());
    for uri in uris {
        if found(FAR_INDEX.has(turn, uri), &mut lacking)? == Some(false) {
            unknown.push(uri.clone());
        }
    }
    if lacking.is_empty() { Ok(unknown) } else { Err(Halt::Need(lacking)) }
}

/// What was found; `None` for what is not at hand, which is then noted.
fn found<T>(found: Result<T, Halt>, lacking: &mut Vec<pritchel_actor::Need>) -> Result<Option<T>, Halt> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Halt::Need(needs)) => {
            lacking.extend(needs);
            Ok(None)
        }
        Err(halt) => Err(halt),
    }
}

/// Keeps what was read: in place of what was kept, or nothing more.
pub(super) fn keep(far: &mut FarTracker, turn: &mut Turn<'_>, read: &Read) -> Result<(), Halt> {
    if let Some(at) = FAR_INDEX.get(turn, &read.uri)? {
        let key = (at, read.uri.clone());
        if let Some(before) = FAR_TICKETS.get(turn, &key)? {
            drop_one(far, turn, &key, &before);
        }
    }
    let Some(piece) = &read.found else { return Ok(()) };
    let FarPiece { author, title, content, published, closed } = *piece.clone();
    let room = FAR_BYTES_MAX.saturating_sub(far.bytes);
    let content = content.filter(|content| content.as_str().len() as u64 <= room);
    // No ticket was opened later than now: clocks differ, and some servers lie.
    let at = u64::try_from(published.min(turn.now())).unwrap_or_default();
    if far.open + far.closed >= FAR_TICKETS_MAX && !make_room(far, turn, at)? {
        return Ok(());
    }
    let ticket = FarTicket { author, title, content, closed, read: turn.now() };
    *if closed { &mut far.closed } else { &mut far.open } += 1;
    far.bytes += ticket.bytes();
    FAR_TICKETS.put(turn, &(at, read.uri.clone()), &ticket);
    FAR_INDEX.put(turn, &read.uri, &at);
    Ok(())
}

/// The oldest makes room for one that was opened at this time, if that is newer.
fn make_room(far: &mut FarTracker, turn: &mut Turn<'_>, at: u64) -> Result<bool, Halt> {
    let oldest = FAR_TICKETS.page(turn, Page::first(&[], 1))?.into_iter().next();
    let Some((key, ticket)) = oldest.filter(|(key, _)| key.0 < at) else { return Ok(false) };
    drop_one(far, turn, &key, &ticket);
    Ok(true)
}

/// Keeps this one no more.
pub(super) fn drop_one(far: &mut FarTracker, turn: &mut Turn<'_>, key: &FarKey, ticket: &FarTicket) {
    let count = if ticket.closed { &mut far.closed } else { &mut far.open };
    *count = count.saturating_sub(1);
    far.bytes = far.bytes.saturating_sub(ticket.bytes());
    FAR_TICKETS.remove(turn, key);
    FAR_INDEX.remove(turn, &key.1);
}
