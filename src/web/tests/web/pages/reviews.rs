//! Reviews of merge requests by forms: asked for, announced, written, answered, settled, dismissed; and what teams say.

use super::browser::Browser;
use crate::world::World;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::client;
use pritchel_actors::patch_tracker::version_kept::KeptCommits;
use pritchel_actors::patch_tracker::{PatchTracker, QuotesRead, VersionKept};
use pritchel_actors::repository::quotes::QuoteRead;
use serde_json::json;

/// Alice's patch tracker with a merge request of bob's, of which one version is kept; and carol, who has no role there.
struct Scene<'w> {
    alice: Browser<'w>,
    bob: Browser<'w>,
    carol: Browser<'w>,
    carol_id: ActorId,
    repo: ActorId,
    patches: String,
    request: String,
}

async fn scene(world: &World) -> Scene<'_> {
    let [a, b, c] = [world.person("alice").await, world.person("bob").await, world.person("carol").await];
    let repo = world.makes(&a, "Repository", "Tea", "public").await;
    let patches = world.makes(&a, "PatchTracker", "Patches", "public").await;
    let (over, under) = (world.permit(&a, &repo).await, world.permit(&a, &patches).await);
    let invite = world.publishes(&a, &client::invite(&repo, &patches, "write", &over)).await;
    world.publishes(&a, &client::agree_to_tie(&patches, &invite, &under)).await;
    let open = client::open_merge_request(&b, &patches, "Milk", "More", [(&repo, "milk"), (&repo, "main")], None);
    world.publishes(&b, &open).await;
    let kept = KeptCommits { base: None, head: "3".repeat(40), commits: 1 };
    let kept = VersionKept { ticket: 1, version: 1, outcome: Ok(Some(kept)) };
    assert_eq!(world.front.node.call::<PatchTracker, _>(&patches, &repo, kept).await, Ok(Outcome::Done(())));
    world.settle().await;
    let [alice, bob, carol] =
        [Browser::of(world, &a).await, Browser::of(world, &b).await, Browser::of(world, &c).await];
    let request = format!("{patches}/tickets/1");
    Scene { alice, bob, carol, carol_id: c, repo, request, patches: patches.to_string() }
}

/// The value of the first field of this name that comes after a text.
fn field(page: &str, after: &str, name: &str) -> String {
    let (_, rest) = page.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {page}"));
    let (_, rest) = rest.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// A review of the newest version as its form has it.
fn review<'t>(on: &[(&'t str, &'t str)], version: &'t str, verdict: &'t str) -> Vec<(&'t str, &'t str)> {
    let said = [("verdict", verdict), ("text", "So *so*."), ("file", "milk.txt"), ("start", "2"), ("said", "Why?")];
    [on, &[("version", version)], &said].concat()
}

