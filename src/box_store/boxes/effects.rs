//! A turn as a batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use pritchel_actor::message::{Due, Message, What};
use pritchel_actor::{Act, ActId, ActorId, Audience, BoxError, Effect, Left, Seconds, Stored, TurnRecord};

use super::inside::{Draft, Inside, Pending, Shared, Step};
use super::{BoxStore, codec};
use crate::contract::Op;
use crate::keys;
use crate::limits::DIRECT_OPS_MAX;
use crate::work::{Task, Tell, lane};

/// What is known before the lock is taken: the bytes of state and acts.
struct Prepared {
    state: Vec<u8>,
    acts: Vec<Vec<u8>>,
}

/// Whose turn, and when.
struct Of<'t> {
    me: &'t ActorId,
    at: Seconds,
}

impl BoxStore {
    /// Hands a turn over. It has its place in the order when this returns.
    pub(super) fn submit_turn(&self, record: TurnRecord) -> Result<(Pending, Left), BoxError> {
        let prepared = prepare(&record)?;
        let (pending, left, ()) = self.shared.submit(|shared, inside, draft| {
            let Prepared { state, acts } = prepared;
            let turn = record.stored.header.turn;
            let before = turn.checked_sub(1).ok_or(BoxError::Overtaken { actor: record.actor.clone() })?;
            let key = keys::turn(&record.actor);
            draft.require.push((key.clone(), Some(before.to_string().into())));
            draft.ops.push(Op::put(key, turn.to_string()));
            inside.put(draft, keys::state(&record.actor), state)?;
            for row in &record.rows {
                let key = keys::row(&record.actor, &row.table, &row.key);
                match &row.bytes {
                    Some(bytes) => inside.put(draft, key, row_value(&row.key, bytes))?,
                    None => inside.delete(draft, key),
                }
            }
            if let Some(arrival) = record.consumed {
                inside.take_mail(draft, &record.actor, arrival);
            }
            let of = Of { me: &record.actor, at: record.at };
            let mut acts = acts.into_iter();
            for effect in record.effects {
                cause(shared, inside, draft, &of, effect, &mut acts)?;
            }
            Ok(())
        })?;
        Ok((pending, left))
    }
}

fn prepare(record: &TurnRecord) -> Result<Prepared, BoxError> {
    let mut acts = Vec::new();
    for effect in &record.effects {
        if let Effect::Publish { act, .. } = effect {
            acts.push(codec::encode_act(act)?);
        }
    }
    let state = codec::encode_sized(&record.stored, record.stored.state.as_str().len())?;
    Ok(Prepared { state, acts })
}

/// A row as it is stored: with its key before it, if that does not fit the store's.
pub(super) fn row_value(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    if !keys::is_cut(key) {
        return bytes.to_vec();
    }
    let mut value = (key.len() as u32).to_be_bytes().to_vec();
    value.extend_from_slice(key);
    value.extend_from_slice(bytes);
    value
}

fn cause(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    of: &Of<'_>,
    effect: Effect,
    acts: &mut impl Iterator<Item = Vec<u8>>,
) -> Result<(), BoxError> {
    match effect {
        Effect::Publish { act, audience, .. } => {
            let bytes = acts.next().ok_or_else(|| BoxError::Failed("an act without its bytes".to_owned()))?;
            publish(shared, inside, draft, of, (act, bytes), audience)
        }
        Effect::Forward { act, audience, author } => spread(shared, inside, draft, of, (act, author), audience),
        Effect::Send { to, message } => send(shared, inside, draft, of, to, message),
        Effect::Launch { id, state } => launch(shared, inside, draft, &id, &state),
        Effect::Remind { at, due } => {
            let name = lane("remind", &[of.me.as_str(), &due_text(&due)]);
            draft.remind_at = Some(draft.remind_at.map_or(at, |earliest| earliest.min(at)));
            inside.task(draft, name, at, &Task::Remind { actor: of.me.clone(), due })
        }
        Effect::Job { promise, kind, args } => {
            let name = lane("job", &[of.me.as_str(), &promise.0]);
            inside.task(draft, name, of.at, &Task::Job { actor: of.me.clone(), promise, job: kind, args })
        }
        Effect::Directory { kind, key, value } => crate::directory::put_directory(inside, draft, kind, &key, value),
        Effect::Seek { act } => {
            let origin = shared.addresses.origin(&ActorId::new(act.as_str()));
            let name = lane("seek", &[&origin, act.as_str()]);
            inside.task(draft, name, of.at, &Task::Seek { actor: of.me.clone(), act })
        }
    }
}

