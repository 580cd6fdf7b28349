//! The end of a step, and leases that are made longer.

use std::sync::Arc;

use pritchel_actor::{BoxError, Left, Seconds};

use super::claim::head_item;
use super::lanes::Entry;
use super::{Extra, ItemRow, Lease, Next, WorkError};
use crate::boxes::inside::{Draft, Inside, Shared, Step};
use crate::boxes::{BoxStore, codec, commit_error};
use crate::contract::{CommitError, Query, prefix_end};
use crate::keys;
use crate::limits::LEASE_S;

/// Begins the last part of the name of a lane for one item that was set aside. No other part has this character.
const ASIDE: char = '\u{2}';

impl Lease {
    fn entry(&self) -> (Seconds, Entry) {
        (self.until, Entry { n: self.n, held: true })
    }
}

impl BoxStore {
    /// Ends a step: the item goes, stays or moves, and `extra` happens, in one durable batch.
    /// - errors: [`WorkError::Lost`] when somebody else has claimed the lane since; then nothing was changed
    pub async fn finish(&self, lease: Lease, next: Next, extra: Extra) -> Result<Left, WorkError> {
        self.conclude(lease, |shared, inside, draft| {
            apply(shared, inside, draft, extra)?;
            Ok(next)
        })
        .await
    }

    /// Makes a lease last from `now` on, for a step that takes long.
    pub async fn renew(&self, lease: &mut Lease, now: Seconds) -> Result<(), WorkError> {
        self.shared.store.room().await;
        let until = now.saturating_add(LEASE_S);
        let (pending, _, n) = self
            .shared
            .submit(|_, inside, draft| inside.move_entry(draft, &lease.item.lane, lease.entry(), (until, true)))?;
        pending.await.map_err(|error| work_error(error, &lease.item.lane))?;
        (lease.until, lease.n) = (until, n);
        Ok(())
    }

    /// Ends a step as `decide` says, which runs while nothing else changes.
    pub(super) async fn conclude(
        &self,
        lease: Lease,
        decide: impl FnOnce(&Shared, &mut Inside, &mut Draft) -> Result<Next, WorkError>,
    ) -> Result<Left, WorkError> {
        self.shared.store.room().await;
        let lane = lease.item.lane.clone();
        let glance = self.shared.lock().lanes.glance(&lane);
        let item_key = keys::item(&lane, lease.item.seq);
        let behind = self.shared.whole.rows(Query::after(&item_key, prefix_end(&keys::lane(&lane)), 1)).await?;
        // One that cannot be read becomes due all the same, and is reported then.
        let behind = behind.into_iter().next().map(|row| head_item(&lane, row).map_or(lease.claimed, |item| item.at));
        let (pending, left, ()) = self.shared.submit(|shared, inside, draft| {
            let next = decide(shared, inside, draft)?;
            let Settled { stays, aside } = settle_item(inside, draft, &lease, next)?;
            let due = match (stays, behind) {
                (Some(at), _) | (None, Some(at)) => Some(at),
                (None, None) if inside.lanes.nothing_since(&lane, glance) => None,
                // Something may be on its way to the disk: whoever claims the lane next will see.
                (None, None) => Some(lease.claimed),
            };
            match due {
                Some(at) => drop(inside.move_entry(draft, &lane, lease.entry(), (at, false))?),
                None => inside.remove_entry(draft, &lane, lease.entry())?,
            }
            if let Some((name, row)) = aside {
                inside.append_row(draft, name, &row)?;
            }
            draft.work |= due.is_some() && keys::lane_kind(&lane) != "remind";
            Ok::<_, WorkError>(())
        })?;
        pending.await.map_err(|error| work_error(error, &lane))?;
        Ok(left)
    }
}

/// What has become of an item.
#[derive(Default)]
struct Settled {
    /// When it is due again, if it stays.
    stays: Option<Seconds>,
    /// The lane it moves to, and its row there.
    aside: Option<(String, ItemRow)>,
}

/// Removes or rewrites the item.
fn settle_item(inside: &mut Inside, draft: &mut Draft, lease: &Lease, next: Next) -> Result<Settled, BoxError> {
    let item = &lease.item;
    let key = keys::item(&item.lane, item.seq);
    let failed = |at, data| ItemRow {
        at,
        attempt: item.attempt.saturating_add(1),
        first_failed: item.first_failed.or(Some(lease.claimed)),
        data,
    };
    let is_aside = item.lane.rsplit('\0').next().is_some_and(|last| last.starts_with(ASIDE));
    let row = match next {
        Next::Done => {
            inside.delete(draft, key);
            return Ok(Settled::default());
        }
        Next::Aside { at, data } if !is_aside => {
            inside.delete(draft, key);
            let lane = format!("{}\0{ASIDE}{}", item.lane, item.seq);
            return Ok(Settled { stays: None, aside: Some((lane, failed(at, data))) });
        }
        Next::Aside { at, data } | Next::Again { at, data } => failed(at, data),
        Next::On { data } => ItemRow { at: lease.claimed, attempt: 0, first_failed: None, data },
    };
    let at = row.at;
    inside.put(draft, key, codec::encode(&row)?)?;
    Ok(Settled { stays: Some(at), aside: None })
}

/// Adds what else happens to a batch.
pub(super) fn apply(shared: &Shared, inside: &mut Inside, draft: &mut Draft, extra: Extra) -> Result<(), WorkError> {
    for act in extra.acts {
        inside.put(draft, keys::act(&act.id), codec::encode_act(&act)?)?;
        draft.trail.push(Step::Act(act));
    }
    for tell in extra.tell {
        inside.tell(shared.addresses.as_ref(), draft, tell)?;
    }
    for (to, message) in extra.post {
        inside.mail(draft, &to, Arc::new(message))?;
    }
    for record in extra.records {
        crate::directory::put_record(inside, draft, record)?;
    }
    for row in extra.directory {
        crate::directory::put_directory(inside, draft, &row.kind, &row.key, row.value)?;
    }
    for new in extra.work {
        inside.append_new(draft, new)?;
    }
    Ok(())
}

pub(super) fn work_error(error: CommitError, lane: &str) -> WorkError {
    match &error {
        CommitError::Conflict { key } if keys::kind(key) == Some(keys::Kind::Due) => {
            WorkError::Lost { lane: lane.to_owned() }
        }
        _ => commit_error(error).into(),
    }
}
