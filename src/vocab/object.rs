//! Reading terms of a JSON object, tolerantly in shape and strictly in kind: a value may be one or an array, an address
//! or an embedded object, a term short or spelt out; a number is never a text, and several are never one.

use crate::json::ParseError;
use crate::json::parser::name_of;
use crate::limits::QUOTE_MAX_CHARS;
use crate::terms::{is_word, short};
use crate::time::Seconds;
use crate::uri::{PUBLIC, Uri};
use serde_json::{Map, Value};

/// A term that does not hold what its place demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at `{at}`, found {found}")]
pub struct Wrong {
    /// JSON pointer to the term.
    pub at: String,
    /// What its place demands.
    pub expected: String,
    /// What stands there, texts shortened.
    pub found: String,
}

impl Wrong {
    /// A finding at a place; `at` may be completed later by [`Wrong::under`].
    pub fn new(at: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { at: at.into(), expected: expected.into(), found: found.into() }
    }

    /// The same finding, with the place it was made in before its own.
    pub fn under(mut self, place: &str) -> Self {
        self.at.insert_str(0, place);
        self
    }
}

/// A text in an error: in back quotes, at most [`QUOTE_MAX_CHARS`], control characters made visible.
pub(crate) fn quote(text: &str) -> String {
    let mut shown = String::from("`");
    for c in text.chars().take(QUOTE_MAX_CHARS) {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(QUOTE_MAX_CHARS).is_some() {
        shown.push('…');
    }
    shown.push('`');
    shown
}

/// A value in an error.
fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Bool(_) | Value::Number(_) => quote(&value.to_string()),
        other => crate::json::parser::name_of(other).to_owned(),
    }
}

/// What a term names.
#[derive(Clone, Debug, PartialEq)]
pub enum Item<'a> {
    /// Something by its address.
    Uri(Uri),
    /// A bare word of the vocabulary, such as the role `maintain`, by its short name.
    Word(&'a str),
    /// Something written out in place.
    Embedded(Obj<'a>),
}

impl<'a> Item<'a> {
    /// The address of either: of an embedded object, its `id`.
    pub fn uri(&self) -> Result<Option<Uri>, Wrong> {
        match self {
            Item::Uri(uri) => Ok(Some(uri.clone())),
            Item::Word(_) => Ok(None),
            Item::Embedded(obj) => obj.id(),
        }
    }

    /// The object, if it is written out.
    pub fn obj(&self) -> Option<&Obj<'a>> {
        match self {
            Item::Embedded(obj) => Some(obj),
            _ => None,
        }
    }
}

/// A borrowed reader of one JSON object. Each accessor takes the short name of a term and finds every spelling of it.
/// `null` is the same as absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Obj<'a> {
    map: &'a Map<String, Value>,
    /// JSON pointer of this object in its document.
    at: String,
}

/// What a reader of something that is no object reads.
static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

impl<'a> Obj<'a> {
    /// A reader of an object.
    pub fn new(map: &'a Map<String, Value>) -> Self {
        Self { map, at: String::new() }
    }

    /// A reader of a value, which has to be an object: of what is only read and not kept, without copying or writing it.
    pub fn of(value: &'a Value) -> Result<Self, ParseError> {
        match value {
            Value::Object(map) => Ok(Self::new(map)),
            other => Err(ParseError::NotAnObject { found: name_of(other) }),
        }
    }

    /// A reader of a document's value, which is always an object.
    pub(crate) fn root(value: &'a Value) -> Self {
        Self::new(value.as_object().unwrap_or(&NOTHING))
    }

