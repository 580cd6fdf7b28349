//! Forms as they are posted: read once, checked by whoever needs a field.

use crate::answer::{WebError, WebResult};
use crate::csrf;
use crate::fed::body;
use crate::limits::{FORM_BYTES_MAX, LOOKED_UP_CHARS_MAX};
use crate::page::visit::Visit;
use crate::session;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use pritchel_actor::{ActId, ActorId};
use std::collections::HashMap;

/// The body of a form that was posted. One that is too large is refused as everything else is: as a page or as a problem.
pub struct Posted(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = WebError;

    async fn from_request(request: Request, _: &S) -> WebResult<Self> {
        let (parts, body) = request.into_parts();
        body::read(&parts.headers, body, FORM_BYTES_MAX).await.map(Self)
    }
}

/// The fields of a form.
#[derive(Clone, Debug, Default)]
pub struct Fields(HashMap<String, String>);

impl Fields {
    /// Reads a form and refuses one that another site had sent.
    /// - errors: `cross-site`, `form-token`
    pub fn checked(visit: &Visit, body: &Bytes) -> WebResult<Self> {
        Self::checked_parts(visit, url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The same of fields that were read one by one.
    pub fn checked_parts(visit: &Visit, parts: HashMap<String, String>) -> WebResult<Self> {
        let fields = Self(parts);
        // The cookie that was sent, not the session that it opens: a session that has ended must not let a form through
        // that one still open would have refused.
        let cookie = session::cookie_in(&visit.front.settings, &visit.site, &visit.headers);
        let cookie = cookie.filter(|_| visit.me.is_some());
        csrf::check(&visit.headers, &visit.site, cookie.as_deref(), fields.text(csrf::FIELD))?;
        Ok(fields)
    }

    /// A field that holds something.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A field as it was typed, blanks and all.
    pub fn exact(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What stands behind the beginning of the names of fields that are there: of boxes that are ticked, one for each thing.
    pub fn named_by<'f>(&'f self, beginning: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(beginning))
    }

    /// A field that must hold something.
    pub fn need(&self, name: &str) -> WebResult<&str> {
        self.text(name).ok_or_else(|| wrong(format!("expected something in the field `{name}`, found nothing")))
    }

    /// An address that must be there.
    pub fn uri(&self, name: &str) -> WebResult<&str> {
        let text = self.need(name)?;
        address(text)
            .map_err(|_| wrong(format!("expected an address with https in the field `{name}`, found {text:?}")))
    }

    /// An actor that must be named by its address.
    pub fn actor(&self, name: &str) -> WebResult<ActorId> {
        Ok(ActorId::new(self.uri(name)?))
    }

    /// An act that must be named by its address.
    pub fn act(&self, name: &str) -> WebResult<ActId> {
        Ok(ActId::new(self.uri(name)?))
    }
}

/// A text that must be an address.
pub fn address(text: &str) -> WebResult<&str> {
    let good = (text.starts_with("https://") || text.starts_with("http://")) && text.len() <= LOOKED_UP_CHARS_MAX;
    let plain = text.bytes().all(|b| b.is_ascii_graphic());
    if good && plain { Ok(text) } else { Err(wrong(format!("expected an address with https, found {text:?}"))) }
}

/// A form that cannot be read as it is.
pub fn wrong(detail: impl Into<String>) -> WebError {
    WebError::new(http::StatusCode::UNPROCESSABLE_ENTITY, "form-field", detail)
}
