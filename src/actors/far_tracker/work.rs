//! What the worker is told, and what it brings. It asks as this server, in nobody's name: what only some are shown it does not find.

use crate::common::text::{Html, Line};
use crate::limits::{FAR_PAGE_ITEMS_MAX, FAR_URI_BYTES_MAX};
use pritchel_actor::{ActorId, Refusal, Seconds};
use serde::{Deserialize, Serialize};

/// The kind of job in which another tracker is read.
pub const FAR_JOB: &str = "far-tracker";

/// What the worker is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarWork {
    /// Of which tracker.
    pub of: ActorId,
    /// What.
    pub step: Step,
}

/// A step of reading a tracker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// To find out where its tickets are listed.
    Tracker,
    /// To read a page of that list.
    Page(String),
    /// To read these tickets.
    Tickets(Vec<String>),
}

/// What the worker brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brought {
    /// The tracker: what it is called, and where its tickets are listed.
    Tracker {
        /// Its name.
        name: Option<String>,
        /// The address of its list.
        tickets: String,
    },
    /// A page of the list.
    Page {
        /// Tickets by address, the newest first.
        items: Vec<String>,
        /// The next page.
        next: Option<String>,
        /// How many tickets there are in all.
        total: Option<u64>,
    },
    /// Tickets, in the order in which they were asked for.
    Tickets {
        /// Those that were read.
        read: Vec<Read>,
        /// Why the others were not.
        stopped: Option<Refusal>,
    },
}

/// What was found at a ticket's address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// The address.
    pub uri: String,
    /// What was found; `None`: it is not there, not for everybody, or no ticket of this tracker.
    pub found: Option<Box<FarPiece>>,
}

/// A ticket as its server tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarPiece {
    /// Who is said to have opened it.
    pub author: ActorId,
    /// One line.
    pub title: Line,
    /// What it says, if that is not too long to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Html>,
    /// When it was opened.
    pub published: Seconds,
    /// Whether it is closed.
    pub closed: bool,
}

/// The items of a page that can be tickets of this tracker: of the same server, no address longer than addresses are.
pub fn listed(of: &ActorId, items: impl Iterator<Item = String>) -> Vec<String> {
    items.filter(|item| of_same_server(of, item)).take(FAR_PAGE_ITEMS_MAX).collect()
}

/// Whether an address is one of the server of this tracker.
pub fn of_same_server(of: &ActorId, uri: &str) -> bool {
    uri.len() <= FAR_URI_BYTES_MAX
        && crate::common::naming::origin_of(uri) == crate::common::naming::origin(of)
        && uri != of.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracker_lists_only_what_its_own_server_has_and_only_so_much() {
        let of = ActorId::new("https://b.example/trackers/t");
        let items = ["https://b.example/trackers/t/tickets/1", "https://c.example/1", "https://b.example/trackers/t"];
        let long = format!("https://b.example/{}", "x".repeat(FAR_URI_BYTES_MAX));
        let all = items.iter().map(|item| (*item).to_owned()).chain([long]);
        assert_eq!(listed(&of, all), ["https://b.example/trackers/t/tickets/1"]);
        let many = (0..=FAR_PAGE_ITEMS_MAX).map(|number| format!("https://b.example/{number}"));
        assert_eq!(listed(&of, many).len(), FAR_PAGE_ITEMS_MAX);
    }
}
