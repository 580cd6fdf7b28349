//! A visit of a browser: who it is, on which domain, and where to put what came of the last form.

use crate::answer::{WebError, WebResult};
use crate::domains::{Site, served};
use crate::fed::near::{Kind, Near};
use crate::limits::LOOKED_UP_CHARS_MAX;
use crate::page::look::choices;
use crate::page::needs::{Acting, Said};
use crate::page::parts::{Csrf, Notice};
use crate::page::shell::with;
use crate::page::{assets, sent};
use crate::ports::{Front, PortError};
use crate::powers::{self, Bringing};
use crate::viewer::person_and_hash;
use crate::{csrf, session};
use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, Uri};
use pritchel_actor::{ActId, ActorId, Value, ViewError};
use pritchel_actors::common::ResourceActor;
use pritchel_actors::common::naming::key;
use pritchel_actors::domain::view::ViewDomain;
use pritchel_actors::domain::{DomainSettings, Registration};
use pritchel_actors::person::notices::CountUnread;
use pritchel_actors::person::view::{PermitFor, SessionOf, ViewPerson};
use pritchel_actors::{Domain, Person, ResourceKind, with_resource};
use std::fmt::Display;
use std::sync::Arc;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Me {
    /// Their address.
    pub id: ActorId,
    /// The person, as everybody may see them.
    pub person: Person,
    /// The hash of their session's secret.
    pub session: String,
    /// How many notifications they have not read.
    pub unread: u64,
    /// What their session's cookie holds.
    cookie: String,
}

impl Me {
    /// The path of their page.
    pub fn path(&self) -> String {
        format!("/people/{}", key(&self.id))
    }

    /// What they are called.
    pub fn shown(&self) -> &str {
        self.person.display_name.as_ref().map_or(&self.person.name, |name| name.as_str())
    }

    /// How many notifications are unread, as the head of each page says it; more than a hundred are many.
    pub fn unread_shown(&self) -> String {
        if self.unread > 99 { "99+".to_owned() } else { self.unread.to_string() }
    }

    /// The token of their forms.
    pub fn csrf(&self) -> Csrf {
        Csrf(csrf::token_of(&self.cookie))
    }
}

/// A visit of a browser.
#[derive(Clone)]
pub struct Visit {
    /// Everything a handler can reach.
    pub front: Front,
    /// The domain visited.
    pub site: Site,
    /// Who it is, if they are signed in.
    pub me: Option<Me>,
    /// The domain's settings.
    pub domain: DomainSettings,
    /// The path visited.
    pub path: String,
    /// The fields of the query.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
}

impl Visit {
    /// A document of another server: as it is shown to everybody, or else as it is to this person.
    pub async fn fetch(&self, uri: &str) -> Result<Arc<Value>, PortError> {
        let shown = self.front.ports.fetch(uri.to_owned()).await;
        match (&self.me, shown) {
            (Some(me), shown) if shown.as_deref().map_or(true, is_bare) => {
                self.front.ports.fetch_as(uri.to_owned(), me.id.clone()).await.or(shown)
            }
            (_, shown) => shown,
        }
    }

    /// The visit that makes this request.
    pub async fn of(front: &Front, uri: &Uri, headers: &HeaderMap) -> WebResult<Self> {
        let named = match uri.authority() {
            Some(authority) => authority.as_str(),
            None => headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default(),
        };
        let Some(domain) = served(&front.settings, &named.to_ascii_lowercase()) else {
            let detail = format!("this server does not answer for {named:?}");
            return Err(WebError::new(http::StatusCode::MISDIRECTED_REQUEST, "host-not-served", detail));
        };
        let site = Site(domain.clone());
        let settings = match front.node.look::<Domain, _>(&site.actor, &ViewDomain).await {
            Ok(domain) => domain.settings,
            // A domain that has not begun yet: its pages say so by being empty.
            Err(ViewError::NoActor) => DomainSettings::default(),
            Err(error) => return Err(error.into()),
        };
        let me = signed_in(front, &site, headers).await?;
        let Bringing(front) = Bringing::of(front);
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let path = uri.path().to_owned();
        let visit = Self { front, site, me, domain: settings, path, query, headers: headers.clone() };
        if let Some(near) = Near::of(&visit.site, &visit.path) {
            powers::bring(&visit, &near.id).await?;
        }
        Ok(visit)
    }

