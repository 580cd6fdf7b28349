//! FL-21, FL-23, FL-24: what a merge request offers, version after version, by pushes and by patches. Git's part is played here.

use super::patches::{KEPT, git, keeps, offer, patches, shown};
use super::{Cast, Place, everywhere};
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Outcome, Refusal, Value};
use pritchel_actors::client;
use pritchel_actors::limits::{FROM_ONE_BRANCH_MAX, MERGE_VERSIONS_MAX};
use pritchel_actors::patch_tracker::merge_request::Branch;
use pritchel_actors::patch_tracker::versions::version_uri;
use pritchel_actors::patch_tracker::view::{ViewFromBranch, ViewVersions};
use pritchel_actors::patch_tracker::{OfferPushed, PatchTracker, VersionKept};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::repository::merge::MergeWork;
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::repository::versions::Brings;
use pritchel_actors::repository::{
    ContinueForgetting, ForgetVersions, KeepVersion, ProposePush, ReportPush, Repository,
};
use serde_json::json;

const SECOND: &str = "4444444444444444444444444444444444444444";
const THIRD: &str = "5555555555555555555555555555555555555555";

/// Olga pushes to a branch of a repository of hers.
pub(super) fn push(cast: &Cast, repo: &ActorId, branch: &str, new: &str) {
    let name = format!("refs/heads/{branch}");
    let update = RefUpdate { name: name.clone(), old: None, new: Some(new.to_owned()) };
    let (push, by) = (format!("push of {new} to {branch}"), cast.olga.id.clone());
    let propose = ProposePush {
        push: push.clone(),
        by: by.clone(),
        updates: vec![update.clone()],
        capability: None,
        forced: Vec::new(),
    };
    assert_eq!(cast.world.call::<Repository>(repo, repo, propose), Outcome::Done(Value::Null));
    let moved = vec![MovedRef { update, newest: Vec::new(), total: Some(1), forced: false }];
    let report = ReportPush { push, by, moved, proposed: vec![name], closes: Vec::new() };
    assert_eq!(cast.world.call::<Repository>(repo, repo, report), Outcome::Done(Value::Null));
    cast.world.settle();
}

/// Whether git has nothing to do.
fn git_rests(cast: &Cast) -> bool {
    cast.world.job(&cast.repo, |args| panic!("{args}")).is_none()
}

/// The newest commits of all versions of the first merge request.
fn heads(cast: &Cast, patches: &ActorId) -> Vec<String> {
    let (_, versions) = cast.world.see::<PatchTracker, _>(patches, &ViewVersions { viewer: None, number: 1 }).unwrap();
    assert!(versions.iter().zip(1..).all(|((number, _), expected)| *number == expected));
    versions.into_iter().map(|(_, version)| version.head).collect()
}

