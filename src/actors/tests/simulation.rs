//! Many runs of people who do what comes to their minds, on servers that lose, repeat, reorder and forget. After every step
//! an oracle, which knows nothing of how the tracker is written, says what may have happened; when the faults stop
//! everything comes to rest.
//!
//! `PRITCHEL_SEEDS` sets the number of runs, `PRITCHEL_SEED` the one to run. A failure prints its seed.

use crate::flows::{Cast, Place};
use crate::world::cast::Somebody;
use crate::world::{Faults, host};
use pritchel_actor::errbox::{Ended, INBOX, OUTBOX};
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, RowKey, Value, View};
use pritchel_actors::access::{COLLABORATORS, GRANTS, Role, Target};
use pritchel_actors::client;
use pritchel_actors::common::FOLLOWERS;
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::ticket_tracker::ticket::{COMMENTS, TICKETS};
use std::collections::{BTreeMap, BTreeSet};

/// What has been added to the tracker's boxes: acts with how they ended, and what was published because of them.
struct Since {
    inbox: u64,
    outbox: u64,
}

type News = (Vec<(u64, ActId, Ended)>, Vec<(u64, ActId, Option<ActId>)>);

impl View<TicketTracker> for Since {
    type Answer = News;
    fn look(&self, _: &TicketTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<News, Halt> {
        let after = |place: u64| place.checked_sub(1).map(|before| before.encode()).unwrap_or_default();
        let (inbox, outbox) = (after(self.inbox), after(self.outbox));
        let all = |after| Page { prefix: &[], after, limit: 500, newest_first: false };
        let inbox = INBOX.page(look, all(&inbox))?.into_iter().map(|(at, item)| (at, item.act, item.ended));
        let inbox = inbox.collect();
        let outbox = OUTBOX.page(look, all(&outbox))?.into_iter().map(|(at, item)| (at, item.act, item.cause));
        Ok((inbox, outbox.collect()))
    }
}

/// The tracker as it is.
#[derive(Debug, PartialEq)]
struct Shown {
    followers: BTreeSet<ActorId>,
    collaborators: BTreeMap<ActorId, Role>,
    active: BTreeMap<ActId, (ActorId, Role)>,
    open: BTreeMap<u64, bool>,
    comments: usize,
}

struct All;

impl View<TicketTracker> for All {
    type Answer = Shown;
    fn look(&self, tracker: &TicketTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Shown, Halt> {
        let page = Page::first(&[], 500);
        let open: BTreeMap<u64, bool> =
            TICKETS.page(look, page)?.into_iter().map(|(number, ticket)| (number, ticket.is_open())).collect();
        let count = |open_ones| open.values().filter(|open| **open == open_ones).count() as u64;
        assert_eq!((tracker.open, tracker.closed), (count(true), count(false)), "the counters count the rows");
        let followers: BTreeSet<ActorId> = FOLLOWERS.page(look, page)?.into_iter().map(|(who, _)| who).collect();
        assert_eq!(tracker.resource.followers, followers.len() as u64);
        let mut active = BTreeMap::new();
        for (id, issued) in GRANTS.page(look, page)?.into_iter().filter(|(_, issued)| issued.active) {
            if let Target::Actor(who) = issued.target {
                active.insert(id, (who, issued.role));
            }
        }
        let rows = COLLABORATORS.page(look, page)?;
        for (who, collaborator) in &rows {
            for grant in &collaborator.grants {
                assert_eq!(active.get(grant), Some(&(who.clone(), collaborator.role)), "a collaborator's Grants hold");
            }
        }
        assert_eq!(rows.iter().map(|(_, who)| who.grants.len()).sum::<usize>(), active.len(), "and nobody else's do");
        let collaborators = rows.into_iter().map(|(who, collaborator)| (who, collaborator.role)).collect();
        let comments = COMMENTS.page(look, page)?.len();
        Ok(Shown { followers, collaborators, active, open, comments })
    }
}

/// What may have happened, from the acts that came and what the tracker published, by rules as short as the specification's.
struct Oracle {
    tracker: ActorId,
    inbox: u64,
    outbox: u64,
    shown: Shown,
    invites: BTreeMap<ActId, (ActorId, Role)>,
    latest: BTreeMap<ActorId, ActId>,
}

impl Oracle {
    fn new(cast: &Cast) -> Self {
        let shown = cast.world.see::<TicketTracker, _>(&cast.tracker, &All).unwrap();
        let (inbox, outbox) =
            cast.world.see::<TicketTracker, _>(&cast.tracker, &Since { inbox: 0, outbox: 0 }).unwrap();
        let next = |places: Option<u64>| places.map_or(0, |last| last + 1);
        Self {
            tracker: cast.tracker.clone(),
            inbox: next(inbox.last().map(|item| item.0)),
            outbox: next(outbox.last().map(|item| item.0)),
            shown,
            invites: BTreeMap::new(),
            latest: BTreeMap::new(),
        }
    }

