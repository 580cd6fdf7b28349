//! Lanes of durable work: order, leases and their races, what is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use pritchel_actor::message::{Due, Message, TimerId, What};
use pritchel_actor::*;
use pritchel_box_store::directory::{DirectoryWrite, RecordWrite};
use pritchel_box_store::keys::{self, Kind};
use pritchel_box_store::limits::LEASE_S;
use pritchel_box_store::memory::{MemoryStore, Settling};
use pritchel_box_store::work::{Extra, KindCount, Lease, NewItem, Next, Tell, WorkError};
use pritchel_box_store::{BoxStore, Store};
use serde_json::json;

use crate::turns::{NOW, acts_for, each, planted, publish, record, red};
use crate::world::{Disk, drive, known, open};

fn item(lane: &str, at: Seconds, data: u64) -> NewItem {
    NewItem { lane: lane.to_owned(), at, data: json!(data) }
}

fn more(work: Vec<NewItem>) -> Extra {
    Extra { work, ..Extra::default() }
}

/// Puts items into lanes: as the end of a step of a lane of its own.
fn add(disk: &Disk, boxes: &BoxStore, work: Vec<NewItem>) {
    let turn = drive(disk, boxes.open(&red("a"))).unwrap().unwrap().header.turn + 1;
    let due = Due::Timer(TimerId(turn));
    drive(disk, boxes.commit(record("a", turn, vec![Effect::Remind { at: 0, due }]))).unwrap();
    let lease = claim(disk, boxes, 0, "remind").pop().unwrap();
    drive(disk, boxes.finish(lease, Next::Done, more(work))).unwrap();
}

fn claim(disk: &Disk, boxes: &BoxStore, now: Seconds, kind: &str) -> Vec<Lease> {
    drive(disk, boxes.due(now, &[kind], 100)).unwrap()
}

fn data(leases: &[Lease]) -> Vec<u64> {
    leases.iter().map(|lease| lease.item.data.as_u64().unwrap()).collect()
}

fn done(disk: &Disk, boxes: &BoxStore, lease: Lease) {
    drive(disk, boxes.finish(lease, Next::Done, Extra::default())).unwrap();
}

fn entries(store: &MemoryStore) -> usize {
    store.image().rows().filter(|(key, _)| keys::kind(key) == Some(Kind::Due)).count()
}

#[test]
fn a_lane_is_done_in_order_one_at_a_time_and_lanes_do_not_wait_for_each_other() {
    each(&["a"], |disk, boxes| {
        let work =
            vec![item("x/1", 10, 1), item("x/2", 5, 10), item("x/1", 3, 2), item("y/1", 1, 100), item("x/1", 9, 3)];
        add(disk, boxes, work);
        assert_eq!(boxes.next_due(), Some(1));
        assert_eq!(data(&claim(disk, boxes, 4, "x")), Vec::<u64>::new());
        let mut leases = claim(disk, boxes, 10, "x");
        assert_eq!(data(&leases), [10, 1], "the one longest due first, only heads, only this kind");
        assert_eq!(data(&claim(disk, boxes, 10, "x")), Vec::<u64>::new(), "they are held");
        done(disk, boxes, leases.pop().unwrap());
        let next = claim(disk, boxes, 10, "x");
        assert_eq!(data(&next), [2]);
        done(disk, boxes, leases.pop().unwrap());
        next.into_iter().for_each(|lease| done(disk, boxes, lease));
        let last = drive(disk, boxes.due(10, &["x", "y", "none"], 1)).unwrap();
        assert_eq!(data(&last), [100], "the oldest of all kinds");
        last.into_iter().for_each(|lease| done(disk, boxes, lease));
        let last = claim(disk, boxes, 10, "x");
        assert_eq!(data(&last), [3]);
        last.into_iter().for_each(|lease| done(disk, boxes, lease));
        assert_eq!((boxes.next_due(), boxes.lanes("", None, 9)), (None, vec![]));
        assert!(drive(disk, boxes.check(&known())).unwrap().is_clean());
    });
}

#[test]
fn an_append_to_a_lane_that_is_not_empty_writes_only_the_item() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    let Disk::Memory(store) = &disk else { panic!("memory") };
    add(&disk, &boxes, vec![item("x/1", 10, 1)]);
    let before = store.image();
    add(&disk, &boxes, vec![item("x/1", 10, 2)]);
    let after = store.image();
    let new: Vec<_> =
        after.rows().filter(|(key, _)| before.get(key).is_none()).map(|(key, _)| keys::kind(key)).collect();
    assert_eq!((new, entries(store)), (vec![Some(Kind::Work)], 1));
}

