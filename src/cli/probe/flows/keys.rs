//! FL-12: ann adds an SSH key and drops it again, and the peer, where its person follows her, goes by what she has now. From the other side:
//! the peer's person does the same by whatever way the server has, since no client can say it, and ann, who follows the person, is told.

use super::push_by_grant::{behind, uri};
use super::they_act::{Said, they};
use super::{Flow, props};
use crate::cli::demo::client::names;
use crate::cli::limits::LOOK_MS;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use crate::cli::probe::statement::NOTHING;
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actors::client as posts;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Ann's keys.
pub const FLOW: Flow = Flow {
    ids: &["FL-12"],
    title: "push with a key that is new, and with one that is gone",
    kinds: &["Repository"],
    play: |scene| Box::pin(ours(scene)),
};

/// Those of the peer's person.
pub const THEIRS: Flow = Flow {
    ids: &["FL-12b"],
    title: "be told of the SSH keys of the peer's person",
    kinds: &["Person"],
    play: |scene| Box::pin(theirs(scene)),
};

/// The branch that is pushed.
const BRANCH: &str = "probed-by-new-key";

async fn ours(scene: &mut Scene) -> Ended {
    let repository = scene.about("Repository")?;
    let uri = uri(scene, &repository).await?;
    let write = props::member(scene, &repository, Who::Ann, "write").await?;
    let ann = scene.home.id(Who::Ann).clone();
    // Notices go to followers.
    let (please, activity) = (format!("follow {ann}"), posts::follow(&ann));
    let (follow, _) = they(scene, Said { key: NOTHING, please, activity, to: &ann, answered: true }).await?;
    scene.about("Repository")?;
    let work = Work::of_the_peer(scene, &repository).await?;
    work.begun()?;
    work.branch(BRANCH, MAIN)?;
    let uri = behind(&uri, &write);
    // The peer has read ann's keys once, before there is a new one.
    let old = scene.home.ssh_key(Who::Ann).await?;
    pushes(scene, &work, (&uri, &old), true).await?.map_err(Stop)?;
    let new = scene.home.folder().join("ssh-ann-new");
    let fingerprint = scene.home.add_key(Who::Ann, &new).await?;
    let taken = pushes(scene, &work, (&uri, &new), true).await?;
    let expected = "a push with a key that ann has added, and said so by a Create";
    scene.holds("flow/key-added", taken.is_ok(), expected, &taken.err().unwrap_or_default());
    scene.home.drop_key(Who::Ann, fingerprint).await?;
    let refused = pushes(scene, &work, (&uri, &new), false).await?;
    let expected = "no push with a key that ann has dropped, and said so by a Delete";
    scene.holds("flow/key-dropped", refused.is_ok(), expected, &refused.err().unwrap_or_default());
    let (please, activity) = (format!("follow {ann} no longer"), posts::unfollow(&ann, &follow));
    they(scene, Said { key: NOTHING, please, activity, to: &ann, answered: false }).await.map(drop)
}

/// Pushes until it is taken, or until it is not: what was found if it never came to that.
async fn pushes(
    scene: &mut Scene,
    work: &Work,
    (uri, key): (&str, &Path),
    wanted: bool,
) -> Result<Result<(), String>, Stop> {
    let until = Instant::now() + scene.patience;
    for number in 0.. {
        // Each another commit: one that is there already would not have to be taken.
        let name = key.file_name().unwrap_or_default().display();
        work.commit("keyed.md", &format!("Push {number} with {name}, taken: {wanted}.\n"))?;
        let pushed = work.push_by_ssh(uri, key, BRANCH);
        if pushed.is_ok() == wanted {
            break;
        }
        if Instant::now() > until {
            return Ok(Err(pushed.err().map_or_else(|| "git says that it was done".to_owned(), |why| why.0)));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
    Ok(Ok(()))
}

async fn theirs(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let follow = scene.says(Who::Ann, &posts::follow(&person)).await?;
    let answer = scene.answer(&follow, &person).await;
    if !is_a(&answer, "Accept") {
        return Err(Stop(format!("ann could not follow the person: {}", told_of(&answer))));
    }
    let played = told_of_keys(scene).await;
    let undo = scene.says(Who::Ann, &posts::unfollow(&person, &follow)).await?;
    scene.answer(&undo, &person).await;
    played
}

async fn told_of_keys(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let by = |activity: &Value, kind: &str| has_type(activity, kind) && names(&activity["actor"], person.as_str());
    let is_new = |activity: &Value| by(activity, "Create") && has_type(&activity["object"], "SshPublicKey");
    let create = scene.they_do(&format!("as {person}, add an SSH key (a server may tell of it)"), is_new).await?;
    let came = scene.arrives(|activity| activity["id"] == create.as_str()).await;
    let key = came.as_ref().map(|came| came.activity["object"].clone()).unwrap_or_default();
    let whole = key["content"].is_string() && names(&key["attributedTo"], person.as_str());
    let expected = format!("a Create of an SshPublicKey, attributedTo {person}, with its content");
    scene.holds("wire/key-told", is_a(&came, "Create") && whole, &expected, &told(&key));
    let id = address_of(&key).map(str::to_owned);
    let id = id.ok_or_else(|| Stop("the key has no address".into()))?;
    let is_gone = |activity: &Value| by(activity, "Delete") && names(&activity["object"], &id);
    let delete = scene.they_do(&format!("as {person}, remove that SSH key again"), is_gone).await?;
    let came = scene.arrives(|activity| activity["id"] == delete.as_str()).await;
    scene.holds("wire/key-gone-told", is_a(&came, "Delete"), &format!("a Delete of {id}"), &told_of(&came));
    Ok(())
}
