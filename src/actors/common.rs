//! What every resource does, whatever its kind: it has a name and a page, is followed, edited and deleted.
//! - [`resource`]: the part of a state that all resources share; [`naming`]: how actors and acts are named
//! - [`follow`], [`unfollow`], [`like`], [`unlike`], [`edit`], [`set_archived`], [`relocate`], [`delete`]: one method a file
//! - [`archived`]: what is still done by a resource that is only read
//! - [`attachment`]: files that a text names
//! - [`edited`]: a term that an `Edit` keeps, clears or sets
//! - [`keys`]: new keys in the place of old ones
//! - [`agenda`]: what is to be done at given times
//! - [`audience`]: who may read what is told to a group
//! - [`wire`]: writing and reading what all kinds say; [`text`]: outside text as types
//!
//! Source: ForgeFed, "Actor Interface and Behavior".

pub mod agenda;
pub mod archived;
pub mod attachment;
pub mod audience;
pub mod begin;
pub mod delete;
pub mod edit;
pub mod edited;
pub mod follow;
pub mod keys;
pub mod like;
pub mod naming;
pub mod references;
pub mod relocate;
pub mod resource;
pub mod set_archived;
pub mod set_visibility;
pub mod text;
pub mod unfollow;
pub mod unlike;
pub mod wire;

pub use agenda::{Alarm, Due, Punctual};
pub use archived::Archived;
pub use begin::{Begin, Named};
pub use delete::DeleteResource;
pub use edit::EditResource;
pub use edited::Edited;
pub use follow::Follow;
pub use keys::{ContinueRotation, KeyOwner, KeysChanged, RotateKeys};
pub use like::Like;
pub use naming::UriNaming;
pub use relocate::Relocate;
pub use resource::{FOLLOWERS, Resource, ResourceActor, Visibility};
pub use set_archived::SetArchived;
pub use set_visibility::SetVisibility;
pub use set_visibility::forget_strangers::ForgetStrangers;
pub use unfollow::Unfollow;
pub use unlike::Unlike;
