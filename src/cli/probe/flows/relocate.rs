//! FL-04: the peer's person has actors made, and moves them to actors of the probe: they are archived from then on. Ben tries to.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, told};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;

/// The kinds that move.
const KINDS: &[&str] = &["TicketTracker", "PatchTracker", "Repository", "Project"];

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-04"], title: "move to another server", kinds: KINDS, play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        for kind in KINDS {
            let ended = moved(scene, kind).await;
            scene.ended(kind, ended);
        }
        Ok(())
    })
}

async fn moved(scene: &mut Scene, kind: &'static str) -> Ended {
    if scene.peer.client.is_none() {
        return Err(Stop("what is made is told to a client: --token".into()));
    }
    let factory = scene.peer.factory().await.ok_or_else(|| Stop("no factory of the peer's person is known".into()))?;
    let made = scene.peer.made(kind, &factory).await?;
    let (from, to) = (made.id, scene.home.owned(kind).await?.id);
    scene.about_this(kind, &from);
    let relocate = posts::relocate(&from, &to, &made.grant);
    let bare = props::without_capability(relocate.clone());
    scene.asks_in_vain("Relocate/authority", Who::Ben, &bare, &from, "who asks has no Grant").await?;
    let Some(client) = &scene.peer.client else { return Ok(()) };
    let act = client.post(&relocate).await?;
    let answer = client.answered(&act).await?;
    scene.trace(act.as_str());
    scene.holds("Relocate:answers", has_type(&answer, "Accept"), "an Accept of the Move", &told(&answer));
    let (is, found) = scene.shows(from.as_str(), |shown| shown["isArchived"] == true).await?;
    scene.holds("Relocate:archives", is, "isArchived: true", &told(&found["isArchived"]));
    let leads = names(&found["movedTo"], to.as_str());
    scene.holds("Relocate:leads", leads, &format!("movedTo: {to}"), &told(&found["movedTo"]));
    if kind == "TicketTracker" { read_only(scene, &from).await } else { Ok(()) }
}

/// Nothing is opened there any more.
async fn read_only(scene: &mut Scene, tracker: &ActorId) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let report = props::public_grant(scene, tracker, "report").await?;
    let offer = posts::open_ticket(&ann, tracker, "Too late", "x", report.as_ref());
    let offer = props::addressed(offer, tracker);
    scene.asks_in_vain("flow/moved-read-only", Who::Ann, &offer, tracker, "it is archived").await
}
