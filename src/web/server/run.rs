//! The server on its socket: connections bounded in number, each head of a request bounded in size and time, and an end that
//! lets what is under way end too.

use crate::limits::{CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_S, HEADERS_MAX, STOP_S, STREAMS_MAX};
use crate::ports::Front;
use crate::server::router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Serves until `stop` resolves; then takes no more connections, and gives requests under way [`STOP_S`] seconds.
/// - errors: the listener itself failed; a failing connection is only its own
pub async fn serve(front: Front, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    let service = TowerToHyperService::new(router(front));
    let builder = connections();
    let ending = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(stop);
    loop {
        let taken = tokio::select! {
            () = &mut stop => break,
            taken = next(&listener, &places) => taken,
        };
        let Some((stream, place)) = taken? else { continue };
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service.clone()).into_owned();
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

type Taken = (TcpStream, tokio::sync::OwnedSemaphorePermit);

/// The next connection, when there is a place for it. `None`: this one is lost, others may come.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<Option<Taken>> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Small answers are not to wait for more; if it cannot be said, they do.
            let _ = stream.set_nodelay(true);
            Ok(Some((stream, place)))
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

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
