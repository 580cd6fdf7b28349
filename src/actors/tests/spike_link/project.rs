//! The project's side of a link: it has seen the `Add`, waits for the component's word and for its own admin's, in either
//! order, and passes on what it is given: to its parents, and to its members.

use super::resource;
use crate::world::{World, host};
use pritchel_actor::{
    Act, ActId, Actor, ActorId, Answering, Halt, Look, Method, Refusal, Reply, Rows, Settled, Turn, Value, Verdict,
    methods,
};
use pritchel_actors::access::{Role, require};
use pritchel_actors::common::wire::{self, Tell, read, uri};
use pritchel_actors::common::{Resource, ResourceActor};
use pritchel_actors::gate;
use pritchel_vocab::{ActivityType, Thing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Project {
    resource: Resource,
    components: Vec<ActorId>,
    children: Vec<ActorId>,
    parents: Vec<ActorId>,
    members: Vec<(ActorId, Role)>,
    /// Which of the Grants it passed on still hold, by the last part of their `result`.
    live: BTreeMap<String, bool>,
}

impl Project {
    /// A project without links.
    pub fn new(name: &str, creator: &ActorId) -> Self {
        let (components, children, parents, members) = Default::default();
        Self { resource: resource(name, creator), components, children, parents, members, live: BTreeMap::new() }
    }
    /// With a parent, as if they had been linked.
    pub fn under(mut self, parent: &ActorId) -> Self {
        self.parents.push(parent.clone());
        self
    }
    /// With a child.
    pub fn over(mut self, child: &ActorId) -> Self {
        self.children.push(child.clone());
        self
    }
    /// With a member.
    pub fn member(mut self, who: &ActorId, role: Role) -> Self {
        self.members.push((who.clone(), role));
        self
    }
}

/// A link being formed, by the `Add` that asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    component: ActorId,
    role: Role,
    component_agrees: bool,
    admin_agrees: bool,
    /// The delegate-Grant, once both agree.
    delegate: Option<ActId>,
}

const LINKS: Rows<ActId, Link> = Rows::new("spike_links");
/// The `Add` that each delegate-Grant fulfils.
const DELEGATES: Rows<ActId, ActId> = Rows::new("spike_delegates");

methods! { Project: ProjectCall {
    Proposed        wire "Add",    "",      Told;
    ComponentAgreed wire "Accept", "",      Told;
    AdminAgreed     wire "Accept", "admin", Told;
    Given           wire "Grant",  "",      Told;
    Forget          private,       "",      Told;
}}

/// Puts a project into the world.
pub fn project_at(world: &World, id: &ActorId, project: Project) {
    world.0.borrow().servers[host(id)].boxes.plant(id, &project);
}

/// A component is proposed: seen, nothing more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    component: ActorId,
    role: Role,
}

impl Method<Project> for Proposed {
    type Answer = ();
    fn turn(self, _: &mut Project, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let add = turn.act().map(|act| act.id.clone()).ok_or_else(|| Refusal::new("no-act", ""))?;
        let link = Link {
            component: self.component,
            role: self.role,
            component_agrees: false,
            admin_agrees: false,
            delegate: None,
        };
        LINKS.put(turn, &add, &link);
        Ok(())
    }
}

/// The component's own word on the `Add`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentAgreed {
    add: ActId,
}

impl Method<Project> for ComponentAgreed {
    type Answer = ();
    fn turn(self, project: &mut Project, turn: &mut Turn<'_>) -> Result<(), Halt> {
        agree(project, turn, &self.add, |link| link.component_agrees = true)
    }
}

/// An admin of the project agrees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminAgreed {
    add: ActId,
}

impl Method<Project> for AdminAgreed {
    type Answer = ();
    fn turn(self, project: &mut Project, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(project, turn, Role::Admin)?;
        agree(project, turn, &self.add, |link| link.admin_agrees = true)
    }
}

