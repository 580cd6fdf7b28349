//! Deliveries that were not taken, kept for the owner of the inbox: a small ring each, so that whoever writes the other side
//! can see what came and what was wrong with it. Each line is durable before the sender is answered; how many may be written is
//! bounded per inbox and minute, and how many lines one server has is bounded too, as far as what it says of itself goes.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::{ActorId, BoxError, Seconds};
use pritchel_box_store::BoxStore;
use pritchel_vocab::Uri;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::refusal::Refused;
use crate::limits::{REFUSED_BODY_BYTES_MAX, REFUSED_MAX, REFUSED_PER_MINUTE, REFUSED_PER_ORIGIN_MAX, REFUSED_S};
use crate::rates::{Rate, Rates};

/// The kind of these records. Key: the inbox's owner, a blank, a place in the ring.
pub const REFUSED: &str = "refused";

/// A delivery that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedDelivery {
    v: u16,
    /// The server whose key it names, which nobody has verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// When it came.
    pub at: Seconds,
    /// The status it was answered with.
    pub status: u16,
    /// Stable name of the reason.
    pub code: String,
    /// What was expected, what was found.
    pub detail: String,
    /// Those headers that concern who sent it.
    pub headers: Vec<(String, String)>,
    /// The beginning of its body, in base64 if it is no text.
    pub body: String,
    /// Whether `body` is base64.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub base64: bool,
    /// Bytes of the whole body.
    pub body_bytes: usize,
}

/// The rings. Cheap to clone.
#[derive(Clone)]
pub struct Refusals {
    boxes: BoxStore,
    /// Strangers must not make us write without end.
    rates: Arc<Rates>,
    /// Two at once must not take the same place.
    writing: Arc<Mutex<()>>,
}

impl Refusals {
    /// The rings of a store.
    pub fn new(boxes: BoxStore) -> Self {
        let rates = Arc::new(Rates::new(Rate { per_minute: REFUSED_PER_MINUTE }));
        Self { boxes, rates, writing: Arc::default() }
    }

    /// Keeps a refusal in the ring of an inbox, in place of the oldest one there.
    pub(super) async fn keep(
        &self,
        owner: &ActorId,
        refused: &Refused,
        headers: Vec<(String, String)>,
        body: &[u8],
        at: Seconds,
    ) -> Result<(), BoxError> {
        if self.rates.take(owner.as_str(), at).is_err() {
            return Ok(());
        }
        let start = &body[..body.len().min(REFUSED_BODY_BYTES_MAX)];
        let text = match std::str::from_utf8(start) {
            Ok(text) => Some(text),
            // A character cut in two at the end.
            Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok(),
            Err(_) => None,
        };
        let kept = RefusedDelivery {
            v: 1,
            claims: claimed(&headers),
            at,
            status: refused.status,
            code: refused.code.clone(),
            detail: refused.detail.clone(),
            headers,
            body: text.map_or_else(|| STANDARD.encode(start), str::to_owned),
            base64: text.is_none(),
            body_bytes: body.len(),
        };
        let _writing = self.writing.lock().await;
        let place = place(&self.rows(owner, at).await?, kept.claims.as_deref());
        let value = serde_json::to_value(&kept).map_err(|error| BoxError::Failed(error.to_string()))?;
        self.boxes.put_record(REFUSED, &key(owner, place), value, Some(at + REFUSED_S)).await
    }

    /// What was refused at an inbox, newest first.
    pub async fn of(&self, owner: &ActorId, now: Seconds) -> Result<Vec<RefusedDelivery>, BoxError> {
        let mut rows = self.rows(owner, now).await?;
        rows.sort_by_key(|(place, kept)| std::cmp::Reverse((kept.at, *place)));
        Ok(rows.into_iter().map(|(_, kept)| kept).collect())
    }

