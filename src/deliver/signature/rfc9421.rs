//! HTTP Message Signatures. Our own module: the signature base is rebuilt from the parameters in the order received,
//! which peers rely on, and the target from our configured origin.
//!
//! Sources: RFC 9421, RFC 9530, RFC 9651.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use sfv::{
    DictSerializer, Dictionary, FieldType as _, InnerList, Integer, KeyRef, ListEntry, Parser, RefBareItem, StringRef,
    key_ref, string_ref,
};

use super::digest::{self, CONTENT_DIGEST};
use super::error::{SignatureError, shortened};
use super::request::RequestParts;
use super::{Algorithm, Claim, Scheme, clock};
use crate::key::{KeyKind, KeyPair};
use crate::limits::{
    COVERED_MAX, KEY_ID_BYTES_MAX, SIGNATURE_DICTIONARY_BYTES_MAX, SIGNATURE_HEADER_BYTES_MAX, SIGNATURES_TRIED_MAX,
    TIME_MAX_S,
};

const SIGNATURE: &str = "signature";
const SIGNATURE_INPUT: &str = "signature-input";
const LABEL: &str = "sig1";
const METHOD: &str = "@method";
const TARGET_URI: &str = "@target-uri";
const ALG_RSA: &str = "rsa-v1_5-sha256";
const ALG_ED25519: &str = "ed25519";

/// Whether the headers carry a signature of this scheme, good or bad.
pub(super) fn is_present(headers: &HeaderMap) -> bool {
    headers.contains_key(SIGNATURE_INPUT)
}

/// Judges what of the request's signatures needs no key. Signatures beyond the first four are not looked at; of those
/// four, the ones that meet the policy are answered.
/// - `now`: seconds since 1970
/// - errors: a finding about the whole request, or, when no signature is left, about the first one
pub(super) fn parse(request: &RequestParts<'_>, now: u64) -> Result<Vec<Claim>, SignatureError> {
    let inputs = dictionary(request, SIGNATURE_INPUT, SIGNATURE_HEADER_BYTES_MAX)?;
    let signatures = dictionary(request, SIGNATURE, SIGNATURE_DICTIONARY_BYTES_MAX)?;
    digest::check(request, request.needs_digest().then_some(CONTENT_DIGEST))?;
    let mut claims = Vec::new();
    let mut finding = None;
    for (label, input) in inputs.iter().take(SIGNATURES_TRIED_MAX) {
        match one(request, input, signatures.get(label), now) {
            Ok(claim) => claims.push(claim),
            Err(error) => finding = finding.or(Some(error)),
        }
    }
    if claims.is_empty() { Err(finding.unwrap_or(SignatureError::Missing)) } else { Ok(claims) }
}

fn dictionary(request: &RequestParts<'_>, header: &'static str, limit: usize) -> Result<Dictionary, SignatureError> {
    let text = request.joined(header)?.ok_or_else(|| SignatureError::HeaderAbsent { name: header.to_owned() })?;
    if text.len() > limit {
        return Err(SignatureError::TooLarge { header, limit, found: text.len() });
    }
    Parser::new(&text).parse().map_err(|_| SignatureError::malformed(header, "a dictionary", &text))
}

fn one(
    request: &RequestParts<'_>,
    input: &ListEntry,
    signature: Option<&ListEntry>,
    now: u64,
) -> Result<Claim, SignatureError> {
    let ListEntry::InnerList(input) = input else {
        return Err(SignatureError::malformed(SIGNATURE_INPUT, "a list of components", "an item"));
    };
    let signature = match signature {
        Some(ListEntry::Item(item)) => item.bare_item.as_byte_sequence(),
        _ => None,
    };
    let signature =
        signature.ok_or_else(|| SignatureError::malformed(SIGNATURE, "a byte sequence of the same label", "none"))?;
    let covered = covered(input)?;
    demand_coverage(request, &covered)?;
    let parameters = Parameters::read(input)?;
    clock::check(&[parameters.created], parameters.expires, true, now)?;
    Ok(Claim {
        scheme: Scheme::Rfc9421,
        key_id: parameters.key_id,
        algorithm: parameters.algorithm,
        created: Some(parameters.created),
        expires: parameters.expires,
        bases: vec![base(request, input, &covered)?.into_bytes()],
        covered,
        signature: signature.to_vec(),
    })
}

