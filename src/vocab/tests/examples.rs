//! Reads every example of the specification with the reader that fits, writes it back and compares the terms.
//! The examples are not part of this repository: `PRITCHEL_SPEC_DIR` names a directory with `forgefed/examples` and `forgejo`.
//! Without it nothing is run, unless `PRITCHEL_REQUIRE_ALL` is set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use pritchel_vocab::actor_doc::{FORGE_TYPES, PLAIN_TYPES};
use pritchel_vocab::nodeinfo::Version;
use pritchel_vocab::*;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The directory of examples, or `None` if there is none and none is demanded.
fn spec_dir() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("PRITCHEL_SPEC_DIR") {
        return Some(PathBuf::from(dir));
    }
    assert!(
        std::env::var_os("PRITCHEL_REQUIRE_ALL").is_none(),
        "PRITCHEL_SPEC_DIR is not set, and all tests are demanded"
    );
    println!("not run: PRITCHEL_SPEC_DIR is not set");
    None
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|x| x == "json"));
    let mut files: Vec<_> = paths
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no examples in {}", dir.display());
    files
}

/// The one example with a term our rules refuse: plain http to a host that is not this machine.
const REFUSED: [(&str, &str); 1] = [("043-edit-note.json", "/actor")];

#[test]
fn every_example_of_forgefed_is_read_and_written_back() {
    let Some(dir) = spec_dir() else { return };
    for (name, bytes) in files(&dir.join("forgefed/examples")) {
        let document = Document::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.raw(), bytes, "{name}");
        match (written_back(&document), REFUSED.iter().find(|(refused, _)| *refused == name)) {
            (Err(wrong), Some((_, at))) => assert_eq!(&wrong.at, at, "{name}"),
            (Ok(_), Some(_)) => panic!("{name}: read, but our rules refuse it"),
            (Err(wrong), None) => panic!("{name}: {wrong}"),
            (Ok(written), None) => compare(&name, &document, &written),
        }
    }
}

#[test]
fn what_is_no_json_among_the_examples_is_refused_as_such() {
    let Some(dir) = spec_dir() else { return };
    for (name, bytes) in files(&dir.join("forgefed/examples-invalid")) {
        let refusal = Document::parse(&bytes).expect_err(&name);
        assert!(matches!(refusal, ParseError::Syntax { .. }), "{name}: {refusal}");
    }
}

/// Reads a document with the reader of its type and writes it again.
fn written_back(document: &Document) -> Result<Value, Wrong> {
    let obj = document.obj();
    let types = obj.types();
    let is = |names: &[&str]| types.iter().any(|kind| names.contains(kind));
    let known: Vec<&str> = ActivityType::KNOWN.iter().map(ActivityType::as_str).collect();
    let collections: Vec<&str> = CollectionType::KNOWN.iter().map(CollectionType::as_str).collect();
    Ok(if is(&known) {
        activity_back(&Activity::read(document)?)?
    } else if is(&PLAIN_TYPES) || is(&FORGE_TYPES) {
        ActorDoc::read(&obj)?.to_document().value().clone()
    } else if is(&collections) {
        Collection::read(&obj)?.to_document().value().clone()
    } else if is(&["Ticket"]) {
        Ticket::read(&obj)?.to_document().value().clone()
    } else if is(&["Note"]) {
        Note::read(&obj)?.to_document().value().clone()
    } else if is(&["Commit"]) {
        Commit::read(&obj)?.to_document().value().clone()
    } else if is(&["Branch"]) {
        Branch::read(&obj)?.to_document().value().clone()
    } else if is(&["TicketDependency"]) {
        TicketDependency::read(&obj)?.to_document().value().clone()
    } else if is(&["Relationship"]) {
        Relationship::read(&obj)?.to_document().value().clone()
    } else if is(&["Patch"]) {
        // Read by its tracker through the plain reader: it is content with a media type.
        assert!(obj.need_text("content").is_ok() && obj.need_uri("attributedTo").is_ok());
        document.value().clone()
    } else {
        panic!("no reader for {types:?}")
    })
}

fn activity_back(activity: &Activity) -> Result<Value, Wrong> {
    let obj = activity.document.obj();
    let draft = match activity.kind {
        ActivityType::Grant => Grant::read(&obj)?.draft(),
        ActivityType::Push => Push::read(&obj)?.draft(),
        _ => {
            let mut draft = Draft::new(activity.kind.clone(), activity.actor.clone());
            draft = activity.id.iter().cloned().fold(draft, Draft::id);
            draft = activity.object.iter().fold(draft, Draft::object);
            draft = activity.target.iter().fold(draft, Draft::target);
            draft = activity.origin.iter().fold(draft, Draft::origin);
            draft = activity.instrument.iter().fold(draft, Draft::instrument);
            draft = activity.context.iter().fold(draft, Draft::context);
            draft = activity.result.iter().fold(draft, Draft::result);
            draft = activity.capability.iter().fold(draft, Draft::capability);
            draft = activity.fulfills.iter().cloned().fold(draft, Draft::fulfills);
            draft = activity.published.into_iter().fold(draft, Draft::published);
            draft = activity.start_time.into_iter().fold(draft, Draft::start_time);
            // Terms without a reader survive in the document.
            obj.get("proof").into_iter().fold(draft, |draft, proof| draft.term("proof", proof.clone()))
        }
    };
    let written = draft.to(activity.to.clone()).cc(activity.cc.clone()).finish()?;
    Ok(written.document.value().clone())
}

