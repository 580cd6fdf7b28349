//! Accounts, as the command line and the administration socket make them: the same calls that the pages make.

use crate::node::backup::Manifest;
use crate::node::clock::{MachineClock, secret, sha256};
use crate::node::importing::{self, Imported};
use crate::node::moderation::{self, ModerationAnswer, ModerationRequest};
use crate::node::registration::{self, JoinWish, Joined};
use crate::node::store::Hosted;
use pritchel_actor::runtime::Node;
use pritchel_actor::{ActId, ActorId, Clock, Outcome};
use pritchel_actors::common::RotateKeys;
use pritchel_actors::common::naming::{host, origin};
use pritchel_actors::domain::Register;
use pritchel_actors::domain::view::WhoIs;
use pritchel_actors::person::rows::{Scope, SshKey};
use pritchel_actors::person::view::{ViewPerson, ViewSshKeys};
use pritchel_actors::person::{AddSshKey, DropSshKey, IssueToken, SetPassword};
use pritchel_actors::{Domain, Person, ResourceKind, with_resource};
use pritchel_web::fed::actor::instance_name;
use pritchel_web::ports::Finding;
use pritchel_web::viewer::personal_token_of;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A wish about accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRequest {
    /// A new person.
    AddPerson {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// Whether they administer the server.
        admin: bool,
        /// The password.
        password: Option<String>,
    },
    /// A new password in the place of the old one, if there was one. It ends every session.
    SetPassword {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// The password; `None` for one that is made up.
        password: Option<String>,
    },
    /// A new token.
    CreateToken {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// What it may do.
        scopes: Vec<Scope>,
        /// What it is for.
        label: String,
        /// For how many days it holds; `None` until it is dropped.
        #[serde(default)]
        days: Option<i64>,
        /// The repositories it is good for; everything, if there are none.
        #[serde(default)]
        only: Vec<String>,
    },
    /// A person's SSH keys.
    SshKeys {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// What about them.
        what: KeyWish,
    },
    /// Who joins a domain.
    Joining {
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// What about it.
        what: JoinWish,
    },
    /// New keys in the place of old ones.
    RotateKeys {
        /// The name before the `@`; that of the domain's own actor is the domain's host.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// Whether the old ones are dropped at once.
        revoke_old: bool,
    },
    /// A repository of somebody's that begins with what git finds at an address.
    ImportRepository {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// Where git fetches.
        url: String,
        /// What it is called.
        called: String,
        /// Who may see it.
        visibility: String,
    },
    /// Something about other servers.
    Moderation(ModerationRequest),
    /// A backup of the whole server, which must be running.
    Backup {
        /// The folder to make it in, from the root.
        to: PathBuf,
    },
    /// The self-check of the server, which must be running.
    SelfCheck,
}

