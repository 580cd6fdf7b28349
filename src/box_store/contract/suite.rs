//! The test of the contract: every store passes it, those of other crates too (feature `testing`).
//!
//! ```ignore
//! #[tokio::test(flavor = "multi_thread")]
//! async fn my_store_keeps_the_contract() {
//!     suite::every_promise_holds(MySubject::new).await;
//! }
//! ```

use std::sync::Arc;

use super::{Batch, Bound, CommitError, Key, Op, Query, ReadError, Row, Store, TooLarge, Value, keys_end};
use crate::limits::{BATCH_BYTES_MAX, BATCH_OPS_MAX, KEY_BYTES_MAX, QUERIES_MAX, RANGE_ROWS_MAX, VALUE_BYTES_MAX};

/// A place where a store can be opened, closed and opened again.
pub trait Subject: Send {
    /// The store under test.
    type Store: Store;

    /// Opens what is there: at first an empty store. The store opened before has been dropped.
    fn open(&mut self) -> Self::Store;

    /// Makes the next write to the disk fail, whatever a write is here.
    fn fail_next_write(&self, store: &Self::Store);
}

/// Runs every case, each on a fresh subject. Needs a tokio runtime. The name of each case is printed before it runs.
pub async fn every_promise_holds<S: Subject>(fresh: impl Fn() -> S) {
    macro_rules! run {
        ($($case:ident)*) => { $( eprintln!("contract: {}", stringify!($case)); $case(fresh()).await; )* };
    }
    run! {
        what_was_put_is_read_back
        a_refused_batch_changes_nothing
        of_two_changes_of_a_key_the_later_counts
        batches_take_effect_in_the_order_of_submission
        a_requirement_sees_the_batches_before_it
        ranges_run_both_ways_within_their_limit
        keys_of_0xff_have_their_place
        answers_come_in_the_order_of_the_queries
        the_largest_row_is_kept_and_a_larger_one_refused
        empty_keys_are_refused
        what_passes_a_bound_is_refused
        of_concurrent_writers_none_is_overwritten
        a_read_sees_whole_batches
        a_dropped_receipt_does_not_cancel
        a_reopened_store_has_what_was_acknowledged
        after_a_failed_write_nothing_is_tried_again
        health_counts_and_an_idle_store_has_room
    }
}

fn put(key: impl Into<Key>, value: impl Into<Value>) -> Op {
    Op::put(key, value)
}

fn range(from: &[u8], to: &[u8], limit: usize, newest_first: bool) -> Query {
    Query::Range { from: from.to_vec(), to: to.to_vec(), limit, newest_first }
}

async fn ask(store: &impl Store, query: Query) -> Vec<Row> {
    match super::rows(store, query.clone()).await {
        Ok(rows) => rows,
        Err(error) => panic!("{query:?}: {error}"),
    }
}

async fn keys(store: &impl Store, query: Query) -> Vec<Key> {
    ask(store, query).await.into_iter().map(|(key, _)| key).collect()
}

async fn get(store: &impl Store, key: &[u8]) -> Option<Value> {
    ask(store, Query::Get(key.to_vec())).await.pop().map(|(_, value)| value)
}

async fn commit(store: &impl Store, ops: Vec<Op>) {
    assert_eq!(store.commit(Batch::of(ops)).await, Ok(()));
}

async fn what_was_put_is_read_back<S: Subject>(mut subject: S) {
    let store = subject.open();
    assert_eq!(get(&store, b"a").await, None);
    commit(&store, vec![put("a", "1"), put("b", ""), put("c", "3")]).await;
    commit(&store, vec![Op::delete("c"), Op::delete("never there")]).await;
    assert_eq!(get(&store, b"a").await, Some(Value::from("1")));
    assert_eq!(get(&store, b"b").await, Some(Value::new()));
    assert_eq!(get(&store, b"c").await, None);
    commit(&store, vec![put("a", "2")]).await;
    assert_eq!(get(&store, b"a").await, Some(Value::from("2")));
    commit(&store, Vec::new()).await;
}