    /// Who looks, for views.
    pub fn viewer(&self) -> Option<ActorId> {
        self.me.as_ref().map(|me| me.id.clone())
    }

    /// Whoever is signed in; others are sent to sign in and come back.
    pub fn signed_in(&self) -> WebResult<&Me> {
        self.me.as_ref().ok_or_else(|| WebError::new(http::StatusCode::UNAUTHORIZED, "sign-in", "sign in to see this"))
    }

    /// A field of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        let mut fields = self.query.iter().filter(|(field, value)| field == name && value.len() <= LOOKED_UP_CHARS_MAX);
        fields.next().map(|(_, value)| value.as_str())
    }

    /// All fields of the query with this name that hold something, the first `most` of them.
    pub fn all_asked(&self, name: &str, most: usize) -> Vec<String> {
        let held = |(field, value): &&(String, String)| {
            field == name && !value.trim().is_empty() && value.len() <= LOOKED_UP_CHARS_MAX
        };
        self.query.iter().filter(held).take(most).map(|(_, value)| value.trim().to_owned()).collect()
    }

    /// A number in the query.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.asked(name)?.parse().ok()
    }

    /// What stands around every page, with what came of the last form.
    pub async fn frame(&self) -> WebResult<Arc<Frame>> {
        let acting = match Near::of(&self.site, &self.path) {
            Some(near) => self.acting(&near.id).await?,
            None => Acting { tester: self.is_tester(), ..Acting::default() },
        };
        Ok(Arc::new(Frame { notice: sent::notice(self).await?, acting, ..Frame::plain(self) }))
    }

    /// By what the visitor acts on this resource, here or elsewhere.
    pub async fn acting(&self, resource: &ActorId) -> WebResult<Acting> {
        let Some(me) = &self.me else { return Ok(Acting::default()) };
        let held = match Kind::of(&self.front.settings, resource) {
            Some(Kind::Resource(_)) => powers::best_for(&self.front, &me.id, resource).await?,
            // Nobody else is asked for a page: what is shown is what the person was told.
            Some(Kind::Person) | None => {
                let view = PermitFor { viewer: self.viewer(), resource: resource.clone() };
                self.front.node.look::<Person, _>(&me.id, &view).await?
            }
        };
        let tester = self.is_tester();
        Ok(Acting {
            grant: held.map(|(grant, permit)| (grant, permit.role)),
            edits: ResourceKind::of(resource).map(|kind| with_resource!(kind, A => A::EDITED_BY)),
            tester,
            choices: if tester { choices(self, resource).await? } else { Vec::new() },
        })
    }

    /// Whether the visitor wants to say by which Grant each thing is done, and to be shown all forms, whatever they hold.
    pub fn is_tester(&self) -> bool {
        self.me.is_some() && self.asked(TESTER).is_some()
    }
}

impl FromRequestParts<Front> for Visit {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> WebResult<Self> {
        Self::of(front, &parts.uri, &parts.headers).await
    }
}

