//! Access over links, computed twice: as the forge has it after a random story of links made and ended, with a wire that
//! loses, doubles and reorders, and directly from the links that stand in the end. The two must be the same.

use crate::world::cast::Somebody;
use crate::world::{Faults, World};
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::link::{End, LinkKind, Side};
use std::collections::{BTreeMap, BTreeSet};

/// Seeds of a usual run; `PRITCHEL_SEEDS` has more.
const SEEDS: u64 = 12;

/// A link as the story has made it: source, kind, destination, role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    source: usize,
    kind: LinkKind,
    destination: usize,
    role: Role,
}

struct Forest {
    world: World,
    people: Vec<Somebody>,
    /// Every actor with its type and the index of its admin.
    actors: Vec<(ActorId, &'static str, usize)>,
    edges: BTreeSet<Edge>,
    /// Who is a member of which actor.
    members: BTreeMap<(usize, usize), Role>,
}

const ROLES: [&str; 4] = ["report", "triage", "write", "maintain"];

impl Forest {
    fn new(seed: u64) -> Self {
        let world = World::new(seed);
        let host = |number: usize| format!("s{}.example", number % 3);
        let names = ["ann", "ben", "cid", "dee"];
        let people: Vec<_> = names.iter().enumerate().map(|(at, name)| world.person(&host(at), name)).collect();
        let factories: Vec<_> = people.iter().zip(names).map(|(who, name)| world.factory(who, name)).collect();
        let mut actors = Vec::new();
        for (at, kind) in
            ["TicketTracker", "Repository", "Project", "Project", "Project", "Team", "Team", "Team"].iter().enumerate()
        {
            let admin = at % people.len();
            let id = world.make(&people[admin], &factories[admin], kind, &format!("{kind}{at}"));
            actors.push((id, *kind, admin));
        }
        Self { world, people, actors, edges: BTreeSet::new(), members: BTreeMap::new() }
    }

    fn draw(&self, bound: usize) -> usize {
        self.world.draw(bound as u64) as usize
    }

    /// One thing happens: a link begins or ends, or somebody becomes a member or is one no more.
    fn happens(&mut self) {
        match self.draw(10) {
            0..5 => self.links(),
            5..7 => self.unlinks(),
            7..9 => self.lets_in(),
            _ => self.lets_go(),
        }
    }

    fn links(&mut self) {
        let (source, destination) = (self.draw(self.actors.len()), self.draw(self.actors.len()));
        let kinds: &[LinkKind] = match (self.actors[source].1, self.actors[destination].1) {
            _ if source == destination => &[],
            ("TicketTracker" | "Repository", "Project") => &[LinkKind::Component],
            ("Project", "Project") => &[LinkKind::Child],
            ("Team", "Team") => &[LinkKind::Subteam, LinkKind::Oversight],
            (_, "Team") => &[LinkKind::TeamResource],
            _ => &[],
        };
        let Some(kind) = kinds.get(self.draw(kinds.len().max(1))).copied() else { return };
        let same = |edge: &Edge| {
            edge.kind == kind
                && [(source, destination), (destination, source)].contains(&(edge.source, edge.destination))
        };
        if self.edges.iter().any(same) || self.circles(kind, source, destination) {
            return;
        }
        let word = ROLES[self.draw(ROLES.len())];
        let role = Role::from_word(word).unwrap();
        let side = if self.draw(2) == 0 { Side::Source } else { Side::Destination };
        let (begins, agrees) = if side == Side::Source { (source, destination) } else { (destination, source) };
        let (mine, other) = (&self.actors[begins], &self.actors[agrees]);
        let collection = End { kind, side }.collection();
        let (first, second) = (&self.people[mine.2], &self.people[other.2]);
        let add = first.posts(client::add(&mine.0, collection, &other.0, word, &first.permit(&mine.0)));
        // The other side's admin agrees as soon as they have seen it, whatever the actors have seen by then.
        second.posts(client::agree(&add, &other.0, &mine.0, &second.permit(&other.0)));
        self.settle();
        self.edges.insert(Edge { source, kind, destination, role });
    }

