//! The bounds of a document, and why bytes are refused.

use crate::limits;

/// Bounds of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub size_bytes: usize,
    /// Arrays and objects inside each other.
    pub depth: usize,
    /// Items of one array, keys of one object.
    pub items: usize,
    /// Values of all levels together.
    pub values: usize,
    /// Bytes of one text.
    pub text_bytes: usize,
}

impl Default for Limits {
    /// What is taken from other servers.
    fn default() -> Self {
        Self {
            size_bytes: limits::DOCUMENT_MAX_BYTES,
            depth: limits::DEPTH_MAX,
            items: limits::ITEMS_MAX,
            values: limits::VALUES_MAX,
            text_bytes: limits::TEXT_MAX_BYTES,
        }
    }
}

impl Limits {
    /// What we wrote ourselves and read back from our store: the same rules, longer lists.
    pub fn own() -> Self {
        let most = limits::OWN_DOCUMENT_MAX_BYTES;
        Self { size_bytes: most, depth: limits::DEPTH_MAX, items: most, values: most, text_bytes: most }
    }
}

/// Why bytes are not a document we take. `at` is a JSON pointer (RFC 6901), the empty text for the document itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Too many bytes.
    #[error("a document has at most {limit} bytes, this one has {size}")]
    TooLarge {
        /// Bytes found.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Bytes that are no text.
    #[error("expected UTF-8, found another byte at offset {byte}")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        byte: usize,
    },
    /// Not JSON.
    #[error("expected JSON, stopped at offset {byte}: {why}")]
    Syntax {
        /// Offset in bytes where reading stopped.
        byte: usize,
        /// What the JSON reader says.
        why: String,
    },
    /// JSON, but an array, text, number or such.
    #[error("expected an object, found {found}")]
    NotAnObject {
        /// What stands there.
        found: &'static str,
    },
    /// Nested too deeply.
    #[error("expected at most {limit} levels, found more at `{at}`")]
    TooDeep {
        /// Where.
        at: String,
        /// Levels allowed.
        limit: usize,
    },
    /// Too many items or keys.
    #[error("expected at most {limit} items, found more at `{at}`")]
    TooMany {
        /// Where.
        at: String,
        /// Items allowed.
        limit: usize,
    },
    /// Too many values altogether.
    #[error("expected at most {limit} values altogether, found more at `{at}`")]
    TooManyValues {
        /// Where.
        at: String,
        /// Values allowed.
        limit: usize,
    },
    /// A text or key is too long.
    #[error("expected a text of at most {limit} bytes, found {size} at `{at}`")]
    TextTooLong {
        /// Where.
        at: String,
        /// Bytes found.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// One key, or one term under two spellings, twice in an object.
    #[error("expected every term once, found {key} again at `{at}`")]
    Duplicate {
        /// Where.
        at: String,
        /// The term, in back quotes.
        key: String,
    },
    /// A keyword of JSON-LD that would give the document a second reading.
    #[error("expected no JSON-LD keyword but @context, found {key} at `{at}`")]
    Keyword {
        /// Where.
        at: String,
        /// The keyword, in back quotes.
        key: String,
    },
    /// A number that is not one.
    #[error("expected a finite number at `{at}`")]
    NotFinite {
        /// Where.
        at: String,
    },
}
