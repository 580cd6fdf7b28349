//! What several flows need before they begin. None of it decides anything: the flow that is about it does.

use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, Stop, address_of, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::{Value, json};

/// Everybody.
const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// The same for an actor of the peer and everybody, and for no collections: where an actor has those, only its document says.
pub fn addressed(mut activity: Value, to: &ActorId) -> Value {
    let address = |map: &mut serde_json::Map<String, Value>| {
        map.remove("cc");
        map.insert("to".to_owned(), json!([to, PUBLIC]));
    };
    if let Some(map) = activity.as_object_mut() {
        address(map);
        if let Some(note) = map.get_mut("object").and_then(Value::as_object_mut).filter(|note| note.contains_key("cc"))
        {
            address(note);
        }
    }
    activity
}

/// A ticket of the peer's tracker, opened by ann.
pub async fn ticket(scene: &mut Scene, tracker: &ActorId, title: &str) -> Result<String, Stop> {
    let ann = scene.home.id(Who::Ann).clone();
    let capability = public_grant(scene, tracker, "report").await?;
    let offer = posts::open_ticket(&ann, tracker, title, "Opened by `pritchel probe`.", capability.as_ref());
    let act = scene.says(Who::Ann, &addressed(offer, tracker)).await?;
    let answer = scene.answer(&act, tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    match result {
        Some(ticket) if is_a(&answer, "Accept") => Ok(ticket),
        _ => Err(Stop(format!("no ticket could be opened: {}", told_of(&answer)))),
    }
}

/// The ticket that flows work on, one for all of them.
pub async fn the_ticket(scene: &mut Scene, tracker: &ActorId) -> Result<String, Stop> {
    if let Some(known) = scene.props.get("ticket") {
        return Ok(known.clone());
    }
    let ticket = ticket(scene, tracker, "A ticket of the probe").await?;
    scene.props.insert("ticket".to_owned(), ticket.clone());
    Ok(ticket)
}

/// The Grant by which everybody has a role on an actor, if it publishes one.
pub async fn public_grant(scene: &mut Scene, actor: &ActorId, role: &str) -> Result<Option<ActId>, Stop> {
    let shown = scene.get(actor.as_str()).await?;
    let grants = match &shown["publicCapability"] {
        Value::Array(grants) => grants.clone(),
        one => vec![one.clone()],
    };
    for grant in grants.iter().filter_map(address_of) {
        let got = scene.look(grant).await?;
        if got.status == 200 && has_type(&got.body, "Grant") && got.body["object"] == role {
            return Ok(Some(ActId::new(grant)));
        }
    }
    Ok(None)
}
