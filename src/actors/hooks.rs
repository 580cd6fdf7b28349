//! Webhooks: addresses that are told by HTTP what happens, in Forgejo's JSON, for builders and chat rooms that speak no ForgeFed. A hook
//! belongs to the resource whose news it tells: a repository tells of pushes, a tracker of its tickets or merge requests.
//! - [`Hook`], [`HOOKS`]: an address and what it is told; [`manage`]: how an admin makes, changes and tries one
//! - [`news`]: what happened, as it is kept until it is written out; [`tell`]: puts it into the queue of each hook that wants it
//! - [`send`]: the queue, its attempts, and what is kept of them; [`view`]: what may be asked
//!
//! A delivery is a row that begins to wait in the turn that made the news, so nothing leaves before that turn is durable, and nothing is
//! lost by a crash. A hook sends one delivery at a time, in their order, and those that failed again later.
//!
//! Source: ours, in the shape of Forgejo's webhooks; ForgeFed has no word for them.

pub mod manage;
pub mod news;
pub mod send;
pub mod view;

pub use manage::{AddHook, DropHook, EditHook, Redeliver, TestHook};
pub use news::{News, TicketAction};
pub use send::{HookAttempted, SendHooks};

use crate::common::ResourceActor;
use crate::limits::{HOOK_TOLD_MAX, HOOKS_MAX};
use pritchel_actor::{Actor, ActorId, Halt, Page, Rows, Seconds, TimerId, Turn};
use send::{HookBody, HookDelivery, HookDetail, go_on, queue};
use serde::{Deserialize, Serialize};

/// What a hook can be told, by the name that Forgejo and GitHub give it in their headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// Commits came to a branch, or a tag was set.
    Push,
    /// A branch or tag is new.
    Create,
    /// A branch or tag is gone.
    Delete,
    /// A ticket was opened, changed, closed or reopened.
    Issues,
    /// Somebody said something about a ticket or merge request.
    IssueComment,
    /// A merge request was opened, changed, closed, merged or reopened, or has a new version.
    PullRequest,
    /// An admin tries the hook.
    Ping,
}

impl HookEvent {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Issues => "issues",
            Self::IssueComment => "issue_comment",
            Self::PullRequest => "pull_request",
            Self::Ping => "ping",
        }
    }

    /// What hooks of an actor of this type can be told. A try is told to all.
    pub fn of_type(actor_type: &str) -> &'static [Self] {
        match actor_type {
            "Repository" => &[Self::Push, Self::Create, Self::Delete],
            "TicketTracker" => &[Self::Issues, Self::IssueComment],
            "PatchTracker" => &[Self::PullRequest, Self::IssueComment],
            _ => &[],
        }
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Where it is told, with http or https. It may hold a secret itself: only admins see it.
    pub url: String,
    /// What it is told.
    pub events: Vec<HookEvent>,
    /// Whether it is told anything now.
    pub active: bool,
    /// Whether what it is told is signed, with the secret in [`HOOK_SECRETS`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed: bool,
    /// Who made or changed it last.
    pub by: ActorId,
    /// When.
    pub at: Seconds,
    /// The number of its newest delivery.
    #[serde(default)]
    pub newest: u64,
    /// How many deliveries are kept.
    #[serde(default)]
    pub kept: u64,
    /// How many were left out, since as many waited as are kept.
    #[serde(default)]
    pub missed: u64,
    /// The delivery under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<u64>,
    /// When the next one is due that waits, and the timer for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<(TimerId, Seconds)>,
}

/// How many hooks a resource has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookCounts {
    /// How many there are.
    pub count: u64,
    /// The number of the newest: a number is used once.
    pub newest: u64,
}

impl HookCounts {
    /// Whether there has never been one.
    pub fn is_none(&self) -> bool {
        self.newest == 0
    }
}

/// Hooks by number.
pub const HOOKS: Rows<u64, Hook> = Rows::new("hooks");
/// What hooks sign with, by their number. A secret table: see [`crate::secrets`].
pub const HOOK_SECRETS: Rows<u64, String> = Rows::new("hook_secrets");
/// Deliveries by hook and number.
pub const HOOK_DELIVERIES: Rows<(u64, u64), HookDelivery> = Rows::new("hook_deliveries");
/// What each delivery says, and how its last attempt went.
pub const HOOK_DETAILS: Rows<(u64, u64), HookDetail> = Rows::new("hook_details");

/// The calls of what has hooks.
pub trait HookCalls:
    From<AddHook>
    + From<EditHook>
    + From<DropHook>
    + From<TestHook>
    + From<Redeliver>
    + From<SendHooks>
    + From<HookAttempted>
{
}

impl<C> HookCalls for C where
    C: From<AddHook>
        + From<EditHook>
        + From<DropHook>
        + From<TestHook>
        + From<Redeliver>
        + From<SendHooks>
        + From<HookAttempted>
{
}

/// An actor that has hooks.
pub trait Hooked: ResourceActor + Actor<Call: HookCalls> {}

impl<A: ResourceActor + Actor<Call: HookCalls>> Hooked for A {}

/// Tells each hook what it wants to know of these news: from the next commit on they wait to be sent. At most [`HOOK_TOLD_MAX`] of them.
pub fn tell<A: Hooked>(actor: &A, turn: &mut Turn<'_>, news: Vec<(HookEvent, News)>) -> Result<(), Halt> {
    if actor.resource().hooks.count == 0 {
        return Ok(());
    }
    for (id, mut hook) in HOOKS.page(turn, Page::first(&[], HOOKS_MAX))? {
        let wanted = news.iter().filter(|(event, _)| hook.active && hook.events.contains(event));
        let wanted: Vec<&(HookEvent, News)> = wanted.collect();
        if wanted.is_empty() {
            continue;
        }
        hook.missed += wanted.len().saturating_sub(HOOK_TOLD_MAX) as u64;
        for (event, one) in wanted.into_iter().take(HOOK_TOLD_MAX) {
            queue(turn, id, &mut hook, *event, HookBody::News(Box::new(one.clone())))?;
        }
        go_on::<A>(turn, id, &mut hook)?;
        HOOKS.put(turn, &id, &hook);
    }
    Ok(())
}