#[tokio::test]
async fn a_review_is_asked_for_announced_written_dismissed_and_asked_for_again() {
    let world = World::new().await;
    let Scene { mut alice, mut bob, mut carol, carol_id, patches, request, .. } = scene(&world).await;
    let on = [("tracker", patches.as_str()), ("ticket", request.as_str())];
    assert!(!carol.sees(&request).await.contains("/do/ask-review"), "only who may triage asks");
    let ask = |who| [&on[..], &[("reviewers", who)]].concat();
    assert_eq!(alice.post("/do/ask-review", &ask("carol, nobody")).await.status, 422, "nobody is called so");
    let many = vec!["carol"; 21].join(" ");
    assert_eq!(alice.post("/do/ask-review", &ask(&many)).await.status, 422);
    let to = carol.does("/do/ask-review", &[&ask("bob")[..], &[("back", "/desk")]].concat()).await;
    assert!(carol.sees(&to).await.contains("role-too-small"), "she has what everybody has");
    assert!(alice.sees(&request).await.contains("Nobody has reviewed it."), "nobody was asked");
    alice.does("/do/ask-review", &ask("carol@a.example")).await;
    let page = bob.sees(&request).await;
    assert!(
        page.contains("<span class=\"standing\">awaiting</span>") && page.matches("standing").count() == 1,
        "{page}"
    );

    carol.does("/do/announce-review", &on).await;
    let page = carol.sees(&request).await;
    assert!(page.contains("writes a review") && !page.contains("/do/announce-review"), "{page}");
    let version = field(&page, "action=\"/do/review\"", "version");
    carol.does("/do/review", &review(&on, &version, "revise")).await;
    let page = alice.sees(&request).await;
    assert!(page.contains("<span class=\"standing\">revise</span>") && page.contains("milk.txt, line 2"), "{page}");
    assert!(!bob.sees(&request).await.contains("/do/dismiss-review"));
    let approval = field(&page, "action=\"/do/dismiss-review\"", "approval");
    let dismiss = [("tracker", patches.as_str()), ("approval", approval.as_str()), ("back", "/desk")];
    let to = bob.does("/do/dismiss-review", &dismiss).await;
    assert!(bob.sees(&to).await.contains("role-too-small"), "he has what everybody has");
    assert!(alice.sees(&request).await.contains("<span class=\"standing\">revise</span>"), "it stands");
    alice.does("/do/dismiss-review", &dismiss).await;
    let page = alice.sees(&request).await;
    assert!(page.contains("<span class=\"standing\">dismissed</span>") && page.contains("Ask again"), "{page}");
    alice.does("/do/ask-review", &ask(carol_id.as_str())).await;
    assert!(alice.sees(&request).await.contains("<span class=\"standing\">dismissedAwaiting</span>"));
    let document = world.document(&approval).await;
    assert_eq!((&document["type"], &document["approvalStatus"]), (&json!("Approval"), &json!("dismissedAwaiting")));
    assert_eq!(document["attributedTo"], carol_id.as_str());
}

#[tokio::test]
async fn a_thread_of_a_review_is_answered_with_other_lines_settled_and_opened_again() {
    let world = World::new().await;
    let Scene { mut alice, mut bob, mut carol, patches, request, .. } = scene(&world).await;
    let on = [("tracker", patches.as_str()), ("ticket", request.as_str())];
    let version = field(&carol.sees(&request).await, "action=\"/do/review\"", "version");
    carol.does("/do/review", &review(&on, &version, "remark")).await;
    let page = bob.sees(&request).await;
    let thread = field(&page, "action=\"/do/thread-comment\"", "thread");
    assert!(!page.contains("/do/settle-thread"), "who may write settles");
    let said = [("thread", thread.as_str()), ("text", "*Thus*?"), ("suggestion", "let <milk> = 1;")];
    let to = bob.does("/do/thread-comment", &[&on[..], &said].concat()).await;
    assert!(to.ends_with("#comment-0"), "{to}: {}", bob.sees(&to).await);
    let page = carol.sees(&request).await;
    assert!(page.contains("<em>Thus</em>") && page.contains("let &#60;milk&#62; = 1;"), "{page}");
    assert_eq!(page.matches("id=\"comment-0\"").count(), 1, "in the thread, and not below the merge request");
    let replies = world.document(&format!("{request}/replies")).await;
    assert!(!replies.to_string().contains("/notes/"), "{replies}");

    let settle = [("tracker", patches.as_str()), ("thread", thread.as_str()), ("back", "/desk")];
    let to = bob.does("/do/settle-thread", &settle).await;
    assert!(bob.sees(&to).await.contains("role-too-small"));
    assert!(!alice.sees(&request).await.contains("settled by"));
    alice.does("/do/settle-thread", &settle).await;
    assert!(alice.sees(&request).await.contains("settled by"));
    let document = world.document(&thread).await;
    assert_eq!((&document["isResolved"], &document["target"]["cqLine"]), (&json!(true), &json!(2)), "{document}");
    alice.does("/do/reopen-thread", &settle).await;
    assert!(!alice.sees(&request).await.contains("settled by"));
    assert_eq!(world.document(&thread).await["isResolved"], false);
}

