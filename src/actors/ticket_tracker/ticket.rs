//! What a tracker keeps of a ticket, its comments, assignments and dependencies; and how they are addressed.

use crate::common::attachment::{Attachment, name_files};
use crate::common::text::{Html, Line};
use crate::patch_tracker::merge_request::MergeRequest;
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::fields::FieldValue;
use crate::ticket_tracker::planned::Planned;
use pritchel_actor::{ActId, ActorId, Group, Halt, Refusal, RowKey, Rows, Seconds, Turn, Value};
use serde::{Deserialize, Serialize};
use serde_json::Map;

/// Text as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The text.
    pub content: String,
    /// Its media type.
    pub media_type: String,
}

/// What is known of something that was copied from a tracker on another server. It is that server's word and nobody else's, so that it
/// names no actor.
///
/// Source: protocol decision F-82.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Its address there.
    pub origin: String,
    /// What its author is called there.
    pub author: Line,
    /// Its labels there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Line>,
    /// Its milestone there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<Line>,
    /// Whose it was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<Line>,
}

impl Imported {
    /// Something that has an author, and no more.
    pub fn by(origin: String, author: Line) -> Self {
        Self { origin, author, labels: Vec::new(), milestone: None, assignees: Vec::new() }
    }
}

/// A ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// Who opened it.
    pub author: ActorId,
    /// One line.
    pub title: Line,
    /// What it says, sanitised.
    pub content: Html,
    /// What its author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When it was taken in.
    pub published: Seconds,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Seconds>,
    /// When something last happened to it, as far as that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Seconds>,
    /// The `Offer` it came by.
    pub offer: ActId,
    /// How it was closed, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// Whose it is.
    #[serde(default)]
    pub assignees: Vec<Assignment>,
    /// How many comments it has had.
    #[serde(default)]
    pub comments: u64,
    /// How many tickets it depends on.
    #[serde(default)]
    pub dependencies: u64,
    /// How many follow it.
    #[serde(default)]
    pub followers: u64,
    /// Its values of the fields of a workflow: of that which the tracker uses, where it still does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldValue>,
    /// The milestone it is planned for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<Planned>,
    /// What it offers to merge: then it is a merge request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<Box<MergeRequest>>,
    /// What else its author said of it, which nobody here reads: it is shown in its document again.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub further: Map<String, Value>,
    /// Where it was copied from, if it was: then its author is the tracker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Box<Imported>>,
}

impl Ticket {
    /// The files it names.
    pub fn attachments(&self) -> Vec<Attachment> {
        Attachment::read_all(self.further.get("attachment"))
    }

    /// Names other files in the place of those it named.
    pub(crate) fn attach(&mut self, files: &[Attachment]) {
        name_files(&mut self.further, files);
        if self.further["attachment"].as_array().is_some_and(Vec::is_empty) {
            self.further.remove("attachment");
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }

    /// When something last happened to it.
    pub fn last_active(&self) -> Seconds {
        let known = [self.active, self.updated, self.resolved.as_ref().map(|resolved| resolved.at)];
        known.into_iter().flatten().fold(self.published, Seconds::max)
    }

    /// The assignment that this `Assign` brought, while it lasts.
    pub fn given_by(&self, assign: &ActId) -> Option<&Assignment> {
        self.assignees.iter().find(|assignment| assignment.act == *assign)
    }

    /// What it offered to merge is merged: it stays so.
    pub fn is_merged(&self) -> bool {
        self.merge.as_ref().is_some_and(|merge| merge.merged.is_some())
    }

    /// Refuses what is being merged at this moment: how that ends is to be seen first.
    pub fn not_being_merged(&self, now: Seconds) -> Result<(), Refusal> {
        match self.merge.as_ref().and_then(|merge| merge.applying(now)) {
            None => Ok(()),
            Some(applying) => {
                let why = format!("it is being merged, as {} has it: wait until that has ended", applying.by);
                Err(Refusal::new("being-merged", why))
            }
        }
    }
}

/// How a ticket was closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// By whom.
    pub by: ActorId,
    /// When.
    pub at: Seconds,
    /// By which `Resolve`, or by which `Apply` if it was merged.
    pub act: ActId,
}

/// Somebody a ticket was given to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Who.
    pub who: ActorId,
    /// Its number among the tracker's relations, part of its address.
    pub number: u64,
    /// Since when.
    pub since: Seconds,
    /// The `Assign` it came by: some name it, and not the `Undo`, when they consent to its end.
    pub act: ActId,
}

