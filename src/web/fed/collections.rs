//! Collections and their pages. The collection itself says how much there is and where it begins; `?page=first` is its first
//! page, and each page says where the next one is. Every collection of links has its owner as `context`, so that an `Add` to
//! it can be understood by those who only see its address.

use crate::answer::{WebError, WebResult};
use crate::fed::actor::uri;
use crate::fed::document;
use crate::fed::near::{Kind, Near, look_at_resource};
use crate::fed::peers::{self, Links, Seen, seen};
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::limits::{CURSOR_BYTES_MAX, PAGE_ITEMS};
use crate::ports::Front;
use crate::powers::{Bringing, bring_for};
use crate::viewer::Asking;
use axum::extract::{FromRequestParts, Path};
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use pritchel_actor::{ActId, ActorId, ViewError};
use pritchel_actors::access::view::{AccessShown, ViewAccess, ViewFollowers};
use pritchel_actors::common::like::ViewLikes;
use pritchel_actors::link::view::{Peer, ViewListing};
use pritchel_actors::link::{End, Link, LinkKind, Side};
use pritchel_actors::person::view as person_view;
use pritchel_actors::tie::{TieKind, TieSide};
use pritchel_actors::{Person, Project, Repository, ResourceKind};
use pritchel_vocab::{Collection, CollectionType, Document, Relation, Relationship, Thing, is_given};
use serde_json::json;
use std::future::Future;

/// Which part of a collection is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The collection itself.
    Whole,
    /// The page after this place; `None` for the first.
    Page(Option<String>),
}

impl Part {
    /// The place as an actor's address.
    pub fn after_actor(&self) -> Option<ActorId> {
        self.place().map(ActorId::from)
    }

    /// The place as a number.
    pub fn number(&self) -> WebResult<Option<u64>> {
        let number = |text: &str| text.parse().map_err(|_| WebError::malformed("expected a number as `page`"));
        self.place().map(number).transpose()
    }

    fn place(&self) -> Option<&str> {
        match self {
            Self::Page(place) => place.as_deref(),
            Self::Whole => None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebError> {
        let query = parts.uri.query().unwrap_or_default();
        let page = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "page");
        match page.map(|(_, value)| value.into_owned()) {
            None => Ok(Self::Whole),
            Some(first) if matches!(first.as_str(), "first" | "true" | "") => Ok(Self::Page(None)),
            Some(place) if place.len() <= CURSOR_BYTES_MAX => Ok(Self::Page(Some(place))),
            Some(_) => Err(WebError::malformed(format!("expected at most {CURSOR_BYTES_MAX} bytes as `page`"))),
        }
    }
}

/// What a collection shows.
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// How many there are in all, where whoever asks may know.
    pub total: Option<u64>,
    /// The page's items.
    pub items: Vec<Thing>,
    /// The place of the last item, if there may be more.
    pub next: Option<String>,
}

impl Items {
    /// Items by address, with the place of the last one if the page is full.
    pub fn of<'a>(
        total: Option<u64>,
        uris: impl IntoIterator<Item = &'a str>,
        next: Option<String>,
    ) -> WebResult<Self> {
        let items = uris.into_iter().map(|text| uri(text).map(Thing::Uri)).collect::<WebResult<_>>()?;
        Ok(Self { total, items, next })
    }
}

/// The place after a full page.
pub fn next_of<T>(page: &[T], place: impl Fn(&T) -> String) -> Option<String> {
    if page.len() < PAGE_ITEMS { None } else { page.last().map(place) }
}

/// A collection, or the page of it that is asked for.
pub fn collection(near: &Near, context: &str, ordered: bool, part: &Part, items: Items) -> WebResult<Document> {
    let whole = uri(&near.uri)?;
    let at = |place: &str| {
        let place: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        uri(&format!("{}?page={place}", near.uri))
    };
    let collection = match part {
        Part::Whole => Collection {
            id: Some(whole),
            total: items.total,
            first: Some(Thing::Uri(at("first")?)),
            ..Collection::new(if ordered { CollectionType::OrderedCollection } else { CollectionType::Collection })
        },
        Part::Page(place) => Collection {
            id: Some(at(place.as_deref().unwrap_or("first"))?),
            part_of: Some(whole),
            total: items.total,
            next: items.next.as_deref().map(at).transpose()?,
            items: items.items,
            ..Collection::new(if ordered {
                CollectionType::OrderedCollectionPage
            } else {
                CollectionType::CollectionPage
            })
        },
    };
    Ok(Collection { context: Some(uri(context)?), ..collection }.to_document())
}

