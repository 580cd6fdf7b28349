//! Everything in all boxes, with names in place of addresses: two worlds in which the same was done must show the same.

use super::net::Net;
use super::{World, host};
use pritchel_actor::{ActId, ActorId, Value};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// All states and rows of the forge, one a line, sorted; and how every act in every inbox ended.
    pub fn state(&self) -> Vec<String> {
        let inner = self.0.borrow();
        let dumps: Vec<String> = inner.servers.values().map(|server| server.boxes.dump()).collect();
        let all = || dumps.iter().flat_map(|dump| dump.lines());
        let followers: BTreeSet<(String, String)> = all().filter_map(follower).collect();
        let mut lines: Vec<String> = all()
            .filter_map(|line| {
                let mark = if is_passed_on(line, &inner.net, &followers) { PASSED_ON } else { "" };
                Some(format!("{}{mark}", shown(line, &inner.names)?))
            })
            .collect();
        lines.sort();
        lines
    }

    /// The state and rows of one actor of the forge, without its boxes: what a refusal must leave as it was.
    pub fn of(&self, actor: &ActorId) -> Vec<String> {
        let inner = self.0.borrow();
        let dump = inner.servers[host(actor)].boxes.dump();
        let lines = dump.lines().filter_map(|line| match Line::read(line)? {
            Line::State(owner, state) if owner == actor.as_str() => {
                Some(serde_json::from_str::<Value>(state).unwrap()["state"].to_string())
            }
            Line::Row(owner, table, key, value) if owner == actor.as_str() && !is_of_boxes(table) => {
                Some(format!("{table} {key} {value}"))
            }
            _ => None,
        });
        lines.collect()
    }

    /// The rows of one table of one actor as values, by key.
    pub fn rows(&self, actor: &str, table: &str) -> Vec<(String, Value)> {
        let inner = self.0.borrow();
        let mut rows = Vec::new();
        for server in inner.servers.values() {
            for line in server.boxes.dump().lines() {
                match Line::read(line) {
                    Some(Line::Row(owner, name, key, value)) if owner == actor && name == table => {
                        rows.push((key, serde_json::from_str(value).unwrap()));
                    }
                    _ => {}
                }
            }
        }
        rows
    }
}

/// What the line of an act ends with that somebody notes to whom it is not addressed: another actor has passed it on to its followers.
pub const PASSED_ON: &str = " passed on";

/// The address of a collection of followers, and one of them.
fn follower(line: &str) -> Option<(String, String)> {
    match Line::read(line)? {
        Line::Row(owner, "followers", follower, _) => Some((format!("{owner}/followers"), follower)),
        _ => None,
    }
}

fn is_passed_on(line: &str, net: &Net, followers: &BTreeSet<(String, String)>) -> bool {
    let Some(Line::Row(owner, "~inbox", _, item)) = Line::read(line) else { return false };
    let item: Value = serde_json::from_str(item).unwrap();
    let act = item["act"].as_str().and_then(|act| net.act(&ActId::new(act)));
    let Some(act) = act.filter(|_| item["ended"] == "noted") else { return false };
    let act: Value = serde_json::from_slice(&act).unwrap();
    let addressed =
        ["to", "cc"].into_iter().filter_map(|term| act[term].as_array()).flatten().filter_map(Value::as_str);
    let is_meant = |whom: &str| whom == owner || followers.iter().any(|(all, one)| all == whom && one.contains(owner));
    !addressed.into_iter().any(is_meant)
}

enum Line<'l> {
    State(&'l str, &'l str),
    Row(&'l str, &'l str, String, &'l str),
}

impl<'l> Line<'l> {
    fn read(line: &'l str) -> Option<Self> {
        let (owner, rest) = line.split_once(' ')?;
        if rest.starts_with('{') {
            return Some(Self::State(owner, rest));
        }
        let (table, rest) = rest.split_once(' ')?;
        let (key, value) = rest.split_once("] ")?;
        let bytes: Vec<u8> = key.trim_start_matches('[').split(", ").filter_map(|byte| byte.parse().ok()).collect();
        Some(Self::Row(owner, table, String::from_utf8_lossy(&bytes).into_owned(), value))
    }
}

/// Whether a table keeps what came in the order in which it came: that of the library, and what a person is notified of.
fn is_of_boxes(table: &str) -> bool {
    table.starts_with('~') || table.starts_with("notice")
}

fn shown(line: &str, names: &BTreeMap<String, String>) -> Option<String> {
    let parts = match Line::read(line)? {
        Line::State(owner, state) => {
            let stored: Value = serde_json::from_str(state).ok()?;
            if stored["kind"] == "Domain" {
                return None;
            }
            vec![owner.to_owned(), stored["state"].to_string()]
        }
        Line::Row(owner, "~inbox", _, item) => {
            let item: Value = serde_json::from_str(item).ok()?;
            vec![owner.to_owned(), "inbox".to_owned(), item["act"].to_string(), item["ended"].to_string()]
        }
        Line::Row(owner, "listed", key, value) => {
            // Its marks are hashes of addresses, which no name can take the place of: their number has to be the same.
            let mut short: Value = serde_json::from_str(value).ok()?;
            short["m"] = short["m"].as_array().map(Vec::len).into();
            vec![owner.to_owned(), "listed".to_owned(), key, short.to_string()]
        }
        Line::Row(_, table, _, _) if is_of_boxes(table) => return None,
        Line::Row(owner, ..) if names.get(owner).is_some_and(|name| name == "domain") => return None,
        Line::Row(owner, table, key, value) => vec![owner.to_owned(), table.to_owned(), key, value.to_owned()],
    };
    Some(named(&parts.join(" "), names))
}

/// Puts names in place of addresses, and stars in place of what was drawn at random.
pub fn named(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    let mut by_length: Vec<_> = names.iter().collect();
    by_length.sort_by_key(|(address, _)| std::cmp::Reverse(address.len()));
    for (address, name) in by_length {
        text = text.replace(address.as_str(), name);
    }
    for place in ["/outbox/", "/notes/"] {
        let mut parts = text.split(place);
        let mut shown = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            shown += place;
            shown += "*";
            shown += part.trim_start_matches(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        }
        text = shown;
    }
    // The key of a note, as the last part of its address.
    text.split(' ')
        .map(|word| if word.len() == 26 && !word.contains(['"', '{', '/']) { "*" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}
