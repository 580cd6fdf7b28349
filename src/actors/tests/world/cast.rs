//! People and resources of the world, and what they do, in words.

use super::{World, host};
use pritchel_actor::errbox::{Ended, InboxItem};
use pritchel_actor::{ActId, ActorId, Outcome, Refusal, Value};
use pritchel_actors::access::Role;
use pritchel_actors::domain::Register;
use pritchel_actors::person::rows::{Sent, SentState};
use pritchel_actors::person::view::{PermitFor, ViewInbox, ViewSent};
use pritchel_actors::person::{Person, Publish};
use pritchel_actors::{Domain, client};
use serde_json::json;

/// A person in a world.
#[derive(Clone)]
pub struct Somebody {
    /// The world.
    pub world: World,
    /// Who.
    pub id: ActorId,
}

impl std::ops::Deref for Somebody {
    type Target = ActorId;
    fn deref(&self) -> &ActorId {
        &self.id
    }
}

impl World {
    /// A person of this host.
    pub fn person(&self, host: &str, name: &str) -> Somebody {
        let domain = self.server(host);
        let register = Register::by_operator(name, None, false);
        let id = done(self.call::<Domain>(&domain, &domain, register));
        let id = ActorId::new(id.as_str().unwrap());
        self.name(&id, name);
        Somebody { world: self.clone(), id }
    }

    /// A factory made by `owner`, on the owner's own host.
    pub fn factory(&self, owner: &Somebody, name: &str) -> ActorId {
        let domain = self.server(host(&owner.id));
        let create = owner.posts(client::open_factory(&domain, name));
        self.settle();
        self.made(owner, &create, name)
    }

    /// A repository made by `owner` through a factory.
    pub fn repository(&self, owner: &Somebody, factory: &ActorId, name: &str) -> ActorId {
        self.make(owner, factory, "Repository", name)
    }

    /// A tracker made by `owner` through a factory.
    pub fn tracker(&self, owner: &Somebody, factory: &ActorId, name: &str) -> ActorId {
        self.make(owner, factory, "TicketTracker", name)
    }

    /// A resource of this kind made by `owner` through a factory.
    pub fn make(&self, owner: &Somebody, factory: &ActorId, kind: &str, name: &str) -> ActorId {
        let create = owner.posts(client::create(factory, kind, name, None, &owner.permit(factory)));
        self.settle();
        self.made(owner, &create, name)
    }

    fn made(&self, owner: &Somebody, create: &ActId, name: &str) -> ActorId {
        match owner.sent(create).state {
            SentState::Done { result: Some(made), .. } => {
                let made = ActorId::new(made);
                self.name(&made, name);
                made
            }
            other => panic!("{name} was not made: {other:?}"),
        }
    }
}

impl Somebody {
    /// Posts an activity; it is in the outbox when this returns, and nothing has been carried yet.
    pub fn posts(&self, activity: Value) -> ActId {
        ActId::new(
            done(self.world.call::<Person>(&self.id, &self.id, Publish { document: activity })).as_str().unwrap(),
        )
    }

    /// The same, then everything runs until nothing moves.
    pub fn does(&self, activity: Value) -> ActId {
        let act = self.posts(activity);
        self.world.settle();
        act
    }

