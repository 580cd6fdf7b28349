//! The store of a server: opened, and given its first actors.

use crate::cli::Failure;
use crate::node::settings::{self, DomainSetting, Places};
use pritchel_actor::{ActorId, Stored};
use pritchel_actors::Domain;
use pritchel_actors::common::naming::{host, origin};
use pritchel_actors::domain::DomainSettings;
use pritchel_box_store::backup::Watched;
use pritchel_box_store::sled::SledStore;
use pritchel_box_store::{Addresses, BoxStore, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Megabytes of cache for commands that only pass by.
pub const OFFLINE_CACHE_MB: u64 = 32;
/// Records that name the domains of a server.
const DOMAINS: &str = "served-domains";

/// Which actors are near: those of the origins this server serves.
#[derive(Clone, Debug, Default)]
pub struct NearOrigins(Arc<RwLock<BTreeSet<String>>>);

impl NearOrigins {
    /// Adds an origin.
    pub fn add(&self, origin: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(origin.to_owned());
    }
}

impl Addresses for NearOrigins {
    fn is_near(&self, id: &ActorId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(origin(id))
    }

    fn origin(&self, id: &ActorId) -> String {
        origin(id).to_owned()
    }
}

/// Opens the store of a data directory, with the origins it was last served under.
pub async fn open(data: &Path, cache_mb: u64) -> Result<BoxStore, Failure> {
    let near = NearOrigins::default();
    let boxes = open_with(data, cache_mb, near.clone()).await?;
    for domain in domains(&boxes).await? {
        near.add(origin(&domain.actor));
    }
    Ok(boxes)
}

/// Opens the store of a data directory.
pub async fn open_with(data: &Path, cache_mb: u64, near: NearOrigins) -> Result<BoxStore, Failure> {
    let store = raw(data, cache_mb).await?;
    BoxStore::open(store, Arc::new(near)).await.map_err(Failure::new)
}

/// The same, with what backs it up while it is in use.
pub async fn open_watched(data: &Path, cache_mb: u64, near: NearOrigins) -> Result<(BoxStore, Arc<Watched>), Failure> {
    let store = Arc::new(Watched::new(raw(data, cache_mb).await?));
    let boxes = BoxStore::open(store.clone(), Arc::new(near)).await.map_err(Failure::new)?;
    Ok((boxes, store))
}

/// Opens the key-value store of a data directory.
pub async fn raw(data: &Path, cache_mb: u64) -> Result<Arc<dyn Store>, Failure> {
    let place = Places::of(data).store;
    let opened = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
        SledStore::open(&place, cache_mb * 1024 * 1024).map_err(|e| e.to_string())
    });
    let store = opened.await.map_err(Failure::new)?.map_err(Failure)?;
    Ok(Arc::new(store))
}

/// A domain of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// The host in addresses.
    pub host: String,
    /// The host under which its names are shown, if that is another one.
    pub display: Option<String>,
    /// The domain's actor.
    pub actor: ActorId,
}

impl Hosted {
    fn of(host: String, value: &serde_json::Value) -> Option<Self> {
        let actor = ActorId::new(value.get("actor")?.as_str()?);
        let display = value.get("display").and_then(|display| display.as_str()).map(str::to_owned);
        Some(Self { host, display, actor })
    }

    fn row(&self) -> (String, String, serde_json::Value) {
        let mut value = serde_json::json!({"actor": self.actor});
        if let Some(display) = &self.display {
            value["display"] = display.as_str().into();
        }
        (DOMAINS.to_owned(), self.host.clone(), value)
    }
}

/// The domains this server has served.
pub async fn domains(boxes: &BoxStore) -> Result<Vec<Hosted>, Failure> {
    let found =
        boxes.directory_page(DOMAINS, "", None, pritchel_actor::limits::PAGE_MAX).await.map_err(Failure::new)?;
    Ok(found.into_iter().filter_map(|(host, value)| Hosted::of(host, &value)).collect())
}

/// Makes sure that every domain of the settings has its actor, and is known with the settings of today.
pub async fn plant(boxes: &BoxStore, served: &[DomainSetting]) -> Result<Vec<Hosted>, Failure> {
    let known = domains(boxes).await?;
    let mut all = Vec::new();
    for domain in served {
        let actor = ActorId::new(format!("{}/actor", settings::origin(&domain.host)));
        let hosted = Hosted { host: host(&actor).to_owned(), display: domain.display.clone(), actor };
        if !known.contains(&hosted) {
            let is_new = !known.iter().any(|known| known.actor == hosted.actor);
            let actors = if is_new { vec![(hosted.actor.clone(), planted(domain)?)] } else { Vec::new() };
            boxes.plant(actors, vec![hosted.row()]).await.map_err(Failure::new)?;
        }
        all.push(hosted);
    }
    Ok(all)
}

/// The state of a domain nobody has been on yet.
fn planted(domain: &DomainSetting) -> Result<Stored, Failure> {
    let title = domain.title.clone();
    let settings = DomainSettings { title, ..DomainSettings::default() }.registering(domain.registration);
    Stored::new(&Domain { settings, ..Domain::default() }).map_err(Failure::new)
}
