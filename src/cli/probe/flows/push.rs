//! FL-11: the peer's person pushes a commit to a repository that ann follows, and she is told.

use super::{Flow, Playing};
use crate::cli::demo::client::names;
use crate::cli::demo::repository::{generate, git};
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
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

/// Pushes a small history by git over HTTP, with the token as password: the last commit.
async fn push(scene: &mut Scene, repository: &ActorId) -> Result<String, Stop> {
    let shown = scene.get(repository.as_str()).await?;
    let uri = ["pushUri", "cloneUri"].iter().find_map(|term| {
        let found = &shown[*term];
        let all = found.as_array().cloned().unwrap_or_else(|| vec![found.clone()]);
        all.iter().filter_map(Value::as_str).find(|uri| uri.starts_with("http")).map(str::to_owned)
    });
    let uri = uri.ok_or_else(|| Stop(format!("{repository} names no pushUri of http")))?;
    let Some(client) = &scene.peer.client else { return Err(Stop("this needs --token".into())) };
    let me = client.get(client.id.as_str()).await?;
    let name = me["preferredUsername"].as_str().unwrap_or_default();
    let history = generate(scene.home.folder(), "")?;
    let remote = uri.replacen("://", &format!("://{name}:{}@", client.token), 1);
    let pushed = git(&history.path, &["push", "--quiet", &remote, "HEAD:refs/heads/main"]);
    // A token has no place in what is printed.
    pushed.map_err(|failure| Stop(failure.0.replace(&client.token, "…")))?;
    Ok(history.head)
}
