//! Another server, served by the bench: people with one key between them, and inboxes that count. It can hang: then it takes
//! connections and requests, and never answers a delivery.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use pritchel_deliver::key::KeyPair;
use pritchel_deliver::signature::{Scheme, sign};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use url::Url;

/// A server, as its handlers see it and as the bench sees it.
#[derive(Clone)]
pub struct Far(Arc<Inner>);

struct Inner {
    origin: String,
    key: Arc<KeyPair>,
    hangs: AtomicBool,
    taken: AtomicU64,
    /// What came since it listens, if it does.
    heard: Mutex<Option<Vec<Value>>>,
}

impl Far {
    /// Serves on a free port of loopback.
    pub async fn start(key: Arc<KeyPair>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let inner =
            Inner { origin, key, hangs: AtomicBool::new(false), taken: AtomicU64::new(0), heard: Mutex::new(None) };
        let far = Self(Arc::new(inner));
        let router = Router::new().route("/people/{name}", get(person)).route("/people/{name}/inbox", post(take));
        let router = router.with_state(far.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        far
    }

    /// The address of one of its people.
    pub fn person(&self, name: &str) -> String {
        format!("{}/people/{name}", self.0.origin)
    }

    /// Whether it hangs from now on.
    pub fn hang(&self, hangs: bool) {
        self.0.hangs.store(hangs, Ordering::SeqCst);
    }

    /// Deliveries taken since it was last asked.
    pub fn taken(&self) -> u64 {
        self.0.taken.load(Ordering::SeqCst)
    }

    /// Forgets what was taken.
    pub fn reset(&self) {
        self.0.taken.store(0, Ordering::SeqCst);
    }

    /// Keeps what comes from now on.
    pub fn listen(&self) {
        *self.0.heard.lock().unwrap() = Some(Vec::new());
    }

    /// Waits for so many activities of a type: what came. It listens no more.
    pub async fn heard(&self, kind: &str, expected: usize, patience: Duration) -> Vec<Value> {
        let until = Instant::now() + patience;
        loop {
            let found = self.0.heard.lock().unwrap().iter().flatten().filter(|heard| heard["type"] == kind).count();
            if found >= expected {
                break;
            }
            assert!(Instant::now() < until, "expected {expected} of {kind}, heard {found}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let all = self.0.heard.lock().unwrap().take().unwrap_or_default();
        all.into_iter().filter(|heard| heard["type"] == kind).collect()
    }

    /// A signed delivery of one of its people, as bytes for the wire.
    pub fn delivery(&self, name: &str, inbox: &Url, activity: &Value) -> Vec<u8> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let body = activity.to_string().into_bytes();
        let key_id = format!("{}#main-key", self.person(name));
        let headers = sign(Scheme::Cavage, &self.0.key, &key_id, &Method::POST, inbox, Some(&body), now).unwrap();
        let mut request = format!("POST {} HTTP/1.1\r\nContent-Length: {}\r\n", inbox.path(), body.len()).into_bytes();
        for (name, value) in headers {
            request.extend_from_slice(format!("{name}: {}\r\n", value.to_str().unwrap()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&body);
        request
    }
}

async fn person(State(far): State<Far>, Path(name): Path<String>) -> impl IntoResponse {
    let id = far.person(&name);
    let document = json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": id,
        "type": "Person",
        "preferredUsername": name,
        "inbox": format!("{id}/inbox"),
        "outbox": format!("{id}/outbox"),
        "followers": format!("{id}/followers"),
        "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": far.0.key.public_key().to_pem()},
    });
    ([(header::CONTENT_TYPE, "application/activity+json")], document.to_string())
}

async fn take(State(far): State<Far>, body: Bytes) -> StatusCode {
    if far.0.hangs.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    if let Some(heard) = far.0.heard.lock().unwrap().as_mut() {
        heard.extend(serde_json::from_slice(&body));
    }
    far.0.taken.fetch_add(1, Ordering::SeqCst);
    StatusCode::ACCEPTED
}