    /// Circles are allowed, and come to rest; but what flows round them depends on what came first, so that they have a
    /// test of their own.
    fn circles(&self, kind: LinkKind, source: usize, destination: usize) -> bool {
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

    fn unlinks(&mut self) {
        let Some(edge) = self.edges.iter().nth(self.draw(self.edges.len().max(1))).cloned() else { return };
        let side = if self.draw(2) == 0 { Side::Source } else { Side::Destination };
        let (ends, other) =
            if side == Side::Source { (edge.source, edge.destination) } else { (edge.destination, edge.source) };
        let (mine, other) = (&self.actors[ends], &self.actors[other]);
        let collection = End { kind: edge.kind, side }.collection();
        let admin = &self.people[mine.2];
        admin.posts(client::remove_link(&mine.0, collection, &other.0, &admin.permit(&mine.0)));
        self.settle();
        self.edges.remove(&edge);
    }

    fn lets_in(&mut self) {
        let (who, to) = (self.draw(self.people.len()), self.draw(self.actors.len()));
        let (id, _, admin) = &self.actors[to];
        if *admin == who || self.members.contains_key(&(who, to)) {
            return;
        }
        let word = ROLES[self.draw(ROLES.len())];
        let (admin, who_is) = (&self.people[*admin], &self.people[who]);
        let invite = admin.posts(client::invite(id, &who_is.id, word, &admin.permit(id)));
        self.settle();
        who_is.posts(client::accept(&invite, &[id]));
        self.settle();
        self.members.insert((who, to), Role::from_word(word).unwrap());
    }

    fn lets_go(&mut self) {
        let Some((who, to)) = self.members.keys().nth(self.draw(self.members.len().max(1))).copied() else { return };
        let (id, _, admin) = &self.actors[to];
        if self.draw(2) == 0 {
            self.people[who].posts(client::leave(id));
        } else {
            let admin = &self.people[*admin];
            admin.posts(client::remove(id, &self.people[who].id, &admin.permit(id)));
        }
        self.settle();
        self.members.remove(&(who, to));
    }

    /// Some of what was begun happens, the rest while other things begin.
    fn settle(&self) {
        self.world.settle();
    }

    /// What everybody holds: person and resource, with the roles of all live Grants.
    fn held(&self) -> BTreeMap<(usize, usize), Vec<Role>> {
        let mut held: BTreeMap<(usize, usize), Vec<Role>> = BTreeMap::new();
        for (at, who) in self.people.iter().enumerate() {
            for (_, permit) in self.world.rows(who.as_str(), "permits") {
                let resource = self.actors.iter().position(|(id, ..)| permit["resource"] == id.as_str());
                let role = Role::from_word(permit["role"].as_str().unwrap()).unwrap();
                if let (Some(resource), Some(true)) = (resource, permit["live"].as_bool()) {
                    held.entry((at, resource)).or_default().push(role);
                }
            }
        }
        held.values_mut().for_each(|roles| roles.sort());
        held
    }

    /// The same from the links that stand: every way from a resource to a member gives one Grant, in the least role on it.
    fn computed(&self) -> BTreeMap<(usize, usize), Vec<Role>> {
        let mut all: BTreeMap<(usize, usize), Vec<Role>> = BTreeMap::new();
        let mut members = self.members.clone();
        for (at, (_, _, admin)) in self.actors.iter().enumerate() {
            members.insert((*admin, at), Role::Admin);
        }
        for ((who, to), role) in &members {
            all.entry((*who, *to)).or_default().push(*role);
            for (resource, comes) in self.comes_to(*to, &[]) {
                all.entry((*who, resource)).or_default().push(comes.min(*role));
            }
        }
        all.values_mut().for_each(|roles| roles.sort());
        all
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
            let comes = if passes_on { self.comes_to(edge.source, &way) } else { Vec::new() };
            all.extend(comes.into_iter().map(|(resource, role)| (resource, role.min(edge.role))));
        }
        all
    }
}

fn seeds() -> u64 {
    let asked = std::env::var("PRITCHEL_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    asked.map_or(SEEDS, |seeds: u64| seeds.div_ceil(10))
}

#[test]
fn what_everybody_holds_is_what_the_links_that_stand_give() {
    // What people hold in the end beyond what they made, over all seeds.
    let mut told = 0;
    for seed in 0..seeds() {
        let mut forest = Forest::new(seed);
        if seed % 2 == 1 {
            forest.world.0.borrow_mut().faults = Faults { loss: 10, twice: 20, delay: 40, restart: 3 };
        }
        for step in 0..25 {
            forest.happens();
            assert_eq!(forest.held(), forest.computed(), "seed {seed}, step {step}: {:#?}", forest.edges);
        }
        crate::sound::check(&forest.world);
        told += forest.held().len() - forest.actors.len();
        for (id, kind, _) in &forest.actors {
            let forming = forest.world.rows(id.as_str(), "links");
            let open = forming.iter().filter(|(_, link)| matches!(link["state"].as_str(), Some("forming" | "agreed")));
            assert_eq!(open.count(), 0, "seed {seed}: {kind} has a link half made");
        }
    }
    assert!(told as u64 > seeds(), "the stories make links over which something flows: {told}");
}
