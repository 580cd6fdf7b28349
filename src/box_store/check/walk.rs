//! The walk: one page of rows after the other, in key order, each kind with its own questions.

use std::collections::{BTreeMap, BTreeSet};

use pritchel_actor::errbox::{INBOX, OUTBOX};
use pritchel_actor::message::{Message, What};
use pritchel_actor::{ActId, ActorId, BoxError, Halt, Rows, Seconds, Stored, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::owner::{Asked, Nobody, Owner};
use super::{Known, Problem, Report};
use crate::boxes::large::{is_split, pieces_of, read_error};
use crate::boxes::reading::unwrap_row;
use crate::boxes::{BoxStore, codec};
use crate::contract::{Key, Query, Row, Value as Bytes, keys_end};
use crate::directory::kept_of;
use crate::keys::{self, Kind};
use crate::limits::PROBLEMS_MAX;
use crate::work::lanes::Entry;
use crate::work::{ItemRow, Task};

/// Rows of a page: few, since each may be large and names others.
const PAGE: usize = 256;
/// Lanes whose items are tasks of this room.
const TASKS: [&str; 6] = ["delivery", "fanout", "near", "remind", "job", "seek"];

pub(super) struct Walk<'w> {
    pub(super) boxes: &'w BoxStore,
    pub(super) owner: &'w dyn Owner,
    known: &'w Known,
    report: Report,
    /// Heads of values that were split, with the number of their pieces.
    split: BTreeMap<Key, u8>,
    /// Those of them that a row of the split index names.
    named: BTreeSet<Key>,
    /// Lanes with an entry: its time, and whether items were found.
    lanes: BTreeMap<String, (Seconds, bool)>,
    /// The last actor asked for, and whether it exists.
    last_actor: Option<(ActorId, bool)>,
    /// The last actor whose kind was asked for, and the kind.
    pub(super) last_kind: Option<(ActorId, String)>,
    /// The last lane whose items were walked.
    last_lane: String,
    /// Actors that rows of other rooms named.
    pub(super) asked: Asked,
}

impl BoxStore {
    /// Walks all rows and tells what is off. Changes nothing.
    /// - errors: the store does not answer; what it answers and cannot be read is in the report
    pub async fn check(&self, known: &Known) -> Result<Report, BoxError> {
        self.check_with(known, &Nobody).await
    }

    /// The same; of what this room only keeps for others, their owner says what is off.
    pub async fn check_with(&self, known: &Known, owner: &dyn Owner) -> Result<Report, BoxError> {
        let mut walk = Walk {
            boxes: self,
            owner,
            known,
            report: Report::default(),
            split: BTreeMap::new(),
            named: BTreeSet::new(),
            lanes: BTreeMap::new(),
            last_actor: None,
            last_kind: None,
            last_lane: String::new(),
            asked: Asked::new(),
        };
        let mut from = Key::new();
        loop {
            let query = Query::Range { from, to: keys_end(), limit: PAGE, newest_first: false };
            let rows = self.shared.store.read(vec![query]).await.map_err(read_error)?;
            let rows: Vec<Row> = rows.into_iter().flatten().collect();
            let Some((last, _)) = rows.last() else { break };
            from = crate::boxes::reading::next_key(last);
            walk.page(rows).await?;
        }
        walk.end();
        Ok(walk.report)
    }
}

