//! What must hold when everything is at rest: nothing that was acknowledged is lost, nothing came twice, each sender's acts came
//! in their order, whoever asked has an answer, and the servers agree on who follows and who may do what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use pritchel_actor::errbox::{Ended, INBOX, InboxItem, OUTBOX};
use pritchel_actor::{ActId, Actor, ActorId, Halt, Header, Look, Page, RowKey, Rows, Value, View};
use pritchel_actors::Repository;
use pritchel_actors::person::Person;
use pritchel_actors::person::rows::{FOLLOWING, PERMITS, SENT, SentState};
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_deliver::limits::ASIDE_S;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Cast;
use crate::world::World;

/// Answers kept until what they answer comes, by what they wait for and their own address.
const EARLY: Rows<(ActId, ActId), Value> = Rows::new("~early");

/// What somebody is known to have published.
struct Published {
    who: ActorId,
    document: Value,
    at_ms: u128,
}

/// What people are known to have published.
#[derive(Clone, Default)]
pub struct Said(Arc<Mutex<BTreeMap<ActId, Published>>>);

impl Said {
    /// Takes note.
    pub fn add(&self, who: &ActorId, act: ActId, document: Value, at_ms: u128) {
        self.0.lock().unwrap().insert(act, Published { who: who.clone(), document, at_ms });
    }
}

/// All rows of a table.
pub struct All<K, V>(pub Rows<K, V>);

impl<A: Actor, K: RowKey + Send, V: Serialize + DeserializeOwned + Send> View<A> for All<K, V> {
    type Answer = Vec<(K, V)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let rows = self.0.page(look, Page::first(&[], 500))?;
        assert!(rows.len() < 500, "a page of all rows");
        Ok(rows)
    }
}

/// The inboxes of everybody, oldest item first.
fn inboxes(cast: &Cast) -> BTreeMap<ActorId, Vec<InboxItem>> {
    let items = |rows: Vec<(u64, InboxItem)>| rows.into_iter().map(|(_, item)| item).collect();
    let mut inboxes = BTreeMap::new();
    for person in &cast.people {
        inboxes.insert(person.clone(), items(cast.world.see::<Person, _>(person, &All(INBOX))));
    }
    inboxes.insert(cast.repo.clone(), items(cast.world.see::<Repository, _>(&cast.repo, &All(INBOX))));
    inboxes.insert(cast.tracker.clone(), items(cast.world.see::<TicketTracker, _>(&cast.tracker, &All(INBOX))));
    inboxes
}

/// Checks it.
pub fn check(cast: &Cast) {
    let inboxes = inboxes(cast);
    for (owner, inbox) in &inboxes {
        let mut seen = BTreeSet::new();
        for item in inbox {
            assert!(seen.insert(&item.act), "{} came twice to {owner}", item.act);
            assert!(!matches!(item.ended, Ended::Quarantined { .. }), "at {owner}: {item:?}");
        }
    }
    let has = |owner: &ActorId, act: &ActId| inboxes[owner].iter().any(|item| item.act == *act);
    for (act, published) in cast.said.0.lock().unwrap().iter() {
        let to = published.document["to"].as_array().unwrap().iter().map(|to| ActorId::new(to.as_str().unwrap()));
        for receiver in to.filter(|to| inboxes.contains_key(to) && *to != published.who) {
            assert!(has(&receiver, act), "{act} was published and never came to {receiver}: {}", published.document);
        }
    }
    for ((act, receiver), _) in cast.world.network().accepted() {
        // The rest was to the domain, or to the factory.
        if inboxes.contains_key(&receiver) && !has(&receiver, &act) {
            // A follower is told what answers an invitation, and need not have seen the invitation.
            assert!(cast.people.contains(&receiver), "{act} was answered 202 and is not in the inbox of {receiver}");
            let early = cast.world.see::<Person, _>(&receiver, &All(EARLY));
            assert!(early.iter().any(|((_, kept), _)| *kept == act), "{act} was answered 202, {receiver} has it not");
        }
    }
    cast.people.iter().for_each(|sender| in_order(cast, sender, &inboxes[&cast.tracker]));
    pushed(cast, &inboxes);
    agreed(cast);
}

