//! This room put together: everything that concerns other servers, over one store and one way out.
//!
//! The order of making: [`Settings`] and [`Hosts`]; the box store, which needs the hosts; [`Outside`]; the node of actors,
//! which needs [`Outside::documents`] and a [`Bell`]; then [`Outside::receiver`] and [`Outside::runner`], which need the node.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pritchel_actor::{Act, ActId, ActorId, BoxError, Clock};
use pritchel_box_store::BoxStore;
use pritchel_vocab::Uri;

use crate::clones::Clones;
use crate::documents::far::{Far, FarDocument, FarError};
use crate::documents::lookup::Lookup;
use crate::documents::names::Names;
use crate::documents::{DocumentSource, Holding};
use crate::fetch::address::{AllowLoopback, is_allowed};
use crate::fetch::resolver::{GuardedResolver, SystemLookup};
use crate::fetch::{Client, FetchError, Fetched, Policy};
use crate::hooks::{self, HookAnswer, HookPost};
use crate::hosts::Hosts;
use crate::keys::{KeyRing, KeyRingError, KeySource};
use crate::lanes::delivery::Deliveries;
use crate::lanes::job::{JobWorker, Jobs};
use crate::lanes::post::Poster;
use crate::lanes::seek::Seeker;
use crate::lanes::shown::{DeliveryShown, deliveries_of};
use crate::limits::FETCH_TIMEOUT_S;
use crate::origins::Origins;
use crate::peers::Peers;
use crate::proved::Prover;
use crate::reach::Reach;
use crate::receive::routes::Routes;
use crate::receive::{self, IncomingRates, Receiver};
use crate::remote::Remote;
use crate::runner::{self, Bell, Runner};
use crate::transport::{Internet, Transport};
use crate::turns::Turns;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What we call ourselves to others: name, version and URL of this server.
    pub user_agent: String,
    /// For development: this machine may be spoken with, by `http` and on any port, and its peers have no rates.
    pub allow_loopback: bool,
    /// Ports of other servers beside 80 and 443.
    pub more_ports: Vec<u16>,
    /// Servers that nothing is taken from or sent to; each entry covers the hosts below it.
    pub blocked: Vec<String>,
    /// If not empty: the only servers that are spoken with.
    pub allowed: Vec<String>,
    /// Where the keys of our own actors come from.
    pub keys: KeySource,
    /// How often others may deliver.
    pub incoming: IncomingRates,
}

impl Settings {
    /// The usual settings.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            allow_loopback: false,
            more_ports: Vec::new(),
            blocked: Vec::new(),
            allowed: Vec::new(),
            keys: KeySource::Made,
            incoming: IncomingRates::default(),
        }
    }

    /// What the way out lets through.
    /// - `own`: our own authorities, which are not asked by HTTP
    pub(crate) fn policy(&self, own: Vec<String>) -> Policy {
        let loopback = if self.allow_loopback { AllowLoopback::Yes } else { AllowLoopback::No };
        Policy { loopback, more_ports: self.more_ports.clone(), own, ..Policy::default() }
    }

    /// The way out as these settings have it.
    ///
    /// Errors: the client cannot be set up, for instance because the system has no certificates of authorities.
    pub fn internet(&self, hosts: &Hosts) -> Result<Arc<dyn Transport>, FetchError> {
        let policy = self.policy(hosts.authorities());
        let settings = crate::fetch::Settings { policy, ..crate::fetch::Settings::new(self.user_agent.clone()) };
        Ok(Arc::new(Internet(Client::new(settings)?)))
    }
}

/// Everything that concerns other servers, but for what needs the actors' machine. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    boxes: BoxStore,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
    far: Far,
    routes: Routes,
    poster: Poster,
    incoming: IncomingRates,
    unlimited_loopback: bool,
    /// Whom we speak with.
    pub peers: Peers,
    /// The keys of our own actors.
    pub keys: KeyRing,
    /// This server, as others reach it.
    pub reach: Reach,
    /// What is remembered of other actors.
    pub remote: Remote,
    /// What is remembered of other servers.
    pub origins: Origins,
    /// Documents as evidence: the actor model's port.
    pub documents: DocumentSource,
    /// Looking actors up.
    pub lookup: Lookup,
    /// Where repositories of other servers are cloned from.
    pub clones: Clones,
    /// What actors of other servers are called.
    pub names: Names,
    /// Our acts as others see them.
    pub prover: Prover,
}

