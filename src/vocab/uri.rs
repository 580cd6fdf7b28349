//! Addresses: one canonical form, used for every comparison of ids, actors and origins.
//! - [`Uri`]: any `http` or `https` address; [`Origin`]: its scheme, host and port
//! - [`actor`]: addresses of actors; [`acct`]: `name@host`; [`clone`]: where git fetches and pushes
//! - `plain`: addresses that are canonical at sight

pub mod acct;
pub mod actor;
pub mod clone;
mod plain;

use crate::limits::URI_MAX_BYTES;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The audience "everybody", as ActivityStreams names it.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// An absolute `http` or `https` address in canonical form: lower-case host, no default port, no user name, no trailing
/// dot, at most [`URI_MAX_BYTES`]. Path, query and fragment stay as they are, but for `.` and `..` and percent-encoding.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uri(Arc<str>);

impl UriError {
    /// What was expected, for a sentence that says itself where and what was found.
    pub fn expected(&self) -> String {
        let told = match self {
            Self::TooLong { limit, .. } => return format!("an address of at most {limit} bytes"),
            other => other.to_string(),
        };
        let told = told.strip_prefix("expected ").unwrap_or(&told);
        told.split(", found ").next().unwrap_or(told).to_owned()
    }
}

/// Why a text is not an address we take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// The text, or its canonical form, is too long.
    #[error("an address has at most {limit} bytes, this one has {size}")]
    TooLong {
        /// Bytes found.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Another scheme, or none.
    #[error("expected an absolute address with scheme {expected}, found {found}")]
    Scheme {
        /// Schemes allowed here.
        expected: &'static str,
        /// The text, shortened.
        found: String,
    },
    /// A user name or password before the host.
    #[error("expected an address without a user name, found {found}")]
    UserInfo {
        /// The text, shortened.
        found: String,
    },
    /// A host with a dot at its end: the same host under a second name.
    #[error("expected a host without a dot at its end, found {found}")]
    TrailingDot {
        /// The text, shortened.
        found: String,
    },
    /// A query where none may be.
    #[error("expected an address without a query, found {found}")]
    Query {
        /// The text, shortened.
        found: String,
    },
    /// A fragment where none may be.
    #[error("expected an address without a fragment, found {found}")]
    Fragment {
        /// The text, shortened.
        found: String,
    },
    /// An address of our own that is not lower case.
    #[error("expected a lower-case address, found {found}")]
    UpperCase {
        /// The text, shortened.
        found: String,
    },
    /// Plain `http` to a host that is not this machine.
    #[error("expected https, or http on loopback, found {found}")]
    Insecure {
        /// The text, shortened.
        found: String,
    },
    /// Anything else: spaces, bad hosts, bad ports.
    #[error("expected an address, found {found}: {why}")]
    Malformed {
        /// The text, shortened.
        found: String,
        /// What the address parser says.
        why: String,
    },
}

