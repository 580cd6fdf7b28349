//! References in text: `#12`, `name#3`, `owner/name#3`, `name@host#3`, `@user`, `@user@host` and the hashes of commits become links, where
//! they stand in the text of others and not in a link or in code.
//! - [`Around`]: where the text stands, which says what `#12` means; [`Linked`]: text with its references
//! - [`people`]: who is mentioned, for whoever tells them
//! - [`to`]: `GET /to/{reference}`: a reference by a name is looked up when it is followed, not when it is shown
//!
//! A link is made of what stands in the text alone: whether there is such a thing is found out by who follows it.

use crate::answer::{WebError, WebResult};
use crate::page::markdown::{end_of_tag, within_page};
use crate::page::shell::{error, with};
use crate::page::visit::Visit;
use crate::page::who::{Kind, href, named};
use askama::filters::HtmlSafe;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::ActorId;
use pritchel_actors::Repository;
use pritchel_actors::common::references::{NUMBER_DIGITS, is_name, ticket_named};
use pritchel_actors::common::text::Html;
use pritchel_actors::repository::view::ViewRepository;
use std::fmt;

/// Digits of a hash that stands for a commit, at least and at most.
const HASH_DIGITS: std::ops::RangeInclusive<usize> = 7..=64;

/// Where a text stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// The path of the tracker whose tickets `#12` names.
    pub tracker: Option<String>,
    /// The path of the repository whose commits hashes name.
    pub repository: Option<String>,
}

impl Around {
    /// Of the page visited: that of a tracker or a repository, or of something in it.
    pub fn of(visit: &Visit) -> Self {
        let mut parts = visit.path.trim_start_matches('/').splitn(3, '/');
        let (Some(segment), Some(key)) = (parts.next(), parts.next()) else { return Self::default() };
        let path = format!("/{segment}/{key}");
        match Kind::of_segment(segment) {
            Some(kind) if kind.tracks() => Self { tracker: Some(path), repository: None },
            Some(Kind::REPOSITORY) => Self { tracker: None, repository: Some(path) },
            _ => Self::default(),
        }
    }

    /// The same with the repository whose commits are meant.
    #[must_use]
    pub fn with_repository(self, visit: &Visit, repository: &ActorId) -> Self {
        let path = repository.as_str().strip_prefix(visit.site.origin.as_str()).map(str::to_owned);
        Self { repository: path, ..self }
    }
}

/// Sanitised HTML as a part of a page, with its references as links.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The text.
    pub html: Html,
    /// Where it stands.
    pub around: Around,
}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&linked(&within_page(self.html.as_str()), &self.around))
    }
}

impl HtmlSafe for Linked {}

/// Puts links into sanitised HTML.
fn linked(html: &str, around: &Around) -> String {
    let mut written = String::with_capacity(html.len());
    for piece in pieces(html) {
        match piece {
            Piece::Prose(text) => text_with_links(text, around, &mut written),
            Piece::Other(text) => written.push_str(text),
            Piece::Somebody(name) => {
                // The `@` goes into the link.
                written.pop();
                let to = with(&[("q", &format!("@{name}"))], "/look");
                written.push_str(&format!("<a class=\"ref\" rel=\"nofollow\" href=\"{to}\">@"));
            }
        }
    }
    written
}

/// The names of those who are mentioned in sanitised HTML, as `alice` or `alice@b.example`, each once and in their order.
pub fn people(html: &str) -> Vec<String> {
    let mut people: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !people.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            people.push(name.to_owned());
        }
    };
    for piece in pieces(html) {
        match piece {
            Piece::Prose(text) => words(text).filter_map(|(_, word)| somebody(bare(word))).for_each(&mut add),
            Piece::Somebody(name) => add(name),
            Piece::Other(_) => {}
        }
    }
    people
}

/// A part of sanitised HTML.
enum Piece<'a> {
    /// Text in which references are links.
    Prose(&'a str),
    /// The tag that opens a link to this mail address, which stands behind an `@`: Markdown takes a name for such.
    Somebody(&'a str),
    /// A tag, or text in a link or in code.
    Other(&'a str),
}

fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut rest, mut within, mut behind_at) = (html, 0_usize, false);
    while !rest.is_empty() {
        let (text, tag_on) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        if !text.is_empty() {
            pieces.push(if within == 0 { Piece::Prose(text) } else { Piece::Other(text) });
            behind_at = text.ends_with('@');
        }
        let (tag, behind) = tag_on.split_at(end_of_tag(tag_on));
        rest = behind;
        if tag.is_empty() {
            continue;
        }
        within = match (opens(tag), closes(tag)) {
            (true, _) => within + 1,
            (_, true) => within.saturating_sub(1),
            _ => within,
        };
        let name = mentioned(tag).filter(|_| within == 1 && behind_at);
        pieces.push(name.map_or(Piece::Other(tag), Piece::Somebody));
        behind_at = false;
    }
    pieces
}

