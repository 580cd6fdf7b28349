//! Ticket tracker: keeps tickets and decides, by the role a caller has proved, what may happen to them.
//! Plain data and plain functions: time, randomness and other actors are reached through the turn.
//! - [`open`], [`comment`], [`edit_comment`], [`delete_comment`], [`edit_ticket`], [`close`], [`reopen`],
//!   [`delete_ticket`]: the life of a ticket, one method a file
//! - [`assign`], [`assignment_accepted`], [`assignment_seconded`], [`assignment_refused`], [`unassign`], [`unassignment_accepted`]:
//!   whose it is
//! - [`add_dependency`], [`dependency_offered`], [`dependency_confirmed`], [`remove_dependency`],
//!   [`dependency_removal_seen`]: what it waits for
//! - [`edit_fields`], [`fields`], [`field_gone`]: what it has of the fields of the tracker's workflow; [`set_milestone`], [`milestone_deletion`], [`milestone_gone`],
//!   [`planned`]: for which milestone of the tracker's roadmap it is planned
//! - [`follow_ticket`], [`unfollow_ticket`], [`mentioned`]: who is told
//! - [`files`], [`take_file`]: what is attached to tickets and comments
//! - [`migrate`]: a tracker that began as a copy of one on another server
//! - [`forget_ticket`], [`forget_followers`], [`forget_follower`], [`forget_milestone`]: what is left behind goes, a bounded number of rows a turn
//! - [`tracks`]: what a tracker of patches shares with it; [`discussed`]: what a tracker of releases does; [`ticket`]: what is kept; [`wire`]: the same methods as activities; [`view`], [`find`]: what pages and collections show;
//!   [`list`], [`listed`], [`list_all`]: pages of tickets that fit, by the short form of each
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Ticket Tracker.

pub mod add_dependency;
pub mod assign;
pub mod assignment_accepted;
pub mod assignment_refused;
pub mod assignment_seconded;
pub mod close;
pub mod comment;
pub mod delete_comment;
pub mod delete_ticket;
pub mod dependency_confirmed;
pub mod dependency_offered;
pub mod dependency_removal_seen;
pub mod discussed;
pub mod edit_comment;
pub mod edit_fields;
pub mod edit_ticket;
pub mod field_gone;
pub mod fields;
pub mod files;
pub mod find;
pub mod follow_ticket;
pub mod forget_follower;
pub mod forget_followers;
pub mod forget_milestone;
pub mod forget_ticket;
pub mod list;
pub mod list_all;
pub mod listed;
pub mod mentioned;
pub mod migrate;
pub mod milestone_deletion;
pub mod milestone_gone;
pub mod open;
pub mod planned;
pub mod relations;
pub mod remove_dependency;
pub mod reopen;
pub mod set_milestone;
pub mod take_file;
pub mod ticket;
pub mod tracks;
pub mod unassign;
pub mod unassignment_accepted;
pub mod unfollow_ticket;
pub mod view;
pub mod wire;

pub use add_dependency::AddDependency;
pub use assign::Assign;
pub use assignment_accepted::AssignmentAccepted;
pub use assignment_refused::AssignmentRefused;
pub use assignment_seconded::AssignmentSeconded;
pub use close::Close;
pub use comment::Comment;
pub use delete_comment::DeleteComment;
pub use delete_ticket::DeleteTicket;
pub use dependency_confirmed::DependencyConfirmed;
pub use dependency_offered::DependencyOffered;
pub use dependency_removal_seen::DependencyRemovalSeen;
pub use edit_comment::EditComment;
pub use edit_fields::EditFields;
pub use edit_ticket::EditTicket;
pub use field_gone::{FieldGone, ForgetField};
pub use follow_ticket::FollowTicket;
pub use forget_follower::ForgetFollower;
pub use forget_followers::ForgetFollowers;
pub use forget_milestone::ForgetMilestone;
pub use forget_ticket::ForgetTicket;
pub use list_all::{ListAll, Listing};
pub use migrate::steer::{ResumeMigration, StopMigration};
pub use migrate::{BeginMigration, MigrateAgain, Migrated, Migration};
pub use milestone_deletion::MilestoneDeletion;
pub use milestone_gone::MilestoneGone;
pub use open::Open;
pub use relations::Unconfirmed;
pub use remove_dependency::RemoveDependency;
pub use reopen::Reopen;
pub use set_milestone::SetMilestone;
pub use take_file::TakeFile;
pub use tracks::Tracks;
pub use unassign::Unassign;
pub use unassignment_accepted::UnassignmentAccepted;
pub use unfollow_ticket::UnfollowTicket;

