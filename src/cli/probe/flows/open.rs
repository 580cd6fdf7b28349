//! FL-13: ann opens a ticket on the peer's tracker.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use pritchel_actors::common::naming::origin_of;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-13"], title: "open a ticket", kinds: &["TicketTracker"], play };

const TITLE: &str = "Opened to see what comes of it";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        in_anothers_name(scene, &tracker).await?;
        opened(scene, &tracker).await
    })
}

/// Cleo offers a ticket that says it is ann's.
async fn in_anothers_name(scene: &mut Scene, tracker: &ActorId) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let grant = props::public_grant(scene, tracker, "report").await?;
    let offer = posts::open_ticket(&ann, tracker, "Not mine", "It says that ann wrote it.", grant.as_ref());
    let sent = scene.sends(Who::Cleo, props::addressed(offer, tracker), tracker, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("flow/ticket-author", refused.is_ok(), "no Accept of a ticket attributed to somebody else", &found);
    Ok(())
}

async fn opened(scene: &mut Scene, tracker: &ActorId) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let grant = props::public_grant(scene, tracker, "report").await?;
    let offer = posts::open_ticket(&ann, tracker, TITLE, "Opened by `pritchel probe`.", grant.as_ref());
    let act = scene.says(Who::Ann, &props::addressed(offer, tracker)).await?;
    let answer = scene.answer(&act, tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let near = result.as_deref().is_some_and(|ticket| origin_of(ticket) == origin_of(tracker.as_str()));
    let expected = "an Accept whose object is the Offer and whose result is the ticket's address";
    scene.holds("tt-beh-offer/1.2", is_a(&answer, "Accept") && near, expected, &told_of(&answer));
    let Some(ticket) = result else {
        return Err(Stop("the ticket has no address: no Accept with a result came".into()));
    };
    let (is, found) = scene.shows(&ticket, |shown| shown["id"] == ticket.as_str() && shown["type"] == "Ticket").await?;
    let by = names(&found["attributedTo"], ann.as_str()) && found["summary"] == TITLE;
    let expected = format!("a Ticket by {ann} with the summary {TITLE:?} at {ticket}");
    scene.holds("tt-beh-offer/1.1", is && by, &expected, &told(&found));
    let open = names(&found["context"], tracker.as_str()) && found["isResolved"] == false;
    let expected = format!("the context {tracker}, and isResolved: false");
    scene.holds("flow/ticket-document", open, &expected, &told(&found));
    scene.props.entry("ticket".to_owned()).or_insert(ticket);
    Ok(())
}
