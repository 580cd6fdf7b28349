//! Who is linked or tied with an actor, or a fork of it, as far as whoever looks may know: that something private of this server has
//! to do with what everybody sees is for those who may see it, and for who administers that. What other servers hide is not
//! known here.

use crate::fed::near::Kind;
use crate::limits::NAME_PAGES_MAX;
use crate::ports::Front;
use crate::powers::bring_for;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::access::view::{ResourceShown, ViewResource};
use pritchel_actors::link::End;
use pritchel_actors::link::view::{Peer, ViewPeers};
use pritchel_actors::repository::forks::{Fork, ViewForks};
use pritchel_actors::tie::view::ViewTied;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{Repository, ResourceKind, with_resource};

/// The collection of links that is looked at: whose, and which.
#[derive(Clone, Debug)]
pub struct Links {
    /// Whose links these are: a resource of this server.
    pub of: ActorId,
    /// Its kind.
    pub kind: ResourceKind,
    /// Which end of the links it is.
    pub end: End,
}

/// A page of those that somebody may see.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    /// Those that are shown.
    pub items: Vec<T>,
    /// After what the next page begins, if more are shown.
    pub next: Option<String>,
    /// Whether there are others, which are not for whoever looks.
    pub hidden: bool,
}

/// A page of the peers that somebody may see.
/// - `viewer`: who looks; `None` is anybody
pub async fn seen(
    front: &Front,
    links: &Links,
    viewer: Option<&ActorId>,
    after: Option<ActorId>,
    limit: usize,
) -> Result<Seen<Peer>, ViewError> {
    let Links { of, kind, end } = links;
    let page = |after| async move {
        let view = ViewPeers { viewer: viewer.cloned(), end: *end, after, limit };
        with_resource!(*kind, A => front.node.look::<A, _>(of, &view).await)
    };
    sifted(front, (*kind, of), viewer, (after, limit), page, |peer| (peer.peer.clone(), &peer.peer)).await
}

/// A page of those that a resource is tied to by one property, as far as somebody may see them.
pub async fn tied(
    front: &Front,
    (kind, of): (ResourceKind, &ActorId),
    (tie, side): (TieKind, TieSide),
    viewer: Option<&ActorId>,
    (after, limit): (Option<ActorId>, usize),
) -> Result<Seen<ActorId>, ViewError> {
    let page = |after| async move {
        let view = ViewTied { viewer: viewer.cloned(), kind: tie, side, after, limit };
        with_resource!(kind, A => front.node.look::<A, _>(of, &view).await)
    };
    sifted(front, (kind, of), viewer, (after, limit), page, |who| (who.clone(), who)).await
}

/// A page of a repository's forks, newest first, as far as somebody may see them; and how many it was told of in all.
pub async fn forks(
    front: &Front,
    of: &ActorId,
    viewer: Option<&ActorId>,
    (before, limit): (Option<u64>, usize),
) -> Result<(u64, Seen<(u64, Fork)>), ViewError> {
    let view = |before, limit| ViewForks { viewer: viewer.cloned(), before, limit };
    let (total, _) = front.node.look::<Repository, _>(of, &view(None, 0)).await?;
    let page = |before| async move { Ok(front.node.look::<Repository, _>(of, &view(before, limit)).await?.1) };
    let whose = (ResourceKind::Repository, of);
    let seen = sifted(front, whose, viewer, (before, limit), page, |(number, fork)| (*number, &fork.id)).await?;
    Ok((total, seen))
}

/// A page of what names actors, without those that are not for whoever looks. It ends early where so many in a row are not for them
/// that looking on would cost too much, and where the next one begins is told by one that is shown.
/// - `page`: a page after this place
/// - `named`: the place of an item, and the actor that it names
async fn sifted<T, P: ToString, F: Future<Output = Result<Vec<T>, ViewError>>>(
    front: &Front,
    (kind, of): (ResourceKind, &ActorId),
    viewer: Option<&ActorId>,
    (mut after, limit): (Option<P>, usize),
    page: impl Fn(Option<P>) -> F,
    named: impl Fn(&T) -> (P, &ActorId),
) -> Result<Seen<T>, ViewError> {
    let mut seen = Seen { items: Vec::new(), next: None, hidden: false };
    let administers = look(front, kind, of, viewer).await?.role == Some(Role::Admin);
    for _ in 0..NAME_PAGES_MAX {
        let found = page(after.take()).await?;
        let last = found.len() < limit;
        after = found.last().map(|item| named(item).0);
        for item in found {
            if administers || may_see(front, named(&item).1, viewer).await? {
                seen.items.push(item);
            } else {
                seen.hidden = true;
            }
        }
        if last || seen.items.len() > limit {
            break;
        }
    }
    let more = seen.items.len() > limit;
    seen.items.truncate(limit);
    seen.next = seen.items.last().filter(|_| more).map(|item| named(item).0.to_string());
    Ok(seen)
}

/// Whether somebody may see this actor, if it is a resource of this server; others are for everybody to see.
pub async fn may_see(front: &Front, actor: &ActorId, viewer: Option<&ActorId>) -> Result<bool, ViewError> {
    let Some(Kind::Resource(kind)) = Kind::of(&front.settings, actor) else { return Ok(true) };
    if let Some(viewer) = viewer {
        // What cannot be verified shows nothing more.
        let _: Option<_> = bring_for(front, viewer, actor).await.unwrap_or_default();
    }
    match look(front, kind, actor, viewer).await {
        Ok(_) => Ok(true),
        Err(ViewError::Refused(_) | ViewError::NoActor) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn look(
    front: &Front,
    kind: ResourceKind,
    actor: &ActorId,
    viewer: Option<&ActorId>,
) -> Result<ResourceShown, ViewError> {
    let view = ViewResource { viewer: viewer.cloned() };
    with_resource!(kind, A => front.node.look::<A, _>(actor, &view).await)
}
