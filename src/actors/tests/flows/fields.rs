//! FL-79, Ticket, `customFields`: tickets of a tracker that uses a workflow have values of its fields, on whichever server the
//! workflow is.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId, Outcome};
use pritchel_actors::limits::SWEPT_FIELDS_MAX;
use pritchel_actors::ticket_tracker::ForgetField;
use pritchel_actors::{TicketTracker, client};
use serde_json::{Value, json};

/// Bob's workflow with a field of each type, used by olga's tracker; and a ticket of alice's there.
struct Stage<'c> {
    cast: &'c Cast,
    tracker: ActorId,
    workflow: ActorId,
    ticket: String,
}

/// Plays a story with a tracker of tickets, and with one of merge requests.
fn with_both(tied: bool, story: impl Fn(&Cast, &Stage)) {
    for kind in ["TicketTracker", "PatchTracker"] {
        everywhere(|cast| {
            let stage = Stage::new(cast, kind);
            if tied {
                cast.tie((&cast.bob, &stage.workflow), (&cast.olga, &stage.tracker), "visit");
            }
            story(cast, &stage);
        });
    }
}

/// The types in the order of the fields' numbers.
const KINDS: [&str; 6] =
    ["fieldTypeText", "fieldTypeInteger", "fieldTypeRational", "fieldTypeBoolean", "fieldTypeClass", "fieldTypeEnum"];

impl<'c> Stage<'c> {
    fn new(cast: &'c Cast, kind: &str) -> Self {
        let (bob, olga) = (&cast.bob, &cast.olga);
        let workshop = cast.world.factory(bob, "bobs workshop");
        let workflow = cast.world.make(bob, &workshop, "Workflow", "steps");
        let may = bob.permit(&workflow);
        let levels = [("low", None), ("high", None)];
        let level = bob.result(&bob.does(client::make_enum(&workflow, ("Level", ""), true, &levels, &may)));
        for kind in KINDS {
            let of = (kind == "fieldTypeEnum").then_some(level.as_str());
            bob.does(client::make_field(&workflow, (kind, "", None), kind, of, &may));
        }
        let tracker = cast.world.make(olga, &cast.factory, kind, "it");
        if kind == "PatchTracker" {
            cast.tie((olga, &cast.repo), (olga, &tracker), "write");
        }
        olga.lets_in(bob, &tracker, "triage");
        let mut stage = Self { cast, tracker, workflow, ticket: String::new() };
        stage.ticket = cast.alice.result(&cast.alice.does(stage.offer(&cast.alice)));
        stage
    }

    /// A new ticket, or merge request.
    fn offer(&self, by: &Somebody) -> Value {
        let (cast, tracker) = (self.cast, &self.tracker);
        let grant = by.may(tracker).map(|(grant, _)| grant);
        let branches = [(&cast.repo, "milk"), (&cast.repo, "main")];
        match tracker.as_str().contains("/patches/") {
            true => client::open_merge_request(by, tracker, "Milk", "x", branches, grant.as_ref()),
            false => client::open_ticket(by, tracker, "Milk", "x", grant.as_ref()),
        }
    }

    fn field(&self, number: usize) -> String {
        format!("{}/fields/{number}", self.workflow)
    }

    fn value(&self, number: usize) -> String {
        format!("{}/enums/1/values/{number}", self.workflow)
    }

    /// What bob says of one field.
    fn edit(&self, number: usize, value: Value) -> Value {
        let grant = self.cast.bob.permit(&self.tracker);
        client::edit_fields(&self.tracker, &self.ticket, &[(&self.field(number), value)], Some(&grant))
    }

