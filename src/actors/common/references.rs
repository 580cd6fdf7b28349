//! References to tickets in text, as people write them: `#12`, `tea#3`, `alice/tea#3`, `tea@forge.example#3`; and the words before one that
//! say that what is told closes it.

use crate::limits::REFERENCE_NAME_BYTES_MAX;

/// Digits of the number of a ticket in a reference.
pub const NUMBER_DIGITS: usize = 9;

/// Words before the name of a ticket, as other forges know them.
const KEYWORDS: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// The name and the number of a ticket, if a word is a reference to one. The name is empty where only a number is given.
pub fn ticket_named(word: &str) -> Option<(&str, u64)> {
    let (name, digits) = word.rsplit_once('#')?;
    let good = (1..=NUMBER_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| good && !digits.starts_with('0'))?;
    (name.is_empty() || is_name(name)).then_some((name, number))
}

/// Whether a text can be a name: `tea`, `alice/tea`, `tea@forge.example`.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./@:".contains(&byte);
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let ends = text.bytes().last().is_some_and(|byte| byte.is_ascii_alphanumeric());
    begins && ends && text.len() <= REFERENCE_NAME_BYTES_MAX && text.bytes().all(plain) && !text.contains("//")
}

/// The tickets that a text closes, `fixes #12` and the like, each as [`ticket_named`] has it.
pub fn closed_in(text: &str) -> impl Iterator<Item = (&str, u64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut named = Vec::new();
    for pair in words.windows(2) {
        let keyword = pair[0].trim_start_matches('(').trim_end_matches(':');
        if KEYWORDS.iter().any(|known| known.eq_ignore_ascii_case(keyword)) {
            named.extend(ticket_named(pair[1].trim_end_matches(['.', ',', ';', ':', '!', '?', ')'])));
        }
    }
    named.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_before_a_ticket_closes_it() {
        #[rustfmt::skip]
        let rows = [
            ("Fixes #12.",                          vec![("", 12)]),
            ("Keep it hot (closes: #1, fix tea#2)", vec![("", 1), ("tea", 2)]),
            ("RESOLVED alice/tea@b.example#3",      vec![("alice/tea@b.example", 3)]),
            ("fixes\n#4",                           vec![("", 4)]),
            ("See #5, prefixes #6",                 vec![]),
            ("fixes #0 fixes #x fixes it #7",       vec![]),
            ("fixes",                               vec![]),
        ];
        for (text, expected) in rows {
            assert_eq!(closed_in(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