async fn a_refused_batch_changes_nothing<S: Subject>(mut subject: S) {
    let store = subject.open();
    commit(&store, vec![put("a", "1")]).await;
    let refused = [
        (vec![("a".into(), None)], "a"),
        (vec![("a".into(), Some("2".into()))], "a"),
        (vec![("a".into(), Some("".into()))], "a"),
        (vec![("a".into(), Some("1".into())), ("z".into(), Some("1".into()))], "z"),
    ];
    for (require, culprit) in refused {
        let batch = Batch { require, ops: vec![put("a", "9"), put("b", "9"), Op::delete("a")] };
        let outcome = store.commit(batch.clone()).await;
        assert_eq!(outcome, Err(CommitError::Conflict { key: culprit.into() }), "{batch:?}");
        assert_eq!(ask(&store, range(b"", &keys_end(), 10, false)).await, [("a".into(), "1".into())], "{batch:?}");
    }
    let holds = Batch { require: vec![("a".into(), Some("1".into())), ("b".into(), None)], ops: vec![put("b", "2")] };
    assert_eq!(store.commit(holds.clone()).await, Ok(()), "the store goes on after a conflict");
    assert_eq!(store.commit(holds).await, Err(CommitError::Conflict { key: "b".into() }), "it no longer holds");
}

async fn of_two_changes_of_a_key_the_later_counts<S: Subject>(mut subject: S) {
    let store = subject.open();
    commit(&store, vec![put("a", "1"), Op::delete("a"), put("b", "1"), put("b", "2"), Op::delete("c"), put("c", "3")])
        .await;
    assert_eq!(get(&store, b"a").await, None);
    assert_eq!(get(&store, b"b").await, Some(Value::from("2")));
    assert_eq!(get(&store, b"c").await, Some(Value::from("3")));
}

async fn batches_take_effect_in_the_order_of_submission<S: Subject>(mut subject: S) {
    let store = subject.open();
    let receipts: Vec<_> = (0..300)
        .map(|n: u32| store.commit(Batch::of(vec![put("last", n.to_string()), put(n.to_be_bytes(), "")])))
        .collect();
    // Awaited backwards: the order of waiting must not matter.
    for receipt in receipts.into_iter().rev() {
        assert_eq!(receipt.await, Ok(()));
    }
    assert_eq!(get(&store, b"last").await, Some(Value::from("299")));
    assert_eq!(ask(&store, range(b"\0", b"\x01", 1_000, false)).await.len(), 300);
}

async fn a_requirement_sees_the_batches_before_it<S: Subject>(mut subject: S) {
    let store = subject.open();
    let step = |from: Option<u32>, to: u32| {
        let found = from.map(|n| Value::from(n.to_string()));
        store.commit(Batch { require: vec![("n".into(), found)], ops: vec![put("n", to.to_string())] })
    };
    let chain: Vec<_> = (0..100_u32).map(|n| step(n.checked_sub(1), n)).collect();
    let stale = step(Some(50), 1_000);
    let after = step(Some(99), 100);
    for receipt in chain {
        assert_eq!(receipt.await, Ok(()));
    }
    assert_eq!(stale.await, Err(CommitError::Conflict { key: "n".into() }));
    assert_eq!(after.await, Ok(()));
    let gone = Batch { require: vec![("n".into(), Some("100".into()))], ops: vec![Op::delete("n")] };
    let gone = store.commit(gone);
    let again = store.commit(Batch { require: vec![("n".into(), None)], ops: vec![put("n", "new")] });
    assert_eq!((gone.await, again.await), (Ok(()), Ok(())));
    assert_eq!(get(&store, b"n").await, Some(Value::from("new")));
}

