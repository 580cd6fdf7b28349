//! What one turn commits, what is refused, and what enters the boxes from outside.

use std::sync::Arc;

use pritchel_actor::effect::RowWrite;
use pritchel_actor::errbox::OutboxItem;
use pritchel_actor::limits::{MAILBOX_MAX, MAILBOX_PER_SENDER_MAX};
use pritchel_actor::message::{Due, Message, PromiseId, TimerId, What};
use pritchel_actor::need::PageWant;
use pritchel_actor::sim::toy::ToyNaming;
use pritchel_actor::view::look;
use pritchel_actor::*;
use pritchel_box_store::limits::{ACT_BYTES_MAX, DIRECT_OPS_MAX, FANOUT_PAGE, RECEIVERS_MAX, TAIL_BYTES_MAX};
use pritchel_box_store::memory::{MemoryStore, Settling};
use pritchel_box_store::work::{Extra, Next};
use pritchel_box_store::{BoxStore, ReceiveError};
use serde_json::json;

use crate::counters::Counter;
use crate::world::{Disk, Names, drive, known, open, stored};

pub const NOW: Seconds = 1_000_000;

pub fn red(name: &str) -> ActorId {
    ActorId::new(format!("red/Counter/{name}"))
}

/// New boxes on each kind of store, with these actors.
pub fn each(actors: &[&str], test: impl Fn(&Disk, &BoxStore)) {
    for disk in [Disk::memory(), Disk::sled()] {
        let boxes = planted(&disk, actors);
        test(&disk, &boxes);
    }
}

pub fn planted(disk: &Disk, actors: &[&str]) -> BoxStore {
    let boxes = open(disk, "red");
    let actors = actors.iter().map(|name| (red(name), stored(0))).collect();
    drive(disk, boxes.plant(actors, Vec::new())).unwrap();
    boxes
}

/// The `turn`th turn of an actor.
pub fn record(name: &str, turn: u64, effects: Vec<Effect>) -> TurnRecord {
    TurnRecord { actor: red(name), stored: stored(turn), rows: Vec::new(), consumed: None, effects, at: NOW }
}

pub fn publish(author: &str, id: &str, to: &[ActorId]) -> Effect {
    let act = Arc::new(Act::made(id.into(), red(author), json!({"type": "news", "id": id})));
    let item = OutboxItem { act: id.into(), at: NOW, to: to.to_vec(), cause: None };
    Effect::Publish { act, item, audience: Audience::of(to) }
}

fn far_act(id: &str, author: &str) -> Arc<Act> {
    Arc::new(Act::made(id.into(), author.into(), json!({"id": id})))
}

fn overtaken(name: &str) -> Result<Left, BoxError> {
    Err(BoxError::Overtaken { actor: red(name) })
}

fn taken(name: &str) -> Result<Left, BoxError> {
    Err(BoxError::Taken { address: red(name) })
}

/// The acts in a mailbox, in their order.
pub fn acts_for(disk: &Disk, boxes: &BoxStore, name: &str) -> Vec<String> {
    let mail = drive(disk, boxes.mail(&red(name), None, usize::MAX)).unwrap();
    let act = |mail: &Mail| match &mail.message.what {
        What::Act { id, .. } => {
            assert_eq!(mail.act.as_ref().map(|act| &act.id), Some(id), "an act comes with its body");
            Some(id.to_string())
        }
        _ => None,
    };
    mail.iter().filter_map(act).collect()
}

fn row(table: &str, key: &[u8], bytes: Option<&[u8]>) -> RowWrite {
    RowWrite { table: table.to_owned(), key: key.to_vec(), bytes: bytes.map(Into::into) }
}

/// Keys of a page of a table's rows, as a view of their actor sees it.
struct Keys(PageWant);

impl View<Counter> for Keys {
    type Answer = Vec<Vec<u8>>;
    fn look(&self, _: &Counter, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let PageWant { prefix, after, limit, newest_first, .. } = &self.0;
        let page = Page { prefix, after, limit: *limit, newest_first: *newest_first };
        Ok(look.raw_page("t", page)?.into_iter().map(|(key, _)| key).collect())
    }
}

