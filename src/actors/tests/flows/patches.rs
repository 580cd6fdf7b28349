//! FL-21, FL-22: merge requests, from the offer to the merge. Git's part is played here: what it brings is said by the test.

use super::kept_elsewhere::{elsewhere, keeps_here};
use super::{Cast, everywhere};
use crate::world::cast::Somebody;
use pritchel_actor::{ActorId, Outcome, Refusal, Value};
use pritchel_actors::client;
use pritchel_actors::limits::{MERGE_AGAIN_S, MERGE_TRIES_MAX};
use pritchel_actors::patch_tracker::merged_elsewhere::{ELSEWHERE_JOB, MergeElsewhere};
use pritchel_actors::patch_tracker::version_kept::KeptCommits;
use pritchel_actors::patch_tracker::view::ViewVersions;
use pritchel_actors::patch_tracker::{MergeEnded, MergeMethod, PatchTracker};
use pritchel_actors::person::Closing;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::merge::{ContinueMerge, MERGE_JOB, MergeWork, MergedRef, Merging};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::repository::view::ViewHeld;
use pritchel_actors::repository::{MergeAgain, ProposeMerge, Repository};
use pritchel_actors::ticket_tracker::ticket::Ticket;
use pritchel_actors::ticket_tracker::view::ViewTicket;
use serde_json::json;

const OLD: &str = "1111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222";

/// The newest commit of the first version of each merge request.
pub(super) const KEPT: &str = "3333333333333333333333333333333333333333";

/// Olga's patch tracker, which serves her repository.
pub(super) fn patches(cast: &Cast) -> ActorId {
    let patches = cast.world.make(&cast.olga, &cast.factory, "PatchTracker", "patches");
    cast.tie((&cast.olga, &cast.repo), (&cast.olga, &patches), "write");
    patches
}

pub(super) fn offer(cast: &Cast, by: &Somebody, patches: &ActorId) -> Value {
    client::open_merge_request(
        &by.id,
        patches,
        "Milk",
        "More *milk*",
        [(&cast.repo, "milk"), (&cast.repo, "main")],
        None,
    )
}

pub(super) fn shown(cast: &Cast, patches: &ActorId) -> Ticket {
    let view = ViewTicket { viewer: None, number: 1, after: None, limit: 0 };
    cast.world.see::<PatchTracker, _>(patches, &view).unwrap().ticket
}

fn update() -> RefUpdate {
    RefUpdate { name: "refs/heads/main".to_owned(), old: Some(OLD.to_owned()), new: Some(NEW.to_owned()) }
}

/// Does the job that git waits to do, and lets all go on. Lines that reviews quote are found nowhere.
pub(super) fn git(cast: &Cast, does: impl FnOnce(MergeWork) -> Outcome<Value>) {
    let mut does = Some(does);
    while does.is_some() {
        next_job(cast, |work| match work {
            MergeWork::Quote(_) => Outcome::Done(json!([])),
            work => does.take().unwrap()(work),
        });
    }
}

/// Does the very next job of git's, and lets all go on.
pub(super) fn next_job(cast: &Cast, does: impl FnOnce(MergeWork) -> Outcome<Value>) {
    let (kind, args) = cast.world.job(&cast.repo, |args| does(serde_json::from_value(args).unwrap())).expect("a job");
    assert_eq!(kind, MERGE_JOB, "{args}");
    cast.world.settle();
}

/// Somebody's merge request, of which git has kept a version.
pub(super) fn opened(cast: &Cast, by: &Somebody, patches: &ActorId) -> String {
    let request = by.result(&by.does(offer(cast, by, patches)));
    git(cast, |work| keeps(&work, KEPT));
    request
}

/// What git brings when it keeps a version with this newest commit.
pub(super) fn keeps(work: &MergeWork, head: &str) -> Outcome<Value> {
    assert!(matches!(work, MergeWork::Keep { .. }), "{work:?}");
    Outcome::Done(json!(KeptCommits { base: Some(OLD.to_owned()), head: head.to_owned(), commits: 2 }))
}

pub(super) fn prepares(work: MergeWork) -> Outcome<Value> {
    assert!(matches!(work, MergeWork::Prepare(_)), "{work:?}");
    Outcome::Done(json!(update()))
}

