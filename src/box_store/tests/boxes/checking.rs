//! What a check finds in spoilt stores, and what a repair mends.

use pritchel_actor::*;
use pritchel_box_store::check::{Known, NamedRow, Names, Owner, Problem, Repaired, Report};
use pritchel_box_store::memory::{Image, MemoryStore};
use pritchel_box_store::work::{Extra, Next};
use pritchel_box_store::{BoxStore, Key, Value as Bytes, keys};

use crate::turns::{NOW, planted, publish, record, red};
use crate::world::{Disk, drive, known, open};

type Rows = std::collections::BTreeMap<Key, Bytes>;

/// A store with an actor, mail, a delivery, a record, a secret and a large row; spoilt by `spoil`, then opened.
fn spoilt(spoil: impl FnOnce(&mut Rows)) -> (Disk, BoxStore) {
    let disk = Disk::memory();
    let boxes = planted(&disk, &["a", "b"]);
    let mut turn = record("a", 1, vec![publish("a", "one", &[red("b"), "blue/x".into()])]);
    let bytes: Vec<u8> = [&[0, 1], format!("\"{}\"", "n".repeat(150_000)).as_bytes()].concat();
    turn.rows =
        vec![pritchel_actor::effect::RowWrite { table: "t".into(), key: b"k".to_vec(), bytes: Some(bytes.into()) }];
    drive(&disk, boxes.commit(turn)).unwrap();
    drive(&disk, boxes.seal("key", b"secret")).unwrap();
    drive(&disk, boxes.put_record("k", "k", serde_json::json!(1), None)).unwrap();
    let Disk::Memory(store) = &disk else { panic!("memory") };
    let mut rows: Rows = store.image().rows().map(|(key, value)| (key.clone(), value.clone())).collect();
    spoil(&mut rows);
    let disk = Disk::Memory(MemoryStore::open(rows.into_iter().collect::<Image>()));
    let boxes = open(&disk, "red");
    (disk, boxes)
}

fn report(spoil: impl FnOnce(&mut Rows)) -> Report {
    let (disk, boxes) = spoilt(spoil);
    drive(&disk, boxes.check(&known())).unwrap()
}

const LANE: &str = "delivery/blue\0red/Counter/a";

fn row() -> Key {
    keys::row(&red("a"), "t", b"k")
}

#[test]
fn a_store_as_it_should_be_is_clean_and_counted() {
    let report = report(|_| {});
    assert_eq!((&report.problems[..], report.more), (&[][..], 0));
    assert_eq!(report.actors, [("Counter".to_owned(), 2)].into());
    let rows = |kind| report.rows.get(&kind).map_or(0, |count| count.rows);
    use keys::Kind::*;
    assert_eq!(
        [State, Turn, Act, Mail, Work, Due, Row, Sealed, Record, Split, Piece].map(rows),
        [2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 3]
    );
    assert!(report.rows[&Piece].bytes > 150_000);
    let shown = report.to_string();
    assert!(shown.starts_with("Act: 1 rows, ") && shown.ends_with("Counter: 2 actors\n"), "{shown}");
}

