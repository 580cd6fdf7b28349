//! Activities: what every one of them has in common, read once into owned fields, with the document beside them.
//! - [`Activity`]: the view; [`ActivityType`]: its kind; [`Thing`]: what it names
//! - [`draft`]: writing one; [`blind`]: taking out the blind audience; [`safe`]: making its HTML safe
//!
//! What an activity *means* depends on its receiver and is found elsewhere; here is only what it says.

pub mod blind;
pub mod draft;
pub mod safe;
pub mod thing;

pub use thing::{Embedded, Thing};

use crate::json::Document;
use crate::object::{Item, Obj, Wrong};
use crate::terms::words;
use crate::time::Seconds;
use crate::uri::actor::ActorUri;
use crate::uri::{PUBLIC, Uri};
use serde_json::Value;

words! {
    /// The kind of an activity: those ForgeFed uses by name, every other by its text.
    pub enum ActivityType {
        /// ActivityStreams: a yes to what `object` names.
        Accept = "Accept",
        /// ActivityStreams: put `object` into the collection `target`.
        Add = "Add",
        /// ActivityStreams: pass on, or tell that something is under way.
        Announce = "Announce",
        /// ForgeFed: merge.
        Apply = "Apply",
        /// ForgeFed: give a ticket to somebody.
        Assign = "Assign",
        /// ActivityStreams: a new object.
        Create = "Create",
        /// ActivityStreams: an object is gone or shall go.
        Delete = "Delete",
        /// ForgeFed: change some fields.
        Edit = "Edit",
        /// ActivityStreams: ask to be told.
        Follow = "Follow",
        /// ForgeFed: give access.
        Grant = "Grant",
        /// ActivityStreams: offer access.
        Invite = "Invite",
        /// ActivityStreams: ask for access.
        Join = "Join",
        /// ActivityStreams: give access back.
        Leave = "Leave",
        /// ActivityStreams: a star.
        Like = "Like",
        /// ActivityStreams: somewhere else, or at another place in an order.
        Move = "Move",
        /// ActivityStreams: ask that an object be taken in.
        Offer = "Offer",
        /// ForgeFed: refs of a repository have moved.
        Push = "Push",
        /// ActivityStreams: a no to what `object` names.
        Reject = "Reject",
        /// ActivityStreams: take `object` out of the collection `origin`.
        Remove = "Remove",
        /// ForgeFed: close.
        Resolve = "Resolve",
        /// ForgeFed: take access back.
        Revoke = "Revoke",
        /// ActivityStreams: take an earlier activity back.
        Undo = "Undo",
        /// ActivityStreams: an object has changed.
        Update = "Update",
    }
}

/// One activity, read. Fields hold what it says, nothing is believed yet: its actor is who it claims to be from.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// Its address. Forgejo's `Like` has none; see [`id_less`](crate::id_less).
    pub id: Option<Uri>,
    /// What is done.
    pub kind: ActivityType,
    /// Who does it: exactly one.
    pub actor: ActorUri,
    /// What it is done to.
    pub object: Vec<Thing>,
    /// Where to, or for whom. Where an `Invite` names several, the first of them.
    pub target: Option<Thing>,
    /// All that an `Invite` names: the approvals of people and those of teams, where both are asked. Of any other activity
    /// its one target.
    pub targets: Vec<Thing>,
    /// Where from.
    pub origin: Option<Thing>,
    /// By what means; a role in `Invite` and `Join`.
    pub instrument: Option<Thing>,
    /// What came of it.
    pub result: Vec<Thing>,
    /// What it belongs to; the resource in a `Grant`. Left out if it is a text that is no address: Pleroma puts the `tag:`
    /// name of a conversation here.
    pub context: Option<Thing>,
    /// The Grant it invokes. Given as an address or as a Grant written out, of which only the `id` counts.
    pub capability: Option<Uri>,
    /// The earlier activities it carries out.
    pub fulfills: Vec<Uri>,
    /// Primary audience. Addressees that are no web addresses are left out: nobody could deliver to them.
    pub to: Vec<Uri>,
    /// Secondary audience.
    pub cc: Vec<Uri>,
    /// Whom the object is meant for; another part of the audience.
    pub audience: Vec<Uri>,
    /// Blind primary audience: for a client's outbox only, never sent on. See [`blind::without_blind`].
    pub bto: Vec<Uri>,
    /// Blind secondary audience.
    pub bcc: Vec<Uri>,
    /// When it begins to hold; for Forgejo's `Like`, when it was made.
    pub start_time: Option<Seconds>,
    /// When it ends to hold.
    pub end_time: Option<Seconds>,
    /// When it was published.
    pub published: Option<Seconds>,
    /// One line of HTML, not yet sanitised.
    pub summary: Option<String>,
    /// HTML, not yet sanitised.
    pub content: Option<String>,
    /// The whole activity with its bytes.
    pub document: Document,
}

