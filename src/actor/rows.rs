//! Rows: what grows in an actor's box. A table is a constant of the domain; a row is read when a turn asks for it.

use crate::key::{ActId, ActorId};
use crate::need::{RowBytes, Table};
use crate::outcome::Halt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// Where rows can be read: in a turn, at the gate, in a view.
pub trait Reads {
    /// The bytes of one row, or `None` if there is no such row. Stops the turn if they are not at hand.
    fn raw_row(&mut self, table: Table, key: &[u8]) -> Result<Option<RowBytes>, Halt>;
    /// A page of rows. Stops the turn if it is not at hand.
    fn raw_page(&mut self, table: Table, page: Page<'_>) -> Result<Vec<(Vec<u8>, RowBytes)>, Halt>;
}

/// Where rows can also be written: in a turn only.
pub trait Writes: Reads {
    /// Puts or removes one row when the turn commits.
    fn raw_write(&mut self, table: Table, key: Vec<u8>, bytes: Option<RowBytes>);
}

/// Which rows of a table: those whose keys start with `prefix` and come after `after`.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Keys start with this.
    pub prefix: &'a [u8],
    /// Keys come after this one (before it, when `newest_first`); empty for the first page.
    pub after: &'a [u8],
    /// At most so many, never more than [`crate::limits::PAGE_MAX`].
    pub limit: usize,
    /// From the greatest key downwards.
    pub newest_first: bool,
}

impl<'a> Page<'a> {
    /// The first `limit` rows whose keys start with `prefix`.
    pub fn first(prefix: &'a [u8], limit: usize) -> Self {
        Self { prefix, after: &[], limit, newest_first: false }
    }

    /// The last `limit` rows whose keys start with `prefix`, greatest key first.
    pub fn last(prefix: &'a [u8], limit: usize) -> Self {
        Self { prefix, after: &[], limit, newest_first: true }
    }
}

/// A key of a row. Encodings keep the order of the values, so that pages come in that order.
pub trait RowKey: Sized {
    /// The key as bytes.
    fn encode(&self) -> Vec<u8>;
    /// The key of these bytes; `None` if they are no such key.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

impl RowKey for u64 {
    fn encode(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl RowKey for String {
    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

impl RowKey for ActorId {
    fn encode(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::new(std::str::from_utf8(bytes).ok()?))
    }
}

impl RowKey for ActId {
    fn encode(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self::new(std::str::from_utf8(bytes).ok()?))
    }
}

/// A pair: the first part is ended by a zero byte unless its length is fixed. No address or name holds a zero byte.
impl<B: RowKey> RowKey for (u64, B) {
    fn encode(&self) -> Vec<u8> {
        let mut key = self.0.encode();
        key.extend(self.1.encode());
        key
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some((u64::decode(bytes.get(..8)?)?, B::decode(bytes.get(8..)?)?))
    }
}

impl<B: RowKey> RowKey for (ActId, B) {
    fn encode(&self) -> Vec<u8> {
        let mut key = pair_prefix(&self.0.encode());
        key.extend(self.1.encode());
        key
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some((ActId::decode(&bytes[..end])?, B::decode(&bytes[end + 1..])?))
    }
}

impl<B: RowKey> RowKey for (ActorId, B) {
    fn encode(&self) -> Vec<u8> {
        let mut key = pair_prefix(&self.0.encode());
        key.extend(self.1.encode());
        key
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some((ActorId::decode(&bytes[..end])?, B::decode(&bytes[end + 1..])?))
    }
}

impl<B: RowKey> RowKey for (String, B) {
    fn encode(&self) -> Vec<u8> {
        let mut key = pair_prefix(&self.0.encode());
        key.extend(self.1.encode());
        key
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some((String::decode(&bytes[..end])?, B::decode(&bytes[end + 1..])?))
    }
}

/// The prefix that all pairs with this first part share.
pub fn pair_prefix(first: &[u8]) -> Vec<u8> {
    let mut key = first.to_vec();
    key.push(0);
    key
}

/// A table of rows of one actor kind: a constant.
pub struct Rows<K, V> {
    name: Table,
    version: u16,
    migrate: fn(u16, serde_json::Value) -> Result<serde_json::Value, String>,
    of: PhantomData<fn(K) -> V>,
}

fn no_migration(from: u16, _: serde_json::Value) -> Result<serde_json::Value, String> {
    Err(format!("no migration from version {from}"))
}

impl<K, V> Clone for Rows<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K, V> Copy for Rows<K, V> {}

impl<K: RowKey, V: Serialize + DeserializeOwned> Rows<K, V> {
    /// A table in its first version. `name` is unique within the kind and never reused.
    pub const fn new(name: Table) -> Self {
        Self { name, version: 1, migrate: no_migration, of: PhantomData }
    }

