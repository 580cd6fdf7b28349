//! Comment: somebody says something about a ticket, or about a release.

use crate::access::{Role, require};
use crate::common::attachment::Attachment;
use crate::common::naming::origin_of;
use crate::common::resource::spread;
use crate::common::text::Html;
use crate::hooks::TicketAction;
use crate::limits::THREAD_DEPTH_MAX;
use crate::patch_tracker::review::has_thread;
use crate::ticket_tracker::discussed::Discussed;
use crate::ticket_tracker::files;
use crate::ticket_tracker::ticket::{self, COMMENT_PLACES, COMMENTS, Source, Suggestion, THREADED, act_id};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes in a comment, and passes it on to those who follow the tracker or what is commented on. Not answered.
///
/// Source: ForgeFed, "Commenting".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// On which ticket or release, by its number.
    #[serde(alias = "ticket")]
    pub topic: u64,
    /// The comment's address, on its author's server.
    pub id: String,
    /// Who the comment says wrote it.
    pub author: ActorId,
    /// The thread of a review that it belongs to: the review's number, and its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<(u64, u64)>,
    /// The lines it suggests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// The files it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The comment it answers; `None` answers the ticket or release itself, or begins below what a thread is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// What it says, sanitised.
    pub content: Html,
    /// What its author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl<A: Discussed> Method<A> for Comment {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Report)?;
        let author = turn.caller().id().clone();
        demand(self.author == author && origin_of(&self.id) == origin_of(author.as_str()), || {
            let why = format!("{} is attributed to {}, told by {author}", self.id, self.author);
            Refusal::new("not-the-author", why)
        })?;
        let place = (self.topic, A::next_comment(turn, self.topic)?);
        demand(!COMMENT_PLACES.has(turn, &self.id)?, || {
            Refusal::new("already-commented", format!("{} is here already", self.id))
        })?;
        if let Some((review, thread)) = self.thread {
            let there = has_thread(turn, self.topic, review, thread)?;
            demand(there, || Refusal::new("no-such-thread", "there is no such thread of a review"))?;
        }
        let depth = match &self.in_reply_to {
            None => 0,
            Some(parent) => depth_under(turn, self.topic, self.thread, parent)?,
        };
        files::claim(turn, &self.id, &[], &self.attachments)?;
        let comment = ticket::Comment {
            id: self.id.clone(),
            author,
            in_reply_to: self.in_reply_to,
            depth,
            thread: self.thread,
            suggestions: self.suggestions,
            attachments: self.attachments,
            content: self.content,
            source: self.source,
            published: turn.now(),
            updated: None,
            act: act_id(turn)?,
            deleted: false,
            deleted_by: None,
            imported: None,
        };
        COMMENTS.put(turn, &place, &comment);
        COMMENT_PLACES.put(turn, &self.id, &place);
        if comment.thread.is_some() {
            THREADED.put(turn, &place, &());
        }
        tracker.commented(turn, self.topic, TicketAction::Created, &comment)?;
        let hearers = tracker.hearers(turn, self.topic)?;
        spread(turn, hearers)
    }
}

fn depth_under(turn: &mut Turn<'_>, topic: u64, thread: Option<(u64, u64)>, parent: &String) -> Result<u32, Halt> {
    let place = COMMENT_PLACES.get(turn, parent)?.filter(|(of, _)| *of == topic);
    let above = match place {
        Some(place) => COMMENTS.get(turn, &place)?,
        None => None,
    };
    // An answer stands where that stands which it answers: below the ticket, or in the same thread of a review.
    let Some(above) = above.filter(|above| above.thread == thread) else {
        let why = format!("{parent} is no comment on number {topic}");
        return Err(Refusal::new("no-such-comment", why).into());
    };
    demand(above.depth < THREAD_DEPTH_MAX, || {
        Refusal::new("too-deep", format!("a thread is at most {THREAD_DEPTH_MAX} deep"))
    })?;
    Ok(above.depth + 1)
}