    async fn rows(&self, owner: &ActorId, now: Seconds) -> Result<Vec<(usize, RefusedDelivery)>, BoxError> {
        let prefix = format!("{owner} ");
        let (rows, _) = self.boxes.records_page(REFUSED, &prefix, None, REFUSED_MAX, now).await?;
        let read = |(key, value): (String, _)| {
            let place = key[prefix.len()..].parse().ok()?;
            Some((place, serde_json::from_value(value).ok()?))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }
}

/// Where a line goes: in place of the oldest of its server if that has its share, else to a free place, else in place of the
/// oldest of all.
fn place(rows: &[(usize, RefusedDelivery)], claims: Option<&str>) -> usize {
    let oldest = |rows: &mut dyn Iterator<Item = &(usize, RefusedDelivery)>| {
        rows.min_by_key(|(place, kept)| (kept.at, *place)).map(|(place, _)| *place)
    };
    let of_server = || rows.iter().filter(|(_, kept)| kept.claims.as_deref() == claims);
    if of_server().count() >= REFUSED_PER_ORIGIN_MAX {
        return oldest(&mut of_server()).unwrap_or_default();
    }
    let free = (0..REFUSED_MAX).find(|place| rows.iter().all(|(taken, _)| taken != place));
    free.or_else(|| oldest(&mut rows.iter())).unwrap_or_default()
}

/// The server of the key that a request names.
fn claimed(headers: &[(String, String)]) -> Option<String> {
    let signed = |name: &str| matches!(name, "signature" | "signature-input" | "authorization");
    let key = headers.iter().filter(|(name, _)| signed(name)).find_map(|(_, value)| {
        let after = value.split_once("keyId=\"").or_else(|| value.split_once("keyid=\""))?.1;
        Uri::parse(after.split('"').next()?).ok()
    });
    key.map(|key| key.origin().to_string())
}

fn key(owner: &ActorId, place: usize) -> String {
    format!("{owner} {place:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Near, actor, near};

    fn naming(n: usize) -> Vec<(String, String)> {
        vec![("signature".to_owned(), format!("keyId=\"https://s{n}.example/a#main-key\",signature=\"\""))]
    }

    #[tokio::test]
    async fn one_server_pushes_out_its_own_lines_only_and_all_are_there_after_a_restart() {
        let Near { boxes, .. } = near(&["people/a"]).await;
        let (refusals, owner) = (Refusals::new(boxes.clone()), actor("people/a"));
        let keep = async |server, n: usize, at| {
            let refused = Refused::new(401, "signature-wrong", n);
            refusals.keep(&owner, &refused, naming(server), b"{}", at).await.unwrap();
        };
        keep(1, 0, 1000).await;
        let both = futures_util::future::join(keep(2, 1, 1001), keep(3, 2, 1001));
        both.await;
        for n in 0..40 {
            keep(7, 100 + n, 2000 + 60 * n as i64).await;
        }
        for n in 0..40 {
            refusals
                .keep(&owner, &Refused::new(401, "signature-missing", n), Vec::new(), b"", 9000 + 60 * n)
                .await
                .unwrap();
        }
        let kept = Refusals::new(boxes).of(&owner, 12_000).await.unwrap();
        let count = |claims: Option<&str>| kept.iter().filter(|kept| kept.claims.as_deref() == claims).count();
        for stranger in ["https://s7.example", ""] {
            let claims = Some(stranger).filter(|claims| !claims.is_empty());
            assert_eq!(count(claims), REFUSED_PER_ORIGIN_MAX, "{stranger}");
        }
        for other in ["https://s1.example", "https://s2.example", "https://s3.example"] {
            assert_eq!(count(Some(other)), 1, "{other} was not pushed out");
        }
        let newest = kept.iter().find(|kept| kept.claims.as_deref() == Some("https://s7.example"));
        assert_eq!(newest.map(|kept| kept.detail.as_str()), Some("139"), "its oldest were");
    }

    #[tokio::test]
    async fn the_last_ones_are_kept_and_not_too_many_at_once() {
        let Near { boxes, .. } = near(&["people/a"]).await;
        let (refusals, owner) = (Refusals::new(boxes), actor("people/a"));
        let keep = async |n: usize, at| {
            let refused = Refused::new(401, "signature-missing", n);
            refusals.keep(&owner, &refused, naming(n), b"{}", at).await.unwrap();
        };
        for n in 0..100 {
            keep(n, 1000 + 3 * n as i64).await;
        }
        let kept = refusals.of(&owner, 1300).await.unwrap();
        let newest: Vec<String> = (100 - REFUSED_MAX..100).rev().map(|n| n.to_string()).collect();
        assert_eq!(kept.iter().map(|kept| kept.detail.clone()).collect::<Vec<_>>(), newest);
        for n in 0..1000 {
            keep(1000 + n, 5000).await;
        }
        let flood = refusals.of(&owner, 5000).await.unwrap().into_iter().filter(|kept| kept.at == 5000).count();
        assert_eq!(flood, REFUSED_PER_MINUTE as usize);
        assert_eq!(refusals.of(&owner, 5000 + REFUSED_S).await.unwrap(), []);
        assert_eq!(refusals.of(&actor("people"), 5000).await.unwrap(), [], "another inbox has its own");
    }

    #[tokio::test]
    async fn a_body_is_kept_as_text_or_base64_and_cut() {
        let Near { boxes, .. } = near(&["people/a"]).await;
        let (refusals, owner) = (Refusals::new(boxes), actor("people/a"));
        let long = "é".repeat(REFUSED_BODY_BYTES_MAX);
        for (at, body) in [(1, &b"\xff\x00"[..]), (2, long.as_bytes()), (3, &long.as_bytes()[1..])] {
            refusals.keep(&owner, &Refused::new(400, "a", ""), Vec::new(), body, at).await.unwrap();
        }
        let kept = refusals.of(&owner, 3).await.unwrap();
        assert_eq!((kept[2].body.as_str(), kept[2].base64), ("/wA=", true));
        assert_eq!(
            (kept[1].body.len(), kept[1].base64, kept[1].body_bytes),
            (REFUSED_BODY_BYTES_MAX, false, long.len())
        );
        assert!(kept[0].base64);
    }
}
