//! A workflow's own methods as activities.
//! - [`read`]: their parts; [`documents`]: what a workflow shows

pub mod documents;
pub mod read;

use crate::gate::{self, malformed, one};
use crate::limits::ENUM_VALUES_MAX;
use crate::workflow::enumeration::{enum_no, value_no, values_of};
use crate::workflow::field::field_no;
use crate::workflow::place::Places;
use crate::workflow::wire::read::{color, edited_color, edited_summary, name, others, summary};
use crate::workflow::{
    AddValue, DeleteEnum, DeleteField, EditEnum, EditField, EditValue, FieldKind, MakeEnum, MakeField, MoveField,
    MoveValue, RemoveValue, Workflow, WorkflowCall,
};
use pritchel_actor::{Act, ActorId, Halt, Look, Verdict};
use pritchel_vocab::{Activity, ActivityType, Obj, Thing};

/// Finds what only a workflow is asked.
pub fn gate(
    _workflow: &Workflow,
    activity: &Activity,
    _act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<WorkflowCall>, Halt> {
    let me = look.me().clone();
    let call: Option<WorkflowCall> = match &activity.kind {
        ActivityType::Offer => offer(activity, &me)?,
        ActivityType::Edit | ActivityType::Update => edit(activity, &me)?,
        ActivityType::Delete => match delete(activity, &me)? {
            Some(call) => Some(call),
            // Servers tell everybody of whatever they delete.
            None => return Ok(Verdict::Note),
        },
        ActivityType::Add => add(activity, look)?,
        ActivityType::Remove => remove(activity, &me),
        ActivityType::Move => moved(activity, &me)?,
        _ => None,
    };
    Ok(call.map_or_else(|| gate::unsupported::<Workflow>(activity), Verdict::Call))
}

fn object(activity: &Activity) -> Option<Obj<'_>> {
    activity.object.first().and_then(Thing::obj)
}

fn offer(activity: &Activity, me: &ActorId) -> Result<Option<WorkflowCall>, Halt> {
    let target = activity.target.as_ref().and_then(Thing::uri).is_some_and(|uri| uri.as_str() == me.as_str());
    let Some(object) = object(activity).filter(|_| target) else { return Ok(None) };
    if !object.is("Enum") && !object.is("Field") {
        return Ok(None);
    }
    if object.uri("context").map_err(malformed)?.is_some_and(|context| context.as_str() != me.as_str()) {
        return Err(malformed(format!("the `context` is another than {me}")));
    }
    let id = object.id().map_err(malformed)?.map(|id| id.as_str().to_owned());
    let (name, summary) = (name(&object)?, summary(&object)?);
    if object.is("Field") {
        let (kind, color) = (kind(&object, me)?, color(&object, "fieldColor")?);
        return Ok(Some(MakeField { name, summary, kind, color, id }.into()));
    }
    let ordered = object.flag("enumIsOrdered").map_err(malformed)?;
    let ordered = ordered.ok_or_else(|| malformed("expected true or false as `enumIsOrdered`"))?;
    Ok(Some(MakeEnum { name, summary, ordered, values: values(&object)?, id }.into()))
}

/// The values of a new enumeration. One more is read than there may be, so that it is the method that refuses.
fn values(object: &Obj<'_>) -> Result<Vec<crate::workflow::enumeration::NewValue>, Halt> {
    let collection = object.one("enumValues").map_err(malformed)?;
    let Some(collection) = collection else { return Ok(Vec::new()) };
    let wanted = || malformed("expected an OrderedCollection with its items as `enumValues`");
    let items = collection.obj().ok_or_else(wanted)?.items().map_err(malformed)?;
    let values = items.iter().take(ENUM_VALUES_MAX + 1);
    values.map(|item| read::value(item.obj().ok_or_else(|| malformed("expected an EnumValue"))?)).collect()
}

fn kind(object: &Obj<'_>, me: &ActorId) -> Result<FieldKind, Halt> {
    let word = object.words("fieldType").map_err(malformed)?.first().copied().unwrap_or_default();
    Ok(match word {
        "fieldTypeText" => FieldKind::Text,
        "fieldTypeInteger" => FieldKind::Integer,
        "fieldTypeRational" => FieldKind::Rational,
        "fieldTypeBoolean" => FieldKind::Boolean,
        "fieldTypeClass" => FieldKind::Class,
        "fieldTypeEnum" => {
            let of = object.uri("instrument").map_err(malformed)?;
            let of = of.and_then(|uri| enum_no(me, uri.as_str()));
            FieldKind::Enum(of.ok_or_else(|| malformed(format!("expected an Enum of {me} as `instrument`")))?)
        }
        other => return Err(malformed(format!("expected one of the field types as `fieldType`, found {other:?}"))),
    })
}

