//! What is said to a workflow, and of the fields and milestones of tickets.

use super::{Law, by, line};
use pritchel_actor::{ActorId, Value};
use pritchel_actors::common::Edited;
use pritchel_actors::roadmap::{
    Asked, FollowMilestone, PlanSeen, ReleaseChange, ReleasePlanned, Roadmap, TicketChange, TicketPlanned,
    UnfollowMilestone,
};
use pritchel_actors::ticket_tracker::fields::FieldEdit;
use pritchel_actors::ticket_tracker::{EditFields, FieldGone, MilestoneDeletion, MilestoneGone, SetMilestone};
use pritchel_actors::workflow::enumeration::NewValue;
use pritchel_actors::workflow::place::Places;
use pritchel_actors::workflow::{
    AddValue, Color, DeleteEnum, DeleteField, EditEnum, EditField, EditValue, FieldKind, MakeEnum, MakeField,
    MoveField, MoveValue, RemoveValue,
};
use pritchel_actors::{TicketTracker, Workflow, client};
use serde_json::json;

fn value(name: &str, color: Option<&str>) -> NewValue {
    NewValue { name: line(name), summary: None, color: color.map(|text| Color::parse(text).unwrap()) }
}

#[test]
fn what_is_said_to_a_workflow_is_understood_as_it_was_meant() {
    type W = Workflow;
    let law = Law::new();
    let olga = &law.cast.olga;
    let workflow = law.cast.world.make(olga, &law.cast.factory, "Workflow", "steps");
    let grant = olga.permit(&workflow);
    let make =
        client::make_enum(&workflow, ("Level", "a & b"), true, &[("low", None), ("high", Some("#ff0000"))], &grant);
    let values = vec![value("low", None), value("high", Some("#ff0000"))];
    let meant = MakeEnum { name: line("Level"), summary: Some(line("a & b")), ordered: true, values, id: None };
    let level = olga.result(&law.says::<W>(olga, &workflow, make, meant));
    let add = client::add_value(&workflow, &level, ("worst", "", None), &grant);
    let worst = law.says::<W>(olga, &workflow, add, AddValue { of: 1, value: value("worst", None), id: None });
    let worst = olga.result(&worst);
    let terms = json!({"name": "worse", "summary": "", "enumValueColor": null, "x": 1});
    let meant = EditValue {
        of: 1,
        value: 3,
        name: Some(line("worse")),
        summary: Edited::Cleared,
        color: Edited::Cleared,
        others: vec!["x".to_owned()],
    };
    law.says::<W>(olga, &workflow, client::edit_part(&workflow, &worst, terms, &grant), meant);
    let places = |after| Places { from: None, after, target: None };
    let moved = client::move_part(&workflow, &worst, 1, &grant);
    law.says::<W>(olga, &workflow, moved, MoveValue { of: 1, value: 3, places: places(1) });
    let remove = client::remove_value(&workflow, &level, &worst, &grant);
    law.says::<W>(olga, &workflow, remove, RemoveValue { of: 1, value: 3 });
    let terms = json!({"enumIsOrdered": false});
    let meant = EditEnum { number: 1, name: None, summary: Edited::Kept, ordered: Some(false), others: Vec::new() };
    law.says::<W>(olga, &workflow, client::edit_part(&workflow, &level, terms, &grant), meant);

    let make = client::make_field(&workflow, ("Severity", "", Some("#00ff00")), "fieldTypeEnum", Some(&level), &grant);
    let color = Some(Color::parse("#00ff00").unwrap());
    let meant = MakeField { name: line("Severity"), summary: None, kind: FieldKind::Enum(1), color, id: None };
    let field = olga.result(&law.says::<W>(olga, &workflow, make, meant));
    let terms = json!({"summary": "How &lt;bad&gt;"});
    let meant = EditField {
        number: 1,
        name: None,
        summary: Edited::Set(line("How <bad>")),
        color: Edited::Kept,
        others: Vec::new(),
    };
    law.says::<W>(olga, &workflow, client::edit_part(&workflow, &field, terms, &grant), meant);
    let mut moved = client::move_part(&workflow, &field, 0, &grant);
    (moved["originPosition"], moved["target"]) = (json!(1), json!(field));
    let meant = MoveField { number: 1, places: Places { from: Some(1), after: 0, target: Some(field.clone()) } };
    law.says::<W>(olga, &workflow, moved, meant);
    law.says::<W>(olga, &workflow, client::delete_part(&workflow, &field, &grant), DeleteField { number: 1 });
    law.says::<W>(olga, &workflow, client::delete_part(&workflow, &level, &grant), DeleteEnum { number: 1 });
    super::shared::<W>(&law, &workflow);
    law.covers::<W>(&[]);
}

