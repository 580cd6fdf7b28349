//! FL-13 from the other side: the peer's person opens a ticket on a tracker of the probe.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, is_a, told_of};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-13b"], title: "the peer's person opens a ticket on a tracker of ours", kinds: &["Person"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let person = scene.about("Person")?;
        let tracker = scene.home.owned("TicketTracker").await?.id;
        let is_it = |activity: &Value| {
            has_type(activity, "Offer")
                && names(&activity["target"], tracker.as_str())
                && has_type(&activity["object"], "Ticket")
        };
        let offer = posts::open_ticket(&person, &tracker, "From the other side", "Opened for the probe.", None);
        let please = format!("as {person}, open a ticket on {tracker}");
        scene.they_say(&please, &props::addressed(offer, &tracker), is_it).await?;
        let came = scene.arrives(is_it).await;
        let good = came.as_ref().is_some_and(|came| {
            let ticket = &came.activity["object"];
            ticket["id"].is_null() && names(&ticket["attributedTo"], person.as_str()) && ticket["summary"].is_string()
        });
        let expected = format!("a signed Offer of a Ticket without id, attributed to {person}, with a summary");
        scene.holds("wire/offer-sent", is_a(&came, "Offer") && good, &expected, &told_of(&came));
        Ok(())
    })
}