    /// Follows what has come since the last time.
    fn check(&mut self, cast: &Cast) {
        let since = Since { inbox: self.inbox, outbox: self.outbox };
        let (inbox, outbox) = cast.world.see::<TicketTracker, _>(&self.tracker, &since).unwrap();
        if inbox.is_empty() && outbox.is_empty() {
            return;
        }
        let body = |act: &ActId| {
            let inner = cast.world.0.borrow();
            inner.servers[host(&cast.tracker)].boxes.act(act).unwrap().body.clone()
        };
        for (place, act, ended) in inbox {
            let grants: Vec<(ActId, Value)> = outbox
                .iter()
                .filter(|(_, _, cause)| cause.as_ref() == Some(&act))
                .map(|(_, told, _)| (told.clone(), body(told).as_ref().clone()))
                .filter(|(_, told)| told["type"] == "Grant")
                .collect();
            let said = body(&act);
            let before = grants.len();
            let allowed = self.judge(&act, &said, &body, grants);
            match ended {
                Ended::Done { .. } => assert!(allowed, "done without authority: {said}"),
                Ended::Refused { why, .. } => assert!(!allowed && before == 0, "refused ({why}): {said}"),
                Ended::Noted => assert!(!allowed, "only noted: {said}"),
                other => panic!("{other:?}: {said}"),
            }
            self.inbox = place + 1;
        }
        self.outbox = outbox.last().map_or(self.outbox, |last| last.0 + 1);
        assert_eq!(cast.world.see::<TicketTracker, _>(&self.tracker, &All).unwrap(), self.shown);
    }

    fn may(&self, said: &Value, needed: Role) -> bool {
        match said["capability"].as_str() {
            None => needed <= Role::Report,
            Some(grant) => self
                .shown
                .active
                .get(&grant.into())
                .is_some_and(|(who, role)| who.as_str() == said["actor"].as_str().unwrap() && *role >= needed),
        }
    }

