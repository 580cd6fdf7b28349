//! The way to other servers, as the rest of this room uses it: the guarded client, or a simulated network.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use pritchel_actor::{ActorId, Later, Seconds};
use url::Url;

use crate::fetch::{Client, FetchError, Fetched, GetRequest, HeadAnswer, PostAnswer, PostRequest};
use crate::keys::{ActorKeys, rsa_key_id};
use crate::limits::REDIRECTS_MAX;
use crate::peers::Peers;
use crate::signature::{self, ACCEPT_ACTIVITY, Scheme, SignatureError};
use crate::webfinger::{self, Acct, Found, Home, Template, WebfingerError};
use pritchel_vocab::Uri;
use pritchel_vocab::limits::F3_BYTES_MAX;

/// Signs requests as an actor of ours.
#[derive(Clone, Debug)]
pub struct Signer {
    keys: Arc<ActorKeys>,
    key_id: String,
    scheme: Scheme,
    now: Seconds,
}

impl Signer {
    /// Signs as `actor`, with its RSA key: the one that every peer can check.
    pub fn new(actor: &ActorId, keys: Arc<ActorKeys>, scheme: Scheme, now: Seconds) -> Self {
        Self { key_id: rsa_key_id(actor, keys.generation), keys, scheme, now }
    }

    /// The headers of one request.
    pub fn sign(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&[u8]>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, SignatureError> {
        let now = u64::try_from(self.now).unwrap_or_default();
        signature::sign(self.scheme, &self.keys.rsa, &self.key_id, method, url, body, now)
    }
}

impl Signer {
    /// The headers of a GET or HEAD with this `Accept`.
    fn sign_asking(
        &self,
        method: &Method,
        url: &Url,
        accept: &str,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, SignatureError> {
        let now = u64::try_from(self.now).unwrap_or_default();
        signature::sign_asking(self.scheme, &self.keys.rsa, &self.key_id, method, url, accept, now)
    }
}

/// In which form something is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As an ActivityPub document, which names itself: so it may come from wherever a redirect leads.
    #[default]
    Activity,
    /// As a tracker in F3, which is the word of the server it comes from: no redirect may lead to another one.
    F3,
}

impl Form {
    /// The `Accept` that asks for it.
    pub fn accept(self) -> &'static str {
        match self {
            Self::Activity => ACCEPT_ACTIVITY,
            Self::F3 => ACCEPT_F3,
        }
    }
}

/// A GET or HEAD of a document.
#[derive(Clone, Debug)]
pub struct Get {
    /// What is asked for.
    pub url: Url,
    /// In which form.
    pub form: Form,
    /// Who signs; nobody sends it unsigned.
    pub signer: Option<Signer>,
    /// The servers that may be asked, at the first address and at each redirect.
    pub peers: Peers,
}

/// A POST, signed already.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where to.
    pub url: Url,
    /// All headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body that was signed.
    pub body: Bytes,
}

/// The way to other servers.
pub trait Transport: Send + Sync + 'static {
    /// Fetches a document. A redirect may lead elsewhere: the answer says where it came from.
    fn get(&self, get: Get) -> Later<Result<Fetched, FetchError>>;
    /// Asks whether something is there; follows no redirect.
    fn head(&self, get: Get) -> Later<Result<HeadAnswer, FetchError>>;
    /// Delivers.
    fn post(&self, post: Post) -> Later<Result<PostAnswer, FetchError>>;
    /// Asks where a name leads.
    fn resolve(&self, acct: Acct) -> Later<Result<Found, WebfingerError>>;
    /// Asks somebody's own server where it takes them; nowhere, on a network without people.
    fn templates(&self, home: Home) -> Later<Result<Vec<Template>, WebfingerError>> {
        let _ = home;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    /// Judges a URL and answers the addresses that may be connected to, for programs that make their own connection.
    fn addresses(&self, url: Url) -> Later<Result<Vec<SocketAddr>, FetchError>>;
}

/// What is said to want F3: other servers give a document somebody put there as plain JSON.
const ACCEPT_F3: &str = "application/f3+json, application/json;q=0.5";

/// The network, behind the guarded client.
#[derive(Clone)]
pub struct Internet(pub Client);

impl Get {
    /// Calls `ask` with this as the client wants it.
    async fn ask<T>(
        &self,
        redirects_max: usize,
        ask: impl AsyncFnOnce(GetRequest<'_>) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let sign = |method: &Method, url: &Url| match &self.signer {
            Some(signer) => signer.sign_asking(method, url, self.form.accept()),
            None => Ok(Vec::new()),
        };
        let admit = |url: &Url| Uri::parse(url.as_str()).is_ok_and(|uri| self.peers.admit_uri(&uri));
        let plain = GetRequest::new(&self.url, self.form.accept());
        let plain = match self.form {
            Form::Activity => plain,
            Form::F3 => GetRequest { body_bytes_max: F3_BYTES_MAX, other_origins: false, ..plain },
        };
        let request = GetRequest { sign: Some(&sign), admit: Some(&admit), redirects_max, ..plain };
        ask(request).await
    }
}

impl Transport for Internet {
    fn get(&self, get: Get) -> Later<Result<Fetched, FetchError>> {
        let client = self.0.clone();
        Box::pin(async move { get.ask(REDIRECTS_MAX, async |request| client.get(request).await).await })
    }

    fn head(&self, get: Get) -> Later<Result<HeadAnswer, FetchError>> {
        let client = self.0.clone();
        Box::pin(async move { get.ask(0, async |request| client.head(request).await).await })
    }

