//! Whose mailboxes a delivery goes into: the owner of the inbox, or, from a shared inbox, all near actors it is addressed to
//! and the near followers of its author.
//!
//! Who of ours follows a far actor is remembered when the `Follow` is sent there, and forgotten when an `Undo` was taken: see
//! `sending` and `taken`.

use std::sync::Arc;

use pritchel_actor::{Act, ActId, ActorId, BoxError, Boxes, Clock};
use pritchel_actors::common::wire;
use pritchel_box_store::directory::RecordWrite;
use pritchel_box_store::{Addresses, BoxStore};
use pritchel_vocab::{Activity, ActivityType, Uri};
use serde_json::json;

use super::activity::{near_addressees, only_embedded, only_object};
use super::refusal::Refused;
use crate::hosts::Hosts;
use crate::limits::{ADDRESSEES_MAX, KNOWN_INBOXES_MAX};
use crate::recent::Recent;
use crate::remote::Remote;

/// The kind of the records of near followers. Key: the far actor, a blank, the follower.
pub const FOLLOWS: &str = "follows";

/// Finds receivers. Cheap to clone.
#[derive(Clone)]
pub struct Routes(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    hosts: Hosts,
    remote: Remote,
    clock: Arc<dyn Clock>,
    known: Recent<ActorId, bool>,
}

impl Routes {
    /// Routes over a store.
    pub fn new(boxes: BoxStore, hosts: Hosts, remote: Remote, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { boxes, hosts, remote, clock, known: Recent::new(KNOWN_INBOXES_MAX) }))
    }

    /// Whether there is such an actor here: an inbox of ours, and nobody who has ended.
    pub(super) async fn inbox(&self, owner: &ActorId) -> Result<(), Refused> {
        match self.is_there(owner).await {
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) => Err(Refused::new(410, "gone", format!("{owner} has ended"))),
            Ok(None) => Err(Refused::new(404, "no-such-inbox", format!("there is no actor {owner} on this node"))),
            Err(error) => Err(Refused::store(&error)),
        }
    }

    /// Whether an actor is there, and has not ended.
    async fn is_there(&self, owner: &ActorId) -> Result<Option<bool>, BoxError> {
        if !self.0.hosts.is_near(owner) {
            return Ok(None);
        }
        if let Some(alive) = self.0.known.get(owner) {
            return Ok(Some(alive));
        }
        let Some(stored) = self.0.boxes.open(owner).await? else { return Ok(None) };
        self.0.known.put(owner.clone(), !stored.header.ended);
        Ok(Some(!stored.header.ended))
    }

    /// All near receivers of an activity that came to a shared inbox.
    pub(super) async fn shared(&self, activity: &Activity) -> Result<Vec<ActorId>, Refused> {
        let addressed = near_addressees(activity, &self.0.hosts);
        if addressed.len() > ADDRESSEES_MAX {
            let found = addressed.len();
            let why = format!("expected at most {ADDRESSEES_MAX} addressees on this server, found {found}");
            return Err(Refused::new(400, "too-many-receivers", why));
        }
        let mut receivers = Vec::new();
        for actor in addressed {
            // Collections of ours may be among them: whoever keeps one has to forward it.
            if self.is_there(&actor).await.map_err(|error| Refused::store(&error))? == Some(true) {
                receivers.push(actor);
            }
        }
        let followers = self.followers(activity).await.map_err(|error| Refused::store(&error))?;
        for follower in followers {
            if receivers.len() < ADDRESSEES_MAX && !receivers.contains(&follower) {
                receivers.push(follower);
            }
        }
        Ok(receivers)
    }

    /// The near followers of its author, if it is addressed to them.
    async fn followers(&self, activity: &Activity) -> Result<Vec<ActorId>, BoxError> {
        let author = ActorId::new(activity.actor.as_str());
        let collection = self.0.remote.remembered(&author).await?.and_then(|actor| actor.followers.clone());
        let addressed = |collection: &Uri| activity.addressees().contains(&collection);
        if !collection.as_ref().is_some_and(addressed) {
            return Ok(Vec::new());
        }
        let prefix = format!("{author} ");
        let now = self.0.clock.now();
        let (rows, _) = self.0.boxes.records_page(FOLLOWS, &prefix, None, ADDRESSEES_MAX, now).await?;
        let mut followers = Vec::new();
        for (key, _) in rows {
            let follower = ActorId::from(&key[prefix.len()..]);
            if self.is_there(&follower).await? == Some(true) {
                followers.push(follower);
            }
        }
        Ok(followers)
    }

    /// To be called before an act of ours goes to a far actor: the author of a `Follow` counts as a follower from now on,
    /// since what is followed may be told at once.
    pub(crate) async fn sending(&self, act: &Act, to: &ActorId) -> Result<(), BoxError> {
        let follow = read(act, "Follow").and_then(|activity| only_object(&activity));
        match follow.filter(|followed| followed == to) {
            Some(followed) => {
                self.0.boxes.put_record(FOLLOWS, &key(&followed, &act.author), json!({"v": 1}), None).await
            }
            None => Ok(()),
        }
    }

    /// What is to be remembered once a far actor has taken an act of ours: the author of an `Undo` of a `Follow` no longer
    /// counts as a follower.
    pub(crate) async fn taken(&self, act: &Act) -> Result<Option<RecordWrite>, BoxError> {
        let Some(activity) = read(act, "Undo") else { return Ok(None) };
        let followed = self.undone_follow(&activity).await?;
        Ok(followed.map(|followed| RecordWrite {
            kind: FOLLOWS.to_owned(),
            key: key(&followed, &act.author),
            value: None,
            until: None,
        }))
    }

    /// Whom the `Follow` was about that an activity undoes.
    async fn undone_follow(&self, activity: &Activity) -> Result<Option<ActorId>, BoxError> {
        if let Some(object) = only_embedded(activity) {
            let followed = object.is("Follow").then(|| object.uri("object").ok().flatten()).flatten();
            return Ok(followed.map(|uri| ActorId::new(uri.as_str())));
        }
        let Some(id) = only_object(activity) else { return Ok(None) };
        let follow = self.0.boxes.act(&ActId::new(id.as_str())).await?;
        let follow = follow.as_deref().and_then(wire::read).filter(|activity| activity.kind == ActivityType::Follow);
        Ok(follow.as_deref().and_then(only_object))
    }
}

fn key(followed: &ActorId, follower: &ActorId) -> String {
    format!("{followed} {follower}")
}

/// The act as an activity, if it is of this type.
fn read(act: &Act, kind: &str) -> Option<Arc<Activity>> {
    // Asked first: nearly everything that is sent is of another type, and need not be read.
    let is_one = act.body.get("type").and_then(serde_json::Value::as_str) == Some(kind);
    is_one.then(|| wire::read(act)).flatten()
}
