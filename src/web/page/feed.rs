//! Atom feeds of what is public: what an actor did, the pushes of a repository, the tickets of a tracker, releases.
//! - [`show`]: `GET /{kind}/{key}/feed.atom`
//!
//! A feed is the same for everybody, whoever asks: what is private has none. Each entry is known by the address of the thing it
//! tells of, which never changes.
//!
//! Source: RFC 4287.

use crate::answer::{WebError, WebResult};
use crate::etag;
use crate::fed::near::{Near, look_at_tracker};
use crate::fed::visible::to_all;
use crate::limits::SHOWN_ITEMS;
use crate::page::audience::kind;
use crate::page::head::{Head, look};
use crate::page::parts::Prose;
use crate::page::shell::error_page;
use crate::page::telling::Told;
use crate::page::veil;
use crate::page::views::Outbox;
use crate::page::visit::Visit;
use crate::page::who::{Kind, Names};
use crate::ports::Front;
use crate::viewer::hash_of;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use jiff::Timestamp;
use pritchel_actor::{ActorId, Seconds, Value};
use pritchel_actors::ReleaseTracker;
use pritchel_actors::common::text::Html;
use pritchel_actors::release_tracker::release::release_uri;
use pritchel_actors::release_tracker::view::ViewReleases;
use pritchel_actors::ticket_tracker::ticket::ticket_uri;
use pritchel_actors::ticket_tracker::view::ViewTracker;
use pritchel_vocab::text::escape;

/// The last part of a feed's path.
pub const FILE: &str = "feed.atom";
/// The media type.
pub const ATOM: &str = "application/atom+xml; charset=utf-8";

/// Commits that the entry of a push names.
const COMMITS_TOLD: usize = 20;

struct Entry {
    /// The address of what it tells of.
    id: String,
    title: String,
    author: String,
    published: Moment,
    updated: Moment,
    /// Sanitised HTML.
    content: String,
}

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    id: String,
    page: String,
    title: String,
    updated: Moment,
    entries: Vec<Entry>,
}

