//! Load on the real binary, and beside it the least that could do the same, in one run. Loopback only; Linux only, since CPU
//! and memory of the server are read from `/proc`.
//!
//! ```console
//! $ cargo bench --bench load -- inbox [requests per round]
//! $ cargo bench --bench load -- inbox-answered [requests per round]
//! $ cargo bench --bench load -- growing [tickets, and comments]
//! $ cargo bench --bench load -- team [members]
//! $ cargo bench --bench load -- dormant [actors]
//! $ cargo bench --bench load -- fanout [pairs]
//! $ cargo bench --bench load -- clone [rounds]
//! $ cargo bench --bench load -- pages [a repository]
//! $ cargo bench --bench load -- lists [tickets]
//! ```
//! - [`inbox`]: signed deliveries; [`answered`]: ones that are answered; [`prototype`]: the bare server they are compared with
//! - [`growing`]: a tracker and a ticket that fill; [`team`]: a team of many members that gains and loses a resource
//! - [`dormant`]: a store of many actors that sleep; [`fanout`]: one activity to many servers, some of which hang
//! - [`clone`]: a full clone; [`cgi`]: the bare server it is compared with
//! - [`pages`]: pages of code, beside those of cgit; [`source`]: a repository to read; [`lists`]: a tracker with many tickets, a ticket with many comments
//! - [`server`]: the binary as a child, and a client of it; [`far`]: other servers; [`wire`]: a client that costs little
//!
//! What the figures were, and on which machine: `docs/performance.md`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod answered;
mod cgi;
mod clone;
mod dormant;
mod fanout;
mod far;
mod growing;
mod inbox;
mod lists;
mod pages;
mod prototype;
mod server;
mod source;
mod team;
mod wire;

/// The allocator of the server, so that the bare servers have the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // `cargo bench` adds flags of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |default: usize| words.get(1).map_or(default, |word| word.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    match words.first().copied() {
        Some("inbox") => runtime.block_on(inbox::run(number(12_000))),
        Some("inbox-answered") => runtime.block_on(answered::run(number(3_200))),
        Some("growing") => runtime.block_on(growing::run(number(10_000))),
        Some("team") => runtime.block_on(team::run(number(10_000))),
        Some("dormant") => runtime.block_on(dormant::run(number(100_000))),
        Some("fanout") => runtime.block_on(fanout::run(number(7))),
        Some("clone") => runtime.block_on(clone::run(number(5))),
        Some("pages") => runtime.block_on(pages::run(words.get(1).copied())),
        Some("lists") => runtime.block_on(lists::run(number(10_000))),
        Some("prototype") => runtime.block_on(prototype::serve(&words[1..])),
        Some("cgi") => runtime.block_on(cgi::serve(&words[1..])),
        _ => println!("expected inbox, inbox-answered, growing, team, dormant, fanout, clone, pages or lists"),
    }
}

/// The middle one.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// How busy the machine was: the load average of the last minute.
fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}