fn page(disk: &Disk, boxes: &BoxStore, prefix: &[u8], after: &[u8], limit: usize, newest_first: bool) -> Vec<Vec<u8>> {
    let keys = Keys(PageWant { table: "t".into(), prefix: prefix.into(), after: after.into(), limit, newest_first });
    let (kinds, actor) = (Kinds::new().with::<Counter>(), red("a"));
    drive(disk, look(boxes, &kinds, &ToyNaming, NOW, &actor, &keys)).unwrap()
}

#[test]
fn turns_are_there_in_the_order_of_their_submission() {
    each(&["a"], |disk, boxes| {
        let receipts: Vec<_> = (1..=50).map(|turn| boxes.commit(record("a", turn, Vec::new()))).collect();
        for receipt in receipts {
            assert_eq!(drive(disk, receipt), Ok(Left::default()));
        }
        let found = drive(disk, boxes.open(&red("a"))).unwrap().unwrap();
        assert_eq!(found, stored(50));
        assert_eq!(drive(disk, boxes.open(&red("nobody"))), Ok(None));
        assert_eq!(drive(disk, boxes.open(&ActorId::new("red/".repeat(1000)))), Ok(None));
    });
}

#[test]
fn rows_come_in_pages_both_ways_however_long_their_keys() {
    each(&["a"], |disk, boxes| {
        let long = |last: u8| [vec![b'l'; TAIL_BYTES_MAX + 500], vec![last]].concat();
        let keys =
            [b"a".to_vec(), b"b\0\xff".to_vec(), b"b\x01".to_vec(), b"c".to_vec(), long(1), long(2), b"z".to_vec()];
        let mut turn = record("a", 1, Vec::new());
        turn.rows = keys.iter().map(|key| row("t", key, Some(&[&[0, 1], &b"7"[..]].concat()))).collect();
        turn.rows.push(row("t2", b"other", Some(b"\0\x017")));
        turn.rows.push(row("t", b"gone", None));
        drive(disk, boxes.commit(turn)).unwrap();
        let all = page(disk, boxes, b"", b"", 100, false);
        assert_eq!(all.len(), 7);
        assert_eq!((&all[..4], &all[6]), (&keys[..4], &keys[6]));
        assert!(all.contains(&keys[4]) && all.contains(&keys[5]));
        assert_eq!(page(disk, boxes, b"", b"", 100, true), all.iter().rev().cloned().collect::<Vec<_>>());
        for at in 0..7 {
            assert_eq!(
                page(disk, boxes, b"", &all[at], 2, false),
                all[at + 1..].iter().take(2).cloned().collect::<Vec<_>>()
            );
            assert_eq!(
                page(disk, boxes, b"", &all[at], 100, true),
                all[..at].iter().rev().cloned().collect::<Vec<_>>()
            );
        }
        assert_eq!(page(disk, boxes, b"b", b"", 100, false), keys[1..3]);
        assert_eq!(page(disk, boxes, &long(2), b"", 100, false), [long(2)]);
        assert_eq!(page(disk, boxes, b"q", b"", 100, false), Vec::<Vec<u8>>::new());
        let mut turn = record("a", 2, Vec::new());
        turn.rows = vec![row("t", &long(1), None)];
        drive(disk, boxes.commit(turn)).unwrap();
        assert_eq!(page(disk, boxes, b"l", b"", 100, false), [long(2)]);
    });
}

#[test]
fn of_two_turns_on_the_same_state_one_is_refused_and_leaves_nothing() {
    each(&["a", "b"], |disk, boxes| {
        let far = ActorId::from("blue/x");
        let first = boxes.commit(record("a", 1, vec![publish("a", "one", &[red("b")])]));
        let second = boxes.commit(record("a", 1, vec![publish("a", "two", &[red("b"), far.clone()])]));
        // Run on the result of the refused one, as a pipelined turn is.
        let third = boxes.commit(record("a", 3, vec![publish("a", "three", &[red("b"), far])]));
        assert_eq!(drive(disk, first).unwrap().mail_for, [red("b")]);
        assert_eq!(drive(disk, second), overtaken("a"));
        assert_eq!(drive(disk, third), overtaken("a"));
        assert_eq!(acts_for(disk, boxes, "b"), ["one"]);
        assert_eq!(drive(disk, boxes.act(&"two".into())), Ok(None));
        assert_eq!((boxes.next_due(), boxes.lanes("", None, 9)), (None, vec![]));
        assert_eq!(drive(disk, boxes.commit(record("nobody", 1, Vec::new()))), overtaken("nobody"));
        assert!(drive(disk, boxes.check(&known())).unwrap().is_clean());
    });
}

