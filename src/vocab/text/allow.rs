//! The allow list. What is not named here does not get through.

use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Tags that only shape text.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Attributes by tag. `id` and `name` are not among them: they would shadow names of our own pages.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("bdo", &["dir"]),
    ("code", &["class"]),
    ("details", &["open"]),
    ("img", &["src", "alt", "width", "height"]),
    ("input", &["type", "checked", "disabled"]),
    ("ol", &["start"]),
    ("pre", &["class"]),
    ("td", &["align", "colspan", "rowspan"]),
    ("th", &["align", "colspan", "rowspan"]),
    ("time", &["datetime"]),
];

/// For HTML that stands on its own: only full addresses.
pub(super) static ABSOLUTE: LazyLock<Builder<'static>> = LazyLock::new(|| builder(UrlRelative::Deny));

/// Nothing but text.
pub(super) static NOTHING: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut nothing = Builder::empty();
    nothing.clean_content_tags(HashSet::from(["script", "style"]));
    nothing
});

/// For HTML that belongs to a place.
pub(super) fn relative_to(base: url::Url) -> Builder<'static> {
    builder(UrlRelative::RewriteWithBase(base))
}

fn builder(relative: UrlRelative<'static>) -> Builder<'static> {
    let attributes = ATTRIBUTES.iter().map(|(tag, names)| (*tag, names.iter().copied().collect()));
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(attributes.collect::<HashMap<_, HashSet<_>>>())
        .generic_attributes(HashSet::from(["title", "lang", "dir"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(relative)
        .link_rel(Some("nofollow noopener noreferrer"))
        // Task lists have boxes; no other field may pose as part of our pages.
        .set_tag_attribute_value("input", "type", "checkbox")
        .attribute_filter(|_, name, value| if name == "class" { languages(value) } else { Some(Cow::Borrowed(value)) });
    builder
}

/// Keeps the classes that name the language of a code block.
fn languages(classes: &str) -> Option<Cow<'_, str>> {
    let kept: Vec<&str> = classes.split_ascii_whitespace().filter(|class| is_language(class)).collect();
    if kept.is_empty() { None } else { Some(Cow::Owned(kept.join(" "))) }
}

fn is_language(class: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '#' | '.');
    class.strip_prefix("language-").is_some_and(|language| {
        !language.is_empty() && language.len() <= crate::limits::LANGUAGE_MAX_CHARS && language.chars().all(fits)
    })
}
