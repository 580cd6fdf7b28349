//! WebFinger: which actor a name belongs to, and the name of an actor.
//!
//! Source: RFC 7033, which demands that any page may ask.

use crate::answer::{WebError, WebResult};
use crate::domains::{Site, WellKnownSite};
use crate::fed::actor::{instance_name, look_at, uri};
use crate::fed::near::{Kind, Near};
use crate::limits::RESOURCE_BYTES_MAX;
use crate::ports::Front;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::view::ViewPerson;
use pritchel_vocab::webfinger::{INTENTS, JRD_TYPE, SUBSCRIBE};
use pritchel_vocab::{Acct, Jrd, JrdLink};

/// `GET /.well-known/webfinger?resource=…`. `resource` is `acct:name@host` or the address of an actor, both of this domain;
/// the host is that of addresses or the one under which names are shown, and the answer is about the latter.
pub async fn answer(State(front): State<Front>, WellKnownSite(site): WellKnownSite, uri: Uri) -> Response {
    let mut response = match about(&front, &site, uri.query().unwrap_or_default()).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn about(front: &Front, site: &Site, query: &str) -> WebResult {
    let fields: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let mut resources = fields.iter().filter(|(name, _)| name == "resource").map(|(_, value)| value.as_ref());
    let resource = match (resources.next(), resources.next()) {
        (Some(one), None) if one.len() <= RESOURCE_BYTES_MAX => one,
        _ => {
            let detail = format!("expected one `resource` of at most {RESOURCE_BYTES_MAX} bytes");
            return Err(WebError::malformed(detail));
        }
    };
    let (name, id) = found(front, site, resource).await?;
    let acct = Acct::parse(&format!("{name}@{}", site.shown())).map_err(WebError::broken)?;
    let actor = uri(id.as_str())?;
    let page = if id == site.actor { uri(&site.uri("/"))? } else { actor.clone() };
    let mut jrd = Jrd::of_actor(&acct, &actor, Some(&page));
    jrd.aliases.dedup();
    if id.as_str().starts_with(&site.uri("/people/")) || id == site.actor {
        jrd.links.extend(intents(site));
    }
    let rels: Vec<&str> = fields.iter().filter(|(name, _)| name == "rel").map(|(_, value)| value.as_ref()).collect();
    if !rels.is_empty() {
        jrd.links.retain(|link| rels.contains(&link.rel.as_str()));
    }
    let mut response = jrd.to_document().raw().to_vec().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JRD_TYPE));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    Ok(response)
}

/// Where this server takes its own people who pressed something elsewhere: to the thing, in its own frame.
///
/// Source: FEP-3b86; the older relation is that of OStatus.
fn intents(site: &Site) -> Vec<JrdLink> {
    let page = |query: &str| Some(site.uri(&format!("/authorize_interaction?{query}")));
    let link = |rel: String, query: &str| JrdLink { rel, template: page(query), ..JrdLink::default() };
    let intent = |name: &str, query: &str| link(format!("{INTENTS}{name}"), query);
    vec![
        link(SUBSCRIBE.to_owned(), "uri={uri}"),
        intent("Follow", "do=follow&uri={object}"),
        intent("Like", "do=star&uri={object}"),
        intent("Create", "do=comment&uri={inReplyTo}&text={content}"),
        intent("Object", "uri={object}"),
    ]
}

/// The name and address of what is asked for. What is private is not found.
async fn found(front: &Front, site: &Site, resource: &str) -> WebResult<(String, ActorId)> {
    if resource.starts_with("https://") || resource.starts_with("http://") {
        let path = resource.strip_prefix(&site.origin).ok_or_else(|| not_of(site))?;
        if path.is_empty() || path == "/" {
            return Ok((instance_name(&site.host).to_owned(), site.actor.clone()));
        }
        let near = Near::of(site, path).filter(|near| near.id.as_str() == resource).ok_or_else(WebError::not_found)?;
        return Ok((name_of(front, &near).await?, near.id));
    }
    let acct = Acct::parse(resource).map_err(|error| WebError::malformed(error.to_string()))?;
    let (name, host) = (acct.name().to_owned(), acct.authority());
    if host != site.host && host != site.shown() {
        return Err(not_of(site));
    }
    if name == instance_name(&site.host) {
        return Ok((name, site.actor.clone()));
    }
    let name = name.to_ascii_lowercase();
    let id = front.ports.named(format!("{name}@{}", site.host)).await?.ok_or_else(WebError::not_found)?;
    let path = id.as_str().strip_prefix(&site.origin).ok_or_else(WebError::not_found)?;
    let near = Near::of(site, path).ok_or_else(WebError::not_found)?;
    // Its own word on its name: a private resource has none for strangers.
    Ok((name_of(front, &near).await?, id))
}

fn not_of(site: &Site) -> WebError {
    let detail = format!("expected a `resource` of {}", site.shown());
    WebError::new(http::StatusCode::NOT_FOUND, "not-of-this-host", detail)
}

async fn name_of(front: &Front, near: &Near) -> WebResult<String> {
    match near.kind {
        None => Ok(instance_name(&near.site.host).to_owned()),
        Some(Kind::Person) => Ok(front.node.look::<Person, _>(&near.id, &ViewPerson).await?.name),
        Some(_) => {
            let resource = look_at(front, near, None).await?;
            Ok(resource.handle.unwrap_or_else(|| key(&near.id).to_owned()))
        }
    }
}
