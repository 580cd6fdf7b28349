//! The doors of the house. A room is a crate, so what it may use is first of all its `Cargo.toml`: [`ROOMS`] says what may
//! stand there. [`DOORS`] says what a crate boundary cannot: which files of a room may use what the room may use.
//! A new dependency or exception is added here, where it is seen and argued.

use crate::code::{CodePath, paths};
use crate::repository::{Finding, Source, Text};

/// A room and what it may use.
pub struct Room {
    /// Its folder below `src`; the root package, which may use every room, has none.
    pub name: &'static str,
    /// Rooms it may use.
    pub rooms: &'static [&'static str],
    /// Crates it may use.
    pub crates: &'static [&'static str],
    /// Crates it may use in its tests, beside those of [`FOR_TESTS`].
    pub in_tests: &'static [&'static str],
}

const ROOM: Room = Room { name: "", rooms: &[], crates: &[], in_tests: &[] };

/// The layers, lowest first.
pub const ROOMS: [Room; 9] = [
    Room {
        name: "actor",
        rooms: &[],
        crates: &[
            "futures-util",
            "ractor",
            "rand_chacha",
            "rand_core",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
        ],
        ..ROOM
    },
    // HTML and Markdown become safe text where words are read, so that no later room can forget it.
    Room {
        name: "vocab",
        rooms: &[],
        crates: &["ammonia", "comrak", "jiff", "serde", "serde_json", "thiserror", "url"],
        ..ROOM
    },
    Room {
        name: "box_store",
        rooms: &["actor"],
        crates: &[
            "aws-lc-rs",
            "base64",
            "bytes",
            "crossbeam-epoch",
            "futures-util",
            "serde",
            "serde_json",
            "sled",
            "thiserror",
            "tokio",
            "tracing",
            "zstd",
        ],
        // Its bench has the allocator of the server.
        in_tests: &["mimalloc"],
    },
    Room { name: "actors", rooms: &["actor", "vocab"], crates: &["serde", "serde_json", "thiserror"], ..ROOM },
    Room {
        name: "git",
        rooms: &[],
        crates: &[
            "async-compression",
            "bytes",
            "futures-util",
            "getrandom",
            "git2",
            "gix-commitgraph",
            "gix-hash",
            "rustix",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tokio-util",
            "tracing",
        ],
        // Its own way over HTTP is tested with a real client and server.
        in_tests: &["http-body-util", "hyper", "hyper-util"],
    },
    Room {
        name: "deliver",
        rooms: &["actor", "actors", "box_store", "vocab"],
        crates: &[
            "aws-lc-rs",
            "base64",
            "bs58",
            "bytes",
            "futures-util",
            "hickory-resolver",
            "http",
            "http-signature-normalization",
            "httpdate",
            "ipnet",
            "jiff",
            "reqwest",
            "rustls",
            "serde",
            "serde_json",
            "serde_json_canonicalizer",
            "sfv",
            "subtle",
            "thiserror",
            "tokio",
            "tracing",
            "url",
        ],
        ..ROOM
    },
    Room {
        name: "web",
        rooms: &["actor", "actors", "git", "vocab"],
        crates: &[
            "argon2",
            "askama",
            "aws-lc-rs",
            "axum",
            "base64",
            "bytes",
            "futures-util",
            "http",
            "http-body-util",
            "hyper",
            "hyper-util",
            "image",
            "jiff",
            "rustix",
            "serde",
            "serde_json",
            "similar",
            "pgp",
            "ssh-key",
            "subtle",
            "syntect",
            "thiserror",
            "tokio",
            "tokio-util",
            "tower",
            "tower-http",
            "tracing",
            "two-face",
            "url",
        ],
        // The front is tested over real boxes in memory, which it does not know, and with gzip that git would not send.
        in_tests: &["flate2", "pritchel-box-store", "scraper"],
    },
    // Who may do what with a repository is decided in one place, whichever way git comes.
    Room {
        name: "ssh",
        rooms: &["actor", "actors", "git", "web"],
        crates: &["bytes", "futures-util", "getrandom", "russh", "thiserror", "tokio", "tokio-util", "tracing"],
        ..ROOM
    },
    Room {
        name: "",
        rooms: &["actor", "actors", "box_store", "deliver", "git", "ssh", "vocab", "web"],
        crates: &[
            "aws-lc-rs",
            "base64",
            "clap",
            "flate2",
            "futures-util",
            "jiff",
            "mimalloc",
            "reqwest",
            "rustix",
            "serde",
            "serde_json",
            "tar",
            "thiserror",
            "tokio",
            "toml",
            "tracing",
            "tracing-subscriber",
            "url",
        ],
        // The servers that loads are measured against.
        in_tests: &["axum", "httpdate"],
    },
];

