//! The work of the process under test, and the check of what it left.
//!
//! There are [`LANES`] lanes. Turn `t` of a lane changes its state, some of its rows and sometimes a blob, in one batch; what
//! the lane holds after turn `t` is a function of `t` alone. So the check reads `t` from the state and compares everything:
//! a lost, torn or misplaced batch shows as a difference.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use pritchel_box_store::blob::{BlobHash, BlobRef, BlobStore};
use pritchel_box_store::contract::{self, Query, prefix_end};
use pritchel_box_store::limits::CACHE_BYTES_MIN;
use pritchel_box_store::sled::SledStore;
use pritchel_box_store::{Batch, Key, Op, Store, Value};

use super::powercut::Dice;

/// Lanes that commit at the same time.
pub const LANES: u64 = 6;

/// Turns of a lane that wait for the disk together.
const IN_FLIGHT: usize = 4;

/// The last turn of each lane; 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes(BTreeMap<u64, u64>);

impl Lanes {
    /// Notes lines of `<lane> <turn>`; a last line cut short does not count.
    pub fn note(&mut self, text: &str) {
        for line in text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let (lane, turn) = line.split_once(' ').unwrap();
            let last = self.0.entry(lane.parse().unwrap()).or_default();
            *last = (*last).max(turn.parse().unwrap());
        }
    }

    /// Every lane some turns further.
    pub fn plus(&self, turns: u64) -> Self {
        Self((0..LANES).map(|lane| (lane, self.of(lane) + turns)).collect())
    }

    fn of(&self, lane: u64) -> u64 {
        self.0.get(&lane).copied().unwrap_or(0)
    }
}

fn fill(lane: u64, turn: u64, slot: u64) -> Vec<u8> {
    let mut dice = Dice::of(lane << 48 | turn << 8 | slot);
    // Mostly small, now and then near the largest a row may hold.
    let len = if dice.below(40) == 0 { 60_000 } else { 100 + dice.below(2_000) };
    (0..len).map(|_| dice.below(256) as u8).collect()
}

fn blob_bytes(lane: u64, turn: u64) -> Vec<u8> {
    let mut dice = Dice::of(lane << 48 | turn << 8 | 0xb);
    (0..66_000 + dice.below(10_000)).map(|_| dice.below(256) as u8).collect()
}

fn key(lane: u64, row: &str, slot: u64) -> Key {
    format!("{lane}/{row}/{slot:08}").into_bytes()
}

/// The operations of one turn. A blob they name has been kept before.
fn ops(lane: u64, turn: u64) -> Vec<Op> {
    let mut ops = vec![
        Op::put(key(lane, "state", 0), [turn.to_be_bytes().as_slice(), &fill(lane, turn, 0)].concat()),
        Op::put(key(lane, "often", turn % 3), fill(lane, turn, 1)),
        Op::put(key(lane, "seldom", turn % 29), fill(lane, turn, 2)),
        Op::put(key(lane, "queue", turn), fill(lane, turn, 3)),
    ];
    if turn > 7 {
        ops.push(Op::delete(key(lane, "queue", turn - 7)));
    }
    if turn.is_multiple_of(5) {
        let bytes = blob_bytes(lane, turn);
        let blob = BlobRef { hash: BlobHash::of(&bytes), bytes: bytes.len() as u64 };
        ops.push(Op::put(key(lane, "blob", turn / 5 % 4), blob.to_bytes().to_vec()));
    }
    ops
}

/// What a lane holds after a turn. The queue is the longest memory but `seldom` and `blob`, which go back 29 turns.
fn rows_after(lane: u64, last: u64) -> BTreeMap<Key, Value> {
    let mut rows = BTreeMap::new();
    for op in (last.saturating_sub(40).max(1)..=last).flat_map(|turn| ops(lane, turn)) {
        match op {
            Op::Put { key, value } => rows.insert(key, value),
            Op::Delete { key } => rows.remove(&key),
        };
    }
    rows
}