/// The acts of one sender came to the tracker in their order. What answers an act that had not come yet waits for that one,
/// which is fetched; and what has failed for an hour is set aside.
fn in_order(cast: &Cast, sender: &ActorId, inbox: &[InboxItem]) {
    let arrived = cast.world.network().accepted();
    let said = cast.said.0.lock().unwrap();
    let boxes = cast.world.boxes(&cast.tracker);
    let kind = |act: &ActId| crate::world::ready(boxes.act(act)).unwrap().unwrap().body["type"].clone();
    let outbox = cast.world.see::<Person, _>(sender, &All(OUTBOX));
    let place = |act: &ActId| outbox.iter().position(|(_, item)| item.act == *act).expect("it was published");
    let came: Vec<&ActId> = inbox
        .iter()
        .filter(|item| item.from == *sender && item.how["carried"] != "fetched")
        .map(|item| &item.act)
        .collect();
    let patient = came.iter().all(|act| {
        let Some(arrived) = arrived.get(&((*act).clone(), cast.tracker.clone())) else { return true };
        let limit = u128::try_from(ASIDE_S * 1000).unwrap();
        said.get(*act).is_some_and(|published| arrived - published.at_ms < limit)
    });
    if patient {
        let places: Vec<usize> = came.into_iter().filter(|act| kind(act) != "Accept").map(place).collect();
        assert!(places.is_sorted(), "the acts of {sender} came out of order: {places:?}");
    }
}

/// Every push was told once to each of those who had followed before.
fn pushed(cast: &Cast, inboxes: &BTreeMap<ActorId, Vec<InboxItem>>) {
    let boxes = cast.world.boxes(&cast.repo);
    let outbox = cast.world.see::<Repository, _>(&cast.repo, &All(OUTBOX));
    let is_push = |act: &ActId| crate::world::ready(boxes.act(act)).unwrap().unwrap().body["type"] == "Push";
    let pushes: Vec<ActId> = outbox.into_iter().map(|(_, item)| item.act).filter(is_push).collect();
    assert_eq!(pushes.len() as u64, crate::PUSHES, "each push is told once");
    for follower in &cast.people[1..] {
        for push in &pushes {
            let times = inboxes[follower].iter().filter(|item| item.act == *push).count();
            assert_eq!(times, 1, "{push} at {follower}");
        }
    }
}

/// Whoever asked has an answer; people hold the Grants that hold, and follow where they are followers.
fn agreed(cast: &Cast) {
    let world: &World = &cast.world;
    for who in &cast.people {
        let open: Vec<_> = world
            .see::<Person, _>(who, &All(SENT))
            .into_iter()
            .filter(|(_, sent)| sent.asked.is_some() && matches!(sent.state, SentState::Sent | SentState::Unknown))
            .collect();
        assert!(open.is_empty(), "never answered: {open:?}");
        let held: BTreeSet<ActId> = world
            .see::<Person, _>(who, &All(PERMITS))
            .into_iter()
            .filter(|(_, permit)| permit.live && permit.resource == cast.tracker)
            .map(|(grant, _)| grant)
            .collect();
        let given = world.ask(|oracle| {
            let given = oracle.shown.active.iter().filter(|(_, (holder, _))| holder == who);
            given.map(|(grant, _)| grant.clone()).collect::<BTreeSet<_>>()
        });
        assert_eq!(held, given, "Grants of {who}");
        let following = world.see::<Person, _>(who, &All(FOLLOWING));
        let following = following.into_iter().find(|(whom, _)| *whom == cast.tracker).map(|(_, following)| following);
        let is_follower = world.ask(|oracle| oracle.shown.followers.contains(who));
        let follows = following.as_ref().is_some_and(|following| following.since.is_some());
        assert_eq!(follows, is_follower, "{who} follows: {following:?}");
    }
}
