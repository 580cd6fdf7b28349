//! Looking: what a turn sees, and what a view may see. A look changes nothing, so it can be taken on a committed state
//! without waking the actor.

use crate::act::Act;
use crate::errbox::{PUBLISHED, SEEN, Seen};
use crate::key::{ActId, ActorId, Naming, Seconds};
use crate::limits::PAGE_MAX;
use crate::need::{Evidence, Found, Need, PageWant, RowBytes, Table, Vacancy};
use crate::outcome::Halt;
use crate::reference::Ref;
use crate::rows::{Page, Reads, pair_prefix};
use crate::view::Credential;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows written but not yet durable: an actor's next turn runs on them.
pub(crate) type Overlay = BTreeMap<(String, Vec<u8>), (u64, Option<RowBytes>)>;

/// Everything one run may see. All of it is given, nothing is fetched.
pub(crate) struct Desk<'d> {
    pub me: &'d ActorId,
    pub now: Seconds,
    pub naming: &'d dyn Naming,
    pub found: &'d Found,
    /// What was found for several messages at once.
    pub ahead: &'d Found,
    pub overlay: &'d Overlay,
    /// Rows written in this run.
    pub written: BTreeMap<(String, Vec<u8>), Option<RowBytes>>,
}

impl Desk<'_> {
    fn row(&self, table: &str, key: &[u8]) -> Result<Option<RowBytes>, Halt> {
        let place = (table.to_owned(), key.to_vec());
        if let Some(bytes) = self.written.get(&place) {
            return Ok(bytes.clone());
        }
        if let Some((_, bytes)) = self.overlay.get(&place) {
            return Ok(bytes.clone());
        }
        match self.found.rows.get(&place).or_else(|| self.ahead.rows.get(&place)) {
            Some(bytes) => Ok(bytes.clone()),
            None => Err(Need::Row { table: place.0, key: place.1 }.into()),
        }
    }

    /// A page of the stored rows, with the rows written since laid over it.
    fn page(&self, table: &str, page: Page<'_>) -> Result<Vec<(Vec<u8>, RowBytes)>, Halt> {
        let limit = page.limit.min(PAGE_MAX);
        let changed = self.changed(table, page.prefix);
        let removed = changed.values().filter(|bytes| bytes.is_none()).count();
        let want = PageWant {
            table: table.to_owned(),
            prefix: page.prefix.to_vec(),
            after: page.after.to_vec(),
            // Rows removed since leave gaps in the page: as many more are asked for.
            limit: limit + removed,
            newest_first: page.newest_first,
        };
        let Some(stored) = self.found.pages.get(&want).or_else(|| self.ahead.pages.get(&want)) else {
            return Err(Need::Page(want).into());
        };
        let mut rows: BTreeMap<Vec<u8>, RowBytes> = stored.iter().cloned().collect();
        // Beyond a full page there may be rows that were not read. Changes there are not shown either: what is left of a full
        // page fills the limit before them.
        for (key, bytes) in changed {
            let before = !page.after.is_empty()
                && if page.newest_first { key.as_slice() >= page.after } else { key.as_slice() <= page.after };
            match bytes {
                Some(bytes) if !before => drop(rows.insert(key, bytes)),
                Some(_) => {}
                None => drop(rows.remove(&key)),
            }
        }
        Ok(if page.newest_first {
            rows.into_iter().rev().take(limit).collect()
        } else {
            rows.into_iter().take(limit).collect()
        })
    }

    fn changed(&self, table: &str, prefix: &[u8]) -> BTreeMap<Vec<u8>, Option<RowBytes>> {
        let from = (table.to_owned(), prefix.to_vec());
        let within = |place: &&(String, Vec<u8>)| place.0 == table && place.1.starts_with(prefix);
        let mut changed = BTreeMap::new();
        for (place, (_, bytes)) in self.overlay.range(from.clone()..).take_while(|(place, _)| within(place)) {
            changed.insert(place.1.clone(), bytes.clone());
        }
        for (place, bytes) in self.written.range(from..).take_while(|(place, _)| within(place)) {
            changed.insert(place.1.clone(), bytes.clone());
        }
        changed
    }

    pub(crate) fn act(&self, id: &ActId) -> Result<Option<Arc<Act>>, Halt> {
        match self.found.acts.get(id).or_else(|| self.ahead.acts.get(id)) {
            Some(act) => Ok(act.clone()),
            None => Err(Need::Act(id.clone()).into()),
        }
    }

    /// Whether this need not be looked for. What turns have written since is not asked: it lies over what is found.
    pub(crate) fn at_hand(&self, need: &Need) -> bool {
        [self.found, self.ahead].iter().any(|found| found.holds(need))
    }

    pub(crate) fn vacancy(&self, address: &ActorId) -> Result<Vacancy, Halt> {
        self.found.vacancies.get(address).copied().ok_or_else(|| Need::Vacancy(address.clone()).into())
    }

    pub(crate) fn document(&self, uri: &str) -> Result<&Evidence, Halt> {
        self.found.documents.get(uri).ok_or_else(|| Need::Document(uri.to_owned()).into())
    }

    pub(crate) fn alive(&self, uri: &str, within: i64) -> Result<&Evidence, Halt> {
        self.found.alive.get(uri).ok_or_else(|| Need::Alive { uri: uri.to_owned(), within }.into())
    }
}

