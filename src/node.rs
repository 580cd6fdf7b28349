//! One server: the rooms tied together.
//! - [`settings`]: what an operator may set; [`store`]: the store and its first actors; [`clock`]: time and entropy
//! - [`ports`]: what the web asks of the other rooms; [`accounts`], [`registration`], [`importing`], [`admin`]: what commands ask for
//! - [`merging`], [`elsewhere`]: merges by git, here and into repositories of other servers; [`quoting`]: lines that reviews are
//!   about; [`fetching`]: git's part of forks and mirrors;
//!   [`hooks`]: webhooks that are told something; [`upkeep`]: repositories put in order by git; [`migrating`]: trackers of other servers, fetched to be copied; [`far_trackers`]: and
//!   to be read here
//! - [`moderation`]: what administrators decide about other servers, and who enforces it
//! - [`backup`]: a server as a whole, copied while it runs; [`checkup`]: what it finds when it looks at itself, [`bounds`] among it
//! - [`offline`]: a server's data without the server
//! - `faults`: what is wrong on purpose, in builds for tests

pub mod accounts;
pub mod admin;
pub mod backup;
pub mod bounds;
pub mod checkup;
pub mod clock;
pub mod elsewhere;
pub mod far_trackers;
#[cfg(debug_assertions)]
pub mod faults;
pub mod fetching;
pub mod files;
pub mod hooks;
pub mod importing;
pub mod merging;
pub mod migrating;
pub mod moderation;
pub mod offline;
pub mod ports;
pub mod quoting;
pub mod registration;
pub mod settings;
pub mod store;
pub mod upkeep;

use crate::cli::Failure;
use crate::cli::limits::REPOS_SWEEP_S;
use crate::node::bounds::Shared;
use crate::node::checkup::Checkup;
use crate::node::clock::{MachineClock, secret, sha256};
use crate::node::elsewhere::ElsewhereWorker;
use crate::node::far_trackers::{FarShelf, FarWorker};
use crate::node::fetching::FetchWorker;
use crate::node::hooks::HookWorker;
use crate::node::merging::MergeWorker;
use crate::node::migrating::MigrateWorker;
use crate::node::moderation::Rulebook;
use crate::node::ports::{GrantHolding, NodePorts, WrittenByWeb};
use crate::node::settings::{Places, Settings};
use crate::node::store::{Hosted, NearOrigins};
use crate::node::upkeep::UpkeepWorker;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::runtime::{Node, NodeParts};
use pritchel_actor::{ActorId, Boxes};
use pritchel_actors::common::naming::{host, origin};
use pritchel_actors::domain::AllowMigration;
use pritchel_actors::domain::view::ViewDomain;
use pritchel_actors::{Domain, UriNaming, kinds};
use pritchel_box_store::BoxStore;
use pritchel_deliver::hosts::Hosts;
use pritchel_deliver::keys::KeySource;
use pritchel_deliver::keys::rotation::KeyWorker;
use pritchel_deliver::lanes::job::JobWorker;
use pritchel_deliver::outside::Outside;
use pritchel_deliver::runner::Bell;
use pritchel_git::git::Git;
use pritchel_git::limits::Bounds;
use pritchel_git::place::Repos;
use pritchel_web::git::disk;
use pritchel_web::git::pushed::recover_pushes;
use pritchel_web::ports::{Front, ServedDomain, WebSettings};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running server.
pub struct Server {
    front: Front,
    node: Node,
    ports: NodePorts,
    places: Places,
    greeting: Vec<String>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the store, plants what is missing, starts the actors and whatever moves by itself.
    pub async fn start(settings: Settings) -> Result<Self, Failure> {
        let places = Places::of(&settings.data);
        for place in [&settings.data, &places.repos, &places.run] {
            std::fs::create_dir_all(place).map_err(|e| Failure(format!("{}: {e}", place.display())))?;
        }
        let served = settings.served();
        let near = NearOrigins::default();
        for domain in &served {
            near.add(&settings::origin(&domain.host));
        }
        let (boxes, watched) = store::open_watched(&settings.data, settings.store_cache_mb, near).await?;
        let domains = store::plant(&boxes, &served).await?;
        let holding = GrantHolding::default();
        let outside = outside(&settings, &boxes, &domains, holding.clone())?;
        let bell = Bell::default();
        let node = machine(&settings, &boxes, &outside, &bell).await?;
        holding.attach(node.clone());
        let turns = Arc::new(node.clone());
        let receiver = outside.receiver(turns.clone());
        let written = WrittenByWeb::default();
        let program = std::env::current_exe().map_err(Failure::new)?;
        let git = Git::open(&places.run, &program, Bounds::default()).await.map_err(Failure::new)?;
        let repos = Arc::new(Repos::open(&places.repos).map_err(Failure::new)?);
        let workers = workers(&settings, &places, &outside, (&git, &repos), &written);
        let runner = outside.runner(turns, bell, workers);
        let rulebook = rulebook(&node, &domains, &outside).await?;
        let shelf = FarShelf::open(node.clone(), domains.iter().map(|domain| &domain.actor)).await.map_err(Failure)?;
        let shared = Shared { node: node.clone(), git: git.clone(), runner: runner.clone() };
        let checkup = Checkup::of(&settings, &domains, &outside, shared);
        let blobs = files::open(&places.blobs).await?;
        let ports = NodePorts {
            boxes: boxes.clone(),
            outside,
            receiver,
            runner,
            rulebook,
            shelf,
            checkup,
            blobs: blobs.clone(),
        };
        allow_migration(&node, &domains, settings.migration).await?;
        let setup = setup_secret(&node, &domains).await?;
        let front = front(&settings, &places, (&node, git, repos), ports.clone(), &domains, setup.as_deref())?;
        written.attach(front.clone());
        let desk = admin::Desk::of(&node, &domains, &ports, watched, &settings.data);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = vec![admin::listen(&places.admin_socket(), desk).map_err(Failure::new)?];
        tasks.push(tokio::spawn(recover(front.clone(), boxes.clone())));
        if settings.background {
            let runner = ports.runner.clone();
            tasks.push(tokio::spawn(async move { runner.run_background(stopped).await }));
            tasks.push(tokio::spawn(files::sweep_now_and_then(boxes, blobs)));
            tasks.push(tokio::spawn(clear_now_and_then(front.clone())));
        }
        let greeting = greeting(&settings, &domains, setup.as_deref());
        Ok(Self { front, node, ports, places, greeting, stop, tasks })
    }

