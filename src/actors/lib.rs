//! The forge: one folder an actor kind, one file a method. Plain data and pure functions; time, randomness, documents and
//! other actors are reached through the turn only.
//! - [`gate`]: an authentic act and its receiver become one typed call
//! - [`common`], [`access`], [`link`], [`tie`]: what all kinds share
//! - [`hooks`]: webhooks of repositories and trackers
//! - [`person`], [`domain`], [`factory`], [`repository`], [`ticket_tracker`], [`project`], [`team`],
//!   [`organization`], [`workflow`], [`roadmap`], [`patch_tracker`], [`release_tracker`]: the kinds
//! - [`far_tracker`]: what is kept of trackers of other servers
//! - [`client`]: what a person's client posts for each of these methods
//! - [`forgefed`]: the specification's statements, and the methods they are about
//! - [`kept`]: what they keep, shown to the turns of others; [`mod@kinds`]: all of them in one list;
//!   [`sound`]: what each row means nothing without; [`limits`]: every bound
//!
//! Source: ForgeFed.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod access;
pub mod client;
pub mod common;
pub mod domain;
pub mod factory;
pub mod far_tracker;
pub mod forgefed;
pub mod gate;
pub mod hooks;
pub mod kept;
pub mod kinds;
pub mod limits;
pub mod link;
pub mod organization;
pub mod patch_tracker;
pub mod person;
pub mod project;
pub mod release_tracker;
pub mod repository;
pub mod roadmap;
pub mod secrets;
pub mod sound;
pub mod team;
pub mod ticket_tracker;
pub mod tie;
pub mod workflow;

pub use common::UriNaming;
pub use domain::Domain;
pub use factory::Factory;
pub use far_tracker::FarTracker;
pub use kinds::{DiscussionView, ResourceKind, ResourceView, TrackerView, kinds};
pub use organization::Organization;
pub use patch_tracker::PatchTracker;
pub use person::Person;
pub use project::Project;
pub use release_tracker::ReleaseTracker;
pub use repository::Repository;
pub use roadmap::Roadmap;
pub use team::Team;
pub use ticket_tracker::TicketTracker;
pub use workflow::Workflow;
