//! Actors with what stands between them, and the access that it gives.

use crate::world::World;
use crate::world::cast::Somebody;
use pritchel_actor::{ActorId, Seconds};
use pritchel_actors::access::Role;
use pritchel_actors::link::LinkKind;
use pritchel_actors::person::rows::Permit;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A day, in seconds.
pub const DAY: Seconds = 86_400;

/// Roles that links and members have.
pub const ROLES: [&str; 4] = ["report", "triage", "write", "maintain"];

/// People a story has at most.
const NAMES: [&str; 5] = ["ann", "ben", "cid", "dee", "eve"];

/// What is made at random. What passes access on comes more often than what only lets it go.
const KINDS: [&str; 14] = [
    "TicketTracker",
    "Repository",
    "PatchTracker",
    "ReleaseTracker",
    "Workflow",
    "Roadmap",
    "Organization",
    "Project",
    "Project",
    "Project",
    "Team",
    "Team",
    "Team",
    "Team",
];

/// A link as the story has made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who lets access go.
    pub source: usize,
    /// How.
    pub kind: LinkKind,
    /// Who receives it.
    pub destination: usize,
    /// The greatest role that comes over it.
    pub role: Role,
    /// When it ends, if it does by itself.
    pub until: Option<Seconds>,
}

/// What a member was let in with.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The role.
    pub role: Role,
    /// When it ends, if it does by itself.
    pub until: Option<Seconds>,
}

/// A resource.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its address.
    pub id: ActorId,
    /// Its type.
    pub kind: &'static str,
    /// The place of its admin among the people.
    pub admin: usize,
}

/// All of it.
pub struct Forest {
    /// Where it stands.
    pub world: World,
    /// People.
    pub people: Vec<Somebody>,
    /// Everything that was ever made.
    pub actors: Vec<Made>,
    /// Those of them that were deleted.
    pub gone: BTreeSet<usize>,
    /// Links.
    pub edges: BTreeSet<Edge>,
    /// Who is a member of which actor.
    pub members: BTreeMap<(usize, usize), Membership>,
    /// What teams let through, by type.
    pub filters: BTreeMap<usize, BTreeMap<&'static str, Option<Role>>>,
}

impl fmt::Debug for Forest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { actors, gone, edges, members, filters, .. } = self;
        let actors: Vec<_> = actors.iter().map(|made| (made.kind, made.admin, made.id.as_str())).collect();
        f.debug_struct("Forest")
            .field("actors", &actors)
            .field("gone", gone)
            .field("edges", edges)
            .field("members", members)
            .field("filters", filters)
            .finish_non_exhaustive()
    }
}

/// Roles, by person and resource, in their order.
pub type Access = BTreeMap<(usize, usize), Vec<Role>>;

