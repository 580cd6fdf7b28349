//! The words of the wire: ActivityStreams and ForgeFed documents as types. Knows no actors and no network.
//! - [`json`]: bytes become a bounded, unambiguous [`Document`] that keeps its bytes; [`Edit`] changes some of its terms
//! - [`object`]: a tolerant reader of terms; [`terms`]: one short name for every spelling of a term
//! - [`uri`]: addresses and origins in one canonical form; [`time`]: seconds and RFC 3339
//! - [`activity`], [`grant`], [`push`]: typed views of activities; [`id_less`]: those without an id
//! - [`ticket`], [`note`], [`relationship`], [`collection`], [`actor_doc`]: typed views of objects
//! - [`f3`]: a tracker as it is told to whoever copies it
//! - [`webfinger`], [`nodeinfo`]: what a server tells about names and itself
//! - [`text`]: titles, HTML and Markdown made safe
//! - [`mod@write`], [`context`]: writing in the newest shape, in a fixed order
//! - [`limits`]: every bound
//!
//! Documents are read as plain JSON by short names. No context is fetched or expanded: the published ForgeFed context
//! lacks most of its own terms, and two readers that expand differently are a way to attack a signature.
//!
//! Source: ActivityStreams 2.0, ActivityPub, ForgeFed.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod activity;
pub mod actor_doc;
pub mod collection;
pub mod context;
pub mod f3;
pub mod grant;
pub mod id_less;
pub mod json;
pub mod limits;
pub mod nodeinfo;
pub mod note;
pub mod object;
pub mod push;
pub mod relationship;
pub mod terms;
pub mod text;
pub mod ticket;
pub mod time;
pub mod uri;
pub mod webfinger;
pub mod write;

pub use activity::blind::without_blind;
pub use activity::draft::Draft;
pub use activity::safe::with_safe_html;
pub use activity::{Activity, ActivityType, Embedded, Thing, is_older_edit};
pub use actor_doc::keys::{ActorKey, Multikey, PublicKey};
pub use actor_doc::links::Links;
pub use actor_doc::ssh::{SshKeyItem, SshPublicKey};
pub use actor_doc::{ActorDoc, Endpoints};
pub use collection::{Collection, CollectionType};
pub use grant::{Grant, Liveness, Usage};
pub use id_less::{Sameness, given_id, is_given, sameness};
pub use json::{Document, Edit, Limits, ParseError, parse};
pub use nodeinfo::{NodeInfo, NodeInfoIndex};
pub use note::Note;
pub use object::{Item, Obj, Wrong};
pub use push::{Author, Branch, Commit, Listed, Push};
pub use relationship::{Relation, Relationship, TicketDependency};
pub use text::{Html, Line, LineError, TooLong, escape, render_markdown};
pub use ticket::{Source, Ticket};
pub use time::Seconds;
pub use uri::acct::{Acct, AcctError};
pub use uri::actor::ActorUri;
pub use uri::clone::CloneUri;
pub use uri::{Origin, PUBLIC, Scheme, Uri, UriError};
pub use webfinger::{Jrd, JrdLink, ReadError, is_activity_type};
