//! A spike of what comes next: a component and a project link (FL-45), and the access that flows over the link is used. Two
//! small kinds of actor that exist for this test only; Grants are issued, sent and verified by the forge's own code.
//!
//! What it taught stands in `docs/decisions/0002-spike.md`.

mod component;
mod project;

use crate::world::cast::Somebody;
use crate::world::{Faults, START, World};
use component::{Component, component_at};
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::access::{Issued, Role, Target};
use pritchel_actors::client;
use pritchel_actors::common::text::Line;
use pritchel_actors::common::{Resource, Visibility};
use project::{Project, project_at};
use serde_json::json;

/// What all three resources of the story are called and whose they are.
pub fn resource(name: &str, creator: &ActorId) -> Resource {
    Resource {
        name: Line::parse(name).unwrap(),
        summary: None,
        handle: None,
        published: START,
        visibility: Visibility::Public,
        creator: creator.clone(),
        domain: creator.clone(),
        public_grants: Vec::new(),
        followers: 0,
    }
}

/// A component of alice's, a project of bob's, and its parent project, in which dora is a member who may triage.
struct Story {
    world: World,
    alice: Somebody,
    bob: Somebody,
    dora: Somebody,
    component: ActorId,
    project: ActorId,
    parent: ActorId,
}

impl Story {
    fn new(seed: u64, host: impl Fn(&str) -> String) -> Self {
        let world = World::with_kinds(seed, pritchel_actors::kinds().with::<Component>().with::<Project>());
        let [alice, bob, dora] = ["alice", "bob", "dora"].map(|name| world.person(&host(name), name));
        let at = |name: &str| ActorId::new(format!("https://{}/spike/{name}", host(name)));
        let (component, project, parent) = (at("tracker"), at("kitchen"), at("house"));
        for (id, name) in [(&component, "tracker"), (&project, "kitchen"), (&parent, "house")] {
            world.server(crate::world::host(id));
            world.name(id, name);
        }
        component_at(&world, &component, &alice);
        project_at(&world, &project, Project::new("kitchen", &bob.id).under(&parent));
        project_at(&world, &parent, Project::new("house", &bob.id).over(&project).member(&dora.id, Role::Triage));
        let story = Self { world, alice, bob, dora, component, project, parent };
        story.administers(&story.alice, &story.component);
        story.administers(&story.bob, &story.project);
        story
    }

    fn admin(resource: &ActorId) -> ActId {
        ActId::new(format!("{resource}/outbox/admin"))
    }

    fn administers(&self, who: &Somebody, resource: &ActorId) {
        let grant = json!({
            "id": Self::admin(resource), "type": "Grant", "actor": resource, "object": "admin",
            "context": resource, "target": who.id, "allows": "invoke",
        });
        let target = Target::Actor(who.id.clone());
        self.world.plant(
            resource,
            &grant,
            Some(&Issued { target, role: Role::Admin, fulfills: None, since: START, active: true }),
        );
    }

    /// Alice proposes the component to the project, with this Grant.
    fn adds(&self, role: &str, capability: &ActId) -> ActId {
        let add = json!({
            "type": "Add", "to": [self.component, self.project, self.bob.id], "object": self.project,
            "target": format!("{}/context", self.component), "instrument": role, "capability": capability,
        });
        self.alice.posts(add)
    }

    /// Somebody agrees for the project, with this Grant.
    fn agrees(&self, who: &Somebody, add: &ActId, capability: &ActId) -> ActId {
        let accept =
            json!({"type": "Accept", "to": [self.project, self.component], "object": add, "capability": capability});
        who.posts(accept)
    }

    fn links(&self) -> ActId {
        let add = self.adds("maintain", &Self::admin(&self.component));
        self.agrees(&self.bob, &add, &Self::admin(&self.project));
        self.world.settle();
        add
    }

    /// The Grant on the component that came to dora.
    fn passed_to_dora(&self) -> Option<ActId> {
        let grant = |act: &ActId| self.world.0.borrow().servers[crate::world::host(&self.dora)].boxes.act(act);
        let inbox = self.dora.inbox().into_iter().map(|item| item.act);
        inbox.filter(|act| grant(act).is_some_and(|act| act.body["context"] == self.component.as_str())).last()
    }

