//! Open: a new ticket.

use crate::access::{Role, followings, require};
use crate::common::resource::{followers, inhabited, spread};
use crate::common::text::{Html, Line};
use crate::hooks::{TicketAction, news};
use crate::patch_tracker::merge_request::MergeOffer;
use crate::ticket_tracker::edit_fields::workflow;
use crate::ticket_tracker::fields::{FieldEdit, apply};
use crate::ticket_tracker::files;
use crate::ticket_tracker::list_all::list_older;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::mentioned::mentioned;
use crate::ticket_tracker::migrate::may_open;
use crate::ticket_tracker::planned::plan;
use crate::ticket_tracker::ticket::{Source, TICKET_FOLLOWERS, Ticket, act_id, ticket_uri};
use crate::ticket_tracker::tracks::Answer;
use crate::ticket_tracker::{TicketNo, Tracks};
use crate::tie::TieKind;
use crate::tie::rows::providers;
use pritchel_actor::{ActorId, Audience, Group, Halt, Method, Refusal, Turn, Value, demand};
use serde::{Deserialize, Serialize};
use serde_json::Map;

/// Opens a ticket, or a merge request, tells the followers, and answers its address.
///
/// Source: ForgeFed, "Opening an issue". The role report is asked for also where the handler's text asks for none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// Who the ticket says opened it: must be who offers it.
    pub author: ActorId,
    /// One line of plain text.
    pub title: Line,
    /// What it says, sanitised.
    pub content: Html,
    /// What its author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The address it claims to have already: must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its values of the fields of the tracker's workflow: to set any takes the role triage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldEdit>,
    /// The milestone it is planned for: to plan takes the role triage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<String>,
    /// What it offers to merge, which makes it a merge request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<MergeOffer>,
    /// What else it says, which nobody here reads.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub further: Map<String, Value>,
}

impl Open {
    /// Refuses a ticket in somebody else's name, and one that claims an address.
    fn is_ones_own(&self, caller: &ActorId) -> Result<(), Halt> {
        demand(self.author == *caller, || {
            let why = format!("the ticket is attributed to {}, offered by {caller}", self.author);
            Refusal::new("not-the-author", why)
        })?;
        match &self.id {
            Some(id) => {
                let why = format!("a ticket gets its address from its tracker, this one claims {id}");
                Err(Refusal::new("has-an-id", why).into())
            }
            None => Ok(()),
        }
    }
}

impl<A: Tracks> Method<A> for Open {
    type Answer = String;

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<String, Halt> {
        let plans = !self.fields.is_empty() || self.milestone.is_some();
        let shown = require(tracker, turn, if plans { Role::Triage } else { Role::Report })?;
        let author = turn.caller().id().clone();
        self.is_ones_own(&author)?;
        may_open(tracker.tracked())?;
        let merge = tracker.takes(turn, self.merge)?;
        let offer = act_id(turn)?;
        tracker.tracked_mut().last += 1;
        tracker.tracked_mut().open += 1;
        let (number, now) = (tracker.tracked().last, turn.now());
        let mut ticket = Ticket {
            author: author.clone(),
            title: self.title,
            content: self.content,
            source: self.source,
            published: now,
            updated: None,
            active: None,
            offer,
            resolved: None,
            assignees: Vec::new(),
            comments: 0,
            dependencies: 0,
            // Whoever opens a ticket is told what becomes of it.
            followers: 1,
            fields: Vec::new(),
            milestone: None,
            merge,
            further: self.further,
            imported: None,
        };
        files::claim(turn, &ticket_uri(turn.me(), number), &[], &ticket.attachments())?;
        if !self.fields.is_empty() {
            let workflow = workflow(turn)?;
            apply(turn, &workflow, &mut ticket, &self.fields)?;
        }
        if self.milestone.is_some() {
            plan(turn, number, &mut ticket, self.milestone)?;
        }
        let answer = tracker.opens(turn, number, &mut ticket)?;
        list_older(tracker, turn)?;
        listed::keep(turn, number, &mut ticket);
        tell_hooks(tracker, turn, number, &ticket)?;
        TICKET_FOLLOWERS.put(turn, &(number, author), &now);
        followings::note(tracker, turn, &shown)?;
        let mut groups = inhabited([(followers(), tracker.resource().followers)]);
        let roadmap: Vec<_> = ticket.milestone.iter().map(|_| providers(TieKind::Roadmap)).collect();
        match answer {
            Answer::Now => {
                groups.extend(roadmap);
                spread(turn, groups)?;
                let mentioned = mentioned(tracker, turn, &ticket)?;
                turn.answer_also(Audience::of(&mentioned));
            }
            Answer::Later => not_yet(turn, roadmap)?,
        }
        Ok(ticket_uri(turn.me(), number))
    }
}

/// Of a merge request whose commits are being kept it is told when they are.
fn tell_hooks<A: Tracks>(tracker: &A, turn: &mut Turn<'_>, number: TicketNo, ticket: &Ticket) -> Result<(), Halt> {
    if ticket.merge.as_ref().is_some_and(|merge| merge.keeping.is_some()) {
        return Ok(());
    }
    news::ticket(tracker, turn, (&ticket.author, TicketAction::Opened), (number, ticket, None))
}

/// What it is planned for stands in the act: the roadmap needs that to understand the answer that comes later.
fn not_yet(turn: &mut Turn<'_>, roadmap: Vec<Group>) -> Result<(), Halt> {
    turn.answer_none();
    turn.forward(roadmap)
}
