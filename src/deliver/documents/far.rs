//! Documents of other servers: fetched within bounds, believed only where they come from.
//!
//! A document is what its own `id` serves: if it names another address, that address is asked, once. Each fetch is signed by
//! our instance actor, and made once more without a signature where that is refused. What is fetched already is waited for,
//! failures are remembered, and no origin is asked more often than its rate allows. What only one of our people may see is asked for
//! in their name, and kept for nobody.
//!
//! Source: ActivityPub 3.1; FEP-fe34.

use std::sync::Arc;

use pritchel_actor::{ActorId, Clock, NotFound, Seconds};
use pritchel_vocab::{Document, Uri};
use url::Url;

use crate::fetch::{FetchError, Fetched};
use crate::flights::Flights;
use crate::hosts::{Hosts, Served};
use crate::keys::KeyRing;
use crate::limits::{FAILURE_S, FAILURES_MAX, FETCHES_PER_ORIGIN_PER_MINUTE};
use crate::peers::Peers;
use crate::rates::{Rate, Rates};
use crate::recent::Recent;
use crate::signature::Scheme;
use crate::transport::{Form, Get, Signer, Transport};

/// A document as its origin serves it.
#[derive(Clone, Debug)]
pub struct FarDocument {
    /// Its own address, which is where it came from.
    pub id: Uri,
    /// The document.
    pub document: Document,
    /// When it was fetched.
    pub at: Seconds,
}

/// Why a document of another server is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FarError {
    /// Not an address that can be asked.
    #[error("expected an address, found {found:?}: {why}")]
    NotAnAddress {
        /// The text.
        found: String,
        /// What is wrong with it.
        why: String,
    },
    /// The address is ours: what lies there is asked inside.
    #[error("{uri} is an address of this server")]
    Own {
        /// The address.
        uri: String,
    },
    /// Its server is blocked here.
    #[error("the server of {uri} is blocked here")]
    Blocked {
        /// The address.
        uri: String,
    },
    /// Its server was asked too often, or too much is fetched at once.
    #[error("{uri} is not fetched now, too much is: try again in {retry_after_s} s")]
    Busy {
        /// The address.
        uri: String,
        /// Seconds until it may be tried again.
        retry_after_s: u64,
    },
    /// Its server says that there is no such thing.
    #[error("{uri} is gone: its server answered {status}")]
    Gone {
        /// The address.
        uri: String,
        /// 404 or 410.
        status: u16,
    },
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What came is no document we take.
    #[error("{uri} is not a document: {why}")]
    NotADocument {
        /// The address.
        uri: String,
        /// What was expected, what was found.
        why: String,
    },
    /// The document says that it is another one.
    #[error("the document at {uri} says it is {found}")]
    AnotherId {
        /// Where it came from.
        uri: String,
        /// Its `id`.
        found: String,
    },
}

impl FarError {
    /// Whether asking later may bring something else.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Fetch(error) => !error.is_permanent(),
            _ => false,
        }
    }

    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnAddress { .. } => "not-an-address",
            Self::Own { .. } => "own-address",
            Self::Blocked { .. } => "blocked",
            Self::Busy { .. } => "fetching-too-much",
            Self::Gone { .. } => "gone",
            Self::Fetch(error) => error.code(),
            Self::NotADocument { .. } => "not-a-document",
            Self::AnotherId { .. } => "another-id",
        }
    }

    /// The same as evidence for a turn.
    pub fn to_evidence(&self, uri: &str) -> NotFound {
        match self {
            Self::Gone { status, .. } => NotFound::Gone { uri: uri.to_owned(), status: *status },
            other => NotFound::Unavailable { uri: uri.to_owned(), why: other.to_string() },
        }
    }
}

/// Fetches documents of other servers. Cheap to clone.
#[derive(Clone)]
pub struct Far(Arc<Inner>);

