//! What the probe knows of the peer: its actors, as they were named or could be made, and its person, by a token or by whoever sits
//! in front of it.

use crate::cli::demo::client::{Client, encoded, names};
use crate::cli::probe::ProbeArgs;
use crate::cli::probe::hand::Hand;
use crate::cli::probe::home::make;
use crate::cli::{Failure, probe::home::Owned};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The kinds of resources flows are about, as they are named on the wire.
pub const RESOURCES: &[&str] = &[
    "TicketTracker",
    "Repository",
    "PatchTracker",
    "ReleaseTracker",
    "Project",
    "Team",
    "Factory",
    "Roadmap",
    "Workflow",
    "Organization",
];

/// The peer.
pub struct Peer {
    /// Its origin.
    pub base: String,
    /// What NodeInfo says it is.
    pub software: Option<String>,
    /// Its actors that flows are played with, by kind; a person is a `Person`.
    pub actors: BTreeMap<&'static str, ActorId>,
    /// The Grants of its person that are shown for its actors.
    pub grants: BTreeMap<ActorId, ActId>,
    /// The person's client, where there is a token.
    pub client: Option<Client>,
    /// Whether somebody is there to do what is said on the terminal.
    pub interactive: bool,
    /// The private half of an SSH key of the person, where it was given.
    pub ssh_key: Option<PathBuf>,
    /// Why what could be made was not.
    pub unmade: BTreeMap<&'static str, String>,
    hand: Hand,
}

impl Peer {
    /// Looks the peer up, and has made by its person what was not named.
    /// - errors: the peer does not answer, or what was named is not there
    pub async fn meet(args: &ProbeArgs) -> Result<Self, Failure> {
        let hand = Hand::new().map_err(Failure)?;
        let base = args.peer.as_deref().unwrap_or_default().trim_end_matches('/').to_owned();
        let mut peer = Self {
            software: software(&hand, &base).await?,
            base,
            actors: BTreeMap::new(),
            grants: BTreeMap::new(),
            client: None,
            interactive: args.interactive,
            ssh_key: args.ssh_key.clone(),
            unmade: BTreeMap::new(),
            hand,
        };
        for (kind, named) in args.actors() {
            let id = peer.find(named).await?;
            peer.is_a(&id, kind).await?;
            peer.actors.insert(kind, id);
        }
        if let Some(token) = &args.token {
            let Some(person) = peer.actors.get("Person") else {
                return Err(Failure::new("--token: expected --person beside it, whose token it is"));
            };
            peer.client = Some(Client::new(person.as_str().to_owned(), token.clone())?.with_its_boxes().await?);
            peer.take_grants().await?;
            if !args.make_nothing {
                peer.make_what_lacks().await;
            }
        }
        Ok(peer)
    }

    /// An actor by its address, or by a name such as `alice`, `@alice@peer.example` or `acct:alice@peer.example`.
    async fn find(&self, named: &str) -> Result<ActorId, Failure> {
        if named.contains("://") {
            return Ok(ActorId::new(named));
        }
        let url = self.webfinger(named);
        let got = self.hand.get_json(&url).await.map_err(Failure)?;
        let links = got.body["links"].as_array().cloned().unwrap_or_default();
        let own = links.iter().find(|link| link["rel"] == "self").and_then(|link| link["href"].as_str());
        own.map(ActorId::new).ok_or_else(|| Failure(format!("{url}: {}: no link of rel self", got.status)))
    }

    /// Where the peer says whose a name is.
    pub fn webfinger(&self, named: &str) -> String {
        let name = named.trim_start_matches("acct:").trim_start_matches('@');
        let acct = if name.contains('@') { name.to_owned() } else { format!("{name}@{}", self.host()) };
        format!("{}/.well-known/webfinger?resource={}", self.base, encoded(&format!("acct:{acct}")))
    }

    /// Its host, with a port if it is not the usual one.
    pub fn host(&self) -> &str {
        self.base.split_once("://").map_or(&self.base, |(_, host)| host)
    }

    async fn is_a(&self, id: &ActorId, kind: &str) -> Result<(), Failure> {
        let got = self.hand.get(id.as_str(), None).await.map_err(Failure)?;
        let is = got.status == 200 && has_type(&got.body, kind);
        let found = || Failure(format!("{id}: expected a {kind}, found {} of type {}", got.status, got.body["type"]));
        is.then_some(()).ok_or_else(found)
    }

