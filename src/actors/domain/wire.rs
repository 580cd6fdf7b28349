//! A domain's methods as activities.

use crate::common::wire::{Tell, publish};
use crate::domain::{BeReported, DomainCall, OpenFactory};
use crate::gate;
use crate::limits::REPORTED_MAX;
use pritchel_actor::{Act, ActId, ActorId, Halt, Turn, Verdict};
use pritchel_vocab::text::{escape, plain};
use pritchel_vocab::{Activity, ActivityType, Thing};
use serde_json::Value;

/// The type of a report.
const FLAG: &str = "Flag";

/// Finds what an act asks of a domain.
pub fn gate(act: &Act) -> Result<Verdict<DomainCall>, Halt> {
    let activity = gate::whole::activity(act)?;
    if matches!(&activity.kind, ActivityType::Other(kind) if kind == FLAG) {
        return Ok(Verdict::Call(reported(&activity).into()));
    }
    if activity.kind != ActivityType::Create || activity.origin.is_some() {
        return Ok(Verdict::Note);
    }
    let Some(object) = activity.object.first().and_then(|thing| thing.obj()).filter(|object| object.is("Factory"))
    else {
        return Ok(Verdict::Unsupported("expected a `Create` of a `Factory`".to_owned()));
    };
    let name = gate::line(&object, "name")?.ok_or_else(|| gate::malformed("expected a `Factory` with a `name`"))?;
    Ok(Verdict::Call(OpenFactory { name, summary: gate::html(&object, "summary")? }.into()))
}

/// What is reported, and why. Of a thing that is written out its address counts.
fn reported(activity: &Activity) -> BeReported {
    let address = |thing: &Thing| thing.uri().map(|uri| uri.as_str().to_owned());
    BeReported {
        objects: activity.object.iter().filter_map(address).take(REPORTED_MAX).collect(),
        text: activity.content.as_deref().map(plain).unwrap_or_default(),
    }
}

/// Tells the server of whoever is reported, as this server: not who reports.
pub fn tell_of_report(turn: &mut Turn<'_>, about: &ActorId, objects: &[String], text: &str) -> Result<ActId, Halt> {
    let mut named: Vec<Value> = vec![about.as_str().into()];
    named.extend(objects.iter().filter(|object| *object != about.as_str()).map(|object| Value::from(object.as_str())));
    publish(turn, ActivityType::Other(FLAG.into()), &Tell::to([about]), |draft| {
        draft.object(named).content(escape(text))
    })
}
