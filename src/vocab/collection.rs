//! Collections and their pages. Written with `orderedItems` where there is an order; both names are read.
//!
//! Source: ActivityStreams 2.0 core, 5; ForgeFed, "earlyItems", "previousVersions", "currentVersion".

use crate::activity::Thing;
use crate::context;
use crate::json::Document;
use crate::object::{Obj, Wrong};
use crate::terms::words;
use crate::uri::Uri;
use crate::write::Writer;
use serde_json::{Map, Value};

words! {
    /// Which kind of collection.
    pub enum CollectionType {
        /// Without order.
        Collection = "Collection",
        /// Newest first, unless it is said otherwise.
        OrderedCollection = "OrderedCollection",
        /// A part of one without order.
        CollectionPage = "CollectionPage",
        /// A part of an ordered one.
        OrderedCollectionPage = "OrderedCollectionPage",
    }
}

/// A collection or a page of one. What it says about itself is not believed: `totalItems` is a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    /// Its address. A collection written out inside another object often has none.
    pub id: Option<Uri>,
    /// Its kind.
    pub kind: CollectionType,
    /// The actor or object it belongs to. Those we serve always say it, so that an `Add` to one can be understood.
    pub context: Option<Uri>,
    /// How many items it has altogether.
    pub total: Option<u64>,
    /// Its first page, by address or written out.
    pub first: Option<Thing>,
    /// Its last page.
    pub last: Option<Uri>,
    /// Of a page: the next one.
    pub next: Option<Uri>,
    /// Of a page: the one before.
    pub prev: Option<Uri>,
    /// Of a page: its collection.
    pub part_of: Option<Uri>,
    /// Its items, or the latest of them.
    pub items: Vec<Thing>,
    /// The earliest items, where `items` are the latest.
    pub early: Vec<Thing>,
    /// Of the current version of patches: the versions before, newest first.
    pub previous_versions: Vec<Uri>,
    /// Of an older version of patches: the current one.
    pub current_version: Option<Uri>,
}

