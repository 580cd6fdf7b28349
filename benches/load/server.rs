//! The binary as a child process, and a client of it for what is prepared before the clock runs.

use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_pritchel");
/// How long what is prepared may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A child process, ended when it is dropped.
pub struct Process(pub Child);

impl Process {
    /// Seconds of CPU it has used, and the children it has waited for. A kernel tick is a hundredth of a second.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let after = stat.rsplit(')').next().unwrap();
        after.split_whitespace().skip(11).take(4).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    /// Bytes it has resident.
    pub fn resident_bytes(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most bytes it has had resident at once, since [`Self::forget_peak`].
    pub fn peak_bytes(&self) -> f64 {
        self.status("VmHWM:")
    }

    /// Has the peak begin anew.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.0.id()), "5").unwrap();
    }

    fn status(&self, term: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(term)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server.
pub struct Server {
    pub host: String,
    pub data: PathBuf,
    pub process: Process,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Server {
    /// Starts the binary on a loopback address.
    pub async fn start(data: &Path, host: &str) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let log = std::fs::File::options().create(true).append(true).open(data.join("log")).unwrap();
        let began = Instant::now();
        let mut command = Command::new(BINARY);
        command.args(["serve", "--allow-loopback", "--listen", host, "--domain", host, "--data"]).arg(data);
        let command = command.env("PRITCHEL_LOG", "warn").stdin(Stdio::null());
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut server =
            Self { host: host.to_owned(), data: data.to_owned(), process: Process(child), started_in: Duration::ZERO };
        server.wait_until_it_answers(began).await;
        server
    }

    /// The most bytes that one page takes beyond what the server has had before: the first page after a start, so that what it
    /// puts into caches counts too. No server runs on that data.
    pub async fn peak_of(data: &Path, host: &str, path: &str) -> f64 {
        let server = Self::start(data, host).await;
        server.process.forget_peak();
        let before = server.process.resident_bytes();
        crate::pages::ask(host, path, 1).await;
        server.process.peak_bytes() - before
    }

    async fn wait_until_it_answers(&mut self, began: Instant) {
        let request = format!("GET /-/health HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        loop {
            if let Ok(mut wire) = crate::wire::Wire::connect(&self.host).await
                && wire.ask(request.as_bytes()).await.is_ok_and(|status| status == 200)
            {
                self.started_in = began.elapsed();
                return;
            }
            let log = || std::fs::read_to_string(self.data.join("log")).unwrap_or_default();
            assert!(self.process.0.try_wait().unwrap().is_none(), "the server ended:\n{}", log());
            assert!(began.elapsed() < PATIENCE, "the server does not answer:\n{}", log());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Where it is.
    pub fn base(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Has it stop as an operator would.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.process.0.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.process.0.wait().unwrap();
    }

    /// Adds a person with a token.
    pub fn person(&self, name: &str) -> Person {
        let data = self.data.to_str().unwrap();
        let id = command(&["person", "add", name, "--data", data]);
        let token = command(&["token", "create", name, "--data", data]);
        Person { id, token, http: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap() }
    }
}

/// A loopback address nobody listens on.
pub fn free_host() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Runs a command of the binary and returns what it printed.
pub fn command(words: &[&str]) -> String {
    let output = Command::new(BINARY).args(words).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Has the binary read a file of JSON lines into a new data directory.
pub fn import(data: &Path, lines: &Path) {
    std::fs::create_dir_all(data).unwrap();
    let input = std::fs::File::open(lines).unwrap();
    let status = Command::new(BINARY).args(["import", "--data"]).arg(data).stdin(input).status().unwrap();
    assert!(status.success());
}

/// The items of a page. A single one may stand without brackets.
fn listed(page: &Value) -> Vec<Value> {
    match page.get("orderedItems").or_else(|| page.get("items")) {
        Some(Value::Array(items)) => items.clone(),
        Some(item) => vec![item.clone()],
        None => Vec::new(),
    }
}

/// A person with a token.
pub struct Person {
    pub id: String,
    pub token: String,
    http: reqwest::Client,
}

impl Person {
    /// Posts to the outbox: the activity's address.
    pub async fn post(&self, activity: &Value) -> String {
        let request = self.http.post(format!("{}/outbox", self.id)).bearer_auth(&self.token);
        let request = request.header("content-type", "application/activity+json").body(activity.to_string());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201, "{activity}");
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Gets a document.
    pub async fn get(&self, url: &str) -> Value {
        let request = self.http.get(url).bearer_auth(&self.token).header("accept", "application/activity+json");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{url}");
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// All items of a collection.
    pub async fn items(&self, collection: &str) -> Vec<Value> {
        let mut next = self.get(collection).await["first"].clone();
        let mut found = Vec::new();
        while let Some(url) = next.as_str() {
            let page = self.get(url).await;
            found.extend(listed(&page));
            assert!(page["next"] != url, "a page comes after itself: {url}");
            next = page["next"].clone();
        }
        found
    }

    /// Waits for something to come; what is waited for is always among the newest.
    async fn receives(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let newest = self.get(&format!("{}/inbox?page=first", self.id)).await;
            if let Some(found) = listed(&newest).into_iter().find(|item| wanted(item)) {
                return found;
            }
            assert!(Instant::now() < until, "{} did not receive it", self.id);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a request resulted in, once it is accepted.
    pub async fn result_of(&self, activity: &Value) -> String {
        let act = self.post(activity).await;
        let accept = self.receives(|item| item["type"] == "Accept" && item["object"] == act.as_str()).await;
        accept["result"].as_str().unwrap_or_default().to_owned()
    }

    /// Makes something; also the Grant that makes this person its admin.
    async fn made(&self, activity: &Value) -> (ActorId, ActId) {
        let act = self.post(activity).await;
        let accept = self.receives(|item| item["type"] == "Accept" && item["object"] == act.as_str()).await;
        let fulfils = |item: &Value| item["type"] == "Grant" && item["fulfills"].to_string().contains(&act);
        let grant = self.receives(fulfils).await;
        (ActorId::new(accept["result"].as_str().unwrap()), ActId::new(grant["id"].as_str().unwrap()))
    }

    /// Makes a factory.
    pub async fn factory(&self, base: &str) -> (ActorId, ActId) {
        self.made(&client::open_factory(&ActorId::new(format!("{base}/actor")), "Workshop")).await
    }

    /// Makes an actor by a factory; also the Grant that makes this person its admin.
    pub async fn make_own(&self, factory: &(ActorId, ActId), kind: &str, name: &str) -> (ActorId, ActId) {
        self.made(&client::create(&factory.0, kind, name, None, &factory.1)).await
    }

    /// Makes an actor by a factory.
    pub async fn make(&self, factory: &(ActorId, ActId), kind: &str, name: &str) -> ActorId {
        self.make_own(factory, kind, name).await.0
    }
}
