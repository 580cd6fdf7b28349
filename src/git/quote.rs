//! Lines that are quoted from a difference, as a review does: the hunk they stand in, and whether a later version has changed
//! them. Bounded, and blocking.

use std::collections::BTreeMap;
use std::ops::Range;

use git2::{DiffOptions, Oid, Patch};

use crate::limits::{HUNK_BYTES_MAX, HUNK_CONTEXT_LINES, HUNK_LINES_MAX};
use crate::names::ObjectId;
use crate::read::{ReadError, Reader};
use crate::tree::split;

/// Which side of a difference a line is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// As it was.
    Old,
    /// As it would be.
    New,
}

/// A line of a difference: its side, and its number there, from 1.
pub type Line = (Side, u64);

/// What is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// The path of the file, the same on both sides.
    pub path: String,
    /// The first line and the last one, in the order of the difference; `None` is the whole file.
    pub lines: Option<(Line, Line)>,
}

/// A difference: what lies between two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The old side; without it, all is new.
    pub base: Option<ObjectId>,
    /// The new side.
    pub head: ObjectId,
}

/// A line of a hunk.
struct HunkLine {
    sign: char,
    text: String,
    numbers: [Option<u64>; 2],
}

/// What a file is at one place.
#[derive(PartialEq, Eq)]
enum Content {
    /// Text, or nothing where there is no such file.
    Text(Vec<u8>),
    /// Something else, or too long to be compared line by line.
    Other(Oid),
}

impl Reader {
    /// The part of a difference that has all quoted lines, as a unified diff has it. Of a hunk with more than [`HUNK_LINES_MAX`]
    /// lines it is the quoted ones and some around them; where those are more, the last of them.
    ///
    /// `None` if no hunk has them all in this order, if the file is no text, or if that part has more than [`HUNK_BYTES_MAX`]
    /// bytes.
    pub fn hunk(&self, of: Span, quoted: &Quoted) -> Result<Option<String>, ReadError> {
        let Some((start, end)) = quoted.lines else { return Ok(None) };
        let (Content::Text(old), Content::Text(new)) =
            (self.content(of.base, &quoted.path)?, self.content(Some(of.head), &quoted.path)?)
        else {
            return Ok(None);
        };
        let patch = Patch::from_buffers(&old, None, &new, None, None)?;
        for number in 0..patch.num_hunks() {
            let lines = lines_of(&patch, number)?;
            if let Some(part) = between(&lines, start, end) {
                let (hunk, _) = patch.hunk(number)?;
                let begins = [hunk.old_start(), hunk.new_start()].map(u64::from);
                let whole = String::from_utf8_lossy(hunk.header()).trim_end().to_owned();
                let text = written(&lines, part, begins, whole);
                return Ok(Some(text).filter(|text| text.len() <= HUNK_BYTES_MAX));
            }
        }
        Ok(None)
    }