    /// A table in a later version; `migrate` turns a row of an older version into one of the newest.
    pub const fn versioned(
        name: Table,
        version: u16,
        migrate: fn(u16, serde_json::Value) -> Result<serde_json::Value, String>,
    ) -> Self {
        Self { name, version, migrate, of: PhantomData }
    }

    /// The table's name.
    pub const fn name(&self) -> Table {
        self.name
    }

    /// The row under `key`, if there is one.
    pub fn get(&self, reads: &mut impl Reads, key: &K) -> Result<Option<V>, Halt> {
        let bytes = reads.raw_row(self.name, &key.encode())?;
        bytes.map(|bytes| self.read(&bytes)).transpose()
    }

    /// Whether there is a row under `key`.
    pub fn has(&self, reads: &mut impl Reads, key: &K) -> Result<bool, Halt> {
        Ok(reads.raw_row(self.name, &key.encode())?.is_some())
    }

    /// A page of rows.
    pub fn page(&self, reads: &mut impl Reads, page: Page<'_>) -> Result<Vec<(K, V)>, Halt> {
        let rows = reads.raw_page(self.name, page)?;
        rows.into_iter()
            .map(|(key, bytes)| {
                let key = K::decode(&key).ok_or_else(|| self.broken("a key of another shape"))?;
                Ok((key, self.read(&bytes)?))
            })
            .collect()
    }

    /// Puts `value` under `key` when the turn commits.
    pub fn put(&self, writes: &mut impl Writes, key: &K, value: &V) {
        let mut bytes = self.version.to_be_bytes().to_vec();
        // Rows are plain data with text keys: their JSON always exists.
        if serde_json::to_writer(&mut bytes, value).is_ok() {
            writes.raw_write(self.name, key.encode(), Some(bytes.into()));
        }
    }

    /// Removes the row under `key` when the turn commits.
    pub fn remove(&self, writes: &mut impl Writes, key: &K) {
        writes.raw_write(self.name, key.encode(), None);
    }

    /// A row's value from its bytes, migrated if it is older than this version of the table.
    pub fn read(&self, bytes: &[u8]) -> Result<V, Halt> {
        let (version, json) = bytes.split_first_chunk::<2>().ok_or_else(|| self.broken("no version"))?;
        let version = u16::from_be_bytes(*version);
        let value = match version.cmp(&self.version) {
            std::cmp::Ordering::Equal => serde_json::from_slice(json),
            std::cmp::Ordering::Less => serde_json::from_slice(json)
                .map_err(|e| e.to_string())
                .and_then(|old| (self.migrate)(version, old))
                .map_err(|why| self.broken(&why))
                .map(serde_json::from_value)?,
            std::cmp::Ordering::Greater => {
                return Err(self.broken(&format!("version {version}, this program knows {}", self.version)));
            }
        };
        value.map_err(|e| self.broken(&e.to_string()))
    }

    fn broken(&self, why: &str) -> Halt {
        Halt::Broken(format!("a row of table {}: {why}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_what_they_encode() {
        assert!(1u64.encode() < 256u64.encode());
        let (a, b) = (ActId::from("a"), ActId::from("ab"));
        assert!((a.clone(), 9u64).encode() < (b, 1u64).encode());
        assert_eq!(<(ActId, u64)>::decode(&(a.clone(), 9u64).encode()), Some((a, 9)));
    }

    #[test]
    fn an_older_row_is_migrated_and_a_newer_one_is_not_guessed_at() {
        const OLD: Rows<u64, String> = Rows::new("names");
        const NEW: Rows<u64, Vec<String>> =
            Rows::versioned("names", 2, |_, old| Ok(serde_json::Value::Array(vec![old])));
        let old = [&1u16.to_be_bytes()[..], b"\"tea\""].concat();
        let new = [&2u16.to_be_bytes()[..], b"[\"tea\"]"].concat();
        assert_eq!(OLD.read(&old), Ok("tea".to_owned()));
        assert_eq!(NEW.read(&old), Ok(vec!["tea".to_owned()]));
        assert_eq!(NEW.read(&new), Ok(vec!["tea".to_owned()]));
        assert!(matches!(OLD.read(&new), Err(Halt::Broken(_))));
    }
}
