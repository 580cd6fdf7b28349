//! Who is linked with an actor, as far as whoever looks may know: that something private of this server is linked with what
//! everybody sees is for those who may see it, and for who administers the one it is linked with. What other servers hide is not
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
use pritchel_actors::{ResourceKind, with_resource};

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

/// A page of peers.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Those that are shown.
    pub peers: Vec<Peer>,
    /// After whom the next page begins, if more are shown.
    pub next: Option<String>,
    /// Whether there are others, which are not for whoever looks.
    pub hidden: bool,
}

/// A page of the peers that somebody may see. A page ends early where so many in a row are not for them that looking on would cost
/// too much, and where the next one begins is told by one that is shown.
/// - `viewer`: who looks; `None` is anybody
pub async fn seen(
    front: &Front,
    links: &Links,
    viewer: Option<&ActorId>,
    mut after: Option<ActorId>,
    limit: usize,
) -> Result<Seen, ViewError> {
    let mut seen = Seen::default();
    let own = look(front, links.kind, &links.of, viewer).await?;
    let administers = own.role == Some(Role::Admin);
    for _ in 0..NAME_PAGES_MAX {
        let view = ViewPeers { viewer: viewer.cloned(), end: links.end, after: after.take(), limit };
        let found = with_resource!(links.kind, A => front.node.look::<A, _>(&links.of, &view).await)?;
        let last = found.len() < limit;
        after = found.last().map(|peer| peer.peer.clone());
        for peer in found {
            if administers || may_see(front, &peer.peer, viewer).await? {
                seen.peers.push(peer);
            } else {
                seen.hidden = true;
            }
        }
        if last || seen.peers.len() > limit {
            break;
        }
    }
    let more = seen.peers.len() > limit;
    seen.peers.truncate(limit);
    seen.next = seen.peers.last().filter(|_| more).map(|peer| peer.peer.to_string());
    Ok(seen)
}

/// Whether somebody may see this actor, if it is a resource of this server; others are for everybody to see.
async fn may_see(front: &Front, actor: &ActorId, viewer: Option<&ActorId>) -> Result<bool, ViewError> {
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
