//! The administration socket: how commands reach a running server. One JSON line asks, one answers. Whoever may open
//! the data directory may use it, nobody else.

use crate::cli::Failure;
use crate::cli::limits::{ADMIN_LINE_BYTES, ADMIN_S};
use crate::node::accounts::{self, AccountAnswer, AccountRequest, Domains};
use crate::node::backup;
use crate::node::checkup::Checkup;
use crate::node::clock::MachineClock;
use crate::node::moderation::Rulebook;
use crate::node::ports::NodePorts;
use pritchel_actor::Clock;
use pritchel_actor::runtime::Node;
use pritchel_box_store::backup::Watched;
use pritchel_box_store::blob::BlobStore;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// What requests are about.
#[derive(Clone)]
pub struct Desk {
    /// The actors.
    pub node: Node,
    /// The domains.
    pub domains: Domains,
    /// Told of changed rules about other servers.
    pub rulebook: Rulebook,
    /// The store, to be backed up.
    pub store: Arc<Watched>,
    /// The data directory.
    pub data: PathBuf,
    /// The self-check.
    pub checkup: Checkup,
    /// The bytes of files.
    pub blobs: BlobStore,
}

impl Desk {
    /// Of a server put together so.
    pub fn of(node: &Node, domains: &Domains, ports: &NodePorts, store: Arc<Watched>, data: &Path) -> Self {
        let (rulebook, checkup, blobs) = (ports.rulebook.clone(), ports.checkup.clone(), ports.blobs.clone());
        Self { node: node.clone(), domains: domains.clone(), rulebook, store, data: data.to_owned(), checkup, blobs }
    }
}

/// Listens until it is dropped.
pub fn listen(socket: &Path, desk: Desk) -> std::io::Result<tokio::task::JoinHandle<()>> {
    match std::fs::remove_file(socket) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let desk = desk.clone();
            tokio::spawn(async move {
                if let Err(error) = serve_one(stream, &desk).await {
                    tracing::warn!("An administration request failed: {error}");
                }
            });
        }
    }))
}

async fn serve_one(stream: UnixStream, desk: &Desk) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    let limit = Duration::from_secs(ADMIN_S);
    let mut reading = BufReader::new(reading.take(ADMIN_LINE_BYTES));
    tokio::time::timeout(limit, reading.read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<AccountRequest>(&line) {
        // As large as the server is, as long it takes.
        Ok(AccountRequest::Backup { to }) => {
            // While it is held nothing is swept, so that the bytes are there which the store of that moment names.
            match desk.blobs.begin_sweep() {
                Ok(_unswept) => match Box::pin(backup::make(&desk.store, &desk.data, &to, MachineClock.now())).await {
                    Ok(manifest) => AccountAnswer::Backup(manifest),
                    Err(why) => AccountAnswer::Refused(why.to_string()),
                },
                Err(why) => AccountAnswer::Refused(format!("files that nothing names are being removed: {why}")),
            }
        }
        // Each address is given its own time.
        Ok(AccountRequest::SelfCheck) => AccountAnswer::Findings(desk.checkup.run().await),
        Ok(request) => tokio::time::timeout(limit, done(desk, request)).await?,
        Err(error) => AccountAnswer::Refused(format!("expected a request: {error}")),
    };
    let mut text = serde_json::to_string(&answer)?;
    text.push('\n');
    writing.write_all(text.as_bytes()).await
}

async fn done(desk: &Desk, request: AccountRequest) -> AccountAnswer {
    let moderates = matches!(request, AccountRequest::Moderation(_));
    let answer = accounts::answer(&desk.node, &desk.domains, request).await;
    // Whatever came of it: a rule may have been changed though nobody could be told.
    match if moderates { desk.rulebook.reload().await } else { Ok(()) } {
        Ok(()) => answer,
        Err(why) => AccountAnswer::Refused(format!("it is kept, and holds after a restart: {why}")),
    }
}

/// Asks a running server; `None` if none runs.
pub async fn ask(socket: &Path, request: &AccountRequest) -> Result<Option<AccountAnswer>, Failure> {
    let Ok(mut stream) = UnixStream::connect(socket).await else { return Ok(None) };
    let mut text = serde_json::to_string(request).map_err(Failure::new)?;
    text.push('\n');
    stream.write_all(text.as_bytes()).await.map_err(Failure::new)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.map_err(Failure::new)?;
    serde_json::from_str(&line).map(Some).map_err(Failure::new)
}
