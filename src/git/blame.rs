//! Who wrote the lines of a file: as git says, in runs of lines that came with one commit.
//!
//! Source: git, `git-blame`, "INCREMENTAL OUTPUT".

use std::collections::HashMap;

use crate::ask::Within;
use crate::git::Git;
use crate::limits::{BLAME_BYTES_MAX, BLAME_TIME, PERSON_LENGTH_MAX, TITLE_LENGTH_MAX};
use crate::names::ObjectId;
use crate::place::Repo;
use crate::text::TextError;

/// Who wrote the lines of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blame {
    /// The commits, each once.
    pub commits: Vec<BlameCommit>,
    /// The lines, in their order and without a gap.
    pub runs: Vec<BlameRun>,
}

/// A commit that brought lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlameCommit {
    /// The commit.
    pub id: ObjectId,
    /// Who wrote it, as it says.
    pub author: String,
    /// When, in seconds since 1970-01-01 UTC, as it says.
    pub time_s: i64,
    /// The first line of its message.
    pub title: String,
    /// The commit before it that has the file, and what the file is called there.
    pub before: Option<(ObjectId, Vec<u8>)>,
}

/// Lines that came with one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlameRun {
    /// The first line, from 1.
    pub start: usize,
    /// How many.
    pub lines: usize,
    /// The place of the commit in [`Blame::commits`].
    pub commit: usize,
}

impl Git {
    /// Who wrote the lines of a file of a commit. Takes at most [`BLAME_TIME`].
    /// - errors: [`TextError::Failed`] if there is no such file
    pub async fn blame(&self, repo: &Repo, commit: ObjectId, path: &[u8]) -> Result<Blame, TextError> {
        use std::os::unix::ffi::OsStrExt;
        let id = commit.to_string();
        let args = ["blame".as_ref(), "--incremental".as_ref(), id.as_ref(), "--".as_ref()];
        let args: Vec<&std::ffi::OsStr> = args.into_iter().chain([std::ffi::OsStr::from_bytes(path)]).collect();
        let within = Within { bytes: BLAME_BYTES_MAX, time: BLAME_TIME };
        let said = self.ask(repo, &args, within).await?.whole(within)?;
        read(&said).ok_or_else(|| TextError::Failed { said: "what git says is no blame".to_owned() })
    }
}

/// Reads what git says: a head for each run, and what it knows of a commit the first time it is named.
fn read(said: &[u8]) -> Option<Blame> {
    let mut blame = Blame::default();
    let mut places: HashMap<ObjectId, usize> = HashMap::new();
    let mut lines = said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    while let Some(head) = lines.next() {
        let head = std::str::from_utf8(head).ok()?;
        let mut parts = head.split(' ');
        let id: ObjectId = parts.next()?.parse().ok()?;
        let numbers: Vec<usize> = parts.map_while(|part| part.parse().ok()).collect();
        let [_, start, count] = numbers[..] else { return None };
        let commit = *places.entry(id).or_insert_with(|| {
            let before = None;
            blame.commits.push(BlameCommit { id, author: String::new(), time_s: 0, title: String::new(), before });
            blame.commits.len() - 1
        });
        blame.runs.push(BlameRun { start, lines: count, commit });
        for line in lines.by_ref() {
            let (name, value) = match line.iter().position(|byte| *byte == b' ') {
                Some(at) => (&line[..at], &line[at + 1..]),
                None => (line, &b""[..]),
            };
            let text = |max: usize| String::from_utf8_lossy(value).chars().take(max).collect::<String>();
            let known = blame.commits.get_mut(commit)?;
            match name {
                b"author" => known.author = text(PERSON_LENGTH_MAX),
                b"author-time" => known.time_s = text(30).parse().unwrap_or(0),
                b"summary" => known.title = text(TITLE_LENGTH_MAX),
                b"previous" => {
                    let id = std::str::from_utf8(value.get(..40)?).ok()?.parse().ok();
                    known.before = id.zip(Some(unquoted(value.get(41..)?)));
                }
                // The last line of each run.
                b"filename" => break,
                _ => {}
            }
        }
    }
    blame.runs.sort_by_key(|run| run.start);
    Some(blame)
}

/// A path as git has it: one with letters that would not stand well in a line is told in quotes, with those as numbers.
fn unquoted(told: &[u8]) -> Vec<u8> {
    let Some(inner) = told.strip_prefix(b"\"").and_then(|told| told.strip_suffix(b"\"")) else { return told.to_vec() };
    let mut path = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((first, behind)) = rest.split_first() {
        let number = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok();
        let (letter, used) = match (first, behind) {
            (b'\\', [b'0'..=b'3', _, _, ..]) => (number(&behind[..3]).unwrap_or(b'?'), 3),
            (b'\\', [b'n', ..]) => (b'\n', 1),
            (b'\\', [b't', ..]) => (b'\t', 1),
            (b'\\', [b'r', ..]) => (b'\r', 1),
            (b'\\', [b'a', ..]) => (7, 1),
            (b'\\', [b'b', ..]) => (8, 1),
            (b'\\', [b'v', ..]) => (11, 1),
            (b'\\', [b'f', ..]) => (12, 1),
            (b'\\', [other, ..]) => (*other, 1),
            (letter, _) => (*letter, 0),
        };
        path.push(letter);
        rest = &behind[used..];
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1111111111111111111111111111111111111111";
    const B: &str = "2222222222222222222222222222222222222222";

    #[test]
    fn runs_are_put_in_order_and_a_commit_is_told_once() {
        let said = format!(
            "{A} 1 3 2\nauthor Alice <x>\nauthor-time 7\nsummary Tea\nprevious {B} old name.txt\nfilename f\n\
             {B} 1 1 2\nauthor Bob\nauthor-time 5\nsummary First\nboundary\nfilename f\n{A} 4 5 1\nfilename f\n"
        );
        let blame = read(said.as_bytes()).unwrap();
        let runs: Vec<_> = blame.runs.iter().map(|run| (run.start, run.lines, run.commit)).collect();
        assert_eq!(runs, [(1, 2, 1), (3, 2, 0), (5, 1, 0)]);
        assert_eq!((blame.commits[0].author.as_str(), blame.commits[0].time_s), ("Alice <x>", 7));
        assert_eq!(blame.commits[0].before, Some((B.parse().unwrap(), b"old name.txt".to_vec())));
        assert_eq!((blame.commits[1].title.as_str(), &blame.commits[1].before), ("First", &None));
    }

    #[test]
    fn a_path_in_quotes_is_read_as_it_is() {
        let rows: [(&[u8], &[u8]); 6] = [
            (b"a b.txt", b"a b.txt"),
            (b"\"a \\303\\274\"", "a ü".as_bytes()),
            (b"\"q\\\"\\\\\\t\\n\"", b"q\"\\\t\n"),
            (b"\"", b"\""),
            (b"\"cut\\\"", b"cut\\"),
            (b"\"\\39x\"", b"?"),
        ];
        for (told, path) in rows {
            assert_eq!(unquoted(told), path, "{}", String::from_utf8_lossy(told));
        }
    }

    #[test]
    fn what_is_no_blame_is_refused() {
        for bad in ["fatal: no such path\n", "1111 1 1 1\n", &format!("{A} 1 1\nfilename f\n")] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(read(b""), Some(Blame::default()), "an empty file");
    }
}