#[test]
fn an_address_is_launched_at_once_and_never_again() {
    each(&["a", "b"], |disk, boxes| {
        let launch = |name: &str| Effect::Launch { id: red(name), state: stored(0) };
        let both = vec![launch("new"), publish("a", "hello", &[red("new")])];
        assert_eq!(drive(disk, boxes.commit(record("a", 1, both))).unwrap().mail_for, [red("new")]);
        assert_eq!(acts_for(disk, boxes, "new"), ["hello"]);
        for name in ["new", "b"] {
            let turn = record("a", 2, vec![publish("a", "again", &[red("b")]), launch(name)]);
            assert_eq!(drive(disk, boxes.commit(turn)), taken(name));
        }
        assert_eq!(acts_for(disk, boxes, "b"), Vec::<String>::new());
        let plant = vec![(red("other"), stored(0)), (red("new"), stored(0))];
        let refused = drive(disk, boxes.plant(plant, vec![("k".into(), "k".into(), json!(1))]));
        assert_eq!(refused.map(|()| Left::default()), taken("new"));
        assert_eq!(drive(disk, boxes.open(&red("other"))), Ok(None));
        assert_eq!(drive(disk, boxes.directory("k", "k")), Ok(None));
        for far in [ActorId::from("blue/x"), ActorId::from("red/\0"), ActorId::new("red/".repeat(99))] {
            let turn = record("a", 2, vec![Effect::Launch { id: far, state: stored(0) }]);
            assert!(matches!(drive(disk, boxes.commit(turn)), Err(BoxError::Failed(_))));
        }
    });
}

#[test]
fn what_does_not_fit_a_mailbox_waits_in_its_senders_order() {
    each(&["a", "b", "c"], |disk, boxes| {
        let total = MAILBOX_PER_SENDER_MAX as u64 + 3;
        for turn in 1..=total {
            drive(disk, boxes.commit(record("a", turn, vec![publish("a", &format!("n{turn:03}"), &[red("b")])])))
                .unwrap();
        }
        assert_eq!(acts_for(disk, boxes, "b").len(), MAILBOX_PER_SENDER_MAX);
        assert_eq!(boxes.lanes("near/", None, 9).len(), 1);
        // Others still have room, and so has what was asked for.
        drive(disk, boxes.commit(record("c", 1, vec![publish("c", "other", &[red("b")])]))).unwrap();
        let answer = What::Answer { promise: PromiseId("p".into()), outcome: Outcome::Unknown };
        for what in [answer, What::Due(Due::Timer(TimerId(1)))] {
            let message = Message { from: red("a"), at: NOW, what };
            let sent = Effect::Send { to: red("b"), message };
            let turn = drive(disk, boxes.open(&red("a"))).unwrap().unwrap().header.turn + 1;
            assert_eq!(drive(disk, boxes.commit(record("a", turn, vec![sent]))).unwrap().mail_for, [red("b")]);
        }
        // There is room again, but what waits comes first; whoever is far is told to wait.
        let mut turn = 1;
        let first = drive(disk, boxes.mail(&red("b"), None, 1)).unwrap().pop().unwrap();
        drive(disk, boxes.commit(TurnRecord { consumed: Some(first.arrival), ..record("b", turn, Vec::new()) }))
            .unwrap();
        let last = drive(disk, boxes.open(&red("a"))).unwrap().unwrap().header.turn + 1;
        drive(disk, boxes.commit(record("a", last, vec![publish("a", "n999", &[red("b")])]))).unwrap();
        assert_eq!(acts_for(disk, boxes, "b").last().map(String::as_str), Some("other"));
        let forwarded = Arc::new(Act::made("fwd".into(), red("a"), json!({})));
        let refused = drive(disk, boxes.receive(forwarded, json!({}), &[red("b")], NOW));
        assert_eq!(refused, Err(ReceiveError::Full { actor: red("b") }));
        let mut heard = vec!["n001".to_owned()];
        let mut now = NOW;
        loop {
            for lease in drive(disk, boxes.due(now, &["near"], 9)).unwrap() {
                drive(disk, boxes.advance(lease, now)).unwrap();
            }
            let Some(mail) = drive(disk, boxes.mail(&red("b"), None, 1)).unwrap().pop() else { break };
            if let What::Act { id, .. } = &mail.message.what {
                heard.extend((mail.message.from == red("a")).then(|| id.to_string()));
            }
            turn += 1;
            let consumed = TurnRecord { consumed: Some(mail.arrival), ..record("b", turn, Vec::new()) };
            drive(disk, boxes.commit(consumed)).unwrap();
            now += 61;
        }
        assert_eq!(heard, (1..=total).chain([999]).map(|n| format!("n{n:03}")).collect::<Vec<_>>());
        assert_eq!(boxes.lanes("", None, 9), []);
    });
}

