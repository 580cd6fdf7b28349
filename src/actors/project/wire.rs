//! A project's own methods as activities.

use crate::common::{Like, Unlike};
use crate::gate::{self, Undone, names};
use crate::project::{Project, ProjectCall, SetTracker};
use pritchel_actor::{Act, ActorId, Halt, Look, Verdict};
use pritchel_vocab::{Activity, ActivityType};

/// Finds what only a project is asked.
pub fn gate(
    _project: &Project,
    activity: &Activity,
    _act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<ProjectCall>, Halt> {
    let me = look.me().clone();
    let call: ProjectCall = match &activity.kind {
        ActivityType::Like if names(&activity.object, &me) => Like {}.into(),
        ActivityType::Undo => match gate::undone(activity, look)? {
            Undone::Early(id) => return Ok(Verdict::Early(id)),
            Undone::Activity(undone) if undone.kind == ActivityType::Like && names(&undone.object, &me) => {
                Unlike {}.into()
            }
            _ => return Ok(gate::unsupported::<Project>(activity)),
        },
        ActivityType::Edit if names(&activity.object, &me) => set_tracker(activity)?.into(),
        _ => return Ok(gate::unsupported::<Project>(activity)),
    };
    Ok(Verdict::Call(call))
}

fn set_tracker(activity: &Activity) -> Result<SetTracker, Halt> {
    let object = activity.object.first().and_then(|thing| thing.obj());
    let tracker = object.map(|object| object.uri("ticketsTrackedBy")).transpose().map_err(gate::malformed)?.flatten();
    Ok(SetTracker { tracker: tracker.map(|uri| ActorId::new(uri.as_str())) })
}
