//! Git over SSH with OpenSSH's own client: with keys that people added here, and with a Grant by actors of other servers.
//! - [`people`]: who is known here; [`grants`]: who shows a Grant; [`elsewhere`]: merges into repositories of other servers;
//!   [`full`]: too many at once

mod elsewhere;
mod full;
mod grants;
mod people;

use crate::git::tried;
use crate::server::{BINARY, Person, Server, free_host, run_ok};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Whether OpenSSH is here. A test without it says so, and fails where nothing may be left out.
pub fn is_here() -> bool {
    let here = |tool: &str| Command::new(tool).arg("-V").stdin(Stdio::null()).output().is_ok();
    let both = here("ssh") && here("ssh-keygen");
    if !both {
        assert!(std::env::var_os("PRITCHEL_REQUIRE_ALL").is_none(), "there is no ssh");
        eprintln!("not run: there is no ssh");
    }
    both
}

/// A server that speaks SSH, and how its host key is known.
pub struct Ssh {
    pub server: Server,
    port: String,
    known_hosts: PathBuf,
}

impl Ssh {
    pub async fn start(folder: &Path, name: &str) -> Self {
        let (data, host) = (folder.join(name), free_host());
        let address = free_host();
        let server = Server::start(&data, &host, &["--ssh", &address]).await;
        let port = address.rsplit(':').next().unwrap().to_owned();
        let key = data.join("ssh_host_ed25519_key");
        let public = Command::new("ssh-keygen").arg("-y").arg("-f").arg(&key).output().unwrap();
        assert!(public.status.success(), "{}", server.log());
        let known_hosts = folder.join(format!("{name}.known_hosts"));
        std::fs::write(&known_hosts, format!("[127.0.0.1]:{port} {}", text(&public.stdout))).unwrap();
        Self { server, port, known_hosts }
    }

    /// The command by which git, or a person, runs OpenSSH with this key alone.
    fn command(&self, key: &Path) -> String {
        let known = self.known_hosts.display();
        format!(
            "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
             -o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes -p {}",
            key.display(),
            self.port
        )
    }

    /// Runs git with this key.
    pub fn git(&self, at: &Path, key: &Path, args: &[&str]) -> Result<String, String> {
        let ssh = format!("core.sshCommand={}", self.command(key));
        tried(at, &[&["-c", &ssh], args].concat())
    }

    /// Runs the client by itself.
    fn ssh(&self, key: &Path, args: &[&str]) -> Output {
        let command = self.command(key);
        let mut words = command.split(' ').filter(|word| !word.is_empty());
        Command::new(words.next().unwrap()).args(words).args(args).stdin(Stdio::null()).output().unwrap()
    }

    pub fn uri(&self, login: &str, path: &str) -> String {
        format!("ssh://{login}@127.0.0.1:{}/{path}", self.port)
    }

    /// Adds a key to a person, by the command line.
    pub fn add_key(&self, person: &str, key: &Path) -> String {
        add_key(&self.server, person, key)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Makes a key.
pub fn key(folder: &Path, name: &str, kind: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let mut make = Command::new("ssh-keygen");
    make.args(["-q", "-N", "", "-C", "secret@machine", "-t"]).args(kind).arg("-f").arg(&path);
    assert!(make.status().unwrap().success());
    path
}

/// Adds the public half to a person of a server, and answers what the command printed.
pub fn add_key(server: &Server, person: &str, key: &Path) -> String {
    let public = std::fs::read(key.with_extension("pub")).unwrap();
    let mut command = Command::new(BINARY);
    command.args(["person", "key", "add", person, "--label", "laptop", "--data"]).arg(&server.data);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&public).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Takes a key from a person again, by what the command printed when it was added.
pub fn remove_key(server: &Server, person: &str, shown: &str) {
    let fingerprint = shown.split(' ').next().unwrap();
    run_ok(&["person", "key", "remove", person, fingerprint, "--data", server.data.to_str().unwrap()]);
}

/// A work tree with one commit on `main`.
fn work(folder: &Path, name: &str) -> PathBuf {
    let at = folder.join(name);
    std::fs::create_dir(&at).unwrap();
    crate::git::must(&at, &["init", "-q", "-b", "main"]);
    commit(&at, "tea.txt");
    at
}

fn commit(at: &Path, file: &str) {
    std::fs::write(at.join(file), "hot\n").unwrap();
    crate::git::must(at, &["add", file]);
    crate::git::must(at, &["commit", "-q", "-m", file]);
}

/// The key of a repository in its address.
fn path_of(repository: &str) -> String {
    format!("repos/{}.git", repository.rsplit('/').next().unwrap())
}

/// Waits until the repository has told of a push by this actor.
async fn pushed(who: &Person, repository: &str, by: &str) -> Value {
    let until = std::time::Instant::now() + crate::server::PATIENCE;
    loop {
        let items = who.items(&format!("{repository}/outbox")).await;
        let of = |act: &&Value| act["type"] == "Push" && act["attributedTo"] == by;
        if let Some(push) = items.iter().find(of) {
            return push.clone();
        }
        assert!(std::time::Instant::now() < until, "no push by {by}: {items:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
