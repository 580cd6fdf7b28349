//! Rows outside of actors: the shared directory that turns write, records of the node itself, and secrets.
//! - directory: kind and key → value, such as a name → its actor; written in turns, read by the registry and by deliveries
//! - records: what the node remembers of others (remote actors, what an origin understands), with an optional end
//! - sealed: secrets such as private keys, under a prefix of their own that an ordinary export leaves out

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::{BoxError, Seconds, Value};
use serde::{Deserialize, Serialize};

use crate::boxes::inside::{Draft, Inside};
use crate::boxes::{BoxStore, codec, commit_error};
use crate::contract::{Key, Query, prefix_end};
use crate::keys;
use crate::limits::RANGE_ROWS_MAX;

/// A row of the shared directory put (`Some`) or removed (`None`).
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryWrite {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Option<Value>,
}

/// A record put (`Some`) or removed (`None`).
#[derive(Clone, Debug, PartialEq)]
pub struct RecordWrite {
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Option<Value>,
    /// From when on it is as if it were not there.
    pub until: Option<Seconds>,
}

/// A value with what its key cannot hold.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) value: Value,
    /// The whole key, if it was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Seconds>,
}

/// A secret. It is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret itself, for whoever signs with it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[derive(Serialize, Deserialize)]
struct SealedRow {
    base64: String,
}

fn kept_key(prefix: Key, key: &str) -> Key {
    [prefix.as_slice(), &keys::tail(key.as_bytes())].concat()
}

fn keep(
    inside: &mut Inside,
    draft: &mut Draft,
    (prefix, key): (Key, &str),
    value: Option<Value>,
    until: Option<Seconds>,
) -> Result<(), BoxError> {
    let cut = keys::is_cut(&keys::tail(key.as_bytes()));
    let stored = kept_key(prefix, key);
    match value {
        None => inside.delete(draft, stored),
        Some(value) => {
            let kept = Kept { value, key: cut.then(|| key.to_owned()), until };
            inside.put(draft, stored, codec::encode(&kept)?)?;
        }
    }
    Ok(())
}

/// Puts or removes a row of the directory.
pub(crate) fn put_directory(
    inside: &mut Inside,
    draft: &mut Draft,
    kind: &str,
    key: &str,
    value: Option<Value>,
) -> Result<(), BoxError> {
    keep(inside, draft, (keys::directory_kind(kind), key), value, None)
}

/// Puts or removes a record.
pub(crate) fn put_record(inside: &mut Inside, draft: &mut Draft, write: RecordWrite) -> Result<(), BoxError> {
    keep(inside, draft, (keys::record_kind(&write.kind), &write.key), write.value, write.until)
}

/// A value of the directory or of a record, with what its key cannot hold.
pub(crate) fn kept_of(key: &[u8], value: &[u8]) -> Result<Kept, BoxError> {
    codec::decode(key, value)
}

/// A secret, of its row.
pub(crate) fn unsealed(key: &[u8], value: &[u8]) -> Result<Secret, BoxError> {
    // The errors of decoding could show a part of the secret, so they are not passed on.
    let broken = || codec::unreadable(key, "no secret can be read");
    let row: SealedRow = codec::decode(key, value).map_err(|_| broken())?;
    STANDARD.decode(row.base64).map(Secret).map_err(|_| broken())
}

impl BoxStore {
    /// A row of the shared directory.
    pub async fn directory(&self, kind: &str, key: &str) -> Result<Option<Value>, BoxError> {
        Ok(self.kept(keys::directory_kind(kind), key).await?.map(|kept| kept.value))
    }

    /// Rows of the shared directory, in key order: those whose keys start with `prefix` and come after `after`.
    /// - `limit`: at most [`RANGE_ROWS_MAX`]
    pub async fn directory_page(
        &self,
        kind: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Value)>, BoxError> {
        let page = self.kept_page(keys::directory_kind(kind), prefix, after, limit).await?;
        Ok(page.into_iter().map(|(key, kept)| (key, kept.value)).collect())
    }

    /// What the node remembers under this key; nothing if its time has ended.
    pub async fn record(&self, kind: &str, key: &str, now: Seconds) -> Result<Option<Value>, BoxError> {
        let kept = self.kept(keys::record_kind(kind), key).await?;
        Ok(kept.filter(|kept| kept.until.is_none_or(|until| now < until)).map(|kept| kept.value))
    }

    /// Has the node remember something, until a time or for ever. Durable when this resolves.
    pub async fn put_record(
        &self,
        kind: &str,
        key: &str,
        value: Value,
        until: Option<Seconds>,
    ) -> Result<(), BoxError> {
        let write = RecordWrite { kind: kind.to_owned(), key: key.to_owned(), value: Some(value), until };
        self.write(|inside, draft| put_record(inside, draft, write)).await
    }

    /// Has the node forget something. What is not there is no error.
    pub async fn remove_record(&self, kind: &str, key: &str) -> Result<(), BoxError> {
        let write = RecordWrite { kind: kind.to_owned(), key: key.to_owned(), value: None, until: None };
        self.write(|inside, draft| put_record(inside, draft, write)).await
    }

