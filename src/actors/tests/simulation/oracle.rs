//! An oracle for one tracker: it knows nothing of how the tracker is written, follows what came and what was published because
//! of it, and says what may have happened. It is shared by the simulations of this room and of the lanes between servers.

use pritchel_actor::errbox::{Ended, INBOX, OUTBOX};
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, RowKey, Value, View};
use pritchel_actors::access::{COLLABORATORS, GRANTS, Role, Target};
use pritchel_actors::common::FOLLOWERS;
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::ticket_tracker::ticket::{COMMENTS, TICKETS};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How the oracle sees the tracker: as it is committed.
pub trait Eyes {
    /// Lets the tracker be looked at.
    fn see<V: View<TicketTracker>>(&self, view: &V) -> V::Answer;
    /// What an act says, if the tracker's server knows it.
    fn body(&self, act: &ActId) -> Option<Arc<Value>>;
}

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
pub struct Shown {
    /// Who follows it.
    pub followers: BTreeSet<ActorId>,
    collaborators: BTreeMap<ActorId, Role>,
    /// The Grants to people that hold.
    pub active: BTreeMap<ActId, (ActorId, Role)>,
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
pub struct Oracle {
    inbox: u64,
    outbox: u64,
    /// The tracker as it must be.
    pub shown: Shown,
    invites: BTreeMap<ActId, (ActorId, Role, Value)>,
    latest: BTreeMap<ActorId, ActId>,
    judged: BTreeSet<ActId>,
}

impl Oracle {
    /// Begins with the tracker as it is.
    pub fn new(eyes: &impl Eyes) -> Self {
        let shown = eyes.see(&All);
        let (inbox, outbox) = eyes.see(&Since { inbox: 0, outbox: 0 });
        let next = |places: Option<u64>| places.map_or(0, |last| last + 1);
        Self {
            inbox: next(inbox.last().map(|item| item.0)),
            outbox: next(outbox.last().map(|item| item.0)),
            shown,
            invites: BTreeMap::new(),
            latest: BTreeMap::new(),
            judged: BTreeSet::new(),
        }
    }

    /// How many acts it has judged.
    pub fn judged(&self) -> usize {
        self.judged.len()
    }

    /// Follows what has come since the last time.
    pub fn check(&mut self, eyes: &impl Eyes) {
        let since = Since { inbox: self.inbox, outbox: self.outbox };
        let (inbox, outbox) = eyes.see(&since);
        if inbox.is_empty() && outbox.is_empty() {
            return;
        }
        for (place, act, ended) in inbox {
            assert!(self.judged.insert(act.clone()), "acted on twice: {act}");
            let grants: Vec<(ActId, Arc<Value>)> = outbox
                .iter()
                .filter(|(_, _, cause)| cause.as_ref() == Some(&act))
                .map(|(_, told, _)| (told.clone(), eyes.body(told).expect("what was published is known")))
                .filter(|(_, told)| told["type"] == "Grant")
                .collect();
            let said = eyes.body(&act).expect("what came is known");
            let before = grants.len();
            let allowed = self.judge(&act, &said, eyes, grants);
            match ended {
                Ended::Done { .. } => assert!(allowed, "done without authority: {said}"),
                Ended::Refused { why, .. } => assert!(!allowed && before == 0, "refused ({why}): {said}"),
                Ended::Noted => assert!(!allowed, "only noted: {said}"),
                other => panic!("{other:?}: {said}"),
            }
            self.inbox = place + 1;
        }
        self.outbox = outbox.last().map_or(self.outbox, |last| last.0 + 1);
        assert_eq!(eyes.see(&All), self.shown);
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
    fn judge(&mut self, act: &ActId, said: &Value, eyes: &impl Eyes, grants: Vec<(ActId, Arc<Value>)>) -> bool {
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
            "Undo" if said["object"]["type"] == "Follow" => self.shown.followers.remove(&author),
            "Undo" if said["object"].is_object() => self.turn(said, ticket(&said["object"]["object"]), false),
            "Undo" => {
                let undone = eyes.body(&ActId::from(said["object"].as_str().unwrap()));
                undone.is_some_and(|undone| undone["type"] == "Follow") && self.shown.followers.remove(&author)
            }
            "Invite" => {
                let invitee = ActorId::from(said["object"].as_str().unwrap());
                let allowed = self.may(said, Role::Admin) && !self.shown.collaborators.contains_key(&invitee);
                if allowed {
                    let role = Role::from_word(said["instrument"].as_str().unwrap()).unwrap();
                    self.invites.insert(act.clone(), (invitee.clone(), role, said.clone()));
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

    fn accept(&mut self, author: &ActorId, invite: &ActId, grants: Vec<(ActId, Arc<Value>)>) -> bool {
        let invited = self.invites.get(invite).filter(|(who, ..)| who == author);
        let Some((who, role, asked)) = invited.cloned() else { return false };
        // Whoever asked is an admin still, by that Grant or another.
        let by = ActorId::from(asked["actor"].as_str().unwrap());
        if self.shown.collaborators.get(&by) != Some(&Role::Admin) && !self.may(&asked, Role::Admin) {
            return false;
        }
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
