//! Who wrote each line of a file, as git says.

use crate::answer::{WebError, WebResult};
use crate::budget::{Cost, Costly};
use crate::colour::{CodeLines, Coloured};
use crate::kept::Piece;
use crate::limits::{AGO_KEPT_S, FILE_SHOWN_BYTES_MAX};
use crate::page::code::file::{Body, lines};
use crate::page::code::known::{Around, not_for_crawlers};
use crate::page::code::{Spot, address, asked, short};
use crate::page::files::read;
use crate::page::head::Head;
use crate::page::parts::{Rendered, When};
use crate::page::shell::page;
use crate::page::versions::{place, unwritten};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use http::{StatusCode, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::blame::{Blame, BlameCommit};
use pritchel_git::place::RepoKey;
use pritchel_git::tree::{Content, FileAt};
use std::sync::Arc;

/// Shades by which old lines are told from new ones.
const SHADES: usize = 6;

/// Lines that came with one commit.
struct RunRow {
    start: usize,
    count: usize,
    href: String,
    short: String,
    title: String,
    author: String,
    at: When,
    /// The same page before that commit.
    before: Option<String>,
    /// How old it is among the others: 0 is the newest.
    shade: usize,
}

#[derive(Template)]
#[template(path = "blame.html")]
struct BlamePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    spot: Spot,
    rows: Rendered,
}

/// The lines, with who wrote them.
#[derive(Template)]
#[template(path = "blame_rows.html")]
struct BlameRows {
    runs: Vec<RunRow>,
    file: Arc<Coloured>,
}

impl BlameRows {
    fn lines_of(&self, run: &RunRow) -> CodeLines<'_> {
        CodeLines { file: &self.file, start: run.start, count: run.count, marked: None }
    }
}

/// `GET /repos/{key}/blame/{rev}/{path}`.
pub async fn show(costly: Costly, uri: Uri) -> WebResult {
    let visit = costly.pays(Cost::Blame)?;
    let (actor, asked) = asked(&visit, &uri)?;
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    let (around, kept, own) = (Around::of(&visit, &head), visit.front.kept.clone(), head.path.clone());
    let ago = visit.front.ports.now() / AGO_KEPT_S;
    let found = read(&visit, &actor, move |reader| {
        let commit = reader.resolve(&asked.rev)?.commit;
        let spot = Spot { own, rev: asked.rev, commit, path: asked.path };
        let tag = around.with((commit, "blame"), spot.is_permanent());
        if tag.is_had() {
            return Ok((spot, tag, None));
        }
        let piece = Piece { page: spot.page("blame"), commit, step: ago };
        let shown = match kept.pieces.get(&piece) {
            Some(html) => Ok(html),
            None => {
                let file = reader.file(commit, &spot.path, FILE_SHOWN_BYTES_MAX)?;
                Err((piece, file))
            }
        };
        Ok((spot, tag, Some(shown)))
    });
    let (spot, tag, found) = found.await?.ok_or_else(WebError::not_found)?;
    let rows = match found {
        None => return Ok(tag.had()),
        Some(Ok(html)) => html,
        Some(Err((piece, file))) => {
            let html = rendered(&visit, &actor, &spot, file).await?;
            visit.front.kept.keep(piece, html)
        }
    };
    let frame = visit.frame().await?;
    let shown = BlamePage { frame: &frame, head: &head, tab: "about", spot, rows: Rendered(rows) };
    Ok(not_for_crawlers(tag.on(page(&shown)?)))
}

/// The lines with who wrote them. Git looks for that while they are coloured.
async fn rendered(visit: &Visit, actor: &ActorId, spot: &Spot, file: FileAt) -> WebResult<String> {
    let no_text = || {
        let why = "expected a file of text that is short enough to be shown, found another";
        WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "no-text", why)
    };
    if !matches!(file.content, Content::Whole { binary: false, .. }) {
        return Err(no_text());
    }
    let (kept, name) = (visit.front.kept.clone(), spot.name());
    let coloured = tokio::task::spawn_blocking(move || lines(&kept, file.id, &name, file.content));
    let (coloured, blame) = tokio::join!(coloured, blamed(visit, actor, spot));
    let Body::Lines(file) = coloured.map_err(WebError::broken)? else { return Err(no_text()) };
    let blame = blame?;
    BlameRows { runs: runs(&blame, spot), file }.render().map_err(WebError::broken)
}

async fn blamed(visit: &Visit, actor: &ActorId, spot: &Spot) -> WebResult<Arc<Blame>> {
    let key: RepoKey = key(actor).parse().map_err(|_| WebError::not_found())?;
    let asked = (key, spot.commit, spot.path.clone());
    if let Some(known) = visit.front.kept.blames.get(&asked) {
        return Ok(known);
    }
    let repo = place(&visit.front, actor).await?;
    let blame = Arc::new(visit.front.git.blame(&repo, spot.commit, &spot.path).await.map_err(unwritten)?);
    let commit = |commit: &BlameCommit| commit.author.len() + commit.title.len() + 200;
    let held = blame.commits.iter().map(commit).sum::<usize>() + 24 * blame.runs.len() + spot.path.len() + 200;
    visit.front.kept.blames.put(asked, blame.clone(), held);
    Ok(blame)
}

fn runs(blame: &Blame, spot: &Spot) -> Vec<RunRow> {
    let times = || blame.commits.iter().map(|commit| commit.time_s);
    let (oldest, newest) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let span = newest.saturating_sub(oldest).max(1);
    let rows = blame.runs.iter().filter_map(|run| {
        let commit = blame.commits.get(run.commit)?;
        let part = newest.saturating_sub(commit.time_s) as f64 / span as f64;
        Some(RunRow {
            start: run.start,
            count: run.lines,
            href: format!("{}/commits/{}", spot.own, commit.id),
            short: short(&commit.id),
            title: commit.title.clone(),
            author: commit.author.clone(),
            at: When(commit.time_s),
            before: commit.before.as_ref().map(|(id, path)| address(&spot.own, "blame", &id.to_string(), path)),
            shade: ((part * SHADES as f64) as usize).min(SHADES - 1),
        })
    });
    rows.collect()
}
