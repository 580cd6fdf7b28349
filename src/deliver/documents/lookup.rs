//! From what people type, a name or an address, to an actor, here or elsewhere.

use std::sync::Arc;

use pritchel_actor::{ActorId, BoxError, NotFound, Value};
use pritchel_box_store::{Addresses, BoxStore};
use pritchel_vocab::{ActorDoc, Obj, Uri};

use super::DocumentSource;
use crate::hosts::Hosts;
use crate::peers::Peers;
use crate::transport::Transport;
use crate::webfinger::{Acct, Found, Home, Template, WebfingerError};

/// Directory rows that lead from `name@host` to an actor of ours: `{"actor": …}`. Written by domain actors.
pub const NAME: &str = "acct";

/// An actor found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundActor {
    /// Its address.
    pub id: ActorId,
    /// Its document; of one of ours only its `id` and `type`.
    pub document: Arc<Value>,
}

/// Why nothing was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LookupError {
    /// Neither a name nor an address.
    #[error("expected a name like `alice@forge.example` or an address, found {found:?}")]
    NotAName {
        /// The text.
        found: String,
    },
    /// There is no such name on this server.
    #[error("there is no `{name}` on this server")]
    NoSuchName {
        /// The name.
        name: String,
    },
    /// The other server is blocked here.
    #[error("`{host}` is blocked here")]
    Blocked {
        /// The server.
        host: String,
    },
    /// The name leads nowhere.
    #[error(transparent)]
    Webfinger(#[from] WebfingerError),
    /// The document is not to be had.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// There is a document, but no actor's, or one that goes by another name.
    #[error("{uri} is not the actor asked for: {why}")]
    NotTheActor {
        /// The address.
        uri: String,
        /// What was expected, what was found.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Box(#[from] BoxError),
}

impl LookupError {
    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAName { .. } => "not-a-name",
            Self::NoSuchName { .. } => "no-such-name",
            Self::Blocked { .. } => "blocked",
            Self::Webfinger(error) => error.code(),
            Self::NotFound(NotFound::Gone { .. }) => "gone",
            Self::NotFound(NotFound::Unavailable { .. }) => "unavailable",
            Self::NotTheActor { .. } => "not-the-actor",
            Self::Box(_) => "store-failed",
        }
    }
}

/// Looks actors up. Cheap to clone.
#[derive(Clone)]
pub struct Lookup {
    pub(crate) boxes: BoxStore,
    pub(crate) hosts: Hosts,
    pub(crate) peers: Peers,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) documents: DocumentSource,
}

impl Lookup {
    /// The actor of `name@host` or of an address.
    pub async fn find(&self, text: &str) -> Result<FoundActor, LookupError> {
        let text = text.trim();
        if let Ok(uri) = Uri::parse(text) {
            return self.at(&ActorId::new(uri.as_str()), None).await;
        }
        let acct = Acct::parse(text).map_err(|_| LookupError::NotAName { found: text.chars().take(100).collect() })?;
        if let Some(served) = self.hosts.by_name(acct.authority()) {
            let name = format!("{}@{}", acct.user().to_ascii_lowercase(), served.authority());
            let found = self.named(&name).await?.ok_or(LookupError::NoSuchName { name })?;
            return self.at(&found, None).await;
        }
        let host = acct.authority().rsplit_once(':').map_or(acct.authority(), |(host, _)| host);
        if !self.peers.admit(host) {
            return Err(LookupError::Blocked { host: host.to_owned() });
        }
        let found = self.transport.resolve(acct).await?;
        let actor = self.at(&ActorId::new(found.actor.as_str()), Some(found.acct.user())).await?;
        self.agrees(&found, &actor.id).await?;
        Ok(actor)
    }

    /// Where somebody's own server, as they name it, takes them to do something.
    pub async fn home(&self, text: &str) -> Result<Vec<Template>, LookupError> {
        let home = Home::parse(text)?;
        let authority = home.authority();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        if !self.peers.admit(host) {
            return Err(LookupError::Blocked { host: host.to_owned() });
        }
        Ok(self.transport.templates(home).await?)
    }

    /// A host may give names to actors of another one only if that one gives them the same: else anybody could have a name of
    /// theirs lead to somebody else.
    async fn agrees(&self, found: &Found, actor: &ActorId) -> Result<(), LookupError> {
        let wrong = |why: String| not_the_actor(actor, why);
        let at = Uri::parse(actor.as_str()).map_err(|why| wrong(why.to_string()))?.origin();
        if at.authority() == found.acct.authority() {
            return Ok(());
        }
        if self.hosts.is_near(actor) || !self.peers.admit(&at.host) {
            return Err(wrong(format!("{} gives a name to an actor of {}", found.acct.authority(), at.authority())));
        }
        let own = self.transport.resolve(Acct::parse(&format!("{}@{}", found.acct.user(), at.authority()))?).await?;
        if own.acct != found.acct || own.actor != found.actor {
            return Err(wrong(format!("expected the name {}, its own server calls it {}", found.acct, own.acct)));
        }
        Ok(())
    }

    /// The near actor of `name@host`.
    pub async fn named(&self, acct: &str) -> Result<Option<ActorId>, BoxError> {
        let row = self.boxes.directory(NAME, acct).await?;
        Ok(row.and_then(|row| Some(ActorId::from(row["actor"].as_str()?))))
    }

    async fn at(&self, id: &ActorId, name: Option<&str>) -> Result<FoundActor, LookupError> {
        let document = self.documents.document(id.as_str()).await.found?;
        if self.hosts.is_near(id) {
            // Acts of ours lie on this server too.
            return match self.boxes.act(&id.as_str().into()).await? {
                Some(_) => Err(not_the_actor(id, "expected an actor, found an act".to_owned())),
                None => Ok(FoundActor { id: id.clone(), document }),
            };
        }
        let parsed = Obj::of(&document).map_err(|why| not_the_actor(id, why.to_string()))?;
        let actor = ActorDoc::read(&parsed).map_err(|why| not_the_actor(id, why.to_string()))?;
        actor.need_inbox().map_err(|why| not_the_actor(id, why.to_string()))?;
        let other = actor.preferred_username.as_deref().zip(name);
        if let Some((own, asked)) = other.filter(|(own, asked)| !own.eq_ignore_ascii_case(asked)) {
            return Err(not_the_actor(id, format!("expected the name {asked:?}, it goes by {own:?}")));
        }
        Ok(FoundActor { id: ActorId::new(actor.id.as_str()), document })
    }
}

fn not_the_actor(id: &ActorId, why: String) -> LookupError {
    LookupError::NotTheActor { uri: id.to_string(), why }
}
