//! The probe's hand: requests as no server of ours would send them, and documents as they come. Deliveries are signed with the key
//! of one of the probe's own actors, well or in one of the ways a [`Spoil`] names.

use crate::cli::limits::{PROBE_DOCUMENT_BYTES, STEP_S};
use pritchel_actor::ActorId;
use pritchel_deliver::keys::{ActorKeys, rsa_key_id};
use pritchel_deliver::signature::{ACCEPT_ACTIVITY, CONTENT_TYPE_ACTIVITY, Scheme, sign};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, Url};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How old a stale signature is, in seconds: two days, more than any server known allows.
const STALE: u64 = 2 * 24 * 60 * 60;

/// What is wrong with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// Nothing: it is signed as it should be, by draft-cavage.
    Nothing,
    /// It is not signed.
    Unsigned,
    /// The digest that is signed is of another body.
    OtherBody,
    /// It is signed with another key than the one it names.
    OtherKey,
    /// The signature was made two days ago.
    Stale,
}

/// An actor of the probe that can sign.
#[derive(Clone)]
pub struct Signer {
    /// The actor.
    pub id: ActorId,
    /// Its keys.
    pub keys: Arc<ActorKeys>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Got {
    /// The status.
    pub status: u16,
    /// The media type, without parameters.
    pub media_type: String,
    /// The body, if it is JSON; a text if it is not.
    pub body: Value,
}

/// A client of the peer.
#[derive(Clone)]
pub struct Hand(reqwest::Client);

impl Hand {
    /// A client that follows no redirects: addresses are to be what they say.
    pub fn new() -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(STEP_S))
            .user_agent(concat!("Pritchel-probe/", env!("CARGO_PKG_VERSION")));
        client.build().map(Self).map_err(|e| e.to_string())
    }

    /// Gets a document as anybody, or as an actor of the probe by a signed request.
    pub async fn get(&self, url: &str, signer: Option<&Signer>) -> Result<Got, String> {
        let target = Url::parse(url).map_err(|e| format!("{url}: {e}"))?;
        let mut request = self.0.get(target.clone());
        match signer {
            None => request = request.header(ACCEPT, ACCEPT_ACTIVITY),
            Some(signer) => {
                let headers = signed(signer, &signer.keys, &Method::GET, &target, None, now())?;
                request = request.headers(headers);
            }
        }
        got(request.send().await, url).await
    }

    /// Gets a document that is no ActivityPub document.
    pub async fn get_json(&self, url: &str) -> Result<Got, String> {
        got(self.0.get(url).send().await, url).await
    }

    /// Delivers an activity to an inbox.
    /// - `other`: whose key is used for [`Spoil::OtherKey`]
    pub async fn deliver(
        &self,
        inbox: &str,
        activity: &Value,
        signer: &Signer,
        spoil: Spoil,
        other: &Signer,
    ) -> Result<Got, String> {
        let target = Url::parse(inbox).map_err(|e| format!("{inbox}: {e}"))?;
        let body = activity.to_string().into_bytes();
        let mut request = self.0.post(target.clone());
        let (keys, signed_body, at) = match spoil {
            Spoil::OtherKey => (&other.keys, body.clone(), now()),
            Spoil::OtherBody => (&signer.keys, b"{}".to_vec(), now()),
            Spoil::Stale => (&signer.keys, body.clone(), now() - STALE),
            Spoil::Nothing | Spoil::Unsigned => (&signer.keys, body.clone(), now()),
        };
        if spoil == Spoil::Unsigned {
            request = request.header(CONTENT_TYPE, CONTENT_TYPE_ACTIVITY);
        } else {
            request = request.headers(signed(signer, keys, &Method::POST, &target, Some(&signed_body), at)?);
        }
        got(request.body(body).send().await, inbox).await
    }
}

fn signed(
    signer: &Signer,
    keys: &ActorKeys,
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    at: u64,
) -> Result<HeaderMap, String> {
    let key_id = rsa_key_id(&signer.id, signer.keys.generation);
    let headers = sign(Scheme::Cavage, &keys.rsa, &key_id, method, url, body, at).map_err(|e| e.to_string())?;
    Ok(headers.into_iter().collect())
}

async fn got(answer: Result<reqwest::Response, reqwest::Error>, url: &str) -> Result<Got, String> {
    let mut answer = answer.map_err(|e| format!("{url}: {}", causes(&e)))?;
    let status = answer.status().as_u16();
    let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| format!("{url}: {}", causes(&e)))? {
        if bytes.len() + chunk.len() > PROBE_DOCUMENT_BYTES {
            return Err(format!("{url}: expected at most {PROBE_DOCUMENT_BYTES} bytes, found more"));
        }
        bytes.extend_from_slice(&chunk);
    }
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
    Ok(Got { status, media_type, body })
}

/// An error with what caused it: the client's own words end where it becomes interesting.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
