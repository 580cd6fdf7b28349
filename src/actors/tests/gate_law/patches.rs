//! What is said to a tracker of merge requests, and of reviews.

use super::*;

#[test]
fn what_is_said_to_a_patch_tracker_is_understood_as_it_was_meant() {
    type P = PatchTracker;
    let law = Law::new();
    let (olga, alice, repo) = (&law.cast.olga, &law.cast.alice, &law.cast.repo);
    let patches = &law.cast.world.make(olga, &law.cast.factory, "PatchTracker", "patches");
    let grant = olga.permit(patches);
    law.cast.tie((olga, repo), (olga, patches), "write");
    let branches = [(repo, "milk"), (repo, "main")];
    let open = client::open_merge_request(alice, patches, "A & B", "*x*", branches, None);
    let [origin, target] =
        ["refs/heads/milk", "refs/heads/main"].map(|name| Branch { repository: repo.clone(), name: name.to_owned() });
    let meant = Open {
        author: alice.id.clone(),
        title: line("A & B"),
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
        id: None,
        fields: Vec::new(),
        milestone: None,
        merge: Some(MergeOffer { origin: Some(origin), target: target.clone(), patches: Vec::new() }),
        further: serde_json::Map::new(),
    };
    let request = alice.result(&law.says::<P>(alice, patches, open, meant));
    let plain = client::apply(patches, &request, repo, "rebase", &grant);
    let of = |version, branch, method| Apply { ticket: 1, version, repository: repo.clone(), branch, method };
    let meant = |branch, method| of(None, branch, method);
    law.says::<P>(olga, patches, plain.clone(), meant(None, MergeMethod::Rebase));
    let mut branch = plain;
    branch["target"] = json!({"type": "Branch", "context": repo, "ref": target.name});
    branch.as_object_mut().unwrap().remove("instrument");
    law.says::<P>(olga, patches, branch, meant(Some(target.name.clone()), MergeMethod::Merge));
    let version = client::apply(patches, &format!("{request}/versions/1"), repo, "squash", &grant);
    law.says::<P>(olga, patches, version, of(Some(1), None, MergeMethod::Squash));
    let text = format!(
        "From {:040} Mon Sep 17 00:00:00 2001\nFrom: A <a@a.example>\nSubject: x\n\n---\n\ndiff --git a/x b/x\n",
        1
    );
    let add = client::add_version(alice, patches, &request, std::slice::from_ref(&text), None);
    let given = vec![Patch::parse(&text).unwrap()];
    law.says::<P>(alice, patches, add, AddVersion { ticket: 1, patches: given.clone() });
    let mailed = client::open_patches(alice, patches, ["A & B", "*x*"], &[text], (repo, "main"), None);
    let meant = Open {
        author: alice.id.clone(),
        title: line("A & B"),
        content: html("<p><em>x</em></p>\n"),
        source: markdown("*x*"),
        id: None,
        fields: Vec::new(),
        milestone: None,
        merge: Some(MergeOffer { origin: None, target: target.clone(), patches: given }),
        further: serde_json::Map::new(),
    };
    law.says::<P>(alice, patches, mailed, meant);
    let branch = json!({"type": "Branch", "context": repo, "ref": "refs/heads/milk"});
    let push = json!({
        "id": format!("{repo}/outbox/pushed"), "type": "Push", "actor": repo, "target": branch,
        "hashAfter": "11", "object": {"type": "OrderedCollection", "totalItems": 0, "orderedItems": []},
    });
    law.cast.world.sends(patches, &push);
    law.cast.world.settle();
    let branch = Branch { repository: repo.clone(), name: "refs/heads/milk".to_owned() };
    law.is::<P>(patches, &ActId::from(push["id"].as_str().unwrap()), OriginPushed { branch });
    reviews(&law, patches, &grant, &request);
    teams::of_requests(&law, patches, &request);
    // Tickets are the same for both kinds of trackers: their law is tested with a tracker of tickets.
    let tickets: Vec<_> = <TicketTracker as Actor>::Call::TABLE.iter().map(|row| row.name).collect();
    law.covers::<P>(&tickets);
}

fn reviews(law: &Law, patches: &ActorId, grant: &ActId, request: &str) {
    type P = PatchTracker;
    let (olga, bob) = (&law.cast.olga, &law.cast.bob);
    let of = [request, &format!("{request}/versions/1")];
    let quotes = [
        Quote::whole("milk.rs"),
        Quote::lines("milk.rs", (DiffSide::New, 2), (DiffSide::New, 2)).unwrap(),
        Quote::lines("milk.rs", (DiffSide::Old, 2), (DiffSide::Old, 4)).unwrap(),
        Quote::lines("milk.rs", (DiffSide::Old, 9), (DiffSide::New, 4)).unwrap(),
    ];
    let threads = quotes.clone().map(|quote| (quote, "*why*"));
    let meant = |binding| SubmitReview {
        ticket: 1,
        version: 1,
        verdict: Verdict::Revise,
        binding,
        summary: html("<p><em>x</em></p>\n").into(),
        threads: quotes.clone().map(|quote| (quote, html("<p><em>why</em></p>\n").into())).to_vec(),
    };
    let said = |binding| client::submit_review(patches, of, "revise", "*x*", &threads, binding);
    law.says::<P>(bob, patches, said(None), meant(false));
    law.says::<P>(olga, patches, said(Some(grant)), meant(true));
    let ask = client::request_review(patches, request, &[bob], grant);
    law.says::<P>(olga, patches, ask, RequestReview { ticket: 1, reviewers: vec![bob.id.clone()] });
    law.says::<P>(bob, patches, client::announce_review(patches, request), AnnounceReview { ticket: 1 });
    let dismiss = client::dismiss_review(patches, &approval_uri(patches, 1, 1), grant);
    law.says::<P>(olga, patches, dismiss.clone(), DismissReview { ticket: 1, approval: 1 });
    let mut bare = dismiss;
    bare["object"] = json!(approval_uri(patches, 1, 1));
    law.says::<P>(olga, patches, bare, DismissReview { ticket: 1, approval: 1 });
    let thread = thread_uri(patches, 1, 1, 1);
    let settle = |resolved| ResolveThread { ticket: 1, review: 1, thread: 1, resolved };
    law.says::<P>(olga, patches, client::close(patches, &thread, Some(grant)), settle(true));
    law.says::<P>(olga, patches, client::reopen(patches, &thread, Some(grant)), settle(false));
    law.says::<P>(olga, patches, client::close(patches, &thread, Some(grant)), settle(true));
    // Protocol decision F-28: the handler has the thread itself undone.
    let bare = client::with_capability(json!({"type": "Undo", "to": [patches], "object": thread}), Some(grant));
    law.says::<P>(olga, patches, bare, settle(false));
    law.says::<P>(olga, patches, client::require_approvals(patches, 2, grant), RequireApprovals { needed: 2 });
}
