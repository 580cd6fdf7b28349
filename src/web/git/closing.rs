//! Which tickets the commits of a push or of a merge close: `fixes #12`, `closes name#3`, `resolves name@host#4` in their messages, where
//! they come to the default branch. `#12` is a ticket of the tracker that the repository is tied to.
//!
//! Whether whoever pushed or merged may close them is found out by their own actor and by the trackers.

use crate::domains::{naming, of_actor};
use crate::fed::near::Kind;
use crate::limits::CLOSING_S;
use crate::ports::Front;
use crate::powers::{Bringing, bring_for};
use pritchel_actor::{ActorId, Value};
use pritchel_actors::Repository;
use pritchel_actors::common::references::closed_in;
use pritchel_actors::limits::CLOSED_BY_PUSH_MAX;
use pritchel_actors::person::Closing;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::view::ViewRepository;
use std::collections::BTreeSet;
use std::time::Duration;

/// What has come to the default branch of a repository.
pub struct Came<'a> {
    /// The repository.
    pub to: &'a ActorId,
    /// Who pushed it, or had it merged.
    pub by: &'a ActorId,
    /// The branch and its commits.
    pub moved: &'a MovedRef,
    /// What the merge request itself says it closes, if it came by one.
    pub said: &'a [(String, u64)],
}

/// What its commits close, and the merge request that brought it: at most [`CLOSED_BY_PUSH_MAX`] tickets, and none if whoever pushed it
/// is no person of this server.
pub async fn closed_by(front: &Front, came: &Came<'_>) -> Vec<Closing> {
    let Some(newest) = &came.moved.update.new else { return Vec::new() };
    if Kind::of(&front.settings, came.by) != Some(Kind::Person) {
        return Vec::new();
    }
    let mut named = BTreeSet::new();
    let mut closes = Vec::new();
    let mut add = |name: &str, number: u64, commit: &str| {
        if named.len() < CLOSED_BY_PUSH_MAX && named.insert((name.to_owned(), number)) {
            closes.push((name.to_owned(), number, format!("{}/commits/{commit}", came.to)));
        }
    };
    // The oldest commit that closes something is the one that did.
    for commit in came.moved.newest.iter().rev() {
        for text in [&commit.title, &commit.description] {
            closed_in(text).for_each(|(name, number)| add(name, number, &commit.hash));
        }
    }
    came.said.iter().for_each(|(name, number)| add(name, *number, newest));
    let found = async {
        let mut found: Vec<Closing> = Vec::new();
        for (name, number, commit) in closes {
            let Some(tracker) = tracker(front, came, &name).await else { continue };
            let ticket = format!("{tracker}/tickets/{number}");
            if found.iter().all(|one| one.ticket != ticket) {
                found.push(Closing { tracker, ticket, commit: Some(commit) });
            }
        }
        found
    };
    tokio::time::timeout(Duration::from_secs(CLOSING_S), found).await.unwrap_or_default()
}

/// The tracker of tickets of a name; without one that of the repository.
async fn tracker(front: &Front, came: &Came<'_>, name: &str) -> Option<ActorId> {
    let settings = &front.settings;
    if name.is_empty() {
        let Bringing(front) = Bringing::of(front);
        bring_for(&front, came.by, came.to).await.ok()?;
        let view = ViewRepository { viewer: Some(came.by.clone()) };
        return front.node.look::<Repository, _>(came.to, &view).await.ok()?.tickets;
    }
    let (owned, host) = name.split_once('@').map_or((name, None), |(owned, host)| (owned, Some(host)));
    let last = owned.rsplit('/').next().unwrap_or(owned);
    let host = match host {
        Some(host) => host.to_owned(),
        None => of_actor(settings, came.to)?.host.clone(),
    };
    let name = format!("{last}@{host}");
    if let Some(near) = front.ports.named(name.clone()).await.ok()? {
        return (Kind::of(settings, &near).map(Kind::as_str) == Some("TicketTracker")).then_some(near);
    }
    if naming(settings, &host).is_some() {
        return None;
    }
    let found = front.ports.find(name).await.ok()?;
    let is_tracker = match found.document.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "TicketTracker"),
        kind => kind.is_some_and(|kind| kind == "TicketTracker"),
    };
    is_tracker.then_some(found.id)
}
