//! A person's client, as any client is: it posts to the outbox, reads the inbox, and gets documents.

use crate::cli::Failure;
use crate::cli::limits::{LOOK_MS, STEP_S};
use pritchel_actor::{ActId, ActorId};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Pages of a collection a client looks through.
const PAGES: usize = 5;

/// A person with a token.
pub struct Client {
    /// The person.
    pub id: ActorId,
    /// The token.
    pub token: String,
    outbox: String,
    inbox: String,
    http: reqwest::Client,
}

impl Client {
    /// A client of a person.
    pub fn new(id: String, token: String) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(STEP_S))
            .build()
            .map_err(Failure::new)?;
        let (outbox, inbox) = (format!("{id}/outbox"), format!("{id}/inbox"));
        Ok(Self { id: ActorId::new(id), token, outbox, inbox, http })
    }

    /// The same where the person's document says that the boxes are elsewhere.
    pub async fn with_its_boxes(mut self) -> Result<Self, Failure> {
        let shown = self.get(self.id.as_str()).await?;
        for (term, known) in [("outbox", &mut self.outbox), ("inbox", &mut self.inbox)] {
            if let Some(address) = shown[term].as_str() {
                *known = address.to_owned();
            }
        }
        Ok(self)
    }

    /// Posts an activity and returns its address.
    pub async fn post(&self, activity: &Value) -> Result<ActId, Failure> {
        let url = &self.outbox;
        let answer = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .header("content-type", "application/activity+json")
            .body(activity.to_string())
            .send()
            .await
            .map_err(Failure::new)?;
        let status = answer.status();
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        match location {
            Some(location) if status.as_u16() == 201 => Ok(ActId::new(location)),
            _ => {
                let body = answer.text().await.unwrap_or_default();
                Err(Failure(format!("POST {url}: expected 201 with a Location, found {status}: {body}")))
            }
        }
    }

    /// Gets a document as the person.
    pub async fn get(&self, url: &str) -> Result<Value, Failure> {
        self.get_with(url, Some(&self.token)).await
    }

    /// Gets a document as anybody.
    pub async fn get_public(&self, url: &str) -> Result<Value, Failure> {
        self.get_with(url, None).await
    }

    async fn get_with(&self, url: &str, token: Option<&str>) -> Result<Value, Failure> {
        let mut request = self.http.get(url).header("accept", "application/activity+json");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(Failure::new)?;
        let status = answer.status();
        let body = answer.text().await.map_err(Failure::new)?;
        if !status.is_success() {
            return Err(Failure(format!("GET {url}: {status}: {body}")));
        }
        serde_json::from_str(&body).map_err(|e| Failure(format!("GET {url}: {e}: {body}")))
    }

    /// Gets a document of another server through the person's own, as browsers' clients do.
    pub async fn get_by_proxy(&self, url: &str) -> Result<Value, Failure> {
        let me = self.get(self.id.as_str()).await?;
        let proxy = me["endpoints"]["proxyUrl"].as_str().ok_or_else(|| Failure::new("the person has no proxyUrl"))?;
        let request = self.http.post(proxy).bearer_auth(&self.token);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(format!("id={}", encoded(url))).send().await.map_err(Failure::new)?;
        let status = answer.status();
        let body = answer.text().await.map_err(Failure::new)?;
        if !status.is_success() {
            return Err(Failure(format!("POST {proxy} for {url}: {status}: {body}")));
        }
        serde_json::from_str(&body).map_err(Failure::new)
    }

    /// Waits until the inbox holds an activity that `wanted` knows.
    pub async fn receives(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        let until = Instant::now() + Duration::from_secs(STEP_S);
        loop {
            if let Some(found) = self.inbox().await?.into_iter().find(|activity| wanted(activity)) {
                return Ok(found);
            }
            if Instant::now() > until {
                return Err(Failure(format!("{} did not receive {what} within {STEP_S} s", self.id)));
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Waits for the `Accept` of an act. A `Reject` of it is a failure.
    pub async fn accepted(&self, act: &ActId) -> Result<Value, Failure> {
        let answer = self.answered(act).await?;
        if answer["type"] == "Accept" { Ok(answer) } else { Err(Failure(format!("{act} was rejected: {answer}"))) }
    }

    /// Waits for the `Accept` or `Reject` of an act.
    pub async fn answered(&self, act: &ActId) -> Result<Value, Failure> {
        let answers = |activity: &Value| {
            let kind = activity["type"].as_str().unwrap_or_default();
            let object = &activity["object"];
            let of = object.as_str().or_else(|| object["id"].as_str());
            matches!(kind, "Accept" | "Reject") && of == Some(act.as_str())
        };
        self.receives(&format!("an answer to {act}"), answers).await
    }

    /// Waits for the `Grant` that fulfils an act.
    pub async fn granted(&self, act: &ActId) -> Result<ActId, Failure> {
        let fulfils = |activity: &Value| activity["type"] == "Grant" && names(&activity["fulfills"], act.as_str());
        let grant = self.receives(&format!("the Grant that fulfils {act}"), fulfils).await?;
        grant["id"].as_str().map(ActId::new).ok_or_else(|| Failure::new("a Grant without id"))
    }

    /// What the inbox holds, newest first.
    pub async fn inbox(&self) -> Result<Vec<Value>, Failure> {
        self.collection(&self.inbox).await
    }

    /// The first items of a collection, each as a document.
    pub async fn collection(&self, url: &str) -> Result<Vec<Value>, Failure> {
        let collection = self.get_of_any_server(url).await?;
        let mut page = collection["first"].clone();
        let mut found = items(&collection);
        for _ in 0..PAGES {
            page = match page {
                Value::String(url) => self.get_of_any_server(&url).await?,
                Value::Object(_) => page,
                _ => break,
            };
            for item in items(&page) {
                found.push(match item {
                    Value::String(url) => self.get_of_any_server(&url).await?,
                    item => item,
                });
            }
            page = page["next"].clone();
        }
        Ok(found)
    }

    /// A token goes to nobody but the person's own server.
    async fn get_of_any_server(&self, url: &str) -> Result<Value, Failure> {
        let own = pritchel_actors::common::naming::origin(&self.id);
        let token = (pritchel_actors::common::naming::origin_of(url) == own).then_some(self.token.as_str());
        self.get_with(url, token).await
    }
}

fn items(collection: &Value) -> Vec<Value> {
    let items = collection["orderedItems"].as_array().or_else(|| collection["items"].as_array());
    items.cloned().unwrap_or_default()
}

/// Whether a term names an address, alone or among others.
pub fn names(term: &Value, address: &str) -> bool {
    match term {
        Value::String(text) => text == address,
        Value::Array(items) => items.iter().any(|item| names(item, address)),
        Value::Object(object) => object.get("id").and_then(Value::as_str) == Some(address),
        _ => false,
    }
}

/// An address as part of a query or a form.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