#[test]
fn a_far_act_finds_its_receivers_or_a_reason() {
    each(&["a", "b"], |disk, boxes| {
        let receive = |boxes: &BoxStore, id: &str, author: &str, to: &[&str]| {
            let to: Vec<ActorId> = to.iter().map(|name| red(name)).collect();
            drive(disk, boxes.receive(far_act(id, author), json!({"signed": true}), &to, NOW))
        };
        assert_eq!(receive(boxes, "1", "blue/x", &["a", "b", "a"]).unwrap().mail_for, [red("a"), red("b")]);
        assert_eq!(receive(boxes, "1", "blue/x", &[]), Ok(Left::default()));
        assert_eq!(receive(boxes, "2", "blue/x", &["a", "none"]), Err(ReceiveError::NoActor { actor: red("none") }));
        let far = drive(disk, boxes.receive(far_act("2", "blue/x"), json!(1), &["blue/y".into()], NOW));
        assert_eq!(far, Err(ReceiveError::NoActor { actor: "blue/y".into() }));
        for n in 0..MAILBOX_PER_SENDER_MAX - 1 {
            receive(boxes, &format!("a{n}"), "blue/x", &["a"]).unwrap();
        }
        let quota = ReceiveError::QuotaFull { actor: red("a"), sender: "blue/x".into() };
        assert_eq!(receive(boxes, "3", "blue/x", &["b", "a"]), Err(quota.clone()));
        assert_eq!(acts_for(disk, boxes, "b"), ["1"], "all or none");
        assert_eq!(drive(disk, boxes.act(&"3".into())), Ok(None));
        for n in 0..MAILBOX_MAX - MAILBOX_PER_SENDER_MAX {
            let author = format!("blue/{}", n / MAILBOX_PER_SENDER_MAX);
            receive(boxes, &format!("b{n}"), &author, &["a"]).unwrap();
        }
        let full = Err(ReceiveError::Full { actor: red("a") });
        assert_eq!(receive(boxes, "4", "blue/new", &["a"]), full);
        assert_eq!(receive(boxes, "4", "blue/new", &["b"]).unwrap().mail_for, [red("b")]);
        // Posted messages always fit, but only an actor has a mailbox.
        let message = Message { from: red("a"), at: NOW, what: What::Due(Due::Timer(TimerId(1))) };
        assert_eq!(drive(disk, boxes.post(&red("a"), message.clone())).unwrap().mail_for, [red("a")]);
        let nobody = drive(disk, boxes.post(&red("none"), message));
        assert_eq!(nobody, Err(ReceiveError::NoActor { actor: red("none") }));
        assert_eq!(boxes.actors_with_mail(None, 9), [red("a"), red("b")]);
        assert_eq!(boxes.actors_with_mail(Some(&red("a")), 9), [red("b")]);
    });
}

