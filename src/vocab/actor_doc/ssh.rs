//! SSH keys of actors: those they push with. The text of a key is kept as it came; decoding it is not this room's business.
//!
//! Source: ForgeFed, "SSH Key", "sshKey".

use crate::limits::{KEY_TEXT_MAX_BYTES, KEYS_MAX};
use crate::object::{Item, Obj, Wrong};
use crate::time::Seconds;
use crate::uri::Uri;
use crate::write::Writer;
use serde_json::Value;

/// A public SSH key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshPublicKey {
    /// Its address. One that is written out in its actor may do without.
    pub id: Option<Uri>,
    /// Whose key it says it is. Counts only if that actor lists the key too.
    pub attributed_to: Option<Uri>,
    /// When it was published.
    pub published: Option<Seconds>,
    /// What its owner calls it.
    pub name: Option<String>,
    /// The key in OpenSSH's form: its type, its base64, perhaps a comment.
    pub content: String,
}

impl SshPublicKey {
    /// Reads a key: written out in its actor, or as a document of its own.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("SshPublicKey") {
            return Err(obj.wrong("type", "an SshPublicKey"));
        }
        let content = match obj.need_text("content")? {
            text if text.len() > KEY_TEXT_MAX_BYTES => {
                return Err(obj.wrong("content", format!("at most {KEY_TEXT_MAX_BYTES} bytes")));
            }
            text => text.to_owned(),
        };
        Ok(Self {
            id: obj.id()?,
            attributed_to: obj.uri("attributedTo")?,
            published: obj.time("published")?,
            name: obj.text("name")?.map(str::to_owned),
            content,
        })
    }

    fn writer(&self, writer: Writer) -> Writer {
        writer
            .maybe("id", self.id.as_ref())
            .put("type", "SshPublicKey")
            .maybe("attributedTo", self.attributed_to.as_ref())
            .maybe("published", self.published.map(|time| time.to_string()))
            .maybe("name", self.name.as_deref())
            .put("content", self.content.as_str())
    }

    /// The key as a document of its own.
    pub fn to_document(&self) -> crate::json::Document {
        crate::json::Document::from_map(self.writer(Writer::with_context(crate::context::forge())).finish())
    }
}

impl From<&SshPublicKey> for Value {
    fn from(key: &SshPublicKey) -> Value {
        key.writer(Writer::new()).into()
    }
}

/// An SSH key as an actor lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SshKeyItem {
    /// Written out.
    Key(SshPublicKey),
    /// By its address.
    Uri(Uri),
}

impl SshKeyItem {
    /// Reads `sshKey`, at most [`KEYS_MAX`]. What cannot be read as a key is left out: it is no reason to refuse the actor.
    pub fn read_all(obj: &Obj<'_>) -> Vec<Self> {
        let items = obj.many("sshKey").unwrap_or_default();
        let read = |item: Item<'_>| match item {
            Item::Uri(uri) => Some(Self::Uri(uri)),
            Item::Embedded(key) => SshPublicKey::read(&key).ok().map(Self::Key),
            Item::Word(_) => None,
        };
        items.into_iter().take(KEYS_MAX).filter_map(read).collect()
    }
}

impl From<&SshKeyItem> for Value {
    fn from(item: &SshKeyItem) -> Value {
        match item {
            SshKeyItem::Key(key) => key.into(),
            SshKeyItem::Uri(uri) => uri.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ";

    fn listed(actor: Value) -> Vec<SshKeyItem> {
        SshKeyItem::read_all(&Obj::new(actor.as_object().unwrap()))
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = SshPublicKey {
            id: Some(Uri::parse("https://a.example/people/alice/ssh-keys/x").unwrap()),
            attributed_to: Some(Uri::parse("https://a.example/people/alice").unwrap()),
            published: Some(Seconds::new(1_700_000_000)),
            name: Some("laptop".to_owned()),
            content: KEY.to_owned(),
        };
        assert_eq!(listed(json!({"sshKey": Value::from(&key)})), [SshKeyItem::Key(key.clone())]);
        let document = key.to_document();
        assert_eq!(document.value()["type"], "SshPublicKey");
        assert_eq!(SshPublicKey::read(&Obj::new(document.value().as_object().unwrap())), Ok(key));
    }

    #[test]
    fn what_is_no_key_is_left_out_and_many_are_cut() {
        let good = json!({"type": "SshPublicKey", "content": KEY});
        let address = "https://a.example/keys/1";
        let long = "x".repeat(KEY_TEXT_MAX_BYTES + 1);
        #[rustfmt::skip]
        let rows = [
            (json!({}),                                                              0),
            (json!({"sshKey": good}),                                                1),
            (json!({"sshKey": [good, address]}),                                     2),
            (json!({"forge:sshKey": [good]}),                                        1),
            (json!({"sshKey": [{"type": "SshPublicKey"}, good]}),                    1),
            (json!({"sshKey": [{"type": "Key", "content": KEY}]}),                   0),
            (json!({"sshKey": [{"type": "SshPublicKey", "content": long}]}),         0),
            (json!({"sshKey": vec![good.clone(); KEYS_MAX + 1]}),                    KEYS_MAX),
        ];
        for (actor, expected) in rows {
            assert_eq!(listed(actor.clone()).len(), expected, "{actor}");
        }
    }
}
