//! A client's words as they become the person's: in nobody else's name, without blind addressees, and without what only the
//! server says of a person.

use crate::common::text::{Html, Line};
use crate::common::wire::{time, without_context};
use crate::gate::malformed;
use crate::gate::whole::is;
use crate::person::rows::{NOTES, NOTES_CHANGED};
use crate::person::wire;
use pritchel_actor::{ActId, ActorId, Halt, Refusal, Turn, Value, demand};
use serde_json::Map;

/// Terms by which another server learns where an actor is reached and how it signs: whoever could say them in a person's name
/// could take the person over.
const OF_THE_SERVER: [&str; 7] =
    ["publicKey", "publicKeyPem", "assertionMethod", "authentication", "inbox", "outbox", "endpoints"];

/// Terms of a note that no change of it changes.
const FIXED_OF_A_NOTE: [&str; 6] = ["id", "type", "attributedTo", "published", "context", "inReplyTo"];

/// Terms of an `Update` of oneself that say nothing new.
const KNOWN_OF_ONESELF: [&str; 4] = ["id", "type", "@context", "updated"];

/// What an `Update` of the person says of them; what is `None` stays.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Profile {
    /// What they call themselves, if anything.
    pub display_name: Option<Option<Line>>,
    /// What they say of themselves, if anything.
    pub summary: Option<Option<Html>>,
    /// Whether followers wait for approval.
    pub approves_followers: Option<bool>,
}

/// Makes the objects in an activity the person's own. Blind addressees are taken out of them: they are told, never named.
/// Refused: what another is said to have written, and what only the server says of an actor.
///
/// Source: ActivityPub, "Client to Server Interactions" and "Delivery".
pub fn own(activity: &mut Map<String, Value>, me: &ActorId) -> Result<(), Halt> {
    with_one_object(activity);
    let (deletes, makes) = (is(activity, &["Delete"]), is(activity, &["Create"]));
    let writes = makes || is(activity, &["Offer", "Update", "Edit"]);
    for value in activity.values_mut() {
        within(value)?;
    }
    let Some(object) = activity.get_mut("object") else { return Ok(()) };
    demand(!deletes || id_of(object) != Some(me.as_str()), || {
        Refusal::new("not-by-clients", "an account is not deleted by an activity")
    })?;
    let Some(object) = object.as_object_mut() else { return Ok(()) };
    if !writes {
        return Ok(());
    }
    with_one_type(object);
    for term in ["actor", "attributedTo"] {
        demand(object.get(term).is_none_or(|value| id_of(value) == Some(me.as_str())), || {
            Refusal::new("not-oneself", format!("`{term}` of the object is another than {me}"))
        })?;
    }
    if makes {
        // Where a thing is kept is not for its author to say.
        object.remove("id");
    }
    Ok(())
}

fn within(value: &mut Value) -> Result<(), Halt> {
    match value {
        Value::Array(values) => values.iter_mut().try_for_each(within),
        Value::Object(map) => {
            if let Some(term) = map.keys().find(|term| OF_THE_SERVER.contains(&short(term))) {
                let why = format!("`{term}` of an actor is said by its server, not by a client");
                return Err(Refusal::new("not-by-clients", why).into());
            }
            map.retain(|term, _| !["bto", "bcc"].contains(&short(term)));
            map.values_mut().try_for_each(within)
        }
        _ => Ok(()),
    }
}

/// The term, whether it stands as itself, with a prefix, or as an address.
fn short(term: &str) -> &str {
    term.rsplit(['#', '/', ':']).next().unwrap_or(term)
}

/// The one type of a thing: a list of one is as good as its member, and is made so.
pub fn with_one_type(thing: &mut Map<String, Value>) {
    if let Some(Value::Array(names)) = thing.get_mut("type")
        && names.len() == 1
        && let Some(name) = names.pop()
    {
        thing.insert("type".to_owned(), name);
    }
}

/// The same for what an activity is about.
fn with_one_object(activity: &mut Map<String, Value>) {
    if let Some(Value::Array(objects)) = activity.get_mut("object")
        && objects.len() == 1
        && let Some(object) = objects.pop()
    {
        activity.insert("object".to_owned(), object);
    }
}

/// The address of a thing, whole or named.
fn id_of(thing: &Value) -> Option<&str> {
    thing.as_str().or_else(|| thing.get("id")?.as_str())
}

