//! What a person's client posts: one function for each thing a person can do. Forms, the demo and tests use these, and
//! nothing else; any other client can post the same.
//!
//! Every function returns the activity without `id` and `actor`, which the person's server sets.

use crate::access::Term;
use crate::common::wire::time;
use pritchel_actor::{ActId, ActorId};
use serde_json::{Map, Value, json};

mod forks;
mod merges;
mod releases;

pub use forks::*;
pub use merges::*;
pub use releases::*;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";
const MARKDOWN: &str = "text/markdown; variant=CommonMark";

/// The same by this Grant.
pub fn with_capability(mut activity: Value, capability: Option<&ActId>) -> Value {
    if let (Some(map), Some(capability)) = (activity.as_object_mut(), capability) {
        map.insert("capability".to_owned(), capability.as_str().into());
    }
    activity
}

/// A factory on one's own domain.
pub fn open_factory(domain: &ActorId, name: &str) -> Value {
    json!({"type": "Create", "to": [domain], "object": {"type": "Factory", "name": name}})
}

/// A resource made by a factory.
/// - `kind`: `Repository` or `TicketTracker`
pub fn create(factory: &ActorId, kind: &str, name: &str, summary: Option<&str>, capability: &ActId) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), kind.into());
    object.insert("name".to_owned(), name.into());
    if let Some(summary) = summary {
        object.insert("summary".to_owned(), summary.into());
    }
    let create = json!({"type": "Create", "to": [factory], "origin": factory, "object": object});
    with_capability(create, Some(capability))
}

/// The same `Create` of a resource that not everybody may see, or report to.
/// - `visibility`: `public`, `closed` (everybody sees, nobody reports without a Grant) or `private`
pub fn with_visibility(mut create: Value, visibility: &str) -> Value {
    if let Some(object) = create.get_mut("object").and_then(Value::as_object_mut) {
        object.insert("visibility".to_owned(), visibility.into());
    }
    create
}

/// A follow.
pub fn follow(whom: &ActorId) -> Value {
    json!({"type": "Follow", "to": [whom], "object": whom})
}

/// The end of a follow.
pub fn unfollow(whom: &ActorId, follow: &ActId) -> Value {
    json!({"type": "Undo", "to": [whom], "object": follow})
}

/// A follow of one ticket.
pub fn follow_ticket(tracker: &ActorId, ticket: &str) -> Value {
    json!({"type": "Follow", "to": [tracker], "object": ticket})
}

/// The end of a follow of one ticket, whether it was asked for or came with opening the ticket.
pub fn unfollow_ticket(me: &ActorId, tracker: &ActorId, ticket: &str) -> Value {
    json!({"type": "Undo", "to": [tracker], "object": {"type": "Follow", "actor": me, "object": ticket}})
}

/// A star.
pub fn like(what: &ActorId) -> Value {
    json!({"type": "Like", "to": [what], "object": what})
}

/// A star taken back.
pub fn unlike(what: &ActorId, like: &ActId) -> Value {
    json!({"type": "Undo", "to": [what], "object": like})
}

/// A new ticket. `markdown` is rendered by whoever shows it.
pub fn open_ticket(me: &ActorId, tracker: &ActorId, title: &str, markdown: &str, capability: Option<&ActId>) -> Value {
    let ticket = json!({
        "type": "Ticket",
        "attributedTo": me,
        "summary": escape(title),
        "content": format!("<p>{}</p>", escape(markdown)),
        "mediaType": "text/html",
        "source": {"content": markdown, "mediaType": MARKDOWN},
    });
    let to = [tracker.as_str(), &format!("{tracker}/followers")].map(str::to_owned);
    with_capability(json!({"type": "Offer", "to": to, "object": ticket, "target": tracker}), capability)
}

/// The same, of a ticket with values of fields from the beginning.
/// - `values`: the address of each field with its value, as in [`edit_fields`]
pub fn with_fields(mut offer: Value, values: &[(&str, Value)]) -> Value {
    if !values.is_empty() {
        offer["object"]["customFields"] = values.iter().map(|(field, value)| field_value(field, value)).collect();
    }
    offer
}

