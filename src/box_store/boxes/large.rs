//! Values too large for one row: split into pieces, in the same batch, so that they are as atomic and durable as others.
//!
//! The row itself then holds `0xff`, the number of pieces, the length and a digest; the pieces lie in rows of their own. A
//! small row names each key that has pieces, and is known in memory, so that writing over or removing a value knows what to
//! remove. No JSON and no version of a row begins with `0xff`; a value that did would be split as well.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use pritchel_actor::BoxError;

use super::codec::unreadable;
use crate::contract::{Key, Op, Query, ReadError, Row, Store, TooLarge, Value, within};
use crate::keys;
use crate::limits::{LARGE_BYTES_MAX, VALUE_BYTES_MAX};

const MARK: u8 = 0xff;
const DIGEST_LENGTH: usize = 16;
/// Keys read at once: that many full-sized rows are well within what one read may answer.
const GETS: usize = 256;
/// A value may be written over between the reading of its row and of its pieces.
const TRIES: usize = 5;

pub(crate) fn read_error(error: ReadError) -> BoxError {
    BoxError::Failed(error.to_string())
}

/// The operations that put `value`, and into how many pieces it was split. `before`: how many pieces there may be.
pub(crate) fn put(ops: &mut Vec<Op>, key: Key, value: Vec<u8>, before: u8) -> Result<u8, BoxError> {
    let too_large = |found| {
        let bound = within(crate::contract::Bound::ValueBytes, LARGE_BYTES_MAX, found);
        bound.map_err(|e: TooLarge| BoxError::Failed(format!("the row `{}`: {e}", key.escape_ascii())))
    };
    too_large(value.len())?;
    if value.len() <= VALUE_BYTES_MAX && value.first() != Some(&MARK) {
        drop_pieces(ops, &key, 0, before);
        ops.push(Op::put(key, value));
        return Ok(0);
    }
    let value = Bytes::from(value);
    let mut count = 0u8;
    for start in (0..value.len()).step_by(VALUE_BYTES_MAX) {
        let end = value.len().min(start + VALUE_BYTES_MAX);
        ops.push(Op::put(keys::piece(&key, count), value.slice(start..end)));
        count += 1;
    }
    drop_pieces(ops, &key, count, before);
    if before != count {
        ops.push(Op::put(keys::split(&key), vec![count]));
    }
    let mut head = vec![MARK, count];
    head.extend_from_slice(&(value.len() as u32).to_be_bytes());
    head.extend_from_slice(&digest(&SHA256, &value).as_ref()[..DIGEST_LENGTH]);
    ops.push(Op::put(key, head));
    Ok(count)
}

/// The operations that remove a value of which there may be `before` pieces.
pub(crate) fn delete(ops: &mut Vec<Op>, key: Key, before: u8) {
    drop_pieces(ops, &key, 0, before);
    ops.push(Op::delete(key));
}

fn drop_pieces(ops: &mut Vec<Op>, key: &[u8], from: u8, to: u8) {
    for number in from..to {
        ops.push(Op::delete(keys::piece(key, number)));
    }
    if from == 0 && to > 0 {
        ops.push(Op::delete(keys::split(key)));
    }
}

/// Whether this is the row of a value that was split.
pub(crate) fn is_split(value: &[u8]) -> bool {
    value.first() == Some(&MARK)
}

/// How many pieces the value of this row has.
pub(crate) fn pieces_of(head: &[u8]) -> Option<u8> {
    (is_split(head) && head.len() == 6 + DIGEST_LENGTH).then(|| head[1])
}

/// Reads whole values.
#[derive(Clone)]
pub(crate) struct Whole(pub Arc<dyn Store>);

impl Whole {
    /// The values of these keys, in their order.
    pub async fn get(&self, keys: Vec<Key>) -> Result<Vec<Option<Value>>, BoxError> {
        let mut values = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(GETS) {
            let queries = chunk.iter().cloned().map(Query::Get).collect();
            let answers = self.0.read(queries).await.map_err(read_error)?;
            for (key, rows) in chunk.iter().zip(answers) {
                let value = rows.into_iter().next().map(|(_, value)| value);
                values.push(match value {
                    Some(head) if is_split(&head) => self.join(key, head).await?,
                    value => value,
                });
            }
        }
        Ok(values)
    }

    /// The value of one key.
    pub async fn one(&self, key: Key) -> Result<Option<Value>, BoxError> {
        Ok(self.get(vec![key]).await?.pop().flatten())
    }

    /// The rows of one range, whole.
    pub async fn rows(&self, query: Query) -> Result<Vec<Row>, BoxError> {
        Ok(self.ranges(vec![query]).await?.pop().unwrap_or_default())
    }