#[test]
fn counts_and_numbers_are_what_they_were_after_a_restart() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a", "b"]);
    let fill =
        |boxes: &BoxStore, id: String| drive(&disk, boxes.receive(far_act(&id, "blue/x"), json!(1), &[red("a")], NOW));
    for n in 0..MAILBOX_PER_SENDER_MAX {
        fill(&boxes, n.to_string()).unwrap();
    }
    let message = Message { from: red("b"), at: NOW, what: What::Due(Due::Timer(TimerId(1))) };
    drive(&disk, boxes.post(&red("b"), message.clone())).unwrap();
    let last = drive(&disk, boxes.mail(&red("b"), None, 1)).unwrap()[0].arrival;
    let mut consumed = record("b", 1, Vec::new());
    consumed.consumed = Some(last);
    drive(&disk, boxes.commit(consumed)).unwrap();
    let boxes = open(&disk, "red");
    assert!(matches!(fill(&boxes, "one more".into()), Err(ReceiveError::QuotaFull { .. })));
    drive(&disk, boxes.post(&red("b"), message)).unwrap();
    let next = drive(&disk, boxes.mail(&red("b"), None, 1)).unwrap()[0].arrival;
    assert!(next > last, "{next} comes after {last}, though nothing of that was left");
}

#[test]
fn the_bytes_of_an_act_come_back_as_they_were_sent() {
    each(&["a"], |disk, boxes| {
        let bodies: [&[u8]; 4] = [
            b"{ \"a\" : 1.00,\n\t\"b\":\"\\ud83d\\ude00\\u0000\"}\r\n",
            b"{\"a\":1,\"a\":2}",
            b"\xff\0{}",
            &[b' '; ACT_BYTES_MAX],
        ];
        for (n, raw) in bodies.into_iter().enumerate() {
            let id = ActId::new(format!("odd\u{0}\n{n}"));
            let body = Arc::new(json!({"n": n}));
            let act = Arc::new(Act::new(id.clone(), "blue/\u{1}".into(), body.clone(), raw.into()));
            drive(disk, boxes.receive(act, json!({}), &[red("a")], NOW)).unwrap();
        }
        let mail = drive(disk, boxes.mail(&red("a"), None, 9)).unwrap();
        for (n, (mail, raw)) in mail.iter().zip(bodies).enumerate() {
            let act = mail.act.as_ref().unwrap();
            assert!(&*act.raw == raw && *act.body == json!({"n": n}), "{n}");
        }
    });
    // And from the disk, not from memory.
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    let raw: Arc<[u8]> = b"{\"x\":\"\xc3\xa9\"}\n\n".as_slice().into();
    let body = Arc::new(json!({"x": "é"}));
    let act = Arc::new(Act::new("id".into(), "blue/x".into(), body, raw.clone()));
    drive(&disk, boxes.receive(act.clone(), json!({}), &[red("a")], NOW)).unwrap();
    let again = drive(&disk, open(&disk, "red").act(&"id".into())).unwrap().unwrap();
    assert_eq!((again.as_ref(), &again.raw), (act.as_ref(), &raw));
    assert!(!Arc::ptr_eq(&again, &act));
}

#[test]
fn the_first_body_of_an_act_is_kept_and_nobody_else_gets_its_id() {
    let disk = Disk::Memory(MemoryStore::new().settling(Settling::After(3)));
    let boxes = planted(&disk, &["a", "b"]);
    let act = |author: &str, n: u64| Arc::new(Act::made("id".into(), author.into(), json!({"n": n})));
    // Both find that it is new; one comes first.
    let (to_a, to_b) = ([red("a")], [red("b")]);
    let both = async {
        let first = boxes.receive(act("blue/x", 1), json!({}), &to_a, NOW);
        let second = boxes.receive(act("blue/x", 2), json!({}), &to_b, NOW);
        futures_util::future::join(first, second).await
    };
    let (first, second) = drive(&disk, both);
    assert!(first.is_ok() && second.is_ok());
    for name in ["a", "b"] {
        let mail = drive(&disk, boxes.mail(&red(name), None, 9)).unwrap();
        assert_eq!(mail.len(), 1);
        assert_eq!(*mail[0].act.as_ref().unwrap().body, json!({"n": 1}));
    }
    let other = drive(&disk, boxes.receive(act("blue/y", 3), json!({}), &[red("a")], NOW));
    assert_eq!(other, Err(ReceiveError::AnotherAct { id: "id".into() }));
    assert!(drive(&disk, boxes.check(&known())).unwrap().is_clean());
}

