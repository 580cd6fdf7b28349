//! Durability: one ordered key space with atomic, durable batches, and large values beside it by hash.
//! The stores know bytes only; what a row means is decided in [`keys`], [`boxes`] and [`work`]; what a state means, in no room here.
//! - [`contract`]: what every store promises ([`Store`]), and the suite every store passes
//! - [`committer`]: group commit, one thread, many batches, one sync
//! - [`sled`]: the embedded store
//! - `pack`: how a value stands on disk
//! - [`memory`]: the deterministic store of tests and simulation, with faults
//! - [`blob`]: values over 64 KiB, as files named by their SHA-256
//! - [`export`]: a whole store as JSON lines, and back; [`backup`]: the same of a store that is in use
//! - [`boxes`]: the durable boxes of actors; [`directory`]: rows outside of actors; [`keys`]: where each row lies
//! - [`check`]: a walk over all rows that tells what is off, and a repair
//! - [`work`]: ordered lanes of durable work, which every state machine of the node stands on
//! - [`limits`]: every bound of this room
//!
//! The page `docs/storage.md` has the reasons and the measurements.

// The build without tests still refuses them.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod backup;
pub mod blob;
pub mod boxes;
pub mod check;
pub mod committer;
pub mod contract;
pub mod directory;
pub mod export;
pub mod keys;
pub mod limits;
pub mod memory;
mod pack;
pub mod sled;
pub mod work;

pub use boxes::{Addresses, BoxStore, ReceiveError};
pub use contract::{Batch, CommitError, Health, Key, Op, Query, ReadError, Reading, Receipt, Store, Value};