#[test]
fn a_lease_that_ran_out_is_somebody_elses() {
    each(&["a"], |disk, boxes| {
        add(disk, boxes, vec![item("x/1", 10, 1)]);
        let first = claim(disk, boxes, 10, "x").pop().unwrap();
        assert_eq!((first.claimed, first.until, boxes.next_due()), (10, 10 + LEASE_S, Some(10 + LEASE_S)));
        assert_eq!(data(&claim(disk, boxes, 9 + LEASE_S, "x")), Vec::<u64>::new());
        let second = claim(disk, boxes, 10 + LEASE_S, "x").pop().unwrap();
        let extra = more(vec![item("x/2", 1, 2)]);
        let lost = Err(WorkError::Lost { lane: "x/1".to_owned() });
        assert_eq!(drive(disk, boxes.finish(first, Next::Done, extra)), lost);
        assert_eq!(boxes.lanes("x/2", None, 9), [], "nothing of it happened");
        let mut second = second;
        drive(disk, boxes.renew(&mut second, 500)).unwrap();
        assert_eq!(second.until, 500 + LEASE_S);
        assert_eq!(data(&claim(disk, boxes, 499 + LEASE_S, "x")), Vec::<u64>::new());
        done(disk, boxes, second);
        assert_eq!(boxes.next_due(), None);
        assert!(drive(disk, boxes.check(&known())).unwrap().is_clean());
    });
}

#[test]
fn what_fails_waits_gets_on_or_steps_aside() {
    each(&["a"], |disk, boxes| {
        add(disk, boxes, vec![item("x/1", 10, 1), item("x/1", 10, 2)]);
        let one = |now| claim(disk, boxes, now, "x").pop();
        let end = |lease, next| drive(disk, boxes.finish(lease, next, Extra::default())).unwrap();
        end(one(10).unwrap(), Next::Again { at: 50, data: json!(11) });
        assert!(one(49).is_none(), "the lane waits");
        let again = one(50).unwrap();
        assert_eq!((again.item.data.clone(), again.item.attempt, again.item.first_failed), (json!(11), 1, Some(10)));
        end(again, Next::Again { at: 60, data: json!(12) });
        let again = one(60).unwrap();
        assert_eq!((again.item.attempt, again.item.first_failed), (2, Some(10)));
        end(again, Next::On { data: json!(13) });
        let on = one(60).unwrap();
        assert_eq!((on.item.data.clone(), on.item.attempt, on.item.first_failed), (json!(13), 0, None));
        end(on, Next::Aside { at: 100, data: json!(14) });
        let next = one(60).unwrap();
        assert_eq!(next.item.data, json!(2), "the rest goes on");
        end(next, Next::Done);
        assert!(one(99).is_none());
        let aside = one(100).unwrap();
        assert_eq!((aside.item.data.clone(), aside.item.attempt, aside.item.first_failed), (json!(14), 1, Some(60)));
        let lane = aside.item.lane.clone();
        assert!(lane.starts_with("x/1"), "{lane}");
        end(aside, Next::Aside { at: 200, data: json!(15) });
        let aside = one(200).unwrap();
        assert_eq!((&aside.item.lane, aside.item.attempt), (&lane, 2), "it has a lane of its own already");
        end(aside, Next::Done);
        assert_eq!(boxes.next_due(), None);
        assert!(drive(disk, boxes.check(&known())).unwrap().is_clean());
    });
}

