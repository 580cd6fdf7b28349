//! What this server says of itself: NodeInfo, host-meta, robots.txt.
//!
//! Source: nodeinfo.diaspora.software; RFC 6415; RFC 9309.

use crate::answer::{WebError, WebResult};
use crate::domains::{Site, WellKnownSite};
use crate::fed::actor::uri;
use crate::ports::Front;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use pritchel_actor::ViewError;
use pritchel_actors::Domain;
use pritchel_actors::domain::view::ViewDomain;
use pritchel_vocab::nodeinfo::Version;
use pritchel_vocab::{Document, NodeInfo, NodeInfoIndex};
use serde_json::json;

/// The name of this software.
const SOFTWARE: &str = "pritchel";
/// The name that Forgejo lets in without knowing it, and with which it leaves our addresses as they are.
const COMPATIBLE: &str = "gitea";

/// `GET /.well-known/nodeinfo`. Forgejo follows the first link, whatever its relation; who counts servers follows the one of
/// the newest schema. So the older schema stands first, and is the only one that may say another name.
pub async fn index(WellKnownSite(site): WellKnownSite) -> WebResult {
    let link = |version: Version| {
        let href = uri(&site.uri(&format!("/nodeinfo/{}", version.as_str())))?;
        Ok::<_, WebError>((version.rel().to_owned(), href))
    };
    let index = NodeInfoIndex { links: vec![link(Version::V2_0)?, link(Version::V2_1)?] };
    Ok(json_of(&index.to_document(), "application/json"))
}

/// `GET /nodeinfo/2.0`.
pub async fn node_info_2_0(State(front): State<Front>, site: Site) -> WebResult {
    node_info(&front, &site, Version::V2_0).await
}

/// `GET /nodeinfo/2.1`.
pub async fn node_info_2_1(State(front): State<Front>, site: Site) -> WebResult {
    node_info(&front, &site, Version::V2_1).await
}

async fn node_info(front: &Front, site: &Site, version: Version) -> WebResult {
    let domain = match front.node.look::<Domain, _>(&site.actor, &ViewDomain).await {
        Err(ViewError::NoActor) => return Err(WebError::not_found()),
        looked => looked?,
    };
    let source = front.settings.source_of(site);
    let compatible = front.settings.forgejo_compatible && version == Version::V2_0;
    let mut info = NodeInfo {
        software: if compatible { COMPATIBLE } else { SOFTWARE }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        repository: Some(uri(&source)?),
        protocols: vec!["activitypub".to_owned()],
        open_registrations: domain.settings.open_registration,
        users_total: Some(domain.people),
        ..NodeInfo::default()
    };
    // Whatever name stands above, the true one and the way to the source are always said.
    info.metadata.insert("software".to_owned(), SOFTWARE.into());
    info.metadata.insert("source".to_owned(), source.into());
    if let Some(title) = domain.settings.title {
        info.metadata.insert("nodeName".to_owned(), title.into());
    }
    Ok(json_of(&info.to_document(version), version.media_type()))
}

fn json_of(document: &Document, media_type: &'static str) -> Response {
    with_type(document.raw().to_vec(), media_type)
}

fn with_type(body: impl IntoResponse, media_type: &'static str) -> Response {
    let mut response = body.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn template(site: &Site) -> String {
    site.uri("/.well-known/webfinger?resource={uri}")
}

/// `GET /.well-known/host-meta`: where WebFinger is, for those who still ask.
pub async fn host_meta(WellKnownSite(site): WellKnownSite) -> Response {
    // An origin holds nothing that XML would read otherwise.
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"{}\"/>\n</XRD>\n",
        template(&site)
    );
    with_type(xml, "application/xrd+xml; charset=utf-8")
}

/// `GET /.well-known/host-meta.json`: the same as JSON.
pub async fn host_meta_json(WellKnownSite(site): WellKnownSite) -> Response {
    let link = json!({"rel": "lrdd", "type": "application/jrd+json", "template": template(&site)});
    with_type(json!({"links": [link]}).to_string(), "application/json")
}

/// `GET /robots.txt`: inboxes, sign-in and what clients use are no reading for crawlers, nor are pages that are much work: the
/// files of a repository, its README and its tickets are.
pub async fn robots() -> Response {
    let closed = ["/-/", "/oauth/", "/login", "/*/inbox", "/*.git/"].map(str::to_owned);
    let costly = ["archive", "blame", "commits", "compare", "history", "log", "raw", "search"];
    let costly = costly.map(|page| format!("/repos/*/{page}"));
    let lines: String = closed.iter().chain(&costly).map(|path| format!("Disallow: {path}\n")).collect();
    with_type(format!("User-agent: *\n{lines}"), "text/plain; charset=utf-8")
}
