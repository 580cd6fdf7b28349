//! The library's own small example: two counters on two nodes over a toy transport. A counter counts, and asks the other
//! to count as well; whether the other is near or far cannot be seen from any method.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use pritchel_actor::errbox::{ERRBOX, Ended, INBOX};
use pritchel_actor::sim::toy::{NoDocuments, ToyBoxes, ToyNaming};
use pritchel_actor::sim::{Sim, Ticket};
use pritchel_actor::view::look;
use pritchel_actor::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counter {
    count: u64,
    heard: Vec<String>,
}

methods! { Counter: CounterCall {
    Count   wire "count",  "",       Accept;
    Push    private,       "",       Told;
    Fail    private,       "",       Told;
    Later   private,       "",       Told;
    Work    private,       "",       Told;
    End     private,       "",       Told;
    Counted continuation,  "",       Told;
}}

/// Asked by an act: counts by one, up to ten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Count {}

impl Method<Counter> for Count {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, _turn: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += 1;
        if counter.count > 10 {
            return Err(Refusal::new("full", "a counter counts to ten").into());
        }
        Ok(counter.count)
    }
}

/// Counts here and asks another counter to count too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Push {
    other: ActorId,
}

impl Method<Counter> for Push {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += 1;
        let other = turn.look().introduce(&self.other);
        let id = turn.act_id();
        let body = json!({"type": "count"});
        turn.ask::<Counter>(id, body, Audience::default(), &other, Settled::Accept, Counted { other: self.other })?;
        Ok(counter.count)
    }
}

/// The other counter has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Counted {
    other: ActorId,
}

impl Method<Counter> for Counted {
    type Answer = ();
    fn turn(self, counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let heard = match turn.outcome::<u64>()? {
            Outcome::Done(count) => format!("done {count}"),
            Outcome::Refused(why) => why.code,
            Outcome::Unknown => "unknown".to_owned(),
        };
        counter.heard.push(heard);
        Ok(())
    }
}

/// Panics: as a method with a mistake in it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fail {}

impl Method<Counter> for Fail {
    type Answer = ();
    fn turn(self, counter: &mut Counter, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        counter.count = 1000;
        panic!("a mistake");
    }
}

/// Counts after a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Later {
    seconds: Seconds,
    other: ActorId,
}

impl Method<Counter> for Later {
    type Answer = ();
    fn turn(self, _counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.after::<Counter>(self.seconds, Push { other: self.other })?;
        Ok(())
    }
}

/// Has work done outside turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Work {}

impl Method<Counter> for Work {
    type Answer = ();
    fn turn(self, _counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let other = turn.me().clone();
        turn.job::<Counter>("weigh", json!({}), Counted { other })
    }
}

/// Ends the counter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct End {}

impl Method<Counter> for End {
    type Answer = ();
    fn turn(self, _counter: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.end();
        Ok(())
    }
}

impl Actor for Counter {
    const KIND: &'static str = "Counter";
    const SCHEMA: u16 = 1;
    type Call = CounterCall;

    fn gate(&self, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<CounterCall>, Halt> {
        Ok(match act.body["type"].as_str() {
            Some("count") => Verdict::Call(Count {}.into()),
            // A comment on an act that has not come yet waits for it.
            Some("comment") => {
                let on = ActId::from(act.body["on"].as_str().unwrap_or_default());
                if look.seen(&on)?.is_some() { Verdict::Note } else { Verdict::Early(on) }
            }
            other => Verdict::Unsupported(format!("expected a count, found {other:?}")),
        })
    }

    fn answers(act: &Act) -> Option<Answering> {
        let of = ActId::from(act.body["of"].as_str()?);
        let outcome = match act.body["type"].as_str()? {
            "yes" => Outcome::Done(act.body["count"].clone()),
            "no" => Outcome::Refused(Refusal::new(act.body["code"].as_str()?, "")),
            _ => return None,
        };
        Some(Answering { of, settles: vec![Settled::Accept], outcome })
    }

    fn accept(&self, act: &Act, _: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        let body = json!({"type": "yes", "of": act.id, "count": answer});
        Some(Reply { id: turn.act_id(), body, audience: Audience::one(&act.author) })
    }

    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        let body = json!({"type": "no", "of": act.id, "code": why.code});
        Some(Reply { id: turn.act_id(), body, audience: Audience::one(&act.author) })
    }
}

