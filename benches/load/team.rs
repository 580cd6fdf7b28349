//! A team of many members, all of another server, that gains a resource and loses it: what it costs each of them, and how
//! long others wait meanwhile. Measured until the last member has been told; others are people who post to their own
//! outbox, which is answered when the post is durable.

use crate::answered::answered;
use crate::far::Far;
use crate::inbox::{self, CONNECTIONS, unfollow};
use crate::server::{PATIENCE, Person, Server, free_host};
use crate::{load_average, median};
use pritchel_actor::limits::EARLY_MAX;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::link::{End, LinkKind, Side};
use pritchel_deliver::key::KeyPair;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use url::Url;

/// Of which the median is told.
const PAIRS: usize = 7;
/// How long nothing happens beside the posts, in each pair.
const QUIET: Duration = Duration::from_secs(2);
/// Between two posts.
const PAUSE: Duration = Duration::from_millis(10);
/// Members invited at a time. Their yes may come before the team has read the invitation: fewer than are kept early.
const AT_A_TIME: usize = EARLY_MAX as usize / 2;
const ROLE: &str = "triage";

/// Measures with a tenth of the members, and with all.
pub async fn run(members: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &free_host()).await;
    let far = Far::start(Arc::new(KeyPair::generate_rsa2048().unwrap())).await;
    let scene = Scene::new(&server, far).await;
    println!("a team of {} and then {members} members; load {}", members / 10, load_average());
    scene.joined(0..members / 10).await;
    scene.measured(members / 10).await;
    scene.joined(members / 10..members).await;
    scene.measured(members).await;
}

/// Alice, her team, and what it gains and loses; bob, who has nothing to do with it.
struct Scene<'s> {
    server: &'s Server,
    far: Far,
    alice: Person,
    bob: Arc<Person>,
    team: (ActorId, ActId),
    resource: (ActorId, ActId),
}

impl<'s> Scene<'s> {
    async fn new(server: &'s Server, far: Far) -> Self {
        let (alice, bob) = (server.person("alice"), Arc::new(server.person("bob")));
        let factory = alice.factory(&server.base()).await;
        let team = alice.make_own(&factory, "Team", "Cooks").await;
        let resource = alice.make_own(&factory, "TicketTracker", "Bugs").await;
        for made in [&team, &resource] {
            unfollow(&alice, &made.0, made.0.as_str()).await;
        }
        Self { server, far, alice, bob, team, resource }
    }

    /// Invites them; they accept, are given access, and let the team pass more on to them.
    async fn joined(&self, members: std::ops::Range<usize>) {
        for from in members.clone().step_by(AT_A_TIME) {
            let names: Vec<String> =
                (from..members.end.min(from + AT_A_TIME)).map(|number| format!("m{number}")).collect();
            self.far.listen();
            let mut said = Vec::new();
            for name in &names {
                let invite = client::invite(&self.team.0, &self.person(name), "triage", &self.team.1);
                let invite = ActId::new(self.alice.post(&invite).await);
                said.push((name, client::accept(&invite, &[&self.team.0])));
            }
            self.say("joins", said).await;
            let grants = self.far.heard("Grant", names.len(), PATIENCE).await;
            let given: HashMap<&str, &str> =
                grants.iter().filter_map(|grant| grant["target"].as_str().zip(grant["id"].as_str())).collect();
            let said = names.iter().map(|name| (name, self.delegates(name, given[self.far.person(name).as_str()])));
            self.say("delegates", said.collect()).await;
        }
    }

    /// The delegate-Grant with which a member answers the Grant that makes them one.
    fn delegates(&self, name: &str, membership: &str) -> Value {
        json!({
            "type": "Grant", "object": "delegate", "context": self.far.person(name), "target": self.team.0,
            "allows": "invoke", "capability": membership, "to": [self.team.0],
        })
    }

    fn person(&self, name: &str) -> ActorId {
        ActorId::new(self.far.person(name))
    }