async fn ranges_run_both_ways_within_their_limit<S: Subject>(mut subject: S) {
    let store = subject.open();
    commit(&store, ["a", "b", "ba", "c", "d"].map(|key| put(key, key)).to_vec()).await;
    #[rustfmt::skip]
    let rows: &[(&str, Query, &[&str])] = &[
        ("all",                range(b"",  &keys_end(), 100, false), &["a", "b", "ba", "c", "d"]),
        ("all, newest first",  range(b"",  &keys_end(), 100, true),  &["d", "c", "ba", "b", "a"]),
        ("end is exclusive",   range(b"b", b"c",        100, false), &["b", "ba"]),
        ("both ways",          range(b"b", b"c",        100, true),  &["ba", "b"]),
        ("limit",              range(b"b", &keys_end(), 2,   false), &["b", "ba"]),
        ("limit from above",   range(b"",  b"d",        2,   true),  &["c", "ba"]),
        ("between keys",       range(b"aa", b"bb",      100, false), &["b", "ba"]),
        ("nothing there",      range(b"e", b"f",        100, false), &[]),
        ("empty",              range(b"b", b"b",        100, false), &[]),
        ("turned round",       range(b"d", b"a",        100, true),  &[]),
        ("no end",             range(b"",  b"",         100, false), &[]),
        ("limit 0",            range(b"",  &keys_end(), 0,   false), &[]),
        ("prefix",             Query::prefix(b"b", 100),             &["b", "ba"]),
        ("page after a key",   Query::after(b"b", keys_end(), 2),    &["ba", "c"]),
    ];
    for (what, query, expected) in rows {
        let expected: Vec<Key> = expected.iter().map(|key| Key::from(*key)).collect();
        assert_eq!(keys(&store, query.clone()).await, expected, "{what}");
    }
}

async fn keys_of_0xff_have_their_place<S: Subject>(mut subject: S) {
    let store = subject.open();
    let greatest = vec![0xff; KEY_BYTES_MAX];
    let all: Vec<Key> = vec![
        vec![0],
        vec![0, 0],
        b"p\xfe".to_vec(),
        b"p\xff".to_vec(),
        b"p\xff\xff".to_vec(),
        b"q".to_vec(),
        vec![0xff],
        vec![0xff, 0],
        greatest,
    ];
    commit(&store, all.iter().rev().map(|key| put(key.clone(), "")).collect()).await;
    assert_eq!(keys(&store, range(b"", &keys_end(), 100, false)).await, all);
    assert_eq!(keys(&store, Query::prefix(b"p", 100)).await, all[2..5]);
    assert_eq!(keys(&store, Query::prefix(b"p\xff", 100)).await, all[3..5]);
    assert_eq!(keys(&store, Query::prefix(b"\xff", 100)).await, all[6..]);
    assert_eq!(keys(&store, Query::after(&[0], keys_end(), 1)).await, all[1..2]);
    assert_eq!(keys(&store, Query::after(&all[8], keys_end(), 1)).await, Vec::<Key>::new());
}

async fn answers_come_in_the_order_of_the_queries<S: Subject>(mut subject: S) {
    let store = subject.open();
    commit(&store, vec![put("a", "1"), put("b", "2")]).await;
    let queries = vec![Query::Get("b".into()), Query::Get("x".into()), Query::prefix(b"", 9), Query::Get("a".into())];
    let answers = store.read(queries).await;
    let [a, b]: [Row; 2] = [("a".into(), "1".into()), ("b".into(), "2".into())];
    assert_eq!(answers, Ok(vec![vec![b.clone()], vec![], vec![a.clone(), b], vec![a]]));
    assert_eq!(store.read(Vec::new()).await, Ok(Vec::new()));
}

async fn the_largest_row_is_kept_and_a_larger_one_refused<S: Subject>(mut subject: S) {
    let key = |n: u8| vec![n; KEY_BYTES_MAX];
    let value = |n: u8| Value::from(vec![n; VALUE_BYTES_MAX]);
    let store = subject.open();
    // In several orders and often, so that pages of large rows are split, merged and rewritten.
    for round in 0..6_u8 {
        for n in 1..60_u8 {
            let op =
                if (n + round).is_multiple_of(3) { Op::delete(key(n)) } else { put(key(n.wrapping_mul(7)), value(n)) };
            drop(store.commit(Batch::of(vec![op])));
        }
        commit(&store, vec![put(key(1), value(round))]).await;
    }
    commit(&store, (1..=30).map(|n| put(key(n), value(n))).collect()).await;
    drop(store);
    let store = subject.open();
    for n in 1..=30 {
        assert_eq!(get(&store, &key(n)).await, Some(value(n)), "{n}");
    }
    let refused = store.commit(Batch::of(vec![put("k", vec![0; VALUE_BYTES_MAX + 1])])).await;
    assert_eq!(refused, too_large(Bound::ValueBytes, VALUE_BYTES_MAX));
    let refused = store.commit(Batch::of(vec![put(vec![1; KEY_BYTES_MAX + 1], "")])).await;
    assert_eq!(refused, too_large(Bound::KeyBytes, KEY_BYTES_MAX));
}

