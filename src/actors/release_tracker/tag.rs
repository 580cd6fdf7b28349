//! The name of a tag, such as `v1.0`.

use crate::limits::TAG_BYTES_MAX;
use serde::{Deserialize, Serialize};

/// A tag as git takes one: what may follow `refs/tags/`, at most [`TAG_BYTES_MAX`] bytes.
///
/// Source: git, `git-check-ref-format`; that none begins with a dash is `git-tag`'s.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

/// Why a text is no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTag {
    /// Empty, or too long.
    #[error("expected a tag of 1 to {TAG_BYTES_MAX} bytes, found {found}")]
    Length {
        /// How many there are.
        found: usize,
    },
    /// Git takes none like it.
    #[error("expected the name of a tag, such as `v1.0`, found {found:?}")]
    Shape {
        /// The text.
        found: String,
    },
}

impl Tag {
    /// Reads a tag.
    pub fn parse(text: &str) -> Result<Self, NoTag> {
        if text.is_empty() || text.len() > TAG_BYTES_MAX {
            return Err(NoTag::Length { found: text.len() });
        }
        let letter = |letter: char| !letter.is_control() && !letter.is_whitespace() && !"~^:?*[\\".contains(letter);
        let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
        let fits = text.chars().all(letter)
            && text.split('/').all(part)
            && !text.starts_with('-')
            && !text.ends_with('.')
            && !text.contains("..")
            && !text.contains("@{")
            && text != "@";
        if fits { Ok(Self(text.to_owned())) } else { Err(NoTag::Shape { found: text.to_owned() }) }
    }

    /// The tag as a plain name of a file, which it may share with other tags.
    pub fn label(&self) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._+-".contains(letter) { letter } else { '-' };
        let label: String = self.0.chars().map(plain).collect();
        match label.trim_start_matches(['-', '.']) {
            "" => "release".to_owned(),
            label => label.to_owned(),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Tag {
    type Error = NoTag;
    fn try_from(text: String) -> Result<Self, NoTag> {
        Self::parse(&text)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_of_a_tag_is_the_plain_name_of_a_file() {
        for (tag, label) in [("v1.0+x", "v1.0+x"), ("tea/v1.0", "tea-v1.0"), ("ü/1", "1"), ("ü", "release")] {
            assert_eq!(Tag::parse(tag).unwrap().label(), label);
        }
    }

    #[test]
    fn a_tag_is_what_git_takes_for_one() {
        for good in ["v1.0", "1", "tea/v1.0-rc.1", "ü", "a@b"] {
            assert!(Tag::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "a b", "-v1", "v1.", ".v1", "a/.b", "a//b", "/a", "a/", "v1..2", "a~1", "a^", "a:b", "a?", "a*", "a[",
            "a\\b", "@", "a@{1}", "a.lock", "a.lock/b", "a\nb", "a\u{7f}",
        ] {
            assert_eq!(Tag::parse(bad), Err(NoTag::Shape { found: bad.to_owned() }));
        }
        assert_eq!(Tag::parse(""), Err(NoTag::Length { found: 0 }));
        assert!(Tag::parse(&"a".repeat(TAG_BYTES_MAX)).is_ok());
        assert_eq!(Tag::parse(&"a".repeat(TAG_BYTES_MAX + 1)), Err(NoTag::Length { found: TAG_BYTES_MAX + 1 }));
        assert!(serde_json::from_str::<Tag>("\"a b\"").is_err(), "kept ones are read in the same way");
    }
}
