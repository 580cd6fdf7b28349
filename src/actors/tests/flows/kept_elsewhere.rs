//! FL-21 to FL-25 where the repository is on another server than the tracker: that keeps the versions itself. Git's part is played here.

use super::patches::{KEPT, keeps, shown};
use super::versions::{patch, push};
use super::{Cast, Place, reviews};
use pritchel_actor::{ActorId, Outcome, Refusal, Value};
use pritchel_actors::client;
use pritchel_actors::patch_tracker::merge_request::Branch;
use pritchel_actors::patch_tracker::merged_elsewhere::{ELSEWHERE_JOB, MergeElsewhere};
use pritchel_actors::patch_tracker::review::Hunk;
use pritchel_actors::patch_tracker::versions::{keeper, version_uri};
use pritchel_actors::patch_tracker::view::ViewVersions;
use pritchel_actors::patch_tracker::{ContinueDropping, PatchTracker};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::merge::{MERGE_JOB, MergeWork};
use pritchel_actors::repository::quotes::QuoteRead;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::repository::versions::{Brings, version_ref};
use serde_json::json;

const SECOND: &str = "4444444444444444444444444444444444444444";
const MERGED: &str = "2222222222222222222222222222222222222222";

/// A tracker of bob's that takes merge requests for olga's repository, on another server.
fn tied(cast: &Cast) -> ActorId {
    let (olga, bob) = (&cast.olga, &cast.bob);
    let workshop = cast.world.factory(bob, "bobs workshop");
    let patches = cast.world.make(bob, &workshop, "PatchTracker", "bobs patches");
    let invite = olga.does(client::invite(&cast.repo, &patches, "write", &olga.permit(&cast.repo)));
    bob.does(client::agree_to_tie(&patches, &invite, &bob.permit(&patches)));
    patches
}

/// Such a tracker, and the merge request that bob opened there. Git has not kept it yet.
pub(super) fn elsewhere(cast: &Cast) -> (ActorId, String) {
    let patches = tied(cast);
    let request = opened(cast, &patches, &cast.repo);
    (patches, request)
}

fn opened(cast: &Cast, patches: &ActorId, from: &ActorId) -> String {
    let branches = [(from, "milk"), (&cast.repo, "main")];
    let open = client::open_merge_request(&cast.bob, patches, "Milk", "*Now*", branches, None);
    cast.bob.result(&cast.bob.does(open))
}

/// Does the very next job of the tracker's own, and lets all go on.
pub(super) fn keeps_here(cast: &Cast, patches: &ActorId, does: impl FnOnce(MergeWork) -> Outcome<Value>) {
    let (kind, args) = cast.world.job(patches, |args| does(serde_json::from_value(args).unwrap())).expect("a job");
    assert_eq!(kind, MERGE_JOB, "{args}");
    cast.world.settle();
}

fn heads(cast: &Cast, patches: &ActorId) -> Vec<String> {
    let (_, versions) = cast.world.see::<PatchTracker, _>(patches, &ViewVersions { viewer: None, number: 1 }).unwrap();
    versions.into_iter().map(|(_, version)| version.head).collect()
}

fn rests(cast: &Cast, of: &ActorId) -> bool {
    cast.world.job(of, |args| panic!("{args}")).is_none()
}

#[test]
fn what_goes_into_a_repository_of_another_server_is_kept_and_reviewed_at_the_trackers() {
    let cast = Cast::new(7, Place::Each);
    let (alice, bob) = (&cast.alice, &cast.bob);
    let (patches, request) = elsewhere(&cast);
    assert_eq!((keeper(&patches, &cast.repo), keeper(&patches, &patches)), (&patches, &patches));
    keeps_here(&cast, &patches, |work| {
        let MergeWork::Keep { under, keep, of } = &work else { panic!("{work:?}") };
        assert_eq!((under, of), (&version_ref(&patches, 1, 1), &Some(cast.repo.clone())));
        let from = Branch { repository: cast.repo.clone(), name: "refs/heads/milk".to_owned() };
        assert_eq!((&keep.brings, keep.target.as_str()), (&Brings::Branch(from), "refs/heads/main"));
        keeps(&work, KEPT)
    });
    assert!(rests(&cast, &cast.repo), "its repository is asked for nothing");
    push(&cast, &cast.repo, "milk", SECOND);
    keeps_here(&cast, &patches, |work| {
        let MergeWork::Keep { keep, .. } = &work else { panic!("{work:?}") };
        assert_eq!((keep.version, keep.last.as_deref()), (2, Some(KEPT)));
        keeps(&work, SECOND)
    });
    assert_eq!(heads(&cast, &patches), [KEPT, SECOND]);

    alice.does(reviews::review(&patches, 2, "approve", None));
    keeps_here(&cast, &patches, |work| {
        let MergeWork::Quote(asked) = work else { panic!("{work:?}") };
        assert_eq!(asked.of.head, SECOND);
        Outcome::Done(json!([QuoteRead { hunk: Some("@@".to_owned()), changed: false }]))
    });
    let thread = reviews::shown(&cast, &patches).reviews[0].1.threads[0].clone();
    assert_eq!(thread.hunk, Some(Hunk { text: "@@".to_owned(), public: true }));

    // Git could not have it once; nothing is lost by it.
    push(&cast, &cast.repo, "milk", MERGED);
    keeps_here(&cast, &patches, |_| Outcome::Unknown);
    assert_eq!(shown(&cast, &patches).merge.unwrap().unkept.unwrap().code, "merge-failed");
    assert_eq!(heads(&cast, &patches), [KEPT, SECOND]);

    bob.does(client::delete_ticket(&patches, &request, &bob.permit(&patches)));
    let prefix = "refs/merge/".to_owned() + patches.as_str().rsplit('/').next().unwrap() + "/1/";
    for end in [Outcome::Done(json!(false)), Outcome::Unknown] {
        keeps_here(&cast, &patches, |work| {
            assert_eq!(work, MergeWork::Forget { prefix: prefix.clone() });
            end
        });
    }
    cast.world.pass(3600);
    keeps_here(&cast, &patches, |work| {
        assert_eq!(work, MergeWork::Forget { prefix: prefix.clone() });
        Outcome::Done(json!(true))
    });
    assert!(rests(&cast, &patches));
    assert_eq!(cast.world.rows(patches.as_str(), "versions").len(), 0);
}

