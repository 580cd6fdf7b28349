//! A server whose connections are taken: who comes too late is told, those who are in go on, and so does everybody else.

use super::{Ssh, is_here, key, path_of, work};
use crate::git::tried;
use pritchel_ssh::limits::{CONNECTIONS_PER_ADDRESS_MAX, UNKNOWN_MAX};
use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::{TcpSocket, TcpStream};

/// How long it may take until the places of those who have left are free.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who says nothing, from one of the addresses of this machine.
async fn stranger(red: &Ssh, last: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into()).unwrap();
    socket.connect(format!("127.0.0.1:{}", red.port).parse().unwrap()).await.unwrap()
}

/// What git finds there from one of the addresses of this machine, or what it is told.
fn looks(red: &Ssh, at: &Path, key: &Path, last: u8, uri: &str) -> Result<String, String> {
    let ssh = format!("core.sshCommand={} -b 127.0.0.{last}", red.command(key));
    tried(at, &["-c", &ssh, "ls-remote", uri])
}

/// Somebody who has logged in, and is being served.
fn inside(red: &Ssh, key: &Path, path: &str) -> Child {
    let command = red.command(key);
    let mut words = command.split(' ').filter(|word| !word.is_empty());
    let mut ssh = Command::new(words.next().unwrap());
    ssh.args(words).args(["git@127.0.0.1", &format!("git-upload-pack '{path}'")]);
    let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 4]).unwrap();
    child
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_places_are_taken_says_so_and_goes_on_with_the_others() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let alice = red.server.person("alice");
    let (repository, _) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let laptop = key(folder, "laptop", &["ed25519"]);
    red.add_key("alice", &laptop);
    let uri = red.uri("git", &path_of(&repository));
    red.git(&work(folder, "tree"), &laptop, &["push", "-q", &uri, "main"]).unwrap();
    let mut known = inside(&red, &laptop, &path_of(&repository));

    let mut strangers = Vec::new();
    for _ in 1..CONNECTIONS_PER_ADDRESS_MAX {
        strangers.push(stranger(&red, 1).await);
    }
    let why = looks(&red, folder, &laptop, 1, &uri).unwrap_err();
    assert!(why.contains(&format!("there are {CONNECTIONS_PER_ADDRESS_MAX} connections of this address")), "{why}");
    assert!(looks(&red, folder, &laptop, 2, &uri).unwrap().contains("refs/heads/main"), "another address has places");

    while strangers.len() < UNKNOWN_MAX {
        let last = 3 + u8::try_from(strangers.len() / CONNECTIONS_PER_ADDRESS_MAX).unwrap();
        strangers.push(stranger(&red, last).await);
    }
    let why = looks(&red, folder, &laptop, 9, &uri).unwrap_err();
    assert!(why.contains(&format!("there are {UNKNOWN_MAX} connections that have not logged in")), "{why}");

    // Whoever is in is served to the end: nothing is wanted after all.
    known.stdin.take().unwrap().write_all(b"0000").unwrap();
    assert!(known.wait().unwrap().success());
    drop(strangers);
    let until = Instant::now() + PATIENCE;
    while let Err(why) = looks(&red, folder, &laptop, 1, &uri) {
        assert!(Instant::now() < until, "the places of those who have left are not free: {why}");
    }
    red.server.stop();
}
