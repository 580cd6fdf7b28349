//! What CI systems say of commits, and read again, in the shape that clients of Gitea and Forgejo know.
//! - [`set`]: `POST /api/v1/repos/{owner}/{repo}/statuses/{sha}`, by a token with the scope `write`, which may be restricted to the
//!   repository
//! - [`list`]: `GET …/statuses/{sha}` and `GET …/commits/{ref}/statuses`; [`combined`]: `GET …/commits/{ref}/status`
//!
//! `{owner}` is whoever made the repository, by name, or the host; or `repos`, and then `{repo}` is the key in its address.
//!
//! Source: Forgejo's API, "repoCreateStatus", "repoListStatuses", "repoGetCombinedStatusByRef".

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use crate::fed::body;
use crate::git::named::{self, Named};
use crate::limits::STATUS_BYTES_MAX;
use crate::ports::Front;
use crate::powers::{Bringing, bring_for};
use crate::viewer::{held_for, restricted};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State as Held};
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use pritchel_actor::{ActorId, Outcome, Seconds};
use pritchel_actors::access::Role;
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::repository::SetStatus;
use pritchel_actors::repository::statuses::{self, State, Status, ViewStatuses};
use pritchel_actors::{Person, Repository};
use pritchel_git::place::{PlaceError, RepoKey};
use pritchel_git::read::{ReadError, Reader};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is posted.
#[derive(Debug, Deserialize)]
struct Posted {
    state: String,
    #[serde(default)]
    context: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    target_url: Option<String>,
}

/// `POST /api/v1/repos/{owner}/{repo}/statuses/{sha}`: 201 with what is kept.
pub async fn set(
    Held(front): Held<Front>,
    site: Site,
    Path((owner, repo, sha)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> WebResult {
    let Bringing(front) = Bringing::of(&front);
    // Who asks is found out first: strangers do not find out which repositories there are.
    let token = held_for(&front, &site, &headers, Scope::Write).await?;
    let actor = repository(&front, &site, &owner, &repo).await;
    let actor = actor.map_err(|error| if token.is_restricted() { restricted() } else { error })?;
    let by = token.on(&actor)?;
    let grant = bring_for(&front, &by, &actor).await?;
    let view = ViewResource { viewer: Some(by.clone()) };
    let resource = front.node.look::<Repository, _>(&actor, &view).await?;
    is_owner(&front, &site, &owner, &resource.resource.creator).await?;
    let own = resource.own.map(|own| own.role);
    let capability = grant.filter(|_| own < Some(Role::Write));
    let bytes = body::read(&headers, body, STATUS_BYTES_MAX).await?;
    let posted: Posted = serde_json::from_slice(&bytes)
        .map_err(|error| WebError::malformed(format!("expected a status in JSON: {error}")))?;
    let commit = commit(&front, &actor, sha).await?;
    let state = State::from_word(&posted.state).ok_or_else(|| {
        let known = State::ALL.map(State::as_str).join(", ");
        unprocessable(format!("expected one of {known} as `state`, found {:?}", posted.state))
    })?;
    let context = if posted.context.is_empty() { "default".to_owned() } else { posted.context };
    let set = SetStatus {
        commit: commit.clone(),
        context: context.clone(),
        state,
        description: posted.description.unwrap_or_default(),
        url: posted.target_url.filter(|url| !url.is_empty()),
        capability,
    };
    match front.node.call::<Repository, _>(&actor, &by, set).await? {
        Outcome::Done(status) => {
            let shown = shown(&front, &site, &actor, &commit, &context, &status).await;
            Ok((StatusCode::CREATED, Json(shown)).into_response())
        }
        Outcome::Refused(why) if why.code == "status-not-allowed" => Err(unprocessable(why.summary)),
        Outcome::Refused(why) => Err(why.into()),
        Outcome::Unknown => Err(WebError::later("not-known", "it may have been kept or not: post it again", 2)),
    }
}

fn unprocessable(detail: impl Into<String>) -> WebError {
    WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "status-not-allowed", detail)
}

/// `GET /api/v1/repos/{owner}/{repo}/statuses/{sha}`, and `…/commits/{ref}/statuses`: the newest of each context, the newest first.
pub async fn list(
    front: Held<Front>,
    site: Site,
    viewer: Reads,
    Path((owner, repo, sha)): Path<(String, String, String)>,
) -> WebResult {
    let found = Found::of(&front, &site, &viewer, (owner, repo, sha)).await?;
    Ok(Json(Value::Array(found.shown(&front, &site).await)).into_response())
}

/// `GET /api/v1/repos/{owner}/{repo}/commits/{ref}/status`: what all of them come to, and each.
pub async fn combined(
    front: Held<Front>,
    site: Site,
    viewer: Reads,
    Path((owner, repo, sha)): Path<(String, String, String)>,
) -> WebResult {
    let found = Found::of(&front, &site, &viewer, (owner, repo, sha)).await?;
    let state = statuses::combined(found.said.iter().map(|(_, status)| status)).unwrap_or(State::Pending);
    let Found { actor, commit, .. } = &found;
    let all = found.shown(&front, &site).await;
    Ok(Json(json!({
        "state": state.as_str(),
        "sha": commit,
        "total_count": all.len(),
        "statuses": all,
        "commit_url": format!("{actor}/commits/{commit}"),
        "url": format!("{}/api/v1/repos/repos/{}/commits/{commit}/status", site.origin, key(actor)),
    }))
    .into_response())
}

/// Who reads: nobody in particular, or whoever has shown a token with the scope `read`, which may be restricted to the repository.
#[derive(Clone, Debug)]
pub struct Reads(HeaderMap);

impl axum::extract::FromRequestParts<Front> for Reads {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &Front) -> Result<Self, WebError> {
        Ok(Self(parts.headers.clone()))
    }
}