    /// Whether the act may have an effect; if so, the effect.
    fn judge(
        &mut self,
        act: &ActId,
        said: &Value,
        body: &impl Fn(&ActId) -> std::sync::Arc<Value>,
        grants: Vec<(ActId, Value)>,
    ) -> bool {
        let author = ActorId::from(said["actor"].as_str().unwrap());
        let ticket = |uri: &Value| uri.as_str().and_then(|uri| uri.rsplit('/').next()?.parse::<u64>().ok());
        match said["type"].as_str().unwrap() {
            "Follow" => self.shown.followers.insert(author),
            "Offer" => self.shown.open.insert(self.shown.open.len() as u64 + 1, true).is_none(),
            "Create" => {
                let known =
                    ticket(&said["object"]["context"]).is_some_and(|number| self.shown.open.contains_key(&number));
                self.shown.comments += usize::from(known);
                known
            }
            "Resolve" => self.turn(said, ticket(&said["object"]), true),
            "Undo" if said["object"].is_object() => self.turn(said, ticket(&said["object"]["object"]), false),
            "Undo" => {
                let undone = body(&ActId::from(said["object"].as_str().unwrap()));
                undone["type"] == "Follow" && self.shown.followers.remove(&author)
            }
            "Invite" => {
                let invitee = ActorId::from(said["object"].as_str().unwrap());
                let allowed = self.may(said, Role::Admin) && !self.shown.collaborators.contains_key(&invitee);
                if allowed {
                    let role = Role::from_word(said["instrument"].as_str().unwrap()).unwrap();
                    self.invites.insert(act.clone(), (invitee.clone(), role));
                    self.latest.insert(invitee, act.clone());
                }
                allowed
            }
            "Accept" => self.accept(&author, &ActId::from(said["object"].as_str().unwrap()), grants),
            "Remove" => {
                let who = ActorId::from(said["object"].as_str().unwrap());
                self.may(said, Role::Admin) && self.drop(&who)
            }
            "Leave" => self.drop(&author),
            _ => false,
        }
    }

    fn turn(&mut self, said: &Value, ticket: Option<u64>, from: bool) -> bool {
        let allowed = self.may(said, Role::Triage);
        match ticket.and_then(|number| self.shown.open.get_mut(&number)) {
            Some(open) if allowed && *open == from => {
                *open = !from;
                true
            }
            _ => false,
        }
    }

    fn accept(&mut self, author: &ActorId, invite: &ActId, grants: Vec<(ActId, Value)>) -> bool {
        let invited = self.invites.get(invite).filter(|(who, _)| who == author);
        let Some((who, role)) = invited.cloned() else { return false };
        if self.latest.get(&who) != Some(invite) || self.shown.collaborators.contains_key(&who) {
            return false;
        }
        self.latest.remove(&who);
        let [(id, grant)] = grants.as_slice() else { panic!("expected one Grant, found {grants:?}") };
        assert_eq!((grant["target"].as_str(), grant["object"].as_str()), (Some(who.as_str()), Some(role.as_str())));
        assert_eq!(grant["fulfills"].as_str(), Some(invite.as_str()));
        self.shown.active.insert(id.clone(), (who.clone(), role));
        self.shown.collaborators.insert(who, role);
        true
    }

