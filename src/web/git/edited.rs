//! A change that was made in a browser. It is pushed: git takes it as it takes every push, and the Repository actor decides about
//! it, holds the branch and tells of it as of every push.

use crate::answer::{WebError, WebResult};
use crate::git::pushed::Push;
use crate::git_http::{not_served, unanswered};
use crate::limits::EDIT_ANSWER_BYTES_MAX;
use futures_util::TryStreamExt;
use pritchel_git::edit::Packed;
use pritchel_git::hook::{Decision, Offers};
use pritchel_git::place::Repo;
use pritchel_git::push::{Handlers, PushEnd};
use pritchel_git::smart_http::Protocol;
use std::io::Cursor;
use tokio::sync::oneshot;

/// What came of a change.
#[derive(Debug, PartialEq, Eq)]
pub enum Edited {
    /// The branch has it.
    Moved,
    /// It is offered: the address of the merge request, or of the act that offers it if the tracker has not answered yet.
    Offered(String),
    /// It is not taken, and why.
    Refused(String),
}

/// Pushes a change, and waits for what comes of it.
/// - errors: git was not asked, or has not answered
pub async fn push_edit(push: Push, repo: &Repo, packed: Packed) -> WebResult<Edited> {
    let git = push.front.git.clone();
    let Handlers { decide, offers, ended } = push.handlers();
    let (offered, of_offer) = oneshot::channel();
    let (end, of_end) = oneshot::channel();
    let handlers = Handlers {
        decide,
        offers: offers.map(|offers| heard(offers, offered)),
        ended: Box::new(move |ending| {
            let came = outcome(&ending);
            Box::pin(async move {
                ended(ending).await;
                // Whoever waited may be gone.
                drop(end.send(came));
            })
        }),
    };
    let body = Cursor::new(packed.request);
    let output = git.receive_with(repo, Protocol::default(), body, false, handlers).await.map_err(not_served)?;
    let mut output = output.begun().await.map_err(unanswered)?;
    let mut said = Vec::new();
    while let Some(part) = output.try_next().await.map_err(WebError::broken)? {
        let room = EDIT_ANSWER_BYTES_MAX.saturating_sub(said.len());
        said.extend(part.iter().take(room));
    }
    if let Ok(offer) = of_offer.await {
        return Ok(match offer {
            Ok(told) => Edited::Offered(address_in(&told)),
            Err(why) => Edited::Refused(why),
        });
    }
    match of_end.await.map_err(WebError::broken)? {
        Some(came) => Ok(came),
        None => Ok(Edited::Refused(reason(&said))),
    }
}

/// The same offers, of which somebody else hears what comes of the first.
fn heard(offers: Offers, said: oneshot::Sender<Result<String, String>>) -> Offers {
    Box::new(move |updates, options| {
        Box::pin(async move {
            let offered = offers(updates, options).await;
            if let Some(first) = offered.first() {
                drop(said.send(first.outcome.clone()));
            }
            offered
        })
    })
}

/// What came of a push; `None` if git has refused it by itself, and says why.
fn outcome(end: &PushEnd) -> Option<Edited> {
    match (&end.decision, &end.moved, &end.synced) {
        (Some(Decision::Refuse { reason }), ..) => Some(Edited::Refused(reason.clone())),
        (Some(Decision::Allow), Ok(moved), Ok(())) if !moved.is_empty() => Some(Edited::Moved),
        (_, Err(_), _) | (_, _, Err(_)) => {
            Some(Edited::Refused("it is not known whether the branch has it: look, and try again".to_owned()))
        }
        _ => None,
    }
}

/// The address in what a pusher reads of an offer, which is its last word.
fn address_in(told: &str) -> String {
    told.split_whitespace().next_back().unwrap_or_default().to_owned()
}

/// Why git has refused something, as it says itself.
///
/// Source: git, `gitprotocol-pack`, "Report Status".
fn reason(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = |line: &str| {
        let line = line.get(4..)?;
        let refused = line.strip_prefix("ng ").and_then(|rest| rest.split_once(' ')).map(|(_, why)| why);
        refused.or_else(|| line.strip_prefix("unpack ").filter(|why| *why != "ok")).map(str::to_owned)
    };
    let told = said.lines().filter_map(line).next();
    format!("git has refused it: {}", told.as_deref().unwrap_or("the branch was moved meanwhile"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_git_is_read_from_its_report() {
        let rows = [
            ("0010unpack ok\n0030ng refs/heads/milk already exists\n0000", "git has refused it: already exists"),
            ("0018unpack index-pack failed\n0000", "git has refused it: index-pack failed"),
            ("000eunpack ok\n0000", "git has refused it: the branch was moved meanwhile"),
            ("", "git has refused it: the branch was moved meanwhile"),
        ];
        for (said, why) in rows {
            assert_eq!(reason(said.as_bytes()), why);
        }
    }
}
