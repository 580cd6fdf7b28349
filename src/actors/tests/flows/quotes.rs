//! FL-25, step 3: the hunk of each thread of a review, and whether later versions have changed its lines. Git's part is played here.

use super::patches::{KEPT, git, keeps, next_job, patches};
use super::reviews::{lines, opened, review, shown};
use super::versions::push;
use super::{Cast, Place, everywhere};
use crate::status::shows;
use pritchel_actor::{ActorId, Outcome, Value};
use pritchel_actors::client;
use pritchel_actors::patch_tracker::review::{Hunk, Quote, Side, Thread};
use pritchel_actors::patch_tracker::review_wire::thread_document;
use pritchel_actors::patch_tracker::versions::version_uri;
use pritchel_actors::patch_tracker::{PatchTracker, QuotesRead};
use pritchel_actors::repository::Repository;
use pritchel_actors::repository::merge::MergeWork;
use pritchel_actors::repository::quotes::{QuoteRead, ReadQuotes, Span};
use serde_json::json;

const SECOND: &str = "4444444444444444444444444444444444444444";
const THIRD: &str = "5555555555555555555555555555555555555555";
const HUNK: &str = "@@ -1 +1,4 @@\n one\n+two\n+three\n+four";

/// What git is asked next, and what it finds.
fn looks_up(cast: &Cast, found: Option<Vec<QuoteRead>>) -> ReadQuotes {
    let mut asked = None;
    next_job(cast, |work| {
        let MergeWork::Quote(quotes) = work else { panic!("{work:?}") };
        asked = Some(*quotes);
        found.map_or(Outcome::Unknown, |found| Outcome::Done(json!(found)))
    });
    asked.unwrap()
}

fn has(hunk: Option<&str>, changed: bool) -> QuoteRead {
    QuoteRead { hunk: hunk.map(str::to_owned), changed }
}

fn threads(cast: &Cast, patches: &ActorId, review: usize) -> Vec<Thread> {
    shown(cast, patches).reviews[review].1.threads.clone()
}

/// The lines of the first thread of the first review as a document has them.
fn document(cast: &Cast, patches: &ActorId) -> Value {
    let (_, review) = &shown(cast, patches).reviews[0];
    thread_document(patches, 1, 1, review, 1).unwrap().value()["target"].clone()
}

fn span(head: &str) -> Span {
    Span { base: Some("1".repeat(40)), head: head.to_owned() }
}

/// ForgeFed, "Code Quote"; the handler of an `Offer` of a Review.
#[test]
fn each_thread_of_a_review_is_given_the_hunk_it_is_about_and_is_outdated_once_a_version_changes_that() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let (patches, request) = opened(cast);
        let of = [request.as_str(), &version_uri(&patches, 1, 1)];
        let quotes = [lines(2, 4), Quote::whole("src/milk.rs")];
        let said = quotes.clone().map(|quote| (quote, "Why?"));
        let mut offer = client::submit_review(&patches, of, "revise", "x", &said, None);
        // The tracker finds out for itself.
        offer["object"]["reviewThreads"][0]["target"]["cqHunk"] = json!("@@ -1 +1 @@\n-good\n+evil");
        offer["object"]["reviewThreads"][0]["target"]["cqOutdated"] = json!(true);
        bob.result(&bob.does(offer));
        assert_eq!(
            (document(cast, &patches)["cqHunk"].clone(), document(cast, &patches)["cqOutdated"].clone()),
            (json!(null), json!(false))
        );
        let asked = looks_up(cast, Some(vec![has(Some(HUNK), false), has(None, false)]));
        assert_eq!((asked.review, asked.quotes, asked.of, asked.now), (1, quotes.to_vec(), span(KEPT), None));
        let found = threads(cast, &patches, 0);
        assert_eq!(found[0].hunk, Some(Hunk { text: HUNK.to_owned(), public: true }));
        assert_eq!((found[1].hunk.as_ref(), found[0].outdated), (None, false));
        assert_eq!(
            document(cast, &patches),
            json!({
                "type": "CodeQuote", "cqFile": "src/milk.rs", "cqStart": 2, "cqStartSide": "diffSideNew", "cqEnd": 4,
                "cqEndSide": "diffSideNew", "cqHunk": HUNK, "cqOutdated": false,
            })
        );

        push(cast, &cast.repo, "milk", SECOND);
        git(cast, |work| keeps(&work, SECOND));
        let asked = looks_up(cast, Some(vec![has(Some("@@ another"), true), has(None, false)]));
        assert_eq!((asked.review, asked.of, asked.now), (1, span(KEPT), Some((2, span(SECOND)))));
        let found = threads(cast, &patches, 0);
        assert_eq!((found[0].outdated, found[1].outdated), (true, false));
        assert_eq!(document(cast, &patches)["cqHunk"], HUNK, "it stays as it was found");
        assert_eq!(document(cast, &patches)["cqOutdated"], true);

        // Of another version, and again one that changes what stood; the first review is compared with its own.
        bob.does(review(&patches, 2, "remark", None));
        looks_up(cast, None);
        assert_eq!(threads(cast, &patches, 1)[0].hunk, None, "git could not look");
        push(cast, &cast.repo, "milk", THIRD);
        git(cast, |work| keeps(&work, THIRD));
        let asked = looks_up(cast, None);
        assert_eq!((asked.review, asked.of, asked.now), (1, span(KEPT), Some((3, span(THIRD)))));
        let asked = looks_up(cast, Some(vec![has(Some(HUNK), false)]));
        assert_eq!((asked.review, asked.of), (2, span(SECOND)));
        let found = threads(cast, &patches, 1);
        assert_eq!((found[0].hunk.is_some(), found[0].outdated), (true, false), "it is found the next time");
        assert_eq!((threads(cast, &patches, 0)[0].outdated, threads(cast, &patches, 0)[1].outdated), (true, false));
        assert!(cast.world.job(&cast.repo, |args| panic!("{args}")).is_none(), "there are no more");
        assert!(alice.heard().contains(&"Offer".to_owned()));
    });
    shows(&["QuotesRead"]);
}

