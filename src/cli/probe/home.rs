//! The probe's own side: a server of this very program in a folder of its own, with people who act on the peer and actors the peer
//! can act on. What serves forges is the counterpart, so its pages and its inspector show what came and went.

use crate::cli::demo::client::Client;
use crate::cli::demo::server::{PASSWORD, Scratch};
use crate::cli::limits::LOOK_MS;
use crate::cli::probe::hand::Signer;
use crate::cli::probe::tap::{Arrivals, Tap};
use crate::cli::{Failure, ServeArgs};
use crate::node::accounts::{AccountAnswer, AccountRequest, KeyWish};
use crate::node::settings::{self, Places, Settings};
use crate::node::{Server, offline};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::person::rows::Scope;
use pritchel_ssh::host_key::HostKey;
use pritchel_web::ports::Front;
use pritchel_web::ssh_key::SshKeyLine;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

/// Where the probe listens, unless it is told: a free port of this machine.
const HERE: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// A person of the probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Does as one should, and is given access where a flow needs it.
    Ann,
    /// Has no access to anything of the peer's.
    Ben,
    /// Is invited, and removed again.
    Cleo,
    /// Is spoken of, and does nothing.
    Dora,
}

/// All of them, in the order of [`Home::people`].
const PEOPLE: [(Who, &str); 4] = [(Who::Ann, "ann"), (Who::Ben, "ben"), (Who::Cleo, "cleo"), (Who::Dora, "dora")];

/// Something the probe owns: its address, and the Grant that makes ann its admin.
#[derive(Clone, Debug)]
pub struct Owned {
    /// Its address.
    pub id: ActorId,
    /// The Grant.
    pub grant: ActId,
}

/// The probe's server.
pub struct Home {
    /// Its origin.
    pub base: String,
    /// What has come to its inboxes.
    pub arrivals: Arrivals,
    server: Server,
    people: Vec<Client>,
    owned: Mutex<BTreeMap<&'static str, Owned>>,
    stop: watch::Sender<bool>,
    scratch: Scratch,
}

impl Home {
    /// Starts it.
    /// - `listen`: where; a free port of this machine if it is not said
    /// - `base`: the origin the peer reaches it by, if that is another one: what a proxy in front of it speaks
    pub async fn start(listen: Option<SocketAddr>, base: Option<&str>) -> Result<Self, Failure> {
        let scratch = Scratch::new("probe")?;
        let address = listen.unwrap_or_else(|| HERE.into());
        let listener = TcpListener::bind(address).await.map_err(|e| Failure(format!("--listen: {address}: {e}")))?;
        let address = listener.local_addr().map_err(Failure::new)?;
        let host = match base {
            Some(base) => host_of(base)?,
            None => address.to_string(),
        };
        let ssh = TcpListener::bind((address.ip(), 0)).await.map_err(|e| Failure(format!("ssh: {e}")))?;
        let args = ServeArgs {
            data: scratch.path().to_owned(),
            listen: Some(address),
            ssh: Some(ssh.local_addr().map_err(Failure::new)?),
            domain: vec![host.clone()],
            allow_loopback: settings::is_loopback(&host),
            no_background: false,
            fixture_keys: None,
        };
        let server = Server::start(Settings::read(&args).map_err(Failure)?).await?;
        let arrivals = Arrivals::default();
        let front = server.front();
        let tap = Tap { inner: front.ports.clone(), arrivals: arrivals.clone() };
        let (stop, stopped) = watch::channel(false);
        let until = || {
            let mut stopped = stopped.clone();
            async move {
                // A sender that is gone has nothing to stop any more.
                let _ = stopped.changed().await;
            }
        };
        let host_key = HostKey::open(&Places::of(scratch.path()).ssh_host_key).map_err(Failure::new)?;
        tokio::spawn(pritchel_ssh::server::serve(server.front(), ssh, host_key, until()));
        tokio::spawn(pritchel_web::server::serve(Front { ports: Arc::new(tap), ..front }, listener, until()));
        let mut people = Vec::new();
        for (_, name) in PEOPLE {
            people.push(person(scratch.path(), name).await?);
        }
        let base = settings::origin(&host);
        let home = Self { base, arrivals, server, people, owned: Mutex::default(), stop, scratch };
        // Before anybody reads and keeps their documents. Whoever needs a key that could not be made says so.
        for who in [Who::Ann, Who::Cleo] {
            drop(home.ssh_key(who).await);
        }
        Ok(home)
    }

