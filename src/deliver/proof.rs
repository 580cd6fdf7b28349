//! Integrity proofs: a signature inside a document, so that it can be believed whoever carries it. Cryptosuite
//! `eddsa-jcs-2022` only. A document whose proof fails is not to be believed, even over a good HTTP signature.
//!
//! The document must come from a reader that refuses repeated keys: of two equal keys a JSON value keeps one, and the
//! proof would speak about that one alone.
//!
//! Sources: FEP-8b32, W3C Data Integrity EdDSA Cryptosuites, RFC 8785 (JCS).

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::key::{KeyError, KeyKind, KeyPair, PublicKey};
use crate::limits::{
    CLOCK_WINDOW, KEY_ID_BYTES_MAX, MULTIBASE_CHARS_MAX, PROOF_DOCUMENT_DEPTH_MAX, PROOF_INTEGER_MAX, PROOFS_MAX,
    TIME_MAX_S,
};

const PROOF: &str = "proof";
const CONTEXT: &str = "@context";
const TYPE: &str = "DataIntegrityProof";
const CRYPTOSUITE: &str = "eddsa-jcs-2022";
/// The suite's name in an early draft, still sent.
const CRYPTOSUITE_EARLY: &str = "jcs-eddsa-2022";
const PURPOSE: &str = "assertionMethod";
/// A signature of the linked-data kind of 2017. It is no part of what the proof signs, and nobody should read it.
const LD_SIGNATURE: &str = "signature";

/// What is wrong with a proof, or keeps a document from getting one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its variant and fields are")]
pub enum ProofError {
    #[error("the document carries no proof")]
    Missing,
    #[error("expected a document that is an object, found another value")]
    NotAnObject,
    #[error("expected at most {limit} proofs, found {found}")]
    TooMany { limit: usize, found: usize },
    #[error("no proof of the cryptosuite `{CRYPTOSUITE}` among those found")]
    UnsupportedSuite,
    #[error("proof: `{name}` must be {expected}")]
    Malformed { name: &'static str, expected: &'static str },
    #[error("the proof's `@context` is not the beginning of the document's")]
    ContextNotOfDocument,
    #[error("the document is nested deeper than {limit}")]
    TooDeep { limit: usize },
    #[error("the document holds the number {found}, which not all readers read alike")]
    UnsafeNumber { found: String },
    #[error("made at {made}, more than {limit_s} s before {now}")]
    TooOld { made: u64, now: u64, limit_s: u64 },
    #[error("made at {made}, more than {limit_s} s after {now}")]
    FromTheFuture { made: u64, now: u64, limit_s: u64 },
    #[error("expired at {expired}, it is now {now}")]
    Expired { expired: u64, now: u64 },
    #[error("expected an Ed25519 key, found {found}")]
    WrongKey { found: &'static str },
    #[error("the proof does not fit the document under the key {verification_method:?}")]
    DoesNotVerify { verification_method: String },
    #[error("cannot sign: {0}")]
    CannotSign(#[from] KeyError),
}

impl ProofError {
    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "proof-missing",
            Self::NotAnObject => "proof-not-an-object",
            Self::TooMany { .. } => "proof-too-many",
            Self::UnsupportedSuite => "proof-suite-unsupported",
            Self::Malformed { .. } => "proof-malformed",
            Self::ContextNotOfDocument => "proof-context-not-of-document",
            Self::TooDeep { .. } => "proof-document-too-deep",
            Self::UnsafeNumber { .. } => "proof-number-unsafe",
            Self::TooOld { .. } => "proof-too-old",
            Self::FromTheFuture { .. } => "proof-from-the-future",
            Self::Expired { .. } => "proof-expired",
            Self::WrongKey { .. } => "proof-key-not-ed25519",
            Self::DoesNotVerify { .. } => "proof-does-not-verify",
            Self::CannotSign(_) => "proof-signing-failed",
        }
    }
}

/// How old a proof may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofAge {
    /// Any age: a document that stays true, such as a Grant that is checked for revocation otherwise.
    Any,
    /// At most so many seconds, and the proof must say when it was made. For forwarded activities
    /// [`crate::limits::FORWARDED_PROOF_AGE_MAX_S`].
    AtMost(u64),
}

/// A proof whose form and time are in order: only the key is left to ask.
#[derive(Clone, Debug)]
pub struct ProofClaim {
    verification_method: String,
    created: Option<u64>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// A document that was signed with the key `verification_method`. The caller still has to find that key in the
/// `assertionMethod` of the document's own actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedProof {
    /// The key's id as the proof gives it.
    pub verification_method: String,
    /// When the proof was made, seconds since 1970, if it says so.
    pub created: Option<u64>,
}

impl ProofClaim {
    /// The id of the key: untrusted text until the actor lists it.
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// When the proof was made, seconds since 1970, if it says so.
    pub fn created(&self) -> Option<u64> {
        self.created
    }