impl Uri {
    /// Reads an address and brings it into canonical form.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.len() <= URI_MAX_BYTES && plain::is_plain(text) {
            return Ok(Self(Arc::from(text)));
        }
        Self::parse_slowly(text)
    }

    /// The same by the URL standard alone.
    fn parse_slowly(text: &str) -> Result<Self, UriError> {
        let url = parse_url(text, "http or https", &["http", "https"])?;
        if authority(text).contains('@') {
            return Err(UriError::UserInfo { found: crate::object::quote(text) });
        }
        Self::from_url(&url)
    }

    /// The audience "everybody".
    pub fn public() -> Self {
        Self(Arc::from(PUBLIC))
    }

    /// Whether this is the audience "everybody", which is an address nobody lives at.
    pub fn is_public(&self) -> bool {
        &*self.0 == PUBLIC
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port. Two addresses are in the same hands only if their origins are equal.
    pub fn origin(&self) -> Origin {
        let (scheme, rest) = match self.0.strip_prefix("https://") {
            Some(rest) => (Scheme::Https, rest),
            None => (Scheme::Http, self.0.strip_prefix("http://").unwrap_or(&self.0)),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let (host, port) = split_port(authority);
        Origin { scheme, host: host.to_owned(), port: port.unwrap_or(scheme.default_port()) }
    }

    /// The path with its leading slash, without query and fragment.
    pub fn path(&self) -> &str {
        let rest = self.0.split_once("://").map_or(&*self.0, |(_, rest)| rest);
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let whole = rest.get(..end).unwrap_or(rest);
        whole.find('/').and_then(|start| whole.get(start..)).unwrap_or("/")
    }

    /// The query without its question mark.
    pub fn query(&self) -> Option<&str> {
        let whole = self.0.split('#').next().unwrap_or(&self.0);
        whole.split_once('?').map(|(_, query)| query)
    }

    /// The fragment without its number sign.
    pub fn fragment(&self) -> Option<&str> {
        self.0.split_once('#').map(|(_, fragment)| fragment)
    }

    /// The same address without fragment: that of the document it points into.
    pub fn without_fragment(&self) -> Self {
        match self.0.split_once('#') {
            Some((document, _)) => Self(Arc::from(document)),
            None => self.clone(),
        }
    }

    /// This address, without query and fragment, with further segments: `/repos/a` and `outbox/1` give `/repos/a/outbox/1`.
    /// Segments are percent-encoded where needed; `.` and `..` are left out, so the result never lies above this address.
    pub fn join_path(&self, segments: &str) -> Result<Self, UriError> {
        let mut url = parse_url(&self.0, "http or https", &["http", "https"])?;
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments.split('/').filter(|segment| !segment.is_empty()));
        }
        Self::from_url(&url)
    }

    /// This address with `fragment` in place of its own.
    pub fn with_fragment(&self, fragment: &str) -> Result<Self, UriError> {
        let mut url = parse_url(&self.0, "http or https", &["http", "https"])?;
        url.set_fragment(Some(fragment));
        Self::from_url(&url)
    }

    fn from_url(url: &url::Url) -> Result<Self, UriError> {
        let text = url.as_str();
        if text.len() > URI_MAX_BYTES {
            return Err(UriError::TooLong { size: text.len(), limit: URI_MAX_BYTES });
        }
        Ok(Self(Arc::from(text)))
    }
}

/// The checks every address passes, whatever its scheme.
fn parse_url(text: &str, expected: &'static str, schemes: &[&str]) -> Result<url::Url, UriError> {
    let found = || crate::object::quote(text);
    if text.len() > URI_MAX_BYTES {
        return Err(UriError::TooLong { size: text.len(), limit: URI_MAX_BYTES });
    }
    let malformed = |why: &str| UriError::Malformed { found: found(), why: why.to_owned() };
    // The URL standard repairs these silently; two texts would then be one address to us and two to others.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(malformed("it holds a space, control character or backslash"));
    }
    let (scheme, rest) = text.split_once("://").ok_or_else(|| UriError::Scheme { expected, found: found() })?;
    if !schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(UriError::Scheme { expected, found: found() });
    }
    if rest.is_empty() || rest.starts_with('/') {
        return Err(malformed("it has no host"));
    }
    let url = url::Url::parse(text).map_err(|why| malformed(&why.to_string()))?;
    match url.host_str() {
        None | Some("") => Err(malformed("it has no host")),
        Some(host) if host.ends_with('.') => Err(UriError::TrailingDot { found: found() }),
        Some(_) => Ok(url),
    }
}

/// What stands between `://` and the path.
fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Host and port of `host[:port]`; an IPv6 address stands in brackets.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.starts_with('[') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}

macro_rules! text_impls {
    ($name:ident, $error:ty) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "<{}>", self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(&text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.as_str().to_owned()
            }
        }

        impl From<&$name> for String {
            fn from(value: &$name) -> String {
                value.as_str().to_owned()
            }
        }

        impl From<&$name> for serde_json::Value {
            fn from(value: &$name) -> serde_json::Value {
                serde_json::Value::from(value.as_str())
            }
        }

        impl From<$name> for serde_json::Value {
            fn from(value: $name) -> serde_json::Value {
                serde_json::Value::from(value.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    };
}
use text_impls;

text_impls!(Uri, UriError);

/// The two schemes of [`Uri`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain, for development on one machine.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Who answers for an address: scheme, host and port. Shown without the scheme's default port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Lower case, punycode where needed, an IPv6 address in brackets.
    pub host: String,
    /// Always given, also when it is the default one.
    pub port: u16,
}

impl Origin {
    /// Host, and port where it is not the default one: what a `Host` header holds.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Whether the host can only be this machine: `localhost` and names under it, 127.0.0.0/8, ::1.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The address of the origin's root.
    pub fn root(&self) -> Result<Uri, UriError> {
        Uri::parse(&format!("{self}/"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

#[cfg(test)]
mod tests;
