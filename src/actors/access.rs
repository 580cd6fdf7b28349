//! Access: who may do what. Authority is a Grant, and the resource it is about verifies it: there is no other way.
//! - [`role`]: the roles and their order; [`grant`]: the rows a resource keeps of the Grants it gave
//! - [`require()`]: what a method calls first; [`chain`]: the verification of a chain of Grants; [`ground`]: where it runs;
//!   [`afar`]: for a resource of another server
//! - [`issue`], [`take_back`]: Grants and their revocation; [`term`]: for how long; [`lapse`]: given anew, and over; [`enrol()`]: who
//!   collaborates
//! - [`invite`], [`invitation_accepted`], [`invitation_rejected`], [`join`], [`join_approved`], [`join_denied`],
//!   [`remove`], [`leave`], [`undo_grants`]: one method a file
//! - [`wire`]: Grants as documents
//!
//! Source: ForgeFed, "Object Capabilities".

pub mod afar;
pub mod chain;
pub mod enrol;
pub mod followings;
pub mod grant;
pub mod ground;
pub mod invitation_accepted;
pub mod invitation_rejected;
pub mod invite;
pub mod issue;
pub mod join;
pub mod join_approved;
pub mod join_denied;
pub mod lapse;
pub mod leave;
pub mod remove;
pub mod require;
pub mod role;
pub mod take_back;
pub mod term;
pub mod undo_grants;
pub mod view;
pub mod wire;

pub use enrol::enrol;
pub use grant::{COLLABORATORS, Collaborator, GRANTS, Issued, Target};
pub use invitation_accepted::InvitationAccepted;
pub use invitation_rejected::InvitationRejected;
pub use invite::{INVITES, Invite, OPEN_INVITES};
pub use join::{JOINS, Join};
pub use join_approved::JoinApproved;
pub use join_denied::JoinDenied;
pub use lapse::Lapse;
pub use leave::Leave;
pub use remove::Remove;
pub use require::{Authority, administers, must_see, proved, require, still_admin};
pub use role::Role;
pub use term::{Span, Term};
pub use undo_grants::UndoGrants;
