//! Why a request to another server was not made, or brought nothing.

use std::net::IpAddr;

use super::RetryAfter;
use crate::signature::SignatureError;

/// What kept a fetch or a delivery from its answer. URLs are shown without their query, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its variant and fields are")]
pub enum FetchError {
    #[error("the HTTP client cannot be set up: {why}")]
    Setup { why: String },
    #[error("expected an `https` URL, found `{found}`")]
    Scheme { found: String },
    #[error("a URL has at most {limit} bytes, found {found}")]
    UrlTooLong { limit: usize, found: usize },
    #[error("expected a plain host name or address, found {found:?}")]
    Host { found: String },
    #[error("port {found} is not among those spoken to")]
    Port { found: u16 },
    #[error("`{host}` is this server")]
    OwnHost { host: String },
    #[error("`{host}` is blocked here")]
    Blocked { host: String },
    #[error("`{host}` leads to {address}, which is not a public address")]
    NotPublic { host: String, address: IpAddr },
    #[error("the name `{host}` does not exist")]
    NoSuchName { host: String },
    #[error("the name `{host}` could not be looked up: {why}")]
    Lookup { host: String, why: String },
    #[error("no connection to `{host}`: {why}")]
    Connect { host: String, why: String },
    #[error("no complete answer from `{host}` within {limit_ms} ms")]
    Timeout { host: String, limit_ms: u64 },
    #[error("the exchange with `{host}` broke off: {why}")]
    Interrupted { host: String, why: String },
    #[error("expected at most {limit} redirects, found more, last to `{next}`")]
    TooManyRedirects { limit: usize, next: String },
    #[error("the redirects run in a circle at `{next}`")]
    RedirectLoop { next: String },
    #[error("redirected from `{from}` to `{to}`")]
    RedirectScheme { from: String, to: String },
    #[error("redirected from `{from}` to another origin, `{to}`")]
    RedirectOrigin { from: String, to: String },
    #[error("redirected to nowhere: {found:?} is not a location")]
    RedirectLocation { found: String },
    #[error("`{host}` answered {status}")]
    Status { host: String, status: u16, retry_after: Option<RetryAfter> },
    #[error("the answer of `{host}` is longer than {limit} bytes")]
    TooLarge { host: String, limit: usize },
    #[error("`{host}`: expected {expected}, found content type {found:?}")]
    ContentType { host: String, expected: &'static str, found: String },
    #[error("the request cannot be signed: {0}")]
    CannotSign(#[from] SignatureError),
}

impl FetchError {
    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Setup { .. } => "fetch-setup",
            Self::Scheme { .. } => "fetch-scheme",
            Self::UrlTooLong { .. } => "fetch-url-too-long",
            Self::Host { .. } => "fetch-host",
            Self::Port { .. } => "fetch-port",
            Self::OwnHost { .. } => "fetch-own-host",
            Self::Blocked { .. } => "fetch-blocked",
            Self::NotPublic { .. } => "fetch-address-not-public",
            Self::NoSuchName { .. } => "fetch-no-such-name",
            Self::Lookup { .. } => "fetch-lookup",
            Self::Connect { .. } => "fetch-connect",
            Self::Timeout { .. } => "fetch-timeout",
            Self::Interrupted { .. } => "fetch-interrupted",
            Self::TooManyRedirects { .. } => "fetch-too-many-redirects",
            Self::RedirectLoop { .. } => "fetch-redirect-loop",
            Self::RedirectScheme { .. } => "fetch-redirect-scheme",
            Self::RedirectOrigin { .. } => "fetch-redirect-origin",
            Self::RedirectLocation { .. } => "fetch-redirect-location",
            Self::Status { .. } => "fetch-status",
            Self::TooLarge { .. } => "fetch-too-large",
            Self::ContentType { .. } => "fetch-content-type",
            Self::CannotSign(_) => "fetch-cannot-sign",
        }
    }

    /// Whether asking again later would bring the same. Failures of the network, the name service and the peer's server
    /// pass; what the URL or the peer's answer says does not.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Setup { .. }
            | Self::Lookup { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            // Blocks are lifted, names registered, and records that point inward corrected.
            | Self::Blocked { .. }
            | Self::NoSuchName { .. }
            | Self::NotPublic { .. } => false,
            Self::Status { status, .. } => matches!(status, 400..=499) && !matches!(status, 408 | 421 | 425 | 429),
            Self::Scheme { .. }
            | Self::UrlTooLong { .. }
            | Self::Host { .. }
            | Self::Port { .. }
            | Self::OwnHost { .. }
            | Self::TooManyRedirects { .. }
            | Self::RedirectLoop { .. }
            | Self::RedirectScheme { .. }
            | Self::RedirectOrigin { .. }
            | Self::RedirectLocation { .. }
            | Self::TooLarge { .. }
            | Self::ContentType { .. }
            | Self::CannotSign(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_will_not_pass_is_permanent() {
        let status = |status| FetchError::Status { host: "a.example".into(), status, retry_after: None };
        for (code, permanent) in
            [(400, true), (401, true), (404, true), (410, true), (408, false), (429, false), (500, false), (503, false)]
        {
            assert_eq!(status(code).is_permanent(), permanent, "{code}");
        }
        assert!(!FetchError::Timeout { host: String::new(), limit_ms: 1 }.is_permanent());
        assert!(!FetchError::NoSuchName { host: String::new() }.is_permanent());
        assert!(FetchError::Scheme { found: "ftp".into() }.is_permanent());
    }
}
