//! Documents of others: good, odd and hostile.

use super::*;
use crate::f3::write::{self, Poster, threads};
use serde_json::json;

const TRACKER: &str = "https://old.example/trackers/tea";

fn from() -> Uri {
    Uri::parse(&format!("{TRACKER}?page=first")).unwrap()
}

fn page(value: &Value) -> Result<Page, F3Error> {
    read(value.to_string().as_bytes(), &from(), None)
}

fn issue(index: &str) -> Value {
    json!({
        "index": index, "poster_id": "7", "poster_name": "bob", "title": "Tea", "content": "*hot*", "state": "open",
        "is_locked": false, "created": "2024-03-07T00:00:00Z", "updated": "2024-03-08T00:00:00Z"
    })
}

fn comment(index: &str, children: Vec<Value>) -> Value {
    json!({
        "index": index, "poster_id": "7", "content": "indeed", "created": "2024-03-07T00:00:00Z",
        "updated": "2024-03-07T00:00:00Z", "children": children
    })
}

fn with(mut value: Value, term: &str, other: Value) -> Value {
    value[term] = other;
    value
}

/// Each item in a few words.
fn told(page: &Page) -> Vec<String> {
    let end = |origin: &str| origin.strip_prefix(TRACKER).unwrap_or(origin).to_owned();
    let one = |item: &Item| match item {
        Item::Issue(issue) => format!("{} by {}", end(&issue.origin), issue.author),
        Item::Comment(comment) => {
            format!("{} of {:?}", end(&comment.origin), comment.above.as_deref().map(end).unwrap_or_default())
        }
        Item::More { issue, page } => format!("more of {} at {}", end(issue), end(page.as_str())),
        Item::Skipped { what, .. } => format!("not {what}"),
    };
    page.items.iter().map(one).collect()
}

#[test]
fn a_tracker_of_one_document_is_read_flat_with_names_of_its_own() {
    let first = with(issue("7"), "comments", json!([comment("1", vec![comment("2", vec![])]), comment("3", vec![])]));
    let second = with(issue("8"), "index", json!(8));
    let found = page(&json!({"issues": [first, second]})).unwrap();
    let expected = [
        "#issue-7 by bob",
        "#issue-7-comment-1 of \"\"",
        "#issue-7-comment-2 of \"#issue-7-comment-1\"",
        "#issue-7-comment-3 of \"\"",
        "#issue-8 by bob",
    ];
    assert_eq!((told(&found), found.total, found.next), (expected.map(String::from).to_vec(), Some(2), None));
}

#[test]
fn what_we_write_is_what_we_read() {
    let uri = |text: &str| Uri::parse(&format!("{TRACKER}{text}")).unwrap();
    let poster = || Poster { id: "https://b.example/people/b".to_owned(), name: "bob@b.example".to_owned() };
    let text = |content: &str| write::Text { content: content.to_owned(), media_type: MARKDOWN.to_owned() };
    let comment = |index: u64, of: Option<Uri>| write::Comment {
        id: uri(&format!("/tickets/7/comments/{index}")),
        index,
        poster: poster(),
        text: text("indeed"),
        created: Seconds::new(20),
        updated: Seconds::new(30),
        deleted: index == 1,
        in_reply_to: of,
        children: Vec::new(),
    };
    let (first, earlier) = (uri("/tickets/7/comments/0"), uri("/tickets/7/comments/9"));
    let issue = write::Issue {
        id: uri("/tickets/7"),
        index: 7,
        poster: poster(),
        title: "Tea <b>".to_owned(),
        text: text("*hot*"),
        closed: Some(Seconds::new(9)),
        created: Seconds::new(5),
        updated: Seconds::new(6),
        labels: vec!["odd".to_owned()],
        milestone: Some("v1".to_owned()),
        assignees: vec!["carol".to_owned()],
        comments: threads(vec![comment(0, None), comment(1, Some(first)), comment(2, Some(earlier))]),
        next: Some(uri("/tickets/7?page=2")),
    };
    let tracker = write::IssueTracker {
        id: uri(""),
        name: "tea".into(),
        total: 70,
        issues: vec![issue.clone()],
        next: Some(uri("?page=7")),
    };
    let found = page(&tracker.to_value()).unwrap();
    let expected = [
        "/tickets/7 by bob@b.example",
        "/tickets/7/comments/0 of \"\"",
        "/tickets/7/comments/1 of \"/tickets/7/comments/0\"",
        "/tickets/7/comments/2 of \"/tickets/7/comments/9\"",
        "more of /tickets/7 at /tickets/7?page=2",
    ];
    assert_eq!((told(&found), found.total), (expected.map(String::from).to_vec(), Some(70)));
    assert_eq!(found.next, Some(uri("?page=7")));
    let [Item::Issue(read_back), Item::Comment(_), Item::Comment(deleted), ..] = &found.items[..] else { panic!() };
    assert_eq!((read_back.open, read_back.closed, deleted.deleted), (false, Some(Seconds::new(9)), true));
    assert_eq!(read_back.text.shown().unwrap().as_str(), "<p><em>hot</em></p>\n");
    assert_eq!(read_back.labels[0].as_str(), "odd");
    let further = read(issue.to_value().to_string().as_bytes(), &from(), Some("https://old.example/x")).unwrap();
    assert_eq!((further.items.len(), further.next, further.total), (3, issue.next, None));
}

