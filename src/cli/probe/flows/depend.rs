//! FL-34 and FL-35: ann makes one ticket wait for another and ends it; ben tries both without a Grant.

use super::{Flow, Playing, props};
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-34", "FL-35"], title: "make a ticket depend on another", kinds: &["TicketTracker"], play };

/// Where it is played.
struct At {
    tracker: ActorId,
    parent: String,
    child: String,
    triage: ActId,
    dependencies: String,
    dependants: String,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let parent = props::the_ticket(scene, &tracker).await?;
        let child = props::ticket(scene, &tracker, "A ticket that another waits for").await?;
        let triage = props::member(scene, &tracker, Who::Ann, "triage").await?;
        let collection = |ticket: &Value, term: &str| {
            ticket[term].as_str().map(str::to_owned).ok_or_else(|| Stop(format!("the ticket names no {term}")))
        };
        let dependencies = collection(&scene.get(&parent).await?, "dependencies")?;
        let dependants = collection(&scene.get(&child).await?, "dependants")?;
        let at = At { tracker, parent, child, triage, dependencies, dependants };
        refused(scene, &at).await?;
        let dependency = added(scene, &at).await?;
        removed(scene, &at, &dependency).await
    })
}

async fn refused(scene: &mut Scene, at: &At) -> Ended {
    let good = posts::add_dependency(&at.tracker, &at.parent, &at.tracker, &at.child, &at.triage);
    let mut other = good.clone();
    other["object"]["relationship"] = "describes".into();
    let nowhere = format!("{}/pritchel-probe-no-ticket", scene.peer.base);
    let astray = posts::add_dependency(&at.tracker, &nowhere, &at.tracker, &at.child, &at.triage);
    let rows = [
        ("AddDependency/authority", Who::Ben, props::without_capability(good), "who asks has no Grant"),
        ("AddDependency/malformed", Who::Ann, other, "the relationship is another one"),
        ("AddDependency/no-such-ticket", Who::Ann, astray, "it is about no ticket"),
    ];
    for (key, who, offer, why) in rows {
        let act = scene.says(who, &offer).await?;
        let refused = scene.not_accepted(&act, &at.tracker).await;
        let found = scene.collection(&at.dependencies).await?;
        let held = refused.is_ok() && found.items.is_empty();
        let expected = format!("no Accept, and no dependency listed: {why}");
        scene.holds(key, held, &expected, &refused.err().unwrap_or_else(|| found.told()));
    }
    Ok(())
}

async fn added(scene: &mut Scene, at: &At) -> Result<String, Stop> {
    let offer = posts::add_dependency(&at.tracker, &at.parent, &at.tracker, &at.child, &at.triage);
    let act = scene.says(Who::Ann, &offer).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let good = is_a(&answer, "Accept") && result.is_some();
    scene.holds("AddDependency:answers", good, "an Accept with the dependency as result", &told_of(&answer));
    let mut listed = None;
    for collection in [&at.dependencies, &at.dependants] {
        let (shown, found) = scene.collects(collection, |found| !found.items.is_empty()).await?;
        scene.holds("AddDependency:listed", shown, &format!("the dependency in {collection}"), &found.told());
        let address = found.items.first().and_then(address_of).map(str::to_owned);
        listed = listed.or(address);
    }
    result.or(listed).ok_or_else(|| Stop("the Offer of a dependency came to nothing".into()))
}

async fn removed(scene: &mut Scene, at: &At, dependency: &str) -> Ended {
    let good = posts::remove_dependency(&at.tracker, dependency, &at.tracker, &at.triage);
    let nothing = format!("{}/pritchel-probe-no-dependency", scene.peer.base);
    let astray = posts::remove_dependency(&at.tracker, &nothing, &at.tracker, &at.triage);
    let rows = [
        ("RemoveDependency/authority", Who::Ben, props::without_capability(good.clone()), "who asks has no Grant"),
        ("RemoveDependency/no-such-dependency", Who::Ann, astray, "it is about no dependency"),
    ];
    for (key, who, delete, why) in rows {
        let act = scene.says(who, &delete).await?;
        let refused = scene.not_accepted(&act, &at.tracker).await;
        let found = scene.collection(&at.dependencies).await?;
        let held = refused.is_ok() && !found.items.is_empty();
        let expected = format!("no Accept, and the dependency still listed: {why}");
        scene.holds(key, held, &expected, &refused.err().unwrap_or_else(|| found.told()));
    }
    let act = scene.says(Who::Ann, &good).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    let expected = "an Accept whose object is the Delete";
    scene.holds("RemoveDependency:answers", is_a(&answer, "Accept"), expected, &told_of(&answer));
    for collection in [&at.dependencies, &at.dependants] {
        let (gone, found) = scene.collects(collection, |found| found.items.is_empty()).await?;
        scene.holds("RemoveDependency:ends", gone, &format!("nothing in {collection}"), &found.told());
    }
    Ok(())
}