/// A comment on a ticket, or an answer to another comment.
pub fn comment(
    tracker: &ActorId,
    ticket: &str,
    in_reply_to: Option<&str>,
    markdown: &str,
    capability: Option<&ActId>,
) -> Value {
    let cc = [format!("{tracker}/followers"), format!("{ticket}/followers")];
    let note = json!({
        "type": "Note",
        "context": ticket,
        "inReplyTo": in_reply_to.unwrap_or(ticket),
        "content": format!("<p>{}</p>", escape(markdown)),
        "mediaType": "text/html",
        "source": {"content": markdown, "mediaType": MARKDOWN},
        "to": [tracker.as_str(), PUBLIC],
        "cc": cc,
    });
    with_capability(json!({"type": "Create", "to": [tracker.as_str(), PUBLIC], "cc": cc, "object": note}), capability)
}

/// The same without everybody among those it is for: what is said of something private is for those who are named. Whose
/// client knows that a tracker is private, says so.
pub fn not_public(mut activity: Value) -> Value {
    fn is_public(one: &Value) -> bool {
        one.as_str().is_some_and(|one| [PUBLIC, "as:Public", "Public"].contains(&one))
    }
    fn strip(map: &mut Map<String, Value>) {
        for term in ["to", "cc", "audience"] {
            match map.get_mut(term) {
                Some(Value::Array(all)) => all.retain(|one| !is_public(one)),
                Some(one) if is_public(one) => drop(map.remove(term)),
                _ => {}
            }
        }
    }
    if let Some(map) = activity.as_object_mut() {
        strip(map);
        if let Some(object) = map.get_mut("object").and_then(Value::as_object_mut) {
            strip(object);
        }
    }
    activity
}

/// A ticket's title and text changed.
pub fn edit_ticket(tracker: &ActorId, ticket: &str, title: &str, markdown: &str, capability: Option<&ActId>) -> Value {
    let object = json!({
        "id": ticket,
        "summary": escape(title),
        "content": format!("<p>{}</p>", escape(markdown)),
        "source": {"content": markdown, "mediaType": MARKDOWN},
    });
    with_capability(json!({"type": "Edit", "to": [tracker], "context": tracker, "object": object}), capability)
}

/// A ticket closed.
pub fn close(tracker: &ActorId, ticket: &str, capability: Option<&ActId>) -> Value {
    let cc = [format!("{tracker}/followers"), format!("{ticket}/followers")];
    with_capability(json!({"type": "Resolve", "to": [tracker], "cc": cc, "object": ticket}), capability)
}

/// A ticket closed by a commit.
/// - `commit`: its address, if it may be known
pub fn close_by_commit(tracker: &ActorId, ticket: &str, commit: Option<&str>, capability: &ActId) -> Value {
    let mut resolve = close(tracker, ticket, Some(capability));
    if let Some(commit) = commit {
        resolve["instrument"] = commit.into();
    }
    resolve
}

/// A ticket reopened.
pub fn reopen(tracker: &ActorId, ticket: &str, capability: Option<&ActId>) -> Value {
    let undo = json!({"type": "Undo", "to": [tracker], "object": {"type": "Resolve", "object": ticket}});
    with_capability(undo, capability)
}

/// A ticket deleted.
pub fn delete_ticket(tracker: &ActorId, ticket: &str, capability: &ActId) -> Value {
    with_capability(json!({"type": "Delete", "to": [tracker], "object": ticket}), Some(capability))
}

/// A ticket given to somebody.
pub fn assign(tracker: &ActorId, ticket: &str, assignee: &ActorId, capability: Option<&ActId>) -> Value {
    let assign = json!({"type": "Assign", "to": [tracker, assignee], "object": assignee, "target": ticket});
    with_capability(assign, capability)
}

/// A ticket taken back from somebody.
pub fn unassign(tracker: &ActorId, ticket: &str, assignee: &ActorId, capability: Option<&ActId>) -> Value {
    let object = json!({"type": "Assign", "object": assignee, "target": ticket});
    with_capability(json!({"type": "Undo", "to": [tracker, assignee], "object": object}), capability)
}

/// A ticket that a team was given, taken in its name by a member who may triage the team. The tracker is told, too.
pub fn take_for_team(team: &ActorId, tracker: &ActorId, assign: &ActId, capability: &ActId) -> Value {
    let cc = [format!("{team}/followers")];
    let accept = json!({"type": "Accept", "to": [team, tracker], "cc": cc, "object": assign});
    with_capability(accept, Some(capability))
}

/// The same turned down.
pub fn decline_for_team(team: &ActorId, assign: &ActId, capability: &ActId) -> Value {
    with_capability(json!({"type": "Reject", "to": [team], "object": assign}), Some(capability))
}

