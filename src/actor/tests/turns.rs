//! What a turn may do and what is refused it: facets and taking them back, and the bounds of what a turn causes.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use pritchel_actor::errbox::{ERRBOX, Ended};
use pritchel_actor::limits::{EFFECTS_MAX, RECIPIENTS_MAX, TIMERS_MAX};
use pritchel_actor::sim::Sim;
use pritchel_actor::sim::toy::{NoDocuments, ToyBoxes, ToyNaming};
use pritchel_actor::view::look;
use pritchel_actor::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// A door opens for whoever knocks; who may knock is decided by who holds a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Door {
    knocks: Vec<Option<Value>>,
    keys: Vec<Ref<Door>>,
    hushed: bool,
}

methods! { Door: DoorCall {
    Give     private, "", Told;
    TakeBack private, "", Told;
    Knock    private, "", Told;
    Slam     private, "", Told;
    Shout    private, "", Told;
    Plan     private, "", Told;
    Bustle   private, "", Told;
    Hush     private, "", Told;
}}

/// Makes a key that knocks, for one guest, until a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Give {
    to: ActorId,
    until: Seconds,
}

impl Method<Door> for Give {
    type Answer = ();
    fn turn(self, door: &mut Door, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let key = turn.facet::<Door>("Knock", json!({"for": self.to}), self.until);
        let guest = turn.look().introduce::<Guest>(&self.to);
        door.keys.push(key.clone());
        turn.call(&guest, Take { key })
    }
}

/// Takes all keys back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TakeBack {}

impl Method<Door> for TakeBack {
    type Answer = ();
    fn turn(self, door: &mut Door, turn: &mut Turn<'_>) -> Result<(), Halt> {
        door.keys.drain(..).for_each(|key| turn.revoke(&key));
        Ok(())
    }
}

/// Remembers what was fixed in the key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Knock {}

impl Method<Door> for Knock {
    type Answer = ();
    fn turn(self, door: &mut Door, turn: &mut Turn<'_>) -> Result<(), Halt> {
        door.knocks.push(turn.fixed().cloned());
        Ok(())
    }
}

/// A method no key is made for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Slam {}

impl Method<Door> for Slam {
    type Answer = ();
    fn turn(self, door: &mut Door, _: &mut Turn<'_>) -> Result<(), Halt> {
        door.knocks.clear();
        Ok(())
    }
}

/// Tells so many actors one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shout {
    to: usize,
}

impl Method<Door> for Shout {
    type Answer = ();
    fn turn(self, _: &mut Door, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let to: Vec<ActorId> = (0..self.to).map(|n| ActorId::new(format!("far/{n}"))).collect();
        let id = turn.act_id();
        turn.publish(id, json!({}), Audience::of(&to))
    }
}

/// Sets so many timers, and cancels some of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    timers: u64,
    cancelled: usize,
}

impl Method<Door> for Plan {
    type Answer = ();
    fn turn(self, _: &mut Door, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut set = Vec::new();
        for _ in 0..self.timers {
            set.push(turn.after::<Door>(60, Knock {})?);
        }
        set.into_iter().take(self.cancelled).try_for_each(|timer| turn.cancel(timer))
    }
}

/// Causes so many effects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bustle {
    effects: usize,
}

impl Method<Door> for Bustle {
    type Answer = ();
    fn turn(self, _: &mut Door, turn: &mut Turn<'_>) -> Result<(), Halt> {
        (0..self.effects).try_for_each(|n| turn.directory("names", n.to_string(), Some(json!(n))))
    }
}

/// Nobody is told anything any more, nor this again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hush {}

impl Method<Door> for Hush {
    type Answer = ();
    fn turn(self, door: &mut Door, _: &mut Turn<'_>) -> Result<(), Halt> {
        door.hushed = true;
        Ok(())
    }
}

impl Actor for Door {
    const KIND: &'static str = "Door";
    const SCHEMA: u16 = 1;
    type Call = DoorCall;
    fn stands_against(&self, method: &MethodInfo) -> Option<Refusal> {
        let refused = self.hushed && ["Shout", "Hush"].contains(&method.name);
        refused.then(|| Refusal::new("hushed", "nobody is told anything"))
    }
    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<DoorCall>, Halt> {
        Ok(Verdict::Note)
    }
}

/// A guest holds a key and hears what becomes of using it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Guest {
    key: Option<Ref<Door>>,
    heard: Vec<String>,
}

methods! { Guest: GuestCall {
    Take  private,      "", Told;
    Lend  private,      "", Told;
    Try   private,      "", Told;
    Heard continuation, "", Told;
}}

/// Takes a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Take {
    key: Ref<Door>,
}

