//! What may be asked about a tracker of patches, beyond what all trackers show.

use crate::access::view::may_see;
use crate::patch_tracker::PatchTracker;
use pritchel_actor::{ActorId, Halt, Header, Look, View};

/// The tracker itself.
#[derive(Clone, Debug)]
pub struct ViewPatchTracker {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<PatchTracker> for ViewPatchTracker {
    type Answer = PatchTracker;

    fn look(&self, tracker: &PatchTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<PatchTracker, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        Ok(tracker.clone())
    }
}
