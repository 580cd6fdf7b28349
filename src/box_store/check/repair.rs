//! Repair of what can be rebuilt: the due index from the lanes, and pieces that no value has.

use pritchel_actor::{BoxError, Seconds};

use super::{Problem, Report};
use crate::boxes::inside::{Draft, Inside, Pending, Step};
use crate::boxes::large::{pieces_of, read_error};
use crate::boxes::{BoxStore, codec, commit_error};
use crate::contract::{CommitError, Key, Op, Query};
use crate::keys;
use crate::work::lanes::Entry;

/// What a repair did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Problems that are gone.
    pub repaired: usize,
    /// Problems that no longer were there, or changed meanwhile.
    pub passed: usize,
    /// Problems that cannot be repaired.
    pub left: usize,
}

enum Unneeded {
    Passed,
    Failed(BoxError),
}

impl From<BoxError> for Unneeded {
    fn from(error: BoxError) -> Self {
        Self::Failed(error)
    }
}

impl BoxStore {
    /// Repairs what can be rebuilt of what a report says. Check again afterwards.
    pub async fn repair(&self, report: &Report) -> Result<Repaired, BoxError> {
        let mut done = Repaired::default();
        for problem in &report.problems {
            self.shared.store.room().await;
            let outcome = match problem {
                Problem::NoEntry { lane, due } => self.put_entry(lane, *due),
                Problem::NoItems { lane, due } => self.remove_entry_of_none(lane, *due).await,
                Problem::SecondEntry { lane, kept, due } => self.remove_second(lane, *kept, *due).await,
                Problem::StrayPiece { key } => self.remove_stray(key).await,
                _ => {
                    done.left += 1;
                    continue;
                }
            };
            let outcome = match outcome {
                Ok(pending) => pending.await,
                Err(Unneeded::Passed) => {
                    done.passed += 1;
                    continue;
                }
                Err(Unneeded::Failed(error)) => return Err(error),
            };
            match outcome {
                Ok(()) => done.repaired += 1,
                Err(CommitError::Conflict { .. }) => done.passed += 1,
                Err(error) => return Err(commit_error(error)),
            }
        }
        Ok(done)
    }

    fn submit_repair(
        &self,
        fill: impl FnOnce(&mut Inside, &mut Draft) -> Result<(), Unneeded>,
    ) -> Result<Pending, Unneeded> {
        Ok(self.shared.submit(|_, inside, draft| fill(inside, draft))?.0)
    }

    fn put_entry(&self, lane: &str, due: Seconds) -> Result<Pending, Unneeded> {
        self.submit_repair(|inside, draft| {
            let (due, entry) = match inside.lanes.get(lane) {
                // Known in memory: then this very entry is missing.
                Some(known) => (known.due, known.entry),
                None => {
                    let entry = Entry { n: inside.number(), held: false };
                    inside.lanes.adopt(lane, due, entry, false);
                    draft.trail.push(Step::Moved { lane: lane.to_owned(), n: entry.n });
                    (due, entry)
                }
            };
            draft.require.push((keys::due(lane, due), None));
            draft.ops.push(Op::put(keys::due(lane, due), codec::encode(&entry)?));
            Ok(())
        })
    }

    async fn entry_at(&self, lane: &str, due: Seconds) -> Result<Entry, Unneeded> {
        let key = keys::due(lane, due);
        let value = self.shared.whole.one(key.clone()).await?.ok_or(Unneeded::Passed)?;
        Ok(codec::decode(&key, &value)?)
    }

    async fn remove_entry_of_none(&self, lane: &str, due: Seconds) -> Result<Pending, Unneeded> {
        let entry = self.entry_at(lane, due).await?;
        let glance = self.shared.lock().lanes.glance(lane);
        if !self.shared.whole.rows(Query::prefix(&keys::lane(lane), 1)).await?.is_empty() {
            return Err(Unneeded::Passed);
        }
        self.submit_repair(|inside, draft| match inside.lanes.nothing_since(lane, glance) {
            true => Ok(inside.remove_entry(draft, lane, (due, entry))?),
            false => Err(Unneeded::Passed),
        })
    }

    async fn remove_second(&self, lane: &str, kept: Seconds, due: Seconds) -> Result<Pending, Unneeded> {
        let (kept, second) = ((kept, self.entry_at(lane, kept).await?), (due, self.entry_at(lane, due).await?));
        self.submit_repair(|inside, draft| {
            // The one that is known in memory stays, whichever that is.
            let known = inside.lanes.get(lane).map(|lane| lane.entry.n);
            let (stays, goes) = if known == Some(second.1.n) { (second, kept) } else { (kept, second) };
            inside.require_entry(draft, lane, stays)?;
            inside.require_entry(draft, lane, goes)?;
            draft.ops.push(Op::delete(keys::due(lane, goes.0)));
            Ok(())
        })
    }

    async fn remove_stray(&self, key: &Key) -> Result<Pending, Unneeded> {
        let (whole, number) = keys::whole_of(key).ok_or(Unneeded::Passed)?;
        let queries = vec![Query::Get(whole.to_vec()), Query::Get(key.clone())];
        let mut answers = self.shared.store.read(queries).await.map_err(read_error)?.into_iter();
        let mut value = || answers.next().and_then(|rows| rows.into_iter().next()).map(|(_, value)| value);
        let (head, stray) = (value(), value().ok_or(Unneeded::Passed)?);
        let pieces = head.as_ref().and_then(|head| pieces_of(head)).unwrap_or(0);
        self.submit_repair(|_, draft| {
            draft.require.push((whole.to_vec(), head.clone()));
            draft.require.push((key.clone(), Some(stray)));
            match number {
                Some(number) if number < pieces => return Err(Unneeded::Passed),
                None if pieces > 0 => draft.ops.push(Op::put(key.clone(), vec![pieces])),
                _ => draft.ops.push(Op::delete(key.clone())),
            }
            Ok(())
        })
    }
}
