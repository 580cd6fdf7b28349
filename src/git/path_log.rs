//! The history of a path, as git lists it: with a commit-graph and its filters of changed paths far faster than by looking at
//! each commit.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::ask::Within;
use crate::git::Git;
use crate::limits::{
    COMMITS_PAGE_MAX, COMMITS_WALK_MAX, PATH_LOG_BYTES_MAX, PATH_LOG_TIME, PERSON_LENGTH_MAX, TITLE_LENGTH_MAX,
};
use crate::names::ObjectId;
use crate::place::Repo;
use crate::text::TextError;

/// A commit in the history of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathCommit {
    /// The commit.
    pub id: ObjectId,
    /// Who wrote it, as it says.
    pub author: String,
    /// When, in seconds since 1970-01-01 UTC, as it says.
    pub time_s: i64,
    /// The first line of its message.
    pub title: String,
}

/// A page of the history of a path, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathLog {
    /// The commits.
    pub commits: Vec<PathCommit>,
    /// What to skip for the next page; `None` on the last one.
    pub next_skip: Option<usize>,
}

impl Git {
    /// One page of the commits before and at `tip` that changed what lies at a path. Takes at most [`PATH_LOG_TIME`].
    /// - `skip`: commits to leave out, at most [`COMMITS_WALK_MAX`]
    /// - `limit`: 1 to [`COMMITS_PAGE_MAX`]
    pub async fn path_log(
        &self,
        repo: &Repo,
        tip: ObjectId,
        path: &[u8],
        skip: usize,
        limit: usize,
    ) -> Result<PathLog, TextError> {
        let (limit, skip) = (limit.clamp(1, COMMITS_PAGE_MAX), skip.min(COMMITS_WALK_MAX));
        let format = "--format=tformat:%H%x00%an%x00%at%x00%s";
        let args = ["log", "-z", "--encoding=UTF-8", format].map(str::to_owned);
        let numbers = [format!("--max-count={}", limit + 1), format!("--skip={skip}"), tip.to_string(), "--".into()];
        let args: Vec<String> = args.into_iter().chain(numbers).collect();
        let args: Vec<&OsStr> = args.iter().map(OsStr::new).chain([OsStr::from_bytes(path)]).collect();
        let within = Within { bytes: PATH_LOG_BYTES_MAX, time: PATH_LOG_TIME };
        let said = self.ask(repo, &args, within).await?.whole(within)?;
        let mut commits = read(&said);
        let more = commits.len() > limit;
        commits.truncate(limit);
        Ok(PathLog { commits, next_skip: more.then_some(skip + limit) })
    }
}

fn read(said: &[u8]) -> Vec<PathCommit> {
    let fields: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
    let text = |field: &[u8], max: usize| String::from_utf8_lossy(field).chars().take(max).collect::<String>();
    let commits = fields.chunks_exact(4).map_while(|fields| {
        Some(PathCommit {
            id: text(fields[0], 40).parse().ok()?,
            author: text(fields[1], PERSON_LENGTH_MAX),
            time_s: text(fields[2], 30).parse().ok()?,
            title: text(fields[3], TITLE_LENGTH_MAX),
        })
    });
    commits.collect()
}
