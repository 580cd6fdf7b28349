//! Looking: documents and collections of the peer, once or until they show what is wanted.

use crate::cli::demo::client::names;
use crate::cli::limits::LOOK_MS;
use crate::cli::probe::hand::Got;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Scene, Stop};
use pritchel_actor::ActorId;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Pages of a collection that are looked through.
const PAGES: usize = 5;

/// A collection as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// `totalItems`.
    pub total: Option<u64>,
    /// The items of its first pages.
    pub items: Vec<Value>,
}

impl Collection {
    /// Whether it lists an address, itself or within an item.
    pub fn lists(&self, address: &str) -> bool {
        let within = |item: &Value| ["object", "subject", "actor"].iter().any(|term| names(&item[*term], address));
        self.items.iter().any(|item| names(item, address) || within(item))
    }

    /// The collection in words.
    pub fn told(&self) -> String {
        let ids: Vec<&str> =
            self.items.iter().filter_map(|item| item.as_str().or_else(|| item["id"].as_str())).collect();
        format!("{} of {} items: {}", ids.len(), self.total.unwrap_or(ids.len() as u64), ids.join(", "))
    }
}

impl Scene {
    /// A document of the peer: as anybody sees it, or as ann does if nobody else may.
    pub async fn get(&mut self, url: &str) -> Result<Value, Stop> {
        let got = self.look(url).await?;
        if got.status == 200 { Ok(got.body) } else { Err(Stop(format!("{url}: expected 200, found {}", got.status))) }
    }

    /// The answer to a request for a document.
    pub async fn look(&mut self, url: &str) -> Result<Got, Stop> {
        let got = self.peer.hand().get(url, None).await.map_err(Stop)?;
        if got.status == 200 || got.status == 410 {
            return Ok(got);
        }
        let ann = self.home.signer(Who::Ann).await?;
        self.peer.hand().get(url, Some(&ann)).await.map_err(Stop)
    }

    /// Looks at a document until it shows what is wanted: whether it did, and what it showed last.
    pub async fn shows(&mut self, url: &str, wanted: impl Fn(&Value) -> bool) -> Result<(bool, Value), Stop> {
        let until = Instant::now() + self.patience;
        loop {
            let got = self.look(url).await?;
            let shown = got.status == 200 && wanted(&got.body);
            if shown || Instant::now() > until {
                self.trace(url);
                return Ok((shown, got.body));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// The first items of a collection.
    pub async fn collection(&mut self, url: &str) -> Result<Collection, Stop> {
        let whole = self.get(url).await?;
        let mut found = Collection { total: whole["totalItems"].as_u64(), items: items(&whole) };
        let mut page = whole["first"].clone();
        for _ in 0..PAGES {
            page = match page {
                Value::String(url) => self.get(&url).await?,
                Value::Object(_) => page,
                _ => break,
            };
            found.total = found.total.or(page["totalItems"].as_u64());
            found.items.extend(items(&page));
            page = page["next"].clone();
        }
        Ok(found)
    }

    /// Looks at a collection until it is as wanted: whether it was, and as it was last.
    pub async fn collects(
        &mut self,
        url: &str,
        wanted: impl Fn(&Collection) -> bool,
    ) -> Result<(bool, Collection), Stop> {
        let until = Instant::now() + self.patience;
        loop {
            let found = self.collection(url).await?;
            if wanted(&found) || Instant::now() > until {
                self.trace(url);
                return Ok((wanted(&found), found));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Looks at a collection as the peer's person sees it, if there is a token, until it has an item that is wanted: whether it
    /// had, and what it showed last.
    pub async fn they_see(&mut self, url: &str, wanted: impl Fn(&Value) -> bool) -> Result<(bool, String), Stop> {
        let until = Instant::now() + self.patience;
        loop {
            let items = match &self.peer.client {
                Some(client) => client.collection(url).await?,
                None => self.collection(url).await?.items,
            };
            let found = items.iter().any(&wanted);
            if found || Instant::now() > until {
                self.trace(url);
                return Ok((found, Collection { total: None, items }.told()));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Whether a property of an actor points at another, and what it shows. It may be an address, several, or a collection of them.
    pub async fn points(&mut self, of: &ActorId, property: &str, at: &ActorId) -> Result<(bool, String), Stop> {
        let shown = self.get(of.as_str()).await?[property].clone();
        let Some(address) = shown.as_str().filter(|address| *address != at.as_str()) else {
            return Ok((names(&shown, at.as_str()), shown.to_string()));
        };
        let got = self.look(address).await?;
        if !matches!(got.body["type"].as_str(), Some("Collection" | "OrderedCollection")) {
            return Ok((false, shown.to_string()));
        }
        let listed = self.collection(address).await?;
        Ok((listed.lists(at.as_str()), listed.told()))
    }

    /// Looks at an actor until a property of it points, or no longer points, at another: whether it came so far, and what it showed
    /// last.
    pub async fn points_at(
        &mut self,
        of: &ActorId,
        property: &str,
        at: &ActorId,
        wanted: bool,
    ) -> Result<(bool, String), Stop> {
        let until = Instant::now() + self.patience;
        loop {
            let (points, found) = self.points(of, property, at).await?;
            if points == wanted || Instant::now() > until {
                self.trace(of.as_str());
                return Ok((points == wanted, found));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Looks at an address until there is nothing: whether it came so far, and the last status.
    pub async fn is_gone(&mut self, url: &str) -> Result<(bool, u16), Stop> {
        let until = Instant::now() + self.patience;
        loop {
            let status = self.look(url).await?.status;
            let gone = matches!(status, 404 | 410);
            if gone || Instant::now() > until {
                self.trace(url);
                return Ok((gone, status));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }
}

fn items(collection: &Value) -> Vec<Value> {
    let items = collection["orderedItems"].as_array().or_else(|| collection["items"].as_array());
    items.cloned().unwrap_or_default()
}