/// Terms that a reader leaves out on purpose, by type; they survive in the document.
const LEFT_OUT: [(&str, &str); 3] = [("Note", "previousVersions"), ("Note", "currentVersion"), ("Person", "icon")];

/// Every term of the original stands in what was written, in whatever shape.
fn compare(name: &str, original: &Document, written: &Value) {
    let types = original.obj().types();
    for (term, value) in original.obj().map() {
        let left_out = LEFT_OUT.iter().any(|(kind, left)| types.contains(kind) && left == term);
        // A collection written out in an actor without an address has none to be written back.
        let anonymous = value.get("type").is_some_and(|kind| kind == "Collection") && value.get("id").is_none();
        if term == "@context" || left_out || anonymous {
            continue;
        }
        // Older documents say the role of a relationship in `tag`.
        let written_term = if term == "tag" { "instrument" } else { term };
        let other = if term == "items" { "orderedItems" } else { "items" };
        let found = written.get(written_term).or_else(|| written.get(other)).unwrap_or(&Value::Null);
        assert_eq!(canonical(term, found), canonical(term, value), "{name}: {term}");
    }
}

/// One shape for all shapes: arrays of one are the one, things with an address that address, times seconds.
fn canonical(term: &str, value: &Value) -> Value {
    match value {
        Value::Array(values) if term == "type" => {
            let mut types: Vec<Value> = values.iter().filter(|kind| *kind != "Service").cloned().collect();
            if types.len() == 1 { types.remove(0) } else { Value::Array(types) }
        }
        Value::Array(values) if values.len() == 1 => canonical(term, &values[0]),
        Value::Array(values) => values.iter().map(|value| canonical(term, value)).collect(),
        Value::String(text) if term == "tag" || term == "instrument" => Value::from(grant::role(text)),
        // One example writes a slash before `refs`.
        Value::String(text) if term == "ref" => Value::from(text.trim_start_matches('/')),
        Value::String(text) => match (Seconds::parse(text), Uri::parse(text)) {
            (Ok(time), _) => Value::from(time.get()),
            (_, Ok(uri)) => Value::from(uri),
            _ => value.clone(),
        },
        Value::Object(map) if matches!(term, "mirrors" | "mirroredBy" | "mirrorsTo" | "mirroredFrom") => {
            canonical(term, &map["id"])
        }
        Value::Object(map) => map
            .iter()
            .map(|(inner, value)| (inner.clone(), canonical(inner, value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// What of Forgejo's documents is refused, and where.
const FORGEJO_REFUSED: [(&str, &str); 3] =
    [("like-no-type.json", "/type"), ("like-bad-starttime.json", "/startTime"), ("actor-person-minimal.json", "/id")];
/// Documents of other formats, lists of cases, and answers of its own API.
const FORGEJO_OTHER: [&str; 11] = [
    "INDEX",
    "schema",
    "cases",
    "sequence",
    "variants",
    "errors",
    "invalid",
    "api-",
    "http-signature",
    "nodeinfo",
    "webfinger",
];

#[test]
fn every_document_of_forgejo_is_read_and_written_back() {
    let Some(dir) = spec_dir() else { return };
    for (name, bytes) in files(&dir.join("forgejo")) {
        if FORGEJO_OTHER.iter().any(|other| name.contains(other)) {
            continue;
        }
        let document = Document::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let is_activity = document.obj().get("actor").is_some();
        let written = if is_activity {
            Activity::read(&document).and_then(|activity| activity_back(&activity))
        } else {
            written_back(&document)
        };
        match (written, FORGEJO_REFUSED.iter().find(|(refused, _)| *refused == name)) {
            (Err(wrong), Some((_, at))) => assert_eq!(&wrong.at, at, "{name}"),
            (Ok(_), Some(_)) => panic!("{name}: read, but it should be refused"),
            (Err(wrong), None) => panic!("{name}: {wrong}"),
            (Ok(written), None) => compare(&name, &document, &written),
        }
    }
}

#[test]
fn a_like_of_forgejo_is_known_when_it_comes_again() {
    let Some(dir) = spec_dir() else { return };
    let read = |name: &str| {
        let bytes = std::fs::read(dir.join("forgejo").join(name)).unwrap();
        sameness(&Activity::read(&Document::parse(&bytes).unwrap()).unwrap())
    };
    assert_eq!(read("like.json"), read("like.json"));
    assert!(matches!(read("like.json"), Sameness::Known(_)));
    assert_ne!(read("like.json"), read("like-offset-time.json"));
}

#[test]
fn what_forgejo_tells_about_names_and_itself_is_read_and_written_back() {
    let Some(dir) = spec_dir() else { return };
    let bytes = |name: &str| std::fs::read(dir.join("forgejo").join(name)).unwrap();
    let plain = |name: &str| serde_json::from_slice::<Value>(&bytes(name)).unwrap();
    for name in ["webfinger-user.json", "webfinger-instance.json"] {
        let jrd = Jrd::parse(&bytes(name)).unwrap();
        assert!(jrd.actor().is_some() && jrd.acct().is_some(), "{name}");
        assert_eq!(jrd.to_document().value(), &plain(name), "{name}");
    }
    for name in ["nodeinfo-2.1-forgejo.json", "nodeinfo-2.1-gitea.json"] {
        let (version, info) = NodeInfo::parse(&bytes(name)).unwrap();
        assert_eq!(version, Version::V2_1, "{name}");
        assert_eq!(info.to_document(version).value(), &plain(name), "{name}");
    }
    let index = NodeInfoIndex::parse(&bytes("nodeinfo-wellknown.json")).unwrap();
    assert_eq!(index.best().map(|(version, _)| version), Some(Version::V2_1));
}
