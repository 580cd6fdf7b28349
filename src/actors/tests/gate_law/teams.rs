//! What is said of the tickets of a team.

use super::Law;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::patch_tracker::review::{Verdict, approval_no, approval_uri};
use pritchel_actors::patch_tracker::{ApproveAsTeam, ListUnderTeam, ListedByTeam, RequestReview};
use pritchel_actors::person::{AssignmentConfirmed, BeAssigned};
use pritchel_actors::team::{
    ApproveRequest, AssignmentAgreed, AssignmentAuthorised, AssignmentDeclined, AssignmentListed, AssignmentOffered,
    DeletionSeen, ListApproval, TicketGone, Unassigned, UnassignmentAuthorised, UnassignmentOffered,
};
use pritchel_actors::ticket_tracker::{AssignmentRefused, AssignmentSeconded};
use pritchel_actors::{PatchTracker, Person, Team, TicketTracker, client};
use serde_json::json;

/// The last act that came to an actor and that its gate made this call of.
fn called(law: &Law, to: &ActorId, method: &str) -> ActId {
    let rows = law.cast.world.rows(to.as_str(), "~inbox");
    let by = rows.iter().rfind(|(_, item)| item["call"]["method"] == method);
    ActId::from(by.unwrap_or_else(|| panic!("nothing was {method} to {to}")).1["act"].as_str().unwrap())
}

/// What a team and the tracker of a ticket say to each other, and what members say.
pub fn of_tickets(law: &Law, team: &ActorId) {
    type T = Team;
    let (olga, tracker) = (&law.cast.olga, &law.cast.tracker);
    let (ticket, grant, mine) = (law.cast.ticket(), olga.permit(tracker), olga.permit(team));
    let gives = || client::assign(tracker, &ticket, team, Some(&grant));
    let offered = || AssignmentOffered { ticket: ticket.clone() };
    let assign = law.says::<T>(olga, team, gives(), offered());
    let authorised = called(law, team, "AssignmentAuthorised");
    law.is::<T>(team, &authorised, AssignmentAuthorised { assign: assign.clone() });
    law.says::<T>(
        olga,
        team,
        client::decline_for_team(team, &assign, &mine),
        AssignmentDeclined { assign: assign.clone() },
    );
    let refused = called(law, tracker, "AssignmentRefused");
    law.is::<TicketTracker>(tracker, &refused, AssignmentRefused { assign });

    let assign = law.says::<T>(olga, team, gives(), offered());
    let takes = client::take_for_team(team, tracker, &assign, &mine);
    law.says::<T>(olga, team, takes, AssignmentAgreed { assign: assign.clone() });
    let relationship = olga.result(&assign);
    let listed = called(law, team, "AssignmentListed");
    law.is::<T>(team, &listed, AssignmentListed { assign, relationship });
    let back = client::unassign(tracker, &ticket, team, Some(&grant));
    let undo = law.says::<T>(olga, team, back, UnassignmentOffered { ticket: ticket.clone() });
    let authorised = called(law, team, "UnassignmentAuthorised");
    law.is::<T>(team, &authorised, UnassignmentAuthorised { undo: undo.clone() });
    law.is::<T>(team, &called(law, team, "Unassigned"), Unassigned { undo });

    let assign = law.says::<T>(olga, team, gives(), offered());
    olga.does(client::take_for_team(team, tracker, &assign, &mine));
    let deletion = DeletionSeen { ticket: ticket.clone() };
    law.says::<T>(olga, team, client::delete_ticket(tracker, &ticket, &grant), deletion);
    law.is::<T>(team, &called(law, team, "TicketGone"), TicketGone { ticket });
}

/// What members have a team say of merge requests.
pub fn of_approvals(law: &Law, team: &ActorId) {
    type T = Team;
    let (olga, grant) = (&law.cast.olga, law.cast.olga.permit(team));
    let [approval, under] = [1, 2].map(|number| format!("https://far.example/patches/p/tickets/1/approvals/{number}"));
    let tracker = ActorId::from("https://far.example/patches/p");
    let lists = client::list_for_team(&tracker, team, &approval, &under, &grant);
    law.says::<T>(olga, team, lists, ListApproval { approval, under: under.clone() });
    let approves = client::approve_for_team(team, &under, &grant);
    law.says::<T>(olga, team, approves, ApproveRequest { approval: under });
}

/// What a team and its members say to a tracker of patches.
pub fn of_requests(law: &Law, patches: &ActorId, request: &str) {
    type P = PatchTracker;
    let (world, olga, bob) = (&law.cast.world, &law.cast.olga, &law.cast.bob);
    let team = world.make(bob, &world.factory(bob, "kitchen"), "Team", "cooks");
    let asks = client::request_review(patches, request, &[&team], &olga.permit(patches));
    let under =
        olga.result(&law.says::<P>(olga, patches, asks, RequestReview { ticket: 1, reviewers: vec![team.clone()] }));
    let (grant, approval) = (bob.permit(&team), approval_uri(patches, 1, 1));
    let under_no = approval_no(patches, &under).unwrap();
    let lists = client::list_for_team(patches, &team, &approval, &under, &grant);
    let add = law.says::<P>(bob, patches, lists, ListUnderTeam { approval: (1, 1), under: under_no });
    law.is::<P>(patches, &called(law, patches, "ListedByTeam"), ListedByTeam { add });
    // Here nothing is kept that the team could approve: what it would say is said in its place.
    let review = json!({
        "type": "Review", "context": request, "object": format!("{request}/versions/1"), "verdict": "approve",
    });
    let id = ActId::new(format!("{team}/outbox/approves"));
    world.sends(patches, &json!({"id": id, "type": "Offer", "actor": team, "target": patches, "object": review}));
    world.settle();
    let approved = ApproveAsTeam { ticket: 1, version: 1, verdict: Verdict::Approve };
    law.is::<P>(patches, &id, approved);
}

/// What somebody is told of a ticket that they are given.
pub fn to_person(law: &Law) {
    let (olga, bob, tracker) = (&law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let ticket = law.cast.ticket();
    let gives = client::assign(tracker, &ticket, bob, Some(&olga.permit(tracker)));
    let assign = law.says::<Person>(olga, bob, gives, BeAssigned { ticket });
    let confirmed = |listed| {
        let confirmed = AssignmentConfirmed { assign: assign.clone(), listed };
        law.is::<Person>(bob, &called(law, bob, "AssignmentConfirmed"), confirmed);
    };
    confirmed(false);
    bob.does(client::accept(&assign, &[tracker]));
    confirmed(true);
}

/// What is said to the tracker of a ticket that is given to a team.
pub fn to_tracker(law: &Law, ticket: &str) {
    type T = TicketTracker;
    let (world, olga, bob, tracker) = (&law.cast.world, &law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let team = world.make(bob, &world.factory(bob, "kitchen"), "Team", "cooks");
    let gives = || client::assign(tracker, ticket, &team, Some(&olga.permit(tracker)));
    let assign = olga.does(gives());
    bob.does(client::decline_for_team(&team, &assign, &bob.permit(&team)));
    law.is::<T>(tracker, &called(law, tracker, "AssignmentRefused"), AssignmentRefused { assign });
    let assign = olga.does(gives());
    let takes = client::take_for_team(&team, tracker, &assign, &bob.permit(&team));
    law.says::<T>(bob, tracker, takes.clone(), AssignmentSeconded { assign: assign.clone() });
    // Now the ticket is the team's, and another member says the same.
    law.says::<T>(bob, tracker, takes, AssignmentSeconded { assign });
}
