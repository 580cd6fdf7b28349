//! A team's own methods as activities.

use crate::access::Role;
use crate::gate::{self, names};
use crate::team::{EditFilter, Team, TeamCall};
use pritchel_actor::{Act, Halt, Look, Value, Verdict};
use pritchel_vocab::{Activity, ActivityType};
use std::collections::BTreeMap;

/// Finds what only a team is asked.
pub fn gate(_team: &Team, activity: &Activity, _act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<TeamCall>, Halt> {
    let me = look.me().clone();
    match &activity.kind {
        ActivityType::Edit if names(&activity.object, &me) => Ok(Verdict::Call(filter(activity)?.into())),
        _ => Ok(gate::unsupported::<Team>(activity)),
    }
}

/// Source: ForgeFed, "roleFilter": an object whose keys are types, whose values are roles or null.
fn filter(activity: &Activity) -> Result<EditFilter, Halt> {
    let object = activity.object.first().and_then(|thing| thing.obj());
    let Some(Value::Object(types)) = object.and_then(|object| object.get("roleFilter").cloned()) else {
        return Err(gate::malformed("expected `roleFilter` to be an object of types and roles"));
    };
    let mut filter = BTreeMap::new();
    for (name, role) in types {
        let role = match &role {
            Value::Null => None,
            Value::String(word) => Some(Role::from_word(word).ok_or_else(|| {
                gate::malformed(format!("expected one of {:?} or null for {name:?}, found {word:?}", Role::ALL))
            })?),
            other => return Err(gate::malformed(format!("expected a role or null for {name:?}, found {other}"))),
        };
        filter.insert(name, role);
    }
    Ok(EditFilter { filter })
}
