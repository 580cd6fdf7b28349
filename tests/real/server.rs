//! A server process, and a client of it.

use serde_json::Value;
use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_pritchel");
/// How long anything may take. Generous: the machine may be busy; what is waited for is an event, not a time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
pub struct Server {
    pub base: String,
    pub data: PathBuf,
    child: Child,
}

impl Server {
    /// Starts a server on loopback.
    pub async fn start(data: &Path, host: &str, more: &[&str]) -> Self {
        Self::start_serving(data, host, &[host], more).await
    }

    /// Starts a server for some domains, all of loopback.
    pub async fn start_serving(data: &Path, listen: &str, domains: &[&str], more: &[&str]) -> Self {
        Self::start_in(data, listen, domains, more, &[]).await
    }

    /// Starts a server with more in its environment.
    pub async fn start_in(
        data: &Path,
        listen: &str,
        domains: &[&str],
        more: &[&str],
        environment: &[(&str, &OsStr)],
    ) -> Self {
        let mut command = serve(data, listen);
        command.arg("--allow-loopback").args(more).envs(environment.iter().copied());
        for domain in domains {
            command.args(["--domain", domain]);
        }
        Self::run(command, data, domains[0].split('=').next().unwrap()).await
    }

    /// Starts a server as somebody does who tries it: without a domain, and nothing allowed.
    pub async fn start_to_try(data: &Path, listen: &str) -> Self {
        let port = listen.rsplit(':').next().unwrap();
        Self::run(serve(data, listen), data, &format!("localhost:{port}")).await
    }