/// What is said of a commit that whoever asks may see.
struct Found {
    actor: ActorId,
    commit: String,
    said: Vec<(String, Status)>,
}

impl Found {
    async fn of(
        front: &Front,
        site: &Site,
        Reads(headers): &Reads,
        (owner, repo, rev): (String, String, String),
    ) -> WebResult<Self> {
        let Bringing(front) = &Bringing::of(front);
        let actor = repository(front, site, &owner, &repo).await?;
        let viewer = match headers.contains_key(http::header::AUTHORIZATION) {
            true => Some(held_for(front, site, headers, Scope::Read).await?.on(&actor)?),
            false => None,
        };
        if let Some(viewer) = &viewer {
            bring_for(front, viewer, &actor).await?;
        }
        // Whoever may not see it does not find out which commits there are.
        let view = ViewResource { viewer: viewer.clone() };
        let resource = front.node.look::<Repository, _>(&actor, &view).await?.resource;
        is_owner(front, site, &owner, &resource.creator).await?;
        let commit = commit(front, &actor, rev).await?;
        let view = ViewStatuses { viewer, commits: vec![commit.clone()] };
        let mut said = front.node.look::<Repository, _>(&actor, &view).await?.pop().unwrap_or_default();
        said.sort_by_key(|(_, status)| std::cmp::Reverse(status.number));
        Ok(Self { actor, commit, said })
    }

    async fn shown(&self, front: &Front, site: &Site) -> Vec<Value> {
        let mut all = Vec::with_capacity(self.said.len());
        for (context, status) in &self.said {
            all.push(shown(front, site, &self.actor, &self.commit, context, status).await);
        }
        all
    }
}

/// The repository that is named.
async fn repository(front: &Front, site: &Site, owner: &str, repo: &str) -> WebResult<ActorId> {
    if owner == "repos" {
        return site.actor_at("repos", repo).ok_or_else(WebError::not_found);
    }
    let named = Named::Name { host: Some(site.host.clone()), name: repo.to_owned() };
    named::find(front, &named).await
}

/// Whether an owner that was named is whoever made the repository, or stands for nobody in particular. Asked only of what is shown.
async fn is_owner(front: &Front, site: &Site, owner: &str, creator: &ActorId) -> WebResult<()> {
    if owner == "repos" || owner.eq_ignore_ascii_case(&site.host) {
        return Ok(());
    }
    let named = front.ports.named(format!("{}@{}", owner.to_lowercase(), site.host)).await?;
    if named.as_ref() == Some(creator) { Ok(()) } else { Err(WebError::not_found()) }
}

/// The whole name of a commit.
async fn commit(front: &Front, actor: &ActorId, rev: String) -> WebResult<String> {
    let key: RepoKey = key(actor).parse().map_err(|_| WebError::not_found())?;
    let repos = front.repos.clone();
    let found = tokio::task::spawn_blocking(move || match repos.find(&key) {
        Ok(repo) => match Reader::open(&repo).and_then(|reader| Ok(reader.resolve(&rev)?.commit)) {
            Ok(commit) => Ok(commit),
            Err(ReadError::NotFound { .. } | ReadError::WrongKind { .. } | ReadError::Path { .. }) => {
                Err(WebError::not_found())
            }
            Err(error) => Err(WebError::broken(error)),
        },
        Err(PlaceError::Missing(_)) => Err(WebError::not_found()),
        Err(error) => Err(WebError::broken(error)),
    });
    Ok(found.await.map_err(WebError::broken)??.to_string())
}

/// A moment as such clients read it.
pub(crate) fn time(at: Seconds) -> String {
    Timestamp::from_second(at).unwrap_or_default().to_string()
}

/// A status as such clients read it.
async fn shown(front: &Front, site: &Site, actor: &ActorId, commit: &str, context: &str, status: &Status) -> Value {
    let person = front.node.look::<Person, _>(&status.by, &ViewPerson).await.ok();
    let login = person.as_ref().map_or_else(|| status.by.to_string(), |person| person.name.to_string());
    let full = person.and_then(|person| person.display_name).map(|name| name.to_string()).unwrap_or_default();
    json!({
        "id": status.number,
        "status": status.state.as_str(),
        "state": status.state.as_str(),
        "context": context,
        "description": status.description,
        "target_url": status.url.as_deref().unwrap_or_default(),
        "url": format!("{}/api/v1/repos/repos/{}/statuses/{commit}", site.origin, key(actor)),
        "creator": {"login": login, "username": login, "full_name": full, "html_url": status.by},
        "created_at": time(status.since),
        "updated_at": time(status.at),
    })
}
