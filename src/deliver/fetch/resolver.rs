//! Names to addresses. Only addresses that passed the check are answered, and connections go to these, so that a name
//! cannot lead elsewhere between check and connection.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use tokio::sync::OnceCell;

use super::address::{AllowLoopback, is_allowed};
use super::target::is_local_name;
use crate::limits::ADDRESSES_MAX;

/// Why a name leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such name, or it has no address.
    #[error("the name does not exist")]
    NoSuchName,
    /// The name service did not answer, or not in a sensible way.
    #[error("{why}")]
    Failed {
        /// What the library says.
        why: String,
    },
    /// All its addresses are refused.
    #[error("it leads to {address}, which is not a public address")]
    NotPublic {
        /// The first of them.
        address: IpAddr,
    },
}

/// The answer of a [`Lookup`], later.
pub type Looking<'a> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, ResolveError>> + Send + 'a>>;

/// A source of addresses. The system's name service, or a table in tests; neither is trusted.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a host name, which has no final dot.
    fn lookup<'a>(&'a self, name: &'a str) -> Looking<'a>;
}

/// The name service that the system is set up for (`resolv.conf`, `hosts`), with its cache.
#[derive(Default)]
pub struct SystemLookup {
    resolver: OnceCell<TokioResolver>,
}

impl SystemLookup {
    async fn resolver(&self) -> Result<&TokioResolver, ResolveError> {
        let failed = |error: hickory_resolver::net::NetError| ResolveError::Failed { why: error.to_string() };
        // Made at first use, inside the runtime that will drive it.
        self.resolver
            .get_or_try_init(|| async {
                let mut builder = TokioResolver::builder_tokio().map_err(failed)?;
                builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
                builder.build().map_err(failed)
            })
            .await
    }
}

impl Lookup for SystemLookup {
    fn lookup<'a>(&'a self, name: &'a str) -> Looking<'a> {
        Box::pin(async move {
            // The final dot keeps the system's search domains out: `git` must not become `git.office.example`.
            let absolute = format!("{name}.");
            match self.resolver().await?.lookup_ip(absolute).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) if error.is_no_records_found() => Err(ResolveError::NoSuchName),
                Err(error) => Err(ResolveError::Failed { why: error.to_string() }),
            }
        })
    }
}

/// A [`Lookup`] whose answers are checked.
#[derive(Clone)]
pub struct GuardedResolver {
    lookup: Arc<dyn Lookup>,
    loopback: AllowLoopback,
}

impl GuardedResolver {
    /// Guards `lookup`.
    pub fn new(lookup: Arc<dyn Lookup>, loopback: AllowLoopback) -> Self {
        Self { lookup, loopback }
    }

    /// The addresses of a name that may be connected to, at least one and at most [`ADDRESSES_MAX`].
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let found = if is_local_name(name) {
            // Never asked outside, so nobody can answer otherwise.
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else {
            self.lookup.lookup(name).await?
        };
        let mut allowed: Vec<IpAddr> =
            found.iter().copied().filter(|address| is_allowed(*address, self.loopback)).collect();
        allowed.truncate(ADDRESSES_MAX);
        match (allowed.is_empty(), found.first()) {
            (false, _) => Ok(allowed),
            (true, Some(&address)) => Err(ResolveError::NotPublic { address }),
            (true, None) => Err(ResolveError::NoSuchName),
        }
    }

    /// The same as socket addresses with port 0, which means the port of the URL.
    pub(super) async fn resolve_sockets(self, name: String) -> Result<Vec<SocketAddr>, ResolveError> {
        Ok(self.resolve(&name).await?.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Table;
    use super::*;

    fn resolver(loopback: AllowLoopback) -> GuardedResolver {
        let many = (1..=20).map(|last| format!("8.8.8.{last}")).collect::<Vec<_>>().join(" ");
        let table = Table::new(&[
            ("public.example", "8.8.8.8 2606:4700::1"),
            ("mixed.example", "10.0.0.1 8.8.8.8 ::1 ::ffff:8.8.8.8"),
            ("inner.example", "192.168.0.9 fd00::1"),
            ("local.example", "127.0.0.1"),
            ("empty.example", ""),
            ("many.example", &many),
        ]);
        GuardedResolver::new(Arc::new(table), loopback)
    }

    #[tokio::test]
    async fn only_public_addresses_come_out() {
        let resolver = resolver(AllowLoopback::No);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let both = vec![address("8.8.8.8"), address("2606:4700::1")];
        assert_eq!(resolver.resolve("public.example").await, Ok(both));
        assert_eq!(resolver.resolve("mixed.example").await, Ok(vec![address("8.8.8.8")]));
        let refused = |text| Err(ResolveError::NotPublic { address: address(text) });
        assert_eq!(resolver.resolve("inner.example").await, refused("192.168.0.9"));
        assert_eq!(resolver.resolve("local.example").await, refused("127.0.0.1"));
        assert_eq!(resolver.resolve("localhost").await, refused("127.0.0.1"));
        assert_eq!(resolver.resolve("empty.example").await, Err(ResolveError::NoSuchName));
        assert_eq!(resolver.resolve("other.example").await, Err(ResolveError::NoSuchName));
        assert_eq!(resolver.resolve("many.example").await.unwrap().len(), ADDRESSES_MAX);
    }

    #[tokio::test]
    async fn loopback_comes_out_where_it_is_allowed() {
        let resolver = resolver(AllowLoopback::Yes);
        assert_eq!(resolver.resolve("local.example").await, Ok(vec![Ipv4Addr::LOCALHOST.into()]));
        let both = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        assert_eq!(resolver.resolve("forge.localhost").await, Ok(both));
        assert!(matches!(resolver.resolve("inner.example").await, Err(ResolveError::NotPublic { .. })));
    }
}
