//! Source in colours: what a grammar calls a comment, a string, a keyword gets one of a few classes, which the stylesheet colours
//! for light and for dark. Bounded in time and in the length of lines; beyond it a file goes on without colours. Blocking.

use crate::limits::{COLOUR_LINE_BYTES_MAX, COLOUR_TIME};
use pritchel_git::tree::is_binary;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// The grammars, read when the first file is shown.
static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// What begins so has this class; of two that fit the longer one counts. Empty: no class, whatever stands around it.
#[rustfmt::skip]
const CLASSES: &[(&str, &str)] = &[
    ("comment", "c"),
    ("string", "s"), ("constant.character.escape", "n"), ("constant.other.placeholder", "n"),
    ("constant", "n"),
    ("keyword", "k"), ("keyword.operator", ""), ("keyword.operator.word", "k"), ("storage", "k"), ("variable.language", "k"),
    ("support.function", "f"), ("entity.name.function", "f"), ("variable.function", "f"), ("entity.name.macro", "f"), ("support.macro", "f"),
    ("support.type", "t"), ("support.class", "t"), ("entity.name.type", "t"), ("entity.name.class", "t"), ("entity.name.struct", "t"),
    ("entity.name.enum", "t"), ("entity.name.trait", "t"), ("entity.name.impl", "t"), ("entity.name.interface", "t"),
    ("entity.name.namespace", "t"), ("entity.other.inherited-class", "t"), ("storage.type.numeric", "n"),
    ("entity.name.tag", "k"), ("entity.other.attribute-name", "f"), ("support.type.property-name", "f"), ("entity.name.key", "f"),
    ("meta.mapping.key", "f"), ("entity.name.section", "h"), ("markup.heading", "h"), ("markup.bold", "h"),
    ("markup.inserted", "i"), ("markup.deleted", "d"), ("markup.raw", "s"), ("markup.underline.link", "s"),
    ("meta.interpolation", ""), ("meta.annotation", "f"), ("meta.attribute", "f"),
];

/// A file as lines of HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coloured {
    html: String,
    /// Where each line ends in it.
    ends: Vec<usize>,
    /// What the language is called, if it is known.
    pub language: Option<String>,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// Whether there are more lines than these.
    pub cut: bool,
}

impl Coloured {
    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.ends.len()
    }

    /// A line, from 1, as HTML without its end; empty if there is none.
    pub fn line(&self, number: usize) -> &str {
        let at = |number: usize| number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        match (at(number.saturating_sub(1)), at(number)) {
            (Some(start), Some(end)) => &self.html[start..end],
            _ => "",
        }
    }

    /// Bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        self.html.len() + 8 * self.ends.len() + 200
    }
}

/// Colours a file; `None` if it is no text.
/// - `lines_max`: lines that are shown; of a longer file the rest is left out
pub fn coloured(name: &str, bytes: &[u8], lines_max: usize) -> Option<Coloured> {
    if is_binary(bytes) {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let grammar = grammar(name, &text);
    // A grammar that its reader does not bear is no reason to show nothing.
    let found = catch_unwind(AssertUnwindSafe(|| painted(&text, grammar, lines_max)));
    let mut shown = found.unwrap_or_else(|_| painted(&text, None, lines_max));
    shown.language = grammar.map(|grammar| grammar.name.clone());
    shown.size_bytes = bytes.len() as u64;
    Some(shown)
}

fn grammar(name: &str, text: &str) -> Option<&'static SyntaxReference> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    let lower = ending.map(str::to_ascii_lowercase);
    let by_name = GRAMMARS.find_syntax_by_extension(name);
    let by_ending = || lower.as_deref().and_then(|ending| GRAMMARS.find_syntax_by_extension(ending));
    let first: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
    let found = by_name.or_else(by_ending).or_else(|| GRAMMARS.find_syntax_by_first_line(&first));
    found.filter(|grammar| grammar.name != "Plain Text")
}