/// A wish about SSH keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyWish {
    /// All of them.
    List,
    /// One more.
    Add {
        /// Its fingerprint.
        fingerprint: String,
        /// The key.
        content: String,
        /// What it is called.
        label: String,
    },
    /// One less.
    Remove {
        /// Its fingerprint.
        fingerprint: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAnswer {
    /// A person's address.
    Person(ActorId),
    /// A person has a new password: their address, and the password if it was made up, shown once.
    Password(ActorId, Option<String>),
    /// A token, shown once.
    Token(String),
    /// What the self-check found.
    Findings(Vec<Finding>),
    /// The address of an actor that gets new keys.
    Rotating(ActorId),
    /// Something was made: its address.
    Made(ActorId),
    /// Something is asked for, and nobody has answered yet: the activity.
    Asked(ActId),
    /// A backup was made.
    Backup(Manifest),
    /// What came of a wish about other servers.
    Moderation(ModerationAnswer),
    /// SSH keys: those that were asked for, or changed.
    SshKeys(Vec<(String, SshKey)>),
    /// What came of a wish about who joins.
    Joined(Joined),
    /// Why not.
    Refused(String),
}

/// The domains of a server.
pub type Domains = Vec<Hosted>;

/// Does what is asked.
pub async fn answer(node: &Node, domains: &Domains, request: AccountRequest) -> AccountAnswer {
    match try_answer(node, domains, request).await {
        Ok(answer) => answer,
        Err(why) => AccountAnswer::Refused(why),
    }
}

async fn try_answer(node: &Node, domains: &Domains, request: AccountRequest) -> Result<AccountAnswer, String> {
    match request {
        AccountRequest::AddPerson { name, domain, admin, password } => {
            let domain = find(domains, domain.as_deref())?;
            let password = match password {
                Some(password) => Some(hashed(password).await?),
                None => None,
            };
            let register = Register::by_operator(&name, password, admin);
            match node.call::<Domain, _>(domain, domain, register).await.map_err(|e| e.to_string())? {
                Outcome::Done(person) => Ok(AccountAnswer::Person(person)),
                Outcome::Refused(why) => Err(why.to_string()),
                Outcome::Unknown => Err("the outcome is unknown; look before you try again".to_owned()),
            }
        }
        AccountRequest::SetPassword { name, domain, password } => {
            let domain = find(domains, domain.as_deref())?;
            let person = person(node, domain, name).await?;
            set_password(node, person, password).await
        }
        AccountRequest::CreateToken { name, domain, scopes, label, days, only } => {
            let domain = find(domains, domain.as_deref())?;
            let person = person(node, domain, name).await?;
            let only = only.iter().map(|address| repository(domain, address)).collect::<Result<_, _>>()?;
            create_token(node, person, (scopes, label), days, only).await
        }
        AccountRequest::Joining { domain, what } => {
            let domain = find(domains, domain.as_deref())?;
            registration::answer(node, domain, what).await.map(AccountAnswer::Joined)
        }
        AccountRequest::SshKeys { name, domain, what } => {
            let person = person(node, find(domains, domain.as_deref())?, name).await?;
            ssh_keys(node, &person, what).await.map(AccountAnswer::SshKeys)
        }
        AccountRequest::SelfCheck => Err("only a server that runs can look at itself".to_owned()),
        AccountRequest::ImportRepository { name, domain, url, called, visibility } => {
            let person = person(node, find(domains, domain.as_deref())?, name).await?;
            importing::import(node, &person, (&url, &called, &visibility)).await.map(imported)
        }
        AccountRequest::Backup { .. } => Err("the server that runs makes a backup, or the command itself".to_owned()),
        AccountRequest::Moderation(request) => {
            moderation::answer(node, domains, request).await.map(AccountAnswer::Moderation)
        }
        AccountRequest::RotateKeys { name, domain, revoke_old } => {
            rotate_keys(node, find(domains, domain.as_deref())?, &name, revoke_old).await
        }
    }
}

/// New keys in the place of old ones, of a person or of a domain's own actor.
async fn rotate_keys(node: &Node, domain: &ActorId, name: &str, revoke_old: bool) -> Result<AccountAnswer, String> {
    let rotate = RotateKeys { revoke_old };
    let (actor, outcome) = if name == instance_name(host(domain)) {
        (domain.clone(), node.call::<Domain, _>(domain, domain, rotate).await)
    } else {
        let actor = named(node, domain, name).await?;
        let outcome = match ResourceKind::of(&actor) {
            Some(kind) => with_resource!(kind, A => node.call::<A, _>(&actor, &actor, rotate).await),
            None => node.call::<Person, _>(&actor, &actor, rotate).await,
        };
        (actor, outcome)
    };
    match outcome.map_err(|e| e.to_string())? {
        Outcome::Done(()) => Ok(AccountAnswer::Rotating(actor)),
        Outcome::Refused(why) => Err(why.to_string()),
        Outcome::Unknown => Err("the outcome is unknown; look before you try again".to_owned()),
    }
}

fn imported(imported: Imported) -> AccountAnswer {
    match imported {
        Imported::Made(repository) => AccountAnswer::Made(repository),
        Imported::Asked(act) => AccountAnswer::Asked(act),
    }
}

/// Makes a token for a person: what it may do and what it is for, for how many days, and for which repositories.
async fn create_token(
    node: &Node,
    person: ActorId,
    (scopes, label): (Vec<Scope>, String),
    days: Option<i64>,
    only: Vec<ActorId>,
) -> Result<AccountAnswer, String> {
    let (token, mark) = personal_token_of(&MachineClock.seed());
    let until = days.map(|days| MachineClock.now().saturating_add(days.saturating_mul(86_400)));
    let issue = IssueToken { hash: sha256(&token), label, scopes, until, mark: Some(mark), only };
    match node.call::<Person, _>(&person, &person, issue).await.map_err(|e| e.to_string())? {
        Outcome::Done(()) => Ok(AccountAnswer::Token(token)),
        Outcome::Refused(why) => Err(why.to_string()),
        Outcome::Unknown => Err("the outcome is unknown; look before you try again".to_owned()),
    }
}

/// The repository at this address, which a token can be restricted to.
fn repository(domain: &ActorId, address: &str) -> Result<ActorId, String> {
    let actor = ActorId::new(address.trim_end_matches('/').trim_end_matches(".git"));
    match ResourceKind::of(&actor) {
        Some(ResourceKind::Repository) if origin(&actor) == origin(domain) => Ok(actor),
        _ => Err(format!("expected the address of a repository of {}, found {address}", host(domain))),
    }
}

/// Changes a person's SSH keys, and answers those that were changed, or all.
async fn ssh_keys(node: &Node, person: &ActorId, what: KeyWish) -> Result<Vec<(String, SshKey)>, String> {
    let all = || async { node.look::<Person, _>(person, &ViewSshKeys).await.map_err(|e| e.to_string()) };
    let (outcome, fingerprint, shown) = match what {
        KeyWish::List => return all().await,
        KeyWish::Add { fingerprint, content, label } => {
            let add = AddSshKey { fingerprint: fingerprint.clone(), content, name: label };
            (node.call::<Person, _>(person, person, add).await, fingerprint, None)
        }
        KeyWish::Remove { fingerprint } => {
            let before = all().await?;
            if !before.iter().any(|(own, _)| *own == fingerprint) {
                return Err(format!("there is no key {}", pritchel_web::ssh_key::shown(&fingerprint)));
            }
            let drop = DropSshKey { fingerprint: fingerprint.clone() };
            (node.call::<Person, _>(person, person, drop).await, fingerprint, Some(before))
        }
    };
    match outcome.map_err(|e| e.to_string())? {
        Outcome::Done(()) => {}
        Outcome::Refused(why) => return Err(why.to_string()),
        Outcome::Unknown => return Err("the outcome is unknown; look before you try again".to_owned()),
    }
    let shown = match shown {
        Some(before) => before,
        None => all().await?,
    };
    Ok(shown.into_iter().filter(|(own, _)| *own == fingerprint).collect())
}

/// Gives a person this password, or one that is made up.
async fn set_password(node: &Node, person: ActorId, password: Option<String>) -> Result<AccountAnswer, String> {
    let made_up = if password.is_none() { Some(secret()) } else { None };
    let phc = hashed(password.or_else(|| made_up.clone()).unwrap_or_default()).await?;
    match node.call::<Person, _>(&person, &person, SetPassword { phc, keep: None }).await.map_err(|e| e.to_string())? {
        Outcome::Done(()) => Ok(AccountAnswer::Password(person, made_up)),
        Outcome::Refused(why) => Err(why.to_string()),
        Outcome::Unknown => Err("the outcome is unknown: set it again".to_owned()),
    }
}

async fn hashed(password: String) -> Result<String, String> {
    pritchel_web::password::Passwords::default().hash(password).await.map_err(|e| e.detail)
}

/// Whoever, or whatever, has a name.
async fn named(node: &Node, domain: &ActorId, name: &str) -> Result<ActorId, String> {
    let found = node.look::<Domain, _>(domain, &WhoIs { name: name.to_owned() }).await.map_err(|e| e.to_string())?;
    found.ok_or_else(|| format!("there is nobody called {name}"))
}

/// The person of a name.
pub async fn person(node: &Node, domain: &ActorId, name: String) -> Result<ActorId, String> {
    let found = named(node, domain, &name).await?;
    // Repositories, trackers and factories have names too.
    match node.look::<Person, _>(&found, &ViewPerson).await {
        Ok(_) => Ok(found),
        Err(_) => Err(format!("{name} is no person: it is {found}")),
    }
}

/// The domain of a host, or the only one.
pub fn find<'d>(domains: &'d Domains, host: Option<&str>) -> Result<&'d ActorId, String> {
    let hosts = || domains.iter().map(|domain| domain.host.as_str()).collect::<Vec<_>>().join(", ");
    match (host, domains.as_slice()) {
        (Some(host), _) => domains
            .iter()
            .find(|domain| domain.host == host || domain.display.as_deref() == Some(host))
            .map(|domain| &domain.actor)
            .ok_or_else(|| format!("this server does not serve {host}; it serves {}", hosts())),
        (None, [only]) => Ok(&only.actor),
        (None, []) => Err("this server serves no domain yet: run `pritchel serve` once".to_owned()),
        (None, _) => Err(format!("which domain? This server serves {}", hosts())),
    }
}