impl Method<Guest> for Take {
    type Answer = ();
    fn turn(self, guest: &mut Guest, _: &mut Turn<'_>) -> Result<(), Halt> {
        guest.key = Some(self.key);
        Ok(())
    }
}

/// Gives the key to another guest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Lend {
    to: ActorId,
}

impl Method<Guest> for Lend {
    type Answer = ();
    fn turn(self, guest: &mut Guest, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let to = turn.look().introduce::<Guest>(&self.to);
        guest.key.clone().map_or(Ok(()), |key| turn.call(&to, Take { key }))
    }
}

/// Uses the key: to knock, or to slam.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Try {
    slam: bool,
}

impl Method<Guest> for Try {
    type Answer = ();
    fn turn(self, guest: &mut Guest, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let key = guest.key.clone().ok_or(Refusal::new("no-key", "there is no key"))?;
        match self.slam {
            true => turn.call_and::<Guest, Door, Slam>(&key, Slam {}, Heard {}),
            false => turn.call_and::<Guest, Door, Knock>(&key, Knock {}, Heard {}),
        }
    }
}

/// The door has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Heard {}

impl Method<Guest> for Heard {
    type Answer = ();
    fn turn(self, guest: &mut Guest, turn: &mut Turn<'_>) -> Result<(), Halt> {
        guest.heard.push(match turn.outcome::<()>()? {
            Outcome::Done(()) => "done".to_owned(),
            Outcome::Refused(why) => why.code,
            Outcome::Unknown => "unknown".to_owned(),
        });
        Ok(())
    }
}

impl Actor for Guest {
    const KIND: &'static str = "Guest";
    const SCHEMA: u16 = 1;
    type Call = GuestCall;
    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<GuestCall>, Halt> {
        Ok(Verdict::Note)
    }
}

const NOON: Seconds = 1_000_000;

struct House {
    boxes: Arc<ToyBoxes>,
    sim: Sim,
    now: Seconds,
    door: ActorId,
    guests: [ActorId; 2],
}

impl House {
    fn new() -> Self {
        let boxes = Arc::new(ToyBoxes::new(|id| id.as_str().starts_with("near/")));
        let kinds = Kinds::new().with::<Door>().with::<Guest>();
        let sim = Sim::new(boxes.clone(), Arc::new(NoDocuments), kinds, Arc::new(ToyNaming), 1);
        let (door, guests) = (ActorId::from("near/door"), ["near/ann", "near/ben"].map(ActorId::from));
        boxes.plant(&door, &Door::default());
        guests.iter().for_each(|guest| boxes.plant(guest, &Guest::default()));
        Self { boxes, sim, now: NOON, door, guests }
    }

    /// Calls from the edge, runs to the end, and answers with the code of a refusal.
    fn run<A: Actor>(&mut self, actor: &ActorId, method: impl Into<A::Call>) -> Result<Value, String> {
        let ticket = self.sim.call::<A>(actor, &"edge".into(), method);
        self.sim.settle(self.now);
        match self.sim.answer(ticket).unwrap() {
            Outcome::Done(answer) => Ok(answer),
            Outcome::Refused(why) => Err(why.code),
            Outcome::Unknown => Err("unknown".to_owned()),
        }
    }

    fn on_door(&mut self, method: impl Into<DoorCall>) -> Result<Value, String> {
        let door = self.door.clone();
        self.run::<Door>(&door, method)
    }

    fn on_guest(&mut self, at: usize, method: impl Into<GuestCall>) -> Result<Value, String> {
        let guest = self.guests[at].clone();
        self.run::<Guest>(&guest, method)
    }

    fn give(&mut self, until: Seconds) {
        self.on_door(Give { to: self.guests[0].clone(), until }).unwrap();
    }

    fn state<A: Actor>(&self, actor: &ActorId) -> A {
        self.boxes.states()[actor].state.read().unwrap()
    }

    fn heard(&self, at: usize) -> Vec<String> {
        self.state::<Guest>(&self.guests[at]).heard
    }

