//! Acts: what one actor does in the sight of others. One act is one activity, with one id, for whomever it concerns.

use crate::key::{ActId, ActorId};
use serde_json::Value;
use std::any::Any;
use std::sync::{Arc, OnceLock};

/// An authentic act. The library carries its body and never looks inside.
#[derive(Debug)]
pub struct Act {
    /// The act's address.
    pub id: ActId,
    /// Who did it. Whoever carried it here is no part of it.
    pub author: ActorId,
    /// The body as a value.
    pub body: Arc<Value>,
    /// The body's bytes, exactly as they were sent or will be sent.
    pub raw: Arc<[u8]>,
    parsed: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Act {
    /// An act with the given body, whose bytes are `raw`.
    pub fn new(id: ActId, author: ActorId, body: Arc<Value>, raw: Arc<[u8]>) -> Self {
        Self { id, author, body, raw, parsed: OnceLock::new() }
    }

    /// An act made here: its bytes are those of its body.
    pub fn made(id: ActId, author: ActorId, body: Value) -> Self {
        let raw = body.to_string().into_bytes().into();
        Self::new(id, author, Arc::new(body), raw)
    }

    /// The body as the domain's own type: parsed by whoever asks first, kept for the act's other recipients.
    pub fn parsed<T: Any + Send + Sync>(&self, parse: impl Fn(&Self) -> T) -> Arc<T> {
        let kept = self.parsed.get_or_init(|| Arc::new(parse(self)));
        // A second type for the same act is allowed; it is merely not kept.
        kept.clone().downcast::<T>().unwrap_or_else(|_| Arc::new(parse(self)))
    }
}

impl PartialEq for Act {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.author == other.author && self.raw == other.raw
    }
}
