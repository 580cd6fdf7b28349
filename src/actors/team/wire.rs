//! A team's own methods as activities.

use crate::access::{self, Role};
use crate::common::resource::is_mine;
use crate::common::wire::{Tell, publish, read};
use crate::gate::{self, Undone, malformed, names, one};
use crate::team::assignment::{ASSIGNMENTS, Assignment, UNASSIGNMENTS, is_tracker};
use crate::team::{
    AssignmentAgreed, AssignmentAuthorised, AssignmentDeclined, AssignmentListed, AssignmentOffered, EditFilter, Team,
    TeamCall, Unassigned, UnassignmentAuthorised, UnassignmentOffered,
};
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Turn, Value, Verdict};
use pritchel_vocab::{Activity, ActivityType, Thing};
use std::collections::BTreeMap;

/// Finds what only a team is asked.
pub fn gate(_team: &Team, activity: &Activity, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<TeamCall>, Halt> {
    let me = look.me().clone();
    let call: Option<TeamCall> = match &activity.kind {
        ActivityType::Edit if names(&activity.object, &me) => Some(filter(activity)?.into()),
        ActivityType::Assign if names(&activity.object, &me) => {
            Some(AssignmentOffered { ticket: ticket(activity, &me)? }.into())
        }
        ActivityType::Undo => match gate::undone(activity, look)? {
            Undone::Early(id) => return Ok(Verdict::Early(id)),
            Undone::Activity(undone) if undone.kind == ActivityType::Assign && names(&undone.object, &me) => {
                Some(UnassignmentOffered { ticket: ticket(&undone, &me)? }.into())
            }
            _ => None,
        },
        ActivityType::Accept | ActivityType::Reject => answered(activity, act, look)?,
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<Team>(activity), Verdict::Call))
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
        return Ok(match (is_tracker(&act.author, &assignment.ticket), yes, result) {
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
    let waits = yes && UNASSIGNMENTS.has(look, &of)?;
    Ok(waits.then(|| match result {
        Some(_) => Unassigned { undo: of }.into(),
        None => UnassignmentAuthorised { undo: of }.into(),
    }))
}

/// Publishes the team's own `Accept` of an `Assign`, or of its `Undo`.
pub fn consent(turn: &mut Turn<'_>, of: &ActId, tracker: &ActorId, by: &ActorId) -> Result<(), Halt> {
    let me = turn.me().clone();
    let tell = Tell::to([tracker]).cc([by]).followers(&me);
    publish(turn, ActivityType::Accept, &tell, |draft| draft.object(of.as_str()))?;
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
