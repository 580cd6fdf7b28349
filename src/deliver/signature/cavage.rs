//! draft-cavage signatures. The library makes the signing string; everything it does not judge is judged here first:
//! coverage, time, digest, host. [`super::cavage_header`] keeps from it what it cannot read.
//!
//! Source: draft-cavage-http-signatures-12, and what peers send and demand of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use http_signature_normalization::Config;

use super::cavage_header::{CREATED, CavageHeader, EXPIRES, HEADER, REQUEST_TARGET};
use super::digest::{self, DIGEST};
use super::error::{SignatureError, shortened};
use super::request::RequestParts;
use super::{Algorithm, Claim, Scheme, clock};
use crate::key::KeyPair;
use crate::limits::TIME_MAX_S;

const AUTHORIZATION: &str = "authorization";
const DATE: &str = "date";
const HOST: &str = "host";

/// Whether the headers carry a signature of this scheme, good or bad.
pub(super) fn is_present(headers: &HeaderMap) -> bool {
    headers.contains_key(HEADER) || in_authorization(headers)
}

fn in_authorization(headers: &HeaderMap) -> bool {
    headers.get_all(AUTHORIZATION).iter().any(|value| is_signature_scheme(value.as_bytes()))
}

fn is_signature_scheme(value: &[u8]) -> bool {
    const WORD: &[u8] = b"signature ";
    value.get(..WORD.len()).is_some_and(|start| start.eq_ignore_ascii_case(WORD))
}

/// Judges all of a request's signature that needs no key.
/// - `now`: seconds since 1970
/// - errors: the first finding; the request is then not to be believed, and no key need be fetched
pub(super) fn parse(request: &RequestParts<'_>, now: u64) -> Result<Claim, SignatureError> {
    let header = CavageHeader::parse(header_text(request)?)?;
    let algorithm = algorithm(&header)?;
    demand_coverage(request, &header)?;
    let host = request.host()?;
    let made = times(request, &header)?;
    let expires = header.expires.as_ref().map(|time| time.seconds);
    clock::check(&made, expires, header.covers(EXPIRES), now)?;
    digest::check(request, request.needs_digest().then_some(DIGEST))?;
    Ok(Claim {
        scheme: Scheme::Cavage,
        algorithm,
        created: made.iter().copied().min(),
        expires,
        bases: signing_strings(request, &header, host)?,
        key_id: header.key_id,
        covered: header.covered,
        signature: header.signature,
    })
}

fn header_text<'a>(request: &RequestParts<'a>) -> Result<&'a str, SignatureError> {
    let authorization = in_authorization(request.headers);
    match request.single(HEADER)? {
        Some(_) if authorization => Err(SignatureError::Ambiguous),
        Some(text) => Ok(text),
        None if authorization => {
            let text = request.single(AUTHORIZATION)?.unwrap_or_default();
            Ok(text.split_once([' ', '\t']).unwrap_or_default().1)
        }
        None => Err(SignatureError::Missing),
    }
}

fn algorithm(header: &CavageHeader) -> Result<Option<Algorithm>, SignatureError> {
    match header.algorithm.as_deref() {
        // `hs2019` leaves it to the key.
        None | Some("hs2019") => Ok(None),
        // The draft forbids both with the old algorithm names.
        Some("rsa-sha256") if header.covers(CREATED) || header.covers(EXPIRES) => {
            Err(SignatureError::UnsupportedAlgorithm {
                expected: "`hs2019` where `(created)` or `(expires)` is covered",
                found: "rsa-sha256".to_owned(),
            })
        }
        Some("rsa-sha256") => Ok(Some(Algorithm::Rsa)),
        Some(other) => Err(SignatureError::UnsupportedAlgorithm {
            expected: "`hs2019`, `rsa-sha256` or none",
            found: shortened(other),
        }),
    }
}

fn demand_coverage(request: &RequestParts<'_>, header: &CavageHeader) -> Result<(), SignatureError> {
    let lacks = |expected| SignatureError::NotCovered { expected, found: shortened(&header.covered.join(" ")) };
    for expected in [REQUEST_TARGET, HOST] {
        if !header.covers(expected) {
            return Err(lacks(expected));
        }
    }
    if !header.covers(DATE) && !header.covers(CREATED) {
        return Err(lacks("`date` or `(created)`"));
    }
    if request.needs_digest() && !header.covers(DIGEST) {
        return Err(lacks(DIGEST));
    }
    for (name, present) in [(CREATED, header.created.is_some()), (EXPIRES, header.expires.is_some())] {
        if header.covers(name) && !present {
            return Err(SignatureError::HeaderAbsent { name: name.to_owned() });
        }
    }
    Ok(())
}

