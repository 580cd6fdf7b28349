//! Tests of pushes, commits and branches.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn alice() -> ActorUri {
    ActorUri::parse("https://forge.example/people/alice").unwrap()
}

fn commit() -> Commit {
    Commit {
        id: Some(uri("https://forge.example/repos/tea/commits/2b")),
        context: Some(uri("https://forge.example/repos/tea")),
        attributed_to: Some(Author::Mail("bob@mail.example".into())),
        created: Some(Seconds::new(1_700_000_000)),
        committed_by: Some(Author::Actor(alice())),
        committed: Some(Seconds::new(1_700_000_100)),
        hash: "2b".repeat(20),
        summary: Some("Boil the water first".into()),
        description: Some("It was cold.".into()),
        files_added: vec!["kettle.rs".into()],
        files_modified: vec![],
        files_removed: vec!["a".into(), "b".into()],
    }
}

fn branch() -> Branch {
    Branch {
        id: None,
        context: uri("https://forge.example/repos/tea"),
        name: Some("main".into()),
        ref_name: "refs/heads/main".into(),
    }
}

fn push() -> Push {
    Push {
        id: Some(uri("https://forge.example/repos/tea/outbox/3")),
        actor: ActorUri::parse("https://forge.example/repos/tea").unwrap(),
        attributed_to: Some(alice()),
        context: None,
        fulfills: vec![],
        target: Thing::Uri(uri("https://forge.example/repos/tea/branches/main")),
        hash_before: Some("1a".repeat(20)),
        hash_after: Some("2b".repeat(20)),
        total: Some(9),
        commits: vec![
            Listed::Commit(Box::new(commit())),
            Listed::Uri(uri("https://forge.example/repos/tea/commits/1c")),
        ],
        early: vec![Listed::Uri(uri("https://forge.example/repos/tea/commits/0a"))],
        list: None,
    }
}

fn read(document: &Document) -> Result<Push, Wrong> {
    Push::read(&document.obj())
}

#[test]
fn commits_branches_and_pushes_are_read_as_they_were_written() {
    assert_eq!(Commit::read(&commit().to_document().obj()), Ok(commit()));
    assert_eq!(Branch::read(&branch().to_document().obj()), Ok(branch()));
    let embedded = Thing::embed(branch().to_value()).unwrap();
    let by_address =
        Push { total: None, commits: vec![], early: vec![], list: Some(uri("https://a.example/l")), ..push() };
    for push in [push(), Push { target: embedded, ..push() }, by_address] {
        assert_eq!(read(&push.draft().to_document()), Ok(push));
    }
}

#[test]
fn a_push_is_written_in_the_newest_shape() {
    insta::assert_json_snapshot!(push().draft().to([Uri::public()]).to_document().value());
}

#[test]
fn a_commit_of_an_older_shape_is_read() {
    let document = commit().to_document().edit().remove("context").set("repository", "https://a.example/r");
    let document = document.set("description", "plain").set("hash", "ABCDEF").finish();
    let read = Commit::read(&document.obj()).unwrap();
    assert_eq!(read.context, Some(uri("https://a.example/r")));
    assert_eq!((read.description.as_deref(), read.hash.as_str()), (Some("plain"), "abcdef"));
}

#[test]
fn a_commit_with_a_term_of_the_wrong_kind_is_refused_with_its_place() {
    #[rustfmt::skip]
    let rows = [
        ("type",         json!("Patch"),                                     "/type"),
        ("hash",         Value::Null,                                        "/hash"),
        ("hash",         json!("--upload-pack"),                             "/hash"),
        ("hash",         json!("a".repeat(129)),                             "/hash"),
        ("attributedTo", json!("mailto:bob"),                                "/attributedTo"),
        ("attributedTo", json!("mailto:bob@mail.example\r\nBcc: x"),         "/attributedTo"),
        ("description",  json!({"mediaType": "text/html", "content": "x"}),  "/description/mediaType"),
        ("filesAdded",   json!([1]),                                         "/filesAdded"),
    ];
    for (term, bad, at) in rows {
        let document = commit().to_document().edit().set(term, bad).finish();
        assert_eq!(Commit::read(&document.obj()).unwrap_err().at, at);
    }
}

#[test]
fn a_branch_has_a_name_that_git_takes() {
    #[rustfmt::skip]
    let rows = [
        ("refs/heads/main",        Some("refs/heads/main")),
        ("/refs/heads/main",       Some("refs/heads/main")),
        ("refs/heads/a-b.c/ü",     Some("refs/heads/a-b.c/ü")),
        ("--upload-pack=evil",     None),
        ("refs/heads/../../etc",   None),
        ("refs//main",             None),
        ("refs/heads/",            None),
        ("refs/heads/.hidden",     None),
        ("refs/heads/x.lock",      None),
        ("refs/heads/a b",         None),
        ("refs/heads/a\nb",        None),
        ("refs/heads/a~1",         None),
        ("refs/heads/a@{1}",       None),
        ("",                       None),
    ];
    for (name, expected) in rows {
        let document = branch().to_document().edit().set("ref", name).finish();
        let found = Branch::read(&document.obj()).ok().map(|branch| branch.ref_name);
        assert_eq!(found.as_deref(), expected, "{name}");
    }
}

#[test]
fn a_push_with_a_term_of_the_wrong_kind_is_refused_with_its_place() {
    #[rustfmt::skip]
    let rows = [
        ("type",       json!("Create"),                              "/type"),
        ("actor",      Value::Null,                                  "/actor"),
        ("target",     Value::Null,                                  "/target"),
        ("hashAfter",  json!("zz"),                                  "/hashAfter"),
        ("object",     json!("commits"),                             "/object"),
        ("object",     json!({"items": [{"type": "Note"}]}),         "/object/items/0/type"),
        ("object",     json!({"totalItems": -1}),                    "/object/totalItems"),
    ];
    for (term, bad, at) in rows {
        let document = push().draft().to_document().edit().set(term, bad).finish();
        assert_eq!(read(&document).unwrap_err().at, at);
    }
}

proptest! {
    #[test]
    fn any_commit_survives_the_wire(summary in ".{0,60}", text in ".{0,60}", path in ".{1,30}", time in 0i64..4_000_000_000) {
        let commit = Commit {
            summary: Some(summary),
            description: Some(text),
            files_modified: vec![path],
            created: Some(Seconds::new(time)),
            ..commit()
        };
        let back = Document::parse(commit.to_document().raw()).unwrap();
        prop_assert_eq!(Commit::read(&back.obj()), Ok(commit));
    }
}
