//! A directory of a commit: its entries, each with the commit that made it what it is, and what introduces it.

use crate::answer::{WebError, WebResult};
use crate::kept::Kept;
use crate::page::code::editor;
use crate::page::code::file::{self, FileShown};
use crate::page::code::known::Around;
use crate::page::code::{Spot, address, asked, short};
use crate::page::files::{Shown, below, read, readme};
use crate::page::head::Head;
use crate::page::parts::When;
use crate::page::raw::raw_file;
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use http::Uri;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::last::LastCommit;
use pritchel_git::place::RepoKey;
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::tree::{EntryKind, Listing, TreeEntry};
use std::collections::HashMap;
use std::sync::Arc;

/// An entry of a directory.
pub struct EntryRow {
    /// Its name.
    pub name: String,
    /// Where it leads: the path of its page, or another server's address for a submodule.
    pub href: Option<String>,
    /// What kind of thing it is: `dir`, `file`, `run`, `link` or `module`.
    pub kind: &'static str,
    /// Where a link leads, or which commit of a submodule is meant.
    pub note: String,
    /// The commit that made it what it is.
    pub last: Option<LastRow>,
}

impl EntryRow {
    /// What kind of thing it is, where that is no plain file or directory.
    pub fn word(&self) -> &'static str {
        match self.kind {
            "link" => "link",
            "module" => "submodule",
            "run" => "executable",
            _ => "",
        }
    }

    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == "dir"
    }
}

/// A commit beside what it made.
pub struct LastRow {
    /// Its page.
    pub href: String,
    /// The beginning of its id.
    pub short: String,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it, as it says.
    pub author: String,
    /// When.
    pub at: When,
}

impl LastRow {
    fn of(own: &str, commit: &LastCommit) -> Self {
        let title = if commit.title.is_empty() { "(no message)".to_owned() } else { commit.title.clone() };
        Self {
            href: format!("{own}/commits/{}", commit.id),
            short: short(&commit.id),
            title,
            author: commit.author.clone(),
            at: When(commit.time_s),
        }
    }
}

/// A directory.
pub struct Files {
    /// Its entries.
    pub entries: Vec<EntryRow>,
    /// How many are not shown.
    pub more: usize,
    /// The newest commit.
    pub newest: Option<LastRow>,
    /// The history of the directory.
    pub history: String,
}

/// What lists directories, where reading may block.
pub struct Lister {
    kept: Arc<Kept>,
    repo: RepoKey,
}

impl Lister {
    /// For a repository.
    pub fn of(visit: &Visit, actor: &ActorId) -> WebResult<Self> {
        let repo = key(actor).parse().map_err(|_| WebError::not_found())?;
        Ok(Self { kept: visit.front.kept.clone(), repo })
    }

    /// Lists a directory.
    pub fn list(&self, reader: &Reader, spot: &Spot) -> Result<(Files, Listing), ReadError> {
        let listing = reader.list_names(spot.commit, &spot.path)?;
        let last = reader.last_commits(&self.kept.last, &self.repo, spot.commit, &spot.path)?;
        let has_modules = listing.entries.iter().any(|entry| entry.kind == EntryKind::Submodule);
        let modules = if has_modules { reader.submodules(spot.commit)? } else { HashMap::new() };
        let mut entries = Vec::with_capacity(listing.entries.len());
        for entry in &listing.entries {
            let mut row = row(reader, spot, entry, &modules)?;
            row.last = last.of.get(&entry.raw).map(|commit| LastRow::of(&spot.own, commit));
            entries.push(row);
        }
        // That of the root is the newest of all; what a directory lost shows in its history only.
        let newest = match spot.path.is_empty() {
            true => Some(LastRow::of(&spot.own, &reader.brief(spot.commit)?)),
            false => last.of.values().max_by_key(|commit| commit.time_s).map(|commit| LastRow::of(&spot.own, commit)),
        };
        let history = match spot.path.is_empty() {
            true => crate::page::shell::with(&[("at", &spot.rev)], &format!("{}/log", spot.own)),
            false => spot.page("history"),
        };
        Ok((Files { entries, more: listing.total - listing.entries.len(), newest, history }, listing))
    }
}

