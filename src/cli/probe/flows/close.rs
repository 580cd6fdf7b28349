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
        let triage = props::member(scene, &tracker, Who::Ann, "triage").await?;
        let at = At { tracker, ticket, triage };
        refused(scene, &at, "Close/authority", false, None).await?;
        refused(scene, &at, "Close/authority", false, Some(&at.triage)).await?;
        astray(scene, &at).await?;
        changed(scene, &at, ["Close:answers", "Close:closes"], true).await?;
        refused(scene, &at, "Reopen/authority", true, None).await?;
        changed(scene, &at, ["Reopen:answers", "Reopen:opens"], false).await
    })
}

/// Where it is played.
struct At {
    tracker: ActorId,
    ticket: String,
    triage: ActId,
}

impl At {
    /// What makes the ticket resolved, or not.
    fn posting(&self, resolved: bool, grant: Option<&ActId>) -> Value {
        let posting = if resolved { posts::close } else { posts::reopen };
        props::addressed(posting(&self.tracker, &self.ticket, grant), &self.tracker)
    }
}

/// Ben asks for it, with nothing or with a Grant of somebody else's: it stays as it is. Where it does not, ann puts it back.
async fn refused(scene: &mut Scene, at: &At, key: &str, stays: bool, grant: Option<&ActId>) -> Ended {
    let act = scene.says(Who::Ben, &at.posting(!stays, grant)).await?;
    let refused = scene.not_accepted(&act, &at.tracker).await;
    let shown = scene.get(&at.ticket).await?;
    let changed = (shown["isResolved"] == true) != stays;
    let with = grant.map_or("without a Grant", |_| "with a Grant of somebody else's");
    let held = refused.is_ok() && !changed;
    let found = refused.err().unwrap_or_else(|| format!("isResolved: {}", shown["isResolved"]));
    scene.holds(key, held, &format!("no Accept, and isResolved stays {stays}: it was asked {with}"), &found);
    if changed {
        let act = scene.says(Who::Ann, &at.posting(stays, Some(&at.triage))).await?;
        scene.answer(&act, &at.tracker).await;
    }
    Ok(())
}

async fn astray(scene: &mut Scene, at: &At) -> Ended {
    let nowhere = format!("{}/pritchel-probe-no-ticket", scene.peer.base);
    let close = props::addressed(posts::close(&at.tracker, &nowhere, Some(&at.triage)), &at.tracker);
    let act = scene.says(Who::Ann, &close).await?;
    let refused = scene.not_accepted(&act, &at.tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("Close/no-such-ticket", refused.is_ok(), "no Accept of a Resolve of no ticket", &found);
    Ok(())
}

async fn changed(scene: &mut Scene, at: &At, [answers, does]: [&str; 2], resolved: bool) -> Ended {
    let act = scene.says(Who::Ann, &at.posting(resolved, Some(&at.triage))).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    scene.holds(answers, is_a(&answer, "Accept"), "an Accept whose object is the act", &told_of(&answer));
    let (shown, found) = scene.shows(&at.ticket, |shown| shown["isResolved"] == resolved).await?;
    scene.holds(does, shown, &format!("isResolved: {resolved}"), &told(&found));
    if shown { Ok(()) } else { Err(Stop(format!("the ticket never showed isResolved: {resolved}"))) }
}