    /// Whether the quoted lines are others in a later difference: changed, taken away, or with others between them. Lines of the
    /// old side are also others if they were to be taken away, and are not any more, or the other way round. Lines that have
    /// only moved are the same.
    /// - `of`: the difference they are quoted from
    pub fn is_changed(&self, of: Span, now: Span, quoted: &Quoted) -> Result<bool, ReadError> {
        let path = &quoted.path;
        let Some((start, end)) = quoted.lines else {
            return Ok(self.content(Some(of.head), path)? != self.content(Some(now.head), path)?);
        };
        for (side, lines) in self.sides(of, path, start, end)? {
            let commits = match side {
                Side::Old => [of.base, now.base],
                Side::New => [Some(of.head), Some(now.head)],
            };
            let moved = match (self.content(commits[0], path)?, self.content(commits[1], path)?) {
                (Content::Text(before), Content::Text(after)) => moved(&before, &after, lines)?,
                (before, after) => Some(lines).filter(|_| before == after),
            };
            let Some(there) = moved else { return Ok(true) };
            if side == Side::Old && self.taken_away(of, path, lines)? != self.taken_away(now, path, there)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The lines that are quoted on each side. Where the two ends are on different sides, it is what stands between them.
    fn sides(&self, of: Span, path: &str, start: Line, end: Line) -> Result<BTreeMap<Side, (u64, u64)>, ReadError> {
        if start.0 == end.0 {
            return Ok(BTreeMap::from([(start.0, (start.1, end.1))]));
        }
        let ends = BTreeMap::from([(start.0, (start.1, start.1)), (end.0, (end.1, end.1))]);
        let (Content::Text(old), Content::Text(new)) =
            (self.content(of.base, path)?, self.content(Some(of.head), path)?)
        else {
            return Ok(ends);
        };
        let patch = Patch::from_buffers(&old, None, &new, None, None)?;
        for number in 0..patch.num_hunks() {
            let lines = lines_of(&patch, number)?;
            let Some(part) = between(&lines, start, end) else { continue };
            let on = |side: Side| {
                let mut numbers = lines[part.clone()].iter().filter_map(|line| line.numbers[side as usize]);
                let first = numbers.next()?;
                Some((side, (first, numbers.next_back().unwrap_or(first))))
            };
            return Ok([Side::Old, Side::New].into_iter().filter_map(on).collect());
        }
        Ok(ends)
    }

    /// Which of some lines of the old side are not on the new one, each stretch counted from the first of them.
    fn taken_away(&self, of: Span, path: &str, (start, end): (u64, u64)) -> Result<Vec<(u64, u64)>, ReadError> {
        let (Content::Text(old), Content::Text(new)) =
            (self.content(of.base, path)?, self.content(Some(of.head), path)?)
        else {
            return Ok(Vec::new());
        };
        let mut away = Vec::new();
        for Change { at, gone, .. } in changes(&old, &new)? {
            let (first, last) = (at.max(start), (at + gone).min(end.saturating_add(1)));
            if first < last {
                away.push((first - start, last - start));
            }
        }
        Ok(away)
    }

    fn content(&self, commit: Option<ObjectId>, path: &str) -> Result<Content, ReadError> {
        let none = Content::Text(Vec::new());
        // What is no path of git's is nowhere, and so is the directory of all.
        let is_path = split(path.as_bytes()).is_ok_and(|names| !names.is_empty());
        let Some(commit) = commit.filter(|_| is_path) else { return Ok(none) };
        let tree = self.commit(commit.to_git()?)?.tree_id();
        match self.text_at(tree, path)? {
            Some(text) => Ok(Content::Text(text)),
            None => Ok(Content::Other(self.tree_object(tree)?.get_path(std::path::Path::new(path))?.id())),
        }
    }
}

/// One place where two texts differ.
struct Change {
    /// The first line of the old text that is gone; where none is, the one before which others have come.
    at: u64,
    /// How many lines of the old text are gone.
    gone: u64,
    /// How many have come.
    come: u64,
}

fn changes(old: &[u8], new: &[u8]) -> Result<Vec<Change>, ReadError> {
    let mut options = DiffOptions::new();
    options.context_lines(0);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options))?;
    let mut changes = Vec::new();
    for number in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(number)?;
        let [start, gone, come] = [hunk.old_start(), hunk.old_lines(), hunk.new_lines()].map(u64::from);
        // A hunk that takes nothing away names the line after which it stands.
        changes.push(Change { at: if gone == 0 { start + 1 } else { start }, gone, come });
    }
    Ok(changes)
}

/// Where lines of a text are in another one; `None` if they are not there as they were.
fn moved(before: &[u8], after: &[u8], (start, end): (u64, u64)) -> Result<Option<(u64, u64)>, ReadError> {
    let (mut come, mut gone) = (0, 0);
    for change in changes(before, after)? {
        let inside = if change.gone == 0 { change.at > start && change.at <= end } else { change.at <= end };
        if change.at + change.gone <= start {
            (come, gone) = (come + change.come, gone + change.gone);
        } else if inside {
            return Ok(None);
        }
    }
    let there = |line: u64| line.saturating_add(come).saturating_sub(gone);
    Ok(Some((there(start), there(end))))
}