/// Lines that a comment suggests in the place of those it is about.
///
/// Source: ForgeFed, "Code Suggestion".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What it does, if its author says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// The lines.
    pub source: String,
}

/// A comment. Its author's server hosts it; here is a copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its address.
    pub id: String,
    /// Who wrote it.
    pub author: ActorId,
    /// What it answers: another comment, or nothing for the ticket itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// How deep it stands in its thread; 0 answers the ticket itself.
    #[serde(default)]
    pub depth: u32,
    /// The thread of a review that it belongs to: the review's number, and its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<(u64, u64)>,
    /// The lines it suggests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// The files it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What it says, sanitised.
    pub content: Html,
    /// What its author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When it came.
    pub published: Seconds,
    /// When it was last edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Seconds>,
    /// The `Create` it came by.
    pub act: ActId,
    /// Whether it was taken back or away: its place stays, for the thread's sake.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Who took it away, where that was not its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<ActorId>,
    /// Where it was copied from, if it was: then its author is the tracker, which also hosts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Box<Imported>>,
}

/// An assignment, or its end, that waits for the assignee's consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// Which ticket.
    pub ticket: TicketNo,
    /// Who is to consent.
    pub who: ActorId,
    /// The `Assign` or the `Undo` that asks.
    pub act: ActId,
    /// For the end of an assignment, the `Assign` it came by: consent may name either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<ActId>,
}

/// A ticket another depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    /// The ticket that depends.
    pub ticket: TicketNo,
    /// The ticket it depends on, here or elsewhere.
    pub on: String,
    /// Who said so.
    pub by: ActorId,
    /// When.
    pub published: Seconds,
    /// The tracker of the other ticket, if that is another and was told: it is told of the end as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracker: Option<ActorId>,
}

/// A ticket of another tracker that depends on one of ours: as it was offered, and whether its tracker has confirmed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dependant {
    /// Our ticket.
    pub ticket: TicketNo,
    /// The ticket that depends on it.
    pub of: String,
    /// The tracker that keeps that ticket: only it can confirm.
    pub tracker: ActorId,
    /// The dependency's address, once its tracker has given one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Tickets by number.
pub const TICKETS: Rows<TicketNo, Ticket> = Rows::new("tickets");
/// Comments by ticket and order of arrival.
pub const COMMENTS: Rows<(TicketNo, u64), Comment> = Rows::new("comments");
/// Places of the comments that belong to threads of reviews.
pub const THREADED: Rows<(TicketNo, u64), ()> = Rows::new("threaded");
/// Places of comments by their address.
pub const COMMENT_PLACES: Rows<String, (TicketNo, u64)> = Rows::new("comment_places");
/// Assignments waiting for consent, by their `Assign`.
pub const ASSIGNING: Rows<ActId, Pending> = Rows::new("assigning");
/// Ends of assignments waiting for consent, by their `Undo`, and again by the `Assign` that they end.
pub const UNASSIGNING: Rows<ActId, Pending> = Rows::new("unassigning");
/// What waits for consent, by its ticket and its `Assign` or `Undo`: whether it is the end of an assignment.
pub const WAITING: Rows<(TicketNo, ActId), bool> = Rows::new("waiting");
/// Dependencies by number.
pub const DEPENDENCIES: Rows<u64, Dependency> = Rows::new("dependencies");
/// Numbers of dependencies by the ticket that depends and the ticket it depends on.
pub const DEPENDENCY_NUMBERS: Rows<(TicketNo, String), u64> = Rows::new("dependency_numbers");
/// Dependants by the `Offer` that told of them.
pub const DEPENDANTS: Rows<ActId, Dependant> = Rows::new("dependants");
/// Offers of dependants by our ticket and the other's address.
pub const DEPENDANT_OFFERS: Rows<(TicketNo, String), ActId> = Rows::new("dependant_offers");
/// Offers of dependants by the address their tracker gave the dependency.
pub const DEPENDANT_IDS: Rows<String, ActId> = Rows::new("dependant_ids");
/// Removals of dependants that were seen and wait for their tracker's word: the dependency's address, by the `Delete`. Where
/// that word has come before the dependency itself: by its own address.
pub const DEPENDANT_REMOVALS: Rows<ActId, String> = Rows::new("dependant_removals");
/// What was told of dependants and waits for their trackers' word, in the order it came: the place in [`DEPENDANTS`] or
/// [`DEPENDANT_REMOVALS`].
pub const UNCONFIRMED: Rows<u64, ActId> = Rows::new("dependants_unconfirmed");
/// The same the other way round.
pub const UNCONFIRMED_PLACES: Rows<ActId, u64> = Rows::new("dependants_unconfirmed_places");
/// Followers of a ticket.
pub const TICKET_FOLLOWERS: Rows<(TicketNo, ActorId), Seconds> = Rows::new("ticket_followers");

