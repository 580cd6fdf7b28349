//! Templates as answers, with the headers that every page has; and errors as pages.

use crate::answer::{WebError, WebResult};
use crate::page::parts::Why;
use crate::page::sent;
use crate::page::visit::{Frame, Visit};
use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode, Uri};

/// Nothing but our own stylesheet and icon: no script at all, no frame, no form to elsewhere. Images of others stay out,
/// since they tell their server who reads.
pub const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page.
pub fn page(template: &impl Template) -> WebResult {
    page_of(StatusCode::OK, template)
}

/// A page of this status.
pub fn page_of(status: StatusCode, template: &impl Template) -> WebResult {
    let mut response = (status, template.render().map_err(WebError::broken)?).into_response();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        // What is shown depends on who is signed in, and the same address also answers JSON.
        (CACHE_CONTROL, "private, no-store"),
        (VARY, "accept, cookie"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "error.html")]
struct Error<'a> {
    frame: &'a Frame,
    status: u16,
    title: &'a str,
    why: Why,
    /// What to do now.
    advice: &'static str,
    /// Whether it was a form that went wrong.
    form: bool,
}

/// An error as a page; whoever has to sign in first is sent to do so.
pub fn error(visit: &Visit, error: WebError) -> Response {
    framed(visit, error, Frame::plain(visit))
}

/// The same with what came of the last form: what it led back to may be gone, and what was written must not be lost.
pub async fn error_after_form(visit: &Visit, error: WebError) -> Response {
    // A notice that cannot be made is no reason to hide the error.
    let notice = sent::notice(visit).await.unwrap_or_default();
    framed(visit, error, Frame { notice, ..Frame::plain(visit) })
}

fn framed(visit: &Visit, error: WebError, frame: Frame) -> Response {
    if error.code == "sign-in" {
        return Redirect::to(&with(&[("back", &frame.here)], "/login")).into_response();
    }
    let shown = Error {
        frame: &frame,
        status: error.status.as_u16(),
        title: title_of(error.status),
        why: Why::of(&error.code, &error.detail),
        advice: advice(&error, visit.me.is_some()),
        form: visit.path.starts_with("/do/") || visit.path.starts_with("/settings/"),
    };
    match page_of(error.status, &shown) {
        Ok(mut response) => {
            response.headers_mut().extend(error.headers.clone());
            response
        }
        Err(_) => error.into_response(),
    }
}

/// The title of an error, for people.
pub fn title_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::GONE => "It was here, and is gone",
        StatusCode::FORBIDDEN => "This was refused",
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => "Something is missing or cannot be read",
        StatusCode::CONFLICT => "This does not go together with what is there",
        StatusCode::PAYLOAD_TOO_LARGE => "This is too large",
        StatusCode::TOO_MANY_REQUESTS => "That was too often",
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => "Another server did not answer as hoped",
        StatusCode::SERVICE_UNAVAILABLE => "This server is busy",
        StatusCode::INTERNAL_SERVER_ERROR => "Something broke here",
        other => other.canonical_reason().unwrap_or("This did not work"),
    }
}

/// What whoever sees an error can do about it.
fn advice(error: &WebError, signed_in: bool) -> &'static str {
    match error.status {
        // It is no role on a resource that would help.
        StatusCode::FORBIDDEN if matches!(&*error.code, "registration-closed" | "not-administrator") => {
            "Ask whoever runs this server."
        }
        StatusCode::FORBIDDEN
            if matches!(&*error.code, "own-server" | "not-a-target" | "no-such-rule" | "too-many-rules") =>
        {
            "Go back, and see what the rule is about."
        }
        StatusCode::FORBIDDEN if matches!(&*error.code, "wrong-password" | "form-token" | "cross-site") => {
            "Go back, load the page again, and try once more."
        }
        StatusCode::NOT_FOUND | StatusCode::GONE if signed_in => {
            "It may have been deleted or renamed, or it is private and you have no role on it."
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            "It may have been deleted or renamed, or it is private: sign in if you have a role on it."
        }
        StatusCode::FORBIDDEN => "Ask an administrator of the resource for a role, on its page under “Access”.",
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => {
            "Go back, mend the field that is named, and send it again."
        }
        StatusCode::PAYLOAD_TOO_LARGE => "Go back and make it shorter.",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "Wait a little, then try again.",
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            "Look whether the address is right, and try again later."
        }
        StatusCode::INTERNAL_SERVER_ERROR => "It is in this server's log; whoever runs it can find out more.",
        _ => "Go back, and try another way.",
    }
}

/// An error as a page, for handlers that know only the request.
pub async fn error_page(front: &crate::ports::Front, uri: &Uri, headers: &HeaderMap, shown: WebError) -> Response {
    match Visit::of(front, uri, headers).await {
        Ok(visit) => error(&visit, shown),
        Err(_) => shown.into_response(),
    }
}

/// A path with fields added to its query.
pub fn with(fields: &[(&str, &str)], path: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    let join = if path.contains('?') { '&' } else { '?' };
    format!("{path}{join}{}", query.finish())
}

/// A path of this site to come back to, or `/` for whatever else a form may hold.
pub fn back(text: Option<&str>) -> &str {
    text.filter(|path| {
        let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        path.starts_with('/') && !path.starts_with("//") && plain
    })
    .unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_back_to_this_site_only() {
        let rows = [
            (Some("/trackers/t?after=3"), "/trackers/t?after=3"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nSet-Cookie: x"), "/"),
            (Some(""), "/"),
            (None, "/"),
        ];
        for (text, expected) in rows {
            assert_eq!(back(text), expected, "{text:?}");
        }
    }
}
