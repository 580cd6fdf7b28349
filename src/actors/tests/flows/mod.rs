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
mod kept_elsewhere;
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
use crate::world::state::PASSED_ON;
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

/// How often a story is played on faulty servers, each time with other faults.
const FAULTY_SEEDS: u64 = 1;

/// Plays a story everywhere, on faulty servers too, and sees that it ends the same.
pub fn everywhere(story: impl Fn(&Cast)) {
    ends_the_same(7, |seed, place| {
        let cast = Cast::new(seed, place);
        story(&cast);
        cast.world
    });
}

/// The places to play in, each with its seed: where nothing goes wrong, and what is heard comes in the order in which it was said; and
/// on faulty servers. `PRITCHEL_SEED` names the only seed for those, `PRITCHEL_FAULTY_SEEDS` how many there are.
fn places(seed: u64) -> Vec<(u64, Place)> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seeds = match number("PRITCHEL_SEED") {
        Some(only) => only..only + 1,
        None => seed..seed + number("PRITCHEL_FAULTY_SEEDS").unwrap_or(FAULTY_SEEDS),
    };
    let sound = [Place::One, Place::Each, Place::Mixed].map(|place| (seed, place));
    sound.into_iter().chain(seeds.map(|seed| (seed, Place::Faulty))).collect()
}

/// Plays in each place, and sees that all worlds end the same and sound. On faulty servers an act may be overtaken by a later one of the same
/// actor, which does all that was to be done; what has nothing more to do is not passed on to followers.
pub fn ends_the_same(seed: u64, plays: impl Fn(u64, Place) -> World) {
    let mut ends: Vec<Vec<String>> = Vec::new();
    for (seed, place) in places(seed) {
        let world = plays(seed, place);
        invariants::check_rest(&world);
        let end = world.state();
        if let Some(first) = ends.first() {
            let counts = |line: &&String| place != Place::Faulty || !line.ends_with(PASSED_ON);
            let (first, end): (Vec<_>, Vec<_>) =
                (first.iter().filter(counts).cloned().collect(), end.iter().filter(counts).cloned().collect());
            let times = |of: &[String], line: &String| of.iter().filter(|other| *other == line).count();
            let more = |of: &[String], than: &[String]| -> Vec<String> {
                of.iter().filter(|line| times(of, line) > times(than, line)).cloned().collect()
            };
            let (only_here, only_there) = (more(&end, &first), more(&first, &end));
            assert!(
                first == end,
                "PRITCHEL_SEED={seed}: {place:?} ends otherwise than One: only here {only_here:#?}, only there {only_there:#?}"
            );
        }
        ends.push(end);
    }
}
