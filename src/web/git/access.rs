//! Whether somebody may have a service of a repository.

use crate::answer::{WebError, WebResult};
use crate::git::disk::clear_if_ended;
use crate::ports::Front;
use pritchel_actor::ActorId;
use pritchel_actors::Repository;
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::tie::view::ViewTied;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_git::smart_http::Service;

/// Whether this person, or nobody in particular, may have this service. Whoever may see a repository may fetch it; whoever has the
/// role write may push; whoever may see it may offer something to be merged, if it sends its patches to a tracker.
/// - errors: not found, of what is not there or not shown; forbidden, of a push without the role
pub async fn may(front: &Front, actor: &ActorId, by: Option<&ActorId>, service: Service) -> WebResult<()> {
    let viewer = by.cloned();
    let shown = match front.node.look::<Repository, _>(actor, &ViewResource { viewer }).await {
        Ok(shown) => shown,
        Err(error) => {
            clear_if_ended(front, actor, &error).await;
            return Err(error.into());
        }
    };
    if service == Service::ReceivePack {
        let role = shown.own.map(|collaborator| collaborator.role);
        if role.is_none_or(|role| role < Role::Write) && !takes_offers(front, actor, by.cloned()).await? {
            let found = role.map_or_else(|| "none".to_owned(), |role| format!("`{role}`"));
            let detail = format!("pushing needs the role `{}`, you have {found}", Role::Write);
            return Err(WebError::forbidden("role-too-small", detail));
        }
    }
    Ok(())
}

/// Whether the repository sends its patches to a tracker: then everybody who sees it may push offers to it.
async fn takes_offers(front: &Front, actor: &ActorId, viewer: Option<ActorId>) -> WebResult<bool> {
    let view = ViewTied { viewer, kind: TieKind::Patches, side: TieSide::Provider, after: None, limit: 1 };
    Ok(!front.node.look::<Repository, _>(actor, &view).await?.is_empty())
}
