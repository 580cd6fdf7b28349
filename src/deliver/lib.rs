//! Other servers: delivery, signatures, guarded fetching.
//! - [`key`]: key pairs and public keys, parsed once
//! - [`signature`]: HTTP signatures, draft-cavage and RFC 9421, made and checked
//! - [`proof`]: integrity proofs inside documents
//! - [`fetch`]: the one way out: guarded GET, HEAD and POST
//! - [`webfinger`]: from a name to an actor's address
//! - [`limits`]: every bound of this room

// A test may stop at the first surprise.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod fetch;
pub mod key;
pub mod limits;
pub mod proof;
pub mod signature;
pub mod webfinger;