    /// The Grants of the person, found in its inbox: those for actors that were named, and that of a factory if none was.
    async fn take_grants(&mut self) -> Result<(), Failure> {
        let Some(client) = &self.client else { return Ok(()) };
        let inbox = client.inbox().await?;
        let direct = |item: &&Value| {
            has_type(item, "Grant") && names(&item["target"], client.id.as_str()) && item["actor"] == item["context"]
        };
        for grant in inbox.iter().filter(direct) {
            let (Some(id), Some(of)) = (grant["id"].as_str(), grant["context"].as_str()) else { continue };
            // The newest comes first.
            self.grants.entry(ActorId::new(of)).or_insert_with(|| ActId::new(id));
        }
        if self.actors.contains_key("Factory") {
            return Ok(());
        }
        let resources: Vec<ActorId> = self.grants.keys().cloned().collect();
        for id in resources {
            if self.is_a(&id, "Factory").await.is_ok() {
                self.actors.insert("Factory", id);
                break;
            }
        }
        Ok(())
    }

    /// Makes an actor of each kind that was not named, where the factory makes such.
    async fn make_what_lacks(&mut self) {
        let Some(factory) = self.factory().await else { return };
        for kind in RESOURCES.iter().filter(|kind| !["Factory"].contains(kind)) {
            if self.actors.contains_key(kind) {
                continue;
            }
            match self.made(kind, &factory).await {
                Ok(made) => {
                    self.actors.insert(kind, made.id.clone());
                    self.grants.insert(made.id, made.grant);
                }
                Err(why) => drop(self.unmade.insert(kind, why.0)),
            }
        }
    }

    /// Has the person make an actor of this kind.
    pub async fn made(&self, kind: &str, factory: &Owned) -> Result<Owned, Failure> {
        let Some(client) = &self.client else { return Err(Failure::new("this needs --token")) };
        make(client, &posts::create(&factory.id, kind, &format!("Probed {kind}"), None, &factory.grant)).await
    }

    /// The person's factory: the one that is known, or one that the server makes if it is asked.
    pub async fn factory(&mut self) -> Option<Owned> {
        if let Some(id) = self.actors.get("Factory") {
            return self.grants.get(id).map(|grant| Owned { id: id.clone(), grant: grant.clone() });
        }
        let host = self.host();
        // The server's own actor has the server's name, which has no port.
        let domain = format!("{}@{host}", host.split(':').next().unwrap_or(host));
        let made = match (self.find(&domain).await, &self.client) {
            (Ok(domain), Some(client)) => make(client, &posts::open_factory(&domain, "Probed workshop")).await,
            (Err(why), _) => Err(why),
            (_, None) => return None,
        };
        match made {
            Ok(made) => {
                self.actors.insert("Factory", made.id.clone());
                self.grants.insert(made.id.clone(), made.grant.clone());
                Some(made)
            }
            Err(why) => {
                for kind in RESOURCES {
                    self.unmade.insert(kind, format!("no factory was named, and none was made: {why}"));
                }
                None
            }
        }
    }

    /// The client of HTTP.
    pub fn hand(&self) -> &Hand {
        &self.hand
    }
}

/// Whether a document is of this type, alone or among others.
pub fn has_type(document: &Value, kind: &str) -> bool {
    let of = &document["type"];
    of == kind || of.as_array().is_some_and(|types| types.iter().any(|one| one == kind))
}

/// What the peer says it is. That it says nothing is no fault; that it does not answer at all is.
async fn software(hand: &Hand, base: &str) -> Result<Option<String>, Failure> {
    let got =
        hand.get_json(&format!("{base}/.well-known/nodeinfo")).await.map_err(|e| Failure(format!("--peer: {e}")))?;
    let links = got.body["links"].as_array().cloned().unwrap_or_default();
    let Some(href) = links.iter().rev().find_map(|link| link["href"].as_str()) else { return Ok(None) };
    let Ok(info) = hand.get_json(href).await else { return Ok(None) };
    let (name, version) = (info.body["software"]["name"].as_str(), info.body["software"]["version"].as_str());
    Ok(name.map(|name| format!("{name} {}", version.unwrap_or_default()).trim().to_owned()))
}