    /// Each of them says this to the team.
    async fn say(&self, what: &str, said: Vec<(&String, Value)>) {
        let inbox = Url::parse(&format!("{}/inbox", self.team.0)).unwrap();
        let mut lots = vec![Vec::new(); CONNECTIONS];
        for (at, (name, mut activity)) in said.into_iter().enumerate() {
            let author = self.far.person(name);
            activity["@context"] = json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]);
            activity["id"] = json!(format!("{author}/{what}"));
            activity["actor"] = json!(author);
            lots[at % CONNECTIONS].push(self.far.delivery(name, &inbox, &activity));
        }
        inbox::send(&self.server.host, lots.into_iter().map(Arc::new).collect()).await;
    }

    /// Gains and loses the resource in turns, with quiet between.
    async fn measured(&self, members: usize) {
        // What was delegated is worked off before the first link is there, since both wait in the team's mailbox.
        self.gains(members).await;
        self.loses(members).await;
        let (mut gain, mut loss, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..PAIRS {
            let quiet = self.beside(tokio::time::sleep(QUIET)).await.1;
            let (took, while_gaining) = self.beside(self.gains(members)).await;
            gain.push(took);
            let (took, while_losing) = self.beside(self.loses(members)).await;
            loss.push(took);
            let busy = [while_gaining, while_losing].concat();
            ratios.push(median(busy) / median(quiet));
        }
        let each = |all: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| median(all.iter().map(of).collect());
        for (what, all) in [("gains", &gain), ("loses", &loss)] {
            println!(
                "{members} members, {what}: {:.0} µs of CPU for each, {:.1} s in all",
                each(all, |took| took.0) * 1e6 / members as f64,
                each(all, |took| took.1)
            );
        }
        println!(
            "{members} members: others wait {:.2} times as long, by the median of {PAIRS} pairs {ratios:.2?}",
            median(ratios.clone())
        );
    }

    async fn gains(&self, members: usize) -> (f64, f64) {
        let ((team, by), (resource, may)) = (&self.team, &self.resource);
        self.far.reset();
        let began = (self.server.process.cpu_seconds(), Instant::now());
        let add = self.alice.post(&client::add(team, collection(), resource, ROLE, by)).await;
        self.alice.post(&client::agree(&ActId::new(add), resource, team, may)).await;
        answered(&self.far, members as u64).await;
        (self.server.process.cpu_seconds() - began.0, began.1.elapsed().as_secs_f64())
    }

    async fn loses(&self, members: usize) -> (f64, f64) {
        self.far.reset();
        let began = (self.server.process.cpu_seconds(), Instant::now());
        self.alice.post(&client::remove_link(&self.team.0, collection(), &self.resource.0, &self.team.1)).await;
        answered(&self.far, members as u64).await;
        (self.server.process.cpu_seconds() - began.0, began.1.elapsed().as_secs_f64())
    }

    /// Does something while bob posts: what it came to, and how many milliseconds each post took.
    async fn beside<T>(&self, done: impl Future<Output = T>) -> (T, Vec<f64>) {
        let (ended, bob) = (Arc::new(AtomicBool::new(false)), self.bob.clone());
        let mut posting = JoinSet::new();
        let until = ended.clone();
        posting.spawn(async move {
            let mut waits = Vec::new();
            while !until.load(Ordering::SeqCst) {
                let note = json!({"type": "Note", "content": "Still here.", "to": []});
                let began = Instant::now();
                bob.post(&note).await;
                waits.push(began.elapsed().as_secs_f64() * 1e3);
                tokio::time::sleep(PAUSE).await;
            }
            waits
        });
        let came = done.await;
        ended.store(true, Ordering::SeqCst);
        (came, posting.join_next().await.unwrap().unwrap())
    }
}

/// Where a team lists what it has access to.
fn collection() -> &'static str {
    End { kind: LinkKind::TeamResource, side: Side::Destination }.collection()
}
