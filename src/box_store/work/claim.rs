//! Finding due work and claiming it.

use pritchel_actor::{BoxError, Seconds};

use super::lanes::{Entry, Glance};
use super::{Item, ItemRow, Lease};
use crate::boxes::inside::{Draft, Inside, Pending};
use crate::boxes::{BoxStore, codec, commit_error};
use crate::contract::{CommitError, Op, Query, Row};
use crate::keys;
use crate::limits::{LEASE_S, RANGE_ROWS_MAX};

/// Lanes whose heads are read at once.
const HEADS: usize = 128;

/// An entry as it was read of the index.
struct Found {
    lane: String,
    due: Seconds,
    entry: Entry,
}

/// What is to be done about an entry that is due.
enum Deed {
    /// The head is claimed.
    Claim(Lease),
    /// The entry goes where it belongs.
    Tidy,
    /// The entry goes, if the lane has another one at this time with this number.
    Second(Seconds, u64),
}

/// Why nothing is done about an entry.
enum Leave {
    /// It is fine, or will be seen again.
    Be,
    Failed(BoxError),
}

impl From<BoxError> for Leave {
    fn from(error: BoxError) -> Self {
        Self::Failed(error)
    }
}

impl BoxStore {
    /// Claims the heads of lanes of these kinds that are due, those longest due first. A head claimed by somebody else is not
    /// among them until that lease runs out.
    /// - `limit`: at most so many, never more than [`RANGE_ROWS_MAX`]
    pub async fn due(&self, now: Seconds, kinds: &[&str], limit: usize) -> Result<Vec<Lease>, BoxError> {
        let limit = limit.min(RANGE_ROWS_MAX);
        let before = self.shared.lock().next;
        let found = self.due_entries(now, kinds, limit).await?;
        let mut leases = Vec::new();
        for found in found.chunks(HEADS) {
            leases.extend(self.claim_all(now, before, found).await?);
        }
        Ok(leases)
    }

    async fn due_entries(&self, now: Seconds, kinds: &[&str], limit: usize) -> Result<Vec<Found>, BoxError> {
        let queries = kinds.iter().map(|kind| Query::Range {
            from: keys::due_kind(kind),
            to: keys::due_from(kind, now.saturating_add(1)),
            limit,
            newest_first: false,
        });
        let mut found = Vec::new();
        for (key, value) in self.shared.whole.ranges(queries.collect()).await?.into_iter().flatten() {
            let Some((lane, due)) = keys::due_of(&key) else {
                tracing::error!("The due index has a key that is none: `{}`", key.escape_ascii());
                continue;
            };
            match codec::decode(&key, &value) {
                Ok(entry) => found.push(Found { lane: lane.to_owned(), due, entry }),
                Err(error) => tracing::error!("An entry of the due index is left alone: {error}"),
            }
        }
        found.sort_by_key(|found| (found.due, found.entry.n));
        found.truncate(limit);
        Ok(found)
    }

    async fn claim_all(&self, now: Seconds, before: u64, found: &[Found]) -> Result<Vec<Lease>, BoxError> {
        self.shared.store.room().await;
        let glances: Vec<Glance> = {
            let inside = self.shared.lock();
            found.iter().map(|found| inside.lanes.glance(&found.lane)).collect()
        };
        let heads = found.iter().map(|found| Query::prefix(&keys::lane(&found.lane), 1)).collect();
        let heads = self.shared.whole.ranges(heads).await?;
        let mut deeds: Vec<(&Found, Pending, Deed)> = Vec::new();
        for ((found, glance), head) in found.iter().zip(glances).zip(heads) {
            let head = match head.into_iter().next().map(|row| head_item(&found.lane, row)).transpose() {
                Ok(head) => head,
                Err(error) => {
                    tracing::error!(lane = %found.lane.escape_debug(), "A lane cannot go on: {error}");
                    continue;
                }
            };
            let done = self.shared.submit(|_, inside, draft| consider(inside, draft, now, before, found, glance, head));
            match done {
                Ok((pending, _, deed)) => deeds.push((found, pending, deed)),
                Err(Leave::Be) => {}
                Err(Leave::Failed(error)) => return Err(error),
            }
        }
        let mut leases = Vec::new();
        for (found, pending, deed) in deeds {
            match (pending.await, deed) {
                (Ok(()), Deed::Claim(lease)) => leases.push(lease),
                (Ok(()), _) => {}
                (Err(CommitError::Conflict { key }), Deed::Second(due, n)) if key == keys::due(&found.lane, due) => {
                    self.shared.lock().lanes.doubt(&found.lane, n);
                }
                // Somebody else was first.
                (Err(CommitError::Conflict { .. }), _) => {}
                (Err(error), _) => return Err(commit_error(error)),
            }
        }
        Ok(leases)
    }
}

/// The item of a row of a lane.
pub(crate) fn head_item(lane: &str, (key, value): Row) -> Result<Item, BoxError> {
    let (_, seq) = keys::item_of(&key).ok_or_else(|| codec::unreadable(&key, "no key of an item"))?;
    Ok(codec::decode::<ItemRow>(&key, &value)?.item(lane, seq))
}

fn consider(
    inside: &mut Inside,
    draft: &mut Draft,
    now: Seconds,
    before: u64,
    found: &Found,
    glance: Glance,
    head: Option<Item>,
) -> Result<Deed, Leave> {
    let Found { lane, due, entry } = found;
    let at = (*due, *entry);
    match inside.lanes.get(lane) {
        None => inside.lanes.adopt(lane, *due, *entry, false),
        Some(known) if known.entry.n == entry.n => inside.lanes.seen(lane, entry.n),
        // Moved since the index was read, or not known well enough to say which entry is the right one.
        Some(known) if known.entry.n >= before || !known.sure => return Err(Leave::Be),
        Some(known) => {
            let known = (known.due, known.entry);
            inside.require_entry(draft, lane, at)?;
            inside.require_entry(draft, lane, known)?;
            draft.ops.push(Op::delete(keys::due(lane, *due)));
            return Ok(Deed::Second(known.0, known.1.n));
        }
    }
    match head {
        None if inside.lanes.nothing_since(lane, glance) => {
            inside.remove_entry(draft, lane, at)?;
            Ok(Deed::Tidy)
        }
        None => Err(Leave::Be),
        Some(item) if item.at > now => {
            inside.move_entry(draft, lane, at, (item.at, false))?;
            Ok(Deed::Tidy)
        }
        Some(item) => {
            let until = now.saturating_add(LEASE_S);
            let n = inside.move_entry(draft, lane, at, (until, true))?;
            Ok(Deed::Claim(Lease { item, until, claimed: now, n }))
        }
    }
}