pub(super) fn moves(work: MergeWork) -> Outcome<Value> {
    let MergeWork::Move { update: moved, by: Some(_), .. } = work else { panic!("{work:?}") };
    assert_eq!(moved, update());
    Outcome::Done(json!(MovedRef { update: update(), newest: Vec::new(), total: Some(1), forced: false }))
}

pub(super) fn conflict(work: MergeWork) -> Outcome<Value> {
    assert!(matches!(work, MergeWork::Prepare(_)), "{work:?}");
    Outcome::Refused(Unmerged::Conflict(vec!["tea.txt".to_owned()]).refusal())
}

/// ForgeFed, "Open" under "Merge Requests".
#[test]
fn everybody_offers_branches_to_be_merged_into_a_repository_that_the_tracker_serves() {
    everywhere(|cast| {
        let (alice, olga, patches) = (&cast.alice, &cast.olga, patches(cast));
        let request = alice.result(&alice.does(offer(cast, alice, &patches)));
        assert_eq!(request, format!("{patches}/tickets/1"));
        let ticket = shown(cast, &patches);
        let merge = ticket.merge.unwrap();
        assert_eq!(merge.offer.origin.unwrap().short(), "milk");
        assert_eq!(merge.offer.target.short(), "main");
        assert_eq!((ticket.author, merge.merged), (alice.id.clone(), None));
        cast.refuses(&patches, alice, client::open_ticket(alice, &patches, "x", "y", None), "nothing-to-merge");
        let mut to_tickets = offer(cast, alice, &cast.tracker);
        to_tickets["target"] = json!(cast.tracker);
        cast.refuses(&cast.tracker, alice, to_tickets, "no-patches-here");
        let other = cast.world.repository(olga, &cast.factory, "coffee");
        let branches = [(&cast.repo, "milk"), (&other, "main")];
        let stray = client::open_merge_request(alice, &patches, "x", "y", branches, None);
        cast.refuses(&patches, alice, stray, "repository-not-tracked");
        let same = [(&cast.repo, "main"), (&cast.repo, "main")];
        cast.refuses(&patches, alice, client::open_merge_request(alice, &patches, "x", "y", same, None), "same-branch");
        let mut twice = offer(cast, alice, &patches);
        let attached = twice["object"]["attachment"][0].clone();
        twice["object"]["attachment"] = json!([attached, attached]);
        cast.refuses(&patches, alice, twice, "malformed");
    });
}

/// Protocol decision F-45: a tie is the only way in which a tracker and a repository come to belong together.
#[test]
fn no_edit_says_which_tracker_and_which_repository_belong_together() {
    everywhere(|cast| {
        let olga = &cast.olga;
        let patches = cast.world.make(olga, &cast.factory, "PatchTracker", "patches");
        cast.refuses(&patches, &cast.alice, offer(cast, &cast.alice, &patches), "repository-not-tracked");
        for (one, property, other) in
            [(&patches, "tracksPatchesFor", &cast.repo), (&cast.repo, "sendPatchesTo", &patches)]
        {
            let mut edit = client::edit_resource(one, "New", "", &olga.permit(one));
            edit["object"][property] = json!(other);
            cast.refuses(one, olga, edit, "property-of-a-tie");
        }
        cast.tie((olga, &cast.repo), (olga, &patches), "write");
        let request = cast.alice.does(offer(cast, &cast.alice, &patches));
        assert!(cast.alice.result(&request).starts_with(patches.as_str()));
    });
}

/// ForgeFed has no word for why: what closes by a push closes by a merge.
#[test]
fn a_merge_closes_what_its_commits_and_its_text_name_in_the_name_of_who_merges() {
    everywhere(|cast| {
        let (olga, alice, patches) = (&cast.olga, &cast.alice, patches(cast));
        let ticket = cast.ticket();
        let branches = [(&cast.repo, "milk"), (&cast.repo, "main")];
        let text = "Fixes #3, and fixes #3 as bugs#3 does. Closes:\nbugs#4";
        let request = client::open_merge_request(alice, &patches, "Resolves tea@a.example#1", text, branches, None);
        let request = alice.result(&alice.does(request));
        git(cast, |work| keeps(&work, KEPT));
        let apply = olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
        git(cast, prepares);
        git(cast, |work| {
            let MergeWork::Move { by, closes, .. } = work else { panic!("{work:?}") };
            assert_eq!(by.as_ref(), Some(&olga.id));
            let named = [("tea@a.example", 1), ("", 3), ("bugs", 4)];
            assert_eq!(closes, named.map(|(name, number)| (name.to_owned(), number)));
            let moved = MovedRef { update: update(), newest: Vec::new(), total: Some(1), forced: false };
            let commit = Some(format!("{}/commits/{NEW}", cast.repo));
            let closes = vec![Closing { tracker: cast.tracker.clone(), ticket: ticket.clone(), commit }];
            Outcome::Done(json!(MergedRef { moved, closes }))
        });
        assert!(matches!(olga.sent(&apply).state, SentState::Done { .. }), "{:?}", olga.sent(&apply));
        let (_, row) = cast.world.rows(cast.tracker.as_str(), "tickets").into_iter().next().unwrap();
        assert_eq!(row["resolved"]["by"], olga.as_str());
    });
}