fn painted(text: &str, grammar: Option<&'static SyntaxReference>, lines_max: usize) -> Coloured {
    let mut shown = Coloured { html: String::with_capacity(text.len() * 2), ..Coloured::default() };
    let mut painter = grammar.map(Painter::new);
    for (count, line) in text.split_inclusive('\n').enumerate() {
        if count == lines_max {
            shown.cut = true;
            break;
        }
        let painted = painter.as_mut().is_some_and(|painter| painter.paint(line, &mut shown.html));
        if !painted {
            escape(line.trim_end_matches(['\n', '\r']), &mut shown.html);
        }
        shown.ends.push(shown.html.len());
    }
    shown.html.shrink_to_fit();
    shown
}

struct Painter {
    state: ParseState,
    stack: ScopeStack,
    /// Whether a scope gives a class: `None` leaves it to what stands around it.
    classes: HashMap<Scope, Option<&'static str>>,
    /// The processor's time of this thread when it began: a busy machine makes no file plainer.
    begun: Duration,
}

impl Painter {
    fn new(grammar: &SyntaxReference) -> Self {
        Self { state: ParseState::new(grammar), stack: ScopeStack::new(), classes: HashMap::new(), begun: worked() }
    }

    /// Writes a line with its colours. Tells whether it did: not beyond the bounds, and then nothing is written.
    fn paint(&mut self, line: &str, html: &mut String) -> bool {
        if line.len() > COLOUR_LINE_BYTES_MAX || worked().saturating_sub(self.begun) > COLOUR_TIME {
            return false;
        }
        let Ok(changes) = self.state.parse_line(line, &GRAMMARS) else { return false };
        let end = line.trim_end_matches(['\n', '\r']).len();
        let (mut at, mut open) = (0, "");
        let mut piece = |from: usize, to: usize, class: &'static str| {
            let Some(text) = line.get(from.min(end)..to.min(end)).filter(|text| !text.is_empty()) else { return };
            // Space needs no colour, and one piece with what is before it is shorter.
            let class = if text.trim().is_empty() { open } else { class };
            if class != open {
                html.push_str(if open.is_empty() { "" } else { "</i>" });
                if !class.is_empty() {
                    // Writing to a string does not fail.
                    let _ = write!(html, "<i class={class}>");
                }
                open = class;
            }
            escape(text, html);
        };
        for (place, change) in &changes {
            let class = class_of(&mut self.classes, &self.stack);
            piece(at, *place, class);
            at = *place;
            if self.stack.apply(change).is_err() {
                break;
            }
        }
        piece(at, end, class_of(&mut self.classes, &self.stack));
        if !open.is_empty() {
            html.push_str("</i>");
        }
        true
    }
}

/// The processor's time of this thread so far.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The class of the innermost scope that has one.
fn class_of(known: &mut HashMap<Scope, Option<&'static str>>, stack: &ScopeStack) -> &'static str {
    let class = |scope: &Scope| *known.entry(*scope).or_insert_with(|| listed(&scope.build_string()));
    stack.as_slice().iter().rev().find_map(class).unwrap_or("")
}

fn listed(scope: &str) -> Option<&'static str> {
    let fits = |name: &str| scope.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let longest = CLASSES.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len());
    longest.map(|(_, class)| *class)
}

/// Writes text as HTML.
pub fn escape(text: &str, html: &mut String) {
    for piece in text.split_inclusive(['&', '<', '>', '"']) {
        let (plain, special) = match piece.char_indices().next_back() {
            Some((at, '&')) => (&piece[..at], "&amp;"),
            Some((at, '<')) => (&piece[..at], "&lt;"),
            Some((at, '>')) => (&piece[..at], "&gt;"),
            Some((at, '"')) => (&piece[..at], "&quot;"),
            _ => (piece, ""),
        };
        html.push_str(plain);
        html.push_str(special);
    }
}

