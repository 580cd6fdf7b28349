//! What is off in the rows that the store keeps for this room: what is remembered of other servers and their actors, deliveries
//! that were not taken, the sealed keys of our actors, and the lanes of what goes out. Asked by a walk of the whole store.

use pritchel_actor::{ActId, ActorId, Value};
use pritchel_box_store::check::{Names, Owner};
use pritchel_box_store::keys::{lane_kind, part};
use pritchel_box_store::work::Task;
use pritchel_vocab::Uri;

use crate::hosts::origin_of;
use crate::keys::sealed::unseal;
use crate::lanes::back_off;
use crate::lanes::delivery::UNDELIVERED;
use crate::origins::{ORIGIN, OriginRecord};
use crate::receive::refusals::{REFUSED, RefusedDelivery};
use crate::receive::routes::FOLLOWS;
use crate::remote::record::Record;
use crate::remote::{REMOTE_ACTOR, REMOTE_KEY};

/// Version of all records written here.
const VERSION: u64 = 1;
/// Kinds of lanes whose items are done inside the store.
const INSIDE: [&str; 3] = ["fanout", "near", "remind"];

/// This room, as the owner of its rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliverRows;

impl Owner for DeliverRows {
    fn record(&self, kind: &str, key: &str, value: &Value) -> Result<Names, String> {
        match value["v"].as_u64() {
            Some(VERSION) => {}
            found => return Err(format!("expected a record of version {VERSION}, found {found:?}")),
        }
        match kind {
            REMOTE_ACTOR => remote_actor(key, value),
            REMOTE_KEY => remote_key(key, value),
            ORIGIN => origin(key, value),
            UNDELIVERED => undelivered(key, value),
            REFUSED => refused(key, value),
            FOLLOWS => follows(key),
            other => Err(format!("nobody keeps records of the kind {other:?}")),
        }
    }

    /// Both keys are parsed: a pair that does not belong together cannot sign.
    fn secret(&self, name: &str, secret: &[u8]) -> Result<Names, String> {
        let actor = ActorId::new(name);
        unseal(&actor, secret).map_err(|why| why.to_string())?;
        Ok(Names::actor(actor))
    }

    fn item(&self, lane: &str, data: &Value) -> Result<Names, String> {
        let (kind, rest) = (lane_kind(lane), lane.split_once('/').map_or("", |(_, rest)| rest));
        if INSIDE.contains(&kind) {
            return Ok(Names::none());
        }
        let task = Task::from_value(data).map_err(|why| why.to_string())?;
        let leads = |to: &str, other: &str| {
            let mut parts = rest.split('\0');
            let fits = parts.next() == Some(&*part(to)) && parts.next() == Some(&*part(other));
            if fits { Ok(()) } else { Err(format!("a task for {to:?} and {other:?} lies in another lane")) }
        };
        match (kind, task) {
            ("delivery", Task::Delivery { sender, to, .. }) => {
                leads(&origin_of(to.as_str()), sender.as_str())?;
                back_off::check(data)?;
                // The act is looked for by the store, as it is of every task that names one.
                Ok(Names::actor(sender))
            }
            ("seek", Task::Seek { actor, act }) => {
                leads(&origin_of(act.as_str()), act.as_str())?;
                Ok(Names::actor(actor))
            }
            ("job", Task::Job { actor, .. }) => Ok(Names::actor(actor)),
            ("delivery" | "seek" | "job", _) => Err(format!("a lane of the kind {kind:?} holds another task")),
            _ => Err(format!("nobody works on lanes of the kind {kind:?}")),
        }
    }
}

fn remote_actor(key: &str, value: &Value) -> Result<Names, String> {
    let address = || Uri::parse(key).map(drop).map_err(|why| format!("the record of {key:?}: {why}"));
    if !value["gone"].is_null() {
        let sound = value["gone"].is_i64() && matches!(value["status"].as_u64(), Some(404 | 410));
        return if sound { address().map(|()| Names::none()) } else { Err("expected when it was gone".to_owned()) };
    }
    match Record::read(value.clone()) {
        Some(actor) if actor.id.as_str() == key => address().map(|()| Names::none()),
        Some(actor) => Err(format!("the record of {key:?} is one of {}", actor.id)),
        None => Err("expected an actor of another server".to_owned()),
    }
}

fn remote_key(key: &str, value: &Value) -> Result<Names, String> {
    let owner = value["owner"].as_str().ok_or("expected the owner of a key")?;
    if origin_of(owner) == origin_of(key) {
        Ok(Names::none())
    } else {
        Err(format!("the key {key:?} is said to be of {owner:?}, on another server"))
    }
}

fn origin(key: &str, value: &Value) -> Result<Names, String> {
    serde_json::from_value::<OriginRecord>(value.clone()).map_err(|why| why.to_string())?;
    if origin_of(key) == key { Ok(Names::none()) } else { Err(format!("expected scheme and host, found {key:?}")) }
}

fn undelivered(key: &str, value: &Value) -> Result<Names, String> {
    let (act, to) = two(key)?;
    if value["to"].as_str() != Some(to) || !value["at"].is_i64() || !value["why"].is_string() {
        return Err(format!("expected when and why the delivery to {to:?} was given up"));
    }
    Ok(Names::act(ActId::new(act)))
}

fn refused(key: &str, value: &Value) -> Result<Names, String> {
    serde_json::from_value::<RefusedDelivery>(value.clone()).map_err(|why| why.to_string())?;
    let (owner, place) = two(key)?;
    place.parse::<usize>().map_err(|_| format!("expected a place in a ring, found {place:?}"))?;
    Ok(Names::actor(ActorId::new(owner)))
}

fn follows(key: &str) -> Result<Names, String> {
    let (_, follower) = two(key)?;
    Ok(Names::actor(ActorId::new(follower)))
}

/// The two parts of a key.
fn two(key: &str) -> Result<(&str, &str), String> {
    key.split_once(' ').ok_or_else(|| format!("expected two parts with a blank between them, found {key:?}"))
}

#[cfg(test)]
mod tests;
