//! How a link begins: one side asks, both agree, and access comes over it.

use super::ends::{Agrees, Begins, Played};
use super::{At, props};
use crate::cli::demo::client::names;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, is_answer, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// What came over a link.
pub struct Came {
    /// From a destination the delegate-Grant, from a source what it gives access by.
    pub grant: ActId,
    /// From a destination: what it passed on to cleo.
    pub extension: Option<ActId>,
}

/// What is decided of what comes over a link.
#[derive(Clone, Copy)]
pub struct Comes {
    /// The Grant: delegate from a destination, access from a source.
    pub grant: &'static str,
    /// That the other end is listed.
    pub listed: &'static str,
    /// What a destination passes on to its members.
    pub passes: &'static str,
}

/// The peer's side asks, and ours agrees.
pub async fn by_them(scene: &mut Scene, at: &At, played: &Played, keys: &Begins) -> Result<Came, Stop> {
    let [wrong_kind, authority, already, answers] = keys.add;
    let bare = props::without_capability(at.add(&at.ours.id));
    scene.asks_in_vain(authority, Who::Ben, &bare, &at.peer, "who asks has no Grant").await?;
    let stray = scene.home.owned(played.stray).await?.id;
    let why = format!("a {} cannot be at the other end", played.stray);
    they_ask_in_vain(scene, at, wrong_kind, &stray, &why).await?;
    let since = scene.home.arrivals.count();
    let act = they_ask(scene, at).await?;
    let answer = scene.answer(&act, &at.peer).await;
    let expected = format!("an Accept of the Add by {}", at.peer);
    scene.holds(answers, is_a(&answer, "Accept"), &expected, &told_of(&answer));
    scene.says(Who::Ann, &posts::agree(&act, &at.ours.id, &at.peer, &at.ours.grant)).await?;
    let came = over(scene, at, since, keys.comes).await?;
    they_ask_in_vain(scene, at, already, &at.ours.id, "they are linked already").await?;
    Ok(came)
}

/// The same, of which nothing is decided: it is a beginning for something else.
pub async fn quietly(scene: &mut Scene, at: &At) -> Ended {
    let act = they_ask(scene, at).await?;
    scene.answer(&act, &at.peer).await;
    scene.says(Who::Ann, &posts::agree(&act, &at.ours.id, &at.peer, &at.ours.grant)).await?;
    let (listed, found) = scene.collects(&at.own_collection(), |found| found.lists(at.peer.as_str())).await?;
    let why = || Stop(format!("{} and {} were not linked: {}", at.peer, at.ours.id, found.told()));
    listed.then_some(()).ok_or_else(why)
}

async fn they_ask(scene: &mut Scene, at: &At) -> Result<ActId, Stop> {
    let is_it = |activity: &Value| has_type(activity, "Add") && names(&activity["object"], at.ours.id.as_str());
    let please = format!("add {} to the {} of {} with the role {}", at.ours.id, at.end.collection(), at.peer, at.role);
    scene.they_say(&please, &at.add(&at.ours.id), is_it).await
}

/// Only a client asks for what its server would not offer.
async fn they_ask_in_vain(scene: &mut Scene, at: &At, key: &str, object: &ActorId, why: &str) -> Ended {
    if scene.peer.client.is_some() {
        let act = scene.they_say("", &at.add(object), |_| false).await?;
        let refused = scene.not_accepted(&act, &at.peer).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        scene.holds(key, refused.is_ok(), &format!("no Accept of the Add: {why}"), &found);
    }
    Ok(())
}