#[tokio::test]
async fn a_member_lists_a_review_under_the_team_and_approves_for_it() {
    let world = World::new().await;
    let Scene { mut alice, mut carol, carol_id, patches, request, bob, .. } = scene(&world).await;
    let team = world.makes(&carol_id, "Team", "Cooks", "public").await;
    let on = [("tracker", patches.as_str()), ("ticket", request.as_str())];
    alice.does("/do/ask-review", &[&on[..], &[("reviewers", "cooks")]].concat()).await;
    let version = field(&carol.sees(&request).await, "action=\"/do/review\"", "version");
    carol.does("/do/review", &review(&on, &version, "approve")).await;
    let page = carol.sees(&request).await;
    let fields = |form: &str| ["team", "approval"].map(|name| field(&page, &format!("action=\"/do/{form}\""), name));
    assert!(!bob.sees(&request).await.contains("/do/approve-for-team"), "only who writes for the team");
    let [_, own] = fields("list-for-team");
    let [of, under] = fields("approve-for-team");
    assert_eq!(of, team.as_str());
    let list = [("team", of.as_str()), ("approval", own.as_str()), ("under", under.as_str())];
    carol.does("/do/list-for-team", &[&on[..1], &list].concat()).await;
    assert!(alice.sees(&request).await.contains("for which spoke"));
    let approve = [on[0], ("team", of.as_str()), ("approval", under.as_str()), ("back", "/desk")];
    assert_eq!(alice.post("/do/approve-for-team", &approve).await.status, 303);
    assert!(alice.sees(&request).await.contains("<span class=\"standing\">awaiting</span>"), "alice is no member");
    carol.does("/do/approve-for-team", &approve).await;
    assert!(!alice.sees(&request).await.contains("<span class=\"standing\">awaiting</span>"));
    let document = world.document(&under).await;
    assert_eq!(
        (&document["approvalStatus"], &document["attachment"]),
        (&json!("approve"), &json!([own])),
        "{document}"
    );
    let teams = world.document(&format!("{request}/teamApprovals")).await;
    assert_eq!((&teams["totalItems"], &teams["items"][0]["attributedTo"]), (&json!(1), &json!(team)), "{teams}");
}

#[tokio::test]
async fn an_archived_patch_tracker_shows_its_merge_requests_and_no_form_that_is_refused() {
    let world = World::new().await;
    let Scene { mut alice, carol, patches, request, .. } = scene(&world).await;
    let forms = ["apply", "ask-review", "review", "announce-review", "close", "comment", "edit-ticket"];
    let shows = |page: &str| forms.map(|form| page.contains(&format!("action=\"/do/{form}\"")));
    assert_eq!(shows(&alice.sees(&request).await), [true; 7]);
    alice.does("/do/archive", &[("resource", patches.as_str())]).await;
    world.settle().await;
    for page in [alice.sees(&request).await, carol.sees(&request).await] {
        assert_eq!(shows(&page), [false; 7], "{page}");
        assert!(page.contains("Milk") && page.contains("is archived"), "{page}");
    }
    assert!(alice.sees(&request).await.contains("action=\"/do/delete-ticket\""));
}

#[tokio::test]
async fn who_is_not_signed_in_is_shown_no_form_of_reviews_and_what_they_send_is_not_done() {
    let world = World::new().await;
    let Scene { mut carol, patches, request, .. } = scene(&world).await;
    let on = [("tracker", patches.as_str()), ("ticket", request.as_str())];
    let version = field(&carol.sees(&request).await, "action=\"/do/review\"", "version");
    carol.does("/do/review", &review(&on, &version, "remark")).await;
    let page = carol.sees(&request).await;
    let thread = field(&page, "action=\"/do/thread-comment\"", "thread");
    let mut nobody = Browser::new(&world);
    let before = nobody.sees(&request).await;
    assert!(before.contains("milk.txt, line 2"), "what is said everybody reads");
    let said = [("thread", thread.as_str()), ("text", "Thus?")];
    let forms = [
        ("review", review(&on, &version, "approve")),
        ("ask-review", [&on[..], &[("reviewers", "carol")]].concat()),
        ("announce-review", on.to_vec()),
        ("thread-comment", [&on[..], &said].concat()),
        ("settle-thread", [&on[..], &said].concat()),
        ("dismiss-review", [&on[..], &[("approval", "x")]].concat()),
    ];
    for (form, fields) in forms {
        assert!(!before.contains(&format!("/do/{form}\"")), "{form}");
        let answer = nobody.post(&format!("/do/{form}"), &fields).await;
        assert_ne!(answer.status, 200, "{form}");
        assert_eq!(nobody.sees(&request).await, before, "{form} has changed nothing");
    }
}

