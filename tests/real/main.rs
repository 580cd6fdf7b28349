//! Tests of the real binary: over HTTP, with git, between processes, killed and started again.
//! - [`server`]: a server process; [`demo`]: the demo as a test; [`kill`]: killed under load; [`pump`]: without background;
//! - [`commands`]: the command line; [`two_domains`]: several domains on one server

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod commands;
mod demo;
mod kill;
mod pump;
mod server;
mod two_domains;
