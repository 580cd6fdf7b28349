//! What several flows need before they begin. None of it decides anything: the flow that is about it does.

use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Scene, Stop, address_of, is_a, told, told_of};
use crate::cli::probe::tap::Arrived;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::tie::{TieKind, TieSide};
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

/// The same without the Grant that would allow it.
pub fn without_capability(mut activity: Value) -> Value {
    if let Some(map) = activity.as_object_mut() {
        map.remove("capability");
    }
    activity
}

/// Something that needs a Grant, which ann has and ben has not.
pub struct Asked<'a> {
    /// Who is asked.
    pub of: &'a ActorId,
    /// What is decided: that it needs the Grant, that it is answered, that it is done.
    pub keys: [&'a str; 3],
    /// What ann says.
    pub activity: Value,
    /// Where it shows.
    pub place: &'a str,
}

/// Ben asks for something without the Grant, then ann by hers: what she is answered.
/// - `shows`: whether a document shows that it was done
pub async fn granted(
    scene: &mut Scene,
    asked: Asked<'_>,
    shows: impl Fn(&Value) -> bool,
) -> Result<Option<Arrived>, Stop> {
    let Asked { of, keys: [authority, answers, does], activity, place } = asked;
    let bare = without_capability(activity.clone());
    scene.asks_in_vain(authority, Who::Ben, &bare, of, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &activity).await?;
    let answer = scene.answer(&act, of).await;
    scene.holds(answers, is_a(&answer, "Accept"), "an Accept whose object is the act", &told_of(&answer));
    let (is, found) = scene.shows(place, shows).await?;
    scene.holds(does, is, &format!("what was asked, at {place}"), &told(&found));
    Ok(answer)
}

/// Whether an activity is a Grant by a resource, for itself, to somebody.
pub fn is_grant_to(activity: &Value, by: &ActorId, to: &ActorId) -> bool {
    has_type(activity, "Grant") && names(&activity["context"], by.as_str()) && names(&activity["target"], to.as_str())
}

/// The name among the props of a Grant that a resource gave somebody.
pub fn grant_of(by: &ActorId, to: Who) -> String {
    format!("grant of {by} to {to:?}")
}

/// The collection of a resource's collaborators, if it names one.
pub async fn collaborators(scene: &mut Scene, of: &ActorId) -> Result<Option<String>, Stop> {
    Ok(scene.get(of.as_str()).await?["collaborators"].as_str().map(str::to_owned))
}

/// Has the peer's person invite one of ours, and waits until the Invite is here.
pub async fn they_invite(scene: &mut Scene, to: &ActorId, whom: Who, role: &str) -> Result<ActId, Stop> {
    let invited = scene.home.id(whom).clone();
    let theirs = scene.their_grant(to)?;
    let mut invite = posts::invite(to, &invited, role, &theirs);
    if let Some(collaborators) = collaborators(scene, to).await? {
        invite["target"] = collaborators.into();
    }
    let is_it = |activity: &Value| has_type(activity, "Invite") && names(&activity["object"], invited.as_str());
    let please = format!("invite {invited} to {to} with the role {role}");
    let act = scene.they_say(&please, &invite, is_it).await?;
    let came = scene.arrives(|activity| activity["id"] == act.as_str()).await;
    if is_a(&came, "Invite") { Ok(act) } else { Err(Stop(format!("no Invite came: {}", told_of(&came)))) }
}

/// The Grant of one of ours for a resource of the peer's, which makes him a member of it if he is none yet.
pub async fn member(scene: &mut Scene, of: &ActorId, who: Who, role: &str) -> Result<ActId, Stop> {
    let name = grant_of(of, who);
    if let Some(known) = scene.props.get(&name) {
        return Ok(ActId::new(known.as_str()));
    }
    let invite = they_invite(scene, of, who, role).await?;
    let me = scene.home.id(who).clone();
    scene.says(who, &posts::accept(&invite, &[of])).await?;
    let is_it = |activity: &Value| is_grant_to(activity, of, &me) && names(&activity["fulfills"], invite.as_str());
    let came = scene.arrives(is_it).await;
    let grant = came.as_ref().and_then(|came| came.activity["id"].as_str()).map(str::to_owned);
    let grant = grant.ok_or_else(|| Stop(format!("no Grant came of an accepted Invite: {}", told_of(&came))))?;
    scene.props.insert(name, grant.clone());
    Ok(ActId::new(grant))
}

/// A tracker of the peer's uses a repository, or a roadmap, of the peer's: its person ties them, where they are not tied already.
pub async fn tied(scene: &mut Scene, kind: TieKind, provider: &ActorId, consumer: &ActorId) -> Result<(), Stop> {
    let property = kind.property(TieSide::Consumer);
    if scene.points(consumer, property, provider).await?.0 {
        return Ok(());
    }
    let Some(client) = &scene.peer.client else {
        return Err(Stop(format!(
            "{consumer} does not point at {provider} by {property}, and only a client ties them: --token"
        )));
    };
    let (gives, takes) = (scene.their_grant(provider)?, scene.their_grant(consumer)?);
    let invite = client.post(&posts::invite(provider, consumer, kind.role().as_str(), &gives)).await?;
    client.post(&posts::agree_to_tie(consumer, &invite, &takes)).await?;
    let (tied, found) = scene.points_at(consumer, property, provider, true).await?;
    let why = || Stop(format!("{consumer} and {provider} could not be tied: {property} is {found}"));
    tied.then_some(()).ok_or_else(why)
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
