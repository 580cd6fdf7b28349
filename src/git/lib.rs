//! Repositories: git2 for reading, the system git for packs. Knows nothing of actors, HTTP frameworks or stores.
//! - [`place`]: where repositories lie, making and removing them
//! - [`git`]: the handle on the system git: a bounded pool of processes in a clean environment
//! - [`smart_http`]: discovery and fetch, streamed; [`session`]: the same over one connection; [`output`]: what git answers, or why it does not
//! - [`push`]: receiving a push, with a decision while its objects are in quarantine, and which references moved
//! - [`hook`]: how git's `pre-receive` hook asks the server, and gets its answer
//! - [`pull`]: what another repository has, on this server or elsewhere, brought into one of ours
//! - [`read`], [`log`], [`tree`], [`compare`], [`changes`]: references, history, files, differences; blocking, plain data out
//! - [`last`]: the last commit of each entry of a directory; [`blame`], [`path_log`], [`grep`], [`named`]: what git is asked for pages, within bounds
//! - [`cache`]: what has been worked out once, in memory and bounded
//! - [`signed`]: the signature of a commit
//! - [`quote`]: lines that are quoted from a difference, and whether they stand as they were
//! - [`archive`]: the files of a commit as one file
//! - [`text`]: patches and differences as git writes them
//! - [`merge`]: one branch into another, in process and without a work tree
//! - [`edit`]: one file changed, as a push
//! - [`apply`]: patches made into commits, where they can do no harm; [`elsewhere`]: merging into repositories of other servers
//! - [`versions`]: what is offered to be merged, kept as it was
//! - [`maintain`]: what keeps repositories fast, and what clears up after a crash
//! - [`settings`], [`limits`], [`names`]: git's configuration, every bound, ids and reference names as types

pub mod apply;
pub mod archive;
pub mod blame;
pub mod cache;
pub mod changes;
pub mod compare;
pub mod edit;
pub mod elsewhere;
pub mod git;
pub mod grep;
pub mod hook;
pub mod last;
pub mod limits;
pub mod log;
pub mod maintain;
pub mod merge;
pub mod named;
pub mod names;
pub mod output;
pub mod path_log;
pub mod place;
pub mod process;
pub mod pull;
pub mod push;
pub mod quote;
pub mod read;
pub mod session;
pub mod settings;
pub mod signed;
pub mod smart_http;
pub mod text;
pub mod tree;
pub mod versions;

mod ask;
mod body;
mod durable;
mod pack;