#[test]
fn whoever_tells_speaks_for_their_own_server_alone() {
    let claims = with(issue("1"), "id", json!("https://victim.example/tickets/1"));
    let claims = with(claims, "comments_next", json!("https://victim.example/tickets/1?page=2"));
    let answer = with(comment("1", vec![]), "in_reply_to", json!("https://victim.example/notes/1"));
    let found = page(&json!({"issues": [with(claims, "comments", json!([answer]))]})).unwrap();
    let expected = ["#issue-1 by bob", "#issue-1-comment-1 of \"\"", "not further comments of issue 1"];
    assert_eq!(told(&found), expected);
    let elsewhere = page(&json!({"issues": [], "next": "https://victim.example/trackers/tea?page=2"}));
    assert!(matches!(elsewhere, Err(F3Error::Elsewhere { .. })), "{elsewhere:?}");
}

#[test]
fn one_issue_that_cannot_be_read_costs_no_other() {
    #[rustfmt::skip]
    let rows = [
        ("index",     json!("")),
        ("index",     json!(-1)),
        ("index",     json!("a b")),
        ("index",     json!("1".repeat(F3_WORD_CHARS_MAX + 1))),
        ("index",     json!(null)),
        ("poster_id", json!({})),
        ("title",     json!(7)),
        ("title",     json!(" \n ")),
        ("content",   json!(["x"])),
        ("content",   json!("x".repeat(HTML_MAX_BYTES + 1))),
        ("state",     json!("merged")),
        ("created",   json!("yesterday")),
        ("created",   json!(1_700_000_000)),
        ("labels",    json!([1])),
    ];
    for (term, bad) in rows {
        let odd = with(issue("1"), term, bad.clone());
        let odd = if term == "poster_id" { with(odd, "poster_name", json!(null)) } else { odd };
        let found = page(&json!({"issues": [odd, issue("2"), "tea"]})).unwrap();
        let [Item::Skipped { why, .. }, Item::Issue(_), Item::Skipped { .. }] = &found.items[..] else {
            panic!("{term} {bad}: {found:?}")
        };
        assert!(why.contains(term), "{why}");
    }
}

#[test]
fn what_answers_a_comment_that_cannot_be_read_answers_what_that_did() {
    let odd = with(comment("2", vec![comment("3", vec![])]), "created", json!("never"));
    let found = page(&json!({"issues": [with(issue("1"), "comments", json!([comment("1", vec![odd])]))]})).unwrap();
    let expected = [
        "#issue-1 by bob",
        "#issue-1-comment-1 of \"\"",
        "not a comment on issue 1",
        "#issue-1-comment-3 of \"#issue-1-comment-1\"",
    ];
    assert_eq!(told(&found), expected);
    let none = page(&json!({"issues": [with(issue("1"), "comments", json!("none"))]})).unwrap();
    assert_eq!(told(&none), ["#issue-1 by bob", "not the comments of issue 1"]);
}

#[test]
fn a_document_that_is_something_else_or_too_much_is_refused() {
    for other in
        [json!({}), json!({"issues": {}}), json!({"issues": [], "next": 7}), json!({"issues": [], "total": "many"})]
    {
        assert!(matches!(page(&other), Err(F3Error::Wrong(_))), "{other}");
    }
    let deep = (0..F3_DEPTH_MAX).fold(comment("1", vec![]), |below, _| comment("1", vec![below]));
    let deep = json!({"issues": [with(issue("1"), "comments", json!([deep]))]});
    let wide = json!({"issues": vec![json!(0); F3_ITEMS_MAX + 1]});
    let large = json!({"issues": [], "x": vec!["x".repeat(TEXT_MAX_BYTES); F3_BYTES_MAX / TEXT_MAX_BYTES + 1]});
    for other in [json!([]), json!("tea"), deep, wide, large] {
        let found = page(&other);
        assert!(matches!(found, Err(F3Error::Json(_))), "{:?}", found.map(|page| page.items.len()));
    }
    assert!(matches!(read(b"{", &from(), None), Err(F3Error::Json(_))));
    assert!(matches!(read(b"\xff", &from(), None), Err(F3Error::Json(_))));
}

#[test]
fn text_is_safe_whatever_it_claims_to_be() {
    let shown = |media_type: Option<&str>| {
        let content = "*a* <b>b</b> <script>x</script>".to_owned();
        Text { content, media_type: media_type.map(str::to_owned) }.shown().unwrap().as_str().to_owned()
    };
    for (media_type, expected) in [
        (None, "<em>a</em>"),
        (Some("text/markdown"), "<em>a</em>"),
        (Some("text/html"), "*a* <b>b</b>"),
        (Some("text/plain"), "*a* &lt;b&gt;b&lt;/b&gt;"),
        (Some("image/svg+xml"), "*a* &lt;b&gt;b&lt;/b&gt;"),
    ] {
        let html = shown(media_type);
        assert!(html.contains(expected) && !html.contains("<script"), "{media_type:?}: {html}");
    }
}
