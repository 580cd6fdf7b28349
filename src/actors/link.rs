//! Links: two resources stand in a lasting relation, and access flows over it. One protocol for all kinds, between
//! near and far actors alike: the *source* lets access go, the *destination* receives it. Either may begin; an admin of
//! each side has to agree; either side alone can end it. Over the links of an organization no access flows: it lists its
//! members, who agree themselves, and its assets, by the same steps without their Grants.
//! - [`kind`]: the kinds, their ends, and the collections that show them; [`rows`]: what is kept of them
//! - [`propose`], [`proposed`], [`peer_agreed`], [`peer_admin_agrees`], [`admin_agreed`], [`peer_declined`],
//!   [`admin_declined`], [`delegated`], [`listed`]: how a link is formed, one method a file; [`form`]: what follows from two consents
//! - [`given`], [`member_delegates`]: access comes, somebody may be given access; [`extend`]: how it is passed on;
//!   [`cascade`]: the same for many, a few at a time
//! - [`unlink`], [`peer_unlinks`], [`peer_unlinked`], [`peer_ended`], [`taken_back`]: how it ends
//! - [`evidence`]: what documents of other actors say; [`wire`]: activities, both directions; [`view`]: what may be asked
//!
//! Source: ForgeFed, "Associating Projects and Components" to "Removing a team-resource link", read as one protocol.

pub mod admin_agreed;
pub mod admin_declined;
pub mod cascade;
pub mod delegated;
pub mod evidence;
pub mod extend;
pub mod form;
pub mod given;
pub mod kind;
pub mod listed;
pub mod member_delegates;
pub mod peer_admin_agrees;
pub mod peer_agreed;
pub mod peer_declined;
pub mod peer_ended;
pub mod peer_unlinked;
pub mod peer_unlinks;
pub mod propose;
pub mod proposed;
pub mod rows;
pub mod taken_back;
pub mod unlink;
pub mod view;
pub mod wire;

pub use admin_agreed::AdminAgreed;
pub use admin_declined::AdminDeclined;
pub use cascade::Cascade;
pub use delegated::Delegated;
pub use given::Given;
pub use kind::{End, LinkKind, Side};
pub use listed::Listed;
pub use member_delegates::MemberDelegates;
pub use peer_admin_agrees::PeerAdminAgrees;
pub use peer_agreed::PeerAgreed;
pub use peer_declined::PeerDeclined;
pub use peer_ended::PeerEnded;
pub use peer_unlinked::PeerUnlinked;
pub use peer_unlinks::PeerUnlinks;
pub use propose::Propose;
pub use proposed::Proposed;
pub use rows::{Link, LinkCounts, LinkState};
pub use taken_back::TakenBack;
pub use unlink::Unlink;
