//! Changing some terms of a document. What is not named stays: unknown properties, spellings and order.

use super::Document;
use crate::terms::short;
use serde_json::{Map, Value};

/// A copy of a document in change.
#[derive(Clone, Debug)]
pub struct Edit {
    map: Map<String, Value>,
}

impl Edit {
    /// A copy of an object; of anything else, an empty object.
    pub(crate) fn of(value: &Value) -> Self {
        Self { map: value.as_object().cloned().unwrap_or_default() }
    }

    /// Gives a term a value: in its place and spelling if it is there, else at the end.
    pub fn set(mut self, term: &str, value: impl Into<Value>) -> Self {
        let key = self.key(term).unwrap_or_else(|| term.to_owned());
        self.map.insert(key, value.into());
        self
    }

    /// Takes a term away.
    pub fn remove(mut self, term: &str) -> Self {
        if let Some(key) = self.key(term) {
            self.map.shift_remove(&key);
        }
        self
    }

    /// Applies the terms of another object: a value replaces, `null` removes. This is what ForgeFed's `Edit` carries.
    /// `id`, `type` and `@context` are never changed.
    pub fn merge(self, patch: &Map<String, Value>) -> Self {
        patch.iter().fold(self, |edit, (key, value)| match (short(key), value) {
            ("id" | "type" | "@context", _) => edit,
            (term, Value::Null) => edit.remove(term),
            (term, value) => edit.set(term, value.clone()),
        })
    }

    /// The changed document, written once.
    pub fn finish(self) -> Document {
        Document::from_map(self.map)
    }

    /// The key under which a term stands here.
    fn key(&self, term: &str) -> Option<String> {
        self.map.keys().find(|key| key.as_str() == term || short(key) == term).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Document {
        Document::parse(br#"{"id":"https://a.example/1","x":1,"name":"old","forge:hash":"aa","y":[2]}"#).unwrap()
    }

    #[test]
    fn only_the_named_terms_change() {
        let changed = document().edit().set("name", "new").set("summary", "added").finish();
        assert_eq!(
            changed.raw(),
            br#"{"id":"https://a.example/1","x":1,"name":"new","forge:hash":"aa","y":[2],"summary":"added"}"#
        );
    }

    #[test]
    fn a_term_is_changed_under_the_spelling_it_has() {
        let changed = document().edit().set("hash", "bb").finish();
        assert_eq!(changed.value()["forge:hash"], "bb");
        assert_eq!(changed.value().get("hash"), None);
    }

    #[test]
    fn a_removed_term_leaves_the_order_of_the_others() {
        let changed = document().edit().remove("x").remove("not there").finish();
        assert_eq!(changed.raw(), br#"{"id":"https://a.example/1","name":"old","forge:hash":"aa","y":[2]}"#);
    }

    #[test]
    fn a_patch_replaces_removes_and_never_changes_who_it_is() {
        let patch = json!({"id": "https://eve.example/", "type": "Person", "name": null, "hash": "cc"});
        let changed = document().edit().merge(patch.as_object().unwrap()).finish();
        assert_eq!(changed.raw(), br#"{"id":"https://a.example/1","x":1,"forge:hash":"cc","y":[2]}"#);
    }
}
