//! What is said to a release tracker, and what its roadmap is told of it.

use super::{Law, by, html, line, markdown};
use pritchel_actor::ActId;
use pritchel_actors::release_tracker::release::Origin;
use pritchel_actors::release_tracker::{
    AddMilestone, Asset, DeleteRelease, EditRelease, MilestoneDeletion, MilestoneGone, OpenRelease, RemoveMilestone,
    Tag,
};
use pritchel_actors::roadmap::{Asked, PlanSeen, ReleaseChange, ReleasePlanned};
use pritchel_actors::ticket_tracker::{Comment, DeleteComment, EditComment};
use pritchel_actors::{ReleaseTracker, Roadmap, client};
use serde_json::json;

const HASH: &str = "1111111111111111111111111111111111111111";

#[test]
fn what_is_said_to_a_release_tracker_is_understood_as_it_was_meant() {
    type R = ReleaseTracker;
    let law = Law::new();
    let (olga, alice, repo) = (&law.cast.olga, &law.cast.alice, &law.cast.repo);
    let it = &law.cast.world.make(olga, &law.cast.factory, "ReleaseTracker", "tags");
    law.cast.tie((olga, repo), (olga, it), "visit");
    let grant = olga.permit(it);
    let asset = ["https://files.example/x.deb", "application/octet-stream", "x.deb"];
    let assets = vec![Asset { href: asset[0].to_owned(), media_type: asset[1].to_owned(), name: line(asset[2]) }];
    let open = client::open_release(it, ["v1.0", "A & B", "*x*"], (repo, HASH), true, &[asset], &grant);
    let meant = OpenRelease {
        tag: Tag::parse("v1.0").unwrap(),
        title: line("A & B"),
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
        origin: Origin { repository: repo.clone(), hash: HASH.to_owned() },
        pre_release: true,
        assets: assets.clone(),
        id: None,
    };
    let release = olga.result(&law.says::<R>(olga, it, open, meant));
    let terms = client::release("C", "y", false, &[asset]);
    let meant = EditRelease {
        release: 1,
        title: Some(line("C")),
        content: Some(html("<p>y</p>\n")),
        source: markdown("y"),
        pre_release: Some(false),
        assets: Some(assets),
        others: Vec::new(),
    };
    law.says::<R>(olga, it, client::edit_release(it, &release, terms.into(), &grant), meant);
    let meant = EditRelease {
        release: 1,
        title: None,
        content: None,
        source: None,
        pre_release: None,
        assets: None,
        others: vec!["name".to_owned()],
    };
    law.says::<R>(olga, it, client::edit_release(it, &release, json!({"name": "v2"}), &grant), meant);
    let comment = alice.does(client::comment(it, &release, None, "*x*", None));
    let note = law.cast.world.rows(it.as_str(), "comments")[0].1["id"].as_str().unwrap().to_owned();
    let said = Comment {
        thread: None,
        suggestions: Vec::new(),
        attachments: Vec::new(),
        topic: 1,
        id: note.clone(),
        author: alice.id.clone(),
        in_reply_to: None,
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
    };
    law.is::<R>(it, &comment, said);
    let edited =
        EditComment { id: note.clone(), content: html("<p>y</p>\n"), source: markdown("y"), attachments: None };
    law.says::<R>(alice, it, client::edit_comment(it, &note, "y"), edited);
    law.says::<R>(alice, it, client::delete_comment(it, &note), DeleteComment { id: note });
    milestones(&law, it, &release, &grant);
    law.says::<R>(olga, it, client::delete_release(it, &release, &grant), DeleteRelease { release: 1 });
    super::shared::<R>(&law, it);
    law.covers::<R>(&[]);
}

fn milestones(law: &Law, it: &pritchel_actor::ActorId, release: &str, grant: &ActId) {
    type R = ReleaseTracker;
    let (world, olga, bob) = (&law.cast.world, &law.cast.olga, &law.cast.bob);
    let roadmap = &world.make(bob, &world.factory(bob, "plan room"), "Roadmap", "plans");
    law.cast.tie((bob, roadmap), (olga, it), "visit");
    let theirs = bob.permit(roadmap);
    let milestone = bob.does(client::open_milestone(roadmap, "1.0", "x", (None, None), &theirs));
    let milestone = bob.result(&milestone);
    let seen = |act: &ActId, asked| {
        law.is::<Roadmap>(roadmap, act, PlanSeen { thing: release.to_owned(), asked });
    };
    let told = |change| {
        let accept = by(law, roadmap, it, "Accept");
        law.is::<Roadmap>(roadmap, &accept, ReleasePlanned { release: release.to_owned(), change });
    };
    let meant = AddMilestone { release: 1, milestone: milestone.clone() };
    let add = law.says::<R>(olga, it, client::add_milestone(it, release, &milestone, grant), meant);
    seen(&add, Asked::Add(1));
    told(ReleaseChange::Added(1));
    let meant = RemoveMilestone { release: 1, milestone: milestone.clone() };
    let remove = law.says::<R>(olga, it, client::remove_milestone(it, release, &milestone, grant), meant);
    seen(&remove, Asked::Remove(1));
    told(ReleaseChange::Removed(1));
    olga.does(client::add_milestone(it, release, &milestone, grant));
    let delete = bob.does(client::delete_milestone(roadmap, &milestone, &theirs));
    law.is::<R>(it, &delete, MilestoneDeletion { milestone: milestone.clone() });
    law.is::<R>(it, &by(law, it, roadmap, "Accept"), MilestoneGone { milestone });
}
