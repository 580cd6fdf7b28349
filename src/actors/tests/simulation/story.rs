//! What people of a simulation do: whatever comes to their minds, with authority, without it, and with that of others.

use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::client;
use std::collections::{BTreeMap, BTreeSet};

/// Everything anybody has seen of Grants and invitations: people also try what is not theirs, or no more.
#[derive(Default)]
pub struct Gossip {
    /// Grants.
    pub grants: BTreeSet<ActId>,
    invites: Vec<ActId>,
    /// By whom, and the last `Follow`.
    pub follows: BTreeMap<ActorId, ActId>,
}

impl Gossip {
    /// Takes note of what somebody published.
    pub fn hear(&mut self, who: &ActorId, kind: &str, act: ActId) {
        match kind {
            "Invite" => self.invites.push(act),
            "Follow" => drop(self.follows.insert(who.clone(), act)),
            _ => {}
        }
    }
}

/// Who is about to do something, and with whom.
pub struct Whim<'w> {
    /// The tracker that all of it is about.
    pub tracker: &'w ActorId,
    /// Who.
    pub who: &'w ActorId,
    /// Everybody; the first owns the tracker and does not leave it.
    pub people: [&'w ActorId; 3],
    /// The best Grant that this person holds.
    pub own: Option<ActId>,
}

impl Whim<'_> {
    /// What the person does now.
    /// - `draw`: a number below its argument
    pub fn activity(self, gossip: &mut Gossip, mut draw: impl FnMut(u64) -> u64) -> Value {
        let Self { tracker, who, people, own } = self;
        gossip.grants.extend(own.clone());
        let grants: Vec<&ActId> = gossip.grants.iter().collect();
        let capability = match draw(4) {
            0 => None,
            1 => grants.get(draw(grants.len() as u64) as usize).map(|grant| (*grant).clone()),
            _ => own,
        };
        let ticket = format!("{tracker}/tickets/{}", draw(4) + 1);
        let other = people[draw(3) as usize];
        let role = ["report", "triage", "maintain", "admin"][draw(4) as usize];
        let with =
            |grant: &Option<ActId>| grant.clone().unwrap_or_else(|| ActId::new(format!("{tracker}/outbox/none")));
        match draw(12) {
            0 => client::follow(tracker),
            1 => match gossip.follows.get(who) {
                Some(follow) => client::unfollow(tracker, follow),
                None => client::follow(tracker),
            },
            2 => client::open_ticket(who, tracker, "Crash", "x", None),
            3 => client::comment(tracker, &ticket, None, "x", None),
            4 | 5 => client::invite(tracker, other, role, &with(&capability)),
            6 | 7 => match gossip.invites.get(draw(gossip.invites.len() as u64) as usize) {
                Some(invite) => client::accept(invite, &[tracker]),
                None => client::leave(tracker),
            },
            8 => client::remove(tracker, other, &with(&capability)),
            9 if draw(3) == 0 && who != people[0] => client::leave(tracker),
            9 | 10 => client::close(tracker, &ticket, capability.as_ref()),
            _ => client::reopen(tracker, &ticket, capability.as_ref()),
        }
    }
}
