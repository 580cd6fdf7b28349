//! What turns and views read, and the actor model's port.

use std::collections::HashMap;
use std::sync::Arc;

use pritchel_actor::message::{Arrival, Mail, Message, What};
use pritchel_actor::need::{PageWant, RowBytes};
use pritchel_actor::{
    Act, ActId, ActorId, BoxError, Boxes, Found, Later, Left, Need, Seconds, Stored, TurnRecord, Vacancy,
};

use super::mailboxes::Posted;
use super::{BoxStore, codec, turn_error};
use crate::contract::{Key, Query, Value, prefix_end};
use crate::keys;
use crate::limits::RANGE_ROWS_MAX;

impl BoxStore {
    /// The act with this id, if any actor of this node received or published it.
    pub async fn act(&self, id: &ActId) -> Result<Option<Arc<Act>>, BoxError> {
        Ok(self.acts(std::slice::from_ref(id)).await?.remove(id))
    }

    /// Those of these acts that are known.
    pub async fn acts(&self, ids: &[ActId]) -> Result<HashMap<ActId, Arc<Act>>, BoxError> {
        let mut known = HashMap::new();
        let mut wanted = Vec::new();
        {
            let mut cache = self.shared.acts();
            for id in ids {
                match cache.get(id) {
                    Some(act) => drop(known.insert(id.clone(), act)),
                    None => wanted.push(id.clone()),
                }
            }
        }
        let keys: Vec<Key> = wanted.iter().map(keys::act).collect();
        for (key, value) in keys.iter().zip(self.shared.whole.get(keys.clone()).await?) {
            if let Some(value) = value {
                let act = Arc::new(codec::decode_act(key, &value)?);
                // Others may have read it meanwhile; all its receivers are to share one.
                let mut cache = self.shared.acts();
                let act = cache.get(&act.id).unwrap_or_else(|| {
                    cache.put(act.clone());
                    act
                });
                known.insert(act.id.clone(), act);
            }
        }
        Ok(known)
    }

    async fn stored(&self, actor: &ActorId) -> Result<Option<Stored>, BoxError> {
        if !keys::is_address(actor) {
            return Ok(None);
        }
        let key = keys::state(actor);
        let value = self.shared.whole.one(key.clone()).await?;
        value.map(|value| codec::decode(&key, &value)).transpose()
    }

    async fn found(&self, actor: &ActorId, needs: Vec<Need>) -> Result<Found, BoxError> {
        let mut found = Found::default();
        let (mut rows, mut acts) = (Vec::new(), Vec::new());
        for need in needs {
            match need {
                Need::Row { table, key } => rows.push((table, key)),
                Need::Act(id) => acts.push(id),
                Need::Page(want) => {
                    let page = self.page(actor, &want).await?;
                    found.page(want, page);
                }
                Need::Vacancy(address) => {
                    let vacancy = self.vacancy(&address).await?;
                    found.vacancy(address, vacancy);
                }
                Need::Document(_) | Need::Alive { .. } => {}
            }
        }
        let keys: Vec<Key> = rows.iter().map(|(table, key)| keys::row(actor, table, key)).collect();
        for (((table, key), stored), value) in
            rows.into_iter().zip(&keys).zip(self.shared.whole.get(keys.clone()).await?)
        {
            let bytes =
                value.map(|value| Ok::<_, BoxError>(unwrap_row(stored, actor, &table, value)?.1)).transpose()?;
            found.row(&table, key, bytes);
        }
        let mut known = self.acts(&acts).await?;
        for id in acts {
            let act = known.remove(&id);
            found.act(id, act);
        }
        Ok(found)
    }

    async fn vacancy(&self, address: &ActorId) -> Result<Vacancy, BoxError> {
        if !self.shared.addresses.is_near(address) || !keys::is_address(address) {
            return Ok(Vacancy::Elsewhere);
        }
        let turn = self.shared.whole.one(keys::turn(address)).await?;
        Ok(turn.map_or(Vacancy::Free, |_| Vacancy::Taken))
    }

    /// A page of an actor's rows. Rows whose keys are longer than the store's come in the order of the beginnings of their
    /// keys.
    pub(crate) async fn page(&self, actor: &ActorId, want: &PageWant) -> Result<Vec<(Vec<u8>, RowBytes)>, BoxError> {
        let table = keys::table(actor, &want.table);
        let prefix = [&table, keys::tail_prefix(&want.prefix)].concat();
        let (mut from, mut to) = (prefix.clone(), prefix_end(&prefix));
        if !want.after.is_empty() {
            let after = keys::row(actor, &want.table, &want.after);
            if want.newest_first { to = to.min(after) } else { from = from.max(next_key(&after)) }
        }
        let mut page = Vec::new();
        while page.len() < want.limit {
            let limit = (want.limit - page.len()).min(RANGE_ROWS_MAX);
            let query = Query::Range { from: from.clone(), to: to.clone(), limit, newest_first: want.newest_first };
            let rows = self.shared.whole.rows(query).await?;
            let Some((last, _)) = rows.last() else { break };
            if want.newest_first {
                to = last.clone()
            } else {
                from = next_key(last)
            }
            let more = rows.len() == limit;
            for (stored, value) in rows {
                let (key, bytes) = unwrap_row(&stored, actor, &want.table, value)?;
                if key.starts_with(&want.prefix) {
                    page.push((key, bytes));
                }
            }
            if !more {
                break;
            }
        }
        Ok(page)
    }

