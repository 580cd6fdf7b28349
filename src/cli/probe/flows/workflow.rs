//! FL-66 to FL-69: ann, who has the role maintain on a workflow of the peer's, makes an enumeration, gives it a value and takes that
//! away, makes a field, and deletes both; ben tries each without a Grant.

use super::{Flow, Playing, props};
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-66", "FL-67", "FL-68", "FL-69"],
    title: "make enumerations and fields of a workflow",
    kinds: &["Workflow"],
    play,
};

/// Where it is played.
struct At {
    workflow: ActorId,
    maintain: ActId,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let workflow = scene.about("Workflow")?;
        let maintain = props::member(scene, &workflow, Who::Ann, "maintain").await?;
        let at = At { workflow, maintain };
        let values = [("Now", None), ("Soon", None)];
        let offer = posts::make_enum(&at.workflow, ("Probed", ""), true, &values, &at.maintain);
        let enumeration = made(scene, &at, "MakeEnum", offer, "Probed").await?;
        let of_values = valued(scene, &at, &enumeration).await;
        let offer = posts::make_field(&at.workflow, ("Probed text", "", None), "fieldTypeText", None, &at.maintain);
        let field = made(scene, &at, "MakeField", offer, "Probed text").await?;
        deleted(scene, &at, "DeleteField", &field).await?;
        deleted(scene, &at, "DeleteEnum", &enumeration).await?;
        of_values
    })
}

/// Offers something: its address.
async fn made(scene: &mut Scene, at: &At, method: &str, offer: Value, name: &str) -> Result<String, Stop> {
    let bare = props::without_capability(offer.clone());
    let key = format!("{method}/authority");
    scene.asks_in_vain(&key, Who::Ben, &bare, &at.workflow, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &offer).await?;
    let answer = scene.answer(&act, &at.workflow).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let good = is_a(&answer, "Accept") && result.is_some();
    scene.holds(&format!("{method}:answers"), good, "an Accept with what was made as result", &told_of(&answer));
    let made = result.ok_or_else(|| Stop(format!("no address came of the Offer of {name}")))?;
    let (is, found) = scene.shows(&made, |shown| shown["name"] == name).await?;
    let found = crate::cli::probe::scene::told(&found);
    scene.holds(&format!("{method}:keeps"), is, &format!("the name {name:?} at {made}"), &found);
    Ok(made)
}

/// A value is added and taken away.
async fn valued(scene: &mut Scene, at: &At, enumeration: &str) -> Ended {
    let shown = scene.get(enumeration).await?;
    let values = address_of(&shown["enumValues"]).map(str::to_owned);
    let values = values.ok_or_else(|| Stop("the enumeration does not say where its values are (enumValues)".into()))?;
    // They stand in the enumeration itself, or at an address of their own.
    let place = if shown["enumValues"].is_string() { values.clone() } else { enumeration.to_owned() };
    let lists = |shown: &Value| shown.to_string().contains(r#""Later""#);
    let mut add = posts::add_value(&at.workflow, enumeration, ("Later", "", None), &at.maintain);
    add["target"] = values.as_str().into();
    let keys = ["AddValue/authority", "AddValue:answers", "AddValue:keeps"];
    let asked = props::Asked { of: &at.workflow, keys, activity: add, place: &place };
    let answer = props::granted(scene, asked, lists).await?;
    let value = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let value = value.ok_or_else(|| Stop("the new value has no address".into()))?;

    let remove = |value: &str| {
        let mut remove = posts::remove_value(&at.workflow, enumeration, value, &at.maintain);
        remove["origin"] = values.as_str().into();
        remove
    };
    let nothing = remove(&format!("{}/pritchel-probe-no-value", scene.peer.base));
    scene.asks_in_vain("RemoveValue/no-such-value", Who::Ann, &nothing, &at.workflow, "it is no value").await?;
    let keys = ["RemoveValue/authority", "RemoveValue:answers", "RemoveValue:keeps"];
    let asked = props::Asked { of: &at.workflow, keys, activity: remove(&value), place: &place };
    props::granted(scene, asked, |shown| !lists(shown)).await.map(drop)
}

async fn deleted(scene: &mut Scene, at: &At, method: &str, part: &str) -> Ended {
    let delete = posts::delete_part(&at.workflow, part, &at.maintain);
    let bare = props::without_capability(delete.clone());
    let key = format!("{method}/authority");
    scene.asks_in_vain(&key, Who::Ben, &bare, &at.workflow, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &delete).await?;
    let answer = scene.answer(&act, &at.workflow).await;
    let key = format!("{method}:answers");
    scene.holds(&key, is_a(&answer, "Accept"), "an Accept whose object is the Delete", &told_of(&answer));
    let (gone, status) = scene.is_gone(part).await?;
    scene.holds(&format!("{method}:ends"), gone, "404 or 410", &format!("{status} at {part}"));
    Ok(())
}
