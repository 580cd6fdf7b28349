//! Addresses that are taken, and those where nobody is: over both stores, run by the simulator.

use pritchel_actor::message::{Message, What};
use pritchel_actor::{ActorId, Effect, Outcome, PromiseId, call_value};
use serde_json::json;

use crate::counters::{Counter, Found, Push};
use crate::turns::{NOW, publish, red};
use crate::world::{Disk, World};

fn worlds() -> [World; 2] {
    [[Disk::memory(), Disk::memory()], [Disk::sled(), Disk::sled()]].map(|disks| World::new(disks, 5))
}

fn code(outcome: Option<Outcome<pritchel_actor::Value>>) -> String {
    match outcome {
        Some(Outcome::Refused(why)) => why.code,
        other => format!("{other:?}"),
    }
}

#[test]
fn whoever_launches_at_an_address_that_is_taken_is_refused_and_goes_on() {
    for mut world in worlds() {
        let [a, b] = ["a", "b"].map(|name| world.counter(&format!("red/Counter/{name}")));
        let new = ActorId::from("red/Counter/new");
        // Both find the address free: one of them is told by its commit.
        let both = [&a, &b].map(|by| world.call(by, Found { at: new.clone() }).1);
        world.settle();
        let mut codes = both.map(|ticket| code(world.nodes[0].sim.answer(ticket)));
        codes.sort();
        assert_eq!(codes, ["Some(Done(Null))", "address-taken"]);
        assert_eq!(world.see(&a).counter.launched.len() + world.see(&b).counter.launched.len(), 1);
        // Later it is refused by what it finds, and twice in a row as well.
        for taken in [&new, &a, &b] {
            let ticket = world.call(&a, Found { at: taken.clone() }).1;
            world.settle();
            assert_eq!(code(world.nodes[0].sim.answer(ticket)), "address-taken", "{taken}");
        }
        world.check("after refused launches");
    }
}

#[test]
fn a_message_that_launches_at_an_address_taken_meanwhile_is_refused_once_and_its_sender_goes_on() {
    for mut world in worlds() {
        let [a, b] = ["a", "b"].map(|name| world.counter(&format!("red/Counter/{name}")));
        let new = ActorId::from("red/Counter/new");
        for to in [&a, &b] {
            for at in [&new, &ActorId::new(format!("{to}1"))] {
                let call = call_value::<Counter>(&Found { at: at.clone() }.into()).unwrap();
                let what = What::Call { call, facet: None, promise: None };
                let message = Message { from: "red/Counter/x".into(), at: NOW, what };
                let node = &world.nodes[0];
                node.drive(node.boxes.post(to, message)).unwrap();
            }
        }
        world.settle();
        assert_eq!(world.see(&a).counter.launched.len() + world.see(&b).counter.launched.len(), 3);
        world.check("after refused messages");
    }
}

#[test]
fn who_asks_where_nobody_is_learns_so_and_nothing_stays() {
    for mut world in worlds() {
        let a = world.counter("red/Counter/a");
        world.call(&a, Push { other: ActorId::from("red/Counter/nobody") });
        world.settle();
        let seen = world.see(&a);
        assert_eq!((seen.counter.heard, seen.promises), (vec!["no-such-actor".to_owned()], 0));
        world.later(pritchel_actor::limits::ANSWER_S + 1);
        world.check("after mail for nobody");
    }
}

#[test]
fn an_act_told_to_nobody_besides_is_answered_to_its_author_who_had_not_asked() {
    let Effect::Publish { act, .. } = publish("a", "hello", &[]) else { panic!("expected an act") };
    let message = Message { from: red("a"), at: NOW, what: What::Act { id: act.id.clone(), how: json!({}).into() } };
    let back = message.sent_back(&red("nobody"), NOW + 1).unwrap();
    let What::Answer { promise, outcome: Outcome::Refused(why) } = back.what else { panic!("expected a refusal") };
    assert_eq!((back.from, back.at), (red("nobody"), NOW + 1));
    assert_eq!((promise, why.code.as_str()), (PromiseId("hello".to_owned()), "no-such-actor"));
}
