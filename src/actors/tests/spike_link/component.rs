//! The component's side of a link: alice's `Add`, the project's delegate-Grant, the start-Grant. And one thing to be allowed
//! or not: closing a ticket.

use super::resource;
use crate::world::{World, host};
use pritchel_actor::{
    Act, ActId, Actor, ActorId, Answering, Audience, Halt, Look, Method, Refusal, Reply, Rows, Settled, Turn, Value,
    Verdict, methods,
};
use pritchel_actors::access::{GRANTS, Issued, Role, Target, require};
use pritchel_actors::common::wire::{self, Tell, read};
use pritchel_actors::common::{Resource, ResourceActor};
use pritchel_actors::gate;
use pritchel_vocab::{ActivityType, Thing, Uri};
use serde::{Deserialize, Serialize};

/// A component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    resource: Resource,
    projects: Vec<ActorId>,
    closed: u64,
}

/// A link being formed, by the `Add` that asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    project: ActorId,
    role: Role,
    start: Option<ActId>,
}

const LINKS: Rows<ActId, Link> = Rows::new("spike_links");

methods! { Component: ComponentCall {
    Propose   wire "Add",     "admin",  Accept;
    Delegated wire "Grant",   "",       Told;
    CloseIt   wire "Resolve", "triage", Accept;
    Unlink    private,        "",       Told;
}}

/// Puts a component into the world.
pub fn component_at(world: &World, id: &ActorId, owner: &ActorId) {
    let component = Component { resource: resource("tracker", owner), projects: Vec::new(), closed: 0 };
    world.0.borrow().servers[host(id)].boxes.plant(id, &component);
}

/// An admin wants the component in a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Propose {
    project: ActorId,
    role: Role,
}

impl Method<Component> for Propose {
    type Answer = ();
    fn turn(self, component: &mut Component, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(component, turn, Role::Admin)?;
        if component.projects.contains(&self.project) {
            return Err(Refusal::new("already-linked", "it is").into());
        }
        let add = turn.act().map(|act| act.id.clone()).ok_or_else(|| Refusal::new("no-act", ""))?;
        LINKS.put(turn, &add, &Link { project: self.project.clone(), role: self.role, start: None });
        turn.answer_also(Audience::one(&self.project));
        Ok(())
    }
}

/// The project has answered with a delegate-Grant: it is linked, and gets the start-Grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delegated {
    add: ActId,
    grant: ActId,
    delegate: bool,
}

impl Method<Component> for Delegated {
    type Answer = ();
    fn turn(self, component: &mut Component, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let project = turn.caller().id().clone();
        let link = LINKS.get(turn, &self.add)?.filter(|link| link.project == project && link.start.is_none());
        let Some(mut link) = link.filter(|_| self.delegate) else {
            return Err(Refusal::new("no-such-link", "nothing that waits for this Grant").into());
        };
        let me = turn.me().clone();
        let capability = Uri::parse(self.grant.as_str()).map_err(gate::malformed)?;
        let start = wire::publish(turn, ActivityType::Grant, &Tell::to([&project]), |draft| {
            draft
                .object(link.role.as_str())
                .context(me.as_str())
                .target(project.as_str())
                .capability(&capability)
                .term("allows", "gatherAndConvey")
        })?;
        let issued = Issued {
            target: Target::Actor(project.clone()),
            role: link.role,
            fulfills: None,
            since: turn.now(),
            active: true,
        };
        GRANTS.put(turn, &start, &issued);
        link.start = Some(start);
        LINKS.put(turn, &self.add, &link);
        component.projects.push(project);
        Ok(())
    }
}

/// Closes the one ticket there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseIt {}

impl Method<Component> for CloseIt {
    type Answer = ();
    fn turn(self, component: &mut Component, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(component, turn, Role::Triage)?;
        component.closed += 1;
        Ok(())
    }
}

/// Takes every start-Grant back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unlink {}

impl Method<Component> for Unlink {
    type Answer = ();
    fn turn(self, component: &mut Component, turn: &mut Turn<'_>) -> Result<(), Halt> {
        for (_, link) in LINKS.page(turn, pritchel_actor::Page::first(&[], 10))? {
            let Some(start) = link.start else { continue };
            pritchel_actors::access::take_back::disable(turn, &start)?;
        }
        component.projects.clear();
        Ok(())
    }
}

impl ResourceActor for Component {
    const TYPE: &'static str = "TicketTracker";
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

impl Actor for Component {
    const KIND: &'static str = "SpikeComponent";
    const SCHEMA: u16 = 1;
    type Call = ComponentCall;

    fn gate(&self, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<ComponentCall>, Halt> {
        let Some(activity) = read(act) else { return Ok(gate::not_an_activity()) };
        let mine = |thing: Option<&Thing>, under: &str| {
            thing.and_then(Thing::uri).is_some_and(|uri| uri.as_str() == format!("{}{under}", look.me()))
        };
        Ok(match &activity.kind {
            ActivityType::Add if mine(activity.target.as_ref(), "/context") => {
                let Some(project) = gate::one(&activity) else { return Ok(Verdict::Note) };
                Verdict::Call(Propose { project: project.as_str().into(), role: gate::role(&activity)? }.into())
            }
            ActivityType::Grant => {
                let Some(add) = activity.fulfills.first().map(|uri| ActId::from(uri.as_str())) else {
                    return Ok(Verdict::Note);
                };
                if !LINKS.has(look, &add)? {
                    return Ok(if look.seen(&add)?.is_some() { Verdict::Note } else { Verdict::Early(add) });
                }
                let delegate = activity.object.first().and_then(Thing::word) == Some("delegate");
                Verdict::Call(Delegated { add, grant: act.id.clone(), delegate }.into())
            }
            ActivityType::Resolve => Verdict::Call(CloseIt {}.into()),
            _ => Verdict::Note,
        })
    }

    fn answers(act: &Act) -> Option<Answering> {
        wire::answers(act)
    }
    fn accept(&self, act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        wire::accept(act, settled, answer, turn)
    }
    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        wire::reject(act, why, turn)
    }
}