/// The names of the covered components. Parameters of a component change what it means, and we implement none.
fn covered(input: &InnerList) -> Result<Vec<String>, SignatureError> {
    if input.items.len() > COVERED_MAX {
        let found = input.items.len();
        return Err(SignatureError::TooMany { what: "components", limit: COVERED_MAX, found });
    }
    let mut covered = Vec::<String>::new();
    for item in &input.items {
        let name = item.bare_item.as_string().map(StringRef::as_str);
        let name = name.ok_or_else(|| SignatureError::malformed(SIGNATURE_INPUT, "names in quotes", "another item"))?;
        if let Some(parameter) = item.params.keys().next() {
            return Err(SignatureError::UnsupportedComponent { name: shortened(&format!("{name};{parameter}")) });
        }
        if covered.iter().any(|earlier| earlier == name) {
            return Err(SignatureError::CoveredTwice { name: shortened(name) });
        }
        covered.push(name.to_owned());
    }
    Ok(covered)
}

/// The method, the whole target, and the digest of a body.
fn demand_coverage(request: &RequestParts<'_>, covered: &[String]) -> Result<(), SignatureError> {
    let has = |name: &str| covered.iter().any(|covered| covered == name);
    let lacks = |expected| SignatureError::NotCovered { expected, found: shortened(&covered.join(" ")) };
    if !has(METHOD) {
        return Err(lacks(METHOD));
    }
    let no_query = !request.target.contains('?');
    let path_and_query = has("@request-target") || has("@path") && (no_query || has("@query"));
    if !(has(TARGET_URI) || has("@authority") && path_and_query) {
        return Err(lacks("`@target-uri`, or `@authority` with path and query"));
    }
    if request.needs_digest() && !has(CONTENT_DIGEST) {
        return Err(lacks(CONTENT_DIGEST));
    }
    Ok(())
}

struct Parameters {
    created: u64,
    expires: Option<u64>,
    key_id: String,
    algorithm: Option<Algorithm>,
}

impl Parameters {
    fn read(input: &InnerList) -> Result<Self, SignatureError> {
        let refused = |expected| SignatureError::malformed(SIGNATURE_INPUT, expected, "another value");
        let seconds = |name: &str| {
            let Some(item) = input.params.get(name) else { return Ok(None) };
            let seconds = item.as_integer().and_then(|number| u64::try_from(i64::from(number)).ok());
            let seconds = seconds.filter(|seconds| *seconds <= TIME_MAX_S);
            seconds.map(Some).ok_or_else(|| refused("whole seconds since 1970, before the year 2100"))
        };
        let text = |name: &str| {
            let Some(item) = input.params.get(name) else { return Ok(None) };
            item.as_string().map(|text| Some(text.as_str())).ok_or_else(|| refused("`keyid` and `alg` in quotes"))
        };
        let key_id = text("keyid")?.ok_or(SignatureError::ParameterMissing { name: "keyid" })?;
        if key_id.is_empty() || key_id.len() > KEY_ID_BYTES_MAX {
            return Err(SignatureError::malformed(SIGNATURE_INPUT, "a keyid of 1 to 2048 bytes", key_id));
        }
        let algorithm = match text("alg")? {
            None => None,
            Some(ALG_RSA) => Some(Algorithm::Rsa),
            Some(ALG_ED25519) => Some(Algorithm::Ed25519),
            Some(other) => {
                let expected = "`rsa-v1_5-sha256`, `ed25519` or none";
                return Err(SignatureError::UnsupportedAlgorithm { expected, found: shortened(other) });
            }
        };
        Ok(Self {
            created: seconds("created")?.ok_or(SignatureError::ParameterMissing { name: "created" })?,
            expires: seconds("expires")?,
            key_id: key_id.to_owned(),
            algorithm,
        })
    }
}