/// What is said of the values and the milestone of a ticket, and what its roadmap says of that.
pub fn of_tickets(law: &Law, ticket: &str) {
    type T = TicketTracker;
    let (world, olga, bob, tracker) = (&law.cast.world, &law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let grant = olga.permit(tracker);
    let field = "https://far.example/fields/1";
    let edit = |value: Value| client::edit_fields(tracker, ticket, &[(field, value)], Some(&grant));
    let meant = |value| EditFields { ticket: 1, edits: vec![FieldEdit { field: field.to_owned(), value }] };
    law.says::<T>(olga, tracker, edit(json!("x")), meant(Edited::Set(json!("x"))));
    law.says::<T>(olga, tracker, edit(Value::Null), meant(Edited::Cleared));
    let mut bare = edit(Value::Null);
    bare["object"]["customFields"] = FieldEdit { field: field.to_owned(), value: Edited::Kept }.to_value();
    law.says::<T>(olga, tracker, bare, meant(Edited::Kept));

    let roadmap = world.make(bob, &world.factory(bob, "plan room"), "Roadmap", "plans");
    law.cast.tie((bob, &roadmap), (olga, tracker), "visit");
    let theirs = bob.permit(&roadmap);
    let milestone = bob.does(client::open_milestone(&roadmap, "1.0", "x", (None, None), &theirs));
    let milestone = bob.result(&milestone);
    let set = |milestone: Option<&str>| client::set_milestone(tracker, ticket, milestone, Some(&grant));
    law.says::<T>(olga, tracker, set(None), SetMilestone { ticket: 1, milestone: None });
    let planned = SetMilestone { ticket: 1, milestone: Some(milestone.clone()) };
    law.says::<T>(olga, tracker, set(Some(&milestone)), planned);
    let deletes = client::delete_milestone(&roadmap, &milestone, &theirs);
    law.says::<T>(bob, tracker, deletes, MilestoneDeletion { milestone: milestone.clone() });
    law.is::<T>(tracker, &by(law, tracker, &roadmap, "Accept"), MilestoneGone { milestone });
    law.is::<Roadmap>(&roadmap, &by(law, &roadmap, tracker, "Follow"), super::Follow {});
    of_fields(law);
}

/// What a tracker hears of a field of its workflow that is deleted.
fn of_fields(law: &Law) {
    let (world, olga, bob, tracker) = (&law.cast.world, &law.cast.olga, &law.cast.bob, &law.cast.tracker);
    let workflow = world.make(bob, &world.factory(bob, "step room"), "Workflow", "steps");
    law.cast.tie((bob, &workflow), (olga, tracker), "visit");
    let theirs = bob.permit(&workflow);
    let field = client::make_field(&workflow, ("Size", "", None), "fieldTypeText", None, &theirs);
    let field = bob.result(&bob.does(field));
    bob.does(client::delete_part(&workflow, &field, &theirs));
    law.is::<TicketTracker>(tracker, &by(law, tracker, &workflow, "Accept"), FieldGone { field });
    let scale = bob.result(&bob.does(client::make_enum(&workflow, ("Level", ""), true, &[("low", None)], &theirs)));
    let value = format!("{scale}/values/1");
    bob.does(client::remove_value(&workflow, &scale, &value, &theirs));
    law.is::<TicketTracker>(tracker, &by(law, tracker, &workflow, "Accept"), FieldGone { field: value });
}

/// What is said of one milestone, and of the tickets planned for it.
pub fn of_milestones(law: &Law, roadmap: &ActorId, milestone: &str) {
    type R = Roadmap;
    let (olga, alice, tracker) = (&law.cast.olga, &law.cast.alice, &law.cast.tracker);
    let follow = client::follow_ticket(roadmap, milestone);
    let follow = law.says::<R>(alice, roadmap, follow, FollowMilestone { milestone: 1 });
    law.says::<R>(alice, roadmap, client::unfollow(roadmap, &follow), UnfollowMilestone { milestone: 1 });
    law.cast.tie((olga, roadmap), (olga, tracker), "visit");
    let (ticket, may) = (law.cast.ticket(), olga.permit(tracker));
    let says = |activity: Value, change| {
        olga.does(activity);
        let accept = by(law, roadmap, tracker, "Accept");
        law.is::<R>(roadmap, &accept, TicketPlanned { ticket: ticket.clone(), change });
    };
    says(client::set_milestone(tracker, &ticket, Some(milestone), Some(&may)), TicketChange::Planned(Some(1)));
    let seen = olga.does(client::set_milestone(tracker, &ticket, Some(milestone), Some(&may)));
    law.is::<R>(roadmap, &seen, PlanSeen { thing: ticket.clone(), asked: Asked::Plan(Some(1)) });
    says(client::close(tracker, &ticket, Some(&may)), TicketChange::Closed);
    says(client::reopen(tracker, &ticket, Some(&may)), TicketChange::Reopened);
    says(client::set_milestone(tracker, &ticket, None, Some(&may)), TicketChange::Planned(None));
    olga.does(client::set_milestone(tracker, &ticket, Some(milestone), Some(&may)));
    says(client::delete_ticket(tracker, &ticket, &may), TicketChange::Deleted);
    let tags = law.cast.world.make(olga, &law.cast.factory, "ReleaseTracker", "tags");
    law.cast.tie((olga, &law.cast.repo), (olga, &tags), "visit");
    law.cast.tie((olga, roadmap), (olga, &tags), "visit");
    let may = olga.permit(&tags);
    let open = client::open_release(&tags, ["v1", "One", "x"], (&law.cast.repo, &"1".repeat(40)), false, &[], &may);
    let release = olga.result(&olga.does(open));
    olga.does(client::add_milestone(&tags, &release, milestone, &may));
    let delete = olga.does(client::delete_release(&tags, &release, &may));
    law.is::<R>(roadmap, &delete, PlanSeen { thing: release.clone(), asked: Asked::Delete });
    let accept = by(law, roadmap, &tags, "Accept");
    law.is::<R>(roadmap, &accept, ReleasePlanned { release, change: ReleaseChange::Deleted });
}
