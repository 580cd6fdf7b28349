//! What a person's client posts about merge requests: opening them in each of three ways, reviewing, merging.

use super::{MARKDOWN, escape, open_ticket, with_capability};
use crate::patch_tracker::review::Quote;
use crate::patch_tracker::review_wire;
use pritchel_actor::{ActId, ActorId};
use serde_json::{Value, json};

/// A merge request: one branch is to be merged into another.
/// - `origin`, `target`: each a repository and the name of one of its branches, such as `main`
pub fn open_merge_request(
    author: &ActorId,
    tracker: &ActorId,
    title: &str,
    markdown: &str,
    [origin, target]: [(&ActorId, &str); 2],
    capability: Option<&ActId>,
) -> Value {
    let mut offer = open_ticket(author, tracker, title, markdown, capability);
    offer["object"]["attachment"] = json!([{"type": "Offer", "origin": branch(origin), "target": branch(target)}]);
    offer
}

/// A merge request from patches, each as `git format-patch` writes it.
/// - `patches`: oldest first; `target`: a repository and the name of one of its branches
pub fn open_patches(
    author: &ActorId,
    tracker: &ActorId,
    [title, markdown]: [&str; 2],
    patches: &[String],
    target: (&ActorId, &str),
    capability: Option<&ActId>,
) -> Value {
    let mut offer = open_ticket(author, tracker, title, markdown, capability);
    let attached = json!({"type": "Offer", "target": branch(target), "object": bundle(author, patches)});
    offer["object"]["attachment"] = json!([attached]);
    offer
}

/// Patches that take the place of those a merge request has.
pub fn add_version(
    me: &ActorId,
    tracker: &ActorId,
    request: &str,
    patches: &[String],
    capability: Option<&ActId>,
) -> Value {
    let cc = [format!("{tracker}/followers"), format!("{request}/followers")];
    let add = json!({"type": "Add", "to": [tracker], "cc": cc, "object": bundle(me, patches), "target": request});
    with_capability(add, capability)
}

fn bundle(author: &ActorId, patches: &[String]) -> Value {
    let patch = |text: &String| {
        json!({
            "type": "Patch", "attributedTo": author, "mediaType": "application/x-git-patch", "content": text,
        })
    };
    let items: Vec<Value> = patches.iter().rev().map(patch).collect();
    json!({"type": "OrderedCollection", "totalItems": items.len(), "orderedItems": items})
}

/// A merge request of what was pushed for a branch.
/// - `origin`: what was pushed, by its full name; `target`: the full name of a branch of the same repository
pub fn open_offer(
    author: &ActorId,
    tracker: &ActorId,
    [title, markdown]: [&str; 2],
    repository: &ActorId,
    [origin, target]: [&str; 2],
    capability: Option<&ActId>,
) -> Value {
    let full = |name: &str| json!({"type": "Branch", "context": repository, "ref": name});
    let mut offer = open_ticket(author, tracker, title, markdown, capability);
    offer["object"]["attachment"] = json!([{"type": "Offer", "origin": full(origin), "target": full(target)}]);
    offer
}

/// A review of a version of a merge request.
/// - `verdict`: `approve`, `remark` or `revise`; `threads`: each the lines it is about, and what is said of them
pub fn submit_review(
    tracker: &ActorId,
    [request, version]: [&str; 2],
    verdict: &str,
    markdown: &str,
    threads: &[(Quote, &str)],
    binding: Option<&ActId>,
) -> Value {
    let note = |markdown: &str| {
        let content = format!("<p>{}</p>", escape(markdown));
        json!({"type": "Note", "content": content, "source": {"content": markdown, "mediaType": MARKDOWN}})
    };
    let thread = |(quote, text): &(Quote, &str)| json!({"type": "ReviewThread", "target": review_wire::quote(quote), "object": note(text)});
    let threads: Vec<Value> = threads.iter().map(thread).collect();
    let review = json!({
        "type": "Review", "context": request, "object": version, "verdict": verdict, "reviewIsBinding": binding.is_some(),
        "attachment": note(markdown), "reviewThreads": threads,
    });
    let cc = [format!("{tracker}/followers"), format!("{request}/followers")];
    with_capability(json!({"type": "Offer", "to": [tracker], "cc": cc, "target": tracker, "object": review}), binding)
}

