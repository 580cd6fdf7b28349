//! The names git gives things, as types: an object's id, a reference's full name, and the update of a reference that
//! a push proposes. Outside text becomes one of these once, or is refused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::REF_NAME_BYTES_MAX;

const ID_BYTES: usize = 20;
const NO_OBJECT: &str = "0000000000000000000000000000000000000000";

/// The SHA-1 id of a git object, never all zeros: git's "no object" is `None` here. Written as 40 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId([u8; ID_BYTES]);

/// Why a text is no object id or no reference name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not 40 hex digits, or the id of no object.
    #[error("expected an object id of 40 lower-case hex digits, not all zero, found `{found}`")]
    Id {
        /// The first characters of what was found.
        found: String,
    },
    /// Not a reference name as `git check-ref-format` has it, not below `refs/`, or too long.
    #[error("expected a reference name below `refs/` of at most {REF_NAME_BYTES_MAX} bytes, found `{found}`")]
    Ref {
        /// The first characters of what was found.
        found: String,
    },
}

impl ObjectId {
    pub(crate) fn from_git(id: git2::Oid) -> Option<Self> {
        if id.is_zero() {
            return None;
        }
        id.as_bytes().try_into().ok().map(ObjectId)
    }

    pub(crate) fn to_git(self) -> Result<git2::Oid, git2::Error> {
        git2::Oid::from_bytes(&self.0)
    }

    /// Reads an id or git's forty zeros, which stand for "no object".
    pub(crate) fn parse_or_zero(text: &str) -> Result<Option<Self>, NameError> {
        if text == NO_OBJECT { Ok(None) } else { text.parse().map(Some) }
    }
}

impl FromStr for ObjectId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Id { found: excerpt(text) };
        let digits = text.as_bytes();
        if digits.len() != 2 * ID_BYTES || text == NO_OBJECT {
            return Err(wrong());
        }
        let mut id = [0; ID_BYTES];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(wrong()),
                };
                *byte = (*byte << 4) | value;
            }
        }
        Ok(ObjectId(id))
    }
}

impl TryFrom<String> for ObjectId {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> String {
        id.to_string()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The full name of a reference: below `refs/`, valid by git's rules, UTF-8, at most [`REF_NAME_BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RefName(String);

impl RefName {
    /// The branch with this short name: `main` becomes `refs/heads/main`.
    pub fn branch(short: &str) -> Result<Self, NameError> {
        RefName::try_from(format!("refs/heads/{short}"))
    }

    /// The full name, such as `refs/tags/v1`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The short name if this is a branch.
    pub fn as_branch(&self) -> Option<&str> {
        self.0.strip_prefix("refs/heads/")
    }

    /// The short name if this is a tag.
    pub fn as_tag(&self) -> Option<&str> {
        self.0.strip_prefix("refs/tags/")
    }
}

impl TryFrom<String> for RefName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        let valid =
            name.len() <= REF_NAME_BYTES_MAX && name.starts_with("refs/") && git2::Reference::is_valid_name(&name);
        if valid { Ok(RefName(name)) } else { Err(NameError::Ref { found: excerpt(&name) }) }
    }
}

impl FromStr for RefName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        RefName::try_from(name.to_owned())
    }
}

impl From<RefName> for String {
    fn from(name: RefName) -> String {
        name.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One reference that a push wants to move, or has moved. Both ids absent is possible on the wire and means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdate {
    /// The reference.
    #[serde(rename = "ref")]
    pub name: RefName,
    /// What it points at before; `None` if it is to be created.
    #[serde(with = "zeros")]
    pub old: Option<ObjectId>,
    /// What it is to point at; `None` if it is to be deleted.
    #[serde(with = "zeros")]
    pub new: Option<ObjectId>,
}

/// `None` as git writes it.
mod zeros {
    use super::*;

    /// An id, or zeros.
    pub fn serialize<S: Serializer>(id: &Option<ObjectId>, out: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => id.serialize(out),
            None => out.serialize_str(NO_OBJECT),
        }
    }

    /// An id, or `None` for zeros.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ObjectId>, D::Error> {
        let text = String::deserialize(from)?;
        ObjectId::parse_or_zero(&text).map_err(serde::de::Error::custom)
    }
}

/// The first characters of a text that was refused, fit for an error message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn an_object_id_is_forty_lower_case_hex_digits_and_not_zero() {
        assert_eq!(SOME.parse::<ObjectId>().unwrap().to_string(), SOME);
        for bad in ["", "abc", NO_OBJECT, &SOME.to_uppercase(), &SOME.replace('0', "g"), &format!("{SOME}0")] {
            assert!(bad.parse::<ObjectId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reference_name_stays_below_refs_and_keeps_gits_rules() {
        let long = format!("refs/heads/{}", "a".repeat(REF_NAME_BYTES_MAX));
        #[rustfmt::skip]
        let rows = [
            ("refs/heads/main", true), ("refs/tags/v1.0", true), ("refs/heads/a/b", true), ("refs/heads/ä", true),
            ("HEAD", false), ("main", false), ("refs/", false), ("refs/heads/", false), ("refs/heads/../x", false),
            ("refs/heads/a b", false), ("refs/heads/a\nb", false), ("refs/heads/x.lock", false),
            ("refs/heads/a~1", false), ("refs//heads", false), ("", false), (long.as_str(), false),
        ];
        for (name, good) in rows {
            assert_eq!(name.parse::<RefName>().is_ok(), good, "{name}");
        }
        let main = RefName::branch("main").unwrap();
        assert_eq!((main.as_branch(), main.as_tag()), (Some("main"), None));
        assert!(RefName::branch("a..b").is_err());
    }

    #[test]
    fn an_update_is_written_with_gits_zeros_and_read_back() {
        let update = RefUpdate { name: RefName::branch("main").unwrap(), old: None, new: SOME.parse().ok() };
        let json = serde_json::to_string(&update).unwrap();
        assert_eq!(json, format!(r#"{{"ref":"refs/heads/main","old":"{NO_OBJECT}","new":"{SOME}"}}"#));
        assert_eq!(serde_json::from_str::<RefUpdate>(&json).unwrap(), update);
        assert!(serde_json::from_str::<RefUpdate>(&json.replace("refs/heads", "heads")).is_err());
    }
}
