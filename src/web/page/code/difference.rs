//! A difference as pages show it: the files, their lines in one column or in two beside each other, and in lines that were changed
//! the words that are others.

use crate::colour::escape;
use crate::limits::{WORDS_LINE_CHARS_MAX, WORDS_TIME};
use crate::page::code::address;
use crate::page::shell::with;
use crate::page::visit::Visit;
use askama::Template;
use askama::filters::HtmlSafe;
use pritchel_git::changes::Changes;
use pritchel_git::compare::{DiffLine, Difference, FileDiff};
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::fmt;
use std::time::Instant;

/// How differences are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// In two columns.
    pub split: bool,
    /// The same page the other way.
    pub other: String,
}

impl View {
    /// As the visitor asks.
    pub fn of(visit: &Visit) -> Self {
        let split = visit.asked("view") == Some("split");
        let others = visit.query.iter().filter(|(name, _)| name != "view");
        let mut fields: Vec<(&str, &str)> = others.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend((!split).then_some(("view", "split")));
        let other = if fields.is_empty() { visit.path.clone() } else { with(&fields, &visit.path) };
        Self { split, other }
    }
}

/// A difference.
#[derive(Template)]
#[template(path = "difference.html")]
pub struct DifferenceShown {
    /// The files.
    pub files: Vec<FileShown>,
    /// Lines that came, in the files that are shown.
    added: usize,
    /// Lines that went.
    removed: usize,
    /// How it is shown.
    view: View,
    /// Whether there is more.
    cut: bool,
}

impl HtmlSafe for DifferenceShown {}

/// A file of a difference.
pub struct FileShown {
    /// Its path.
    pub path: String,
    /// What became of it: `added`, `changed` or `removed`.
    pub what: &'static str,
    /// Its place on the page.
    anchor: String,
    /// The page of the file as it is then.
    href: Option<String>,
    added: usize,
    removed: usize,
    /// `None` if it is not shown line by line.
    rows: Option<Vec<Row>>,
}

/// A row of a difference: of one column, or of two.
pub enum Row {
    /// The head of a hunk.
    Hunk(String),
    /// In one column a line; in two the same line as it was and as it is, or one of them.
    Lines {
        /// As it was.
        old: Option<Line>,
        /// As it is.
        new: Option<Line>,
    },
}

/// A line on one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    number: usize,
    /// `+`, `-` or a space.
    sign: char,
    /// The text in pieces: every second one is changed.
    pieces: Vec<String>,
}

impl HtmlSafe for Line {}

/// The sign, and the text with what is changed in it marked.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut html = format!("<span class=sign>{}</span>", self.sign);
        for (place, piece) in self.pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            let is_changed = place % 2 == 1;
            html.push_str(if is_changed { "<mark>" } else { "" });
            escape(piece, &mut html);
            html.push_str(if is_changed { "</mark>" } else { "" });
        }
        f.write_str(&html)
    }
}

impl DifferenceShown {
    /// Works a difference out for a page.
    /// - `own`: the path of the repository
    /// - `at`: the commit whose files are linked to
    pub fn of(difference: Difference, view: &View, own: &str, at: Option<&str>) -> Self {
        let Difference { changes, files, cut } = difference;
        let until = Instant::now() + WORDS_TIME;
        let shown = |(place, file): (usize, FileDiff)| {
            let what = what_became(&changes, &file.path);
            let lines = file.lines.as_deref().unwrap_or_default();
            let count = |sign: char| lines.iter().filter(|line| line.sign == sign).count();
            let href = at.filter(|_| what != "removed").map(|at| address(own, "tree", at, file.path.as_bytes()));
            FileShown {
                what,
                anchor: format!("file-{place}"),
                href,
                added: count('+'),
                removed: count('-'),
                rows: file.lines.as_deref().map(|lines| rows(lines, view.split, until)),
                path: file.path,
            }
        };
        let mut shown: Vec<FileShown> = files.into_iter().enumerate().map(shown).collect();
        let unseen = changes.added.iter().chain(&changes.modified).chain(&changes.removed);
        let unseen: Vec<&String> = unseen.filter(|path| !shown.iter().any(|file| file.path == **path)).collect();
        let named = unseen.into_iter().map(|path| FileShown {
            what: what_became(&changes, path),
            anchor: String::new(),
            href: None,
            added: 0,
            removed: 0,
            rows: None,
            path: path.clone(),
        });
        let named: Vec<FileShown> = named.collect();
        shown.extend(named);
        let sum = |count: fn(&FileShown) -> usize| shown.iter().map(count).sum();
        let (added, removed) = (sum(|file| file.added), sum(|file| file.removed));
        Self { files: shown, added, removed, view: view.clone(), cut }
    }
}