    /// What the web needs.
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// Other servers, as this one speaks with them.
    pub fn outside(&self) -> &Outside {
        &self.ports.outside
    }

    /// What is printed at start.
    pub fn greeting(&self) -> &[String] {
        &self.greeting
    }

    /// Lets what is under way end, and stops.
    pub async fn stop(self) {
        self.ports.receiver.stop();
        // Without background workers nobody listens.
        let _ = self.stop.send(true);
        let mut tasks = self.tasks;
        if let Some(runner) = tasks.get_mut(2) {
            // The runner ends by itself; a task that panicked has nothing left to say.
            let _ = runner.await;
        }
        tasks.iter().for_each(JoinHandle::abort);
        self.node.stop().await;
        let socket = self.places.admin_socket();
        if let Err(error) = std::fs::remove_file(&socket) {
            tracing::debug!("{} was not removed: {error}", socket.display());
        }
    }
}

/// The machine that runs the actors of this server.
async fn machine(settings: &Settings, boxes: &BoxStore, outside: &Outside, bell: &Bell) -> Result<Node, Failure> {
    let parts = NodeParts {
        boxes: as_written(Arc::new(boxes.clone()))?,
        documents: Arc::new(outside.documents.clone()),
        clock: Arc::new(MachineClock),
        naming: Arc::new(UriNaming),
        kinds: kinds(),
        on_left: bell.hook(),
        settings: pritchel_actor::runtime::Settings {
            idle: settings.idle,
            background: settings.background,
            ..Default::default()
        },
    };
    Node::start(parts).await.map_err(Failure::new)
}

/// The boxes as actors write to them. Builds for tests may have faults there, see `faults`.
fn as_written(boxes: Arc<dyn Boxes>) -> Result<Arc<dyn Boxes>, Failure> {
    #[cfg(debug_assertions)]
    let boxes = faults::seeded(boxes)?;
    Ok(boxes)
}