struct Inner {
    transport: Arc<dyn Transport>,
    keys: KeyRing,
    hosts: Hosts,
    peers: Peers,
    clock: Arc<dyn Clock>,
    unlimited_loopback: bool,
    rates: Rates,
    flights: Flights<Uri, Result<Arc<FarDocument>, FarError>>,
    failures: Recent<Uri, (Seconds, FarError)>,
}

impl Far {
    /// - `unlimited_loopback`: no rates for peers on this machine, for development
    pub fn new(
        transport: Arc<dyn Transport>,
        keys: KeyRing,
        hosts: Hosts,
        peers: Peers,
        clock: Arc<dyn Clock>,
        unlimited_loopback: bool,
    ) -> Self {
        let rates = Rates::new(Rate { per_minute: FETCHES_PER_ORIGIN_PER_MINUTE });
        let (flights, failures) = (Flights::new(), Recent::new(FAILURES_MAX));
        Self(Arc::new(Inner { transport, keys, hosts, peers, clock, unlimited_loopback, rates, flights, failures }))
    }

    /// The document at an address, fetched now, or by whoever fetches it already. A failure of the last
    /// [`FAILURE_S`] seconds is answered again without asking.
    pub async fn fetch(&self, uri: &Uri) -> Result<Arc<FarDocument>, FarError> {
        let now = self.0.clock.now();
        let place = uri.without_fragment();
        self.admit(&place)?;
        if let Some((at, error)) = self.0.failures.get(&place)
            && now.saturating_sub(at) < FAILURE_S
        {
            return Err(error);
        }
        let busy = || FarError::Busy { uri: place.to_string(), retry_after_s: 10 };
        let fetched = self.0.flights.join(&place, Box::pin(self.authentic(&place, None))).await.ok_or_else(busy)?;
        if let Err(error) = &fetched
            && !matches!(error, FarError::Busy { .. } | FarError::Blocked { .. })
        {
            self.0.failures.put(place, (now, error.clone()));
        }
        fetched
    }

    /// The document at an address as its server shows it to `reader`, an actor of ours. Neither it nor a failure is kept: it may be for
    /// them alone.
    pub async fn fetch_as(&self, uri: &Uri, reader: &ActorId) -> Result<Arc<FarDocument>, FarError> {
        let place = uri.without_fragment();
        self.admit(&place)?;
        Box::pin(self.authentic(&place, Some(reader))).await
    }

    /// Whether an address answers a HEAD with 200 or 204.
    pub async fn alive(&self, uri: &Uri) -> Result<(), FarError> {
        let place = uri.without_fragment();
        self.admit(&place)?;
        self.rate(&place)?;
        let get = self.get(&place, Form::Activity, self.instance()).await?;
        match self.0.transport.head(get).await?.status {
            200 | 204 => Ok(()),
            status @ (404 | 410) => Err(FarError::Gone { uri: uri.to_string(), status }),
            status => {
                let host = place.origin().authority();
                Err(FetchError::Status { host, status, retry_after: None }.into())
            }
        }
    }

    /// What a server tells of a tracker in F3, or of whatever else is JSON there: it is its word alone, so that it must be that server
    /// which gives it in the end. Neither it nor a failure is kept.
    pub async fn f3(&self, uri: &Uri) -> Result<Fetched, FarError> {
        let place = uri.without_fragment();
        self.admit(&place)?;
        self.rate(&place)?;
        let fetched = Box::pin(self.asked(&place, Form::F3, None)).await?;
        fetched.require_json()?;
        Ok(fetched)
    }

    /// Whether an address may be asked at all.
    pub fn admit(&self, uri: &Uri) -> Result<(), FarError> {
        if self.0.hosts.of(uri.as_str()).is_some() {
            return Err(FarError::Own { uri: uri.to_string() });
        }
        if !self.0.peers.admit_uri(uri) {
            return Err(FarError::Blocked { uri: uri.to_string() });
        }
        Ok(())
    }

