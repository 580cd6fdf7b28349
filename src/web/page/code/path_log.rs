//! The commits that changed what lies at a path.

use crate::answer::{WebError, WebResult};
use crate::budget::{Cost, Costly};
use crate::limits::SHOWN_ITEMS;
use crate::page::code::known::{Around, not_for_crawlers};
use crate::page::code::{Spot, asked, short};
use crate::page::files::read;
use crate::page::head::Head;
use crate::page::history::CommitRow;
use crate::page::parts::{Pages, When};
use crate::page::shell::{page, with};
use crate::page::versions::{place, unwritten};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use http::Uri;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::path_log::PathLog;
use pritchel_git::place::RepoKey;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "path_log.html")]
struct PathLogPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    spot: Spot,
    commits: Vec<CommitRow>,
    pages: Pages,
}

/// `GET /repos/{key}/history/{rev}/{path}?skip=…`.
pub async fn show(costly: Costly, uri: Uri) -> WebResult {
    let visit = costly.pays(Cost::History)?;
    let (actor, asked) = asked(&visit, &uri)?;
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    let skip = usize::try_from(visit.number("skip").unwrap_or(0)).unwrap_or(usize::MAX);
    let (around, own) = (Around::of(&visit, &head), head.path.clone());
    let found = read(&visit, &actor, move |reader| {
        let commit = reader.resolve(&asked.rev)?.commit;
        let spot = Spot { own, rev: asked.rev, commit, path: asked.path };
        Ok((around.with((commit, "history"), spot.is_permanent()), spot))
    });
    let (tag, spot) = found.await?.ok_or_else(WebError::not_found)?;
    if tag.is_had() {
        return Ok(tag.had());
    }
    let log = listed(&visit, &actor, &spot, skip).await?;
    if log.commits.is_empty() {
        return Err(WebError::not_found());
    }
    let rows = log.commits.iter().map(|commit| CommitRow {
        short: short(&commit.id),
        id: commit.id.to_string(),
        title: commit.title.clone(),
        author: commit.author.clone(),
        at: When(commit.time_s),
        mark: None,
    });
    let next = log.next_skip.map(|skip| with(&[("skip", &skip.to_string())], &visit.path));
    let shown = page(&PathLogPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        commits: rows.collect(),
        pages: Pages { first: (skip > 0).then(|| visit.path.clone()), next },
        spot,
    })?;
    Ok(not_for_crawlers(tag.on(shown)))
}

async fn listed(visit: &Visit, actor: &ActorId, spot: &Spot, skip: usize) -> WebResult<Arc<PathLog>> {
    let key: RepoKey = key(actor).parse().map_err(|_| WebError::not_found())?;
    let asked = (key, spot.commit, spot.path.clone(), skip);
    if let Some(known) = visit.front.kept.path_logs.get(&asked) {
        return Ok(known);
    }
    let repo = place(&visit.front, actor).await?;
    let log = visit.front.git.path_log(&repo, spot.commit, &spot.path, skip, SHOWN_ITEMS).await.map_err(unwritten)?;
    let held = log.commits.iter().map(|commit| commit.author.len() + commit.title.len() + 120).sum::<usize>();
    let log = Arc::new(log);
    visit.front.kept.path_logs.put(asked, log.clone(), held + spot.path.len() + 200);
    Ok(log)
}
