//! A server process, its people, and their way to it.

use crate::driver::{Browser, PATIENCE, http};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_pritchel");

/// The password of everybody.
pub const PASSWORD: &str = "kettle and reed";

/// A running server with a folder of its own.
pub struct Server {
    /// Its origin, such as `http://127.0.0.1:40001`.
    pub base: String,
    /// Its host with port.
    pub host: String,
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts a server on loopback, with nobody on it, and waits until it answers.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new(BINARY)
            .args(["serve", "--allow-loopback", "--listen", &host, "--domain", &host, "--data"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut server = Self { base: format!("http://{host}"), host, folder, child };
        server.wait_until_it_answers().await;
        server
    }

    async fn wait_until_it_answers(&mut self) {
        let until = Instant::now() + PATIENCE;
        let url = format!("{}/-/health", self.base);
        while !http().get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            assert!(Instant::now() < until, "the server does not answer:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Where it keeps what it has.
    pub fn data(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data().join("log")).unwrap_or_default()
    }

    /// The link it printed, by which the first visitor becomes the administrator.
    pub async fn setup_link(&self) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            let whole = log.rsplit_once('\n').map_or("", |(lines, _)| lines);
            if let Some((_, link)) = whole.lines().find_map(|line| line.split_once(", once: ")) {
                return link.trim().to_owned();
            }
            assert!(Instant::now() < until, "no link was printed:\n{log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Adds a person, whose password is [`PASSWORD`], and signs them in with a browser.
    pub async fn visited_by(&self, name: &str, browser: Browser) -> Browser {
        let mut child = Command::new(BINARY)
            .args(["person", "add", name, "--password-stdin", "--data"])
            .arg(self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{name} was not added");
        self.sign_in(&browser, name, PASSWORD).await;
        browser.find("form[action='/logout']").await;
        browser
    }

    /// Fills the form for signing in, and sends it.
    pub async fn sign_in(&self, browser: &Browser, name: &str, password: &str) {
        browser.visit(&format!("{}/login", self.base)).await;
        browser.fill("main input[name=name]", name).await;
        browser.fill("main input[name=password]", password).await;
        browser.press("main button.main").await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of {}:\n{}", self.base, self.log());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a factory from the home page. Answers its address.
pub async fn make_factory(browser: &Browser, server: &Server, name: &str) -> String {
    browser.visit(&server.base).await;
    let form = "form[action='/do/open-factory']";
    browser.tick(&format!("details:has({form}) > summary")).await;
    browser.fill(&format!("{form} input[name=name]"), name).await;
    browser.press(&format!("{form} button")).await;
    assert_eq!(browser.text("h1").await, name);
    browser.page().await
}

/// Makes a `Repository` or a `TicketTracker` by a factory's form. Answers its address.
pub async fn make(browser: &Browser, factory: &str, kind: &str, name: &str) -> String {
    browser.visit(factory).await;
    browser.tick(&format!("input[name=kind][value={kind}]")).await;
    browser.fill("form[action='/do/create'] input[name=name]", name).await;
    browser.fill("form[action='/do/create'] textarea", &format!("All about {name}.")).await;
    browser.press("form[action='/do/create'] button").await;
    assert_eq!(browser.text("h1").await, name);
    browser.page().await
}