/// Crates any room may use in its tests.
const FOR_TESTS: [&str; 6] = ["insta", "proc-macro2", "proptest", "syn", "tempfile", "tokio"];

/// What may be named only in some files, or nowhere, of a part of the house.
pub struct Door {
    /// What is behind it: a path such as `std::fs`, or a type such as `Instant` by whatever path it is reached.
    pub behind: &'static [&'static str],
    /// The files it is shut for, as a pattern with `*` for any text.
    pub shut: &'static str,
    /// The files it is open for, among those.
    pub open: &'static [&'static str],
    /// Parts of what is behind it that are open to all, as a name in the path.
    pub but: &'static [&'static str],
    /// Whether one file of the open ones may use it, no matter which, rather than each of them.
    pub one_file: bool,
    /// What is lost if it is passed.
    pub why: &'static str,
}

const DOOR: Door = Door { behind: &[], shut: "", open: &[], but: &[], one_file: false, why: "" };

/// Addresses are values; it is `std::net`'s sockets that reach the world.
const VALUES: &[&str] = &["IpAddr", "Ipv4Addr", "Ipv6Addr"];

/// The world outside: what a turn must reach through its turn only.
const WORLD: &[&str] = &["std::fs", "std::net", "std::process", "std::thread", "std::os", "SystemTime", "Instant"];

/// The file of `actors` that hands on the types of outside text.
const TEXT: &str = "src/actors/common/text.rs";

/// The rules for single files.
pub const DOORS: &[Door] = &[
    Door {
        behind: &["ractor"],
        shut: "src/*",
        open: &["src/actor/runtime*"],
        why: "ractor is known to actor/runtime alone: admission, directory and passivation are ours",
        ..DOOR
    },
    Door {
        behind: &["tokio"],
        shut: "src/actor/*",
        open: &["src/actor/runtime*"],
        why: "the model is a pure machine: only its runtime waits",
        ..DOOR
    },
    // The simulator polls what the runtime would await, and finds it ready.
    Door {
        behind: &["futures_util"],
        shut: "src/actor/*",
        open: &["src/actor/runtime*", "src/actor/sim*"],
        why: "the model is a pure machine: only its runtime waits",
        ..DOOR
    },
    Door {
        behind: &["pritchel_actor::switch", "switch::off"],
        shut: "src/*",
        // No release build has it.
        open: &["src/node/faults.rs"],
        but: &["is_off", "is_off_in"],
        why: "only a test switches a check off: see src/actor/switch.rs",
        ..DOOR
    },
    Door {
        behind: WORLD,
        shut: "src/actor/*",
        open: &["src/actor/runtime*"],
        why: "a turn reads no clock and touches no disk or network except through its turn",
        ..DOOR
    },
    Door {
        behind: WORLD,
        shut: "src/actors/*",
        but: VALUES,
        why: "a method reads no clock and touches no disk or network except through its turn",
        ..DOOR
    },
    Door {
        behind: WORLD,
        shut: "src/vocab/*",
        but: VALUES,
        why: "reading a document depends on nothing but its bytes",
        ..DOOR
    },
    // Lines and sanitised HTML are values that methods hold; `common/text.rs` hands on these two types and no documents.
    Door {
        behind: &["pritchel_vocab"],
        shut: "src/actors/*",
        open: &["src/actors/gate*", "src/actors/*/gate*", "src/actors/*wire.rs", "src/actors/*/wire/*", TEXT],
        why: "methods are typed calls: only the gate and the wire files know documents",
        ..DOOR
    },
    Door {
        behind: &["pritchel_vocab"],
        shut: TEXT,
        but: &["Html", "Line"],
        why: "only the types of outside text are handed on",
        ..DOOR
    },
    Door {
        behind: &["pritchel_vocab"],
        shut: "src/web/*",
        open: &["src/web/fed*"],
        // A README is made safe by the same hands as all text of others.
        but: &["text", "Uri"],
        why: "pages ask actors and show answers: only the federation endpoints know documents",
        ..DOOR
    },
    Door {
        behind: &["pritchel_actors"],
        shut: "src/deliver/*",
        but: &["gate", "wire"],
        why: "delivery knows the gate and the wire, not what a method does",
        ..DOOR
    },
    Door {
        behind: &["std::thread::sleep", "thread::sleep"],
        shut: "src/*",
        // A store that was just closed holds its lock a moment longer; opening it again happens before anything else runs.
        open: &["src/box_store/sled.rs"],
        why: "a thread that sleeps serves nobody: wait for what is to happen",
        ..DOOR
    },
    Door {
        behind: &["sled"],
        shut: "src/*",
        open: &["src/box_store/*"],
        one_file: true,
        why: "one file of box_store knows sled, so that it can be replaced",
        ..DOOR
    },
    Door {
        behind: &["reqwest"],
        shut: "src/*",
        open: &["src/deliver/*", "src/cli/demo*", "src/cli/probe*"],
        why: "only deliver's guarded client makes requests; the demo and the probe look from outside",
        ..DOOR
    },
    Door {
        behind: &["reqwest"],
        shut: "src/deliver/*",
        open: &["src/deliver/*"],
        one_file: true,
        why: "one file of deliver makes requests, so that one place guards them",
        ..DOOR
    },
];