/// The text that was signed: a line a component, then the parameters in the order received.
fn base(request: &RequestParts<'_>, input: &InnerList, covered: &[String]) -> Result<String, SignatureError> {
    let mut base = String::new();
    for name in covered {
        let value = if name.starts_with('@') { derived(request, name)? } else { field(request, name)? };
        base.push_str(&format!("\"{name}\": {value}\n"));
    }
    let parameters = vec![ListEntry::InnerList(input.clone())].serialize().ok_or(SignatureError::Library)?;
    base.push_str(&format!("\"@signature-params\": {parameters}"));
    Ok(base)
}

/// Source: RFC 9421, section 2.2. `@query-param` and `@status` are not ours to answer.
fn derived(request: &RequestParts<'_>, name: &str) -> Result<String, SignatureError> {
    let target = request.target()?;
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Ok(match name {
        METHOD => request.method.to_owned(),
        TARGET_URI => request.origin.target_uri(target),
        "@authority" => request.origin.authority().to_owned(),
        "@scheme" => request.origin.scheme().to_owned(),
        "@request-target" => target.to_owned(),
        "@path" => path.to_owned(),
        "@query" => format!("?{}", query.unwrap_or_default()),
        _ => return Err(SignatureError::UnsupportedComponent { name: shortened(name) }),
    })
}

fn field(request: &RequestParts<'_>, name: &str) -> Result<String, SignatureError> {
    let lower_case = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    if !lower_case || HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(SignatureError::UnsupportedComponent { name: shortened(name) });
    }
    if name == "host" {
        return request.host().map(str::to_owned);
    }
    request.joined(name)?.ok_or_else(|| SignatureError::HeaderAbsent { name: name.to_owned() })
}

/// Signs by the profile that every known verifier takes: method, target URI, and the body's digest.
/// Answers the headers to send with the request.
pub(super) fn sign(
    key: &KeyPair,
    key_id: &str,
    method: &str,
    target_uri: &str,
    body: Option<&[u8]>,
    now: u64,
) -> Result<Vec<(HeaderName, String)>, SignatureError> {
    const CREATED: &KeyRef = key_ref("created");
    const KEYID: &KeyRef = key_ref("keyid");
    const ALG: &KeyRef = key_ref("alg");
    let not_signable = |what, found: &str| SignatureError::NotSignable { what, found: shortened(found) };
    let quoted = StringRef::from_str(key_id).map_err(|_| not_signable("the key id", key_id))?;
    let created = i64::try_from(now.min(TIME_MAX_S)).ok().and_then(|now| Integer::try_from(now).ok());
    let created = created.ok_or_else(|| not_signable("the time", &now.to_string()))?;
    let algorithm = match key.kind() {
        KeyKind::Rsa => string_ref(ALG_RSA),
        KeyKind::Ed25519 => string_ref(ALG_ED25519),
    };
    let content_digest = body.map(digest::content_digest_header);
    let mut base = format!("\"{METHOD}\": {method}\n\"{TARGET_URI}\": {target_uri}\n");
    let mut serializer = DictSerializer::new();
    let mut components = serializer.inner_list(key_ref(LABEL));
    components.bare_item(string_ref(METHOD));
    components.bare_item(string_ref(TARGET_URI));
    if let Some(digest) = &content_digest {
        components.bare_item(string_ref(CONTENT_DIGEST));
        base.push_str(&format!("\"{CONTENT_DIGEST}\": {digest}\n"));
    }
    let _ = components
        .finish()
        .parameter(CREATED, created)
        .parameter(KEYID, RefBareItem::String(quoted))
        .parameter(ALG, RefBareItem::String(algorithm))
        .finish();
    let input = serializer.finish().ok_or(SignatureError::Library)?;
    let parameters =
        input.strip_prefix(LABEL).and_then(|rest| rest.strip_prefix('=')).ok_or(SignatureError::Library)?;
    base.push_str(&format!("\"@signature-params\": {parameters}"));
    let signature = format!("{LABEL}=:{}:", STANDARD.encode(key.sign(base.as_bytes())?));
    let mut headers = vec![(HeaderName::from_static(SIGNATURE_INPUT), input)];
    headers.extend(content_digest.map(|digest| (HeaderName::from_static(CONTENT_DIGEST), digest)));
    headers.push((HeaderName::from_static(SIGNATURE), signature));
    Ok(headers)
}

#[cfg(test)]
#[path = "rfc9421_tests.rs"]
mod tests;
