//! Taking connections, within bounds, until the server stops.

use crate::client::Client;
use crate::door::{Door, Place};
use crate::full::{self, SERVER_ID};
use crate::host_key::HostKey;
use crate::limits::{
    ACCEPT_FAILED_TIME, ALIVE_TIME, ALIVE_UNANSWERED_MAX, FULL_TOLD_MAX, IDLE_TIME, LOGIN_FAILED_TIME, LOGIN_TIME,
    LOGINS_FAILED_MAX, PACKET_BYTES, PACKETS_WAITING_MAX, STOP_TIME, WINDOW_BYTES,
};
use pritchel_web::ports::Front;
use russh::keys::{Algorithm, HashAlg};
use russh::server::{Config, run_stream};
use russh::{Disconnect, MethodKind, MethodSet, Preferred, SshId, kex};
use std::borrow::Cow;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// Ways of agreeing on a secret. Those over large primes are left out: they cost this server much more than whoever asks.
const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];
/// Signatures of keys. Those with SHA-1 are left out.
const SIGNATURES: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: russh::keys::EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: russh::keys::EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: russh::keys::EcdsaCurve::NistP521 },
    Algorithm::SkEd25519,
    Algorithm::SkEcdsaSha2NistP256,
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

/// Speaks SSH until it is to stop; then what is under way has [`STOP_TIME`] to end.
pub async fn serve(front: Front, listener: TcpListener, key: HostKey, until: impl Future<Output = ()> + Send) {
    let config = Arc::new(config(key));
    let (door, telling) = (Door::default(), Arc::new(Semaphore::new(FULL_TOLD_MAX)));
    let (stop, stopping) = watch::channel(false);
    tokio::pin!(until);
    loop {
        let accepted = tokio::select! {
            () = &mut until => break,
            accepted = listener.accept() => accepted,
        };
        let (tcp, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "A connection over SSH could not be taken");
                tokio::time::sleep(ACCEPT_FAILED_TIME).await;
                continue;
            }
        };
        match door.enter(from.ip()) {
            Ok(place) => drop(tokio::spawn(one(front.clone(), config.clone(), tcp, from, place, stopping.clone()))),
            Err(why) => {
                tracing::info!(%from, "A connection over SSH was not taken: {why}");
                if let Ok(permit) = telling.clone().try_acquire_owned() {
                    drop(tokio::spawn(async move {
                        full::tell(tcp, why).await;
                        drop(permit);
                    }));
                }
            }
        }
    }
    drop(listener);
    // Nobody listens if nobody is in.
    let _ = stop.send(true);
    if tokio::time::timeout(STOP_TIME + Duration::from_secs(1), door.empty()).await.is_err() {
        tracing::warn!("Some connections over SSH were cut off");
    }
}

fn config(key: HostKey) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Borrowed(SERVER_ID)),
        methods: MethodSet::from([MethodKind::PublicKey].as_slice()),
        auth_rejection_time: LOGIN_FAILED_TIME,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![key.0],
        window_size: WINDOW_BYTES,
        maximum_packet_size: PACKET_BYTES,
        channel_buffer_size: PACKETS_WAITING_MAX,
        preferred: Preferred { kex: Cow::Borrowed(KEX), key: Cow::Borrowed(SIGNATURES), ..Preferred::DEFAULT },
        max_auth_attempts: LOGINS_FAILED_MAX,
        inactivity_timeout: Some(IDLE_TIME),
        keepalive_interval: Some(ALIVE_TIME),
        keepalive_max: ALIVE_UNANSWERED_MAX,
        nodelay: true,
        ..Config::default()
    }
}

/// One connection, from its first byte to its last.
async fn one(
    front: Front,
    config: Arc<Config>,
    tcp: TcpStream,
    from: SocketAddr,
    place: Place,
    stopping: watch::Receiver<bool>,
) {
    // The library runs a session in a task of its own; the socket is held here too, so that it ends when it has to.
    let held = tcp.set_nodelay(true).and_then(|()| tcp.into_std());
    let (held, tcp) = match held.and_then(|tcp| Ok((tcp.try_clone()?, TcpStream::from_std(tcp)?))) {
        Ok(both) => both,
        Err(error) => return tracing::debug!(%from, %error, "A connection over SSH was lost"),
    };
    attended(front, config, tcp, from, place, stopping).await;
    // Fails if it has ended by itself.
    let _ = held.shutdown(Shutdown::Both);
}

async fn attended(
    front: Front,
    config: Arc<Config>,
    tcp: TcpStream,
    from: SocketAddr,
    mut place: Place,
    mut stopping: watch::Receiver<bool>,
) {
    let (logged_in, mut login) = watch::channel(false);
    let client = Client::new(front, from, logged_in);
    let until = tokio::time::Instant::now() + LOGIN_TIME;
    let mut session = match tokio::time::timeout_at(until, run_stream(config, tcp, client)).await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return tracing::debug!(%from, %error, "A connection over SSH did not come about"),
        Err(_) => return tracing::debug!(%from, "A connection over SSH did not come about in time"),
    };
    let handle = session.handle();
    tokio::select! {
        ended = &mut session => return told(from, ended),
        found = tokio::time::timeout_at(until, login.wait_for(|logged_in| *logged_in)) => match found {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return tracing::debug!(%from, "Nobody logged in over SSH in time"),
        },
    }
    place.known();
    tokio::select! {
        ended = &mut session => return told(from, ended),
        // The sender goes with the server.
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    if tokio::time::timeout(STOP_TIME, &mut session).await.is_err() {
        let why = "this server is being stopped".to_owned();
        // Without a reader it is cut off without a word.
        let _ = tokio::time::timeout(
            Duration::from_millis(100),
            handle.disconnect(Disconnect::ByApplication, why, "en".to_owned()),
        )
        .await;
    }
}

fn told(from: SocketAddr, ended: Result<(), crate::client::ClientError>) {
    match ended {
        Ok(()) => tracing::debug!(%from, "A connection over SSH has ended"),
        Err(error) => tracing::debug!(%from, %error, "A connection over SSH broke off"),
    }
}
