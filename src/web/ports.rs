//! Ports: what the web asks of the rest of the node, beside the actors themselves. The web asks and shows; it knows
//! neither how a delivery is verified, nor where keys are kept, nor how the store is moved on.

use pritchel_actor::runtime::Node;
use pritchel_actor::{Act, ActId, ActorId, Evidence, Need, Seconds, Value};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that were kept for a file. They stay, though nothing names them yet, while this is held.
pub struct KeptBytes {
    /// Their SHA-256, hexadecimal.
    pub hash: String,
    /// How many there are.
    pub bytes: u64,
    /// What keeps them.
    pub held: Box<dyn Any + Send + Sync>,
}

/// A future that can be held and sent.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A request as it came, for whoever verifies signatures: nothing of it has been parsed or changed.
#[derive(Clone, Debug)]
pub struct RawRequest {
    /// The method.
    pub method: String,
    /// Path and query as they stood in the request line.
    pub target: String,
    /// The host as the client named it, with its port if it named one.
    pub host: String,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body, within its bound.
    pub body: bytes::Bytes,
}

/// What became of a delivery, as the sender is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivered {
    /// It is durable; what it does is decided by its receivers.
    Accepted,
    /// It was not taken, and nothing was changed.
    Refused {
        /// The status: never a 5xx for what a stranger sent, but 503 while the server stops.
        status: u16,
        /// Stable name of the reason.
        code: String,
        /// What was expected, what was found.
        detail: String,
        /// Seconds after which it may be tried again.
        retry_after_s: Option<u64>,
        /// Value of `Accept-Signature`, where another signature would help.
        accept_signature: Option<String>,
    },
}

/// Keys of an actor, as its document shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKeys {
    /// Id and PEM of the RSA key that signs requests.
    pub rsa: (String, String),
    /// Ids and Multikeys of all other keys: the one that signs documents, and while new keys take over from old ones the others.
    pub multikeys: Vec<(String, String)>,
}

/// Whether there is an actor at a near address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There has never been one.
    Never,
    /// It is here.
    Here,
    /// It was here, and has ended.
    Ended,
}

/// What an actor of another server is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Before the `@`.
    pub name: String,
    /// Behind it, if the host there has said that the name is this actor's; else that is the host of its address.
    pub host: Option<String>,
}

/// An actor found by a name or an address, here or elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundActor {
    /// Its address.
    pub id: ActorId,
    /// Its document.
    pub document: Arc<Value>,
}

/// Where somebody's own server takes them to do something, with places to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntentTemplate {
    /// What it is for.
    pub rel: String,
    /// The address, with its places in braces.
    pub template: String,
}

/// One delivery of an act, as its author's page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryShown {
    /// To whom, or to how many of one server.
    pub to: Vec<ActorId>,
    /// Attempts so far.
    pub attempts: u32,
    /// When the next attempt is due; `None`: it was given up.
    pub next: Option<Seconds>,
    /// What the last attempt ended with.
    pub last_error: Option<String>,
}

/// A delivery that was not taken, before any actor saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedShown {
    /// When it came.
    pub at: Seconds,
    /// Stable name of the reason.
    pub code: String,
    /// What was expected, what was found.
    pub detail: String,
    /// The server whose key it names; nobody has verified that.
    pub claims: Option<String>,
}

/// What a pump moved.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct PumpReport {
    /// Turns run.
    pub turns: u64,
    /// Steps of state machines, by kind.
    pub moved: std::collections::BTreeMap<String, u64>,
    /// Still due now, by kind.
    pub still_due: std::collections::BTreeMap<String, u64>,
    /// When the next thing becomes due.
    pub next_due: Option<Seconds>,
    /// Milliseconds it took.
    pub took_ms: u64,
}

/// How an actor of another server stands here, by the rules of administrators and the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// As all do.
    #[default]
    Open,
    /// What it says is shown to people of this server alone, and nobody is notified of it.
    Limited,
    /// What it says is not shown.
    Blocked,
}

/// Why a port could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct PortError {
    /// Stable name of the reason.
    pub code: String,
    /// What was expected, what was found.
    pub detail: String,
}

