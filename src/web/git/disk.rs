//! The repository on disk. It is made when it is first asked for, and removed after its actor has ended, when somebody asks for it or when all
//! are looked through: the actor is what is true, the directory follows.

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use crate::ports::{Front, Presence};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::common::naming::key;
use pritchel_git::names::RefName;
use pritchel_git::place::{PlaceError, Repo, RepoKey};

/// The branch a new repository's `HEAD` names until something is pushed.
pub const DEFAULT_BRANCH: &str = "main";

/// The directory of a Repository actor that is known to be here; made if there is none.
pub async fn ensure_repo(front: &Front, actor: &ActorId) -> WebResult<Repo> {
    let key: RepoKey = key(actor).parse().map_err(|_| WebError::not_found())?;
    let repos = front.repos.clone();
    let made = tokio::task::spawn_blocking(move || {
        let made = match repos.find(&key) {
            Err(PlaceError::Missing(_)) => {
                let branch = RefName::branch(DEFAULT_BRANCH).map_err(WebError::broken)?;
                repos.create(&key, &branch)
            }
            found => found,
        };
        match made {
            // Somebody else makes it at this moment: it appears whole, so it is enough to ask again.
            Err(PlaceError::Exists(_)) => match repos.find(&key) {
                Err(PlaceError::Missing(_)) => {
                    Err(WebError::later("being-made", "this repository is just being made", 1))
                }
                found => found.map_err(WebError::broken),
            },
            made => made.map_err(WebError::broken),
        }
    });
    made.await.map_err(WebError::broken)?
}

/// Removes the directory of a Repository actor that has ended, if that is why it is not shown.
pub async fn clear_if_ended(front: &Front, actor: &ActorId, shown: &ViewError) {
    if *shown != ViewError::NoActor || front.ports.presence(actor.clone()).await != Ok(Presence::Ended) {
        return;
    }
    if let Ok(key) = key(actor).parse() {
        remove(front, key).await;
    }
}

/// Removes the directories of all actors of this server that have ended, whether anybody asks for them or not.
pub async fn clear_ended(front: &Front) {
    let repos = front.repos.clone();
    let keys = match tokio::task::spawn_blocking(move || repos.keys()).await {
        Ok(Ok(keys)) => keys,
        Ok(Err(error)) => return tracing::warn!(%error, "The repositories could not be listed"),
        Err(error) => return tracing::warn!(%error, "The repositories could not be listed"),
    };
    for key in keys {
        if has_ended(front, &key).await {
            remove(front, key).await;
        }
    }
}

/// Whether the actor whose directory this is has ended: a repository of one of the domains, or a patch tracker with what it keeps.
async fn has_ended(front: &Front, key: &RepoKey) -> bool {
    let mut ended = false;
    for domain in &front.settings.domains {
        for segment in ["repos", "patches"] {
            let Some(actor) = Site(domain.clone()).actor_at(segment, key.as_str()) else { return false };
            match front.ports.presence(actor).await {
                Ok(Presence::Ended) => ended = true,
                Ok(Presence::Never) => {}
                Ok(Presence::Here) | Err(_) => return false,
            }
        }
    }
    ended
}

async fn remove(front: &Front, key: RepoKey) {
    let repos = front.repos.clone();
    let removed = tokio::task::spawn_blocking(move || match repos.remove(&key) {
        Ok(()) => tracing::info!(repository = %key, "The repository of an ended actor was removed"),
        Err(PlaceError::Missing(_)) => {}
        Err(error) => tracing::warn!(%error, "The repository of an ended actor could not be removed"),
    });
    if let Err(error) = removed.await {
        tracing::warn!(%error, "The repository of an ended actor could not be removed");
    }
}
