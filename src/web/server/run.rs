//! The server on its socket: connections bounded in number, each head of a request bounded in size and time, and an end that
//! lets what is under way end too.

use crate::limits::{CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_S, HEADERS_MAX, STOP_S, STREAMS_MAX};
use crate::ports::Front;
use crate::server::router;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// Places for connections.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(CONNECTIONS_MAX)));

/// How many connections there are. The place that waits for the next one is none.
pub(crate) fn in_use() -> usize {
    CONNECTIONS_MAX.saturating_sub(PLACES.available_permits() + 1)
}

/// Serves until `stop` resolves; then takes no more connections, and gives requests under way [`STOP_S`] seconds.
/// - errors: the listener itself failed; a failing connection is only its own
pub async fn serve(front: Front, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    let router = router(front);
    let builder = connections();
    let ending = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let taken = tokio::select! {
            () = &mut stop => break,
            taken = next(&listener, &PLACES) => taken,
        };
        let Some((stream, peer, place)) = taken? else { continue };
        let from_peer = router.clone().map_request(move |mut request: Request<Incoming>| {
            let address = client_address(peer, request.headers());
            request.extensions_mut().insert(ConnectInfo(address));
            request
        });
        let service = TowerToHyperService::new(from_peer);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = ending.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "A connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(Duration::from_secs(STOP_S), ending.shutdown()).await.is_err() {
        tracing::warn!(waited_s = STOP_S, "Requests were still under way when the server stopped");
    }
    Ok(())
}

fn connections() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_S))
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(HEAD_S))
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .max_concurrent_streams(STREAMS_MAX);
    builder
}

type Taken = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// The next connection, when there is a place for it. `None`: this one is lost, others may come.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<Option<Taken>> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Small answers are not to wait for more; if it cannot be said, they do.
            let _ = stream.set_nodelay(true);
            Ok(Some((stream, peer, place)))
        }
        Err(error) if is_of_one_connection(&error) => Ok(None),
        // Out of descriptors or memory: it passes when other connections end.
        Err(error) if error.raw_os_error().is_some() => {
            tracing::warn!(%error, "A connection could not be taken");
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whose request it is, for whoever counts tries: the peer; if that is on this machine, as a proxy is, the last of those it
/// was asked for, which is the one the proxy itself has seen.
fn client_address(peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
    if !peer.ip().is_loopback() {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|value| value.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    last.map_or(peer, |address| SocketAddr::new(address, 0))
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_on_this_machine_says_whose_request_it_is() {
        let (proxy, far) = ("127.0.0.1:7", "192.0.2.7:7");
        #[rustfmt::skip]
        let rows = [
            (proxy, vec![],                             "127.0.0.1"),
            (proxy, vec!["198.51.100.1"],               "198.51.100.1"),
            (proxy, vec!["10.0.0.1, 198.51.100.1"],     "198.51.100.1"),
            (proxy, vec!["10.0.0.1", "2001:db8::1"],    "2001:db8::1"),
            (proxy, vec!["nonsense"],                   "127.0.0.1"),
            (far,   vec!["198.51.100.1"],               "192.0.2.7"),
        ];
        for (peer, forwarded, address) in rows {
            let mut headers = HeaderMap::new();
            for value in &forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            let found = client_address(peer.parse().unwrap(), &headers).ip();
            assert_eq!(found, address.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
        }
    }
}