/// The rest of the node.
pub trait Ports: Send + Sync + 'static {
    /// Verifies a signed delivery and puts it, durably, into the mailboxes of its receivers: the actor whose inbox it came
    /// to, or all near addressees if it came to the shared inbox of a domain.
    fn deliver(&self, request: RawRequest, inbox_of: Option<ActorId>) -> Later<Delivered>;
    /// The actor who signed this request. `Ok(None)`: nobody did.
    fn signer(&self, request: RawRequest) -> Later<Result<Option<ActorId>, PortError>>;
    /// The public keys of a near actor, made when first asked for.
    fn keys(&self, actor: ActorId) -> Later<Result<ShownKeys, PortError>>;
    /// The public SSH key that a near actor pushes with, in OpenSSH's form; made when first asked for.
    fn ssh_key(&self, actor: ActorId) -> Later<Result<String, PortError>>;
    /// Whether there is, or was, a near actor at this address.
    fn presence(&self, actor: ActorId) -> Later<Result<Presence, PortError>>;
    /// The near actor of `name@host`.
    fn named(&self, acct: String) -> Later<Result<Option<ActorId>, PortError>>;
    /// The people here who have added the key with this fingerprint or id, as the directory has it.
    /// - `kind`: the directory's kind of rows, `ssh_key` or `pgp_key`
    fn key_people(&self, kind: &'static str, id: String) -> Later<Result<Vec<ActorId>, PortError>>;
    /// The people here who have made a token with this mark, as the directory has it.
    fn token_people(&self, mark: String) -> Later<Result<Vec<ActorId>, PortError>>;
    /// What an actor of another server is called, as far as it is remembered: nobody is waited for.
    fn remembered_name(&self, actor: ActorId) -> Later<Option<Called>>;
    /// An act that a near actor received or published.
    fn act(&self, id: ActId) -> Later<Result<Option<Arc<Act>>, PortError>>;
    /// Looks an actor up by `name@host` or by address, on other servers too.
    fn find(&self, text: String) -> Later<Result<FoundActor, PortError>>;
    /// Where somebody's own server takes them: that server, named by `name@host`, a host or a page, is asked.
    fn home(&self, text: String) -> Later<Result<Vec<IntentTemplate>, PortError>>;
    /// A document of another server, fetched and kept for a short while: for pages and for `proxyUrl`.
    fn fetch(&self, uri: String) -> Later<Result<Arc<Value>, PortError>>;
    /// The same, asked for in the name of one of our people: it may be for them alone.
    fn fetch_as(&self, uri: String, reader: ActorId) -> Later<Result<Arc<Value>, PortError>>;
    /// What a verification lacks, a document or whether an address answers, as a turn is given it.
    fn evidence(&self, need: Need) -> Later<Evidence>;
    /// A document of another server, fetched anew.
    fn fresh(&self, uri: String) -> Later<Evidence>;
    /// The deliveries of an act that are not yet done.
    fn deliveries(&self, act: ActId, author: ActorId) -> Later<Result<Vec<DeliveryShown>, PortError>>;
    /// Deliveries to an actor's inbox that were not taken lately, newest first.
    fn refused(&self, inbox_of: ActorId) -> Later<Result<Vec<RefusedShown>, PortError>>;
    /// Moves whatever is due, for so long.
    fn pump(&self, budget: Duration) -> Later<PumpReport>;
    /// Keeps a tracker of another server for the people of a domain, and reads it again if that is due: the far tracker that has it.
    fn far_tracker(&self, domain: ActorId, of: ActorId) -> Later<Result<ActorId, PortError>>;
    /// How an actor stands here. Asked of memory: it may be asked for every line of a page.
    fn standing(&self, actor: &ActorId) -> Standing;
    /// Keeps the bytes of a file, durably, before anything names them.
    fn keep_file(&self, bytes: Vec<u8>) -> Later<Result<KeptBytes, PortError>>;
    /// The bytes of a file that are kept under this hash, and how many there are.
    fn kept_file(&self, hash: String, bytes: u64) -> Later<Result<Vec<u8>, PortError>>;
    /// Looks at this server as others do, and at what it needs.
    fn checkup(&self) -> Later<Vec<Finding>>;
    /// Puts changed rules about other servers in force.
    fn rules_changed(&self) -> Later<Result<(), PortError>>;
    /// The time.
    fn now(&self) -> Seconds;
    /// 32 bytes nobody can guess.
    fn seed(&self) -> [u8; 32];
}

