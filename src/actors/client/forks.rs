//! What a person's client posts about forks, mirrors and copies of trackers.

use super::{create, with_capability, with_visibility};
use pritchel_actor::{ActId, ActorId};
use serde_json::{Value, json};

/// A repository made by a factory as a copy of another one, here or on another server. What is private is told to nobody else.
/// - `visibility`: `public`, `closed` or `private`
pub fn fork(factory: &ActorId, origin: &ActorId, name: &str, visibility: &str, capability: &ActId) -> Value {
    let mut create = with_visibility(create(factory, "Repository", name, None, capability), visibility);
    create["object"]["origin"] = origin.as_str().into();
    if visibility != "private" {
        create["to"] = json!([factory, origin]);
    }
    create
}

/// A repository made by a factory that begins with what git finds at an address, which is of no actor.
pub fn import(factory: &ActorId, url: &str, name: &str, visibility: &str, capability: &ActId) -> Value {
    begun_with(with_visibility(create(factory, "Repository", name, None, capability), visibility), url)
}

/// The same `Create` of a repository that begins with what git finds at an address.
pub fn begun_with(mut create: Value, url: &str) -> Value {
    create["object"]["origin"] = json!({"type": "Link", "href": url});
    create
}

/// A fork that is kept as its origin is.
pub fn mirror(factory: &ActorId, origin: &ActorId, name: &str, visibility: &str, capability: &ActId) -> Value {
    let mut create = fork(factory, origin, name, visibility, capability);
    create["object"]["mirrors"] = origin.as_str().into();
    create
}

/// A tracker of tickets made by a factory as a copy of one on another server.
/// - `visibility`: `public`, `closed` or `private`
pub fn migrate(factory: &ActorId, origin: &ActorId, name: &str, visibility: &str, capability: &ActId) -> Value {
    let mut create = with_visibility(create(factory, "TicketTracker", name, None, capability), visibility);
    create["object"]["origin"] = origin.as_str().into();
    if visibility != "private" {
        create["to"] = json!([factory, origin]);
    }
    create
}

/// The same from a document in F3 that lies somewhere on the web.
pub fn migrate_archive(factory: &ActorId, href: &str, name: &str, visibility: &str, capability: &ActId) -> Value {
    let mut create = with_visibility(create(factory, "TicketTracker", name, None, capability), visibility);
    create["object"]["origin"] = json!({"type": "Link", "href": href});
    create
}

/// How often a mirror looks.
pub fn edit_mirror(repository: &ActorId, every_s: i64, capability: &ActId) -> Value {
    edit(repository, json!({"id": repository, "mirrorEvery": every_s}), capability)
}

/// A mirror that is one no more.
pub fn end_mirror(repository: &ActorId, capability: &ActId) -> Value {
    edit(repository, json!({"id": repository, "mirrors": null}), capability)
}

fn edit(repository: &ActorId, object: Value, capability: &ActId) -> Value {
    let edit = json!({"type": "Edit", "to": [repository], "context": repository, "object": object});
    with_capability(edit, Some(capability))
}
