//! FL-20: a ticket is deleted by an admin of the tracker; ann, whose role is triage, may not.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, is_a, told_of};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-20"], title: "delete a ticket", kinds: &["TicketTracker"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let ticket = props::ticket(scene, &tracker, "A ticket that is deleted").await?;
        let triage = props::member(scene, &tracker, Who::Ann, "triage").await?;
        let act = scene.says(Who::Ann, &posts::delete_ticket(&tracker, &ticket, &triage)).await?;
        let refused = scene.not_accepted(&act, &tracker).await;
        let status = scene.look(&ticket).await?.status;
        let held = refused.is_ok() && status == 200;
        let found = refused.err().unwrap_or_else(|| format!("{ticket} answers {status}"));
        scene.holds(
            "DeleteTicket/authority",
            held,
            "no Accept, and the ticket still there: triage is not admin",
            &found,
        );

        let theirs = scene.their_grant(&tracker)?;
        let is_it = |activity: &Value| has_type(activity, "Delete") && names(&activity["object"], &ticket);
        let please = format!("delete {ticket}");
        let delete = scene.they_say(&please, &posts::delete_ticket(&tracker, &ticket, &theirs), is_it).await?;
        let (gone, status) = scene.is_gone(&ticket).await?;
        scene.holds("DeleteTicket:ends", gone, "404 or 410", &format!("{status} at {ticket}"));
        // Whoever opened it follows it.
        let answer = scene.answer(&delete, &tracker).await;
        let expected = "an Accept of the Delete, told to who follows the ticket";
        scene.holds("DeleteTicket:answers", is_a(&answer, "Accept"), expected, &told_of(&answer));
        Ok(())
    })
}
