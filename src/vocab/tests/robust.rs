//! No document, however strange, makes a reader panic; and what a reader takes, it takes again from its own writing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use pritchel_vocab::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Values as they stand in real documents, and values that have no business there.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "https://a.example/1",
            "https://a.example/2#k",
            "as:Public",
            "http://a.example/",
            "admin",
            "forge:write",
            "mailto:a@b",
            "2024-03-07T00:00:00Z",
            "PT5S",
            "text/html",
            "abcdef0123",
            "refs/heads/main",
            "https://",
            "tag:x,2024:1",
            "dependsOn",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            any_object(inner.boxed()).prop_map(Value::Object),
        ]
    })
}

fn any_object(values: BoxedStrategy<Value>) -> impl Strategy<Value = Map<String, Value>> {
    let terms = prop::sample::select(vec![
        "@context",
        "id",
        "actor",
        "object",
        "forge:object",
        "target",
        "origin",
        "instrument",
        "result",
        "context",
        "capability",
        "fulfills",
        "to",
        "cc",
        "bto",
        "startTime",
        "endTime",
        "published",
        "summary",
        "content",
        "mediaType",
        "source",
        "attributedTo",
        "inReplyTo",
        "allows",
        "delegates",
        "duration",
        "hash",
        "hashAfter",
        "ref",
        "items",
        "orderedItems",
        "totalItems",
        "first",
        "publicKey",
        "owner",
        "publicKeyPem",
        "assertionMethod",
        "publicKeyMultibase",
        "endpoints",
        "inbox",
        "cloneUri",
        "subject",
        "relationship",
        "tag",
        "isResolved",
        "resolvedBy",
        "attachment",
        "links",
        "aliases",
        "rel",
        "href",
        "version",
        "software",
        "name",
        "usage",
        "description",
        "url",
        "previousVersions",
    ]);
    let types = prop::sample::select(vec![
        "Grant",
        "Push",
        "Like",
        "Create",
        "Ticket",
        "Note",
        "Commit",
        "Branch",
        "Relationship",
        "TicketDependency",
        "OrderedCollection",
        "Person",
        "Repository",
        "Multikey",
        "Offer",
        "x:Unknown",
    ]);
    let types = prop::collection::vec(types, 1..3);
    (prop::collection::hash_map(terms, values, 0..5), types).prop_map(|(terms, types)| {
        let mut map: Map<String, Value> = terms.into_iter().map(|(term, value)| (term.to_owned(), value)).collect();
        map.insert("type".to_owned(), json!(types));
        map
    })
}

/// What every reader needs, so that it is the other terms that decide whether it takes a document.
fn needed() -> Map<String, Value> {
    let needed = json!({
        "id": "https://a.example/1", "actor": "https://a.example/people/bob", "object": "https://a.example/2",
        "target": "https://a.example/3", "context": "https://a.example/4", "attributedTo": "https://a.example/people/bob",
        "summary": "Tea", "hash": "ab", "ref": "refs/heads/main", "subject": "https://a.example/5", "relationship": "dependsOn",
    });
    needed.as_object().unwrap().clone()
}

/// Whatever `read` takes, it takes again, and the same, from what `write` makes of it.
fn holds<T: PartialEq + std::fmt::Debug>(
    document: &Document,
    read: impl Fn(&Obj<'_>) -> Result<T, Wrong>,
    write: impl Fn(&T) -> Document,
) -> Result<(), TestCaseError> {
    if let Ok(first) = read(&document.obj()) {
        let written = write(&first);
        prop_assert_eq!(read(&written.obj()).map_err(|wrong| TestCaseError::fail(wrong.to_string()))?, first);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_reader_takes_its_own_writing_and_none_panics(changes in any_object(any_value().boxed())) {
        let mut map = needed();
        map.extend(changes);
        let Ok(document) = Document::parse(Value::Object(map).to_string().as_bytes()) else { return Ok(()) };
        holds(&document, Grant::read, |grant| grant.draft().to_document())?;
        holds(&document, Push::read, |push| push.draft().to_document())?;
        holds(&document, Ticket::read, Ticket::to_document)?;
        holds(&document, Note::read, Note::to_document)?;
        holds(&document, Commit::read, Commit::to_document)?;
        holds(&document, Branch::read, Branch::to_document)?;
        holds(&document, Relationship::read, Relationship::to_document)?;
        holds(&document, TicketDependency::read, TicketDependency::to_document)?;
        holds(&document, Collection::read, Collection::to_document)?;
        // The type of an actor gains one on its way; everything else is the same.
        let actor = |obj: &Obj<'_>| ActorDoc::read(obj).map(|actor| ActorDoc { types: Vec::new(), ..actor });
        holds(&document, actor, ActorDoc::to_document)?;
        if let Ok(activity) = Activity::read(&document) {
            let _ = (sameness(&activity), activity.addressees(), activity.object_uri());
            prop_assert!(!String::from_utf8_lossy(without_blind(&document).raw()).contains("\"bto\":"));
        }
        let _ = (Jrd::parse(document.raw()), NodeInfo::parse(document.raw()), NodeInfoIndex::parse(document.raw()));
    }

    #[test]
    fn whatever_a_tracker_is_told_as_speaks_for_its_own_server_alone(
        strange in prop::collection::vec(any_value(), 0..4),
        comments in prop::collection::vec(any_value(), 0..3),
        (term, odd) in (prop::sample::select(vec!["id", "index", "title", "state", "created", "labels", "children"]), any_value()),
    ) {
        let mut comment = json!({"index": "1", "poster_id": "b", "content": "x", "created": "2024-03-07T00:00:00Z"});
        let mut issue = json!({
            "index": "1", "poster_id": "b", "title": "Tea", "content": "x", "state": "open",
            "created": "2024-03-07T00:00:00Z"
        });
        comment["children"] = Value::from(comments);
        comment[term] = odd.clone();
        issue["comments"] = json!([comment]);
        issue[term] = odd;
        let issues: Vec<Value> = strange.into_iter().chain([issue]).collect();
        let from = Uri::parse("https://old.example/t").unwrap();
        let Ok(page) = f3::read::read(json!({"issues": issues}).to_string().as_bytes(), &from, None) else { return Ok(()) };
        let here = |origin: &str| origin.starts_with("https://old.example/");
        for item in &page.items {
            match item {
                f3::read::Item::Issue(issue) => prop_assert!(here(&issue.origin) && issue.text.shown().is_ok()),
                f3::read::Item::Comment(comment) => prop_assert!(here(&comment.origin) && here(&comment.issue)),
                f3::read::Item::More { page, .. } => prop_assert!(here(page.as_str())),
                f3::read::Item::Skipped { what, why } => prop_assert!(!what.is_empty() && !why.is_empty()),
            }
        }
        prop_assert_eq!(page.items.is_empty(), issues.is_empty());
    }
}