/// ForgeFed, `cqStartSide`, `cqEndSide`.
#[test]
fn lines_may_begin_on_one_side_and_end_on_the_other() {
    everywhere(|cast| {
        let bob = &cast.bob;
        let (patches, request) = opened(cast);
        let of = [request.as_str(), &version_uri(&patches, 1, 1)];
        let quote = Quote::lines("src/milk.rs", (Side::Old, 9), (Side::New, 4)).unwrap();
        let says = |quote: &Quote| client::submit_review(&patches, of, "remark", "x", &[(quote.clone(), "Why?")], None);
        bob.does(says(&quote));
        assert_eq!(threads(cast, &patches, 0)[0].quote, quote);
        let shown = document(cast, &patches);
        assert_eq!(
            ["cqStart", "cqStartSide", "cqEnd", "cqEndSide"].map(|term| shown[term].clone()),
            [json!(9), json!("diffSideOld"), json!(4), json!("diffSideNew")]
        );
        let wrong = |term: &str, value: Value| {
            let mut offer = says(&quote);
            offer["object"]["reviewThreads"][0]["target"][term] = value;
            cast.refuses(&patches, bob, offer, "malformed");
        };
        wrong("cqStartSide", json!("diffSideNew"));
        wrong("cqStartSide", json!("left"));
        wrong("cqEnd", json!(0));
        wrong("cqEnd", Value::Null);
        assert_eq!(cast.world.rows(patches.as_str(), "reviews").len(), 1);
    });
}

/// A document is for whoever may see the tracker: what is in a private repository is not.
#[test]
fn the_lines_of_a_private_repository_stand_in_no_document() {
    let cast = &Cast::new(7, Place::Each);
    let (olga, bob) = (&cast.olga, &cast.bob);
    let mut create = client::create(&cast.factory, "Repository", "secret", None, &olga.permit(&cast.factory));
    create["object"]["visibility"] = json!("private");
    let repo = ActorId::new(olga.result(&olga.does(create)));
    let patches = cast.world.make(olga, &cast.factory, "PatchTracker", "patches");
    cast.tie((olga, &repo), (olga, &patches), "write");
    let open = client::open_merge_request(&olga.id, &patches, "Milk", "x", [(&repo, "milk"), (&repo, "main")], None);
    olga.does(open);
    let does = |found: Value| {
        cast.world.job(&repo, |_| Outcome::Done(found)).unwrap();
        cast.world.settle();
    };
    does(json!({"base": null, "head": KEPT, "commits": 1}));
    bob.does(review(&patches, 1, "remark", None));
    does(json!([has(Some(HUNK), false)]));
    assert_eq!(threads(cast, &patches, 0)[0].hunk, Some(Hunk { text: HUNK.to_owned(), public: false }));
    assert_eq!(document(cast, &patches).get("cqHunk"), None);
}

/// Private calls can be made by any actor of the server.
#[test]
fn nobody_else_has_lines_looked_up_or_tells_of_them() {
    let cast = &Cast::new(7, Place::Each);
    let (alice, patches) = (&cast.alice, patches(cast));
    let ask = ReadQuotes { ticket: 1, review: 1, quotes: vec![lines(1, 1)], of: span(KEPT), now: None };
    let code = |outcome: Outcome<Value>| match outcome {
        Outcome::Refused(why) => why.code.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(code(cast.world.call::<Repository>(&cast.repo, alice, ask)), "not-its-patch-tracker");
    let told = || QuotesRead { ticket: 1, review: 1, later: None, found: vec![has(Some("x"), true)], public: true };
    let gone = cast.world.call::<PatchTracker>(&patches, alice, told());
    assert_eq!(gone, Outcome::Done(Value::Null), "of what is not there nothing is changed");
    let (patches, _) = (patches.clone(), super::patches::opened(cast, alice, &patches));
    cast.bob.does(review(&patches, 1, "remark", None));
    assert_eq!(code(cast.world.call::<PatchTracker>(&patches, alice, told())), "not-the-repository");
    let thread = threads(cast, &patches, 0).remove(0);
    assert_eq!((thread.hunk, thread.outdated), (None, false));
}
