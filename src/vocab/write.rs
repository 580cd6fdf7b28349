//! Writing terms in a fixed order. What is not there is left out; lists that readers expect as lists stay lists.

use serde_json::{Map, Value};

/// An object being written.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    map: Map<String, Value>,
}

impl Writer {
    /// An empty object.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object that begins with a context.
    pub fn with_context(context: Value) -> Self {
        Self::new().put("@context", context)
    }

    /// Writes a term.
    pub fn put(mut self, term: &str, value: impl Into<Value>) -> Self {
        self.map.insert(term.to_owned(), value.into());
        self
    }

    /// Writes a term if there is a value for it.
    pub fn maybe(self, term: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.put(term, value),
            None => self,
        }
    }

    /// Writes an array, if it is not empty.
    pub fn list<T: Into<Value>>(self, term: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if values.is_empty() { self } else { self.put(term, values) }
    }

    /// Writes one value as it is, several as an array, none not at all.
    pub fn flat<T: Into<Value>>(self, term: &str, values: impl IntoIterator<Item = T>) -> Self {
        let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
        match (values.len(), values.pop()) {
            (1, Some(only)) => self.put(term, only),
            (_, Some(last)) => {
                values.push(last);
                self.put(term, values)
            }
            (_, None) => self,
        }
    }

    /// Writes the terms of another object after these; terms that are there already keep their value.
    pub fn rest(mut self, more: &Map<String, Value>) -> Self {
        for (term, value) in more {
            if !self.map.contains_key(term) {
                self.map.insert(term.clone(), value.clone());
            }
        }
        self
    }

    /// The object.
    pub fn finish(self) -> Map<String, Value> {
        self.map
    }
}

impl From<Writer> for Value {
    fn from(writer: Writer) -> Value {
        Value::Object(writer.map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn terms_stand_in_the_order_written_and_what_is_missing_is_left_out() {
        let value: Value = Writer::new()
            .put("b", 1)
            .maybe("none", None::<i64>)
            .maybe("a", Some("x"))
            .list("to", ["y"])
            .list("cc", Vec::<String>::new())
            .flat("one", ["z"])
            .flat("two", ["z", "w"])
            .flat("zero", Vec::<String>::new())
            .into();
        assert_eq!(value.to_string(), r#"{"b":1,"a":"x","to":["y"],"one":"z","two":["z","w"]}"#);
    }

    #[test]
    fn further_terms_never_replace_what_is_written() {
        let more = json!({"id": "evil", "hash": "aa"});
        let value: Value = Writer::new().put("id", "good").rest(more.as_object().unwrap()).into();
        assert_eq!(value, json!({"id": "good", "hash": "aa"}));
    }
}