#[test]
fn everything_more_happens_with_the_end_of_a_step_or_not_at_all() {
    each(&["a", "b"], |disk, boxes| {
        let extra = |lane: &str| Extra {
            work: vec![item(lane, 7, 1)],
            acts: vec![Arc::new(Act::made("new".into(), "blue/x".into(), json!(1)))],
            tell: ["red/Counter/b", "blue/y"]
                .map(|to| Tell { act: "new".into(), author: "blue/x".into(), sender: red("a"), to: to.into(), at: NOW })
                .to_vec(),
            post: vec![(red("b"), Message { from: red("b"), at: NOW, what: What::Due(Due::Timer(TimerId(1))) })],
            records: vec![RecordWrite { kind: "k".into(), key: "k".into(), value: Some(json!(2)), until: None }],
            directory: vec![DirectoryWrite { kind: "k".into(), key: "k".into(), value: Some(json!(3)) }],
        };
        add(disk, boxes, vec![item("x/1", 1, 1)]);
        let lease = claim(disk, boxes, 1, "x").pop().unwrap();
        let refused = drive(disk, boxes.finish(lease, Next::Done, extra("no lane")));
        assert_eq!(refused, Err(WorkError::Lane { found: "no lane".to_owned() }));
        assert_eq!(boxes.actors_with_mail(None, 9), []);
        assert_eq!(boxes.lanes("", None, 9).len(), 1);
        let lease = claim(disk, boxes, 1 + LEASE_S, "x").pop().unwrap();
        let left = drive(disk, boxes.finish(lease, Next::Done, extra("y/1"))).unwrap();
        assert_eq!((left.mail_for, left.work), (vec![red("b")], true));
        assert_eq!(acts_for(disk, boxes, "b"), ["new"]);
        assert_eq!(drive(disk, boxes.mail(&red("b"), None, 9)).unwrap().len(), 2);
        assert_eq!(drive(disk, boxes.record("k", "k", 0)), Ok(Some(json!(2))));
        assert_eq!(drive(disk, boxes.directory("k", "k")), Ok(Some(json!(3))));
        let lanes: Vec<String> = boxes.lanes("", None, 9).into_iter().map(|lane| lane.lane).collect();
        assert_eq!(lanes, ["delivery/blue\0red/Counter/a", "y/1"]);
        let reminder = drive(disk, boxes.due(NOW, &["y"], 9)).unwrap().pop().unwrap();
        assert!(
            matches!(drive(disk, boxes.advance(reminder, NOW)), Err(WorkError::Task(_))),
            "not a task of the boxes"
        );
    });
}

/// Lanes `x/1` (head due at 10) and `x/2` (due at 5), both claimed by a process that then ends. What the next one gets at 10.
fn after_a_process_that_held_lanes(disk: &Disk) -> Vec<u64> {
    let boxes = planted(disk, &["a"]);
    add(disk, &boxes, vec![item("x/1", 10, 1), item("x/1", 3, 2), item("x/2", 5, 10), item("x/3", 40, 100)]);
    let held = claim(disk, &boxes, 10, "x");
    assert_eq!(data(&held), [10, 1]);
    drop((held, boxes));
    let boxes = open(disk, "red");
    let early = claim(disk, &boxes, 9, "x").into_iter();
    let got = data(&early.chain(claim(disk, &boxes, 10, "x")).collect::<Vec<_>>());
    assert!(drive(disk, boxes.check(&known())).unwrap().is_clean());
    got
}

#[test]
fn the_leases_of_a_process_that_has_ended_are_given_up_when_its_store_is_opened() {
    for disk in [Disk::memory(), Disk::sled()] {
        assert_eq!(after_a_process_that_held_lanes(&disk), [10, 1], "heads in their order, not before they are due");
    }
}

#[test]
fn in_a_store_that_others_may_have_open_leases_run_out() {
    assert_eq!(after_a_process_that_held_lanes(&Disk::Memory(MemoryStore::new().shared())), Vec::<u64>::new());
}

