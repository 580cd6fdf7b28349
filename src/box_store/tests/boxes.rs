//! The boxes over the stores: what turns leave behind is there, once, whatever happens to the store meanwhile.
//!
//! - this file: two nodes of counters, an act's way from one to the other, and a stop at every operation of a store
//! - [`turns`]: what one turn commits and what is refused; admission; acts, records and secrets
//! - [`lanes`]: order, leases and their races, cancelling
//! - [`addresses`]: launching where somebody is, mail where nobody is
//! - [`checking`]: what a check finds, and what a repair mends
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "boxes/addresses.rs"]
mod addresses;
#[path = "boxes/checking.rs"]
mod checking;
#[path = "boxes/counters.rs"]
mod counters;
#[path = "boxes/lanes.rs"]
mod lanes;
#[path = "boxes/turns.rs"]
mod turns;
#[path = "boxes/world.rs"]
mod world;

use pritchel_actor::{ActorId, Outcome};
use pritchel_box_store::memory::MemoryStore;

use counters::{Follow, Later, Launch, News, Note, Push, Work};
use world::{Disk, World};

/// The calls of the story, and which of them were acknowledged.
#[derive(Default, Debug)]
struct Acknowledged {
    pushes: u64,
    later: bool,
    follows_near: bool,
    follows_far: bool,
    news: u64,
    works: u64,
    launches: u64,
    notes: u64,
}

struct Story {
    world: World,
    a: ActorId,
    b: ActorId,
    c: ActorId,
    d: ActorId,
    f: ActorId,
    done: Acknowledged,
}

impl Story {
    fn new(world: World) -> Self {
        let [a, c, d, f] = ["a", "c", "d", "f"].map(|name| world.counter(&format!("red/Counter/{name}")));
        let b = world.counter("blue/Counter/b");
        Self { world, a, b, c, d, f, done: Acknowledged::default() }
    }

    fn call(&mut self, id: &ActorId, method: impl Into<counters::CounterCall>) -> (usize, u64, usize) {
        let (at, ticket) = self.world.call(id, method);
        (at, ticket, self.world.nodes[at].crashes)
    }

    /// Whether the caller was told that it is done. After a crash nobody is told.
    fn told(&mut self, (at, ticket, crashes): (usize, u64, usize)) -> bool {
        let node = &mut self.world.nodes[at];
        node.crashes == crashes && matches!(node.sim.answer(ticket), Some(Outcome::Done(_)))
    }

    fn tell(mut self) -> Self {
        let (a, b, c, d, f) = (self.a.clone(), self.b.clone(), self.c.clone(), self.d.clone(), self.f.clone());
        let push = self.call(&a, Push { other: b.clone() });
        let later = self.call(&c, Later { seconds: 50, other: d.clone() });
        let near = self.call(&f, Follow { who: d.clone() });
        let far = self.call(&f, Follow { who: b.clone() });
        self.world.settle();
        self.done.pushes += u64::from(self.told(push));
        self.done.later = self.told(later);
        (self.done.follows_near, self.done.follows_far) = (self.told(near), self.told(far));
        let pushes = [self.call(&a, Push { other: b.clone() }), self.call(&a, Push { other: b.clone() })];
        let news = self.call(&f, News {});
        let note = self.call(&c, Note { name: "long".to_owned(), len: 200_000 });
        self.world.settle();
        self.done.pushes += pushes.into_iter().map(|push| u64::from(self.told(push))).sum::<u64>();
        self.done.news += u64::from(self.told(news));
        self.done.notes += u64::from(self.told(note));
        let work = self.call(&f, Work { number: 21 });
        let launch = self.call(&d, Launch {});
        let shorter = self.call(&c, Note { name: "long".to_owned(), len: 70_000 });
        self.world.settle();
        self.done.works += u64::from(self.told(work));
        self.done.launches += u64::from(self.told(launch));
        self.done.notes += u64::from(self.told(shorter));
        for _ in 0..10 {
            self.world.later(130);
        }
        self
    }

