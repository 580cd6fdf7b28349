//! Addresses of actors.

use super::{Uri, UriError, text_impls};
use crate::object::quote;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Address of an actor: `https` (or `http` on loopback, for development), no query, fragment or user name.
/// The host is lower case; the path keeps its case, since other forges name actors in mixed case (`/people/WZpnG`).
/// Addresses that we give ourselves are lower case as a whole: see [`ActorUri::own`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActorUri(Uri);

impl ActorUri {
    /// Reads the address of any actor, near or far.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        Self::try_from(Uri::parse(text)?)
    }

    /// Reads an address that we give to an actor of our own. It is lower case as a whole, because Forgejo
    /// lower-cases every address before it compares, and keeps it for ever.
    pub fn own(text: &str) -> Result<Self, UriError> {
        let actor = Self::parse(text)?;
        if text.chars().any(char::is_uppercase) {
            return Err(UriError::UpperCase { found: quote(text) });
        }
        Ok(actor)
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same as a plain address.
    pub fn as_uri(&self) -> &Uri {
        &self.0
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> super::Origin {
        self.0.origin()
    }
}

impl TryFrom<Uri> for ActorUri {
    type Error = UriError;

    fn try_from(uri: Uri) -> Result<Self, UriError> {
        let found = || quote(uri.as_str());
        if uri.query().is_some() {
            return Err(UriError::Query { found: found() });
        }
        if uri.fragment().is_some() {
            return Err(UriError::Fragment { found: found() });
        }
        let origin = uri.origin();
        if origin.scheme == super::Scheme::Http && !origin.is_loopback() {
            return Err(UriError::Insecure { found: found() });
        }
        Ok(Self(uri))
    }
}

impl From<ActorUri> for Uri {
    fn from(actor: ActorUri) -> Uri {
        actor.0
    }
}

impl From<&ActorUri> for Uri {
    fn from(actor: &ActorUri) -> Uri {
        actor.0.clone()
    }
}

impl AsRef<Uri> for ActorUri {
    fn as_ref(&self) -> &Uri {
        &self.0
    }
}

impl PartialEq<Uri> for ActorUri {
    fn eq(&self, other: &Uri) -> bool {
        self.0 == *other
    }
}

impl PartialEq<ActorUri> for Uri {
    fn eq(&self, other: &ActorUri) -> bool {
        *self == other.0
    }
}

text_impls!(ActorUri, UriError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_has_a_plain_secure_address() {
        #[rustfmt::skip]
        let rows = [
            ("https://forge.example/people/alice",      "ok"),
            ("https://FORGE.example/people/WZpnG",      "ok"),
            ("http://127.0.0.1:3000/people/alice",      "ok"),
            ("http://tea.localhost:3000/people/alice",  "ok"),
            ("http://forge.example/people/alice",       "insecure"),
            ("https://forge.example/people/alice?a=b",  "query"),
            ("https://forge.example/people/alice?",     "query"),
            ("https://forge.example/people/alice#key",  "fragment"),
            ("https://eve@forge.example/people/alice",  "user"),
            ("https://www.w3.org/ns/activitystreams#Public", "fragment"),
        ];
        for (text, expected) in rows {
            let found = match ActorUri::parse(text) {
                Ok(_) => "ok",
                Err(UriError::Insecure { .. }) => "insecure",
                Err(UriError::Query { .. }) => "query",
                Err(UriError::Fragment { .. }) => "fragment",
                Err(UriError::UserInfo { .. }) => "user",
                Err(_) => "other",
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_address_of_our_own_is_lower_case() {
        assert!(ActorUri::own("https://forge.example/people/alice").is_ok());
        for text in ["https://forge.example/people/Alice", "https://Forge.example/people/alice"] {
            assert!(matches!(ActorUri::own(text), Err(UriError::UpperCase { .. })), "{text}");
        }
    }

    #[test]
    fn the_case_of_a_far_actor_is_kept() {
        let actor = ActorUri::parse("https://grape.example/people/WZpnG").unwrap();
        assert_eq!(actor, "https://grape.example/people/WZpnG");
        assert_ne!(actor, ActorUri::parse("https://grape.example/people/wzpng").unwrap());
    }
}
