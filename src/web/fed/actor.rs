//! Actor documents.
//!
//! Source: ActivityPub 4.1; ForgeFed, "Actors". Types, keys and names as the field demands them: `FEDERATION.md` has why.

use crate::answer::{WebError, WebResult};
use crate::domains::{Site, of_actor};
use crate::fed::document;
use crate::fed::near::{Kind, Near, look_at_resource};
use crate::fed::peers;
use crate::fed::profile::with_profile;
use crate::fed::shown::{Shown, absent, or_tombstone, shown};
use crate::fed::ssh_keys::{of_tracker, written};
use crate::limits::PAGE_ITEMS;
use crate::ports::{Front, Presence, SSH_LOGIN, SSH_LOGIN_BY_GRANT, ShownKeys};
use crate::powers::Bringing;
use crate::viewer::Asking;
use crate::want::Want;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::common::naming::key;
use pritchel_actors::common::set_visibility::wire::VISIBILITY;
use pritchel_actors::common::{Resource, Visibility};
use pritchel_actors::domain::view::ViewDomain;
use pritchel_actors::factory::view::ViewKinds;
use pritchel_actors::person::view::{ViewPerson, ViewSshKeys};
use pritchel_actors::project::view::ViewProject;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::repository::wire::{DEFAULT_BRANCH, GIT, VCS};
use pritchel_actors::team::view::ViewTeam;
use pritchel_actors::ticket_tracker::migrate::view::ViewMigration;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{Domain, Factory, Person, Project, Repository, ResourceKind, Team, TicketTracker};
use pritchel_git::read::Reader;
use pritchel_vocab::{
    ActorDoc, ActorKey, ActorUri, CloneUri, Document, Endpoints, Multikey, PublicKey, Seconds, SshKeyItem, Uri,
};
use serde_json::{Value, json};

/// `GET /{segment}/{key}`: an actor.
pub async fn show(Bringing(front): Bringing, near: Near, asking: Asking, headers: HeaderMap) -> Response {
    let found = match made(&front, &near, &asking).await {
        // Only for those who ask for documents: nobody else is told that there is something.
        Err(error) if error.status == StatusCode::NOT_FOUND && Want::of(&headers) == Want::Activity => {
            keys_of(&front, &near).await
        }
        found => found,
    };
    or_tombstone(&near, found.map(|found| document::answer(&headers, &found)))
}

/// `GET /actor`: the actor of the domain. Readable by everybody, signature or not: it is whose key others need first.
pub async fn domain(Bringing(front): Bringing, near: Near, headers: HeaderMap) -> Response {
    let found = of_domain(&front, &near).await.map(|what| Shown { what, to_all: true });
    or_tombstone(&near, found.map(|found| document::answer(&headers, &found)))
}

/// The document of an actor of ours, as everybody may see it: for what tells others that it has changed.
pub async fn document_of(front: &Front, actor: &ActorId) -> WebResult<Document> {
    let site = of_actor(&front.settings, actor).cloned().map(Site).ok_or_else(WebError::not_found)?;
    let path = actor.as_str().strip_prefix(&site.origin).unwrap_or_default().to_owned();
    let near = Near::of(&site, &path).filter(|near| near.id == *actor).ok_or_else(WebError::not_found)?;
    match near.kind {
        None => of_domain(front, &near).await,
        Some(Kind::Person) => person(front, &near).await,
        Some(Kind::Resource(kind)) => match look_at(front, &near, None).await {
            Ok(resource) => {
                let own = own(front, &near, kind, None).await?;
                of_kind(front, &near, kind, &resource, own).await
            }
            Err(ViewError::Refused(_)) => Ok(keys_of(front, &near).await?.what),
            Err(error) => Err(error.into()),
        },
    }
}

/// What whoever knows the address of a private resource is shown: its keys, by which others verify what it says, and where it
/// is written to. Nobody can guess such an address; those it was told to are servers of its members.
async fn keys_of(front: &Front, near: &Near) -> WebResult<Shown<Document>> {
    let Some(Kind::Resource(kind)) = near.kind else { return Err(WebError::not_found()) };
    if front.ports.presence(near.id.clone()).await? != Presence::Here {
        return Err(WebError::not_found());
    }
    let mut doc = keyed(near, kind.as_str(), &keys(front, &near.id).await?)?;
    doc.ssh_keys = pushing_keys(front, near).await?;
    Ok(Shown { what: doc.to_document(), to_all: false })
}

