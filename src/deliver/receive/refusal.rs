//! Why a delivery is not taken: the answer to its sender, and what is kept of it for the owner of the inbox.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::BoxError;
use pritchel_box_store::ReceiveError;

use crate::documents::far::FarError;
use crate::limits::WHY_CHARS_MAX;
use crate::remote::RemoteError;
use crate::signature::{SignatureError, accept_signature_header};

/// The answer to a delivery or a signed request that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refused {
    /// The status: 4xx for whatever a stranger sent; 503 only while this server stops or its store has failed.
    pub status: u16,
    /// Stable name of the reason.
    pub code: String,
    /// What was expected, what was found.
    pub detail: String,
    /// Seconds after which it may be tried again.
    pub retry_after_s: Option<u64>,
    /// Value of `Accept-Signature`, where another signature would help.
    pub accept_signature: Option<String>,
}

impl Refused {
    /// A refusal.
    pub(crate) fn new(status: u16, code: &str, detail: impl ToString) -> Self {
        let detail = detail.to_string().chars().take(WHY_CHARS_MAX).collect();
        Self { status, code: code.to_owned(), detail, retry_after_s: None, accept_signature: None }
    }

    /// The same, to be tried again later.
    pub(crate) fn retry(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The same, said of what was fetched in the place of what was sent.
    pub(crate) fn of_fetched(self) -> Self {
        let detail = format!("of what the server of its actor has at its address: {}", self.detail);
        Self { detail: detail.chars().take(WHY_CHARS_MAX).collect(), ..self }
    }

    /// The same, saying which signature would be taken.
    pub(crate) fn sign_anew(mut self, with_body: bool) -> Self {
        self.accept_signature = accept_signature_header(with_body).1.to_str().ok().map(str::to_owned);
        self
    }

    /// Nobody vouches for what the request says.
    pub(crate) fn unsigned(error: &SignatureError, with_body: bool) -> Self {
        Self::new(401, error.code(), error).sign_anew(with_body)
    }

    /// The host of something in it is blocked.
    pub(crate) fn blocked(what: &str, uri: &str) -> Self {
        Self::new(403, "blocked", format!("the server of the {what} {uri} is blocked here"))
    }

    /// This server cannot take anything now.
    pub(crate) fn stopping() -> Self {
        Self::new(503, "stopping", "this server is stopping").retry(30)
    }

    /// The sender's key or actor is not to be had.
    pub(crate) fn remote(error: &RemoteError) -> Self {
        match error {
            RemoteError::Box(error) => Self::store(error),
            RemoteError::Far(FarError::Blocked { .. }) => Self::new(403, "blocked", error),
            RemoteError::Far(FarError::Busy { retry_after_s, .. }) => {
                Self::new(429, error.code(), error).retry(*retry_after_s)
            }
            RemoteError::Far(far) if far.is_transient() => {
                Self::new(429, "key-unavailable", format!("the sender's key could not be fetched: {far}")).retry(60)
            }
            other => Self::new(401, other.code(), other),
        }
    }

    /// The store has failed: nothing is taken until this server is started anew.
    pub(crate) fn store(error: &BoxError) -> Self {
        tracing::error!("A delivery was not taken: {error}");
        Self::new(503, "store-failed", "this server cannot keep anything now").retry(120)
    }

    /// The mailboxes did not take it.
    pub(crate) fn mailbox(error: &ReceiveError) -> Self {
        match error {
            ReceiveError::NoActor { .. } => Self::new(404, "no-such-inbox", error),
            ReceiveError::Full { .. } => Self::new(429, "mailbox-full", error).retry(60),
            ReceiveError::QuotaFull { .. } => Self::new(429, "quota-full", error).retry(60),
            ReceiveError::TooLarge { .. } => Self::new(413, "too-large", error),
            ReceiveError::TooMany { .. } => Self::new(400, "too-many-receivers", error),
            ReceiveError::AnotherBody { id, known, sent } => {
                let (expected, found) = (described(known), described(sent));
                let why =
                    format!("{id} was taken before: expected the same again, {expected}, or another id; found {found}");
                Self::new(409, "another-body", why)
            }
            ReceiveError::AnotherAct { .. } => Self::new(403, "id-of-another-author", error),
            ReceiveError::Failed(error) => Self::store(error),
        }
    }
}

/// A body, as its sender can tell it from another.
fn described(body: &[u8]) -> String {
    format!("{} bytes with SHA-256={}", body.len(), STANDARD.encode(digest(&SHA256, body)))
}
