//! What keeps tickets: a tracker of tickets, and one of patches, whose tickets are merge requests. The methods of tickets are
//! written once, for both.

use crate::common::ResourceActor;
use crate::hooks::Hooked;
use crate::patch_tracker::merge_request::{MergeOffer, MergeRequest};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::Ticket;
use crate::ticket_tracker::{
    AddDependency, Assign, AssignmentAccepted, AssignmentRefused, AssignmentSeconded, Close, Comment, DeleteComment,
    DeleteTicket, DependencyConfirmed, DependencyOffered, DependencyRemovalSeen, EditComment, EditFields, EditTicket,
    FieldGone, FollowTicket, ForgetField, ForgetFollower, ForgetFollowers, ForgetMilestone, ForgetTicket, ListAll,
    MilestoneDeletion, MilestoneGone, Open, RemoveDependency, Reopen, SetMilestone, TakeFile, TicketTracker, Unassign,
    UnassignmentAccepted, UnfollowTicket,
};
use pritchel_actor::{Actor, Halt, Look, Turn, Value};

/// An actor that keeps tickets.
///
/// Source: ForgeFed, "Actor Interface and Behavior": a PatchTracker handles what a TicketTracker does.
pub trait Tracks: ResourceActor + Hooked + Actor<Call: TicketCalls> {
    /// What it keeps of its tickets besides their rows.
    fn tracked(&self) -> &TicketTracker;
    /// The same, to be changed.
    fn tracked_mut(&mut self) -> &mut TicketTracker;
    /// What it keeps of what a new ticket offers to merge.
    /// - errors: why it takes no such ticket
    fn takes(&self, turn: &mut Turn<'_>, offer: Option<MergeOffer>) -> Result<Option<Box<MergeRequest>>, Halt>;
    /// What it does about a new ticket before that is written.
    fn opens(&mut self, turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket) -> Result<Answer, Halt> {
        let _ = (turn, number, ticket);
        Ok(Answer::Now)
    }
    /// What it does about a ticket that is reopened, before that is written.
    fn reopens(&mut self, turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket) -> Result<(), Halt> {
        let _ = (turn, number, ticket);
        Ok(())
    }
    /// Refuses to change a ticket that is only read now.
    fn may_change(&self, turn: &mut Turn<'_>, ticket: &Ticket) -> Result<(), Halt> {
        let _ = (turn, ticket);
        Ok(())
    }
    /// What it keeps at this address below its own, besides tickets, as a document.
    fn kept(look: &mut Look<'_, '_>, uri: &str) -> Result<Option<Value>, Halt> {
        let _ = (look, uri);
        Ok(None)
    }
    /// What it lets go of besides the ticket when that is deleted.
    fn forgets(&mut self, turn: &mut Turn<'_>, number: TicketNo, ticket: &Ticket) -> Result<(), Halt> {
        let _ = (turn, number, ticket);
        Ok(())
    }
}

/// When whoever opens a ticket is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// At once.
    Now,
    /// When it is known what becomes of it; the tracker publishes it then.
    Later,
}

macro_rules! ticket_calls {
    ($($method:ident),+ $(,)?) => {
        /// Calls that all trackers share: one row each in the table that `tracker_actor!` writes.
        pub trait TicketCalls: $(From<$method> +)+ {}
        impl<C: $(From<$method> +)+> TicketCalls for C {}
    };
}

ticket_calls!(
    Open,
    Comment,
    EditComment,
    DeleteComment,
    EditTicket,
    Close,
    Reopen,
    DeleteTicket,
    Assign,
    AssignmentAccepted,
    AssignmentSeconded,
    AssignmentRefused,
    Unassign,
    UnassignmentAccepted,
    AddDependency,
    DependencyOffered,
    DependencyConfirmed,
    RemoveDependency,
    DependencyRemovalSeen,
    FollowTicket,
    UnfollowTicket,
    ForgetTicket,
    ForgetFollowers,
    ForgetFollower,
    EditFields,
    SetMilestone,
    MilestoneDeletion,
    MilestoneGone,
    ForgetMilestone,
    FieldGone,
    ForgetField,
    ListAll,
    TakeFile,
);

/// Makes a kind of tracker an actor: the methods of tickets, its own methods, and those of all resources.
macro_rules! tracker_actor {
    ($actor:ident : $call:ident, schema $schema:literal, gate $own:path, { $($rows:tt)* }) => {
        use $crate::hooks::{AddHook, DropHook, EditHook, HookAttempted, Redeliver, SendHooks, TestHook};

        $crate::gate::resource_actor! { $actor: $call, schema $schema, gate $own, {
            Open                  wire "Offer",   "report",   AcceptWithResult;
            Comment               wire "Create",  "report",   Told;
            EditComment           wire "Edit",    "author",   Told;
            DeleteComment         wire "Delete",  "author or maintain", Told;
            EditTicket            wire "Edit",    "triage or author", Accept;
            Close                 wire "Resolve", "triage",   Accept;
            Reopen                wire "Undo",    "triage",   Accept;
            DeleteTicket          wire "Delete",  "admin",    Accept;
            Assign                wire "Assign",  "triage",   AcceptWithResult;
            AssignmentAccepted    wire "Accept",  "assignee", Told;
            AssignmentSeconded    wire "Accept",  "",         Told;
            AssignmentRefused     wire "Reject",  "assignee", Told;
            Unassign              wire "Undo",    "triage or oneself", AcceptWithResult;
            UnassignmentAccepted  wire "Accept",  "assignee", Told;
            AddDependency         wire "Offer",   "triage",   AcceptWithResult;
            DependencyOffered     wire "Offer",   "",         Told;
            DependencyConfirmed   wire "Accept",  "",         Told;
            RemoveDependency      wire "Delete",  "triage",   Accept;
            DependencyRemovalSeen wire "Delete",  "",         Told;
            FollowTicket          wire "Follow",  "visit",    Accept;
            UnfollowTicket        wire "Undo",    "",         Accept;
            ForgetTicket          private,        "the tracker", Told;
            ForgetFollowers       private,        "the tracker", Told;
            ForgetFollower        private,        "the tracker", Told;
            EditFields            wire "Edit",    "triage",   Accept;
            SetMilestone          wire "Edit",    "triage",   Accept;
            MilestoneDeletion     wire "Delete",  "",         Told;
            MilestoneGone         wire "Accept",  "the roadmap", Told;
            ForgetMilestone       private,        "the tracker", Told;
            FieldGone             wire "Accept",  "the workflow", Told;
            ForgetField           private,        "the tracker", Told;
            ListAll               private,        "the tracker", Told;
            TakeFile              private,        "the person", Told;
            AddHook               private,        "admin",    Told;
            EditHook              private,        "admin",    Told;
            DropHook              private,        "admin",    Told;
            TestHook              private,        "admin",    Told;
            Redeliver             private,        "admin",    Told;
            SendHooks             private,        "the tracker", Told;
            HookAttempted         continuation,   "",         Told;
            $($rows)*
        }}
    };
}
pub(crate) use tracker_actor;