/// Takes one consent down; with both, the delegate-Grant goes out.
fn agree(project: &mut Project, turn: &mut Turn<'_>, add: &ActId, mark: impl FnOnce(&mut Link)) -> Result<(), Halt> {
    let Some(mut link) = LINKS.get(turn, add)?.filter(|link| link.delegate.is_none()) else {
        return Err(Refusal::new("no-such-link", "nothing that waits for consent").into());
    };
    mark(&mut link);
    if link.component_agrees && link.admin_agrees {
        let me = turn.me().clone();
        let fulfills = uri(add.as_str())?;
        let grant = wire::publish(turn, ActivityType::Grant, &Tell::to([&link.component]), |draft| {
            let draft = draft.object("delegate").context(me.as_str()).target(link.component.as_str());
            draft.fulfills(fulfills).term("allows", "invoke")
        })?;
        DELEGATES.put(turn, &grant, add);
        project.components.push(link.component.clone());
        link.delegate = Some(grant);
    }
    LINKS.put(turn, add, &link);
    Ok(())
}

/// Access comes, from a component by the delegate-Grant it was given or from a child: it is passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    grant: ActId,
    context: ActorId,
    role: Role,
    by: Option<ActId>,
}

impl Method<Project> for Given {
    type Answer = ();
    fn turn(self, project: &mut Project, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        let of_component = match &self.by {
            Some(delegate) => match DELEGATES.get(turn, delegate)? {
                Some(add) => LINKS
                    .get(turn, &add)?
                    .is_some_and(|link| link.component == giver && self.context == giver && link.role == self.role),
                None => false,
            },
            None => false,
        };
        if !of_component && !project.children.contains(&giver) {
            return Err(Refusal::new("not-linked", format!("{giver} gives nothing to this project")).into());
        }
        for parent in project.parents.clone() {
            pass(project, turn, &self, &parent, self.role, "gatherAndConvey")?;
        }
        for (member, role) in project.members.clone() {
            pass(project, turn, &self, &member, role.min(self.role), "invoke")?;
        }
        Ok(())
    }
}

fn pass(
    project: &mut Project,
    turn: &mut Turn<'_>,
    given: &Given,
    to: &ActorId,
    role: Role,
    allows: &str,
) -> Result<(), Halt> {
    let number = turn.number().to_string();
    let result = format!("{}/live/{number}", turn.me());
    wire::publish(turn, ActivityType::Grant, &Tell::to([to]), |draft| {
        let draft = draft.object(role.as_str()).context(given.context.as_str()).target(to.as_str());
        draft.term("allows", allows).term("delegates", given.grant.as_str()).result(result)
    })?;
    project.live.insert(number, true);
    Ok(())
}

/// Takes back whatever it passed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forget {}

impl Method<Project> for Forget {
    type Answer = ();
    fn turn(self, project: &mut Project, _: &mut Turn<'_>) -> Result<(), Halt> {
        project.live.values_mut().for_each(|live| *live = false);
        Ok(())
    }
}

impl ResourceActor for Project {
    const TYPE: &'static str = "Project";
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

impl Actor for Project {
    const KIND: &'static str = "Project";
    const SCHEMA: u16 = 1;
    type Call = ProjectCall;

    fn gate(&self, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<ProjectCall>, Halt> {
        let Some(activity) = read(act) else { return Ok(gate::not_an_activity()) };
        let me = look.me().clone();
        Ok(match &activity.kind {
            ActivityType::Add if gate::names(&activity.object, &me) => {
                let target = activity.target.as_ref().and_then(Thing::uri).map(|uri| uri.as_str());
                let Some(component) = target.and_then(|uri| uri.strip_suffix("/context")) else {
                    return Ok(Verdict::Note);
                };
                Verdict::Call(Proposed { component: component.into(), role: gate::role(&activity)? }.into())
            }
            ActivityType::Accept => {
                let Some(add) = gate::one(&activity) else { return Ok(Verdict::Note) };
                match LINKS.get(look, &add)? {
                    Some(link) if link.component == act.author => Verdict::Call(ComponentAgreed { add }.into()),
                    Some(_) => Verdict::Call(AdminAgreed { add }.into()),
                    None if look.seen(&add)?.is_some() => Verdict::Note,
                    None => Verdict::Early(add),
                }
            }
            ActivityType::Grant => {
                let word = activity.object.first().and_then(Thing::word).and_then(Role::from_word);
                let context = activity.context.as_ref().and_then(Thing::uri).map(|uri| ActorId::from(uri.as_str()));
                let Some((role, context)) = word.zip(context) else { return Ok(Verdict::Note) };
                let by = activity.capability.as_ref().map(|uri| ActId::from(uri.as_str()));
                Verdict::Call(Given { grant: act.id.clone(), context, role, by }.into())
            }
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
