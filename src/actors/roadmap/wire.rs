//! A roadmap's own methods as activities, and a milestone as a document.

use crate::common::Edited;
use crate::common::resource::is_mine;
use crate::common::wire::{read, time, uri};
use crate::gate::{self, Undone, line, malformed, one};
use crate::release_tracker::release::MILESTONES;
use crate::roadmap::milestone::{milestone_no, milestone_uri};
use crate::roadmap::plan_seen::tracker_of;
use crate::roadmap::{
    Asked, CloseMilestone, DeleteMilestone, EditMilestone, FollowMilestone, Milestone, MilestoneNo, OpenMilestone,
    PlanSeen, ReleaseChange, ReleasePlanned, ReopenMilestone, Roadmap, RoadmapCall, TicketChange, TicketPlanned,
    UnfollowMilestone, brought,
};
use crate::ticket_tracker::wire::text_in;
use crate::tie::TieKind;
use crate::tie::rows::provides_for;
use pritchel_actor::chosen;
use pritchel_actor::{Act, ActorId, Halt, Look, Seconds, Value, Verdict};
use pritchel_vocab::{Activity, ActivityType, Document, Obj, Thing, context};
use serde_json::{Map, json};

/// The terms of a milestone that an `Edit` may name.
const EDITABLE: [&str; 10] =
    ["@context", "id", "type", "context", "name", "content", "mediaType", "source", "startTime", "endTime"];

/// Finds what only a roadmap is asked.
pub fn gate(
    _roadmap: &Roadmap,
    activity: &Activity,
    _act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<RoadmapCall>, Halt> {
    let me = look.me().clone();
    let mine = || one(activity).and_then(|id| milestone_no(&me, id.as_str()));
    let call: Option<RoadmapCall> = match &activity.kind {
        ActivityType::Add | ActivityType::Remove => release_plan(activity, &me),
        ActivityType::Edit if is_elsewhere(activity, &me) => match ticket_plan(activity, &me) {
            Some(call) => Some(call.into()),
            // What else happens to tickets is their trackers' to say: the act is only kept, their answer counts.
            None => return Ok(Verdict::Note),
        },
        _ if is_elsewhere(activity, &me) => return Ok(Verdict::Note),
        ActivityType::Accept => changed(activity, &me, look)?,
        ActivityType::Follow => mine().map(|milestone| FollowMilestone { milestone }.into()),
        ActivityType::Offer => offer(activity, &me)?,
        ActivityType::Edit | ActivityType::Update => edit(activity, &me)?,
        ActivityType::Resolve => mine().map(|milestone| CloseMilestone { milestone }.into()),
        ActivityType::Delete => match mine() {
            Some(milestone) => Some(DeleteMilestone { milestone }.into()),
            None => match deletion(activity, look)? {
                Some(call) => Some(call.into()),
                // Servers tell everybody of whatever they delete.
                None => return Ok(Verdict::Note),
            },
        },
        ActivityType::Undo => match gate::undone(activity, look)? {
            Undone::Early(id) => return Ok(Verdict::Early(id)),
            Undone::Activity(undone) if undone.kind == ActivityType::Resolve => {
                let milestone = one(&undone).and_then(|id| milestone_no(&me, id.as_str()));
                milestone.map(|milestone| ReopenMilestone { milestone }.into())
            }
            Undone::Activity(undone) if undone.kind == ActivityType::Follow => {
                let milestone = one(&undone).and_then(|id| milestone_no(&me, id.as_str()));
                milestone.map(|milestone| UnfollowMilestone { milestone }.into())
            }
            _ => None,
        },
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<Roadmap>(activity), Verdict::Call))
}

/// Whether an act is about a ticket of some tracker, and not about anything here.
fn is_elsewhere(activity: &Activity, me: &ActorId) -> bool {
    let kinds = [ActivityType::Edit, ActivityType::Resolve, ActivityType::Apply];
    kinds.contains(&activity.kind) && one(activity).is_some_and(|id| !is_mine(me, id.as_str()))
}

/// What an `Add` or a `Remove` asks of a release, where it is about a milestone here.
fn release_plan(activity: &Activity, me: &ActorId) -> Option<RoadmapCall> {
    let (thing, number) = of_release(activity, me)?;
    let asked = if activity.kind == ActivityType::Add { Asked::Add(number) } else { Asked::Remove(number) };
    Some(PlanSeen { thing, asked }.into())
}

