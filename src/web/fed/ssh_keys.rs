//! SSH keys as documents: those of people here, and as actors of other servers list theirs.
//!
//! Source: ForgeFed, "SSH Key", "sshKey".

use crate::answer::{WebError, WebResult};
use crate::fed::document;
use crate::fed::near::Near;
use crate::fed::shown::{Shown, or_tombstone};
use crate::powers::Bringing;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::Person;
use pritchel_actors::person::rows::SshKey;
use pritchel_actors::person::view::ViewSshKeys;
use pritchel_actors::person::wire::ssh_key;
use pritchel_vocab::{Obj, SshKeyItem, SshPublicKey};

/// A key in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Its text.
    Content(String),
    /// Where it is to be had.
    At(String),
}

/// The keys that the document of an actor lists as its own.
pub fn listed(document: &Value, actor: &ActorId) -> Vec<Listed> {
    let Some(map) = document.as_object() else { return Vec::new() };
    let keys = SshKeyItem::read_all(&Obj::new(map)).into_iter();
    keys.filter_map(|item| match item {
        SshKeyItem::Key(key) => is_of(&key, actor).then_some(Listed::Content(key.content)),
        SshKeyItem::Uri(uri) => Some(Listed::At(uri.as_str().to_owned())),
    })
    .collect()
}

/// The text of a key that is a document of its own, if it says that it is this actor's.
pub fn content_of(document: &Value, actor: &ActorId) -> Option<String> {
    let key = SshPublicKey::read(&Obj::new(document.as_object()?)).ok()?;
    (key.attributed_to.is_some() && is_of(&key, actor)).then_some(key.content)
}

/// Whether a key says no other owner.
fn is_of(key: &SshPublicKey, actor: &ActorId) -> bool {
    key.attributed_to.as_ref().is_none_or(|owner| owner.as_str() == actor.as_str())
}

/// A person's key as their document has it.
pub fn written(person: &ActorId, fingerprint: &str, key: &SshKey) -> WebResult<SshPublicKey> {
    ssh_key(person, fingerprint, key).map_err(WebError::broken)
}

/// The key that a patch tracker merges with into repositories of other servers. It has no address of its own.
pub fn of_tracker(tracker: &ActorId, content: String) -> WebResult<SshPublicKey> {
    let owner = pritchel_vocab::Uri::parse(tracker.as_str()).map_err(WebError::broken)?;
    Ok(SshPublicKey { id: None, attributed_to: Some(owner), published: None, name: Some("merges".to_owned()), content })
}

/// `GET /people/{key}/ssh-keys/{fingerprint}`: one key.
pub async fn one(
    Bringing(front): Bringing,
    near: Near,
    Path((_, fingerprint)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let keys = front.node.look::<Person, _>(&near.id, &ViewSshKeys).await?;
        let key = keys.iter().find(|(own, _)| *own == fingerprint).ok_or_else(WebError::not_found)?;
        let what = written(&near.id, &key.0, &key.1)?.to_document();
        Ok(document::answer(&headers, &Shown { what, to_all: true }))
    };
    or_tombstone(&near, found.await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_that_say_another_owner_are_not_the_actors() {
        let actor = ActorId::from("https://b.example/people/bob");
        let key = |owner: Value| json!({"type": "SshPublicKey", "content": "ssh-ed25519 AAAA", "attributedTo": owner});
        let (own, other) = (key(json!(actor)), key(json!("https://c.example/people/carol")));
        let mut unsaid = own.clone();
        unsaid.as_object_mut().unwrap().remove("attributedTo");
        let content = || Listed::Content("ssh-ed25519 AAAA".to_owned());
        #[rustfmt::skip]
        let rows = [
            (json!([own]),                          vec![content()]),
            (json!([other]),                        vec![]),
            (json!(unsaid),                         vec![content()]),
            (json!("https://b.example/keys/1"),     vec![Listed::At("https://b.example/keys/1".to_owned())]),
        ];
        for (keys, expected) in rows {
            assert_eq!(listed(&json!({"id": actor, "sshKey": keys}), &actor), expected, "{keys}");
        }
        assert!(content_of(&own, &actor).is_some());
        assert_eq!(content_of(&other, &actor), None);
        assert_eq!(content_of(&unsaid, &actor), None, "by itself a key has to say whose it is");
        assert_eq!(listed(&json!([]), &actor), []);
    }
}
