//! Repositories as git's clients reach them, whichever way they come: over HTTP ([`crate::git_http`]) or over SSH.
//! - [`access`]: whether somebody may; [`by_grant`]: whether whoever shows a Grant may
//! - [`disk`]: the repository on disk; [`pushed`]: how a push is told, and what a crash left untold; [`offered`]: what is pushed to
//!   be merged; [`edited`]: what is changed in a browser, and pushed from there; [`author`]: who writes that;
//!   [`closing`]: which tickets a push or a merge closes
//! - [`named`]: repositories by what people type; [`ssh_keys`]: whose an SSH key is, here and on other servers; [`signer`]: who has signed
//!   a commit; [`openpgp`]: keys and signatures of that kind

pub mod access;
pub mod author;
pub mod by_grant;
pub mod closing;
pub mod disk;
pub mod edited;
pub mod named;
pub mod offered;
pub mod openpgp;
pub mod pushed;
pub mod signer;
pub mod ssh_keys;

pub use disk::ensure_repo;
pub use pushed::recover_pushes;