/// `GET /{kind}/{key}/feed.atom`.
pub async fn show(State(front): State<Front>, uri: Uri, headers: HeaderMap) -> Response {
    let answer = async {
        // Nobody in particular asks, whoever it is.
        let visit = Visit { me: None, ..Visit::of(&front, &uri, &headers).await? };
        let path = visit.path.trim_start_matches('/').to_owned();
        let mut parts = path.split('/');
        let (segment, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let kind = Kind::of_segment(segment).ok_or_else(WebError::not_found)?;
        let actor = visit.site.actor_at(segment, key).ok_or_else(WebError::not_found)?;
        feed(&visit, kind, &actor).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

async fn feed(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let entries = match kind {
        kind if kind.tracks() => tickets(visit, actor).await?,
        Kind::RELEASES => releases(visit, actor).await?,
        _ => acts(visit, kind, &head).await?,
    };
    let what = match kind {
        Kind::REPOSITORY => "pushes",
        Kind::RELEASES => "releases",
        kind if kind.tracks() => "tickets",
        _ => "activity",
    };
    let feed = Feed {
        id: format!("{actor}/{FILE}"),
        page: actor.to_string(),
        title: format!("{} · {what} · {}", head.name, visit.site.shown()),
        updated: entries.iter().map(|entry| entry.updated).max().unwrap_or(Moment(head.published.0)),
        entries,
    };
    answer(visit, &feed.render().map_err(WebError::broken)?)
}

/// The feed, or that it is what the reader has already.
fn answer(visit: &Visit, text: &str) -> WebResult {
    let tag: String = hash_of(text).chars().take(32).collect();
    let tag = format!("\"{tag}\"");
    let held = etag::is_had(&visit.headers, &tag);
    let mut response = if held { StatusCode::NOT_MODIFIED.into_response() } else { xml(text).into_response() };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(ATOM));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=120"));
    headers.insert(ETAG, HeaderValue::from_str(&tag).map_err(WebError::broken)?);
    Ok(response)
}

/// Without the characters that XML 1.0 has no place for, however they are written.
fn xml(text: &str) -> String {
    let allowed = |letter: &char| !letter.is_control() || ['\n', '\t', '\r'].contains(letter);
    text.chars().filter(allowed).filter(|letter| !['\u{fffe}', '\u{ffff}'].contains(letter)).collect()
}

/// A moment as RFC 3339 has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Seconds);

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

async fn tickets(visit: &Visit, actor: &ActorId) -> WebResult<Vec<Entry>> {
    let view = ViewTracker { viewer: None, before: None, limit: SHOWN_ITEMS };
    let shown = look_at_tracker(&visit.front, actor, &view).await?;
    let mut names = Names::new(visit);
    let mut entries = Vec::new();
    for (number, mut ticket) in shown.tickets {
        veil::ticket(visit, &mut ticket);
        let title = format!("#{number} {}{}", ticket.title, if ticket.resolved.is_some() { " (closed)" } else { "" });
        entries.push(Entry {
            id: ticket_uri(actor, number),
            title,
            author: names.who(&ticket.author).await.label,
            published: Moment(ticket.published),
            updated: Moment(ticket.updated.unwrap_or(ticket.published)),
            content: Prose(ticket.content.clone()).to_string(),
        });
    }
    Ok(entries)
}

async fn releases(visit: &Visit, actor: &ActorId) -> WebResult<Vec<Entry>> {
    let view = ViewReleases { viewer: None, before: None, limit: SHOWN_ITEMS };
    let shown = visit.front.node.look::<ReleaseTracker, _>(actor, &view).await?;
    let mut names = Names::new(visit);
    let mut entries = Vec::new();
    for (number, release) in &shown.releases {
        let before = if release.pre_release { " (pre-release)" } else { "" };
        entries.push(Entry {
            id: release_uri(actor, *number),
            title: format!("{} ({}){before}", release.title, release.tag),
            author: names.who(&release.author).await.label,
            published: Moment(release.published),
            updated: Moment(release.updated.unwrap_or(release.published)),
            content: Prose(release.content.clone()).to_string(),
        });
    }
    Ok(entries)
}

/// What an actor said to everybody; of a repository its pushes.
async fn acts(visit: &Visit, of: Kind, head: &Head) -> WebResult<Vec<Entry>> {
    let near = Near::of(&visit.site, &head.path).ok_or_else(WebError::not_found)?;
    let items = look!(visit, of, &head.id, Outbox { before: None, limit: 2 * SHOWN_ITEMS })?;
    let mut names = Names::new(visit);
    let mut entries = Vec::new();
    for (_, item) in items {
        let Some(act) = visit.front.ports.act(item.act.clone()).await? else { continue };
        let wanted = of != Kind::REPOSITORY || kind(&act.body) == "Push";
        if !wanted || veil::veil(visit, &act.author).is_some() || !to_all(&visit.front, &near, &act).await? {
            continue;
        }
        let told = Told::of(visit, &act, item.at, String::new(), &mut names).await?;
        entries.push(Entry {
            id: act.id.to_string(),
            title: told.plain(),
            author: told.who.label.clone(),
            published: Moment(item.at),
            updated: Moment(item.at),
            content: commits(&act.body),
        });
        if entries.len() == SHOWN_ITEMS {
            break;
        }
    }
    Ok(entries)
}

/// The commits of a push, as a list.
fn commits(body: &Value) -> String {
    let object = body.get("object");
    let items = object.and_then(|object| object.get("orderedItems").or(object.get("items")));
    let Some(Value::Array(commits)) = items else { return String::new() };
    let line = |commit: &Value| {
        let summary = commit.get("summary").and_then(Value::as_str).and_then(|html| Html::sanitise(html).ok())?;
        let hash: String = commit.get("hash").and_then(Value::as_str).unwrap_or_default().chars().take(10).collect();
        let (hash, summary) = (escape(&hash), escape(&summary.to_plain()));
        Some(format!("<li><code>{hash}</code> {summary}</li>"))
    };
    let lines: String = commits.iter().take(COMMITS_TOLD).filter_map(line).collect();
    if lines.is_empty() { lines } else { format!("<ul>{lines}</ul>") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_feed_holds_no_character_that_xml_has_no_place_for() {
        assert_eq!(xml("a\u{8}b\u{0}c\u{fffe}\n<d>\u{9f}é"), "abc\n<d>é");
    }

    #[test]
    fn the_commits_of_a_push_are_text_whatever_they_say() {
        let commit = json!({"hash": "0123456789abcdef", "summary": "a &lt;script&gt; b<script>c</script>"});
        let push = json!({"object": {"orderedItems": [commit, {"hash": 7}]}});
        assert_eq!(commits(&push), "<ul><li><code>0123456789</code> a &lt;script&gt; b</li></ul>");
        assert_eq!(commits(&json!({"object": "https://a.example/1"})), "");
    }
}
