//! FL-66 to FL-69 from the other side: the peer's person, who has the role maintain on a workflow of the probe, makes an enumeration, gives it a value and
//! takes that away, makes a field, and deletes both.

use super::Flow;
use super::they_act::{Said, let_in, they};
use crate::cli::probe::scene::{Ended, Scene, Stop};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-66b", "FL-67b", "FL-68b", "FL-69b"],
    title: "the peer's person makes enumerations and fields of a workflow of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(planned(scene)),
};

async fn planned(scene: &mut Scene) -> Ended {
    let workflow = scene.home.owned("Workflow").await?;
    let (to, grant) = (&workflow.id, let_in(scene, &workflow, "maintain").await?);
    let values = [("Now", None), ("Soon", None)];
    let offer = posts::make_enum(to, ("Theirs", ""), true, &values, &grant);
    let list = made(scene, to, "wire/enum-sent", "make an enumeration of", offer).await?;
    let add = posts::add_value(to, &list, ("Later", "", None), &grant);
    let value = made(scene, to, "wire/value-sent", &format!("give {list} a value, in"), add).await?;
    let remove = posts::remove_value(to, &list, &value, &grant);
    asked(scene, to, "wire/value-end-sent", format!("take the value {value} away"), remove).await?;
    let offer = posts::make_field(to, ("Theirs too", "", None), "fieldTypeText", None, &grant);
    let field = made(scene, to, "wire/field-sent", "make a field of text of", offer).await?;
    let delete = posts::delete_part(to, &field, &grant);
    asked(scene, to, "wire/field-delete-sent", format!("delete the field {field}"), delete).await?;
    let delete = posts::delete_part(to, &list, &grant);
    asked(scene, to, "wire/enum-delete-sent", format!("delete the enumeration {list}"), delete).await.map(drop)
}

async fn asked(
    scene: &mut Scene,
    to: &ActorId,
    key: &str,
    please: String,
    activity: Value,
) -> Result<Option<String>, Stop> {
    Ok(they(scene, Said { key, please, activity, to, answered: true }).await?.1)
}

/// The same of what makes something: its address.
async fn made(scene: &mut Scene, to: &ActorId, key: &str, what: &str, activity: Value) -> Result<String, Stop> {
    let result = asked(scene, to, key, format!("{what} {to}"), activity).await?;
    result.ok_or_else(|| Stop("what is made is told to a client: --token".into()))
}
