//! Which tickets the commits of a push close: `fixes #12`, `closes name#3`, `resolves name@host#4` in their messages, where they come to
//! the default branch. `#12` is a ticket of the tracker that the repository is tied to.
//!
//! Whether the pusher may close them is found out by their own actor and by the trackers.

use crate::domains::{naming, of_actor};
use crate::fed::near::Kind;
use crate::git::pushed::Push;
use crate::limits::CLOSING_S;
use crate::page::references::ticket_named;
use crate::powers::bring_for;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::Repository;
use pritchel_actors::limits::CLOSED_BY_PUSH_MAX;
use pritchel_actors::person::Closing;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::view::ViewRepository;
use std::collections::BTreeSet;
use std::time::Duration;

/// Words before the name of a ticket, as other forges know them.
const KEYWORDS: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// What the commits that have come to a branch close: at most [`CLOSED_BY_PUSH_MAX`] tickets, and none if whoever pushed them is no person
/// of this server.
pub async fn closed_by(push: &Push, moved: &MovedRef) -> Vec<Closing> {
    if Kind::of(&push.front.settings, &push.by) != Some(Kind::Person) || moved.update.new.is_none() {
        return Vec::new();
    }
    let mut named = BTreeSet::new();
    let mut closes = Vec::new();
    // The oldest commit that closes something is the one that did.
    for commit in moved.newest.iter().rev() {
        for text in [&commit.title, &commit.description] {
            for (name, number) in closed_in(text) {
                if named.len() < CLOSED_BY_PUSH_MAX && named.insert((name.to_owned(), number)) {
                    closes.push((name.to_owned(), number, format!("{}/commits/{}", push.actor, commit.hash)));
                }
            }
        }
    }
    let found = async {
        let mut found: Vec<Closing> = Vec::new();
        for (name, number, commit) in closes {
            let Some(tracker) = tracker(push, &name).await else { continue };
            let ticket = format!("{tracker}/tickets/{number}");
            if found.iter().all(|one| one.ticket != ticket) {
                found.push(Closing { tracker, ticket, commit: Some(commit) });
            }
        }
        found
    };
    tokio::time::timeout(Duration::from_secs(CLOSING_S), found).await.unwrap_or_default()
}

/// The tickets that a text closes: the name of the tracker, empty for that of the repository, and the number.
fn closed_in(text: &str) -> Vec<(&str, u64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| {
        let keyword = pair[0].trim_start_matches('(').trim_end_matches(':');
        KEYWORDS.iter().any(|known| known.eq_ignore_ascii_case(keyword))
    });
    pairs.filter_map(|pair| ticket_named(pair[1].trim_end_matches(['.', ',', ';', ':', '!', '?', ')']))).collect()
}

/// The tracker of tickets of a name; without one that of the repository.
async fn tracker(push: &Push, name: &str) -> Option<ActorId> {
    let settings = &push.front.settings;
    if name.is_empty() {
        let push = push.bringing();
        bring_for(&push.front, &push.by, &push.actor).await.ok()?;
        let view = ViewRepository { viewer: Some(push.by.clone()) };
        return push.front.node.look::<Repository, _>(&push.actor, &view).await.ok()?.tickets;
    }
    let (owned, host) = name.split_once('@').map_or((name, None), |(owned, host)| (owned, Some(host)));
    let last = owned.rsplit('/').next().unwrap_or(owned);
    let host = match host {
        Some(host) => host.to_owned(),
        None => of_actor(settings, &push.actor)?.host.clone(),
    };
    let name = format!("{last}@{host}");
    if let Some(near) = push.front.ports.named(name.clone()).await.ok()? {
        return (Kind::of(settings, &near).map(Kind::as_str) == Some("TicketTracker")).then_some(near);
    }
    if naming(settings, &host).is_some() {
        return None;
    }
    let found = push.front.ports.find(name).await.ok()?;
    let is_tracker = match found.document.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "TicketTracker"),
        kind => kind.is_some_and(|kind| kind == "TicketTracker"),
    };
    is_tracker.then_some(found.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_before_a_ticket_closes_it() {
        #[rustfmt::skip]
        let rows = [
            ("Fixes #12.",                          vec![("", 12)]),
            ("Keep it hot (closes: #1, fix tea#2)", vec![("", 1), ("tea", 2)]),
            ("RESOLVED alice/tea@b.example#3",      vec![("alice/tea@b.example", 3)]),
            ("fixes\n#4",                           vec![("", 4)]),
            ("See #5, prefixes #6",                 vec![]),
            ("fixes #0 fixes #x fixes it #7",       vec![]),
            ("fixes",                               vec![]),
        ];
        for (text, expected) in rows {
            assert_eq!(closed_in(text), expected, "{text}");
        }
    }
}