    /// The values that the ticket has, by the last part of the field's address.
    fn values(&self) -> Value {
        let row = self.cast.world.rows(self.tracker.as_str(), "tickets").remove(0).1;
        let values = row["fields"].as_array().cloned().unwrap_or_default().into_iter();
        let number = |value: &Value| value["field"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        values.map(|value| (number(&value), value["value"].clone())).collect()
    }
}

#[test]
fn who_triages_sets_values_that_fit_their_fields() {
    with_both(true, |cast, stage| {
        let (bob, grant) = (&cast.bob, cast.bob.permit(&stage.tracker));
        let all = [json!("Firefox & co"), json!(42), json!(3.5), json!(true), json!(true), json!(stage.value(2))];
        let fields: Vec<String> = (1..=6).map(|number| stage.field(number)).collect();
        let all: Vec<(&str, Value)> = fields.iter().map(String::as_str).zip(all).collect();
        let act = bob.does(client::edit_fields(&stage.tracker, &stage.ticket, &all, Some(&grant)));
        assert_eq!(cast.world.ended(&stage.tracker, &act), "done");
        let expected = json!({
            "1": {"text": "Firefox & co"}, "2": {"integer": 42}, "3": {"rational": 3.5}, "4": {"boolean": true},
            "5": "class", "6": {"enum": {"value": stage.value(2), "name": "high"}},
        });
        assert_eq!(stage.values(), expected);
        // One changes, one goes, the others stay.
        bob.does(stage.edit(2, json!(-7)));
        bob.does(stage.edit(5, Value::Null));
        assert_eq!((&stage.values()["2"], stage.values().get("5")), (&json!({"integer": -7}), None));
        assert_eq!(stage.values()["1"], expected["1"]);
        // A field without values is set without one, too.
        let mut bare = stage.edit(5, Value::Null);
        bare["object"]["customFields"][0].as_object_mut().unwrap().remove("fieldValue");
        bob.does(bare);
        assert_eq!(stage.values()["5"], "class");
    });
    shows(&["EditFields", "EditFields:keeps", "EditFields:clears"]);
}

#[test]
fn a_value_that_does_not_fit_its_field_is_refused() {
    with_both(true, |cast, stage| {
        let refused = |number: usize, value: Value, code: &str| {
            cast.refuses(&stage.tracker, &cast.bob, stage.edit(number, value), code);
        };
        refused(1, json!(7), "wrong-field-value");
        refused(1, json!("x".repeat(1001)), "wrong-field-value");
        refused(2, json!(1.5), "wrong-field-value");
        refused(2, json!("7"), "wrong-field-value");
        refused(3, json!("7"), "wrong-field-value");
        refused(4, json!("true"), "wrong-field-value");
        refused(5, json!(false), "wrong-field-value");
        refused(6, json!("high"), "not-of-the-provider");
        refused(6, json!(7), "wrong-field-value");
        refused(6, json!(stage.value(3)), "not-of-the-provider");
        refused(6, json!(stage.field(1)), "not-of-the-provider");
        refused(7, json!("x"), "not-of-the-provider");
        let mut many = stage.edit(1, json!("x"));
        many["object"]["customFields"] = (0..51).map(|_| many["object"]["customFields"][0].clone()).collect();
        let act = cast.bob.does(many);
        assert_eq!(cast.world.ended(&stage.tracker, &act), "done", "the same field has one value");
        assert_eq!(stage.values(), json!({"1": {"text": "x"}}));
    });
    shows(&["EditFields/wrong-field-value"]);
}

#[test]
fn only_who_triages_sets_values_and_only_of_the_workflow_in_use() {
    with_both(false, |cast, stage| {
        let (bob, olga, alice, tracker) = (&cast.bob, &cast.olga, &cast.alice, &stage.tracker);
        cast.refuses(tracker, bob, stage.edit(1, json!("x")), "no-workflow");
        cast.tie((bob, &stage.workflow), (olga, tracker), "visit");
        olga.lets_in(alice, tracker, "report");
        let by_author =
            |grant: &ActId| client::edit_fields(tracker, &stage.ticket, &[(&stage.field(1), json!("x"))], Some(grant));
        cast.refuses(tracker, alice, by_author(&alice.permit(tracker)), "role-too-small at step 17");
        let mut both = stage.edit(1, json!("x"));
        both["object"]["summary"] = json!("New title");
        cast.refuses(tracker, bob, both, "not-editable");
        let mut none = stage.edit(1, json!("x"));
        none["object"]["customFields"] = json!([]);
        cast.refuses(tracker, bob, none, "nothing-to-edit");
        let mut note = stage.edit(1, json!("x"));
        note["object"]["customFields"][0]["type"] = json!("Note");
        cast.refuses(tracker, bob, note, "malformed");
        let other = cast.world.make(olga, &cast.factory, "Workflow", "other");
        let mine = client::make_field(&other, ("x", "", None), "fieldTypeText", None, &olga.permit(&other));
        let mine = olga.result(&olga.does(mine));
        let stray = client::edit_fields(tracker, &stage.ticket, &[(&mine, json!("x"))], Some(&bob.permit(tracker)));
        cast.refuses(tracker, bob, stray, "not-of-the-provider");
        // Of the workflow that is no longer used nothing is left by the next change.
        bob.does(stage.edit(1, json!("old")));
        olga.does(client::detach(tracker, "trackerWorkflow", &stage.workflow, &olga.permit(tracker)));
        cast.refuses(tracker, bob, stage.edit(1, json!("x")), "no-workflow");
        cast.tie((olga, &other), (olga, tracker), "visit");
        bob.does(client::edit_fields(tracker, &stage.ticket, &[(&mine, json!("new"))], Some(&bob.permit(tracker))));
        let row = cast.world.rows(tracker.as_str(), "tickets").remove(0).1;
        assert_eq!((row["fields"].as_array().unwrap().len(), &row["fields"][0]["field"]), (1, &json!(mine)));
    });
    shows(&["EditFields/authority", "EditFields/not-of-the-provider"]);
}

/// Ours: who may set values of a ticket may do so while opening it, and nobody else.
#[test]
fn a_ticket_is_opened_with_values_by_who_may_set_them() {
    with_both(true, |cast, stage| {
        let offer = |by: &Somebody, value: Value| {
            let mut offer = stage.offer(by);
            offer["object"]["customFields"] =
                json!([{"type": "FieldValue", "context": stage.field(2), "fieldValue": value}]);
            offer
        };
        let opened = cast.bob.result(&cast.bob.does(offer(&cast.bob, json!(7))));
        assert_eq!(opened, format!("{}/tickets/2", stage.tracker));
        let row = cast.world.rows(stage.tracker.as_str(), "tickets").remove(1).1;
        assert_eq!(row["fields"][0]["value"], json!({"integer": 7}));
        cast.refuses(&stage.tracker, &cast.bob, offer(&cast.bob, json!("7")), "wrong-field-value");
        cast.refuses(&stage.tracker, &cast.alice, offer(&cast.alice, json!(7)), "no-capability at step 3");
    });
}

/// Ours: what is deleted at the workflow goes from the tickets, when the workflow itself has said so.
#[test]
fn a_field_that_is_deleted_is_gone_from_the_tickets_and_the_others_stay() {
    with_both(true, |cast, stage| {
        let (bob, alice, tracker) = (&cast.bob, &cast.alice, &stage.tracker);
        bob.does(stage.edit(1, json!("x")));
        bob.does(stage.edit(2, json!(7)));
        let theirs = bob.permit(&stage.workflow);
        let before = stage.values();
        bob.does(client::delete_part(&stage.workflow, &format!("{}/fields/4", stage.workflow), &theirs));
        assert_eq!(stage.values(), before, "no ticket has had that one");
        let deleted = bob.does(client::delete_part(&stage.workflow, &stage.field(1), &theirs));
        assert_eq!(stage.values(), json!({"2": {"integer": 7}}));
        cast.refuses(tracker, alice, client::accept(&deleted, &[tracker]), "not-the-workflow");
        assert_eq!(stage.values(), json!({"2": {"integer": 7}}));
    });
}

/// Ours: a value that its enumeration loses goes from the tickets that have it; who leaves a team of the workflow takes nothing along.
#[test]
fn a_value_that_is_removed_is_gone_from_the_tickets_and_the_others_stay() {
    with_both(true, |cast, stage| {
        let (bob, alice, tracker) = (&cast.bob, &cast.alice, &stage.tracker);
        bob.does(stage.edit(6, json!(stage.value(2))));
        bob.does(stage.edit(2, json!(7)));
        let before = stage.values();
        assert_eq!(before["6"]["enum"]["name"], "high");
        let theirs = bob.permit(&stage.workflow);
        let levels = format!("{}/enums/1", stage.workflow);
        bob.does(client::remove_value(&stage.workflow, &levels, &stage.value(1), &theirs));
        assert_eq!(stage.values(), before, "the ticket has the other one");
        let removed = bob.does(client::remove_value(&stage.workflow, &levels, &stage.value(2), &theirs));
        assert_eq!(stage.values(), json!({"2": {"integer": 7}}));
        cast.refuses(tracker, alice, client::accept(&removed, &[tracker]), "not-the-workflow");
        assert_eq!(stage.values(), json!({"2": {"integer": 7}}));
    });
}

/// All tickets are looked through, so many a turn.
#[test]
fn a_field_that_is_deleted_is_gone_from_however_many_tickets_there_are() {
    let cast = Cast::new(1, super::Place::One);
    let stage = Stage::new(&cast, "TicketTracker");
    cast.tie((&cast.bob, &stage.workflow), (&cast.olga, &stage.tracker), "visit");
    let bob = &cast.bob;
    for _ in 0..=SWEPT_FIELDS_MAX {
        let mut offer = stage.offer(bob);
        offer["object"]["customFields"] = json!([{"type": "FieldValue", "context": stage.field(2), "fieldValue": 7}]);
        bob.does(offer);
    }
    let have = || {
        let rows = cast.world.rows(stage.tracker.as_str(), "tickets");
        rows.iter().filter(|(_, ticket)| !ticket["fields"].is_null()).count()
    };
    assert_eq!(have(), SWEPT_FIELDS_MAX + 1);
    let goes_on = ForgetField { workflow: stage.workflow.clone(), field: stage.field(2), after: 0 };
    let refused = cast.world.call::<TicketTracker>(&stage.tracker, bob, goes_on);
    assert!(matches!(refused, Outcome::Refused(why) if why.code == "not-itself"));
    assert_eq!(have(), SWEPT_FIELDS_MAX + 1);
    bob.does(client::delete_part(&stage.workflow, &stage.field(2), &bob.permit(&stage.workflow)));
    assert_eq!(have(), 0);
}
