//! A repository and the trackers that belong to it, as one row of tabs on the pages of each of them. What is not for the visitor is
//! not in it.

use crate::answer::WebResult;
use crate::page::authority;
use crate::page::new::Part;
use crate::page::visit::Visit;
use crate::page::who::{Kind, href};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::repository::view::{RepositoryShown, ViewRepository};
use pritchel_actors::tie::view::ViewTied;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{PatchTracker, ReleaseTracker, Repository, TicketTracker};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relative {
    /// What it shows.
    pub label: &'static str,
    /// Its page.
    pub href: String,
    /// Whether it is the one whose page this is.
    pub here: bool,
}

/// All that belong together with this one, itself among them; nobody where it stands alone.
pub async fn of(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult<Vec<Relative>> {
    let Some(repository) = repository(visit, kind, actor).await? else { return Ok(Vec::new()) };
    let view = ViewRepository { viewer: visit.viewer() };
    let shown = match visit.front.node.look::<Repository, _>(&repository, &view).await {
        Ok(shown) => shown,
        Err(ViewError::NoActor | ViewError::Refused(_)) => return Ok(Vec::new()),
        Err(broken) => return Err(broken.into()),
    };
    let mut family = vec![relative(visit, "Code", &repository, actor)];
    for part in Part::ALL {
        let Some(tracker) = tracker(&shown, part) else { continue };
        let near = Kind::of(&visit.front.settings, tracker).is_some();
        if !near || authority::near(visit, tracker).await?.is_some() {
            family.push(relative(visit, part.label(), tracker, actor));
        }
    }
    // A repository may have another tracker than the one whose page this is.
    let whole = family.len() > 1 && family.iter().any(|relative| relative.here);
    Ok(if whole { family } else { Vec::new() })
}

/// The tracker that a repository has for this part.
pub fn tracker(shown: &RepositoryShown, part: Part) -> Option<&ActorId> {
    match part {
        Part::Tickets => shown.tickets.as_ref(),
        Part::MergeRequests => shown.patches.as_ref(),
        Part::Releases => shown.releases.as_ref(),
    }
}

/// The repository that this one is, or is a tracker of. One that has several stands alone.
async fn repository(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult<Option<ActorId>> {
    let view = |kind| ViewTied { viewer: visit.viewer(), kind, side: TieSide::Consumer, after: None, limit: 2 };
    let served = match kind {
        Kind::REPOSITORY => return Ok(Some(actor.clone())),
        Kind::TRACKER => visit.front.node.look::<TicketTracker, _>(actor, &view(TieKind::Tickets)).await?,
        Kind::PATCHES => visit.front.node.look::<PatchTracker, _>(actor, &view(TieKind::Patches)).await?,
        Kind::RELEASES => visit.front.node.look::<ReleaseTracker, _>(actor, &view(TieKind::Releases)).await?,
        _ => return Ok(None),
    };
    let [repository] = served.as_slice() else { return Ok(None) };
    Ok((Kind::of(&visit.front.settings, repository) == Some(Kind::REPOSITORY)).then(|| repository.clone()))
}

fn relative(visit: &Visit, label: &'static str, actor: &ActorId, here: &ActorId) -> Relative {
    Relative { label, href: href(visit, actor.as_str()), here: actor == here }
}
