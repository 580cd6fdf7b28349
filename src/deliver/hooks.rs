//! One attempt to tell a webhook something: the headers that receivers of Forgejo, Gitea, Gogs and GitHub look for, the body signed with
//! the hook's secret, sent by the guarded client: no private addresses, no redirects, bounds on time and size.
//!
//! Source: Forgejo's `services/webhook/deliver.go`, for the names of the headers.

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::fetch::{FetchError, PostAnswer};
use crate::limits::{HOOK_ANSWER_CHARS_MAX, HOOK_HEADER_CHARS_MAX, HOOK_HEADERS_KEPT_MAX};
use crate::peers::Peers;
use crate::transport::{Post, Transport};

/// What is sent.
#[derive(Clone, Debug)]
pub struct HookPost {
    /// Where to.
    pub url: String,
    /// What it is of, such as `push`.
    pub event: String,
    /// The same more exactly, such as `pull_request_sync`.
    pub exact: String,
    /// The delivery's name.
    pub name: String,
    /// What it is signed with; nothing: it is not.
    pub secret: Option<String>,
    /// The body, in JSON.
    pub body: String,
}

/// How an attempt went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookAnswer {
    /// The headers it was sent with, without those that every request has.
    pub request: Vec<(String, String)>,
    /// The answer's status, if there was an answer.
    pub code: Option<u16>,
    /// The answer's headers, as far as they are kept.
    pub response: Vec<(String, String)>,
    /// The beginning of the answer's body, as text.
    pub body: String,
    /// Why there was no answer.
    pub error: Option<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Whether another attempt may go better.
    pub again: bool,
}

impl HookPost {
    /// The headers that say what it is.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let (event, name) = (&self.event, &self.name);
        let mut headers = vec![("content-type", "application/json".to_owned())];
        for (program, delivery) in [
            ("x-forgejo-event", "x-forgejo-delivery"),
            ("x-gitea-event", "x-gitea-delivery"),
            ("x-gogs-event", "x-gogs-delivery"),
            ("x-github-event", "x-github-delivery"),
        ] {
            headers.extend([(program, event.clone()), (delivery, name.clone())]);
        }
        for exact in ["x-forgejo-event-type", "x-gitea-event-type", "x-gogs-event-type", "x-github-event-type"] {
            headers.push((exact, self.exact.clone()));
        }
        if let Some(secret) = &self.secret {
            let sha256 = signature(hmac::HMAC_SHA256, secret, &self.body);
            let sha1 = signature(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, &self.body);
            for plain in ["x-forgejo-signature", "x-gitea-signature", "x-gogs-signature"] {
                headers.push((plain, sha256.clone()));
            }
            headers.push(("x-hub-signature", format!("sha1={sha1}")));
            headers.push(("x-hub-signature-256", format!("sha256={sha256}")));
        }
        headers
    }
}

/// The HMAC of a body, hexadecimal.
fn signature(algorithm: hmac::Algorithm, secret: &str, body: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), body.as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes one attempt.
pub(crate) async fn tell(transport: &Arc<dyn Transport>, peers: &Peers, post: HookPost) -> HookAnswer {
    let headers = post.headers();
    let shown = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let begun = Instant::now();
    let answer = sent(transport, peers, &post, headers).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let attempt = HookAnswer { request: shown, took_ms, ..HookAnswer::default() };
    match answer {
        Ok(answer) => answered(attempt, &answer),
        Err(error) => {
            // Where an address leads inward, another try will not make it public.
            let again = !error.is_permanent() && !matches!(error, FetchError::NotPublic { .. });
            HookAnswer { error: Some(error.to_string()), again, ..attempt }
        }
    }
}

