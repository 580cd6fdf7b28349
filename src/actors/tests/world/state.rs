//! Everything in all boxes, with names in place of addresses: two worlds in which the same was done must show the same.

use super::net::Net;
use super::{World, host};
use pritchel_actor::need::RowBytes;
use pritchel_actor::{ActId, ActorId, Stored, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the line of an act ends with that somebody notes to whom it is not addressed: another actor has passed it on to its followers.
pub const PASSED_ON: &str = " passed on";

impl World {
    /// All states and rows of the forge, one a line, sorted; and how every act in every inbox ended.
    pub fn state(&self) -> Vec<String> {
        let inner = self.0.borrow();
        let rows: Vec<Row> = inner.servers.values().flat_map(|server| server.boxes.rows()).map(Row::from).collect();
        let followers: BTreeSet<(String, String)> = rows.iter().filter_map(Row::follower).collect();
        let names = Names::new(&inner.names);
        let mut lines: Vec<String> = inner
            .servers
            .values()
            .flat_map(|server| server.boxes.states())
            .filter(|(_, stored)| stored.kind != "Domain")
            .map(|(owner, stored)| names.put_into(&format!("{owner} {}", state_of(&stored))))
            .collect();
        lines.extend(rows.iter().filter_map(|row| {
            let mark = if row.is_passed_on(&inner.net, &followers) { PASSED_ON } else { "" };
            Some(format!("{}{mark}", row.shown(&names)?))
        }));
        lines.sort();
        lines
    }

    /// The state and rows of one actor of the forge, without its boxes: what a refusal must leave as it was.
    pub fn of(&self, actor: &ActorId) -> Vec<String> {
        let inner = self.0.borrow();
        let boxes = &inner.servers[host(actor)].boxes;
        let state = boxes.state(actor).iter().map(state_of).map(|state| state.to_string()).collect::<Vec<_>>();
        let rows =
            boxes.rows().into_iter().map(Row::from).filter(|row| row.owner == *actor && !is_of_boxes(&row.table));
        state.into_iter().chain(rows.map(|row| format!("{} {} {}", row.table, row.key, row.value))).collect()
    }

    /// The rows of one table of one actor as values, by key.
    pub fn rows(&self, actor: &str, table: &str) -> Vec<(String, Value)> {
        let inner = self.0.borrow();
        let tables = inner.servers.values().flat_map(|server| server.boxes.table(&ActorId::new(actor), table));
        let read = |(key, bytes): (Vec<u8>, RowBytes)| (shown_key(&key), serde_json::from_slice(&bytes[2..]).unwrap());
        tables.map(read).collect()
    }
}

/// The state itself, without what the machine keeps beside it.
fn state_of(stored: &Stored) -> Value {
    serde_json::to_value(stored).unwrap()["state"].take()
}

fn shown_key(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

/// A row as text.
struct Row {
    owner: ActorId,
    table: String,
    key: String,
    value: String,
}

impl From<((ActorId, String, Vec<u8>), RowBytes)> for Row {
    fn from(((owner, table, key), bytes): ((ActorId, String, Vec<u8>), RowBytes)) -> Self {
        Self { owner, table, key: shown_key(&key), value: String::from_utf8_lossy(&bytes[2..]).into_owned() }
    }
}

impl Row {
    fn read(&self) -> Value {
        serde_json::from_str(&self.value).unwrap()
    }

    /// The address of a collection of followers, and one of them.
    fn follower(&self) -> Option<(String, String)> {
        (self.table == "followers").then(|| (format!("{}/followers", self.owner), self.key.clone()))
    }

    fn is_passed_on(&self, net: &Net, followers: &BTreeSet<(String, String)>) -> bool {
        if self.table != "~inbox" {
            return false;
        }
        let item = self.read();
        let act = item["act"].as_str().and_then(|act| net.heard(&ActId::new(act)));
        let Some(act) = act.filter(|_| item["ended"] == "noted") else { return false };
        let act: Value = serde_json::from_slice(&act).unwrap();
        let addressed =
            ["to", "cc"].into_iter().filter_map(|term| act[term].as_array()).flatten().filter_map(Value::as_str);
        let owner = self.owner.as_str();
        let is_meant =
            |whom: &str| whom == owner || followers.iter().any(|(all, one)| all == whom && one.contains(owner));
        !addressed.into_iter().any(is_meant)
    }

    fn shown(&self, names: &Names) -> Option<String> {
        let Self { owner, table, key, value } = self;
        let line = match table.as_str() {
            "~inbox" => {
                let item = self.read();
                format!("{owner} inbox {} {}", item["act"], item["ended"])
            }
            "listed" => {
                // Its marks are hashes of addresses, which no name can take the place of: their number has to be the same.
                let mut short = self.read();
                short["m"] = short["m"].as_array().map(Vec::len).into();
                format!("{owner} listed {key} {short}")
            }
            _ if is_of_boxes(table) || names.is_domain(owner) => return None,
            _ => format!("{owner} {table} {key} {value}"),
        };
        Some(names.put_into(&line))
    }
}

/// Whether a table keeps what came in the order in which it came: that of the library, and what a person is notified of.
fn is_of_boxes(table: &str) -> bool {
    table.starts_with('~') || table.starts_with("notice")
}

/// Names of addresses.
struct Names<'n> {
    of: &'n BTreeMap<String, String>,
    /// The addresses, the longest first: one may be the beginning of another.
    by_length: Vec<&'n str>,
}

impl<'n> Names<'n> {
    fn new(of: &'n BTreeMap<String, String>) -> Self {
        let mut by_length: Vec<&str> = of.keys().map(String::as_str).collect();
        by_length.sort_by_key(|address| std::cmp::Reverse(address.len()));
        Self { of, by_length }
    }

    fn is_domain(&self, actor: &ActorId) -> bool {
        self.of.get(actor.as_str()).is_some_and(|name| name == "domain")
    }

    /// Puts names in place of addresses, and stars in place of what was drawn at random.
    fn put_into(&self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("https://") {
            named += &rest[..at];
            rest = &rest[at..];
            let (name, end) = match self.by_length.iter().find(|address| rest.starts_with(**address)) {
                Some(address) => (self.of[*address].as_str(), address.len()),
                None => ("https://", "https://".len()),
            };
            named += name;
            rest = &rest[end..];
        }
        named += rest;
        without_random(named)
    }
}

fn without_random(mut text: String) -> String {
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
