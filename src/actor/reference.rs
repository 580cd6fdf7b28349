//! References: typed, and not to be made from a text by domain code.
//! A [`Ref`] says where an actor is, never whether it is near or far. For private methods holding it is the authority
//! to call; what a federated act may do is decided by the method that receives it.

use crate::facet::FacetToken;
use crate::key::ActorId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// An actor of whatever kind.
#[derive(Debug)]
pub enum Anyone {}

/// A reference to an actor of kind `A`. It comes from a turn (launch, caller, oneself), from the gate, which turns the
/// addresses in an authenticated act into references, or from the actor's own stored state.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Ref<A = Anyone> {
    id: ActorId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facet: Option<FacetToken>,
    #[serde(skip)]
    kind: PhantomData<fn() -> A>,
}

impl<A> Ref<A> {
    pub(crate) fn made(id: ActorId) -> Self {
        Self { id, facet: None, kind: PhantomData }
    }

    pub(crate) fn through(id: ActorId, facet: FacetToken) -> Self {
        Self { id, facet: Some(facet), kind: PhantomData }
    }

    /// The actor's address.
    pub fn id(&self) -> &ActorId {
        &self.id
    }

    /// The facet this reference goes through, if it was made smaller.
    pub(crate) fn facet(&self) -> Option<&FacetToken> {
        self.facet.as_ref()
    }

    /// The same reference without its kind, as audiences want it.
    pub fn anyone(&self) -> Ref<Anyone> {
        Ref { id: self.id.clone(), facet: self.facet.clone(), kind: PhantomData }
    }
}

impl<A> Clone for Ref<A> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), facet: self.facet.clone(), kind: PhantomData }
    }
}

impl<A> fmt::Debug for Ref<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref{:?}", self.id)
    }
}

impl<A> PartialEq for Ref<A> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.facet == other.facet
    }
}

impl<A> Eq for Ref<A> {}

impl<A> PartialOrd for Ref<A> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<A> Ord for Ref<A> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id.cmp(&other.id)
    }
}
