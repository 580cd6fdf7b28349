//! FL-14 and FL-15: ann, who has the role triage, closes a ticket and opens it again; ben tries both without a Grant, and with hers.

use super::{Flow, Playing, props};
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-14", "FL-15"], title: "close a ticket, open it again", kinds: &["TicketTracker"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let ticket = props::the_ticket(scene, &tracker).await?;
        refused(scene, &tracker, &ticket, "Close/authority", (false, posts::close), None).await?;
        let triage = props::member(scene, &tracker, Who::Ann, "triage").await?;
        refused(scene, &tracker, &ticket, "Close/authority", (false, posts::close), Some(&triage)).await?;
        astray(scene, &tracker, &triage).await?;
        changed(scene, &tracker, &ticket, ["Close:answers", "Close:closes"], (true, posts::close), &triage).await?;
        refused(scene, &tracker, &ticket, "Reopen/authority", (true, posts::reopen), None).await?;
        changed(scene, &tracker, &ticket, ["Reopen:answers", "Reopen:opens"], (false, posts::reopen), &triage).await
    })
}

/// What makes an activity of a tracker, a ticket and a Grant.
type Posting = fn(&ActorId, &str, Option<&ActId>) -> Value;

/// Ben asks for it, with nothing or with a Grant of somebody else's: it stays as it is.
async fn refused(
    scene: &mut Scene,
    tracker: &ActorId,
    ticket: &str,
    key: &str,
    (stays, posting): (bool, Posting),
    grant: Option<&ActId>,
) -> Ended {
    let act = scene.says(Who::Ben, &props::addressed(posting(tracker, ticket, grant), tracker)).await?;
    let refused = scene.not_accepted(&act, tracker).await;
    let shown = scene.get(ticket).await?;
    let held = refused.is_ok() && (shown["isResolved"] == true) == stays;
    let with = grant.map_or("without a Grant", |_| "with a Grant of somebody else's");
    let found = refused.err().unwrap_or_else(|| format!("isResolved: {}", shown["isResolved"]));
    scene.holds(key, held, &format!("no Accept, and isResolved stays {stays}: it was asked {with}"), &found);
    Ok(())
}

async fn astray(scene: &mut Scene, tracker: &ActorId, grant: &ActId) -> Ended {
    let nowhere = format!("{}/pritchel-probe-no-ticket", scene.peer.base);
    let close = props::addressed(posts::close(tracker, &nowhere, Some(grant)), tracker);
    let act = scene.says(Who::Ann, &close).await?;
    let refused = scene.not_accepted(&act, tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("Close/no-such-ticket", refused.is_ok(), "no Accept of a Resolve of no ticket", &found);
    Ok(())
}

async fn changed(
    scene: &mut Scene,
    tracker: &ActorId,
    ticket: &str,
    [answers, does]: [&str; 2],
    (resolved, posting): (bool, Posting),
    grant: &ActId,
) -> Ended {
    let act = scene.says(Who::Ann, &props::addressed(posting(tracker, ticket, Some(grant)), tracker)).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds(answers, is_a(&answer, "Accept"), "an Accept whose object is the act", &told_of(&answer));
    let (shown, found) = scene.shows(ticket, |shown| shown["isResolved"] == resolved).await?;
    scene.holds(does, shown, &format!("isResolved: {resolved}"), &told(&found));
    if shown { Ok(()) } else { Err(Stop(format!("the ticket never showed isResolved: {resolved}"))) }
}
