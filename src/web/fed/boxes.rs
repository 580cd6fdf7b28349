//! Inboxes and outboxes. An inbox is its owner's, a resource's its admins'; an outbox shows each viewer what is for them.

use crate::answer::{WebError, WebResult};
use crate::fed::collections::{Items, Part, answer, next_of};
use crate::fed::near::{Kind, Near, look_at_resource};
use crate::fed::notes::as_it_stands;
use crate::fed::shown::{Shown, absent, or_tombstone};
use crate::fed::{document, visible};
use crate::limits::{PAGE_BYTES_MAX, PAGE_ITEMS};
use crate::ports::{Front, Presence};
use crate::powers::{Bringing, bring_for};
use crate::viewer::{Asking, Viewer};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pritchel_actor::{Act, ActId, ActorId, ViewError};
use pritchel_actors::access::view::{HoldsGrant, ViewInbox, ViewOutbox};
use pritchel_actors::domain::view::ViewOutbox as DomainOutbox;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::person::view as person_view;
use pritchel_actors::{Domain, Person};
use pritchel_vocab::Thing;
use std::sync::Arc;

/// `GET …/inbox`. Whoever says nothing of themselves is asked to, whatever stands there.
pub async fn inbox(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    answer(&near, &headers, true, &part, received(&front, &near, &asking, &part).await)
}

async fn received(front: &Front, near: &Near, asking: &Asking, part: &Part) -> WebResult<Shown<Items>> {
    let viewer = asking.viewer(front).await?;
    let Some(reader) = viewer.reader().cloned() else {
        // A token that may do other things is good, and not to be thrown away.
        return Err(match viewer.by_token(Scope::Read) {
            Err(error) if error.status == StatusCode::FORBIDDEN => error,
            _ => WebError::token_wanted("an inbox is shown to its owner: expected a token that may read, found none"),
        });
    };
    bring_for(front, &reader, &near.id).await?;
    let before = part.number()?;
    let (total, acts) = inbox_page(front, near, Some(reader), before).await?;
    let next = next_of(&acts, |(place, _)| place.to_string());
    let mut items = PageOfActs::default();
    for (_, id) in &acts {
        items.put(id, front.ports.act(id.clone()).await?.as_deref())?;
    }
    Ok(Shown { what: Items { total, items: items.things, next }, to_all: false })
}

type Places = Vec<(u64, ActId)>;

async fn inbox_page(
    front: &Front,
    near: &Near,
    viewer: Option<ActorId>,
    before: Option<u64>,
) -> WebResult<(Option<u64>, Places)> {
    let (node, id, limit) = (&front.node, &near.id, PAGE_ITEMS);
    let view = ViewInbox { viewer: viewer.clone(), before, limit };
    let page = match near.kind {
        Some(Kind::Person) => {
            let view = person_view::ViewInbox { viewer, before, limit };
            let (total, page) = node.look::<Person, _>(id, &view).await?;
            return Ok((Some(total), page.into_iter().map(|(place, item)| (place, item.act)).collect()));
        }
        Some(Kind::Resource(_)) => look_at_resource(front, near, view).await?,
        None => return Err(WebError::not_found()),
    };
    Ok((None, page.into_iter().map(|(place, item)| (place, item.act)).collect()))
}

/// `GET …/outbox`.
pub async fn outbox(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    answer(&near, &headers, true, &part, published(&front, &near, &asking, &part).await)
}

/// `GET /actor/outbox`.
pub async fn domain_outbox(
    Bringing(front): Bringing,
    near: Near,
    asking: Asking,
    part: Part,
    headers: HeaderMap,
) -> Response {
    answer(&near, &headers, true, &part, published(&front, &near, &asking, &part).await)
}

async fn published(front: &Front, near: &Near, asking: &Asking, part: &Part) -> WebResult<Shown<Items>> {
    let viewer = if asking.says_who() { asking.viewer(front).await? } else { Viewer::ANYBODY };
    let reader = viewer.reader();
    if let Some(reader) = reader {
        bring_for(front, reader, &near.id).await?;
    }
    let (total, acts) = match outbox_page(front, near, reader.cloned(), part.number()?).await {
        Err(ViewError::NoActor) => return Err(absent(front, near, asking).await),
        looked => looked?,
    };
    let next = next_of(&acts, |(place, _)| place.to_string());
    let mut items = PageOfActs::default();
    if *part != Part::Whole {
        for (_, id) in &acts {
            let Some(act) = front.ports.act(id.clone()).await? else { continue };
            let is_shown = match reader {
                Some(reader) => visible::to_viewer(front, near, &act, reader).await?,
                None => visible::to_all(front, near, &act).await?,
            };
            if is_shown {
                items.put(id, Some(&*as_it_stands(front, act).await?))?;
            }
        }
    }
    // How much there is that is not shown is its author's own affair.
    let total = (reader == Some(&near.id)).then_some(total);
    Ok(Shown { what: Items { total, items: items.things, next }, to_all: reader.is_none() })
}