/// Two nodes and the wire between them.
struct World {
    boxes: [Arc<ToyBoxes>; 2],
    nodes: [Sim; 2],
    now: Seconds,
}

const NODES: [&str; 2] = ["red", "blue"];

impl World {
    fn new(seed: u64) -> Self {
        let boxes = NODES.map(|node| Arc::new(ToyBoxes::new(move |id| id.as_str().starts_with(node))));
        let kinds = Kinds::new().with::<Counter>();
        let nodes = [0, 1].map(|at| {
            Sim::new(boxes[at].clone(), Arc::new(NoDocuments), kinds.clone(), Arc::new(ToyNaming), seed + at as u64)
        });
        Self { boxes, nodes, now: 1_000_000 }
    }

    fn at(id: &ActorId) -> usize {
        usize::from(id.as_str().starts_with("blue"))
    }

    fn counter(&self, id: &str) -> ActorId {
        let id = ActorId::from(id);
        self.boxes[Self::at(&id)].plant(&id, &Counter::default());
        id
    }

    fn call(&mut self, id: &ActorId, method: impl Into<CounterCall>) -> Ticket {
        self.nodes[Self::at(id)].call::<Counter>(id, &ActorId::from("edge"), method)
    }

    /// Carries one act to a near counter and runs its node. Answers what it sends out.
    fn carry(&mut self, act: &Arc<Act>, to: &ActorId) -> Vec<(ActorId, Arc<Act>)> {
        let at = Self::at(to);
        self.boxes[at].receive(act.clone(), to, self.now);
        self.nodes[at].wake(to);
        self.nodes[at].settle(self.now);
        std::iter::from_fn(|| self.boxes[at].outgoing()).collect()
    }

    /// Runs both nodes and the wire until nothing moves; every act is carried `copies` times.
    fn settle(&mut self, copies: usize) {
        loop {
            let steps: usize = self.nodes.iter_mut().map(|node| node.settle(self.now)).sum();
            let mut carried = false;
            for from in 0..2 {
                while let Some((to, act)) = self.boxes[from].outgoing() {
                    let there = Self::at(&to);
                    for _ in 0..copies {
                        let copy = Act::new(act.id.clone(), act.author.clone(), act.body.clone(), act.raw.clone());
                        self.boxes[there].receive(Arc::new(copy), &to, self.now);
                    }
                    self.nodes[there].wake(&to);
                    carried = true;
                }
            }
            if steps == 0 && !carried {
                return;
            }
        }
    }

    fn later(&mut self, seconds: Seconds) {
        self.now += seconds;
        for at in 0..2 {
            self.boxes[at].remind(self.now);
            for actor in self.boxes[at].with_mail() {
                self.nodes[at].wake(&actor);
            }
        }
        self.settle(1);
    }

    /// The state as stored, also of one that has ended.
    fn see_stored(&self, id: &ActorId) -> Value {
        self.boxes[Self::at(id)].states()[id].state.value()
    }

    fn see(&self, id: &ActorId) -> (Counter, Vec<Ended>, usize) {
        struct All;
        impl View<Counter> for All {
            type Answer = (Counter, Vec<Ended>, usize);
            fn look(&self, counter: &Counter, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
                let inbox = INBOX.page(look, Page::first(&[], 100))?;
                let errors = ERRBOX.page(look, Page::first(&[], 100))?;
                Ok((counter.clone(), inbox.into_iter().map(|(_, item)| item.ended).collect(), errors.len()))
            }
        }
        let kinds = Kinds::new().with::<Counter>();
        let boxes = self.boxes[Self::at(id)].as_ref();
        let looked = look(boxes, &kinds, &ToyNaming, self.now, id, &All);
        futures_util::FutureExt::now_or_never(looked).unwrap().unwrap()
    }
}

