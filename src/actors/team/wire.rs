//! A team's own methods as activities.

use crate::access::{self, Role};
use crate::common::resource::is_mine;
use crate::common::wire::{Tell, publish, read};
use crate::gate::{self, Undone, malformed, names, one};
use crate::team::assignment::{ASSIGNED, ASSIGNMENTS, Assignment, UNASSIGNMENTS, about, is_tracker};
use crate::team::{
    ApproveRequest, AssignmentAgreed, AssignmentAuthorised, AssignmentDeclined, AssignmentListed, AssignmentOffered,
    DeletionSeen, EditFilter, ListApproval, Team, TeamCall, TicketGone, Unassigned, UnassignmentAuthorised,
    UnassignmentOffered,
};
use pritchel_actor::chosen;
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Refusal, Turn, Value, Verdict, demand};
use pritchel_vocab::{Activity, ActivityType, Thing};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Finds what only a team is asked.
pub fn gate(_team: &Team, activity: &Activity, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<TeamCall>, Halt> {
    let me = look.me().clone();
    let call: Option<TeamCall> = match &activity.kind {
        ActivityType::Edit if names(&activity.object, &me) => Some(filter(activity)?.into()),
        ActivityType::Assign if chosen("AssignmentOffered", None, names(&activity.object, &me)) => {
            look.reads_for("AssignmentOffered");
            Some(AssignmentOffered { ticket: ticket(activity, &me)? }.into())
        }
        ActivityType::Undo => match gate::undone(activity, look)? {
            Undone::Early(id) => return Ok(Verdict::Early(id)),
            Undone::Activity(undone) if undone.kind == ActivityType::Assign && names(&undone.object, &me) => {
                look.reads_for("UnassignmentOffered");
                Some(UnassignmentOffered { ticket: ticket(&undone, &me)? }.into())
            }
            _ => None,
        },
        ActivityType::Resolve => elsewhere(one(activity), &me).map(|approval| ApproveRequest { approval }.into()),
        // Whoever has a review listed shows a Grant of the team's; who tells of what happens elsewhere shows none of its.
        ActivityType::Add if activity.capability.is_some() => {
            let target = activity.target.as_ref().and_then(Thing::uri).map(|uri| ActId::new(uri.as_str()));
            let both = elsewhere(one(activity), &me).zip(elsewhere(target, &me));
            both.map(|(approval, under)| ListApproval { approval, under }.into())
        }
        ActivityType::Delete => has(one(activity), look)?.map(|ticket| DeletionSeen { ticket }.into()),
        ActivityType::Accept | ActivityType::Reject => answered(activity, act, look)?,
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<Team>(activity), Verdict::Call))
}

/// What lies elsewhere than at this actor.
fn elsewhere(id: Option<ActId>, me: &ActorId) -> Option<String> {
    id.map(|id| id.as_str().to_owned()).filter(|uri| !is_mine(me, uri))
}

/// The ticket that an `Assign` names: something that another actor keeps.
fn ticket(assign: &Activity, me: &ActorId) -> Result<String, Halt> {
    let ticket = assign.target.as_ref().and_then(Thing::uri).filter(|uri| !is_mine(me, uri.as_str()));
    let ticket = ticket.ok_or_else(|| malformed("expected a ticket of a tracker as `target` of the Assign"))?;
    Ok(ticket.as_str().to_owned())
}