    /// The rows of several ranges, whole.
    pub async fn ranges(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, BoxError> {
        let mut answers = self.0.read(queries).await.map_err(read_error)?;
        for rows in &mut answers {
            let mut gone = false;
            for (key, value) in rows.iter_mut() {
                if is_split(value) {
                    let whole = self.join(key, value.clone()).await?;
                    gone |= whole.is_none();
                    *value = whole.unwrap_or_default();
                }
            }
            if gone {
                // Removed since: no row has an empty value.
                rows.retain(|(_, value)| !value.is_empty());
            }
        }
        Ok(answers)
    }

    async fn join(&self, key: &[u8], mut head: Value) -> Result<Option<Value>, BoxError> {
        for _ in 0..TRIES {
            let count = pieces_of(&head).ok_or_else(|| unreadable(key, "a head of another shape"))?;
            let mut queries: Vec<Query> = (0..count).map(|number| Query::Get(keys::piece(key, number))).collect();
            queries.push(Query::Get(key.to_vec()));
            let mut answers = self.0.read(queries).await.map_err(read_error)?;
            let Some((_, now)) = answers.pop().and_then(|rows| rows.into_iter().next()) else {
                return Ok(None);
            };
            if now == head {
                let whole: Vec<u8> = answers.into_iter().flatten().flat_map(|(_, piece)| piece).collect();
                return if fits(&head, &whole) {
                    Ok(Some(whole.into()))
                } else {
                    Err(unreadable(key, "its pieces are not those it was split into"))
                };
            }
            if !is_split(&now) {
                return Ok(Some(now));
            }
            head = now;
        }
        Err(BoxError::Failed(format!("the row `{}` changes faster than it can be read", key.escape_ascii())))
    }
}

fn fits(head: &[u8], whole: &[u8]) -> bool {
    head[2..6] == (whole.len() as u32).to_be_bytes() && head[6..] == digest(&SHA256, whole).as_ref()[..DIGEST_LENGTH]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Batch;
    use crate::memory::MemoryStore;

    async fn write(store: &MemoryStore, value: Option<Vec<u8>>, before: u8) -> u8 {
        let mut ops = Vec::new();
        let count = match value {
            Some(value) => put(&mut ops, b"sk".to_vec(), value, before).unwrap(),
            None => {
                delete(&mut ops, b"sk".to_vec(), before);
                0
            }
        };
        assert_eq!(store.commit(Batch::of(ops)).await, Ok(()));
        count
    }

    #[tokio::test]
    async fn a_value_of_any_size_comes_back_and_leaves_nothing_behind() {
        let store = MemoryStore::new();
        let whole = Whole(Arc::new(store.clone()));
        let large = |len: usize| (0..len).map(|n| (n % 251) as u8).collect::<Vec<_>>();
        let mut before = 0;
        let sizes = [1, VALUE_BYTES_MAX, VALUE_BYTES_MAX + 1, LARGE_BYTES_MAX, 3 * VALUE_BYTES_MAX, 10];
        for (len, pieces) in sizes.into_iter().zip([0, 0, 2, 32, 3, 0]) {
            before = write(&store, Some(large(len)), before).await;
            assert_eq!(before, pieces);
            assert_eq!(whole.one(b"sk".to_vec()).await.unwrap().unwrap(), large(len));
            let rows = whole.rows(Query::prefix(b"s", 10)).await.unwrap();
            assert_eq!((rows.len(), &rows[0].1[..]), (1, &large(len)[..]));
            assert_eq!(store.image().len(), 1 + usize::from(pieces) + usize::from(pieces > 0));
        }
        before = write(&store, Some(vec![MARK, 1]), before).await;
        assert_eq!(whole.one(b"sk".to_vec()).await.unwrap().unwrap(), vec![MARK, 1]);
        write(&store, None, before).await;
        assert!(store.image().is_empty());
        assert!(put(&mut Vec::new(), b"sk".to_vec(), vec![0; LARGE_BYTES_MAX + 1], 0).is_err());
    }

    #[tokio::test]
    async fn pieces_that_are_not_its_own_are_found_out() {
        let store = MemoryStore::new();
        write(&store, Some(vec![7; 2 * VALUE_BYTES_MAX]), 0).await;
        let spoilt = Op::put(keys::piece(b"sk", 1), vec![8; VALUE_BYTES_MAX]);
        assert_eq!(store.commit(Batch::of(vec![spoilt])).await, Ok(()));
        let whole = Whole(Arc::new(store));
        assert!(matches!(whole.one(b"sk".to_vec()).await, Err(BoxError::Unreadable(_))));
    }
}