/// What an `Update` of oneself changes of the profile; none if it is about something else. What is said to others is then
/// only whom it is about: they look.
pub fn profile(activity: &mut Map<String, Value>, me: &ActorId) -> Result<Option<Profile>, Halt> {
    if !is(activity, &["Update", "Edit"]) {
        return Ok(None);
    }
    let Some(object) = activity.get("object").filter(|object| id_of(object) == Some(me.as_str())) else {
        return Ok(None);
    };
    let mut profile = Profile::default();
    for (term, value) in object.as_object().into_iter().flatten() {
        let text = || match value {
            Value::Null => Ok(None),
            Value::String(text) if text.trim().is_empty() => Ok(None),
            Value::String(text) => Ok(Some(text.as_str())),
            _ => Err(malformed(format!("expected a text or null as `{term}`, found another thing"))),
        };
        match (term.as_str(), value) {
            ("name", _) => {
                profile.display_name = Some(text()?.map(Line::parse).transpose().map_err(malformed)?);
            }
            ("summary", _) => profile.summary = Some(text()?.map(Html::sanitise).transpose().map_err(malformed)?),
            ("manuallyApprovesFollowers", Value::Bool(approves)) => profile.approves_followers = Some(*approves),
            (known, _) if KNOWN_OF_ONESELF.contains(&known) => {}
            _ => {
                let why = format!(
                    "`{term}` of oneself is not changed so; `name`, `summary`, `manuallyApprovesFollowers` are"
                );
                return Err(Refusal::new("not-editable", why).into());
            }
        }
    }
    activity.insert("object".to_owned(), me.as_str().into());
    if !["to", "cc", "bto", "bcc", "audience"].iter().any(|term| activity.contains_key(*term)) {
        activity.insert("to".to_owned(), "https://www.w3.org/ns/activitystreams#Public".into());
        activity.insert("cc".to_owned(), format!("{me}/followers").into());
    }
    Ok(Some(profile))
}

/// Makes the change of a note of the person's a whole note: the last one with what the client changes; `null` takes a term
/// away. Clients say what changes, servers are told what is.
///
/// Source: ActivityPub, "Update Activity", for clients and for servers.
pub fn whole_note(turn: &mut Turn<'_>, activity: &mut Map<String, Value>) -> Result<(), Halt> {
    if !is(activity, &["Update", "Edit"]) {
        return Ok(());
    }
    let notes = format!("{}/notes/", turn.me());
    let now = time(turn.now()).to_string();
    let Some(object) = activity.get_mut("object").and_then(Value::as_object_mut) else { return Ok(()) };
    let Some(key) = object.get("id").and_then(Value::as_str).and_then(|id| id.strip_prefix(&notes)) else {
        return Ok(());
    };
    let key = key.to_owned();
    let Some(create) = NOTES.get(turn, &key)? else { return Ok(()) };
    let mut whole = object_of(turn, &create)?;
    match NOTES_CHANGED.get(turn, &key)? {
        Some(change) if change.deleted => return Ok(()),
        Some(change) => whole.extend(object_of(turn, &change.act)?),
        None => {}
    }
    if object.contains_key("content") && !object.contains_key("source") {
        // It was the source of another text.
        whole.remove("source");
    }
    for (term, value) in std::mem::take(object) {
        match value {
            _ if FIXED_OF_A_NOTE.contains(&term.as_str()) => {}
            Value::Null => drop(whole.remove(&term)),
            value => drop(whole.insert(term, value)),
        }
    }
    whole.insert("updated".to_owned(), now.into());
    *object = whole;
    Ok(())
}

/// Writes the `Follow` of an actor out where the person answers it or takes it back: some servers understand no other, Forgejo among
/// them. What else is followed, such as a ticket, only such servers keep as understand its address.
pub fn with_follow_written_out(turn: &mut Turn<'_>, activity: &mut Map<String, Value>) -> Result<(), Halt> {
    if !is(activity, &["Accept", "Reject", "Undo"]) {
        return Ok(());
    }
    let Some(of) = activity.get("object").and_then(Value::as_str).map(ActId::new) else { return Ok(()) };
    // Only what the person has said, or was sent: nobody learns of others' acts by naming them.
    if !turn.look().published(&of)? && turn.look().seen(&of)?.is_none() {
        return Ok(());
    }
    let Some(act) = turn.known_act(&of)? else { return Ok(()) };
    if wire::follows_an_actor(&act, turn.me()) {
        activity.insert("object".to_owned(), without_context(&act.body));
    }
    Ok(())
}

fn object_of(turn: &mut Turn<'_>, act: &ActId) -> Result<Map<String, Value>, Halt> {
    let act = turn.known_act(act)?;
    Ok(act.and_then(|act| act.body.get("object")?.as_object().cloned()).unwrap_or_default())
}