/// Checks what stands in the manifests against [`ROOMS`].
pub fn crates(manifests: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests {
        let name = manifest.path.strip_suffix("Cargo.toml").unwrap_or(&manifest.path);
        let name = name.strip_prefix("src/").unwrap_or(name).trim_end_matches('/');
        let complain = |what: String| Finding::new(&manifest.path, 0, what);
        match (ROOMS.iter().find(|room| room.name == name), manifest.text.parse::<toml::Table>()) {
            (Some(room), Ok(table)) => findings.extend(manifest_of(room, &table).into_iter().map(complain)),
            (None, _) => findings.push(complain(format!("expected a room of ROOMS, found `{name}`"))),
            (_, Err(e)) => findings.push(complain(format!("expected TOML: {e}"))),
        }
    }
    findings
}

fn manifest_of(room: &Room, manifest: &toml::Table) -> Vec<String> {
    let mut findings = Vec::new();
    for (section, for_tests) in [("dependencies", false), ("dev-dependencies", true), ("build-dependencies", false)] {
        let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
        for (name, value) in table {
            let known = match name.strip_prefix("pritchel-") {
                Some(other) => {
                    room.rooms.contains(&other.replace('-', "_").as_str())
                        || (for_tests && room.in_tests.contains(&name.as_str()))
                }
                None => room.crates.contains(&name.as_str()) || (for_tests && allowed_in_tests(room, name)),
            };
            if !known {
                findings.push(format!("[{section}] names `{name}`, which is not in the room's table"));
            }
            if value.get("workspace").and_then(toml::Value::as_bool) != Some(true) {
                findings.push(format!(
                    "[{section}] `{name}` is expected as `{name}.workspace = true`: versions stand in one place"
                ));
            }
        }
    }
    if manifest.contains_key("target") {
        findings.push("[target] is not expected: dependencies are the same everywhere".to_owned());
    }
    findings
}

fn allowed_in_tests(room: &Room, name: &str) -> bool {
    FOR_TESTS.contains(&name) || room.in_tests.contains(&name)
}

/// Checks the product's code, file by file, against [`DOORS`].
pub fn files(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let named: Vec<(&Source, Vec<CodePath>)> =
        sources.iter().filter(|source| !source.test).map(|source| (source, paths(&source.code.product))).collect();
    for door in DOORS {
        let shut = named.iter().filter(|(source, _)| fits(door.shut, &source.path));
        let mut inside = Vec::new();
        for (source, paths) in shut {
            let Some(first) = paths.iter().find(|path| door.stops(path)) else { continue };
            let finding = Finding::new(&source.path, first.line, format!("`{}`: {}", first.names.join("::"), door.why));
            let open = door.open.iter().any(|pattern| fits(pattern, &source.path));
            if open { inside.push(finding) } else { findings.push(finding) }
        }
        if door.one_file && inside.len() > 1 {
            findings.extend(inside);
        }
    }
    findings
}

