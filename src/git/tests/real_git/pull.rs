//! What another repository has, fetched by the real git: over HTTP from a server, and from the same disk.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pritchel_git::limits::Bounds;
use pritchel_git::names::{RefName, RefUpdate};
use pritchel_git::place::Repo;
use pritchel_git::pull::{Brought, PullError, Source, Wanted};
use pritchel_git::read::Reader;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{T0, World, ok};

const PLENTY: u64 = 1 << 30;

fn name(name: &str) -> RefName {
    name.parse().unwrap()
}

fn far(url: String) -> Source {
    Source::Far { url, addresses: Vec::new() }
}

/// A further repository of the world, empty.
fn cup(world: &World) -> Repo {
    world.repos.create(&"cup".parse().unwrap(), &RefName::branch("main").unwrap()).unwrap()
}

fn moves(brought: &Brought) -> Vec<RefUpdate> {
    let update = |(name, id): (&RefName, &_)| RefUpdate { name: name.clone(), old: None, new: Some(*id) };
    brought.refs.iter().map(update).collect()
}

/// What a fetch could have left in a repository: packs, and repositories to fetch into.
fn left(repo: &Repo) -> Vec<String> {
    let mut found = Vec::new();
    for dir in ["objects", "objects/pack"] {
        for entry in fs::read_dir(repo.path().join(dir)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with("incoming")
                || dir.ends_with("pack") && name.ends_with(".pack")
                || name.starts_with("tmp")
            {
                found.push(name);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn all_branches_and_tags_come_and_later_what_is_new() {
    let mut world = World::new().await;
    let work = world.seeded(3).await;
    work.git(&["tag", "-a", "-m", "One", "v1"]);
    ok(&work.push(&world.url(), &["v1", "main:other"]).await);
    world.bare(&["update-ref", "refs/merge/x/1/v1", "main"]);
    let (cup, url) = (cup(&world), world.url());
    let brought = world.git.pull(&cup, &far(url.clone()), &Wanted::All, PLENTY).await.unwrap();
    let names: Vec<&str> = brought.refs.keys().map(RefName::as_str).collect();
    assert_eq!(names, ["refs/heads/main", "refs/heads/other", "refs/tags/v1"], "and nothing that is the server's own");
    assert_eq!(brought.head, Some(name("refs/heads/main")));
    assert!(Reader::open(&cup).unwrap().branch_tips().unwrap().is_empty(), "nothing moves by it");
    let updates = moves(&brought);
    let moved = world.git.move_refs(&cup, &updates).await.unwrap();
    assert_eq!(moved.len(), 3);
    assert_eq!(world.git.move_refs(&cup, &updates).await.unwrap(), moved, "twice is once");
    assert_eq!(left(&cup).len(), 1, "one pack, and nothing else");
    let reader = Reader::open(&cup).unwrap();
    assert_eq!(reader.target(&name("refs/heads/main")).unwrap(), Some(world.main_id()));

    let again = world.git.pull(&cup, &far(url.clone()), &Wanted::All, PLENTY).await.unwrap();
    assert_eq!((&again.refs, left(&cup).len()), (&brought.refs, 1), "nothing is fetched that is there");
    let new = work.commit("more.txt", "more", "More", T0 + 100);
    ok(&work.push(&url, &["main", ":other"]).await);
    let big = fs::metadata(cup.path().join("objects/pack").join(&left(&cup)[0])).unwrap().len();
    let later = world.git.pull(&cup, &far(url), &Wanted::All, PLENTY).await.unwrap();
    assert_eq!(later.refs.get(&name("refs/heads/main")), Some(&new));
    let packs = left(&cup);
    assert_eq!(packs.len(), 2);
    let all: u64 = packs.iter().map(|p| fs::metadata(cup.path().join("objects/pack").join(p)).unwrap().len()).sum();
    assert!(all - big < big, "only what is new comes: {big} of {all}");
    let main = RefUpdate { name: name("refs/heads/main"), old: updates[0].new, new: Some(new) };
    let other = RefUpdate { name: name("refs/heads/other"), old: updates[1].new, new: None };
    let under = RefUpdate { name: name("refs/heads/other/one"), old: None, new: Some(new) };
    let all = [main, other, under];
    assert_eq!(world.git.move_refs(&cup, &all).await.unwrap(), all, "what goes makes room for what comes");
    let stale = RefUpdate { name: name("refs/heads/main"), old: updates[0].new, new: updates[0].new };
    let stale = RefUpdate { new: updates[1].new, old: Some("1".repeat(40).parse().unwrap()), ..stale };
    assert!(world.git.move_refs(&cup, &[stale]).await.is_err(), "somebody else has moved it");
    assert_eq!(Reader::open(&cup).unwrap().target(&name("refs/heads/main")).unwrap(), Some(new));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_branch_comes_from_this_disk_or_from_a_server_and_one_that_is_not_there_does_not() {
    let mut world = World::new().await;
    let work = world.seeded(2).await;
    ok(&work.push(&world.url(), &["main:milk", "main~1:refs/heads/other"]).await);
    let cup = cup(&world);
    for from in [Source::Near(world.repo.clone()), far(world.url())] {
        let wanted = Wanted::Branch(name("refs/heads/milk"));
        let brought = world.git.pull(&cup, &from, &wanted, PLENTY).await.unwrap();
        assert_eq!(brought.refs.into_iter().collect::<Vec<_>>(), [(name("refs/heads/milk"), world.main_id())]);
        let none = Wanted::Branch(name("refs/heads/none"));
        let error = world.git.pull(&cup, &from, &none, PLENTY).await.unwrap_err();
        assert!(matches!(&error, PullError::NoBranch(branch) if branch.as_str() == "refs/heads/none"), "{error}");
    }
    assert_eq!(world.git.pulling(cup.key()), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_leaves_nothing_behind() {
    let mut world = World::new().await;
    let work = world.seeded(1).await;
    let noise: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    work.write("noise", noise);
    work.git(&["add", "-A"]);
    work.commit_index("Noise", T0 + 50);
    ok(&work.push(&world.url(), &["main"]).await);
    let cup = cup(&world);
    for from in [far(world.url()), Source::Near(world.repo.clone())] {
        let error = world.git.pull(&cup, &from, &Wanted::All, 10_000).await.unwrap_err();
        assert!(matches!(error, PullError::TooLarge { limit: 10_000 }), "{error}");
        assert_eq!(left(&cup), Vec::<String>::new());
    }
}

/// A server that answers every request with this, or with nothing at all.
async fn server(answer: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(answer) = answer else {
                held.push(stream);
                continue;
            };
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repository_and_whoever_does_not_answer_is_told_apart() {
    let bounds = Bounds { idle_time: Duration::from_secs(1), ..Bounds::default() };
    let world = World::with(bounds).await;
    let cup = cup(&world);
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    let none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let wants = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let away = "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let broken = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    #[rustfmt::skip]
    let rows = [
        ("nothing there",   server(Some(none)).await,   "none"),
        ("a password",      server(Some(wants)).await,  "none"),
        ("a redirect",      server(Some(away)).await,   "none"),
        ("an error",        server(Some(broken)).await, "unreachable"),
        ("nobody",          closed,                     "unreachable"),
        ("silence",         server(None).await,         "slow"),
    ];
    for (what, addr, expected) in rows {
        let start = Instant::now();
        let error = world.git.pull(&cup, &far(format!("http://{addr}/tea")), &Wanted::All, PLENTY).await.unwrap_err();
        let found = match &error {
            PullError::NoRepository { .. } => "none",
            PullError::Unreachable { .. } => "unreachable",
            PullError::Slow { .. } => "slow",
            other => panic!("{what}: {other}"),
        };
        assert_eq!(found, expected, "{what}: {error}");
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        assert_eq!(left(&cup), Vec::<String>::new(), "{what}");
    }
    // Git takes a page for an old server's list of files, with nothing in it.
    let from = far(format!("http://{}/tea", server(Some(page)).await));
    assert_eq!(world.git.pull(&cup, &from, &Wanted::All, PLENTY).await.unwrap(), Brought::default());
    let file = Source::Far { url: format!("file://{}", world.repo.path().display()), addresses: Vec::new() };
    assert!(world.git.pull(&cup, &file, &Wanted::All, PLENTY).await.is_err(), "no other protocol is spoken");
}
