//! Requests for the tests of both schemes, and a signer that signs whatever a row asks for, also what we would never send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::digest;
use super::{PublicOrigin, RequestParts, Scheme, SignatureError, Verified, parse_any, sign};
use crate::key::{KeyPair, PublicKey, fixture};

/// The moment at which the tests' requests are made and checked.
pub const NOW: u64 = 1_800_000_000;
/// Whom the fixture keys belong to.
pub const KEY_ID: &str = "https://peer.example/people/alice#main-key";
/// What the fixture requests carry.
pub const BODY: &[u8] = br#"{"type":"Follow"}"#;

/// A request that owns its parts, so that a row of a test can spoil one of them.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub target: String,
    pub origin: PublicOrigin,
    pub authority: Option<&'static str>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Request {
    /// A request to `https://forge.example` without a signature, with the usual headers.
    pub fn unsigned(method: &'static str, target: &str) -> Self {
        let body = if method == "GET" { Vec::new() } else { BODY.to_vec() };
        let mut request = Self {
            method,
            target: target.to_owned(),
            origin: PublicOrigin::parse("https://forge.example").unwrap(),
            authority: None,
            headers: HeaderMap::new(),
            body,
        };
        request = request.with("host", "forge.example").with("date", &super::clock::to_http_date(NOW));
        if method == "POST" {
            let (old, new) = (digest::digest_header(BODY), digest::content_digest_header(BODY));
            request = request.with("digest", &old).with("content-digest", &new).with("content-type", "text/plain");
        }
        request
    }

    /// A request signed by our own code.
    pub fn signed(scheme: Scheme, key: &KeyPair, method: &'static str, target: &str) -> Self {
        let mut request = Self::unsigned(method, target);
        request.headers = HeaderMap::new();
        let url = Url::parse(&format!("https://forge.example{target}")).unwrap();
        let body = (method == "POST").then_some(BODY);
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        request.headers.extend(
            sign(scheme, key, KEY_ID, &method, &url, body, NOW)
                .unwrap()
                .into_iter()
                .map(|(name, value)| (Some(name), value)),
        );
        request
    }

    /// Sets a header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    /// Adds a header beside those there are.
    pub fn and(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    /// Takes a header away.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    /// Signs by draft-cavage, over the names given, with the parameters given between `keyId` and `headers`.
    pub fn cavage(self, covered: &str, parameters: &str) -> Self {
        let target = self.target.clone();
        self.cavage_over(&target, covered, parameters)
    }

    /// The same with another target in the signed text than in the request.
    pub fn cavage_over(self, target: &str, covered: &str, parameters: &str) -> Self {
        let parameter = |name: &str| {
            let (_, rest) = parameters.split_once(&format!("{name}="))?;
            Some(rest.split(',').next()?.trim_matches('"').to_owned())
        };
        let line = |name: &str| {
            let value = match name {
                "(request-target)" => format!("{} {target}", self.method.to_lowercase()),
                "(created)" => parameter("created").unwrap_or_default(),
                "(expires)" => parameter("expires").unwrap_or_default(),
                _ => self.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned(),
            };
            format!("{name}: {value}")
        };
        let text = covered.to_lowercase().split(' ').map(line).collect::<Vec<_>>().join("\n");
        let signature = STANDARD.encode(fixture::rsa().sign(text.as_bytes()).unwrap());
        let header = format!(r#"keyId="{KEY_ID}",{parameters}headers="{covered}",signature="{signature}""#);
        self.with("signature", &header)
    }

    /// Signs by RFC 9421: the lines of the base are the row's own words, `input` the list with its parameters.
    pub fn rfc9421(self, lines: &[(&str, &str)], input: &str) -> Self {
        self.rfc9421_by(&fixture::rsa(), lines, input)
    }

    /// The same with another key.
    pub fn rfc9421_by(self, key: &KeyPair, lines: &[(&str, &str)], input: &str) -> Self {
        let mut base: String = lines.iter().map(|(name, value)| format!("\"{name}\": {value}\n")).collect();
        base.push_str(&format!("\"@signature-params\": {input}"));
        let signature = STANDARD.encode(key.sign(base.as_bytes()).unwrap());
        self.with("signature-input", &format!("sig1={input}")).with("signature", &format!("sig1=:{signature}:"))
    }

    /// The request as the verifier sees it.
    pub fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: self.method,
            target: &self.target,
            origin: &self.origin,
            authority: self.authority,
            headers: &self.headers,
            body: &self.body,
        }
    }

    /// Parses and verifies at [`NOW`].
    pub fn check(&self, key: &PublicKey) -> Result<Verified, SignatureError> {
        self.check_at(key, NOW)
    }

    /// Parses and verifies.
    pub fn check_at(&self, key: &PublicKey, now: u64) -> Result<Verified, SignatureError> {
        let mut last = Err(SignatureError::Missing);
        for claim in parse_any(&self.parts(), now)? {
            last = claim.verify(key);
            if last.is_ok() {
                break;
            }
        }
        last
    }

    /// The outcome in one word: the code of the finding, or nothing.
    pub fn finding(&self) -> Option<&'static str> {
        self.check(fixture::rsa().public_key()).err().map(|error| error.code())
    }
}
