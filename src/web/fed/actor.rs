//! Actor documents.
//!
//! Source: ActivityPub 4.1; ForgeFed, "Actors". Types, keys and names as the field demands them: `FEDERATION.md` has why.

use crate::answer::{WebError, WebResult};
use crate::domains::{Site, of_actor};
use crate::fed::document;
use crate::fed::near::{Kind, Near, look_at_resource};
use crate::fed::shown::{Shown, absent, or_tombstone, shown};
use crate::ports::{Front, ShownKeys};
use crate::viewer::Asking;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::common::Resource;
use pritchel_actors::common::naming::key;
use pritchel_actors::domain::view::ViewDomain;
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::project::view::ViewProject;
use pritchel_actors::team::view::ViewTeam;
use pritchel_actors::{Domain, Person, Project, ResourceKind, Team};
use pritchel_vocab::{ActorDoc, ActorKey, ActorUri, CloneUri, Document, Endpoints, Multikey, PublicKey, Seconds, Uri};

/// `GET /{segment}/{key}`: an actor.
pub async fn show(State(front): State<Front>, near: Near, asking: Asking, headers: HeaderMap) -> Response {
    let found = made(&front, &near, &asking).await;
    or_tombstone(&near, found.map(|found| document::answer(&headers, &found)))
}

/// `GET /actor`: the actor of the domain. Readable by everybody, signature or not: it is whose key others need first.
pub async fn domain(State(front): State<Front>, near: Near, headers: HeaderMap) -> Response {
    let found = of_domain(&front, &near).await;
    or_tombstone(&near, found.map(|found| document::answer(&headers, &found)))
}

/// The document of a person or a domain of ours, as everybody may see it: for what tells others that it has changed.
pub async fn document_of(front: &Front, actor: &ActorId) -> WebResult<Document> {
    let site = of_actor(&front.settings, actor).cloned().map(Site).ok_or_else(WebError::not_found)?;
    let path = actor.as_str().strip_prefix(&site.origin).unwrap_or_default().to_owned();
    let near = Near::of(&site, &path).filter(|near| near.id == *actor).ok_or_else(WebError::not_found)?;
    let shown = match near.kind {
        None => of_domain(front, &near).await?,
        Some(Kind::Person) => person(front, &near).await?,
        Some(_) => return Err(WebError::not_found()),
    };
    Ok(shown.what)
}

async fn made(front: &Front, near: &Near, asking: &Asking) -> WebResult<Shown<Document>> {
    let kind = match near.kind {
        Some(Kind::Resource(kind)) => kind,
        Some(Kind::Person) => return person(front, near).await,
        None => return Err(WebError::not_found()),
    };
    let resource = resource(front, near, asking).await?;
    let mut doc = of_resource(near, &resource.what, kind, &keys(front, &near.id).await?)?;
    match kind {
        ResourceKind::Repository => {
            let git = CloneUri::parse(&format!("{}.git", near.id)).map_err(WebError::broken)?;
            (doc.clone_uri, doc.push_uri) = (vec![git.clone()], vec![git]);
            doc.links.likes = Some(uri(&format!("{}/likes", near.id))?);
        }
        ResourceKind::Factory => {
            doc.available_actor_types = ResourceKind::made().map(|kind| kind.as_str().to_owned()).collect();
        }
        ResourceKind::Project => {
            let look = |viewer| async move { front.node.look::<Project, _>(&near.id, &ViewProject { viewer }).await };
            let project = shown(front, near, asking, look).await?.what;
            doc.links.likes = Some(uri(&format!("{}/likes", near.id))?);
            doc.links.tickets_tracked_by = project.tracker.map(|tracker| uri(tracker.as_str())).transpose()?;
        }
        ResourceKind::Team => {
            let look = |viewer| async move { front.node.look::<Team, _>(&near.id, &ViewTeam { viewer }).await };
            doc.role_filter = shown(front, near, asking, look).await?.what.role_words();
        }
        ResourceKind::Roadmap => {
            doc.links.roadmap_milestones = Some(uri(&format!("{}/roadmapMilestones", near.id))?);
        }
        _ => {}
    }
    Ok(Shown { what: doc.to_document(), to_all: resource.to_all })
}

async fn person(front: &Front, near: &Near) -> WebResult<Shown<Document>> {
    let person = match front.node.look::<Person, _>(&near.id, &ViewPerson).await {
        Err(ViewError::NoActor) => return Err(absent(front, near).await),
        looked => looked?,
    };
    let doc = of_person(near, &person, &keys(front, &near.id).await?)?;
    Ok(Shown { what: doc.to_document(), to_all: true })
}

/// The part of a resource that all kinds share, as it is shown to whoever asks.
pub async fn resource(front: &Front, near: &Near, asking: &Asking) -> WebResult<Shown<Resource>> {
    shown(front, near, asking, |viewer| look_at(front, near, viewer)).await
}

