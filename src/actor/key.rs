//! Names of actors and acts. Both are texts that mean the same thing on every server; the library never looks inside.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Identity of an actor: its address, the same text on every server, for ever.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorId(Arc<str>);

/// Identity of an act: the address of the one activity that tells it, to whomever it concerns.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActId(Arc<str>);

macro_rules! text_id {
    ($name:ident) => {
        impl $name {
            /// Names what this text names. Saying a name gives no access to what bears it.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "<{}>", self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

text_id!(ActorId);
text_id!(ActId);

/// How a node names what its actors bring forth. Pritchel names by URI; a test may name as it likes.
pub trait Naming: Send + Sync + 'static {
    /// The address of an actor of kind `kind` that `parent` launches. `token` is unique and unguessable.
    fn actor(&self, parent: &ActorId, kind: &str, token: &str) -> ActorId;
    /// The address of an act of `author`. `token` is unique and unguessable.
    fn act(&self, author: &ActorId, token: &str) -> ActId;
}

/// Seconds since 1970-01-01 UTC.
pub type Seconds = i64;