impl Door {
    fn stops(&self, path: &CodePath) -> bool {
        let behind = self.behind.iter().any(|what| {
            let is_type = what.starts_with(char::is_uppercase);
            let parts: Vec<&str> = what.split("::").collect();
            let starts = path.names.len() >= parts.len() && path.names.iter().zip(&parts).all(|(a, b)| a == b);
            // A lone lower-case name may be a variable, unless it is imported.
            let is_path = path.used || path.names.len() > 1;
            if is_type { path.names.iter().any(|name| name == what) } else { starts && is_path }
        });
        behind && !path.names.iter().any(|name| self.but.contains(&name.as_str()))
    }
}

/// Whether a pattern, in which `*` stands for any text, fits the whole of a path.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            let ends = path.char_indices().map(|(at, _)| at).chain([path.len()]);
            ends.map(|at| &path[at..]).any(|tail| fits(rest, tail))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::source;

    /// Beside each use of a door stands its bad sister: the same code in another file.
    #[test]
    fn each_door_opens_for_its_files_and_no_others() {
        #[rustfmt::skip]
        let rows = [
            // file                              code                                              passes
            ("src/actor/runtime/shard.rs",       "use ractor::Actor;",                             true),
            ("src/actor/vat.rs",                 "use ractor::Actor;",                             false),
            ("src/deliver/lanes.rs",             "use ractor::Actor;",                             false),
            ("src/actor/runtime.rs",             "fn a() { tokio::spawn(b()); }",                  true),
            ("src/actor/vat.rs",                 "fn a() { tokio::spawn(b()); }",                  false),
            ("src/actor/vat.rs",                 "use futures_util::FutureExt;",                   false),
            ("src/actor/sim.rs",                 "use futures_util::FutureExt;",                   true),
            ("src/actors/access/require.rs",     "use pritchel_actor::switch::is_off;",            true),
            ("src/actors/access/require.rs",     "fn a() { pritchel_actor::switch::off(None); }",  false),
            ("src/actor/vat.rs",                 "fn a() { switch::off(None); }",                  false),
            ("src/node/faults.rs",               "use pritchel_actor::switch::off_everywhere;",    true),
            ("src/node/store.rs",                "use pritchel_actor::switch::off_everywhere;",    false),
            ("src/actor/runtime/clock.rs",       "use std::time::Instant;",                        true),
            ("src/actor/turn.rs",                "use std::time::{Duration, Instant};",            false),
            ("src/actor/turn.rs",                "use std::time::Duration;",                       true),
            ("src/actor/turn.rs",                "#[cfg(test)] mod tests { use std::time::Instant; }", true),
            ("src/actors/person/mod.rs",         "fn a() { std::fs::read(b); }",                   false),
            ("src/actors/person/mod.rs",         "use std::{fs, fmt};",                            false),
            ("src/actors/person/mod.rs",         "use std::net::TcpStream;",                       false),
            ("src/actors/domain/mod.rs",         "use std::net::IpAddr;",                          true),
            ("src/vocab/uri.rs",                 "use std::net::{IpAddr, TcpStream};",             false),
            ("src/actors/person/mod.rs",         "fn a() { time::SystemTime::now(); }",            false),
            ("src/actors/person/mod.rs",         "use std::fmt;",                                  true),
            ("src/vocab/uri.rs",                 "use std::fs::File;",                             false),
            ("src/git/process.rs",               "use std::fs::File;",                             true),
            ("src/actors/gate/mod.rs",           "use pritchel_vocab::Document;",                  true),
            ("src/actors/ticket_tracker/wire.rs", "use pritchel_vocab::Document;",                 true),
            ("src/actors/ticket_tracker/open.rs", "use pritchel_vocab::Document;",                 false),
            ("src/actors/common/text.rs",        "pub use pritchel_vocab::{Html, Line};",          true),
            ("src/actors/common/text.rs",        "pub use pritchel_vocab::{Html, Document};",      false),
            ("src/web/fed/inbox.rs",             "use pritchel_vocab::Document;",                  true),
            ("src/web/page/ticket.rs",           "use pritchel_vocab::Document;",                  false),
            ("src/web/page/markdown.rs",         "use pritchel_vocab::text::render_markdown_at;",  true),
            ("src/deliver/fan_out.rs",           "use pritchel_actors::{gate::Gate, person::wire};", true),
            ("src/deliver/fan_out.rs",           "use pritchel_actors::{gate::Gate, person::Person};", false),
            ("src/deliver/fan_out.rs",           "use pritchel_actors::*;",                        false),
            ("src/git/process.rs",               "use std::thread; fn a() { thread::sleep(b); }",  false),
            ("src/git/process.rs",               "fn a() { std::thread::spawn(b); }",              true),
            ("src/box_store/sled.rs",            "fn a() { std::thread::sleep(b); }",              true),
            ("src/box_store/sled.rs",            "use sled::Db;",                                  true),
            ("src/cli/check.rs",                 "use sled::Db;",                                  false),
            ("src/deliver/fetch/client.rs",      "use reqwest::Client;",                           true),
            ("src/cli/demo/outside.rs",          "use reqwest::Client;",                           true),
            ("src/node.rs",                      "use reqwest::Client;",                           false),
            ("src/node.rs",                      "fn a(reqwest: u8) { reqwest.b() }",              true),
        ];
        for (path, code, passes) in rows {
            let findings = files(&[source(path, code)]);
            assert_eq!(findings.is_empty(), passes, "{path}: {code}: {findings:?}");
        }
    }

    #[test]
    fn a_second_file_may_not_know_the_store_or_the_client() {
        for (room, code) in [("box_store", "use sled::Db;"), ("deliver", "use reqwest::Client;")] {
            let both = [source(&format!("src/{room}/a.rs"), code), source(&format!("src/{room}/b.rs"), code)];
            assert_eq!(files(&both).len(), 2, "both files of {room} are named");
        }
    }

    #[test]
    fn a_manifest_holds_what_the_table_of_its_room_allows() {
        #[rustfmt::skip]
        let rows = [
            ("src/actors/Cargo.toml", "[dependencies]\nserde.workspace = true\npritchel-actor.workspace = true", true),
            ("src/actors/Cargo.toml", "[dependencies]\ntokio.workspace = true",                                  false),
            ("src/actors/Cargo.toml", "[dev-dependencies]\nproptest.workspace = true",                           true),
            ("src/actors/Cargo.toml", "[dependencies]\nproptest.workspace = true",                               false),
            ("src/actors/Cargo.toml", "[build-dependencies]\ncc.workspace = true",                               false),
            ("src/actors/Cargo.toml", "[dependencies]\nserde = \"1\"",                                           false),
            ("src/actors/Cargo.toml", "[target.'cfg(unix)'.dependencies]\nserde.workspace = true",               false),
            ("src/actors/Cargo.toml", "[dependencies",                                                           false),
            ("src/deliver/Cargo.toml", "[dependencies]\naxum.workspace = true",                                  false),
            ("src/web/Cargo.toml",    "[dependencies]\npritchel-box-store.workspace = true",                     false),
            ("src/web/Cargo.toml",    "[dev-dependencies]\npritchel-box-store.workspace = true",                 true),
            ("src/actors/Cargo.toml", "[dev-dependencies]\npritchel-box-store.workspace = true",                 false),
            ("src/deliver/Cargo.toml", "[dependencies]\npritchel-box-store.workspace = true",                    true),
            ("src/kitchen/Cargo.toml", "",                                                                       false),
            ("Cargo.toml",            "[dependencies]\npritchel-web.workspace = true",                           true),
        ];
        for (path, text, passes) in rows {
            let findings = crates(&[Text { path: path.to_owned(), text: text.to_owned() }]);
            assert_eq!(findings.is_empty(), passes, "{path}: {text}: {findings:?}");
        }
    }

    /// The layers have an order: a room uses only rooms that stand before it.
    #[test]
    fn no_room_uses_one_above_it() {
        for (index, room) in ROOMS.iter().enumerate() {
            let below: Vec<&str> = ROOMS[..index].iter().map(|room| room.name).collect();
            assert!(room.rooms.iter().all(|used| below.contains(used)), "{} uses {:?}", room.name, room.rooms);
        }
    }
}
