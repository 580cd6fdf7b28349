//! A patch tracker's own methods as activities.

use crate::common::wire::{Tell, escape, publish, uri};
use crate::gate::{malformed, one};
use crate::patch_tracker::merge_request::{Applying, Branch, MergeMethod, MergeOffer, MergeRequest};
use crate::patch_tracker::{Apply, PatchTracker, PatchTrackerCall};
use crate::repository::wire::branch_uri;
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{ticket_followers, ticket_no, ticket_uri};
use crate::ticket_tracker::wire as tickets;
use pritchel_actor::{Act, ActorId, Halt, Look, Refusal, Turn, Verdict};
use pritchel_vocab::push::Branch as BranchDocument;
use pritchel_vocab::{Activity, ActivityType, Obj, Thing};
use serde_json::json;

/// Finds what only a patch tracker is asked, and else what all trackers are.
pub fn gate(
    tracker: &PatchTracker,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<PatchTrackerCall>, Halt> {
    let me = look.me().clone();
    match &activity.kind {
        ActivityType::Apply => match apply(activity, &me)? {
            Some(call) => Ok(Verdict::Call(call.into())),
            None => tickets::gate(tracker, activity, act, look),
        },
        _ => tickets::gate(tracker, activity, act, look),
    }
}

fn apply(activity: &Activity, me: &ActorId) -> Result<Option<Apply>, Halt> {
    let Some(ticket) = one(activity).and_then(|id| ticket_no(me, id.as_str())) else { return Ok(None) };
    let Some(target) = &activity.target else {
        return Err(malformed("expected a repository, or a branch of one, as `target`"));
    };
    let written_out = target.obj().filter(|object| object.is("Branch"));
    let (repository, branch) = match (&written_out, target.uri()) {
        (Some(object), _) => {
            let branch = read_branch(object)?;
            (branch.repository, Some(branch.name))
        }
        (None, Some(uri)) => (ActorId::new(uri.as_str()), None),
        (None, None) => return Err(malformed("expected a repository, or a branch of one, as `target`")),
    };
    let method = match activity.instrument.as_ref().and_then(Thing::word) {
        None => MergeMethod::default(),
        Some(word) => MergeMethod::from_word(word).ok_or_else(|| {
            let words = MergeMethod::ALL.map(MergeMethod::as_str);
            malformed(format!("expected one of {words:?} as `instrument`, found {word:?}"))
        })?,
    };
    Ok(Some(Apply { ticket, repository, branch, method }))
}

/// Answers the `Apply` of a merge that has ended.
pub fn answer(
    turn: &mut Turn<'_>,
    number: TicketNo,
    applying: &Applying,
    refused: Option<&Refusal>,
) -> Result<(), Halt> {
    let me = turn.me().clone();
    let tell = Tell::to([&applying.by])
        .followers(&me)
        .group(ticket_followers(number), format!("{}/followers", ticket_uri(&me, number)));
    let object = applying.apply.as_str();
    match refused {
        None => publish(turn, ActivityType::Accept, &tell, |draft| draft.object(object))?,
        Some(why) => publish(turn, ActivityType::Reject, &Tell::to([&applying.by]), |draft| {
            draft.object(object).summary(why.code.clone()).content(escape(&why.summary))
        })?,
    };
    Ok(())
}

/// Reads the `Offer` attached to a ticket.
/// - errors: what is missing. What an `Offer` of patches alone brings has no origin
pub fn read(offer: &Obj<'_>) -> Result<MergeOffer, Halt> {
    Ok(MergeOffer { origin: branch(offer, "origin")?, target: branch(offer, "target")? })
}

fn branch(offer: &Obj<'_>, term: &str) -> Result<Branch, Halt> {
    let item = offer.one(term).map_err(malformed)?;
    let Some(object) = item.as_ref().and_then(|item| item.obj()) else {
        return Err(malformed(format!(
            "expected a Branch, written out with `context` and `ref`, as `{term}` of the Offer"
        )));
    };
    read_branch(object)
}

/// Reads a branch that is written out.
pub fn read_branch(object: &Obj<'_>) -> Result<Branch, Halt> {
    let branch = BranchDocument::read(object).map_err(malformed)?;
    if !branch.ref_name.starts_with("refs/heads/") {
        return Err(malformed(format!("expected a `ref` below refs/heads/, found {}", branch.ref_name)));
    }
    Ok(Branch { repository: ActorId::new(branch.context.as_str()), name: branch.ref_name })
}

/// The `Offer` as it stands at its ticket.
pub fn attachment(request: &MergeRequest) -> Result<Thing, Halt> {
    let MergeOffer { origin, target } = &request.offer;
    Thing::embed(json!({"type": "Offer", "origin": document(origin)?, "target": document(target)?})).map_err(malformed)
}

/// A branch written out.
pub fn document(branch: &Branch) -> Result<serde_json::Value, Halt> {
    let document = BranchDocument {
        id: Some(uri(&branch_uri(&branch.repository, &branch.name))?),
        context: uri(branch.repository.as_str())?,
        name: Some(branch.short().to_owned()),
        ref_name: branch.name.clone(),
    };
    Ok(document.to_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(name: &str) -> Branch {
        Branch { repository: "https://a.example/repos/tea".into(), name: format!("refs/heads/{name}") }
    }

    #[test]
    fn an_offer_is_read_as_it_was_written() {
        let offer = MergeOffer { origin: branch("milk&more"), target: branch("main") };
        let request = MergeRequest { offer: offer.clone(), applying: None, merged: None };
        assert_eq!(read(&attachment(&request).unwrap().obj().unwrap()).unwrap(), offer);
    }

    #[test]
    fn an_offer_without_two_branches_is_refused() {
        let main = document(&branch("main")).unwrap();
        let mut tag = main.clone();
        tag["ref"] = json!("refs/tags/v1");
        for bad in [
            json!({"type": "Offer", "target": main}),
            json!({"type": "Offer", "origin": main}),
            json!({"type": "Offer", "origin": "https://a.example/repos/tea/refs/heads/x", "target": main}),
            json!({"type": "Offer", "origin": tag, "target": main}),
        ] {
            let thing = Thing::embed(bad.clone()).unwrap();
            assert!(read(&thing.obj().unwrap()).is_err(), "{bad}");
        }
    }
}
