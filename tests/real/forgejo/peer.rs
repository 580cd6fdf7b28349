//! A stand-in for Forgejo on loopback, as strict and as narrow as it is: one user, `ada`, at the addresses Forgejo gives; each GET but
//! the open ones signed; a peer let in by the software its NodeInfo names; draft-cavage signatures over RSA and no others; four activities
//! at a person's inbox. Its checks are written here, with nothing of the server's own but the keys.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_deliver::key::{KeyPair, PublicKey};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::server::{PATIENCE, http};

/// What it lets in, by `software.name`.
const LET_IN: [&str; 4] = ["forgejo", "gitea", "mastodon", "gotosocial"];
/// How long it waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);
const CONTENT_TYPE: &str = r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;

/// The peer, running.
#[derive(Clone)]
pub struct Forgejo {
    /// Its user.
    pub ada: String,
    base: String,
    /// Of its user and of its instance actor, `ghost`.
    keys: Arc<[KeyPair; 2]>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    taken: Vec<Value>,
    refused: Vec<String>,
}

/// The headers of a request, by names in lower case.
type Headers = BTreeMap<String, String>;

impl Forgejo {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let keys = [KeyPair::generate_rsa2048().unwrap(), KeyPair::generate_rsa2048().unwrap()];
        let ada = format!("{base}/api/v1/activitypub/user-id/5");
        let it = Self { ada, base, keys: Arc::new(keys), seen: Arc::default() };
        let routes = Router::new()
            .route("/.well-known/webfinger", get(finger))
            .route("/.well-known/nodeinfo", get(node_infos))
            .route("/api/v1/nodeinfo", get(node_info))
            .route("/api/v1/activitypub/actor", get(ghost))
            .route("/api/v1/activitypub/user-id/5", get(person))
            .route("/api/v1/activitypub/user-id/5/inbox", axum::routing::post(inbox))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        it
    }

    /// Its name for `acct:`.
    pub fn acct(&self) -> String {
        format!("ada@{}", self.base.trim_start_matches("http://"))
    }

    /// Has `ada` send an activity, with the answer.
    pub async fn sends(&self, inbox: &str, activity: &Value) -> StatusCode {
        let signer = (format!("{}#main-key", self.ada), &self.keys[0]);
        self.request(Method::POST, inbox, signer, activity.to_string()).await.status()
    }

    /// Waits until its user's inbox has taken what is wanted.
    pub async fn takes(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.seen.lock().unwrap().taken.iter().find(|activity| wanted(activity)) {
                return found.clone();
            }
            assert!(Instant::now() < until, "Forgejo did not take it; refused: {:?}", self.refused());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Why it has refused requests, in order.
    pub fn refused(&self) -> Vec<String> {
        self.seen.lock().unwrap().refused.clone()
    }

    /// Sends a request as its client does, with the port in `Host`.
    async fn request(
        &self,
        method: Method,
        url: &str,
        (key_id, key): (String, &KeyPair),
        body: String,
    ) -> reqwest::Response {
        let url = Url::parse(url).unwrap();
        let host = format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap());
        let date = http_date();
        let mut text =
            format!("(request-target): {} {}\ndate: {date}\nhost: {host}", method.as_str().to_lowercase(), url.path());
        let mut covered = "(request-target) date host".to_owned();
        let mut request =
            http().request(method.clone(), url).timeout(TIMEOUT).header("date", date).header("host", host);
        if method == Method::POST {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body.as_bytes());
            let digest = format!("SHA-256={}", STANDARD.encode(digest));
            text.push_str(&format!("\ndigest: {digest}"));
            covered.push_str(" digest");
            request = request.header("digest", digest);
        }
        let signature = STANDARD.encode(key.sign(text.as_bytes()).unwrap());
        let signature = format!(r#"keyId="{key_id}",algorithm="hs2019",headers="{covered}",signature="{signature}""#);
        let request = request.header("signature", signature).header("content-type", CONTENT_TYPE);
        let accept = format!("application/json, {CONTENT_TYPE}");
        request.header("accept", accept).header("user-agent", "Gitea/15.0.2").body(body).send().await.unwrap()
    }

    /// Gets a document, signed by its instance actor.
    async fn fetch(&self, url: &str) -> Result<Value, String> {
        let signer = (format!("{}/api/v1/activitypub/actor#main-key", self.base), &self.keys[1]);
        let answer = self.request(Method::GET, url, signer, String::new()).await;
        if answer.status() != StatusCode::OK {
            return Err(format!("{url} is {}", answer.status()));
        }
        serde_json::from_str(&answer.text().await.unwrap()).map_err(|error| format!("{url}: {error}"))
    }

    /// Whether a request is of somebody it lets in.
    async fn admit(&self, method: &str, path: &str, headers: &Headers) -> Result<(), String> {
        let signature = headers.get("signature").ok_or("not signed")?;
        // It cuts at commas and trims nothing.
        let part = |name: &str| {
            signature.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
        };
        let key_id = part("keyId").ok_or("no keyId")?;
        let lines = part("headers").unwrap_or("date").split(' ').map(|name| match name {
            "(request-target)" => Ok(format!("{name}: {method} {path}")),
            name => headers
                .get(name)
                .map(|value| format!("{name}: {value}"))
                .ok_or(format!("{name} is signed and not there")),
        });
        let text = lines.collect::<Result<Vec<_>, _>>()?.join("\n");
        let actor = self.fetch(key_id.split('#').next().unwrap()).await?;
        if !matches!(actor["type"].as_str(), Some("Person" | "Application")) {
            return Err(format!("actortype {} is unhandled", actor["type"]));
        }
        if actor["publicKey"]["id"] != key_id {
            return Err(format!("{key_id} is not {}", actor["publicKey"]));
        }
        let key = PublicKey::from_pem(actor["publicKey"]["publicKeyPem"].as_str().unwrap_or_default());
        let key = key.map_err(|error| error.to_string())?;
        let given = STANDARD.decode(part("signature").ok_or("no signature")?).map_err(|error| error.to_string())?;
        key.verify(text.as_bytes(), &given).map_err(|_| format!("{key_id} does not verify over {text:?}"))?;
        self.know(&actor).await
    }

    /// Whether its server lets an actor's server in, and can store the actor.
    async fn know(&self, actor: &Value) -> Result<(), String> {
        let id = actor["id"].as_str().ok_or("no id")?;
        let url = Url::parse(id).map_err(|error| error.to_string())?;
        if id != id.to_lowercase() || url.query().is_some() || id.ends_with('/') {
            return Err(format!("{id} is not written as it wants"));
        }
        if actor["preferredUsername"].as_str().is_none_or(str::is_empty) {
            return Err(format!("{id} has no preferredUsername"));
        }
        let inbox = actor["inbox"].as_str().and_then(|inbox| Url::parse(inbox).ok()).ok_or("no inbox")?;
        if inbox.origin() != url.origin() {
            return Err(format!("{inbox} is elsewhere"));
        }
        let port = url.port_or_known_default().unwrap();
        let known = format!("{}://{}:{port}/.well-known/nodeinfo", url.scheme(), url.host_str().unwrap());
        let infos = self.fetch(&known).await?;
        let info = self.fetch(infos["links"][0]["href"].as_str().ok_or("no NodeInfo")?).await?;
        let name = info["software"]["name"].as_str().unwrap_or_default();
        LET_IN.contains(&name).then_some(()).ok_or(format!("{name} is not let in"))
    }

    fn actor(&self, id: &str, kind: &str, name: &str, key: &KeyPair) -> Response {
        let document = json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": id, "type": kind, "preferredUsername": name, "url": format!("{}/{name}", self.base),
            "inbox": format!("{id}/inbox"), "outbox": format!("{id}/outbox"),
            "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": key.public_key().to_pem()},
        });
        answer(&document, "application/activity+json")
    }

    fn refuse(&self, why: String) -> Response {
        self.seen.lock().unwrap().refused.push(why);
        (StatusCode::BAD_REQUEST, r#"{"message":"request signature verification failed"}"#).into_response()
    }
}

