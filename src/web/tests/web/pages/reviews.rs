//! Reviews of merge requests by forms: asked for, announced, written, answered, settled, dismissed; and what teams say.

use super::browser::Browser;
use crate::world::World;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::client;
use pritchel_actors::patch_tracker::version_kept::KeptCommits;
use pritchel_actors::patch_tracker::{PatchTracker, VersionKept};
use serde_json::json;

/// Alice's patch tracker with a merge request of bob's, of which one version is kept; and carol, who has no role there.
struct Scene<'w> {
    alice: Browser<'w>,
    bob: Browser<'w>,
    carol: Browser<'w>,
    carol_id: ActorId,
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
    Scene { alice, bob, carol, carol_id: c, request, patches: patches.to_string() }
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
