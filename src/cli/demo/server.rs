//! A server process of the demo.

use crate::cli::Failure;
use crate::cli::limits::{LOOK_MS, START_S};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The password of the demo's people.
pub const PASSWORD: &str = "kitchen door";

/// A folder that goes when the demo ends.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder in the machine's folder for such.
    /// - `what`: what it is for, as part of its name
    pub fn new(what: &str) -> Result<Self, Failure> {
        let name = format!("pritchel-{what}-{}", &crate::node::clock::secret()[..12]);
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} could not be removed: {error}", self.0.display());
        }
    }
}

/// A running server.
pub struct Server {
    /// What the story calls it.
    pub name: &'static str,
    /// Its origin, such as `http://127.0.0.1:40001`.
    pub base: String,
    /// Its host with port.
    pub host: String,
    data: PathBuf,
    child: Child,
}

impl Server {
    /// Starts a server and waits until it answers.
    pub async fn start(name: &'static str, data: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(data).map_err(Failure::new)?;
        let host = free_host()?;
        let program = std::env::current_exe().map_err(Failure::new)?;
        let log = std::fs::File::create(data.join("log")).map_err(Failure::new)?;
        let child = Command::new(program)
            .args(["serve", "--allow-loopback", "--listen", &host, "--domain", &host, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(Failure::new)?)
            .stderr(log)
            .spawn()
            .map_err(Failure::new)?;
        let mut server = Self { name, base: format!("http://{host}"), host, data: data.to_owned(), child };
        server.wait_until_it_answers().await?;
        println!("Server {name} answers at {}", server.base);
        Ok(server)
    }

    async fn wait_until_it_answers(&mut self) -> Result<(), Failure> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(Failure::new)?;
        let until = Instant::now() + Duration::from_secs(START_S);
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                let log = std::fs::read_to_string(self.data.join("log")).unwrap_or_default();
                return Err(Failure(format!("server {} ended with {status}:\n{log}", self.name)));
            }
            match http.get(format!("{}/-/health", self.base)).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                _ if Instant::now() > until => return Err(Failure(format!("server {} does not answer", self.name))),
                _ => tokio::time::sleep(Duration::from_millis(LOOK_MS)).await,
            }
        }
    }

    /// Adds a person with the command line, while the server runs.
    pub fn add_person(&self, name: &str) -> Result<String, Failure> {
        self.command(&["person", "add", name, "--password-stdin", "--data"], Some(PASSWORD))
    }

    /// Makes a token with the command line, while the server runs.
    pub fn token(&self, name: &str) -> Result<String, Failure> {
        self.command(&["token", "create", name, "--label", "demo", "--data"], None)
    }

    fn command(&self, args: &[&str], input: Option<&str>) -> Result<String, Failure> {
        let program = std::env::current_exe().map_err(Failure::new)?;
        let mut child = Command::new(program)
            .args(args)
            .arg(&self.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Failure::new)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.unwrap_or_default().as_bytes()).map_err(Failure::new)?;
        }
        let output = child.wait_with_output().map_err(Failure::new)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(Failure(format!("pritchel {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim())))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended by itself is no trouble here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address nobody listens on.
fn free_host() -> Result<String, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Failure::new)?;
    Ok(listener.local_addr().map_err(Failure::new)?.to_string())
}
