//! This server as others reach it: its own addresses, asked for by HTTP as another server would. No other part of this room asks itself.
//!
//! What answers with the key of a domain's actor is this server, whatever stands in between.

use crate::fetch::{Client, FetchError, GetRequest, Settings as ClientSettings};
use crate::keys::KeyRing;
use crate::outside::Settings;
use httpdate::parse_http_date;
use pritchel_actor::{ActorId, Seconds};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::UNIX_EPOCH;
use url::Url;

/// Asks for our own addresses. Cheap to clone.
#[derive(Clone)]
pub struct Reach {
    settings: Settings,
    keys: KeyRing,
}

/// Why one of our addresses is not reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// It is no address.
    #[error("{0:?} is no address")]
    NoAddress(String),
    /// Nothing answers there, or not as it should.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Something answers, which is not this server.
    #[error("{url} is answered by another server: expected {expected}, found {found}")]
    Another {
        /// What was asked for.
        url: String,
        /// What this server would have said.
        expected: String,
        /// What was said.
        found: String,
    },
    /// Our own key could not be read.
    #[error("the key of {0} cannot be read")]
    NoKey(ActorId),
}

impl Reach {
    /// With these settings, but for the guard against asking ourselves.
    pub fn new(settings: &Settings, keys: KeyRing) -> Self {
        Self { settings: settings.clone(), keys }
    }

    /// Made for each question: it is asked seldom, and keeps no connection.
    fn client(&self) -> Result<Client, FetchError> {
        let user_agent = self.settings.user_agent.clone();
        Client::new(ClientSettings { policy: self.settings.policy(Vec::new()), ..ClientSettings::new(user_agent) })
    }

    /// Asks for the document of a domain's actor at its address, and compares its key. Answers the time that the answer bears.
    pub async fn actor(&self, actor: &ActorId) -> Result<Option<Seconds>, Unreached> {
        let (document, date) = self.document(actor.as_str(), "application/activity+json").await?;
        let own = self.keys.shown(actor).await.map_err(|_| Unreached::NoKey(actor.clone()))?;
        let found = document.pointer("/publicKey/publicKeyPem").and_then(Value::as_str).unwrap_or("no key");
        if found.trim() == own.rsa.1.trim() {
            return Ok(date);
        }
        Err(another(actor.as_str(), "the key of this server", "another key"))
    }

    /// Asks the host under which names are shown who this actor is.
    pub async fn webfinger(&self, host: &str, actor: &ActorId) -> Result<(), Unreached> {
        let scheme = actor.as_str().split_once("://").map_or("https", |(scheme, _)| scheme);
        let resource: String = url::form_urlencoded::byte_serialize(actor.as_str().as_bytes()).collect();
        let asked = format!("{scheme}://{host}/.well-known/webfinger?resource={resource}");
        let (document, _) = self.document(&asked, "application/jrd+json").await?;
        let links = document.get("links").and_then(Value::as_array);
        let leads = links.is_some_and(|links| links.iter().any(|link| link["href"].as_str() == Some(actor.as_str())));
        if leads { Ok(()) } else { Err(another(&asked, actor.as_str(), "no link to it")) }
    }

    /// Where a host and port lead, as the guard lets others of our programs connect there.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Unreached> {
        let asked = format!("https://{host}/");
        let url = Url::parse(&asked).map_err(|_| Unreached::NoAddress(asked))?;
        let found = self.client()?.addresses(&url).await?;
        Ok(found.into_iter().map(|found| SocketAddr::new(found.ip(), port)).collect())
    }

    async fn document(&self, asked: &str, accept: &str) -> Result<(Value, Option<Seconds>), Unreached> {
        let url = Url::parse(asked).map_err(|_| Unreached::NoAddress(asked.to_owned()))?;
        let fetched = self.client()?.get(GetRequest::new(&url, accept)).await?;
        fetched.require_json()?;
        let document = serde_json::from_slice(&fetched.body).map_err(|_| another(asked, "JSON", "something else"))?;
        let date = fetched.date.as_deref().and_then(|date| parse_http_date(date).ok());
        let date = date.and_then(|date| i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok());
        Ok((document, date))
    }
}

fn another(url: &str, expected: &str, found: &str) -> Unreached {
    Unreached::Another { url: url.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}