#[test]
fn asking_a_near_counter_and_a_far_one_ends_the_same() {
    let mut ends = Vec::new();
    for other in ["red/Counter/b", "blue/Counter/b"] {
        let mut world = World::new(7);
        let (a, b) = (world.counter("red/Counter/a"), world.counter(other));
        let ticket = world.call(&a, Push { other: b.clone() });
        world.settle(1);
        assert_eq!(world.nodes[0].answer(ticket), Some(Outcome::Done(json!(1))));
        ends.push((world.see(&a).0, world.see(&b).0));
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0].0.heard, ["done 1"]);
    assert_eq!(ends[0].1.count, 1);
}

#[test]
fn an_act_that_comes_three_times_is_acted_on_once() {
    let mut world = World::new(1);
    let (a, b) = (world.counter("red/Counter/a"), world.counter("blue/Counter/b"));
    world.call(&a, Push { other: b.clone() });
    world.settle(3);
    assert_eq!(world.see(&b).0.count, 1);
    assert_eq!(world.see(&a).0.heard, ["done 1"], "the answer, sent thrice, is heard once");
}

#[test]
fn a_refusal_changes_nothing_and_is_told() {
    let mut world = World::new(2);
    let (a, b) = (world.counter("red/Counter/a"), world.counter("blue/Counter/b"));
    for _ in 0..11 {
        world.call(&a, Push { other: b.clone() });
        world.settle(1);
    }
    let (counter, inbox, errors) = world.see(&b);
    assert_eq!(counter.count, 10);
    assert!(matches!(inbox.last(), Some(Ended::Refused { why, .. }) if why.code == "full"));
    assert_eq!(errors, 1);
    assert_eq!(world.see(&a).0.heard.last().map(String::as_str), Some("full"));
}

#[test]
fn an_answer_that_does_not_come_is_unknown_and_still_counts_when_late() {
    let mut world = World::new(3);
    let (a, b) = (world.counter("red/Counter/a"), world.counter("blue/Counter/b"));
    world.call(&a, Push { other: b.clone() });
    world.nodes[0].settle(world.now);
    let (to, act) = world.boxes[0].outgoing().unwrap();
    world.later(limits::ANSWER_S + 1);
    assert_eq!(world.see(&a).0.heard, ["unknown"]);
    world.boxes[1].receive(act, &to, world.now);
    world.nodes[1].wake(&to);
    world.settle(1);
    assert_eq!(world.see(&a).0.heard, ["unknown", "done 1"]);
}

#[test]
fn only_the_asked_actor_can_settle_a_question() {
    let mut world = World::new(4);
    let (a, b) = (world.counter("red/Counter/a"), world.counter("blue/Counter/b"));
    world.call(&a, Push { other: b.clone() });
    world.nodes[0].settle(world.now);
    let (_, act) = world.boxes[0].outgoing().unwrap();
    let forged = json!({"type": "yes", "of": act.id, "count": 99});
    let forger = ActorId::from("blue/Counter/forger");
    world.boxes[0].receive(Arc::new(Act::made("blue/forged".into(), forger, forged)), &a, world.now);
    world.nodes[0].wake(&a);
    world.settle(1);
    let (counter, inbox, _) = world.see(&a);
    assert_eq!(counter.heard, Vec::<String>::new());
    assert!(matches!(inbox.last(), Some(Ended::Unsupported { .. })));
}

