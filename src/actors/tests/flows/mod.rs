//! The flows of ForgeFed, each with its actors on one server, each on its own, and mixed: the same state comes of it.
//! Beside each success stands what is refused, which changes nothing.

mod access;
mod archived;
mod assignments;
mod client_words;
mod default_branch;
mod dependencies;
mod every_kind;
mod every_tracker;
mod far_trackers;
mod fields;
mod forks;
mod hooks;
mod large_team;
mod lifecycle;
mod link_checks;
pub mod links;
mod lists;
mod malformed;
mod migrate;
mod mirrors;
mod moderated;
mod notices;
mod older_words;
mod organization;
mod patches;
mod person;
mod protection;
mod pushes;
mod quotes;
mod releases;
mod reports;
mod reviews;
mod roadmap;
mod rules;
mod statuses;
mod team_reviews;
mod ticket_followers;
mod tickets;
mod ties;
mod times;
mod told;
mod upkeep;
mod versions;
mod workflow;

use crate::invariants;
use crate::world::cast::Somebody;
use crate::world::{Faults, World};
use pritchel_actor::{ActorId, Value};
use pritchel_actors::client;

/// Where the actors of a story live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// All on one server.
    One,
    /// Each person with what they made on a server of their own.
    Each,
    /// On two servers.
    Mixed,
    /// As [`Self::Each`], with a wire that loses, doubles and reorders, and servers that forget what is only in memory,
    /// between any two steps.
    Faulty,
}

/// What goes wrong in a story on faulty servers.
const FAULTS: Faults = Faults { loss: 10, twice: 20, delay: 20, restart: 3 };

impl Place {
    /// The host of somebody in the story.
    pub fn host(self, name: &str) -> String {
        match self {
            Self::One => "one.example".to_owned(),
            Self::Each | Self::Faulty => format!("{name}.example"),
            Self::Mixed if name.len().is_multiple_of(2) => "even.example".to_owned(),
            Self::Mixed => "odd.example".to_owned(),
        }
    }
}

/// The people of all stories, and what olga made before they begin.
pub struct Cast {
    pub world: World,
    /// Where they all live.
    pub place: Place,
    /// Owns all there is.
    pub olga: Somebody,
    /// Comes from elsewhere.
    pub alice: Somebody,
    /// The same.
    pub bob: Somebody,
    pub factory: ActorId,
    pub repo: ActorId,
    pub tracker: ActorId,
}

impl Cast {
    /// A world with everybody in place.
    pub fn new(seed: u64, place: Place) -> Self {
        let world = World::new(seed);
        let person = |name: &str| world.person(&place.host(name), name);
        let (olga, alice, bob) = (person("olga"), person("alice"), person("bob"));
        let factory = world.factory(&olga, "workshop");
        let repo = world.repository(&olga, &factory, "tea");
        let tracker = world.tracker(&olga, &factory, "bugs");
        if place == Place::Faulty {
            world.0.borrow_mut().faults = FAULTS;
        }
        Self { world, place, olga, alice, bob, factory, repo, tracker }
    }

    /// Alice's new ticket on the tracker.
    pub fn ticket(&self) -> String {
        let offer = client::open_ticket(&self.alice, &self.tracker, "Crash on start", "It *does*", None);
        let offer = self.alice.does(offer);
        self.alice.result(&offer)
    }

    /// Ties what an admin of each side has: the provider invites, the consumer's admin agrees.
    pub fn tie(&self, (by, provider): (&Somebody, &ActorId), (with, consumer): (&Somebody, &ActorId), role: &str) {
        let invite = by.does(client::invite(provider, consumer, role, &by.permit(provider)));
        with.does(client::agree_to_tie(consumer, &invite, &with.permit(consumer)));
        let uses = self.world.rows(consumer.as_str(), "providers");
        assert!(uses.iter().any(|(key, _)| key.ends_with(provider.as_str())), "{consumer} uses {uses:?}");
    }

    /// What somebody posts is refused by `by` for this reason, and changes nothing there.
    pub fn refuses(&self, by: &ActorId, who: &Somebody, activity: Value, expected: &str) {
        let before = self.world.of(by);
        let act = who.does(activity);
        assert_eq!(self.world.ended(by, &act), expected);
        let after = self.world.of(by);
        let changed: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
        assert!(after == before, "{expected}, and yet something changed: {changed:#?}");
    }
}

/// Where nothing goes wrong: what is heard there comes in the order in which it was said.
pub const PLACES: [Place; 3] = [Place::One, Place::Each, Place::Mixed];

/// Plays a story everywhere, on faulty servers too, and sees that it ends the same.
pub fn everywhere(story: impl Fn(&Cast)) {
    let places = [PLACES.as_slice(), &[Place::Faulty]].concat();
    ends_the_same(&places, |place| {
        let cast = Cast::new(7, place);
        story(&cast);
        cast.world
    });
}

/// Plays in each of these places, and sees that all worlds end the same and sound.
pub fn ends_the_same(places: &[Place], plays: impl Fn(Place) -> World) {
    let mut ends: Vec<Vec<String>> = Vec::new();
    for place in places {
        let world = plays(*place);
        invariants::check(&world);
        invariants::check_rest(&world);
        let end = world.state();
        if let Some(first) = ends.first() {
            let only_here: Vec<_> = end.iter().filter(|line| !first.contains(line)).collect();
            let only_there: Vec<_> = first.iter().filter(|line| !end.contains(line)).collect();
            assert!(
                *first == end,
                "{place:?} ends otherwise than One: only here {only_here:#?}, only there {only_there:#?}"
            );
        }
        ends.push(end);
    }
}