/// The release and the milestone that an `Add` or a `Remove` is about.
fn of_release(activity: &Activity, me: &ActorId) -> Option<(String, MilestoneNo)> {
    let number = one(activity).and_then(|id| milestone_no(me, id.as_str()))?;
    let collection = if activity.kind == ActivityType::Add { &activity.target } else { &activity.origin };
    let release = collection.as_ref()?.uri()?.as_str().strip_suffix(MILESTONES)?;
    Some((release.to_owned(), number))
}

/// What an `Edit` asks of the milestone of a ticket.
fn ticket_plan(activity: &Activity, me: &ActorId) -> Option<PlanSeen> {
    let object = activity.object.first().and_then(Thing::obj)?;
    let to = match object.uri("ticketMilestone").ok()? {
        Some(milestone) => Some(milestone_no(me, milestone.as_str())?),
        None if chosen("PlanSeen", Some("planned"), object.is_null("ticketMilestone")) => None,
        None => return None,
    };
    Some(PlanSeen { thing: one(activity)?.as_str().to_owned(), asked: Asked::Plan(to) })
}

/// What a `Delete` of something elsewhere is to the milestones here: something to be seen, if it is planned for one, or is of a
/// tracker that uses the roadmap.
fn deletion(activity: &Activity, look: &mut Look<'_, '_>) -> Result<Option<PlanSeen>, Halt> {
    let Some(thing) = one(activity).map(|id| id.as_str().to_owned()) else { return Ok(None) };
    let seen = match tracker_of(&thing) {
        Some(tracker) => chosen("PlanSeen", Some("deleted"), provides_for(look, TieKind::Roadmap, &tracker)?),
        None => false,
    };
    Ok(seen.then_some(PlanSeen { thing, asked: Asked::Delete }))
}

/// What a tracker's `Accept` means to the milestones here, by what it accepts.
fn changed(activity: &Activity, me: &ActorId, look: &mut Look<'_, '_>) -> Result<Option<RoadmapCall>, Halt> {
    let Some(of) = one(activity) else { return Ok(None) };
    // It waits for what it answers, which comes from another sender: those who follow the milestone are shown both.
    if look.seen(&of)?.is_none() {
        return Ok(None);
    }
    let Some(accepted) = look.act(&of)?.as_deref().and_then(read) else { return Ok(None) };
    let change = match accepted.kind {
        ActivityType::Add => of_release(&accepted, me).map(|(release, at)| (release, ReleaseChange::Added(at))),
        ActivityType::Remove => of_release(&accepted, me).map(|(release, at)| (release, ReleaseChange::Removed(at))),
        ActivityType::Delete => match one(&accepted) {
            Some(id) if !brought::of_release(look, id.as_str(), 1)?.is_empty() => {
                Some((id.as_str().to_owned(), ReleaseChange::Deleted))
            }
            _ => None,
        },
        _ => None,
    };
    match change {
        Some((release, change)) => Ok(Some(ReleasePlanned { release, change }.into())),
        // What is planned for nothing is no release's more than a ticket's.
        None => ticket_change(activity, me, look),
    }
}

/// The same of tickets.
fn ticket_change(activity: &Activity, me: &ActorId, look: &mut Look<'_, '_>) -> Result<Option<RoadmapCall>, Halt> {
    let Some(of) = one(activity) else { return Ok(None) };
    let Some(accepted) = look.act(&of)?.as_deref().and_then(read) else { return Ok(None) };
    let object = accepted.object.first().and_then(Thing::obj);
    let milestone = |object: &Obj<'_>| {
        let uri = object.uri("ticketMilestone").ok().flatten();
        uri.and_then(|uri| milestone_no(me, uri.as_str()))
    };
    let at = |activity: &Activity| one(activity).map(|id| id.as_str().to_owned());
    let found = match (&accepted.kind, object) {
        (ActivityType::Edit, Some(object)) if object.map().contains_key("ticketMilestone") => {
            at(&accepted).map(|ticket| (ticket, TicketChange::Planned(milestone(&object))))
        }
        (ActivityType::Offer, Some(object)) if object.is("Ticket") => milestone(&object).and_then(|milestone| {
            let ticket = activity.result.first()?.uri()?.as_str().to_owned();
            Some((ticket, TicketChange::Planned(Some(milestone))))
        }),
        (ActivityType::Resolve | ActivityType::Apply, _) => at(&accepted).map(|ticket| (ticket, TicketChange::Closed)),
        (ActivityType::Delete, _) => at(&accepted).map(|ticket| (ticket, TicketChange::Deleted)),
        (ActivityType::Undo, _) => match gate::undone(&accepted, look)? {
            Undone::Activity(undone) if undone.kind == ActivityType::Resolve => {
                at(&undone).map(|ticket| (ticket, TicketChange::Reopened))
            }
            _ => None,
        },
        _ => None,
    };
    // What is said of things of this roadmap, or by an actor of itself, is something else.
    let found = found.filter(|(ticket, _)| !is_mine(me, ticket) && *ticket != activity.actor.as_str());
    Ok(found.map(|(ticket, change)| TicketPlanned { ticket, change }.into()))
}