/// A ticket made to wait for another, perhaps of another tracker.
pub fn add_dependency(tracker: &ActorId, ticket: &str, other_tracker: &ActorId, on: &str, capability: &ActId) -> Value {
    let object = json!({
        "type": ["Relationship", "TicketDependency"],
        "subject": ticket,
        "relationship": "dependsOn",
        "object": on,
    });
    let offer = json!({"type": "Offer", "to": [tracker, other_tracker], "target": tracker, "object": object});
    with_capability(offer, Some(capability))
}

/// A dependency removed.
pub fn remove_dependency(tracker: &ActorId, dependency: &str, other_tracker: &ActorId, capability: &ActId) -> Value {
    let delete = json!({"type": "Delete", "to": [tracker, other_tracker], "origin": tracker, "object": dependency});
    with_capability(delete, Some(capability))
}

/// An invitation.
/// - `role`: the word of a role
pub fn invite(resource: &ActorId, invitee: &ActorId, role: &str, capability: &ActId) -> Value {
    let target = format!("{resource}/collaborators");
    let invite = json!({
        "type": "Invite", "to": [resource, invitee], "instrument": role, "object": invitee, "target": target,
    });
    with_capability(invite, Some(capability))
}

/// The same `Invite`, `Join` or `Add` for some time: from when on, until when, and for how long each Grant holds before it is
/// given anew.
pub fn within(mut activity: Value, term: &Term) -> Value {
    let time = |seconds: Option<i64>| seconds.map(|seconds| time(seconds).to_string());
    let lasts = term.lasts_s.map(|lasts_s| format!("PT{lasts_s}S"));
    if let Some(map) = activity.as_object_mut() {
        for (name, value) in [("startTime", time(term.from)), ("endTime", time(term.until)), ("duration", lasts)] {
            map.extend(value.map(|value| (name.to_owned(), value.into())));
        }
    }
    activity
}

/// Yes to an invitation, a follow or an assignment.
pub fn accept(of: &ActId, to: &[&ActorId]) -> Value {
    json!({"type": "Accept", "to": to, "object": of})
}

/// No to an invitation or a follow.
pub fn reject(of: &ActId, to: &[&ActorId]) -> Value {
    json!({"type": "Reject", "to": to, "object": of})
}

/// A wish to join.
pub fn join(resource: &ActorId, role: &str, capability: Option<&ActId>) -> Value {
    let join =
        json!({"type": "Join", "to": [resource], "instrument": role, "object": format!("{resource}/collaborators")});
    with_capability(join, capability)
}

/// Yes to somebody's wish to join, as an admin.
pub fn approve_join(resource: &ActorId, join: &ActId, capability: &ActId) -> Value {
    with_capability(json!({"type": "Accept", "to": [resource], "object": join}), Some(capability))
}

/// A collaborator removed.
pub fn remove(resource: &ActorId, collaborator: &ActorId, capability: &ActId) -> Value {
    let origin = format!("{resource}/collaborators");
    let remove = json!({"type": "Remove", "to": [resource, collaborator], "object": collaborator, "origin": origin});
    with_capability(remove, Some(capability))
}

/// Access given back.
pub fn leave(resource: &ActorId) -> Value {
    json!({"type": "Leave", "to": [resource], "object": resource})
}

/// Grants taken back.
pub fn undo_grants(resource: &ActorId, grants: &[ActId], capability: Option<&ActId>) -> Value {
    with_capability(json!({"type": "Undo", "to": [resource], "object": grants}), capability)
}

/// A resource's name and summary changed.
pub fn edit_resource(resource: &ActorId, name: &str, summary: &str, capability: &ActId) -> Value {
    let object = json!({"id": resource, "name": name, "summary": summary});
    with_capability(json!({"type": "Edit", "to": [resource], "context": resource, "object": object}), Some(capability))
}

/// A resource archived, or taken out of the archive.
pub fn set_archived(resource: &ActorId, archived: bool, capability: &ActId) -> Value {
    let object = json!({"id": resource, "isArchived": archived});
    with_capability(json!({"type": "Edit", "to": [resource], "context": resource, "object": object}), Some(capability))
}