/// Lines of a file with their numbers, each a place to lead to.
pub struct CodeLines<'a> {
    /// The file.
    pub file: &'a Coloured,
    /// The first line and how many.
    pub start: usize,
    /// How many.
    pub count: usize,
    /// The lines that are pointed at, if any.
    pub marked: Option<(usize, usize)>,
}

impl askama::filters::HtmlSafe for CodeLines<'_> {}

impl fmt::Display for CodeLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for number in self.start..(self.start + self.count).min(self.file.lines() + 1) {
            let marked = self.marked.is_some_and(|(first, last)| (first..=last).contains(&number));
            let class = if marked { " class=hit" } else { "" };
            // The end of the line belongs to it: as the last thing in a block it takes no room, and is copied with the line.
            write!(
                f,
                "<span id=L{number}{class}><a href=\"#L{number}\">{number}</a>{}\n</span>",
                self.file.line(number)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_grammar_names_is_coloured_and_all_of_it_is_escaped() {
        let file = coloured("a.rs", b"// <b> & \"x\"\nfn pour(n: u32) -> &str { \"<tea>\" }\n", 10).unwrap();
        assert_eq!((file.lines(), file.language.as_deref()), (2, Some("Rust")));
        assert_eq!(file.line(1), "<i class=c>// &lt;b&gt; &amp; &quot;x&quot;</i>");
        let line = file.line(2);
        assert!(line.contains("<i class=k>fn </i>") && line.contains("<i class=f>pour</i>"), "{line}");
        assert!(line.contains("<i class=s>&quot;&lt;tea&gt;&quot; </i>"), "{line}");
        assert_eq!(line.matches("<i").count(), line.matches("</i>").count());
        assert_eq!((file.line(0), file.line(3)), ("", ""));
    }

    #[test]
    fn a_language_is_known_by_name_ending_or_first_line_and_else_the_text_is_plain() {
        let rows = [
            ("Dockerfile", "FROM x\n", Some("Dockerfile")),
            ("a.TOML", "a = 1\n", Some("TOML")),
            ("run", "#!/bin/sh\necho\n", Some("Bourne Again Shell (bash)")),
            ("LICENSE", "Tea\n", None),
        ];
        for (name, text, language) in rows {
            assert_eq!(coloured(name, text.as_bytes(), 9).unwrap().language.as_deref(), language, "{name}");
        }
        assert_eq!(coloured("LICENSE", b"<tea>\r\n\nx", 9).unwrap().line(1), "&lt;tea&gt;");
        assert_eq!(coloured("x.png", b"\x89PNG\0", 9), None);
        assert_eq!(coloured("empty", b"", 9).unwrap().lines(), 0);
    }

    #[test]
    fn long_lines_are_plain_and_long_files_are_cut() {
        let long = format!("let a = \"{}\";\nlet b = 1;\n", "x".repeat(COLOUR_LINE_BYTES_MAX));
        let file = coloured("a.rs", long.as_bytes(), 9).unwrap();
        assert!(!file.line(1).contains("<i") && file.line(2).contains("<i class=k>let</i>"), "{}", file.line(2));
        let cut = coloured("a.txt", b"a\nb\nc\n", 2).unwrap();
        assert_eq!((cut.lines(), cut.cut, cut.line(2)), (2, true, "b"));
        let whole = coloured("a.txt", b"a\nb\n", 2).unwrap();
        assert!(!whole.cut);
    }

    #[test]
    fn each_line_is_a_place_and_those_pointed_at_are_marked() {
        let file = coloured("a.txt", b"a\nb\nc\n", 9).unwrap();
        let lines = CodeLines { file: &file, start: 2, count: 9, marked: Some((3, 7)) }.to_string();
        assert_eq!(
            lines,
            "<span id=L2><a href=\"#L2\">2</a>b\n</span><span id=L3 class=hit><a href=\"#L3\">3</a>c\n</span>"
        );
    }
}
