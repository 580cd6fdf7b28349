//! Which of the domains served here a request is for. Every address belongs to one domain, so a request for a host that is
//! none of them is for somebody else.

use crate::answer::WebError;
use crate::ports::{Front, ServedDomain, WebSettings};
use axum::extract::FromRequestParts;
use http::StatusCode;
use http::header::HOST;
use http::request::Parts;
use pritchel_actor::ActorId;
use std::ops::Deref;

/// The domain a request is for.
#[derive(Clone, Debug)]
pub struct Site(pub ServedDomain);

impl Deref for Site {
    type Target = ServedDomain;

    fn deref(&self) -> &ServedDomain {
        &self.0
    }
}

impl Site {
    /// The address of this path on this domain.
    pub fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.0.origin)
    }

    /// The actor at this path, such as `people` and its key. `None` if the key is none we give.
    pub fn actor_at(&self, segment: &str, key: &str) -> Option<ActorId> {
        is_key(key).then(|| ActorId::new(format!("{}/{segment}/{key}", self.0.origin)))
    }
}

/// Whether a text can be an actor's key: letters a to z and digits, and no more of them than a name may have.
pub fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The host a request names: in its target (HTTP/2, proxies) or in its `Host`.
pub fn host_named(parts: &Parts) -> Option<String> {
    match parts.uri.authority() {
        Some(authority) => Some(authority.as_str().to_ascii_lowercase()),
        None => parts.headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_ascii_lowercase),
    }
}

/// The domain with this host. The usual port may be written out: Forgejo does.
pub fn served<'s>(settings: &'s WebSettings, host: &str) -> Option<&'s ServedDomain> {
    settings.domains.iter().find(|domain| {
        let usual = if domain.origin.starts_with("https:") { ":443" } else { ":80" };
        domain.host == host || host.strip_suffix(usual) == Some(domain.host.as_str())
    })
}

/// The domain whose names are at this host: its own, or the one under which they are shown.
pub fn naming<'s>(settings: &'s WebSettings, host: &str) -> Option<&'s ServedDomain> {
    let shown = |domain: &&ServedDomain| {
        domain.display.as_deref().is_some_and(|display| display == host || host.strip_suffix(":443") == Some(display))
    };
    served(settings, host).or_else(|| settings.domains.iter().find(shown))
}

/// The domain of a near actor, by its address.
pub fn of_actor<'s>(settings: &'s WebSettings, actor: &ActorId) -> Option<&'s ServedDomain> {
    let origin = pritchel_actors::common::naming::origin(actor);
    settings.domains.iter().find(|domain| domain.origin == origin)
}

impl FromRequestParts<Front> for Site {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, WebError> {
        let host = host_named(parts).ok_or_else(|| misdirected("no host at all"))?;
        served(&front.settings, &host).cloned().map(Site).ok_or_else(|| misdirected(&host))
    }
}

/// The domain that a question at a fixed place is for: what `/.well-known/` says of a domain is also asked at the host under
/// which its names are shown, if the web server there passes such questions on.
#[derive(Clone, Debug)]
pub struct WellKnownSite(pub Site);

impl FromRequestParts<Front> for WellKnownSite {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, WebError> {
        let host = host_named(parts).ok_or_else(|| misdirected("no host at all"))?;
        naming(&front.settings, &host).cloned().map(|domain| Self(Site(domain))).ok_or_else(|| misdirected(&host))
    }
}

fn misdirected(host: &str) -> WebError {
    let detail = format!("this server does not answer for {host:?}");
    WebError::new(StatusCode::MISDIRECTED_REQUEST, "host-not-served", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> WebSettings {
        let domain = |origin: &str, host: &str| ServedDomain {
            origin: origin.to_owned(),
            host: host.to_owned(),
            display: None,
            actor: ActorId::new(format!("{origin}/actor")),
        };
        WebSettings {
            domains: vec![domain("https://a.example", "a.example"), domain("http://127.0.0.1:3000", "127.0.0.1:3000")],
            migration: false,
            costly_sign_in: false,
            forgejo_compatible: false,
            pump_token_hash: None,
            setup_hash: None,
            secure_cookies: true,
            source_url: None,
            ssh_port: None,
            source_archive: &[],
        }
    }

    #[test]
    fn a_host_is_known_with_and_without_its_usual_port() {
        let settings = settings();
        for (host, found) in [
            ("a.example", true),
            ("a.example:443", true),
            ("a.example:80", false),
            ("a.example.", false),
            ("b.example", false),
            ("127.0.0.1:3000", true),
            ("127.0.0.1", false),
        ] {
            assert_eq!(served(&settings, host).is_some(), found, "{host}");
        }
    }

    #[test]
    fn a_display_host_is_known_for_names_only() {
        let mut settings = settings();
        settings.domains[0].display = Some("example.org".to_owned());
        for (host, names, serves) in [
            ("a.example", true, true),
            ("example.org", true, false),
            ("example.org:443", true, false),
            ("example.org:80", false, false),
            ("www.example.org", false, false),
        ] {
            assert_eq!(naming(&settings, host).is_some(), names, "{host}");
            assert_eq!(served(&settings, host).is_some(), serves, "{host}");
        }
        assert_eq!(settings.domains[0].shown(), "example.org");
        assert_eq!(settings.domains[1].shown(), "127.0.0.1:3000");
    }

    #[test]
    fn a_key_is_lower_case_and_bounded() {
        assert!(is_key("abc123"));
        for text in ["", "A", "a/b", "a.b", "a%2f", &"a".repeat(65)] {
            assert!(!is_key(text), "{text}");
        }
    }
}
