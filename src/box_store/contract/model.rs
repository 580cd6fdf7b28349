//! Random histories of a store against a map in memory that follows the contract by its words.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::suite::Subject;
use super::{Batch, CommitError, Key, Op, Query, Row, Store, Value};

/// One step of a history.
#[derive(Clone, Debug)]
pub enum Step {
    /// Hands a batch over; the receipt is looked at later.
    Commit(Batch),
    /// Waits for all receipts so far, then asks.
    Ask(Vec<Query>),
    /// Closes the store and opens it again.
    Reopen,
}

fn key() -> impl Strategy<Value = Key> {
    // Few bytes, so that keys meet, among them those at the edges.
    vec(prop::sample::select(vec![0x00, 0x01, b'a', 0xfe, 0xff]), 1..4)
}

fn value() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![Value::new(), Value::from("1"), Value::from("2"), Value::from(vec![7; 5_000])])
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => (key(), value()).prop_map(|(key, value)| Op::Put { key, value }),
        1 => key().prop_map(|key| Op::Delete { key }),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let range = (key(), key(), 0..6_usize, any::<bool>()).prop_map(|(from, to, limit, newest_first)| Query::Range {
        from,
        to,
        limit,
        newest_first,
    });
    prop_oneof![key().prop_map(Query::Get), range, key().prop_map(|prefix| Query::prefix(&prefix, 50))]
}

/// Histories of up to 60 steps.
pub fn history() -> impl Strategy<Value = Vec<Step>> {
    let require = prop_oneof![2 => Just(Vec::new()), 1 => vec((key(), prop::option::of(value())), 1..3)];
    let batch = (require, vec(op(), 0..8)).prop_map(|(require, ops)| Batch { require, ops });
    let step = prop_oneof![
        12 => batch.prop_map(Step::Commit),
        5 => vec(query(), 1..4).prop_map(Step::Ask),
        1 => Just(Step::Reopen),
    ];
    vec(step, 1..60)
}

#[derive(Default)]
struct Model(BTreeMap<Key, Value>);

impl Model {
    fn commit(&mut self, batch: Batch) -> Result<(), CommitError> {
        if let Some((key, _)) = batch.require.iter().find(|(key, wanted)| self.0.get(key) != wanted.as_ref()) {
            return Err(CommitError::Conflict { key: key.clone() });
        }
        for op in batch.ops {
            match op {
                Op::Put { key, value } => self.0.insert(key, value),
                Op::Delete { key } => self.0.remove(&key),
            };
        }
        Ok(())
    }

    fn ask(&self, query: &Query) -> Vec<Row> {
        let (from, to, limit, newest_first) = match query {
            Query::Get(key) => {
                return self.0.get_key_value(key).map(|(k, v)| (k.clone(), v.clone())).into_iter().collect();
            }
            Query::Range { from, to, limit, newest_first } => (from, to, *limit, *newest_first),
        };
        let mut rows: Vec<Row> =
            self.0.iter().filter(|(key, _)| *key >= from && *key < to).map(|(k, v)| (k.clone(), v.clone())).collect();
        if newest_first {
            rows.reverse();
        }
        rows.truncate(limit);
        rows
    }
}

/// Runs a history on a store and on the model; they must agree at every step.
pub async fn agrees<S: Subject>(mut subject: S, history: Vec<Step>) {
    let mut model = Model::default();
    let mut store = Some(subject.open());
    let mut receipts = Vec::new();
    for step in history.into_iter().chain([Step::Ask(vec![Query::prefix(b"", 1_000)])]) {
        let open = store.as_ref().expect("a store is open");
        match step {
            Step::Commit(batch) => receipts.push((open.commit(batch.clone()), model.commit(batch))),
            Step::Ask(queries) => {
                for (receipt, expected) in receipts.drain(..) {
                    assert_eq!(receipt.await, expected);
                }
                let expected: Vec<_> = queries.iter().map(|query| model.ask(query)).collect();
                assert_eq!(open.read(queries.clone()).await, Ok(expected), "{queries:?}");
            }
            Step::Reopen => {
                for (receipt, expected) in receipts.drain(..) {
                    assert_eq!(receipt.await, expected);
                }
                drop(store.take());
                store = Some(subject.open());
            }
        }
    }
}

/// Runs `cases` random histories.
pub fn agrees_over_random_histories<S: Subject>(fresh: impl Fn() -> S, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(history in history())| {
        runtime.block_on(agrees(fresh(), history));
    });
}
