//! A domain's methods as activities.

use crate::domain::{DomainCall, OpenFactory};
use crate::gate;
use pritchel_actor::{Act, Halt, Verdict};
use pritchel_vocab::ActivityType;

/// Finds what an act asks of a domain.
pub fn gate(act: &Act) -> Result<Verdict<DomainCall>, Halt> {
    let activity = gate::whole::activity(act)?;
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