/// Our side asks, and the peer's agrees.
pub async fn by_us(scene: &mut Scene, at: &At, keys: &Agrees) -> Result<Came, Stop> {
    let [authority, agrees] = keys.consent;
    let since = scene.home.arrivals.count();
    let own = at.end.opposite().collection();
    let add = posts::add(&at.ours.id, own, &at.peer, at.role, &at.ours.grant);
    let add = scene.says(Who::Ann, &add).await?;
    let accept = scene.home.client(Who::Ann).accepted(&add).await?;
    let accept = ActId::new(accept["id"].as_str().unwrap_or_default());
    // A server may want them in their order: each is there before the next is said.
    let (ann, patience) = (scene.home.id(Who::Ann).clone(), scene.patience);
    scene.home.delivered(&add, &ann, patience).await?;
    scene.home.delivered(&accept, &at.ours.id, patience).await?;

    scene.sends(Who::Ben, posts::accept(&add, &[&at.peer]), &at.peer, Spoil::Nothing).await?;
    let is_step =
        |activity: &Value| is_answer(activity, &add, &at.peer) || props::is_grant_to(activity, &at.peer, &at.ours.id);
    let early = scene.comes_anyway_since(since, is_step).await;
    let early = early.filter(|came| !has_type(&came.activity, "Reject"));
    let expected = "nothing, since who agreed has no Grant";
    scene.holds(authority, early.is_none(), expected, &told_of(&early));

    let please = format!("agree for {} to the {own} of {} (the Add is {add})", at.peer, at.ours.id);
    let is_yes = |activity: &Value| {
        has_type(activity, "Accept")
            && names(&activity["object"], add.as_str())
            && !names(&activity["actor"], at.peer.as_str())
    };
    scene.they_say(&please, &posts::agree(&add, &at.peer, &at.ours.id, &at.theirs), is_yes).await?;
    let mut comes = keys.comes;
    if at.is_source() {
        let answer = scene.answer(&add, &at.peer).await;
        let expected = format!("an Accept of the Add by {}", at.peer);
        scene.holds(agrees, is_a(&answer, "Accept"), &expected, &told_of(&answer));
    } else {
        comes.grant = agrees;
    }
    over(scene, at, since, comes).await
}

/// What comes when both sides have agreed.
async fn over(scene: &mut Scene, at: &At, since: usize, keys: Comes) -> Result<Came, Stop> {
    let At { peer, ours, collection, .. } = at;
    let grant = if at.is_source() {
        access(scene, at, since, keys.grant).await?
    } else {
        delegate(scene, at, since, keys.grant).await?
    };
    let (listed, found) = scene.collects(collection, |found| found.lists(ours.id.as_str())).await?;
    scene.holds(keys.listed, listed, &format!("{} in {collection}", ours.id), &found.told());
    if at.is_source() {
        return Ok(Came { grant, extension: None });
    }
    let cleo = scene.home.id(Who::Cleo).clone();
    let is_it = |activity: &Value| {
        props::is_grant_to(activity, &at.resource, &cleo) && names(&activity["actor"], peer.as_str())
    };
    let extension = scene.arrives_since(since, is_it).await;
    let good = extension.as_ref().is_some_and(|came| !came.activity["delegates"].is_null());
    let expected = format!("a Grant by {peer} at {cleo}, context {}, delegates what came over the link", at.resource);
    scene.holds(keys.passes, is_a(&extension, "Grant") && good, &expected, &told_of(&extension));
    let extension = extension.and_then(|came| came.activity["id"].as_str().map(ActId::new));
    Ok(Came { grant, extension })
}

/// What a destination says first: that it is ready for Grants.
async fn delegate(scene: &mut Scene, at: &At, since: usize, key: &str) -> Result<ActId, Stop> {
    let At { peer, ours, .. } = at;
    let is_it = |activity: &Value| props::is_grant_to(activity, peer, &ours.id) && activity["object"] == "delegate";
    let came = scene.arrives_since(since, is_it).await;
    let good = came.as_ref().is_some_and(|came| names(&came.activity["actor"], peer.as_str()));
    let expected = format!("a Grant of delegate: context and actor {peer}, target {}", ours.id);
    scene.holds(key, is_a(&came, "Grant") && good, &expected, &told_of(&came));
    let id = came.and_then(|came| came.activity["id"].as_str().map(ActId::new));
    id.ok_or_else(|| Stop("no delegate-Grant came".into()))
}

/// What a source gives: access to itself, or to what it was given.
async fn access(scene: &mut Scene, at: &At, since: usize, key: &str) -> Result<ActId, Stop> {
    let At { peer, ours, resource, .. } = at;
    let is_it =
        |activity: &Value| props::is_grant_to(activity, resource, &ours.id) && names(&activity["actor"], peer.as_str());
    let came = scene.arrives_since(since, is_it).await;
    let good = came.as_ref().is_some_and(|came| {
        let of = &came.activity;
        of["object"] == at.role && names(&of["allows"], at.end.allows()) && !of["capability"].is_null()
    });
    let expected = format!(
        "a Grant: object {}, actor {peer}, context {resource}, target {}, allows {}, capability the delegate-Grant",
        at.role,
        ours.id,
        at.end.allows()
    );
    scene.holds(key, is_a(&came, "Grant") && good, &expected, &told_of(&came));
    let id = came.and_then(|came| came.activity["id"].as_str().map(ActId::new));
    id.ok_or_else(|| Stop("no Grant came over the link".into()))
}
