//! Branches and tags of a repository: the first of each on its front page, all of them on pages of their own.

use crate::answer::{WebError, WebResult};
use crate::limits::REFS_SHOWN;
use crate::page::files::{part, read};
use crate::page::head::Head;
use crate::page::parts::{Badge, Pages};
use crate::page::shell::{error_page, page, with};
use crate::page::statuses::{badge, marks};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use crate::ports::Front;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use http::{HeaderMap, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::Repository;
use pritchel_actors::repository::pattern::Pattern;
use pritchel_actors::repository::protection::ViewProtections;
use pritchel_git::names::RefName;
use pritchel_git::read::{ReadError, Reader};

/// Branches or tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// Branches.
    Branches,
    /// Tags.
    Tags,
}

impl RefKind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Branches => "refs/heads/",
            Self::Tags => "refs/tags/",
        }
    }

    /// The last part of the address of their page.
    fn segment(self) -> &'static str {
        match self {
            Self::Branches => "branches",
            Self::Tags => "tags",
        }
    }

    fn counted(self, count: usize) -> String {
        match (self, count) {
            (Self::Branches, 1) => "1 branch".to_owned(),
            (Self::Branches, _) => format!("{count} branches"),
            (Self::Tags, 1) => "1 tag".to_owned(),
            (Self::Tags, _) => format!("{count} tags"),
        }
    }
}

/// A branch or a tag.
pub struct RefRow {
    /// Its short name.
    pub name: String,
    /// Its full name.
    full: String,
    /// The commit of a branch.
    at: String,
    /// What is said of it, all in all.
    mark: Option<Badge>,
    /// What its files are reached by: the short name, if that is nothing else's too.
    pub rev: String,
    /// The path of its files.
    pub href: String,
}

impl RefRow {
    /// Whether one of these rules is for it.
    fn is_in(&self, rules: &[Pattern]) -> bool {
        rules.iter().any(|rule| rule.fits(&self.full))
    }
}

/// Some branches, or some tags.
pub struct Refs {
    /// In the order of their names.
    pub rows: Vec<RefRow>,
    /// How many there are in all, with the word.
    pub counted: String,
    /// How many there are in all.
    pub total: usize,
    /// The path of the page of all.
    pub all: String,
    /// The short name behind which more stand.
    next: Option<String>,
}

impl Refs {
    /// Reads some of them.
    /// - `path`: the repository's
    /// - `after`: the short name behind which to begin
    pub fn read(
        reader: &Reader,
        path: &str,
        kind: RefKind,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Self, ReadError> {
        // A name that is none stands before all.
        let after = after.and_then(|after| format!("{}{after}", kind.prefix()).parse::<RefName>().ok());
        let found = reader.refs(kind.prefix(), after.as_ref(), limit)?;
        let short = |name: &RefName| name.as_str().strip_prefix(kind.prefix()).unwrap_or_default().to_owned();
        let mut rows = Vec::with_capacity(found.refs.len());
        for (name, at) in found.refs.iter().map(|info| (&info.name, info.peeled.unwrap_or(info.target).to_string())) {
            let full = name.as_str().to_owned();
            let short = short(name);
            let rev = if is_plain(reader, kind, &short)? { short.clone() } else { name.as_str().to_owned() };
            rows.push(RefRow { href: format!("{path}/tree/{}", part(&rev)), name: short, full, rev, at, mark: None });
        }
        Ok(Self {
            rows,
            counted: kind.counted(found.total),
            total: found.total,
            all: format!("{path}/{}", kind.segment()),
            next: found.next.as_ref().map(short),
        })
    }

    /// Whether there are more than these.
    pub fn is_part(&self) -> bool {
        self.rows.len() < self.total
    }
}

/// Whether a short name leads to this branch or tag: what has a full name, and a branch, are found before a tag.
fn is_plain(reader: &Reader, kind: RefKind, short: &str) -> Result<bool, ReadError> {
    if short.parse::<RefName>().is_ok() {
        return Ok(false);
    }
    match (kind, RefName::branch(short)) {
        (RefKind::Tags, Ok(branch)) => Ok(reader.target(&branch)?.is_none()),
        _ => Ok(true),
    }
}

#[derive(Template)]
#[template(path = "refs.html")]
struct RefsPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    refs: Refs,
    /// The rules that protect some of them.
    protected: Vec<Pattern>,
    pages: Pages,
}

/// `GET /repos/{key}/branches?after=…`.
pub async fn branches(State(front): State<Front>, uri: Uri, headers: HeaderMap, Path(key): Path<String>) -> Response {
    listed(&front, &uri, &headers, &key, RefKind::Branches).await
}

/// `GET /repos/{key}/tags?after=…`.
pub async fn tags(State(front): State<Front>, uri: Uri, headers: HeaderMap, Path(key): Path<String>) -> Response {
    listed(&front, &uri, &headers, &key, RefKind::Tags).await
}

async fn listed(front: &Front, uri: &Uri, headers: &HeaderMap, key: &str, kind: RefKind) -> Response {
    let answer = async {
        let visit = Visit::of(front, uri, headers).await?;
        let actor = visit.site.actor_at("repos", key).ok_or_else(WebError::not_found)?;
        list(&visit, &actor, kind).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(front, uri, headers, wrong).await,
    }
}

async fn list(visit: &Visit, actor: &ActorId, kind: RefKind) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let (path, after) = (head.path.clone(), visit.asked("after").map(str::to_owned));
    let is_first = after.is_none();
    let found = read(visit, actor, move |reader| Refs::read(reader, &path, kind, after.as_deref(), REFS_SHOWN));
    let mut refs = found.await?.ok_or_else(WebError::not_found)?;
    let marks = marks(visit, actor, refs.rows.iter().map(|row| row.at.clone()).collect()).await?;
    for (row, mark) in refs.rows.iter_mut().zip(marks) {
        row.mark = mark.map(badge);
    }
    let first = (!is_first).then(|| refs.all.clone());
    let next = refs.next.as_ref().map(|after| with(&[("after", after)], &refs.all));
    let rules = visit.front.node.look::<Repository, _>(actor, &ViewProtections { viewer: visit.viewer() }).await?;
    let is_tags = kind == RefKind::Tags;
    let protected = rules.into_iter().map(|(pattern, _)| pattern).filter(|rule| rule.is_of_tags() == is_tags).collect();
    let (frame, pages) = (visit.frame().await?, Pages { first, next });
    page(&RefsPage { frame: &frame, head: &head, tab: "about", refs, protected, pages })
}

/// `GET /repos/{key}/refs/{name}`: the files of a branch or tag.
pub async fn files_of(Path((key, name)): Path<(String, String)>) -> Redirect {
    // A branch goes by its short name; a tag might be a branch's too.
    let rev = name.strip_prefix("heads/").map_or_else(|| format!("refs/{name}"), str::to_owned);
    Redirect::to(&format!("/repos/{}/tree/{}", part(&key), part(&rev)))
}
