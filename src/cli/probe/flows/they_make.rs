//! FL-01, FL-02 and FL-04 from the other side: the peer's person has a factory of the probe make a tracker, moves it and deletes it, each by
//! the Grant that came with it.

use super::Flow;
use super::they_act::{Said, given, let_in, they};
use crate::cli::probe::scene::{Ended, Scene, Stop, told};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-01b", "FL-02b", "FL-04b"],
    title: "the peer's person makes, moves and deletes a tracker on our server",
    kinds: &["Person"],
    play: |scene| Box::pin(made(scene)),
};

async fn made(scene: &mut Scene) -> Ended {
    let factory = scene.home.owned("Factory").await?;
    let write = let_in(scene, &factory, "write").await?;
    let please = format!("have {} make a ticket tracker", factory.id);
    let activity = posts::create(&factory.id, "TicketTracker", "From the other side", None, &write);
    let said = Said { key: "wire/create-sent", please, activity, to: &factory.id, answered: true };
    let (create, tracker) = they(scene, said).await?;
    let tracker = tracker.ok_or_else(|| Stop("what is made is told to a client: --token".into()))?;
    let tracker = ActorId::new(tracker);
    let admin = given(scene, &tracker, &create).await?;
    let to = scene.home.owned("TicketTracker").await?.id;
    let please = format!("move {tracker} to {to}");
    let activity = posts::relocate(&tracker, &to, &admin);
    they(scene, Said { key: "wire/move-sent", please, activity, to: &tracker, answered: true }).await?;
    let (moved, found) = scene.shows(tracker.as_str(), |shown| shown["movedTo"] == to.as_str()).await?;
    scene.holds("wire/move-sent", moved, &format!("our {tracker} has moved to {to}"), &told(&found));
    let please = format!("delete {tracker}");
    let activity = posts::delete_resource(&tracker, &admin);
    they(scene, Said { key: "wire/resource-delete-sent", please, activity, to: &tracker, answered: true }).await?;
    let (gone, status) = scene.is_gone(tracker.as_str()).await?;
    scene.holds("wire/resource-delete-sent", gone, &format!("nothing at {tracker} any more"), &status.to_string());
    Ok(())
}