impl Walk<'_> {
    pub(super) fn problem(&mut self, problem: Problem) {
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(problem);
        } else {
            self.report.more += 1;
        }
    }

    async fn page(&mut self, rows: Vec<Row>) -> Result<(), BoxError> {
        let mut acts: Vec<(ActId, Key)> = Vec::new();
        for (key, value) in rows {
            let Some(kind) = keys::kind(&key) else {
                self.problem(Problem::ForeignKey { key });
                continue;
            };
            let count = self.report.rows.entry(kind).or_default();
            count.rows += 1;
            count.bytes += (key.len() + value.len()) as u64;
            let value = match self.whole(kind, &key, value).await {
                Ok(Some(value)) => value,
                Ok(None) => continue,
                Err(BoxError::Unreadable(why)) => {
                    self.problem(Problem::Unreadable { key, why });
                    continue;
                }
                Err(error) => return Err(error),
            };
            match self.row(kind, &key, &value, &mut acts).await {
                Ok(()) => {}
                Err(BoxError::Unreadable(why)) => self.problem(Problem::Unreadable { key, why }),
                Err(error) => return Err(error),
            }
        }
        self.acts(acts).await
    }

    /// The whole value of a row; `None` if it has been removed meanwhile.
    async fn whole(&mut self, kind: Kind, key: &Key, value: Bytes) -> Result<Option<Bytes>, BoxError> {
        if !is_split(&value) || matches!(kind, Kind::Split | Kind::Piece) {
            return Ok(Some(value));
        }
        self.split.insert(key.clone(), pieces_of(&value).unwrap_or(0));
        self.boxes.shared.whole.one(key.clone()).await
    }

    async fn row(
        &mut self,
        kind: Kind,
        key: &Key,
        value: &Bytes,
        acts: &mut Vec<(ActId, Key)>,
    ) -> Result<(), BoxError> {
        match kind {
            Kind::Act => codec::decode_act(key, value).map(drop),
            Kind::Directory => kept_of(key, value).map(drop),
            Kind::Record => self.record(key, value, acts).await,
            Kind::Sealed => self.secret(key, value, acts).await,
            Kind::Meta => {
                serde_json::from_slice::<Value>(value).map(drop).map_err(|e| codec::unreadable(key, &e.to_string()))
            }
            Kind::State => self.state(key, value).await,
            Kind::Turn => self.turn(key, value).await,
            Kind::Row => self.actor_row(key, value, acts).await,
            Kind::Mail => self.mail(key, value, acts).await,
            Kind::Due => self.entry(key, value),
            Kind::Work => self.item(key, value, acts).await,
            Kind::Split | Kind::Piece => {
                self.piece(key, value);
                Ok(())
            }
        }
    }

    async fn state(&mut self, key: &Key, value: &Bytes) -> Result<(), BoxError> {
        let stored: Stored = codec::decode(key, value)?;
        let actor = keys::actor_of(key).ok_or_else(|| codec::unreadable(key, "no address"))?;
        *self.report.actors.entry(stored.kind.clone()).or_default() += 1;
        match self.known.0.get(&stored.kind) {
            None => self.problem(Problem::UnknownKind { actor: actor.clone(), found: stored.kind.clone() }),
            Some(known) if stored.schema > *known => self.problem(Problem::Newer {
                actor: actor.clone(),
                kind: stored.kind.clone(),
                found: stored.schema,
                known: *known,
            }),
            Some(_) => {}
        }
        if let Err(why) = self.owner.state(&actor, &stored) {
            self.problem(Problem::Odd { key: key.clone(), why });
        }
        let turn = self.boxes.shared.whole.one(keys::turn(&actor)).await?;
        let turn = turn.and_then(|turn| std::str::from_utf8(&turn).ok()?.parse().ok());
        if turn != Some(stored.header.turn) {
            self.problem(Problem::TurnDiffers { actor, state: Some(stored.header.turn), turn });
        }
        Ok(())
    }

    async fn turn(&mut self, key: &Key, value: &Bytes) -> Result<(), BoxError> {
        let text = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        let turn: u64 = text.ok_or_else(|| codec::unreadable(key, "expected a number"))?;
        let actor = keys::actor_of(key).ok_or_else(|| codec::unreadable(key, "no address"))?;
        // Where there is a state, it has been compared already.
        let query = vec![Query::Get(keys::state(&actor))];
        if self.boxes.shared.store.read(query).await.map_err(read_error)?.concat().is_empty() {
            self.problem(Problem::TurnDiffers { actor, state: None, turn: Some(turn) });
        }
        Ok(())
    }

    /// Whether there is such an actor, and whether this was not asked before.
    async fn exists(&mut self, actor: &ActorId) -> Result<(bool, bool), BoxError> {
        if let Some((_, exists)) = self.last_actor.as_ref().filter(|(last, _)| last == actor) {
            return Ok((*exists, false));
        }
        let exists = self.boxes.shared.whole.one(keys::turn(actor)).await?.is_some();
        self.last_actor = Some((actor.clone(), exists));
        Ok((exists, true))
    }

    async fn actor_row(&mut self, key: &Key, value: &Bytes, acts: &mut Vec<(ActId, Key)>) -> Result<(), BoxError> {
        let (actor, table, _) = keys::row_of(key).ok_or_else(|| codec::unreadable(key, "no key of a row"))?;
        if self.exists(&actor).await? == (false, true) {
            self.problem(Problem::RowsOfNobody { actor: actor.clone() });
        }
        let (row, bytes) = unwrap_row(key, &actor, table, value.clone())?;
        if table == INBOX.name() {
            acts.push((table_row(&INBOX, key, &bytes)?.act, key.clone()));
        } else if table == OUTBOX.name() {
            acts.push((table_row(&OUTBOX, key, &bytes)?.act, key.clone()));
        } else if bytes.len() < 2 || serde_json::from_slice::<serde::de::IgnoredAny>(&bytes[2..]).is_err() {
            return Err(codec::unreadable(key, "expected two bytes of version and JSON"));
        } else if !table.starts_with('~') {
            return self.named(key, (&actor, table), (&row, &bytes)).await;
        }
        Ok(())
    }

    async fn mail(&mut self, key: &Key, value: &Bytes, acts: &mut Vec<(ActId, Key)>) -> Result<(), BoxError> {
        let (actor, arrival) = keys::mail_of(key).ok_or_else(|| codec::unreadable(key, "no key of a message"))?;
        if self.exists(&actor).await? == (false, true) {
            self.problem(Problem::MailForNobody { actor, arrival });
        }
        if let What::Act { id, .. } = codec::decode::<Message>(key, value)?.what {
            acts.push((id, key.clone()));
        }
        Ok(())
    }

    fn entry(&mut self, key: &Key, value: &Bytes) -> Result<(), BoxError> {
        let (lane, due) = keys::due_of(key).ok_or_else(|| codec::unreadable(key, "no key of the due index"))?;
        codec::decode::<Entry>(key, value)?;
        match self.lanes.get(lane).map(|(kept, _)| *kept) {
            Some(kept) => self.problem(Problem::SecondEntry { lane: lane.to_owned(), kept, due }),
            None => drop(self.lanes.insert(lane.to_owned(), (due, false))),
        }
        Ok(())
    }

    async fn item(&mut self, key: &Key, value: &Bytes, acts: &mut Vec<(ActId, Key)>) -> Result<(), BoxError> {
        let (lane, _) = keys::item_of(key).ok_or_else(|| codec::unreadable(key, "no key of an item"))?;
        let row: Result<ItemRow, BoxError> = codec::decode(key, value);
        if self.last_lane != lane {
            self.last_lane = lane.to_owned();
            match self.lanes.get_mut(lane) {
                Some((_, has_items)) => *has_items = true,
                None => {
                    let due = row.as_ref().map_or(0, |row| row.at);
                    self.problem(Problem::NoEntry { lane: lane.to_owned(), due });
                }
            }
        }
        let row = row?;
        self.judged(key, self.owner.item(lane, &row.data), acts).await?;
        if !TASKS.contains(&keys::lane_kind(lane)) {
            return Ok(());
        }
        let task = Task::from_value(&row.data).map_err(|e| codec::unreadable(key, &e.to_string()))?;
        let named = match task {
            Task::Delivery { act, .. } | Task::Fanout { act, .. } => Some(act),
            Task::Near { message: Message { what: What::Act { id, .. }, .. }, .. } => Some(id),
            Task::Near { .. } | Task::Remind { .. } | Task::Job { .. } | Task::Seek { .. } => None,
        };
        acts.extend(named.map(|act| (act, key.clone())));
        Ok(())
    }

    fn piece(&mut self, key: &Key, value: &Bytes) {
        let belongs = match keys::whole_of(key) {
            Some((whole, None)) => {
                self.named.insert(whole.to_vec());
                self.split.get(whole).is_some_and(|count| value.as_ref() == [*count])
            }
            Some((whole, Some(number))) => self.split.get(whole).is_some_and(|count| number < *count),
            None => false,
        };
        if !belongs {
            self.problem(Problem::StrayPiece { key: key.clone() });
        }
    }

    /// Looks for the acts named by the rows of a page.
    async fn acts(&mut self, named: Vec<(ActId, Key)>) -> Result<(), BoxError> {
        let queries: Vec<Query> = named.iter().map(|(act, _)| Query::Get(keys::act(act))).collect();
        let answers = self.boxes.shared.store.read(queries).await.map_err(read_error)?;
        for ((act, named_by), found) in named.into_iter().zip(answers) {
            if found.is_empty() {
                self.problem(Problem::MissingAct { act, named_by });
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        for (lane, (due, has_items)) in std::mem::take(&mut self.lanes) {
            if !has_items {
                self.problem(Problem::NoItems { lane, due });
            }
        }
        for key in std::mem::take(&mut self.split).into_keys() {
            if !self.named.contains(&key) {
                let why = "a large value that the index of large values does not name";
                let BoxError::Unreadable(why) = codec::unreadable(&key, why) else { continue };
                self.problem(Problem::Unreadable { key, why });
            }
        }
    }
}

fn table_row<K, V>(table: &Rows<K, V>, key: &[u8], bytes: &[u8]) -> Result<V, BoxError>
where
    K: pritchel_actor::RowKey,
    V: Serialize + DeserializeOwned,
{
    table.read(bytes).map_err(|halt| match halt {
        Halt::Broken(why) => codec::unreadable(key, &why),
        other => codec::unreadable(key, &format!("{other:?}")),
    })
}
