//! The way to other servers, as the rest of this room uses it: the guarded client, or a simulated network.

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
use crate::webfinger::{self, Acct, Found, WebfingerError};
use pritchel_vocab::Uri;

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
        Self { keys, key_id: rsa_key_id(actor), scheme, now }
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

/// A GET or HEAD of an ActivityPub document.
#[derive(Clone, Debug)]
pub struct Get {
    /// What is asked for.
    pub url: Url,
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
}

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
            Some(signer) => signer.sign(method, url, None),
            None => Ok(Vec::new()),
        };
        let admit = |url: &Url| Uri::parse(url.as_str()).is_ok_and(|uri| self.peers.admit_uri(&uri));
        let request = GetRequest {
            sign: Some(&sign),
            admit: Some(&admit),
            redirects_max,
            ..GetRequest::new(&self.url, ACCEPT_ACTIVITY)
        };
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
}