/// Who has pushed, and what for, as somebody was last told.
fn pushed(cast: &Cast, whom: &Somebody) -> (String, String) {
    let at = whom.heard().iter().rposition(|heard| heard == "Push").expect("a Push");
    let told = cast.world.0.borrow().net.act(&whom.inbox()[at].act).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    let text = |term: &str| told[term].as_str().unwrap_or_default().to_owned();
    (text("attributedTo"), text("fulfills"))
}

/// ForgeFed, "Apply"; protocol decision F-81 says who pushes what is merged.
#[test]
fn who_may_write_merges_and_the_repository_tells_of_the_push() {
    everywhere(|cast| {
        let (olga, alice, bob, patches) = (&cast.olga, &cast.alice, &cast.bob, patches(cast));
        let request = opened(cast, alice, &patches);
        alice.does(client::follow(&cast.repo));
        olga.lets_in(bob, &patches, "triage");
        let apply =
            |who: &Somebody, method| client::apply(&patches, &request, &cast.repo, method, &who.permit(&patches));
        cast.refuses(&patches, bob, apply(bob, "merge"), "role-too-small at step 17");
        cast.refuses(&patches, olga, apply(olga, "octopus"), "malformed");
        let mut elsewhere = apply(olga, "merge");
        elsewhere["target"] = json!(patches);
        cast.refuses(&patches, olga, elsewhere, "another-target");
        let mut branch = apply(olga, "merge");
        branch["target"] = json!({"type": "Branch", "context": cast.repo, "ref": "refs/heads/other"});
        cast.refuses(&patches, olga, branch, "another-target");

        let act = olga.does(apply(olga, "squash"));
        assert!(matches!(olga.sent(&act).state, SentState::Sent), "it is answered when it has ended");
        cast.refuses(&patches, olga, apply(olga, "merge"), "being-merged");
        cast.refuses(&patches, olga, client::close(&patches, &request, Some(&olga.permit(&patches))), "being-merged");
        let delete = client::delete_ticket(&patches, &request, &olga.permit(&patches));
        cast.refuses(&patches, olga, delete, "being-merged");
        git(cast, |work| {
            let MergeWork::Prepare(merge) = &work else { panic!("{work:?}") };
            assert_eq!((merge.method, merge.target.as_str()), (MergeMethod::Squash, "refs/heads/main"));
            assert_eq!((&merge.author, &merge.by), (&alice.id, &olga.id));
            assert_eq!(merge.kept.as_deref(), Some(KEPT), "what was kept is merged, whatever the branch has come to");
            prepares(work)
        });
        let held = cast.world.rows(cast.repo.as_str(), "held");
        assert_eq!(held.len(), 1, "the branch is held while git moves it");
        assert_eq!(cast.world.see::<Repository, _>(&cast.repo, &ViewHeld).unwrap(), [], "a start leaves it to its job");
        git(cast, moves);
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
        let ticket = shown(cast, &patches);
        assert_eq!(ticket.resolved.as_ref().unwrap().act, act);
        assert_eq!(ticket.merge.as_ref().unwrap().merged.as_ref().unwrap().commit, NEW);
        assert_eq!(cast.world.rows(cast.repo.as_str(), "held").len(), 0);
        assert_eq!(pushed(cast, alice), (patches.to_string(), act.to_string()), "the tracker pushes, for who applied");
        assert_eq!(pushed(cast, olga).1, act.as_str(), "who applied is told");
        cast.refuses(&patches, olga, apply(olga, "merge"), "already-merged");
        let reopen = client::reopen(&patches, &request, Some(&olga.permit(&patches)));
        cast.refuses(&patches, olga, reopen, "already-merged");
    });
}

