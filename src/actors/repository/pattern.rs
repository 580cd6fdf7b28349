//! Patterns of branches and tags, as the rules that protect them name them.

use crate::limits::{PATTERN_BYTES_MAX, PATTERN_STARS_MAX};
use serde::{Deserialize, Serialize};

/// What every pattern begins with: it is of branches or of tags.
const KINDS: [&str; 2] = ["refs/heads/", "refs/tags/"];

/// A pattern of full names of branches or of tags. `*` stands for any letters but `/`, `**` for any letters, `?` for one letter but
/// `/`; everything else for itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a pattern of branches or tags such as `release/*`, of at most {PATTERN_BYTES_MAX} bytes and \
     {PATTERN_STARS_MAX} stars, without blanks and what no name has, found {found:?}"
)]
pub struct NoPattern {
    /// The text.
    pub found: String,
}

/// A part of a pattern.
#[derive(Clone, Copy)]
enum Part {
    This(char),
    One,
    Some,
    All,
}

impl Pattern {
    /// Reads the pattern of full names.
    pub fn parse(text: &str) -> Result<Self, NoPattern> {
        let wrong = || NoPattern { found: text.chars().take(PATTERN_BYTES_MAX).collect() };
        let rest = KINDS.iter().find_map(|kind| text.strip_prefix(kind)).ok_or_else(wrong)?;
        let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:\\[".contains(c);
        let fits = !rest.is_empty() && text.len() <= PATTERN_BYTES_MAX && !text.chars().any(odd);
        let stars = text.matches('*').count();
        let named = !rest.starts_with('/') && !rest.ends_with('/') && !rest.contains("//") && !rest.contains("..");
        if fits && named && stars <= PATTERN_STARS_MAX { Ok(Self(text.to_owned())) } else { Err(wrong()) }
    }

    /// The pattern as it is written, with `refs/heads/` or `refs/tags/` before it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pattern as people write it.
    pub fn short(&self) -> &str {
        KINDS.iter().find_map(|kind| self.0.strip_prefix(kind)).unwrap_or(&self.0)
    }

    /// Whether it is of tags.
    pub fn is_of_tags(&self) -> bool {
        self.0.starts_with(KINDS[1])
    }

    /// Whether a ref of this full name is one of those it stands for.
    pub fn fits(&self, name: &str) -> bool {
        let plain = self.0.find(['*', '?']).unwrap_or(self.0.len());
        if !name.starts_with(&self.0[..plain]) {
            return false;
        }
        let parts = parts(&self.0[plain..]);
        // At which parts of the pattern one may stand, having read so much of the name.
        let mut at = vec![false; parts.len() + 1];
        at[0] = true;
        skip(&parts, &mut at);
        for letter in name[plain..].chars() {
            let mut next = vec![false; at.len()];
            for (place, part) in parts.iter().enumerate().filter(|(place, _)| at[*place]) {
                match part {
                    Part::This(one) if *one == letter => next[place + 1] = true,
                    Part::One if letter != '/' => next[place + 1] = true,
                    Part::Some if letter != '/' => next[place] = true,
                    Part::All => next[place] = true,
                    Part::This(_) | Part::One | Part::Some => {}
                }
            }
            skip(&parts, &mut next);
            at = next;
        }
        at[parts.len()]
    }
}

/// A star may stand for nothing.
fn skip(parts: &[Part], at: &mut [bool]) {
    for (place, part) in parts.iter().enumerate() {
        if at[place] && matches!(part, Part::Some | Part::All) {
            at[place + 1] = true;
        }
    }
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for letter in text.chars() {
        match (letter, parts.last_mut()) {
            ('*', Some(last @ (Part::Some | Part::All))) => *last = Part::All,
            ('*', _) => parts.push(Part::Some),
            ('?', _) => parts.push(Part::One),
            (letter, _) => parts.push(Part::This(letter)),
        }
    }
    parts
}

impl TryFrom<String> for Pattern {
    type Error = NoPattern;
    fn try_from(text: String) -> Result<Self, NoPattern> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_names_as_people_expect_of_stars() {
        #[rustfmt::skip]
        let rows = [
            ("refs/heads/main",       "refs/heads/main",          true),
            ("refs/heads/main",       "refs/heads/main2",         false),
            ("refs/heads/main",       "refs/heads/mai",           false),
            ("refs/heads/main",       "refs/tags/main",           false),
            ("refs/heads/release/*",  "refs/heads/release/1",     true),
            ("refs/heads/release/*",  "refs/heads/release/1/2",   false),
            ("refs/heads/release/**", "refs/heads/release/1/2",   true),
            ("refs/heads/**",         "refs/heads/a",             true),
            ("refs/heads/*",          "refs/heads/a/b",           false),
            ("refs/tags/v?.*",        "refs/tags/v1.2",           true),
            ("refs/tags/v?.*",        "refs/tags/v12",            false),
            ("refs/tags/v?.*",        "refs/tags/v10.2",          false),
            ("refs/heads/*-stable",   "refs/heads/1-2-stable",    true),
            ("refs/heads/*-stable",   "refs/heads/1-stable-2",    false),
            ("refs/heads/*/wip*",     "refs/heads/ann/wip",       true),
            ("refs/heads/é*",         "refs/heads/été",           true),
        ];
        for (pattern, name, expected) in rows {
            assert_eq!(Pattern::parse(pattern).unwrap().fits(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn what_is_no_pattern_of_branches_or_tags_is_refused() {
        let long = format!("refs/heads/{}", "a".repeat(PATTERN_BYTES_MAX));
        let stars = format!("refs/heads/{}", "*a".repeat(PATTERN_STARS_MAX + 1));
        let bad = [
            "main",
            "refs/heads/",
            "refs/notes/x",
            "refs/heads/a b",
            "refs/heads/a..b",
            "refs/heads//a",
            &long,
            &stars,
        ];
        for text in bad {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
        let good = Pattern::parse("refs/tags/v*").unwrap();
        assert!(good.is_of_tags() && good.short() == "v*");
        assert!(serde_json::from_value::<Pattern>("main".into()).is_err());
    }

    /// Whoever writes the pattern and whoever names the branch may be two people: neither makes it slow.
    #[test]
    fn many_stars_and_a_long_name_are_no_riddle() {
        let pattern = Pattern::parse(&format!("refs/heads/{}b", "*a".repeat(PATTERN_STARS_MAX))).unwrap();
        assert!(!pattern.fits(&format!("refs/heads/{}", "a".repeat(4000))));
    }
}
