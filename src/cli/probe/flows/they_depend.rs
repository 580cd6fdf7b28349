//! FL-34 and FL-35 from the other side: the peer's person has a ticket of the probe wait for one of the peer's, and ends it. The peer's tracker, which was
//! told of both, lists it.

use super::they_act::{Said, they, ticket};
use super::{Flow, props};
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-34b", "FL-35b"],
    title: "a ticket of ours depends on one of the peer's",
    kinds: &["TicketTracker"],
    play: |scene| Box::pin(depended(scene)),
};

async fn depended(scene: &mut Scene) -> Ended {
    let theirs = scene.about("TicketTracker")?;
    let child = props::ticket(scene, &theirs, "A ticket that one of ours waits for").await?;
    let dependants = scene.get(&child).await?["dependants"].as_str().map(str::to_owned);
    let dependants = dependants.ok_or_else(|| Stop("the ticket names no dependants".into()))?;
    let (to, parent, grant) = ticket(scene, "A ticket that waits").await?;
    let please = format!("say that {parent} depends on {child}");
    let activity = posts::add_dependency(&to, &parent, &theirs, &child, &grant);
    let said = Said { key: "wire/dependency-sent", please, activity, to: &to, answered: true };
    let (_, dependency) = they(scene, said).await?;
    scene.about("TicketTracker")?;
    let is_it = |item: &Value| address_of(item).is_some_and(|it| dependency.as_deref().is_none_or(|ours| ours == it));
    let (listed, found) = scene.collects(&dependants, |found| found.items.iter().any(is_it)).await?;
    let expected = format!("the dependency in {dependants}, since our tracker has accepted it");
    scene.holds("DependencyConfirmed:listed", listed, &expected, &found.told());
    let dependency = dependency.ok_or_else(|| Stop("the dependency is told to a client: --token".into()))?;
    let please = format!("delete the dependency {dependency}");
    let activity = posts::remove_dependency(&to, &dependency, &theirs, &grant);
    they(scene, Said { key: "wire/dependency-end-sent", please, activity, to: &to, answered: true }).await?;
    scene.about("TicketTracker")?;
    let (gone, found) = scene.collects(&dependants, |found| found.items.is_empty()).await?;
    scene.holds("DependencyConfirmed:ends", gone, &format!("nothing in {dependants}"), &found.told());
    Ok(())
}