#[test]
fn what_is_off_is_told_by_name() {
    let found = |spoil: &dyn Fn(&mut Rows)| report(spoil).problems;
    let unreadable = |key: Key, spoil: &dyn Fn(&mut Rows)| {
        let problems = found(spoil);
        let [Problem::Unreadable { key: named, why }] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(named, &key, "{why}");
        assert!(!why.contains("secret") || !why.contains("c2VjcmV0"), "{why}");
    };
    let garbage = || Bytes::from_static(b"garbage");
    let item = |rows: &Rows| rows.keys().find(|key| keys::item_of(key).is_some()).cloned().unwrap();
    for key in [keys::act(&"one".into()), keys::state(&red("a")), keys::sealed("key"), keys::mail(&red("b"), 1)] {
        unreadable(key.clone(), &|rows| drop(rows.insert(key.clone(), garbage())));
    }
    let plain = keys::row(&red("a"), "t", b"plain");
    unreadable(plain.clone(), &|rows| drop(rows.insert(plain.clone(), garbage())));
    let inbox = keys::row(&red("a"), "~inbox", &0u64.to_be_bytes());
    unreadable(inbox.clone(), &|rows| drop(rows.insert(inbox.clone(), Bytes::from_static(b"\0\x01{}"))));
    unreadable(row(), &|rows| drop(rows.insert(keys::piece(&row(), 1), garbage())));
    let Some(work) = spoilt_item() else { panic!("an item") };
    unreadable(work, &|rows| drop(rows.insert(item(rows), garbage())));

    assert_eq!(
        found(&|rows| drop(rows.insert(b"zzz".to_vec(), garbage()))),
        [Problem::ForeignKey { key: b"zzz".to_vec() }]
    );
    let differs = |actor, state, turn| vec![Problem::TurnDiffers { actor: red(actor), state, turn }];
    assert_eq!(found(&|rows| drop(rows.insert(keys::turn(&red("a")), "7".into()))), differs("a", Some(1), Some(7)));
    assert_eq!(found(&|rows| drop(rows.remove(&keys::state(&red("b"))))), differs("b", None, Some(0)));
    let nobodys = found(&|rows| {
        rows.remove(&keys::state(&red("b")));
        rows.remove(&keys::turn(&red("b")));
    });
    assert!(matches!(&nobodys[..], [Problem::MailForNobody { actor, .. }] if *actor == red("b")), "{nobodys:?}");
    let nobodys = found(&|rows| {
        rows.remove(&keys::state(&red("a")));
        rows.remove(&keys::turn(&red("a")));
    });
    assert_eq!(nobodys, [Problem::RowsOfNobody { actor: red("a") }]);
    let missing = found(&|rows| drop(rows.remove(&keys::act(&"one".into()))));
    let acts =
        missing.iter().map(|problem| matches!(problem, Problem::MissingAct { act, .. } if act.as_str() == "one"));
    assert_eq!(acts.collect::<Vec<_>>(), [true, true], "the mailbox and the delivery name it: {missing:?}");
}

fn spoilt_item() -> Option<Key> {
    let mut found = None;
    spoilt(|rows| found = rows.keys().find(|key| keys::item_of(key).is_some()).cloned());
    found
}

#[test]
fn a_state_that_this_program_does_not_know_is_told() {
    let (disk, boxes) = spoilt(|_| {});
    let check = |known: &Known| drive(&disk, boxes.check(known)).unwrap().problems;
    let unknown = |name| Problem::UnknownKind { actor: red(name), found: "Counter".into() };
    assert_eq!(check(&Known::default()), [unknown("a"), unknown("b")]);
    let older = Known([("Counter".to_owned(), 0)].into());
    let newer = |name| Problem::Newer { actor: red(name), kind: "Counter".into(), found: 1, known: 0 };
    assert_eq!(check(&older), [newer("a"), newer("b")]);
}

/// Checks, repairs, checks again, and does the delivery.
fn mended(problem: impl Fn(&Problem) -> bool, deliveries: usize, spoil: impl FnOnce(&mut Rows)) {
    let (disk, boxes) = spoilt(spoil);
    let report = drive(&disk, boxes.check(&known())).unwrap();
    assert!(report.problems.iter().all(problem) && !report.is_clean(), "{:?}", report.problems);
    let repaired = drive(&disk, boxes.repair(&report)).unwrap();
    assert_eq!(repaired, Repaired { repaired: report.problems.len(), passed: 0, left: 0 });
    let again = drive(&disk, boxes.check(&known())).unwrap();
    assert!(again.is_clean(), "{:?}", again.problems);
    let repaired = drive(&disk, boxes.repair(&report)).unwrap();
    assert_eq!(repaired.repaired, 0, "a second repair finds nothing to do");
    let leases = drive(&disk, boxes.due(NOW, &["delivery"], 9)).unwrap();
    assert_eq!(leases.len(), deliveries);
    for lease in leases {
        drive(&disk, boxes.finish(lease, Next::Done, Extra::default())).unwrap();
    }
    assert_eq!(boxes.next_due(), None);
    assert!(drive(&disk, boxes.check(&known())).unwrap().is_clean());
}