fn row(
    reader: &Reader,
    spot: &Spot,
    entry: &TreeEntry,
    modules: &HashMap<String, String>,
) -> Result<EntryRow, ReadError> {
    let path = below(&spot.path, &entry.raw);
    let href = Some(address(&spot.own, "tree", &spot.rev, &path));
    let (kind, href, note) = match entry.kind {
        EntryKind::Directory => ("dir", href, String::new()),
        EntryKind::File => ("file", href, String::new()),
        EntryKind::Executable => ("run", href, String::new()),
        EntryKind::Link => ("link", href, reader.link_target(entry.id)?.unwrap_or_default()),
        EntryKind::Submodule => {
            let url = modules.get(&*String::from_utf8_lossy(&path));
            ("module", url.and_then(|url| of_the_web(url)), short(&entry.id))
        }
    };
    Ok(EntryRow { name: entry.name.clone(), href, kind, note, last: None })
}

/// An address that a browser may be led to.
fn of_the_web(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.host().is_some()).then(|| url.to_string())
}

#[derive(Template)]
#[template(path = "tree.html")]
struct TreePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    spot: Spot,
    files: Files,
    file: Option<Shown>,
    archives: Vec<(String, &'static str)>,
    /// Whether the visitor may add files to it.
    edits: bool,
}

/// What a path leads to.
enum At {
    Directory {
        files: Files,
        readme: Option<Shown>,
    },
    File(FileShown),
    /// The browser has it already.
    Had,
}

/// `GET /repos/{key}/tree/{rev}` and `GET /repos/{key}/tree/{rev}/{path}`: a directory or a file. As an image of a page, the
/// file itself.
/// - `lines`: lines of a file that are pointed at, such as `10-20`; `go`: the same, to be led to
pub async fn tree(visit: Visit, uri: Uri) -> WebResult {
    let (actor, asked) = asked(&visit, &uri)?;
    if visit.headers.get("sec-fetch-dest").is_some_and(|dest| dest == "image") {
        return raw_file(&visit, &actor, asked.rev, asked.path).await;
    }
    let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
    if let Some(place) = file::led_to(&visit) {
        return Ok(place);
    }
    let (around, lister, how) = (Around::of(&visit, &head), Lister::of(&visit, &actor)?, file::How::of(&visit));
    let (base, own) = (actor.to_string(), head.path.clone());
    let found = read(&visit, &actor, move |reader| {
        let resolved = reader.resolve(&asked.rev)?;
        let (commit, is_branch) = (resolved.commit, resolved.name.is_some_and(|name| name.as_branch().is_some()));
        let spot = Spot { own, rev: asked.rev, commit, path: asked.path };
        let (_, kind) = reader.kind_at(commit, &spot.path)?;
        let tag = around.with(commit, spot.is_permanent());
        let at = match kind {
            _ if tag.is_had() => At::Had,
            EntryKind::Directory => {
                let (files, listing) = lister.list(reader, &spot)?;
                let readme = readme(reader, &base, &listing, &spot)?;
                At::Directory { files, readme }
            }
            _ => At::File(FileShown::read(reader, &lister.kept, &base, &spot, &how)?),
        };
        Ok((spot, tag, at, is_branch))
    });
    let (spot, tag, at, is_branch) = found.await?.ok_or_else(WebError::not_found)?;
    let edits = is_branch && !matches!(at, At::Had) && editor::may_edit(&visit, &head).await?;
    match at {
        At::Had => Ok(tag.had()),
        At::File(shown) => Ok(tag.on(file::page_of(&visit, &head, spot, shown, edits).await?)),
        At::Directory { files, readme } => {
            let shown = TreePage {
                frame: &*visit.frame().await?,
                tab: "about",
                archives: match spot.path.is_empty() {
                    true => crate::page::archive::links(&spot.own, &spot.rev),
                    false => Vec::new(),
                },
                spot,
                files,
                file: readme,
                head: &head,
                edits,
            };
            Ok(tag.on(page(&shown)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submodule_leads_to_the_web_or_nowhere() {
        assert_eq!(of_the_web("https://a.example/cup.git").as_deref(), Some("https://a.example/cup.git"));
        for bad in ["javascript:alert(1)", "../cup", "git@a.example:cup", "file:///etc", "ssh://a.example/x", "data:,x"]
        {
            assert_eq!(of_the_web(bad), None, "{bad}");
        }
    }
}
