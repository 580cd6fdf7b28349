//! Digests of a body in headers: the old `Digest: SHA-256=…` and `Content-Digest: sha-256=:…:`, made and checked against
//! the raw bytes.
//!
//! Sources: RFC 3230, RFC 9530.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::switch::is_off_in;
use sfv::{Dictionary, ListEntry, Parser};

use super::error::SignatureError;
use super::request::RequestParts;
use crate::limits::DIGEST_HEADER_BYTES_MAX;

/// The old header's name.
pub(super) const DIGEST: &str = "digest";
/// The new header's name.
pub(super) const CONTENT_DIGEST: &str = "content-digest";

/// The value of `Digest` for a body.
pub fn digest_header(body: &[u8]) -> String {
    format!("SHA-256={}", STANDARD.encode(digest(&SHA256, body)))
}

/// The value of `Content-Digest` for a body.
pub fn content_digest_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, body)))
}

/// Checks every digest of the request against its body: each entry we understand (SHA-256, SHA-512) in either header must
/// fit. Entries of other algorithms are passed over.
/// - `demanded`: the header that must hold a SHA-256 entry; without it any header may be absent
pub(super) fn check(request: &RequestParts<'_>, demanded: Option<&'static str>) -> Result<(), SignatureError> {
    let old = check_header(request, DIGEST, old_entries)?;
    let new = check_header(request, CONTENT_DIGEST, new_entries)?;
    match demanded {
        Some(expected) if !(expected == DIGEST && old || expected == CONTENT_DIGEST && new) => {
            Err(SignatureError::DigestMissing { expected })
        }
        _ => Ok(()),
    }
}

/// Name and value of the entries of one header.
type Entries = Vec<(String, Vec<u8>)>;

/// Whether the header holds a SHA-256 entry, which fits.
fn check_header(
    request: &RequestParts<'_>,
    header: &'static str,
    entries: fn(&str) -> Result<Entries, SignatureError>,
) -> Result<bool, SignatureError> {
    let Some(text) = request.joined(header)? else { return Ok(false) };
    if text.len() > DIGEST_HEADER_BYTES_MAX {
        return Err(SignatureError::TooLarge { header, limit: DIGEST_HEADER_BYTES_MAX, found: text.len() });
    }
    let mut has_sha256 = false;
    for (name, claimed) in entries(&text)? {
        let (algorithm, shown): (&'static Algorithm, _) = match name.as_str() {
            "sha-256" => (&SHA256, "SHA-256"),
            "sha-512" => (&SHA512, "SHA-512"),
            _ => continue,
        };
        let fits = digest(algorithm, request.body).as_ref() == claimed;
        if !fits && !is_off_in("deliver", "signature", "digest-mismatch") {
            return Err(SignatureError::DigestMismatch { header, algorithm: shown });
        }
        has_sha256 |= name == "sha-256";
    }
    Ok(has_sha256)
}

/// `Digest`: names without regard to case, `=`, base64, entries parted by commas.
fn old_entries(text: &str) -> Result<Entries, SignatureError> {
    let mut entries = Entries::new();
    for entry in text.split(',').map(|entry| entry.trim_matches([' ', '\t'])).filter(|entry| !entry.is_empty()) {
        let refused = || SignatureError::malformed(DIGEST, "`SHA-256=` and base64", entry);
        let (name, value) = entry.split_once('=').ok_or_else(refused)?;
        let name = name.to_ascii_lowercase();
        // Other algorithms write their value differently (`UNIXsum=30637`), so only ours are decoded.
        let understood = matches!(name.as_str(), "sha-256" | "sha-512");
        let value = if understood { STANDARD.decode(value).map_err(|_| refused())? } else { Vec::new() };
        entries.push((name, value));
    }
    Ok(entries)
}