/// A resource shown to more, or to fewer.
/// - `visibility`: `public`, `closed` (everybody sees, nobody reports without a Grant) or `private`
pub fn set_visibility(resource: &ActorId, visibility: &str, capability: &ActId) -> Value {
    let object = json!({"id": resource, "visibility": visibility});
    with_capability(json!({"type": "Edit", "to": [resource], "context": resource, "object": object}), Some(capability))
}

/// Another branch made the default one of a repository.
pub fn set_default_branch(repository: &ActorId, branch: &str, capability: &ActId) -> Value {
    let object = json!({"id": repository, "defaultBranch": branch});
    let edit = json!({"type": "Edit", "to": [repository], "context": repository, "object": object});
    with_capability(edit, Some(capability))
}

/// A resource archived because work goes on at another one of its kind.
pub fn relocate(resource: &ActorId, target: &ActorId, capability: &ActId) -> Value {
    with_capability(json!({"type": "Move", "to": [resource], "origin": resource, "target": target}), Some(capability))
}

/// A comment changed, by its author.
pub fn edit_comment(tracker: &ActorId, comment: &str, markdown: &str) -> Value {
    let object = json!({
        "id": comment,
        "type": "Note",
        "content": format!("<p>{}</p>", escape(markdown)),
        "source": {"content": markdown, "mediaType": MARKDOWN},
    });
    json!({"type": "Edit", "to": [tracker], "context": tracker, "object": object})
}

/// A comment taken back, by its author.
pub fn delete_comment(tracker: &ActorId, comment: &str) -> Value {
    json!({"type": "Delete", "to": [tracker], "object": comment})
}

/// Another's comment taken away, by who maintains the tracker.
pub fn remove_comment(tracker: &ActorId, comment: &str, capability: &ActId) -> Value {
    with_capability(delete_comment(tracker, comment), Some(capability))
}

/// The kinds a factory makes changed.
/// - `kinds`: `Repository` and `TicketTracker`, or fewer
pub fn edit_factory(factory: &ActorId, kinds: &[&str], capability: &ActId) -> Value {
    let object = json!({"id": factory, "availableActorTypes": kinds});
    with_capability(json!({"type": "Edit", "to": [factory], "context": factory, "object": object}), Some(capability))
}

/// A resource deleted.
pub fn delete_resource(resource: &ActorId, capability: &ActId) -> Value {
    with_capability(json!({"type": "Delete", "to": [resource], "object": resource}), Some(capability))
}

fn escape(text: &str) -> String {
    crate::common::wire::escape(text)
}

/// A wish for a link: `peer` is to stand in the collection `owner`/`collection`.
/// - `collection`: such as `components`, `context`, `teams`
/// - `role`: the greatest role that is to come over the link
pub fn add(owner: &ActorId, collection: &str, peer: &ActorId, role: &str, capability: &ActId) -> Value {
    let cc = [format!("{owner}/followers"), format!("{peer}/followers")];
    let target = format!("{owner}/{collection}");
    let add =
        json!({"type": "Add", "to": [owner, peer], "cc": cc, "object": peer, "target": target, "instrument": role});
    with_capability(add, Some(capability))
}

/// A new milestone of a roadmap. `markdown` is rendered by whoever shows it.
/// - `times`: when work on it begins and when it is to be reached, each as a time in RFC 3339
pub fn open_milestone(
    roadmap: &ActorId,
    name: &str,
    markdown: &str,
    times: (Option<&str>, Option<&str>),
    capability: &ActId,
) -> Value {
    let mut milestone = milestone(name, markdown);
    milestone.insert("type".to_owned(), "Milestone".into());
    for (term, time) in [("startTime", times.0), ("endTime", times.1)] {
        if let Some(time) = time {
            milestone.insert(term.to_owned(), time.into());
        }
    }
    let offer = json!({"type": "Offer", "to": [roadmap], "object": milestone, "target": roadmap});
    with_capability(offer, Some(capability))
}

/// The terms of a milestone that say what it is.
pub fn milestone(name: &str, markdown: &str) -> Map<String, Value> {
    let mut terms = Map::new();
    terms.insert("name".to_owned(), name.into());
    terms.insert("content".to_owned(), format!("<p>{}</p>", escape(markdown)).into());
    terms.insert("source".to_owned(), json!({"content": markdown, "mediaType": MARKDOWN}));
    terms
}

