//! What pages of code have worked out and keep in memory, within bounds: nothing is written for a read. Keys name objects, so
//! nothing here grows old; who may see it is asked each time before.

use crate::budget::Budgets;
use crate::colour::Coloured;
use crate::limits::{BLAMES_BYTES_MAX, COLOURED_BYTES_MAX, PATH_LOGS_BYTES_MAX, PIECES_BYTES_MAX};
use pritchel_git::blame::Blame;
use pritchel_git::cache::Cache;
use pritchel_git::last::LastMemory;
use pritchel_git::names::ObjectId;
use pritchel_git::path_log::PathLog;
use pritchel_git::place::RepoKey;
use std::sync::Arc;

/// A piece of a page that is the same whoever looks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Piece {
    /// An address that tells it from other pieces of this commit.
    pub page: String,
    /// The commit that it shows.
    pub commit: ObjectId,
    /// When, in steps of the time for which it may stand; nothing where it stays as it is.
    pub step: i64,
}

impl Kept {
    /// Keeps a piece, and gives it back.
    pub fn keep(&self, piece: Piece, html: String) -> Arc<str> {
        let (held, html): (usize, Arc<str>) = (html.len() + 2 * piece.page.len() + 200, html.into());
        self.pieces.put(piece, html.clone(), held);
        html
    }
}

/// What is kept.
pub struct Kept {
    /// The last commits of directories.
    pub last: LastMemory,
    /// Files in their colours, by blob and name.
    pub coloured: Cache<(ObjectId, String), Arc<Coloured>>,
    /// Who wrote the lines of files, by repository, commit and path.
    pub blames: Cache<(RepoKey, ObjectId, Vec<u8>), Arc<Blame>>,
    /// Pages of the history of paths, by repository, commit, path and how many commits are left out.
    pub path_logs: Cache<(RepoKey, ObjectId, Vec<u8>, usize), Arc<PathLog>>,
    /// Pieces of pages as they were rendered.
    pub pieces: Cache<Piece, Arc<str>>,
    /// What strangers may spend on costly pages.
    pub budgets: Budgets,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            last: LastMemory::default(),
            coloured: Cache::new(COLOURED_BYTES_MAX),
            blames: Cache::new(BLAMES_BYTES_MAX),
            path_logs: Cache::new(PATH_LOGS_BYTES_MAX),
            pieces: Cache::new(PIECES_BYTES_MAX),
            budgets: Budgets::default(),
        }
    }
}
