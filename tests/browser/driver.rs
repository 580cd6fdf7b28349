//! One headless browser, driven by chromedriver. What is not as expected ends the test, and leaves a picture.
//!
//! Source: W3C, "WebDriver"; the console is read by chromedriver's own `se/log`.

use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take. Generous: the machine may be busy; what is waited for is an event, not a time.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(100);
/// Times that the driver is started anew because its port was not free.
const PORTS_TRIED: usize = 5;
/// The field of a reference to an element, as the protocol names it.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The key that sends a form.
const ENTER: &str = "\u{E007}";

/// Whether the pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// A browser with a profile of its own. Ends with its driver when it is dropped.
pub struct Browser {
    name: String,
    /// The address of the session below the driver's.
    session: String,
    /// Whether its pages may run scripts.
    pub scripts: Scripts,
    /// What was wrong with pages that were looked at.
    pub seen: Mutex<Vec<String>>,
    driver: Child,
    _profile: TempDir,
}

/// What the driver objects to: its code and its words.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Wrong {
    code: String,
    message: String,
}

/// An HTTP client that asks nobody but this machine.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Starts a driver, which tells its port in the log.
fn launch(folder: &Path, log: &Path) -> Child {
    // Chromium leaves files where the driver has its temporary ones: they go with the profile.
    Command::new("chromedriver")
        .args(["--port=0", "--log-level=WARNING"])
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(log).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts: Debian's package chromium-driver has it")
}