/// A collection of the actor at this address, as an answer.
pub fn answer(
    near: &Near,
    headers: &HeaderMap,
    ordered: bool,
    part: &Part,
    items: WebResult<Shown<Items>>,
) -> Response {
    let made = items.and_then(|items| {
        let what = collection(near, near.id.as_str(), ordered, part, items.what)?;
        Ok(document::answer(headers, &Shown { what, to_all: items.to_all }))
    });
    or_tombstone(near, made)
}

/// `GET …/followers`.
pub async fn followers(
    Bringing(front): Bringing,
    near: Near,
    asking: Asking,
    part: Part,
    headers: HeaderMap,
) -> Response {
    let after = part.after_actor();
    let found = shown(&front, &near, &asking, |viewer| followers_of(&front, &near, viewer, after.clone())).await;
    let items = found.and_then(|found| {
        let (total, page) = found.what;
        let next = next_of(&page, |(id, _)| id.to_string());
        let what = Items::of(Some(total), page.iter().map(|(id, _)| id.as_str()), next)?;
        Ok(Shown { what, to_all: found.to_all })
    });
    answer(&near, &headers, true, &part, items)
}

type Followers = (u64, Vec<(ActorId, i64)>);

async fn followers_of(
    front: &Front,
    near: &Near,
    viewer: Option<ActorId>,
    after: Option<ActorId>,
) -> Result<Followers, ViewError> {
    let limit = PAGE_ITEMS;
    match near.kind {
        Some(Kind::Person) => {
            front.node.look::<Person, _>(&near.id, &person_view::ViewFollowers { after, limit }).await
        }
        _ => look_at_resource(front, near, ViewFollowers { viewer, after, limit }).await,
    }
}

/// `GET …/following`: whom a person follows; what is not accepted yet is not said.
pub async fn following(
    Bringing(front): Bringing,
    near: Near,
    asking: Asking,
    part: Part,
    headers: HeaderMap,
) -> Response {
    let after = part.after_actor();
    let look = |_| {
        let view = person_view::ViewFollowing { after: after.clone(), limit: PAGE_ITEMS };
        let (front, id) = (front.clone(), near.id.clone());
        async move { front.node.look::<Person, _>(&id, &view).await }
    };
    let items = shown(&front, &near, &asking, look).await.and_then(|found| {
        let (total, page) = found.what;
        let next = next_of(&page, |(id, _)| id.to_string());
        let accepted = page.iter().filter(|(_, following)| following.since.is_some());
        let what = Items::of(Some(total), accepted.map(|(id, _)| id.as_str()), next)?;
        Ok(Shown { what, to_all: found.to_all })
    });
    answer(&near, &headers, true, &part, items)
}

/// `GET …/collaborators`: who has a role of their own.
pub async fn collaborators(
    Bringing(front): Bringing,
    near: Near,
    asking: Asking,
    part: Part,
    headers: HeaderMap,
) -> Response {
    let after = part.after_actor();
    let found = shown(&front, &near, &asking, |viewer| access_of(&front, &near, viewer, after.clone())).await;
    let items = found.and_then(|found| {
        let page = found.what.collaborators;
        let next = next_of(&page, |(id, _)| id.to_string());
        let item = |(id, collaborator): &(ActorId, pritchel_actors::access::Collaborator)| {
            let relationship = Relationship {
                id: None,
                subject: uri(near.id.as_str())?,
                relation: Relation::from_name("hasCollaborator"),
                object: uri(id.as_str())?,
                role: Some(collaborator.role.as_str().to_owned()),
            };
            Thing::embed(relationship.to_value()).map_err(WebError::broken)
        };
        let items = page.iter().map(item).collect::<WebResult<_>>()?;
        Ok(Shown { what: Items { total: None, items, next }, to_all: found.to_all })
    });
    answer(&near, &headers, false, &part, items)
}

async fn access_of(
    front: &Front,
    near: &Near,
    viewer: Option<ActorId>,
    after: Option<ActorId>,
) -> Result<AccessShown, ViewError> {
    look_at_resource(front, near, ViewAccess { viewer, after, limit: PAGE_ITEMS }).await
}

