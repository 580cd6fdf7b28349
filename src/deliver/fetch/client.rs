//! GET, HEAD and POST to other servers, within bounds. The only file that knows the HTTP library.
//!
//! A GET or HEAD follows a few redirects by hand: each next URL is judged, admitted and signed anew. A POST follows none.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use super::error::FetchError;
use super::request::{Fetched, GetRequest, HeadAnswer, PostAnswer, PostRequest, RetryAfter};
use super::resolver::{GuardedResolver, Lookup, ResolveError, SystemLookup};
use super::target::{Policy, shown, shown_host};
use crate::limits::{
    CONNECT_TIMEOUT_S, FETCH_TIMEOUT_S, IDLE_CONNECTION_S, IDLE_CONNECTIONS_PER_HOST_MAX, POST_ANSWER_BYTES_MAX,
    RESPONSE_HEADER_BYTES_MAX, RESPONSE_HEADERS_MAX,
};
use crate::signature::SignatureError;

/// How the client is set up.
pub struct Settings {
    /// What we call ourselves: name, version and URL of this server.
    pub user_agent: String,
    /// What may be asked for.
    pub policy: Policy,
    /// For one fetch or delivery as a whole.
    pub timeout: Duration,
    /// For connecting to one address.
    pub connect_timeout: Duration,
    /// Where names are looked up.
    pub lookup: Arc<dyn Lookup>,
}

impl Settings {
    /// The usual settings: public hosts, the limits of this room, the system's name service.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            policy: Policy::default(),
            timeout: Duration::from_secs(FETCH_TIMEOUT_S),
            connect_timeout: Duration::from_secs(CONNECT_TIMEOUT_S),
            lookup: Arc::new(SystemLookup::default()),
        }
    }
}

/// Makes aws-lc-rs the TLS library's source of cryptography. Any number of calls does no harm; the first should come
/// before anything speaks TLS.
pub fn install_crypto() {
    // An error only says that one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// The guarded client. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    resolver: GuardedResolver,
    policy: Arc<Policy>,
    timeout: Duration,
}

