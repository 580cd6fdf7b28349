//! EditTicket: title and text of a ticket.

use crate::access::{Role, must_see, require};
use crate::common::attachment::Attachment;
use crate::common::resource::{followers, spread};
use crate::common::text::{Html, Line};
use crate::hooks::{TicketAction, news};
use crate::ticket_tracker::files;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::mentioned::{Mention, mention};
use crate::ticket_tracker::ticket::{self, Source, ticket_followers, ticket_uri};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Changes what is given. Its author needs no Grant for it.
///
/// Source: ForgeFed, "Editing an Object", Ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditTicket {
    /// Which ticket.
    pub ticket: TicketNo,
    /// The new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line>,
    /// The new text, sanitised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Html>,
    /// What was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The files it names from now on; `None` changes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<Attachment>>,
    /// Whom its text mentions from now on; `None` changes nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<Mention>>,
    /// Terms the `Edit` also names, which cannot be edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl<A: Tracks> Method<A> for EditTicket {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_see(tracker, turn)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        if ticket.author != *turn.caller().id() {
            require(tracker, turn, Role::Triage)?;
        }
        tracker.may_change(turn, &ticket)?;
        demand(self.others.is_empty(), || {
            let why = format!(
                "an Edit of a ticket changes summary, content, source, tag and attachment, not {:?}",
                self.others
            );
            Refusal::new("not-editable", why)
        })?;
        demand(self.title.is_some() || self.content.is_some() || self.attachments.is_some(), || {
            Refusal::new("nothing-to-edit", "an Edit changes `summary` or `content`")
        })?;
        if let Some(title) = self.title {
            ticket.title = title;
        }
        if let Some(content) = self.content {
            ticket.content = content;
            ticket.source = self.source;
        }
        if let Some(named) = self.attachments {
            let text = ticket_uri(turn.me(), self.ticket);
            files::claim(turn, &text, &ticket.attachments(), &named)?;
            ticket.attach(&named);
        }
        if let Some(mentions) = &self.mentions {
            mention(&mut ticket, mentions);
        }
        ticket.updated = Some(turn.now());
        listed::keep(turn, self.ticket, &mut ticket);
        let by = turn.caller().id().clone();
        news::ticket(tracker, turn, (&by, TicketAction::Edited), (self.ticket, &ticket, None))?;
        spread(turn, vec![followers(), ticket_followers(self.ticket)])
    }
}
