//! Repository: a git repository as an actor. It decides about pushes and tells of them; the objects are git's.
//! - [`copy`], [`mirror`]: a repository copied from another one, once or again and again; [`forks`]: copies of this one;
//!   [`unfetched`]: why git could not fetch
//! - [`maintain`]: git puts the repository in order, now and then
//! - [`propose_push`], [`report_push`]: the two turns of a push; [`refs`]: what is pending between them
//! - [`protection`], [`pattern`]: rules that protect branches and tags; [`statuses`]: what is said of commits
//! - [`default_branch`]: which branch is shown first
//! - [`merge`]: a merge its patch tracker asks for; [`unmerged`]: why git could not
//! - [`versions`]: what merge requests have offered, kept as it was; [`quotes`]: lines of it that reviews quote
//! - [`wire`]: its methods as activities; [`view`]: what may be asked
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Repository; "Reporting Pushed Commits".

pub mod copy;
pub mod default_branch;
pub mod forks;
pub mod maintain;
pub mod merge;
pub mod merge_queue;
pub mod mirror;
pub mod pattern;
pub mod propose_push;
pub mod protection;
pub mod quotes;
pub mod refs;
pub mod report_push;
pub mod statuses;
pub mod unfetched;
pub mod unmerged;
pub mod versions;
pub mod view;
pub mod wire;

pub use copy::{BeginCopy, CopyAgain, CopyNow, Fetched};
pub use default_branch::{BranchPointed, SetDefaultBranch};
pub use forks::ForkMade;
pub use maintain::{Maintain, Maintained, Upkeep};
pub use merge::{ContinueMerge, MergeMoved, MergePrepared, ProposeMerge};
pub use merge_queue::MergeAgain;
pub use mirror::{EditMirror, MirrorMoved, MoveAgain, SourcePushed};
pub use propose_push::ProposePush;
pub use protection::{Protect, Unprotect};
pub use quotes::{QuotesLookedUp, ReadQuotes};
pub use report_push::ReportPush;
pub use statuses::SetStatus;
pub use versions::{ContinueForgetting, ForgetVersions, KeepVersion, VersionMade, VersionsForgotten};

use crate::common::like::Likeable;
use crate::common::{Like, Resource, ResourceActor, Unlike};
use crate::hooks::{AddHook, DropHook, EditHook, HookAttempted, Redeliver, SendHooks, TestHook};
use crate::link::End;
use crate::tie::TieKind;
use crate::tie::rows::provides_for;
use copy::{Copy, SOURCES};
use pritchel_actor::{Actor, ActorId, Audience, Halt, Refusal, Seconds, Stored, Turn};
use serde::{Deserialize, Serialize};

/// A repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    /// What all resources share.
    pub resource: Resource,
    /// How many stars it has.
    pub likes: u64,
    /// How many refs were pushed to.
    pub pushes: u64,
    /// When it was last pushed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<Seconds>,
    /// How far it is in order on disk.
    #[serde(default, skip_serializing_if = "Upkeep::is_untouched")]
    pub upkeep: Upkeep,
    /// What it was copied from, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<Copy>,
    /// How many forks it has that are listed.
    #[serde(default, skip_serializing_if = "no_forks")]
    pub forks: u64,
    /// How many rules protect its refs.
    #[serde(default, skip_serializing_if = "no_rules")]
    pub protections: u32,
    /// How much is said of its commits.
    #[serde(default, skip_serializing_if = "statuses::Kept::is_none")]
    pub statuses: statuses::Kept,
}

fn no_rules(rules: &u32) -> bool {
    *rules == 0
}

fn no_forks(forks: &u64) -> bool {
    *forks == 0
}

impl Repository {
    /// Whether this is the state of a repository that has git data: one that was pushed to, and has not ended.
    pub fn has_git_data(stored: &Stored) -> bool {
        let pushed = || stored.state.read::<Self>().is_ok_and(|repository| repository.pushed.is_some());
        stored.kind == Self::KIND && !stored.header.ended && pushed()
    }

