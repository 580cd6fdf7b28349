//! Deliveries that were not taken, kept for the owner of the inbox: a small ring each, so that whoever writes the other side
//! can see what came and what was wrong with it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::{ActorId, BoxError, Seconds};
use pritchel_box_store::BoxStore;
use serde::{Deserialize, Serialize};

use super::refusal::Refused;
use crate::limits::{REFUSED_BODY_BYTES_MAX, REFUSED_MAX, REFUSED_PER_MINUTE, REFUSED_S};
use crate::rates::{Rate, Rates};

/// The kind of these records. Key: the inbox's owner, a blank, a place in the ring.
pub const REFUSED: &str = "refused";

/// A delivery that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedDelivery {
    v: u16,
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
}

impl Refusals {
    /// The rings of a store.
    pub fn new(boxes: BoxStore) -> Self {
        Self { boxes, rates: Arc::new(Rates::new(Rate { per_minute: REFUSED_PER_MINUTE })) }
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
            at,
            status: refused.status,
            code: refused.code.clone(),
            detail: refused.detail.clone(),
            headers,
            body: text.map_or_else(|| STANDARD.encode(start), str::to_owned),
            base64: text.is_none(),
            body_bytes: body.len(),
        };
        let rows = self.rows(owner, at).await?;
        let place = (0..REFUSED_MAX).find(|place| rows.iter().all(|(taken, _)| taken != place));
        let oldest = rows.iter().min_by_key(|(place, kept)| (kept.at, *place)).map(|(place, _)| *place);
        let place = place.or(oldest).unwrap_or_default();
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

fn key(owner: &ActorId, place: usize) -> String {
    format!("{owner} {place:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Near, actor, near};

    #[tokio::test]
    async fn the_last_ones_are_kept_and_not_too_many_at_once() {
        let Near { boxes, .. } = near(&["people/a"]).await;
        let (refusals, owner) = (Refusals::new(boxes), actor("people/a"));
        let keep = async |n: usize, at| {
            let refused = Refused::new(401, "signature-missing", n);
            refusals.keep(&owner, &refused, Vec::new(), b"{}", at).await.unwrap();
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
