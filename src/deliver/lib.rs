//! Other servers: what comes from them and what goes to them. Nothing else of this server makes or believes a request.
//! - [`outside`]: all of it put together
//! - [`receive`]: deliveries from others: who sent it, may they, and into whose mailboxes
//! - [`lanes`], [`runner`]: deliveries to others, and the one runner of everything that has to move
//! - [`documents`]: documents of others as evidence, and looking actors up
//! - [`clones`]: where repositories of other servers are cloned from
//! - [`keys`], [`proved`]: the keys of our own actors; our acts with their proofs
//! - [`remote`], [`origins`]: what is remembered of other actors and servers; [`hosts`], [`peers`]: who we are, whom we speak with
//! - [`reach`]: this server, as others reach it
//! - [`transport`]: the way out, real or simulated; [`fetch`]: the real one, guarded
//! - [`signature`], [`proof`], [`key`], [`webfinger`]: the crafts: HTTP signatures, proofs inside documents, keys, names
//! - [`check`]: what is off in the rows of this room
//! - [`limits`]: every bound of this room
//!
//! Sources: ActivityPub 7; draft-cavage-http-signatures-12; RFC 9421; FEP-8b32; FEP-fe34.

// A test may stop at the first surprise.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod check;
pub mod clones;
pub mod documents;
pub mod fetch;
mod flights;
pub mod hooks;
pub mod hosts;
pub mod key;
pub mod keys;
pub mod lanes;
pub mod limits;
pub mod origins;
pub mod outside;
pub mod peers;
pub mod proof;
pub mod proved;
pub mod rates;
pub mod reach;
pub mod receive;
mod recent;
pub mod remote;
pub mod runner;
pub mod signature;
pub mod transport;
pub mod turns;
pub mod webfinger;

pub use outside::{Outside, Settings};

#[cfg(test)]
mod testing;