fn lines_of(patch: &Patch<'_>, hunk: usize) -> Result<Vec<HunkLine>, ReadError> {
    let mut lines = Vec::new();
    for number in 0..patch.num_lines_in_hunk(hunk)? {
        let line = patch.line_in_hunk(hunk, number)?;
        // The rest are notes that a file ends without the end of a line.
        if matches!(line.origin(), '+' | '-' | ' ') {
            let text = String::from_utf8_lossy(line.content()).trim_end_matches(['\r', '\n']).to_owned();
            let numbers = [line.old_lineno(), line.new_lineno()].map(|number| number.map(u64::from));
            lines.push(HunkLine { sign: line.origin(), text, numbers });
        }
    }
    Ok(lines)
}

/// The places from one line to another in a hunk that has both, in this order.
fn between(lines: &[HunkLine], start: Line, end: Line) -> Option<Range<usize>> {
    let place = |(side, number): Line| lines.iter().position(|line| line.numbers[side as usize] == Some(number));
    let (first, last) = (place(start)?, place(end)?);
    (first <= last).then_some(first..last + 1)
}

/// A hunk as text, or the part of a long one.
/// - `begins`: the lines it begins with on both sides, as its head has them; `head`: of the whole of it
fn written(lines: &[HunkLine], part: Range<usize>, begins: [u64; 2], head: String) -> String {
    let (shown, head) = if lines.len() <= HUNK_LINES_MAX {
        (0..lines.len(), head)
    } else {
        let shown = part.start.saturating_sub(HUNK_CONTEXT_LINES)..(part.end + HUNK_CONTEXT_LINES).min(lines.len());
        let shown = shown.end.saturating_sub(HUNK_LINES_MAX).max(shown.start)..shown.end;
        let [old, new] = [Side::Old, Side::New].map(|side| counted(lines, &shown, side, begins[side as usize]));
        (shown, format!("@@ -{old} +{new} @@"))
    };
    let text = lines[shown].iter().map(|line| format!("\n{}{}", line.sign, line.text));
    head + &text.collect::<String>()
}

/// What the head of a hunk says of one side of a part of it: where that begins, and how many lines it has.
fn counted(lines: &[HunkLine], part: &Range<usize>, side: Side, begins: u64) -> String {
    let on = |range: Range<usize>| lines[range].iter().filter_map(move |line| line.numbers[side as usize]);
    let count = on(part.clone()).count();
    // A side without lines names the one before.
    let before = on(0..part.start).next_back().unwrap_or(begins.saturating_sub(1));
    format!("{},{count}", on(part.clone()).next().unwrap_or(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[&str]) -> Vec<u8> {
        lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
    }

    #[test]
    fn lines_are_found_again_where_they_were_only_moved() {
        let before = text(&["a", "b", "c", "d", "e"]);
        #[rustfmt::skip]
        let rows = [
            ("the same",             vec!["a", "b", "c", "d", "e"],           Some((2, 4))),
            ("others above",         vec!["x", "y", "a", "b", "c", "d", "e"], Some((4, 6))),
            ("fewer above",          vec!["b", "c", "d", "e"],                Some((1, 3))),
            ("others just above",    vec!["a", "x", "b", "c", "d", "e"],      Some((3, 5))),
            ("others just below",    vec!["a", "b", "c", "d", "x", "e"],      Some((2, 4))),
            ("another below",        vec!["a", "b", "c", "d", "x"],           Some((2, 4))),
            ("another between",      vec!["a", "b", "x", "c", "d", "e"],      None),
            ("the first is another", vec!["a", "x", "c", "d", "e"],           None),
            ("the last is gone",     vec!["a", "b", "c", "e"],                None),
            ("nothing is left",      vec![],                                  None),
        ];
        for (what, after, expected) in rows {
            assert_eq!(moved(&before, &text(&after), (2, 4)).unwrap(), expected, "{what}");
        }
        assert_eq!(moved(&before, &text(&[]), (9, u64::MAX)).unwrap(), Some((4, u64::MAX - 5)), "there were none");
    }
}
