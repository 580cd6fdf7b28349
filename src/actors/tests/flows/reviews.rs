//! FL-25, FL-27 to FL-31: what people think of a merge request, and that a merge waits for it.

use super::patches::{KEPT, git, keeps, offer, patches};
use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Outcome};
use pritchel_actors::client;
use pritchel_actors::limits::{
    ASKED_FOR_REVIEW_MAX, REQUIRED_APPROVALS_MAX, SUGGESTION_BYTES_MAX, SUGGESTIONS_MAX, THREADS_MAX,
};
use pritchel_actors::patch_tracker::PatchTracker;
use pritchel_actors::patch_tracker::review::{Quote, Side, Standing, Verdict, approval_uri, review_uri, thread_uri};
use pritchel_actors::patch_tracker::versions::version_uri;
use pritchel_actors::patch_tracker::view::{ReviewsShown, ViewReviews};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::ticket_tracker::ticket::Suggestion;
use serde_json::{Value, json};

/// Alice's merge request on olga's tracker, of which one version is kept.
pub(super) fn opened(cast: &Cast) -> (ActorId, String) {
    let (alice, patches) = (&cast.alice, patches(cast));
    let request = alice.result(&alice.does(offer(cast, alice, &patches)));
    git(cast, |work| keeps(&work, KEPT));
    (patches, request)
}

/// Lines as they would be.
pub(super) fn lines(start: u64, end: u64) -> Quote {
    Quote::lines("src/milk.rs", (Side::New, start), (Side::New, end)).unwrap()
}

pub(super) fn review(patches: &ActorId, version: u64, verdict: &str, binding: Option<&ActId>) -> Value {
    let of = [format!("{patches}/tickets/1"), version_uri(patches, 1, version)];
    let threads = [(lines(2, 4), "*Why* so many?")];
    client::submit_review(patches, [&of[0], &of[1]], verdict, "Well **done**", &threads, binding)
}

pub(super) fn shown(cast: &Cast, patches: &ActorId) -> ReviewsShown {
    cast.world.see::<PatchTracker, _>(patches, &ViewReviews { viewer: None, number: 1 }).unwrap()
}

fn standing(cast: &Cast, patches: &ActorId, who: &Somebody) -> Standing {
    let shown = shown(cast, patches);
    shown.approvals.into_iter().find(|(reviewer, _)| *reviewer == who.id).unwrap().1.standing
}

/// ForgeFed, "Deleting Resource Actors": what it kept is gone with it.
#[test]
fn the_merge_requests_of_a_deleted_tracker_are_gone() {
    everywhere(|cast| {
        let (patches, request) = opened(cast);
        let answers = |uri: &str| cast.world.0.borrow().net.document(uri).is_ok();
        assert!(answers(&request));
        let delete = cast.olga.does(client::delete_resource(&patches, &cast.olga.permit(&patches)));
        assert_eq!(cast.world.ended(&patches, &delete), "done");
        assert!(!answers(&request) && !answers(patches.as_str()));
    });
    shows(&["DeleteResource:ends"]);
}