impl FileShown {
    /// Whether its lines were looked at; else it is only named.
    fn is_shown(&self) -> bool {
        !self.anchor.is_empty()
    }
}

fn what_became(changes: &Changes, path: &str) -> &'static str {
    let has = |paths: &[String]| paths.iter().any(|known| known == path);
    if has(&changes.added) {
        "added"
    } else if has(&changes.removed) {
        "removed"
    } else {
        "changed"
    }
}

/// The rows of a unified difference.
fn rows(lines: &[DiffLine], split: bool, until: Instant) -> Vec<Row> {
    let mut rows = Vec::with_capacity(lines.len());
    let (mut old, mut new) = (0, 0);
    let mut rest = lines;
    while let Some(line) = rest.first() {
        match line.sign {
            '@' => {
                (old, new) = begins(&line.text).unwrap_or((old, new));
                rows.push(Row::Hunk(line.text.clone()));
                rest = &rest[1..];
            }
            '+' | '-' => {
                let went = rest.iter().take_while(|line| line.sign == '-').count();
                let came = rest[went..].iter().take_while(|line| line.sign == '+').count();
                let (gone, behind) = rest.split_at(went);
                let (come, behind) = behind.split_at(came);
                changed(&mut rows, (gone, old), (come, new), split, until);
                (old, new, rest) = (old + went, new + came, behind);
            }
            _ => {
                let line = |number| Some(Line { number, sign: ' ', pieces: vec![line.text.clone()] });
                rows.push(Row::Lines { old: line(old), new: line(new) });
                (old, new, rest) = (old + 1, new + 1, &rest[1..]);
            }
        }
    }
    rows
}

/// Where a hunk begins on both sides, by its head: `@@ -1,2 +3,4 @@`.
fn begins(head: &str) -> Option<(usize, usize)> {
    let mut parts = head.split(' ').skip(1);
    let number = |part: &str| part.get(1..)?.split(',').next()?.parse().ok();
    Some((number(parts.next()?)?, number(parts.next()?)?))
}

/// Rows of lines that went together with those that came in their place.
fn changed(
    rows: &mut Vec<Row>,
    (gone, old): (&[DiffLine], usize),
    (come, new): (&[DiffLine], usize),
    split: bool,
    until: Instant,
) {
    let mut pieces: Vec<[Vec<String>; 2]> =
        gone.iter().zip(come).map(|(a, b)| words(&a.text, &b.text, until)).collect();
    let mut line = |side: usize, place: usize, lines: &[DiffLine], first: usize, sign: char| {
        let text = lines.get(place)?;
        let pieces = pieces.get_mut(place).map(|both| std::mem::take(&mut both[side]));
        Some(Line { number: first + place, sign, pieces: pieces.unwrap_or_else(|| vec![text.text.clone()]) })
    };
    if split {
        for place in 0..gone.len().max(come.len()) {
            let (old, new) = (line(0, place, gone, old, '-'), line(1, place, come, new, '+'));
            rows.push(Row::Lines { old, new });
        }
    } else {
        rows.extend((0..gone.len()).map(|place| Row::Lines { old: line(0, place, gone, old, '-'), new: None }));
        rows.extend((0..come.len()).map(|place| Row::Lines { old: None, new: line(1, place, come, new, '+') }));
    }
}

/// Both lines in pieces, of which every second one differs. Lines that have little in common are one piece each.
fn words(old: &str, new: &str, until: Instant) -> [Vec<String>; 2] {
    let plain = || [vec![old.to_owned()], vec![new.to_owned()]];
    if old.len().max(new.len()) > WORDS_LINE_CHARS_MAX || Instant::now() > until {
        return plain();
    }
    let (a, b) = (tokens(old), tokens(new));
    let found = capture_diff_slices_deadline(Algorithm::Myers, &a, &b, Some(until));
    let mut sides = [vec![String::new()], vec![String::new()]];
    let mut same = 0;
    for step in found {
        let (is_same, old, new) = match step {
            DiffOp::Equal { old_index, new_index, len } => {
                (true, old_index..old_index + len, new_index..new_index + len)
            }
            other => (false, other.old_range(), other.new_range()),
        };
        for (side, text) in sides.iter_mut().zip([a[old].concat(), b[new].concat()]) {
            same += if is_same { text.trim().len() } else { 0 };
            push(side, is_same, text);
        }
    }
    let all = old.trim().len() + new.trim().len();
    if 3 * same < all { plain() } else { sides }
}