/// The name in a link to a mail address.
fn mentioned(tag: &str) -> Option<&str> {
    let name = tag.strip_prefix("<a href=\"mailto:")?.split('"').next()?;
    (is_name(name) && !name.contains('/') && name.matches('@').count() == 1).then_some(name)
}

/// Elements whose text is no prose.
const PLAIN: [&str; 3] = ["a", "code", "pre"];

fn opens(tag: &str) -> bool {
    PLAIN.iter().any(|name| {
        tag.strip_prefix('<').and_then(|tag| tag.strip_prefix(name)).is_some_and(|rest| rest.starts_with([' ', '>']))
    })
}

fn closes(tag: &str) -> bool {
    PLAIN.iter().any(|name| tag.strip_prefix("</").and_then(|tag| tag.strip_suffix('>')) == Some(name))
}

/// Text between tags: its words that are references become links.
fn text_with_links(text: &str, around: &Around, written: &mut String) {
    for (gap, word) in words(text) {
        written.push_str(gap);
        let bare = bare(word);
        // What follows an `&` is the name of a character.
        match target(bare, around).filter(|_| !gap.ends_with('&')) {
            // Such words hold no character that HTML would read otherwise.
            Some(to) => {
                written.push_str(&format!("<a class=\"ref\" rel=\"nofollow\" href=\"{to}\">{bare}</a>"));
                written.push_str(&word[bare.len()..]);
            }
            None => written.push_str(word),
        }
    }
}

/// The words of a text, each with what stands before it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (gap, word_on) = rest.split_at(rest.find(|c: char| !ends_word(c)).unwrap_or(rest.len()));
        let (word, behind) = word_on.split_at(word_on.find(ends_word).unwrap_or(word_on.len()));
        rest = behind;
        (!gap.is_empty() || !word.is_empty()).then_some((gap, word))
    })
}

/// A word without what ends a sentence.
fn bare(word: &str) -> &str {
    word.trim_end_matches(['.', ':', '!', '?', '\''])
}

/// The name of somebody, if the word mentions them.
fn somebody(word: &str) -> Option<&str> {
    let name = word.strip_prefix('@')?;
    (is_name(name) && !name.contains('/') && name.matches('@').count() <= 1).then_some(name)
}

/// What stands between words; `&` begins a character that HTML writes by a name.
fn ends_word(c: char) -> bool {
    c.is_whitespace() || "()[]{}<>,;\"&*|".contains(c)
}

