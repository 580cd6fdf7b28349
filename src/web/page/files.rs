//! What lies in a repository: branches, directories and files, read where blocking is allowed and only so many at once.

use crate::answer::{WebError, WebResult};
use crate::limits::{
    COMMITS_FIRST, FILE_LINES_MAX, FILE_RAW_BYTES_MAX, FILE_SHOWN_BYTES_MAX, READS_AT_ONCE, REFS_SHOWN,
};
use crate::page::head::Head;
use crate::page::history::CommitRow;
use crate::page::markdown::rendered;
use crate::page::parts::Prose;
use crate::page::shell::{error_page, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use crate::ports::Front;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::names::ObjectId;
use pritchel_git::place::{PlaceError, RepoKey};
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::tree::{Content, EntryKind, Listing};
use tokio::sync::Semaphore;

static READS: Semaphore = Semaphore::const_new(READS_AT_ONCE);

/// Reads a repository. `None` if nothing has been pushed to it, so that there is none yet.
pub async fn read<T, F>(visit: &Visit, actor: &ActorId, work: F) -> WebResult<Option<T>>
where
    T: Send + 'static,
    F: FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
{
    let key: RepoKey = key(actor).parse().map_err(|_| WebError::not_found())?;
    let repos = visit.front.repos.clone();
    let _place = READS.acquire().await.map_err(WebError::broken)?;
    let task = tokio::task::spawn_blocking(move || match repos.find(&key) {
        Ok(repo) => Reader::open(&repo).and_then(|reader| work(&reader)).map(Some).map_err(unreadable),
        Err(PlaceError::Missing(_)) => Ok(None),
        Err(error) => Err(WebError::broken(error)),
    });
    task.await.map_err(WebError::broken)?
}

/// Reads two repositories at once: the first sees the objects of the second, too. `None` if one of them is not there yet.
pub async fn read_with<T, F>(visit: &Visit, actors: [&ActorId; 2], work: F) -> WebResult<Option<T>>
where
    T: Send + 'static,
    F: FnOnce(&Reader, &Reader) -> Result<T, ReadError> + Send + 'static,
{
    let keys = actors.map(|actor| key(actor).parse::<RepoKey>());
    let [Ok(first), Ok(second)] = keys else { return Err(WebError::not_found()) };
    let repos = visit.front.repos.clone();
    let _place = READS.acquire().await.map_err(WebError::broken)?;
    let task = tokio::task::spawn_blocking(move || match (repos.find(&first), repos.find(&second)) {
        (Ok(first), Ok(second)) => Reader::open_with(&first, &second)
            .and_then(|both| work(&both, &Reader::open(&second)?))
            .map(Some)
            .map_err(unreadable),
        (Err(PlaceError::Missing(_)), _) | (_, Err(PlaceError::Missing(_))) => Ok(None),
        (Err(error), _) | (_, Err(error)) => Err(WebError::broken(error)),
    });
    task.await.map_err(WebError::broken)?
}

fn unreadable(error: ReadError) -> WebError {
    match error {
        ReadError::NotFound { .. } | ReadError::WrongKind { .. } | ReadError::Path { .. } => {
            WebError::new(http::StatusCode::NOT_FOUND, "not-found", error.to_string())
        }
        ReadError::TooLarge { .. } | ReadError::TooMany { .. } => {
            WebError::new(http::StatusCode::UNPROCESSABLE_ENTITY, "too-large", error.to_string())
        }
        other => WebError::broken(other),
    }
}

/// An entry of a directory.
pub struct EntryRow {
    /// Its name.
    pub name: String,
    /// The path of its page.
    pub href: Option<String>,
    /// Whether it is a directory.
    pub directory: bool,
    /// What kind of thing it is, where that is no plain file or directory.
    pub note: &'static str,
    /// Its size.
    pub size: String,
}

/// A directory.
pub struct Files {
    /// Its entries.
    pub entries: Vec<EntryRow>,
    /// How many are not shown.
    pub more: usize,
}

/// A file that is shown.
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Rendered, if it can be.
    pub prose: Option<Prose>,
    /// Its text otherwise; `None` if it is binary or too large.
    pub text: Option<String>,
    /// The numbers of its lines, one below the other.
    pub numbers: String,
}

/// What the front page of a repository shows of its content.
pub struct Overview {
    /// The branch shown.
    pub branch: String,
    /// The newest commits.
    pub commits: Vec<CommitRow>,
    /// The directory.
    pub files: Files,
    /// What introduces it.
    pub readme: Option<Shown>,
    /// Branches.
    pub branches: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
}

