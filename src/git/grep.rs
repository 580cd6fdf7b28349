//! Search in the files of a commit, by git. For a text as it stands: a pattern of a stranger could keep a core, or all memory,
//! busy.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::ask::Within;
use crate::git::Git;
use crate::limits::{
    GREP_BYTES_MAX, GREP_FILE_LINES_MAX, GREP_LINE_LENGTH_MAX, GREP_LINES_MAX, GREP_NEEDLE_BYTES_MAX, GREP_TIME,
};
use crate::names::ObjectId;
use crate::place::Repo;
use crate::text::TextError;

/// What was found in the files of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// The files, in the order of their paths.
    pub files: Vec<FileMatches>,
    /// Whether there may be more: at most [`GREP_LINES_MAX`] lines, of one file [`GREP_FILE_LINES_MAX`], and what is found in
    /// [`GREP_TIME`].
    pub cut: bool,
}

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMatches {
    /// Its path, as git has it.
    pub path: Vec<u8>,
    /// Lines with their numbers, from 1, each at most [`GREP_LINE_LENGTH_MAX`] characters.
    pub lines: Vec<(usize, String)>,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The text: one line, at most [`GREP_NEEDLE_BYTES_MAX`] bytes.
    pub text: String,
    /// Whether capital letters are others.
    pub exact: bool,
    /// The directory or file in which; empty for all.
    pub below: Vec<u8>,
}

impl Needle {
    /// Whether it can be looked for.
    pub fn is_good(&self) -> bool {
        let fits = (1..=GREP_NEEDLE_BYTES_MAX).contains(&self.text.len());
        fits && !self.text.contains(['\n', '\r', '\0'])
    }
}

impl Git {
    /// Looks for a text in the files of a commit that are text. Takes at most [`GREP_TIME`].
    pub async fn grep(&self, repo: &Repo, commit: ObjectId, needle: &Needle) -> Result<Matches, TextError> {
        if !needle.is_good() {
            return Err(TextError::Failed { said: "expected a line of text to look for".to_owned() });
        }
        let (id, count) = (commit.to_string(), format!("--max-count={}", GREP_FILE_LINES_MAX + 1));
        let mut args = vec!["grep", "--threads=1", "-I", "-n", "-z", "--full-name", "--no-color", "-F", count.as_str()];
        args.extend((!needle.exact).then_some("-i"));
        args.extend(["-e", needle.text.as_str(), id.as_str()]);
        let mut args: Vec<&OsStr> = args.into_iter().map(OsStr::new).collect();
        if !needle.below.is_empty() {
            args.extend([OsStr::new("--"), OsStr::from_bytes(&needle.below)]);
        }
        let within = Within { bytes: GREP_BYTES_MAX, time: GREP_TIME };
        let said = self.ask(repo, &args, within).await?;
        match (said.cut, said.code) {
            // 1 is what git says when it finds nothing.
            (Some(_), _) | (None, Some(0 | 1)) => Ok(read(&said.bytes, &id, said.cut.is_some())),
            (None, _) => Err(TextError::Failed { said: said.complained }),
        }
    }
}

/// Reads lines `<commit>:<path> 0 <number> 0 <text> newline`; a last one that is cut off is left out.
fn read(said: &[u8], commit: &str, cut: bool) -> Matches {
    let mut found = Matches { files: Vec::new(), cut };
    let mut count = 0;
    for line in said.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else { break };
        let mut fields = line.splitn(3, |byte| *byte == 0);
        let (Some(path), Some(number), Some(text)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let path = path.strip_prefix(commit.as_bytes()).and_then(|path| path.strip_prefix(b":")).unwrap_or(path);
        let Some(number) = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()) else { continue };
        if count == GREP_LINES_MAX {
            found.cut = true;
            break;
        }
        if found.files.last().is_none_or(|file| file.path != path) {
            found.files.push(FileMatches { path: path.to_vec(), lines: Vec::new() });
        }
        let Some(file) = found.files.last_mut() else { continue };
        if file.lines.len() == GREP_FILE_LINES_MAX {
            found.cut = true;
            continue;
        }
        count += 1;
        let text = String::from_utf8_lossy(text);
        file.lines.push((number, text.trim_end().chars().take(GREP_LINE_LENGTH_MAX).collect()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_gathered_by_file_and_what_is_cut_off_is_left_out() {
        let said = b"c0:a.txt\x001\x00tea\nc0:a.txt\x007\x00more tea \nc0:b\xff\x002\x00tea: x\nc0:b\xff\x003\x00te";
        let found = read(said, "c0", true);
        assert_eq!(found.files[0].lines, [(1, "tea".to_owned()), (7, "more tea".to_owned())]);
        assert_eq!((found.files[1].path.as_slice(), found.files[1].lines.len()), (&b"b\xff"[..], 1));
        assert!(found.cut);
    }

    #[test]
    fn of_one_file_and_in_all_only_so_many_lines_are_told() {
        let many = |file: usize| format!("c0:{file:04}\x001\x00tea\n").repeat(GREP_FILE_LINES_MAX + 1);
        let one = read(many(1).as_bytes(), "c0", false);
        assert_eq!((one.files[0].lines.len(), one.cut), (GREP_FILE_LINES_MAX, true));
        let all: String = (0..GREP_LINES_MAX).map(many).collect();
        let all = read(all.as_bytes(), "c0", false);
        assert_eq!(all.files.iter().map(|file| file.lines.len()).sum::<usize>(), GREP_LINES_MAX);
        assert!(all.cut && !read(b"c0:a\x001\x00tea\n", "c0", false).cut);
    }

    #[test]
    fn what_is_looked_for_is_one_line() {
        let needle = |text: &str| Needle { text: text.to_owned(), exact: true, below: Vec::new() };
        assert!(needle("--tea (").is_good());
        for bad in ["", "a\nb", "a\0b", &"x".repeat(GREP_NEEDLE_BYTES_MAX + 1)] {
            assert!(!needle(bad).is_good(), "{bad:?}");
        }
    }
}
