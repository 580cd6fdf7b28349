//! A patch as people mail it: one message, as `git format-patch` writes it. Git alone can say whether it fits; here is what
//! can be told from its text.
//!
//! Source: ForgeFed, "Patch"; git-format-patch(1), git-am(1).

use crate::limits::{PATCH_BYTES_MAX, PATCHES_BYTES_MAX, PATCHES_MAX};
use serde::{Deserialize, Serialize};

/// The media type of a patch of git.
pub const GIT_PATCH: &str = "application/x-git-patch";

/// One patch, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Patch(String);

/// Why a text is no patch, or patches are too many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// It does not begin as `git format-patch` begins.
    #[error("a patch begins with `From ` and the name of its commit, as `git format-patch` writes it; found {0:?}")]
    NoMail(String),
    /// A line of its head is not there.
    #[error("a patch has a line `{0}` before its text")]
    NoHeader(&'static str),
    /// It changes nothing.
    #[error("a patch changes a file: it has a line that begins with `diff --git `")]
    NoDiff,
    /// It holds a further one.
    #[error("a patch is one message: this one holds another, which begins with {0:?}")]
    Several(String),
    /// It holds bytes that no text has.
    #[error("a patch is text: this one holds a zero byte")]
    NoText,
    /// It is too long.
    #[error("a patch has at most {PATCH_BYTES_MAX} bytes, found {0}")]
    TooLong(usize),
    /// They are none, too many, or too long together.
    #[error(
        "expected 1 to {PATCHES_MAX} patches of at most {PATCHES_BYTES_MAX} bytes in all, found {count} of {bytes} bytes"
    )]
    Count {
        /// How many.
        count: usize,
        /// Their bytes.
        bytes: usize,
    },
}

impl Patch {
    /// Reads a patch.
    pub fn parse(text: &str) -> Result<Self, PatchError> {
        if text.len() > PATCH_BYTES_MAX {
            return Err(PatchError::TooLong(text.len()));
        }
        if text.contains('\0') {
            return Err(PatchError::NoText);
        }
        let text = text.replace("\r\n", "\n");
        let first = text.lines().next().unwrap_or_default();
        if !begins_mail(first) {
            return Err(PatchError::NoMail(excerpt(first)));
        }
        let head = text.split("\n\n").next().unwrap_or_default();
        for header in ["From: ", "Subject: "] {
            if !head.lines().skip(1).any(|line| line.starts_with(header)) {
                return Err(PatchError::NoHeader(header));
            }
        }
        if !text.lines().any(|line| line.starts_with("diff --git ")) {
            return Err(PatchError::NoDiff);
        }
        if let Some(other) = text.lines().skip(1).find(|line| begins_mail(line)) {
            return Err(PatchError::Several(excerpt(other)));
        }
        Ok(Self(text))
    }

    /// Reads some patches, in the order in which they are given.
    pub fn parse_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, PatchError> {
        let texts: Vec<&str> = texts.into_iter().take(PATCHES_MAX + 1).collect();
        let bytes = texts.iter().map(|text| text.len()).sum();
        if texts.is_empty() || texts.len() > PATCHES_MAX || bytes > PATCHES_BYTES_MAX {
            return Err(PatchError::Count { count: texts.len(), bytes });
        }
        texts.into_iter().map(Self::parse).collect()
    }

    /// The patches of a mailbox, in its order: what `git format-patch --stdout` writes, cut where a message begins.
    pub fn split(mailbox: &str) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for line in mailbox.lines() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            match parts.last_mut() {
                Some(part) if !begins_mail(line) => part.extend([line, "\n"]),
                _ => parts.push(format!("{line}\n")),
            }
        }
        parts
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Patch {
    type Error = PatchError;

    fn try_from(text: String) -> Result<Self, PatchError> {
        Self::parse(&text)
    }
}

impl From<Patch> for String {
    fn from(patch: Patch) -> String {
        patch.0
    }
}

/// Whether a line begins a message as `git format-patch` writes it. A line of the text that begins so has a `>` before it.
fn begins_mail(line: &str) -> bool {
    let Some((hash, rest)) = line.strip_prefix("From ").and_then(|rest| rest.split_once(' ')) else { return false };
    matches!(hash.len(), 40 | 64) && hash.bytes().all(|b| b.is_ascii_hexdigit()) && rest.ends_with(" 00:00:00 2001")
}

fn excerpt(line: &str) -> String {
    line.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

    fn patch(title: &str) -> String {
        format!(
            "From {HASH} Mon Sep 17 00:00:00 2001\nFrom: Alice <alice@a.example>\nDate: Wed, 1 Jan 2020 00:00:00 +0000\n\
             Subject: [PATCH] {title}\n\n---\n milk.txt | 1 +\n\ndiff --git a/milk.txt b/milk.txt\nnew file mode 100644\n\
             --- /dev/null\n+++ b/milk.txt\n@@ -0,0 +1 @@\n+one\n-- \n2.47.3\n\n"
        )
    }

    #[test]
    fn a_patch_is_kept_as_it_was_written_but_for_the_ends_of_its_lines() {
        let text = patch("Add milk");
        assert_eq!(Patch::parse(&text).unwrap().as_str(), text);
        assert_eq!(Patch::parse(&text.replace('\n', "\r\n")).unwrap().as_str(), text);
    }

    #[test]
    fn what_is_no_patch_says_what_it_lacks() {
        let good = patch("x");
        let without = |line: &str| good.lines().filter(|l| !l.starts_with(line)).collect::<Vec<_>>().join("\n");
        let long = format!("{good}{}", "x".repeat(PATCH_BYTES_MAX));
        #[rustfmt::skip]
        let rows = [
            (String::new(),            PatchError::NoMail(String::new())),
            ("hello".to_owned(),       PatchError::NoMail("hello".to_owned())),
            (without("From: "),        PatchError::NoHeader("From: ")),
            (without("Subject: "),     PatchError::NoHeader("Subject: ")),
            (without("diff --git "),   PatchError::NoDiff),
            (format!("{good}\0"),      PatchError::NoText),
            (format!("{good}{good}"),  PatchError::Several(format!("From {HASH} Mon Sep 17 00:"))),
            (long.clone(),             PatchError::TooLong(long.len())),
        ];
        for (text, why) in rows {
            assert_eq!(Patch::parse(&text), Err(why));
        }
    }

    #[test]
    fn patches_are_counted_and_measured_together() {
        let one = patch("x");
        let many = vec![one.as_str(); PATCHES_MAX + 1];
        assert_eq!(Patch::parse_all(many[1..].iter().copied()).unwrap().len(), PATCHES_MAX);
        for bad in [&many[..], &[]] {
            assert!(matches!(Patch::parse_all(bad.iter().copied()), Err(PatchError::Count { .. })));
        }
        let long = format!("{one}{}", "x".repeat(PATCH_BYTES_MAX - one.len()));
        let longest = vec![long.as_str(); PATCHES_BYTES_MAX / PATCH_BYTES_MAX + 1];
        assert!(matches!(Patch::parse_all(longest), Err(PatchError::Count { .. })));
    }

    #[test]
    fn a_mailbox_is_cut_where_a_message_begins() {
        let both = format!("{}{}", patch("One"), patch("Two"));
        assert_eq!(Patch::split(&both), [patch("One"), patch("Two")]);
        assert_eq!(Patch::split(&both.replace('\n', "\r\n")), [patch("One"), patch("Two")]);
        assert_eq!(Patch::split(""), Vec::<String>::new());
        assert_eq!(Patch::split("From me\nto you"), ["From me\nto you\n"]);
    }
}
