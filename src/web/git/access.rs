//! Whether somebody may have a service of a repository.

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::git::disk::clear_if_ended;
use crate::ports::{Front, SSH_LOGIN_BY_GRANT};
use crate::powers::{Bringing, bring_for};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::Repository;
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::tie::view::ViewTied;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_git::smart_http::Service;

/// Whether this person, or nobody in particular, may have this service. Whoever may see a repository may fetch it; whoever has the
/// role write may push; whoever may see it may offer something to be merged, if it sends its patches to a tracker. A role may have
/// come over teams and projects.
/// - answers the Grant that a push, or an offer, is to be by, if it is by none that the repository gave itself
/// - errors: not found, of what is not there or not shown; forbidden, of a push without the role
pub async fn may(front: &Front, actor: &ActorId, by: Option<&ActorId>, service: Service) -> WebResult<Option<ActId>> {
    let Bringing(front) = &Bringing::of(front);
    let grant = match by {
        Some(by) => bring_for(front, by, actor).await?,
        None => None,
    };
    let viewer = by.cloned();
    let shown = match front.node.look::<Repository, _>(actor, &ViewResource { viewer }).await {
        Ok(shown) => shown,
        Err(error) => {
            clear_if_ended(front, actor, &error).await;
            return Err(error.into());
        }
    };
    if service == Service::ReceivePack {
        let own = shown.own.map(|collaborator| collaborator.role);
        let role = shown.role;
        if role < Some(Role::Write) && !takes_offers(front, actor, by.cloned()).await? {
            let found = role.map_or_else(|| "none".to_owned(), |role| format!("`{role}`"));
            let how = match by_grant(front, actor) {
                Some(uri) => format!("; whoever holds a Grant worth that can also push to {uri}"),
                None => String::new(),
            };
            let detail = format!("pushing needs the role `{}`, you have {found}{how}", Role::Write);
            return Err(WebError::forbidden("role-too-small", detail));
        }
        // A rule for the branch may ask for more than what the repository gave by itself.
        return Ok(grant.filter(|_| role > own));
    }
    Ok(None)
}

/// Where a push by a Grant goes: its address stands behind that of the repository.
fn by_grant(front: &Front, actor: &ActorId) -> Option<String> {
    let uri = front.settings.ssh_uri(of_actor(&front.settings, actor)?, actor, SSH_LOGIN_BY_GRANT)?;
    Some(format!("{uri}/<the address of the Grant in base64url>"))
}

/// Whether the repository sends its patches to a tracker: then everybody who sees it may push offers to it.
pub async fn takes_offers(front: &Front, actor: &ActorId, viewer: Option<ActorId>) -> WebResult<bool> {
    let view = ViewTied { viewer, kind: TieKind::Patches, side: TieSide::Provider, after: None, limit: 1 };
    Ok(!front.node.look::<Repository, _>(actor, &view).await?.is_empty())
}
