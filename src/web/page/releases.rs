//! The page of a release tracker with its releases, and that of one release.

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::fed::peers;
use crate::fed::releases::archived;
use crate::limits::{REFS_SHOWN, SHOWN_COMMENTS, SHOWN_ITEMS};
use crate::page::boxes::pages;
use crate::page::files;
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::merge::sees;
use crate::page::parts::{Badge, Pages, When, Who};
use crate::page::plans::{MilestoneChoice, choice, milestone_name, open_milestones};
use crate::page::references::{Around, Linked};
use crate::page::shell::page;
use crate::page::ticket::{CommentRow, threaded};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names, href};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::release_tracker::release::release_uri;
use pritchel_actors::release_tracker::view::{ReleaseShown, ViewRelease, ViewReleases};
use pritchel_actors::release_tracker::wire::ARCHIVES;
use pritchel_actors::release_tracker::{Release, ReleaseNo, Tag};
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{ReleaseTracker, ResourceKind};

struct Row {
    number: ReleaseNo,
    title: String,
    tag: Tag,
    pre_release: bool,
    badge: Badge,
    repository: Who,
    at: When,
    comments: u64,
}

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    total: u64,
    rows: Vec<Row>,
    pages: Pages,
    repositories: Vec<Who>,
    /// Tags that could be released.
    tags: Vec<String>,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    may_write: bool,
}

#[derive(Template)]
#[template(path = "release.html")]
struct ReleasePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    uri: String,
    release: &'a Release,
    content: Linked,
    source: String,
    badge: Badge,
    repository: Who,
    author: Who,
    at: When,
    edited: Option<When>,
    offer: String,
    /// Archives that are served here: the address and the name of each.
    archives: Vec<(String, String)>,
    /// The repository's page, if that is on another server: it makes the archives.
    elsewhere: Option<String>,
    commit: String,
    short: String,
    milestones: Vec<MilestoneChoice>,
    roadmap: Option<Who>,
    choices: Vec<MilestoneChoice>,
    comments: Vec<CommentRow>,
    pages: Pages,
    may_comment: bool,
    may_moderate: bool,
    may_write: bool,
}

fn pre_release() -> Badge {
    Badge::new("odd", "pre-release")
}

fn may_write(head: &Head) -> bool {
    head.may(Role::Write) && head.collaborates
}

/// `GET /releases/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::RELEASES, actor).await?;
    let (node, viewer) = (&visit.front.node, visit.viewer());
    let view = ViewReleases { viewer: viewer.clone(), before: visit.number("before"), limit: SHOWN_ITEMS };
    let shown = node.look::<ReleaseTracker, _>(actor, &view).await?;
    let (whose, tie) = ((ResourceKind::ReleaseTracker, actor), (TieKind::Releases, TieSide::Consumer));
    let tied = peers::tied(&visit.front, whose, tie, viewer.as_ref(), (None, 4 * SHOWN_ITEMS)).await?.items;
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (number, release) in &shown.releases {
        rows.push(Row {
            number: *number,
            title: release.title.to_string(),
            tag: release.tag.clone(),
            pre_release: release.pre_release,
            badge: pre_release(),
            repository: names.who(&release.origin.repository).await,
            at: When(release.published),
            comments: release.comments,
        });
    }
    let last = shown.releases.last().filter(|_| shown.releases.len() == SHOWN_ITEMS);
    page(&ReleasesPage {
        frame: &*visit.frame().await?,
        tab: "about",
        total: shown.total,
        rows,
        pages: pages(visit, "before", last.map(|(number, _)| number.to_string())),
        repositories: names.all(&tied).await,
        pending: pending(visit, ResourceKind::ReleaseTracker, actor, &mut names).await?,
        tags: if may_write(&head) { tags(visit, &tied).await? } else { Vec::new() },
        may_write: may_write(&head),
        head: &head,
    })
}