    /// Checks the proof under the key that `verification_method` leads to.
    pub fn verify(&self, key: &PublicKey) -> Result<VerifiedProof, ProofError> {
        if key.kind() != KeyKind::Ed25519 {
            return Err(ProofError::WrongKey { found: key.kind().name() });
        }
        let verification_method = self.verification_method.clone();
        match key.verify(&self.message, &self.signature) {
            Ok(()) => Ok(VerifiedProof { verification_method, created: self.created }),
            Err(_) => Err(ProofError::DoesNotVerify { verification_method }),
        }
    }
}

/// Judges all of a document's proof that needs no key. Of several proofs the first of our suite counts.
/// - `now`: seconds since 1970
/// - errors: [`ProofError::Missing`] without a proof, else the first finding
pub fn parse(document: &Value, age: ProofAge, now: u64) -> Result<ProofClaim, ProofError> {
    let document = document.as_object().ok_or(ProofError::NotAnObject)?;
    let proof = select(document)?;
    if proof.get("proofPurpose").and_then(Value::as_str) != Some(PURPOSE) {
        return Err(ProofError::Malformed { name: "proofPurpose", expected: "`assertionMethod`" });
    }
    let expected = ProofError::Malformed { name: "verificationMethod", expected: "an id of 1 to 2048 bytes" };
    let verification_method = proof.get("verificationMethod").and_then(Value::as_str).ok_or(expected.clone())?;
    if !(1..=KEY_ID_BYTES_MAX).contains(&verification_method.len()) {
        return Err(expected);
    }
    let created = judge_times(proof, age, now)?;
    if !context_fits(proof.get(CONTEXT), document.get(CONTEXT)) {
        return Err(ProofError::ContextNotOfDocument);
    }
    let signature = signature(proof)?;
    judge_numbers(document, Fractions::Taken)?;
    let message = message(document, proof)?;
    Ok(ProofClaim { verification_method: verification_method.to_owned(), created, message, signature })
}

/// Adds a proof to a document; one it had before is replaced.
/// - `verification_method`: the id of the key in the actor's `assertionMethod`
/// - `now`: seconds since 1970
/// - errors: a number that is not whole and below 2^53, since peers write such numbers differently; a key that is not
///   Ed25519
pub fn create(
    document: &Value,
    key: &KeyPair,
    verification_method: &str,
    now: u64,
) -> Result<Map<String, Value>, ProofError> {
    let document = document.as_object().ok_or(ProofError::NotAnObject)?;
    judge_numbers(document, Fractions::Refused)?;
    let created = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok());
    let created = created.ok_or(ProofError::Malformed { name: "created", expected: "a time before the year 10000" })?;
    attach(document, key, verification_method, &created.to_string())
}

fn attach(
    document: &Map<String, Value>,
    key: &KeyPair,
    verification_method: &str,
    created: &str,
) -> Result<Map<String, Value>, ProofError> {
    if key.kind() != KeyKind::Ed25519 {
        return Err(ProofError::WrongKey { found: key.kind().name() });
    }
    let mut proof = Map::new();
    if let Some(context) = document.get(CONTEXT) {
        proof.insert(CONTEXT.to_owned(), context.clone());
    }
    for (name, value) in [
        ("type", TYPE),
        ("cryptosuite", CRYPTOSUITE),
        ("verificationMethod", verification_method),
        ("proofPurpose", PURPOSE),
        ("created", created),
    ] {
        proof.insert(name.to_owned(), Value::from(value));
    }
    let signature = key.sign(&message(document, &proof)?)?;
    proof.insert("proofValue".to_owned(), format!("z{}", bs58::encode(signature).into_string()).into());
    let mut signed = unsecured(document);
    signed.insert(PROOF.to_owned(), Value::Object(proof));
    Ok(signed)
}

/// Whether a document claims to carry a proof.
pub fn is_present(document: &Value) -> bool {
    document.get(PROOF).is_some()
}

fn select(document: &Map<String, Value>) -> Result<&Map<String, Value>, ProofError> {
    let proofs = match document.get(PROOF).ok_or(ProofError::Missing)? {
        Value::Array(proofs) => proofs.as_slice(),
        one => std::slice::from_ref(one),
    };
    if proofs.len() > PROOFS_MAX {
        return Err(ProofError::TooMany { limit: PROOFS_MAX, found: proofs.len() });
    }
    let is_ours = |proof: &&Map<String, Value>| {
        let text = |name| proof.get(name).and_then(Value::as_str);
        text("type") == Some(TYPE) && matches!(text("cryptosuite"), Some(CRYPTOSUITE | CRYPTOSUITE_EARLY))
    };
    proofs.iter().filter_map(Value::as_object).find(is_ours).ok_or(ProofError::UnsupportedSuite)
}

