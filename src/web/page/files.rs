//! What lies in a repository: branches, directories and files, read where blocking is allowed and only so many at once.

use crate::answer::{WebError, WebResult};
use crate::limits::{COMMITS_FIRST, FILE_LINES_MAX, FILE_SHOWN_BYTES_MAX, READS_AT_ONCE, REFS_FIRST};
use crate::page::head::Head;
use crate::page::history::CommitRow;
use crate::page::markdown::rendered;
use crate::page::parts::Prose;
use crate::page::raw::raw_file;
use crate::page::refs::{RefKind, Refs};
use crate::page::shell::{error_page, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use crate::ports::Front;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
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
    /// The first branches.
    pub branches: Refs,
    /// The first tags.
    pub tags: Refs,
}

/// The content of a repository's default branch; `None` while there is none.
pub async fn overview(visit: &Visit, actor: &ActorId, path: String) -> WebResult<Option<Overview>> {
    let base = actor.to_string();
    let found = read(visit, actor, move |reader| {
        let head = reader.head()?;
        let branch = head.branch.as_branch().unwrap_or(head.branch.as_str()).to_owned();
        let Some(commit) = head.commit else { return Ok(None) };
        let listing = reader.list(commit, "")?;
        let place = Place { base: &base, path: &path, rev: &branch, dir: b"" };
        let commits = reader.log_page(commit, 0, COMMITS_FIRST)?.commits;
        Ok(Some(Overview {
            commits: commits.into_iter().map(CommitRow::from).collect(),
            readme: readme(reader, commit, &listing, &place)?,
            files: place.files(&listing),
            branches: Refs::read(reader, &path, RefKind::Branches, None, REFS_FIRST)?,
            tags: Refs::read(reader, &path, RefKind::Tags, None, REFS_FIRST)?,
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
    dir: &'a [u8],
}

impl Place<'_> {
    fn files(&self, listing: &Listing) -> Files {
        let rows = listing.entries.iter().map(|entry| {
            let href = format!("{}/tree/{}/{}", self.path, part(self.rev), parts(below(self.dir, &entry.raw)));
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
    let file = reader.file(commit, below(place.dir, &entry.raw), FILE_SHOWN_BYTES_MAX)?;
    Ok(Some(place.shown(&entry.name, file.content)))
}

/// Bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// A text, or what git calls something, as one part of a path.
pub fn part(text: impl AsRef<[u8]>) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let encoded = |b: &u8| if plain(*b) { char::from(*b).to_string() } else { format!("%{b:02X}") };
    text.as_ref().iter().map(encoded).collect()
}

/// A path whose parts are encoded.
fn parts(path: impl AsRef<[u8]>) -> String {
    path.as_ref().split(|b| *b == b'/').map(part).collect::<Vec<_>>().join("/")
}

/// What [`part`] was made of.
fn decoded(part: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, behind @ ..] = rest {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        let coded = (*first == b'%').then(|| u8::try_from(digit(0)? * 16 + digit(1)?).ok()).flatten();
        bytes.push(coded.unwrap_or(*first));
        rest = if coded.is_some() { &behind[2..] } else { behind };
    }
    bytes
}

/// The path of something in a directory.
fn below(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}

/// Where an address of a repository's files leads, `/repos/{key}/{page}/{rev}/{path}`: read as it stands, since what git calls a
/// file need not be UTF-8.
#[derive(Debug, PartialEq)]
pub struct Asked {
    /// The repository's key.
    pub key: String,
    /// The branch, tag or commit.
    pub rev: String,
    /// The path, without slashes around it.
    pub path: Vec<u8>,
}

impl Asked {
    /// Reads an address; `None` if it is no such one.
    pub fn of(uri: &Uri) -> Option<Self> {
        let mut parts = uri.path().strip_prefix("/repos/")?.splitn(4, '/');
        let (key, _page, rev) = (parts.next()?, parts.next()?, parts.next()?);
        let text = |part: &str| String::from_utf8(decoded(part)).ok();
        let path = decoded(parts.next().unwrap_or_default().trim_matches('/'));
        Some(Self { key: text(key)?, rev: text(rev)?, path })
    }
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

/// `GET /repos/{key}/tree/{rev}` and `GET /repos/{key}/tree/{rev}/{path}`: a directory or a file. As an image of a page, the
/// file itself.
pub async fn tree(State(front): State<Front>, uri: Uri, headers: HeaderMap) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let Asked { key, rev, path } = Asked::of(&uri).ok_or_else(WebError::not_found)?;
        let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
        if headers.get("sec-fetch-dest").is_some_and(|dest| dest == "image") {
            return raw_file(&visit, &actor, rev, path).await;
        }
        shown(&visit, &actor, &rev, &path).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

async fn shown(visit: &Visit, actor: &ActorId, rev: &str, path: &[u8]) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let (base, own) = (actor.to_string(), head.path.clone());
    let (rev_owned, dir) = (rev.to_owned(), path.to_owned());
    let found = read(visit, actor, move |reader| {
        let commit = reader.resolve(&rev_owned)?.commit;
        match reader.list(commit, &dir) {
            Ok(listing) => {
                let place = Place { base: &base, path: &own, rev: &rev_owned, dir: &dir };
                let readme = readme(reader, commit, &listing, &place)?;
                Ok(At::Directory { files: place.files(&listing), readme })
            }
            Err(ReadError::WrongKind { .. }) => {
                let file = reader.file(commit, &dir, FILE_SHOWN_BYTES_MAX)?;
                let (above, name) = match dir.iter().rposition(|b| *b == b'/') {
                    Some(at) => (&dir[..at], &dir[at + 1..]),
                    None => (&b""[..], &dir[..]),
                };
                let name = String::from_utf8_lossy(name);
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

fn crumbs(own: &str, rev: &str, path: &[u8]) -> Vec<(String, String)> {
    let names: Vec<&[u8]> = path.split(|b| *b == b'/').filter(|name| !name.is_empty()).collect();
    let upto = |count: usize| format!("{own}/tree/{}/{}", part(rev), parts(names[..count].join(&b'/')));
    let called = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    names.iter().enumerate().map(|(index, name)| (called(name), upto(index + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_and_branches_are_encoded_where_they_stand_in_a_path() {
        assert_eq!(part("feature/a b#1"), "feature%2Fa%20b%231");
        assert_eq!(parts("a?/\"ü\""), "a%3F/%22%C3%BC%22");
        assert_eq!(crumbs("/repos/r", "main", b"a/b")[1], ("b".to_owned(), "/repos/r/tree/main/a/b".to_owned()));
    }

    #[test]
    fn a_name_that_is_no_text_comes_back_as_it_was() {
        let name = b"bad\xff\xc3.txt";
        assert_eq!(part(name), "bad%FF%C3.txt");
        let uri: Uri = format!("/repos/r/tree/feature%2Fx/docs/{}", part(name)).parse().unwrap();
        let path = b"docs/bad\xff\xc3.txt".to_vec();
        assert_eq!(Asked::of(&uri), Some(Asked { key: "r".to_owned(), rev: "feature/x".to_owned(), path }));
        for (text, bytes) in
            [("a%2", "a%2"), ("%", "%"), ("%zz", "%zz"), ("%+1", "%+1"), ("a+b", "a+b"), ("%2541", "%41")]
        {
            assert_eq!(decoded(text), bytes.as_bytes(), "{text}");
        }
        assert_eq!(Asked::of(&Uri::from_static("/repos/r/tree/%ff")), None);
        assert_eq!(Asked::of(&Uri::from_static("/repos/r/tree")), None);
    }

    #[test]
    fn only_so_many_lines_are_shown() {
        assert_eq!(cut("a\nb\nc\n".to_owned(), 2), "a\nb");
        assert_eq!(cut("a\nb".to_owned(), 5), "a\nb");
    }
}
