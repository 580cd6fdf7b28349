//! Why a request's signature is not believed. One enum for both schemes; the code of each finding is stable, the inspector
//! and the 401 answer show it.

use super::Scheme;
use crate::key::KeyError;

/// What is wrong with a signature: what was expected, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its variant and fields are")]
pub enum SignatureError {
    #[error("the request carries no signature")]
    Missing,
    #[error("expected one signature header, found both `Signature` and `Authorization: Signature`")]
    Ambiguous,
    #[error("`{header}` has at most {limit} bytes, found {found}")]
    TooLarge { header: &'static str, limit: usize, found: usize },
    #[error("`{header}`: expected {expected}, found {found:?}")]
    Malformed { header: &'static str, expected: &'static str, found: String },
    #[error("at most {limit} {what} are taken, found {found}")]
    TooMany { what: &'static str, limit: usize, found: usize },
    #[error("parameter `{name}` stands twice")]
    ParameterTwice { name: String },
    #[error("parameter `{name}` is missing")]
    ParameterMissing { name: &'static str },
    #[error("`{name}` is covered twice")]
    CoveredTwice { name: String },
    #[error("the signature must cover {expected}, it covers {found}")]
    NotCovered { expected: &'static str, found: String },
    #[error("component `{name}` is not supported")]
    UnsupportedComponent { name: String },
    #[error("header `{name}` is covered but absent")]
    HeaderAbsent { name: String },
    #[error("header `{name}` must stand once, found {found}")]
    HeaderRepeated { name: &'static str, found: usize },
    #[error("header `{name}` is not visible ASCII")]
    HeaderNotText { name: String },
    #[error("algorithm: expected {expected}, found {found:?}")]
    UnsupportedAlgorithm { expected: &'static str, found: String },
    #[error("the signature claims `{claimed}` but the key is {key}")]
    AlgorithmNotOfKey { claimed: &'static str, key: &'static str },
    #[error("`{name}`: expected an HTTP date, found {found:?}")]
    DateUnreadable { name: &'static str, found: String },
    #[error("made at {made}, more than {limit_s} s before {now}")]
    TooOld { made: u64, now: u64, limit_s: u64 },
    #[error("made at {made}, more than {limit_s} s after {now}")]
    FromTheFuture { made: u64, now: u64, limit_s: u64 },
    #[error("expired at {expired}, it is now {now}")]
    Expired { expired: u64, now: u64 },
    #[error("expected the host {expected:?}, found {found:?}")]
    WrongHost { expected: String, found: String },
    #[error("expected a target that begins with `/`, found {found:?}")]
    WrongTarget { found: String },
    #[error("a request with a body needs a SHA-256 digest in `{expected}`, found none")]
    DigestMissing { expected: &'static str },
    #[error("`{header}`: the {algorithm} digest does not fit the body")]
    DigestMismatch { header: &'static str, algorithm: &'static str },
    #[error("the {scheme} signature does not fit the request under the key {key_id:?}")]
    DoesNotVerify { scheme: Scheme, key_id: String },
    #[error("the signature library failed on this request")]
    Library,
    #[error("cannot sign: {0}")]
    CannotSign(#[from] KeyError),
    #[error("cannot sign: {what} cannot stand in a header: {found:?}")]
    NotSignable { what: &'static str, found: String },
}

impl SignatureError {
    /// A short name of the finding. Never changes, so people and tools can look for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "signature-missing",
            Self::Ambiguous => "signature-ambiguous",
            Self::TooLarge { .. } => "signature-too-large",
            Self::Malformed { .. } => "signature-malformed",
            Self::TooMany { .. } => "signature-too-many",
            Self::ParameterTwice { .. } => "signature-parameter-twice",
            Self::ParameterMissing { .. } => "signature-parameter-missing",
            Self::CoveredTwice { .. } => "signature-covered-twice",
            Self::NotCovered { .. } => "signature-not-covered",
            Self::UnsupportedComponent { .. } => "signature-component-unsupported",
            Self::HeaderAbsent { .. } => "signature-header-absent",
            Self::HeaderRepeated { .. } => "signature-header-repeated",
            Self::HeaderNotText { .. } => "signature-header-not-text",
            Self::UnsupportedAlgorithm { .. } => "signature-algorithm-unsupported",
            Self::AlgorithmNotOfKey { .. } => "signature-algorithm-not-of-key",
            Self::DateUnreadable { .. } => "signature-date-unreadable",
            Self::TooOld { .. } => "signature-too-old",
            Self::FromTheFuture { .. } => "signature-from-the-future",
            Self::Expired { .. } => "signature-expired",
            Self::WrongHost { .. } => "signature-wrong-host",
            Self::WrongTarget { .. } => "signature-wrong-target",
            Self::DigestMissing { .. } => "digest-missing",
            Self::DigestMismatch { .. } => "digest-mismatch",
            Self::DoesNotVerify { .. } => "signature-does-not-verify",
            Self::Library => "signature-library-failed",
            Self::CannotSign(_) => "signing-failed",
            Self::NotSignable { .. } => "signing-impossible",
        }
    }

    /// A malformed header; what was found is cut to what an inspector can show.
    pub(super) fn malformed(header: &'static str, expected: &'static str, found: &str) -> Self {
        Self::Malformed { header, expected, found: shortened(found) }
    }
}

/// At most 80 characters of a stranger's text.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN_CHARS: usize = 80;
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