impl Forest {
    /// People and actors at random, with nothing between them.
    pub fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let draw = |bound: usize| world.draw(bound as u64) as usize;
        let (servers, count) = (1 + draw(4), 3 + draw(3));
        let names = &NAMES[..count];
        let people: Vec<_> =
            names.iter().map(|name| world.person(&format!("s{}.example", draw(servers)), name)).collect();
        let factories: Vec<_> = people.iter().zip(names).map(|(who, name)| world.factory(who, name)).collect();
        let kinds = (0..5 + draw(4)).map(|_| KINDS[draw(KINDS.len())]);
        let mut actors = Vec::new();
        // Nothing is passed on without these.
        for (at, kind) in ["Project", "Team", "Team"].into_iter().chain(kinds).enumerate() {
            let admin = draw(count);
            let id = world.make(&people[admin], &factories[admin], kind, &format!("{kind}{at}"));
            actors.push(Made { id, kind, admin });
        }
        let factories = factories.into_iter().enumerate();
        actors.extend(factories.map(|(admin, id)| Made { id, kind: "Factory", admin }));
        let (gone, edges, members, filters) = Default::default();
        Self { world, people, actors, gone, edges, members, filters }
    }

    /// A number below `bound`.
    pub fn draw(&self, bound: usize) -> usize {
        self.world.draw(bound as u64) as usize
    }

    /// What was not deleted.
    pub fn standing(&self) -> impl Iterator<Item = usize> {
        (0..self.actors.len()).filter(|at| !self.gone.contains(at))
    }

    /// Any of those.
    pub fn any(&self) -> usize {
        let standing: Vec<usize> = self.standing().collect();
        standing[self.draw(standing.len())]
    }

    /// Circles are allowed, and come to rest; but what flows round them depends on what came first, so that they have a
    /// test of their own.
    pub fn circles(&self, kind: LinkKind, source: usize, destination: usize) -> bool {
        let mut reached = BTreeSet::from([destination]);
        loop {
            let next: Vec<_> = self
                .edges
                .iter()
                .filter(|edge| edge.kind == kind && reached.contains(&edge.source))
                .map(|edge| edge.destination)
                .filter(|next| !reached.contains(next))
                .collect();
            if next.is_empty() {
                return reached.contains(&source);
            }
            reached.extend(next);
        }
    }

    /// What everybody holds: person and resource, with the roles of all Grants that hold now. One that was given anew is
    /// counted once.
    pub fn held(&self) -> Access {
        let mut held = Access::new();
        let now = self.world.now();
        for (at, who) in self.people.iter().enumerate() {
            for (_, permit) in self.world.rows(who.as_str(), "permits") {
                let permit: Permit = serde_json::from_value(permit).unwrap();
                let resource = self.actors.iter().position(|made| made.id == permit.resource);
                if let (Some(resource), true) = (resource, permit.holds(now) && !permit.renewed) {
                    held.entry((at, resource)).or_default().push(permit.role);
                }
            }
        }
        held.values_mut().for_each(|roles| roles.sort());
        held
    }

    /// The same from the links that stand: every way from a resource to a member gives one Grant, in the least role on it.
    pub fn computed(&self) -> Access {
        let mut all = Access::new();
        let mut members: BTreeMap<(usize, usize), Role> =
            self.members.iter().map(|(place, member)| (*place, member.role)).collect();
        members.extend(self.standing().map(|at| ((self.actors[at].admin, at), Role::Admin)));
        for ((who, to), role) in &members {
            all.entry((*who, *to)).or_default().push(*role);
            for (resource, comes) in self.passes(*to, &[]) {
                all.entry((*who, resource)).or_default().push(comes.min(*role));
            }
        }
        all.values_mut().for_each(|roles| roles.sort());
        all
    }

    /// What an actor passes on of what comes to it: as much as its filter says.
    fn passes(&self, from: usize, beyond: &[usize]) -> Vec<(usize, Role)> {
        let filter = self.filters.get(&from);
        let comes = self.comes_to(from, beyond).into_iter();
        let filtered = comes.filter_map(|(resource, role)| {
            match filter.and_then(|filter| filter.get(self.actors[resource].kind)) {
                None => Some((resource, role)),
                Some(most) => most.map(|most| (resource, role.min(most))),
            }
        });
        filtered.collect()
    }

    /// What comes to an actor over its links: the resources, with the least role on each way. No way leads through the same
    /// actor twice: what has been passed on somewhere is not taken back there, nor access to oneself.
    fn comes_to(&self, to: usize, beyond: &[usize]) -> Vec<(usize, Role)> {
        let way = [beyond, &[to]].concat();
        let mut all = Vec::new();
        for edge in self.edges.iter().filter(|edge| edge.destination == to && !way.contains(&edge.source)) {
            if edge.kind != LinkKind::Subteam {
                all.push((edge.source, edge.role));
            }
            let passes_on = matches!(edge.kind, LinkKind::Child | LinkKind::Subteam | LinkKind::TeamResource);
            let comes = if passes_on { self.passes(edge.source, &way) } else { Vec::new() };
            all.extend(comes.into_iter().map(|(resource, role)| (resource, role.min(edge.role))));
        }
        all
    }
}
