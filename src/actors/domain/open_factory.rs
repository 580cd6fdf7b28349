//! OpenFactory: a person of the domain wants a factory, with which to make repositories and trackers.

use crate::ResourceKind;
use crate::common::Begin;
use crate::common::resource::{Resource, Visibility};
use crate::common::text::{Html, Line};
use crate::domain::{Domain, PEOPLE};
use crate::factory::Factory;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Makes a factory whose admin the caller is. Every person of the domain may.
///
/// Source: ForgeFed, "Creating Resource Actors", which leaves the making of factories to a rule of each server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenFactory {
    /// What it is called.
    pub name: Line,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Html>,
}

impl Method<Domain> for OpenFactory {
    type Answer = ActorId;

    fn turn(self, _domain: &mut Domain, turn: &mut Turn<'_>) -> Result<ActorId, Halt> {
        let creator = turn.caller().id().clone();
        demand(PEOPLE.has(turn, &creator)?, || {
            Refusal::new("not-of-this-domain", "only people of this domain make factories here")
        })?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a factory is asked for by an act").into());
        };
        let wish = self.name.to_string();
        let mut resource = Resource::new(self.name, creator.clone(), turn.me().clone(), turn.now());
        (resource.summary, resource.visibility) = (self.summary, Visibility::Closed);
        let factory = turn.launch(&Factory { resource, available: ResourceKind::made().collect(), made: 0 })?;
        let domain = turn.myself::<Domain>();
        turn.call(&factory, Begin { creator, create: act.id.clone(), domain, wish })?;
        Ok(factory.id().clone())
    }
}