impl Collection {
    /// An empty collection or page.
    pub fn new(kind: CollectionType) -> Self {
        let (id, context, total, first, last) = (None, None, None, None, None);
        let (next, prev, part_of, current_version) = (None, None, None, None);
        let (items, early, previous_versions) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            id,
            kind,
            context,
            total,
            first,
            last,
            next,
            prev,
            part_of,
            items,
            early,
            previous_versions,
            current_version,
        }
    }

    /// Reads a collection or page.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        let kinds = obj.types().into_iter().map(CollectionType::from_name);
        let kind = kinds.into_iter().find(|kind| !matches!(kind, CollectionType::Other(_)));
        let items = if obj.get("orderedItems").is_some() { "orderedItems" } else { "items" };
        Ok(Self {
            id: obj.id()?,
            kind: kind.ok_or_else(|| obj.wrong("type", "a collection or page"))?,
            context: obj.uri("context")?,
            total: obj.count("totalItems")?,
            first: Thing::read_one(obj, "first")?,
            last: obj.link("last")?,
            next: obj.link("next")?,
            prev: obj.link("prev")?,
            part_of: obj.link("partOf")?,
            items: Thing::read_all(obj, items)?,
            early: Thing::read_all(obj, "earlyItems")?,
            previous_versions: obj.uris("previousVersions")?,
            current_version: obj.uri("currentVersion")?,
        })
    }

    /// Whether it is a part of a collection.
    pub fn is_page(&self) -> bool {
        matches!(self.kind, CollectionType::CollectionPage | CollectionType::OrderedCollectionPage)
    }

    /// Whether its items have an order.
    pub fn is_ordered(&self) -> bool {
        matches!(self.kind, CollectionType::OrderedCollection | CollectionType::OrderedCollectionPage)
    }

    fn writer(&self, writer: Writer) -> Writer {
        let items = if self.is_ordered() { "orderedItems" } else { "items" };
        let writer = writer
            .maybe("id", self.id.as_ref())
            .put("type", &self.kind)
            .maybe("context", self.context.as_ref())
            .maybe("partOf", self.part_of.as_ref())
            .maybe("totalItems", self.total)
            .maybe("first", self.first.as_ref())
            .maybe("last", self.last.as_ref())
            .maybe("prev", self.prev.as_ref())
            .maybe("next", self.next.as_ref());
        // A page without items still says so; a collection in pages does not.
        let writer = match self.items.is_empty() && (self.first.is_some() || self.total.is_none_or(|total| total > 0)) {
            true if !self.is_page() => writer,
            _ => writer.put(items, self.items.iter().map(Value::from).collect::<Vec<_>>()),
        };
        writer
            .list("earlyItems", &self.early)
            .list("previousVersions", &self.previous_versions)
            .maybe("currentVersion", self.current_version.as_ref())
    }

    /// Written out inside another object.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own.
    pub fn to_document(&self) -> Document {
        let map: Map<String, Value> = self.writer(Writer::with_context(context::forge())).finish();
        Document::from_map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn page() -> Collection {
        Collection {
            id: Some(uri("https://forge.example/repos/tea/outbox?page=2")),
            part_of: Some(uri("https://forge.example/repos/tea/outbox")),
            next: Some(uri("https://forge.example/repos/tea/outbox?page=3")),
            prev: Some(uri("https://forge.example/repos/tea/outbox?page=1")),
            context: Some(uri("https://forge.example/repos/tea")),
            total: Some(712),
            items: vec![
                Thing::Uri(uri("https://forge.example/repos/tea/outbox/9")),
                Thing::embed(json!({"type": "Grant", "id": "https://forge.example/repos/tea/outbox/8"})).unwrap(),
            ],
            ..Collection::new(CollectionType::OrderedCollectionPage)
        }
    }

    fn read(value: Value) -> Result<Collection, Wrong> {
        Collection::read(&Document::parse(value.to_string().as_bytes()).unwrap().obj())
    }

    #[test]
    fn collections_are_read_as_they_were_written() {
        let paged = Collection {
            first: Some(Thing::Uri(uri("https://forge.example/x?page=1"))),
            total: Some(3),
            ..Collection::new(CollectionType::Collection)
        };
        let versions = Collection {
            previous_versions: vec![uri("https://a.example/1"), uri("https://a.example/2")],
            early: vec![Thing::Uri(uri("https://a.example/3"))],
            ..Collection::new(CollectionType::OrderedCollection)
        };
        for collection in [page(), paged, versions] {
            assert_eq!(read(collection.to_document().value().clone()), Ok(collection));
        }
    }

    #[test]
    fn a_page_is_written_in_the_newest_shape() {
        insta::assert_json_snapshot!(page().to_document().value());
    }

    #[test]
    fn an_empty_collection_says_so_and_one_in_pages_does_not() {
        let empty = Collection { total: Some(0), ..Collection::new(CollectionType::Collection) };
        assert_eq!(empty.to_value()["items"], json!([]));
        let first = Some(Thing::Uri(uri("https://forge.example/x?page=1")));
        let paged = Collection { total: Some(0), first, ..Collection::new(CollectionType::OrderedCollection) };
        assert_eq!(paged.to_value().get("orderedItems"), None);
        assert_eq!(Collection::new(CollectionType::CollectionPage).to_value()["items"], json!([]));
    }

    #[test]
    fn items_are_read_under_either_name() {
        for kind in ["Collection", "OrderedCollection"] {
            for name in ["items", "orderedItems"] {
                let read = read(json!({"type": kind, name: ["https://a.example/1"]})).unwrap();
                assert_eq!(read.items.len(), 1, "{kind} {name}");
            }
        }
    }

    #[test]
    fn what_is_no_collection_is_refused_with_its_place() {
        #[rustfmt::skip]
        let rows = [
            (json!({"type": "Note"}),                                "/type"),
            (json!({"type": "Collection", "totalItems": "many"}),    "/totalItems"),
            (json!({"type": "Collection", "items": [["nested"]]}),   "/items/0"),
            (json!({"type": "Collection", "items": [{"id": 1}]}),    "/items/0/id"),
            (json!({"type": "Collection", "next": 2}),               "/next"),
        ];
        for (value, at) in rows {
            assert_eq!(read(value).unwrap_err().at, at);
        }
    }

    proptest! {
        #[test]
        fn any_list_survives_the_wire(kind in prop::sample::select(CollectionType::KNOWN), count in 0usize..6, total in 0u64..9) {
            let items = (0..count).map(|n| Thing::Uri(uri(&format!("https://a.example/{n}")))).collect();
            let collection = Collection { items, total: Some(total), ..Collection::new(kind) };
            prop_assert_eq!(read(collection.to_document().value().clone()), Ok(collection));
        }
    }
}