/// A domain this server answers for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedDomain {
    /// Its origin, such as `https://forge.example`, or `http://127.0.0.1:3000` for development.
    pub origin: String,
    /// Its host, with its port if it is not the usual one.
    pub host: String,
    /// The host under which its names are shown, if that is another one.
    pub display: Option<String>,
    /// The domain actor.
    pub actor: ActorId,
}

impl ServedDomain {
    /// What follows the `@` in names as they are shown.
    pub fn shown(&self) -> &str {
        self.display.as_deref().unwrap_or(&self.host)
    }
}

/// How something stands that the self-check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should.
    Good,
    /// It works, and will not for long or for all.
    Odd,
    /// It does not work.
    Bad,
}

/// What the self-check says of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Of what.
    pub what: String,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub said: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// Settings of the web.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// The domains served. A request for another host is answered 421.
    pub domains: Vec<ServedDomain>,
    /// Whether trackers of other servers may be copied here.
    pub migration: bool,
    /// Whether pages that are much work, such as blame, search and comparisons, are shown only to those who are signed in.
    pub costly_sign_in: bool,
    /// Whether NodeInfo claims the software name `gitea`, which Forgejo demands of peers.
    pub forgejo_compatible: bool,
    /// SHA-256, hexadecimal, of the token that opens `POST /-/pump`.
    pub pump_token_hash: Option<String>,
    /// SHA-256, hexadecimal, of the one-time secret by which the first visitor becomes the administrator.
    pub setup_hash: Option<String>,
    /// Whether cookies are marked `Secure`: where any domain is spoken with by https.
    pub secure_cookies: bool,
    /// Where the source of this server is to be had, as its licence demands; `None`: at `/-/source` of each domain.
    pub source_url: Option<String>,
    /// The port at which this server speaks SSH, as clients reach it; `None`: it does not.
    pub ssh_port: Option<u16>,
    /// The source of this server itself, as a gzipped tar archive; empty if it was not packed.
    pub source_archive: &'static [u8],
}

/// The name by which people log in for git over SSH, with a key that is known here.
pub const SSH_LOGIN: &str = "git";
/// The name by which actors of any server log in, to push by a Grant. A client offers its keys one by one, and only who is asked
/// for by this name lets in the first: with the other one it goes on to the key that is known.
pub const SSH_LOGIN_BY_GRANT: &str = "grant";

impl WebSettings {
    /// The address of a repository of this domain over SSH; `None`: it is not spoken.
    pub fn ssh_uri(&self, domain: &ServedDomain, repository: &ActorId, login: &str) -> Option<String> {
        let port = match self.ssh_port? {
            22 => String::new(),
            port => format!(":{port}"),
        };
        let named = domain.host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let host = named.map_or(domain.host.as_str(), |(host, _)| host);
        let path = repository.as_str().strip_prefix(&domain.origin)?;
        Some(format!("ssh://{login}@{host}{port}{path}.git"))
    }

    /// The address of this server's source, as visitors of a domain are told it.
    pub fn source_of(&self, domain: &ServedDomain) -> String {
        self.source_url.clone().unwrap_or_else(|| format!("{}/-/source", domain.origin))
    }
}

/// Everything a handler can reach.
#[derive(Clone)]
pub struct Front {
    /// The actors.
    pub node: Node,
    /// The rest of the node.
    pub ports: Arc<dyn Ports>,
    /// Git.
    pub git: pritchel_git::git::Git,
    /// Where repositories lie.
    pub repos: Arc<pritchel_git::place::Repos>,
    /// Settings.
    pub settings: Arc<WebSettings>,
    /// What pages of code keep in memory.
    pub kept: Arc<crate::kept::Kept>,
}