fn judge_times(proof: &Map<String, Value>, age: ProofAge, now: u64) -> Result<Option<u64>, ProofError> {
    let seconds = |name: &'static str| {
        let Some(value) = proof.get(name) else { return Ok(None) };
        let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let seconds = time.and_then(|time| u64::try_from(time.as_second()).ok()).filter(|time| *time <= TIME_MAX_S);
        seconds
            .map(Some)
            .ok_or(ProofError::Malformed { name, expected: "a date and time from 1970 to 2099, with a zone" })
    };
    let (created, expires) = (seconds("created")?, seconds("expires")?);
    if let Some(expired) = expires.filter(|expires| *expires < now) {
        return Err(ProofError::Expired { expired, now });
    }
    if let Some(made) = created.filter(|made| *made > now.saturating_add(CLOCK_WINDOW.ahead_s)) {
        return Err(ProofError::FromTheFuture { made, now, limit_s: CLOCK_WINDOW.ahead_s });
    }
    if let ProofAge::AtMost(limit_s) = age {
        let made = created.ok_or(ProofError::Malformed { name: "created", expected: "there" })?;
        if made.saturating_add(limit_s) < now {
            return Err(ProofError::TooOld { made, now, limit_s });
        }
    }
    Ok(created)
}

/// A proof's own context must be the beginning of the document's, else the two could mean different words.
fn context_fits(of_proof: Option<&Value>, of_document: Option<&Value>) -> bool {
    fn list(context: &Value) -> &[Value] {
        context.as_array().map_or(std::slice::from_ref(context), Vec::as_slice)
    }
    match (of_proof, of_document) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(of_proof), Some(of_document)) => list(of_document).starts_with(list(of_proof)),
    }
}

fn signature(proof: &Map<String, Value>) -> Result<Vec<u8>, ProofError> {
    const EXPECTED: ProofError =
        ProofError::Malformed { name: "proofValue", expected: "`z` and the base58 form of 64 bytes" };
    let text = proof.get("proofValue").and_then(Value::as_str).ok_or(EXPECTED)?;
    let base58 = text.strip_prefix('z').filter(|_| text.len() <= MULTIBASE_CHARS_MAX).ok_or(EXPECTED)?;
    bs58::decode(base58).into_vec().ok().filter(|bytes| bytes.len() == 64).ok_or(EXPECTED)
}

/// The document without its signatures.
fn unsecured(document: &Map<String, Value>) -> Map<String, Value> {
    let kept = document.iter().filter(|(name, _)| *name != PROOF && *name != LD_SIGNATURE);
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What is signed: the hash of the proof's options, then the hash of the document.
fn message(document: &Map<String, Value>, proof: &Map<String, Value>) -> Result<Vec<u8>, ProofError> {
    let options = proof.iter().filter(|(name, _)| *name != "proofValue");
    let options: Map<String, Value> = options.map(|(name, value)| (name.clone(), value.clone())).collect();
    let hash = |value: &Map<String, Value>| {
        // Numbers are judged before, and nothing else in a JSON value can fail.
        let canonical = serde_json_canonicalizer::to_vec(value);
        canonical
            .map(|bytes| digest(&SHA256, &bytes))
            .map_err(|error| ProofError::UnsafeNumber { found: error.to_string() })
    };
    Ok([hash(&options)?.as_ref(), hash(&unsecured(document))?.as_ref()].concat())
}

/// Whether numbers with a fraction are taken: in what others signed, since JCS defines their text and FEP-8b32's own
/// example has them; not in what we sign, since not every peer writes them as JCS does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fractions {
    Taken,
    Refused,
}

/// JCS reads every number as a double. A whole number that is not exactly one would be signed as its neighbour, so two
/// documents that we read differently would carry one proof.
fn judge_numbers(document: &Map<String, Value>, fractions: Fractions) -> Result<(), ProofError> {
    fn judge(value: &Value, fractions: Fractions, depth: usize) -> Result<(), ProofError> {
        if depth > PROOF_DOCUMENT_DEPTH_MAX {
            return Err(ProofError::TooDeep { limit: PROOF_DOCUMENT_DEPTH_MAX });
        }
        match value {
            Value::Number(number) => {
                let whole = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
                let safe = whole.map_or(fractions == Fractions::Taken, |whole| whole <= PROOF_INTEGER_MAX);
                if safe { Ok(()) } else { Err(ProofError::UnsafeNumber { found: number.to_string() }) }
            }
            Value::Array(values) => values.iter().try_for_each(|value| judge(value, fractions, depth + 1)),
            Value::Object(map) => map.values().try_for_each(|value| judge(value, fractions, depth + 1)),
            Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        }
    }
    document.values().try_for_each(|value| judge(value, fractions, 2))
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