#[test]
fn an_act_that_comes_early_waits_for_the_one_it_answers() {
    let mut world = World::new(5);
    let a = world.counter("red/Counter/a");
    let author = ActorId::from("blue/Counter/x");
    let comment = Act::made("blue/2".into(), author.clone(), json!({"type": "comment", "on": "blue/1"}));
    world.boxes[0].receive(Arc::new(comment), &a, world.now);
    world.nodes[0].wake(&a);
    world.settle(1);
    assert_eq!(world.see(&a).1, []);
    assert_eq!(world.boxes[0].sought(), [(a.clone(), ActId::from("blue/1"))]);
    let count = Act::made("blue/1".into(), author, json!({"type": "count"}));
    world.boxes[0].receive(Arc::new(count), &a, world.now);
    world.nodes[0].wake(&a);
    world.settle(1);
    let (_, inbox, _) = world.see(&a);
    assert!(matches!(inbox[..], [Ended::Done { .. }, Ended::Noted]), "{inbox:?}");
}

#[test]
fn an_early_act_whose_time_ends_is_set_down_as_unsupported() {
    let mut world = World::new(6);
    let a = world.counter("red/Counter/a");
    let comment = json!({"type": "comment", "on": "blue/1"});
    world.boxes[0].receive(Arc::new(Act::made("blue/2".into(), "blue/x".into(), comment)), &a, world.now);
    world.nodes[0].wake(&a);
    world.settle(1);
    world.later(limits::EARLY_S + 1);
    assert!(matches!(world.see(&a).1[..], [Ended::Unsupported { .. }]));
}

/// An act of a far counter.
fn act(id: &str, author: &str, body: Value) -> Arc<Act> {
    Arc::new(Act::made(id.into(), author.into(), body))
}

#[test]
fn a_repeated_act_is_answered_with_the_recorded_answer_also_after_the_end() {
    let mut world = World::new(12);
    let b = world.counter("blue/Counter/b");
    let count = act("red/1", "red/Counter/a", json!({"type": "count"}));
    let first = world.carry(&count, &b);
    assert!(matches!(&first[..], [(to, yes)] if to.as_str() == "red/Counter/a" && yes.body["count"] == 1));
    assert_eq!(world.carry(&count, &b), first);
    world.call(&b, End {});
    world.settle(1);
    assert_eq!(world.carry(&count, &b), first, "what was done stays done");
    assert_eq!(world.see_stored(&b)["count"], 1);
}

#[test]
fn the_same_id_by_another_author_is_another_act() {
    let mut world = World::new(13);
    let b = world.counter("blue/Counter/b");
    world.carry(&act("red/1", "red/Counter/a", json!({"type": "count"})), &b);
    let other = world.carry(&act("red/1", "red/Counter/c", json!({"type": "count"})), &b);
    assert_eq!(other[0].1.body["count"], 2);
}

#[test]
fn an_actor_that_has_ended_refuses_whatever_is_new() {
    let mut world = World::new(14);
    let b = world.counter("blue/Counter/b");
    world.call(&b, End {});
    world.settle(1);
    let refused = world.carry(&act("red/1", "red/Counter/a", json!({"type": "count"})), &b);
    assert_eq!((refused.len(), &refused[0].1.body["code"]), (1, &json!("gone")));
    let called = world.call(&b, End {});
    world.settle(1);
    assert!(matches!(world.nodes[1].answer(called), Some(Outcome::Refused(why)) if why.code == "gone"));
    assert_eq!(world.see_stored(&b)["count"], 0);
}

#[test]
fn early_acts_are_kept_up_to_a_bound_for_each_sender_and_for_all() {
    let mut world = World::new(15);
    let b = world.counter("blue/Counter/b");
    let comment = |sender: u64, number: u64| {
        let id = format!("red/{sender}/{number}");
        act(&id, &format!("red/Counter/{sender}"), json!({"type": "comment", "on": "red/late"}))
    };
    let senders = limits::EARLY_MAX / limits::EARLY_PER_SENDER_MAX;
    let trouble = |world: &World| {
        let inbox = world.see(&b).1;
        inbox.iter().filter(|ended| matches!(ended, Ended::Unsupported { .. })).count()
    };
    for number in 0..=limits::EARLY_PER_SENDER_MAX {
        assert_eq!(trouble(&world), 0);
        world.carry(&comment(0, number), &b);
    }
    assert_eq!(trouble(&world), 1, "one sender's share is used up");
    for sender in 1..senders {
        (0..limits::EARLY_PER_SENDER_MAX).for_each(|number| drop(world.carry(&comment(sender, number), &b)));
    }
    assert_eq!(trouble(&world), 1);
    world.carry(&comment(senders, 0), &b);
    assert_eq!(trouble(&world), 2, "there is no more room for anybody");
    assert_eq!(world.boxes[1].sought().len(), 1, "what they wait for is sought once");
    world.carry(&act("red/late", "red/Counter/x", json!({"type": "count"})), &b);
    world.carry(&comment(0, 99), &b);
    let noted = world.boxes[1].dump().matches("\"noted\"").count() as u64;
    assert_eq!(noted, limits::EARLY_MAX + 1, "all that were kept, and one that is no longer early");
}

