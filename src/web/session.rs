//! Sessions of browsers: a cookie with a secret nobody can guess, of which the person keeps only the hash. A second cookie
//! outlives the session: by it the browser is known to the account, see [`crate::tries`].

use crate::answer::{WebError, WebResult, of_call};
use crate::domains::Site;
use crate::limits::{BROWSER_CHARS_MAX, KNOWN_BROWSER_S, SECRET_BYTES_MAX, SESSION_S};
use crate::ports::{Front, WebSettings};
use crate::viewer::hash_of;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use pritchel_actor::{ActorId, Seconds};
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::account::day_of;
use pritchel_actors::person::rows::Session;
use pritchel_actors::person::{CloseSession, Credential, NoteUse, OpenSession};
use subtle::ConstantTimeEq;

/// The name of the session's cookie.
///
/// `__Host-` makes the browser refuse it from anywhere but this host over TLS. Development goes without, and then names
/// the port: browsers send cookies to all ports of a host, and two servers on one machine must not sign each other out.
pub fn cookie_name(settings: &WebSettings, site: &Site) -> String {
    if settings.secure_cookies {
        return "__Host-pritchel".to_owned();
    }
    match site.host.rsplit_once(':') {
        Some((_, port)) => format!("pritchel-{port}"),
        None => "pritchel".to_owned(),
    }
}

/// What the session's cookie holds, `{person's key}.{secret}`, if the browser sent it.
pub fn cookie_in(settings: &WebSettings, site: &Site, headers: &HeaderMap) -> Option<String> {
    cookie_called(&cookie_name(settings, site), headers)
}

fn cookie_called(name: &str, headers: &HeaderMap) -> Option<String> {
    let sent =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut ours = sent.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(sent, _)| *sent == name);
    ours.next().map(|(_, value)| value.to_owned())
}

/// A secret nobody can guess, as text.
pub fn secret(front: &Front) -> String {
    URL_SAFE_NO_PAD.encode(front.ports.seed())
}

/// Opens a session for somebody whose password was right. Answers the cookie to be set.
pub async fn open(front: &Front, site: &Site, person: &ActorId, headers: &HeaderMap) -> WebResult<HeaderValue> {
    let secret = secret(front);
    let browser = headers
        .get(http::header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .map(|agent| agent.chars().take(BROWSER_CHARS_MAX).collect());
    let session = OpenSession { hash: hash_of(&secret), until: front.ports.now() + SESSION_S, browser };
    of_call(
        front.node.call::<Person, _>(person, person, session).await?,
        "the session may be open or not: sign in again",
    )?;
    set(front, &cookie_name(&front.settings, site), &format!("{}.{secret}", key(person)), SESSION_S)
}

/// Notes that a session was seen today, if that is not known.
pub fn note_session(front: &Front, person: &ActorId, hash: &str, session: &Session) {
    note_use(front, person, Credential::Session, hash, Some(session.seen.unwrap_or(day_of(session.since))));
}

/// Notes that a session was seen or a token used today, once a day. Nobody waits for it, and if it fails the next request notes it.
/// - `last`: the day on which it was, as far as is known
pub fn note_use(front: &Front, person: &ActorId, what: Credential, hash: &str, last: Option<Seconds>) {
    if last == Some(day_of(front.ports.now())) {
        return;
    }
    let (node, person, note) = (front.node.clone(), person.clone(), NoteUse { what, hash: hash.to_owned() });
    tokio::spawn(async move {
        if let Err(error) = node.call::<Person, _>(&person, &person, note).await {
            tracing::debug!("A use by {person} was not noted: {error:?}");
        }
    });
}

/// Ends a session. Answers the cookie that takes the old one away.
pub async fn close(front: &Front, site: &Site, person: &ActorId, hash: &str) -> WebResult<HeaderValue> {
    front.node.call::<Person, _>(person, person, CloseSession { hash: hash.to_owned() }).await?;
    forgotten(front, site)
}

/// The cookie that takes a session's away.
pub fn forgotten(front: &Front, site: &Site) -> WebResult<HeaderValue> {
    set(front, &cookie_name(&front.settings, site), "", 0)
}

/// The name of the cookie by which a browser is known.
fn known_name(settings: &WebSettings, site: &Site) -> String {
    format!("{}-known", cookie_name(settings, site))
}

/// Makes this browser known to an account whose password was right. Answers the cookie to be set; `None` if there is no password.
///
/// It is made of the hash of the password, which nobody else has, so nothing has to be kept; and it is over when the password
/// changes. It opens nothing.
pub fn made_known(front: &Front, site: &Site, person: &ActorId, phc: Option<&str>) -> WebResult<Option<HeaderValue>> {
    let Some(phc) = phc else { return Ok(None) };
    let browser = secret(front);
    let value = format!("{browser}.{}", known_tag(person, phc, &browser));
    set(front, &known_name(&front.settings, site), &value, KNOWN_BROWSER_S).map(Some)
}

/// The name by which the account of this person and password knows the browser, if it does.
pub fn known(front: &Front, site: &Site, headers: &HeaderMap, person: &ActorId, phc: &str) -> Option<String> {
    let cookie = cookie_called(&known_name(&front.settings, site), headers)?;
    let (browser, tag) = cookie.split_once('.').filter(|_| cookie.len() <= SECRET_BYTES_MAX)?;
    let good = bool::from(tag.as_bytes().ct_eq(known_tag(person, phc, browser).as_bytes()));
    good.then(|| browser.to_owned())
}

fn known_tag(person: &ActorId, phc: &str, browser: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, phc.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("pritchel knows {person} {browser}").as_bytes()))
}

fn set(front: &Front, name: &str, value: &str, age_s: i64) -> WebResult<HeaderValue> {
    let secure = if front.settings.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).map_err(WebError::broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ServedDomain;

    fn site(origin: &str, host: &str) -> Site {
        Site(ServedDomain {
            origin: origin.into(),
            host: host.into(),
            display: None,
            actor: ActorId::new(format!("{origin}/actor")),
        })
    }

    fn settings(secure_cookies: bool) -> WebSettings {
        WebSettings {
            domains: Vec::new(),
            migration: false,
            costly_sign_in: false,
            forgejo_compatible: false,
            pump_token_hash: None,
            setup_hash: None,
            secure_cookies,
            source_url: None,
            ssh_port: None,
            source_archive: &[],
        }
    }

    #[test]
    fn two_servers_of_one_machine_have_cookies_of_two_names() {
        let (one, two) =
            (site("http://localhost:3001", "localhost:3001"), site("http://localhost:3002", "localhost:3002"));
        let settings = settings(false);
        assert_ne!(cookie_name(&settings, &one), cookie_name(&settings, &two));
    }

    #[test]
    fn the_session_is_found_among_other_cookies_and_only_by_its_whole_name() {
        let (site, settings) = (site("https://a.example", "a.example"), settings(true));
        let rows = [
            ("a=b; __Host-pritchel=key.secret; c=d", Some("key.secret")),
            ("x__Host-pritchel=key.secret", None),
            ("__Host-pritchel2=key.secret", None),
            ("pritchel=key.secret", None),
            ("", None),
        ];
        for (sent, found) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, sent.parse().unwrap());
            assert_eq!(cookie_in(&settings, &site, &headers).as_deref(), found, "{sent}");
        }
    }
}