    fn drop(&mut self, who: &ActorId) -> bool {
        self.shown.active.retain(|_, (holder, _)| holder != who);
        self.shown.collaborators.remove(who).is_some()
    }
}

/// Everything anybody has seen of Grants and invitations: people also try what is not theirs, or no more.
#[derive(Default)]
struct Gossip {
    grants: BTreeSet<ActId>,
    invites: Vec<ActId>,
    follows: BTreeMap<ActorId, ActId>,
}

fn somebody(cast: &Cast) -> &Somebody {
    [&cast.olga, &cast.alice, &cast.bob][cast.world.draw(3) as usize]
}

/// Somebody does something.
fn act(cast: &Cast, gossip: &mut Gossip) {
    let (who, world, tracker) = (somebody(cast), &cast.world, &cast.tracker);
    if let Some((grant, _)) = who.may(tracker) {
        gossip.grants.insert(grant);
    }
    let grants: Vec<&ActId> = gossip.grants.iter().collect();
    let own = who.may(tracker).map(|(grant, _)| grant);
    let capability = match world.draw(4) {
        0 => None,
        1 => grants.get(world.draw(grants.len() as u64) as usize).map(|grant| (*grant).clone()),
        _ => own,
    };
    let ticket = format!("{tracker}/tickets/{}", world.draw(4) + 1);
    let other = somebody(cast);
    let role = ["report", "triage", "maintain", "admin"][world.draw(4) as usize];
    let with = |grant: &Option<ActId>| grant.clone().unwrap_or_else(|| ActId::new(format!("{tracker}/outbox/none")));
    let document = match world.draw(12) {
        0 => client::follow(tracker),
        1 => match gossip.follows.get(&who.id) {
            Some(follow) => client::unfollow(tracker, follow),
            None => client::follow(tracker),
        },
        2 => client::open_ticket(who, tracker, "Crash", "x", None),
        3 => client::comment(tracker, &ticket, None, "x", None),
        4 | 5 => client::invite(tracker, other, role, &with(&capability)),
        6 | 7 => match gossip.invites.get(world.draw(gossip.invites.len() as u64) as usize) {
            Some(invite) => client::accept(invite, &[tracker]),
            None => client::leave(tracker),
        },
        8 => client::remove(tracker, other, &with(&capability)),
        9 if world.draw(3) == 0 && who.id != cast.olga.id => client::leave(tracker),
        9 | 10 => client::close(tracker, &ticket, capability.as_ref()),
        _ => client::reopen(tracker, &ticket, capability.as_ref()),
    };
    let kind = document["type"].as_str().unwrap().to_owned();
    let outcome =
        world.call::<pritchel_actors::Person>(&who.id, &who.id, pritchel_actors::person::Publish { document });
    // One's own server refuses to follow or to answer twice.
    let pritchel_actor::Outcome::Done(act) = outcome else { return };
    let act = ActId::from(act.as_str().unwrap());
    match kind.as_str() {
        "Invite" => gossip.invites.push(act),
        "Follow" => drop(gossip.follows.insert(who.id.clone(), act)),
        _ => {}
    }
}

fn run(seed: u64) {
    let place = [Place::Each, Place::Mixed, Place::One][(seed % 3) as usize];
    let cast = Cast::new(seed, place);
    let mut oracle = Oracle::new(&cast);
    let mut gossip = Gossip::default();
    let world = &cast.world;
    for server in world.0.borrow_mut().servers.values_mut() {
        server.skew = (seed % 7) as i64 * 100 - 300;
    }
    world.0.borrow_mut().faults = Faults { loss: 15, twice: 15, delay: 20, restart: 3 };
    world.0.borrow_mut().seeks = true;
    for _ in 0..30 {
        act(&cast, &mut gossip);
        oracle.check(&cast);
        for _ in 0..world.draw(20) {
            world.step();
            oracle.check(&cast);
        }
    }
    world.0.borrow_mut().faults = Faults::default();
    while world.step() {
        oracle.check(&cast);
    }
    rested(&cast, &oracle);
}

/// Nothing waits, whoever asked has an answer, and people hold the Grants that hold.
fn rested(cast: &Cast, oracle: &Oracle) {
    assert!(cast.world.0.borrow().servers.values().all(|server| server.boxes.with_mail().is_empty()));
    for who in [&cast.olga, &cast.alice, &cast.bob] {
        let sent = cast.world.rows(who.as_str(), "sent");
        let open: Vec<_> =
            sent.iter().filter(|(_, sent)| !sent["asked"].is_null() && sent["state"] == "sent").collect();
        assert!(open.is_empty(), "never answered: {open:?}");
        let held: BTreeSet<ActId> = cast
            .world
            .rows(who.as_str(), "permits")
            .into_iter()
            .filter(|(_, permit)| permit["live"] == true && permit["resource"] == cast.tracker.as_str())
            .map(|(grant, _)| ActId::from(grant.as_str()))
            .collect();
        let given = oracle.shown.active.iter().filter(|(_, (holder, _))| *holder == who.id).map(|(id, _)| id.clone());
        assert_eq!(held, given.collect(), "{}", who.id);
    }
}

#[test]
fn nothing_happens_without_authority_and_all_comes_to_rest() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("PRITCHEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("PRITCHEL_SEEDS").unwrap_or(200),
    };
    for seed in seeds {
        let ran = std::panic::catch_unwind(|| run(seed));
        assert!(ran.is_ok(), "run this one alone with PRITCHEL_SEED={seed}");
    }
}