#[test]
fn of_two_handles_on_one_store_one_gets_a_lane() {
    let disk = Disk::Memory(MemoryStore::new().shared());
    let first = planted(&disk, &["a"]);
    add(&disk, &first, (0..50).map(|n| item(&format!("x/{n:02}"), 1, n)).collect());
    let second = open(&disk, "red");
    let Disk::Memory(store) = &disk else { panic!("memory") };
    drop(store.clone().settling(Settling::After(7)));
    // Both read the same index before either has claimed anything.
    let both = futures_util::future::join(first.due(1, &["x"], 30), second.due(1, &["x"], 50));
    let (a, b) = drive(&disk, both);
    let (a, b) = (a.unwrap(), b.unwrap());
    let mut all = [data(&a), data(&b)].concat();
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>(), "each once");
    assert!(!a.is_empty() && !b.is_empty(), "{} and {}", a.len(), b.len());
    for (boxes, leases) in [(&first, a), (&second, b)] {
        for lease in leases {
            done(&disk, boxes, lease);
        }
    }
    // What one has done, the other finds out when it looks.
    assert_eq!((data(&claim(&disk, &first, 900, "x")), entries(store)), (vec![], 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_workers_each_gets_what_no_other_has_and_keeps_the_order() {
    let disk = Disk::sled();
    let boxes = planted(&disk, &["a"]);
    for round in 0..6 {
        add(&disk, &boxes, (0..8).map(|lane| item(&format!("x/{lane}"), 1, lane * 100 + round)).collect());
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let boxes = boxes.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while boxes.next_due().is_some_and(|due| due < 1000) {
                    for lease in boxes.due(1, &["x"], 3).await.unwrap() {
                        mine.push((lease.item.seq, lease.item.data.as_u64().unwrap()));
                        boxes.finish(lease, Next::Done, Extra::default()).await.unwrap();
                    }
                    tokio::task::yield_now().await;
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        let mine = worker.await.unwrap();
        let mut last = BTreeMap::new();
        for (_, data) in &mine {
            assert!(last.insert(data / 100, *data).is_none_or(|before| before < *data), "{mine:?}");
        }
        all.extend(mine);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 48, "each item once");
}

#[test]
fn an_item_on_its_way_to_the_disk_is_not_forgotten_when_its_lane_seems_empty() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    let Disk::Memory(store) = &disk else { panic!("memory") };
    let tell = |turn, id: &str| record("a", turn, vec![publish("a", id, &["blue/x".into()])]);
    drive(&disk, boxes.commit(tell(1, "one"))).unwrap();
    let lease = claim(&disk, &boxes, NOW, "delivery").pop().unwrap();
    drop(store.clone().settling(Settling::Manual));
    // The second delivery is not durable yet when the first is done.
    let second = boxes.commit(tell(2, "two"));
    let ended = boxes.finish(lease, Next::Done, Extra::default());
    let ended = async {
        let (ended, _) = futures_util::future::join(ended, async { store.settle_all() }).await;
        ended
    };
    drive(&disk, ended).unwrap();
    drive(&disk, second).unwrap();
    drop(store.clone().settling(Settling::AtOnce));
    let next = claim(&disk, &boxes, NOW, "delivery").pop().unwrap();
    assert_eq!(next.item.data["act"], "two");
    done(&disk, &boxes, next);
    assert_eq!((boxes.next_due(), entries(store)), (None, 0));
}

#[test]
fn a_refused_turn_leaves_no_lane_without_its_entry() {
    let disk = Disk::Memory(MemoryStore::new().settling(Settling::After(4)));
    let boxes = planted(&disk, &["a", "b"]);
    let tell = |name: &str, turn, id: &str| record(name, turn, vec![publish(name, id, &["blue/x".into()])]);
    let job = |name: &str, turn: u64| {
        let remind = Effect::Remind { at: 5, due: Due::Timer(TimerId(1)) };
        record(name, turn, vec![remind])
    };
    // Both turns append to the same lane; the first, which would have put its entry, is refused.
    let (refused, good) = (boxes.commit(job("a", 7)), boxes.commit(job("a", 1)));
    assert!(drive(&disk, refused).is_err());
    drive(&disk, good).unwrap();
    assert_eq!(claim(&disk, &boxes, 5, "remind").len(), 1);
    assert!(drive(&disk, boxes.commit(tell("b", 9, "no"))).is_err());
    drive(&disk, boxes.commit(tell("b", 1, "yes"))).unwrap();
    assert_eq!(claim(&disk, &boxes, NOW, "delivery").pop().unwrap().item.data["act"], "yes");
}

#[test]
fn a_cancelled_lane_is_gone_from_whomever_held_it() {
    each(&["a"], |disk, boxes| {
        for chunk in 0..6 {
            add(disk, boxes, (0..200).map(|n| item("x/1", 1, chunk * 200 + n)).collect());
        }
        add(disk, boxes, vec![item("x/2", 1, 1)]);
        let held = claim(disk, boxes, 1, "x");
        let items = drive(disk, boxes.items("x/1", None, 3)).unwrap();
        assert_eq!(items.iter().map(|item| item.data.as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(drive(disk, boxes.items("x/1", Some(items[1].seq), 1)).unwrap(), items[2..]);
        assert_eq!(drive(disk, boxes.cancel_lane("x/1", 1)), Ok(1200));
        assert_eq!(drive(disk, boxes.cancel_lane("x/1", 1)), Ok(0));
        for lease in held {
            let lost = lease.item.lane == "x/1";
            assert_eq!(drive(disk, boxes.finish(lease, Next::Done, Extra::default())).is_err(), lost);
        }
        assert_eq!((boxes.next_due(), drive(disk, boxes.items("x/1", None, 9))), (None, Ok(vec![])));
        assert!(drive(disk, boxes.check(&known())).unwrap().is_clean());
    });
}

#[test]
fn the_operator_sees_how_much_waits_and_how_long() {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a"]);
    add(&disk, &boxes, vec![item("x/1", 5, 1), item("x/2", 7, 1), item("x/3", 99, 1), item("y/1", 1, 1)]);
    assert_eq!(claim(&disk, &boxes, 6, "x").len(), 1);
    let counts = boxes.work_counts(10);
    let x = KindCount { lanes: 3, held: 1, due: 1, oldest_due: Some(7) };
    let y = KindCount { lanes: 1, held: 0, due: 1, oldest_due: Some(1) };
    assert_eq!(counts, [("x".to_owned(), x), ("y".to_owned(), y.clone())].into());
    assert_eq!(boxes.lanes("x/", Some("x/1"), 1)[0].lane, "x/2");
    // The same after a restart, but that nobody holds anything.
    let x = KindCount { lanes: 3, held: 0, due: 2, oldest_due: Some(5) };
    assert_eq!(open(&disk, "red").work_counts(10), [("x".to_owned(), x), ("y".to_owned(), y)].into());
}

/// Turns that append, some of them refused; workers that finish, fail and give up; a slow disk; receipts nobody waits for.
/// In the end every item of a turn that came about was done, in its lane's order.
#[test]
fn random_work_is_done_in_order_whatever_is_refused_meanwhile() {
    for seed in 0..60 {
        random_work(seed);
    }
}

fn random_work(seed: u64) {
    let mut state = seed;
    let mut draw = move |bound: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)) >> 11) % bound
    };
    let store = MemoryStore::new().settling(Settling::After(seed % 5));
    let disk = Disk::Memory(store.clone());
    let boxes = planted(&disk, &["a"]);
    let (mut turn, mut now) = (0, NOW);
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut did: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut waiting = Vec::new();
    let mut held: Vec<Lease> = Vec::new();
    for step in 0..400 {
        match draw(8) {
            0..=2 => {
                let to = format!("lane{}/x", draw(4));
                let good = draw(4) > 0;
                let receipt = boxes.commit(record(
                    "a",
                    turn + if good { 1 } else { 5 },
                    vec![publish("a", &format!("act{step}"), &[to.as_str().into()])],
                ));
                if good {
                    turn += 1;
                    sent.entry(to).or_default().push(format!("act{step}"));
                }
                if draw(2) == 0 { waiting.push(receipt) } else { drop(receipt) }
            }
            3 | 4 => held.extend(drive(&disk, boxes.due(now, &["delivery"], 3)).unwrap()),
            5 => drop(held.pop()),
            6 => now += draw(40) as i64,
            _ => store.tick(),
        }
        if held.len() > 2 || draw(3) == 0 {
            let Some(lease) = (!held.is_empty()).then(|| held.remove(0)) else { continue };
            let (data, at) = (lease.item.data.clone(), now + 3);
            let next = if draw(3) == 0 { Next::Again { at, data: data.clone() } } else { Next::Done };
            let is_done = next == Next::Done;
            if drive(&disk, boxes.finish(lease, next, Extra::default())).is_ok() && is_done {
                did.entry(data["to"].as_str().unwrap().into()).or_default().push(data["act"].as_str().unwrap().into());
            }
        }
    }
    for receipt in waiting {
        drop(drive(&disk, receipt));
    }
    while boxes.next_due().is_some() {
        now += 2 * LEASE_S;
        for lease in drive(&disk, boxes.due(now, &["delivery"], 100)).unwrap() {
            let data = lease.item.data.clone();
            done(&disk, &boxes, lease);
            did.entry(data["to"].as_str().unwrap().into()).or_default().push(data["act"].as_str().unwrap().into());
        }
        (0..9).for_each(|_| store.tick());
    }
    assert_eq!(did, sent, "seed {seed}");
    assert_eq!(store.health().failed, None);
    assert!(drive(&disk, boxes.check(&known())).unwrap().is_clean(), "seed {seed}");
}
