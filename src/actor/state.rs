//! The state of an actor as it is stored: JSON text. A turn writes it once and the store takes it as it is; it is parsed when
//! the actor is opened, straight into the domain's type.

use crate::method::Actor;
use crate::outcome::Halt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// A state as JSON text. Two are equal when their texts are.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateText(Box<RawValue>);

impl StateText {
    /// The text of a state.
    /// - errors: it is no JSON, such as a map whose keys are no texts
    pub fn of<S: Serialize>(state: &S) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(state).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The text read as a type.
    pub fn read<S: DeserializeOwned>(&self) -> Result<S, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    /// The text as a value, for migrations and inspection. It was JSON when it was made or read, so it is one.
    pub fn value(&self) -> Value {
        self.read().unwrap_or_default()
    }
}

/// Why a turn stops whose state cannot be written.
pub(crate) fn no_json(error: serde_json::Error) -> Halt {
    Halt::Broken(format!("a state that is no JSON: {error}"))
}

impl PartialEq for StateText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for StateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A box's state as it is stored: what the library keeps for every actor, and the domain's own state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The actor's kind.
    pub kind: String,
    /// Version of the domain's state.
    pub schema: u16,
    /// What the library keeps.
    pub header: Header,
    /// The domain's state.
    pub state: StateText,
}

impl Stored {
    /// An actor that has had no turn yet.
    /// - errors: as of [`StateText::of`]
    pub fn new<A: Actor>(actor: &A) -> Result<Self, serde_json::Error> {
        let state = StateText::of(actor)?;
        Ok(Self { kind: A::KIND.to_owned(), schema: A::SCHEMA, header: Header::default(), state })
    }
}

/// What the library keeps for every actor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Turns so far. A turn's batch is refused if another has come in between.
    pub turn: u64,
    /// Places of the inbox given out so far.
    pub inbox: u64,
    /// Places of the outbox given out so far.
    pub outbox: u64,
    /// Lines of the errbox so far.
    pub errbox: u64,
    /// Numbers given out so far to promises, timers and the like.
    pub numbers: u64,
    /// Open promises.
    pub promises: u64,
    /// Set timers.
    pub timers: u64,
    /// Acts kept early.
    pub early: u64,
    /// Whether the actor has ended. Its address is never used again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ended: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn a_stored_state_lies_in_its_place_as_the_json_that_it_is() {
        let state = StateText::of(&json!({"a": [1, "x"], "b": null})).unwrap();
        let stored = Stored { kind: "K".to_owned(), schema: 3, header: Header::default(), state };
        let text = serde_json::to_string(&stored).unwrap();
        assert!(text.ends_with(r#""state":{"a":[1,"x"],"b":null}}"#), "{text}");
        assert_eq!(serde_json::from_str::<Stored>(&text).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Stored>(serde_json::to_value(&stored).unwrap()).unwrap(), stored);
        assert_eq!(stored.state.value(), json!({"a": [1, "x"], "b": null}));
    }

    #[test]
    fn a_state_that_is_no_json_is_refused() {
        assert!(StateText::of(&BTreeMap::from([((1, 2), 3)])).is_err());
        assert!(serde_json::from_str::<StateText>("{\"a\":").is_err());
        assert!(StateText::of(&json!("text")).unwrap().read::<u64>().is_err());
    }
}