fn too_large<T>(what: Bound, limit: usize) -> Result<T, CommitError> {
    Err(CommitError::TooLarge(TooLarge { what, limit, found: limit + 1 }))
}

async fn empty_keys_are_refused<S: Subject>(mut subject: S) {
    let store = subject.open();
    let batches = [
        Batch::of(vec![put("a", "1"), put("", "1")]),
        Batch::of(vec![put("a", "1"), Op::delete("")]),
        Batch { require: vec![(Key::new(), None)], ops: vec![put("a", "1")] },
    ];
    for batch in batches {
        assert_eq!(store.commit(batch).await, Err(CommitError::EmptyKey));
    }
    assert_eq!(store.read(vec![Query::Get(Key::new())]).await, Err(ReadError::EmptyKey));
    assert_eq!(get(&store, b"a").await, None);
}

async fn what_passes_a_bound_is_refused<S: Subject>(mut subject: S) {
    let store = subject.open();
    let ops = |n: usize| (0..n).map(|n| put(n.to_be_bytes(), "")).collect::<Vec<_>>();
    assert_eq!(store.commit(Batch::of(ops(BATCH_OPS_MAX))).await, Ok(()));
    assert_eq!(store.commit(Batch::of(ops(BATCH_OPS_MAX + 1))).await, too_large(Bound::BatchOps, BATCH_OPS_MAX));
    let require = vec![(Key::from("k"), None); BATCH_OPS_MAX + 1];
    let refused = store.commit(Batch { require, ops: Vec::new() }).await;
    assert_eq!(refused, too_large(Bound::BatchRequirements, BATCH_OPS_MAX));
    let value = Value::from(vec![7; VALUE_BYTES_MAX]);
    let heavy = (0..=BATCH_BYTES_MAX / VALUE_BYTES_MAX).map(|n| put(n.to_be_bytes(), value.clone())).collect();
    let refused = store.commit(Batch::of(heavy)).await;
    assert!(matches!(refused, Err(CommitError::TooLarge(TooLarge { what: Bound::BatchBytes, .. }))), "{refused:?}");
    let refusals = [
        (vec![Query::Get("k".into()); QUERIES_MAX + 1], Bound::Queries, QUERIES_MAX),
        (vec![Query::prefix(b"", RANGE_ROWS_MAX + 1)], Bound::RangeRows, RANGE_ROWS_MAX),
        (vec![Query::Get(vec![1; KEY_BYTES_MAX + 1])], Bound::KeyBytes, KEY_BYTES_MAX),
    ];
    for (queries, what, limit) in refusals {
        let refused = TooLarge { what, limit, found: limit + 1 };
        assert_eq!(store.read(queries).await, Err(ReadError::TooLarge(refused)));
    }
    assert_eq!(ask(&store, Query::prefix(b"", RANGE_ROWS_MAX)).await.len(), RANGE_ROWS_MAX);
}

async fn of_concurrent_writers_none_is_overwritten<S: Subject>(mut subject: S) {
    let store = Arc::new(subject.open());
    let writer = |store: Arc<S::Store>| async move {
        let mut done = 0;
        while done < 25 {
            let found = get(&store, b"count").await;
            let count = found.as_ref().map_or(0, |bytes| String::from_utf8_lossy(bytes).parse::<u32>().unwrap_or(0));
            let batch =
                Batch { require: vec![("count".into(), found)], ops: vec![put("count", (count + 1).to_string())] };
            match store.commit(batch).await {
                Ok(()) => done += 1,
                Err(CommitError::Conflict { .. }) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    };
    let writers: Vec<_> = (0..8).map(|_| tokio::spawn(writer(Arc::clone(&store)))).collect();
    for writer in writers {
        assert!(writer.await.is_ok(), "a writer panicked");
    }
    assert_eq!(get(&store, b"count").await, Some(Value::from("200")));
}

async fn a_read_sees_whole_batches<S: Subject>(mut subject: S) {
    let store = Arc::new(subject.open());
    commit(&store, vec![put("a", "0"), put("z", "0")]).await;
    let reader = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let value = |rows: &Vec<Row>| rows.first().map(|(_, value)| value.clone());
            for _ in 0..300 {
                let Ok(answers) = store.read(vec![Query::Get("a".into()), Query::Get("z".into())]).await else {
                    panic!("no answer")
                };
                let [a, z] = answers.as_slice() else { panic!("two answers") };
                assert_eq!(value(a), value(z), "half a batch was seen");
                tokio::task::yield_now().await;
            }
        })
    };
    let mut n = 0;
    while !reader.is_finished() {
        n += 1;
        let text = Value::from(n.to_string());
        let receipt = store.commit(Batch::of(vec![put("a", text.clone()), put("z", text.clone())]));
        if n % 3 == 0 {
            assert_eq!(receipt.await, Ok(()));
            assert_eq!(get(&store, b"z").await, Some(text), "what is acknowledged is seen");
            tokio::task::yield_now().await;
        } else {
            drop(receipt);
        }
    }
    assert!(reader.await.is_ok(), "the reader panicked");
}