async fn made(front: &Front, near: &Near, asking: &Asking) -> WebResult<Shown<Document>> {
    let kind = match near.kind {
        Some(Kind::Resource(kind)) => kind,
        Some(Kind::Person) => {
            return match person(front, near).await {
                Err(error) if error.status == StatusCode::NOT_FOUND => Err(absent(front, near, asking).await),
                found => Ok(Shown { what: found?, to_all: true }),
            };
        }
        None => return Err(WebError::not_found()),
    };
    let resource = resource(front, near, asking).await?;
    let own = shown(front, near, asking, |viewer| own(front, near, kind, viewer)).await?.what;
    Ok(Shown { what: of_kind(front, near, kind, &resource.what, own).await?, to_all: resource.to_all })
}

/// The document of a resource of this kind.
async fn of_kind(front: &Front, near: &Near, kind: ResourceKind, resource: &Resource, own: Own) -> WebResult<Document> {
    let mut doc = of_resource(near, resource, kind, &keys(front, &near.id).await?)?;
    doc.ssh_keys = pushing_keys(front, near).await?;
    match kind {
        ResourceKind::Repository => {
            let git = CloneUri::parse(&format!("{}.git", near.id)).map_err(WebError::broken)?;
            let ssh = |login| front.settings.ssh_uri(&near.site, &near.id, login).map(|uri| CloneUri::parse(&uri));
            let uris = |login| ssh(login).into_iter().chain([Ok(git.clone())]).collect::<Result<Vec<_>, _>>();
            doc.clone_uri = uris(SSH_LOGIN).map_err(WebError::broken)?;
            doc.push_uri = uris(SSH_LOGIN_BY_GRANT).map_err(WebError::broken)?;
            doc.links.likes = Some(uri(&format!("{}/likes", near.id))?);
            doc.links.forks = Some(uri(&format!("{}/forks", near.id))?);
        }
        ResourceKind::Factory => {
            doc.available_actor_types = own.kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        }
        ResourceKind::Project => {
            doc.links.likes = Some(uri(&format!("{}/likes", near.id))?);
        }
        ResourceKind::Team => doc.role_filter = own.roles,
        ResourceKind::Roadmap => {
            doc.links.roadmap_milestones = Some(uri(&format!("{}/roadmapMilestones", near.id))?);
        }
        ResourceKind::ReleaseTracker => {
            doc.links.releases = Some(uri(&format!("{}/releases", near.id))?);
        }
        ResourceKind::Workflow => {
            doc.links.workflow_enums = Some(uri(&format!("{}/workflowEnums", near.id))?);
            doc.links.workflow_fields = Some(uri(&format!("{}/workflowFields", near.id))?);
        }
        _ => {}
    }
    for (property, actors) in own.links {
        let actors = actors.iter().map(|actor| uri(actor.as_str())).collect::<WebResult<Vec<_>>>()?;
        doc.links.put_all(property, actors);
    }
    // Several consumers are shown by a collection.
    for tie in TieKind::of(TieSide::Provider, kind.as_str()).filter(|tie| !tie.only_one(TieSide::Provider)) {
        let property = tie.property(TieSide::Provider);
        doc.links.put(property, uri(&format!("{}/{property}", near.id))?);
    }
    let document = doc.to_document();
    let document = match kind {
        ResourceKind::Repository => of_repository(front, near, &document).await,
        _ => document,
    };
    // A term of ours. What says nothing is for everybody.
    let document = match resource.visibility {
        Visibility::Public => document,
        other => document.edit().set(VISIBILITY, other.as_str()).finish(),
    };
    Ok(match own.migration {
        Some(migration) => document.edit().set("migration", migration).finish(),
        None => document,
    })
}

/// What keeps the versions of a repository, and the branch that is shown first, if anything has been pushed.
///
/// Source: protocol decisions F-14 and F-50; both terms are ours.
async fn of_repository(front: &Front, near: &Near, document: &Document) -> Document {
    let edited = document.edit().set(VCS, GIT);
    match default_branch(front, &near.id).await {
        Some(branch) => edited.set(DEFAULT_BRANCH, branch).finish(),
        None => edited.finish(),
    }
}

