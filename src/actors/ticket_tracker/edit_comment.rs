//! EditComment: an author changes a comment.

use crate::access::must_see;
use crate::common::attachment::Attachment;
use crate::common::resource::spread;
use crate::common::text::Html;
use crate::hooks::TicketAction;
use crate::ticket_tracker::discussed::Discussed;
use crate::ticket_tracker::files;
use crate::ticket_tracker::ticket::{COMMENT_PLACES, COMMENTS, Source};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes over the new text of a comment. Only its author can; no Grant is asked for. Not answered.
///
/// Source: ForgeFed, "Editing an Object", Note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditComment {
    /// The comment's address.
    pub id: String,
    /// The new text, sanitised.
    pub content: Html,
    /// What its author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The files it names from now on; `None` changes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<Attachment>>,
}

impl<A: Discussed> Method<A> for EditComment {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_see(tracker, turn)?;
        let caller = turn.caller().id().clone();
        let missing = || Halt::from(Refusal::new("no-such-comment", format!("{} is no comment here", self.id)));
        let place = COMMENT_PLACES.get(turn, &self.id)?.ok_or_else(missing)?;
        let mut comment = COMMENTS.get(turn, &place)?.filter(|comment| !comment.deleted).ok_or_else(missing)?;
        demand(comment.author == caller, || {
            Refusal::new("not-the-author", format!("{} is by {}", self.id, comment.author))
        })?;
        let hearers = tracker.hearers(turn, place.0)?;
        if let Some(named) = self.attachments {
            files::claim(turn, &self.id, &comment.attachments, &named)?;
            comment.attachments = named;
        }
        comment.content = self.content;
        comment.source = self.source;
        comment.updated = Some(turn.now());
        COMMENTS.put(turn, &place, &comment);
        tracker.commented(turn, place.0, TicketAction::Edited, &comment)?;
        spread(turn, hearers)
    }
}