impl Browser {
    /// Starts a browser. The name tells its pictures from those of others.
    pub async fn start(name: &str, scripts: Scripts) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("driver");
        let driver = launch(folder.path(), &log);
        let mut browser = Self {
            name: name.to_owned(),
            session: String::new(),
            scripts,
            seen: Mutex::default(),
            driver,
            _profile: folder,
        };
        let mut port = browser.port(&log).await;
        for _ in 0..PORTS_TRIED {
            if port.is_some() {
                break;
            }
            browser.driver = launch(browser._profile.path(), &log);
            port = browser.port(&log).await;
        }
        let base = format!("http://127.0.0.1:{}", port.expect("a port that is free on both of its addresses"));
        let profile = log.with_file_name("profile");
        let made = call(&base, "POST", "/session", Some(capabilities(&profile, scripts))).await.expect("a session");
        browser.session = format!("{base}/session/{}", made["sessionId"].as_str().expect("a session's id"));
        browser
    }

    /// The port the driver chose, once it has told it. `None`: it chose one on one of its two addresses that is in use on the
    /// other, and ended.
    async fn port(&mut self, log: &Path) -> Option<u16> {
        let until = Instant::now() + PATIENCE;
        loop {
            let told = std::fs::read_to_string(log).unwrap();
            let port = told.split_once("started successfully on port ").and_then(|(_, rest)| rest.split_once('.'));
            if let Some((port, _)) = port {
                return Some(port.parse().unwrap());
            }
            let ended = self.driver.try_wait().unwrap();
            if ended.is_some() && std::fs::read_to_string(log).unwrap().contains("port not available") {
                return None;
            }
            assert_eq!(self.driver.try_wait().unwrap(), None, "chromedriver ended: {told}");
            assert!(Instant::now() < until, "chromedriver does not say its port: {told}");
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, Wrong> {
        call(&self.session, method, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None).await.unwrap_or_else(|wrong| panic!("{}: GET {path}: {wrong}", self.name))
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, Some(body.clone())).await;
        answer.unwrap_or_else(|wrong| panic!("{}: POST {path} {body}: {wrong}", self.name))
    }

    /// Loads a page.
    pub async fn visit(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// The address of the page without its query: what a form led to.
    pub async fn page(&self) -> String {
        let url = self.get("/url").await;
        url.as_str().unwrap().split('?').next().unwrap().to_owned()
    }

    /// The title of the page.
    pub async fn title(&self) -> String {
        self.get("/title").await.as_str().unwrap().to_owned()
    }

    /// All elements a CSS selector finds.
    pub async fn all(&self, css: &str) -> Vec<String> {
        let found = self.post("/elements", json!({ "using": "css selector", "value": css })).await;
        found.as_array().unwrap().iter().map(|element| element[ELEMENT].as_str().unwrap().to_owned()).collect()
    }

    /// Whether there is such an element.
    pub async fn has(&self, css: &str) -> bool {
        !self.all(css).await.is_empty()
    }

    /// The first element a CSS selector finds; there must be one.
    pub async fn find(&self, css: &str) -> String {
        match self.all(css).await.into_iter().next() {
            Some(element) => element,
            None => panic!("{}: no {css} at {}:\n{}", self.name, self.get("/url").await, self.text("body").await),
        }
    }

    /// The text of an element as people see it: what is hidden is not in it.
    pub async fn text(&self, css: &str) -> String {
        let Some(element) = self.all(css).await.into_iter().next() else {
            panic!("{}: no {css} at {}", self.name, self.get("/url").await)
        };
        self.get(&format!("/element/{element}/text")).await.as_str().unwrap().to_owned()
    }

    /// What an element's property holds: of a field its value, of a link its full address.
    pub async fn property(&self, css: &str, name: &str) -> String {
        let element = self.find(css).await;
        let value = self.get(&format!("/element/{element}/property/{name}")).await;
        value.as_str().unwrap_or_else(|| panic!("{css} has no {name}: {value}")).to_owned()
    }

    /// Types into a field, in place of what it holds.
    pub async fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.post(&format!("/element/{element}/clear"), json!({})).await;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    /// Clicks something that does not lead away: a box, an option, a summary.
    pub async fn tick(&self, css: &str) {
        let element = self.find(css).await;
        self.click(&element).await;
    }

    async fn click(&self, element: &str) {
        self.post(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Clicks what leads to another page, and waits for that.
    pub async fn press(&self, css: &str) {
        let (old, element) = (self.find("html").await, self.find(css).await);
        self.click(&element).await;
        self.turned(&old).await;
    }

    /// Follows the first link with this text below an element.
    pub async fn follow(&self, css: &str, text: &str) {
        let (old, below) = (self.find("html").await, self.find(css).await);
        let link = json!({ "using": "link text", "value": text });
        let link = self.post(&format!("/element/{below}/element"), link).await;
        self.click(link[ELEMENT].as_str().unwrap()).await;
        self.turned(&old).await;
    }

    /// Types into a field and sends its form with the enter key.
    pub async fn enter(&self, css: &str, text: &str) {
        let old = self.find("html").await;
        self.fill(css, text).await;
        let element = self.find(css).await;
        self.post(&format!("/element/{element}/value"), json!({ "text": ENTER })).await;
        self.turned(&old).await;
    }

    /// Waits until another page stands in the place of this one.
    async fn turned(&self, old: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.ask("GET", &format!("/element/{old}/name"), None).await {
                Err(wrong) if wrong.code == "stale element reference" => return,
                Err(wrong) => panic!("{}: {wrong}", self.name),
                Ok(_) => assert!(Instant::now() < until, "{}: the page did not turn", self.name),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Loads a page again until an element shows a text.
    pub async fn sees(&self, url: &str, css: &str, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            self.visit(url).await;
            let mut shown = Vec::new();
            for element in self.all(css).await {
                let text = self.get(&format!("/element/{element}/text")).await;
                shown.push(text.as_str().unwrap().to_owned());
            }
            if shown.iter().any(|shown| shown.contains(text)) {
                return;
            }
            if Instant::now() > until {
                panic!("{}: {url} shows no {text:?} in {css}, but {shown:?}:\n{}", self.name, self.text("body").await);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Runs a script of the test in the page, and gives what it returns.
    pub async fn run(&self, script: &str, args: Value) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": args })).await
    }

    /// The same of one that calls the function behind its arguments when it has ended.
    pub async fn run_async(&self, script: &str, args: Value) -> Value {
        self.post("/execute/async", json!({ "script": script, "args": args })).await
    }

    /// A command of Chromium's own protocol.
    ///
    /// Source: the Chrome DevTools Protocol.
    pub async fn command(&self, name: &str, params: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": name, "params": params })).await
    }

    /// Whether a page has opened a dialogue: only a script can.
    pub async fn has_dialogue(&self) -> bool {
        match self.ask("GET", "/alert/text", None).await {
            Ok(_) => true,
            Err(wrong) if wrong.code == "no such alert" => false,
            Err(wrong) => panic!("{wrong}"),
        }
    }

    /// Closes the dialogue.
    pub async fn dismiss(&self) {
        self.post("/alert/dismiss", json!({})).await;
    }

    /// What the console has had since it was last read: policy violations are there, too.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", json!({ "type": "browser" })).await;
        entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// The end of a story: nothing of all its pages has complained.
    /// - `refused`: status of pages that were refused on purpose, which the console has as failed loads
    pub async fn ends_quietly(&self, refused: &[u16]) {
        let mut entries = self.console().await;
        entries.retain(|entry| !refused.iter().any(|status| entry.contains(&format!("with a status of {status} "))));
        assert!(entries.is_empty(), "{}: the console has {entries:#?}", self.name);
        let seen = self.seen.lock().unwrap();
        assert!(seen.is_empty(), "{}: what was looked at has {seen:#?}", self.name);
    }

    async fn picture(&self) -> Option<String> {
        let picture = self.ask("GET", "/screenshot", None).await.ok()?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str()?).ok()?;
        let path = std::env::temp_dir().join(format!("pritchel-browser-{}-{}.png", self.name, std::process::id()));
        std::fs::write(&path, bytes).ok()?;
        Some(path.display().to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser is the driver's child: killing the driver would leave it, so the session is ended first. A runtime
        // of its own, since the test's is busy with dropping this.
        let panicking = std::thread::panicking();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let Ok(runtime) = runtime else { return };
                runtime.block_on(async {
                    if self.session.is_empty() {
                        return;
                    }
                    if panicking && let Some(path) = self.picture().await {
                        eprintln!("{}: what the browser showed: {path}", self.name);
                    }
                    let _ = self.ask("DELETE", "", None).await;
                });
            });
        });
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn capabilities(profile: &Path, scripts: Scripts) -> Value {
    let mut arguments = vec![format!("--user-data-dir={}", profile.display())];
    // A tall window: without scripts the driver cannot scroll, and reaches only what is in it.
    let switches = "--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run \
         --disable-background-networking --disable-component-update --disable-sync --no-proxy-server \
         --window-size=1200,4000";
    arguments.extend(switches.split(' ').map(str::to_owned));
    let mut options = json!({ "args": arguments });
    if scripts == Scripts::Off {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
        // A dialogue stays, and the next command fails: no page of ours may open one.
        "unhandledPromptBehavior": "ignore",
    } } })
}

/// One command: its value, or what the driver objects to.
async fn call(base: &str, method: &str, path: &str, body: Option<Value>) -> Result<Value, Wrong> {
    let mut request = http().request(method.parse().unwrap(), format!("{base}{path}"));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let lost = |error: reqwest::Error| Wrong { code: "no answer".to_owned(), message: error.to_string() };
    let answer = request.send().await.map_err(lost)?;
    let text = answer.text().await.map_err(lost)?;
    let mut answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {path}: {text}"));
    let value = answer["value"].take();
    match value["error"].as_str() {
        Some(code) => Err(Wrong {
            code: code.to_owned(),
            message: value["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
        }),
        None => Ok(value),
    }
}