fn outside(
    settings: &Settings,
    boxes: &BoxStore,
    domains: &[Hosted],
    holding: GrantHolding,
) -> Result<Outside, Failure> {
    let Some(Hosted { actor: first, .. }) = domains.first() else {
        return Err(Failure::new("domain: expected at least one"));
    };
    let version = env!("CARGO_PKG_VERSION");
    let mut deliver = pritchel_deliver::outside::Settings::new(format!("Pritchel/{version} (+{})", origin(first)));
    deliver.allow_loopback = settings.allow_loopback;
    deliver.blocked = settings.blocked.clone();
    deliver.allowed = settings.allowed.clone();
    if let Some(file) = &settings.fixture_keys {
        deliver.keys = fixture_keys(file)?;
    }
    let hosts = domains.iter().map(|domain| (origin(&domain.actor).to_owned(), domain.actor.clone()));
    let displays = domains.iter().filter_map(|domain| Some((domain.host.as_str(), domain.display.as_deref()?)));
    let hosts = Hosts::new(hosts).map_err(Failure::new)?.displayed_as(displays);
    pritchel_deliver::fetch::install_crypto();
    let transport = deliver.internet(&hosts).map_err(Failure::new)?;
    Ok(Outside::new(&deliver, hosts, boxes.clone(), Arc::new(MachineClock), Arc::new(holding), transport))
}

/// The rules about other servers, in force before anything is taken or sent.
async fn rulebook(node: &Node, domains: &[Hosted], outside: &Outside) -> Result<Rulebook, Failure> {
    let Some(Hosted { actor: keeper, .. }) = domains.first() else {
        return Err(Failure::new("domain: expected at least one"));
    };
    let rulebook = Rulebook::new(node.clone(), keeper.clone(), outside.peers.clone());
    rulebook.reload().await.map_err(Failure)?;
    Ok(rulebook)
}

/// Key pairs from a file: one RSA key a line, PKCS#8 in base64.
fn fixture_keys(file: &Path) -> Result<KeySource, Failure> {
    let text = std::fs::read_to_string(file).map_err(|e| Failure(format!("{}: {e}", file.display())))?;
    let keys: Result<Vec<Vec<u8>>, _> = text.lines().map(|line| STANDARD.decode(line.trim())).collect();
    Ok(KeySource::Given(keys.map_err(|e| Failure(format!("{}: {e}", file.display())))?.into()))
}

/// Whoever does the jobs of this server.
fn workers(
    settings: &Settings,
    places: &Places,
    outside: &Outside,
    (git, repos): (&Git, &Arc<Repos>),
    written: &WrittenByWeb,
) -> Vec<Arc<dyn JobWorker>> {
    let elsewhere = ElsewhereWorker::new(written.clone(), outside.clone(), &places.run, &places.ssh_known_hosts);
    vec![
        Arc::new(KeyWorker::new(outside.keys.clone(), Arc::new(written.clone()))),
        Arc::new(MergeWorker::new(written.clone(), outside.clone())),
        Arc::new(elsewhere),
        Arc::new(FetchWorker::new(written.clone(), outside.clone())),
        Arc::new(UpkeepWorker::new(git.clone(), repos.clone())),
        Arc::new(MigrateWorker::new(outside.clone(), settings.migration)),
        Arc::new(FarWorker::new(outside.clone())),
        Arc::new(HookWorker::new(written.clone(), outside.clone())),
    ]
}

/// Tells the domains whether trackers may be copied, where that has changed: their factories ask them.
async fn allow_migration(node: &Node, domains: &[Hosted], allowed: bool) -> Result<(), Failure> {
    for Hosted { actor, .. } in domains {
        if node.look::<Domain, _>(actor, &ViewDomain).await.map_err(Failure::new)?.migration != allowed {
            node.call::<Domain, _>(actor, actor, AllowMigration { allowed }).await.map_err(Failure::new)?;
        }
    }
    Ok(())
}

/// A secret for the first visitor, while the server has no people.
async fn setup_secret(node: &Node, domains: &[Hosted]) -> Result<Option<String>, Failure> {
    for Hosted { actor, .. } in domains {
        if node.look::<Domain, _>(actor, &ViewDomain).await.map_err(Failure::new)?.people > 0 {
            return Ok(None);
        }
    }
    Ok(Some(secret()))
}

