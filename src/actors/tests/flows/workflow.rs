//! FL-66 to FL-69 and the rows of a workflow's parts in FL-79: enumerations, their values and fields are made, edited, moved and
//! deleted by who maintains the workflow.

use super::{Cast, everywhere};
use crate::status::shows;
use crate::world::cast::Somebody;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::person::rows::SentState;
use serde_json::{Value, json};

/// A workflow of olga's, and alice who maintains it.
fn workflow(cast: &Cast) -> ActorId {
    let workflow = cast.world.make(&cast.olga, &cast.factory, "Workflow", "steps");
    cast.olga.lets_in(&cast.alice, &workflow, "maintain");
    cast.olga.lets_in(&cast.bob, &workflow, "write");
    workflow
}

const LEVELS: [(&str, Option<&str>); 3] = [("low", None), ("middle", Some("#ffFF00")), ("high", Some("#ff0000"))];

fn levels(who: &Somebody, workflow: &ActorId, ordered: bool) -> Value {
    client::make_enum(workflow, ("Level", "How <bad>"), ordered, &LEVELS, &who.permit(workflow))
}

fn kept(cast: &Cast, workflow: &ActorId, table: &str) -> Value {
    cast.world.rows(workflow.as_str(), table).pop().unwrap().1
}

fn names(cast: &Cast, workflow: &ActorId) -> Vec<String> {
    let values = kept(cast, workflow, "enums")["values"].clone();
    values.as_array().unwrap().iter().map(|value| value["name"].as_str().unwrap().to_owned()).collect()
}

fn changed(mut activity: Value, terms: Value) -> Value {
    for (term, value) in terms.as_object().unwrap() {
        activity["object"][term] = value.clone();
    }
    activity
}

/// The workflow has said that it did it.
fn settled(who: &Somebody, act: &ActId) {
    assert!(matches!(who.sent(act).state, SentState::Done { .. }), "{:?}", who.sent(act));
}

/// FL-66.
#[test]
fn who_maintains_a_workflow_makes_an_enumeration() {
    everywhere(|cast| {
        let (alice, bob, workflow) = (&cast.alice, &cast.bob, workflow(cast));
        let offer = alice.does(levels(alice, &workflow, true));
        assert_eq!(alice.result(&offer), format!("{workflow}/enums/1"));
        let shown = kept(cast, &workflow, "enums");
        assert_eq!((&shown["name"], &shown["summary"]), (&json!("Level"), &json!("How <bad>")));
        assert_eq!((&shown["values"][1]["color"], &shown["values"][2]["number"]), (&json!("#ffff00"), &json!(3)));
        let good = || levels(alice, &workflow, true);
        cast.refuses(&workflow, bob, levels(bob, &workflow, true), "role-too-small at step 17");
        cast.refuses(&workflow, alice, good(), "name-taken");
        let refused = |terms: Value, code: &str| {
            let mut terms = terms;
            terms["name"].is_null().then(|| terms["name"] = json!("Other"));
            cast.refuses(&workflow, alice, changed(good(), terms), code);
        };
        refused(json!({"id": format!("{workflow}/enums/9")}), "has-an-id");
        refused(json!({"name": ""}), "malformed");
        refused(json!({"enumIsOrdered": "yes"}), "malformed");
        refused(json!({"context": cast.tracker}), "malformed");
        let values = |values: Value| json!({"enumValues": {"type": "OrderedCollection", "orderedItems": values}});
        let value = |name: &str| json!({"type": "EnumValue", "name": name});
        refused(values(json!([value("a"), value("a")])), "name-taken");
        refused(values(json!([{"type": "EnumValue", "name": "a", "enumValueColor": "red"}])), "malformed");
        refused(values(json!([{"type": "Note", "name": "a"}])), "malformed");
        refused(values((0..101).map(|n| value(&n.to_string())).collect()), "too-many-values");
    });
    shows(&["MakeEnum", "MakeEnum:keeps", "MakeEnum:answers", "MakeEnum/authority"]);
}

/// FL-67: while a field takes its values from it, an enumeration stays.
#[test]
fn an_enumeration_is_deleted_only_when_no_field_uses_it() {
    everywhere(|cast| {
        let (alice, bob, workflow) = (&cast.alice, &cast.bob, workflow(cast));
        let (may, may_not) = (alice.permit(&workflow), bob.permit(&workflow));
        let level = alice.result(&alice.does(levels(alice, &workflow, true)));
        let field = ("Severity", "", None);
        let field = client::make_field(&workflow, field, "fieldTypeEnum", Some(&level), &may);
        let field = alice.result(&alice.does(field));
        assert_eq!(kept(cast, &workflow, "fields")["kind"], json!({"enum": 1}));
        let delete = |part: &str, grant: &ActId| client::delete_part(&workflow, part, grant);
        cast.refuses(&workflow, alice, delete(&level, &may), "enum-in-use");
        cast.refuses(&workflow, bob, delete(&field, &may_not), "role-too-small at step 17");
        let mut elsewhere = delete(&field, &may);
        elsewhere["origin"] = json!(cast.tracker);
        cast.refuses(&workflow, alice, elsewhere, "malformed");
        let deleted = alice.does(delete(&field, &may));
        settled(alice, &deleted);
        assert_eq!(cast.world.rows(workflow.as_str(), "fields"), []);
        cast.refuses(&workflow, bob, delete(&level, &may_not), "role-too-small at step 17");
        settled(alice, &alice.does(delete(&level, &may)));
        assert_eq!(cast.world.rows(workflow.as_str(), "enums"), []);
        cast.refuses(&workflow, alice, delete(&level, &may), "no-such-enum");
        cast.refuses(&workflow, alice, delete(&field, &may), "no-such-field");
        let next = alice.result(&alice.does(levels(alice, &workflow, true)));
        assert_eq!(next, format!("{workflow}/enums/2"), "a number is used once");
    });
    shows(&[
        "DeleteEnum",
        "DeleteEnum/enum-in-use",
        "DeleteEnum/authority",
        "DeleteEnum:ends",
        "DeleteEnum:answers",
        "DeleteField",
        "DeleteField/authority",
        "DeleteField:ends",
        "DeleteField:answers",
    ]);
}