async fn default_branch(front: &Front, actor: &ActorId) -> Option<String> {
    let (repos, key) = (front.repos.clone(), key(actor).parse().ok()?);
    let read = tokio::task::spawn_blocking(move || {
        let head = Reader::open(&repos.find(&key).ok()?).ok()?.head().ok()?;
        head.commit.and(head.branch.as_branch().map(str::to_owned))
    });
    read.await.ok()?
}

/// The key of an actor that pushes into repositories of others, and so has to be known by those who know no more of it.
async fn pushing_keys(front: &Front, near: &Near) -> WebResult<Vec<SshKeyItem>> {
    if near.kind != Some(Kind::PATCHES) {
        return Ok(Vec::new());
    }
    let content = front.ports.ssh_key(near.id.clone()).await.map_err(WebError::broken)?;
    Ok(vec![SshKeyItem::Key(of_tracker(&near.id, content)?)])
}

/// What only some resources have in their documents.
#[derive(Default)]
struct Own {
    /// The actors it points at, by property.
    links: Vec<(&'static str, Vec<ActorId>)>,
    /// The role filter of a team.
    roles: std::collections::BTreeMap<String, Option<String>>,
    /// How far a tracker is that is a copy of another one.
    migration: Option<Value>,
    /// What a factory makes.
    kinds: Vec<ResourceKind>,
}

async fn own(front: &Front, near: &Near, kind: ResourceKind, viewer: Option<ActorId>) -> Result<Own, ViewError> {
    let mut own = Own::default();
    match kind {
        ResourceKind::Project => {
            let view = ViewProject { viewer: viewer.clone() };
            let project = front.node.look::<Project, _>(&near.id, &view).await?;
            own.links.push(("ticketsTrackedBy", project.tracker.into_iter().collect()));
        }
        ResourceKind::Repository => {
            let view = ViewRepository { viewer: viewer.clone() };
            let shown = front.node.look::<Repository, _>(&near.id, &view).await?;
            if let Some(copy) = shown.copy.filter(|copy| !copy.plain) {
                let mirrors = copy.mirror.map(|_| copy.of.clone());
                own.links.extend([("origin", vec![copy.of]), ("mirrors", mirrors.into_iter().collect())]);
            }
            let mut mirrors = Vec::new();
            for mirror in shown.mirrored_by {
                if peers::may_see(front, &mirror, viewer.as_ref()).await? {
                    mirrors.push(mirror);
                }
            }
            own.links.push(("mirroredBy", mirrors));
        }
        ResourceKind::TicketTracker => {
            let view = ViewMigration { viewer: viewer.clone(), limit: 0 };
            if let Some((migration, _)) = front.node.look::<TicketTracker, _>(&near.id, &view).await? {
                own.links.push(("origin", vec![ActorId::new(migration.of.uri())]));
                own.migration = Some(json!({
                    "state": migration.state(), "tickets": migration.tickets, "totalTickets": migration.total,
                    "comments": migration.comments, "skipped": migration.skipped,
                }));
            }
        }
        ResourceKind::Factory => {
            let view = ViewKinds { viewer: viewer.clone() };
            own.kinds = front.node.look::<Factory, _>(&near.id, &view).await?;
        }
        ResourceKind::Team => {
            let view = ViewTeam { viewer: viewer.clone() };
            own.roles = front.node.look::<Team, _>(&near.id, &view).await?.role_words();
        }
        _ => {}
    }
    for side in [TieSide::Provider, TieSide::Consumer] {
        for tie in TieKind::of(side, kind.as_str()).filter(|tie| side == TieSide::Consumer || tie.only_one(side)) {
            let page = (None, PAGE_ITEMS);
            let tied = peers::tied(front, (kind, &near.id), (tie, side), viewer.as_ref(), page).await?;
            own.links.push((tie.property(side), tied.items));
        }
    }
    Ok(own)
}

async fn person(front: &Front, near: &Near) -> WebResult<Document> {
    let person = front.node.look::<Person, _>(&near.id, &ViewPerson).await?;
    let mut doc = of_person(near, &person, &keys(front, &near.id).await?)?;
    if person.ssh_keys > 0 {
        let keys = front.node.look::<Person, _>(&near.id, &ViewSshKeys).await?;
        let keys = keys.iter().map(|(fingerprint, key)| written(&near.id, fingerprint, key).map(SshKeyItem::Key));
        doc.ssh_keys = keys.collect::<WebResult<_>>()?;
    }
    Ok(with_profile(near, &person, doc.to_document()))
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
    doc.webfinger = Some(webfinger(near, &person.name));
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
    doc.webfinger = resource.handle.as_ref().map(|handle| webfinger(near, handle));
    doc.name = Some(resource.name.as_str().to_owned());
    doc.summary = resource.summary.as_ref().map(|summary| summary.as_str().to_owned());
    doc.published = Some(Seconds::new(resource.published));
    if let Some(archived) = &resource.archived {
        doc.is_archived = Some(true);
        let place = archived.moved_to.as_ref().map(|place| ActorUri::parse(place.as_str()));
        doc.moved_to = place.transpose().map_err(WebError::broken)?;
    }
    doc.followers = Some(uri(&format!("{}/followers", near.id))?);
    for end in kind.ends() {
        doc.links.put(end.collection(), uri(&format!("{}/{}", near.id, end.collection()))?);
    }
    doc.links.collaborators = Some(uri(&format!("{}/collaborators", near.id))?);
    doc.links.public_capability =
        resource.public_grants.iter().map(|(_, grant)| uri(grant.as_str())).collect::<WebResult<_>>()?;
    Ok(doc)
}

async fn of_domain(front: &Front, near: &Near) -> WebResult<Document> {
    let domain = front.node.look::<Domain, _>(&near.id, &ViewDomain).await?;
    let mut doc = common(near, "Application", &keys(front, &near.id).await?)?;
    doc.preferred_username = Some(instance_name(&near.site.host).to_owned());
    doc.webfinger = Some(webfinger(near, instance_name(&near.site.host)));
    doc.name = domain.settings.title;
    doc.url = Some(uri(&near.site.uri("/"))?);
    doc.manually_approves_followers = Some(true);
    Ok(doc.to_document())
}

/// A name as WebFinger answers for it.
fn webfinger(near: &Near, name: &str) -> String {
    format!("{name}@{}", near.site.shown())
}

/// What the instance actor is called before the `@`: the host itself. No name that is given to others holds a dot, so that
/// only a host without one, as in development, could be taken; then it is the instance's all the same.
pub fn instance_name(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}

/// What the documents of all kinds have, when they are shown whole.
fn common(near: &Near, kind: &str, keys: &ShownKeys) -> WebResult<ActorDoc> {
    let under = |part: &str| uri(&format!("{}{part}", near.id));
    let mut doc = keyed(near, kind, keys)?;
    doc.outbox = Some(under("/outbox")?);
    doc.url = Some(under("")?);
    doc.endpoints = Endpoints {
        shared_inbox: Some(uri(&near.site.uri("/inbox"))?),
        proxy_url: Some(uri(&near.site.uri(crate::api::PROXY))?),
        oauth_authorization: Some(uri(&near.site.uri(crate::api::AUTHORIZE))?),
        oauth_token: Some(uri(&near.site.uri(crate::api::TOKEN))?),
    };
    Ok(doc)
}

/// An actor's address, type, inbox and keys. The inbox is exactly the address and `/inbox`; no address has a query.
fn keyed(near: &Near, kind: &str, keys: &ShownKeys) -> WebResult<ActorDoc> {
    let id = ActorUri::parse(near.id.as_str()).map_err(WebError::broken)?;
    let owner = uri(near.id.as_str())?;
    let mut doc = ActorDoc::new(kind, id);
    doc.inbox = Some(uri(&format!("{}/inbox", near.id))?);
    let (key, pem) = &keys.rsa;
    doc.public_key = vec![ActorKey::Key(PublicKey { id: uri(key)?, owner: owner.clone(), pem: pem.clone() })];
    let multikey = |(id, multibase): &(String, String)| {
        Ok(Multikey { id: uri(id)?, controller: owner.clone(), multibase: multibase.clone() })
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