/// What an `Accept` or a `Reject` says of a ticket that is given to the team or taken back: its tracker says what may be and
/// what is, members say what is wanted.
fn answered(activity: &Activity, act: &Act, look: &mut Look<'_, '_>) -> Result<Option<TeamCall>, Halt> {
    let Some(of) = one(activity) else { return Ok(None) };
    let yes = activity.kind == ActivityType::Accept;
    let result = activity.result.first().and_then(Thing::uri).map(|uri| uri.as_str().to_owned());
    if let Some(assignment) = ASSIGNMENTS.get(look, &of)? {
        let assign = of;
        let by_tracker = is_tracker(&act.author, &assignment.ticket)
            || result.is_some() && chosen("AssignmentListed", Some("tracker"), false);
        let told = result.or_else(|| chosen("AssignmentListed", Some("result"), false).then(|| act.id.to_string()));
        return Ok(match (by_tracker, yes, told) {
            (true, true, Some(gone)) if assignment.relationship.as_ref() == Some(&gone) => {
                assignment.undo.map(|undo| Unassigned { undo }.into())
            }
            (true, true, Some(relationship)) => Some(AssignmentListed { assign, relationship }.into()),
            (true, true, None) => Some(AssignmentAuthorised { assign }.into()),
            (true, false, _) => None,
            (false, true, _) => Some(AssignmentAgreed { assign }.into()),
            (false, false, _) => Some(AssignmentDeclined { assign }.into()),
        });
    }
    if let Some(ticket) = deleted(&of, look)?.filter(|_| yes) {
        return Ok(Some(TicketGone { ticket }.into()));
    }
    let waits = yes && UNASSIGNMENTS.has(look, &of)?;
    Ok(waits.then(|| match result {
        Some(_) => Unassigned { undo: of }.into(),
        None => UnassignmentAuthorised { undo: of }.into(),
    }))
}

/// The ticket of this address, if it is the team's, or the team is asked about it.
fn has(ticket: Option<ActId>, look: &mut Look<'_, '_>) -> Result<Option<String>, Halt> {
    let Some(ticket) = ticket.map(|id| id.as_str().to_owned()) else { return Ok(None) };
    let concerns = ASSIGNED.has(look, &ticket)? || !about(look, &ticket, 1)?.is_empty();
    Ok(concerns.then_some(ticket))
}

/// The ticket of the team's that an act deletes, if it does and the team has heard of it: an answer that has overtaken the act waits for it, so
/// that those who follow the team are shown both.
fn deleted(act: &ActId, look: &mut Look<'_, '_>) -> Result<Option<String>, Halt> {
    if look.seen(act)?.is_none() {
        return Ok(None);
    }
    let act = look.act(act)?.as_deref().and_then(read).filter(|act| act.kind == ActivityType::Delete);
    has(act.as_deref().and_then(one), look)
}

/// Publishes the team's own `Accept` of an `Assign`, or of its `Undo`.
pub fn consent(turn: &mut Turn<'_>, of: &ActId, tracker: &ActorId, by: &ActorId) -> Result<(), Halt> {
    let me = turn.me().clone();
    let tell = Tell::to([tracker]).cc([by]).followers(&me);
    publish(turn, ActivityType::Accept, &tell, |draft| draft.object(of.as_str()))?;
    Ok(())
}

/// A document that the team needs to see before it says something.
fn had(turn: &mut Turn<'_>, uri: &str) -> Result<Arc<Value>, Halt> {
    let found = turn.document(uri)?.found;
    found.map_err(|why| Refusal::new("no-such-approval", format!("{uri} cannot be had: {why:?}")).into())
}

/// The address that a term of a document names.
fn named(document: &Value, term: &str) -> Option<String> {
    let value = document.get(term)?;
    value.as_str().or_else(|| value.get("id").and_then(Value::as_str)).map(str::to_owned)
}

/// An approval, and whose it is.
fn approval(turn: &mut Turn<'_>, uri: &str) -> Result<(Arc<Value>, ActorId), Halt> {
    let document = had(turn, uri)?;
    let by = named(&document, "attributedTo").filter(|_| access::wire::is_type(&document, "Approval"));
    let why = || Refusal::new("no-such-approval", format!("expected an Approval that is somebody's at {uri}"));
    Ok((document, ActorId::new(by.ok_or_else(why)?)))
}

/// Refuses an approval that is not an individual's.
pub fn by_an_individual(turn: &mut Turn<'_>, uri: &str) -> Result<(), Halt> {
    let (_, by) = approval(turn, uri)?;
    let document = had(turn, by.as_str())?;
    demand(access::wire::is_type(&document, "Person"), || {
        Refusal::new("not-an-individual", format!("{uri} is the approval of {by}, who is no Person"))
    })?;
    Ok(())
}

