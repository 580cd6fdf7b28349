//! A person's profile: the picture, where it is served from, and what the forms of the settings change.

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use crate::limits::PORTRAIT_UPLOAD_BYTES_MAX;
use crate::page::fields::{Fields, wrong};
use crate::page::settings::ask;
use crate::page::shell::error;
use crate::page::visit::Visit;
use crate::portrait::{made_of, pattern};
use crate::ports::Front;
use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::common::text::Line;
use pritchel_actors::limits::PROFILE_FIELDS_MAX;
use pritchel_actors::person::rows::{PictureName, ProfileField};
use pritchel_actors::person::set_picture::PICTURE_TYPES;
use pritchel_actors::person::view::PictureOf;
use pritchel_actors::person::{EditProfile, SetPicture};
use pritchel_vocab::text::render_markdown;
use std::collections::HashMap;

/// A person's picture as it stands on pages: it says nothing that their name beside it does not.
#[derive(Clone, Debug, Template)]
#[template(path = "portrait.html")]
pub struct Portrait {
    src: Option<String>,
    cells: Vec<(usize, usize)>,
    hue: u32,
}

impl HtmlSafe for Portrait {}

impl Portrait {
    /// Of a person of ours.
    pub fn of(actor: &ActorId, person: &Person) -> Self {
        let (cells, hue) = pattern(actor);
        Self { src: person.picture.as_ref().map(|picture| path(actor, picture)), cells, hue }
    }
}

/// Where a picture is served from. A new one has a new address, so that it may be kept for ever.
pub fn path(actor: &ActorId, picture: &PictureName) -> String {
    let ending = if picture.media_type == "image/png" { "png" } else { "jpg" };
    format!("/people/{}/picture/{}.{ending}", key(actor), picture.hash)
}

/// `GET /people/{key}/picture/{file}`.
pub async fn picture(State(front): State<Front>, site: Site, Path((key, file)): Path<(String, String)>) -> WebResult {
    let actor = site.actor_at("people", &key).ok_or_else(WebError::not_found)?;
    let (hash, _) = file.split_once('.').ok_or_else(WebError::not_found)?;
    let found = front.node.look::<Person, _>(&actor, &PictureOf { hash: hash.to_owned() }).await?;
    let picture = found.ok_or_else(WebError::not_found)?;
    let media_type = PICTURE_TYPES.into_iter().find(|known| *known == picture.media_type);
    let media_type = media_type.ok_or_else(WebError::not_found)?;
    let bytes = STANDARD.decode(&picture.base64).map_err(WebError::broken)?;
    let headers = [
        (CONTENT_TYPE, media_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes).into_response())
}

/// `POST /settings/picture`: a form with a file.
pub async fn upload(visit: Visit, form: Result<Multipart, MultipartRejection>) -> Response {
    let answer = async {
        let form = form.map_err(|why| WebError::malformed(why.body_text()))?;
        let file = file_of(&visit, form).await?;
        let me = visit.signed_in()?;
        let picture = made_of(file).await.map_err(|why| wrong(why.to_string()))?;
        ask(&visit, me, SetPicture { picture: Some(picture) }).await?;
        Ok(Redirect::to("/settings#profile").into_response())
    };
    answer.await.unwrap_or_else(|refused| error(&visit, refused))
}

/// The file of a form. The session's token stands before it, so that nobody's file is read but that of somebody who is signed in.
async fn file_of(visit: &Visit, mut form: Multipart) -> WebResult<bytes::Bytes> {
    let mut fields = HashMap::new();
    while let Some(part) = form.next_field().await.map_err(broken_off)? {
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_none() {
            fields.insert(name, part.text().await.map_err(broken_off)?);
            continue;
        }
        Fields::checked_parts(visit, fields)?;
        visit.signed_in()?;
        return part.bytes().await.map_err(broken_off);
    }
    Fields::checked_parts(visit, fields)?;
    Err(wrong("expected a file with a picture, found none"))
}

fn broken_off(why: MultipartError) -> WebError {
    match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("expected a picture of at most {PORTRAIT_UPLOAD_BYTES_MAX} bytes, found more");
            WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
        }
        _ => WebError::malformed(format!("the form could not be read: {}", why.body_text())),
    }
}

/// What the form of the profile says.
pub fn edited(fields: &Fields) -> WebResult<EditProfile> {
    let line = |text: &str| Line::parse(text).map_err(|why| wrong(why.to_string()));
    let display_name = fields.text("display_name").map(line).transpose()?;
    let source = fields.text("summary").map(str::to_owned);
    let summary = source.as_deref().map(render_markdown).transpose().map_err(|why| wrong(why.to_string()))?;
    let mut lines = Vec::new();
    for number in 1..=PROFILE_FIELDS_MAX {
        match (fields.text(&format!("field_name_{number}")), fields.text(&format!("field_value_{number}"))) {
            (Some(name), Some(value)) => lines.push(ProfileField { name: line(name)?, value: line(value)? }),
            (None, None) => {}
            _ => return Err(wrong(format!("line {number} of your profile needs both a name and what you say of it"))),
        }
    }
    let approves_followers = fields.ticked("approves_followers");
    Ok(EditProfile { display_name, summary, approves_followers, source, fields: Some(lines) })
}

/// A line of a profile, as its page shows it.
#[derive(Clone, Debug)]
pub struct ProfileLine {
    /// What it is about.
    pub name: String,
    /// What they say.
    pub value: String,
    /// Whether that is an address of the web.
    pub is_link: bool,
}

impl ProfileLine {
    /// As it is kept.
    pub fn of(field: &ProfileField) -> Self {
        let value = field.value.to_string();
        Self { name: field.name.to_string(), is_link: is_link(&value), value }
    }
}

/// Whether a text is an address of the web and nothing else.
pub fn is_link(text: &str) -> bool {
    let web = text.starts_with("https://") || text.starts_with("http://");
    web && !text.contains(char::is_whitespace) && url::Url::parse(text).is_ok_and(|url| url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_the_web_becomes_a_link() {
        let rows = [
            ("https://a.example/~alice", true),
            ("http://a.example", true),
            ("javascript:alert(1)", false),
            ("https://a.example/ and more", false),
            ("they/them", false),
            ("https://", false),
        ];
        for (text, link) in rows {
            assert_eq!(is_link(text), link, "{text}");
        }
    }
}