/// A milestone changed. It is closed and reopened as a ticket is: see [`close`] and [`reopen`].
/// - `terms`: those that change; a time that is null goes
pub fn edit_milestone(roadmap: &ActorId, milestone: &str, terms: Value, capability: &ActId) -> Value {
    let mut object = terms;
    if let Some(map) = object.as_object_mut() {
        map.insert("id".to_owned(), milestone.into());
    }
    let edit = json!({"type": "Edit", "to": [roadmap], "context": roadmap, "object": object});
    with_capability(edit, Some(capability))
}

/// A milestone deleted.
pub fn delete_milestone(roadmap: &ActorId, milestone: &str, capability: &ActId) -> Value {
    let delete = json!({"type": "Delete", "to": [roadmap], "origin": roadmap, "object": milestone});
    with_capability(delete, Some(capability))
}

/// A new enumeration of a workflow.
/// - `values`: the name of each, and its colour if it has one
pub fn make_enum(
    workflow: &ActorId,
    (name, summary): (&str, &str),
    ordered: bool,
    values: &[(&str, Option<&str>)],
    capability: &ActId,
) -> Value {
    let values: Vec<Value> = values.iter().map(|(name, color)| enum_value(name, "", *color)).collect();
    let values = json!({"type": "OrderedCollection", "totalItems": values.len(), "orderedItems": values});
    let object = json!({
        "type": "Enum", "name": name, "summary": escape(summary), "enumIsOrdered": ordered, "enumValues": values,
    });
    offer_to(workflow, object, capability)
}

fn offer_to(workflow: &ActorId, object: Value, capability: &ActId) -> Value {
    let offer = json!({"type": "Offer", "to": [workflow], "object": object, "target": workflow});
    with_capability(offer, Some(capability))
}

fn enum_value(name: &str, summary: &str, color: Option<&str>) -> Value {
    let mut value = json!({"type": "EnumValue", "name": name, "summary": escape(summary)});
    if let (Some(color), Some(map)) = (color, value.as_object_mut()) {
        map.insert("enumValueColor".to_owned(), color.into());
    }
    value
}

/// Text as the HTML that shows it, for terms that are plain text on the wire.
pub fn escaped(text: &str) -> String {
    escape(text)
}

/// One more value of an enumeration.
pub fn add_value(
    workflow: &ActorId,
    enumeration: &str,
    (name, summary, color): (&str, &str, Option<&str>),
    capability: &ActId,
) -> Value {
    let (value, target) = (enum_value(name, summary, color), format!("{enumeration}/values"));
    with_capability(json!({"type": "Add", "to": [workflow], "object": value, "target": target}), Some(capability))
}

/// A value taken out of its enumeration.
pub fn remove_value(workflow: &ActorId, enumeration: &str, value: &str, capability: &ActId) -> Value {
    let origin = format!("{enumeration}/values");
    with_capability(json!({"type": "Remove", "to": [workflow], "object": value, "origin": origin}), Some(capability))
}

/// A new field of a workflow.
/// - `kind`: such as `fieldTypeText`; `of`: the enumeration, where it is `fieldTypeEnum`
pub fn make_field(
    workflow: &ActorId,
    (name, summary, color): (&str, &str, Option<&str>),
    kind: &str,
    of: Option<&str>,
    capability: &ActId,
) -> Value {
    let mut object = json!({"type": "Field", "name": name, "summary": escape(summary), "fieldType": kind});
    for (term, value) in [("fieldColor", color), ("instrument", of)] {
        if let (Some(value), Some(map)) = (value, object.as_object_mut()) {
            map.insert(term.to_owned(), value.into());
        }
    }
    offer_to(workflow, object, capability)
}

/// An enumeration, one of its values, or a field changed.
/// - `terms`: those that change; a colour that is null goes
pub fn edit_part(workflow: &ActorId, part: &str, terms: Value, capability: &ActId) -> Value {
    edit_milestone(workflow, part, terms, capability)
}

/// An enumeration or a field deleted.
pub fn delete_part(workflow: &ActorId, part: &str, capability: &ActId) -> Value {
    delete_milestone(workflow, part, capability)
}

/// A value or a field moved to stand after another.
/// - `after`: the place of that, counted from 1; 0 is the front
pub fn move_part(workflow: &ActorId, part: &str, after: u64, capability: &ActId) -> Value {
    let moved = json!({"type": "Move", "to": [workflow], "object": part, "targetPositionAfter": after});
    with_capability(moved, Some(capability))
}