use crate::common::resource::{Visibility, drop_follower};
use crate::common::{Resource, ResourceActor};
use crate::link::End;
use crate::patch_tracker::merge_request::{MergeOffer, MergeRequest};
use pritchel_actor::{ActorId, Halt, Look, Refusal, Turn, Value};
use serde::{Deserialize, Serialize};

/// Number of a ticket in its tracker, counted from 1.
pub type TicketNo = u64;

/// A tracker, and everything it alone knows. State is small, it is written each turn; what grows is rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketTracker {
    /// What all resources share.
    pub resource: Resource,
    /// The number of the last ticket. A number is used once, even when its ticket is deleted.
    pub last: TicketNo,
    /// How many tickets are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// How many dependencies and assignments were ever made: their addresses are numbered.
    pub relations: u64,
    /// What it is a copy of, if it began as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<Box<Migration>>,
    /// What was told of dependants and waits for their trackers' word.
    #[serde(default, skip_serializing_if = "Unconfirmed::is_untouched")]
    pub unconfirmed: Unconfirmed,
    /// Whether all tickets have the short form that lists are made of.
    #[serde(default, skip_serializing_if = "Listing::is_not")]
    pub listing: Listing,
}

impl TicketTracker {
    /// A tracker without tickets.
    pub fn new(resource: Resource) -> Self {
        Self {
            resource,
            last: 0,
            open: 0,
            closed: 0,
            relations: 0,
            migration: None,
            unconfirmed: Unconfirmed::default(),
            listing: Listing::Whole,
        }
    }

    /// A number for a new dependency or assignment.
    pub(crate) fn relation(&mut self) -> u64 {
        self.relations += 1;
        self.relations
    }
}

impl ResourceActor for TicketTracker {
    const TYPE: &'static str = "TicketTracker";
    const ENDS: &'static [End] = End::COMPONENT;
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
    /// What would have been copied meanwhile is copied now.
    fn unarchived(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        migrate::fetch(self, turn)
    }
    fn lost_access(&mut self, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
        lost_access(self, turn, who)
    }
    fn closes(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        forget_follower::forget::<Self>(turn, None, &[])
    }
}

/// Who may no longer see a private tracker is told no more of it, nor of any ticket.
pub(crate) fn lost_access<A: Tracks>(tracker: &mut A, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    if tracker.resource().visibility == Visibility::Private {
        forget_follower::forget::<A>(turn, Some(who), &[])?;
    }
    drop_follower(tracker, turn, who)
}

impl Tracks for TicketTracker {
    fn tracked(&self) -> &TicketTracker {
        self
    }
    fn tracked_mut(&mut self) -> &mut TicketTracker {
        self
    }
    fn takes(&self, _: &mut Turn<'_>, offer: Option<MergeOffer>) -> Result<Option<Box<MergeRequest>>, Halt> {
        match offer {
            None => Ok(None),
            Some(_) => Err(Refusal::new("no-patches-here", "a tracker of tickets takes no merge requests").into()),
        }
    }
    fn kept(look: &mut Look<'_, '_>, uri: &str) -> Result<Option<Value>, Halt> {
        let me = look.me().clone();
        let Some(place) = ticket::comment_no(&me, uri) else { return Ok(None) };
        let comment = ticket::COMMENTS.get(look, &place)?.filter(|comment| !comment.deleted);
        Ok(comment.and_then(|comment| wire::imported_comment(&me, place.0, &comment)).map(|note| note.value().clone()))
    }
}

crate::ticket_tracker::tracks::tracker_actor! { TicketTracker: TrackerCall, schema 1, gate wire::gate, {
    BeginMigration     private,       "the factory", Told;
    MigrateAgain       private,       "the tracker", Told;
    Migrated           continuation,  "",         Told;
    StopMigration      private,       "maintain", Told;
    ResumeMigration    private,       "maintain", Told;
}}
