//! FL-08 and FL-09: ann gives a repository and a project a star, tries it twice, and takes it back twice.

use super::{Flow, Playing};
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use serde_json::json;

/// What can be given one.
const KINDS: &[&str] = &["Repository", "Project"];

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-08", "FL-09"], title: "give and take back a star", kinds: KINDS, play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        for kind in KINDS {
            let ended = match scene.about(kind) {
                Ok(what) => starred(scene, &what).await,
                Err(stop) => Err(stop),
            };
            scene.ended(kind, ended);
        }
        Ok(())
    })
}

async fn starred(scene: &mut Scene, what: &ActorId) -> Ended {
    let likes = scene.get(what.as_str()).await?["likes"].as_str().map(str::to_owned);
    let likes = likes.ok_or_else(|| Stop(format!("{what} names no likes")))?;
    let before = stars(scene, &likes).await?;
    let counted = |scene: &Scene, how: &str| format!("{how}, {before} before at {likes}: {}", scene.peer.base);

    let like = scene.says(Who::Ann, &posts::like(what)).await?;
    let found = reaches(scene, &likes, before + 1).await?;
    scene.holds("Like:listed", found == before + 1, &counted(scene, "one star more"), &found.to_string());
    if found != before + 1 {
        return Err(Stop("the Like came to nothing".into()));
    }
    let sent = scene.sends(Who::Ann, posts::like(what), what, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, what).await;
    let found = stars(scene, &likes).await?;
    let held = refused.is_ok() && found == before + 1;
    let told = refused.err().unwrap_or_else(|| found.to_string());
    scene.holds("Like/already-liked", held, &counted(scene, "still one star more"), &told);

    let unlike = posts::unlike(what, &like);
    scene.says(Who::Ann, &unlike).await?;
    let found = reaches(scene, &likes, before).await?;
    scene.holds("Unlike:ends", found == before, &counted(scene, "as many stars"), &found.to_string());
    let ann = scene.home.id(Who::Ann).clone();
    let again = json!({"type": "Undo", "to": [what], "object": {"type": "Like", "actor": ann, "object": what}});
    let sent = scene.sends(Who::Ann, again, what, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, what).await;
    let found = stars(scene, &likes).await?;
    let held = refused.is_ok() && found == before;
    let told = refused.err().unwrap_or_else(|| found.to_string());
    scene.holds("Unlike/not-liked", held, &counted(scene, "as many stars"), &told);
    Ok(())
}

async fn stars(scene: &mut Scene, likes: &str) -> Result<u64, Stop> {
    let found = scene.collection(likes).await?;
    Ok(found.total.unwrap_or(found.items.len() as u64))
}

/// Waits for so many stars: how many there were last.
async fn reaches(scene: &mut Scene, likes: &str, wanted: u64) -> Result<u64, Stop> {
    let (_, found) = scene.collects(likes, |found| found.total.unwrap_or(found.items.len() as u64) == wanted).await?;
    Ok(found.total.unwrap_or(found.items.len() as u64))
}
