//! Pages of code: what lies in a repository, in whichever commit.
//! - [`listing`]: directories, each entry with its last commit; [`mod@file`]: a file in colours
//! - [`blame`], [`path_log`]: who wrote the lines of a file, and the history of a path
//! - [`difference`]: what changed between two commits, line by line and word by word; [`compare`]: two branches, tags or commits
//! - [`search`]: a text in all files
//! - [`editor`], [`draft`]: one file changed in a browser
//! - [`known`]: what a browser has already need not be made again

pub mod blame;
pub mod compare;
pub mod difference;
pub mod draft;
pub mod editor;
pub mod file;
pub mod known;
pub mod listing;
pub mod path_log;
pub mod search;

use crate::answer::{WebError, WebResult};
use crate::limits::EDIT_FORM_BYTES_MAX;
use crate::page::files::{Asked, part, parts};
use crate::page::visit::Visit;
use crate::ports::Front;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use http::Uri;
use pritchel_actor::ActorId;
use pritchel_git::names::ObjectId;

/// Characters of a commit's id that people are shown.
pub const SHORT: usize = 10;

/// The pages.
pub fn routes() -> Router<Front> {
    Router::new()
        .route("/repos/{key}/tree/{rev}", get(listing::tree))
        .route("/repos/{key}/tree/{rev}/{*path}", get(listing::tree))
        .route("/repos/{key}/blame/{rev}/{*path}", get(blame::show))
        .route("/repos/{key}/history/{rev}/{*path}", get(path_log::show))
        .route("/repos/{key}/compare", get(compare::choose))
        .route("/repos/{key}/compare/{span}", get(compare::show))
        .route("/repos/{key}/search", get(search::show))
        .merge(editing())
}

/// The forms that change files: with a file in them they are larger than others.
fn editing() -> Router<Front> {
    Router::new()
        .route("/repos/{key}/add/{rev}", get(editor::add).post(editor::do_add))
        .route("/repos/{key}/add/{rev}/{*path}", get(editor::add).post(editor::do_add))
        .route("/repos/{key}/edit/{rev}/{*path}", get(editor::edit).post(editor::do_edit))
        .route("/repos/{key}/remove/{rev}/{*path}", get(editor::remove).post(editor::do_remove))
        .layer(DefaultBodyLimit::max(EDIT_FORM_BYTES_MAX))
}

/// A place in a commit of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The repository's path.
    pub own: String,
    /// The branch, tag or commit, as it was asked for.
    pub rev: String,
    /// The commit that it is now.
    pub commit: ObjectId,
    /// The path of a directory or file; empty for the root.
    pub path: Vec<u8>,
}

impl Spot {
    /// The address of a page of this place, such as `blame`.
    pub fn page(&self, page: &str) -> String {
        address(&self.own, page, &self.rev, &self.path)
    }

    /// The same, for this commit for ever.
    pub fn permanent(&self, page: &str) -> String {
        address(&self.own, page, &self.commit.to_string(), &self.path)
    }

    /// The address of the same path in another commit.
    pub fn at(&self, commit: &str) -> String {
        address(&self.own, "tree", commit, &self.path)
    }

    /// The address of the files of the root.
    pub fn root(&self) -> String {
        address(&self.own, "tree", &self.rev, b"")
    }

    /// Whether it was asked for by the id of the commit.
    pub fn is_permanent(&self) -> bool {
        self.rev == self.commit.to_string()
    }

    /// What people are shown of the branch, tag or commit.
    pub fn shown_rev(&self) -> &str {
        if self.is_permanent() { &self.rev[..SHORT] } else { self.rev.trim_start_matches("refs/tags/") }
    }

    /// The names on the way from the root, each with the address of its page.
    pub fn crumbs(&self) -> Vec<(String, String)> {
        let names: Vec<&[u8]> = self.path.split(|b| *b == b'/').filter(|name| !name.is_empty()).collect();
        let upto = |count: usize| address(&self.own, "tree", &self.rev, &names[..count].join(&b'/'));
        let called = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        names.iter().enumerate().map(|(index, name)| (called(name), upto(index + 1))).collect()
    }

    /// The last name.
    pub fn name(&self) -> String {
        let name = self.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    }

    /// The directory in which it is.
    pub fn above(&self) -> Self {
        let end = self.path.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Self { path: self.path[..end].to_vec(), ..self.clone() }
    }
}

/// The address of a page of something in a repository.
pub fn address(own: &str, page: &str, rev: &str, path: &[u8]) -> String {
    let slash = if path.is_empty() { "" } else { "/" };
    format!("{own}/{page}/{}{slash}{}", part(rev), parts(path))
}

/// The beginning of a commit's id.
pub fn short(id: &ObjectId) -> String {
    id.to_string().chars().take(SHORT).collect()
}

/// The repository, and the place in it, that an address asks for.
fn asked(visit: &Visit, uri: &Uri) -> WebResult<(ActorId, Asked)> {
    let asked = Asked::of(uri).ok_or_else(WebError::not_found)?;
    let actor = visit.site.actor_at("repos", &asked.key).ok_or_else(WebError::not_found)?;
    Ok((actor, asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(rev: &str, path: &[u8]) -> Spot {
        let commit = "1234567890123456789012345678901234567890".parse().unwrap();
        Spot { own: "/repos/r".to_owned(), rev: rev.to_owned(), commit, path: path.to_vec() }
    }

    #[test]
    fn a_place_knows_its_pages_and_the_way_to_it() {
        let spot = spot("feature/x", b"a b/c\xff");
        assert_eq!(spot.page("blame"), "/repos/r/blame/feature%2Fx/a%20b/c%FF");
        assert_eq!(spot.permanent("tree"), "/repos/r/tree/1234567890123456789012345678901234567890/a%20b/c%FF");
        assert_eq!(spot.crumbs()[0], ("a b".to_owned(), "/repos/r/tree/feature%2Fx/a%20b".to_owned()));
        assert_eq!((spot.name(), spot.above().path), ("c\u{fffd}".to_owned(), b"a b".to_vec()));
        assert_eq!(spot.above().above().page("tree"), spot.root());
    }

    #[test]
    fn a_place_asked_for_by_the_id_of_a_commit_is_there_for_ever() {
        let id = "1234567890123456789012345678901234567890";
        assert!(spot(id, b"").is_permanent() && !spot(&id[..12], b"").is_permanent());
        assert_eq!((spot(id, b"").shown_rev(), spot("refs/tags/v1", b"").shown_rev()), ("1234567890", "v1"));
    }
}
