//! What is asked of the client, and what it answers.

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use super::error::FetchError;
use super::media::{is_activity_json, is_json};
use super::target::shown_host;
use crate::limits::{FETCH_BODY_BYTES_MAX, REDIRECTS_MAX, RETRY_AFTER_MAX_S};
use crate::signature::SignatureError;

/// Signs one hop of a GET or HEAD: answers the headers to send, for instance those of [`crate::signature::sign`].
pub type SignFn<'a> =
    &'a (dyn Fn(&Method, &Url) -> Result<Vec<(HeaderName, HeaderValue)>, SignatureError> + Send + Sync);

/// Whether a hop may be made: the place to ask for blocked hosts, at the first URL and at each redirect.
pub type AdmitFn<'a> = &'a (dyn Fn(&Url) -> bool + Send + Sync);

/// A GET or HEAD to make.
pub struct GetRequest<'a> {
    /// What to ask for. A fragment is not sent.
    pub url: &'a Url,
    /// The `Accept` header, unless `sign` answers one.
    pub accept: &'a str,
    /// Signs each hop; nothing sends it unsigned.
    pub sign: Option<SignFn<'a>>,
    /// Admits each hop; nothing admits all that the guard lets through.
    pub admit: Option<AdmitFn<'a>>,
    /// Longest body taken, bytes, after decompression.
    pub body_bytes_max: usize,
    /// Redirects followed.
    pub redirects_max: usize,
    /// Whether a redirect may lead to another origin. Right only where the answer is checked against its own id.
    pub other_origins: bool,
}

impl<'a> GetRequest<'a> {
    /// An unsigned request for any answer within the usual limits.
    pub fn new(url: &'a Url, accept: &'a str) -> Self {
        Self {
            url,
            accept,
            sign: None,
            admit: None,
            body_bytes_max: FETCH_BODY_BYTES_MAX,
            redirects_max: REDIRECTS_MAX,
            other_origins: true,
        }
    }
}

/// A 2xx answer to a GET.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it came from in the end: to be compared with the document's own id.
    pub url: Url,
    /// 200 to 299.
    pub status: u16,
    /// As sent; empty for none.
    pub content_type: String,
    /// The `Date` header as sent, if there is one.
    pub date: Option<String>,
    /// The body, decompressed.
    pub body: Bytes,
    /// How many redirects led there.
    pub redirects: usize,
}

impl Fetched {
    /// Refuses what does not count as ActivityPub by its content type.
    pub fn require_activity_json(&self) -> Result<(), FetchError> {
        self.require("application/activity+json", is_activity_json)
    }

    /// Refuses what is not JSON by its content type.
    pub fn require_json(&self) -> Result<(), FetchError> {
        self.require("JSON", is_json)
    }

    fn require(&self, expected: &'static str, fits: fn(&str) -> bool) -> Result<(), FetchError> {
        if fits(&self.content_type) {
            return Ok(());
        }
        let found = self.content_type.chars().take(100).collect();
        Err(FetchError::ContentType { host: shown_host(&self.url), expected, found })
    }
}

/// The answer to a HEAD, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadAnswer {
    /// Where it came from in the end.
    pub url: Url,
    /// The status, never one of a redirect that was followed.
    pub status: u16,
}

/// A POST to make.
pub struct PostRequest<'a> {
    /// Where to.
    pub url: &'a Url,
    /// All headers, signed ones among them. `Host` and `Content-Length` are set by the client.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body that was signed.
    pub body: Bytes,
}

/// When a peer wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so many seconds.
    Seconds(u64),
    /// At this time, seconds since 1970.
    At(u64),
}

impl RetryAfter {
    /// The wait in seconds from `now`, at most a day.
    pub fn wait_s(self, now: u64) -> u64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::At(time) => time.saturating_sub(now),
        }
        .min(RETRY_AFTER_MAX_S)
    }

    /// Reads the header in either form; one that is neither is passed over.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Self::Seconds(seconds));
        }
        let time = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self::At(time.as_secs()))
    }
}

/// The answer to a POST, whatever its status; a redirect is answered as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostAnswer {
    /// The status.
    pub status: u16,
    /// `Retry-After`, if it can be read.
    pub retry_after: Option<RetryAfter>,
    /// `Accept-Signature`: the peer says that it understands RFC 9421.
    pub accept_signature: Option<String>,
    /// The first 4 KiB of the body, as far as it came in time.
    pub body: Bytes,
    /// All headers, for who looks into it.
    pub headers: HeaderMap,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn waits_are_read_in_both_forms_and_bounded() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            RetryAfter::read(&headers).map(|wait| wait.wait_s(NOW))
        };
        assert_eq!(read("90"), Some(90));
        assert_eq!(read(" 90 "), Some(90));
        assert_eq!(read("18446744073709551615"), Some(RETRY_AFTER_MAX_S));
        assert_eq!(read("Fri, 15 Jan 2027 08:00:30 GMT"), Some(30));
        assert_eq!(read("Fri, 15 Jan 2021 08:00:30 GMT"), Some(0));
        for bad in ["", "soon", "-1", "99999999999999999999"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