/// Where a word leads, if it is a reference.
fn target(word: &str, around: &Around) -> Option<String> {
    if word.contains('#') {
        return match ticket_named(word)? {
            ("", number) => around.tracker.as_ref().map(|tracker| format!("{tracker}/tickets/{number}")),
            _ => Some(format!("/to/{}", encoded(word))),
        };
    }
    if word.starts_with('@') {
        return somebody(word).map(|_| with(&[("q", word)], "/look"));
    }
    let is_hash = HASH_DIGITS.contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let repository = around.repository.as_ref().filter(|_| is_hash)?;
    Some(format!("{repository}/commits/{word}"))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// `GET /to/{reference}`: the ticket of a tracker that is named, such as `tea#3`, `alice/tea#3` or `tea@forge.example#3`. Of a
/// repository it is the merge request.
pub async fn to(visit: Visit, Path(reference): Path<String>) -> Response {
    found(&visit, &reference).await.unwrap_or_else(|wrong| error(&visit, wrong))
}

async fn found(visit: &Visit, reference: &str) -> WebResult {
    let (name, number) = reference.rsplit_once('#').ok_or_else(WebError::not_found)?;
    if !is_name(name) || number.parse::<u64>().is_err() || number.len() > NUMBER_DIGITS {
        return Err(WebError::not_found());
    }
    // Names here are those of a domain, whoever owns what they name.
    let (owned, host) = name.split_once('@').map_or((name, None), |(owned, host)| (owned, Some(host)));
    let last = owned.rsplit('/').next().unwrap_or(owned);
    let name = host.map_or_else(|| last.to_owned(), |host| format!("{last}@{host}"));
    let far = host.is_some_and(|host| crate::domains::naming(&visit.front.settings, host).is_none());
    if far {
        // Another server is asked for our own people only.
        visit.signed_in()?;
    }
    let actor = named(visit, &name).await.map_err(|_| WebError::not_found())?;
    let tracker = match Kind::of(&visit.front.settings, &actor) {
        Some(Kind::REPOSITORY) => {
            let view = ViewRepository { viewer: visit.viewer() };
            let patches = visit.front.node.look::<Repository, _>(&actor, &view).await?.patches;
            patches.ok_or_else(WebError::not_found)?
        }
        Some(kind) if kind.tracks() => actor,
        None => actor,
        Some(_) => return Err(WebError::not_found()),
    };
    Ok(Redirect::to(&href(visit, &format!("{tracker}/tickets/{number}"))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Around {
        Around { tracker: Some("/trackers/t".into()), repository: Some("/repos/r".into()) }
    }

    #[test]
    fn a_word_is_a_reference_or_it_is_not() {
        #[rustfmt::skip]
        let rows = [
            ("#12",                     Some("/trackers/t/tickets/12")),
            ("#0",                      None),
            ("#012",                    None),
            ("#",                       None),
            ("#1234567890",             None),
            ("C#",                      None),
            ("tea#3",                   Some("/to/tea%233")),
            ("alice/tea#3",             Some("/to/alice%2Ftea%233")),
            ("tea@b.example#3",         Some("/to/tea%40b.example%233")),
            ("x/#3",                    None),
            ("@alice",                  Some("/look?q=%40alice")),
            ("@alice@b.example:3000",   Some("/look?q=%40alice%40b.example%3A3000")),
            ("@a@b@c",                  None),
            ("@",                       None),
            ("@-x",                     None),
            ("alice@b.example",         None),
            ("0a1b2c3",                 Some("/repos/r/commits/0a1b2c3")),
            ("0a1b2c",                  None),
            ("1234567",                 None),
            ("defaced",                 None),
        ];
        for (word, to) in rows {
            assert_eq!(target(word, &around()).as_deref(), to, "{word}");
        }
        assert_eq!(target("#12", &Around::default()), None, "where there is no tracker");
        assert_eq!(target("0a1b2c3", &Around::default()), None, "where there is no repository");
    }

    #[test]
    fn references_are_links_in_prose_and_nowhere_else() {
        let link = "<a class=\"ref\" rel=\"nofollow\" href=\"/trackers/t/tickets/1\">#1</a>";
        #[rustfmt::skip]
        let rows = [
            ("<p>See #1.</p>",                          format!("<p>See {link}.</p>")),
            ("<p>(#1, #x)</p>",                         format!("<p>({link}, #x)</p>")),
            ("<p>#1</p><code>#1</code> #1",             format!("<p>{link}</p><code>#1</code> {link}")),
            ("<a href=\"https://a.example/#1\">#1</a>", "<a href=\"https://a.example/#1\">#1</a>".to_owned()),
            ("<pre><code>a #1</code> #1</pre>#1",       format!("<pre><code>a #1</code> #1</pre>{link}")),
            ("<abbr title=\"#1 > 2\">x</abbr>",         "<abbr title=\"#1 > 2\">x</abbr>".to_owned()),
            ("&#1; &amp;#1 &lt;#1",                     format!("&#1; &amp;{link} &lt;{link}")),
            ("a&nbsp;#1",                               format!("a&nbsp;{link}")),
            (
                "Ask @<a href=\"mailto:bob@b.example\" rel=\"x\">bob@b.example</a>.",
                "Ask <a class=\"ref\" rel=\"nofollow\" href=\"/look?q=%40bob%40b.example\">@bob@b.example</a>.".to_owned(),
            ),
            (
                "Write to <a href=\"mailto:bob@b.example\">bob@b.example</a>",
                "Write to <a href=\"mailto:bob@b.example\">bob@b.example</a>".to_owned(),
            ),
            ("",                                        String::new()),
        ];
        for (html, expected) in rows {
            assert_eq!(linked(html, &around()), expected, "{html}");
        }
    }

    #[test]
    fn people_are_mentioned_in_prose_and_nowhere_else() {
        #[rustfmt::skip]
        let rows = [
            ("<p>@alice, (@bob)! @Alice</p>",                                       vec!["alice", "bob"]),
            ("<code>@alice</code> <a href=\"/x\">@bob</a> a@b.example",             vec![]),
            ("Ask @<a href=\"mailto:bob@b.example\">bob@b.example</a>.",            vec!["bob@b.example"]),
            ("Ask <a href=\"mailto:bob@b.example\">bob@b.example</a>.",             vec![]),
            ("@ @- @a@b@c @x/y @alice@b.example:3000?",                             vec!["alice@b.example:3000"]),
        ];
        for (html, expected) in rows {
            assert_eq!(people(html), expected, "{html}");
        }
    }

    #[test]
    fn nothing_in_a_text_breaks_out_of_its_link() {
        for evil in ["x\"onclick=y#3", "@a'b", "a%22b#3", "javascript:x#3", "@x/../y", "<b#3", "tea\u{202e}#3"] {
            let html = linked(&evil.replace('<', "&lt;").replace('"', "&quot;"), &around());
            assert!(!html.contains("onclick=y#3\"") && html.matches('"').count().is_multiple_of(2), "{html}");
        }
    }
}