#[test]
fn a_merge_that_is_not_clean_is_refused_and_can_be_tried_again() {
    everywhere(|cast| {
        let (olga, alice, patches) = (&cast.olga, &cast.alice, patches(cast));
        let request = opened(cast, alice, &patches);
        let apply = || olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
        let first = apply();
        git(cast, conflict);
        assert_eq!(olga.refused(&first), "conflict");
        assert!(shown(cast, &patches).is_open());
        let second = apply();
        for tries in 1..=MERGE_TRIES_MAX {
            git(cast, prepares);
            git(cast, |_| Outcome::Refused(Unmerged::TargetMoved.refusal()));
            let waits = matches!(olga.sent(&second).state, SentState::Sent);
            assert_eq!(waits, tries < MERGE_TRIES_MAX, "a branch that moved is merged anew, and not for ever");
            cast.world.pass(MERGE_AGAIN_S);
        }
        assert_eq!(olga.refused(&second), "branch-moved");
        assert_eq!(cast.world.rows(cast.repo.as_str(), "held").len(), 0, "the branch is let go");
        let third = apply();
        git(cast, |_| Outcome::Unknown);
        assert_eq!(olga.refused(&third), "merge-failed");
        assert!(shown(cast, &patches).is_open());
        assert!(!alice.heard().contains(&"Push".to_owned()));
    });
}

#[test]
fn a_branch_that_may_have_moved_stays_held_until_that_is_known() {
    everywhere(|cast| {
        let (olga, patches) = (&cast.olga, patches(cast));
        let request = opened(cast, olga, &patches);
        let act = olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
        git(cast, prepares);
        git(cast, |_| Outcome::Unknown);
        assert_eq!(cast.world.rows(cast.repo.as_str(), "held").len(), 1);
        cast.world.pass(300);
        git(cast, moves);
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
        assert_eq!(cast.world.rows(cast.repo.as_str(), "held").len(), 0);
    });
}

#[test]
fn nothing_is_merged_after_the_tie_has_ended() {
    for by_repository in [true, false] {
        everywhere(|cast| {
            let (olga, patches) = (&cast.olga, patches(cast));
            let request = opened(cast, olga, &patches);
            olga.does(match by_repository {
                true => client::remove(&cast.repo, &patches, &olga.permit(&cast.repo)),
                false => client::detach(&patches, "tracksPatchesFor", &cast.repo, &olga.permit(&patches)),
            });
            let apply = client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches));
            cast.refuses(&patches, olga, apply, "frozen");
            assert!(cast.world.job(&cast.repo, |_| Outcome::Unknown).is_none());
        });
    }
}

/// ForgeFed, "Unlinking a Patch Tracker from a Repository"; protocol decision F-56.
#[test]
fn a_merge_request_is_only_read_while_its_repository_is_tied_to_the_tracker_no_more() {
    everywhere(|cast| {
        let (olga, patches) = (&cast.olga, patches(cast));
        let request = opened(cast, olga, &patches);
        let closed = opened(cast, olga, &patches);
        let held = || Some(olga.permit(&patches));
        let close = || client::close(&patches, &request, held().as_ref());
        olga.does(client::close(&patches, &closed, held().as_ref()));
        olga.does(client::remove(&cast.repo, &patches, &olga.permit(&cast.repo)));
        let frozen = [
            close(),
            client::reopen(&patches, &closed, held().as_ref()),
            client::edit_ticket(&patches, &request, "x", "y", held().as_ref()),
            client::assign(&patches, &request, &olga.id, held().as_ref()),
            client::request_review(&patches, &request, &[&cast.bob.id], &olga.permit(&patches)),
            client::announce_review(&patches, &request),
            client::add_version(&olga.id, &patches, &request, &[super::versions::patch("x")], None),
        ];
        for act in frozen {
            cast.refuses(&patches, olga, act, "frozen");
        }
        let note = olga.does(client::comment(&patches, &request, None, "Still talked about", None));
        assert_eq!(cast.world.ended(&patches, &note), "done");
        cast.tie((olga, &cast.repo), (olga, &patches), "write");
        // What was pushed meanwhile nobody has told: of each that is open the tracker has the origin looked at anew.
        let later = "6".repeat(40);
        git(cast, |work| keeps(&work, &later));
        let (_, versions) =
            cast.world.see::<PatchTracker, _>(&patches, &ViewVersions { viewer: None, number: 1 }).unwrap();
        assert_eq!(versions.last().map(|(_, version)| version.head.clone()), Some(later));
        assert!(cast.world.job(&cast.repo, |args| panic!("{args}")).is_none(), "what is closed stays as it is");
        let act = olga.does(close());
        assert!(matches!(olga.sent(&act).state, SentState::Done { .. }), "{:?}", olga.sent(&act));
    });
}