fn offer(activity: &Activity, me: &ActorId) -> Result<Option<RoadmapCall>, Halt> {
    let target = activity.target.as_ref().and_then(Thing::uri).is_some_and(|uri| uri.as_str() == me.as_str());
    let object = activity.object.first().and_then(Thing::obj);
    let Some(object) = object.filter(|object| target && object.is("Milestone")) else { return Ok(None) };
    if object.uri("context").map_err(malformed)?.is_some_and(|context| context.as_str() != me.as_str()) {
        return Err(malformed(format!("the milestone's `context` is another than {me}")));
    }
    let (content, source) = text_in(&object)?;
    let at = |term| object.time(term).map_err(malformed).map(|time| time.map(|time| time.get()));
    let call = OpenMilestone {
        name: line(&object, "name")?.ok_or_else(|| malformed("expected a `name`"))?,
        content: content.unwrap_or_default(),
        source,
        start: at("startTime")?,
        end: at("endTime")?,
        id: object.id().map_err(malformed)?.map(|id| id.as_str().to_owned()),
    };
    Ok(Some(call.into()))
}

fn edit(activity: &Activity, me: &ActorId) -> Result<Option<RoadmapCall>, Halt> {
    let Some(milestone) = one(activity).and_then(|id| milestone_no(me, id.as_str())) else { return Ok(None) };
    let Some(object) = activity.object.first().and_then(Thing::obj) else { return Ok(None) };
    let (content, source) = text_in(&object)?;
    let others = object.map().keys().filter(|term| !EDITABLE.contains(&term.as_str())).cloned().collect();
    let (start, end) = (edited_time(&object, "startTime")?, edited_time(&object, "endTime")?);
    Ok(Some(EditMilestone { milestone, name: line(&object, "name")?, content, source, start, end, others }.into()))
}

fn edited_time(object: &Obj<'_>, term: &str) -> Result<Edited<Seconds>, Halt> {
    if object.is_null(term) {
        return Ok(Edited::Cleared);
    }
    let time = object.time(term).map_err(malformed)?;
    Ok(time.map_or(Edited::Kept, |time| Edited::Set(time.get())))
}

/// The tickets planned for a milestone, as far as its own document shows them: how many there are, and how many are done.
///
/// Source: ForgeFed, `milestoneTickets`. That the closed ones are counted in it is ours, in the words of a collection.
fn tickets(id: &str, milestone: &Milestone) -> Value {
    json!({
        "id": format!("{id}/milestoneTickets"),
        "type": "Collection",
        "totalItems": milestone.open + milestone.closed,
        "summary": format!("{} open, {} closed", milestone.open, milestone.closed),
    })
}

/// A milestone as a document.
pub fn document(me: &ActorId, number: MilestoneNo, milestone: &Milestone) -> Result<Document, Halt> {
    let id = milestone_uri(me, number);
    let mut map = Map::new();
    let mut put = |term: &str, value: Option<Value>| drop(value.map(|value| map.insert(term.to_owned(), value)));
    let at = |seconds: Seconds| Value::from(time(seconds).to_string());
    let source = milestone.source.as_ref();
    put("@context", Some(context::forge()));
    put("id", Some(uri(&id)?.as_str().into()));
    put("type", Some("Milestone".into()));
    put("context", Some(me.as_str().into()));
    put("name", Some(milestone.name.as_str().into()));
    put("content", Some(milestone.content.as_str().into()));
    put("mediaType", Some("text/html".into()));
    put("source", source.map(|source| json!({"content": source.content, "mediaType": source.media_type})));
    put("published", Some(at(milestone.published)));
    put("updated", milestone.updated.map(at));
    put("startTime", milestone.start.map(at));
    put("endTime", milestone.end.map(at));
    put("milestoneTickets", Some(tickets(&id, milestone)));
    put("milestoneReleases", Some(format!("{id}/milestoneReleases").into()));
    put("isResolved", Some((!milestone.is_open()).into()));
    put("resolvedBy", milestone.resolved.as_ref().map(|resolved| resolved.act.as_str().into()));
    put("resolved", milestone.resolved.as_ref().map(|resolved| at(resolved.at)));
    Ok(Document::from_map(map))
}