/// FL-68; protocol decisions F-26 and F-27.
#[test]
fn values_are_added_edited_moved_and_removed() {
    everywhere(|cast| {
        let (alice, bob, workflow) = (&cast.alice, &cast.bob, workflow(cast));
        let (may, may_not) = (alice.permit(&workflow), bob.permit(&workflow));
        let level = alice.result(&alice.does(levels(alice, &workflow, true)));
        let add = |name: &str, grant: &ActId| client::add_value(&workflow, &level, (name, "", None), grant);
        let worst = alice.does(add("worst", &may));
        let worst = alice.result(&worst);
        assert_eq!(worst, format!("{level}/values/4"));
        cast.refuses(&workflow, bob, add("x", &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, add("low", &may), "name-taken");
        cast.refuses(&workflow, alice, changed(add("x", &may), json!({"type": "Note"})), "malformed");
        let (_, refused) = cast.world.rows(workflow.as_str(), "~inbox").pop().unwrap();
        assert_eq!(refused["ended"]["refused"]["why"]["against"], json!(["wf-beh-add/5.2"]), "no call was made of it");
        let other = client::add_value(&workflow, &format!("{workflow}/enums/7"), ("x", "", None), &may);
        cast.refuses(&workflow, alice, other, "no-such-enum");

        let shift = |after: u64, grant: &ActId| client::move_part(&workflow, &worst, after, grant);
        settled(alice, &alice.does(shift(0, &may)));
        assert_eq!(names(cast, &workflow), ["worst", "low", "middle", "high"]);
        cast.refuses(&workflow, bob, shift(1, &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, shift(5, &may), "wrong-place");
        let mut from = shift(2, &may);
        from["originPosition"] = json!(3);
        cast.refuses(&workflow, alice, from, "wrong-place");
        let mut target = shift(2, &may);
        target["target"] = json!(format!("{level}/values/3"));
        cast.refuses(&workflow, alice, target, "wrong-place");
        let mut right = shift(2, &may);
        (right["originPosition"], right["target"]) = (json!(1), json!(format!("{level}/values/1")));
        alice.does(right);
        assert_eq!(names(cast, &workflow), ["low", "worst", "middle", "high"]);

        let edit = |terms: Value, grant: &ActId| client::edit_part(&workflow, &worst, terms, grant);
        alice.does(edit(json!({"name": "worst of all", "enumValueColor": "#000000"}), &may));
        let value = kept(cast, &workflow, "enums")["values"][1].clone();
        assert_eq!((&value["name"], &value["color"]), (&json!("worst of all"), &json!("#000000")));
        alice.does(edit(json!({"enumValueColor": null}), &may));
        assert_eq!(kept(cast, &workflow, "enums")["values"][1]["color"], Value::Null);
        cast.refuses(&workflow, bob, edit(json!({"name": "x"}), &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, edit(json!({"name": "low"}), &may), "name-taken");
        cast.refuses(&workflow, alice, edit(json!({"enumValueColor": "#12"}), &may), "malformed");
        cast.refuses(&workflow, alice, edit(json!({"published": "now"}), &may), "not-editable");
        cast.refuses(&workflow, alice, edit(json!({}), &may), "nothing-to-edit");

        let remove = |grant: &ActId| client::remove_value(&workflow, &level, &worst, grant);
        cast.refuses(&workflow, bob, remove(&may_not), "role-too-small at step 17");
        let removed = alice.does(remove(&may));
        settled(alice, &removed);
        assert_eq!(names(cast, &workflow), ["low", "middle", "high"]);
        cast.refuses(&workflow, alice, remove(&may), "no-such-value");
    });
    shows(&[
        "AddValue",
        "AddValue/authority",
        "AddValue/malformed",
        "AddValue:keeps",
        "AddValue:answers",
        "MoveValue",
        "MoveValue/authority",
        "MoveValue/wrong-place",
        "MoveValue:keeps",
        "MoveValue:answers",
        "EditValue",
        "EditValue/authority",
        "EditValue:keeps",
        "RemoveValue",
        "RemoveValue/authority",
        "RemoveValue/no-such-value",
        "RemoveValue:keeps",
        "RemoveValue:answers",
    ]);
}

/// ForgeFed, "Editing an Object", Enum: without an order the values stand as they were made.
#[test]
fn an_enumeration_is_edited_and_loses_its_order() {
    everywhere(|cast| {
        let (alice, bob, workflow) = (&cast.alice, &cast.bob, workflow(cast));
        let (may, may_not) = (alice.permit(&workflow), bob.permit(&workflow));
        let level = alice.result(&alice.does(levels(alice, &workflow, true)));
        let high = client::move_part(&workflow, &format!("{level}/values/3"), 0, &may);
        alice.does(high.clone());
        assert_eq!(names(cast, &workflow), ["high", "low", "middle"]);
        let edit = |terms: Value, grant: &ActId| client::edit_part(&workflow, &level, terms, grant);
        alice.does(edit(json!({"name": "Grade", "enumIsOrdered": false}), &may));
        assert_eq!(names(cast, &workflow), ["low", "middle", "high"]);
        assert_eq!(kept(cast, &workflow, "enums")["summary"], "How <bad>", "what is not named stays");
        cast.refuses(&workflow, alice, high, "not-ordered");
        cast.refuses(&workflow, bob, edit(json!({"name": "x"}), &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, edit(json!({"enumValues": []}), &may), "not-editable");
        alice.does(levels(alice, &workflow, true));
        cast.refuses(&workflow, alice, edit(json!({"name": "Level"}), &may), "name-taken");
        let named = client::edit_resource(&workflow, "Steps", "", &may);
        cast.refuses(&workflow, alice, named, "role-too-small at step 17");
    });
    shows(&["EditEnum", "EditEnum/authority", "EditEnum:keeps", "MoveValue/not-ordered"]);
}

/// FL-69.
#[test]
fn fields_are_made_edited_and_moved() {
    everywhere(|cast| {
        let (alice, bob, workflow) = (&cast.alice, &cast.bob, workflow(cast));
        let (may, may_not) = (alice.permit(&workflow), bob.permit(&workflow));
        let make = |name: &str, kind: &str, grant: &ActId| {
            client::make_field(&workflow, (name, "", Some("#0000ff")), kind, None, grant)
        };
        let kinds = ["fieldTypeText", "fieldTypeInteger", "fieldTypeRational", "fieldTypeBoolean", "fieldTypeClass"];
        for (number, kind) in kinds.iter().enumerate() {
            let made = alice.result(&alice.does(make(kind, kind, &may)));
            assert_eq!(made, format!("{workflow}/fields/{}", number + 1));
        }
        cast.refuses(&workflow, bob, make("x", "fieldTypeText", &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, make("fieldTypeText", "fieldTypeText", &may), "name-taken");
        cast.refuses(&workflow, alice, make("x", "fieldTypeDate", &may), "malformed");
        cast.refuses(&workflow, alice, make("x", "fieldTypeEnum", &may), "malformed");
        let of = format!("{workflow}/enums/3");
        let of_none = client::make_field(&workflow, ("x", "", None), "fieldTypeEnum", Some(&of), &may);
        cast.refuses(&workflow, alice, of_none, "no-such-enum");

        let text = format!("{workflow}/fields/1");
        let edit = |terms: Value, grant: &ActId| client::edit_part(&workflow, &text, terms, grant);
        alice.does(edit(json!({"name": "Browser", "summary": "Which &amp; what", "fieldColor": null}), &may));
        let shown = cast.world.rows(workflow.as_str(), "fields").remove(0).1;
        assert_eq!((&shown["name"], &shown["summary"]), (&json!("Browser"), &json!("Which & what")));
        assert_eq!(shown["color"], Value::Null);
        cast.refuses(&workflow, bob, edit(json!({"name": "x"}), &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, edit(json!({"fieldType": "fieldTypeInteger"}), &may), "not-editable");
        cast.refuses(&workflow, alice, edit(json!({"name": "fieldTypeClass"}), &may), "name-taken");

        let shift = |after: u64, grant: &ActId| client::move_part(&workflow, &text, after, grant);
        settled(alice, &alice.does(shift(5, &may)));
        cast.refuses(&workflow, bob, shift(0, &may_not), "role-too-small at step 17");
        cast.refuses(&workflow, alice, shift(6, &may), "wrong-place");
        let mut nowhere = shift(0, &may);
        nowhere.as_object_mut().unwrap().remove("targetPositionAfter");
        cast.refuses(&workflow, alice, nowhere, "malformed");
        let state = cast.world.of(&workflow).concat();
        assert!(state.contains("\"order\":[2,3,4,5,1]"), "{state}");
    });
    shows(&[
        "MakeField",
        "MakeField/authority",
        "MakeField:keeps",
        "MakeField:answers",
        "EditField",
        "EditField/authority",
        "EditField:keeps",
        "MoveField",
        "MoveField/authority",
        "MoveField/wrong-place",
        "MoveField:keeps",
        "MoveField:answers",
    ]);
}