impl Reads for Desk<'_> {
    fn raw_row(&mut self, table: Table, key: &[u8]) -> Result<Option<RowBytes>, Halt> {
        self.row(table, key)
    }
    fn raw_page(&mut self, table: Table, page: Page<'_>) -> Result<Vec<(Vec<u8>, RowBytes)>, Halt> {
        self.page(table, page)
    }
}

/// What the gate and a view may do: see, and turn the addresses of an authentic act into references.
pub struct Look<'l, 'd> {
    pub(crate) desk: &'l mut Desk<'d>,
    pub(crate) brought: Option<&'l Arc<Credential>>,
    /// What the gate says it reads an act for.
    pub(crate) reads_for: Option<&'static str>,
}

impl<'l, 'd> Look<'l, 'd> {
    /// A look at this.
    pub(crate) fn at(desk: &'l mut Desk<'d>, brought: Option<&'l Arc<Credential>>) -> Self {
        Self { desk, brought, reads_for: None }
    }

    /// Says for which method the gate reads an act from here on: if no call can be made of it, what asks for what is lacking is named.
    pub fn reads_for(&mut self, method: &'static str) {
        self.reads_for = Some(method);
    }

    /// The actor looked at.
    pub fn me(&self) -> &ActorId {
        self.desk.me
    }

    /// What whoever looks has brought to be let in.
    pub fn brought(&self) -> Option<Arc<Credential>> {
        self.brought.cloned()
    }

    /// The time of this look.
    pub fn now(&self) -> Seconds {
        self.desk.now
    }

    /// A reference to the actor at this address. Only here can a text become a reference.
    pub fn introduce<A>(&self, id: &ActorId) -> Ref<A> {
        Ref::made(id.clone())
    }

    /// The act with this id, if any actor of this node received or published it.
    pub fn act(&mut self, id: &ActId) -> Result<Option<Arc<Act>>, Halt> {
        self.desk.act(id)
    }

    /// Whether this actor published the act.
    pub fn published(&mut self, id: &ActId) -> Result<bool, Halt> {
        PUBLISHED.has(self.desk, id)
    }

    /// What is remembered of the act as this actor handled it; by whichever author.
    pub fn seen(&mut self, id: &ActId) -> Result<Option<(ActorId, Seen)>, Halt> {
        let prefix = pair_prefix(id.as_str().as_bytes());
        let found = SEEN.page(self.desk, Page::first(&prefix, 1))?;
        Ok(found.into_iter().next().map(|((_, author), seen)| (author, seen)))
    }
}

