//! Names of terms. A term has one short name here, however the wire spells it: `Grant`, `forge:Grant` and
//! `https://forgefed.org/ns#Grant` are the same word. No context is fetched or expanded; unknown names stay as they are.

/// Spellings that stand before a short name, in keys, in `type` and in words such as roles.
const PREFIXES: [&str; 8] = [
    "https://forgefed.org/ns#",
    "https://www.w3.org/ns/activitystreams#",
    "https://w3id.org/security#",
    "http://www.w3.org/ns/ldp#",
    "forge:",
    "as:",
    "sec:",
    "ldp:",
];

/// The short name of a term, or the text itself if it has none of the spellings we know.
pub fn short(name: &str) -> &str {
    // Almost every name is short already.
    if !name.contains(':') {
        return name;
    }
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| is_word(rest)).unwrap_or(name)
}

/// Whether a text is a bare word: a letter, then letters, digits, `_` or `-`, at most
/// [`WORD_MAX_BYTES`](crate::limits::WORD_MAX_BYTES).
pub fn is_word(text: &str) -> bool {
    text.len() <= crate::limits::WORD_MAX_BYTES
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// An enum of words of the wire: the ones that have a meaning here by name, every other by its text.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A word that has no name here, short where its vocabulary is known.
            Other(String),
        }

        impl $name {
            /// Every word that has a name here.
            pub const KNOWN: &'static [$name] = &[$(Self::$variant),*];

            /// The word as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }

            /// The meaning of a word, whatever its spelling.
            pub fn from_name(name: &str) -> Self {
                match $crate::terms::short(name) {
                    $($word => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<&$name> for serde_json::Value {
            fn from(word: &$name) -> serde_json::Value {
                serde_json::Value::from(word.as_str())
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_has_one_short_name() {
        #[rustfmt::skip]
        let rows = [
            ("Grant",                                         "Grant"),
            ("forge:Grant",                                   "Grant"),
            ("https://forgefed.org/ns#Grant",                 "Grant"),
            ("as:Create",                                     "Create"),
            ("https://www.w3.org/ns/activitystreams#Create",  "Create"),
            ("https://w3id.org/security#publicKey",           "publicKey"),
            ("ldp:inbox",                                     "inbox"),
            ("toot:featured",                                 "toot:featured"),
            ("https://forgefed.org/ns#",                      "https://forgefed.org/ns#"),
            ("https://forgefed.org/ns#a/../b",                "https://forgefed.org/ns#a/../b"),
            ("http://forgefed.org/ns#Grant",                  "http://forgefed.org/ns#Grant"),
        ];
        for (name, expected) in rows {
            assert_eq!(short(name), expected);
        }
    }
}