/// `GET …/components` and its sisters: who is linked with the actor, each with the role that comes over the link.
pub async fn peers(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    let end = end_of(&near);
    let items = peers_of(&front, &near, &asking, part.after_actor()).await.and_then(|found| {
        let items = found.what.items.iter().map(|peer| relationship(&near, end, peer)).collect::<WebResult<_>>()?;
        Ok(Shown { what: Items { total: None, items, next: found.what.next }, to_all: found.to_all })
    });
    answer(&near, &headers, false, &part, items)
}

/// The peers that everybody may see; where there are others, those that whoever asks may see.
async fn peers_of(front: &Front, near: &Near, asking: &Asking, after: Option<ActorId>) -> WebResult<Shown<Seen<Peer>>> {
    let (Some(end), Some(Kind::Resource(kind))) = (end_of(near), near.kind) else { return Err(WebError::not_found()) };
    let links = Links { of: near.id.clone(), kind, end };
    let look = |viewer: Option<ActorId>| {
        let (front, links, after) = (front.clone(), links.clone(), after.clone());
        async move { seen(&front, &links, viewer.as_ref(), after, PAGE_ITEMS).await }
    };
    as_far_as_seen(front, near, asking, look, |seen| seen.hidden).await
}

/// What everybody may see of something; where that is not all, what whoever asks may see of it.
/// - `hides`: whether there is more
async fn as_far_as_seen<T, F: Future<Output = Result<T, ViewError>>>(
    front: &Front,
    near: &Near,
    asking: &Asking,
    look: impl Fn(Option<ActorId>) -> F,
    hides: impl Fn(&T) -> bool,
) -> WebResult<Shown<T>> {
    let found = shown(front, near, asking, &look).await?;
    if !found.to_all || !hides(&found.what) || !asking.says_who() {
        return Ok(found);
    }
    match asking.viewer(front).await?.reader().cloned() {
        Some(reader) => {
            bring_for(front, &reader, &near.id).await?;
            Ok(Shown { what: look(Some(reader)).await?, to_all: false })
        }
        None => Ok(found),
    }
}

/// Which end of links this collection of the actor shows.
fn end_of(near: &Near) -> Option<End> {
    let Some(Kind::Resource(kind)) = near.kind else { return None };
    End::of_collection(kind.ends(), near.uri.strip_prefix(near.id.as_str())?.strip_prefix('/')?)
}

/// `GET …/workflowTrackers` and its sister: the trackers that use what the actor provides.
pub async fn tied(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    let (after, tie) = (part.after_actor(), tie_of(&near));
    let look = |viewer: Option<ActorId>| {
        let (front, near, after) = (front.clone(), near.clone(), after.clone());
        async move {
            let (kind, tie) = tie.ok_or(ViewError::NoActor)?;
            peers::tied(&front, (kind, &near.id), tie, viewer.as_ref(), (after, PAGE_ITEMS)).await
        }
    };
    let found = as_far_as_seen(&front, &near, &asking, look, |seen| seen.hidden).await;
    let items = found.and_then(|found| {
        let items = Items::of(None, found.what.items.iter().map(|who| who.as_str()), found.what.next)?;
        Ok(Shown { what: items, to_all: found.to_all })
    });
    answer(&near, &headers, false, &part, items)
}

/// Which ties this collection of the actor shows.
fn tie_of(near: &Near) -> Option<(ResourceKind, (TieKind, TieSide))> {
    let Some(Kind::Resource(kind)) = near.kind else { return None };
    let tie = TieKind::of_property(kind.as_str(), near.uri.strip_prefix(near.id.as_str())?.strip_prefix('/')?)?;
    Some((kind, tie))
}

/// A link as a relationship of this actor to its peer. Components and children name those above them by address alone.
fn relationship(near: &Near, end: Option<End>, peer: &Peer) -> WebResult<Thing> {
    let Some((relation, peer_first)) = end.and_then(relation) else { return Ok(Thing::Uri(uri(peer.peer.as_str())?)) };
    let (mine, theirs) = (uri(near.id.as_str())?, uri(peer.peer.as_str())?);
    let (subject, object) = if peer_first { (theirs, mine) } else { (mine, theirs) };
    let role = peer.role.map(|role| role.as_str().to_owned());
    let id = peer.relationship.as_deref().map(uri).transpose()?;
    let relationship = Relationship { id, subject, relation, object, role };
    Thing::embed(relationship.to_value()).map_err(WebError::broken)
}

