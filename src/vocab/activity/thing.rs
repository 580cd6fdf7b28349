//! What an activity names: something by its address, by a word, or written out in place.

use crate::object::{Item, Obj, Wrong};
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use serde_json::{Map, Value};
use std::sync::Arc;

/// An object written out inside an activity.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    id: Option<Uri>,
    value: Arc<Value>,
}

impl Embedded {
    /// Takes an object; its `id`, if it has one, must be an address.
    pub fn new(map: Map<String, Value>) -> Result<Self, Wrong> {
        let id = Obj::new(&map).id()?;
        Ok(Self { id, value: Arc::new(Value::Object(map)) })
    }

    /// Its `id`.
    pub fn id(&self) -> Option<&Uri> {
        self.id.as_ref()
    }

    /// A reader of its terms.
    pub fn obj(&self) -> Obj<'_> {
        Obj::root(&self.value)
    }

    /// Its value, always an object.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// What an activity names.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// Something by its address.
    Uri(Uri),
    /// A bare word of the vocabulary by its short name, such as the role `maintain` in a Grant.
    Word(String),
    /// Something written out in place. Its content is what the sender says, not what its `id` serves.
    Embedded(Embedded),
}

impl Thing {
    /// An object written out in place.
    pub fn embed(value: impl Into<Value>) -> Result<Self, Wrong> {
        match value.into() {
            Value::Object(map) => Ok(Self::Embedded(Embedded::new(map)?)),
            other => Err(Wrong::new("", "an object", crate::json::parser::name_of(&other))),
        }
    }

    /// Everything a term names, owned.
    pub fn read_all(obj: &Obj<'_>, term: &str) -> Result<Vec<Self>, Wrong> {
        obj.many(term)?.iter().map(Self::read).collect()
    }

    /// The one thing a term names, owned.
    pub fn read_one(obj: &Obj<'_>, term: &str) -> Result<Option<Self>, Wrong> {
        obj.one(term)?.as_ref().map(Self::read).transpose()
    }

    pub(crate) fn read(item: &Item<'_>) -> Result<Self, Wrong> {
        Ok(match item {
            Item::Uri(uri) => Self::Uri(uri.clone()),
            Item::Word(word) => Self::Word((*word).to_owned()),
            Item::Embedded(obj) => {
                let embedded = Embedded::new(obj.map().clone()).map_err(|wrong| wrong.under(obj.at()))?;
                Self::Embedded(embedded)
            }
        })
    }

    /// The address of either: of an embedded object, its `id`.
    pub fn uri(&self) -> Option<&Uri> {
        match self {
            Self::Uri(uri) => Some(uri),
            Self::Word(_) => None,
            Self::Embedded(embedded) => embedded.id(),
        }
    }

    /// A reader of the object, if it is written out.
    pub fn obj(&self) -> Option<Obj<'_>> {
        match self {
            Self::Embedded(embedded) => Some(embedded.obj()),
            _ => None,
        }
    }

    /// The bare word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is written out with this type.
    pub fn is(&self, name: &str) -> bool {
        self.obj().is_some_and(|obj| obj.is(name))
    }
}

impl From<Uri> for Thing {
    fn from(uri: Uri) -> Self {
        Self::Uri(uri)
    }
}

impl From<&Uri> for Thing {
    fn from(uri: &Uri) -> Self {
        Self::Uri(uri.clone())
    }
}

impl From<ActorUri> for Thing {
    fn from(actor: ActorUri) -> Self {
        Self::Uri(actor.into())
    }
}

impl From<&ActorUri> for Thing {
    fn from(actor: &ActorUri) -> Self {
        Self::Uri(actor.into())
    }
}

impl From<&Thing> for Value {
    fn from(thing: &Thing) -> Value {
        match thing {
            Thing::Uri(uri) => uri.into(),
            Thing::Word(word) => Value::from(word.as_str()),
            Thing::Embedded(embedded) => embedded.value().clone(),
        }
    }
}

impl From<Thing> for Value {
    fn from(thing: Thing) -> Value {
        Value::from(&thing)
    }
}
