//! Rows whose meaning is another room's: records, secrets and the items of lanes. Their owner says what is off in them; what
//! they name is looked for here.

use std::collections::BTreeMap;

use pritchel_actor::need::RowBytes;
use pritchel_actor::{ActId, ActorId, BoxError, Stored, Value};

use super::Problem;
use super::walk::Walk;
use crate::boxes::codec;
use crate::boxes::large::read_error;
use crate::contract::{Key, Query, Value as Bytes};
use crate::directory::{kept_of, unsealed};
use crate::keys::{self, Kind};
use crate::limits::ACTORS_ASKED_MAX;

/// Who knows what the rows say that this room only keeps for others.
///
/// An error says what is wrong with a row, in words; never a part of a secret.
pub trait Owner: Send + Sync {
    /// A record of the node.
    fn record(&self, kind: &str, key: &str, value: &Value) -> Result<Names, String>;
    /// A secret.
    fn secret(&self, name: &str, secret: &[u8]) -> Result<Names, String>;
    /// An item of a lane.
    fn item(&self, lane: &str, data: &Value) -> Result<Names, String>;
    /// The state of an actor: whether what it has elsewhere is there.
    fn state(&self, _actor: &ActorId, _stored: &Stored) -> Result<(), String> {
        Ok(())
    }
    /// A row of an actor of this kind: which other rows of that actor it means nothing without.
    fn row(&self, _kind: &str, _table: &str, _key: &[u8], _bytes: &RowBytes) -> Result<Vec<NamedRow>, String> {
        Ok(Vec::new())
    }
}

/// Rows of the same actor of which one has to be there, by their tables and keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRow {
    /// Any of them will do.
    pub any: Vec<(String, Vec<u8>)>,
    /// Whether it may be gone while the actor has mail: a message may be on its way to remove the row that names it, too.
    pub unless_mail: bool,
}

/// What a row names: without it the row means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Acts that lie in this store.
    pub acts: Vec<ActId>,
    /// Actors of this node.
    pub actors: Vec<ActorId>,
}

impl Names {
    /// Nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// An act of this store.
    pub fn act(id: ActId) -> Self {
        Self { acts: vec![id], actors: Vec::new() }
    }

    /// An actor of this node.
    pub fn actor(id: ActorId) -> Self {
        Self { acts: Vec::new(), actors: vec![id] }
    }
}

/// Takes everything as it is: for those who check this room's own rows only.
pub(super) struct Nobody;

impl Owner for Nobody {
    fn record(&self, _: &str, _: &str, _: &Value) -> Result<Names, String> {
        Ok(Names::none())
    }
    fn secret(&self, _: &str, _: &[u8]) -> Result<Names, String> {
        Ok(Names::none())
    }
    fn item(&self, _: &str, _: &Value) -> Result<Names, String> {
        Ok(Names::none())
    }
}

/// Actors that rows of others named, and whether they are there. Rows of one owner often name the same few.
pub(super) type Asked = BTreeMap<ActorId, bool>;

impl Walk<'_> {
    pub(super) async fn record(
        &mut self,
        key: &Key,
        value: &Bytes,
        acts: &mut Vec<(ActId, Key)>,
    ) -> Result<(), BoxError> {
        let kept = kept_of(key, value)?;
        let no_key = || codec::unreadable(key, "no key of a record");
        let rest = key.strip_prefix(keys::all(Kind::Record).as_slice()).ok_or_else(no_key)?;
        let at = rest.iter().position(|byte| *byte == 0).ok_or_else(no_key)?;
        let kind = std::str::from_utf8(&rest[..at]).map_err(|_| no_key())?;
        let tail = &rest[at + 1..];
        let name = match &kept.key {
            Some(whole) if keys::tail(whole.as_bytes()).as_ref() == tail => whole.as_str(),
            None if !keys::is_cut(tail) => std::str::from_utf8(tail).map_err(|_| no_key())?,
            _ => return Err(codec::unreadable(key, "the whole key beside the value is another")),
        };
        self.judged(key, self.owner.record(kind, name, &kept.value), acts).await
    }

    pub(super) async fn secret(
        &mut self,
        key: &Key,
        value: &Bytes,
        acts: &mut Vec<(ActId, Key)>,
    ) -> Result<(), BoxError> {
        let secret = unsealed(key, value)?;
        let name = key.strip_prefix(keys::all(Kind::Sealed).as_slice()).and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or_else(|| codec::unreadable(key, "no key of a secret"))?;
        self.judged(key, self.owner.secret(name, secret.expose()), acts).await
    }

    /// What an owner said of a row of its own.
    pub(super) async fn judged(
        &mut self,
        key: &Key,
        said: Result<Names, String>,
        acts: &mut Vec<(ActId, Key)>,
    ) -> Result<(), BoxError> {
        let names = match said {
            Ok(names) => names,
            Err(why) => {
                self.problem(Problem::Odd { key: key.clone(), why });
                return Ok(());
            }
        };
        acts.extend(names.acts.into_iter().map(|act| (act, key.clone())));
        for actor in names.actors {
            if !self.is_there(&actor).await? {
                self.problem(Problem::MissingActor { actor, named_by: key.clone() });
            }
        }
        Ok(())
    }

    /// What an owner said of a row of an actor: whether what it names is there.
    pub(super) async fn named(
        &mut self,
        key: &Key,
        (actor, table): (&ActorId, &str),
        (row, bytes): (&[u8], &RowBytes),
    ) -> Result<(), BoxError> {
        let kind = self.kind_of(actor).await?;
        let named = match self.owner.row(&kind, table, row, bytes) {
            Ok(named) => named,
            Err(why) => {
                self.problem(Problem::Odd { key: key.clone(), why });
                return Ok(());
            }
        };
        for NamedRow { any, unless_mail } in named {
            let queries = any.iter().map(|(table, row)| Query::Get(keys::row(actor, table, row))).collect();
            let found = self.boxes.shared.store.read(queries).await.map_err(read_error)?;
            if !found.concat().is_empty() || unless_mail && self.has_mail(actor).await? {
                continue;
            }
            if let Some((table, row)) = any.into_iter().next() {
                let missing = keys::row(actor, &table, &row);
                self.problem(Problem::MissingRow { missing, named_by: key.clone() });
            }
        }
        Ok(())
    }

    async fn has_mail(&self, actor: &ActorId) -> Result<bool, BoxError> {
        Ok(!self.boxes.shared.whole.rows(Query::prefix(&keys::mailbox(actor), 1)).await?.is_empty())
    }

    /// The kind of an actor; empty if it has no state that can be read, which is told elsewhere.
    async fn kind_of(&mut self, actor: &ActorId) -> Result<String, BoxError> {
        if let Some((_, kind)) = self.last_kind.as_ref().filter(|(last, _)| last == actor) {
            return Ok(kind.clone());
        }
        let key = keys::state(actor);
        let state = self.boxes.shared.whole.one(key.clone()).await?;
        let stored = state.and_then(|state| codec::decode::<Stored>(&key, &state).ok());
        let kind = stored.map(|stored| stored.kind).unwrap_or_default();
        self.last_kind = Some((actor.clone(), kind.clone()));
        Ok(kind)
    }

    async fn is_there(&mut self, actor: &ActorId) -> Result<bool, BoxError> {
        if let Some(there) = self.asked.get(actor) {
            return Ok(*there);
        }
        let there = self.boxes.shared.whole.one(keys::turn(actor)).await?.is_some();
        if self.asked.len() >= ACTORS_ASKED_MAX {
            self.asked.clear();
        }
        self.asked.insert(actor.clone(), there);
        Ok(there)
    }
}
