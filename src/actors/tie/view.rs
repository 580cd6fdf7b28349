//! What may be asked about ties.

use crate::access::view::{may_see, must_administer, sift};
use crate::common::resource::ResourceActor;
use crate::tie::rows::{CONSUMERS, PROVIDERS, TIES};
use crate::tie::{Tie, TieKind, TieSide, TieState};
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, RowKey, View};

/// A page of those whom this actor points at by one property.
#[derive(Clone, Debug)]
pub struct ViewTied {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The kind of tie.
    pub kind: TieKind,
    /// Which side this actor is.
    pub side: TieSide,
    /// Those after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for ViewTied {
    type Answer = Vec<ActorId>;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<ActorId>, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let prefix = self.kind.code().encode();
        let after = self.after.as_ref().map(|peer| (self.kind.code(), peer.clone()).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        Ok(match self.side {
            TieSide::Provider => CONSUMERS.page(look, page)?.into_iter().map(|((_, who), _)| who).collect(),
            TieSide::Consumer => PROVIDERS.page(look, page)?.into_iter().map(|((_, who), _)| who).collect(),
        })
    }
}

/// Ties being formed, which admins see.
#[derive(Clone, Debug)]
pub struct ViewOffers {
    /// Who looks; only admins see anything.
    pub viewer: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for ViewOffers {
    type Answer = Vec<(ActId, Tie)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<(ActId, Tie)>, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        // Anybody can say that another offers something: until that one says so itself, or an admin here, it is not shown.
        let meant = |tie: &Tie| tie.provider.is_some() || tie.admin_agrees;
        let forming = |tie: &Tie| matches!(tie.state, TieState::Forming | TieState::Agreed) && meant(tie);
        sift(look, &TIES, self.limit, |_, tie| Ok(forming(tie)))
    }
}

/// The Grants by which this actor uses what others provide, each with its tie; for its admins.
#[derive(Clone, Debug)]
pub struct ViewTieGrants {
    /// Who looks; only admins see anything.
    pub viewer: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: ResourceActor> View<A> for ViewTieGrants {
    type Answer = Vec<(ActId, Tie)>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<(ActId, Tie)>, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        let mut held = Vec::new();
        for (_, of) in PROVIDERS.page(look, Page::first(&[], self.limit))? {
            let tie = TIES.get(look, &of)?;
            held.extend(tie.and_then(|tie| Some((tie.grant.clone()?, tie))));
        }
        Ok(held)
    }
}
