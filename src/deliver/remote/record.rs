//! A remote actor as it is kept: the few parts of its document that delivery needs, keys as text. In memory the keys are
//! parsed.

use pritchel_actor::{ActorId, Seconds};
use pritchel_vocab::{ActorDoc, ActorKey, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hosts::origin_of;
use crate::key::PublicKey;
use crate::webfinger::Acct;

const VERSION: u16 = 1;

/// A remote actor with its keys parsed.
#[derive(Clone, Debug)]
pub struct RemoteActor {
    /// Its address.
    pub id: ActorId,
    /// Its types.
    pub types: Vec<String>,
    /// Where it is written to.
    pub inbox: Option<Uri>,
    /// Where its whole server is written to.
    pub shared_inbox: Option<Uri>,
    /// The collection of its followers.
    pub followers: Option<Uri>,
    /// Its name before the `@`.
    pub username: Option<String>,
    /// The name with a host by which it wants to be called, `name@host`.
    pub webfinger: Option<String>,
    /// Whether the host of that name says that it is this actor's; `None`: it was not asked yet.
    pub webfinger_holds: Option<bool>,
    /// When it was fetched.
    pub fetched_at: Seconds,
    /// Whether it has said since then that it has changed.
    pub is_stale: bool,
    keys: Vec<(Uri, PublicKey)>,
    proof_keys: Vec<(Uri, PublicKey)>,
}

impl RemoteActor {
    /// Scheme, host and port of its address.
    pub fn origin(&self) -> String {
        origin_of(self.id.as_str())
    }

    /// The key of this id with which it may sign requests.
    pub fn key(&self, id: &Uri) -> Option<PublicKey> {
        find(&self.keys, id).or_else(|| find(&self.proof_keys, id))
    }

    /// The key of this id with which it may sign documents.
    pub fn proof_key(&self, id: &Uri) -> Option<PublicKey> {
        find(&self.proof_keys, id)
    }

    /// Whether it speaks for its whole server. Anybody may be an `Application` somewhere, so its address or name must say it
    /// too: that of Forgejo and Mastodon, or the host as its name (FEP-2677).
    pub fn is_instance(&self) -> bool {
        let Ok(uri) = Uri::parse(self.id.as_str()) else { return false };
        let plain = matches!(uri.path(), "/actor" | "/api/v1/activitypub/actor" | "/api/activitypub/actor");
        let host = uri.origin();
        let named = self.username.as_deref().is_some_and(|name| name == host.host || name == host.authority());
        self.types == ["Application"] && (plain || named)
    }
}

fn find(keys: &[(Uri, PublicKey)], id: &Uri) -> Option<PublicKey> {
    keys.iter().find(|(own, _)| own == id).map(|(_, key)| key.clone())
}

/// A remote actor as a record.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    v: u16,
    id: ActorId,
    types: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inbox: Option<Uri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared_inbox: Option<Uri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    followers: Option<Uri>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webfinger: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webfinger_holds: Option<bool>,
    fetched_at: Seconds,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
    /// Id and PEM.
    keys: Vec<(Uri, String)>,
    /// Id and Multikey.
    proof_keys: Vec<(Uri, String)>,
}

impl Record {
    /// What is kept of a document. Keys that say they are somebody else's, or lie on another server, are left out.
    pub fn of(doc: &ActorDoc, fetched_at: Seconds) -> Self {
        let own = |owner: &Uri, key: &Uri| owner == doc.id.as_uri() && key.origin() == doc.id.origin();
        let pem = |key: &ActorKey| match key {
            ActorKey::Key(key) if own(&key.owner, &key.id) => Some((key.id.clone(), key.pem.clone())),
            _ => None,
        };
        let proof_keys = doc.assertion_method.iter().filter(|key| own(&key.controller, &key.id));
        Self {
            v: VERSION,
            id: ActorId::new(doc.id.as_str()),
            types: doc.types.clone(),
            inbox: doc.inbox.clone(),
            shared_inbox: doc.endpoints.shared_inbox.clone(),
            followers: doc.followers.clone(),
            username: doc.preferred_username.clone(),
            webfinger: doc.webfinger.clone().filter(|name| Acct::parse(name).is_ok()),
            webfinger_holds: None,
            fetched_at,
            stale: false,
            keys: doc.public_key.iter().filter_map(pem).collect(),
            proof_keys: proof_keys.map(|key| (key.id.clone(), key.multibase.clone())).collect(),
        }
    }

    /// A record as it is kept once the host of its name was asked whose that is; `None` for what is no record of an actor, or
    /// speaks of another name by now.
    pub fn name_asked(value: Value, name: Option<&str>, holds: bool) -> Option<Self> {
        let record: Self = serde_json::from_value(value).ok()?;
        let same = record.v <= VERSION && record.webfinger.as_deref() == name;
        same.then_some(Self { webfinger_holds: Some(holds), ..record })
    }

    /// A record as it is kept once its actor has said that it has changed; `None` for what is no record of an actor.
    pub fn stale(value: Value) -> Option<Self> {
        let record: Self = serde_json::from_value(value).ok()?;
        (record.v <= VERSION).then_some(Self { stale: true, ..record })
    }

    /// The actor of a record; `None` for one that is none, or of a later version.
    pub fn read(value: Value) -> Option<RemoteActor> {
        let record: Self = serde_json::from_value(value).ok()?;
        (record.v <= VERSION).then(|| record.actor())
    }

    /// The actor with its keys parsed. Keys of kinds we do not know are left out.
    pub fn actor(&self) -> RemoteActor {
        let parse = |keys: &[(Uri, String)], read: fn(&str) -> Option<PublicKey>| {
            let sound = |(id, text): &(Uri, String)| Some((id.clone(), read(text)?));
            keys.iter().filter_map(sound).collect()
        };
        RemoteActor {
            id: self.id.clone(),
            types: self.types.clone(),
            inbox: self.inbox.clone(),
            shared_inbox: self.shared_inbox.clone(),
            followers: self.followers.clone(),
            username: self.username.clone(),
            webfinger: self.webfinger.clone(),
            webfinger_holds: self.webfinger_holds,
            fetched_at: self.fetched_at,
            is_stale: self.stale,
            keys: parse(&self.keys, |pem| PublicKey::from_pem(pem).ok()),
            proof_keys: parse(&self.proof_keys, |multikey| PublicKey::from_multikey(multikey).ok()),
        }
    }
}