    /// Records in key order, those whose time has ended left out: a page may thus be shorter than `limit`, and the next one
    /// begins after the key returned beside it, if there is one.
    /// - `limit`: at most [`RANGE_ROWS_MAX`]
    pub async fn records_page(
        &self,
        kind: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Seconds,
    ) -> Result<(Vec<(String, Value)>, Option<String>), BoxError> {
        let page = self.kept_page(keys::record_kind(kind), prefix, after, limit).await?;
        let next = page.last().filter(|_| page.len() == limit.min(RANGE_ROWS_MAX)).map(|(key, _)| key.clone());
        let alive = page.into_iter().filter(|(_, kept)| kept.until.is_none_or(|until| now < until));
        Ok((alive.map(|(key, kept)| (key, kept.value)).collect(), next))
    }

    /// Removes records of a kind whose time has ended, among the next `limit` after `after`. Returns how many, and the key to
    /// go on after.
    pub async fn sweep_records(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
        now: Seconds,
    ) -> Result<(usize, Option<String>), BoxError> {
        let page = self.kept_page(keys::record_kind(kind), "", after, limit).await?;
        let next = page.last().filter(|_| page.len() == limit.min(RANGE_ROWS_MAX)).map(|(key, _)| key.clone());
        let mut removed = 0;
        for (key, kept) in page {
            if kept.until.is_none_or(|until| now < until) {
                continue;
            }
            // A record that was put anew meanwhile stays.
            let stored = kept_key(keys::record_kind(kind), &key);
            let Some(ended) = self.shared.whole.0.read(vec![Query::Get(stored.clone())]).await.ok().and_then(only)
            else {
                continue;
            };
            if codec::decode::<Kept>(&stored, &ended).is_ok_and(|now| now.until == kept.until) {
                let gone = self
                    .write(|inside, draft| {
                        draft.require.push((stored.clone(), Some(ended)));
                        inside.delete(draft, stored);
                        Ok(())
                    })
                    .await;
                removed += usize::from(gone.is_ok());
            }
        }
        Ok((removed, next))
    }

    /// Keeps a secret under a name. Durable when this resolves; one of the same name is replaced.
    pub async fn seal(&self, name: &str, secret: &[u8]) -> Result<(), BoxError> {
        let row = codec::encode(&SealedRow { base64: STANDARD.encode(secret) })?;
        self.write(|inside, draft| inside.put(draft, keys::sealed(name), row)).await
    }

    /// The secret of this name.
    pub async fn unseal(&self, name: &str) -> Result<Option<Secret>, BoxError> {
        let key = keys::sealed(name);
        let value = self.shared.whole.one(key.clone()).await?;
        value.map(|value| unsealed(&key, &value)).transpose()
    }

    /// Removes a secret. One that is not there is no error.
    pub async fn remove_sealed(&self, name: &str) -> Result<(), BoxError> {
        self.write(|inside, draft| {
            inside.delete(draft, keys::sealed(name));
            Ok(())
        })
        .await
    }

    async fn write(&self, fill: impl FnOnce(&mut Inside, &mut Draft) -> Result<(), BoxError>) -> Result<(), BoxError> {
        self.shared.store.room().await;
        let (pending, _, ()) = self.shared.submit(|_, inside, draft| fill(inside, draft))?;
        pending.await.map_err(commit_error)
    }

    async fn kept(&self, prefix: Key, key: &str) -> Result<Option<Kept>, BoxError> {
        let stored = kept_key(prefix, key);
        let value = self.shared.whole.one(stored.clone()).await?;
        value.map(|value| codec::decode(&stored, &value)).transpose()
    }

    async fn kept_page(
        &self,
        base: Key,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Kept)>, BoxError> {
        let limit = limit.min(RANGE_ROWS_MAX);
        let start = [base.as_slice(), keys::tail_prefix(prefix.as_bytes())].concat();
        let to = prefix_end(&start);
        let mut from = match after {
            Some(after) => start.max([kept_key(base.clone(), after).as_slice(), &[0]].concat()),
            None => start,
        };
        let mut page = Vec::new();
        loop {
            let asked = limit - page.len();
            let query = Query::Range { from: from.clone(), to: to.clone(), limit: asked, newest_first: false };
            let rows = self.shared.whole.rows(query).await?;
            let last = rows.last().filter(|_| rows.len() == asked).map(|(key, _)| [key.as_slice(), &[0]].concat());
            for (stored, value) in rows {
                let kept: Kept = codec::decode(&stored, &value)?;
                let key = match &kept.key {
                    Some(key) => key.clone(),
                    None => String::from_utf8(stored[base.len()..].to_vec())
                        .map_err(|_| codec::unreadable(&stored, "a key that is no text"))?,
                };
                if key.starts_with(prefix) {
                    page.push((key, kept));
                }
            }
            match last {
                Some(next) if page.len() < limit => from = next,
                _ => return Ok(page),
            }
        }
    }
}

fn only(answers: Vec<Vec<crate::contract::Row>>) -> Option<crate::contract::Value> {
    answers.into_iter().flatten().next().map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret(b"hunter2".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret");
        let error = unsealed(&keys::sealed("k"), br#"{"v":1,"what":{"base64":"aHVudGVyMg"}}"#).unwrap_err();
        assert!(!error.to_string().contains("aHVudGVyMg"), "{error}");
        let error = unsealed(&keys::sealed("k"), br#"{"v":1,"what":"aHVudGVyMg=="}"#).unwrap_err();
        assert!(!error.to_string().contains("aHVudGVyMg"), "{error}");
    }
}
