//! Pushes, with the roles changed. FL-10: the peer's person pushes to a repository of the probe by a Grant, with an SSH key that the person's document
//! lists. FL-11: the peer's person is told of a push to one. FL-24: a push to a branch of the peer's makes a version on a tracker of the probe.

use super::proposal::version_after;
use super::push_by_grant::{behind, uri};
use super::they_act::{Said, let_in, they};
use super::they_merge::ground;
use super::{Flow, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop};
use crate::cli::probe::statement::NOTHING;
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actors::client as posts;
use pritchel_actors::tie::TieKind;

/// By a Grant.
pub const GRANT: Flow = Flow {
    ids: &["FL-10b"],
    title: "the peer's person pushes to a repository of ours with a Grant behind the address",
    kinds: &["Person"],
    play: |scene| Box::pin(granted(scene)),
};

/// Told of one.
pub const TOLD: Flow = Flow {
    ids: &["FL-11b"],
    title: "the peer's person is told of a push to a repository of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(told(scene)),
};

/// A version made by one.
pub const VERSION: Flow = Flow {
    ids: &["FL-24b"],
    title: "a push to the peer's repository makes a version on a tracker of ours",
    kinds: &["Repository"],
    play: |scene| Box::pin(versioned(scene)),
};

/// What is worked on for each.
const GRANTED: &str = "probed-by-them";
const TOLD_OF: &str = "probed-to-be-told";
const OFFERED: &str = "probed-offered-to-ours";

async fn granted(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let key = scene.peer.ssh_key.clone();
    let key = key.ok_or_else(|| Stop("only who has the private half of a key pushes by it: --ssh-key".into()))?;
    let repository = scene.home.owned("Repository").await?;
    let write = let_in(scene, &repository, "write").await?;
    if write.as_str().is_empty() {
        return Err(Stop("the Grant came to the peer's person, whose client alone can show it: --token".into()));
    }
    let uri = behind(&uri(scene, &repository.id).await?, &write);
    let work = Work::of_ours(scene, &repository.id).await?;
    work.begun()?;
    work.branch(GRANTED, MAIN)?;
    let commit = work.commit("theirs.md", "Pushed by the other side.\n")?;
    let pushed = work.push_by_ssh(&uri, &key, GRANTED);
    let at = work.at(GRANTED)?;
    let found = pushed.err().map_or_else(|| format!("{GRANTED} is at {at:?}"), |why| why.0);
    let expected = format!("a push with that key, which the document of {person} lists as sshKey");
    scene.holds("wire/key-shown", at == commit, &expected, &found);
    Ok(())
}

async fn told(scene: &mut Scene) -> Ended {
    let repository = scene.home.owned("Repository").await?.id;
    if scene.peer.client.is_none() {
        return Err(Stop("what comes to the peer's person is seen by the person's client alone: --token".into()));
    }
    let please = format!("follow {repository}");
    let activity = posts::follow(&repository);
    let (follow, _) = they(scene, Said { key: NOTHING, please, activity, to: &repository, answered: true }).await?;
    let work = Work::of_ours(scene, &repository).await?;
    work.begun()?;
    work.branch(TOLD_OF, MAIN)?;
    let commit = work.commit("told.md", "Pushed to be told of.\n")?;
    work.push(TOLD_OF)?;
    let is_it = |activity: &serde_json::Value| {
        has_type(activity, "Push")
            && names(&activity["actor"], repository.as_str())
            && activity["hashAfter"] == commit.as_str()
    };
    let person = scene.about("Person")?;
    let Some(client) = &scene.peer.client else { return Ok(()) };
    let came = client.receives("the Push", is_it).await;
    let found = came.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let expected = format!("the Push of {repository}, hashAfter {commit}, in the inbox of {person}, who follows it");
    scene.holds("wire/push-taken", came.is_ok(), &expected, &found);
    let please = format!("follow {repository} no longer");
    let activity = posts::unfollow(&repository, &follow);
    they(scene, Said { key: NOTHING, please, activity, to: &repository, answered: false }).await.map(drop)
}

async fn versioned(scene: &mut Scene) -> Ended {
    let theirs = scene.about("Repository")?;
    let person = scene.about("Person")?;
    // First what the peer has: what is pushed to ours goes on from there.
    let at_theirs = Work::of_the_peer(scene, &theirs).await?;
    at_theirs.begun()?;
    let (ours, tracker, _) = ground(scene, TieKind::Patches, "PatchTracker").await?;
    at_theirs.branch(OFFERED, MAIN)?;
    at_theirs.commit("jug.md", "of clay\n")?;
    at_theirs.push(OFFERED)?;
    let to = &tracker.id;
    let branches = [(&theirs, OFFERED), (&ours.id, MAIN)];
    let offer = posts::open_merge_request(&person, to, "A jug", "x", branches, None);
    let please = format!("offer the branch {OFFERED} of {theirs} for {MAIN} of {} to {to}", ours.id);
    let activity = props::addressed(offer, to);
    let (_, request) = they(scene, Said { key: NOTHING, please, activity, to, answered: true }).await?;
    let request = request.ok_or_else(|| Stop("the merge request is told to a client: --token".into()))?;
    let first = version_after(scene, &request, None).await?;
    let first = first.map_err(|found| Stop(format!("our own tracker has no version of {request}: {found}")))?;
    at_theirs.commit("jug.md", "of tin\n")?;
    at_theirs.push(OFFERED)?;
    scene.about("Repository")?;
    let next = version_after(scene, &request, Some(&first)).await?;
    let expected = format!("a Push of {theirs} at {to}, which follows it and has a new version of {request} then");
    scene.holds("wire/push-to-tracker", next.is_ok(), &expected, &next.err().unwrap_or_default());
    // It is ann who closes it: nothing more comes of later pushes.
    let close = posts::close(to, &request, Some(&tracker.grant));
    scene.home.client(Who::Ann).post(&props::addressed(close, to)).await?;
    Ok(())
}