/// A comment in a thread of a review, or an answer to one there.
/// - `suggestion`: lines to put in the place of those that the thread is about
pub fn comment_on_thread(
    tracker: &ActorId,
    [request, thread]: [&str; 2],
    in_reply_to: Option<&str>,
    [markdown, suggestion]: [&str; 2],
    capability: Option<&ActId>,
) -> Value {
    let mut create = super::comment(tracker, request, None, markdown, capability);
    create["object"]["context"] = thread.into();
    create["object"]["inReplyTo"] = in_reply_to.unwrap_or(thread).into();
    if !suggestion.is_empty() {
        let shown: String = suggestion.lines().map(|line| format!("+{}\n", escape(line))).collect();
        create["object"]["attachment"] = json!([{
            "type": "Suggestion", "source": suggestion, "content": format!("<pre>{shown}</pre>"),
            "mediaType": "text/html",
        }]);
    }
    create
}

/// A thread of a review settled. It is opened again as a ticket is: see [`reopen`](super::reopen).
pub fn settle_thread(tracker: &ActorId, thread: &str, capability: &ActId) -> Value {
    with_capability(json!({"type": "Resolve", "to": [tracker], "object": thread}), Some(capability))
}

/// People and teams asked for a review of a merge request.
pub fn request_review(tracker: &ActorId, request: &str, reviewers: &[&ActorId], capability: &ActId) -> Value {
    let to: Vec<&ActorId> = std::iter::once(tracker).chain(reviewers.iter().copied()).collect();
    let target = ["individualApprovals", "teamApprovals"].map(|collection| format!("{request}/{collection}"));
    let invite = json!({"type": "Invite", "to": to, "object": reviewers, "target": target});
    with_capability(invite, Some(capability))
}

/// An approval of somebody's listed under that of a team, by a member who may write for the team.
/// - `under`: the address of the team's approval
pub fn list_for_team(tracker: &ActorId, team: &ActorId, approval: &str, under: &str, capability: &ActId) -> Value {
    let add = json!({"type": "Add", "to": [tracker, team], "object": approval, "target": under});
    with_capability(add, Some(capability))
}

/// A merge request approved in the name of a team, by a member who may write for the team.
/// - `approval`: the address of the team's approval
pub fn approve_for_team(team: &ActorId, approval: &str, capability: &ActId) -> Value {
    with_capability(json!({"type": "Resolve", "to": [team], "object": approval}), Some(capability))
}

/// That one is writing a review of a merge request.
pub fn announce_review(tracker: &ActorId, request: &str) -> Value {
    json!({"type": "Announce", "to": [tracker], "target": tracker, "object": {"type": "Review", "context": request}})
}

/// An approval dismissed.
pub fn dismiss_review(tracker: &ActorId, approval: &str, capability: &ActId) -> Value {
    let undo = json!({"type": "Undo", "to": [tracker], "object": {"id": approval, "type": "Approval"}});
    with_capability(undo, Some(capability))
}

/// How many binding approvals the merges of a tracker need.
pub fn require_approvals(tracker: &ActorId, needed: u64, capability: &ActId) -> Value {
    let object = json!({"id": tracker, "requiredApprovalsNeeded": needed});
    with_capability(json!({"type": "Edit", "to": [tracker], "context": tracker, "object": object}), Some(capability))
}

fn branch((repository, name): (&ActorId, &str)) -> Value {
    json!({"type": "Branch", "context": repository, "ref": format!("refs/heads/{name}")})
}

/// A merge request merged.
/// - `method`: `merge`, `rebase`, `squash` or `fast-forward`
pub fn apply(tracker: &ActorId, request: &str, target: &ActorId, method: &str, capability: &ActId) -> Value {
    let cc = [format!("{tracker}/followers"), format!("{request}/followers")];
    let apply = json!({
        "type": "Apply", "to": [tracker], "cc": cc, "object": request, "target": target, "instrument": method,
    });
    with_capability(apply, Some(capability))
}
