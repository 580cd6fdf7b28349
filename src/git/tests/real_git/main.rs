//! The room with the real git on both sides.
//! - [`world`]: a small HTTP server around the room, and a git client that knows nothing of this machine
//! - [`fetch`], [`push`], [`read`], [`merge`], [`apply`], [`archive`], [`versions`], [`quote`], [`maintain`], [`code`], [`edit`]: the stories
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests, and what they share")]

mod apply;
mod archive;
mod code;
mod edit;
mod fetch;
mod maintain;
mod merge;
mod pull;
mod push;
mod quote;
mod read;
mod versions;
mod world;