/// Adds a piece, to the last one if that is of the same kind: the first, third … are the same on both sides.
fn push(pieces: &mut Vec<String>, is_same: bool, text: String) {
    if text.is_empty() {
        return;
    }
    if (pieces.len() % 2 == 1) != is_same {
        pieces.push(String::new());
    }
    if let Some(last) = pieces.last_mut() {
        last.push_str(&text);
    }
}

/// Words, spaces, and all else letter by letter.
fn tokens(line: &str) -> Vec<&str> {
    let kind = |letter: char| match letter {
        letter if letter.is_alphanumeric() || letter == '_' => 1,
        letter if letter.is_whitespace() => 2,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let mut letters = line.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        let of = kind(letter);
        while of != 0 && letters.peek().is_some_and(|(_, next)| kind(*next) == of) {
            letters.next();
        }
        let end = letters.peek().map_or(line.len(), |(at, _)| *at);
        tokens.push(&line[start..end]);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    fn lines(text: &str) -> Vec<DiffLine> {
        let line = |line: &str| DiffLine {
            sign: line.chars().next().unwrap(),
            text: line.get(1..).filter(|_| !line.starts_with('@')).unwrap_or(line).to_owned(),
        };
        text.lines().map(line).collect()
    }

    fn told(rows: &[Row]) -> Vec<String> {
        let side = |line: &Option<Line>| match line {
            Some(line) => format!("{}{}{}", line.number, line.sign, line.pieces.join("|")),
            None => "·".to_owned(),
        };
        let row = |row: &Row| match row {
            Row::Hunk(head) => head.clone(),
            Row::Lines { old, new } => format!("{} {}", side(old), side(new)),
        };
        rows.iter().map(row).collect()
    }

    const CHANGE: &str = "@@ -3,3 +3,4 @@ fn\n same\n-let a = 1;\n+let a = 22;\n+more\n end";

    #[test]
    fn in_one_column_lines_that_went_stand_before_those_that_came() {
        let rows = rows(&lines(CHANGE), false, later());
        let expected =
            ["@@ -3,3 +3,4 @@ fn", "3 same 3 same", "4-let a = |1|; ·", "· 4+let a = |22|;", "· 5+more", "5 end 6 end"];
        assert_eq!(told(&rows), expected);
    }

    #[test]
    fn in_two_columns_they_stand_beside_each_other() {
        let rows = rows(&lines(CHANGE), true, later());
        let expected =
            ["@@ -3,3 +3,4 @@ fn", "3 same 3 same", "4-let a = |1|; 4+let a = |22|;", "· 5+more", "5 end 6 end"];
        assert_eq!(told(&rows), expected);
    }

    #[test]
    fn words_are_marked_only_where_lines_have_something_in_common_and_are_not_too_long() {
        let both = |old: &str, new: &str| words(old, new, later());
        assert_eq!(both("pour(tea)", "pour(milk)"), [vec!["pour(", "tea", ")"], vec!["pour(", "milk", ")"]]);
        assert_eq!(both("abc", "xyz"), [["abc"], ["xyz"]]);
        let long = "a ".repeat(WORDS_LINE_CHARS_MAX);
        assert_eq!(both(&long, "a "), [vec![long.clone()], vec!["a ".to_owned()]]);
        let over = words("a b", "a c", Instant::now() - Duration::from_secs(1));
        assert_eq!(over, [["a b"], ["a c"]], "after its time");
    }

    #[test]
    fn a_line_is_escaped_in_each_of_its_pieces() {
        let pieces = vec!["<b> ".to_owned(), "a&b".to_owned(), String::new()];
        let line = Line { number: 1, sign: '+', pieces };
        assert_eq!(line.to_string(), "<span class=sign>+</span>&lt;b&gt; <mark>a&amp;b</mark>");
    }

    #[test]
    fn what_was_changed_stands_in_every_second_piece_also_at_the_beginning() {
        assert_eq!(
            words("tea and milk", "no and milk", later()),
            [vec!["", "tea", " and milk"], vec!["", "no", " and milk"]]
        );
    }
}