/// `Content-Digest`: a dictionary of byte sequences.
fn new_entries(text: &str) -> Result<Entries, SignatureError> {
    let refused = || SignatureError::malformed(CONTENT_DIGEST, "`sha-256=:`, base64 and `:`", text);
    let dictionary: Dictionary = Parser::new(text).parse().map_err(|_| refused())?;
    let mut entries = Entries::new();
    for (name, entry) in dictionary {
        let ListEntry::Item(item) = entry else { return Err(refused()) };
        let value = item.bare_item.as_byte_sequence().ok_or_else(refused)?;
        entries.push((name.as_str().to_owned(), value.to_vec()));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::super::request::PublicOrigin;
    use super::*;
    use http::{HeaderMap, HeaderName, HeaderValue};

    fn checked(headers: &[(&'static str, String)], demanded: Option<&'static str>) -> Result<(), &'static str> {
        let origin = PublicOrigin::parse("https://forge.example").unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let request = RequestParts {
            method: "POST",
            target: "/inbox",
            origin: &origin,
            authority: None,
            headers: &map,
            body: b"tea",
        };
        check(&request, demanded).map_err(|error| error.code())
    }

    #[test]
    fn digests_are_written_as_the_standards_say() {
        // SHA-256 of the empty string is known to everyone.
        assert_eq!(digest_header(b""), "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(content_digest_header(b""), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    }

    #[test]
    fn every_digest_we_understand_has_to_fit() {
        let old = digest_header(b"tea");
        let new = content_digest_header(b"tea");
        let sha512 = STANDARD.encode(digest(&SHA512, b"tea"));
        let other512 = STANDARD.encode(digest(&SHA512, b""));
        let (mismatch, malformed, missing) = ("digest-mismatch", "signature-malformed", "digest-missing");
        #[rustfmt::skip]
        let rows = [
            ("old",                      vec![(DIGEST, old.clone())],                       Some(DIGEST), Ok(())),
            ("old, lower case",          vec![(DIGEST, old.replace("SHA", "sha"))],         Some(DIGEST), Ok(())),
            ("old, other body",          vec![(DIGEST, digest_header(b"coffee"))],          Some(DIGEST), Err(mismatch)),
            ("old, twice, one wrong",    vec![(DIGEST, format!("{old},{}", digest_header(b"")))], Some(DIGEST), Err(mismatch)),
            ("old, two headers",         vec![(DIGEST, old.clone()), (DIGEST, digest_header(b""))], Some(DIGEST), Err(mismatch)),
            ("old, with SHA-512",        vec![(DIGEST, format!("{old}, sha-512={sha512}"))], Some(DIGEST), Ok(())),
            ("old, wrong SHA-512",       vec![(DIGEST, format!("{old},SHA-512={other512}"))], Some(DIGEST), Err(mismatch)),
            ("old, only SHA-512",        vec![(DIGEST, format!("SHA-512={sha512}"))],       Some(DIGEST), Err(missing)),
            ("old, only unknown",        vec![(DIGEST, "UNIXsum=30637".into())],            Some(DIGEST), Err(missing)),
            ("old, with unknown",        vec![(DIGEST, format!("UNIXsum=30637, {old}"))],   Some(DIGEST), Ok(())),
            ("old, not base64",          vec![(DIGEST, "SHA-256=???".into())],              Some(DIGEST), Err(malformed)),
            ("old, cut short",           vec![(DIGEST, old[..old.len() - 8].into())],       Some(DIGEST), Err(mismatch)),
            ("old, no value",            vec![(DIGEST, "SHA-256".into())],                  Some(DIGEST), Err(malformed)),
            ("old, too long",            vec![(DIGEST, "a=b,".repeat(300))],                Some(DIGEST), Err("signature-too-large")),
            ("none",                     vec![],                                            Some(DIGEST), Err(missing)),
            ("none, none demanded",      vec![],                                            None,         Ok(())),
            ("wrong, none demanded",     vec![(DIGEST, digest_header(b""))],                None,         Err(mismatch)),
            ("new",                      vec![(CONTENT_DIGEST, new.clone())],               Some(CONTENT_DIGEST), Ok(())),
            ("new, other body",          vec![(CONTENT_DIGEST, content_digest_header(b""))], Some(CONTENT_DIGEST), Err(mismatch)),
            ("new, with SHA-512",        vec![(CONTENT_DIGEST, format!("sha-512=:{sha512}:, {new}"))], Some(CONTENT_DIGEST), Ok(())),
            ("new, only SHA-512",        vec![(CONTENT_DIGEST, format!("sha-512=:{sha512}:"))], Some(CONTENT_DIGEST), Err(missing)),
            ("new, not bytes",           vec![(CONTENT_DIGEST, "sha-256=tea".into())],      Some(CONTENT_DIGEST), Err(malformed)),
            ("new, a list",              vec![(CONTENT_DIGEST, "sha-256=(1)".into())],      Some(CONTENT_DIGEST), Err(malformed)),
            ("new, not a dictionary",    vec![(CONTENT_DIGEST, "???".into())],              Some(CONTENT_DIGEST), Err(malformed)),
            ("old does not do for new",  vec![(DIGEST, old.clone())],                       Some(CONTENT_DIGEST), Err(missing)),
            ("both",                     vec![(DIGEST, old.clone()), (CONTENT_DIGEST, new.clone())], Some(DIGEST), Ok(())),
            ("both, the other wrong",    vec![(DIGEST, old), (CONTENT_DIGEST, content_digest_header(b""))], Some(DIGEST), Err(mismatch)),
        ];
        for (what, headers, demanded, expected) in rows {
            assert_eq!(checked(&headers, demanded), expected, "{what}");
        }
    }
}