/// Deleted tickets that still have rows, with the time they were deleted.
pub const DELETED: Rows<TicketNo, Seconds> = Rows::new("deleted");

/// The address of a ticket.
pub fn ticket_uri(tracker: &ActorId, number: TicketNo) -> String {
    format!("{tracker}/tickets/{number}")
}

/// The number of a ticket of this tracker from its address.
pub fn ticket_no(tracker: &ActorId, uri: &str) -> Option<TicketNo> {
    number(uri.strip_prefix(tracker.as_str())?.strip_prefix("/tickets/")?)
}

/// The address of the comment at this place, of which this tracker tells. Of those that were copied it is their own; all others are
/// hosted by their authors.
pub fn comment_uri(tracker: &ActorId, ticket: TicketNo, place: u64) -> String {
    format!("{}/comments/{place}", ticket_uri(tracker, ticket))
}

/// The ticket and the place of a comment of this tracker from that address.
pub fn comment_no(tracker: &ActorId, uri: &str) -> Option<(TicketNo, u64)> {
    let (ticket, place) = uri.rsplit_once("/comments/")?;
    Some((ticket_no(tracker, ticket)?, number(place)?))
}

/// The address of a dependency.
pub fn dependency_uri(tracker: &ActorId, number: u64) -> String {
    format!("{tracker}/dependencies/{number}")
}

/// The number of a dependency of this tracker from its address.
pub fn dependency_no(tracker: &ActorId, uri: &str) -> Option<u64> {
    number(uri.strip_prefix(tracker.as_str())?.strip_prefix("/dependencies/")?)
}

/// The address of an assignment.
pub fn assignment_uri(tracker: &ActorId, ticket: TicketNo, number: u64) -> String {
    format!("{}/assignments/{number}", ticket_uri(tracker, ticket))
}

/// Canonical decimal only: one thing has one address.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// The group of a ticket's followers.
pub fn ticket_followers(number: TicketNo) -> Group {
    Group { table: TICKET_FOLLOWERS.name().to_owned(), prefix: number.encode() }
}

/// The ticket of this number, or a refusal.
pub fn ticket(turn: &mut Turn<'_>, number: TicketNo) -> Result<Ticket, Halt> {
    TICKETS
        .get(turn, &number)?
        .ok_or_else(|| Refusal::new("no-such-ticket", format!("there is no ticket {number}")).into())
}

/// Writes down that consent is waited for.
pub(super) fn wait(turn: &mut Turn<'_>, pending: &Pending) {
    let act = &pending.act;
    WAITING.put(turn, &(pending.ticket, act.clone()), &pending.assign.is_some());
    match &pending.assign {
        None => ASSIGNING.put(turn, act, pending),
        Some(assign) => {
            UNASSIGNING.put(turn, act, pending);
            UNASSIGNING.put(turn, assign, pending);
        }
    }
}

/// Consent is not waited for any more.
pub(super) fn wait_no_more(turn: &mut Turn<'_>, pending: &Pending) {
    let act = &pending.act;
    WAITING.remove(turn, &(pending.ticket, act.clone()));
    match &pending.assign {
        None => ASSIGNING.remove(turn, act),
        Some(assign) => {
            UNASSIGNING.remove(turn, act);
            UNASSIGNING.remove(turn, assign);
        }
    }
}

/// The act that called, which every method of a tracker has.
pub fn act_id(turn: &Turn<'_>) -> Result<ActId, Halt> {
    turn.act().map(|act| act.id.clone()).ok_or_else(|| Refusal::new("no-act", "this is asked by an act").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_has_one_address() {
        let tracker = ActorId::from("https://forge.example/trackers/t");
        assert_eq!(ticket_no(&tracker, &ticket_uri(&tracker, 7)), Some(7));
        for other in ["https://forge.example/trackers/t/tickets/07", "https://forge.example/trackers/t/tickets/+7"] {
            assert_eq!(ticket_no(&tracker, other), None, "{other}");
        }
        assert_eq!(ticket_no(&tracker, "https://forge.example/trackers/tx/tickets/7"), None);
        assert_eq!(dependency_no(&tracker, &dependency_uri(&tracker, 3)), Some(3));
        assert_eq!(comment_no(&tracker, &comment_uri(&tracker, 7, 0)), Some((7, 0)));
        assert_eq!(comment_no(&tracker, "https://forge.example/trackers/t/tickets/7/comments/00"), None);
    }
}