#[tokio::test]
async fn a_review_counts_only_from_who_may_write_and_nobody_approves_what_is_theirs() {
    let world = World::new().await;
    let Scene { mut alice, mut bob, mut carol, patches, request, .. } = scene(&world).await;
    let on = [("tracker", patches.as_str()), ("ticket", request.as_str())];
    let page = carol.sees(&request).await;
    let version = field(&page, "action=\"/do/review\"", "version");
    assert!(!page.contains("name=\"binding\"") && alice.sees(&request).await.contains("name=\"binding\""));
    let with = |more: &[(&'static str, &'static str)]| [&review(&on, &version, "approve")[..], more].concat();
    let to = carol.does("/do/review", &with(&[("binding", "yes"), ("back", "/desk")])).await;
    assert!(carol.sees(&to).await.contains("role-too-small"));
    let to = bob.does("/do/review", &with(&[("back", "/desk")])).await;
    assert!(bob.sees(&to).await.contains("own-merge-request"));
    for (wrong, value) in [("start", "0"), ("start", "two"), ("end", "1"), ("verdict", "")] {
        let mut fields = with(&[]);
        fields.retain(|(name, _)| *name != wrong);
        fields.push((wrong, value));
        let answer = carol.post("/do/review", &fields).await;
        assert_eq!(answer.status, 422, "{wrong}={value:?}: {}", answer.text());
    }
    assert!(alice.sees(&request).await.contains("Nobody has reviewed it."));
    alice.does("/do/review", &with(&[("binding", "yes")])).await;
    let page = carol.sees(&request).await;
    assert!(page.contains("<span class=\"standing\">approve</span>, binding"), "{page}");
}

#[tokio::test]
async fn the_hunk_of_a_thread_is_drawn_for_whoever_may_see_the_repository_and_outdated_lines_say_so() {
    let world = World::new().await;
    let Scene { bob, mut carol, repo, patches, request, .. } = scene(&world).await;
    let on = [("tracker", patches.as_str()), ("ticket", request.as_str())];
    let version = field(&carol.sees(&request).await, "action=\"/do/review\"", "version");
    let sides = [("start_side", "old"), ("end", "1"), ("end_side", "new")];
    carol.does("/do/review", &[&review(&on, &version, "remark")[..], &sides].concat()).await;
    let page = bob.sees(&request).await;
    assert!(page.contains("milk.txt, from line 2 as it was to line 1") && !page.contains("class=\"diff\""), "{page}");
    let finds = async |changed| {
        let hunk = Some("@@ -1,2 +1 @@\n-<b>\n-two\n+one".to_owned());
        let found = vec![QuoteRead { hunk, changed }];
        let read = QuotesRead { ticket: 1, review: 1, later: None, found, public: true };
        let tracker = ActorId::from(patches.as_str());
        assert_eq!(world.front.node.call::<PatchTracker, _>(&tracker, &repo, read).await, Ok(Outcome::Done(())));
    };
    finds(false).await;
    let page = bob.sees(&request).await;
    let lines = ["<b>@@ -1,2 +1 @@</b>", "<del>-&#60;b&#62;</del>", "<del>-two</del>", "<ins>+one</ins>"];
    for line in lines {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(!page.contains(">outdated<"));
    finds(true).await;
    assert!(bob.sees(&request).await.contains(">outdated<"));
    let target = &world.document(&field(&page, "action=\"/do/thread-comment\"", "thread")).await["target"];
    assert_eq!((&target["cqStartSide"], &target["cqOutdated"]), (&json!("diffSideOld"), &json!(true)), "{target}");
    assert_eq!(target["cqHunk"], "@@ -1,2 +1 @@\n-<b>\n-two\n+one");
}