/// The approval of the team's own at an address.
pub fn our_approval(turn: &mut Turn<'_>, uri: &str) -> Result<Arc<Value>, Halt> {
    let (document, by) = approval(turn, uri)?;
    let me = turn.me().clone();
    demand(by == me, || Refusal::new("not-the-team", format!("{uri} is the approval of {by}, not of {me}")))?;
    Ok(document)
}

/// The tracker that keeps something, among those the act that called was told.
pub fn told_of(turn: &mut Turn<'_>, uri: &str) -> Result<Option<ActorId>, Halt> {
    let act = turn.act().as_deref().and_then(read);
    let told = act.iter().flat_map(|act| act.addressees()).map(|to| ActorId::new(to.as_str()));
    Ok(told.into_iter().find(|told| is_tracker(told, uri)))
}

/// Offers a review of the newest version to the tracker of an approval of the team's own.
pub fn approve(turn: &mut Turn<'_>, uri: &str) -> Result<(), Halt> {
    let strange = |what: &str| Halt::from(Refusal::new("no-such-approval", format!("{uri} {what}")));
    let request = named(&*our_approval(turn, uri)?, "context").ok_or_else(|| strange("names no merge request"))?;
    let ticket = had(turn, &request)?;
    let tracker = named(&ticket, "context").ok_or_else(|| strange("is of a merge request without a tracker"))?;
    let attached =
        ticket.get("attachment").map(|value| value.as_array().map_or(vec![value], |all| all.iter().collect()));
    let offer = attached.into_iter().flatten().find(|thing| access::wire::is_type(thing, "Offer"));
    let version = offer.and_then(|offer| named(offer, "object"));
    let version = version.ok_or_else(|| strange("is of a merge request of which no version is kept"))?;
    let review = json!({
        "type": "Review", "context": request, "verdict": "approve", "object": version,
    });
    let (me, tracker) = (turn.me().clone(), ActorId::new(tracker));
    publish(turn, ActivityType::Offer, &Tell::to([&tracker]).followers(&me), |draft| {
        draft.object(review).target(tracker.as_str())
    })?;
    Ok(())
}

/// Publishes the team's own `Reject` of an `Assign`.
pub fn refuse(turn: &mut Turn<'_>, assign: &ActId, assignment: &Assignment) -> Result<(), Halt> {
    let act = turn.known_act(assign)?.as_deref().and_then(read);
    // The tracker may not have said anything yet; whoever gave the ticket told both.
    let told = act.iter().flat_map(|act| act.addressees()).map(|uri| ActorId::new(uri.as_str()));
    let tracker = told.into_iter().find(|told| is_tracker(told, &assignment.ticket));
    let told: Vec<&ActorId> = tracker.iter().chain([&assignment.by]).collect();
    access::wire::reject_of(turn, assign, &told, "declined")?;
    Ok(())
}

/// Source: ForgeFed, "roleFilter": an object whose keys are types, whose values are roles or null.
fn filter(activity: &Activity) -> Result<EditFilter, Halt> {
    let object = activity.object.first().and_then(|thing| thing.obj());
    let Some(Value::Object(types)) = object.and_then(|object| object.get("roleFilter").cloned()) else {
        return Err(malformed("expected `roleFilter` to be an object of types and roles"));
    };
    let mut filter = BTreeMap::new();
    for (name, role) in types {
        let role = match &role {
            Value::Null => None,
            Value::String(word) => Some(Role::from_word(word).ok_or_else(|| {
                malformed(format!("expected one of {:?} or null for {name:?}, found {word:?}", Role::ALL))
            })?),
            other => return Err(malformed(format!("expected a role or null for {name:?}, found {other}"))),
        };
        filter.insert(name, role);
    }
    Ok(EditFilter { filter })
}
