//! DeleteComment: an author takes a comment back, or a maintainer takes it away.

use crate::access::{Role, must_see, require, wire};
use crate::common::resource::spread;
use crate::common::text::Html;
use crate::hooks::TicketAction;
use crate::ticket_tracker::discussed::Discussed;
use crate::ticket_tracker::files;
use crate::ticket_tracker::ticket::{COMMENT_PLACES, COMMENTS};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Forgets what a comment said. Its place in the thread stays. Its author needs no Grant; anybody else shows one that is
/// worth the role maintain. Not answered.
///
/// Source: ForgeFed, "Commenting", which knows only the author. What others show of the comment is theirs: its author's
/// server keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteComment {
    /// The comment's address.
    pub id: String,
}

impl<A: Discussed> Method<A> for DeleteComment {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let missing = || Halt::from(Refusal::new("no-such-comment", format!("{} is no comment here", self.id)));
        let place = COMMENT_PLACES.get(turn, &self.id)?;
        let comment = match &place {
            Some(place) => COMMENTS.get(turn, place)?.filter(|comment| !comment.deleted),
            None => None,
        };
        // Whoever may see the tracker no more can still take back what is theirs.
        if comment.as_ref().is_none_or(|comment| comment.author != caller) {
            must_see(tracker, turn)?;
        }
        let (place, mut comment) = place.zip(comment).ok_or_else(missing)?;
        if comment.author != caller {
            demand(turn.act().is_some_and(|act| wire::capability(&act).is_some()), || {
                Refusal::new("not-the-author", format!("{} is by {}", self.id, comment.author))
            })?;
            require(tracker, turn, Role::Maintain)?;
            comment.deleted_by = Some(caller);
        }
        let hearers = tracker.hearers(turn, place.0)?;
        files::release(turn, &self.id, &std::mem::take(&mut comment.attachments), &[])?;
        comment.content = Html::default();
        comment.source = None;
        comment.deleted = true;
        comment.updated = Some(turn.now());
        COMMENTS.put(turn, &place, &comment);
        tracker.commented(turn, place.0, TicketAction::Deleted, &comment)?;
        spread(turn, hearers)
    }
}