    /// How dora's Resolve at the component ended.
    fn dora_closes(&self, capability: &ActId) -> String {
        let resolve = client::close(&self.component, &format!("{}/tickets/1", self.component), Some(capability));
        let resolve = self.dora.does(resolve);
        self.world.ended(&self.component, &resolve)
    }

    fn state(&self, of: &ActorId) -> Value {
        let inner = self.world.0.borrow();
        inner.servers[crate::world::host(of)].boxes.states()[of].state.value()
    }

    fn linked(&self) -> bool {
        let here = self.state(&self.component)["projects"] == json!([self.project]);
        let there = self.state(&self.project)["components"] == json!([self.component]);
        assert_eq!(here, there, "both sides see the link the same");
        here
    }
}

fn places() -> [fn(&str) -> String; 3] {
    [
        |_| "one.example".to_owned(),
        |name| format!("{name}.example"),
        |name| if name.len().is_multiple_of(2) { "even.example" } else { "odd.example" }.to_owned(),
    ]
}

/// ForgeFed, "Adding a component to a project - component side", then "Verifying an invocation" of a chain of three.
#[test]
fn a_component_joins_a_project_and_a_member_of_its_parent_uses_it() {
    let mut ends = Vec::new();
    for host in places() {
        let story = Story::new(1, host);
        story.links();
        assert!(story.linked());
        let grant = story.passed_to_dora().expect("the Grant has come through both projects");
        assert_eq!(story.dora_closes(&grant), "done");
        ends.push(story.world.state());
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], ends[2]);
}

#[test]
fn a_link_needs_an_admin_of_each_side() {
    for host in places() {
        let story = Story::new(2, host);
        let add = story.adds("maintain", &Story::admin(&story.project));
        story.agrees(&story.bob, &add, &Story::admin(&story.project));
        story.world.settle();
        assert_eq!(story.world.ended(&story.component, &add), "other-resource at step 7");
        assert!(!story.linked());

        let add = story.adds("maintain", &Story::admin(&story.component));
        let accept = story.agrees(&story.alice, &add, &Story::admin(&story.project));
        story.world.settle();
        assert_eq!(story.world.ended(&story.project, &accept), "wrong-hands at step 8");
        assert!(!story.linked() && story.passed_to_dora().is_none());
    }
}

#[test]
fn access_over_a_link_is_no_more_than_the_link_allows_and_ends_with_any_of_its_grants() {
    for host in places() {
        let story = Story::new(3, host);
        let add = story.adds("report", &Story::admin(&story.component));
        story.agrees(&story.bob, &add, &Story::admin(&story.project));
        story.world.settle();
        assert_eq!(story.dora_closes(&story.passed_to_dora().unwrap()), "role-too-small at step 17");

        let story = Story::new(4, host);
        story.links();
        let grant = story.passed_to_dora().unwrap();
        story.world.call::<Project>(&story.parent, &story.parent, project::Forget {});
        assert_eq!(story.dora_closes(&grant), "revoked at step 12", "the parent no longer holds to what it passed on");

        let story = Story::new(5, host);
        story.links();
        let grant = story.passed_to_dora().unwrap();
        story.world.call::<Component>(&story.component, &story.component, component::Unlink {});
        assert_eq!(story.dora_closes(&grant), "revoked at step 11", "the component took its own Grant back");
    }
}

/// Whatever comes first, second, twice or after a restart: in the end the link stands, and is the same.
#[test]
fn a_link_forms_in_every_order_of_arrival() {
    for place in places() {
        let mut ends = Vec::new();
        for seed in 0..40 {
            let story = Story::new(seed, place);
            story.world.0.borrow_mut().faults = Faults { loss: 30, twice: 30, delay: 80, restart: 5 };
            story.links();
            story.world.0.borrow_mut().faults = Faults::default();
            assert!(story.linked(), "seed {seed}");
            assert_eq!(story.dora_closes(&story.passed_to_dora().unwrap()), "done", "seed {seed}");
            ends.push(story.world.state());
        }
        for (seed, end) in ends.iter().enumerate() {
            assert_eq!(*end, ends[0], "seed {seed} ends otherwise than seed 0");
        }
    }
}