impl Client {
    /// Sets the client up.
    ///
    /// Errors: [`FetchError::Setup`], for instance when the system has no certificates of authorities.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        install_crypto();
        let resolver = GuardedResolver::new(settings.lookup, settings.policy.loopback);
        let http = reqwest::Client::builder()
            .user_agent(settings.user_agent)
            .dns_resolver(Guard(resolver.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A proxy would connect to an address of its own choice.
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(IDLE_CONNECTION_S))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST_MAX)
            .http1_max_headers(RESPONSE_HEADERS_MAX)
            .http2_max_header_list_size(RESPONSE_HEADER_BYTES_MAX)
            .build()
            .map_err(|error| FetchError::Setup { why: cause(&error) })?;
        Ok(Self { http, resolver, policy: Arc::new(settings.policy), timeout: settings.timeout })
    }

    /// What the guard lets through.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Judges a URL and answers the addresses that may be connected to, for programs that make their own connection, such
    /// as git. They must use these and not look the name up again.
    pub async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, FetchError> {
        self.policy.check(url)?;
        let port = url.port_or_known_default().unwrap_or_default();
        let found = match url.host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => {
                let looked_up = tokio::time::timeout(self.timeout, self.resolver.resolve(name)).await;
                looked_up.map_err(|_| self.timed_out(url))?.map_err(|error| unresolved(url, error))?
            }
            None => return Err(FetchError::Host { found: shown_host(url) }),
        };
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// Fetches a document. Errors: anything but a whole 2xx answer within the limits.
    pub async fn get(&self, request: GetRequest<'_>) -> Result<Fetched, FetchError> {
        let deadline = Instant::now() + self.timeout;
        let (response, url, redirects) = Box::pin(self.follow(Method::GET, &request, deadline)).await?;
        let status = response.status();
        if !status.is_success() {
            let retry_after = RetryAfter::read(response.headers());
            return Err(FetchError::Status { host: shown_host(&url), status: status.as_u16(), retry_after });
        }
        let content_type = text_of(response.headers(), &CONTENT_TYPE).unwrap_or_default();
        let date = text_of(response.headers(), &DATE);
        let body = self.whole_body(response, &url, request.body_bytes_max, deadline).await?;
        Ok(Fetched { url, status: status.as_u16(), content_type, date, body, redirects })
    }

    /// Asks whether something is still there. Errors: only when there is no answer; any status is one.
    pub async fn head(&self, request: GetRequest<'_>) -> Result<HeadAnswer, FetchError> {
        let deadline = Instant::now() + self.timeout;
        let (response, url, _) = Box::pin(self.follow(Method::HEAD, &request, deadline)).await?;
        Ok(HeadAnswer { url, status: response.status().as_u16() })
    }

    /// Delivers a body. Errors: only when there is no answer; any status is one. After an error the peer may or may not
    /// have taken it.
    pub async fn post(&self, request: PostRequest<'_>) -> Result<PostAnswer, FetchError> {
        let deadline = Instant::now() + self.timeout;
        let headers = request.headers.into_iter().collect();
        let mut response =
            Box::pin(self.send(Method::POST, request.url, headers, Some(request.body), deadline)).await?;
        let mut body = BytesMut::new();
        // The status decides. What the peer says beside it is welcome, and no reason to fail or to wait for long.
        while body.len() < POST_ANSWER_BYTES_MAX {
            match timeout_at(deadline, response.chunk()).await {
                Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
                _ => break,
            }
        }
        body.truncate(POST_ANSWER_BYTES_MAX);
        Ok(PostAnswer {
            status: response.status().as_u16(),
            retry_after: RetryAfter::read(response.headers()),
            accept_signature: text_of(response.headers(), &HeaderName::from_static("accept-signature")),
            body: body.freeze(),
            headers: std::mem::take(response.headers_mut()),
        })
    }

    /// Sends and follows redirects; answers the last response, where it came from and the number of redirects.
    async fn follow(
        &self,
        method: Method,
        request: &GetRequest<'_>,
        deadline: Instant,
    ) -> Result<(reqwest::Response, Url, usize), FetchError> {
        let mut url = request.url.clone();
        url.set_fragment(None);
        let mut seen = vec![url.clone()];
        loop {
            self.policy.check(&url)?;
            if request.admit.is_some_and(|admit| !admit(&url)) {
                return Err(FetchError::Blocked { host: shown_host(&url) });
            }
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(request.accept).map_err(|_| not_a_header(request.accept))?);
            if let Some(sign) = request.sign {
                for (name, value) in sign(&method, &url)? {
                    headers.insert(name, value);
                }
            }
            let response = self.send(method.clone(), &url, headers, None, deadline).await?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok((response, url, seen.len() - 1));
            }
            let next = next_hop(&url, response.headers(), request.other_origins)?;
            if seen.contains(&next) {
                return Err(FetchError::RedirectLoop { next: shown(&next) });
            }
            if seen.len() > request.redirects_max {
                return Err(FetchError::TooManyRedirects { limit: request.redirects_max, next: shown(&next) });
            }
            seen.push(next.clone());
            url = next;
        }
    }

    /// One exchange, up to the headers of the answer.
    async fn send(
        &self,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        body: Option<Bytes>,
        deadline: Instant,
    ) -> Result<reqwest::Response, FetchError> {
        self.policy.check(url)?;
        // Set by the library from the same URL; over HTTP/2 a second copy beside `:authority` would be wrong.
        headers.remove(HOST);
        let mut request = self.http.request(method, url.clone()).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        match timeout_at(deadline, request.send()).await {
            Ok(sent) => sent.map_err(|error| self.failed(url, &error)),
            Err(_) => Err(self.timed_out(url)),
        }
    }

    async fn whole_body(
        &self,
        mut response: reqwest::Response,
        url: &Url,
        limit: usize,
        deadline: Instant,
    ) -> Result<Bytes, FetchError> {
        let too_large = || FetchError::TooLarge { host: shown_host(url), limit };
        // Refused before the first byte where the peer says so; counted in any case.
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        loop {
            let chunk = timeout_at(deadline, response.chunk()).await.map_err(|_| self.timed_out(url))?;
            match chunk.map_err(|error| self.failed(url, &error))? {
                Some(chunk) if body.len() + chunk.len() > limit => return Err(too_large()),
                Some(chunk) => body.extend_from_slice(&chunk),
                None => return Ok(body.freeze()),
            }
        }
    }

    fn timed_out(&self, url: &Url) -> FetchError {
        let limit_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        FetchError::Timeout { host: shown_host(url), limit_ms }
    }

    /// The library's error as one of ours.
    fn failed(&self, url: &Url, error: &reqwest::Error) -> FetchError {
        let host = shown_host(url);
        if let Some(found) = chain(error).find_map(|error| error.downcast_ref::<ResolveError>()) {
            return unresolved(url, found.clone());
        }
        if error.is_connect() {
            FetchError::Connect { host, why: cause(error) }
        } else if error.is_timeout() {
            self.timed_out(url)
        } else {
            FetchError::Interrupted { host, why: cause(error) }
        }
    }
}

fn unresolved(url: &Url, error: ResolveError) -> FetchError {
    let host = shown_host(url);
    match error {
        ResolveError::NoSuchName => FetchError::NoSuchName { host },
        ResolveError::Failed { why } => FetchError::Lookup { host, why },
        ResolveError::NotPublic { address } => FetchError::NotPublic { host, address },
    }
}

/// Where a redirect leads, if it may lead there.
fn next_hop(url: &Url, headers: &HeaderMap, other_origins: bool) -> Result<Url, FetchError> {
    let location = headers.get(LOCATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let location = String::from_utf8_lossy(location);
    let nowhere = |_| FetchError::RedirectLocation { found: location.chars().take(100).collect() };
    if location.is_empty() {
        return Err(FetchError::RedirectLocation { found: String::new() });
    }
    let mut next = url.join(&location).map_err(nowhere)?;
    next.set_fragment(None);
    if next.scheme() != url.scheme() {
        return Err(FetchError::RedirectScheme { from: shown(url), to: shown(&next) });
    }
    if !other_origins && next.origin() != url.origin() {
        return Err(FetchError::RedirectOrigin { from: shown(url), to: shown(&next) });
    }
    Ok(next)
}

fn not_a_header(text: &str) -> FetchError {
    FetchError::CannotSign(SignatureError::NotSignable { what: "the `Accept` header", found: text.to_owned() })
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// An error and all that caused it.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The innermost cause, which says most, without URLs.
fn cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default().chars().take(200).collect()
}

/// The guard in the shape the library asks for.
struct Guard(GuardedResolver);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let found = resolver.resolve_sockets(name.as_str().to_owned()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
