//! Release tracker: says what of the repositories it serves is released, and under which tag.
//! - [`open_release`], [`edit_release`], [`delete_release`]: the life of a release, one method a file;
//!   [`forget_release`]: what hung on one that is deleted goes, a bounded number of rows a turn
//! - [`add_milestone`], [`remove_milestone`], [`milestone_deletion`], [`milestone_gone`], [`forget_milestone`]: which milestones of
//!   the tracker's roadmap it brings
//! - [`release`], [`tag`], [`asset`]: what is kept; [`wire`]: activities and documents; [`view`]: what may be asked
//!
//! Comments on a release are [what comments on tickets are](crate::ticket_tracker::Comment). Which repositories it serves is
//! said by its [ties](crate::tie::TieKind::Releases) and by nothing else. The archives of a release are git's, and made when
//! they are asked for: the actor knows only where.
//!
//! Source: ForgeFed, "Actor Interface and Behavior", ReleaseTracker; "Releases".

pub mod add_milestone;
pub mod asset;
pub mod delete_release;
pub mod edit_release;
pub mod forget_milestone;
pub mod forget_release;
pub mod milestone_deletion;
pub mod milestone_gone;
pub mod open_release;
pub mod release;
pub mod remove_milestone;
pub mod tag;
pub mod view;
pub mod wire;

pub use add_milestone::AddMilestone;
pub use asset::Asset;
pub use delete_release::DeleteRelease;
pub use edit_release::EditRelease;
pub use forget_milestone::ForgetMilestone;
pub use forget_release::ForgetRelease;
pub use milestone_deletion::MilestoneDeletion;
pub use milestone_gone::MilestoneGone;
pub use open_release::OpenRelease;
pub use release::{Release, ReleaseNo};
pub use remove_milestone::RemoveMilestone;
pub use tag::Tag;

use crate::access::Role;
use crate::common::resource::{followers, inhabited};
use crate::common::{Resource, ResourceActor};
use crate::link::End;
use crate::release_tracker::release::RELEASES;
use crate::ticket_tracker::discussed::Discussed;
use crate::ticket_tracker::{Comment, DeleteComment, EditComment};
use pritchel_actor::{Group, Halt, Turn};
use serde::{Deserialize, Serialize};

/// A tracker of releases. Its releases are rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseTracker {
    /// What all resources share.
    pub resource: Resource,
    /// The number of the last release. A number is used once, even when its release is deleted.
    pub last: ReleaseNo,
    /// How many releases there are.
    pub releases: u64,
}

impl ReleaseTracker {
    /// A tracker without releases.
    pub fn new(resource: Resource) -> Self {
        Self { resource, last: 0, releases: 0 }
    }
}

impl ResourceActor for ReleaseTracker {
    const TYPE: &'static str = "ReleaseTracker";
    const ENDS: &'static [End] = End::COMPONENT;
    const EDITED_BY: Role = Role::Admin;
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

impl Discussed for ReleaseTracker {
    fn next_comment(turn: &mut Turn<'_>, topic: u64) -> Result<u64, Halt> {
        let mut release = release::release(turn, topic)?;
        let place = release.comments;
        release.comments += 1;
        RELEASES.put(turn, &topic, &release);
        Ok(place)
    }
    fn hearers(&self, turn: &mut Turn<'_>, topic: u64) -> Result<Vec<Group>, Halt> {
        release::release(turn, topic)?;
        Ok(inhabited([(followers(), self.resource.followers)]))
    }
}

crate::gate::resource_actor! { ReleaseTracker: ReleaseTrackerCall, schema 1, gate wire::gate, {
    OpenRelease       wire "Offer",  "write",  AcceptWithResult;
    EditRelease       wire "Edit",   "write",  Accept;
    DeleteRelease     wire "Delete", "write",  Accept;
    AddMilestone      wire "Add",    "write",  Accept;
    RemoveMilestone   wire "Remove", "write",  Accept;
    Comment           wire "Create", "report", Told;
    EditComment       wire "Edit",   "author", Told;
    DeleteComment     wire "Delete", "author or maintain", Told;
    MilestoneDeletion wire "Delete", "",       Told;
    MilestoneGone     wire "Accept", "the roadmap", Told;
    ForgetMilestone   private,       "the tracker", Told;
    ForgetRelease     private,       "the tracker", Told;
}}
