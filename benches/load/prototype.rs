//! The least that takes a signed delivery durably: axum, the signature, JSON, and one batch of sled with the two rows that the
//! real server writes before it answers: the activity, and its place in the mailbox with the headers it came with.

use crate::server::{PATIENCE, Process};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use pritchel_actor::{ActId, ActorId};
use pritchel_box_store::contract::Op;
use pritchel_box_store::sled::SledStore;
use pritchel_box_store::{Batch, Store, keys};
use pritchel_deliver::key::PublicKey;
use pritchel_deliver::signature::{PublicOrigin, RequestParts, parse_any};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// As the server's default.
const CACHE_BYTES: u64 = 128 * 1024 * 1024;

/// The prototype in a process of its own.
pub struct Prototype {
    pub host: String,
    pub process: Process,
}

impl Prototype {
    /// Starts it. It takes what is addressed and signed to `origin`, with this key.
    pub async fn start(data: &Path, origin: &str, key: &PublicKey) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let pem = data.join("key.pem");
        std::fs::write(&pem, key.to_pem()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("prototype").arg(data).arg(origin).arg(&pem);
        let (host, process) = spawn(&mut command);
        Self { host, process }
    }
}

/// Starts this program once more, and reads the address it prints.
pub fn spawn(command: &mut Command) -> (String, Process) {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let host = line.trim().to_owned();
    assert!(!host.is_empty(), "it ended before it printed its address, within {PATIENCE:?}");
    (host, Process(child))
}

struct Bare {
    store: SledStore,
    origin: PublicOrigin,
    key: PublicKey,
    arrivals: AtomicU64,
}

/// What the child does: `words` are a folder, an origin and the file of a key.
pub async fn serve(words: &[&str]) {
    let [folder, origin, pem] = words else { panic!("expected a folder, an origin and a key") };
    let bare = Bare {
        store: SledStore::open(&Path::new(folder).join("store"), CACHE_BYTES).unwrap(),
        origin: PublicOrigin::parse(origin).unwrap(),
        key: PublicKey::from_pem(&std::fs::read_to_string(pem).unwrap()).unwrap(),
        arrivals: AtomicU64::new(0),
    };
    let router = Router::new().fallback(take).with_state(Arc::new(bare));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    axum::serve(listener, router).await.unwrap();
}

async fn take(State(bare): State<Arc<Bare>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let parts = RequestParts {
        method: method.as_str(),
        target: uri.path(),
        origin: &bare.origin,
        authority: None,
        headers: &headers,
        body: &body,
    };
    let Ok(claims) = parse_any(&parts, now) else { return StatusCode::UNAUTHORIZED };
    if !claims.iter().any(|claim| claim.verify(&bare.key).is_ok()) {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(activity) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    match bare.store.commit(bare.batch(&uri, &headers, &body, &activity, now)).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Bare {
    fn batch(&self, uri: &Uri, headers: &HeaderMap, body: &[u8], activity: &Value, now: u64) -> Batch {
        let (id, author) = (&activity["id"], &activity["actor"]);
        let mut act = json!({"v": 1, "id": id, "author": author}).to_string().into_bytes();
        act.push(b'\n');
        act.extend_from_slice(body);
        let headers: Vec<Value> =
            headers.iter().map(|(name, value)| json!([name.as_str(), value.to_str().unwrap_or_default()])).collect();
        let how = json!({"carried": "http", "created": now, "headers": headers});
        let mail = json!({"v": 1, "what": {"from": author, "at": now, "what": {"act": {"id": id, "how": how}}}});
        let arrival = self.arrivals.fetch_add(1, Ordering::Relaxed);
        let id = ActId::new(id.as_str().unwrap_or_default());
        let owner = ActorId::new(uri.path());
        Batch::of(vec![
            Op::put(keys::act(&id), act),
            Op::put(keys::mail(&owner, arrival), mail.to_string().into_bytes()),
        ])
    }
}
