//! Every bound of this room, in one place. The unit ends the name; `_MAX` is the largest value still taken.

/// How far the time in a signature may lie from ours, in seconds.
///
/// Source: common practice between servers (Mastodon allows an hour either way, 12 hours back with `expires`).
/// A delivery is signed anew at each attempt, so a slow queue is no reason for a wider window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockWindow {
    /// Furthest a signature without a signed expiry may lie in the past.
    pub back_s: u64,
    /// Furthest it may lie in the past when a signed expiry says that it still holds.
    pub back_with_expiry_s: u64,
    /// Furthest it may lie in the future.
    pub ahead_s: u64,
}

/// The window for HTTP signatures of both schemes.
pub const CLOCK_WINDOW: ClockWindow =
    ClockWindow { back_s: 60 * 60, back_with_expiry_s: 12 * 60 * 60, ahead_s: 60 * 60 };

/// Latest time a signature may name, seconds since 1970: the start of the year 2100. Larger numbers overflow arithmetic
/// in libraries, and no honest signer needs them.
pub const TIME_MAX_S: u64 = 4_102_444_800;

/// Bytes of a draft-cavage `Signature` header, and of `Signature-Input`.
pub const SIGNATURE_HEADER_BYTES_MAX: usize = 4 * 1024;
/// Bytes of an RFC 9421 `Signature` header: four signatures by RSA-8192 keys fit.
pub const SIGNATURE_DICTIONARY_BYTES_MAX: usize = 8 * 1024;
/// Parameters in one draft-cavage header.
pub const SIGNATURE_PARAMETERS_MAX: usize = 16;
/// Headers or components one signature may cover.
pub const COVERED_MAX: usize = 32;
/// RFC 9421 signatures looked at in one request.
pub const SIGNATURES_TRIED_MAX: usize = 4;
/// Bytes of a key id.
pub const KEY_ID_BYTES_MAX: usize = 2048;
/// Bytes of `Digest` and of `Content-Digest`.
pub const DIGEST_HEADER_BYTES_MAX: usize = 1024;

/// Bytes of a public key in PEM: an RSA-8192 key takes about 1.5 KB.
pub const KEY_PEM_BYTES_MAX: usize = 4 * 1024;
/// Characters of a Multikey or of a `proofValue`; base58 decoding takes quadratic time.
pub const MULTIBASE_CHARS_MAX: usize = 128;
/// Smallest RSA modulus, bits.
pub const RSA_BITS_MIN: usize = 2048;
/// Largest RSA modulus, bits.
pub const RSA_BITS_MAX: usize = 8192;

/// Proofs looked at in one document.
pub const PROOFS_MAX: usize = 4;
/// Nesting of a signed document.
pub const PROOF_DOCUMENT_DEPTH_MAX: usize = 64;
/// Largest whole number in a signed document: beyond 2^53 - 1 two readers may see different numbers.
pub const PROOF_INTEGER_MAX: u64 = (1 << 53) - 1;
/// Age of the proof of a forwarded activity, seconds: 7 days.
pub const FORWARDED_PROOF_AGE_MAX_S: u64 = 7 * 24 * 60 * 60;

/// Bytes of a URL that is fetched or delivered to.
pub const URL_BYTES_MAX: usize = 2048;
/// Bytes of a fetched document, after decompression.
pub const FETCH_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes kept of the answer to a POST: enough for the reason of a refusal.
pub const POST_ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Redirects followed by one GET or HEAD. A POST follows none.
pub const REDIRECTS_MAX: usize = 3;
/// Seconds for one fetch or delivery, from name lookup to last byte, redirects included.
pub const FETCH_TIMEOUT_S: u64 = 10;
/// Seconds for connecting to one address, TLS included.
pub const CONNECT_TIMEOUT_S: u64 = 5;
/// Seconds an idle connection is kept for the next request to the same host.
pub const IDLE_CONNECTION_S: u64 = 30;
/// Idle connections kept per host.
pub const IDLE_CONNECTIONS_PER_HOST_MAX: usize = 4;
/// Addresses of one name that are tried.
pub const ADDRESSES_MAX: usize = 8;
/// Bytes of response headers over HTTP/2.
pub const RESPONSE_HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Number of response headers over HTTP/1.
pub const RESPONSE_HEADERS_MAX: usize = 64;
/// Longest wait taken from a `Retry-After`, seconds: one day.
pub const RETRY_AFTER_MAX_S: u64 = 24 * 60 * 60;

/// Bytes of an `acct:` name with its host.
pub const ACCT_BYTES_MAX: usize = 512;
/// Bytes of a WebFinger answer.
pub const WEBFINGER_BODY_BYTES_MAX: usize = 64 * 1024;
/// Links read in a WebFinger answer.
pub const WEBFINGER_LINKS_MAX: usize = 100;