    async fn run(mut command: Command, data: &Path, host: &str) -> Self {
        std::fs::create_dir_all(data).unwrap();
        let log = std::fs::File::options().create(true).append(true).open(data.join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().expect("the binary starts");
        let mut server = Self { base: format!("http://{host}"), data: data.to_owned(), child };
        server.wait_until_it_answers().await;
        server
    }

    async fn wait_until_it_answers(&mut self) {
        let until = Instant::now() + PATIENCE;
        let url = format!("{}/-/health", self.base);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            if http().get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(Instant::now() < until, "the server does not answer:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the server has printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("log")).unwrap_or_default()
    }

    /// Kills it, as a power switch would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Has it stop as an operator would.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the server ended with {status}:\n{}", self.log());
    }

    /// Adds a person with a token: address and token.
    pub fn person(&self, name: &str) -> Person {
        let id = run_ok(&["person", "add", name, "--data", self.data.to_str().unwrap()]);
        let token = run_ok(&["token", "create", name, "--data", self.data.to_str().unwrap()]);
        Person { id, token }
    }

    /// A browser in which somebody is signed in, who gets a password for it.
    pub async fn browser(&self, name: &str) -> Browser {
        let data = self.data.to_str().unwrap();
        let password = run_ok(&["person", "password", name, "--data", data]);
        let client = alone().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let form = client.post(format!("{}/login", self.base)).header("origin", &self.base);
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let welcome = form.body(format!("name={name}&password={}", password.trim())).send().await.unwrap();
        assert_eq!(welcome.status(), 303);
        let cookies = welcome.headers().get_all("set-cookie").iter();
        let cookies: Vec<&str> = cookies.map(|it| it.to_str().unwrap().split(';').next().unwrap()).collect();
        Browser { client, base: self.base.clone(), cookies: cookies.join("; ") }
    }

    /// What somebody who is signed in here sees when they look for `q`.
    pub async fn look(&self, q: &str) -> String {
        // There may be one from the last time.
        let _ = run(&["person", "add", "visitor", "--data", self.data.to_str().unwrap()]);
        let page = self.browser("visitor").await.open(&format!("/look?q={q}")).await;
        match page.headers().get("location") {
            // What is here is shown on its own page.
            Some(to) => to.to_str().unwrap().to_owned(),
            None => page.text().await.unwrap(),
        }
    }
}

/// A browser in which somebody is signed in.
pub struct Browser {
    client: reqwest::Client,
    base: String,
    cookies: String,
}

impl Browser {
    /// Opens a page.
    pub async fn open(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.base)).header("cookie", &self.cookies).send().await.unwrap()
    }

    /// Sends a form that stands on this page, with these fields, to where it goes.
    pub async fn send(&self, page: &str, to: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let token = self.token(page).await;
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let body = body.append_pair("csrf", &token).extend_pairs(fields).finish();
        self.post(to, "application/x-www-form-urlencoded", body.into_bytes()).await
    }

    /// Sends a form with a file that stands on this page.
    pub async fn send_file(
        &self,
        page: &str,
        to: &str,
        fields: &[(&str, &str)],
        (name, file): (&str, &[u8]),
    ) -> reqwest::Response {
        let token = self.token(page).await;
        let (edge, mut body) = ("the-edge-of-a-part", Vec::new());
        for (field, value) in [("csrf", token.as_str())].iter().chain(fields) {
            let head = format!("--{edge}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        let head = format!("--{edge}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{edge}--\r\n").as_bytes());
        self.post(to, &format!("multipart/form-data; boundary={edge}"), body).await
    }

    async fn token(&self, page: &str) -> String {
        let shown = self.open(page).await.text().await.unwrap();
        shown.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    async fn post(&self, to: &str, kind: &str, body: Vec<u8>) -> reqwest::Response {
        let form = self.client.post(format!("{}{to}", self.base)).header("cookie", &self.cookies);
        form.header("origin", &self.base).header("content-type", kind).body(body).send().await.unwrap()
    }
}

fn serve(data: &Path, listen: &str) -> Command {
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", listen, "--data"]).arg(data);
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address nobody listens on.
pub fn free_host() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Runs a command of the binary.
pub fn run(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that must succeed, and returns what it printed.
pub fn run_ok(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// An HTTP client that asks nobody else.
pub fn http() -> reqwest::Client {
    alone().build().unwrap()
}

/// The names below `localhost` that tests use are this machine's, whatever its resolver says.
fn alone() -> reqwest::ClientBuilder {
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    client.resolve("one.localhost", here).resolve("two.localhost", here)
}

/// A person with a token.
#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub token: String,
}

impl Person {
    /// Posts to the outbox: the status, and the address if it was taken.
    pub async fn try_post(&self, http: &reqwest::Client, activity: &Value) -> Option<(u16, Option<String>)> {
        let request = http.post(format!("{}/outbox", self.id)).bearer_auth(&self.token);
        let request = request.header("content-type", "application/activity+json").body(activity.to_string());
        let answer = request.send().await.ok()?;
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        Some((answer.status().as_u16(), location))
    }

    /// Posts to the outbox, which must take it.
    pub async fn post(&self, activity: &Value) -> String {
        let (status, location) = self.try_post(&http(), activity).await.expect("an answer");
        assert_eq!(status, 201, "posting {activity}");
        location.expect("a Location")
    }

    /// Gets a document.
    pub async fn get(&self, url: &str) -> (u16, Value) {
        let request = http().get(url).bearer_auth(&self.token).header("accept", "application/activity+json");
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Waits until a document shows what is wanted.
    pub async fn sees(&self, url: &str, wanted: impl Fn(&Value) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            let (status, document) = self.get(url).await;
            if wanted(&document) {
                return;
            }
            assert!(Instant::now() < until, "{url} is still {status} {document}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// All activities of the inbox, newest first.
    pub async fn inbox(&self) -> Vec<Value> {
        self.items(&format!("{}/inbox", self.id)).await
    }

    /// All items of a collection, in its order.
    pub async fn items(&self, collection: &str) -> Vec<Value> {
        let (_, collection) = self.get(collection).await;
        let mut next = collection["first"].clone();
        let mut found = Vec::new();
        while let Some(url) = next.as_str() {
            let (_, page) = self.get(url).await;
            found.extend(page["orderedItems"].as_array().cloned().unwrap_or_default());
            next = page["next"].clone();
        }
        found
    }

    /// Waits until the inbox holds what is wanted.
    pub async fn receives(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.inbox().await.into_iter().find(|activity| wanted(activity)) {
                return found;
            }
            assert!(Instant::now() < until, "{} did not receive it", self.id);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for the answer to an act.
    pub async fn answered(&self, act: &str) -> Value {
        self.receives(|activity| {
            let of = activity["object"].as_str().or_else(|| activity["object"]["id"].as_str());
            matches!(activity["type"].as_str(), Some("Accept" | "Reject")) && of == Some(act)
        })
        .await
    }

    /// Makes a factory and a tracker: the tracker's address and the Grant that makes this person its admin.
    pub async fn tracker(&self, base: &str, name: &str) -> (String, String) {
        self.makes(base, "TicketTracker", name).await
    }

    /// Makes a factory and an actor by it: its address and the Grant that makes this person its admin.
    pub async fn makes(&self, base: &str, kind: &str, name: &str) -> (String, String) {
        self.makes_for(base, kind, name, "public").await
    }

    /// The same, visible to whom it is said.
    pub async fn makes_for(&self, base: &str, kind: &str, name: &str, visibility: &str) -> (String, String) {
        use pritchel_actor::{ActId, ActorId};
        let domain = ActorId::new(format!("{base}/actor"));
        let (factory, grant) = self.made(&pritchel_actors::client::open_factory(&domain, "Workshop")).await;
        let (factory, grant) = (ActorId::new(factory), ActId::new(grant));
        let create = pritchel_actors::client::create(&factory, kind, name, None, &grant);
        self.made(&pritchel_actors::client::with_visibility(create, visibility)).await
    }

    /// Posts what makes something: the address of that and the Grant that makes this person its admin.
    pub async fn made(&self, activity: &Value) -> (String, String) {
        let act = self.post(activity).await;
        let accept = self.answered(&act).await;
        let fulfils = |activity: &Value| activity["type"] == "Grant" && activity["fulfills"].to_string().contains(&act);
        let grant = self.receives(fulfils).await;
        (accept["result"].as_str().unwrap().to_owned(), grant["id"].as_str().unwrap().to_owned())
    }
}