    /// The client of a person.
    pub fn client(&self, who: Who) -> &Client {
        let at = PEOPLE.iter().position(|(one, _)| *one == who).unwrap_or_default();
        &self.people[at]
    }

    /// A person's address.
    pub fn id(&self, who: Who) -> &ActorId {
        &self.client(who).id
    }

    /// A person with keys.
    pub async fn signer(&self, who: Who) -> Result<Signer, Failure> {
        let id = self.id(who).clone();
        let keys = self.server.outside().keys.pair(&id).await.map_err(Failure::new)?;
        Ok(Signer { id, keys })
    }

    /// An actor of this kind that ann owns; it is made when it is first asked for.
    pub async fn owned(&self, kind: &'static str) -> Result<Owned, Failure> {
        let mut owned = self.owned.lock().await;
        if let Some(known) = owned.get(kind) {
            return Ok(known.clone());
        }
        let ann = self.client(Who::Ann);
        let factory = match owned.get("Factory") {
            Some(factory) => factory.clone(),
            None => {
                let domain = ActorId::new(format!("{}/actor", self.base));
                make(ann, &posts::open_factory(&domain, "The probe's workshop")).await?
            }
        };
        owned.insert("Factory", factory.clone());
        if kind == "Factory" {
            return Ok(factory);
        }
        let name = format!("The probe's {kind}");
        let made = make(ann, &posts::create(&factory.id, kind, &name, None, &factory.grant)).await?;
        owned.insert(kind, made.clone());
        Ok(made)
    }

    /// One more of this kind, which nobody else is told of.
    pub async fn another(&self, kind: &'static str) -> Result<Owned, Failure> {
        let factory = self.owned("Factory").await?;
        let create = posts::create(&factory.id, kind, &format!("One more {kind}"), None, &factory.grant);
        make(self.client(Who::Ann), &create).await
    }

