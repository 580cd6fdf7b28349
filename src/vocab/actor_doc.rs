//! Actor documents: who an actor is, where it is reached, with which keys it speaks.
//! - [`keys`]: `publicKey` and `assertionMethod`; [`ssh`]: `sshKey`; [`links`]: its collections and other actors it is tied to
//!
//! Source: ActivityPub 4.1; ForgeFed, "Actors"; FEP-521a.

pub mod keys;
pub mod links;
pub mod ssh;

use crate::activity::maybe_actor;
use crate::context;
use crate::json::Document;
use crate::object::{Item, Obj, Wrong};
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::uri::clone::CloneUri;
use crate::write::Writer;
use keys::{ActorKey, Multikey};
use links::Links;
use serde_json::{Value, json};
use ssh::SshKeyItem;
use std::collections::BTreeMap;

/// The actor types of ActivityStreams, the only ones much other software knows.
pub const PLAIN_TYPES: [&str; 5] = ["Person", "Application", "Service", "Group", "Organization"];
/// The actor types of ForgeFed.
pub const FORGE_TYPES: [&str; 9] = [
    "Factory",
    "Repository",
    "TicketTracker",
    "PatchTracker",
    "Project",
    "Team",
    "Workflow",
    "Roadmap",
    "ReleaseTracker",
];

/// Addresses that an actor's whole server shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// One inbox for all.
    pub shared_inbox: Option<Uri>,
    /// Where a client has remote documents fetched.
    pub proxy_url: Option<Uri>,
    /// Where a client asks a person for access.
    pub oauth_authorization: Option<Uri>,
    /// Where a client gets its token.
    pub oauth_token: Option<Uri>,
}

/// An actor as its document says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorDoc {
    /// Its address.
    pub id: ActorUri,
    /// Its types by their short names. Several are possible: a repository that is its own tracker.
    pub types: Vec<String>,
    /// Where it is written to. Documents that only serve a key may lack it.
    pub inbox: Option<Uri>,
    /// What it has published.
    pub outbox: Option<Uri>,
    /// Collection of its followers.
    pub followers: Option<Uri>,
    /// Collection of whom it follows.
    pub following: Option<Uri>,
    /// The name before the `@`.
    pub preferred_username: Option<String>,
    /// The name by which it wants to be found, `name@host`, as it says: the host has to agree (FEP-2c59).
    pub webfinger: Option<String>,
    /// Its name for people, plain text.
    pub name: Option<String>,
    /// What it is about, HTML, not yet sanitised.
    pub summary: Option<String>,
    /// Its page for people.
    pub url: Option<Uri>,
    /// When it was made.
    pub published: Option<Seconds>,
    /// Whether following it takes somebody's consent.
    pub manually_approves_followers: Option<bool>,
    /// Whether it is read only.
    pub is_archived: Option<bool>,
    /// Where it has moved to.
    pub moved_to: Option<ActorUri>,
    /// Addresses shared by its server.
    pub endpoints: Endpoints,
    /// Keys it signs requests with. Written as one object, as others demand.
    pub public_key: Vec<ActorKey>,
    /// Keys it signs documents with.
    pub assertion_method: Vec<Multikey>,
    /// Keys it pushes with over SSH.
    pub ssh_keys: Vec<SshKeyItem>,
    /// Where git fetches from.
    pub clone_uri: Vec<CloneUri>,
    /// Where git pushes to.
    pub push_uri: Vec<CloneUri>,
    /// Of a Factory: the types it makes.
    pub available_actor_types: Vec<String>,
    /// Of a Team: the greatest role passed on for each type of resource; `None` passes nothing on.
    pub role_filter: BTreeMap<String, Option<String>>,
    /// Its collections and the actors it is tied to.
    pub links: Links,
}

impl ActorDoc {
    /// An actor of a type, with nothing else said yet.
    pub fn new(kind: &str, id: ActorUri) -> Self {
        Self {
            id,
            types: types_of(kind),
            inbox: None,
            outbox: None,
            followers: None,
            following: None,
            preferred_username: None,
            webfinger: None,
            name: None,
            summary: None,
            url: None,
            published: None,
            manually_approves_followers: None,
            is_archived: None,
            moved_to: None,
            endpoints: Endpoints::default(),
            public_key: Vec::new(),
            assertion_method: Vec::new(),
            ssh_keys: Vec::new(),
            clone_uri: Vec::new(),
            push_uri: Vec::new(),
            available_actor_types: Vec::new(),
            role_filter: BTreeMap::new(),
            links: Links::default(),
        }
    }