async fn outbox_page(
    front: &Front,
    near: &Near,
    viewer: Option<ActorId>,
    before: Option<u64>,
) -> Result<(u64, Places), ViewError> {
    let (node, id, limit) = (&front.node, &near.id, PAGE_ITEMS);
    let view = ViewOutbox { viewer, before, limit };
    let (total, page) = match near.kind {
        Some(Kind::Person) => {
            let (total, page) = node.look::<Person, _>(id, &person_view::ViewOutbox { before, limit }).await?;
            return Ok((total, page.into_iter().map(|(place, item, _)| (place, item.act)).collect()));
        }
        Some(Kind::Resource(_)) => look_at_resource(front, near, view).await?,
        None => node.look::<Domain, _>(id, &DomainOutbox { before, limit }).await?,
    };
    Ok((total, page.into_iter().map(|(place, item)| (place, item.act)).collect()))
}

/// The acts of a page: written out while there is room, then by address.
#[derive(Default)]
struct PageOfActs {
    things: Vec<Thing>,
    bytes: usize,
}

impl PageOfActs {
    fn put(&mut self, id: &ActId, act: Option<&Act>) -> WebResult<()> {
        let written = act.filter(|act| self.bytes + act.raw.len() <= PAGE_BYTES_MAX);
        let thing = match written {
            Some(act) => {
                self.bytes += act.raw.len();
                Thing::embed((*act.body).clone()).ok()
            }
            None => None,
        };
        // Acts that came without an address have one of our own making that leads nowhere on the web.
        let by_address = || crate::fed::actor::uri(id.as_str()).ok().map(Thing::Uri);
        self.things.extend(thing.or_else(by_address));
        Ok(())
    }
}

/// `GET …/outbox/{token}`: one act, byte for byte as it was sent; but with its note as that stands, if it was changed since.
pub async fn one(Bringing(front): Bringing, near: Near, asking: Asking, headers: HeaderMap) -> Response {
    let found = async {
        let Shown { what, to_all } = act(&front, &near, &asking).await?;
        Ok(Shown { what: as_it_stands(&front, what).await?, to_all })
    };
    let found: WebResult<Shown<Arc<Act>>> = found.await;
    let answer = found.map(|act| document::bytes(&headers, Bytes::from_owner(act.what.raw.clone()), act.to_all));
    or_tombstone(&near, answer)
}

/// `GET …/outbox/{token}/result`: whether a Grant still holds. Whoever knows its address may ask.
///
/// Source: ForgeFed, "Extending a delegation chain": 204 while it does, anything else but 200 when it does no more.
pub async fn result(Bringing(front): Bringing, near: Near) -> Response {
    let Some(grant) = near.uri.strip_suffix("/result") else { return WebError::not_found().into_response() };
    match look_at_resource(&front, &near, HoldsGrant { grant: ActId::new(grant) }).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) | Err(ViewError::NoActor | ViewError::Refused(_)) => WebError::gone().into_response(),
        Err(error) => WebError::from(error).into_response(),
    }
}

async fn act(front: &Front, near: &Near, asking: &Asking) -> WebResult<Shown<Arc<Act>>> {
    if front.ports.presence(near.id.clone()).await? != Presence::Here {
        return Err(absent(front, near, asking).await);
    }
    let id = ActId::new(near.uri.as_str());
    let Some(act) = front.ports.act(id).await?.filter(|act| act.author == near.id) else {
        return Err(WebError::not_found());
    };
    if visible::is_grant(&act) || visible::to_all(front, near, &act).await? {
        return Ok(Shown { what: act, to_all: true });
    }
    let viewer = asking.viewer(front).await?;
    match viewer.reader() {
        Some(reader) if visible::to_viewer(front, near, &act, reader).await? => Ok(Shown { what: act, to_all: false }),
        _ => Err(WebError::not_found()),
    }
}
