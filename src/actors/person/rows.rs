//! What a person's box keeps besides the person.

use crate::access::{Role, Span, Term};
use crate::common::text::Line;
use crate::person::daily::Daily;
use pritchel_actor::{ActId, ActorId, Refusal, Rows, Seconds};
use serde::{Deserialize, Serialize};

/// What became of something the person published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// When.
    pub at: Seconds,
    /// Its type.
    pub kind: String,
    /// Who was asked to settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<ActorId>,
    /// How far it has come.
    pub state: SentState,
}

/// How far something published has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentState {
    /// Published; nobody was asked to settle it, or nobody has yet.
    Sent,
    /// The asked actor did it.
    Done {
        /// The act that says so.
        by: ActId,
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<String>,
    },
    /// The asked actor refused it.
    Refused {
        /// Why.
        why: Refusal,
    },
    /// No answer has come: it may have happened or not.
    Unknown,
}

/// Somebody the person follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Following {
    /// The newest `Follow`.
    pub follow: ActId,
    /// Since when; `None` while it is not accepted.
    pub since: Option<Seconds>,
}

/// An invitation the person received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invited {
    /// To which resource.
    pub resource: ActorId,
    /// Into which role; `None` to be a member in name, which gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
    /// By whom.
    pub by: ActorId,
    /// When it came.
    pub at: Seconds,
    /// Whether the resource has said that the offer stands.
    pub confirmed: bool,
    /// What the person answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
}

/// A ticket that somebody gives to the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenTicket {
    /// Its address.
    pub ticket: String,
    /// Who gives it.
    pub by: ActorId,
    /// When it came.
    pub at: Seconds,
    /// Its tracker, once that has said that this one may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracker: Option<ActorId>,
    /// What the person answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
    /// Its place among those that are given.
    pub place: u64,
}

/// A Grant the person holds: what Vervis calls a permit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Permit {
    /// Who gave it.
    pub giver: ActorId,
    /// On which resource.
    pub resource: ActorId,
    /// The role.
    pub role: Role,
    /// What it fulfils.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfills: Option<ActId>,
    /// Since when.
    pub since: Seconds,
    /// Whether it still holds, as far as the person was told.
    pub live: bool,
    /// The delegate-Grant the person gave in return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<ActId>,
    /// The Grant it passes on, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ActId>,
    /// From when on and until when it holds.
    #[serde(default, skip_serializing_if = "Span::is_open")]
    pub span: Span,
    /// Whether whoever gave it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub orphaned: bool,
    /// Whether the same access was given anew since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renewed: bool,
}

impl Permit {
    /// Whether it holds now, as far as the person was told.
    pub fn holds(&self, now: Seconds) -> bool {
        self.live && self.span.holds(now)
    }
}

/// A session of a browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Since when.
    pub since: Seconds,
    /// Until when.
    pub until: Seconds,
    /// The browser, as it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The beginning of the day on which it was last seen, if that is another than its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seconds>,
}

/// An access token of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Since when.
    pub since: Seconds,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Seconds>,
    /// Of one that the person made: its first characters, by which the directory finds whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// The repositories it is good for; all that the person may do, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<ActorId>,
    /// The beginning of the day on which it was last used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Seconds>,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read what the person may read.
    Read,
    /// Publish as the person.
    Write,
    /// Push and fetch by git.
    Git,
}

/// A code that a client may redeem for a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of the client's id, hexadecimal.
    pub client: String,
    /// What the client calls itself.
    pub label: String,
    /// Where the code was sent.
    pub redirect: String,
    /// The S256 challenge whose verifier only the client knows.
    pub challenge: String,
    /// What the token will be able to do.
    pub scopes: Vec<Scope>,
    /// Until when.
    pub until: Seconds,
    /// The hash of the token it was redeemed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<String>,
}

/// An OpenPGP key that the person signs commits with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PgpKey {
    /// Whose it says it is.
    pub name: String,
    /// The key in its armour.
    pub content: String,
    /// The ids of its parts that sign, 16 lower hexadecimal digits each.
    pub ids: Vec<String>,
    /// Since when.
    pub since: Seconds,
}

/// An SSH key the person pushes and fetches with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKey {
    /// What the person calls it. Everybody reads it.
    pub name: String,
    /// The key in OpenSSH's form, its type and its base64, without a comment.
    pub content: String,
    /// Since when.
    pub since: Seconds,
}

