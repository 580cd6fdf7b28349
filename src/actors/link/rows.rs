//! What a resource keeps of its links.

use crate::access::{Role, Span, Term};
use crate::link::End;
use pritchel_actor::{ActId, ActorId, Group, RowKey, Rows, Seconds};
use serde::{Deserialize, Serialize};

/// A link, from the `Add` that asked for it to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Which end this actor is.
    pub end: End,
    /// Who is at the other end.
    pub peer: ActorId,
    /// The greatest role that comes over it; `None` where no access comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Who asked for it.
    pub by: ActorId,
    /// Whether an admin of this side asked.
    pub begun_here: bool,
    /// Whether the peer itself has said yes.
    pub peer_agrees: bool,
    /// Whether an admin of this side has said yes: by asking, or by accepting.
    pub admin_agrees: bool,
    /// The delegate-Grant: given by the destination, received by the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<ActId>,
    /// The start-Grant that the source gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<ActId>,
    /// The start-Grant before it, while that holds, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<ActId>,
    /// The address of the relationship by which the destination lists the source, where that is all the link is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<String>,
    /// Its place among the proposals of others that wait here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<u64>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
    /// How far it has come.
    pub state: LinkState,
    /// Since when.
    pub since: Seconds,
}

/// How far a link has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Somebody has yet to agree.
    Forming,
    /// All have agreed; this side waits for the delegate-Grant, or to be listed.
    Agreed,
    /// It stands.
    Linked,
    /// Somebody has said no, or too many others asked later.
    Declined,
    /// It stood once.
    Ended,
}

/// What the links and ties of a resource have it count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCounts {
    /// Proposals of others that wait.
    #[serde(default)]
    pub waiting: u64,
    /// Grants received over links.
    #[serde(default)]
    pub held: u64,
    /// Offers of ties that wait.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offered: u64,
}

/// Whether nothing was counted: what serde asks.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl LinkCounts {
    /// Whether there is nothing to count.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// A Grant received over a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Who gave it.
    pub giver: ActorId,
    /// The `Add` of the link it came over.
    pub via: ActId,
    /// The resource it gives access to.
    pub context: ActorId,
    /// That resource's type, where it could be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The role.
    pub role: Role,
    /// From when on and until when it holds.
    #[serde(flatten)]
    pub span: Span,
    /// Since when it is held.
    pub since: Seconds,
}

/// Somebody to whom access is passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Downstream {
    /// Who.
    pub peer: ActorId,
    /// At most in this role.
    pub role: Role,
    /// How they may use it.
    pub allows: String,
    /// From when on and until when, if the link or membership has an end.
    #[serde(default, skip_serializing_if = "Span::is_open")]
    pub span: Span,
}

/// A Grant that passes another on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// The Grant.
    pub grant: ActId,
    /// To whom.
    pub to: ActorId,
    /// In which role.
    pub role: Role,
    /// From when on it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Seconds>,
}

/// Links, by the `Add` that asked for them.
pub const LINKS: Rows<ActId, Link> = Rows::new("links");
/// Who is linked now, by end: the `Add`.
pub const PEERS: Rows<(u64, ActorId), ActId> = Rows::new("peers");
/// The link of each relationship of this actor's own, by its number.
pub const LISTINGS: Rows<u64, ActId> = Rows::new("listings");
/// Those linked at one end, as an audience.
pub fn peers(end: End) -> Group {
    Group { table: PEERS.name().to_owned(), prefix: end.code().encode() }
}

/// Proposals of others that wait, oldest first.
pub const WAITING: Rows<u64, ActId> = Rows::new("link_offers");
/// The link of each delegate-Grant, given or received, while it stands.
pub const DELEGATES: Rows<ActId, ActId> = Rows::new("delegates");
/// Grants received over links.
pub const HELD: Rows<ActId, Held> = Rows::new("held");
/// The same, by the `Add` of their link.
pub const HELD_VIA: Rows<(ActId, ActId), Seconds> = Rows::new("held_via");
/// Those to whom access is passed on, by the delegate-Grant they gave.
pub const DOWNSTREAM: Rows<ActId, Downstream> = Rows::new("downstream");
/// The delegate-Grant that each member gave.
pub const MEMBER_DELEGATES: Rows<ActorId, ActId> = Rows::new("member_delegates");
/// What was passed on: of this Grant, to whom gave this delegate-Grant.
pub const EXTENSIONS: Rows<(ActId, ActId), Extension> = Rows::new("extensions");
/// The same, by the delegate-Grant first.
pub const EXTENDED_TO: Rows<(ActId, ActId), ActId> = Rows::new("extended_to");
/// The two by which an extension is kept, by its address.
pub const RESULTS: Rows<ActId, (ActId, ActId)> = Rows::new("results");
