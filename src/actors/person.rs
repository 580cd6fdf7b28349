//! Person: somebody with an account. What a person does in the sight of others is posted by a client and published by
//! the person's own gate; what others tell a person lies in the inbox, to be read.
//! - [`publish`]: what a client posts; [`answered`]: how it ended; [`close_by_push`]: what the commits close that they push
//! - [`be_followed`], [`be_unfollowed`], [`be_invited`], [`invitation_confirmed`], [`be_assigned`], [`assignment_confirmed`],
//!   [`be_unassigned`], [`keep_permit`], [`drop_permits`], [`giver_ended`]: what others do; [`permit_ends`]: what time does;
//!   [`given`]: tickets they give; [`take_assignments`]: whether they ask first; [`delegate`]: being ready for access that is passed on
//! - [`edit_profile`], [`set_picture`], [`account`], [`ssh_keys`]: the person's own settings, sessions, tokens and SSH keys; [`close_account`]: their end
//! - [`suspension`]: what administrators decide about them
//! - [`authorize_client`], [`redeem_code`]: how a client gets its token
//! - [`notices`]: what a person is notified of, by thread; what is read, and what they want to hear no more of
//! - [`wire`]: activities, both directions; [`view`]: what may be asked
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Person; ActivityPub, "Client to Server Interactions".

pub mod account;
pub mod answered;
pub mod assignment_confirmed;
pub mod authorize_client;
pub mod be_assigned;
pub mod be_followed;
pub mod be_invited;
pub mod be_unassigned;
pub mod be_unfollowed;
pub mod close_account;
pub mod close_by_push;
pub(crate) mod daily;
pub mod delegate;
pub mod drop_permits;
pub mod edit_profile;
pub mod given;
pub mod giver_ended;
pub mod invitation_confirmed;
pub mod keep_permit;
pub mod note_upload;
pub mod notices;
pub mod permit_ends;
pub mod pgp_keys;
pub mod probation;
pub mod publish;
pub mod redeem_code;
pub mod rows;
pub mod set_picture;
pub mod ssh_keys;
pub mod suspension;
pub mod take_assignments;
pub mod view;
pub mod wire;
pub mod words;

pub use account::{CloseSession, CloseSessions, Credential, DropToken, IssueToken, NoteUse, OpenSession, SetPassword};
pub use answered::Answered;
pub use assignment_confirmed::AssignmentConfirmed;
pub use authorize_client::AuthorizeClient;
pub use be_assigned::BeAssigned;
pub use be_followed::BeFollowed;
pub use be_invited::BeInvited;
pub use be_unassigned::BeUnassigned;
pub use be_unfollowed::BeUnfollowed;
pub use close_account::CloseAccount;
pub use close_by_push::{CloseByPush, Closing};
pub use delegate::Delegate;
pub use drop_permits::DropPermits;
pub use edit_profile::EditProfile;
pub use giver_ended::{GiverEnded, SweepPermits};
pub use invitation_confirmed::InvitationConfirmed;
pub use keep_permit::KeepPermit;
pub use note_upload::NoteUpload;
pub use notices::{MarkAllRead, MarkRead, MuteThread};
pub use permit_ends::PermitEnds;
pub use pgp_keys::{AddPgpKey, DropPgpKey};
pub use probation::Probation;
pub use publish::Publish;
pub use redeem_code::{RedeemCode, Redeemed};
pub use set_picture::SetPicture;
pub use ssh_keys::{AddSshKey, DropSshKey};
pub use suspension::{BeReinstated, BeSuspended, EndSuspended, Suspension};
pub use take_assignments::TakeAssignments;

