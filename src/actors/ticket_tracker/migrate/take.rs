//! How pieces of another tracker are kept. Each is known by its address there, so that none is kept twice, however often it comes.

use crate::limits::{MIGRATED_NUMBER_MAX, SKIPPED_KEPT_MAX, THREAD_DEPTH_MAX};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::migrate::Migration;
use crate::ticket_tracker::migrate::batch::{CommentPiece, Piece, Skipped, TicketPiece};
use crate::ticket_tracker::ticket::{
    COMMENT_PLACES, COMMENTS, Comment, Imported, Resolved, TICKETS, Ticket, comment_uri,
};
use crate::ticket_tracker::{TicketNo, TicketTracker};
use pritchel_actor::{Halt, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};
use serde_json::Map;

/// What was copied, by its address there.
pub const IMPORTED: Rows<String, Here> = Rows::new("imported");
/// The first of what could not be read, by number.
pub const SKIPPED: Rows<u64, Skipped> = Rows::new("skipped");

/// Where something that was copied is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// The ticket.
    pub ticket: TicketNo,
    /// The comment on it, and how deep that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<(u64, u32)>,
}

/// Keeps what is not here yet.
pub fn all(
    tracker: &mut TicketTracker,
    migration: &mut Migration,
    turn: &mut Turn<'_>,
    pieces: &[Piece],
) -> Result<(), Halt> {
    at_hand(turn, pieces)?;
    for piece in pieces {
        let skipped = match piece {
            Piece::Ticket(piece) => {
                ticket(tracker, migration, turn, piece)?;
                None
            }
            Piece::Comment(piece) => comment(migration, turn, piece)?,
            Piece::Skipped(skipped) => Some(skipped.clone()),
        };
        if let Some(skipped) = skipped {
            if migration.skipped < SKIPPED_KEPT_MAX {
                SKIPPED.put(turn, &migration.skipped, &skipped);
            }
            migration.skipped += 1;
        }
    }
    Ok(())
}

/// Asks for all rows that the pieces will want, in few goes: a run that stops for one of them costs as much as for all.
fn at_hand(turn: &mut Turn<'_>, pieces: &[Piece]) -> Result<(), Halt> {
    let mut lacking = Vec::new();
    let mut known = Vec::new();
    for piece in pieces {
        let named: Vec<&String> = match piece {
            Piece::Ticket(ticket) => vec![&ticket.origin],
            Piece::Comment(comment) => [&comment.origin, &comment.ticket].into_iter().chain(&comment.above).collect(),
            Piece::Skipped(_) => Vec::new(),
        };
        for origin in named {
            known.extend(found(IMPORTED.get(turn, origin), &mut lacking)?.flatten());
        }
        if let Piece::Ticket(ticket) = piece
            && let Some(number) = ticket.number
        {
            found(TICKETS.has(turn, &number), &mut lacking)?;
        }
    }
    for here in known {
        found(TICKETS.get(turn, &here.ticket), &mut lacking)?;
    }
    if lacking.is_empty() { Ok(()) } else { Err(Halt::Need(lacking)) }
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

/// No time there is later than now: clocks differ, and some servers lie.
fn past(turn: &Turn<'_>, at: Seconds) -> Seconds {
    at.min(turn.now())
}

fn ticket(
    tracker: &mut TicketTracker,
    migration: &mut Migration,
    turn: &mut Turn<'_>,
    piece: &TicketPiece,
) -> Result<(), Halt> {
    if IMPORTED.has(turn, &piece.origin)? {
        return Ok(());
    }
    let number = match piece.number.filter(|number| (1..=MIGRATED_NUMBER_MAX).contains(number)) {
        Some(number) if !TICKETS.has(turn, &number)? => number,
        _ => tracker.last + 1,
    };
    tracker.last = tracker.last.max(number);
    let (me, published) = (turn.me().clone(), past(turn, piece.created));
    let resolved =
        piece.closed.map(|at| Resolved { by: me.clone(), at: past(turn, at), act: migration.create.clone() });
    *if resolved.is_none() { &mut tracker.open } else { &mut tracker.closed } += 1;
    let ticket = Ticket {
        author: me,
        title: piece.title.clone(),
        content: piece.content.clone(),
        source: piece.source.clone(),
        published,
        updated: piece.updated.map(|at| past(turn, at)).filter(|at| *at > published),
        active: None,
        offer: migration.create.clone(),
        resolved,
        assignees: Vec::new(),
        comments: 0,
        dependencies: 0,
        followers: 0,
        fields: Vec::new(),
        milestone: None,
        merge: None,
        further: Map::new(),
        imported: Some(Box::new(Imported {
            origin: piece.origin.clone(),
            author: piece.author.clone(),
            labels: piece.labels.clone(),
            milestone: piece.milestone.clone(),
            assignees: piece.assignees.clone(),
        })),
    };
    listed::keep_quietly(turn, number, &ticket);
    IMPORTED.put(turn, &piece.origin, &Here { ticket: number, comment: None });
    migration.tickets += 1;
    Ok(())
}

/// Keeps a comment; answers why not, where its ticket is not here.
fn comment(migration: &mut Migration, turn: &mut Turn<'_>, piece: &CommentPiece) -> Result<Option<Skipped>, Halt> {
    if IMPORTED.has(turn, &piece.origin)? {
        return Ok(None);
    }
    let number = IMPORTED.get(turn, &piece.ticket)?.map(|here| here.ticket);
    let ticket = match number {
        Some(number) => TICKETS.get(turn, &number)?.map(|ticket| (number, ticket)),
        None => None,
    };
    let Some((number, mut ticket)) = ticket else {
        return Ok(Some(Skipped::new(&piece.origin, "its ticket is not here")));
    };
    let above = match &piece.above {
        Some(above) => IMPORTED.get(turn, above)?.filter(|here| here.ticket == number).and_then(|here| here.comment),
        None => None,
    };
    let (me, published) = (turn.me().clone(), past(turn, piece.created));
    let (place, depth) = (ticket.comments, above.map_or(0, |(_, depth)| depth.saturating_add(1).min(THREAD_DEPTH_MAX)));
    ticket.comments += 1;
    ticket.active = Some(ticket.last_active().max(published));
    let comment = Comment {
        id: comment_uri(&me, number, place),
        in_reply_to: above.map(|(place, _)| comment_uri(&me, number, place)),
        author: me,
        depth,
        thread: None,
        suggestions: Vec::new(),
        attachments: Vec::new(),
        content: if piece.deleted { Default::default() } else { piece.content.clone() },
        source: piece.source.clone().filter(|_| !piece.deleted),
        published,
        updated: piece.updated.map(|at| past(turn, at)).filter(|at| *at > published),
        act: migration.create.clone(),
        deleted: piece.deleted,
        deleted_by: None,
        imported: Some(Box::new(Imported::by(piece.origin.clone(), piece.author.clone()))),
    };
    COMMENTS.put(turn, &(number, place), &comment);
    COMMENT_PLACES.put(turn, &comment.id, &(number, place));
    listed::keep_quietly(turn, number, &ticket);
    IMPORTED.put(turn, &piece.origin, &Here { ticket: number, comment: Some((place, depth)) });
    migration.comments += 1;
    Ok(None)
}
