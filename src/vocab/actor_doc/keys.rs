//! Keys in actor documents. The text of a key is kept as it came; decoding it is not this room's business.

use crate::limits::{KEY_TEXT_MAX_BYTES, KEYS_MAX};
use crate::object::{Item, Obj, Wrong};
use crate::uri::Uri;
use crate::write::Writer;
use serde_json::Value;

/// A key in PEM, for signatures of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its address, usually that of the actor with a fragment.
    pub id: Uri,
    /// Whose key it says it is. Counts only if the owner's document lists the key too.
    pub owner: Uri,
    /// The key, `-----BEGIN PUBLIC KEY-----`.
    pub pem: String,
}

impl PublicKey {
    /// Reads a key: written out in its actor, or as a document of its own.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        let id = obj.id()?.ok_or_else(|| obj.wrong("id", "the address of a key"))?;
        // Keys of FEP-521a say `controller`.
        let owner = if obj.get("controller").is_some() && obj.get("owner").is_none() { "controller" } else { "owner" };
        Ok(Self { id, owner: obj.need_uri(owner)?, pem: key_text(obj, "publicKeyPem")? })
    }
}

impl From<&PublicKey> for Value {
    fn from(key: &PublicKey) -> Value {
        Writer::new().put("id", &key.id).put("owner", &key.owner).put("publicKeyPem", key.pem.as_str()).into()
    }
}

/// A key as an actor lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorKey {
    /// Written out.
    Key(PublicKey),
    /// By its address, as for keys that a whole server shares.
    Uri(Uri),
}

impl ActorKey {
    /// The address of either.
    pub fn id(&self) -> &Uri {
        match self {
            Self::Key(key) => &key.id,
            Self::Uri(uri) => uri,
        }
    }

    /// Reads `publicKey`: an object, an address, or an array of either, at most [`KEYS_MAX`].
    pub(super) fn read_all(obj: &Obj<'_>) -> Result<Vec<Self>, Wrong> {
        let read = |item: Item<'_>| match item {
            Item::Uri(uri) => Ok(Self::Uri(uri)),
            Item::Embedded(key) => PublicKey::read(&key).map(Self::Key),
            Item::Word(_) => Err(obj.wrong("publicKey", "keys")),
        };
        bounded(obj, "publicKey")?.into_iter().map(read).collect()
    }
}

impl From<&ActorKey> for Value {
    fn from(key: &ActorKey) -> Value {
        match key {
            ActorKey::Key(key) => key.into(),
            ActorKey::Uri(uri) => uri.into(),
        }
    }
}

/// A key in multibase, for proofs in documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multikey {
    /// Its address.
    pub id: Uri,
    /// Whose key it says it is.
    pub controller: Uri,
    /// The key: multicodec in base 58, begins with `z`.
    pub multibase: String,
}

impl Multikey {
    /// Reads a key: written out in its actor, or as a document of its own.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Multikey") {
            return Err(obj.wrong("type", "a Multikey"));
        }
        let id = obj.id()?.ok_or_else(|| obj.wrong("id", "the address of a key"))?;
        Ok(Self { id, controller: obj.need_uri("controller")?, multibase: key_text(obj, "publicKeyMultibase")? })
    }

    /// Reads `assertionMethod`, at most [`KEYS_MAX`]. Keys of other kinds, and keys by address, are left out: they are no
    /// reason to refuse the actor.
    pub(super) fn read_all(obj: &Obj<'_>) -> Result<Vec<Self>, Wrong> {
        let values = match obj.get("assertionMethod") {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        if values.len() > KEYS_MAX {
            return Err(obj.wrong("assertionMethod", format!("at most {KEYS_MAX} keys")));
        }
        let keys = values.iter().filter_map(Value::as_object).map(Obj::new).filter(|key| key.is("Multikey"));
        keys.map(|key| Self::read(&key).map_err(|wrong| wrong.under("/assertionMethod"))).collect()
    }
}

impl From<&Multikey> for Value {
    fn from(key: &Multikey) -> Value {
        Writer::new()
            .put("id", &key.id)
            .put("type", "Multikey")
            .put("controller", &key.controller)
            .put("publicKeyMultibase", key.multibase.as_str())
            .into()
    }
}

fn bounded<'a>(obj: &Obj<'a>, term: &str) -> Result<Vec<Item<'a>>, Wrong> {
    match obj.many(term)? {
        items if items.len() > KEYS_MAX => Err(obj.wrong(term, format!("at most {KEYS_MAX} keys"))),
        items => Ok(items),
    }
}

fn key_text(obj: &Obj<'_>, term: &str) -> Result<String, Wrong> {
    match obj.need_text(term)? {
        text if text.len() > KEY_TEXT_MAX_BYTES => {
            Err(Wrong::new(format!("{}/{term}", obj.at()), format!("at most {KEY_TEXT_MAX_BYTES} bytes"), "more"))
        }
        text => Ok(text.to_owned()),
    }
}
