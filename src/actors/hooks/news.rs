//! News: what a hook is told, as it was in the turn in which it happened. It is written out as Forgejo writes it when it is sent first,
//! by whoever sends it, since what people are called is not known to a turn.

use crate::hooks::{HookEvent, tell};
use crate::limits::HOOK_COMMITS_BYTES_MAX;
use crate::patch_tracker::versions::Version;
use crate::repository::Repository;
use crate::repository::report_push::{MovedRef, PushedCommit};
use crate::ticket_tracker::ticket::{Comment, Ticket};
use crate::ticket_tracker::{TicketNo, Tracks};
use crate::tie::TieKind;
use crate::tie::rows::provider;
use pritchel_actor::{ActorId, Halt, Turn};
use serde::{Deserialize, Serialize};

/// What became of a ticket, a merge request or a comment, by the word that Forgejo has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketAction {
    /// A ticket is new. A merge request is told when its first version is kept: before that there is nothing to build.
    Opened,
    /// Its title or text was changed; or a comment.
    Edited,
    /// It was closed, or merged.
    Closed,
    /// It was opened again.
    Reopened,
    /// It has a new version.
    Synchronized,
    /// A comment is new.
    Created,
    /// A comment was taken away.
    Deleted,
}

impl TicketAction {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Edited => "edited",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Synchronized => "synchronized",
            Self::Created => "created",
            Self::Deleted => "deleted",
        }
    }
}

/// A ticket as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketNews {
    /// Its number.
    pub number: TicketNo,
    /// What was kept of it.
    pub ticket: Ticket,
    /// Its newest version, of a merge request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The repository that it is about, if the tracker is tied to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<ActorId>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// An admin tries the hook.
    Ping {
        /// Who.
        by: ActorId,
    },
    /// A ref has moved.
    Moved {
        /// Who pushed; what a mirror brings nobody has pushed here.
        by: Option<ActorId>,
        /// From where to where, and with which commits.
        moved: MovedRef,
    },
    /// A ticket or merge request has changed.
    Ticket {
        /// Who did it.
        by: ActorId,
        /// What.
        action: TicketAction,
        /// As it is now.
        ticket: Box<TicketNews>,
    },
    /// Something was said about it.
    Comment {
        /// Who did it.
        by: ActorId,
        /// What.
        action: TicketAction,
        /// What it is about.
        ticket: Box<TicketNews>,
        /// The comment.
        comment: Box<Comment>,
    },
}

/// Tells of refs that have moved. Of a new branch or tag both its making and the push are told, of one that is gone its end. Of other
/// references nothing is told.
pub fn moved(
    repository: &Repository,
    turn: &mut Turn<'_>,
    by: Option<&ActorId>,
    refs: &[MovedRef],
) -> Result<(), Halt> {
    if repository.resource.hooks.count == 0 {
        return Ok(());
    }
    let (mut news, mut left) = (Vec::new(), HOOK_COMMITS_BYTES_MAX);
    let is_listed =
        |moved: &&MovedRef| ["refs/heads/", "refs/tags/"].iter().any(|of| moved.update.name.starts_with(of));
    for moved in refs.iter().filter(is_listed) {
        let bare = MovedRef { newest: Vec::new(), ..moved.clone() };
        let one = |moved| News::Moved { by: by.cloned(), moved };
        match (&moved.update.old, &moved.update.new) {
            (_, None) => news.push((HookEvent::Delete, one(bare))),
            (old, _) => {
                if old.is_none() {
                    news.push((HookEvent::Create, one(bare.clone())));
                }
                news.push((HookEvent::Push, one(MovedRef { newest: fitting(&moved.newest, &mut left), ..bare })));
            }
        }
    }
    tell(repository, turn, news)
}

/// The newest of these commits, as many as have room: each hook keeps a copy, all of which one turn writes.
fn fitting(newest: &[PushedCommit], left: &mut usize) -> Vec<PushedCommit> {
    let fits = |commit: &&PushedCommit| {
        let people = [&commit.author, &commit.committer].map(|(name, mail)| name.len() + mail.len());
        let bytes = commit.title.len() + commit.description.len() + people.iter().sum::<usize>() + commit.hash.len();
        let room = left.checked_sub(bytes);
        *left = room.unwrap_or(0);
        room.is_some()
    };
    newest.iter().take_while(fits).cloned().collect()
}

/// Tells what became of a ticket or merge request.
/// - `version`: the newest one of a merge request, if it is at hand
pub fn ticket<A: Tracks>(
    tracker: &A,
    turn: &mut Turn<'_>,
    (by, action): (&ActorId, TicketAction),
    (number, ticket, version): (TicketNo, &Ticket, Option<Version>),
) -> Result<(), Halt> {
    if tracker.resource().hooks.count == 0 {
        return Ok(());
    }
    let event = if ticket.merge.is_some() { HookEvent::PullRequest } else { HookEvent::Issues };
    let ticket = as_it_is(turn, number, ticket, version)?;
    tell(tracker, turn, vec![(event, News::Ticket { by: by.clone(), action, ticket })])
}

/// Tells of a comment.
pub fn comment<A: Tracks>(
    tracker: &A,
    turn: &mut Turn<'_>,
    action: TicketAction,
    (number, ticket): (TicketNo, &Ticket),
    comment: &Comment,
) -> Result<(), Halt> {
    if tracker.resource().hooks.count == 0 {
        return Ok(());
    }
    let by = turn.caller().id().clone();
    let ticket = as_it_is(turn, number, ticket, None)?;
    tell(
        tracker,
        turn,
        vec![(HookEvent::IssueComment, News::Comment { by, action, ticket, comment: Box::new(comment.clone()) })],
    )
}

fn as_it_is(
    turn: &mut Turn<'_>,
    number: TicketNo,
    ticket: &Ticket,
    version: Option<Version>,
) -> Result<Box<TicketNews>, Halt> {
    let (repository, version) = match &ticket.merge {
        None => (provider(turn, TieKind::Tickets)?, None),
        Some(merge) => {
            let kept = match version {
                None if merge.versions > 0 => {
                    crate::patch_tracker::versions::VERSIONS.get(turn, &(number, merge.versions))?
                }
                version => version,
            };
            (Some(merge.offer.target.repository.clone()), kept)
        }
    };
    Ok(Box::new(TicketNews { number, ticket: ticket.clone(), version, repository }))
}