#[test]
fn a_job_whose_outcome_is_unknown_may_still_end_long_after_its_deadline() {
    let mut world = World::new(16);
    let a = world.counter("red/Counter/a");
    world.call(&a, Work {});
    world.settle(1);
    let job = world.boxes[0].job().unwrap();
    let answer =
        |outcome| Message { from: a.clone(), at: 0, what: What::Answer { promise: job.promise.clone(), outcome } };
    world.boxes[0].post(&a, answer(Outcome::Unknown));
    world.later(0);
    world.later(limits::ANSWER_S + 1);
    world.boxes[0].post(&a, answer(Outcome::Done(json!(7))));
    world.later(0);
    world.boxes[0].post(&a, answer(Outcome::Done(json!(8))));
    world.later(0);
    assert_eq!(world.see(&a).0.heard, ["unknown", "done 7"], "and ends once");
}

#[test]
fn an_unknown_outcome_is_forgotten_in_the_end() {
    let mut world = World::new(17);
    let a = world.counter("red/Counter/a");
    world.call(&a, Work {});
    world.settle(1);
    world.later(limits::ANSWER_S + 1);
    assert_eq!(world.boxes[0].states()[&a].header.promises, 1);
    world.later(limits::SEEN_S + 1);
    assert_eq!(world.boxes[0].states()[&a].header.promises, 0);
    assert_eq!(world.see(&a).0.heard, ["unknown"]);
}

#[test]
fn a_method_that_panics_leaves_no_trace_and_holds_nobody_else_up() {
    let mut world = World::new(8);
    let (a, b) = (world.counter("red/Counter/a"), world.counter("blue/Counter/b"));
    let failed = world.call(&a, Fail {});
    let other = world.nodes[0].call::<Counter>(&a, &"someone else".into(), Push { other: b });
    world.settle(1);
    assert_eq!(world.nodes[0].answer(other), Some(Outcome::Done(json!(1))));
    assert_eq!(world.nodes[0].answer(failed), None, "it is still to be tried again");
    world.later(60);
    world.later(60);
    assert!(matches!(world.nodes[0].answer(failed), Some(Outcome::Refused(why)) if why.code == "broken"));
    assert_eq!(world.see(&a).0.count, 1);
}

#[test]
fn a_timer_calls_once_after_a_crash_too() {
    let mut world = World::new(9);
    let (a, b) = (world.counter("red/Counter/a"), world.counter("red/Counter/b"));
    world.call(&a, Later { seconds: 50, other: b });
    world.settle(1);
    world.nodes[0].crash();
    world.later(49);
    assert_eq!(world.see(&a).0.count, 0);
    world.later(2);
    world.later(100);
    assert_eq!(world.see(&a).0.count, 1);
}

#[test]
fn the_same_seed_gives_the_same_boxes_byte_for_byte() {
    let run = |seed| {
        let mut world = World::new(seed);
        let (a, b) = (world.counter("red/Counter/a"), world.counter("blue/Counter/b"));
        for _ in 0..5 {
            world.call(&a, Push { other: b.clone() });
            world.call(&b, Push { other: a.clone() });
        }
        world.settle(2);
        world.boxes[0].dump() + &world.boxes[1].dump()
    };
    assert_eq!(run(11), run(11));
    assert_ne!(run(11), run(12));
}
