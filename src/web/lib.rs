//! People and machines over HTTP: asks actors, shows answers; changes nothing by itself.
//! - [`ports`]: what the web asks of the rest of the node
//! - [`server`]: the router, and what every request goes through
//! - [`viewer`]: who asks; [`powers`], [`verifying`]: what the Grants they hold are worth; [`answer`]: errors as answers; [`limits`]: every bound
//! - [`fed`]: federation; [`api`]: clients and operators; [`git`], [`git_http`]: git
//! - [`budget`]: what strangers may spend on costly pages; [`colour`]: source in colours; [`kept`]: what is kept in memory of both
//! - [`page`]: pages for people; [`session`], [`password`], [`tries`], [`csrf`]: signing in; [`ssh_key`]: SSH keys as pasted; [`portrait`]: pictures of people

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod answer;
pub mod api;
pub mod budget;
pub mod colour;
pub mod csrf;
pub mod domains;
pub mod etag;
pub mod fed;
pub mod git;
pub mod git_http;
pub mod in_use;
pub mod kept;
pub mod limits;
pub mod page;
pub mod password;
pub mod portrait;
pub mod ports;
pub mod powers;
pub mod server;
pub mod session;
pub mod ssh_key;
pub mod tries;
pub mod verifying;
pub mod viewer;
pub mod want;
