//! FL-01 and FL-02: the peer's person has its factory make a tracker, and deletes it; ann, who has no Grant, tries the first too.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, Stop, told};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-01", "FL-02"], title: "make a resource, and delete it", kinds: &["Factory"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let factory = scene.about("Factory")?;
        let create =
            posts::create(&factory, "TicketTracker", "Not ours to make", None, &pritchel_actor::ActId::new(""));
        let act = scene.says(Who::Ann, &props::without_capability(create)).await?;
        let refused = scene.not_accepted(&act, &factory).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        scene.holds("flow/create-authority", refused.is_ok(), "no Accept of a Create without a Grant", &found);

        let Some(client) = &scene.peer.client else {
            return Err(Stop("what is made is told to a client: --token".into()));
        };
        let grant = scene.peer.grants.get(&factory).ok_or_else(|| Stop(format!("no Grant for {factory} is known")))?;
        let create = posts::create(&factory, "TicketTracker", "Made to be deleted", None, grant);
        let act = client.post(&create).await?;
        let accept = client.answered(&act).await?;
        let result = crate::cli::probe::scene::address_of(&accept["result"]).map(str::to_owned);
        let good = has_type(&accept, "Accept") && result.is_some() && names(&accept["actor"], factory.as_str());
        let expected = "an Accept by the factory with the new actor as result";
        let made = result.ok_or_else(|| Stop("the factory made nothing".into()));
        let granted = client.granted(&act).await;
        let shown = match &granted {
            Ok(grant) => client.get(grant.as_str()).await?,
            Err(_) => serde_json::Value::Null,
        };
        scene.trace(act.as_str());
        scene.holds("Create:answers", good, expected, &told(&accept));
        let made = ActorId::new(made?);
        let (is, found) = scene.shows(made.as_str(), |shown| has_type(shown, "TicketTracker")).await?;
        scene.holds("Create:launches", is, &format!("a TicketTracker at {made}"), &told(&found));
        let admin = shown["object"] == "admin" && names(&shown["context"], made.as_str());
        let expected = format!("a Grant of admin, context {made}, that fulfills the Create");
        scene.holds(
            "flow/initial-grant",
            admin,
            &expected,
            &granted.as_ref().err().map_or_else(|| told(&shown), ToString::to_string),
        );
        deleted(scene, &made, &granted?).await
    })
}

async fn deleted(scene: &mut Scene, made: &ActorId, grant: &pritchel_actor::ActId) -> crate::cli::probe::scene::Ended {
    let Some(client) = &scene.peer.client else { return Ok(()) };
    let act = client.post(&posts::delete_resource(made, grant)).await?;
    let answer = client.answered(&act).await?;
    scene.trace(act.as_str());
    scene.holds("tt-beh-delete/3.2", has_type(&answer, "Accept"), "an Accept of the Delete", &told(&answer));
    let (gone, status) = scene.is_gone(made.as_str()).await?;
    scene.holds("tt-beh-delete/3.3", gone, "404 or 410", &status.to_string());
    Ok(())
}