fn publish(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    of: &Of<'_>,
    (act, bytes): (Arc<Act>, Vec<u8>),
    audience: Audience,
) -> Result<(), BoxError> {
    inside.put(draft, keys::act(&act.id), bytes)?;
    draft.trail.push(Step::Act(act.clone()));
    spread(shared, inside, draft, of, (act.id.clone(), act.author.clone()), audience)
}

/// Tells an act to its audience: those named at once, as far as they fit the batch, groups by a fan-out.
fn spread(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    of: &Of<'_>,
    (act, author): (ActId, ActorId),
    audience: Audience,
) -> Result<(), BoxError> {
    let mut named: BTreeSet<ActorId> = audience.to.into_iter().collect();
    named.remove(of.me);
    named.remove(&author);
    let (mut told, mut later) = (Vec::new(), Vec::new());
    for to in named {
        if draft.ops.len() >= DIRECT_OPS_MAX {
            later.push(to);
            continue;
        }
        let tell = Tell { act: act.clone(), author: author.clone(), sender: of.me.clone(), to: to.clone(), at: of.at };
        inside.tell(shared.addresses.as_ref(), draft, tell)?;
        told.push(to);
    }
    if later.is_empty() && audience.groups.is_empty() {
        return Ok(());
    }
    let except = if audience.groups.is_empty() { Vec::new() } else { told };
    let sender = of.me.clone();
    let task = Task::Fanout { act, author, sender, to: later, groups: audience.groups, except, cursor: None };
    inside.task(draft, lane("fanout", &[of.me.as_str()]), of.at, &task)
}

fn send(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    of: &Of<'_>,
    to: ActorId,
    message: Message,
) -> Result<(), BoxError> {
    if shared.addresses.is_near(&to) && keys::is_address(&to) {
        return inside.send(draft, &to, message);
    }
    // Only an act reaches a far actor. Whoever waits for an answer is told at once that there will be none.
    tracing::error!(actor = %of.me, to = %to, "A private message of `{}` to `{to}`, which is far, was not sent", of.me);
    match message.what {
        What::Call { .. } => match message.sent_back(&to, of.at) {
            Some(back) => inside.mail(draft, of.me, Arc::new(back)),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn launch(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    id: &ActorId,
    stored: &Stored,
) -> Result<(), BoxError> {
    if !shared.addresses.is_near(id) || !keys::is_address(id) {
        return Err(BoxError::Failed(format!(
            "an actor cannot be launched at `{id}`, which is no address of this node"
        )));
    }
    // An actor that has ended keeps its row, so that its address is never used again.
    draft.require.push((keys::turn(id), None));
    draft.ops.push(Op::put(keys::turn(id), stored.header.turn.to_string()));
    inside.put(draft, keys::state(id), codec::encode(stored)?)
}

/// Adds an actor to a batch that is no turn's.
pub(super) fn plant(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    id: &ActorId,
    stored: &Stored,
) -> Result<(), BoxError> {
    launch(shared, inside, draft, id, stored)
}

fn due_text(due: &Due) -> String {
    match due {
        Due::Timer(id) => format!("timer {}", id.0),
        Due::Overdue(promise) => format!("overdue {}", promise.0),
        Due::Early(act) => format!("early {act}"),
    }
}