#[test]
fn acts_over_the_bounds_are_refused() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    let raw: Arc<[u8]> = vec![b' '; ACT_BYTES_MAX + 1].into();
    let act = Arc::new(Act::new("id".into(), "blue/x".into(), Arc::new(json!(1)), raw));
    let refused = drive(&disk, boxes.receive(act, json!({}), &[red("a")], NOW));
    assert_eq!(refused, Err(ReceiveError::TooLarge { found: ACT_BYTES_MAX + 1 }));
    let many: Vec<ActorId> = (0..=RECEIVERS_MAX).map(|n| red(&n.to_string())).collect();
    let refused = drive(&disk, boxes.receive(far_act("id", "blue/x"), json!({}), &many, NOW));
    assert_eq!(refused, Err(ReceiveError::TooMany { found: RECEIVERS_MAX + 1 }));
}

#[test]
fn a_private_message_that_reaches_nobody_is_answered_as_refused() {
    each(&["a"], |disk, boxes| {
        let call = |promise: Option<&str>| {
            let promise = promise.map(|text| PromiseId(text.to_owned()));
            Message { from: red("a"), at: NOW, what: What::Call { call: json!({}), facet: None, promise } }
        };
        let send = |to: &ActorId, promise| Effect::Send { to: to.clone(), message: call(promise) };
        let (far, nobody) = (ActorId::from("blue/x"), red("nobody"));
        let sent = vec![send(&far, Some("p1")), send(&far, None), send(&nobody, Some("p2")), send(&nobody, None)];
        let left = drive(disk, boxes.commit(record("a", 1, sent))).unwrap();
        assert_eq!(left.mail_for, [red("a"), nobody.clone()]);
        assert_eq!(drive(disk, boxes.send_back(&nobody, NOW)).unwrap().mail_for, [red("a")]);
        assert_eq!(drive(disk, boxes.send_back(&nobody, NOW)), Ok(Left::default()), "nothing is left");
        assert_eq!(drive(disk, boxes.send_back(&red("a"), NOW)), taken("a"), "somebody's mail stays");
        assert_eq!(boxes.actors_with_mail(None, 9), [red("a")]);
        let mail = drive(disk, boxes.mail(&red("a"), None, 9)).unwrap();
        let refused: Vec<_> = mail
            .into_iter()
            .map(|mail| match &mail.message.what {
                What::Answer { promise, outcome: Outcome::Refused(why) } => {
                    (mail.message.from.clone(), promise.0.clone(), why.code.clone())
                }
                other => panic!("{other:?}"),
            })
            .collect();
        let code = "no-such-actor".to_owned();
        assert_eq!(refused, [(far, "p1".to_owned(), code.clone()), (nobody, "p2".to_owned(), code)]);
    });
}

#[test]
fn more_recipients_than_a_batch_holds_are_told_by_a_fan_out() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    let to: Vec<ActorId> = (0..200).map(|n| red(&format!("r{n:03}"))).collect();
    drive(&disk, boxes.plant(to.iter().map(|id| (id.clone(), stored(0))).collect(), Vec::new())).unwrap();
    let acts = DIRECT_OPS_MAX / 200 + 3;
    let effects = (0..acts).map(|n| publish("a", &format!("n{n}"), &to)).collect();
    drive(&disk, boxes.commit(record("a", 1, effects))).unwrap();
    assert_eq!(boxes.lanes("", None, 9).len(), 1);
    while let Some(lease) = drive(&disk, boxes.due(NOW, &["fanout"], 1)).unwrap().pop() {
        drive(&disk, boxes.advance(lease, NOW)).unwrap();
    }
    for name in ["r000", "r100", "r199"] {
        let mut told = acts_for(&disk, &boxes, name);
        told.sort();
        told.dedup();
        assert_eq!(told.len(), acts, "{name}");
    }
}

