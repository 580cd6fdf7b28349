//! What is said of the tickets of a team.

use super::Law;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::person::{AssignmentConfirmed, BeAssigned};
use pritchel_actors::team::{
    AssignmentAgreed, AssignmentAuthorised, AssignmentDeclined, AssignmentListed, AssignmentOffered, Unassigned,
    UnassignmentAuthorised, UnassignmentOffered,
};
use pritchel_actors::ticket_tracker::{AssignmentRefused, AssignmentSeconded};
use pritchel_actors::{Person, Team, TicketTracker, client};

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
    law.says::<T>(bob, tracker, takes, AssignmentSeconded { assign });
}
