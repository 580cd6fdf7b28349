//! Opening: the format is checked, numbers are reserved, and what is kept in memory is read.

use std::sync::Arc;

use pritchel_actor::message::Message;
use pritchel_actor::{BoxError, Seconds};
use serde::{Deserialize, Serialize};

use super::inside::{Inside, Shared, reserve};
use super::large::{Whole, read_error};
use super::mailboxes::counted;
use super::{Addresses, BoxStore, codec, commit_error};
use crate::contract::{Batch, Key, Op, Query, Row, Store, prefix_end};
use crate::export::UNFINISHED;
use crate::keys::{self, Kind};
use crate::limits::{LEASES_PAGE, NUMBERS_RESERVED, RANGE_ROWS_MAX};
use crate::work::claim::head_item;
use crate::work::lanes::Entry;

/// What these boxes are, in their own words.
#[derive(Serialize, Deserialize)]
struct Format {
    format: String,
}

const FORMAT: &str = "pritchel boxes";

impl BoxStore {
    /// Opens the boxes in a store: those that are there, or new ones in an empty store.
    /// - errors: the store holds something else, or an import into it has not ended, or what a later program wrote, or does not answer
    pub async fn open(store: Arc<dyn Store>, addresses: Arc<dyn Addresses>) -> Result<Self, BoxError> {
        let whole = Whole(store.clone());
        let format = check_format(&whole).await?;
        let mut inside = Inside::default();
        inside.next = numbers(&whole).await?;
        splits(&whole, &mut inside).await?;
        mailboxes(&whole, &mut inside).await?;
        lanes(&whole, &mut inside).await?;
        inside.reserved = inside.next + NUMBERS_RESERVED;
        let mut ops = vec![reserve(inside.reserved)];
        ops.extend(format);
        store.commit(Batch::of(ops)).await.map_err(commit_error)?;
        let this = Self { shared: Arc::new(Shared::new(store, addresses, inside)) };
        if this.shared.exclusive {
            this.give_up_leases().await?;
        }
        Ok(this)
    }

    /// Gives up the leases that were found: whoever held them has ended. Their lanes are due when their heads are.
    async fn give_up_leases(&self) -> Result<(), BoxError> {
        let held: Vec<(String, (Seconds, Entry))> = {
            let inside = self.shared.lock();
            let held = inside.lanes.names("", None).filter(|(_, lane)| lane.entry.held);
            held.map(|(name, lane)| (name.to_owned(), (lane.due, lane.entry))).collect()
        };
        for held in held.chunks(LEASES_PAGE) {
            let heads = held.iter().map(|(lane, _)| Query::prefix(&keys::lane(lane), 1)).collect();
            let heads = self.shared.whole.ranges(heads).await?;
            self.shared.store.room().await;
            let (pending, _, ()) = self.shared.submit(|_, inside, draft| {
                for ((lane, entry), head) in held.iter().zip(heads) {
                    // An empty lane is tidied by whoever looks for work first; one that cannot be read is reported then.
                    let head = head.into_iter().next().and_then(|row| head_item(lane, row).ok());
                    inside.move_entry(draft, lane, *entry, (head.map_or(0, |item| item.at), false))?;
                }
                Ok::<_, BoxError>(())
            })?;
            pending.await.map_err(commit_error)?;
        }
        Ok(())
    }
}

/// The row to write, if the store is new.
async fn check_format(whole: &Whole) -> Result<Option<Op>, BoxError> {
    if whole.one(keys::importing()).await?.is_some() {
        return Err(BoxError::Unreadable(UNFINISHED.to_owned()));
    }
    let key = keys::meta("format");
    if let Some(found) = whole.one(key.clone()).await? {
        let found: Format = codec::decode(&key, &found)?;
        return match found.format.as_str() {
            FORMAT => Ok(None),
            other => Err(codec::unreadable(&key, &format!("expected `{FORMAT}`, found `{other}`"))),
        };
    }
    let any = whole.0.read(vec![Query::prefix(&[], 1)]).await.map_err(read_error)?;
    if let Some((first, _)) = any.into_iter().flatten().next() {
        return Err(BoxError::Unreadable(format!(
            "expected boxes or an empty store, found the row `{}` and no format",
            first.escape_ascii()
        )));
    }
    Ok(Some(Op::put(key, codec::encode(&Format { format: FORMAT.to_owned() })?)))
}

async fn numbers(whole: &Whole) -> Result<u64, BoxError> {
    let key = keys::meta("numbers");
    match whole.one(key.clone()).await? {
        None => Ok(1),
        Some(text) => std::str::from_utf8(&text)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| codec::unreadable(&key, "expected a number")),
    }
}

/// Calls `each` with every row of a kind, in key order.
pub(crate) async fn each_row(
    whole: &Whole,
    kind: Kind,
    mut each: impl FnMut(Key, &[u8]) -> Result<(), BoxError>,
) -> Result<(), BoxError> {
    let prefix = keys::all(kind);
    let mut query = Query::prefix(&prefix, RANGE_ROWS_MAX);
    loop {
        let rows: Vec<Row> = whole.rows(query).await?;
        let last = rows.last().map(|(key, _)| key.clone()).filter(|_| rows.len() == RANGE_ROWS_MAX);
        for (key, value) in rows {
            each(key, &value)?;
        }
        match last {
            Some(last) => query = Query::after(&last, prefix_end(&prefix), RANGE_ROWS_MAX),
            None => return Ok(()),
        }
    }
}

async fn splits(whole: &Whole, inside: &mut Inside) -> Result<(), BoxError> {
    each_row(whole, Kind::Split, |key, value| {
        let (Some((of, None)), [count]) = (keys::whole_of(&key), value) else {
            return Err(codec::unreadable(&key, "expected a number of pieces"));
        };
        inside.split.insert(of.to_vec(), *count);
        Ok(())
    })
    .await
}

async fn mailboxes(whole: &Whole, inside: &mut Inside) -> Result<(), BoxError> {
    each_row(whole, Kind::Mail, |key, value| {
        let (actor, arrival) = keys::mail_of(&key).ok_or_else(|| codec::unreadable(&key, "no key of a message"))?;
        // One message that cannot be read must not keep the node from starting; it is its actor that cannot go on.
        let sender = match codec::decode::<Message>(&key, value) {
            Ok(message) => counted(&actor, &message),
            Err(error) => {
                tracing::error!(actor = %actor, "A message to `{actor}` cannot be read: {error}");
                None
            }
        };
        inside.mailboxes.add(&actor, arrival, sender);
        inside.next = inside.next.max(arrival + 1);
        Ok(())
    })
    .await
}

async fn lanes(whole: &Whole, inside: &mut Inside) -> Result<(), BoxError> {
    each_row(whole, Kind::Due, |key, value| {
        let (lane, due) = keys::due_of(&key).ok_or_else(|| codec::unreadable(&key, "no key of the due index"))?;
        let entry: Entry = codec::decode(&key, value)?;
        // Of several entries the earliest is kept; the others are removed when they become due.
        if inside.lanes.get(lane).is_none() {
            inside.lanes.adopt(lane, due, entry, true);
        }
        inside.next = inside.next.max(entry.n + 1);
        Ok(())
    })
    .await
}