async fn sent(
    transport: &Arc<dyn Transport>,
    peers: &Peers,
    post: &HookPost,
    headers: Vec<(&'static str, String)>,
) -> Result<PostAnswer, FetchError> {
    let not_a_url = || FetchError::Host { found: "what is no address".to_owned() };
    let url = Url::parse(&post.url).map_err(|_| not_a_url())?;
    let host = url.host_str().ok_or_else(not_a_url)?;
    if !peers.admit(host) {
        return Err(FetchError::Blocked { host: host.to_owned() });
    }
    let header = |(name, value): (&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    };
    let headers = headers.into_iter().filter_map(header).collect();
    transport.post(Post { url, headers, body: Bytes::from(post.body.clone()) }).await
}

fn answered(attempt: HookAnswer, answer: &PostAnswer) -> HookAnswer {
    let body = String::from_utf8_lossy(&answer.body).chars().take(HOOK_ANSWER_CHARS_MAX).collect();
    let again = answer.status >= 500 || matches!(answer.status, 408 | 421 | 425 | 429);
    HookAnswer { code: Some(answer.status), response: kept(&answer.headers), body, again, ..attempt }
}

fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers.iter().take(HOOK_HEADERS_KEPT_MAX).map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).chars().take(HOOK_HEADER_CHARS_MAX).collect();
        (name.as_str().to_owned(), value)
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::address::AllowLoopback;
    use crate::fetch::testing::{Server, answer};
    use crate::fetch::{Client, Policy, Settings};
    use crate::transport::Internet;

    fn internet(loopback: AllowLoopback) -> Arc<dyn Transport> {
        let policy = Policy { loopback, plain_http: true, ..Policy::default() };
        Arc::new(Internet(Client::new(Settings { policy, ..Settings::new("pritchel-test/0") }).unwrap()))
    }

    fn post(url: &str, secret: Option<&str>) -> HookPost {
        HookPost {
            url: url.to_owned(),
            event: "push".to_owned(),
            exact: "push".to_owned(),
            name: "abc".to_owned(),
            secret: secret.map(str::to_owned),
            body: "what do ya want for nothing?".to_owned(),
        }
    }

    /// RFC 4231, test case 2; RFC 2202, test case 2.
    #[tokio::test]
    async fn what_is_sent_says_what_it_is_and_is_signed_as_receivers_check_it() {
        let server = Server::start(|_| answer("200 OK", &[("X-Build", "7")], "queued")).await;
        let url = server.url("/hook?token=1");
        let attempt = tell(&internet(AllowLoopback::Yes), &Peers::default(), post(url.as_str(), Some("Jefe"))).await;
        assert!(attempt.error.is_none(), "{attempt:?}");
        assert_eq!((attempt.body.as_str(), attempt.code), ("queued", Some(200)));
        assert!(attempt.response.contains(&("x-build".to_owned(), "7".to_owned())), "{:?}", attempt.response);
        let seen = server.seen().remove(0);
        let tag = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let sha256 = format!("sha256={tag}");
        for (name, expected) in [
            ("x-forgejo-signature", tag),
            ("x-gitea-signature", tag),
            ("x-hub-signature-256", sha256.as_str()),
            ("x-hub-signature", "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("x-forgejo-event", "push"),
            ("x-github-event", "push"),
            ("x-gitea-event-type", "push"),
            ("x-forgejo-delivery", "abc"),
            ("content-type", "application/json"),
        ] {
            assert_eq!(seen.header(name), Some(expected), "{name}");
        }
        let unsigned = tell(&internet(AllowLoopback::Yes), &Peers::default(), post(url.as_str(), None)).await;
        assert_eq!(unsigned.code, Some(200));
        assert_eq!(server.seen()[1].header("x-forgejo-signature"), None);
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
        let server = Server::start(|seen| match seen.target() {
            "/busy" => answer("503 Service Unavailable", &[], "later"),
            "/away" => answer("302 Found", &[("Location", "/there")], ""),
            "/gone" => answer("404 Not Found", &[], ""),
            _ => answer("200 OK", &[], ""),
        })
        .await;
        for (path, code, again) in [("/busy", 503, true), ("/away", 302, false), ("/gone", 404, false)] {
            let at = server.url(path);
            let attempt = tell(&internet(AllowLoopback::Yes), &Peers::default(), post(at.as_str(), None)).await;
            assert_eq!((attempt.code, attempt.again), (Some(code), again), "{path}");
        }
        assert!(server.seen().iter().all(|seen| seen.target() != "/there"), "no redirect is followed");
    }

    #[tokio::test]
    async fn what_leads_inward_or_is_blocked_is_not_spoken_with() {
        let server = Server::start(|_| answer("200 OK", &[], "")).await;
        let here = server.url("/").to_string();
        for inward in
            [here.as_str(), "http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"]
        {
            let attempt = tell(&internet(AllowLoopback::No), &Peers::default(), post(inward, None)).await;
            let why = attempt.error.unwrap_or_default();
            assert!(why.contains("not a public address"), "{inward}: {why}");
            assert!(!attempt.again && attempt.code.is_none(), "{inward}");
        }
        let blocked = Peers::new(&["127.0.0.1"], &[]);
        let attempt = tell(&internet(AllowLoopback::Yes), &blocked, post(&here, None)).await;
        assert!(attempt.error.is_some_and(|why| why.contains("blocked")));
        assert!(server.seen().is_empty());
    }
}