    /// Reads an actor. Refused: no id, no type, and terms of the wrong kind.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let id = obj.id()?.ok_or_else(|| obj.wrong("id", "the address of an actor"))?;
        let id = ActorUri::try_from(id).map_err(|why| obj.wrong("id", why.to_string()))?;
        let types: Vec<String> = obj.types().into_iter().map(str::to_owned).collect();
        if types.is_empty() {
            return Err(obj.wrong("type", "a type of actor"));
        }
        Ok(Self {
            id,
            types,
            inbox: obj.link("inbox")?,
            outbox: obj.link("outbox")?,
            followers: obj.link("followers")?,
            following: obj.link("following")?,
            preferred_username: own(obj.text("preferredUsername")?),
            // No reason to refuse an actor.
            webfinger: own(obj.text("webfinger").ok().flatten().map(|name| name.strip_prefix("acct:").unwrap_or(name))),
            name: own(obj.text("name")?),
            summary: own(obj.text("summary")?),
            url: obj.first_web("url"),
            published: obj.time("published")?,
            manually_approves_followers: obj.flag("manuallyApprovesFollowers")?,
            is_archived: obj.flag("isArchived")?,
            moved_to: maybe_actor(obj, "movedTo")?,
            endpoints: Endpoints::read(obj)?,
            public_key: ActorKey::read_all(obj)?,
            assertion_method: Multikey::read_all(obj)?,
            ssh_keys: SshKeyItem::read_all(obj),
            clone_uri: clone_uris(obj, "cloneUri")?,
            push_uri: clone_uris(obj, "pushUri")?,
            available_actor_types: obj.words("availableActorTypes")?.into_iter().map(str::to_owned).collect(),
            role_filter: role_filter(obj)?,
            links: Links::read(obj)?,
        })
    }

    /// Whether it is of a type.
    pub fn is(&self, kind: &str) -> bool {
        self.types.iter().any(|own| own == kind)
    }

    /// The inbox, which every actor that is written to must have.
    pub fn need_inbox(&self) -> Result<&Uri, Wrong> {
        self.inbox.as_ref().ok_or_else(|| Wrong::new("/inbox", "an address", "nothing"))
    }

    /// The type as it is written: a plain text for an actor of ActivityStreams, since Forgejo reads nothing else; an
    /// array with one type of ActivityStreams for the others, since much software knows no other.
    fn wire_type(&self) -> Value {
        let types: Vec<&str> = self.types.iter().map(String::as_str).collect();
        match types.as_slice() {
            [only] if PLAIN_TYPES.contains(only) => Value::from(*only),
            several if several.iter().any(|kind| PLAIN_TYPES.contains(kind)) => Value::from(several.to_vec()),
            unknown => Value::from([unknown, &["Service"]].concat()),
        }
    }

    fn writer(&self) -> Writer {
        let texts = |texts: &[CloneUri]| texts.iter().map(Value::from).collect::<Vec<_>>();
        let writer = Writer::with_context(context::actor())
            .put("id", &self.id)
            .put("type", self.wire_type())
            .maybe("preferredUsername", self.preferred_username.as_deref())
            .maybe("webfinger", self.webfinger.as_deref())
            .maybe("name", self.name.as_deref())
            .maybe("summary", self.summary.as_deref())
            .maybe("url", self.url.as_ref())
            .maybe("published", self.published.map(|time| time.to_string()))
            .maybe("inbox", self.inbox.as_ref())
            .maybe("outbox", self.outbox.as_ref())
            .maybe("followers", self.followers.as_ref())
            .maybe("following", self.following.as_ref())
            .maybe("endpoints", self.endpoints.to_value())
            .maybe("manuallyApprovesFollowers", self.manually_approves_followers)
            .maybe("isArchived", self.is_archived)
            .maybe("movedTo", self.moved_to.as_ref())
            .flat("cloneUri", texts(&self.clone_uri))
            .flat("pushUri", texts(&self.push_uri))
            .list("availableActorTypes", self.available_actor_types.iter().map(String::as_str));
        let filter = (!self.role_filter.is_empty()).then(|| json!(self.role_filter));
        let writer = writer.maybe("roleFilter", filter);
        self.links
            .write(writer)
            .flat("publicKey", &self.public_key)
            .list("assertionMethod", &self.assertion_method)
            .list("sshKey", &self.ssh_keys)
    }

    /// The actor's document.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer().finish())
    }
}

/// Source: ForgeFed, "roleFilter": an object whose keys are types, whose values are roles or null.
fn role_filter(obj: &Obj<'_>) -> Result<BTreeMap<String, Option<String>>, Wrong> {
    let wrong = || obj.wrong("roleFilter", "an object of types, each with a role or null");
    let types = match obj.map().get("roleFilter") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(types)) => types,
        Some(_) => return Err(wrong()),
    };
    types
        .iter()
        .map(|(kind, role)| match role {
            Value::Null => Ok((kind.clone(), None)),
            Value::String(word) => Ok((kind.clone(), Some(crate::grant::role(word).to_owned()))),
            _ => Err(wrong()),
        })
        .collect()
}

/// The types of an actor of ours: a ForgeFed kind stands beside one type of ActivityStreams.
pub fn types_of(kind: &str) -> Vec<String> {
    match PLAIN_TYPES.contains(&kind) {
        true => vec![kind.to_owned()],
        false => vec![kind.to_owned(), "Service".to_owned()],
    }
}

impl Endpoints {
    /// Reads `endpoints`. By address alone, it would have to be fetched and is left out.
    fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        match obj.one("endpoints")? {
            Some(Item::Embedded(endpoints)) => Ok(Self {
                shared_inbox: endpoints.uri("sharedInbox")?,
                proxy_url: endpoints.uri("proxyUrl")?,
                oauth_authorization: endpoints.uri("oauthAuthorizationEndpoint")?,
                oauth_token: endpoints.uri("oauthTokenEndpoint")?,
            }),
            _ => Ok(Self::default()),
        }
    }

    fn to_value(&self) -> Option<Value> {
        let writer = Writer::new()
            .maybe("sharedInbox", self.shared_inbox.as_ref())
            .maybe("proxyUrl", self.proxy_url.as_ref())
            .maybe("oauthAuthorizationEndpoint", self.oauth_authorization.as_ref())
            .maybe("oauthTokenEndpoint", self.oauth_token.as_ref());
        (*self != Self::default()).then(|| writer.into())
    }
}

/// Addresses of version control. Those of schemes we do not speak are left out.
fn clone_uris(obj: &Obj<'_>, term: &str) -> Result<Vec<CloneUri>, Wrong> {
    Ok(obj.texts(term)?.into_iter().filter_map(|text| CloneUri::parse(text).ok()).collect())
}

#[cfg(test)]
mod tests;
