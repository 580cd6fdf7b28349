//! What a turn can lack, and what is found for it.
//! Rows come from the actor's own box, documents from anywhere; the method cannot tell how long either took.

use crate::key::{ActId, ActorId, Seconds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of a table of rows. Never reused for other contents.
pub type Table = &'static str;

/// Bytes of a row: two bytes of version, then JSON.
pub type RowBytes = Arc<[u8]>;

/// Something a turn lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// One row of the own box.
    Row {
        /// The table.
        table: String,
        /// The row's key.
        key: Vec<u8>,
    },
    /// A page of rows of the own box, in key order.
    Page(PageWant),
    /// An act known to this node: received or published by one of its actors.
    Act(ActId),
    /// Whether an actor can be launched at this address.
    Vacancy(ActorId),
    /// The document at this address, authentic for its origin.
    Document(String),
    /// Whether this address answers, checked not longer than `within` seconds ago.
    Alive {
        /// The address.
        uri: String,
        /// How old, in seconds, an earlier check may be.
        within: i64,
    },
}

/// A page of rows whose keys start with `prefix`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageWant {
    /// The table.
    pub table: String,
    /// Keys start with this.
    pub prefix: Vec<u8>,
    /// Keys come after this one (before it, when `newest_first`); empty for the first page.
    pub after: Vec<u8>,
    /// At most so many rows.
    pub limit: usize,
    /// From the greatest key downwards.
    pub newest_first: bool,
}

/// What was found for the needs of one call. It is pinned: the call sees the same documents in each of its runs.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub(crate) rows: BTreeMap<(String, Vec<u8>), Option<RowBytes>>,
    pub(crate) pages: BTreeMap<PageWant, Vec<(Vec<u8>, RowBytes)>>,
    pub(crate) acts: BTreeMap<ActId, Option<Arc<crate::act::Act>>>,
    pub(crate) vacancies: BTreeMap<ActorId, Vacancy>,
    pub(crate) documents: BTreeMap<String, Evidence>,
    pub(crate) alive: BTreeMap<String, Evidence>,
}

impl Found {
    /// Adds what was found for a row.
    pub fn row(&mut self, table: &str, key: Vec<u8>, bytes: Option<RowBytes>) {
        self.rows.insert((table.to_owned(), key), bytes);
    }

    /// Adds what was found for a page.
    pub fn page(&mut self, want: PageWant, rows: Vec<(Vec<u8>, RowBytes)>) {
        self.pages.insert(want, rows);
    }

    /// Adds what was found for an act.
    pub fn act(&mut self, id: ActId, act: Option<Arc<crate::act::Act>>) {
        self.acts.insert(id, act);
    }

    /// Adds what was found for an address.
    pub fn vacancy(&mut self, address: ActorId, found: Vacancy) {
        self.vacancies.insert(address, found);
    }

    /// Whether this was looked for.
    pub(crate) fn holds(&self, need: &Need) -> bool {
        match need {
            Need::Row { table, key } => self.rows.contains_key(&(table.clone(), key.clone())),
            Need::Page(want) => self.pages.contains_key(want),
            Need::Act(id) => self.acts.contains_key(id),
            Need::Vacancy(id) => self.vacancies.contains_key(id),
            Need::Document(uri) => self.documents.contains_key(uri),
            Need::Alive { uri, .. } => self.alive.contains_key(uri),
        }
    }

    /// Adds what more was found in the boxes.
    pub(crate) fn extend(&mut self, more: Self) {
        self.rows.extend(more.rows);
        self.pages.extend(more.pages);
        self.acts.extend(more.acts);
        self.vacancies.extend(more.vacancies);
    }

    /// Adds a fetched document.
    pub fn document(&mut self, uri: String, evidence: Evidence) {
        self.documents.insert(uri, evidence);
    }

    /// Adds the answer to a liveness check.
    pub fn alive(&mut self, uri: String, evidence: Evidence) {
        self.alive.insert(uri, evidence);
    }

    /// How many documents were asked for so far.
    pub fn documents_asked(&self) -> usize {
        self.documents.len() + self.alive.len()
    }

    /// Rows change between calls, documents are pinned to one: both go when the next call begins.
    pub(crate) fn forget_rows(&mut self) {
        self.rows.clear();
        self.pages.clear();
        self.vacancies.clear();
    }
}

/// Whether an actor can be launched at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vacancy {
    /// It can.
    Free,
    /// There is an actor, or was: an address is given once.
    Taken,
    /// It is no address of this node.
    Elsewhere,
}

/// What a fetch brought, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The document (`Null` for a bare liveness check), or why there is none.
    pub found: Result<Arc<serde_json::Value>, NotFound>,
    /// When it was fetched or last confirmed.
    pub at: Seconds,
}

/// Why a document is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotFound {
    /// Its origin says that there is no such thing.
    #[error("{uri} is gone: its server answered {status}")]
    Gone {
        /// The address.
        uri: String,
        /// The status its server answered.
        status: u16,
    },
    /// It could not be fetched within the limits.
    #[error("{uri} could not be had: {why}")]
    Unavailable {
        /// The address.
        uri: String,
        /// What went wrong, in words.
        why: String,
    },
}
