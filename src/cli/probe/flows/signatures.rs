//! Signatures: a `Follow` that is not signed as it should be comes to nothing, however it is spoilt; one that is, is taken. The
//! spoilt ones come first, from somebody who does not follow yet, so that any effect is theirs.

use super::{Flow, Playing};
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::RESOURCES;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told, told_of};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["SIG"], title: "signatures of deliveries", kinds: &[""], play };

/// The ways of a bad signature, each with what it decides.
const WAYS: [(&str, Spoil); 4] = [
    ("wire/signature-missing", Spoil::Unsigned),
    ("wire/signature-digest", Spoil::OtherBody),
    ("wire/signature-key", Spoil::OtherKey),
    ("wire/signature-stale", Spoil::Stale),
];

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let kind = RESOURCES.iter().chain(&["Person"]).find(|kind| scene.peer.actors.contains_key(*kind));
        let whom = scene.about(kind.unwrap_or(&"TicketTracker"))?;
        for (key, spoil) in WAYS {
            comes_to_nothing(scene, key, &whom, spoil).await?;
        }
        in_anothers_name(scene, &whom).await?;
        taken(scene, &whom).await
    })
}

async fn comes_to_nothing(scene: &mut Scene, key: &str, whom: &ActorId, spoil: Spoil) -> Ended {
    let sent = scene.sends(Who::Cleo, posts::follow(whom), whom, spoil).await?;
    let refused = scene.refused(&sent, whom).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds(key, refused.is_ok(), "a refusal (401 or 403), or at least nothing that comes of it", &found);
    Ok(())
}

/// Ben signs, and says that it is cleo who follows.
async fn in_anothers_name(scene: &mut Scene, whom: &ActorId) -> Ended {
    let mut follow = posts::follow(whom);
    let cleo = scene.home.id(Who::Cleo).clone();
    follow["actor"] = cleo.as_str().into();
    follow["id"] = format!("{cleo}/outbox/probe-{}", &crate::node::clock::secret()[..16]).into();
    let sent = scene.sends(Who::Ben, follow, whom, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, whom).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("wire/signature-actor", refused.is_ok(), "a refusal: the signer is not the actor", &found);
    Ok(())
}

/// What is signed well is taken; the same act once more is not acted on twice. In the end cleo follows no more.
async fn taken(scene: &mut Scene, whom: &ActorId) -> Ended {
    let follow = posts::follow(whom);
    let sent = scene.sends(Who::Cleo, follow.clone(), whom, Spoil::Nothing).await?;
    let answer = scene.answer(&sent.id, whom).await;
    let good = sent.status < 300 && is_a(&answer, "Accept");
    let found = format!("{} {}, then {}", sent.status, told(&sent.said), told_of(&answer));
    scene.holds("wire/signature-good", good, "2xx, then an Accept whose signature verifies", &found);
    if !good {
        return Err(Stop("no delivery that is signed as draft-cavage asks was taken".into()));
    }
    let undo = serde_json::json!({"type": "Undo", "to": [whom], "object": sent.id});
    let undo = scene.sends(Who::Cleo, undo, whom, Spoil::Nothing).await?;
    let ended = scene.answer(&undo.id, whom).await;
    if !is_a(&ended, "Accept") {
        return Err(Stop(format!("the Undo of the Follow was not accepted: {}", told_of(&ended))));
    }
    let mut again = follow;
    again["id"] = sent.id.as_str().into();
    let before = scene.home.arrivals.count();
    scene.sends(Who::Cleo, again, whom, Spoil::Nothing).await?;
    let followers = scene.get(whom.as_str()).await?["followers"].as_str().map(str::to_owned);
    let followers = followers.ok_or_else(|| Stop(format!("{whom} names no followers")))?;
    let cleo = scene.home.id(Who::Cleo).clone();
    // The recorded answer may be sent again; what counts is that nobody follows by it.
    let (quiet, arrivals) = (scene.quiet, scene.home.arrivals.clone());
    arrivals
        .wait(before, quiet, &|arrived| crate::cli::probe::scene::is_answer(&arrived.activity, &sent.id, whom))
        .await;
    let listed = scene.collection(&followers).await?;
    let found = listed.told();
    scene.holds("wire/repeated", !listed.lists(cleo.as_str()), "an act that came before is not acted on again", &found);
    Ok(())
}