#[test]
fn a_group_of_any_size_is_told_page_by_page_each_member_once() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a", "b"]);
    let members = (0..2 * FANOUT_PAGE + 7).map(|n| format!("blue{n:04}/x"));
    let members: Vec<String> = members.chain(["red/Counter/a".to_owned(), "red/Counter/b".to_owned()]).collect();
    let mut turn = record("a", 1, Vec::new());
    turn.rows = members.iter().map(|member| row("f", member.as_bytes(), Some(b"\0\x017"))).collect();
    turn.rows.push(row("g", b"x-green/x", Some(b"\0\x017")));
    turn.rows.push(row("g", b"y-black/x", Some(b"\0\x017")));
    let in_both = format!("x-blue{:04}/x", 2 * FANOUT_PAGE + 6);
    turn.rows.push(row("g", in_both.as_bytes(), Some(b"\0\x017")));
    drive(&disk, boxes.commit(turn)).unwrap();
    let Effect::Publish { act, item, .. } = publish("a", "one", &[]) else { panic!("an act") };
    let audience = Audience::of([&"blue0000/x".into(), &red("b")]).and_group(Group::table("f"));
    let audience = audience.and_group(Group { table: "g".into(), prefix: b"x-".to_vec() });
    drive(&disk, boxes.commit(record("a", 2, vec![Effect::Publish { act, item, audience }]))).unwrap();
    for step in 0.. {
        let Some(lease) = drive(&disk, boxes.due(NOW, &["fanout"], 1)).unwrap().pop() else { break };
        assert!(step < 3, "the third page holds the rest of one group and all of the other");
        drive(&disk, boxes.advance(lease, NOW)).unwrap();
    }
    assert_eq!(acts_for(&disk, &boxes, "b"), ["one"]);
    assert_eq!(acts_for(&disk, &boxes, "a"), Vec::<String>::new(), "nobody is told his own act");
    let mut told = Vec::new();
    while let Some(lease) = drive(&disk, boxes.due(NOW, &["delivery"], 1)).unwrap().pop() {
        told.push(lease.item.data["to"].as_str().unwrap().to_owned());
        drive(&disk, boxes.finish(lease, Next::Done, Extra::default())).unwrap();
    }
    told.sort();
    let far = members.iter().filter(|member| member.starts_with("blue")).cloned();
    assert_eq!(told, far.chain(["green/x".to_owned()]).collect::<Vec<_>>());
}

#[test]
fn a_commit_nobody_waits_for_happens_or_is_taken_back() {
    let disk = Disk::Memory(MemoryStore::new().settling(Settling::After(5)));
    let boxes = planted(&disk, &["a", "b"]);
    drop(boxes.commit(record("a", 1, vec![publish("a", "one", &[red("b")])])));
    drop(boxes.commit(record("a", 1, vec![publish("a", "two", &[red("b"), "blue/x".into()])])));
    for _ in 0..9 {
        disk.tick();
    }
    assert_eq!(acts_for(&disk, &boxes, "b"), ["one"]);
    assert_eq!(boxes.next_due(), None, "the refused delivery's lane is forgotten");
    let mut consumed = record("b", 1, Vec::new());
    consumed.consumed = drive(&disk, boxes.mail(&red("b"), None, 1)).unwrap().pop().map(|mail| mail.arrival);
    drive(&disk, boxes.commit(consumed)).unwrap();
    assert_eq!(boxes.actors_with_mail(None, 9), [], "the refused message is not counted");
}

