//! Files of a commit by their names: those whose path holds a text.

use std::ffi::OsStr;

use crate::ask::Within;
use crate::git::Git;
use crate::grep::Needle;
use crate::limits::{GREP_TIME, NAMED_BYTES_MAX, NAMED_MAX};
use crate::names::ObjectId;
use crate::place::Repo;
use crate::text::TextError;

/// What was found among the names of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Paths of files, as git has them and in its order: at most [`NAMED_MAX`].
    pub paths: Vec<Vec<u8>>,
    /// Whether there may be more: beyond that, or beyond [`NAMED_BYTES_MAX`] of names, or [`GREP_TIME`].
    pub cut: bool,
}

impl Git {
    /// Looks for a text in the paths of the files of a commit, directories included. Takes at most [`GREP_TIME`].
    pub async fn named(&self, repo: &Repo, commit: ObjectId, needle: &Needle) -> Result<Named, TextError> {
        if !needle.is_good() {
            return Err(TextError::Failed { said: "expected a line of text to look for".to_owned() });
        }
        let id = commit.to_string();
        let args = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", id.as_str()].map(OsStr::new);
        let said = self.ask(repo, &args, Within { bytes: NAMED_BYTES_MAX, time: GREP_TIME }).await?;
        match (said.cut, said.code) {
            (Some(_), _) | (None, Some(0)) => Ok(fitting(&said.bytes, needle, said.cut.is_some())),
            (None, _) => Err(TextError::Failed { said: said.complained }),
        }
    }
}

/// Those names that fit; a last one that is cut off is left out.
fn fitting(said: &[u8], needle: &Needle, cut: bool) -> Named {
    let fold = |bytes: &[u8]| if needle.exact { bytes.to_vec() } else { bytes.to_ascii_lowercase() };
    let wanted = fold(needle.text.as_bytes());
    let mut found = Named { paths: Vec::new(), cut };
    for name in said.split_inclusive(|byte| *byte == 0) {
        let Some(path) = name.strip_suffix(&[0]) else { break };
        let behind = path.strip_prefix(needle.below.as_slice());
        let within = needle.below.is_empty() || behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
        if !within || !fold(path).windows(wanted.len()).any(|part| part == wanted) {
            continue;
        }
        if found.paths.len() == NAMED_MAX {
            found.cut = true;
            break;
        }
        found.paths.push(path.to_vec());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needle(text: &str, exact: bool, below: &str) -> Needle {
        Needle { text: text.to_owned(), exact, below: below.as_bytes().to_vec() }
    }

    #[test]
    fn paths_are_found_by_any_part_of_them_and_below_a_directory() {
        let said = b"Cargo.toml\0src/tea/cup.rs\0src/teapot.rs\0docs/TEA.md\0docs/te";
        let paths = |needle: Needle| -> Vec<String> {
            let found = fitting(said, &needle, false).paths;
            found.into_iter().map(|path| String::from_utf8(path).unwrap()).collect()
        };
        assert_eq!(paths(needle("tea", false, "")), ["src/tea/cup.rs", "src/teapot.rs", "docs/TEA.md"]);
        assert_eq!(paths(needle("TEA", true, "")), ["docs/TEA.md"]);
        assert_eq!(paths(needle("tea/c", true, "")), ["src/tea/cup.rs"]);
        assert_eq!(paths(needle("tea", false, "src/tea")), ["src/tea/cup.rs"], "not what only begins like it");
        assert_eq!(paths(needle("toml", true, "src")), [""; 0]);
    }

    #[test]
    fn only_so_many_names_are_told() {
        let many = |count: usize| (0..count).map(|n| format!("tea{n:05}\0")).collect::<String>();
        assert!(!fitting(many(NAMED_MAX).as_bytes(), &needle("tea", true, ""), false).cut);
        let found = fitting(many(NAMED_MAX + 1).as_bytes(), &needle("tea", true, ""), false);
        assert_eq!((found.paths.len(), found.cut), (NAMED_MAX, true));
        assert!(fitting(b"tea\0", &needle("tea", true, ""), true).cut, "git had more to say");
    }
}