/// The tags of the first repository of ours that has some.
async fn tags(visit: &Visit, repositories: &[ActorId]) -> WebResult<Vec<String>> {
    for repository in repositories {
        if !sees(visit, repository).await? {
            continue;
        }
        let prefix = "refs/tags/";
        let found = files::read(visit, repository, move |reader| reader.refs(prefix, None, REFS_SHOWN)).await?;
        let names = found.into_iter().flat_map(|page| page.refs);
        let tags: Vec<_> = names.filter_map(|tag| tag.name.as_str().strip_prefix(prefix).map(str::to_owned)).collect();
        if !tags.is_empty() {
            return Ok(tags);
        }
    }
    Ok(Vec::new())
}

/// `GET /releases/{key}/releases/{number}`.
pub async fn release(visit: &Visit, actor: &ActorId, number: &str) -> WebResult {
    let number: ReleaseNo = number.parse().map_err(|_| WebError::not_found())?;
    let head = Head::of(visit, Kind::RELEASES, actor).await?;
    let view = ViewRelease { viewer: visit.viewer(), number, after: visit.number("after"), limit: SHOWN_COMMENTS };
    let shown = visit.front.node.look::<ReleaseTracker, _>(actor, &view).await?;
    let release = &shown.release;
    let mut names = Names::new(visit);
    let source = release.source.as_ref().map(|source| source.content.clone());
    let next = shown.comments.last().filter(|_| shown.comments.len() == SHOWN_COMMENTS);
    page(&ReleasePage {
        frame: &*visit.frame().await?,
        uri: release_uri(actor, number),
        content: Linked {
            html: release.content.clone(),
            around: Around::of(visit).with_repository(visit, &release.origin.repository),
        },
        source: source.unwrap_or_else(|| release.content.to_plain()),
        badge: pre_release(),
        repository: names.who(&release.origin.repository).await,
        author: names.who(&release.author).await,
        at: When(release.published),
        edited: release.updated.map(When),
        offer: href(visit, release.offer.as_str()),
        archives: archives(visit, release).await?,
        elsewhere: elsewhere(visit, release),
        commit: href(visit, &release.origin.uri()),
        short: release.origin.hash.chars().take(10).collect(),
        milestones: milestones(visit, &shown).await?,
        roadmap: match &shown.roadmap {
            Some(roadmap) => Some(names.who(roadmap).await),
            None => None,
        },
        choices: choices(visit, &head, &shown).await?,
        comments: threaded(visit, &shown.comments, &mut names).await,
        pages: pages(visit, "after", next.map(|(place, _)| place.to_string())),
        may_comment: head.may(Role::Report),
        may_moderate: head.may_end(Role::Maintain) && head.collaborates,
        may_write: may_write(&head),
        release,
        head: &head,
    })
}

/// The repository, if it is on another server.
fn elsewhere(visit: &Visit, release: &Release) -> Option<String> {
    let repository = &release.origin.repository;
    of_actor(&visit.front.settings, repository).is_none().then(|| repository.to_string())
}

/// The archives of a release, if its repository is one of ours that the visitor may see.
async fn archives(visit: &Visit, release: &Release) -> WebResult<Vec<(String, String)>> {
    if !archived(&visit.front.settings, release) || !sees(visit, &release.origin.repository).await? {
        return Ok(Vec::new());
    }
    let archive = |(format, _): &(&str, &str)| {
        (href(visit, &release.archive(format)), format!("{}.{format}", release.tag.label()))
    };
    Ok(ARCHIVES.iter().map(archive).collect())
}

async fn milestones(visit: &Visit, shown: &ReleaseShown) -> WebResult<Vec<MilestoneChoice>> {
    let mut rows = Vec::new();
    for planned in shown.milestones() {
        let name = milestone_name(visit, &planned.roadmap, &planned.milestone).await?;
        rows.push(choice(visit, planned.milestone.clone(), name));
    }
    Ok(rows)
}

/// The milestones that it could bring besides.
async fn choices(visit: &Visit, head: &Head, shown: &ReleaseShown) -> WebResult<Vec<MilestoneChoice>> {
    let Some(roadmap) = shown.roadmap.as_ref().filter(|_| may_write(head)) else { return Ok(Vec::new()) };
    let mut open = open_milestones(visit, roadmap).await?;
    open.retain(|row| !shown.release.milestones.iter().any(|planned| planned.milestone == row.uri));
    Ok(open)
}
