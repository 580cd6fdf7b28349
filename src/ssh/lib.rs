//! Git over SSH: fetch, push and archive, and nothing else. No shell, no forwarding of ports or agents, no files.
//!
//! A connection proves that its client holds a key. Whose the key is, and whether they may, is decided when a command names a
//! repository, by the same code as over HTTP: `pritchel_web::git`. A path that ends in a Grant is asked for by the actor that the
//! Grant was given to, who may live on any server.
//! - [`host_key`]: the key by which clients know this server
//! - [`server`]: taking connections; [`door`]: how many, and of whom; `full`: what the others are told; `client`: one connection, from login to its last channel
//! - [`command`]: what clients ask for, read; `serve`: what they get
//! - [`limits`]: every bound
//!
//! Source: RFC 4251 to 4254, RFC 8332; git, `gitprotocol-pack`; ForgeFed, "SSH Keys and Remote Push".

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod command;
pub mod door;
pub mod host_key;
pub mod limits;
pub mod server;

mod client;
mod full;
mod serve;
