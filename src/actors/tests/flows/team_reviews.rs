//! FL-30, FL-32 and FL-33: teams are asked for reviews, have those of their members listed, and approve.

use super::reviews::{opened, review, shown};
use super::{Cast, Place, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::client;
use pritchel_actors::limits::TEAM_LISTINGS_MAX;
use pritchel_actors::patch_tracker::review::{Approval, InItsName, Standing, Verdict, approval_uri, review_uri};
use pritchel_actors::patch_tracker::versions::version_uri;
use pritchel_actors::person::rows::SentState;
use serde_json::json;

/// A team of another server, which nobody runs here.
const FAR_TEAM: &str = "https://far.example/teams/far";

/// The approval of an individual and that of a team, as numbered.
fn approvals(cast: &Cast, patches: &ActorId) -> [Approval; 2] {
    let mut all: Vec<_> = shown(cast, patches).approvals.into_iter().map(|(_, approval)| approval).collect();
    all.sort_by_key(|approval| approval.number);
    all.try_into().unwrap()
}

fn is_done(who: &Somebody, act: &ActId) -> bool {
    matches!(who.sent(act).state, SentState::Done { .. })
}

/// ForgeFed, "Merge Requests", Request a review, List a review under a team, Send a team approval.
#[test]
fn a_team_is_asked_for_a_review_lists_that_of_a_member_and_approves() {
    everywhere(|cast| {
        let (alice, bob, olga) = (&cast.alice, &cast.bob, &cast.olga);
        let (patches, request) = opened(cast);
        let team = cast.world.make(bob, &cast.world.factory(bob, "mill"), "Team", "cooks");
        let (asks, grant) = (olga.permit(&patches), bob.permit(&team));
        let act = olga.does(client::request_review(&patches, &request, &[bob, &team], &asks));
        assert_eq!(olga.result(&act), approval_uri(&patches, 1, 1), "the first of two");
        let [one, of_team] = approvals(cast, &patches);
        assert_eq!((one.team, of_team.team.clone()), (None, Some(InItsName::default())));
        assert!(one.requested && of_team.requested && of_team.standing == Standing::Awaiting);

        bob.does(review(&patches, 1, "approve", None));
        let [mine, theirs, none] = [1, 2, 9].map(|number| approval_uri(&patches, 1, number));
        let list = |approval: &str, under: &str| client::list_for_team(&patches, &team, approval, under, &grant);
        cast.refuses(&team, bob, list(&theirs, &theirs), "not-an-individual");
        cast.refuses(&patches, bob, list(&theirs, &theirs), "not-an-individual");
        cast.refuses(&team, bob, list(&mine, &mine), "not-the-team");
        cast.refuses(&patches, bob, list(&mine, &mine), "not-a-team");
        cast.refuses(&team, bob, list(&none, &theirs), "no-such-approval");
        let strange = list(&none, &theirs);
        let strange = bob.does(strange);
        assert_eq!(cast.world.ended(&patches, &strange), "no-such-approval");
        bob.lets_in(alice, &team, "triage");
        let by_alice = client::list_for_team(&patches, &team, &mine, &theirs, &alice.permit(&team));
        cast.refuses(&team, alice, by_alice, "role-too-small at step 17");
        let listings = || cast.world.rows(patches.as_str(), "team_listings").len();
        assert_eq!((listings(), approvals(cast, &patches)[1].team.as_ref().unwrap().listed.len()), (1, 0), "it waits");
        let add = bob.does(list(&mine, &theirs));
        assert!(is_done(bob, &add), "{:?}", bob.sent(&add));
        assert_eq!(approvals(cast, &patches)[1].team.as_ref().unwrap().listed, [1]);
        cast.refuses(&patches, bob, list(&mine, &theirs), "already-listed");

        let approve = |approval: &str| client::approve_for_team(&team, approval, &grant);
        cast.refuses(&team, bob, approve(&mine), "not-the-team");
        cast.refuses(&team, bob, approve(&none), "no-such-approval");
        let by_alice = client::approve_for_team(&team, &theirs, &alice.permit(&team));
        cast.refuses(&team, alice, by_alice, "role-too-small at step 17");
        let act = bob.does(approve(&theirs));
        assert!(is_done(bob, &act), "{:?}", bob.sent(&act));
        let [_, of_team] = approvals(cast, &patches);
        assert_eq!((of_team.standing, of_team.review), (Standing::Given(Verdict::Approve), Some(2)));
        let (number, last) = shown(cast, &patches).reviews.pop().unwrap();
        assert_eq!((number, last.author, last.version, last.binding), (2, team.clone(), 1, false));
        let by_tracker = cast.world.rows(team.as_str(), "~inbox");
        let heard = by_tracker.iter().filter(|(_, item)| item["from"] == patches.as_str()).count();
        assert!(heard >= 3, "asked, listed, approved: the tracker answered each, {heard}");

        // What was said in the team's name is dismissed as any other.
        olga.does(client::dismiss_review(&patches, &theirs, &asks));
        assert_eq!(approvals(cast, &patches)[1].standing, Standing::Dismissed);
        olga.does(client::delete_ticket(&patches, &request, &asks));
        assert_eq!(listings(), 0);
    });
    shows(&["ListApproval", "ListApproval/authority", "ListApproval/not-an-individual", "ListApproval/not-the-team"]);
    shows(&["ListApproval:answers", "ApproveRequest", "ApproveRequest/authority", "ApproveRequest:answers"]);
    shows(&["ListUnderTeam", "ListUnderTeam/not-an-individual", "ListUnderTeam/not-a-team"]);
    shows(&["ListUnderTeam/no-such-approval", "ListUnderTeam:waits", "ListedByTeam", "ListedByTeam:listed"]);
    shows(&["ListedByTeam:answers", "ApproveAsTeam", "ApproveAsTeam:opens", "ApproveAsTeam:keeps"]);
    shows(&["ApproveAsTeam:answers"]);
}

/// What an actor far away says to the tracker, and how it ends.
fn says(cast: &Cast, patches: &ActorId, who: &str, what: &str, mut activity: Value) -> String {
    let id = format!("{who}/outbox/{what}");
    (activity["id"], activity["actor"], activity["to"]) = (json!(id), json!(who), json!([patches]));
    cast.world.sends(patches, &activity);
    cast.world.settle();
    cast.world.ended(patches, &id.as_str().into())
}

/// The handlers of `Offer` and `Accept` of the patch tracker.
#[test]
fn a_team_only_approves_and_only_the_newest_version_where_it_was_asked_and_speaks_for_itself() {
    let cast = Cast::new(31, Place::Each);
    let (bob, olga) = (&cast.bob, &cast.olga);
    let (patches, request) = opened(&cast);
    cast.world.0.borrow().net.give(FAR_TEAM, json!({"id": FAR_TEAM, "type": "Team"}));
    let offer = |verdict: &str, version: u64, of: &str| {
        let review =
            json!({"type": "Review", "context": of, "object": version_uri(&patches, 1, version), "verdict": verdict});
        json!({"type": "Offer", "target": patches, "object": review})
    };
    let far = |what: &str, activity| says(&cast, &patches, FAR_TEAM, what, activity);
    assert_eq!(far("1", offer("approve", 1, &request)), "no-such-approval");
    let announces = client::announce_review(&patches, &request);
    assert_eq!(far("2", announces), "no-such-approval", "a team writes no reviews");
    let team = ActorId::from(FAR_TEAM);
    let asks = client::request_review(&patches, &request, &[&team], &olga.permit(&patches));
    let theirs = olga.result(&olga.does(asks));
    assert_eq!(far("3", offer("revise", 1, &request)), "only-approves");
    assert_eq!(far("4", offer("approve", 2, &request)), "not-the-newest-version");
    assert_eq!(far("5", offer("approve", 1, "https://far.example/patches/p/tickets/1")), "malformed");
    assert!(shown(&cast, &patches).reviews.is_empty());
    assert_eq!(far("6", offer("approve", 1, &request)), "done");
    assert_eq!(shown(&cast, &patches).approvals[0].1.review, Some(1));
    assert_eq!(review_uri(&patches, 1, 1), format!("{request}/reviews/1"));
    shows(&["ApproveAsTeam/malformed", "ApproveAsTeam/only-approves", "ApproveAsTeam/not-the-newest-version"]);
    shows(&["SubmitReview/no-such-approval"]);

    bob.does(review(&patches, 1, "approve", None));
    let mine = approval_uri(&patches, 1, 2);
    let lists =
        |approval: &str, under: &str| json!({"type": "Add", "to": [patches], "object": approval, "target": under});
    let add = bob.does(lists(&mine, &theirs));
    let accept = |of: &ActId| json!({"type": "Accept", "object": of});
    assert_eq!(says(&cast, &patches, "https://evil.example/teams/evil", "1", accept(&add)), "not-the-team");
    let refused = bob.does(lists(&mine, &mine));
    assert_eq!(far("7", accept(&refused)), "noted", "what was refused does not wait");
    assert_eq!(far("8", accept(&add)), "done");
    let listed = || shown(&cast, &patches).approvals.iter().find_map(|(_, approval)| approval.team.clone()).unwrap();
    assert_eq!(listed(), InItsName { listed: vec![2], waiting: Vec::new() });
    shows(&["ListedByTeam/not-the-team"]);

    olga.does(review(&patches, 1, "remark", None));
    for _ in 0..=TEAM_LISTINGS_MAX {
        olga.does(lists(&approval_uri(&patches, 1, 3), &theirs));
    }
    let rows = cast.world.rows(patches.as_str(), "team_listings").len();
    assert_eq!((listed().waiting.len(), rows), (TEAM_LISTINGS_MAX, TEAM_LISTINGS_MAX), "the oldest makes room");
}
