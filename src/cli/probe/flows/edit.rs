//! FL-79: ann changes the ticket she opened; ben, who may not, tries it too.

use super::{Flow, Playing, props};
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Scene, is_a, told, told_of};
use pritchel_actors::client as posts;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-79"], title: "change a ticket", kinds: &["TicketTracker"], play };

const TITLE: &str = "Changed to see what comes of it";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let ticket = props::the_ticket(scene, &tracker).await?;
        let before = scene.get(&ticket).await?["summary"].clone();
        let act = scene.says(Who::Ben, &posts::edit_ticket(&tracker, &ticket, "By ben", "Not his.", None)).await?;
        let refused = scene.not_accepted(&act, &tracker).await;
        let shown = scene.get(&ticket).await?["summary"].clone();
        let held = refused.is_ok() && shown == before;
        let found = refused.err().unwrap_or_else(|| shown.to_string());
        scene.holds("EditTicket/authority", held, &format!("no Accept, and the summary {before}"), &found);
        let act = scene.says(Who::Ann, &posts::edit_ticket(&tracker, &ticket, TITLE, "By its author.", None)).await?;
        let answer = scene.answer(&act, &tracker).await;
        scene.holds(
            "flow/edit-answered",
            is_a(&answer, "Accept"),
            "an Accept whose object is the Edit",
            &told_of(&answer),
        );
        let (shown, found) = scene.shows(&ticket, |shown| shown["summary"] == TITLE).await?;
        scene.holds("EditTicket:keeps", shown, &format!("the summary {TITLE:?}"), &told(&found));
        Ok(())
    })
}
