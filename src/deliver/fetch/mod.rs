//! The one way out: every request this server makes to another goes through [`Client`], so one guard holds for all.
//! - [`address`]: which addresses may be spoken to
//! - [`resolver`]: names to checked addresses, to which alone a connection is made
//! - `target`: which URLs may be asked for
//! - [`client`]: GET, HEAD and POST, with bounds on time, size and redirects; `request` has what goes in and comes out
//! - [`is_activity_json`]: which content types count as ActivityPub

pub mod address;
pub mod client;
mod error;
mod media;
mod request;
pub mod resolver;
mod target;

pub use self::client::{Client, Settings, install_crypto};
pub use self::error::FetchError;
pub use self::media::{is_activity_json, is_json};
pub use self::request::{AdmitFn, Fetched, GetRequest, HeadAnswer, PostAnswer, PostRequest, RetryAfter, SignFn};
pub use self::target::Policy;

#[cfg(test)]
pub(crate) mod testing;
