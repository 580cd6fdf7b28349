//! What lies in a repository: branches, directories and files, read where blocking is allowed and only so many at once.

use crate::answer::{WebError, WebResult};
use crate::limits::{FILE_LINES_MAX, FILE_SHOWN_BYTES_MAX, READS_AT_ONCE, REFS_FIRST};
use crate::page::code::Spot;
use crate::page::code::listing::{Files, Lister};
use crate::page::markdown::rendered;
use crate::page::parts::Prose;
use crate::page::refs::{RefKind, Refs};
use crate::page::visit::Visit;
use http::Uri;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::key;
use pritchel_git::place::{PlaceError, RepoKey};
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::tree::{Content, Listing};
use tokio::sync::Semaphore;

static READS: Semaphore = Semaphore::const_new(READS_AT_ONCE);

/// How many are read from at this moment.
pub(crate) fn in_use() -> usize {
    READS_AT_ONCE.saturating_sub(READS.available_permits())
}

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

/// A file that is shown.
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Rendered, if it can be.
    pub prose: Option<Prose>,
    /// Its text otherwise; `None` if it is binary or too large.
    pub text: Option<String>,
}

/// What the front page of a repository shows of its content.
pub struct Overview {
    /// The branch shown.
    pub branch: String,
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
    let (base, lister) = (actor.to_string(), Lister::of(visit, actor)?);
    let found = read(visit, actor, move |reader| {
        let head = reader.head()?;
        let branch = head.branch.as_branch().unwrap_or(head.branch.as_str()).to_owned();
        let Some(commit) = head.commit else { return Ok(None) };
        let spot = Spot { own: path.clone(), rev: branch.clone(), commit, path: Vec::new() };
        let (files, listing) = lister.list(reader, &spot)?;
        Ok(Some(Overview {
            readme: readme(reader, &base, &listing, &spot)?,
            files,
            branches: Refs::read(reader, &path, RefKind::Branches, None, REFS_FIRST)?,
            tags: Refs::read(reader, &path, RefKind::Tags, None, REFS_FIRST)?,
            branch,
        }))
    });
    Ok(found.await?.flatten())
}

impl Shown {
    /// A file's text, rendered if it can be.
    /// - `base`: the repository's address
    /// - `spot`: the directory it lies in
    pub fn of(name: &str, content: Content, base: &str, spot: &Spot) -> Self {
        let text = match content {
            Content::Whole { bytes, binary: false } => Some(String::from_utf8_lossy(&bytes).into_owned()),
            _ => None,
        };
        let slash = if spot.path.is_empty() { "" } else { "/" };
        let base = format!("{base}/tree/{}/{}{slash}", part(&spot.rev), parts(&spot.path));
        let prose = text.as_deref().and_then(|text| rendered(name, text, &base)).map(Prose);
        let text = text.map(|text| cut(text, FILE_LINES_MAX));
        Self { name: name.to_owned(), prose, text }
    }
}

fn cut(text: String, lines: usize) -> String {
    match text.match_indices('\n').nth(lines.saturating_sub(1)) {
        Some((at, _)) => text[..at].to_owned(),
        None => text,
    }
}

/// What introduces a directory.
pub fn readme(reader: &Reader, base: &str, listing: &Listing, spot: &Spot) -> Result<Option<Shown>, ReadError> {
    let Some(entry) = listing.readme() else { return Ok(None) };
    let file = reader.file(spot.commit, below(&spot.path, &entry.raw), FILE_SHOWN_BYTES_MAX)?;
    Ok(Some(Shown::of(&entry.name, file.content, base, spot)))
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
    let mut encoded = String::with_capacity(text.as_ref().len());
    encode(text.as_ref(), &mut encoded);
    encoded
}

fn encode(text: &[u8], into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            into.push(char::from(*byte));
        } else {
            let digits = [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
            into.extend(['%'].into_iter().chain(digits));
        }
    }
}

/// A path whose parts are encoded.
pub fn parts(path: impl AsRef<[u8]>) -> String {
    let mut encoded = String::with_capacity(path.as_ref().len());
    for (index, part) in path.as_ref().split(|b| *b == b'/').enumerate() {
        if index > 0 {
            encoded.push('/');
        }
        encode(part, &mut encoded);
    }
    encoded
}

/// What [`part`] was made of.
pub fn decoded(part: &str) -> Vec<u8> {
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
pub fn below(dir: &[u8], name: &[u8]) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_and_branches_are_encoded_where_they_stand_in_a_path() {
        assert_eq!(part("feature/a b#1"), "feature%2Fa%20b%231");
        assert_eq!(parts("a?/\"ü\""), "a%3F/%22%C3%BC%22");
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