/// The repository takes its Grant back while the tracker has not heard of it yet: it has the last word.
#[test]
fn a_repository_merges_only_for_the_tracker_it_is_tied_to() {
    everywhere(|cast| {
        let (olga, patches) = (&cast.olga, patches(cast));
        let request = opened(cast, olga, &patches);
        let merge = shown(cast, &patches).merge.unwrap().offer;
        olga.does(client::remove(&cast.repo, &patches, &olga.permit(&cast.repo)));
        let propose = ProposeMerge {
            request,
            number: 1,
            title: shown(cast, &patches).title,
            author: olga.id.clone(),
            apply: "https://one.example/apply".into(),
            by: olga.id.clone(),
            kept: None,
            origin: merge.origin,
            target: merge.target.name,
            method: MergeMethod::Merge,
            approvals: 0,
            closes: Vec::new(),
        };
        match cast.world.call::<Repository>(&cast.repo, &patches, propose) {
            Outcome::Refused(why) => assert_eq!(why.code, "not-its-patch-tracker"),
            other => panic!("{other:?}"),
        }
        assert!(cast.world.job(&cast.repo, |_| Outcome::Unknown).is_none());
    });
}

#[test]
fn what_comes_from_a_third_server_is_not_merged() {
    everywhere(|cast| {
        let (olga, patches) = (&cast.olga, patches(cast));
        let far = ActorId::new("https://far.example/repos/tea");
        let branches = [(&far, "milk"), (&cast.repo, "main")];
        let offered = client::open_merge_request(olga, &patches, "x", "y", branches, None);
        let request = olga.result(&olga.does(offered));
        git(cast, |_| Outcome::Refused(Unmerged::OriginNotShown.refusal()));
        assert_eq!(shown(cast, &patches).merge.unwrap().unkept.unwrap().code, "origin-not-shown");
        let apply = client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches));
        cast.refuses(&patches, olga, apply, "repository-elsewhere");
    });
}

/// Private calls can be made by any actor of the server: each says who may.
#[test]
fn nobody_else_tells_a_repository_to_merge_or_a_tracker_that_it_has() {
    everywhere(|cast| {
        let (olga, alice, patches) = (&cast.olga, &cast.alice, patches(cast));
        let request = opened(cast, olga, &patches);
        let act = olga.does(client::apply(&patches, &request, &cast.repo, "merge", &olga.permit(&patches)));
        let why = |outcome| match outcome {
            Outcome::Refused(why) => Refusal::clone(&why).code,
            other => panic!("{other:?}"),
        };
        let ended = MergeEnded { ticket: 1, apply: act.clone(), outcome: Ok(NEW.to_owned()) };
        assert_eq!(why(cast.world.call::<PatchTracker>(&patches, alice, ended)), "not-the-repository");
        let merge = shown(cast, &patches).merge.unwrap().offer;
        let propose = ProposeMerge {
            request,
            number: 1,
            title: shown(cast, &patches).title,
            author: alice.id.clone(),
            apply: act,
            by: alice.id.clone(),
            kept: None,
            origin: merge.origin,
            target: merge.target.name,
            method: MergeMethod::Merge,
            approvals: 0,
            closes: Vec::new(),
        };
        assert_eq!(why(cast.world.call::<Repository>(&cast.repo, alice, propose.clone())), "not-its-patch-tracker");
        let merging = Merging { tracker: patches.clone(), merge: propose, tries: 0 };
        let again = ContinueMerge { merging: merging.clone(), update: update() };
        assert_eq!(why(cast.world.call::<Repository>(&cast.repo, alice, again)), "not-itself");
        let anew = MergeAgain { merging };
        assert_eq!(why(cast.world.call::<Repository>(&cast.repo, alice, anew)), "not-itself");
        git(cast, prepares);
    });
}