/// A line of a person's profile: what it is about, and what they say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileField {
    /// What it is about.
    pub name: Line,
    /// What they say: a text, or an address of the web.
    pub value: Line,
}

/// A person's picture, as the node has made it of what was uploaded: small, and with nothing in it but pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Its media type: `image/png` or `image/jpeg`.
    pub media_type: String,
    /// Its bytes in base64.
    pub base64: String,
}

/// Which picture a person has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureName {
    /// The first half of the SHA-256 of its bytes, hexadecimal: a new picture has a new address.
    pub hash: String,
    /// Its media type.
    pub media_type: String,
}

/// The last word of its author on a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteChange {
    /// The `Edit`, `Update` or `Delete`.
    pub act: ActId,
    /// Whether the note was taken back: then no other word on it counts any more.
    pub deleted: bool,
}

/// What became of what the person published, by act.
pub const SENT: Rows<ActId, Sent> = Rows::new("sent");
/// Whom the person follows.
pub const FOLLOWING: Rows<ActorId, Following> = Rows::new("following");
/// What the person follows by a Grant: perhaps nobody else may know that it is there, so it is shown to nobody else.
pub const FOLLOWING_QUIETLY: Rows<ActorId, Following> = Rows::new("following_quietly");
/// Follows of the person that wait for approval, by act.
pub const FOLLOW_REQUESTS: Rows<ActId, ActorId> = Rows::new("follow_requests");
/// Invitations received, by the `Invite`.
pub const INVITED: Rows<ActId, Invited> = Rows::new("invited");
/// Answers to invitations that have not come yet, by the `Invite`: seen elsewhere, they can be answered all the same.
pub const CONSENTS: Rows<ActId, bool> = Rows::new("consents");
/// Tickets that others give to the person, by the `Assign`.
pub const GIVEN: Rows<ActId, GivenTicket> = Rows::new("given");
/// The same in the order in which they came.
pub const GIVEN_ORDER: Rows<u64, ActId> = Rows::new("given_order");
/// Grants held, by their address.
pub const PERMITS: Rows<ActId, Permit> = Rows::new("permits");
/// Of Grants that have an end: the newest of each giver for each resource.
pub const NEWEST_PERMITS: Rows<(ActorId, ActorId), ActId> = Rows::new("newest_permits");
/// Grants that were taken back before they came, by who did that, and when: they come dead.
pub const EARLY_REVOKES: Rows<(ActorId, ActId), Seconds> = Rows::new("early_revokes");
/// The same as the first version kept it, by the Grant: who did that. Still read, written no more.
pub const REVOKED_EARLY: Rows<ActId, ActorId> = Rows::new("revoked_early");
/// Sessions, by the SHA-256 of their secret in hexadecimal.
pub const SESSIONS: Rows<String, Session> = Rows::new("sessions");
/// Tokens, by the SHA-256 of their secret in hexadecimal.
pub const TOKENS: Rows<String, Token> = Rows::new("tokens");
/// SSH keys, by the SHA-256 of the key as SSH sends it, in base64 for addresses without padding.
pub const SSH_KEYS: Rows<String, SshKey> = Rows::new("ssh_keys");
/// OpenPGP keys, by the fingerprint of the primary key in lower hexadecimal digits.
pub const PGP_KEYS: Rows<String, PgpKey> = Rows::new("pgp_keys");
/// Codes of clients, by the SHA-256 of their secret in hexadecimal.
pub const CODES: Rows<String, Code> = Rows::new("codes");
/// Bytes of the files that the person has put on this server, by the day since 1970-01-01: one row at most.
pub const UPLOADED: Daily = Rows::new("uploaded");
/// The person's picture, by its hash: one at most.
pub const PICTURES: Rows<String, Picture> = Rows::new("pictures");
/// The `Create` of each note the person wrote, by the last part of its address.
pub const NOTES: Rows<String, ActId> = Rows::new("notes");
/// To whom the person gave delegate-Grants, by which access is passed on to them.
pub const DELEGATIONS: Rows<ActId, ActorId> = Rows::new("delegations");
/// What the person last said of each note that was changed or taken back, by the last part of its address.
pub const NOTES_CHANGED: Rows<String, NoteChange> = Rows::new("notes_changed");
