//! FL-06 and FL-07 from the other side: the peer's person follows a tracker of the probe, which accepts, and ends it.

use super::they_act::{Said, they};
use super::{Flow, Playing};
use crate::cli::demo::client::names;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-06b", "FL-07b"], title: "the peer's person follows a tracker of ours", kinds: &["Person"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let person = scene.about("Person")?;
        let tracker = scene.home.owned("TicketTracker").await?.id;
        let is_it =
            |activity: &serde_json::Value| has_type(activity, "Follow") && names(&activity["object"], tracker.as_str());
        let please = format!("as {person}, follow {tracker}");
        let follow = scene.they_say(&please, &posts::follow(&tracker), is_it).await?;
        let came = scene.arrives(is_it).await;
        let by = came.as_ref().and_then(|came| address_of(&came.activity["actor"])).map(str::to_owned);
        let good = is_a(&came, "Follow") && by.as_deref() == Some(person.as_str());
        scene.holds("wire/follow-sent", good, "a signed Follow of the tracker at its inbox", &told_of(&came));
        if !good {
            return Err(Stop("no Follow that could be believed came".into()));
        }
        let following = scene.get(person.as_str()).await?["following"].as_str().map(str::to_owned);
        let Some(following) = following else {
            scene.holds("person-beh-accept/1.1", false, "a collection of whom the person follows", "none is named");
            return unfollowed(scene, &tracker, &follow).await;
        };
        let (listed, found) = scene.they_see(&following, |item| names(item, tracker.as_str())).await?;
        scene.holds("person-beh-accept/1.1", listed, &format!("{tracker} among whom the person follows"), &found);
        unfollowed(scene, &tracker, &follow).await
    })
}

async fn unfollowed(scene: &mut Scene, tracker: &ActorId, follow: &ActId) -> Ended {
    let please = format!("follow {tracker} no longer");
    let activity = posts::unfollow(tracker, follow);
    they(scene, Said { key: "wire/unfollow-sent", please, activity, to: tracker, answered: false }).await.map(drop)
}
