//! FL-76: an organization of the peer's asks dora to be a member, and ends it. FL-77 and FL-78: it lists a project of the probe, and
//! ends that. Neither gives any access; both need the consent of the other side.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, is_answer, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-76", "FL-77", "FL-78"], title: "be listed by an organization", kinds: &["Organization"], play };

/// Who or what is listed where.
struct At {
    organization: ActorId,
    /// The property of the organization that names the collection.
    property: &'static str,
    collection: String,
    whom: ActorId,
    theirs: ActId,
}

/// What is decided: authority, first Accept, listed, last Accept; authority, gone, Accept of the end.
struct Keys {
    add: [&'static str; 4],
    remove: [&'static str; 3],
}

const MEMBERS: Keys = Keys {
    add: ["org-beh-add/3.1", "org-beh-add/3.2", "org-beh-accept/5.4", "org-beh-accept/5.5"],
    remove: ["org-beh-remove/4.1", "org-beh-remove/4.3", "org-beh-remove/4.4"],
};
const ASSETS: Keys = Keys {
    add: ["org-beh-add/4.2", "org-beh-add/4.4", "org-beh-accept/3.2.1", "org-beh-accept/3.2.2"],
    remove: ["org-beh-remove/5.1", "org-beh-remove/5.2", "org-beh-remove/5.3"],
};

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let organization = scene.about("Organization")?;
        let theirs = scene.their_grant(&organization)?;
        let shown = scene.get(organization.as_str()).await?;
        let at = |property: &'static str, whom: &ActorId| -> Result<At, Stop> {
            let collection = shown[property].as_str().map(str::to_owned);
            let collection = collection.ok_or_else(|| Stop(format!("the organization names no {property}")))?;
            Ok(At {
                organization: organization.clone(),
                property,
                collection,
                whom: whom.clone(),
                theirs: theirs.clone(),
            })
        };
        let members = at("members", &scene.home.id(Who::Dora).clone())?;
        let add = asked(scene, &members, &MEMBERS).await?;
        scene.sends(Who::Ben, posts::accept(&add, &[&organization]), &organization, Spoil::Nothing).await?;
        let early = scene.comes_anyway(|activity| is_done(activity, &add, &organization)).await;
        let expected = "nobody listed while only somebody else has agreed";
        scene.holds("org-beh-accept/5.3", early.is_none(), expected, &told_of(&early));
        scene.says(Who::Dora, &posts::accept(&add, &[&organization])).await?;
        listed(scene, &members, &MEMBERS, &add).await?;
        ended(scene, &members, &MEMBERS).await?;

        let project = scene.home.owned("Project").await?;
        let assets = at("orgAssets", &project.id)?;
        not_a_person(scene, &assets).await?;
        let add = asked(scene, &assets, &ASSETS).await?;
        scene.says(Who::Ann, &posts::agree(&add, &project.id, &organization, &project.grant)).await?;
        listed(scene, &assets, &ASSETS, &add).await?;
        ended(scene, &assets, &ASSETS).await
    })
}

/// Whether an activity is the organization's last word on an Add: an Accept with a result.
fn is_done(activity: &Value, add: &ActId, organization: &ActorId) -> bool {
    is_answer(activity, add, organization) && has_type(activity, "Accept") && !activity["result"].is_null()
}

fn list(at: &At, whom: &ActorId) -> Value {
    let mut add = posts::list(&at.organization, at.property, whom, &at.theirs);
    add["target"] = at.collection.as_str().into();
    add
}

/// An Add by who may not, and by who may: the second.
async fn asked(scene: &mut Scene, at: &At, keys: &Keys) -> Result<ActId, Stop> {
    let [authority, answers, ..] = keys.add;
    let bare = props::without_capability(list(at, &at.whom));
    scene.asks_in_vain(authority, Who::Cleo, &bare, &at.organization, "who asks has no Grant").await?;
    let is_it = |activity: &Value| has_type(activity, "Add") && names(&activity["object"], at.whom.as_str());
    let please = format!("add {} to the {} of {}", at.whom, at.property, at.organization);
    let add = scene.they_say(&please, &list(at, &at.whom), is_it).await?;
    let answer = scene.answer(&add, &at.organization).await;
    scene.holds(answers, is_a(&answer, "Accept"), "an Accept, which asks for consent", &told_of(&answer));
    // Only what has arrived can be agreed to.
    scene.arrives(|activity| activity["id"] == add.as_str()).await;
    Ok(add)
}

async fn not_a_person(scene: &mut Scene, at: &At) -> Ended {
    if scene.peer.client.is_some() {
        let dora = scene.home.id(Who::Dora).clone();
        let add = scene.they_say("", &list(at, &dora), |_| false).await?;
        let refused = scene.not_accepted(&add, &at.organization).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        scene.holds("org-beh-add/4.1", refused.is_ok(), "no Accept of an Add of a person to the assets", &found);
    }
    Ok(())
}

async fn listed(scene: &mut Scene, at: &At, keys: &Keys, add: &ActId) -> Ended {
    let [.., listed, done] = keys.add;
    let answer = scene.arrives(|activity| is_done(activity, add, &at.organization)).await;
    scene.holds(done, is_a(&answer, "Accept"), "an Accept with the relationship as result", &told_of(&answer));
    let (is, found) = scene.collects(&at.collection, |found| found.lists(at.whom.as_str())).await?;
    scene.holds(listed, is, &format!("{} in {}", at.whom, at.collection), &found.told());
    if is { Ok(()) } else { Err(Stop(format!("{} was never listed", at.whom))) }
}

async fn ended(scene: &mut Scene, at: &At, keys: &Keys) -> Ended {
    let [authority, ends, answers] = keys.remove;
    let mut remove = posts::remove_link(&at.organization, at.property, &at.whom, &at.theirs);
    remove["origin"] = at.collection.as_str().into();
    let bare = props::without_capability(remove.clone());
    scene.asks_in_vain(authority, Who::Cleo, &bare, &at.organization, "who asks has no Grant").await?;
    let is_it = |activity: &Value| has_type(activity, "Remove") && names(&activity["object"], at.whom.as_str());
    let please = format!("take {} out of the {} of {}", at.whom, at.property, at.organization);
    let act = scene.they_say(&please, &remove, is_it).await?;
    let answer = scene.answer(&act, &at.organization).await;
    scene.holds(answers, is_a(&answer, "Accept"), "an Accept of the Remove", &told_of(&answer));
    let (gone, found) = scene.collects(&at.collection, |found| !found.lists(at.whom.as_str())).await?;
    scene.holds(ends, gone, &format!("{} no longer in {}", at.whom, at.collection), &found.told());
    Ok(())
}
