//! Many runs of people who do what comes to their minds, on servers that lose, repeat, reorder and forget. After every step
//! an oracle, which knows nothing of how the tracker is written, says what may have happened; when the faults stop
//! everything comes to rest.
//! - `oracle`: the oracle; `story`: what people do. Both are used by the simulation of the lanes between servers as well
//!
//! `PRITCHEL_SEEDS` sets the number of runs, `PRITCHEL_SEED` the one to run. A failure prints its seed.

mod oracle;
mod story;

use crate::flows::{Cast, Place};
use crate::world::cast::Somebody;
use crate::world::{Faults, host};
use oracle::{Eyes, Oracle};
use pritchel_actor::{ActId, Value, View};
use pritchel_actors::ticket_tracker::TicketTracker;
use std::collections::BTreeSet;
use std::sync::Arc;
use story::{Gossip, Whim};

impl Eyes for Cast {
    fn see<V: View<TicketTracker>>(&self, view: &V) -> V::Answer {
        self.world.see::<TicketTracker, _>(&self.tracker, view).unwrap()
    }

    fn body(&self, act: &ActId) -> Option<Arc<Value>> {
        let inner = self.world.0.borrow();
        inner.servers[host(&self.tracker)].boxes.act(act).map(|act| act.body.clone())
    }
}

fn somebody(cast: &Cast) -> &Somebody {
    [&cast.olga, &cast.alice, &cast.bob][cast.world.draw(3) as usize]
}

/// Somebody does something.
fn act(cast: &Cast, gossip: &mut Gossip) {
    let (who, world, tracker) = (somebody(cast), &cast.world, &cast.tracker);
    let own = who.may(tracker).map(|(grant, _)| grant);
    let whim = Whim { tracker, who, people: [&cast.olga, &cast.alice, &cast.bob], own };
    let document = whim.activity(gossip, |bound| world.draw(bound));
    let kind = document["type"].as_str().unwrap().to_owned();
    let outcome =
        world.call::<pritchel_actors::Person>(&who.id, &who.id, pritchel_actors::person::Publish { document });
    // One's own server refuses to follow or to answer twice.
    let pritchel_actor::Outcome::Done(act) = outcome else { return };
    gossip.hear(who, &kind, ActId::from(act.as_str().unwrap()));
}

/// One run; answers how many acts the tracker was told.
fn run(seed: u64) -> usize {
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
    oracle.judged()
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
        assert!(ran.is_ok_and(|judged| judged > 0), "run this one alone with PRITCHEL_SEED={seed}");
    }
}