async fn a_dropped_receipt_does_not_cancel<S: Subject>(mut subject: S) {
    let store = subject.open();
    for n in 0..20_u8 {
        drop(store.commit(Batch::of(vec![put(vec![n], "")])));
    }
    drop(store.read(vec![Query::Get("a".into())]));
    // A batch behind them all: when it is durable, so are they.
    commit(&store, vec![]).await;
    assert_eq!(ask(&store, Query::prefix(b"", 100)).await.len(), 20);
}

async fn a_reopened_store_has_what_was_acknowledged<S: Subject>(mut subject: S) {
    let store = subject.open();
    commit(&store, (0..100_u8).map(|n| put(vec![n], vec![n; 100])).collect()).await;
    commit(&store, (0..100_u8).step_by(2).map(|n| Op::delete(vec![n])).collect()).await;
    drop(store);
    for _ in 0..2 {
        let store = subject.open();
        let rows = ask(&store, Query::prefix(b"", 1_000)).await;
        let expected: Vec<Row> = (1..100_u8).step_by(2).map(|n| (vec![n], Value::from(vec![n; 100]))).collect();
        assert_eq!(rows, expected);
        let kept = Batch { require: vec![(vec![1], Some(Value::from(vec![1; 100])))], ops: vec![] };
        assert_eq!(store.commit(kept).await, Ok(()), "requirements see what an earlier opening wrote");
    }
}

async fn after_a_failed_write_nothing_is_tried_again<S: Subject>(mut subject: S) {
    let store = subject.open();
    commit(&store, vec![put("a", "1")]).await;
    subject.fail_next_write(&store);
    let first = store.commit(Batch::of(vec![put("b", "2")]));
    let behind = store.commit(Batch::of(vec![put("c", "3")]));
    let Err(CommitError::Failed(cause)) = first.await else { panic!("the write was to fail") };
    assert_eq!(behind.await, Err(CommitError::Failed(cause.clone())));
    for _ in 0..2 {
        assert_eq!(store.commit(Batch::of(vec![put("d", "4")])).await, Err(CommitError::Failed(cause.clone())));
        assert_eq!(store.read(vec![Query::Get("a".into())]).await, Err(ReadError::Failed(cause.clone())));
    }
    assert_eq!(store.health().failed, Some(cause));
    drop(store);
    let store = subject.open();
    assert_eq!(get(&store, b"a").await, Some(Value::from("1")), "what was acknowledged before is there");
    assert_eq!(get(&store, b"d").await, None);
    commit(&store, vec![put("d", "4")]).await;
}

async fn health_counts_and_an_idle_store_has_room<S: Subject>(mut subject: S) {
    let store = subject.open();
    assert_eq!((store.health().batches, store.health().batches_per_group()), (0, 0.0));
    for n in 0..10_u8 {
        commit(&store, vec![put(vec![n], "x")]).await;
    }
    store.room().await;
    let health = store.health();
    assert_eq!((health.batches, health.queued, health.queued_bytes, &health.failed), (10, 0, 0, &None));
    assert!((1..=10).contains(&health.groups) && health.batches_per_group() >= 1.0, "{health:?}");
    assert!(health.disk_bytes > 0 && health.sync_p99_us >= health.sync_last_us.min(health.sync_p99_us), "{health:?}");
}