    fn post(&self, post: Post) -> Later<Result<PostAnswer, FetchError>> {
        let client = self.0.clone();
        Box::pin(async move {
            Box::pin(client.post(PostRequest { url: &post.url, headers: post.headers, body: post.body })).await
        })
    }

    fn resolve(&self, acct: Acct) -> Later<Result<Found, WebfingerError>> {
        let client = self.0.clone();
        Box::pin(async move { Box::pin(webfinger::resolve(&client, &acct)).await })
    }

    fn templates(&self, home: Home) -> Later<Result<Vec<Template>, WebfingerError>> {
        let client = self.0.clone();
        Box::pin(async move { Box::pin(webfinger::templates(&client, &home)).await })
    }

    fn addresses(&self, url: Url) -> Later<Result<Vec<SocketAddr>, FetchError>> {
        let client = self.0.clone();
        Box::pin(async move { client.addresses(&url).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::address::AllowLoopback;
    use crate::fetch::testing::{Server, answer};
    use crate::fetch::{Policy, Settings};
    use crate::key::fixture;
    use crate::signature::{PublicOrigin, RequestParts, parse_any};
    use crate::testing::{NOW, actor};

    fn internet() -> Internet {
        let policy = Policy { loopback: AllowLoopback::Yes, ..Policy::default() };
        Internet(Client::new(Settings { policy, ..Settings::new("pritchel-test/0") }).unwrap())
    }

    fn signer(scheme: Scheme) -> Signer {
        let keys = ActorKeys { generation: 1, rsa: fixture::rsa(), ed25519: fixture::ed25519() };
        Signer::new(&actor("people/a"), Arc::new(keys), scheme, NOW)
    }

    /// Whether a request the server saw verifies under the fixture key.
    fn verifies(seen: &crate::fetch::testing::Seen) -> bool {
        let origin = PublicOrigin::parse(&format!("http://{}", seen.header("host").unwrap())).unwrap();
        let lines = seen.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = lines.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: http::HeaderMap = headers.map(|(name, value): (HeaderName, HeaderValue)| (name, value)).collect();
        let (method, target) = (seen.method(), seen.target());
        let parts =
            RequestParts { method, target, origin: &origin, authority: None, headers: &headers, body: &seen.body };
        let claims = parse_any(&parts, NOW as u64).unwrap();
        claims.iter().any(|claim| claim.verify(fixture::rsa().public_key()).is_ok())
    }

    #[tokio::test]
    async fn what_leaves_over_the_network_verifies_where_it_arrives() {
        let json = [("Content-Type", "application/activity+json")];
        let server = Server::start(move |_| answer("200 OK", &json, "{}")).await;
        for scheme in [Scheme::Cavage, Scheme::Rfc9421] {
            let (url, body) = (server.url("/inbox?a=b"), Bytes::from_static(b"{}"));
            let headers = signer(scheme).sign(&Method::POST, &url, Some(&body)).unwrap();
            let answer = internet().post(Post { url: url.clone(), headers, body }).await.unwrap();
            assert_eq!(answer.status, 200);
            let get = Get { url, form: Form::Activity, signer: Some(signer(scheme)), peers: Peers::default() };
            assert_eq!(internet().get(get.clone()).await.unwrap().body, "{}");
            assert_eq!(internet().head(get).await.unwrap().status, 200);
        }
        let seen = server.seen();
        assert_eq!(seen.len(), 6);
        assert!(seen.iter().all(verifies));
    }

    #[tokio::test]
    async fn a_redirect_is_followed_by_a_get_to_admitted_servers_and_never_by_a_head() {
        let server = Server::start(|seen| match seen.target() {
            "/there" => answer("200 OK", &[("Content-Type", "application/activity+json")], "{}"),
            "/away" => answer("302 Found", &[("Location", "http://blocked.localhost/")], ""),
            _ => answer("302 Found", &[("Location", "/there")], ""),
        })
        .await;
        let peers = Peers::new(&["blocked.localhost"], &[]);
        let get = |path: &str| Get { url: server.url(path), form: Form::Activity, signer: None, peers: peers.clone() };
        assert_eq!(internet().get(get("/here")).await.unwrap().url, server.url("/there"));
        assert_eq!(internet().get(get("/away")).await.unwrap_err().code(), "fetch-blocked");
        assert_eq!(internet().head(get("/here")).await.unwrap_err().code(), "fetch-too-many-redirects");
    }

    #[tokio::test]
    async fn a_tracker_in_f3_is_asked_for_as_such_and_comes_from_its_own_server() {
        let json = [("Content-Type", "application/f3+json")];
        let server = Server::start(move |seen| match seen.target() {
            "/tracker" => answer("200 OK", &json, "{}"),
            "/away" => answer("302 Found", &[("Location", "http://other.localhost/")], ""),
            _ => answer("302 Found", &[("Location", "/tracker")], ""),
        })
        .await;
        let get = |path: &str| Get {
            url: server.url(path),
            form: Form::F3,
            signer: Some(signer(Scheme::Cavage)),
            peers: Peers::default(),
        };
        assert_eq!(internet().get(get("/alias")).await.unwrap().url, server.url("/tracker"));
        assert_eq!(internet().get(get("/away")).await.unwrap_err().code(), "fetch-redirect-origin");
        let f3 = |seen: &crate::fetch::testing::Seen| seen.header("accept") == Some(ACCEPT_F3) && verifies(seen);
        assert!(server.seen().iter().all(f3), "what is wanted is signed");
    }
}