impl Reads for Look<'_, '_> {
    fn raw_row(&mut self, table: Table, key: &[u8]) -> Result<Option<RowBytes>, Halt> {
        self.desk.raw_row(table, key)
    }
    fn raw_page(&mut self, table: Table, page: Page<'_>) -> Result<Vec<(Vec<u8>, RowBytes)>, Halt> {
        self.desk.raw_page(table, page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::toy::ToyNaming;
    use proptest::prelude::*;

    /// Changes of rows, by table and key: `None` removes.
    type Changes = BTreeMap<(String, Vec<u8>), Option<u8>>;

    fn key() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(0u8..3, 1..4)
    }

    fn changes(most: usize) -> impl Strategy<Value = Changes> {
        let place = (prop::sample::select(vec!["a".to_owned(), "b".to_owned()]), key());
        prop::collection::btree_map(place, prop::option::of(any::<u8>()), 0..most)
    }

    fn bytes(value: u8) -> RowBytes {
        Arc::from([value])
    }

    /// The rows of a table that a page has, cut out of all rows.
    fn cut(rows: &BTreeMap<Vec<u8>, u8>, want: &PageWant) -> Vec<(Vec<u8>, RowBytes)> {
        let within = |key: &[u8]| {
            let beyond = if want.newest_first { key < want.after.as_slice() } else { key > want.after.as_slice() };
            key.starts_with(&want.prefix) && (want.after.is_empty() || beyond)
        };
        let mut kept: Vec<_> =
            rows.iter().filter(|(key, _)| within(key)).map(|(k, v)| (k.clone(), bytes(*v))).collect();
        if want.newest_first {
            kept.reverse();
        }
        kept.truncate(want.limit);
        kept
    }

    proptest! {
        /// Whatever is stored, not yet durable, or written in this very turn: a page is what it would be if all of it
        /// were stored.
        #[test]
        fn a_page_is_what_it_would_be_if_all_were_stored(
            stored in changes(40), overlay in changes(20), written in changes(20),
            prefix in prop::collection::vec(0u8..3, 0..2), after in prop::option::of(key()),
            limit in 0usize..8, newest_first: bool,
        ) {
            let table = |changes: &Changes, rows: &mut BTreeMap<Vec<u8>, u8>| {
                for ((_, key), value) in changes.iter().filter(|((table, _), _)| table == "a") {
                    match value {
                        Some(value) => rows.insert(key.clone(), *value),
                        None => rows.remove(key),
                    };
                }
            };
            let mut durable = BTreeMap::new();
            table(&stored, &mut durable);
            let mut all = durable.clone();
            table(&overlay, &mut all);
            table(&written, &mut all);

            let place = |(place, value): (&(String, Vec<u8>), &Option<u8>)| (place.clone(), value.map(bytes));
            let overlay: Overlay = overlay.iter().map(place).map(|(place, bytes)| (place, (1, bytes))).collect();
            let me = ActorId::from("me");
            let after = after.unwrap_or_default();
            let page = Page { prefix: &prefix, after: &after, limit, newest_first };
            let mut found = Found::default();
            let seen = loop {
                let desk = Desk {
                    me: &me, now: 0, naming: &ToyNaming, found: &found, ahead: &Found::default(), overlay: &overlay,
                    written: written.iter().map(place).collect(),
                };
                match desk.page("a", page) {
                    Ok(rows) => break rows,
                    Err(Halt::Need(needs)) => {
                        prop_assert_eq!(needs.len(), 1);
                        let Need::Page(want) = needs[0].clone() else { panic!("expected a page") };
                        prop_assert!(!found.pages.contains_key(&want), "asked for twice");
                        let rows = cut(&durable, &want);
                        found.page(want, rows);
                    }
                    Err(other) => panic!("{other:?}"),
                }
            };
            let want = PageWant { table: "a".to_owned(), prefix: prefix.clone(), after: after.clone(), limit, newest_first };
            prop_assert_eq!(seen, cut(&all, &want));
        }
    }

    #[test]
    fn a_row_written_in_the_turn_hides_one_not_yet_durable_which_hides_the_stored_one() {
        let place = ("a".to_owned(), vec![1]);
        let mut found = Found::default();
        let me = ActorId::from("me");
        let row = |found: &Found, overlay: &Overlay, written: Option<Option<RowBytes>>| {
            let written = written.map(|bytes| (place.clone(), bytes)).into_iter().collect();
            Desk { me: &me, now: 0, naming: &ToyNaming, found, ahead: &Found::default(), overlay, written }
                .row("a", &[1])
        };
        let none = Overlay::new();
        assert_eq!(row(&found, &none, None), Err(Need::Row { table: "a".to_owned(), key: vec![1] }.into()));
        found.row("a", vec![1], Some(bytes(1)));
        assert_eq!(row(&found, &none, None), Ok(Some(bytes(1))));
        let overlay = Overlay::from([(place.clone(), (1, Some(bytes(2))))]);
        assert_eq!(row(&found, &overlay, None), Ok(Some(bytes(2))));
        assert_eq!(row(&found, &overlay, Some(Some(bytes(3)))), Ok(Some(bytes(3))));
        assert_eq!(row(&found, &overlay, Some(None)), Ok(None));
    }
}
