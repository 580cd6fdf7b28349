//! Tests of the real binary: over HTTP, with git, between processes, killed and started again.
//! - [`server`]: a server process; [`git`]: how git is run; [`demo`]: the demo as a test; [`kill`]: killed under load; [`pump`]: without background;
//! - [`links`]: access between servers; [`power_cut`]: the power goes while git pushes; [`powercut`]: the recorder and the disk, shared with the store's test
//! - [`forgejo`]: with a stand-in for Forgejo; [`merge`]: a merge request from the push to the merge; [`manual`]: the session that docs/c2s.md shows
//! - [`releases`]: a tag released, downloaded, and planned on another server
//! - [`attachments`]: a file attached to a ticket, over a restart and a sweep
//! - [`hooks`]: webhooks, and a receiver that checks them
//! - [`protected`]: rules for branches and tags, as git's clients meet them
//! - [`ssh`]: git over SSH, with keys and with Grants
//! - [`forks`]: forks, mirrors, and merge requests between servers; [`migrate`]: a tracker copied from one to another
//! - [`upkeep`]: repositories put in order; [`private`]: something private with a member on another server
//! - [`probe`]: `pritchel probe` against this very binary; `faults`: against one with faults
//! - [`trial`]: a server without a domain; [`commands`]: the command line; [`kept_store`]: stores of earlier versions; [`two_domains`]: several domains on one server

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attachments;
mod backup;
mod commands;
mod demo;
mod far_trackers;
#[cfg(debug_assertions)]
mod faults;
mod forgejo;
mod forks;
mod git;
mod hooks;
mod kept_store;
mod kill;
mod links;
mod manual;
mod mentions;
mod merge;
mod migrate;
mod moderation;
#[cfg(target_os = "linux")]
mod power_cut;
#[cfg(target_os = "linux")]
#[path = "../powercut/mod.rs"]
mod powercut;
mod private;
mod probe;
mod protected;
mod pump;
mod releases;
mod server;
mod ssh;
mod trial;
mod two_domains;
mod upkeep;