/// Ours: merges into one branch are made one after the other, in the order in which they were asked for.
#[test]
fn merges_into_one_branch_wait_for_each_other_and_those_into_others_do_not() {
    everywhere(|cast| {
        let (olga, alice, patches) = (&cast.olga, &cast.alice, patches(cast));
        let open = |branches| {
            let offer = client::open_merge_request(&alice.id, &patches, "Milk", "x", branches, None);
            let request = alice.result(&alice.does(offer));
            git(cast, |work| keeps(&work, KEPT));
            request
        };
        let repo = &cast.repo;
        let into_main: Vec<String> = ["milk", "tea", "oats"].map(|from| open([(repo, from), (repo, "main")])).into();
        let aside = open([(repo, "milk"), (repo, "old")]);
        let apply =
            |request: &String| olga.does(client::apply(&patches, request, repo, "merge", &olga.permit(&patches)));
        let acts: Vec<_> = into_main.iter().map(apply).collect();
        let other = apply(&aside);
        let of = |number: u64, work: &MergeWork| match work {
            MergeWork::Prepare(merge) => assert_eq!(merge.number, number),
            work => panic!("{work:?}"),
        };
        git(cast, |work| {
            of(1, &work);
            conflict(work)
        });
        assert_eq!(olga.refused(&acts[0]), "conflict");
        git(cast, |work| {
            of(4, &work);
            conflict(work)
        });
        assert_eq!(olga.refused(&other), "conflict", "it waits for no other branch");
        for (number, act) in [(2, &acts[1]), (3, &acts[2])] {
            git(cast, |work| {
                of(number, &work);
                prepares(work)
            });
            git(cast, moves);
            assert!(matches!(olga.sent(act).state, SentState::Done { .. }), "{:?}", olga.sent(act));
        }
        assert!(cast.world.job(repo, |_| Outcome::Unknown).is_none(), "nobody is before the branch any more");
        assert_eq!(cast.world.rows(repo.as_str(), "merges").len(), 0);
    });
}

/// Protocol decision of ours beside FL-22: the tracker pushes with the Grant of its tie, and the `Apply` is answered when that has ended.
#[test]
fn a_merge_into_a_repository_of_another_server_is_a_push_by_the_trackers_grant() {
    let cast = Cast::new(7, super::Place::Each);
    let bob = &cast.bob;
    let (patches, request) = elsewhere(&cast);
    keeps_here(&cast, &patches, |work| keeps(&work, KEPT));
    let apply = |method| bob.does(client::apply(&patches, &request, &cast.repo, method, &bob.permit(&patches)));
    let job = |outcome: Outcome<Value>| {
        let (kind, args) = cast.world.job(&patches, |_| outcome).expect("a job");
        assert_eq!(kind, ELSEWHERE_JOB);
        cast.world.settle();
        serde_json::from_value::<MergeElsewhere>(args).unwrap()
    };
    let refused = apply("merge");
    job(Outcome::Refused(Unmerged::TargetMoved.refusal()));
    match bob.sent(&refused).state {
        SentState::Refused { why } => assert_eq!(why.code, "branch-moved"),
        other => panic!("{other:?}"),
    }
    let unknown = apply("merge");
    job(Outcome::Unknown);
    match bob.sent(&unknown).state {
        SentState::Refused { why } => assert_eq!(why.code, "merge-failed"),
        other => panic!("{other:?}"),
    }
    assert!(shown(&cast, &patches).is_open(), "it can be tried again");

    let done = apply("squash");
    assert!(matches!(bob.sent(&done).state, SentState::Sent), "it is answered when the push has ended");
    let work = job(Outcome::Done(NEW.into()));
    let tie = cast.world.rows(patches.as_str(), "ties").remove(0).1;
    assert_eq!(work.merge.kept.as_deref(), Some(KEPT), "what was kept here is what is pushed there");
    assert_eq!((work.repository.clone(), json!(work.grant)), (cast.repo.clone(), tie["grant"].clone()));
    assert_eq!((work.merge.target.as_str(), work.merge.method), ("refs/heads/main", MergeMethod::Squash));
    assert!(matches!(bob.sent(&done).state, SentState::Done { .. }));
    let merged = shown(&cast, &patches).merge.unwrap().merged.unwrap();
    assert_eq!((merged.commit.as_str(), shown(&cast, &patches).is_merged()), (NEW, true));
}