fn answer(document: &Value, kind: &'static str) -> Response {
    ([("content-type", kind)], document.to_string()).into_response()
}

/// Now, as a `Date` says it.
fn http_date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

fn by_name(headers: &axum::http::HeaderMap) -> Headers {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

async fn finger(State(it): State<Forgejo>) -> Response {
    let subject = format!("acct:{}", it.acct());
    let links = json!([{"rel": "self", "type": "application/activity+json", "href": it.ada}]);
    answer(&json!({"subject": subject, "links": links}), "application/jrd+json")
}

async fn node_infos(State(it): State<Forgejo>) -> Response {
    let link = json!({"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": format!("{}/api/v1/nodeinfo", it.base)});
    answer(&json!({"links": [link]}), "application/json")
}

async fn node_info() -> Response {
    answer(&json!({"version": "2.1", "software": {"name": "forgejo", "version": "15.0.2"}}), "application/json")
}

async fn ghost(State(it): State<Forgejo>) -> Response {
    it.actor(&format!("{}/api/v1/activitypub/actor", it.base), "Application", "ghost", &it.keys[1])
}

async fn person(State(it): State<Forgejo>, headers: axum::http::HeaderMap) -> Response {
    match it.admit("get", "/api/v1/activitypub/user-id/5", &by_name(&headers)).await {
        Ok(()) => it.actor(&it.ada, "Person", "ada", &it.keys[0]),
        Err(why) => it.refuse(why),
    }
}

/// The inbox of its user, with the answers Forgejo gives.
async fn inbox(State(it): State<Forgejo>, headers: axum::http::HeaderMap, body: Bytes) -> Response {
    if let Err(why) = it.admit("post", "/api/v1/activitypub/user-id/5/inbox", &by_name(&headers)).await {
        return it.refuse(why);
    }
    let Ok(activity) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let object = &activity["object"];
    let (status, taken) = match activity["type"].as_str() {
        Some("Follow") if object.is_string() => (StatusCode::ACCEPTED, true),
        Some("Accept" | "Undo") if object["type"] == "Follow" => (StatusCode::NO_CONTENT, true),
        Some("Create") if object["content"].is_string() && object["url"].is_string() && !activity["to"].is_null() => {
            (StatusCode::NO_CONTENT, true)
        }
        _ => (StatusCode::NOT_ACCEPTABLE, false),
    };
    let mut seen = it.seen.lock().unwrap();
    match taken {
        true => seen.taken.push(activity),
        false => seen.refused.push(format!("not acceptable: {activity}")),
    }
    status.into_response()
}
