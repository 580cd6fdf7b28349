//! The deliveries of an act that are not done, for its author's page.

use pritchel_actor::{ActId, ActorId, BoxError, Seconds};
use pritchel_box_store::BoxStore;
use pritchel_box_store::keys::part;
use pritchel_box_store::work::{LaneInfo, Task};

use super::back_off::Tried;
use super::delivery::UNDELIVERED;
use crate::limits::{SHOWN_ITEMS_MAX, SHOWN_LANES_MAX};

/// Lanes looked at in one go.
const LANES_PAGE: usize = 1024;

/// One delivery that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryShown {
    /// To whom.
    pub to: ActorId,
    /// Attempts that failed so far.
    pub attempts: u32,
    /// When the next attempt is due; `None`: it was given up.
    pub next: Option<Seconds>,
    /// How the last attempt ended.
    pub last_error: Option<String>,
}

/// The first lanes of deliveries that fit, found page by page, so that nobody has to wait for a look at all of them.
fn lanes_where(boxes: &BoxStore, fits: impl Fn(&str) -> bool) -> Vec<LaneInfo> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = boxes.lanes("delivery/", after.as_deref(), LANES_PAGE);
        let last = page.last().filter(|_| page.len() == LANES_PAGE).map(|lane| lane.lane.clone());
        found.extend(page.into_iter().filter(|lane| fits(&lane.lane)));
        found.truncate(SHOWN_LANES_MAX);
        after = match last {
            Some(last) if found.len() < SHOWN_LANES_MAX => Some(last),
            _ => return found,
        };
    }
}

/// The deliveries of an act that are still to be made, and those that were given up. Looks at the first
/// [`SHOWN_ITEMS_MAX`] items of at most [`SHOWN_LANES_MAX`] lanes of its author.
pub async fn deliveries_of(
    boxes: &BoxStore,
    act: &ActId,
    author: &ActorId,
    now: Seconds,
) -> Result<Vec<DeliveryShown>, BoxError> {
    let mut shown = Vec::new();
    let sender = part(author.as_str());
    let is_of_sender = |lane: &str| lane.split('\0').nth(1) == Some(&*sender);
    for lane in lanes_where(boxes, is_of_sender) {
        for item in boxes.items(&lane.lane, None, SHOWN_ITEMS_MAX).await? {
            let Ok(Task::Delivery { act: of, to, .. }) = Task::from_value(&item.data) else { continue };
            if of == *act {
                let tried = Tried::of(&item.data);
                let next = Some(item.at.max(lane.due));
                shown.push(DeliveryShown { to, attempts: tried.times, next, last_error: tried.why });
            }
        }
    }
    let prefix = format!("{act} ");
    let (given_up, _) = boxes.records_page(UNDELIVERED, &prefix, None, SHOWN_ITEMS_MAX, now).await?;
    for (key, value) in given_up {
        let attempts = value["times"].as_u64().and_then(|times| u32::try_from(times).ok()).unwrap_or_default();
        let last_error = value["why"].as_str().map(str::to_owned);
        shown.push(DeliveryShown { to: ActorId::from(&key[prefix.len()..]), attempts, next: None, last_error });
    }
    Ok(shown)
}
