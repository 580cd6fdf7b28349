//! What a resource keeps of its ties.

use crate::access::Role;
use crate::tie::TieKind;
use pritchel_actor::{ActId, ActorId, Group, Halt, Page, Reads, RowKey, Rows, Seconds};
use serde::{Deserialize, Serialize};

/// A tie as the consumer keeps it, from the `Invite` or `Join` that asked for it to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tie {
    /// The kind; unknown until the provider has said yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TieKind>,
    /// The provider; unknown until it has said yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ActorId>,
    /// Into what the consumer was invited: the provider or its collaborators.
    pub target: String,
    /// The role asked for.
    pub role: Role,
    /// Who asked for it.
    pub by: ActorId,
    /// Whether an admin of this side asked.
    pub begun_here: bool,
    /// Whether an admin of this side has said yes: by asking, or by accepting.
    pub admin_agrees: bool,
    /// The Grant by which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<ActId>,
    /// The `Follow` of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<ActId>,
    /// Its place among the offers of others that wait here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<u64>,
    /// How far it has come.
    pub state: TieState,
    /// Since when.
    pub since: Seconds,
}

/// How far a tie has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieState {
    /// The provider, or an admin of this side, has yet to agree.
    Forming,
    /// This side has agreed and waits for the Grant.
    Agreed,
    /// It stands.
    Tied,
    /// Somebody has said no, or too many others asked later.
    Declined,
    /// It stood once, or came too late.
    Ended,
}

/// Of a consumer: ties, by the `Invite` or `Join` that asked for them.
pub const TIES: Rows<ActId, Tie> = Rows::new("ties");
/// Of a consumer: who provides now, by kind: what asked for it.
pub const PROVIDERS: Rows<(u64, ActorId), ActId> = Rows::new("providers");
/// Of a consumer: offers that wait, oldest first.
pub const TIE_OFFERS: Rows<u64, ActId> = Rows::new("tie_offers");
/// Of a consumer: the tie of each Grant while it stands.
pub const TIE_GRANTS: Rows<ActId, ActId> = Rows::new("tie_grants");
/// Of a provider: who uses it now, by kind: since when.
pub const CONSUMERS: Rows<(u64, ActorId), Seconds> = Rows::new("consumers");

/// Of a consumer: whether it uses what this actor provides.
pub fn uses(reads: &mut impl Reads, kind: TieKind, provider: &ActorId) -> Result<bool, Halt> {
    PROVIDERS.has(reads, &(kind.code(), provider.clone()))
}

/// Of a consumer: the Grant by which it uses what this actor provides.
pub fn grant_by(reads: &mut impl Reads, kind: TieKind, provider: &ActorId) -> Result<Option<ActId>, Halt> {
    let Some(tie) = PROVIDERS.get(reads, &(kind.code(), provider.clone()))? else { return Ok(None) };
    Ok(TIES.get(reads, &tie)?.and_then(|tie| tie.grant))
}

/// Of a consumer: who provides what it has one of.
pub fn provider(reads: &mut impl Reads, kind: TieKind) -> Result<Option<ActorId>, Halt> {
    let first = PROVIDERS.page(reads, Page::first(&kind.code().encode(), 1))?.pop();
    Ok(first.map(|((_, provider), _)| provider))
}

/// Of a consumer: those who provide this, as a group to be told.
pub fn providers(kind: TieKind) -> Group {
    Group { table: PROVIDERS.name().to_owned(), prefix: kind.code().encode() }
}

/// Of a provider: those it provides this for, as a group to be told.
pub fn consumers(kind: TieKind) -> Group {
    Group { table: CONSUMERS.name().to_owned(), prefix: kind.code().encode() }
}

/// Of a provider: whether it provides for this actor.
pub fn provides_for(reads: &mut impl Reads, kind: TieKind, consumer: &ActorId) -> Result<bool, Halt> {
    CONSUMERS.has(reads, &(kind.code(), consumer.clone()))
}