fn open(home: &Path, what: &str) -> (SledStore, BlobStore) {
    let store = SledStore::open(home, CACHE_BYTES_MIN).unwrap_or_else(|error| panic!("{what}: {error}"));
    let blobs = BlobStore::open(&home.join("blob")).unwrap_or_else(|error| panic!("{what}: {error}"));
    (store, blobs)
}

async fn last_turn(store: &SledStore, lane: u64) -> u64 {
    let state = contract::get(store, key(lane, "state", 0)).await.unwrap();
    state.map_or(0, |bytes| u64::from_be_bytes(bytes[..8].try_into().unwrap()))
}

/// Opens the store in `home` and commits `turns` turns on each lane after those that are there, writing `<lane> <turn>` to
/// `acks` whenever a receipt has resolved.
pub fn run(home: &Path, acks: &Path, turns: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let (store, blobs) = open(home, "at work");
        let store = std::sync::Arc::new(store);
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let acks = File::options().create(true).append(true).open(acks).unwrap();
                tokio::spawn(run_lane(store.clone(), blobs.clone(), acks, lane, turns))
            })
            .collect();
        for lane in lanes {
            lane.await.unwrap();
        }
    });
}

async fn run_lane(store: std::sync::Arc<SledStore>, blobs: BlobStore, mut acks: File, lane: u64, turns: u64) {
    let first = last_turn(&store, lane).await + 1;
    let mut waiting = std::collections::VecDeque::new();
    let mut next = first;
    loop {
        if waiting.len() < IN_FLIGHT && next - first < turns {
            let pin = next.is_multiple_of(5).then(|| blobs.put(&blob_bytes(lane, next)).unwrap());
            waiting.push_back((next, store.commit(Batch::of(ops(lane, next))), pin));
            next += 1;
            continue;
        }
        let Some((turn, receipt, _pin)) = waiting.pop_front() else { return };
        receipt.await.unwrap();
        acks.write_all(format!("{lane} {turn}\n").as_bytes()).unwrap();
    }
}

/// Opens what is in `home` and checks each lane: not before the turn acknowledged, and whole. Returns the turns found.
pub fn check(home: &Path, acknowledged: &Lanes, what: &str) -> Lanes {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (store, blobs) = open(home, what);
        let mut found = Lanes::default();
        for lane in 0..LANES {
            let last = last_turn(&store, lane).await;
            let known = acknowledged.of(lane);
            assert!(last >= known, "{what}: lane {lane} was acknowledged up to {known}, found {last}");
            check_lane(&store, &blobs, lane, last, what).await;
            found.0.insert(lane, last);
        }
        let probe = store.commit(Batch::of(vec![Op::put("~probe", what.to_owned())])).await;
        assert_eq!(probe, Ok(()), "{what}: the store takes no more");
        found
    })
}

async fn check_lane(store: &SledStore, blobs: &BlobStore, lane: u64, last: u64, what: &str) {
    let prefix = format!("{lane}/").into_bytes();
    let all = Query::Range { from: prefix.clone(), to: prefix_end(&prefix), limit: 1_000, newest_first: false };
    let found: BTreeMap<Key, Value> = contract::rows(store, all).await.unwrap().into_iter().collect();
    let expected = rows_after(lane, last);
    let names = |rows: &BTreeMap<Key, Value>| {
        rows.keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&found), names(&expected), "{what}: lane {lane} after turn {last}");
    for (key, value) in &found {
        let key_text = String::from_utf8_lossy(key);
        assert!(
            expected.get(key) == Some(value),
            "{what}: lane {lane} after turn {last}: `{key_text}` is of another turn"
        );
        if key_text.contains("/blob/") {
            let blob = BlobRef::try_from(&value[..]).unwrap();
            let bytes = blobs.get(&blob).unwrap_or_else(|error| panic!("{what}: {key_text}: {error}"));
            assert_eq!(bytes.len() as u64, blob.bytes);
        }
    }
}