/// The covered times. A time that is not covered is a stranger's word.
fn times(request: &RequestParts<'_>, header: &CavageHeader) -> Result<Vec<u64>, SignatureError> {
    let mut made = Vec::new();
    if header.covers(CREATED) {
        made.extend(header.created.as_ref().map(|time| time.seconds));
    }
    if header.covers(DATE) {
        let text = request.single(DATE)?.ok_or_else(|| SignatureError::HeaderAbsent { name: DATE.to_owned() })?;
        made.push(clock::http_date(DATE, text)?);
    }
    Ok(made)
}

/// Every text the peer may have signed: `Host` as received, then with the port left out or written; the target as
/// received, then without its query. At most four.
fn signing_strings(
    request: &RequestParts<'_>,
    header: &CavageHeader,
    host: &str,
) -> Result<Vec<Vec<u8>>, SignatureError> {
    let target = request.target()?;
    let without_query = target.split_once('?').map(|(path, _)| path);
    let other_host = request.origin.host_forms().find(|form| !form.eq_ignore_ascii_case(host));
    let mut covered = BTreeMap::new();
    for name in header.covered.iter().filter(|name| !name.starts_with('(') && *name != HOST) {
        let value = request.joined(name)?.ok_or_else(|| SignatureError::HeaderAbsent { name: name.clone() })?;
        covered.insert(name.clone(), value);
    }
    // Given as values, not as parameters: the library would turn them into times and compare those with its own clock.
    for (name, time) in [(CREATED, &header.created), (EXPIRES, &header.expires)] {
        if let Some(time) = time.as_ref().filter(|_| header.covers(name)) {
            covered.insert(name.to_owned(), time.text.clone());
        }
    }
    let mut bases = Vec::new();
    for host in std::iter::once(host).chain(other_host) {
        covered.insert(HOST.to_owned(), host.to_owned());
        for target in std::iter::once(target).chain(without_query) {
            bases.push(signing_string(request.method, target, &header.covered, covered.clone())?);
        }
    }
    Ok(bases)
}

/// One call of the library, on a header we wrote ourselves: no times, no strange characters.
fn signing_string(
    method: &str,
    target: &str,
    names: &[String],
    mut headers: BTreeMap<String, String>,
) -> Result<Vec<u8>, SignatureError> {
    let canonical = format!(r#"keyId="k",headers="{}",signature="s""#, names.join(" "));
    headers.insert(HEADER.to_owned(), canonical);
    let prepared = catch_unwind(AssertUnwindSafe(|| {
        // Times are judged by us; this makes the library's own look at `Date` pass for any date.
        Config::new()
            .set_expiration(Duration::from_secs(TIME_MAX_S))
            .require_header(REQUEST_TARGET)
            .require_header(HOST)
            .begin_verify(method, target, headers)
    }));
    match prepared {
        Ok(Ok(unverified)) => Ok(unverified.signing_string().as_bytes().to_vec()),
        Ok(Err(_)) | Err(_) => Err(SignatureError::Library),
    }
}

/// Signs `headers` and the target; the caller sends exactly these headers.
/// - `target`: raw path and query
/// - `headers`: `host`, `date`, and `digest`, `content-type` or `accept`, by lower-case name
pub(super) fn sign(
    key: &KeyPair,
    key_id: &str,
    method: &str,
    target: &str,
    headers: &[(HeaderName, String)],
) -> Result<String, SignatureError> {
    let covered: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect();
    let mut config = Config::new().mastodon_compat();
    if covered.contains_key(DIGEST) {
        config = config.require_digest();
    }
    let unsigned = config.begin_sign(method, target, covered).map_err(|_| SignatureError::Library)?;
    let signed =
        unsigned.sign(key_id.to_owned(), |base| key.sign(base.as_bytes()).map(|bytes| STANDARD.encode(bytes)))?;
    Ok(signed.signature_header())
}

#[cfg(test)]
#[path = "cavage_tests.rs"]
mod tests;