    /// The object itself.
    pub fn map(&self) -> &'a Map<String, Value> {
        self.map
    }

    /// JSON pointer of this object in its document.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The plain value of a term, whatever its kind.
    pub fn get(&self, term: &str) -> Option<&'a Value> {
        // `id` and `type` are keywords under their short names; no vocabulary has terms of these names.
        let value = match self.map.get(term) {
            Some(value) => Some(value),
            None if matches!(term, "id" | "type") => None,
            None => self.map.iter().find(|(key, _)| short(key) == term).map(|(_, value)| value),
        };
        value.filter(|value| !value.is_null())
    }

    /// Whether a term is there with `null`: in ForgeFed's `Edit`, the wish to take it away.
    pub fn is_null(&self, term: &str) -> bool {
        self.map.iter().any(|(key, value)| short(key) == term && value.is_null())
    }

    /// A finding about a term of this object.
    pub fn wrong(&self, term: &str, expected: impl Into<String>) -> Wrong {
        let found = self.get(term).map_or_else(|| "nothing".to_owned(), describe);
        Wrong::new(self.pointer(term), expected, found)
    }

    fn pointer(&self, term: &str) -> String {
        format!("{}/{}", self.at, term.replace('~', "~0").replace('/', "~1"))
    }

    /// The address this object has. `None` is an anonymous one.
    pub fn id(&self) -> Result<Option<Uri>, Wrong> {
        match self.get("id") {
            None => Ok(None),
            Some(Value::String(text)) => Uri::parse(text).map(Some).map_err(|why| self.wrong("id", why.expected())),
            Some(_) => Err(self.wrong("id", "an address")),
        }
    }

    /// The types by their short names, in the order given; a `type` of another kind than text counts as none.
    pub fn types(&self) -> Vec<&'a str> {
        match self.get("type") {
            Some(Value::String(name)) => vec![short(name)],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(short).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether this is one of its types.
    pub fn is(&self, name: &str) -> bool {
        self.types().contains(&name)
    }

    /// Everything a term names. Absent is none.
    pub fn many(&self, term: &str) -> Result<Vec<Item<'a>>, Wrong> {
        match self.get(term) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => {
                let present = values.iter().enumerate().filter(|(_, value)| !value.is_null());
                present.map(|(index, value)| self.item(&format!("{}/{index}", self.pointer(term)), value)).collect()
            }
            Some(value) => Ok(vec![self.item(&self.pointer(term), value)?]),
        }
    }

    /// The one thing a term names. Several are refused.
    pub fn one(&self, term: &str) -> Result<Option<Item<'a>>, Wrong> {
        let mut items = self.many(term)?;
        match items.len() {
            0 => Ok(None),
            1 => Ok(items.pop()),
            several => Err(Wrong::new(self.pointer(term), "one", several.to_string())),
        }
    }

    fn item(&self, at: &str, value: &'a Value) -> Result<Item<'a>, Wrong> {
        match value {
            Value::String(text) => text_item(text).map_err(|wrong| wrong.under(at)),
            Value::Object(map) => Ok(Item::Embedded(Obj { map, at: at.to_owned() })),
            other => Err(Wrong::new(at, "an address or an object", describe(other))),
        }
    }

    /// The address of the one thing a term names, given as it is or as the `id` of an embedded object.
    pub fn uri(&self, term: &str) -> Result<Option<Uri>, Wrong> {
        match self.one(term)? {
            None => Ok(None),
            Some(item) => item.uri()?.map(Some).ok_or_else(|| self.wrong(term, "an address")),
        }
    }

    /// The address a term must name.
    pub fn need_uri(&self, term: &str) -> Result<Uri, Wrong> {
        self.uri(term)?.ok_or_else(|| self.wrong(term, "an address"))
    }

    /// The address of a collection or page, which others also write out in place without one. `None` if it has none.
    pub fn link(&self, term: &str) -> Result<Option<Uri>, Wrong> {
        self.one(term)?.map_or(Ok(None), |item| item.uri())
    }

    /// The first address among those of a term that can be read: for `url` and such, where others write links,
    /// arrays and addresses of any scheme.
    pub fn first_web(&self, term: &str) -> Option<Uri> {
        let values = match self.get(term)? {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        values.iter().find_map(|value| {
            let text = value.as_str().or_else(|| value.get("href").and_then(Value::as_str))?;
            Uri::parse(text).ok()
        })
    }

    /// The addresses of everything a term names.
    pub fn uris(&self, term: &str) -> Result<Vec<Uri>, Wrong> {
        let items = self.many(term)?;
        let uris = items.iter().map(|item| item.uri()?.ok_or_else(|| self.wrong(term, "addresses")));
        uris.collect()
    }

    /// The bare words of a term, by their short names: roles, uses, types of actors.
    pub fn words(&self, term: &str) -> Result<Vec<&'a str>, Wrong> {
        let items = self.many(term)?;
        let words = items.into_iter().map(|item| match item {
            Item::Word(word) => Ok(word),
            _ => Err(self.wrong(term, "a word of the vocabulary")),
        });
        words.collect()
    }

    /// A text.
    pub fn text(&self, term: &str) -> Result<Option<&'a str>, Wrong> {
        match self.get(term) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(term, "a text")),
        }
    }

    /// A text that must be there and not be empty.
    pub fn need_text(&self, term: &str) -> Result<&'a str, Wrong> {
        self.text(term)?.filter(|text| !text.is_empty()).ok_or_else(|| self.wrong(term, "a text"))
    }

    /// One or several texts.
    pub fn texts(&self, term: &str) -> Result<Vec<&'a str>, Wrong> {
        let text = |value: &'a Value| value.as_str().ok_or_else(|| self.wrong(term, "texts"));
        match self.get(term) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values.iter().map(text).collect(),
            Some(value) => Ok(vec![text(value)?]),
        }
    }

    /// Yes or no.
    pub fn flag(&self, term: &str) -> Result<Option<bool>, Wrong> {
        match self.get(term) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(term, "true or false")),
        }
    }

    /// A number that counts something.
    pub fn count(&self, term: &str) -> Result<Option<u64>, Wrong> {
        match self.get(term) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(term, "a whole number from 0")),
        }
    }

    /// A point in time, RFC 3339 with any offset.
    pub fn time(&self, term: &str) -> Result<Option<Seconds>, Wrong> {
        let Some(text) = self.text(term)? else {
            return Ok(None);
        };
        Seconds::parse(text).map(Some).map_err(|wrong| wrong.under(&self.pointer(term)))
    }

    /// Whole seconds, written `PT<n>S` with n > 0. ForgeFed allows no other component.
    pub fn duration_s(&self, term: &str) -> Result<Option<u64>, Wrong> {
        let Some(text) = self.text(term)? else {
            return Ok(None);
        };
        let digits = text.strip_prefix("PT").and_then(|rest| rest.strip_suffix('S'));
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let seconds = digits.and_then(|digits| digits.parse::<i64>().ok()).filter(|seconds| *seconds > 0);
        match seconds {
            Some(seconds) => Ok(Some(seconds.unsigned_abs())),
            None => Err(self.wrong(term, "PT<n>S with 0 < n < 2^63")),
        }
    }

    /// The items of a collection or page, under `orderedItems` or `items`.
    pub fn items(&self) -> Result<Vec<Item<'a>>, Wrong> {
        if self.get("orderedItems").is_some() { self.many("orderedItems") } else { self.many("items") }
    }
}

/// Tells apart what a text in the place of an address can be.
fn text_item(text: &str) -> Result<Item<'_>, Wrong> {
    if matches!(text, PUBLIC | "as:Public" | "Public") {
        return Ok(Item::Uri(Uri::public()));
    }
    let word = short(text);
    if is_word(word) {
        return Ok(Item::Word(word));
    }
    Uri::parse(text).map(Item::Uri).map_err(|_| Wrong::new("", "an address or a word of the vocabulary", quote(text)))
}

#[cfg(test)]
mod tests;