    /// Waits until an act of one of ours has been delivered to all who get it. It goes on when the time is over: then what is
    /// expected of it will be missed.
    pub async fn delivered(&self, act: &ActId, author: &ActorId, patience: Duration) -> Result<(), Failure> {
        let (ports, until) = (self.server.front().ports.clone(), Instant::now() + patience);
        while !ports.deliveries(act.clone(), author.clone()).await.map_err(Failure::new)?.is_empty() {
            if Instant::now() > until {
                break;
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        Ok(())
    }

    /// The SSH key of a person, which the person's document lists: the file of its private half. It is made when it is first asked for.
    pub async fn ssh_key(&self, who: Who) -> Result<PathBuf, Failure> {
        let path = self.folder().join(format!("ssh-{}", name_of(who)));
        if !path.exists() {
            self.add_key(who, &path).await?;
        }
        Ok(path)
    }

    /// Makes a key and has the person's document list it: its fingerprint.
    /// - `path`: the file of its private half, which is not there yet
    pub async fn add_key(&self, who: Who, path: &Path) -> Result<String, Failure> {
        let name = name_of(who);
        let made =
            Command::new("ssh-keygen").args(["-q", "-N", "", "-C", name, "-t", "ed25519", "-f"]).arg(path).output();
        let made = made.map_err(|e| Failure(format!("ssh-keygen: {e}")))?;
        if !made.status.success() {
            return Err(Failure(format!("ssh-keygen: {}", String::from_utf8_lossy(&made.stderr).trim())));
        }
        let line = std::fs::read_to_string(path.with_extension("pub")).map_err(Failure::new)?;
        let SshKeyLine { content, fingerprint } = SshKeyLine::parse(&line).map_err(Failure::new)?;
        let what = KeyWish::Add { fingerprint: fingerprint.clone(), content, label: "probe".into() };
        self.keys(who, what).await.map(|()| fingerprint)
    }

    /// A person's document lists a key no longer.
    pub async fn drop_key(&self, who: Who, fingerprint: String) -> Result<(), Failure> {
        self.keys(who, KeyWish::Remove { fingerprint }).await
    }

    async fn keys(&self, who: Who, what: KeyWish) -> Result<(), Failure> {
        let name = name_of(who);
        match offline::ask(self.folder(), AccountRequest::SshKeys { name: name.to_owned(), domain: None, what }).await?
        {
            AccountAnswer::SshKeys(_) => Ok(()),
            other => Err(Failure(format!("the probe's server did not change the SSH keys of {name}: {other:?}"))),
        }
    }

    /// The folder it lives in, which goes with it.
    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// What is said of it where it goes on after the probe.
    pub fn told(&self) -> String {
        format!(
            "The probe's server goes on at {}: sign in as ann, ben, cleo or dora with the password {PASSWORD:?}. Data lies in {}. Ctrl-C \
             ends it.",
            self.base,
            self.scratch.path().display()
        )
    }

    /// Stops it; its folder goes.
    pub async fn stop(self) {
        // A server that has stopped has nobody to be told.
        let _ = self.stop.send(true);
        self.server.stop().await;
    }
}

fn name_of(who: Who) -> &'static str {
    PEOPLE.iter().find(|(one, _)| *one == who).map(|(_, name)| *name).unwrap_or_default()
}

/// Has an actor made by a `Create`: its address and the Grant that came with it.
pub async fn make(client: &Client, create: &Value) -> Result<Owned, Failure> {
    let act = client.post(create).await?;
    let accept = client.accepted(&act).await?;
    let id = accept["result"].as_str().or_else(|| accept["result"]["id"].as_str());
    let id = id.ok_or_else(|| Failure(format!("an Accept without result: {accept}")))?;
    Ok(Owned { id: ActorId::new(id), grant: client.granted(&act).await? })
}

fn host_of(base: &str) -> Result<String, Failure> {
    let host = base.trim_end_matches('/').split_once("://").map(|(_, host)| host).unwrap_or_default();
    let expected = settings::origin(host);
    if host.is_empty() || host.contains('/') || expected != base.trim_end_matches('/') {
        let why = "expected an origin, by https unless it is of this machine, such as https://probe.example";
        return Err(Failure(format!("--base: {why}; found {base:?}")));
    }
    Ok(host.to_owned())
}

async fn person(data: &Path, name: &str) -> Result<Client, Failure> {
    let name = name.to_owned();
    let add =
        AccountRequest::AddPerson { name: name.clone(), domain: None, admin: false, password: Some(PASSWORD.into()) };
    let id = match offline::ask(data, add).await? {
        AccountAnswer::Person(id) => id,
        other => return Err(Failure(format!("the probe's server did not add {name}: {other:?}"))),
    };
    let scopes = vec![Scope::Read, Scope::Write, Scope::Git];
    let create =
        AccountRequest::CreateToken { name, domain: None, scopes, label: "probe".into(), days: None, only: Vec::new() };
    match offline::ask(data, create).await? {
        AccountAnswer::Token(token) => Client::new(id.as_str().to_owned(), token),
        other => Err(Failure(format!("the probe's server made no token for {id}: {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_origin_that_others_reach() {
        assert_eq!(host_of("https://probe.example/").unwrap(), "probe.example");
        assert_eq!(host_of("http://127.0.0.1:4000").unwrap(), "127.0.0.1:4000");
        for wrong in ["probe.example", "http://probe.example", "https://probe.example/x", "https://"] {
            assert!(host_of(wrong).is_err(), "{wrong}");
        }
    }
}
