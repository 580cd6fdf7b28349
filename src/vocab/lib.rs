//! The words of the wire: ActivityStreams and ForgeFed documents as types. Knows no actors and no network.
//! - [`json`]: bytes become a bounded, unambiguous [`Document`] that keeps its bytes; [`Edit`] changes some of its terms
//! - [`object`]: a tolerant reader of terms; [`terms`]: one short name for every spelling of a term
//! - [`uri`]: addresses and origins in one canonical form; [`time`]: seconds and RFC 3339
//! - [`activity`], [`grant`]: typed views of activities
//! - [`write`], [`context`]: writing in the newest shape, in a fixed order
//! - [`limits`]: every bound
//!
//! Documents are read as plain JSON by short names. No context is fetched or expanded: the published ForgeFed context
//! lacks most of its own terms, and two readers that expand differently are a way to attack a signature.
//!
//! Source: ActivityStreams 2.0, ActivityPub, ForgeFed.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod activity;
pub mod context;
pub mod grant;
pub mod json;
pub mod limits;
pub mod object;
pub mod terms;
pub mod time;
pub mod uri;
pub mod write;

pub use activity::blind::without_blind;
pub use activity::draft::Draft;
pub use activity::{Activity, ActivityType, Embedded, Thing};
pub use grant::{Grant, Liveness, Usage};
pub use json::{Document, Edit, Limits, ParseError, parse};
pub use object::{Item, Obj, Wrong};
pub use time::Seconds;
pub use uri::acct::{Acct, AcctError};
pub use uri::actor::ActorUri;
pub use uri::clone::CloneUri;
pub use uri::{Origin, PUBLIC, Scheme, Uri, UriError};
