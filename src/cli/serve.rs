//! `pritchel serve`: the server.

use crate::cli::limits::STOP_S;
use crate::cli::{Failure, ServeArgs, block_on};
use crate::node::Server;
use crate::node::settings::{Places, Settings};
use pritchel_ssh::host_key::HostKey;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Runs the server until it is told to stop.
pub fn run(args: ServeArgs) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_env("PRITCHEL_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let settings = Settings::read(&args).map_err(Failure)?;
    block_on(serve(settings))?
}

async fn serve(mut settings: Settings) -> Result<(), Failure> {
    let address = settings.listen;
    let listener = TcpListener::bind(address).await.map_err(|e| Failure(format!("listen: {address}: {e}")))?;
    // With port 0 the machine chooses; addresses are made of the port it chose.
    settings.listen = listener.local_addr().map_err(Failure::new)?;
    let ssh = match settings.ssh {
        Some(address) => {
            let listener = TcpListener::bind(address).await.map_err(|e| Failure(format!("ssh: {address}: {e}")))?;
            settings.ssh = Some(listener.local_addr().map_err(Failure::new)?);
            Some(listener)
        }
        None => None,
    };
    let host_key = Places::of(&settings.data).ssh_host_key;
    let server = Server::start(settings).await?;
    for line in server.greeting() {
        println!("{line}");
    }
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let until = || {
        let mut stopped = stopped.clone();
        async move {
            // A sender that is gone has nothing to stop any more.
            let _ = stopped.changed().await;
        }
    };
    let serving = tokio::spawn(pritchel_web::server::serve(server.front(), listener, until()));
    let speaking = match ssh {
        Some(listener) => {
            let key = HostKey::open(&host_key).map_err(Failure::new)?;
            println!("SSH on {}, host key {}", listener.local_addr().map_err(Failure::new)?, key.fingerprint());
            Some(tokio::spawn(pritchel_ssh::server::serve(server.front(), listener, key, until())))
        }
        None => None,
    };
    wait_for_a_signal().await?;
    tracing::info!("Stopping");
    // A receiver that has gone is one that has stopped already.
    let _ = stop.send(true);
    let served = tokio::time::timeout(Duration::from_secs(STOP_S), serving).await;
    if let Some(speaking) = speaking {
        // It bounds its own end.
        speaking.await.map_err(Failure::new)?;
    }
    server.stop().await;
    match served {
        Ok(Ok(Err(error))) => Err(Failure::new(error)),
        Ok(Err(error)) => Err(Failure::new(error)),
        Ok(Ok(Ok(()))) | Err(_) => Ok(()),
    }
}

async fn wait_for_a_signal() -> Result<(), Failure> {
    let mut term = signal(SignalKind::terminate()).map_err(Failure::new)?;
    tokio::select! {
        ended = tokio::signal::ctrl_c() => ended.map_err(Failure::new),
        _ = term.recv() => Ok(()),
    }
}