#[test]
fn a_branch_of_a_third_server_is_merged_elsewhere_once_a_version_of_it_is_kept() {
    let cast = Cast::new(7, Place::Each);
    let bob = &cast.bob;
    let patches = tied(&cast);
    let far = ActorId::new("https://far.example/repos/tea");
    let request = opened(&cast, &patches, &far);
    keeps_here(&cast, &patches, |_| Outcome::Refused(Unmerged::NoBranch("refs/heads/milk".to_owned()).refusal()));
    let apply = || client::apply(&patches, &request, &cast.repo, "merge", &bob.permit(&patches));
    cast.refuses(&patches, bob, apply(), "repository-elsewhere");
    let grant = bob.permit(&patches);
    bob.does(client::close(&patches, &request, Some(&grant)));
    bob.does(client::reopen(&patches, &request, Some(&grant)));
    keeps_here(&cast, &patches, |work| keeps(&work, KEPT));

    let done = bob.does(client::apply(&patches, &version_uri(&patches, 1, 1), &cast.repo, "merge", &grant));
    let (kind, args) = cast.world.job(&patches, |_| Outcome::Done(MERGED.into())).expect("a job");
    let work: MergeElsewhere = serde_json::from_value(args).unwrap();
    assert_eq!((kind.as_str(), work.merge.kept.as_deref()), (ELSEWHERE_JOB, Some(KEPT)));
    assert_eq!(work.repository, cast.repo);
    cast.world.settle();
    assert!(matches!(bob.sent(&done).state, SentState::Done { .. }));
    assert_eq!(shown(&cast, &patches).merge.unwrap().merged.unwrap().commit, MERGED);
}

#[test]
fn patches_for_a_repository_of_another_server_open_a_merge_request_if_git_can_apply_them_there() {
    let cast = Cast::new(7, Place::Each);
    let (alice, patches) = (&cast.alice, tied(&cast));
    let mails = [patch("One")];
    let open = || client::open_patches(&alice.id, &patches, ["Milk", "x"], &mails, (&cast.repo, "main"), None);
    let torn = alice.does(open());
    keeps_here(&cast, &patches, |_| Outcome::Refused(Unmerged::Unfit("it does not apply".to_owned()).refusal()));
    assert_eq!(alice.refused(&torn), "patches-do-not-apply");
    keeps_here(&cast, &patches, |work| {
        assert!(matches!(work, MergeWork::Forget { .. }), "the target that was fetched goes again: {work:?}");
        Outcome::Done(json!(true))
    });
    let good = alice.does(open());
    keeps_here(&cast, &patches, |work| {
        let MergeWork::Keep { keep, of, .. } = &work else { panic!("{work:?}") };
        assert!(matches!(keep.brings, Brings::Patches(_)) && of.is_some());
        keeps(&work, KEPT)
    });
    assert_eq!(alice.result(&good), format!("{patches}/tickets/2"));
}

#[test]
fn all_that_a_tracker_keeps_goes_with_it_and_only_itself_lets_go_of_any() {
    let cast = Cast::new(7, Place::Each);
    let bob = &cast.bob;
    let (patches, _) = elsewhere(&cast);
    keeps_here(&cast, &patches, |work| keeps(&work, KEPT));
    let drop = ContinueDropping { prefix: "refs/merge/".to_owned() };
    match cast.world.call::<PatchTracker>(&patches, bob, drop) {
        Outcome::Refused(why) => assert_eq!(Refusal::clone(&why).code, "not-itself"),
        other => panic!("{other:?}"),
    }
    assert!(rests(&cast, &patches));
    bob.does(client::delete_resource(&patches, &bob.permit(&patches)));
    keeps_here(&cast, &patches, |work| {
        assert_eq!(work, MergeWork::Remove {});
        Outcome::Done(Value::Null)
    });
}