    async fn authentic(&self, place: &Uri, reader: Option<&ActorId>) -> Result<Arc<FarDocument>, FarError> {
        let first = match self.one(place, reader).await? {
            Ok(document) => return Ok(document),
            Err(id) => id,
        };
        // It names another address, perhaps because this one is an alias: that one is asked, and must agree.
        self.admit(&first)?;
        let place = first.without_fragment();
        let second = self.one(&place, reader).await?;
        second.map_err(|id| FarError::AnotherId { uri: place.to_string(), found: id.to_string() })
    }

    /// One fetch: the document, or the other address that it says is its own.
    async fn one(&self, place: &Uri, reader: Option<&ActorId>) -> Result<Result<Arc<FarDocument>, Uri>, FarError> {
        self.rate(place)?;
        let fetched = self.asked(place, Form::Activity, reader).await?;
        let wrong = |why: String| FarError::NotADocument { uri: place.to_string(), why };
        fetched.require_activity_json()?;
        let document = Document::parse(&fetched.body).map_err(|why| wrong(why.to_string()))?;
        let id = document.obj().id().map_err(|why| wrong(why.to_string()))?;
        let id = id.ok_or_else(|| wrong("expected an `id`, found none".to_owned()))?;
        let from = Uri::parse(fetched.url.as_str()).map_err(|why| wrong(why.to_string()))?;
        if id.without_fragment() != from.without_fragment() {
            return Ok(Err(id));
        }
        // A redirect may have led to a server that is ours or blocked.
        self.admit(&from)?;
        Ok(Ok(Arc::new(FarDocument { id, document, at: self.0.clock.now() })))
    }

    /// Asks in the name of the reader; without one in that of our instance actor, or in nobody's where that is refused.
    async fn asked(&self, place: &Uri, form: Form, reader: Option<&ActorId>) -> Result<Fetched, FarError> {
        let signed = self.get(place, form, reader.or(self.instance())).await?;
        let may_ask_unsigned = reader.is_none() && signed.signer.is_some();
        let mut fetched = self.0.transport.get(signed).await;
        if may_ask_unsigned && matches!(fetched, Err(FetchError::Status { status: 401 | 403, .. })) {
            fetched = self.0.transport.get(self.get(place, form, None).await?).await;
        }
        fetched.map_err(|error| match error {
            FetchError::Status { status: status @ (404 | 410), .. } => {
                FarError::Gone { uri: place.to_string(), status }
            }
            FetchError::Blocked { .. } => FarError::Blocked { uri: place.to_string() },
            FetchError::OwnHost { .. } => FarError::Own { uri: place.to_string() },
            other => other.into(),
        })
    }

    fn instance(&self) -> Option<&ActorId> {
        self.0.hosts.first().map(Served::instance)
    }

    async fn get(&self, place: &Uri, form: Form, signer: Option<&ActorId>) -> Result<Get, FarError> {
        let wrong = |why: String| FarError::NotAnAddress { found: place.to_string(), why };
        let url = Url::parse(place.as_str()).map_err(|why| wrong(why.to_string()))?;
        let signer = match signer {
            None => None,
            Some(signer) => {
                let keys = self.0.keys.pair(signer).await;
                // Without its key an actor asks like anybody else.
                let keys = keys.inspect_err(|error| tracing::error!("{signer} cannot sign: {error}")).ok();
                keys.map(|keys| Signer::new(signer, keys, Scheme::Cavage, self.0.clock.now()))
            }
        };
        Ok(Get { url, form, signer, peers: self.0.peers.clone() })
    }

    fn rate(&self, uri: &Uri) -> Result<(), FarError> {
        let origin = uri.origin();
        if self.0.unlimited_loopback && origin.is_loopback() {
            return Ok(());
        }
        let take = self.0.rates.take(&origin.to_string(), self.0.clock.now());
        take.map_err(|retry_after_s| FarError::Busy { uri: uri.to_string(), retry_after_s })
    }

    /// Forgets that fetching something has failed, since there is reason to believe that it would not now.
    pub fn forget_failure(&self, uri: &Uri) {
        self.0.failures.remove(&uri.without_fragment());
    }
}