    fn errors(&self) -> Vec<Ended> {
        struct Errors;
        impl View<Door> for Errors {
            type Answer = Vec<Ended>;
            fn look(&self, _: &Door, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<Ended>, Halt> {
                let lines = ERRBOX.page(look, Page::first(&[], 100))?;
                Ok(lines.into_iter().map(|(_, line)| line.ended).collect())
            }
        }
        let kinds = Kinds::new().with::<Door>();
        let looked = look(self.boxes.as_ref(), &kinds, &ToyNaming, self.now, &self.door, &Errors);
        futures_util::FutureExt::now_or_never(looked).unwrap().unwrap()
    }
}

#[test]
fn a_facet_reaches_its_one_method_with_what_was_fixed_for_it() {
    let mut house = House::new();
    house.give(NOON + 60);
    house.on_guest(0, Try { slam: false }).unwrap();
    assert_eq!(house.heard(0), ["done"]);
    house.on_door(Knock {}).unwrap();
    assert_eq!(house.state::<Door>(&house.door).knocks, [Some(json!({"for": "near/ann"})), None]);
}

#[test]
fn a_facet_reaches_no_other_method() {
    let mut house = House::new();
    house.on_door(Knock {}).unwrap();
    house.give(NOON + 60);
    house.on_guest(0, Try { slam: true }).unwrap();
    assert_eq!(house.heard(0), ["no-such-facet"]);
    assert_eq!(house.state::<Door>(&house.door).knocks, [None], "nothing was slammed");
    assert!(matches!(&house.errors()[..], [Ended::Refused { why, .. }] if why.code == "no-such-facet"));
}

#[test]
fn a_facet_can_be_handed_on_and_taken_back_from_whoever_holds_it() {
    let mut house = House::new();
    house.give(NOON + 60);
    house.on_guest(0, Lend { to: house.guests[1].clone() }).unwrap();
    house.on_guest(1, Try { slam: false }).unwrap();
    assert_eq!(house.heard(1), ["done"]);
    house.on_door(TakeBack {}).unwrap();
    house.on_guest(0, Try { slam: false }).unwrap();
    house.on_guest(1, Try { slam: false }).unwrap();
    assert_eq!(
        (house.heard(0), house.heard(1)),
        (vec!["no-such-facet".to_owned()], vec!["done".to_owned(), "no-such-facet".to_owned()])
    );
    // A new facet does not revive an old one.
    house.give(NOON + 60);
    house.on_guest(1, Try { slam: false }).unwrap();
    assert_eq!(house.heard(1).last().unwrap(), "no-such-facet");
}

#[test]
fn a_facet_ends_at_its_time() {
    let mut house = House::new();
    house.give(NOON + 60);
    house.now = NOON + 59;
    house.on_guest(0, Try { slam: false }).unwrap();
    house.now = NOON + 60;
    house.on_guest(0, Try { slam: false }).unwrap();
    assert_eq!(house.heard(0), ["done", "no-such-facet"]);
}

#[test]
fn an_act_names_as_many_actors_as_it_may_and_not_one_more() {
    let mut house = House::new();
    assert_eq!(house.on_door(Shout { to: RECIPIENTS_MAX }), Ok(json!(null)));
    assert_eq!(std::iter::from_fn(|| house.boxes.outgoing()).count(), RECIPIENTS_MAX);
    assert_eq!(house.on_door(Shout { to: RECIPIENTS_MAX + 1 }), Err("too-many-recipients".to_owned()));
    assert_eq!(house.boxes.outgoing(), None);
}

#[test]
fn what_stands_against_a_method_is_told_to_whom_it_would_have_answered_and_nothing_is_done() {
    let mut house = House::new();
    assert_eq!(house.on_door(Hush {}), Ok(json!(null)), "the state before the call counts");
    assert_eq!(house.on_door(Shout { to: 1 }), Err("hushed".to_owned()));
    assert_eq!(house.on_door(Hush {}), Err("hushed".to_owned()));
    assert_eq!(house.boxes.outgoing(), None);
    assert_eq!(house.on_door(Shout { to: RECIPIENTS_MAX + 1 }), Err("too-many-recipients".to_owned()));
    assert_eq!(house.on_door(Knock {}), Ok(json!(null)));
}

#[test]
fn a_turn_causes_as_much_as_it_may_and_not_one_thing_more() {
    let mut house = House::new();
    assert_eq!(house.on_door(Bustle { effects: EFFECTS_MAX + 1 }), Err("too-many-effects".to_owned()));
    assert_eq!(house.boxes.directory("names", "0"), None);
    assert_eq!(house.on_door(Bustle { effects: EFFECTS_MAX }), Ok(json!(null)));
    assert!(house.boxes.directory("names", &(EFFECTS_MAX - 1).to_string()).is_some());
}

#[test]
fn an_actor_sets_as_many_timers_as_it_may_and_a_cancelled_one_makes_room() {
    let mut house = House::new();
    assert_eq!(house.on_door(Plan { timers: TIMERS_MAX, cancelled: 2 }), Ok(json!(null)));
    assert_eq!(house.on_door(Plan { timers: 3, cancelled: 0 }), Err("too-many-timers".to_owned()));
    assert_eq!(house.on_door(Plan { timers: 2, cancelled: 0 }), Ok(json!(null)));
    house.now += 60;
    house.boxes.remind(house.now);
    house.sim.wake(&house.door);
    house.sim.settle(house.now);
    assert_eq!(house.state::<Door>(&house.door).knocks.len() as u64, TIMERS_MAX, "cancelled ones do not ring");
    assert_eq!(house.boxes.states()[&house.door].header.timers, 0);
}
