//! What of a request a signature can speak about: the parts as they came, and the origin we are known by.

use http::HeaderMap;
use http::header::HOST;
use url::Url;

use super::error::{SignatureError, shortened};

/// The origin that others address us by, from the settings. Never taken from the request or a forwarding header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicOrigin {
    scheme: &'static str,
    /// Host in lower case, with the port unless it is the scheme's own.
    authority: String,
    /// The same with the default port written out, for origins that have it.
    with_default_port: Option<String>,
}

/// The text is not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an origin like `https://forge.example`, found {found:?}")]
pub struct NotAnOrigin {
    /// What came.
    pub found: String,
}

impl PublicOrigin {
    /// Reads `https://host` or `http://host:port`, with or without a final slash; nothing else may stand in it.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let refused = || NotAnOrigin { found: shortened(text) };
        let url = Url::parse(text).map_err(|_| refused())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let (scheme, default_port) = match url.scheme() {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _ => return Err(refused()),
        };
        let host = url.host_str().filter(|host| bare && anonymous && !host.ends_with('.')).ok_or_else(refused)?;
        Ok(match url.port() {
            Some(port) => Self { scheme, authority: format!("{host}:{port}"), with_default_port: None },
            None => {
                Self { scheme, authority: host.to_owned(), with_default_port: Some(format!("{host}:{default_port}")) }
            }
        })
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Host, and port unless it is the scheme's own: `forge.example`, `localhost:3000`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Every way a peer may write our authority in `Host`. Forgejo always writes and signs the port, and a proxy may
    /// have taken it away since.
    pub(super) fn host_forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.authority.as_str()).chain(self.with_default_port.as_deref())
    }

    /// The whole URL of a raw path and query.
    pub(super) fn target_uri(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.authority)
    }
}

/// A request as it came over the wire.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// `GET`, `POST` …, in upper case.
    pub method: &'a str,
    /// The raw path and query of the request line, not decoded: `/people/7/inbox`.
    pub target: &'a str,
    /// Who we are to the world.
    pub origin: &'a PublicOrigin,
    /// HTTP/2's `:authority`, used when there is no `Host` header.
    pub authority: Option<&'a str>,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The raw body, before any parsing. Empty for none.
    pub body: &'a [u8],
}

impl<'a> RequestParts<'a> {
    /// Whether the digest of the body has to be signed: for all methods that may carry one, and whenever there is one.
    pub(super) fn needs_digest(&self) -> bool {
        !matches!(self.method, "GET" | "HEAD") || !self.body.is_empty()
    }

    /// The target, judged: origin form, visible ASCII.
    pub(super) fn target(&self) -> Result<&'a str, SignatureError> {
        let sound = self.target.starts_with('/') && self.target.bytes().all(|byte| byte.is_ascii_graphic());
        if sound { Ok(self.target) } else { Err(SignatureError::WrongTarget { found: shortened(self.target) }) }
    }

    /// The value of a header that must not be repeated, or nothing.
    pub(super) fn single(&self, name: &'static str) -> Result<Option<&'a str>, SignatureError> {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let more = values.count();
        if more > 0 {
            return Err(SignatureError::HeaderRepeated { name, found: more + 1 });
        }
        let text = value.to_str().map_err(|_| SignatureError::HeaderNotText { name: name.to_owned() })?;
        Ok(Some(text.trim_matches([' ', '\t'])))
    }

    /// All values of a header, trimmed and joined as both standards ask, or nothing.
    pub(super) fn joined(&self, name: &str) -> Result<Option<String>, SignatureError> {
        let mut joined: Option<String> = None;
        for value in self.headers.get_all(name) {
            let text = value.to_str().map_err(|_| SignatureError::HeaderNotText { name: name.to_owned() })?;
            let text = text.trim_matches([' ', '\t']);
            match &mut joined {
                Some(all) => {
                    all.push_str(", ");
                    all.push_str(text);
                }
                None => joined = Some(text.to_owned()),
            }
        }
        Ok(joined)
    }

    /// `Host` as received, after checking that it names us.
    pub(super) fn host(&self) -> Result<&'a str, SignatureError> {
        let wrong = |found: &str| SignatureError::WrongHost {
            expected: self.origin.authority().to_owned(),
            found: shortened(found),
        };
        let host = self.single(HOST.as_str())?.or(self.authority).ok_or_else(|| wrong(""))?;
        if self.origin.host_forms().any(|form| form.eq_ignore_ascii_case(host)) { Ok(host) } else { Err(wrong(host)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        #[rustfmt::skip]
        let good = [
            ("https://forge.example",      "https", "forge.example",   Some("forge.example:443")),
            ("https://Forge.Example:443/", "https", "forge.example",   Some("forge.example:443")),
            ("https://forge.example:8443", "https", "forge.example:8443", None),
            ("http://localhost:3000",      "http",  "localhost:3000",  None),
            ("http://[::1]",               "http",  "[::1]",           Some("[::1]:80")),
        ];
        for (text, scheme, authority, with_port) in good {
            let origin = PublicOrigin::parse(text).unwrap();
            assert_eq!((origin.scheme(), origin.authority()), (scheme, authority));
            assert_eq!(origin.host_forms().nth(1), with_port, "{text}");
        }
        let bad =
            ["forge.example", "ftp://forge.example", "https://", "https://a@forge.example", "https://forge.example."];
        for text in
            bad.into_iter().chain(["https://forge.example/x", "https://forge.example?x", "https://forge.example#x"])
        {
            assert_eq!(PublicOrigin::parse(text), Err(NotAnOrigin { found: text.to_owned() }));
        }
    }
}