/// The part of a resource that all kinds share, as it is shown to this viewer.
pub async fn look_at(front: &Front, near: &Near, viewer: Option<ActorId>) -> Result<Resource, ViewError> {
    Ok(look_at_resource(front, near, ViewResource { viewer }).await?.resource)
}

fn of_person(near: &Near, person: &Person, keys: &ShownKeys) -> WebResult<ActorDoc> {
    let mut doc = common(near, "Person", keys)?;
    doc.preferred_username = Some(person.name.clone());
    doc.name = person.display_name.as_ref().map(|name| name.as_str().to_owned());
    doc.summary = person.summary.as_ref().map(|summary| summary.as_str().to_owned());
    doc.published = Some(Seconds::new(person.published));
    doc.manually_approves_followers = Some(person.approves_followers);
    doc.followers = Some(uri(&format!("{}/followers", near.id))?);
    doc.following = Some(uri(&format!("{}/following", near.id))?);
    Ok(doc)
}

fn of_resource(near: &Near, resource: &Resource, kind: ResourceKind, keys: &ShownKeys) -> WebResult<ActorDoc> {
    let mut doc = common(near, kind.as_str(), keys)?;
    doc.preferred_username = Some(resource.handle.clone().unwrap_or_else(|| key(&near.id).to_owned()));
    doc.name = Some(resource.name.as_str().to_owned());
    doc.summary = resource.summary.as_ref().map(|summary| summary.as_str().to_owned());
    doc.published = Some(Seconds::new(resource.published));
    doc.followers = Some(uri(&format!("{}/followers", near.id))?);
    for end in kind.ends() {
        doc.links.put(end.collection(), uri(&format!("{}/{}", near.id, end.collection()))?);
    }
    doc.links.collaborators = Some(uri(&format!("{}/collaborators", near.id))?);
    doc.links.public_capability =
        resource.public_grants.iter().map(|(_, grant)| uri(grant.as_str())).collect::<WebResult<_>>()?;
    Ok(doc)
}

async fn of_domain(front: &Front, near: &Near) -> WebResult<Shown<Document>> {
    let domain = match front.node.look::<Domain, _>(&near.id, &ViewDomain).await {
        Err(ViewError::NoActor) => return Err(absent(front, near).await),
        looked => looked?,
    };
    let mut doc = common(near, "Application", &keys(front, &near.id).await?)?;
    doc.preferred_username = Some(instance_name(&near.site.host).to_owned());
    doc.name = domain.settings.title;
    doc.url = Some(uri(&near.site.uri("/"))?);
    doc.manually_approves_followers = Some(true);
    Ok(Shown { what: doc.to_document(), to_all: true })
}

/// What the instance actor is called before the `@`: the host itself. No name that is given to others holds a dot, so that
/// only a host without one, as in development, could be taken; then it is the instance's all the same.
pub fn instance_name(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}

/// What the documents of all kinds have. The inbox is exactly the address and `/inbox`; no address has a query.
fn common(near: &Near, kind: &str, keys: &ShownKeys) -> WebResult<ActorDoc> {
    let id = ActorUri::parse(near.id.as_str()).map_err(WebError::broken)?;
    let under = |part: &str| uri(&format!("{}{part}", near.id));
    let mut doc = ActorDoc::new(kind, id);
    doc.inbox = Some(under("/inbox")?);
    doc.outbox = Some(under("/outbox")?);
    doc.url = Some(under("")?);
    doc.endpoints = Endpoints {
        shared_inbox: Some(uri(&near.site.uri("/inbox"))?),
        proxy_url: Some(uri(&near.site.uri(crate::api::PROXY))?),
        oauth_authorization: Some(uri(&near.site.uri(crate::api::AUTHORIZE))?),
        oauth_token: Some(uri(&near.site.uri(crate::api::TOKEN))?),
    };
    let (key, pem) = &keys.rsa;
    doc.public_key = vec![ActorKey::Key(PublicKey { id: uri(key)?, owner: under("")?, pem: pem.clone() })];
    let multikey = |(id, multibase): &(String, String)| {
        Ok(Multikey { id: uri(id)?, controller: under("")?, multibase: multibase.clone() })
    };
    doc.assertion_method = keys.multikeys.iter().map(multikey).collect::<WebResult<_>>()?;
    Ok(doc)
}

async fn keys(front: &Front, actor: &ActorId) -> WebResult<ShownKeys> {
    front.ports.keys(actor.clone()).await.map_err(WebError::broken)
}

/// An address of our own making. If it is none, something is wrong here.
pub fn uri(text: &str) -> WebResult<Uri> {
    Uri::parse(text).map_err(WebError::broken)
}
