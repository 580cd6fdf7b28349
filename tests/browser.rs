//! The pages in a real browser: headless Chromium, driven by chromedriver, against real server processes on loopback.
//! Run with `PRITCHEL_BROWSER=1`; without it each test says that it was not run, and passes.
//! - [`driver`]: one browser, spoken to by the W3C WebDriver protocol; [`server`]: a server process
//! - [`looks`]: pages as people with different eyes, screens and tools have them: pictures, and the rules of axe-core
//! - [`everyday`]: the way most people go, from registering to a release, on one server and between two
//! - [`controls`]: what the other tests rely on to fail: scripts on and off, dialogues, the console
//! - [`first_start`], [`tickets`], [`comments`], [`finding`], [`two_servers`], [`repository`], [`reviews`], [`inspector`]: what people do, each as one story

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "browser/comments.rs"]
mod comments;
#[path = "browser/controls.rs"]
mod controls;
#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/everyday.rs"]
mod everyday;
#[path = "browser/finding.rs"]
mod finding;
#[path = "browser/first_start.rs"]
mod first_start;
#[path = "browser/inspector.rs"]
mod inspector;
#[path = "browser/looks.rs"]
mod looks;
#[path = "browser/repository.rs"]
mod repository;
#[path = "browser/reviews.rs"]
mod reviews;
#[path = "browser/server.rs"]
mod server;
#[path = "browser/tickets.rs"]
mod tickets;
#[path = "browser/two_servers.rs"]
mod two_servers;

use std::future::Future;

/// Runs a story if browser tests are asked for, else says that it was not run.
fn story(told: impl Future<Output = ()>) {
    if std::env::var("PRITCHEL_BROWSER").is_ok_and(|value| value == "1") {
        tokio::runtime::Runtime::new().unwrap().block_on(told);
    } else {
        println!("not run: needs Chromium and chromedriver; PRITCHEL_BROWSER=1 runs it");
    }
}
