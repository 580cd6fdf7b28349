//! Notes in the acts that carry them, as their author has left them: whoever reads a `Create` today is not shown a text that was
//! changed or taken back since. What was delivered, and is kept and signed, stays as it was sent.
//!
//! Source: ActivityPub, "Delete Activity": a deleted object may be replaced with a `Tombstone`. That acts name it so is ours.

use crate::answer::WebResult;
use crate::fed::near::Kind;
use crate::ports::Front;
use pritchel_actor::{Act, ViewError};
use pritchel_actors::Person;
use pritchel_actors::person::view::NoteOf;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The terms that are a note's text, with whom it names.
const TEXT: [&str; 6] = ["content", "source", "mediaType", "summary", "name", "tag"];
/// The same in several languages, which an edit replaces with the text.
const TRANSLATED: [&str; 3] = ["contentMap", "summaryMap", "nameMap"];
/// What vouches for the bytes that were sent, and not for others.
const PROOFS: [&str; 2] = ["proof", "signature"];

/// An act as it is shown: with its note as that stands now, if it carries one of its author's that was changed since.
pub async fn as_it_stands(front: &Front, act: Arc<Act>) -> WebResult<Arc<Act>> {
    let body = body_as_it_stands(front, &act).await?;
    Ok(body.map_or_else(|| act.clone(), |body| Arc::new(Act::made(act.id.clone(), act.author.clone(), body))))
}

/// The body of an act as it is shown; `None`: as it was sent.
pub async fn body_as_it_stands(front: &Front, act: &Act) -> WebResult<Option<Value>> {
    let Some(key) = note_in(front, act) else { return Ok(None) };
    let found = match front.node.look::<Person, _>(&act.author, &NoteOf { key }).await {
        Err(ViewError::NoActor) => return Ok(None),
        looked => looked?,
    };
    let Some((_, Some(change))) = found else { return Ok(None) };
    let said = front.ports.act(change.act).await?;
    let mut body = (*act.body).clone();
    let Some(note) = body.get_mut("object").and_then(Value::as_object_mut) else { return Ok(None) };
    match said {
        said if change.deleted => *note = tombstone(note, said.as_deref()),
        Some(said) if said.id != act.id => change_text(note, &said),
        _ => return Ok(None),
    }
    if let Some(body) = body.as_object_mut() {
        body.retain(|term, _| !PROOFS.contains(&term.as_str()));
    }
    Ok(Some(body))
}

/// The last part of the address of the note that an act carries, if that is its author's own, and its author a person of ours.
fn note_in(front: &Front, act: &Act) -> Option<String> {
    let id = act.body.get("object")?.get("id")?.as_str()?;
    let key = id.strip_prefix(act.author.as_str())?.strip_prefix("/notes/")?;
    (Kind::of(&front.settings, &act.author) == Some(Kind::Person)).then(|| key.to_owned())
}

/// What stands in the place of a note that its author has deleted.
fn tombstone(note: &Map<String, Value>, delete: Option<&Act>) -> Map<String, Value> {
    let deleted = delete.and_then(|delete| delete.body.get("published"));
    let terms = [("id", note.get("id")), ("formerType", note.get("type")), ("deleted", deleted)];
    let terms = terms.into_iter().filter_map(|(term, value)| Some((term.to_owned(), value?.clone())));
    terms.chain([("type".to_owned(), json!("Tombstone"))]).collect()
}

/// The text of a note as its author has changed it. Whom it is for and what it answers stay as they were.
pub fn change_text(note: &mut Map<String, Value>, edit: &Act) {
    let object = edit.body.get("object").and_then(Value::as_object);
    if object.is_some_and(|object| object.contains_key("content")) {
        // Its source is that of the text before, unless the edit brings another.
        note.remove("source");
        note.retain(|term, _| !TRANSLATED.contains(&term.as_str()));
    }
    // An edit is told as the whole note; only those of before say no more than what changes.
    let whole = object.is_some_and(|object| object.contains_key("published"));
    for term in TEXT {
        match object.and_then(|object| object.get(term)) {
            Some(text) => drop(note.insert(term.to_owned(), text.clone())),
            None if whole => drop(note.remove(term)),
            None => {}
        }
    }
    if let Some(at) = edit.body.get("published") {
        note.insert("updated".to_owned(), at.clone());
    }
}
