//! Domain: one host name this server answers for. It gives names, registers people, and is the instance actor that
//! signs what nobody in particular asks for.
//! - [`register`], [`open_factory`], [`name_actor`], [`migration`]: one method a file
//! - [`settings`], [`invitations`], [`applications`]: who may register, and who waits for it; [`person_left`]: who has gone
//! - [`moderation`]: what administrators decide: [`rules`] about other servers, and lists of them, [`rules_csv`]; [`suspend`]: people here
//! - [`shelf`]: trackers of other servers that are kept for its people
//! - [`reports`]: what others find they should look at; [`audit`]: the log of what they did
//! - [`wire`]: its methods as activities; [`view`]: what may be asked about it
//!
//! Source: ours. ForgeFed leaves registration and the making of factories to each server.

pub mod applications;
pub mod audit;
pub mod invitations;
pub mod migration;
pub mod moderation;
pub mod name_actor;
pub mod open_factory;
pub mod person_left;
pub mod register;
pub mod reports;
pub mod rules;
pub mod rules_csv;
pub mod settings;
pub mod shelf;
pub mod suspend;
pub mod view;
pub mod wire;

pub use applications::{APPLICATIONS, Application, Apply, Decide, Denied};
pub use invitations::{INVITATIONS, Invitation, MakeInvitation, WithdrawInvitation};
pub use migration::{AllowMigration, TAKES_MIGRATIONS};
pub use moderation::{ChangeModeration, Moderation, ModerationSettings};
pub use name_actor::NameActor;
pub use open_factory::OpenFactory;
pub use person_left::PersonLeft;
pub use register::Register;
pub use reports::{BeReported, FileReport, NoteReport, ResolveReport};
pub use rules::{DropRule, Rule, RuleWish, RulesSet, SetRules, Severity};
pub use settings::{ChangeSettings, DomainSettings, NewAccounts, Registration, Restricted};
pub use shelf::{FarTrackerLeft, OpenFarTracker};
pub use suspend::{Reinstate, Suspend, SuspendedLeft};

use crate::common::wire as common_wire;
use crate::common::wire::Tell;
use crate::common::{ContinueRotation, KeyOwner, KeysChanged, RotateKeys};
use pritchel_actor::{
    Act, Actor, ActorId, Answering, Halt, Look, Refusal, Reply, Rows, Seconds, Settled, Turn, Value, Verdict, methods,
};
use serde::{Deserialize, Serialize};

/// Names given, without the host.
pub const NAMES: Rows<String, ActorId> = Rows::new("names");
/// People of this domain, with the time they registered.
pub const PEOPLE: Rows<ActorId, Seconds> = Rows::new("people");
/// Directory rows that lead from `name@host` to an actor.
pub const NAME: &str = "acct";

/// A domain and what it alone knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// What its operator has set.
    pub settings: DomainSettings,
    /// How many people it has.
    pub people: u64,
    /// Whether trackers of other servers may be copied here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub migration: bool,
    /// What its administrators have decided about others.
    #[serde(default, skip_serializing_if = "Moderation::is_new")]
    pub moderation: Moderation,
    /// Trackers of other servers that are kept here.
    #[serde(default, skip_serializing_if = "shelf::Shelf::is_new")]
    pub shelf: shelf::Shelf,
}

methods! { Domain: DomainCall {
    OpenFactory    wire "Create", "a person of the domain", AcceptWithResult;
    Register       private,       "the node",               Told;
    ChangeSettings private,       "the node",               Told;
    AllowMigration private,       "the node",               Told;
    MakeInvitation private,       "the node or a person",   Told;
    WithdrawInvitation private,   "the node or a person",   Told;
    Apply          private,       "the node",               Told;
    Decide         private,       "the node",               Told;
    PersonLeft     private,       "a person",               Told;
    NameActor      private,       "a resource",             Told;
    ChangeModeration private,     "the node",               Told;
    SetRules       private,       "the node",               Told;
    DropRule       private,       "the node",               Told;
    Suspend        private,       "the node",               Told;
    Reinstate      private,       "the node",               Told;
    SuspendedLeft  private,       "a person",               Told;
    BeReported     wire "Flag",   "",                       Told;
    FileReport     private,       "a person",               Told;
    ResolveReport  private,       "the node",               Told;
    NoteReport     private,       "the node",               Told;
    OpenFarTracker private,       "the node",               Told;
    FarTrackerLeft private,       "a far tracker",          Told;
    RotateKeys     private,       "the node",               Told;
    ContinueRotation private,     "the domain",             Told;
    KeysChanged    continuation,  "",                       Told;
}}

impl KeyOwner for Domain {
    /// A domain has no followers: others learn its keys when they next ask for them.
    fn told_of_keys(&self, _: &Turn<'_>) -> Tell {
        Tell::default().public()
    }
}

impl Actor for Domain {
    const KIND: &'static str = "Domain";
    const SCHEMA: u16 = 1;
    type Call = DomainCall;

    fn gate(&self, act: &Act, _look: &mut Look<'_, '_>) -> Result<Verdict<DomainCall>, Halt> {
        wire::gate(act)
    }

    fn answers(act: &Act) -> Option<Answering> {
        common_wire::answers(act)
    }

    fn accept(&self, act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        common_wire::accept(act, settled, answer, turn)
    }

    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        common_wire::reject(act, why, turn)
    }

    fn unsupported(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        common_wire::reject_unsupported(act, why, turn)
    }
}