fn code(outcome: Outcome<Value>) -> String {
    match outcome {
        Outcome::Refused(why) => Refusal::clone(&why).code.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A patch as `git format-patch` writes it.
pub(super) fn patch(title: &str) -> String {
    format!(
        "From {KEPT} Mon Sep 17 00:00:00 2001\nFrom: Alice <a@a.example>\nSubject: {title}\n\n---\n\n\
         diff --git a/milk.txt b/milk.txt\n"
    )
}

fn mailed(cast: &Cast, by: &Somebody, patches: &ActorId) -> Value {
    let mails = [patch("One"), patch("Two")];
    client::open_patches(&by.id, patches, ["Milk", "*More*"], &mails, (&cast.repo, "main"), None)
}

/// ForgeFed, "Merge Requests", Update by a push.
#[test]
fn each_push_to_the_branch_makes_a_version_and_those_before_stay() {
    everywhere(|cast| {
        let (alice, olga, patches) = (&cast.alice, &cast.olga, patches(cast));
        let request = alice.result(&alice.does(offer(cast, alice, &patches)));
        git(cast, |work| {
            let MergeWork::Keep { under, keep, of: None } = &work else { panic!("{work:?}") };
            assert!(under.starts_with("refs/merge/") && under.ends_with("/1/v1"), "{under}");
            assert_eq!(
                (&keep.author, keep.last.as_deref(), keep.target.as_str()),
                (&alice.id, None, "refs/heads/main")
            );
            keeps(&work, KEPT)
        });
        assert_eq!(heads(cast, &patches), [KEPT]);
        assert!(!alice.heard().contains(&"Update".to_owned()), "the first is told by the Accept");
        push(cast, &cast.repo, "other", SECOND);
        assert!(git_rests(cast), "a branch that nothing comes from");
        push(cast, &cast.repo, "milk", SECOND);
        git(cast, |work| {
            let MergeWork::Keep { under, keep, of: None } = &work else { panic!("{work:?}") };
            assert_eq!((under.ends_with("/1/v2"), keep.last.as_deref()), (true, Some(KEPT)));
            keeps(&work, SECOND)
        });
        assert_eq!(heads(cast, &patches), [KEPT, SECOND]);
        assert!(alice.heard().contains(&"Update".to_owned()), "{:?}", alice.heard());
        let grant = olga.permit(&patches);
        let apply = |version| {
            let of = version_uri(&patches, 1, version);
            client::apply(&patches, &of, &cast.repo, "merge", &grant)
        };
        cast.refuses(&patches, olga, apply(1), "not-the-newest-version");
        olga.does(apply(2));
        git(cast, |work| {
            let MergeWork::Prepare(merge) = work else { panic!("{work:?}") };
            assert_eq!(merge.kept.as_deref(), Some(SECOND));
            Outcome::Refused(Unmerged::NothingNew.refusal())
        });
        olga.does(client::close(&patches, &request, Some(&grant)));
        push(cast, &cast.repo, "milk", THIRD);
        assert!(git_rests(cast), "what is closed takes no versions");
        olga.does(client::reopen(&patches, &request, Some(&grant)));
        git(cast, |work| keeps(&work, THIRD));
        assert_eq!(heads(cast, &patches), [KEPT, SECOND, THIRD], "what came meanwhile is found");
    });
}

#[test]
fn pushes_while_git_is_at_work_are_looked_at_once_more_and_what_is_the_same_is_no_version() {
    everywhere(|cast| {
        let (alice, patches) = (&cast.alice, patches(cast));
        alice.does(offer(cast, alice, &patches));
        push(cast, &cast.repo, "milk", SECOND);
        push(cast, &cast.repo, "milk", THIRD);
        git(cast, |work| keeps(&work, KEPT));
        git(cast, |work| keeps(&work, THIRD));
        assert!(git_rests(cast), "two pushes are one look");
        push(cast, &cast.repo, "milk", THIRD);
        git(cast, |_| Outcome::Done(Value::Null));
        assert_eq!(heads(cast, &patches), [KEPT, THIRD]);
        push(cast, &cast.repo, "milk", SECOND);
        git(cast, |_| Outcome::Unknown);
        assert_eq!(shown(cast, &patches).merge.unwrap().unkept.unwrap().code, "merge-failed");
        push(cast, &cast.repo, "milk", SECOND);
        git(cast, |work| keeps(&work, SECOND));
        let merge = shown(cast, &patches).merge.unwrap();
        assert_eq!((merge.versions, merge.unkept, merge.keeping), (3, None, None));
    });
}

/// ForgeFed, "Merge Requests", Open, step 2: the tracker follows the repository that is offered from.
#[test]
fn a_repository_that_is_offered_from_is_followed_as_long_as_anything_comes_from_it() {
    everywhere(|cast| {
        let (alice, olga, patches) = (&cast.alice, &cast.olga, patches(cast));
        let fork = cast.world.repository(olga, &cast.factory, "fork");
        let branches = [(&fork, "milk"), (&cast.repo, "main")];
        let offered = || client::open_merge_request(&alice.id, &patches, "Milk", "x", branches, None);
        let request = alice.result(&alice.does(offered()));
        git(cast, |work| keeps(&work, KEPT));
        let follows = || cast.world.rows(fork.as_str(), "followers").iter().any(|(who, _)| *who == patches.as_str());
        assert!(follows());
        push(cast, &fork, "milk", SECOND);
        git(cast, |work| keeps(&work, SECOND));
        assert_eq!(heads(cast, &patches), [KEPT, SECOND]);
        olga.does(client::delete_ticket(&patches, &request, &olga.permit(&patches)));
        git(cast, |work| {
            let MergeWork::Forget { prefix } = work else { panic!("{work:?}") };
            assert!(prefix.starts_with("refs/merge/") && prefix.ends_with("/1/"), "{prefix}");
            Outcome::Done(json!(true))
        });
        assert_eq!(cast.world.rows(patches.as_str(), "versions").len(), 0);
        assert_eq!(cast.world.rows(patches.as_str(), "origins").len(), 0);
        push(cast, &fork, "milk", THIRD);
        assert!(!follows() && git_rests(cast));
        assert_eq!(cast.world.rows(patches.as_str(), "followed").len(), 0);
    });
}

/// ForgeFed, "Open" under "Merge Requests", with patches: only git finds out whether they fit.
#[test]
fn patches_make_a_merge_request_once_git_has_applied_them() {
    everywhere(|cast| {
        let (alice, patches) = (&cast.alice, patches(cast));
        let act = alice.does(mailed(cast, alice, &patches));
        assert!(matches!(alice.sent(&act).state, SentState::Sent), "it is answered when git has ended");
        git(cast, |work| {
            let MergeWork::Keep { keep, .. } = &work else { panic!("{work:?}") };
            let Brings::Patches(brought) = &keep.brings else { panic!("{keep:?}") };
            let titles: Vec<_> = brought.iter().map(|patch| patch.as_str().contains("Subject: One")).collect();
            assert_eq!(titles, [true, false], "oldest first");
            keeps(&work, KEPT)
        });
        assert_eq!(alice.result(&act), format!("{patches}/tickets/1"));
        let merge = shown(cast, &patches).merge.unwrap();
        assert_eq!((merge.offer.origin, merge.offer.patches.len(), merge.versions), (None, 0, 1));
        let torn = alice.does(mailed(cast, alice, &patches));
        git(cast, |_| Outcome::Refused(Unmerged::Unfit("patch does not apply".to_owned()).refusal()));
        assert_eq!(alice.refused(&torn), "patches-do-not-apply");
        cast.world.pass(3600);
        assert_eq!(cast.world.rows(patches.as_str(), "tickets").len(), 1, "it has never been a merge request");
        let mut no_patch = mailed(cast, alice, &patches);
        no_patch["object"]["attachment"][0]["object"]["orderedItems"][0]["content"] = json!("hello");
        cast.refuses(&patches, alice, no_patch, "not-a-patch");
        let mut darcs = mailed(cast, alice, &patches);
        darcs["object"]["attachment"][0]["object"]["orderedItems"][0]["mediaType"] = json!("application/x-darcs-patch");
        cast.refuses(&patches, alice, darcs, "malformed");
        assert!(git_rests(cast));
    });
}

/// ForgeFed, "Merge Requests", Update (via web).
#[test]
fn other_patches_take_the_place_of_those_before() {
    everywhere(|cast| {
        let (alice, bob, olga, patches) = (&cast.alice, &cast.bob, &cast.olga, patches(cast));
        let act = alice.does(mailed(cast, alice, &patches));
        let request = format!("{patches}/tickets/1");
        let add = |by: &Somebody, with: Option<&ActId>| {
            client::add_version(&by.id, &patches, &request, &[patch("Better")], with)
        };
        cast.refuses(&patches, alice, add(alice, None), "being-kept");
        git(cast, |work| keeps(&work, KEPT));
        assert_eq!(alice.result(&act), request);
        let act = alice.does(add(alice, None));
        git(cast, |work| keeps(&work, SECOND));
        assert_eq!(alice.result(&act), version_uri(&patches, 1, 2));
        cast.refuses(&patches, bob, add(bob, None), "no-capability at step 3");
        olga.lets_in(bob, &patches, "triage");
        cast.refuses(&patches, bob, add(bob, Some(&bob.permit(&patches))), "role-too-small at step 17");
        let act = olga.does(add(olga, Some(&olga.permit(&patches))));
        git(cast, |_| Outcome::Refused(Unmerged::Unfit("torn".to_owned()).refusal()));
        assert_eq!(olga.refused(&act), "patches-do-not-apply");
        assert_eq!(heads(cast, &patches), [KEPT, SECOND], "it stands as it was");
        let grant = olga.permit(&patches);
        olga.does(client::close(&patches, &request, Some(&grant)));
        cast.refuses(&patches, alice, add(alice, None), "already-closed");
        let branch = alice.result(&alice.does(offer(cast, alice, &patches)));
        git(cast, |work| keeps(&work, KEPT));
        let add = client::add_version(&alice.id, &patches, &branch, &[patch("x")], None);
        cast.refuses(&patches, alice, add, "comes-from-a-branch");
        let mut bare = client::add_version(&alice.id, &patches, &branch, &[patch("x")], None);
        bare["object"] = json!("https://one.example/patches");
        cast.refuses(&patches, alice, bare, "malformed");
    });
}

/// Private calls can be made by any actor of the server, and anybody can say that something was pushed.
#[test]
fn nobody_else_has_versions_kept_or_tells_of_them() {
    let cast = &Cast::new(7, Place::Each);
    let (alice, patches) = (&cast.alice, patches(cast));
    alice.does(offer(cast, alice, &patches));
    let outcome = Ok(None);
    let told = VersionKept { ticket: 1, version: 1, outcome };
    assert_eq!(code(cast.world.call::<PatchTracker>(&patches, alice, told)), "not-the-repository");
    let mut asked = None;
    git(cast, |work| {
        let MergeWork::Keep { keep, .. } = &work else { panic!("{work:?}") };
        asked = Some(KeepVersion::clone(keep));
        keeps(&work, KEPT)
    });
    assert_eq!(code(cast.world.call::<Repository>(&cast.repo, alice, asked.unwrap())), "not-its-patch-tracker");
    let branch = Branch { repository: cast.repo.clone(), name: "refs/heads/milk".to_owned() };
    let moved = OfferPushed { branch };
    assert_eq!(code(cast.world.call::<PatchTracker>(&patches, alice, moved)), "not-the-repository");
    assert!(git_rests(cast));
    let again = ContinueForgetting { prefix: "refs/merge/x/1/".to_owned() };
    assert_eq!(code(cast.world.call::<Repository>(&cast.repo, alice, again)), "not-itself");
    // Whoever asks can name only what is kept under its own key.
    let forget = ForgetVersions { number: 1 };
    assert_eq!(cast.world.call::<Repository>(&cast.repo, alice, forget), Outcome::Done(Value::Null));
    cast.world.settle();
    git(cast, |work| {
        let MergeWork::Forget { prefix } = work else { panic!("{work:?}") };
        assert!(prefix.contains(alice.as_str().rsplit('/').next().unwrap()), "{prefix}");
        Outcome::Done(json!(true))
    });
    let far = "https://far.example/repos/r";
    let branch = json!({"type": "Branch", "context": cast.repo, "ref": "refs/heads/milk"});
    let push = json!({
        "id": format!("{far}/outbox/1"), "type": "Push", "actor": far, "target": branch, "hashAfter": SECOND,
        "object": {"type": "OrderedCollection", "totalItems": 0, "orderedItems": []},
    });
    cast.world.sends(&patches, &push);
    cast.world.settle();
    assert_eq!(cast.world.ended(&patches, &push["id"].as_str().unwrap().into()), "noted");
    assert!(git_rests(cast));
}

/// Ours, after AGit: everybody who sees a repository may offer something to it by a push, and nothing moves there by it.
#[test]
fn offers_are_pushed_by_everybody_and_only_where_a_tracker_takes_them() {
    let cast = &Cast::new(7, Place::Each);
    let (alice, olga) = (&cast.alice, &cast.olga);
    let propose = |by: &Somebody, names: &[&str], new: Option<&str>| {
        let update = |name: &&str| RefUpdate { name: (*name).to_owned(), old: None, new: new.map(str::to_owned) };
        let updates = names.iter().map(update).collect();
        let propose =
            ProposePush { push: names.join(" "), by: by.id.clone(), updates, capability: None, forced: Vec::new() };
        cast.world.call::<Repository>(&cast.repo, &cast.repo, propose)
    };
    assert_eq!(code(propose(alice, &["refs/for/main"], Some(KEPT))), "no-patch-tracker");
    let patches = patches(cast);
    assert_eq!(propose(alice, &["refs/for/main"], Some(KEPT)), Outcome::Done(Value::Null));
    assert_eq!(cast.world.rows(cast.repo.as_str(), "held").len(), 0, "an offer holds no ref");
    assert_eq!(code(propose(alice, &["refs/for/main"], None)), "ref-not-allowed");
    assert_eq!(code(propose(alice, &["refs/for/main", "refs/heads/x"], Some(KEPT))), "role-too-small");
    assert_eq!(propose(olga, &["refs/for/main", "refs/heads/x"], Some(KEPT)), Outcome::Done(Value::Null));
    assert_eq!(cast.world.rows(cast.repo.as_str(), "held").len(), 1);

    let branch = Branch::offered(&cast.repo, alice, "main", Some("cow")).unwrap();
    let names = [branch.name.as_str(), "refs/heads/main"];
    let open = |names| client::open_offer(alice, &patches, ["Milk", "x"], &cast.repo, names, None);
    alice.result(&alice.does(open(names)));
    git(cast, |work| keeps(&work, KEPT));
    let moved = OfferPushed { branch: branch.clone() };
    assert_eq!(cast.world.call::<PatchTracker>(&patches, &cast.repo, moved), Outcome::Done(Value::Null));
    cast.world.settle();
    git(cast, |work| keeps(&work, SECOND));
    assert_eq!(heads(cast, &patches), [KEPT, SECOND]);
    cast.refuses(&patches, alice, open(["refs/heads/milk", names[0]]), "malformed");
    cast.refuses(&patches, alice, open(["refs/tags/v1", "refs/heads/main"]), "malformed");
}

#[test]
fn only_so_many_versions_and_only_so_many_merge_requests_from_one_branch() {
    let cast = &Cast::new(7, Place::One);
    let (alice, patches) = (&cast.alice, patches(cast));
    alice.does(offer(cast, alice, &patches));
    git(cast, |work| keeps(&work, &format!("{:040}", 0)));
    for n in 1..MERGE_VERSIONS_MAX {
        push(cast, &cast.repo, "milk", &format!("{n:040}"));
        // Upkeep is asked for meanwhile.
        cast.world.job(&cast.repo, |args| match serde_json::from_value::<MergeWork>(args) {
            Ok(work) => keeps(&work, &format!("{n:040}")),
            Err(_) => Outcome::Done(Value::Null),
        });
        cast.world.settle();
        while shown(cast, &patches).merge.unwrap().versions <= n {
            git(cast, |work| keeps(&work, &format!("{n:040}")));
        }
    }
    assert_eq!(shown(cast, &patches).merge.unwrap().versions, MERGE_VERSIONS_MAX);
    push(cast, &cast.repo, "milk", SECOND);
    assert_eq!(shown(cast, &patches).merge.unwrap().unkept.unwrap().code, "too-many-versions");
    for _ in 1..FROM_ONE_BRANCH_MAX {
        alice.result(&alice.does(offer(cast, alice, &patches)));
    }
    cast.refuses(&patches, alice, offer(cast, alice, &patches), "too-many-from-branch");
    let branch = Branch { repository: cast.repo.clone(), name: "refs/heads/milk".to_owned() };
    let found = cast.world.see::<PatchTracker, _>(&patches, &ViewFromBranch { viewer: None, branch }).unwrap();
    assert!(found.len() == FROM_ONE_BRANCH_MAX && found.iter().all(|(_, open)| *open));
}