/// ForgeFed, "Merge Requests", Review.
#[test]
fn everybody_reviews_the_newest_version_and_who_may_write_makes_it_count() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (patches, request) = opened(cast);
        let act = bob.does(review(&patches, 1, "remark", None));
        assert_eq!(bob.result(&act), review_uri(&patches, 1, 1));
        let found = shown(cast, &patches);
        let (number, first) = &found.reviews[0];
        assert_eq!((*number, &first.author, first.verdict, first.binding), (1, &bob.id, Verdict::Remark, false));
        assert_eq!(first.summary.as_str(), "<p>Well <strong>done</strong></p>\n");
        assert_eq!((&first.threads[0].quote, first.threads[0].resolved.is_none()), (&lines(2, 4), true));
        assert_eq!(standing(cast, &patches, bob), Standing::Given(Verdict::Remark));
        assert!(alice.heard().iter().filter(|kind| *kind == "Offer").count() > 0, "its author hears of it");

        let grant = olga.permit(&patches);
        olga.does(review(&patches, 1, "approve", Some(&grant)));
        assert_eq!(standing(cast, &patches, olga), Standing::Given(Verdict::Approve));
        olga.lets_in(bob, &patches, "triage");
        let binding = review(&patches, 1, "approve", Some(&bob.permit(&patches)));
        cast.refuses(&patches, bob, binding, "role-too-small at step 17");
        let mut without = review(&patches, 1, "approve", None);
        without["object"]["reviewIsBinding"] = json!(true);
        cast.refuses(&patches, bob, without, "no-capability at step 3");
        cast.refuses(&patches, alice, review(&patches, 1, "approve", None), "own-merge-request");
        cast.refuses(&patches, bob, review(&patches, 2, "approve", None), "not-the-newest-version");
        cast.refuses(&patches, bob, review(&patches, 1, "great", None), "malformed");
        let mut line = review(&patches, 1, "remark", None);
        line["object"]["reviewThreads"][0]["target"]["cqStart"] = json!(0);
        cast.refuses(&patches, bob, line, "malformed");
        let of = [request.clone(), version_uri(&patches, 1, 1)];
        let whole = client::submit_review(&patches, [&of[0], &of[1]], "remark", "x", &[(Quote::whole("x"), "y")], None);
        bob.does(whole);
        assert_eq!(shown(cast, &patches).reviews[2].1.threads[0].quote.start, 0, "of the whole file");
        let many = vec![(lines(1, 1), "x"); THREADS_MAX + 1];
        let many = client::submit_review(&patches, [&of[0], &of[1]], "remark", "x", &many, None);
        cast.refuses(&patches, bob, many, "too-many-reviews");
        olga.does(client::set_visibility(&patches, "closed", &grant));
        cast.refuses(&patches, bob, review(&patches, 1, "remark", None), "no-capability at step 3");
        olga.does(client::set_visibility(&patches, "public", &grant));
        olga.does(client::close(&patches, &request, Some(&grant)));
        cast.refuses(&patches, bob, review(&patches, 1, "remark", None), "already-closed");
        assert_eq!(shown(cast, &patches).reviews.len(), 3);
        olga.does(client::delete_ticket(&patches, &request, &grant));
        git(cast, |_| Outcome::Done(json!(true)));
        for table in ["reviews", "approvals"] {
            assert_eq!(cast.world.rows(patches.as_str(), table).len(), 0, "{table} go with it");
        }
    });
    shows(&["SubmitReview", "SubmitReview/authority", "SubmitReview/not-the-newest-version"]);
    shows(&["SubmitReview:opens", "SubmitReview:keeps", "SubmitReview:answers"]);
}

/// ForgeFed, "Merge Requests", Resolve and Unresolve a review thread.
#[test]
fn a_thread_of_a_review_is_settled_and_opened_again_by_who_may_write() {
    everywhere(|cast| {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let (patches, _) = opened(cast);
        bob.does(review(&patches, 1, "revise", None));
        let (thread, grant) = (thread_uri(&patches, 1, 1, 1), olga.permit(&patches));
        let settled = || shown(cast, &patches).reviews[0].1.threads[0].resolved.clone().map(|resolved| resolved.by);
        cast.refuses(&patches, bob, client::close(&patches, &thread, None), "no-capability at step 3");
        cast.refuses(&patches, olga, client::reopen(&patches, &thread, Some(&grant)), "already-so");
        olga.does(client::close(&patches, &thread, Some(&grant)));
        assert_eq!(settled(), Some(olga.id.clone()));
        cast.refuses(&patches, olga, client::close(&patches, &thread, Some(&grant)), "already-so");
        cast.refuses(&patches, bob, client::reopen(&patches, &thread, None), "no-capability at step 3");
        olga.does(client::reopen(&patches, &thread, Some(&grant)));
        assert_eq!(settled(), None);
        let other = thread_uri(&patches, 1, 1, 2);
        cast.refuses(&patches, olga, client::close(&patches, &other, Some(&grant)), "no-such-thread");
        let last = olga.does(client::close(&patches, &thread, Some(&grant)));
        assert!(matches!(olga.sent(&last).state, SentState::Done { .. }), "{:?}", olga.sent(&last));
    });
    shows(&["ResolveThread", "ResolveThread/authority", "ResolveThread/already-so", "ResolveThread:keeps"]);
    shows(&["ResolveThread:answers"]);
}

