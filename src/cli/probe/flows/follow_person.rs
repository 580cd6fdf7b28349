//! FL-06 with a person: ben follows the peer's person, and ends it. Whether the person has to agree first is the person's own
//! choice, and then the `Accept` may take its time.

use super::{Flow, Playing};
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Scene, Stop, is_a, told_of};
use pritchel_actors::client as posts;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-06p"], title: "follow and unfollow a person", kinds: &["Person"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let person = scene.about("Person")?;
        let shown = scene.get(person.as_str()).await?;
        let ben = scene.home.id(Who::Ben).clone();
        let follow = scene.says(Who::Ben, &posts::follow(&person)).await?;
        let answer = scene.answer(&follow, &person).await;
        if answer.is_none() && shown["manuallyApprovesFollowers"] == true {
            return Err(Stop("the person approves followers by hand, and has not done so".into()));
        }
        let accepted = is_a(&answer, "Accept");
        scene.holds("person-beh-follow/4.2", accepted, "an Accept whose object is the Follow", &told_of(&answer));
        let followers = shown["followers"].as_str().ok_or_else(|| Stop(format!("{person} names no followers")))?;
        let before = scene.collection(followers).await?;
        // A person's followers are often not shown to everybody: then there is nothing to see.
        let visible = before.lists(ben.as_str());
        if visible {
            scene.holds("person-beh-follow/4.1", true, "", "");
        }
        let undo = scene.says(Who::Ben, &posts::unfollow(&person, &follow)).await?;
        let answer = scene.answer(&undo, &person).await;
        let ended = is_a(&answer, "Accept");
        scene.holds("person-beh-undo/1.3", ended, "an Accept whose object is the Undo", &told_of(&answer));
        if !visible {
            return Err(Stop("the person's followers are not shown".into()));
        }
        let (gone, found) = scene.collects(followers, |found| !found.lists(ben.as_str())).await?;
        scene.holds("person-beh-undo/1.2", gone, &format!("{ben} no longer among the followers"), &found.told());
        Ok(())
    })
}