/// The content of a repository's default branch; `None` while there is none.
pub async fn overview(visit: &Visit, actor: &ActorId, path: String) -> WebResult<Option<Overview>> {
    let base = actor.to_string();
    let found = read(visit, actor, move |reader| {
        let head = reader.head()?;
        let branch = head.branch.as_branch().unwrap_or(head.branch.as_str()).to_owned();
        let Some(commit) = head.commit else { return Ok(None) };
        let short = |prefix: &str| -> Result<Vec<String>, ReadError> {
            let page = reader.refs(prefix, None, REFS_SHOWN)?;
            Ok(page.refs.iter().filter_map(|info| info.name.as_str().strip_prefix(prefix).map(str::to_owned)).collect())
        };
        let listing = reader.list(commit, "")?;
        let place = Place { base: &base, path: &path, rev: &branch, dir: "" };
        let commits = reader.log_page(commit, 0, COMMITS_FIRST)?.commits;
        Ok(Some(Overview {
            commits: commits.into_iter().map(CommitRow::from).collect(),
            readme: readme(reader, commit, &listing, &place)?,
            files: place.files(&listing),
            branches: short("refs/heads/")?,
            tags: short("refs/tags/")?,
            branch,
        }))
    });
    Ok(found.await?.flatten())
}

/// Where in a repository a page is.
struct Place<'a> {
    /// The repository's address.
    base: &'a str,
    /// Its path.
    path: &'a str,
    /// The branch, tag or commit.
    rev: &'a str,
    /// The directory, without a slash at its end.
    dir: &'a str,
}

impl Place<'_> {
    fn files(&self, listing: &Listing) -> Files {
        let within = if self.dir.is_empty() { String::new() } else { format!("{}/", self.dir) };
        let rows = listing.entries.iter().map(|entry| {
            let href = format!("{}/tree/{}/{}", self.path, part(self.rev), parts(&format!("{within}{}", entry.name)));
            EntryRow {
                name: entry.name.clone(),
                href: (entry.kind != EntryKind::Submodule).then_some(href),
                directory: entry.kind == EntryKind::Directory,
                note: match entry.kind {
                    EntryKind::Submodule => "submodule",
                    EntryKind::Link => "link",
                    EntryKind::Executable => "executable",
                    EntryKind::Directory | EntryKind::File => "",
                },
                size: entry.size_bytes.map(size).unwrap_or_default(),
            }
        });
        Files { entries: rows.collect(), more: listing.total - listing.entries.len() }
    }

    /// A file's text, rendered if it can be.
    fn shown(&self, name: &str, content: Content) -> Shown {
        let text = match content {
            Content::Whole { bytes, binary: false } => Some(String::from_utf8_lossy(&bytes).into_owned()),
            _ => None,
        };
        let slash = if self.dir.is_empty() { "" } else { "/" };
        let base = format!("{}/tree/{}/{}{slash}", self.base, part(self.rev), parts(self.dir));
        let prose = text.as_deref().and_then(|text| rendered(name, text, &base)).map(Prose);
        let lines = text.as_deref().map_or(0, |text| text.lines().count().min(FILE_LINES_MAX));
        let text = text.map(|text| cut(text, FILE_LINES_MAX));
        let numbers = (1..=lines).map(|line| format!("{line}\n")).collect();
        Shown { name: name.to_owned(), prose, text, numbers }
    }
}

