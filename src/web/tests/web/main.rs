//! The front as a whole: the router over a real node with the real actors and boxes in memory. What lies beyond its ports is
//! played by the world of these tests.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod clients;
mod cors;
mod deliveries;
mod documents;
mod f3;
mod git;
mod guard;
mod names;
mod oauth;
mod pages;
mod private;
mod source;
mod world;
