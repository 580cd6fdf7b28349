//! Two branches, tags or commits of a repository compared: what the second has that the first has not.

use crate::answer::{WebError, WebResult};
use crate::budget::{Cost, Costly};
use crate::limits::{COMPARED_COMMITS_SHOWN, REFS_SHOWN};
use crate::page::code::difference::{DifferenceShown, View};
use crate::page::code::known::{Around, not_for_crawlers};
use crate::page::files::{decoded, part, read};
use crate::page::head::Head;
use crate::page::history::CommitRow;
use crate::page::refs::{RefKind, Refs};
use crate::page::shell::{page, with};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use http::Uri;
use pritchel_actors::Repository;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_git::compare::{Comparison, Difference};
use pritchel_git::names::RefName;

/// What is compared, as an address has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    from: String,
    to: String,
    /// Whether the first counts as it is; else as it was where the second left it.
    direct: bool,
}

impl Span {
    /// Reads `A...B`, or `A..B` for what lies directly between them. No name of a branch or tag has two dots.
    fn of(text: &str) -> Option<Self> {
        let (from, to, direct) = match text.split_once("...") {
            Some((from, to)) => (from, to, false),
            None => text.split_once("..").map(|(from, to)| (from, to, true))?,
        };
        let good = |name: &str| !name.is_empty() && !name.contains("..");
        (good(from) && good(to)).then(|| Self { from: from.to_owned(), to: to.to_owned(), direct })
    }

    fn page(&self, own: &str) -> String {
        let dots = if self.direct { ".." } else { "..." };
        format!("{own}/compare/{}{dots}{}", part(&self.from), part(&self.to))
    }
}

/// What was found out.
struct Compared {
    commits: Vec<CommitRow>,
    total: usize,
    difference: DifferenceShown,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    span: Span,
    /// The other way round.
    turned: String,
    /// What there is to choose from.
    names: Vec<String>,
    found: Option<Compared>,
    /// Where a merge request is opened.
    offer: Option<String>,
}

/// `GET /repos/{key}/compare`: what to compare; with `from` and `to`, leads to the comparison.
pub async fn choose(costly: Costly, Path(key): Path<String>) -> WebResult {
    let visit = costly.pays(Cost::History)?;
    let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    if let (Some(from), Some(to)) = (visit.asked("from"), visit.asked("to")) {
        let direct = visit.asked("direct").is_some();
        let span = Span { from: from.trim().to_owned(), to: to.trim().to_owned(), direct };
        if Span::of(&format!("{}..{}", span.from, span.to)).is_some() {
            return Ok(Redirect::to(&span.page(&head.path)).into_response());
        }
    }
    let path = head.path.clone();
    let found = read(&visit, &actor, move |reader| {
        let branch = reader.head()?.branch;
        Ok((branch.as_branch().unwrap_or(branch.as_str()).to_owned(), names(reader, &path)?))
    });
    let (branch, names) = found.await?.ok_or_else(WebError::not_found)?;
    let from = visit.asked("from").map_or(branch, str::to_owned);
    let span = Span { from, to: visit.asked("to").unwrap_or_default().to_owned(), direct: false };
    let shown = ComparePage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        turned: String::new(),
        span,
        names,
        found: None,
        offer: None,
    };
    Ok(not_for_crawlers(page(&shown)?))
}

fn names(reader: &pritchel_git::read::Reader, path: &str) -> Result<Vec<String>, pritchel_git::read::ReadError> {
    let branches = Refs::read(reader, path, RefKind::Branches, None, REFS_SHOWN)?.rows;
    let tags = Refs::read(reader, path, RefKind::Tags, None, REFS_SHOWN)?.rows;
    Ok(branches.into_iter().chain(tags).map(|row| row.rev).collect())
}

/// `GET /repos/{key}/compare/{A}...{B}`.
pub async fn show(costly: Costly, uri: Uri) -> WebResult {
    let visit = costly.pays(Cost::Compare)?;
    let mut parts = uri.path().strip_prefix("/repos/").unwrap_or_default().splitn(3, '/');
    let (Some(key), Some(_), Some(span)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(WebError::not_found());
    };
    let span =
        String::from_utf8(decoded(span)).ok().and_then(|span| Span::of(&span)).ok_or_else(WebError::not_found)?;
    let actor = visit.site.actor_at("repos", key).ok_or_else(WebError::not_found)?;
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    let (around, wanted, path) = (Around::of(&visit, &head), span.clone(), head.path.clone());
    let found = read(&visit, &actor, move |reader| {
        let [from, to] = [reader.resolve(&wanted.from)?, reader.resolve(&wanted.to)?];
        let stays = wanted.from == from.commit.to_string() && wanted.to == to.commit.to_string();
        let tag = around.with((from.commit, to.commit, "compare"), stays);
        if tag.is_had() {
            return Ok((tag, None));
        }
        let mut compared = reader.compare(from.commit, to.commit, COMPARED_COMMITS_SHOWN)?;
        if wanted.direct {
            let Difference { changes, files, cut } = reader.difference(Some(from.commit), to.commit)?;
            compared = Comparison { changes, files, cut, ..compared };
        }
        // Only a branch is merged, and only into a branch.
        let branch = |name: Option<RefName>| name.and_then(|name| name.as_branch().map(str::to_owned));
        let branches = branch(from.name).zip(branch(to.name));
        Ok((tag, Some((compared, branches, to.commit, names(reader, &path)?))))
    });
    let (tag, found) = found.await?.ok_or_else(WebError::not_found)?;
    let Some((compared, branches, to, names)) = found else { return Ok(tag.had()) };
    let offer = match branches.filter(|_| compared.commits.total > 0) {
        Some((into, branch)) => offered(&visit, &actor, &head, &branch, &into).await?,
        None => None,
    };
    let Comparison { commits, changes, files, cut } = compared;
    let difference = Difference { changes, files, cut };
    let shown = page(&ComparePage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        turned: Span { from: span.to.clone(), to: span.from.clone(), ..span.clone() }.page(&head.path),
        span,
        names,
        found: Some(Compared {
            total: commits.total,
            commits: commits.newest.into_iter().map(CommitRow::from).collect(),
            difference: DifferenceShown::of(difference, &View::of(&visit), &head.path, Some(&to.to_string())),
        }),
        offer,
    })?;
    Ok(not_for_crawlers(tag.on(shown)))
}

/// Where a merge request of one branch into another is opened, if this repository takes any.
async fn offered(
    visit: &Visit,
    actor: &pritchel_actor::ActorId,
    head: &Head,
    branch: &str,
    into: &str,
) -> WebResult<Option<String>> {
    let view = ViewRepository { viewer: visit.viewer() };
    let repository = visit.front.node.look::<Repository, _>(actor, &view).await?;
    let takes = repository.patches.is_some() && head.is_open();
    Ok(takes.then(|| format!("{}#patches", with(&[("branch", branch), ("into", into)], &head.path))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_is_read_from_an_address() {
        let span = |from: &str, to: &str, direct| Some(Span { from: from.into(), to: to.into(), direct });
        assert_eq!(Span::of("main...feature/x"), span("main", "feature/x", false));
        assert_eq!(Span::of("v1.0..v1.1"), span("v1.0", "v1.1", true));
        for bad in ["", "main", "...", "main...", "...x", "a..b..c", "a...b...c"] {
            assert_eq!(Span::of(bad), None, "{bad}");
        }
        assert_eq!(Span::of("a/b...c").unwrap().page("/repos/r"), "/repos/r/compare/a%2Fb...c");
    }
}