async fn signed_in(front: &Front, site: &Site, headers: &HeaderMap) -> WebResult<Option<Me>> {
    let Some(cookie) = session::cookie_in(&front.settings, site, headers) else { return Ok(None) };
    let Some((id, hash)) = person_and_hash(site, &cookie) else { return Ok(None) };
    match front.node.look::<Person, _>(&id, &SessionOf { hash: hash.clone() }).await {
        Ok(Some(open)) => {
            session::note_session(front, &id, &hash, &open);
            let person = front.node.look::<Person, _>(&id, &ViewPerson).await?;
            let unread = front.node.look::<Person, _>(&id, &CountUnread { viewer: id.clone() }).await?;
            Ok(Some(Me { id, person, session: hash, unread, cookie }))
        }
        Ok(None) | Err(ViewError::NoActor) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What stands around every page.
pub struct Frame {
    /// What the domain is called.
    pub title: String,
    /// Who is signed in.
    pub me: Option<Me>,
    /// Whether anybody may register, or ask to.
    pub open: bool,
    /// Where the stylesheet is.
    pub css: &'static str,
    /// Where the source is.
    pub source_url: String,
    /// The path visited, with its query: where a form comes back to.
    pub here: String,
    /// What came of the last form.
    pub notice: Option<Notice>,
    /// By what the visitor acts on what the page is about.
    pub acting: Acting,
}

impl Frame {
    /// Without a notice.
    pub fn plain(visit: &Visit) -> Self {
        Self {
            title: visit.domain.title.clone().unwrap_or_else(|| visit.site.shown().to_owned()),
            me: visit.me.clone(),
            open: matches!(visit.domain.registration(), Registration::Open | Registration::Approval),
            css: assets::css_path(),
            source_url: visit.front.settings.source_of(&visit.site),
            here: visit.here(),
            notice: None,
            acting: Acting::default(),
        }
    }

    /// Where a visitor who is not signed in does something to this from their own server.
    pub fn away(&self, deed: &str, thing: impl Display) -> String {
        with(&[("do", deed), ("uri", &thing.to_string())], "/away")
    }

    /// Whether the page visited is the one at this path of somebody.
    pub fn is_at(&self, whose: impl AsRef<str>, rest: &str) -> bool {
        let path = self.here.split('?').next().unwrap_or_default();
        path.strip_prefix(whose.as_ref()) == Some(rest)
    }

    /// The hidden fields of every form that acts: the session's token and where to come back to.
    pub fn fields(&self) -> Fields<'_> {
        self.fields_to(&self.here)
    }

    /// What the form for this operation begins with: its hidden fields, and what it needs.
    pub fn acts(&self, operation: &str) -> Acts<'_> {
        self.acts_to(operation, &self.here)
    }

    /// The same, to come back to another path.
    pub fn acts_to<'a>(&'a self, operation: &str, here: &'a str) -> Acts<'a> {
        Acts { fields: self.fields_to(here), said: self.acting.said(operation) }
    }

    /// The same page, where each form has a field for the Grant it is done by; or again without.
    pub fn tester(&self) -> String {
        let on = format!("{TESTER}=yes");
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let mut fields: Vec<&str> = query.split('&').filter(|field| !field.is_empty() && **field != on).collect();
        if !self.acting.tester {
            fields.push(&on);
        }
        if fields.is_empty() { path.to_owned() } else { format!("{path}?{}", fields.join("&")) }
    }

    /// The same, to come back to another path.
    pub fn fields_to<'a>(&'a self, here: &'a str) -> Fields<'a> {
        Fields { csrf: self.me.as_ref().map(Me::csrf), here }
    }
}

/// The hidden fields of every form that acts.
#[derive(askama::Template)]
#[template(
    ext = "html",
    source = r#"{% if let Some(csrf) = csrf %}{{ csrf }}{% endif %}<input type="hidden" name="back" value="{{ here }}">"#
)]
pub struct Fields<'a> {
    csrf: Option<Csrf>,
    here: &'a str,
}

impl askama::filters::HtmlSafe for Fields<'_> {}

/// What every form that acts begins with.
#[derive(askama::Template)]
#[template(ext = "html", source = "{{ fields }}{{ said }}")]
pub struct Acts<'a> {
    fields: Fields<'a>,
    said: Said<'a>,
}

impl askama::filters::HtmlSafe for Acts<'_> {}

/// The field of the query by which a tester is known.
const TESTER: &str = "tester";

impl Visit {
    /// The path visited with its query, without what came of the last form.
    fn here(&self) -> String {
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        fields.extend_pairs(self.query.iter().filter(|(name, _)| name != sent::ITEM));
        let query = fields.finish();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    /// The act of the last form, if the query names one.
    pub fn last_act(&self) -> Option<ActId> {
        let (me, token) = (self.me.as_ref()?, self.asked(sent::ITEM)?);
        let good = token.len() <= 64 && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        good.then(|| ActId::new(format!("{}/outbox/{token}", me.id)))
    }
}

/// Whether an actor shows no more of itself than its keys and where to write to.
fn is_bare(document: &Value) -> bool {
    document.get("inbox").is_some() && document.get("name").is_none() && document.get("preferredUsername").is_none()
}
