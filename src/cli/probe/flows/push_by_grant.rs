//! FL-10: ann, who has the role write on a repository of the peer's, pushes to it with her SSH key and her Grant behind its address. Nobody
//! gave the peer her key: her own document lists it.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use crate::cli::probe::work::Work;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;
use std::path::Path;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-10"], title: "push with a Grant behind the address", kinds: &["Repository"], play };

/// The branch that is pushed.
const BRANCH: &str = "probed-by-grant";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let repository = scene.about("Repository")?;
        let uri = uri(scene, &repository).await?;
        let write = props::member(scene, &repository, Who::Ann, "write").await?;
        let keys = [scene.home.ssh_key(Who::Ann).await?, scene.home.ssh_key(Who::Cleo).await?];
        let work = Work::of_the_peer(scene, &repository).await?;
        work.begun()?;
        let commit = work.commit("granted.md", "Pushed by a Grant.\n")?;
        let with = |grant: &ActId| behind(&uri, grant);
        let elsewhere = scene.home.owned("Repository").await?.grant;
        let [anns, cleos] = &keys;
        refused(scene, "flow/push-key", &work, (&with(&write), cleos), "the key is not of who has the Grant")?;
        refused(scene, "flow/push-grant", &work, (&with(&elsewhere), anns), "the Grant is for something else")?;
        let follow = scene.says(Who::Ann, &posts::follow(&repository)).await?;
        scene.answer(&follow, &repository).await;
        let pushed = pushed(scene, &repository, &work, (&with(&write), anns), &commit).await;
        let undo = scene.says(Who::Ann, &posts::unfollow(&repository, &follow)).await?;
        scene.answer(&undo, &repository).await;
        pushed
    })
}

/// The address of SSH by which the repository is pushed to.
pub async fn uri(scene: &mut Scene, repository: &ActorId) -> Result<String, Stop> {
    let shown = scene.get(repository.as_str()).await?;
    let all = shown["pushUri"].as_array().cloned().unwrap_or_else(|| vec![shown["pushUri"].clone()]);
    let uri = all.iter().filter_map(Value::as_str).find(|uri| uri.starts_with("ssh://")).map(str::to_owned);
    uri.ok_or_else(|| Stop(format!("{repository} names no pushUri of ssh")))
}

/// The same with a Grant behind it.
pub fn behind(uri: &str, grant: &ActId) -> String {
    format!("{}/{}", uri.trim_end_matches('/'), URL_SAFE_NO_PAD.encode(grant.as_str()))
}

fn refused(scene: &mut Scene, key: &str, work: &Work, (uri, with): (&str, &Path), why: &str) -> Ended {
    let pushed = work.push_by_ssh(uri, with, BRANCH);
    let at = work.at(BRANCH)?;
    let held = pushed.is_err() && at.is_empty();
    let found = if at.is_empty() { "git says that it was done".to_owned() } else { format!("{BRANCH} is at {at}") };
    scene.holds(key, held, &format!("no push: {why}"), &found);
    Ok(())
}

async fn pushed(
    scene: &mut Scene,
    repository: &ActorId,
    work: &Work,
    (uri, key): (&str, &Path),
    commit: &str,
) -> Ended {
    let since = scene.home.arrivals.count();
    let pushed = work.push_by_ssh(uri, key, BRANCH);
    let at = work.at(BRANCH)?;
    let found = pushed.err().map_or_else(|| format!("{BRANCH} is at {at:?}"), |why| why.0);
    scene.holds("flow/push-granted", at == commit, &format!("{BRANCH} at {commit}"), &found);
    let is_push = |activity: &Value| has_type(activity, "Push") && names(&activity["actor"], repository.as_str());
    let came = scene.arrives_since(since, is_push).await;
    let ann = scene.home.id(Who::Ann).clone();
    let good = came.as_ref().is_some_and(|came| {
        names(&came.activity["attributedTo"], ann.as_str()) && came.activity["hashAfter"] == commit
    });
    let expected = format!("a Push: actor {repository}, attributedTo {ann}, hashAfter {commit}");
    scene.holds("flow/push-by-far", is_a(&came, "Push") && good, &expected, &told_of(&came));
    Ok(())
}