fn cut(text: String, lines: usize) -> String {
    match text.match_indices('\n').nth(lines.saturating_sub(1)) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

fn readme(reader: &Reader, commit: ObjectId, listing: &Listing, place: &Place<'_>) -> Result<Option<Shown>, ReadError> {
    let Some(entry) = listing.readme() else { return Ok(None) };
    let path = if place.dir.is_empty() { entry.name.clone() } else { format!("{}/{}", place.dir, entry.name) };
    let file = reader.file(commit, &path, FILE_SHOWN_BYTES_MAX)?;
    Ok(Some(place.shown(&entry.name, file.content)))
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// A text as one part of a path.
pub fn part(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A path whose parts are encoded.
fn parts(path: &str) -> String {
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[derive(Template)]
#[template(path = "tree.html")]
struct TreePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    rev: &'a str,
    rev_part: String,
    crumbs: Vec<(String, String)>,
    files: Files,
    file: Option<Shown>,
    size: String,
    raw: String,
}

/// What a path leads to.
enum At {
    Directory { files: Files, readme: Option<Shown> },
    File { file: Shown, size: u64 },
}

/// `GET /repos/{key}/tree/{rev}`.
pub async fn root(
    State(front): State<Front>,
    uri: Uri,
    headers: HeaderMap,
    Path(at): Path<(String, String)>,
) -> Response {
    tree(State(front), uri, headers, Path((at.0, at.1, String::new()))).await
}

/// `GET /repos/{key}/tree/{rev}/{path}`: a directory or a file. As an image of a page, the file itself.
pub async fn tree(
    State(front): State<Front>,
    uri: Uri,
    headers: HeaderMap,
    Path((key, rev, path)): Path<(String, String, String)>,
) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
        if headers.get("sec-fetch-dest").is_some_and(|dest| dest == "image") {
            return raw_file(&visit, &actor, rev, path).await;
        }
        shown(&visit, &actor, &rev, path.trim_matches('/')).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

async fn shown(visit: &Visit, actor: &ActorId, rev: &str, path: &str) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let (base, own) = (actor.to_string(), head.path.clone());
    let (rev_owned, dir) = (rev.to_owned(), path.to_owned());
    let found = read(visit, actor, move |reader| {
        let commit = reader.resolve(&rev_owned)?.commit;
        let name = dir.rsplit('/').next().unwrap_or(&dir).to_owned();
        match reader.list(commit, &dir) {
            Ok(listing) => {
                let place = Place { base: &base, path: &own, rev: &rev_owned, dir: &dir };
                let readme = readme(reader, commit, &listing, &place)?;
                Ok(At::Directory { files: place.files(&listing), readme })
            }
            Err(ReadError::WrongKind { .. }) => {
                let file = reader.file(commit, &dir, FILE_SHOWN_BYTES_MAX)?;
                let above = dir.rsplit_once('/').map_or("", |(above, _)| above);
                let place = Place { base: &base, path: &own, rev: &rev_owned, dir: above };
                Ok(At::File { size: file.size_bytes, file: place.shown(&name, file.content) })
            }
            Err(error) => Err(error),
        }
    });
    let found = found.await?.ok_or_else(WebError::not_found)?;
    let none = Files { entries: Vec::new(), more: 0 };
    let (files, file, bytes) = match found {
        At::Directory { files, readme } => (files, readme, String::new()),
        At::File { file, size: bytes } => (none, Some(file), size(bytes)),
    };
    page(&TreePage {
        frame: &*visit.frame().await?,
        tab: "about",
        rev,
        rev_part: part(rev),
        crumbs: crumbs(&head.path, rev, path),
        files,
        file,
        size: bytes,
        raw: format!("{}/raw/{}/{}", head.path, part(rev), parts(path)),
        head: &head,
    })
}

fn crumbs(own: &str, rev: &str, path: &str) -> Vec<(String, String)> {
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let upto = |count: usize| format!("{own}/tree/{}/{}", part(rev), parts(&names[..count].join("/")));
    names.iter().enumerate().map(|(index, name)| ((*name).to_owned(), upto(index + 1))).collect()
}

/// `GET /repos/{key}/raw/{rev}/{path}`.
pub async fn raw(
    State(front): State<Front>,
    uri: Uri,
    headers: HeaderMap,
    Path((key, rev, path)): Path<(String, String, String)>,
) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
        raw_file(&visit, &actor, rev, path).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

/// A file as it is: never as something a browser would run, nor as an activity that another server would believe.
async fn raw_file(visit: &Visit, actor: &ActorId, rev: String, path: String) -> WebResult {
    Head::of(visit, Kind::REPOSITORY, actor).await?;
    let name = path.clone();
    let file = read(visit, actor, move |reader| {
        let commit = reader.resolve(&rev)?.commit;
        reader.file(commit, path.trim_matches('/'), FILE_RAW_BYTES_MAX)
    });
    let Content::Whole { bytes, binary } = file.await?.ok_or_else(WebError::not_found)?.content else {
        let detail = format!("this file has more than {FILE_RAW_BYTES_MAX} bytes: clone the repository");
        return Err(WebError::new(http::StatusCode::UNPROCESSABLE_ENTITY, "too-large", detail));
    };
    let (kind, place) = raw_kind(&name, binary);
    let policy = "default-src 'none'; sandbox";
    Ok((
        [
            (CONTENT_TYPE, kind),
            (CONTENT_DISPOSITION, place),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CONTENT_SECURITY_POLICY, policy),
        ],
        bytes,
    )
        .into_response())
}

fn raw_kind(name: &str, binary: bool) -> (&'static str, &'static str) {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match (ending.as_str(), binary) {
        ("png", true) => ("image/png", "inline"),
        ("jpg" | "jpeg", true) => ("image/jpeg", "inline"),
        ("gif", true) => ("image/gif", "inline"),
        ("webp", true) => ("image/webp", "inline"),
        (_, false) => ("text/plain; charset=utf-8", "inline"),
        _ => ("application/octet-stream", "attachment"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_served_as_nothing_that_a_browser_runs_or_a_server_believes() {
        let rows = [
            ("a/index.html", false, "text/plain; charset=utf-8"),
            ("x.svg", false, "text/plain; charset=utf-8"),
            ("actor.json", false, "text/plain; charset=utf-8"),
            ("x.js", true, "application/octet-stream"),
            ("x.PNG", true, "image/png"),
            ("png", true, "image/png"),
            ("x.png", false, "text/plain; charset=utf-8"),
        ];
        for (name, binary, kind) in rows {
            assert_eq!(raw_kind(name, binary).0, kind, "{name}");
        }
    }

    #[test]
    fn names_of_files_and_branches_are_encoded_where_they_stand_in_a_path() {
        assert_eq!(part("feature/a b#1"), "feature%2Fa%20b%231");
        assert_eq!(parts("a?/\"ü\""), "a%3F/%22%C3%BC%22");
        assert_eq!(crumbs("/repos/r", "main", "a/b")[1], ("b".to_owned(), "/repos/r/tree/main/a/b".to_owned()));
    }

    #[test]
    fn only_so_many_lines_are_shown() {
        assert_eq!(cut("a\nb\nc\n".to_owned(), 2), "a\nb");
        assert_eq!(cut("a\nb".to_owned(), 5), "a\nb");
    }
}
