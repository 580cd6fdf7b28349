//! Forms that another site made the browser send: refused by where the browser says they come from, and, for whoever is
//! signed in, by a token that only our own pages know.
//!
//! Source: Fetch Metadata; the order of the checks is that of Go's `CrossOriginProtection`: a request with neither header
//! comes from no browser, and has no session but by a cookie it was given by hand.

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::ORIGIN;
use subtle::ConstantTimeEq;

/// Name of the field that holds the token.
pub const FIELD: &str = "csrf";

/// The token of a session's forms: made of its secret, so that nothing has to be kept.
/// - `cookie`: what the session's cookie holds
pub fn token_of(cookie: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, cookie.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"pritchel form"))
}

/// Refuses a form that comes from another origin, or lacks the session's token.
/// - `cookie`: what the session's cookie holds, if there is one
/// - `token`: what the form holds in [`FIELD`]
pub fn check(headers: &HeaderMap, site: &Site, cookie: Option<&str>, token: Option<&str>) -> WebResult<()> {
    same_origin(headers, site)?;
    let Some(cookie) = cookie else { return Ok(()) };
    let expected = token_of(cookie);
    let good = token.is_some_and(|token| bool::from(token.as_bytes().ct_eq(expected.as_bytes())));
    let why = "the form lacks the token of this session, or holds that of another: load the page again and resend";
    if good { Ok(()) } else { Err(WebError::forbidden("form-token", why)) }
}

fn same_origin(headers: &HeaderMap, site: &Site) -> WebResult<()> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let refused = |found: String| {
        let detail = format!("expected a form of {}, found one that comes from {found}", site.origin);
        Err(WebError::forbidden("cross-site", detail))
    };
    match (headers.get("sec-fetch-site").map(text), headers.get(ORIGIN).map(text)) {
        (Some(place), _) if place == "same-origin" || place == "none" => Ok(()),
        (Some(place), _) => refused(place),
        (None, Some(origin)) if origin == site.origin => Ok(()),
        (None, Some(origin)) => refused(origin),
        (None, None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ServedDomain;
    use pritchel_actor::ActorId;

    fn site() -> Site {
        let actor = ActorId::from("https://a.example/actor");
        Site(ServedDomain { origin: "https://a.example".into(), host: "a.example".into(), display: None, actor })
    }

    fn headers(rows: &[(&'static str, &str)]) -> HeaderMap {
        rows.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_form_of_another_origin_is_refused_whatever_else_it_holds() {
        let token = token_of("k.s");
        #[rustfmt::skip]
        let rows: [(&[(&str, &str)], bool); 9] = [
            (&[("sec-fetch-site", "same-origin")],                                    true),
            (&[("sec-fetch-site", "none")],                                           true),
            (&[("sec-fetch-site", "same-site")],                                      false),
            (&[("sec-fetch-site", "cross-site")],                                     false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://a.example")],    false),
            (&[("origin", "https://a.example")],                                      true),
            (&[("origin", "http://a.example")],                                       false),
            (&[("origin", "null")],                                                   false),
            (&[],                                                                     true),
        ];
        for (sent, good) in rows {
            assert_eq!(check(&headers(sent), &site(), Some("k.s"), Some(&token)).is_ok(), good, "{sent:?}");
        }
    }

    #[test]
    fn a_session_needs_its_own_token_and_a_visitor_without_session_none() {
        let here = headers(&[("sec-fetch-site", "same-origin")]);
        let rows = [
            (Some("k.s"), Some(token_of("k.s")), true),
            (Some("k.s"), Some(token_of("k.t")), false),
            (Some("k.s"), Some(String::new()), false),
            (Some("k.s"), None, false),
            (None, None, true),
        ];
        for (cookie, token, good) in rows {
            assert_eq!(check(&here, &site(), cookie, token.as_deref()).is_ok(), good, "{cookie:?} {token:?}");
        }
    }
}