    /// A repository nobody has pushed to.
    pub fn new(resource: Resource) -> Self {
        Self {
            resource,
            likes: 0,
            pushes: 0,
            pushed: None,
            upkeep: Upkeep::default(),
            copy: None,
            forks: 0,
            protections: 0,
            statuses: statuses::Kept::default(),
        }
    }
}

/// Refuses a patch tracker that the repository is not tied to.
fn sends_patches_to(turn: &mut Turn<'_>, tracker: &ActorId) -> Result<(), Halt> {
    if provides_for(turn, TieKind::Patches, tracker)? {
        return Ok(());
    }
    let why = format!("{tracker} is not the tracker this repository sends its patches to");
    Err(Refusal::new("not-its-patch-tracker", why).into())
}

impl ResourceActor for Repository {
    const TYPE: &'static str = "Repository";
    const ENDS: &'static [End] = End::COMPONENT;
    const OWN_TERMS: &'static [&'static str] = &["mirrors", wire::EVERY, wire::DEFAULT_BRANCH];
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
    fn peer_ended(&mut self, turn: &mut Turn<'_>, peer: &ActorId) -> Result<bool, Halt> {
        forks::ended(self, turn, peer)
    }
    /// What would have been fetched meanwhile is fetched now.
    fn unarchived(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if self.copy.as_ref().is_some_and(|copy| copy.next.is_some()) { copy::fetch(self, turn) } else { Ok(()) }
    }
    /// What it was copied from lists it no more.
    fn ends(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(of) = self.copy.as_ref().map(|copy| copy.of.clone()) else { return Ok(()) };
        if SOURCES.has(turn, &of)? {
            // The `Delete` before the answer: that says nothing to whoever does not know what it answers.
            turn.forward_to(Audience::one(&of))?;
            turn.answer_also(Audience::one(&of));
        }
        Ok(())
    }
}

impl Likeable for Repository {
    fn likes(&self) -> u64 {
        self.likes
    }
    fn likes_mut(&mut self) -> &mut u64 {
        &mut self.likes
    }
}

crate::gate::resource_actor! { Repository: RepositoryCall, schema 1, gate wire::gate, {
    Like               wire "Like",   "visit",    Accept;
    Unlike             wire "Undo",   "",         Accept;
    ForkMade           wire "Accept", "the factory", Told;
    SourcePushed       wire "Push",   "the origin", Told;
    EditMirror         wire "Edit",   "admin",    Accept;
    SetDefaultBranch   wire "Edit",   "admin",    Fulfilled;
    BranchPointed      continuation,  "",         Told;
    BeginCopy          private,       "the factory", Told;
    CopyNow            private,       "maintain", Told;
    CopyAgain          private,       "the repository", Told;
    Fetched            continuation,  "",         Told;
    MirrorMoved        continuation,  "",         Told;
    MoveAgain          private,       "the repository", Told;
    ProposePush        private,       "write",    Told;
    ReportPush         private,       "",         Told;
    Protect            private,       "admin",    Told;
    Unprotect          private,       "admin",    Told;
    SetStatus          private,       "write",    Told;
    AddHook            private,       "admin",    Told;
    EditHook           private,       "admin",    Told;
    DropHook           private,       "admin",    Told;
    TestHook           private,       "admin",    Told;
    Redeliver          private,       "admin",    Told;
    SendHooks          private,       "the repository", Told;
    HookAttempted      continuation,  "",         Told;
    ProposeMerge       private,       "the patch tracker", Told;
    MergePrepared      continuation,  "",         Told;
    MergeMoved         continuation,  "",         Told;
    MergeAgain         private,       "the repository", Told;
    ContinueMerge      private,       "the repository", Told;
    KeepVersion        private,       "the patch tracker", Told;
    VersionMade        continuation,  "",         Told;
    ForgetVersions     private,       "a patch tracker", Told;
    VersionsForgotten  continuation,  "",         Told;
    ContinueForgetting private,       "the repository", Told;
    ReadQuotes         private,       "the patch tracker", Told;
    QuotesLookedUp     continuation,  "",         Told;
    Maintain           private,       "the repository", Told;
    Maintained         continuation,  "",         Told;
}}
