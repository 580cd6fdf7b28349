//! Discovery and fetch over HTTP, with the real git on both sides.

use std::io::Cursor;
use std::time::Duration;

use crate::world::{self, Work, World, client, ok, read_all, said, text};
use async_compression::tokio::write::GzipEncoder;
use pritchel_git::git::{Git, ServeError};
use pritchel_git::limits::{Bounds, FETCH_REQUEST_BYTES_MAX};
use pritchel_git::process::{Exit, Stop};
use pritchel_git::smart_http::{Protocol, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_is_the_same_in_every_protocol_version() {
    let mut world = World::new().await;
    let seed = world.seeded(5).await;
    for version in ["0", "1", "2"] {
        let protocol = format!("protocol.version={version}");
        ok(&client(world.dir.path(), &["-c", &protocol, "clone", "-q", &world.url(), version]).await);
        let clone = text(&client(&world.dir.path().join(version), &["rev-parse", "HEAD"]).await);
        assert_eq!(clone, seed.id("HEAD").to_string(), "version {version}");
        ok(&client(&world.dir.path().join(version), &["fsck", "--strict"]).await);
        let asked = world.seen.lock().unwrap().last().unwrap().1.clone();
        assert_eq!(asked, if version == "0" { String::new() } else { format!("version={version}") });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_repository_can_be_cloned() {
    let world = World::new().await;
    let output = client(world.dir.path(), &["clone", &world.url(), "clone"]).await;
    ok(&output);
    assert!(said(&output).contains("empty repository"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shallow_clone_brings_one_commit_and_can_be_deepened() {
    let mut world = World::new().await;
    world.seeded(5).await;
    for version in ["0", "2"] {
        let protocol = format!("protocol.version={version}");
        ok(&client(world.dir.path(), &["-c", &protocol, "clone", "-q", "--depth=1", &world.url(), version]).await);
        let dir = world.dir.path().join(version);
        assert_eq!(text(&client(&dir, &["rev-list", "--count", "HEAD"]).await), "1");
        ok(&client(&dir, &["-c", &protocol, "fetch", "-q", "--deepen=2"]).await);
        assert_eq!(text(&client(&dir, &["rev-list", "--count", "HEAD"]).await), "3", "version {version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_clone_leaves_files_behind_and_fetches_them_when_needed() {
    let mut world = World::new().await;
    world.seeded(5).await;
    let args = ["clone", "-q", "--filter=blob:none", "--no-checkout", &world.url(), "clone"];
    ok(&client(world.dir.path(), &args).await);
    let dir = world.dir.path().join("clone");
    let missing = text(&client(&dir, &["rev-list", "--objects", "--missing=print", "HEAD"]).await);
    assert_eq!(missing.lines().filter(|line| line.starts_with('?')).count(), 5);
    ok(&client(&dir, &["checkout", "-q", "main"]).await);
    assert_eq!(std::fs::read_to_string(dir.join("file4.txt")).unwrap(), "content 4\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_is_dear_to_serve_is_refused() {
    let mut world = World::new().await;
    let seed = world.seeded(1).await;
    let sparse = format!("--filter=sparse:oid={}", seed.id("HEAD:file0.txt"));
    let output = client(world.dir.path(), &["clone", "--no-checkout", &sparse, &world.url(), "sparse"]).await;
    assert!(said(&output).contains("filter 'sparse:oid' not supported"), "{}", said(&output));
    let treeless = ["clone", "-q", "--no-checkout", "--filter=tree:0", &world.url(), "treeless"];
    ok(&client(world.dir.path(), &treeless).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_request_may_be_gzip() {
    let mut world = World::new().await;
    let seed = world.seeded(60).await;
    ok(&client(world.dir.path(), &["clone", "-q", &world.url(), "clone"]).await);
    seed.commit("more.txt", "more\n", "More", world::T0 + 100);
    ok(&seed.push(&world.url(), &["main"]).await);
    // The client has newer commits of its own, so it names many in vain; git compresses such a request.
    let dir = world.dir.path().join("clone");
    let clone = Work { path: dir.clone() };
    for n in 0..80 {
        clone.commit_index(&format!("Own {n}"), world::T0 + 1000 + n);
    }
    world.seen.lock().unwrap().clear();
    ok(&client(&dir, &["fetch", "-q", "origin"]).await);
    assert!(world.seen.lock().unwrap().iter().any(|(_, _, coding)| coding == "gzip"), "the request was gzip");
    assert_eq!(text(&client(&dir, &["rev-parse", "origin/main"]).await), seed.id("HEAD").to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_request_over_its_bound_is_cut_off() {
    let mut world = World::new().await;
    world.seeded(1).await;
    let mut plain = b"0011command=fetch0001".to_vec();
    while plain.len() as u64 <= FETCH_REQUEST_BYTES_MAX {
        plain.extend(b"0032have 0123456789abcdef0123456789abcdef01234567\n");
    }
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(&plain).await.unwrap();
    encoder.shutdown().await.unwrap();
    for (body, gzip, why) in [(plain, false, "has more than"), (encoder.into_inner(), true, "expands more than")] {
        let served = world.git.fetch(&world.repo, Protocol::V2, Cursor::new(body), gzip).await.unwrap();
        let answer = read_all(served.body).await;
        let ended = served.done.await.unwrap();
        assert!(matches!(&ended.exit, Exit::Stopped(Stop::TooLarge(found)) if found.contains(why)), "{ended:?}");
        assert!(answer.is_err(), "the answer does not look complete");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_protocol_header_is_ignored() {
    let mut world = World::new().await;
    world.seeded(1).await;
    for header in ["version=3", "version=2:object-format=sha256", "version=2\nGIT_DIR=/"] {
        let protocol = Protocol::from_header(Some(header));
        let served = world.git.advertise(&world.repo, Service::UploadPack, protocol).await.unwrap();
        assert_eq!(served.content_type, "application/x-git-upload-pack-advertisement");
        let answer = String::from_utf8_lossy(&read_all(served.body).await.unwrap()).into_owned();
        assert!(answer.starts_with("001e# service=git-upload-pack\n0000"), "{answer}");
        assert!(answer.contains(" HEAD\0"), "{answer}");
        assert!(!answer.contains("version 2"), "{answer}");
    }
    let served = world.git.advertise(&world.repo, Service::UploadPack, Protocol::V2).await.unwrap();
    assert!(read_all(served.body).await.unwrap().starts_with(b"000eversion 2\n"));
    let served = world.git.advertise(&world.repo, Service::ReceivePack, Protocol::V2).await.unwrap();
    let answer = read_all(served.body).await.unwrap();
    assert!(answer.starts_with(b"001f# service=git-receive-pack\n0000"), "a push has no version 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_no_repository_is_not_found() {
    let world = World::new().await;
    std::fs::create_dir(world.dir.path().join("secret.git")).unwrap();
    for path in ["/none.git", "/../secret.git", "/%2e%2e/secret.git", "/..%2fsecret.git", "/TEA.git", "/run/tea.git"] {
        let url = format!("http://{}{path}/info/refs?service=git-upload-pack", world.addr);
        let status = http_status(&world, &url).await;
        assert_eq!(status, "404", "{path}");
    }
    assert_eq!(http_status(&world, &format!("{}/info/refs?service=git-upload-archive", world.url())).await, "403");
}

/// The status of a GET, written by hand so that no client tidies the path.
async fn http_status(world: &World, url: &str) -> String {
    let path = url.split_once(&world.addr.to_string()).unwrap().1;
    let mut stream = tokio::net::TcpStream::connect(world.addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_ends_its_git_process() {
    let mut world = World::with(Bounds { processes: 1, ..Bounds::default() }).await;
    world.seeded(1).await;
    let mut stream = tokio::net::TcpStream::connect(world.addr).await.unwrap();
    let request = "POST /tea.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n0032want";
    stream.write_all(request.as_bytes()).await.unwrap();
    // The answer begins when git has been started.
    stream.read_u8().await.unwrap();
    drop(stream);
    let ended = world.fetch_ends.recv().await.unwrap();
    assert!(matches!(ended.exit, Exit::Stopped(Stop::ClientGone | Stop::Request(_))), "{ended:?}");
    // The only place in the pool is free again.
    ok(&client(world.dir.path(), &["ls-remote", &world.url()]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_ends_its_git_process() {
    let mut world = World::new().await;
    let seed = world.work("big");
    let noise: String = (0..400_000u64).map(|n| format!("{:x} ", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    let id = seed.commit("noise.txt", &noise, "Noise", world::T0);
    ok(&seed.push(&world.url(), &["main"]).await);
    let want = format!("0032want {id}\n00000009done\n");
    let impatient = Bounds { idle_time: Duration::from_millis(300), ..Bounds::default() };
    let git = Git::open(&world.dir.path().join("run2"), &world::hook_exe(), impatient).await.unwrap();
    let served = git.fetch(&world.repo, Protocol::V0, Cursor::new(want), false).await.unwrap();
    assert_eq!(served.done.await.unwrap().exit, Exit::Stopped(Stop::Idle { idle_s: 0 }));
    assert!(read_all(served.body).await.is_err(), "the answer does not look complete");
    drop(world.push_ends.recv().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_processes_run_than_allowed() {
    let bounds = Bounds { processes: 2, queue: 1, queue_wait: Duration::from_millis(200), ..Bounds::default() };
    let mut world = World::with(bounds).await;
    world.seeded(1).await;
    let mut clients = Vec::new();
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let (client, body) = tokio::io::duplex(64);
        let served = world.git.fetch(&world.repo, Protocol::V0, body, false).await.unwrap();
        clients.push(client);
        bodies.push(served);
    }
    let third = world.git.fetch(&world.repo, Protocol::V0, tokio::io::empty(), false).await;
    assert!(matches!(third, Err(ServeError::Busy { processes: 2, .. })), "{third:?}");
    let refused = client(world.dir.path(), &["ls-remote", &world.url()]).await;
    assert!(said(&refused).contains("503"), "{}", said(&refused));
    // One client leaves, and there is room again.
    let served = bodies.pop().unwrap();
    drop(served.body);
    assert_eq!(served.done.await.unwrap().exit, Exit::Stopped(Stop::ClientGone));
    ok(&client(world.dir.path(), &["ls-remote", &world.url()]).await);
    drop(clients);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_was_removed_is_missing() {
    let world = World::new().await;
    world.repos.remove(world.repo.key()).unwrap();
    let served = world.git.advertise(&world.repo, Service::UploadPack, Protocol::V2).await;
    assert!(matches!(served, Err(ServeError::Missing(_))), "{served:?}");
}