    async fn mail_after(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Result<Vec<Mail>, BoxError> {
        if !keys::is_address(actor) {
            return Ok(Vec::new());
        }
        let kept = || self.shared.lock().mailboxes.kept(actor, after, limit);
        let messages = match self.shared.exclusive.then(kept).flatten() {
            Some(messages) => messages,
            None => self.mail_rows(actor, after, limit).await?,
        };
        let act_of = |message: &Message| match &message.what {
            What::Act { id, .. } => Some(id.clone()),
            _ => None,
        };
        let ids: Vec<ActId> = messages.iter().filter_map(|(_, message)| act_of(message)).collect();
        let acts = self.acts(&ids).await?;
        let mail = messages.into_iter().map(|(arrival, message)| {
            let act = act_of(&message).and_then(|id| acts.get(&id).cloned());
            Mail { arrival, message, act }
        });
        Ok(mail.collect())
    }

    /// The same messages, as the store has them.
    async fn mail_rows(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Result<Vec<Posted>, BoxError> {
        let mut from = match after {
            None => keys::mailbox(actor),
            Some(after) => next_key(&keys::mail(actor, after)),
        };
        let to = prefix_end(&keys::mailbox(actor));
        let mut messages: Vec<Posted> = Vec::new();
        while messages.len() < limit {
            let limit = (limit - messages.len()).min(RANGE_ROWS_MAX);
            let query = Query::Range { from: from.clone(), to: to.clone(), limit, newest_first: false };
            let rows = self.shared.whole.rows(query).await?;
            for (key, value) in &rows {
                let (_, arrival) = keys::mail_of(key).ok_or_else(|| codec::unreadable(key, "no key of a message"))?;
                messages.push((arrival, Arc::new(codec::decode(key, value)?)));
            }
            match rows.last().filter(|_| rows.len() == limit) {
                Some((last, _)) => from = next_key(last),
                None => break,
            }
        }
        Ok(messages)
    }
}

/// The first key after this one.
pub(crate) fn next_key(key: &[u8]) -> Key {
    [key, &[0]].concat()
}

/// The key and the bytes of a row as its actor wrote them.
pub(crate) fn unwrap_row(
    stored: &[u8],
    actor: &ActorId,
    table: &str,
    value: Value,
) -> Result<(Vec<u8>, RowBytes), BoxError> {
    let tail = &stored[keys::table(actor, table).len()..];
    if !keys::is_cut(tail) {
        return Ok((tail.to_vec(), value.as_ref().into()));
    }
    let (len, rest) = value.split_first_chunk::<4>().ok_or_else(|| codec::unreadable(stored, "no key"))?;
    let (key, bytes) = rest
        .split_at_checked(u32::from_be_bytes(*len) as usize)
        .ok_or_else(|| codec::unreadable(stored, "a key cut short"))?;
    Ok((key.to_vec(), bytes.into()))
}

impl Boxes for BoxStore {
    fn open(&self, actor: &ActorId) -> Later<Result<Option<Stored>, BoxError>> {
        let (this, actor) = (self.clone(), actor.clone());
        Box::pin(async move { this.stored(&actor).await })
    }

    fn find(&self, actor: &ActorId, needs: Vec<Need>) -> Later<Result<Found, BoxError>> {
        let (this, actor) = (self.clone(), actor.clone());
        Box::pin(async move { this.found(&actor, needs).await })
    }

    fn mail(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Later<Result<Vec<Mail>, BoxError>> {
        let (this, actor) = (self.clone(), actor.clone());
        Box::pin(async move { this.mail_after(&actor, after, limit).await })
    }

    /// Requires that the actor's last turn is the one before this, and that there never was an actor where one is launched.
    fn commit(&self, record: TurnRecord) -> Later<Result<Left, BoxError>> {
        let me = record.actor.clone();
        match self.submit_turn(record) {
            Ok((pending, left)) => {
                Box::pin(async move { pending.await.map(|()| left).map_err(|error| turn_error(error, &me)) })
            }
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn send_back(&self, nobody: &ActorId, at: Seconds) -> Later<Result<Left, BoxError>> {
        let (this, nobody) = (self.clone(), nobody.clone());
        Box::pin(async move { this.return_mail(&nobody, at).await })
    }
}