fn edit(activity: &Activity, me: &ActorId) -> Result<Option<WorkflowCall>, Halt> {
    let (Some(id), Some(object)) = (one(activity), object(activity)) else { return Ok(None) };
    let (name, summary) = (gate::line(&object, "name"), edited_summary(&object));
    if let Some(number) = field_no(me, id.as_str()) {
        let others = others(&object, &["name", "summary", "fieldColor"]);
        let color = edited_color(&object, "fieldColor")?;
        return Ok(Some(EditField { number, name: name?, summary: summary?, color, others }.into()));
    }
    if let Some((of, value)) = value_no(me, id.as_str()) {
        let others = others(&object, &["name", "summary", "enumValueColor"]);
        let color = edited_color(&object, "enumValueColor")?;
        return Ok(Some(EditValue { of, value, name: name?, summary: summary?, color, others }.into()));
    }
    let Some(number) = enum_no(me, id.as_str()) else { return Ok(None) };
    let others = others(&object, &["name", "summary", "enumIsOrdered"]);
    let ordered = object.flag("enumIsOrdered").map_err(malformed)?;
    Ok(Some(EditEnum { number, name: name?, summary: summary?, ordered, others }.into()))
}

fn delete(activity: &Activity, me: &ActorId) -> Result<Option<WorkflowCall>, Halt> {
    let Some(id) = one(activity) else { return Ok(None) };
    let call: Option<WorkflowCall> = match (enum_no(me, id.as_str()), field_no(me, id.as_str())) {
        (Some(number), _) => Some(DeleteEnum { number }.into()),
        (_, Some(number)) => Some(DeleteField { number }.into()),
        _ => None,
    };
    let origin = activity.origin.as_ref().and_then(Thing::uri);
    if call.is_some() && origin.is_some_and(|origin| origin.as_str() != me.as_str()) {
        return Err(malformed(format!("the `origin` is another than {me}")));
    }
    Ok(call)
}

fn add(activity: &Activity, look: &mut Look<'_, '_>) -> Result<Option<WorkflowCall>, Halt> {
    let me = &look.me().clone();
    let of = activity.target.as_ref().and_then(Thing::uri).and_then(|uri| values_of(me, uri.as_str()));
    let Some(of) = of else { return Ok(None) };
    look.reads_for("AddValue");
    let Some(object) = object(activity) else {
        return Err(malformed("expected an EnumValue, written out, as `object`"));
    };
    let id = object.id().map_err(malformed)?.map(|id| id.as_str().to_owned());
    Ok(Some(AddValue { of, value: read::value(&object)?, id }.into()))
}

fn remove(activity: &Activity, me: &ActorId) -> Option<WorkflowCall> {
    let from = values_of(me, activity.origin.as_ref()?.uri()?.as_str())?;
    let (of, value) = value_no(me, one(activity)?.as_str())?;
    (from == of).then(|| RemoveValue { of, value }.into())
}

fn moved(activity: &Activity, me: &ActorId) -> Result<Option<WorkflowCall>, Halt> {
    let Some(id) = one(activity) else { return Ok(None) };
    let (value, field) = (value_no(me, id.as_str()), field_no(me, id.as_str()));
    if value.is_none() && field.is_none() {
        return Ok(None);
    }
    let document = activity.document.obj();
    let count = |term| document.count(term).map_err(malformed);
    let places = Places {
        from: count("originPosition")?,
        after: count("targetPositionAfter")?.ok_or_else(|| {
            malformed("expected a place, counted from 1 or 0 for the front, as `targetPositionAfter`")
        })?,
        target: activity.target.as_ref().and_then(Thing::uri).map(|uri| uri.as_str().to_owned()),
    };
    Ok(match (value, field) {
        (Some((of, value)), _) => Some(MoveValue { of, value, places }.into()),
        (_, Some(number)) => Some(MoveField { number, places }.into()),
        _ => None,
    })
}