/// FL-25, step 1: the notes of a review are published first, and named in it by their addresses.
#[test]
fn the_notes_of_a_review_are_had_from_their_author_where_only_their_addresses_are_given() {
    everywhere(|cast| {
        let (alice, bob) = (&cast.alice, &cast.bob);
        let (patches, request) = opened(cast);
        let writes = |who: &Somebody, text: &str| {
            let attached = json!([{"type": "Suggestion", "source": "oat", "name": "Oat"}]);
            let note = json!({"type": "Note", "content": text, "to": [cast.olga.id], "attachment": attached});
            let create = who.does(json!({"type": "Create", "to": [cast.olga.id], "object": note}));
            let act = cast.olga.inbox().into_iter().rfind(|item| item.act == create).unwrap().act;
            let notes = cast.world.rows(who.as_str(), "notes");
            let key = notes.iter().find(|(_, of)| of.as_str() == Some(act.as_str())).unwrap().0.clone();
            format!("{}/notes/{key}", who.id)
        };
        let (summary, why) = (writes(bob, "<p>All in all</p>"), writes(bob, "<p>Why?</p>"));
        let with = |summary: &str, why: &str| {
            let mut offer = review(&patches, 1, "remark", None);
            offer["object"]["attachment"] = json!(summary);
            offer["object"]["reviewThreads"][0]["object"] = json!(why);
            offer
        };
        let others = writes(alice, "<p>Mine</p>");
        cast.refuses(&patches, bob, with(&summary, &others), "not-the-author");
        cast.refuses(&patches, bob, with(&format!("{}/notes/none", bob.id), &why), "note-unavailable");
        cast.refuses(&patches, bob, with(&request, &why), "note-unavailable");
        let mut written = review(&patches, 1, "remark", None);
        written["object"]["attachment"]["attributedTo"] = json!(alice.id);
        cast.refuses(&patches, bob, written, "not-the-author");
        bob.does(with(&summary, &why));
        let (_, found) = shown(cast, &patches).reviews.remove(0);
        assert_eq!((found.summary.as_str(), found.note), ("<p>All in all</p>", Some(summary)));
        let thread = &found.threads[0];
        assert_eq!((thread.text.as_str(), thread.note.as_ref()), ("<p>Why?</p>", Some(&why)));
        assert_eq!(thread.suggestions[0].name.as_ref().map(|name| name.as_str()), Some("Oat"));
    });
}

/// ForgeFed, "Merge Requests", Comment on a review; FL-26.
#[test]
fn a_thread_of_a_review_is_answered_with_words_and_with_other_lines() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (patches, request) = opened(cast);
        bob.does(review(&patches, 1, "revise", None));
        let thread = thread_uri(&patches, 1, 1, 1);
        let says = |text: &str, lines: &str, of: Option<&str>| {
            client::comment_on_thread(&patches, [&request, &thread], of, [text, lines], None)
        };
        let before = bob.heard().len();
        alice.does(says("Then *so*?", "let milk = 1;\n", None));
        assert_eq!(bob.heard()[before..], [] as [&str; 0], "he follows neither");
        let answers = || shown(cast, &patches).answers;
        let (place, first) = answers().remove(0);
        assert_eq!((place, first.thread, first.depth, first.author.clone()), (0, Some((1, 1)), 0, alice.id.clone()));
        assert_eq!(first.content.as_str(), "<p>Then <em>so</em>?</p>\n");
        assert_eq!(first.suggestions, [Suggestion { name: None, source: "let milk = 1;\n".to_owned() }]);
        bob.does(says("Yes.", "", Some(&first.id)));
        let (_, second) = answers().remove(1);
        assert_eq!((second.depth, second.in_reply_to.as_deref()), (1, Some(first.id.as_str())));
        bob.does(client::edit_comment(&patches, &second.id, "*Yes*."));
        assert_eq!(answers()[1].1.content.as_str(), "<p><em>Yes</em>.</p>\n");

        let none = thread_uri(&patches, 1, 1, 2);
        let nowhere = client::comment_on_thread(&patches, [&request, &none], None, ["x", ""], None);
        cast.refuses(&patches, bob, nowhere, "no-such-thread");
        let from_the_ticket = client::comment(&patches, &request, Some(&first.id), "x", None);
        cast.refuses(&patches, bob, from_the_ticket, "no-such-comment");
        cast.refuses(&patches, bob, says("x", &"x".repeat(SUGGESTION_BYTES_MAX + 1), None), "malformed");
        let mut many = says("x", "y", None);
        let one = many["object"]["attachment"][0].clone();
        many["object"]["attachment"] = json!(vec![one; SUGGESTIONS_MAX + 1]);
        cast.refuses(&patches, bob, many, "malformed");
        let mut empty = says("x", "y", None);
        empty["object"]["attachment"][0].as_object_mut().unwrap().remove("source");
        cast.refuses(&patches, bob, empty, "malformed");
        assert_eq!(answers().len(), 2);

        olga.does(client::delete_ticket(&patches, &request, &olga.permit(&patches)));
        git(cast, |_| Outcome::Done(json!(true)));
        for table in ["threaded", "comments", "comment_places"] {
            assert_eq!(cast.world.rows(patches.as_str(), table).len(), 0, "{table} go with it");
        }
    });
}

