//! A repository that begins with what git finds at an address, made for somebody by the command line: by the activity that their own client
//! would post, with the Grant that they hold on a factory.

use crate::cli::limits::{IMPORT_LOOK_MS, IMPORT_S};
use crate::node::clock::MachineClock;
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::runtime::Node;
use pritchel_actor::{ActId, ActorId, Clock, Outcome};
use pritchel_actors::access::Role;
use pritchel_actors::common::naming::origin;
use pritchel_actors::person::Publish;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::view::{ViewDesk, ViewSent};
use pritchel_actors::{Person, ResourceKind, client};
use std::time::Duration;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// The repository is there, and git fetches into it.
    Made(ActorId),
    /// It is asked for by this activity; while no server runs that is all.
    Asked(ActId),
}

/// Has a person make it.
/// - `visibility`: public, closed or private
/// - errors: they have no factory; or why it was refused
pub async fn import(
    node: &Node,
    person: &ActorId,
    (url, called, visibility): (&str, &str, &str),
) -> Result<Imported, String> {
    let words = ["public", "closed", "private"];
    if !words.contains(&visibility) {
        return Err(format!("expected a visibility of {words:?}, found {visibility:?}"));
    }
    let (now, viewer) = (MachineClock.now(), Some(person.clone()));
    let view = ViewDesk { viewer: viewer.clone(), limit: PAGE_MAX };
    let desk = node.look::<Person, _>(person, &view).await.map_err(|error| error.to_string())?;
    let near = |factory: &ActorId| {
        ResourceKind::of(factory) == Some(ResourceKind::Factory) && origin(factory) == origin(person)
    };
    let held = desk
        .permits
        .into_iter()
        .find(|(_, permit)| permit.holds(now) && permit.role >= Role::Write && near(&permit.resource));
    let Some((grant, permit)) = held else {
        return Err(
            "they have no factory, which makes repositories: “New repository” in the browser makes one".to_owned()
        );
    };
    let document = client::import(&permit.resource, url, called, visibility, &grant);
    let act = match node.call::<Person, _>(person, person, Publish { document }).await.map_err(|e| e.to_string())? {
        Outcome::Done(act) => act,
        Outcome::Refused(why) => return Err(why.to_string()),
        Outcome::Unknown => return Err("the outcome is unknown; look before you try again".to_owned()),
    };
    let view = ViewSent { viewer, act: act.clone() };
    for _ in 0..IMPORT_S * 1000 / IMPORT_LOOK_MS {
        let sent = node.look::<Person, _>(person, &view).await.map_err(|error| error.to_string())?;
        match sent.map(|sent| sent.state) {
            Some(SentState::Done { result: Some(made), .. }) => return Ok(Imported::Made(ActorId::new(made))),
            Some(SentState::Refused { why }) => return Err(why.to_string()),
            _ => tokio::time::sleep(Duration::from_millis(IMPORT_LOOK_MS)).await,
        }
    }
    Ok(Imported::Asked(act))
}