use crate::common::wire as common_wire;
use crate::common::{Alarm, ContinueRotation, Due, KeyOwner, KeysChanged, Punctual, RotateKeys};
use pritchel_actor::{
    Act, Actor, ActorId, Answering, Halt, Look, Refusal, Reply, Seconds, Settled, Turn, Value, Verdict, methods,
};
use serde::{Deserialize, Serialize};

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The name before the `@`.
    pub name: String,
    /// What they call themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<crate::common::text::Line>,
    /// What they say of themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<crate::common::text::Html>,
    /// The Markdown that this was made of, where it was typed as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary_source: Option<String>,
    /// Further lines about themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<rows::ProfileField>,
    /// Their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<rows::PictureName>,
    /// The domain they belong to.
    pub domain: ActorId,
    /// When they registered.
    pub published: Seconds,
    /// The password's hash in PHC form, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether they administer this server.
    #[serde(default)]
    pub admin: bool,
    /// Whether followers wait for approval.
    #[serde(default)]
    pub approves_followers: bool,
    /// Whether tickets that they are given are theirs without asking them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_assignments: bool,
    /// How many follow them.
    #[serde(default)]
    pub followers: u64,
    /// How many they follow.
    #[serde(default)]
    pub following: u64,
    /// How many tickets others give to them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub given: u64,
    /// How many sessions are open.
    #[serde(default)]
    pub sessions: u64,
    /// How many Grants were taken back that have not come.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub revoked_early: u64,
    /// How many tokens there are.
    #[serde(default)]
    pub tokens: u64,
    /// How many SSH keys there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ssh_keys: u64,
    /// How many OpenPGP keys there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pgp_keys: u64,
    /// That administrators have shut them out, if they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// What binds them while their account is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probation: Option<Probation>,
    /// When they next have something to do by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Alarm>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Person {
    /// A person who has just registered.
    pub fn new(name: &str, domain: &ActorId, now: Seconds, password: Option<String>, admin: bool) -> Self {
        Self {
            name: name.to_owned(),
            display_name: None,
            summary: None,
            summary_source: None,
            fields: Vec::new(),
            picture: None,
            domain: domain.clone(),
            published: now,
            password,
            admin,
            approves_followers: false,
            takes_assignments: false,
            followers: 0,
            following: 0,
            given: 0,
            sessions: 0,
            revoked_early: 0,
            tokens: 0,
            ssh_keys: 0,
            pgp_keys: 0,
            suspended: None,
            probation: None,
            alarm: None,
        }
    }
}

methods! { Person: PersonCall {
    BeFollowed          wire "Follow", "",         Accept;
    BeUnfollowed        wire "Undo",   "",         Accept;
    BeInvited           wire "Invite", "",         Told;
    InvitationConfirmed wire "Accept", "",         Told;
    BeAssigned          wire "Assign", "",         Told;
    AssignmentConfirmed wire "Accept", "the tracker", Told;
    BeUnassigned        wire "Accept", "",         Told;
    KeepPermit          wire "Grant",  "",         Told;
    DropPermits         wire "Revoke", "",         Told;
    GiverEnded          wire "Accept", "",         Told;
    SweepPermits        private,       "",         Told;
    Delegate            private,       "",         Told;
    Due                 private,       "",         Told;
    PermitEnds          private,       "",         Told;
    Publish             private,       "the person", Told;
    EditProfile         private,       "the person", Told;
    SetPicture          private,       "the person", Told;
    NoteUpload          private,       "the person", Told;
    TakeAssignments     private,       "the person", Told;
    CloseAccount        private,       "the person", Told;
    CloseByPush         private,       "the repository", Told;
    SetPassword         private,       "the person", Told;
    OpenSession         private,       "the node", Told;
    CloseSession        private,       "the person", Told;
    CloseSessions       private,       "the person", Told;
    NoteUse             private,       "the node", Told;
    IssueToken          private,       "the person", Told;
    DropToken           private,       "the person", Told;
    AddPgpKey           private,       "the person", Told;
    DropPgpKey          private,       "the person", Told;
    AddSshKey           private,       "the person", Told;
    DropSshKey          private,       "the person", Told;
    MarkRead            private,       "the person", Told;
    MarkAllRead         private,       "the person", Told;
    MuteThread          private,       "the person", Told;
    AuthorizeClient     private,       "the person", Told;
    RedeemCode          private,       "the node", Told;
    Answered            continuation,  "",         Told;
    BeSuspended         private,       "the domain", Told;
    BeReinstated        private,       "the domain", Told;
    EndSuspended        private,       "the person", Told;
    RotateKeys          private,       "the node", Told;
    ContinueRotation    private,       "the person", Told;
    KeysChanged         continuation,  "",         Told;
}}

impl KeyOwner for Person {}

impl Punctual for Person {
    type Item = PermitEnds;
    fn alarm_mut(&mut self) -> &mut Option<Alarm> {
        &mut self.alarm
    }
}

impl Actor for Person {
    const KIND: &'static str = "Person";
    const SCHEMA: u16 = 1;
    type Call = PersonCall;

    fn gate(&self, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<PersonCall>, Halt> {
        wire::gate(act, look)
    }

    fn asked_by(method: &str, case: Option<&str>, why: &Refusal) -> Vec<String> {
        crate::forgefed::violated(Self::KIND, method, case, why)
    }

    fn hears(&mut self, act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt> {
        notices::hears(act, turn)
    }

    fn answers(act: &Act) -> Option<Answering> {
        common_wire::answers(act)
    }

    fn accept(&self, act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        common_wire::accept_quietly(act, settled, answer, turn)
    }

    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        common_wire::reject(act, why, turn)
    }
}