/// `GET …/members/{number}` and its sister: one relationship, while it stands.
pub async fn listing(
    Bringing(front): Bringing,
    Path((_, number)): Path<(String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let number = crate::fed::tickets::number(&number)?;
        let collection = near.uri.rsplit_once('/').map_or("", |(collection, _)| collection);
        let of = Near { uri: collection.to_owned(), ..near.clone() };
        let end = end_of(&of).ok_or_else(WebError::not_found)?;
        let look = |viewer| {
            let (front, near) = (front.clone(), near.clone());
            async move { look_at_resource(&front, &near, ViewListing { viewer, end, number }).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let Link { peer, relationship, .. } = found.what;
        let id = relationship.as_deref().map(uri).transpose()?;
        let (relation, _) = relation(end).ok_or_else(WebError::not_found)?;
        let (subject, object) = (uri(near.id.as_str())?, uri(peer.as_str())?);
        let what = Relationship { id, subject, relation, object, role: None }.to_document();
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}

/// How a peer stands to the actor at this end, and whether the peer is the subject.
///
/// Source: ForgeFed, vocabulary; protocol decision F-06.
fn relation(end: End) -> Option<(Relation, bool)> {
    Some(match (end.kind, end.side) {
        (LinkKind::Component, Side::Destination) => (Relation::HasComponent, false),
        (LinkKind::Child, Side::Destination) | (LinkKind::Subteam, Side::Source) => (Relation::HasChild, false),
        (LinkKind::Oversight, Side::Destination) => (Relation::HasOverseen, false),
        (LinkKind::Oversight, Side::Source) => (Relation::HasOversight, false),
        (LinkKind::TeamResource, side) => (Relation::HasRecursiveCollaborator, side == Side::Destination),
        (LinkKind::Member, Side::Destination) => (Relation::HasMember, false),
        (LinkKind::Asset, side) => (Relation::HasAsset, side == Side::Source),
        (LinkKind::Component | LinkKind::Child | LinkKind::Member, Side::Source)
        | (LinkKind::Subteam, Side::Destination) => return None,
    })
}

/// `GET /repos/{key}/likes` and that of a project: the `Like` of each star.
pub async fn likes(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    let after = part.after_actor();
    let look = |viewer| {
        let view = ViewLikes { viewer, after: after.clone(), limit: PAGE_ITEMS };
        let (front, id) = (front.clone(), near.id.clone());
        let project = near.kind == Some(Kind::Resource(ResourceKind::Project));
        async move {
            match project {
                true => front.node.look::<Project, _>(&id, &view).await,
                false => front.node.look::<Repository, _>(&id, &view).await,
            }
        }
    };
    let items = shown(&front, &near, &asking, look).await.map(|found| {
        let (total, page) = found.what;
        let next = next_of(&page, |(id, _)| id.to_string());
        let stars = page.iter().filter_map(|(fan, act)| star(&near.id, fan, act)).collect();
        Shown { what: Items { total: Some(total), items: stars, next }, to_all: found.to_all }
    });
    answer(&near, &headers, true, &part, items)
}

/// The `Like` of a star: by its address, or written out if it came without one.
fn star(liked: &ActorId, fan: &ActorId, act: &ActId) -> Option<Thing> {
    if is_given(act.as_str(), fan.as_str()) {
        return Thing::embed(json!({"type": "Like", "actor": fan, "object": liked})).ok();
    }
    uri(act.as_str()).ok().map(Thing::Uri)
}

/// `GET /repos/{key}/forks`: newest first.
pub async fn forks(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    let items = async {
        let before = part.number()?;
        let look = |viewer: Option<ActorId>| {
            let (front, id) = (front.clone(), near.id.clone());
            async move { peers::forks(&front, &id, viewer.as_ref(), (before, PAGE_ITEMS)).await }
        };
        let found = as_far_as_seen(&front, &near, &asking, look, |(_, seen)| seen.hidden).await?;
        let (total, seen) = found.what;
        let what = Items::of(Some(total), seen.items.iter().map(|(_, fork)| fork.id.as_str()), seen.next)?;
        Ok(Shown { what, to_all: found.to_all })
    };
    let items = items.await;
    answer(&near, &headers, true, &part, items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_is_never_taken_for_the_first_page() {
        for (query, page) in [("page=1", Some("1")), ("page=first", None), ("page=true", None), ("page=", None)] {
            let (mut parts, ()) =
                http::Request::builder().uri(format!("/inbox?{query}")).body(()).unwrap().into_parts();
            let part = Part::from_request_parts(&mut parts, &()).await;
            assert!(matches!(part, Ok(Part::Page(place)) if place.as_deref() == page), "{query}");
        }
    }
}
