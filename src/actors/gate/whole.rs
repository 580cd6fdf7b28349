//! Whole: what an activity must have, whoever it is said to, before any call can be made of it. What is not whole is
//! malformed: a client is told at once, another actor by a `Reject`.

use crate::common::wire::read;
use crate::gate::{malformed, one};
use pritchel_actor::{Act, Halt, Refusal, Value};
use pritchel_vocab::text::plain;
use pritchel_vocab::{Activity, ActivityType, Document, Line, Thing};
use serde_json::Map;
use std::sync::Arc;

/// Activities of ActivityStreams for which nothing is done here. They are no objects either: a `Create` of a `Block` would tell
/// whom it is about and block nobody.
///
/// Source: ActivityStreams, "Activity Types".
const NOT_CARRIED: [&str; 12] = [
    "Arrive",
    "Block",
    "Dislike",
    "Flag",
    "Ignore",
    "Listen",
    "Question",
    "Read",
    "TentativeAccept",
    "TentativeReject",
    "Travel",
    "View",
];

/// The activity an act is. Refused: one that cannot be read, or that lacks what its type cannot do without.
pub fn activity(act: &Act) -> Result<Arc<Activity>, Halt> {
    let activity = read(act).ok_or_else(|| unreadable(act))?;
    has_object(&activity)?;
    has_target(&activity)?;
    Ok(activity)
}

/// Why an act cannot be read: what was expected, what was found, and where.
fn unreadable(act: &Act) -> Halt {
    match Document::parse(&act.raw).map(|document| Activity::read(&document)) {
        Ok(Err(wrong)) => malformed(wrong),
        Err(refusal) => malformed(refusal),
        Ok(Ok(_)) => malformed("expected an activity, found another thing"),
    }
}

/// Refuses an activity of a type we know that names nothing it is done to. Of other types we know nothing: they pass.
///
/// Source: ActivityStreams, "Activity Types": none of those we know is intransitive.
fn has_object(activity: &Activity) -> Result<(), Halt> {
    let kind = &activity.kind;
    match activity.object.as_slice() {
        _ if matches!(kind, ActivityType::Other(_)) => Ok(()),
        // ForgeFed moves an actor by its `origin`.
        [] if *kind == ActivityType::Move && activity.origin.is_some() => Ok(()),
        // What deletes a branch brings no commits.
        [] if *kind == ActivityType::Push => Ok(()),
        [] => Err(malformed(format!("expected an `object` in `{kind}`, found none"))),
        // A Grant gives a role, which is a word.
        _ if *kind == ActivityType::Grant => Ok(()),
        objects => match objects.iter().find_map(Thing::word) {
            Some(word) => {
                Err(malformed(format!("expected an address or an object as `object` of `{kind}`, found {word:?}")))
            }
            None => Ok(()),
        },
    }
}

/// Refuses an invitation into nothing.
///
/// Source: ActivityStreams, `Invite`: "an invitation for the object to the target".
fn has_target(activity: &Activity) -> Result<(), Halt> {
    match (&activity.kind, activity.target.as_ref()) {
        (ActivityType::Invite, None) => {
            Err(malformed("expected a `target` in `Invite`, what it is an invitation to, found none"))
        }
        (ActivityType::Invite, Some(target)) if target.uri().is_none() => {
            Err(malformed("expected an address, or an object with one, as `target` of `Invite`, found another thing"))
        }
        _ => Ok(()),
    }
}

/// Whether what a client posted is an activity; else it is an object, which is to be wrapped in a `Create`. Refused: what
/// does not say its type, for it is neither.
pub fn is_activity(posted: &Map<String, Value>) -> Result<bool, Halt> {
    let known = |name: &str| ActivityType::KNOWN.contains(&ActivityType::from_name(name));
    let names: Option<Vec<&str>> = match posted.get("type") {
        Some(Value::String(name)) => Some(vec![name]),
        Some(Value::Array(names)) => names.iter().map(Value::as_str).collect(),
        _ => None,
    };
    match names {
        Some(names) if !names.is_empty() && names.iter().all(|name| !name.is_empty()) => {
            let not_carried = names.iter().find(|name| NOT_CARRIED.contains(name));
            match not_carried.filter(|_| !names.iter().any(|name| known(name))) {
                Some(name) => Err(Refusal::new("not-carried", format!("nothing is done here for a `{name}`")).into()),
                None => Ok(names.into_iter().any(known)),
            }
        }
        _ => Err(malformed(format!("expected a name, or names, as `type`, found {}", found(posted.get("type"))))),
    }
}

/// Whether what a client posted is an activity of one of these kinds by any of its types, however they are written.
pub fn is(posted: &Map<String, Value>, kinds: &[&str]) -> bool {
    let named =
        |name: &Value| name.as_str().is_some_and(|name| kinds.contains(&ActivityType::from_name(name).as_str()));
    match posted.get("type") {
        Some(Value::Array(names)) => names.iter().any(named),
        Some(name) => named(name),
        None => false,
    }
}

/// Refuses an activity of a client's that its receivers could only refuse for what it lacks.
pub fn of_client(activity: &Activity) -> Result<(), Halt> {
    has_object(activity)?;
    has_target(activity)?;
    let kind = &activity.kind;
    let object = activity.object.first().and_then(Thing::obj);
    match kind {
        ActivityType::Follow | ActivityType::Accept | ActivityType::Reject if one(activity).is_none() => {
            let why = "objects without one, or several";
            Err(malformed(format!("expected the address of one thing as `object` of `{kind}`, found {why}")))
        }
        ActivityType::Create
            if activity.object.len() > 1 || object.as_ref().is_none_or(|object| object.types().is_empty()) =>
        {
            Err(malformed("expected one object with a `type` as `object` of `Create`, found another thing"))
        }
        ActivityType::Create => match object.filter(|object| object.is("Note")) {
            Some(note) => match note.text("content").map_err(malformed)? {
                None if note.get("source").is_none() && note.get("contentMap").is_none() => {
                    Err(malformed("expected the note's text as `content`, found none"))
                }
                _ => Ok(()),
            },
            None => Ok(()),
        },
        ActivityType::Offer => match object.filter(|object| object.is("Ticket")) {
            Some(ticket) => match ticket.text("summary").map_err(malformed)? {
                Some(summary) if !summary.trim().is_empty() => is_title(summary),
                _ => Err(malformed("expected the ticket's title as `summary`, found none")),
            },
            None => Ok(()),
        },
        ActivityType::Update => match object.filter(|object| object.is("Ticket")) {
            Some(ticket) => ticket.text("summary").map_err(malformed)?.map_or(Ok(()), is_title),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Refuses what no tracker of ours would take as a ticket's title, before it is sent to one that takes as much and no more.
/// - `summary`: the title as HTML
fn is_title(summary: &str) -> Result<(), Halt> {
    Line::parse(&plain(summary)).map(|_| ()).map_err(|why| malformed(format!("`summary`: {why}")))
}

/// What kind of value stands somewhere, for a refusal.
fn found(value: Option<&Value>) -> &'static str {
    match value {
        None => "none",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "an empty text",
        Some(Value::Array(_)) => "a list that is empty or has others than names",
        Some(Value::Object(_)) => "an object",
    }
}
