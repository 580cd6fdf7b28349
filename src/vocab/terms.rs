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
    PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .filter(|rest| is_word(rest))
        .unwrap_or(name)
}

/// Whether a text is a bare word: a letter, then letters, digits, `_` or `-`, at most
/// [`WORD_MAX_BYTES`](crate::limits::WORD_MAX_BYTES).
pub fn is_word(text: &str) -> bool {
    text.len() <= crate::limits::WORD_MAX_BYTES
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

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
