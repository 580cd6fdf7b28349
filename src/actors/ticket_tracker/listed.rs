//! The short form of each ticket: a row beside the ticket's own, some hundred bytes, by which lists are filtered and ordered. Whatever is
//! found by it is looked at again in the ticket itself, so that it may be coarse, but never lack what the ticket has.

use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::fields::FieldData;
use crate::ticket_tracker::ticket::{TICKETS, Ticket};
use crate::ticket_tracker::view::Uses;
use pritchel_actor::{ActorId, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// Short forms of tickets, by number.
pub const LISTED: Rows<TicketNo, Listed> = Rows::new("listed");

/// A ticket in short. Its names are one letter each: tens of thousands of such rows are read for one page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Whether it is open.
    #[serde(rename = "o")]
    pub open: bool,
    /// When something last happened to it.
    #[serde(rename = "a")]
    pub active: Seconds,
    /// How many comments it has had.
    #[serde(rename = "c", default, skip_serializing_if = "is_zero")]
    pub comments: u64,
    /// Its title in small letters.
    #[serde(rename = "t")]
    pub title: String,
    /// What it can be found by, see [`Term::mark`].
    #[serde(rename = "m")]
    pub marks: Vec<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Listed {
    /// A ticket in short.
    pub fn of(ticket: &Ticket) -> Self {
        let mut terms = vec![Term::Author(ticket.author.clone())];
        terms.extend(ticket.assignees.iter().map(|assignment| Term::Assignee(assignment.who.clone())));
        if ticket.assignees.is_empty() {
            terms.push(Term::Nobody);
        }
        for value in &ticket.fields {
            terms.extend(
                labels(&value.field, value.name.as_str(), &value.value).map(|text| Term::Label(text.to_owned())),
            );
        }
        terms.extend(ticket.milestone.iter().map(|planned| Term::Milestone(planned.milestone.clone())));
        if let Some(imported) = &ticket.imported {
            terms.extend(imported.labels.iter().map(|label| Term::Label(label.to_string())));
            terms.extend(imported.milestone.iter().map(|name| Term::Milestone(name.to_string())));
        }
        let mut marks: Vec<u32> = terms.iter().map(Term::mark).collect();
        marks.sort_unstable();
        marks.dedup();
        Self {
            open: ticket.is_open(),
            active: ticket.last_active(),
            comments: ticket.comments,
            title: ticket.title.as_str().to_lowercase(),
            marks,
        }
    }
}

/// The words by which a value of a field can be found: the address of what it is, and what that was called.
fn labels<'v>(field: &'v str, name: &'v str, value: &'v FieldData) -> impl Iterator<Item = &'v str> {
    let found = match value {
        FieldData::Enum { value, name } => Some([value.as_str(), name.as_str()]),
        FieldData::Class | FieldData::Boolean(true) => Some([field, name]),
        _ => None,
    };
    found.into_iter().flatten()
}

/// Something that a ticket has, or that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// This author.
    Author(ActorId),
    /// This assignee.
    Assignee(ActorId),
    /// No assignee.
    Nobody,
    /// A value of an enumeration, or a field that a ticket only has or has not: by its address, or by what it was called when it was set; or a
    /// label of the tracker that the ticket was copied from.
    Label(String),
    /// A milestone by its address, or by what it was called where the ticket was copied from.
    Milestone(String),
}

impl Term {
    /// A number that all tickets with this term have among theirs, and few others.
    pub fn mark(&self) -> u32 {
        let (kind, text) = match self {
            Self::Author(who) => (b'a', who.as_str()),
            Self::Assignee(who) => (b'w', who.as_str()),
            Self::Nobody => (b'n', ""),
            Self::Label(text) => (b'l', text.as_str()),
            Self::Milestone(text) => (b'm', text.as_str()),
        };
        let small = text.to_lowercase();
        // FNV-1a: short, and the same in every version. Who makes two of them equal has their tickets looked at once more.
        std::iter::once(kind)
            .chain(small.bytes())
            .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }

    /// Whether a ticket has it, as it is shown.
    pub fn fits(&self, ticket: &Ticket, uses: &Uses) -> bool {
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        match self {
            Self::Author(who) => ticket.author == *who,
            Self::Assignee(who) => ticket.assignees.iter().any(|assignment| assignment.who == *who),
            Self::Nobody => ticket.assignees.is_empty(),
            Self::Label(text) => {
                uses.fields(ticket)
                    .any(|value| labels(&value.field, value.name.as_str(), &value.value).any(|word| same(word, text)))
                    || ticket
                        .imported
                        .as_ref()
                        .is_some_and(|from| from.labels.iter().any(|name| same(name.as_str(), text)))
            }
            Self::Milestone(text) => {
                uses.milestone(ticket).is_some_and(|planned| planned.milestone == *text)
                    || ticket
                        .imported
                        .as_ref()
                        .and_then(|from| from.milestone.as_ref())
                        .is_some_and(|name| same(name.as_str(), text))
            }
        }
    }
}

/// Keeps a ticket to which something has just happened, and its short form.
pub fn keep(turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket) {
    ticket.active = Some(turn.now());
    keep_quietly(turn, number, ticket);
}

/// Keeps a ticket of which lists have to know, and to which nothing has happened just now.
pub fn keep_quietly(turn: &mut Turn<'_>, number: TicketNo, ticket: &Ticket) {
    TICKETS.put(turn, &number, ticket);
    LISTED.put(turn, &number, &Listed::of(ticket));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_kinds_apart_and_capitals_not() {
        let label = |text: &str| Term::Label(text.to_owned()).mark();
        assert_eq!(label("Bug"), label("bug"));
        assert_ne!(label("bug"), label("bugs"));
        assert_ne!(label("bug"), Term::Milestone("bug".to_owned()).mark());
        // Rows keep these numbers: they are the same in every version.
        assert_eq!(label("bug"), 0x1455_4947);
    }
}
