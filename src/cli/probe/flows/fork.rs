//! FL-03 and FL-05: the peer's person has copies made of a repository of the probe, one of which is kept as that is; then the other way
//! round.

use super::{Flow, Playing};
use crate::cli::demo::client::names;
use crate::cli::limits::LOOK_MS;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::{Who, make};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told, told_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-03", "FL-05", "FL-03b", "FL-05b"],
    title: "make copies of a repository, and mirrors",
    kinds: &["Factory", "Repository"],
    play,
};

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let theirs = they_copy(scene).await;
        we_copy(scene).await?;
        theirs
    })
}

/// The peer's factory makes a copy of ours, and a mirror.
async fn they_copy(scene: &mut Scene) -> Ended {
    let factory = scene.about("Factory")?;
    let grant = scene.their_grant(&factory)?;
    let ours = scene.home.owned("Repository").await?.id;
    let work = Work::of_ours(scene, &ours).await?;
    work.begun()?;
    let since = scene.home.arrivals.count();
    let fork = they_make(scene, &posts::fork(&factory, &ours, "Probed fork", "public", &grant)).await?;
    let is_told = |activity: &Value| {
        has_type(activity, "Accept")
            && names(&activity["actor"], factory.as_str())
            && names(&activity["result"], fork.as_str())
    };
    let came = scene.arrives_since(since, is_told).await;
    let expected = format!("the factory's Accept at {ours}, which is copied");
    scene.holds("flow/fork-told", is_a(&came, "Accept"), &expected, &told_of(&came));
    let (is, found) = scene.shows(fork.as_str(), |shown| names(&shown["origin"], ours.as_str())).await?;
    scene.holds("flow/fork-origin", is, &format!("the origin {ours}"), &told(&found));
    has(scene, "flow/fork-content", &work, &found).await?;

    let mirror = they_make(scene, &posts::mirror(&factory, &ours, "Probed mirror", "public", &grant)).await?;
    let (is, found) = scene.shows(mirror.as_str(), |shown| names(&shown["mirrors"], ours.as_str())).await?;
    scene.holds("flow/mirror-names", is, &format!("mirrors: {ours}"), &told(&found));
    has(scene, "flow/mirror-follows", &work, &found).await?;
    work.commit("mirrored.md", "Pushed to what is mirrored.\n")?;
    work.push(MAIN)?;
    has(scene, "flow/mirror-follows", &work, &found).await
}

async fn they_make(scene: &mut Scene, create: &Value) -> Result<ActorId, Stop> {
    let Some(client) = &scene.peer.client else {
        return Err(Stop("what is made is told to a client: --token".into()));
    };
    Ok(make(client, create).await?.id)
}

/// A copy comes to have what our repository has at `main`.
async fn has(scene: &mut Scene, key: &str, work: &Work, copy: &Value) -> Ended {
    let uri = match &copy["cloneUri"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).find(|uri| uri.starts_with("http")),
        one => one.as_str(),
    };
    let uri = uri.ok_or_else(|| Stop("the copy names no cloneUri of http".into()))?;
    let (wanted, until) = (work.at(MAIN)?, Instant::now() + scene.patience);
    loop {
        // Until the copy is made there may be nothing to ask.
        let found = work.at_of(uri, MAIN).unwrap_or_else(|why| why.0);
        if found == wanted || Instant::now() > until {
            scene.holds(key, found == wanted, &format!("{wanted} at {MAIN} of {uri}"), &found);
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

/// Our factory makes a copy of the peer's, and a mirror, which is deleted again.
async fn we_copy(scene: &mut Scene) -> Ended {
    let repository = scene.about("Repository")?;
    let factory = scene.home.owned("Factory").await?;
    let forks = scene.get(repository.as_str()).await?["forks"].as_str().map(str::to_owned);
    let forks = forks.ok_or_else(|| Stop("the repository names no forks".into()))?;
    forged(scene, &repository, &factory.id, &forks).await?;
    let create = posts::fork(&factory.id, &repository, "Fork", "public", &factory.grant);
    let fork = make(scene.home.client(Who::Ann), &create).await?;
    let (listed, found) = scene.collects(&forks, |found| found.lists(fork.id.as_str())).await?;
    scene.holds("repo-beh-accept/7.3", listed, &format!("{} in {forks}", fork.id), &found.told());
    let create = posts::mirror(&factory.id, &repository, "Mirror", "public", &factory.grant);
    let mirror = make(scene.home.client(Who::Ann), &create).await?;
    let (points, found) = scene.points_at(&repository, "mirroredBy", &mirror.id, true).await?;
    scene.holds("repo-beh-accept/7.4.2", points, &format!("{} as mirroredBy", mirror.id), &found);
    // The mirror has followed what it mirrors: whose last word it is can still be verified when its own address is gone.
    scene.says(Who::Ann, &told_to(posts::delete_resource(&mirror.id, &mirror.grant), &repository)).await?;
    let (gone, found) = scene.collects(&forks, |found| !found.lists(mirror.id.as_str())).await?;
    scene.holds("repo-beh-accept/8.2", gone, &format!("{} no longer in {forks}", mirror.id), &found.told());
    Ok(())
}

fn told_to(mut activity: Value, also: &ActorId) -> Value {
    if let Some(to) = activity["to"].as_array_mut() {
        to.push(also.as_str().into());
    }
    activity
}

/// Ben says that a factory was asked, and that it has made a copy; the factory says nothing.
async fn forged(scene: &mut Scene, repository: &ActorId, factory: &ActorId, forks: &str) -> Ended {
    let create = posts::fork(factory, repository, "Forged", "public", &ActId::new(""));
    let create = super::props::without_capability(create);
    let sent = scene.sends(Who::Ben, create, repository, Spoil::Nothing).await?;
    let made = scene.home.owned("TicketTracker").await?.id;
    let accept = json!({"type": "Accept", "to": [repository], "object": sent.id, "result": made});
    scene.sends(Who::Ben, accept, repository, Spoil::Nothing).await?;
    scene.comes_anyway(|_| false).await;
    let found = scene.collection(forks).await?;
    let expected = "nothing listed of what no factory has made";
    scene.holds("repo-beh-accept/7.1", !found.lists(made.as_str()), expected, &found.told());
    Ok(())
}