/// Values of a ticket's fields changed.
/// - `values`: the address of each field with its new value; null takes it away, `true` is for a field without values
pub fn edit_fields(tracker: &ActorId, ticket: &str, values: &[(&str, Value)], capability: Option<&ActId>) -> Value {
    let values: Vec<Value> = values.iter().map(|(field, value)| field_value(field, value)).collect();
    let object = json!({"id": ticket, "type": "Ticket", "customFields": values});
    with_capability(json!({"type": "Edit", "to": [tracker], "context": tracker, "object": object}), capability)
}

fn field_value(field: &str, value: &Value) -> Value {
    json!({"type": "FieldValue", "context": field, "fieldValue": value})
}

/// A ticket planned for a milestone, or for none.
pub fn set_milestone(tracker: &ActorId, ticket: &str, milestone: Option<&str>, capability: Option<&ActId>) -> Value {
    let object = json!({"id": ticket, "type": "Ticket", "ticketMilestone": milestone});
    with_capability(json!({"type": "Edit", "to": [tracker], "context": tracker, "object": object}), capability)
}

/// A wish to list somebody: a person among the `members` of an organization, a project or component among its `orgAssets`.
pub fn list(organization: &ActorId, collection: &str, whom: &ActorId, capability: &ActId) -> Value {
    let cc = [format!("{organization}/followers"), format!("{whom}/followers")];
    let target = format!("{organization}/{collection}");
    let add = json!({"type": "Add", "to": [organization, whom], "cc": cc, "object": whom, "target": target});
    with_capability(add, Some(capability))
}

/// The end of one's own membership in an organization.
pub fn leave_members(organization: &ActorId) -> Value {
    json!({"type": "Leave", "to": [organization], "object": format!("{organization}/members")})
}

/// Consent to a link that the other side asked for.
/// - `mine`: the actor that the Grant shown is about; `peer`: the other
pub fn agree(add: &ActId, mine: &ActorId, peer: &ActorId, capability: &ActId) -> Value {
    with_capability(json!({"type": "Accept", "to": [mine, peer], "object": add}), Some(capability))
}

/// The same with a no.
pub fn disagree(add: &ActId, mine: &ActorId, peer: &ActorId, capability: &ActId) -> Value {
    with_capability(json!({"type": "Reject", "to": [mine, peer], "object": add}), Some(capability))
}

/// The end of a link.
pub fn remove_link(owner: &ActorId, collection: &str, peer: &ActorId, capability: &ActId) -> Value {
    let origin = format!("{owner}/{collection}");
    with_capability(json!({"type": "Remove", "to": [owner, peer], "object": peer, "origin": origin}), Some(capability))
}

/// How far a team passes access on, by type of resource.
/// - `filter`: an object whose keys are types, whose values are roles or null
pub fn edit_filter(team: &ActorId, filter: Value, capability: &ActId) -> Value {
    let edit = json!({"type": "Edit", "to": [team], "context": team, "object": {"id": team, "roleFilter": filter}});
    with_capability(edit, Some(capability))
}

/// Where tickets about a project go.
pub fn set_tracker(project: &ActorId, tracker: Option<&ActorId>, capability: &ActId) -> Value {
    let object = json!({"id": project, "ticketsTrackedBy": tracker});
    with_capability(json!({"type": "Edit", "to": [project], "context": project, "object": object}), Some(capability))
}

/// A wish that a tracker uses what another actor provides.
/// - `property`: such as `trackerWorkflow`
pub fn attach(tracker: &ActorId, property: &str, provider: &ActorId, capability: &ActId) -> Value {
    let add = json!({"type": "Add", "to": [tracker], "object": provider, "target": format!("{tracker}/{property}")});
    with_capability(add, Some(capability))
}

/// Yes to an invitation of a tracker, as an admin of the tracker.
pub fn agree_to_tie(tracker: &ActorId, invite: &ActId, capability: &ActId) -> Value {
    with_capability(accept(invite, &[tracker]), Some(capability))
}

/// The same with a no.
pub fn disagree_to_tie(tracker: &ActorId, invite: &ActId, capability: &ActId) -> Value {
    with_capability(reject(invite, &[tracker]), Some(capability))
}

/// The end of a tie, from the tracker's side.
pub fn detach(tracker: &ActorId, property: &str, provider: &ActorId, capability: &ActId) -> Value {
    let origin = format!("{tracker}/{property}");
    with_capability(json!({"type": "Remove", "to": [tracker], "object": provider, "origin": origin}), Some(capability))
}