/// ForgeFed, "Merge Requests", Dismiss a review, Request a review, Indicate a pending review.
#[test]
fn reviews_are_asked_for_announced_dismissed_and_asked_for_again() {
    everywhere(|cast| {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let (patches, request) = opened(cast);
        let grant = olga.permit(&patches);
        let ask = || client::request_review(&patches, &request, &[bob], &grant);
        let act = olga.does(ask());
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
        assert_eq!(standing(cast, &patches, bob), Standing::Awaiting);
        cast.refuses(&patches, olga, ask(), "already-reviewed");
        let mut without = ask();
        without.as_object_mut().unwrap().remove("capability");
        cast.refuses(&patches, bob, without, "no-capability at step 3");

        let none = client::announce_review(&patches, &format!("{patches}/tickets/9"));
        cast.refuses(&patches, bob, none, "no-such-ticket");
        let of_another = client::with_capability(client::announce_review(&patches, &request), Some(&grant));
        cast.refuses(&patches, bob, of_another, "wrong-hands at step 8");
        let announced = bob.does(client::announce_review(&patches, &request));
        assert!(shown(cast, &patches).approvals[0].1.in_progress);
        assert_eq!(cast.world.ended(&patches, &announced), "done");
        assert_eq!(bob.heard().last().map(String::as_str), Some("Accept"));
        bob.does(review(&patches, 1, "revise", None));
        let approval = shown(cast, &patches).approvals[0].1.clone();
        assert_eq!((approval.standing, approval.in_progress), (Standing::Given(Verdict::Revise), false));
        let dismiss = |number| client::dismiss_review(&patches, &approval_uri(&patches, 1, number), &grant);
        let mut by_bob = dismiss(1);
        by_bob.as_object_mut().unwrap().remove("capability");
        cast.refuses(&patches, bob, by_bob, "no-capability at step 3");
        cast.refuses(&patches, olga, dismiss(2), "no-such-approval");
        let act = olga.does(dismiss(1));
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
        assert_eq!(standing(cast, &patches, bob), Standing::Dismissed);
        cast.refuses(&patches, olga, dismiss(1), "not-reviewed");
        olga.does(ask());
        assert_eq!(standing(cast, &patches, bob), Standing::DismissedAwaiting);
        bob.does(review(&patches, 1, "remark", None));
        assert_eq!(standing(cast, &patches, bob), Standing::Given(Verdict::Remark));
        let many = vec![&bob.id; ASKED_FOR_REVIEW_MAX + 1];
        let many = client::request_review(&patches, &request, &many, &grant);
        cast.refuses(&patches, olga, many, "too-many-reviewers");
        let mut two = ask();
        two["target"][1] = json!(format!("{patches}/tickets/2/teamApprovals"));
        cast.refuses(&patches, olga, two, "malformed");
    });
    shows(&["AnnounceReview", "AnnounceReview/authority", "AnnounceReview/no-such-ticket", "AnnounceReview:keeps"]);
    shows(&["AnnounceReview:answers", "DismissReview", "DismissReview/authority", "DismissReview:keeps"]);
    shows(&["DismissReview:answers"]);
    shows(&["RequestReview", "RequestReview/authority", "RequestReview:keeps", "RequestReview:answers"]);
}

/// Ours: how many approvals a merge needs is the tracker's to say.
#[test]
fn a_merge_waits_for_binding_approvals_of_the_newest_version() {
    everywhere(|cast| {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let (patches, request) = opened(cast);
        let grant = olga.permit(&patches);
        let require = |needed| client::require_approvals(&patches, needed, &grant);
        olga.lets_in(bob, &patches, "write");
        let held = bob.permit(&patches);
        cast.refuses(&patches, bob, client::require_approvals(&patches, 0, &held), "role-too-small at step 17");
        cast.refuses(&patches, olga, require(u64::from(REQUIRED_APPROVALS_MAX) + 1), "too-many-approvals");
        olga.does(require(1));
        let apply = || client::apply(&patches, &request, &cast.repo, "merge", &held);
        cast.refuses(&patches, bob, apply(), "approvals-missing");
        bob.does(review(&patches, 1, "approve", None));
        cast.refuses(&patches, bob, apply(), "approvals-missing");
        bob.does(review(&patches, 1, "revise", Some(&held)));
        cast.refuses(&patches, bob, apply(), "changes-wanted");
        bob.does(review(&patches, 1, "approve", Some(&held)));
        let act = bob.does(apply());
        git(cast, |_| Outcome::Refused(Unmerged::NothingNew.refusal()));
        assert_eq!(bob.refused(&act), "nothing-new", "it came to git");
    });
}

/// Protocol decision F-57: what a tracker wants before a merge, its admin can do without.
#[test]
fn an_admin_merges_without_the_approvals_that_others_wait_for() {
    everywhere(|cast| {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let (patches, request) = opened(cast);
        let grant = olga.permit(&patches);
        olga.lets_in(bob, &patches, "maintain");
        olga.does(client::require_approvals(&patches, 2, &grant));
        let apply = |by: &Somebody| client::apply(&patches, &request, &cast.repo, "merge", &by.permit(&patches));
        cast.refuses(&patches, bob, apply(bob), "approvals-missing");
        let act = olga.does(apply(olga));
        git(cast, |_| Outcome::Refused(Unmerged::NothingNew.refusal()));
        assert_eq!(olga.refused(&act), "nothing-new", "it came to git");
    });
}