impl Outside {
    /// An address of a host that a program of ours may connect to, such as git: public, or this machine where that is allowed; and
    /// not one we are not to speak with.
    /// - errors: why there is none
    pub async fn address_of(&self, host: &str) -> Result<IpAddr, String> {
        if !self.peers.admit(host) {
            return Err(format!("{host} is not spoken with"));
        }
        let loopback = if self.unlimited_loopback { AllowLoopback::Yes } else { AllowLoopback::No };
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return match is_allowed(address, loopback) {
                true => Ok(address),
                false => Err(format!("{host} is not a public address")),
            };
        }
        let resolver = GuardedResolver::new(Arc::new(SystemLookup::default()), loopback);
        let found = tokio::time::timeout(Duration::from_secs(FETCH_TIMEOUT_S), resolver.resolve(host)).await;
        let found =
            found.map_err(|_| format!("{host}: nobody said where it is"))?.map_err(|error| error.to_string())?;
        found.into_iter().next().ok_or_else(|| format!("{host} has no address"))
    }

    /// Puts it together.
    /// - `holding`: who says whether our own Grants still hold
    /// - `transport`: the way out, see [`Settings::internet`]
    pub fn new(
        settings: &Settings,
        hosts: Hosts,
        boxes: BoxStore,
        clock: Arc<dyn Clock>,
        holding: Arc<dyn Holding>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        let peers = Peers::new(&settings.blocked, &settings.allowed).with_own(&hosts.authorities());
        let unlimited_loopback = settings.allow_loopback;
        let keys = KeyRing::new(boxes.clone(), hosts.clone(), clock.clone(), settings.keys.clone());
        let far =
            Far::new(transport.clone(), keys.clone(), hosts.clone(), peers.clone(), clock.clone(), unlimited_loopback);
        let remote = Remote::new(boxes.clone(), far.clone(), clock.clone());
        let origins = Origins::new(boxes.clone(), clock.clone());
        let documents = DocumentSource::new(boxes.clone(), hosts.clone(), far.clone(), clock.clone(), holding);
        let poster = Poster::new(
            transport.clone(),
            keys.clone(),
            (hosts.clone(), peers.clone()),
            origins.clone(),
            clock.clone(),
            unlimited_loopback,
        );
        let reach = Reach::new(settings, keys.clone());
        let lookup = Lookup {
            boxes: boxes.clone(),
            hosts: hosts.clone(),
            peers: peers.clone(),
            transport: transport.clone(),
            documents: documents.clone(),
        };
        Self {
            routes: Routes::new(boxes.clone(), hosts.clone(), remote.clone(), clock.clone()),
            names: Names::new(remote.clone(), hosts.clone(), peers.clone(), transport),
            clones: Clones::new(lookup.clone()),
            lookup,
            prover: Prover::new(keys.clone(), hosts.clone()),
            incoming: settings.incoming,
            boxes,
            hosts,
            peers,
            clock,
            far,
            poster,
            unlimited_loopback,
            keys,
            reach,
            remote,
            origins,
            documents,
        }
    }

    /// What takes deliveries from others.
    pub fn receiver(&self, turns: Arc<dyn Turns>) -> Receiver {
        let parts = receive::Parts {
            boxes: self.boxes.clone(),
            hosts: self.hosts.clone(),
            peers: self.peers.clone(),
            remote: self.remote.clone(),
            origins: self.origins.clone(),
            far: self.far.clone(),
            documents: self.documents.clone(),
            routes: self.routes.clone(),
            clock: self.clock.clone(),
            rates: self.incoming,
            unlimited_loopback: self.unlimited_loopback,
        };
        Receiver::new(parts, turns)
    }

    /// What moves everything that has to move.
    pub fn runner(&self, turns: Arc<dyn Turns>, bell: Bell, workers: Vec<Arc<dyn JobWorker>>) -> Runner {
        let deliveries = Deliveries {
            boxes: self.boxes.clone(),
            hosts: self.hosts.clone(),
            remote: self.remote.clone(),
            origins: self.origins.clone(),
            routes: self.routes.clone(),
            prover: self.prover.clone(),
            poster: self.poster.clone(),
            clock: self.clock.clone(),
            shared: Arc::default(),
        };
        let seeker = Seeker {
            boxes: self.boxes.clone(),
            hosts: self.hosts.clone(),
            far: self.far.clone(),
            clock: self.clock.clone(),
        };
        Runner::new(runner::Parts {
            boxes: self.boxes.clone(),
            jobs: Jobs::new(self.boxes.clone(), self.clock.clone(), workers),
            deliveries,
            seeker,
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            turns,
            bell,
        })
    }

    /// The deliveries of an act that are not done, for its author's page.
    pub async fn deliveries_of(&self, act: &ActId, author: &ActorId) -> Result<Vec<DeliveryShown>, BoxError> {
        deliveries_of(&self.boxes, act, author, self.clock.now()).await
    }

    /// The document at an address as its server shows it to everybody, fetched now, even if that has failed just before: whoever asks
    /// waits long enough between two tries.
    pub async fn shown_to_all(&self, uri: &Uri) -> Result<Arc<FarDocument>, FarError> {
        self.far.forget_failure(uri);
        self.far.fetch(uri).await
    }

    /// What another server tells of a tracker in F3; see [`Far::f3`].
    pub async fn f3(&self, uri: &Uri) -> Result<Fetched, FarError> {
        self.far.f3(uri).await
    }

    /// Tells a webhook something, once; see [`hooks`].
    pub async fn tell_hook(&self, post: HookPost) -> HookAnswer {
        hooks::tell(&self.lookup.transport, &self.peers, post).await
    }

    /// The bytes of an act as others see them; see [`Prover::proved`].
    pub async fn proved(&self, act: &Act) -> Result<bytes::Bytes, KeyRingError> {
        self.prover.proved(act).await
    }

    #[cfg(test)]
    pub(crate) fn far_for_tests(&self) -> Far {
        self.far.clone()
    }

    #[cfg(test)]
    pub(crate) fn poster_for_tests(&self) -> Poster {
        self.poster.clone()
    }
}