#[test]
fn the_due_index_is_rebuilt_from_the_lanes() {
    let entry = |n: u64| Bytes::from(format!(r#"{{"v":1,"what":{{"n":{n}}}}}"#));
    mended(|p| matches!(p, Problem::NoEntry { due: NOW, .. }), 1, |rows| drop(rows.remove(&keys::due(LANE, NOW))));
    mended(
        |p| matches!(p, Problem::SecondEntry { kept: 5, .. }),
        1,
        |rows| drop(rows.insert(keys::due(LANE, 5), entry(900))),
    );
    mended(
        |p| matches!(p, Problem::SecondEntry { .. }),
        1,
        |rows| drop(rows.insert(keys::due(LANE, NOW + 5), entry(900))),
    );
    mended(|p| matches!(p, Problem::NoItems { .. }), 1, |rows| drop(rows.insert(keys::due("x/none", 5), entry(900))));
    mended(
        |p| matches!(p, Problem::NoItems { .. }),
        0,
        |rows| {
            let item = rows.keys().find(|key| keys::item_of(key).is_some()).cloned().unwrap();
            rows.remove(&item);
        },
    );
}

#[test]
fn pieces_of_no_value_are_removed() {
    mended(
        |p| matches!(p, Problem::StrayPiece { .. }),
        1,
        |rows| {
            rows.insert(keys::piece(&row(), 3), "stray".into());
            rows.insert(keys::piece(b"snobody", 0), "stray".into());
            rows.insert(keys::split(b"snobody"), vec![1].into());
        },
    );
}

#[test]
fn an_entry_that_is_wrong_is_put_right_by_whoever_looks_for_work() {
    let entry = |n: u64| Bytes::from(format!(r#"{{"v":1,"what":{{"n":{n}}}}}"#));
    let (disk, boxes) = spoilt(|rows| {
        rows.insert(keys::due(LANE, NOW + 5), entry(900));
        rows.insert(keys::due("delivery/none", 3), entry(901));
    });
    for now in [NOW, NOW + 5, NOW + 300] {
        for lease in drive(&disk, boxes.due(now, &["delivery"], 9)).unwrap() {
            drive(&disk, boxes.finish(lease, Next::Again { at: NOW + 200, data: 1.into() }, Extra::default())).unwrap();
        }
    }
    let report = drive(&disk, boxes.check(&known())).unwrap();
    assert!(!report.problems.iter().any(|p| matches!(p, Problem::NoItems { .. } | Problem::SecondEntry { .. })));
    assert_eq!(boxes.lanes("", None, 9).len(), 1);
}

#[test]
fn what_cannot_be_rebuilt_is_left_alone() {
    let (disk, boxes) = spoilt(|rows| drop(rows.insert(keys::turn(&red("a")), "7".into())));
    let report = drive(&disk, boxes.check(&known())).unwrap();
    assert_eq!(drive(&disk, boxes.repair(&report)), Ok(Repaired { repaired: 0, passed: 0, left: 1 }));
    assert_eq!(drive(&disk, boxes.check(&known())).unwrap().problems, report.problems);
}

/// Takes note of what it is asked, and says of each row what a test tells it to.
struct Asked {
    rows: std::sync::Mutex<Vec<String>>,
    says: Result<Names, String>,
}

impl Asked {
    fn answer(&self, row: String) -> Result<Names, String> {
        self.rows.lock().unwrap().push(row);
        self.says.clone()
    }
}

impl Owner for Asked {
    fn record(&self, kind: &str, key: &str, value: &serde_json::Value) -> Result<Names, String> {
        self.answer(format!("record {kind} {} {value}", key.len()))
    }
    fn secret(&self, name: &str, secret: &[u8]) -> Result<Names, String> {
        self.answer(format!("secret {name} {}", secret.len()))
    }
    fn item(&self, lane: &str, data: &serde_json::Value) -> Result<Names, String> {
        self.answer(format!("item {} {}", lane.escape_debug(), data["kind"]))
    }
}

/// What is kept for others is shown to its owner, with the whole of a key that was cut; what the owner names is looked for.
#[test]
fn the_owner_of_a_row_says_what_is_off_in_it() {
    let ask = |says: Result<Names, String>| {
        let (disk, boxes) = spoilt(|_| {});
        drive(&disk, boxes.put_record("long", &"k".repeat(2000), serde_json::json!(2), None)).unwrap();
        let owner = Asked { rows: Default::default(), says };
        let problems = drive(&disk, boxes.check_with(&known(), &owner)).unwrap().problems;
        (owner.rows.into_inner().unwrap(), problems)
    };
    let (mut rows, problems) = ask(Ok(Names { acts: vec!["one".into()], actors: vec![red("a")] }));
    rows.sort();
    let item = "item delivery/blue\\0red/Counter/a \"delivery\"";
    assert_eq!(rows, [item, "record k 1 1", "record long 2000 2", "secret key 6"]);
    assert_eq!(problems, [], "what they name is there");
    let (_, problems) = ask(Err("because".to_owned()));
    assert_eq!(problems.len(), 4);
    assert!(problems.iter().all(|problem| matches!(problem, Problem::Odd { why, .. } if why == "because")));
    let (_, problems) = ask(Ok(Names::act("two".into())));
    assert_eq!(problems.len(), 4);
    assert!(problems.iter().all(|problem| matches!(problem, Problem::MissingAct { act, .. } if act.as_str() == "two")));
    let (_, problems) = ask(Ok(Names::actor(red("c"))));
    assert_eq!(problems.len(), 4);
    assert!(
        problems.iter().all(|problem| matches!(problem, Problem::MissingActor { actor, .. } if *actor == red("c")))
    );
}

#[test]
fn a_record_whose_whole_key_is_another_is_told() {
    let mut long = String::new();
    let (disk, boxes) = spoilt(|rows| {
        let key = keys::record_kind("long");
        long = "k".repeat(2000);
        let other = format!(r#"{{"v":1,"what":{{"value":1,"key":"{}"}}}}"#, "j".repeat(2000));
        rows.insert([key.as_slice(), &keys::tail(long.as_bytes())].concat(), other.into());
    });
    let problems = drive(&disk, boxes.check(&known())).unwrap().problems;
    assert!(
        matches!(&problems[..], [Problem::Unreadable { why, .. }] if why.contains("the whole key")),
        "{problems:?}"
    );
}

#[test]
fn a_store_into_which_an_import_has_not_ended_is_not_opened() {
    let unfinished = [(keys::importing(), Bytes::new())].into_iter().collect::<Image>();
    let disk = Disk::Memory(MemoryStore::open(unfinished));
    let refused = drive(&disk, BoxStore::open(disk.open(), std::sync::Arc::new(crate::world::Names("red"))));
    let Err(BoxError::Unreadable(why)) = refused else { panic!("it was opened") };
    assert_eq!(why, pritchel_box_store::export::UNFINISHED);
}

/// Names what it is told to for each row of the table `t`, or says that it is off.
struct Naming(Result<Vec<NamedRow>, String>);

impl Owner for Naming {
    fn record(&self, _: &str, _: &str, _: &serde_json::Value) -> Result<Names, String> {
        Ok(Names::none())
    }
    fn secret(&self, _: &str, _: &[u8]) -> Result<Names, String> {
        Ok(Names::none())
    }
    fn item(&self, _: &str, _: &serde_json::Value) -> Result<Names, String> {
        Ok(Names::none())
    }
    fn row(
        &self,
        kind: &str,
        table: &str,
        key: &[u8],
        bytes: &pritchel_actor::need::RowBytes,
    ) -> Result<Vec<NamedRow>, String> {
        assert_eq!((kind, table, key, &bytes[..2]), ("Counter", "t", b"k".as_slice(), [0, 1].as_slice()));
        self.0.clone()
    }
}

/// What a row of an actor names is looked for among the rows of that actor. What may be gone while a message is on its way is
/// missed only where there is none: here `b` has mail and `a` has none.
#[test]
fn a_row_that_another_row_names_and_that_is_not_there_is_told() {
    let of_b = || keys::row(&red("b"), "t", b"k");
    let ask = |says: Result<Vec<NamedRow>, String>| {
        let (disk, boxes) = spoilt(|rows| drop(rows.insert(of_b(), Bytes::from_static(b"\0\x011"))));
        drive(&disk, boxes.check_with(&known(), &Naming(says))).unwrap().problems
    };
    let named = |any: &[&str], unless_mail| {
        let any = any.iter().map(|key| ("t".to_owned(), key.as_bytes().to_vec())).collect();
        Ok(vec![NamedRow { any, unless_mail }])
    };
    let missing = |actor, named_by| Problem::MissingRow { missing: keys::row(&red(actor), "t", b"gone"), named_by };
    assert_eq!(ask(Ok(Vec::new())), []);
    assert_eq!(ask(named(&["k"], false)), []);
    assert_eq!(ask(named(&["gone", "k"], false)), [], "any of them will do");
    assert_eq!(ask(named(&["gone"], false)), [missing("a", row()), missing("b", of_b())]);
    assert_eq!(ask(named(&["gone"], true)), [missing("a", row())]);
    let odd = |key| Problem::Odd { key, why: "odd".to_owned() };
    assert_eq!(ask(Err("odd".to_owned())), [odd(row()), odd(of_b())]);
}
