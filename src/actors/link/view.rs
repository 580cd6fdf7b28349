//! What may be asked about links.

use crate::access::view::{may_see, must_administer, not_shown, sift};
use crate::access::{Role, Term};
use crate::common::resource::ResourceActor;
use crate::link::rows::{DOWNSTREAM, EXTENSIONS, Extension, HELD, Held, LINKS, LISTINGS, PEERS, RESULTS};
use crate::link::{End, Link, LinkState};
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Page, RowKey, Seconds, View};

/// A page of the peers at one end.
#[derive(Clone, Debug)]
pub struct ViewPeers {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Which end this actor is of such links.
    pub end: End,
    /// Peers after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

/// Somebody this actor is linked with.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Who.
    pub peer: ActorId,
    /// The `Add` of the link.
    pub add: ActId,
    /// The greatest role that comes over it; `None` where no access comes.
    pub role: Option<Role>,
    /// The address of the relationship, where the link has one.
    pub relationship: Option<String>,
    /// For how long.
    pub term: Term,
    /// Since when.
    pub since: Seconds,
}

impl<A: ResourceActor> View<A> for ViewPeers {
    type Answer = Vec<Peer>;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Vec<Peer>, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let prefix = self.end.code().encode();
        let after = self.after.as_ref().map(|peer| (self.end.code(), peer.clone()).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        let mut peers = Vec::new();
        for ((_, peer), add) in PEERS.page(look, page)? {
            if let Some(Link { role, relationship, term, since, .. }) = LINKS.get(look, &add)? {
                peers.push(Peer { peer, add, role, relationship, term, since });
            }
        }
        Ok(peers)
    }
}

/// One link, for whoever may see the resource.
#[derive(Clone, Debug)]
pub struct ViewLink {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The `Add` that asked for it.
    pub add: ActId,
}

impl<A: ResourceActor> View<A> for ViewLink {
    type Answer = Option<Link>;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Option<Link>, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        LINKS.get(look, &self.add)
    }
}

/// One relationship of a collection that lists without giving access, by its number.
#[derive(Clone, Debug)]
pub struct ViewListing {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// In which collection.
    pub end: End,
    /// Its number.
    pub number: u64,
}

impl<A: ResourceActor> View<A> for ViewListing {
    type Answer = Link;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Link, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let link = match LISTINGS.get(look, &self.number)? {
            Some(add) => LINKS.get(look, &add)?,
            None => None,
        };
        link.filter(|link| link.end == self.end).ok_or_else(not_shown)
    }
}

/// What admins see beside the collections: links being formed, and Grants held.
#[derive(Clone, Debug)]
pub struct ViewHandshakes {
    /// Who looks; only admins see anything.
    pub viewer: Option<ActorId>,
    /// At most so many of each.
    pub limit: usize,
}

/// Links being formed, and Grants held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HandshakesShown {
    /// Links being formed, by their `Add`.
    pub forming: Vec<(ActId, Link)>,
    /// Grants that came over links.
    pub held: Vec<(ActId, Held)>,
}

impl<A: ResourceActor> View<A> for ViewHandshakes {
    type Answer = HandshakesShown;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<HandshakesShown, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        // Anybody can say that another wants a link: until that one says so itself, or an admin here, it is not shown.
        let meant = |link: &Link| link.begun_here || link.peer_agrees || link.admin_agrees;
        let forming = |link: &Link| matches!(link.state, LinkState::Forming | LinkState::Agreed) && meant(link);
        let links = sift(look, &LINKS, self.limit, |_, link| Ok(forming(link)))?;
        Ok(HandshakesShown { forming: links, held: HELD.page(look, Page::first(&[], self.limit))? })
    }
}

/// A page of the Grants that this actor passed on, by the Grant each passes on; for its admins.
#[derive(Clone, Debug)]
pub struct ViewExtensions {
    /// Who looks.
    pub viewer: Option<ActorId>,
    /// Those after the one of this Grant, to the holder of this delegate-Grant.
    pub after: Option<(ActId, ActId)>,
    /// At most so many.
    pub limit: usize,
}

/// A Grant that was passed on.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtensionShown {
    /// The Grant it passes on, and the delegate-Grant by which it does.
    pub of: (ActId, ActId),
    /// The Grant.
    pub extension: Extension,
    /// The resource it is about, while what it passes on is held.
    pub on: Option<ActorId>,
}

impl ExtensionShown {
    /// Its place among the others, as a text.
    pub fn place(&self) -> String {
        format!("{} {}", self.of.0, self.of.1)
    }
}

impl<A: ResourceActor> View<A> for ViewExtensions {
    type Answer = Vec<ExtensionShown>;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        must_administer(look, self.viewer.as_ref())?;
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        let mut shown = Vec::new();
        for (of, extension) in EXTENSIONS.page(look, page)? {
            let on = HELD.get(look, &of.0)?.map(|held| held.context);
            shown.push(ExtensionShown { of, extension, on });
        }
        Ok(shown)
    }
}

/// Whether a Grant that this actor passed on holds: while it is kept, what it passes on is held over a link that stands, and
/// whoever it is for is still downstream. It is dead from the moment any of these ends, however long the taking back goes on.
pub fn holds_extension(look: &mut Look<'_, '_>, extension: &ActId) -> Result<bool, Halt> {
    let Some((grant, delegate)) = RESULTS.get(look, extension)? else { return Ok(false) };
    let Some(held) = HELD.get(look, &grant)? else { return Ok(false) };
    let stands = LINKS.get(look, &held.via)?.is_some_and(|link| link.state == LinkState::Linked);
    let now = look.now();
    let down = DOWNSTREAM.get(look, &delegate)?;
    Ok(stands && down.is_some_and(|down| !held.span.and(down.span).is_over(now)))
}