    /// What was acknowledged is there, and everything that is there is there once, on both sides of each question.
    fn check(&self, what: &str) {
        self.world.check(what);
        let [a, b, c, d, f] = [&self.a, &self.b, &self.c, &self.d, &self.f].map(|id| self.world.see(id));
        let what = format!("{what}: {:?}\n{a:?}\n{b:?}\n{c:?}\n{d:?}\n{f:?}", self.done);
        assert!((self.done.pushes..=3).contains(&a.counter.count), "{what}");
        assert_eq!(b.counter.count, a.counter.count, "{what}");
        let heard: Vec<String> = (1..=a.counter.count).map(|n| format!("done {n}")).collect();
        assert_eq!(a.counter.heard, heard, "{what}");
        assert!(c.counter.count <= 1 && (!self.done.later || c.counter.count == 1), "{what}");
        let launched = d.counter.launched.len() as u64;
        assert!((self.done.launches..=1).contains(&launched), "{what}");
        assert_eq!(d.counter.count, c.counter.count + launched, "{what}");
        for child in &d.counter.launched {
            let child = self.world.see(child).counter;
            assert_eq!((child.count, child.heard.len()), (1, 1), "{what}");
        }
        let news = f.counter.count - f.counter.heard.len() as u64;
        assert!((self.done.news..=1).contains(&news), "{what}");
        for (follower, acknowledged) in [(&d, self.done.follows_near), (&b, self.done.follows_far)] {
            assert!(follower.news as u64 <= news, "{what}");
            assert!(!acknowledged || follower.news as u64 == news, "{what}");
        }
        assert!(f.counter.heard.len() as u64 >= self.done.works, "{what}");
        assert!(f.counter.heard.iter().all(|heard| heard == "worked 42") && f.counter.heard.len() <= 1, "{what}");
        match self.done.notes {
            2 => assert_eq!(c.notes, [("long".to_owned(), 70_000)], "{what}"),
            _ => assert!(c.notes.len() <= 1, "{what}"),
        }
        for seen in [&a, &b, &c, &d, &f] {
            assert_eq!(seen.promises, 0, "{what}");
        }
    }
}

#[test]
fn the_story_ends_well_on_memory_and_on_sled() {
    for disks in [[Disk::memory(), Disk::memory()], [Disk::sled(), Disk::sled()]] {
        let story = Story::new(World::new(disks, 1)).tell();
        story.check("nothing stopped");
        let Acknowledged { pushes, later, follows_near, follows_far, news, works, launches, notes } = story.done;
        assert_eq!((pushes, news, works, launches, notes), (3, 1, 1, 1, 2));
        assert!(later && follows_near && follows_far);
    }
}

#[test]
fn a_restart_in_the_middle_of_the_story_changes_nothing_on_sled() {
    let mut story = Story::new(World::new([Disk::sled(), Disk::sled()], 2));
    let (a, b, c, d) = (story.a.clone(), story.b.clone(), story.c.clone(), story.d.clone());
    story.world.call(&a, Push { other: b });
    story.world.call(&c, Later { seconds: 50, other: d });
    story.world.nodes[0].sim.settle(story.world.now);
    for node in &mut story.world.nodes {
        node.restart(Default::default());
    }
    for _ in 0..10 {
        story.world.later(130);
    }
    story.check("restarted");
    assert_eq!(story.world.see(&story.a).counter.heard, ["done 1"]);
    assert_eq!(story.world.see(&story.d).counter.count, 1);
}

/// Stops the store of node `at` after each of its operations in turn, with a disk that takes `ticks`.
fn stops_everywhere(at: usize, ticks: u64) {
    let stop = |story: &Story| match &story.world.nodes[at].disk {
        Disk::Memory(store) => store.clone(),
        Disk::Sled(_) => MemoryStore::new(),
    };
    let fresh = || Story::new(World::new([Disk::memory(), Disk::memory()], 3).slow(ticks));
    let calm = fresh();
    let (store, before) = (stop(&calm), stop(&calm).operations());
    let calm = calm.tell();
    let operations = store.operations() - before;
    calm.check("nothing stopped");
    assert!(operations > 50, "{operations}");
    for n in 0..operations {
        let story = fresh();
        stop(&story).stop_after(n);
        let story = story.tell();
        assert_eq!(story.world.nodes[at].crashes, 1, "stopped after operation {n}");
        story.check(&format!("node {at} with a disk of {ticks} ticks, stopped after operation {n} of {operations}"));
    }
}

#[test]
fn a_stop_at_any_operation_of_the_asking_node_loses_and_doubles_nothing() {
    stops_everywhere(0, 0);
}

#[test]
fn a_stop_at_any_operation_of_the_asked_node_loses_and_doubles_nothing() {
    stops_everywhere(1, 0);
}

#[test]
fn a_stop_with_turns_on_their_way_to_a_slow_disk_loses_and_doubles_nothing() {
    stops_everywhere(0, 3);
    stops_everywhere(1, 3);
}