    /// Why the person's own server refuses to publish this.
    pub fn cannot_post(&self, activity: Value) -> Refusal {
        match self.world.call::<Person>(&self.id, &self.id, Publish { document: activity }) {
            Outcome::Refused(why) => why,
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    /// What became of something posted.
    pub fn sent(&self, act: &ActId) -> Sent {
        let view = ViewSent { viewer: Some(self.id.clone()), act: act.clone() };
        self.world.see::<Person, _>(&self.id, &view).unwrap().unwrap_or_else(|| panic!("{act} was not sent"))
    }

    /// The result of something that was done.
    pub fn result(&self, act: &ActId) -> String {
        match self.sent(act).state {
            SentState::Done { result: Some(result), .. } => result,
            other => panic!("{act} has no result: {other:?}"),
        }
    }

    /// Why something posted was refused: its code and step as the other side told them.
    pub fn refused(&self, act: &ActId) -> String {
        match self.sent(act).state {
            SentState::Refused { why } => why.code,
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    /// The best live Grant the person holds on a resource.
    pub fn permit(&self, resource: &ActorId) -> ActId {
        self.may(resource).unwrap_or_else(|| panic!("{} holds no Grant on {resource}", self.id)).0
    }

    /// The best live Grant the person holds on a resource, if any.
    pub fn may(&self, resource: &ActorId) -> Option<(ActId, Role)> {
        let view = PermitFor { viewer: Some(self.id.clone()), resource: resource.clone() };
        let held = self.world.see::<Person, _>(&self.id, &view).unwrap();
        held.map(|(grant, permit)| (grant, permit.role))
    }

    /// The person's inbox, oldest first.
    pub fn inbox(&self) -> Vec<InboxItem> {
        let view = ViewInbox { viewer: Some(self.id.clone()), before: None, limit: 500 };
        let mut items: Vec<InboxItem> =
            self.world.see::<Person, _>(&self.id, &view).unwrap().1.into_iter().map(|(_, item)| item).collect();
        items.reverse();
        items
    }

    /// The types of what came to the inbox, oldest first.
    pub fn heard(&self) -> Vec<String> {
        let items = self.inbox();
        let inner = self.world.0.borrow();
        let boxes = &inner.servers[host(&self.id)].boxes;
        items.iter().map(|item| boxes.act(&item.act).unwrap().body["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Gives `who` a role on a resource that this person administers: invites, and the other accepts.
    pub fn lets_in(&self, who: &Somebody, resource: &ActorId, role: &str) -> ActId {
        let invite = self.does(client::invite(resource, &who.id, role, &self.permit(resource)));
        who.does(client::accept(&invite, &[resource]));
        invite
    }
}

impl World {
    /// How the act ended at an actor: `done`, `noted`, `settled`, or the code (and step) of a refusal.
    pub fn ended(&self, actor: &ActorId, act: &ActId) -> String {
        let rows = self.rows(actor.as_str(), "~inbox");
        let item = rows.into_iter().map(|(_, item)| serde_json::from_value::<InboxItem>(item).unwrap());
        let item = item.rev().find(|item| item.act == *act);
        match item.map(|item| item.ended) {
            None => "not seen".to_owned(),
            Some(Ended::Done { .. }) => "done".to_owned(),
            Some(Ended::Noted) => "noted".to_owned(),
            Some(Ended::Settled) => "settled".to_owned(),
            Some(Ended::Unsupported { why }) => format!("unsupported: {why}"),
            Some(Ended::Quarantined { why }) => panic!("{act} was quarantined: {why}"),
            Some(Ended::Refused { why, .. }) => match why.step {
                Some(step) => format!("{} at step {step}", why.code),
                None => why.code,
            },
        }
    }

    /// Why an actor refused the act, as its errbox shows it.
    pub fn why(&self, actor: &ActorId, act: &ActId) -> String {
        let rows = self.rows(actor.as_str(), "~inbox");
        let items = rows.into_iter().map(|(_, item)| serde_json::from_value::<InboxItem>(item).unwrap());
        match items.rev().find(|item| item.act == *act).map(|item| item.ended) {
            Some(Ended::Refused { why, .. }) => why.summary,
            other => panic!("expected a refusal of {act}, found {other:?}"),
        }
    }

    /// The typed call the gate made of an act at an actor.
    pub fn call_of(&self, actor: &ActorId, act: &ActId) -> Value {
        let rows = self.rows(actor.as_str(), "~inbox");
        let items = rows.into_iter().map(|(_, item)| serde_json::from_value::<InboxItem>(item).unwrap());
        items.rev().find(|item| item.act == *act).and_then(|item| item.call).unwrap_or(json!(null))
    }
}

/// The answer of a call that must succeed.
pub fn done(outcome: Outcome<Value>) -> Value {
    match outcome {
        Outcome::Done(answer) => answer,
        other => panic!("expected it done, found {other:?}"),
    }
}