#[test]
fn what_is_no_store_of_boxes_is_not_opened() {
    let refused = |rows: &[(&str, &str)]| {
        let rows = rows.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.to_string().into()));
        let store = MemoryStore::open(rows.collect());
        let opened = drive(&Disk::memory(), BoxStore::open(Arc::new(store), Arc::new(Names("red"))));
        match opened {
            Err(BoxError::Unreadable(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(&[("a row", "of another")]).contains("no format"));
    assert!(refused(&[("mformat", r#"{"v":1,"what":{"format":"other"}}"#)]).contains("found `other`"));
    assert!(refused(&[("mformat", r#"{"v":9,"what":{"format":"pritchel boxes"}}"#)]).contains("version 9"));
    let good = ("mformat", r#"{"v":1,"what":{"format":"pritchel boxes"}}"#);
    assert!(refused(&[good, ("mnumbers", "many")]).contains("expected a number"));
}

#[test]
fn the_directory_is_written_by_turns_and_read_in_pages() {
    each(&["a"], |disk, boxes| {
        let long = "https://example.org/".repeat(60);
        let put = |key: &str, value| Effect::Directory { kind: "name", key: key.to_owned(), value };
        let effects = vec![put("bob", Some(json!(1))), put("alice", Some(json!(2))), put(&long, Some(json!(3)))];
        drive(disk, boxes.commit(record("a", 1, effects))).unwrap();
        assert_eq!(drive(disk, boxes.directory("name", "bob")), Ok(Some(json!(1))));
        assert_eq!(drive(disk, boxes.directory("nam", "ebob")), Ok(None));
        let page = |prefix, after, limit| drive(disk, boxes.directory_page("name", prefix, after, limit)).unwrap();
        let (alice, bob, far) =
            (("alice".to_owned(), json!(2)), ("bob".to_owned(), json!(1)), (long.clone(), json!(3)));
        assert_eq!(page("", None, 9), [alice.clone(), bob.clone(), far.clone()]);
        assert_eq!(page("", Some("alice"), 1), std::slice::from_ref(&bob));
        assert_eq!(page("", Some("bob"), 9), std::slice::from_ref(&far));
        assert_eq!(page(&long, None, 9), [far]);
        assert_eq!(page(&long, Some(&long), 9), []);
        assert_eq!(page("al", None, 9), [alice]);
        drive(disk, boxes.commit(record("a", 2, vec![put("bob", None), put(&long, None)]))).unwrap();
        assert_eq!(drive(disk, boxes.directory("name", "bob")), Ok(None));
        assert_eq!(page("", None, 9).len(), 1);
    });
}

#[test]
fn a_record_ends_when_its_time_does() {
    each(&[], |disk, boxes| {
        for (key, until) in [("a", None), ("b", Some(NOW)), ("c", Some(NOW + 1)), ("d", Some(NOW - 9))] {
            drive(disk, boxes.put_record("origin", key, json!(key), until)).unwrap();
        }
        let record = |key, now| drive(disk, boxes.record("origin", key, now)).unwrap();
        assert_eq!((record("a", NOW), record("b", NOW - 1)), (Some(json!("a")), Some(json!("b"))));
        assert_eq!((record("b", NOW), record("e", NOW)), (None, None));
        let page = |after, limit| drive(disk, boxes.records_page("origin", "", after, limit, NOW)).unwrap();
        assert_eq!(page(None, 9), (vec![("a".to_owned(), json!("a")), ("c".to_owned(), json!("c"))], None));
        assert_eq!(page(None, 2), (vec![("a".to_owned(), json!("a"))], Some("b".to_owned())));
        assert_eq!(drive(disk, boxes.sweep_records("origin", None, 3, NOW)), Ok((1, Some("c".to_owned()))));
        assert_eq!(drive(disk, boxes.sweep_records("origin", Some("c"), 3, NOW)), Ok((1, None)));
        assert_eq!(record("b", NOW - 1), None, "it is gone");
        drive(disk, boxes.remove_record("origin", "a")).unwrap();
        drive(disk, boxes.remove_record("origin", "never there")).unwrap();
        assert_eq!(page(None, 9).0.len(), 1);
    });
}

#[test]
fn secrets_come_back_and_never_leave_in_an_ordinary_export() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    let secret: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    for (name, secret) in [("key of alice", &b"-----BEGIN hunter2"[..]), ("large", &secret)] {
        drive(&disk, boxes.seal(name, secret)).unwrap();
        assert_eq!(drive(&disk, boxes.unseal(name)).unwrap().unwrap().expose(), secret);
    }
    assert_eq!(drive(&disk, boxes.unseal("other")), Ok(None));
    let shown = format!("{boxes:?} {:?}", drive(&disk, boxes.unseal("key of alice")));
    assert!(!shown.contains("hunter2"), "{shown}");
    let Disk::Memory(store) = &disk else { panic!("memory") };
    let kept: Vec<_> = store.image().rows().map(|(key, _)| pritchel_box_store::keys::class(key)).collect();
    let secrets = kept.iter().filter(|class| **class == pritchel_box_store::export::Class::Secret).count();
    // One row; and one row, its four to five pieces, and the row that names them.
    assert_eq!(secrets, 1 + 2 + (200_000usize * 4 / 3).div_ceil(64 * 1024));
    drive(&disk, boxes.remove_sealed("key of alice")).unwrap();
    drive(&disk, boxes.remove_sealed("large")).unwrap();
    let left = store.image();
    assert!(
        left.rows().all(|(key, _)| pritchel_box_store::keys::class(key) == pritchel_box_store::export::Class::Public)
    );
}
