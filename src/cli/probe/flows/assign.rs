//! FL-16 and FL-18: ann takes a ticket and gives it back. FL-17 and FL-19: she gives it to cleo and takes it from her, each with
//! cleo's consent; when it is given, ben cannot give it for her.

use super::{Flow, Playing, props};
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, is_answer, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-16", "FL-17", "FL-18", "FL-19"],
    title: "assign a ticket and take it back",
    kinds: &["TicketTracker"],
    play,
};

/// Where it is played.
struct At {
    tracker: ActorId,
    ticket: String,
    assignments: String,
    triage: ActId,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let ticket = props::the_ticket(scene, &tracker).await?;
        let triage = props::member(scene, &tracker, Who::Ann, "triage").await?;
        let assignments = scene.get(&ticket).await?["assignments"].as_str().map(str::to_owned);
        let assignments = assignments.ok_or_else(|| Stop("the ticket names no assignments".into()))?;
        let at = At { tracker, ticket, assignments, triage };
        refused(scene, &at).await?;
        oneself(scene, &at).await?;
        given(scene, &at).await?;
        taken(scene, &at).await
    })
}

async fn refused(scene: &mut Scene, at: &At) -> Ended {
    let ben = scene.home.id(Who::Ben).clone();
    let act = scene.says(Who::Ben, &posts::assign(&at.tracker, &at.ticket, &ben, None)).await?;
    let refused = scene.not_accepted(&act, &at.tracker).await;
    let found = scene.collection(&at.assignments).await?;
    let held = refused.is_ok() && !found.lists(ben.as_str());
    let expected = "no Accept, and nobody assigned: who asks has no Grant";
    scene.holds("Assign/authority", held, expected, &refused.err().unwrap_or_else(|| found.told()));
    let nowhere = format!("{}/pritchel-probe-no-ticket", scene.peer.base);
    let ann = scene.home.id(Who::Ann).clone();
    let act = scene.says(Who::Ann, &posts::assign(&at.tracker, &nowhere, &ann, Some(&at.triage))).await?;
    let refused = scene.not_accepted(&act, &at.tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("Assign/no-such-ticket", refused.is_ok(), "no Accept of an Assign to no ticket", &found);
    Ok(())
}

async fn oneself(scene: &mut Scene, at: &At) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let act = scene.says(Who::Ann, &posts::assign(&at.tracker, &at.ticket, &ann, Some(&at.triage))).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    let good = is_a(&answer, "Accept") && has_result(&answer.as_ref().map(|answer| &answer.activity));
    scene.holds("Assign:answers", good, "an Accept with the relationship as result", &told_of(&answer));
    let (listed, found) = scene.collects(&at.assignments, |found| found.lists(ann.as_str())).await?;
    scene.holds("Assign:listed", listed, &format!("{ann} among the assignments"), &found.told());
    if !listed {
        return Err(Stop("the Assign came to nothing".into()));
    }
    let undo = posts::unassign(&at.tracker, &at.ticket, &ann, Some(&at.triage));
    let act = scene.says(Who::Ann, &undo).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    scene.holds("tt-beh-undo/3.1.3", is_a(&answer, "Accept"), "an Accept whose object is the Undo", &told_of(&answer));
    let (gone, found) = scene.collects(&at.assignments, |found| !found.lists(ann.as_str())).await?;
    scene.holds("tt-beh-undo/3.1.2", gone, &format!("{ann} no longer among the assignments"), &found.told());
    Ok(())
}

async fn given(scene: &mut Scene, at: &At) -> Ended {
    let (ben, cleo) = (scene.home.id(Who::Ben).clone(), scene.home.id(Who::Cleo).clone());
    let act = scene.says(Who::Ann, &posts::assign(&at.tracker, &at.ticket, &cleo, Some(&at.triage))).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    let first = answer.as_ref().filter(|answer| !has_result(&Some(&answer.activity)));
    let good = is_a(&answer, "Accept") && first.is_some();
    scene.holds(
        "tt-beh-assign/4.1",
        good,
        "an Accept without result, which asks for cleo's consent",
        &told_of(&answer),
    );
    scene.sends(Who::Ben, posts::accept(&act, &[&at.tracker]), &at.tracker, Spoil::Nothing).await?;
    let with_result = |activity: &Value| {
        is_answer(activity, &act, &at.tracker) && has_type(activity, "Accept") && has_result(&Some(activity))
    };
    let early = scene.comes_anyway(with_result).await;
    let found = scene.collection(&at.assignments).await?;
    let nobody = early.is_none() && !found.lists(ben.as_str()) && !found.lists(cleo.as_str());
    let expected = "nobody assigned while only somebody else has agreed";
    scene.holds("tt-beh-accept/7.3.2.1", nobody, expected, &found.told());
    scene.says(Who::Cleo, &posts::accept(&act, &[&at.tracker])).await?;
    let (listed, found) = scene.collects(&at.assignments, |found| found.lists(cleo.as_str())).await?;
    scene.holds("tt-beh-accept/7.2.1", listed, &format!("{cleo} among the assignments"), &found.told());
    let answer = scene.arrives(with_result).await;
    scene.holds(
        "tt-beh-accept/7.2.2",
        is_a(&answer, "Accept"),
        "an Accept with the relationship as result",
        &told_of(&answer),
    );
    if listed { Ok(()) } else { Err(Stop("the Assign came to nothing".into())) }
}

async fn taken(scene: &mut Scene, at: &At) -> Ended {
    let cleo = scene.home.id(Who::Cleo).clone();
    let undo = posts::unassign(&at.tracker, &at.ticket, &cleo, None);
    let act = scene.says(Who::Ben, &undo).await?;
    let refused = scene.not_accepted(&act, &at.tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("tt-beh-undo/3.2.1", refused.is_ok(), "no Accept: who asks has no Grant", &found);
    let undo = posts::unassign(&at.tracker, &at.ticket, &cleo, Some(&at.triage));
    let act = scene.says(Who::Ann, &undo).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    let first = answer.as_ref().and_then(|answer| answer.activity["id"].as_str()).map(str::to_owned);
    scene.holds(
        "tt-beh-undo/3.2.2",
        is_a(&answer, "Accept"),
        "an Accept, which asks for cleo's consent",
        &told_of(&answer),
    );
    // The probe's own server consents for cleo by itself: nobody is held to what was taken from them.
    let again =
        |activity: &Value| is_answer(activity, &act, &at.tracker) && activity["id"].as_str() != first.as_deref();
    let (gone, found) = scene.collects(&at.assignments, |found| !found.lists(cleo.as_str())).await?;
    scene.holds("tt-beh-accept/8.3", gone, &format!("{cleo} no longer among the assignments"), &found.told());
    let answer = scene.arrives(again).await;
    scene.holds(
        "tt-beh-accept/8.4",
        is_a(&answer, "Accept"),
        "a second Accept, which says that it is done",
        &told_of(&answer),
    );
    Ok(())
}

fn has_result(activity: &Option<&Value>) -> bool {
    activity.is_some_and(|activity| address_of(&activity["result"]).is_some() || activity["result"].is_object())
}