/// The token of the pump: the setting, or one made once and kept for the operator alone to read.
fn pump_token(settings: &Settings, places: &Places) -> Result<String, Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(token) = &settings.pump_token {
        return Ok(token.clone());
    }
    match std::fs::read_to_string(&places.pump_token) {
        Ok(token) => Ok(token.trim().to_owned()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let token = secret();
            let mut file = std::fs::OpenOptions::new();
            let mut file =
                file.write(true).create_new(true).mode(0o600).open(&places.pump_token).map_err(Failure::new)?;
            std::io::Write::write_all(&mut file, token.as_bytes()).map_err(Failure::new)?;
            Ok(token)
        }
        Err(e) => Err(Failure(format!("{}: {e}", places.pump_token.display()))),
    }
}

fn front(
    settings: &Settings,
    places: &Places,
    (node, git, repos): (&Node, Git, Arc<Repos>),
    ports: NodePorts,
    domains: &[Hosted],
    setup: Option<&str>,
) -> Result<Front, Failure> {
    let domains = domains.iter().map(|domain| ServedDomain {
        origin: origin(&domain.actor).to_owned(),
        host: domain.host.clone(),
        display: domain.display.clone(),
        actor: domain.actor.clone(),
    });
    let domains: Vec<ServedDomain> = domains.collect();
    let web = WebSettings {
        migration: settings.migration,
        costly_sign_in: settings.costly_sign_in,
        forgejo_compatible: settings.forgejo_compatible,
        pump_token_hash: Some(sha256(&pump_token(settings, places)?)),
        setup_hash: setup.map(sha256),
        secure_cookies: domains.iter().any(|domain| domain.origin.starts_with("https:")),
        source_url: settings.source_url.clone(),
        domains,
        ssh_port: settings.ssh_shown(),
        source_archive: include_bytes!(concat!(env!("OUT_DIR"), "/source.tar.gz")),
    };
    let kept = Arc::default();
    Ok(Front { node: node.clone(), ports: Arc::new(ports), git, repos, settings: Arc::new(web), kept })
}

fn greeting(settings: &Settings, domains: &[Hosted], setup: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    if settings.allow_loopback {
        lines.push(
            "WARNING: --allow-loopback is for development only: this server speaks with loopback over http.".to_owned(),
        );
    }
    for Hosted { actor, display, .. } in domains {
        let names = display.as_ref().map_or_else(String::new, |display| format!(", with names at {display}"));
        lines.push(format!("Serving {}{names}", origin(actor)));
    }
    if let (Some(secret), Some(Hosted { actor, .. })) = (setup, domains.first()) {
        lines.push(format!("Become the administrator of {}, once: {}/setup/{secret}", host(actor), origin(actor)));
    }
    lines
}

/// Removes the directories of repositories that have ended, at the start and every quarter of an hour.
async fn clear_now_and_then(front: Front) {
    loop {
        disk::clear_ended(&front).await;
        tokio::time::sleep(Duration::from_secs(REPOS_SWEEP_S)).await;
    }
}

/// Pushes that a crash came between are compared with git's refs and told.
async fn recover(front: Front, boxes: BoxStore) {
    let mut after: Option<String> = None;
    loop {
        let page = boxes.directory_page(pritchel_actors::domain::NAME, "", after.as_deref(), RECOVERY_PAGE).await;
        let Ok(page) = page else { return };
        for (_, value) in &page {
            let actor = value.get("actor").and_then(|actor| actor.as_str()).filter(|actor| actor.contains("/repos/"));
            if let Some(actor) = actor
                && let Err(error) = recover_pushes(&front, &ActorId::new(actor)).await
            {
                tracing::warn!("Pushes to {actor} could not be compared with its refs: {error:?}");
            }
        }
        match page.last() {
            Some((last, _)) if page.len() == RECOVERY_PAGE => after = Some(last.clone()),
            _ => return,
        }
    }
}

/// Names looked through in one go for repositories with pushes to recover.
const RECOVERY_PAGE: usize = 500;
