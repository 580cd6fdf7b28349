//! A patch tracker's own methods as activities.

use crate::gate::{malformed, names, one};
use crate::limits::REPOSITORIES_MAX;
use crate::patch_tracker::merge_request::{MergeMethod, read_branch};
use crate::patch_tracker::{Apply, PatchTracker, PatchTrackerCall, SetRepositories};
use crate::ticket_tracker::ticket::ticket_no;
use crate::ticket_tracker::wire as tickets;
use pritchel_actor::{Act, ActorId, Halt, Look, Verdict};
use pritchel_vocab::{Activity, ActivityType, Thing};

/// Finds what only a patch tracker is asked, and else what all trackers are.
pub fn gate(
    tracker: &PatchTracker,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<PatchTrackerCall>, Halt> {
    let me = look.me().clone();
    match &activity.kind {
        ActivityType::Edit if names(&activity.object, &me) => Ok(Verdict::Call(set_repositories(activity)?.into())),
        ActivityType::Apply => match apply(activity, &me)? {
            Some(call) => Ok(Verdict::Call(call.into())),
            None => tickets::gate(tracker, activity, act, look),
        },
        _ => tickets::gate(tracker, activity, act, look),
    }
}

fn set_repositories(activity: &Activity) -> Result<SetRepositories, Halt> {
    let object = activity.object.first().and_then(Thing::obj);
    let uris = object.map(|object| object.uris("tracksPatchesFor")).transpose().map_err(malformed)?.unwrap_or_default();
    // One more than the method allows, so that it is the method that refuses.
    let uris = uris.iter().take(REPOSITORIES_MAX + 1);
    Ok(SetRepositories { repositories: uris.map(|uri| ActorId::new(uri.as_str())).collect() })
}

fn apply(activity: &Activity, me: &ActorId) -> Result<Option<Apply>, Halt> {
    let Some(ticket) = one(activity).and_then(|id| ticket_no(me, id.as_str())) else { return Ok(None) };
    let Some(target) = &activity.target else {
        return Err(malformed("expected a repository, or a branch of one, as `target`"));
    };
    let written_out = target.obj().filter(|object| object.is("Branch"));
    let (repository, branch) = match (&written_out, target.uri()) {
        (Some(object), _) => {
            let branch = read_branch(object)?;
            (branch.repository, Some(branch.name))
        }
        (None, Some(uri)) => (ActorId::new(uri.as_str()), None),
        (None, None) => return Err(malformed("expected a repository, or a branch of one, as `target`")),
    };
    let method = match activity.instrument.as_ref().and_then(Thing::word) {
        None => MergeMethod::default(),
        Some(word) => MergeMethod::from_word(word).ok_or_else(|| {
            let words = MergeMethod::ALL.map(MergeMethod::as_str);
            malformed(format!("expected one of {words:?} as `instrument`, found {word:?}"))
        })?,
    };
    Ok(Some(Apply { ticket, repository, branch, method }))
}