impl Activity {
    /// Reads a document as an activity. Refused: no type, two types we know, no actor or several, and terms of the wrong kind.
    pub fn read(document: &Document) -> Result<Self, Wrong> {
        let obj = document.obj();
        let things = |term| Thing::read_all(&obj, term);
        let thing = |term| Thing::read_one(&obj, term);
        let text = |term| -> Result<Option<String>, Wrong> { Ok(obj.text(term)?.map(str::to_owned)) };
        let kind = if is_older_edit(&obj) { ActivityType::Edit } else { kind(&obj)? };
        let targets = match kind {
            ActivityType::Invite => things("target")?,
            _ => thing("target")?.into_iter().collect(),
        };
        Ok(Self {
            id: obj.id()?,
            kind,
            actor: actor(&obj, "actor")?,
            object: things("object")?,
            target: targets.first().cloned(),
            targets,
            origin: thing("origin")?,
            instrument: thing("instrument")?,
            result: things("result")?,
            context: loose_context(&obj)?,
            capability: obj.uri("capability")?,
            fulfills: obj.uris("fulfills")?,
            to: audience(&obj, "to")?,
            cc: audience(&obj, "cc")?,
            audience: audience(&obj, "audience")?,
            bto: audience(&obj, "bto")?,
            bcc: audience(&obj, "bcc")?,
            start_time: obj.time("startTime")?,
            end_time: obj.time("endTime")?,
            published: obj.time("published")?,
            summary: text("summary")?,
            content: text("content")?,
            document: document.clone(),
        })
    }

    /// The one thing it is done to. None and several are refused.
    pub fn only_object(&self) -> Result<&Thing, Wrong> {
        match self.object.as_slice() {
            [only] => Ok(only),
            several => Err(Wrong::new("/object", "one", several.len().to_string())),
        }
    }

    /// The address of the one thing it is done to.
    pub fn object_uri(&self) -> Result<&Uri, Wrong> {
        let expected = || self.document.obj().wrong("object", "an address, or an object with one");
        self.only_object()?.uri().ok_or_else(expected)
    }

    /// Everybody it is openly addressed to, each once, in the order given; without "everybody".
    pub fn addressees(&self) -> Vec<&Uri> {
        let mut seen = std::collections::HashSet::new();
        let all = self.to.iter().chain(&self.cc).chain(&self.audience);
        all.filter(|uri| !uri.is_public() && seen.insert(*uri)).collect()
    }

    /// Whether it is addressed to everybody.
    pub fn is_public(&self) -> bool {
        self.to.iter().chain(&self.cc).chain(&self.audience).any(Uri::is_public)
    }
}

/// The one kind among the types of an object.
fn kind(obj: &Obj<'_>) -> Result<ActivityType, Wrong> {
    let kinds: Vec<ActivityType> = obj.types().into_iter().map(ActivityType::from_name).collect();
    let mut known = kinds.iter().filter(|kind| !matches!(kind, ActivityType::Other(_)));
    match (known.next(), known.next()) {
        (Some(_), Some(_)) => Err(obj.wrong("type", "one type of activity")),
        (Some(kind), None) => Ok(kind.clone()),
        (None, _) => kinds.into_iter().next().ok_or_else(|| obj.wrong("type", "a type of activity")),
    }
}

/// Whether this is an `Edit` by its older name: a `Patch` of an object that is written out with its address. The patch that a merge
/// request offers has the same type, a text, and no `object`.
///
/// Source: ForgeFed, which had `Patch` before `Edit`.
pub fn is_older_edit(obj: &Obj<'_>) -> bool {
    let has_address = |object: &Obj<'_>| matches!(object.id(), Ok(Some(_)));
    obj.is("Patch") && matches!(obj.one("object"), Ok(Some(Item::Embedded(object))) if has_address(&object))
}

/// The context of an activity, if it is one that can be read.
fn loose_context(obj: &Obj<'_>) -> Result<Option<Thing>, Wrong> {
    match obj.get("context") {
        Some(Value::String(text)) if Uri::parse(text).is_err() => Ok(None),
        _ => obj.one("context")?.as_ref().map(Thing::read).transpose(),
    }
}

/// The one actor a term must name.
pub(crate) fn actor(obj: &Obj<'_>, term: &str) -> Result<ActorUri, Wrong> {
    ActorUri::try_from(obj.need_uri(term)?).map_err(|why| obj.wrong(term, why.to_string()))
}

/// The one actor a term may name.
pub(crate) fn maybe_actor(obj: &Obj<'_>, term: &str) -> Result<Option<ActorUri>, Wrong> {
    let actor = obj.uri(term)?.map(ActorUri::try_from).transpose();
    actor.map_err(|why| obj.wrong(term, why.to_string()))
}

/// Addressees. Other kinds of address (`bear:`, `mailto:`) are left out rather than refused with the whole activity.
pub(crate) fn audience(obj: &Obj<'_>, term: &str) -> Result<Vec<Uri>, Wrong> {
    let address = |value: &Value| match value {
        Value::String(text) if matches!(text.as_str(), PUBLIC | "as:Public" | "Public") => Ok(Some(Uri::public())),
        Value::String(text) => Ok(Uri::parse(text).ok()),
        Value::Object(map) => Obj::new(map).id(),
        Value::Null => Ok(None),
        _ => Err(obj.wrong(term, "addresses")),
    };
    match obj.get(term) {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values.iter().filter_map(|value| address(value).transpose()).collect(),
        Some(value) => Ok(address(value)?.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests;
