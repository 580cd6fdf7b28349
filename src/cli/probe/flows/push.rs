//! FL-11: the peer's person pushes a commit to a repository that ann follows, and she is told.

use super::{Flow, Playing};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-11"], title: "be told of a push", kinds: &["Repository"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let repository = scene.about("Repository")?;
        let follow = scene.says(Who::Ann, &posts::follow(&repository)).await?;
        let answer = scene.answer(&follow, &repository).await;
        if !is_a(&answer, "Accept") {
            return Err(Stop(format!("ann could not follow the repository: {}", told_of(&answer))));
        }
        let played = pushed(scene, &repository).await;
        let undo = scene.says(Who::Ann, &posts::unfollow(&repository, &follow)).await?;
        scene.answer(&undo, &repository).await;
        played
    })
}

async fn pushed(scene: &mut Scene, repository: &ActorId) -> Ended {
    let is_push = |activity: &Value| has_type(activity, "Push") && names(&activity["actor"], repository.as_str());
    let after = scene.home.arrivals.count();
    let head = match &scene.peer.client {
        Some(_) => Some(push(scene, repository).await?),
        None => {
            scene.they_say(&format!("push a commit to {repository}"), &Value::Null, is_push).await?;
            None
        }
    };
    let patience = scene.patience;
    let came = scene.home.arrivals.wait(after, patience, &|arrived| is_push(&arrived.activity)).await;
    let pusher = scene.peer.actors.get("Person").cloned();
    let good = came.as_ref().is_some_and(|came| {
        let push = &came.activity;
        let by = pusher.as_ref().is_none_or(|pusher| names(&push["attributedTo"], pusher.as_str()));
        let hash = head.as_deref().is_none_or(|head| push["hashAfter"] == head);
        by && hash && push["hashAfter"].is_string()
    });
    let expected = format!(
        "a Push: actor {repository}, attributedTo {}, hashAfter {}",
        pusher.as_ref().map_or("who pushed", |pusher| pusher.as_str()),
        head.as_deref().unwrap_or("the commit")
    );
    scene.holds("flow/push-told", is_a(&came, "Push") && good, &expected, &told_of(&came));
    let commits = came.map(|came| came.activity["object"].clone()).unwrap_or_default();
    let items = commits["orderedItems"].as_array().or_else(|| commits["items"].as_array());
    let lists = items.is_some_and(|items| {
        items.iter().any(|item| head.as_deref().is_none_or(|head| item["hash"] == head) && has_type(item, "Commit"))
    });
    let expected = "object: a collection of the commits, each of type Commit with its hash";
    scene.holds("flow/push-commits", lists, expected, &crate::cli::probe::scene::told(&commits));
    Ok(())
}

/// Pushes a commit: its hash.
async fn push(scene: &mut Scene, repository: &ActorId) -> Result<String, Stop> {
    let work = Work::of_the_peer(scene, repository).await?;
    let head = work.commit("pushed.md", "Pushed by the probe.\n")?;
    work.push(MAIN)?;
    Ok(head)
}
