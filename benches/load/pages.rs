//! Pages of code as a stranger reads them, and beside them the same pages of cgit behind lighttpd, over the same folder, in turns; and
//! blame, beside git itself. Debian's packages cgit and lighttpd; without them only our own figures are told.
//!
//! Warm pages are asked for by four clients at once, cold ones by one, each from a server that has just started.

use crate::server::{Person, Process, Server, free_host};
use crate::source::{self, FILE, FILE_LINES};
use crate::wire::Wire;
use crate::{load_average, median};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CLIENTS: usize = 4;
/// Requests of one client from one address: strangers have a budget for costly pages.
const FROM_ONE: usize = 20;
/// Warm requests of a round, in all.
const ROUND: usize = 240;
const ROUNDS: usize = 5;
/// Starts for the figures of cold pages.
const STARTS: usize = 7;
/// Repositories of a server that rests.
const AT_REST: usize = 1000;

const CGIT: &str = "/usr/lib/cgit/cgit.cgi";

/// A page: what it is called, its path here, and there.
struct Page {
    name: &'static str,
    ours: String,
    theirs: Option<String>,
}

/// Measures.
/// - `given`: a repository to read in place of the one that is made
pub async fn run(given: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let (data, host) = (folder.path().join("data"), free_host());
    let mut server = Server::start(&data, &host).await;
    let alice = server.person("alice");
    let factory = alice.factory(&server.base()).await;
    let repository = alice.make(&factory, "Repository", "large").await;
    let key = repository.as_str().rsplit('/').next().unwrap().to_owned();
    let made = folder.path().join("source");
    let from = given.map_or_else(|| made.clone(), PathBuf::from);
    if given.is_none() {
        source::generate(&made);
    }
    push(&server, &alice, &key, &from);
    let bare = data.join("repos").join(format!("{key}.git"));
    let (commits, file) = (git(&bare, &["rev-list", "--count", "main"]), path_of(&bare, given));
    let files = git(&bare, &["ls-tree", "-r", "--name-only", "main"]).lines().count();
    println!("{commits} commits, {files} files, `{file}`; load {}", load_average());
    server = restarted(server).await;

    let commit = git(&bare, &["rev-parse", "main~3"]);
    let name = "large.git";
    let cgit = Cgit::start(folder.path(), &bare, name);
    let pages = pages(&key, &file, &commit, name);
    for page in &pages {
        let there = page.theirs.as_ref().zip(cgit.as_ref());
        warm(&server, page, there).await;
    }
    blames(&server, &bare, &file, pages.iter().find(|page| page.name == "blame").unwrap()).await;
    println!("after that: {:.0} MB resident", server.process.resident_bytes() / 1e6);
    for page in &pages {
        let (mut times, mut peak) = (Vec::new(), 0_f64);
        for _ in 0..STARTS {
            server = restarted(server).await;
            server.process.forget_peak();
            let before = server.process.resident_bytes();
            times.push(ask(&server.host, &page.ours, 1).await.remove(0));
            peak = peak.max(server.process.peak_bytes() - before);
        }
        let (middle, most) = (median(times.clone()), most(&times));
        println!("{}, cold: median {middle:.1} ms, most {most:.1} ms; {:.1} MB at its peak", page.name, peak / 1e6);
    }
    drop((server, cgit));
    at_rest(&folder.path().join("many")).await;
}

fn path_of(bare: &Path, given: Option<&str>) -> String {
    match given {
        None => FILE.to_owned(),
        // The file whose length is nearest to what is asked about.
        Some(_) => {
            let names = git(bare, &["ls-tree", "-r", "--name-only", "main"]);
            let lines =
                |name: &&str| git(bare, &["show", &format!("main:{name}")]).lines().count().abs_diff(FILE_LINES);
            names.lines().filter(|name| !name.contains(' ')).take(2000).min_by_key(lines).unwrap().to_owned()
        }
    }
}

fn pages(key: &str, file: &str, commit: &str, name: &str) -> Vec<Page> {
    let page = |called: &'static str, ours: String, theirs: String| Page {
        name: called,
        ours: format!("/repos/{key}{ours}"),
        theirs: Some(format!("/cgit.cgi/{name}/{theirs}")),
    };
    let dir = file.rsplit_once('/').map_or("", |(dir, _)| dir);
    vec![
        page("root with last commits", "/tree/main".into(), "tree/?h=main".into()),
        page("directory with last commits", format!("/tree/main/{dir}"), format!("tree/{dir}?h=main")),
        page("file of 1,000 lines", format!("/tree/main/{file}"), format!("tree/{file}?h=main")),
        page("commit", format!("/commits/{commit}"), format!("commit/?id={commit}")),
        page("log", "/log?at=main".into(), "log/?h=main".into()),
        page("history of a path", format!("/history/main/{file}"), format!("log/{file}?h=main")),
        page("blame", format!("/blame/main/{file}"), format!("blame/{file}?h=main")),
        Page { name: "front page", ours: format!("/repos/{key}"), theirs: None },
    ]
}

/// The same page again and again, here and there in turns.
async fn warm(server: &Server, page: &Page, there: Option<(&String, &Cgit)>) {
    let (mut times, mut cpu) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let hosts = [
        Some((&server.host, &page.ours, &server.process)),
        there.map(|(path, cgit)| (&cgit.host, path, &cgit.process)),
    ];
    for (host, path, _) in hosts.iter().flatten() {
        ask(host, path, CLIENTS).await;
    }
    for _ in 0..ROUNDS {
        for (at, (host, path, process)) in hosts.iter().enumerate().filter_map(|(at, host)| Some((at, (*host)?))) {
            let before = process.cpu_seconds();
            times[at].extend(ask(host, path, ROUND).await);
            // Children count when they have been waited for.
            tokio::time::sleep(Duration::from_millis(30)).await;
            cpu[at].push((process.cpu_seconds() - before) * 1e3 / ROUND as f64);
        }
    }
    let told = |at: usize| {
        let p95 = percentile(&times[at], 0.95);
        format!("p50 {:.1} ms, p95 {p95:.1} ms, {:.2} ms of CPU", percentile(&times[at], 0.5), median(cpu[at].clone()))
    };
    let beside =
        there.map(|_| format!("; cgit {}; CPU {:.2} of its", told(1), median(cpu[0].clone()) / median(cpu[1].clone())));
    println!("{}: {}{}", page.name, told(0), beside.unwrap_or_default());
}

/// Blame that nobody has asked for yet, each time of another commit, and git's own of the same, in turns.
async fn blames(server: &Server, bare: &Path, file: &str, page: &Page) {
    let (mut ours, mut own) = (Vec::new(), Vec::new());
    for back in 1..=2 * STARTS {
        let commit = git(bare, &["rev-parse", &format!("main~{back}")]);
        let path = page.ours.replace("/main/", &format!("/{commit}/"));
        ours.push(ask(&server.host, &path, 1).await.remove(0));
        let began = Instant::now();
        git(bare, &["blame", "--porcelain", &commit, "--", file]);
        own.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let pairs = ours.iter().zip(&own).map(|(ours, own)| ours / own).collect();
    let (ours, own) = (median(ours), median(own));
    println!("blame, cold: {ours:.1} ms, `git blame --porcelain` {own:.1} ms; median ratio {:.2}", median(pairs));
}

/// A server with many repositories, each with something in it, of which nobody wants anything.
async fn at_rest(data: &Path) {
    let server = Server::start(data, &free_host()).await;
    let alice = server.person("alice");
    let factory = alice.factory(&server.base()).await;
    let small = data.join("small");
    source::small(&small);
    for number in 0..AT_REST {
        let repository = alice.make(&factory, "Repository", &format!("small {number}")).await;
        let key = repository.as_str().rsplit('/').next().unwrap();
        if number == 0 {
            push(&server, &alice, key, &small);
        } else {
            let repos = data.join("repos");
            let first = std::fs::read_dir(&repos).unwrap().next().unwrap().unwrap().path();
            let copied = Command::new("cp").arg("-r").arg(first).arg(repos.join(format!("{key}.git"))).status();
            assert!(copied.unwrap().success());
        }
    }
    let before = server.process.resident_bytes() / 1e6;
    let server = restarted(server).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = server.process.resident_bytes() / 1e6;
    println!("{AT_REST} repositories: {before:.0} MB resident when they were made, {after:.0} MB after a start");
}

async fn restarted(server: Server) -> Server {
    let (data, host) = (server.data.clone(), server.host.clone());
    server.stop();
    let server = Server::start(&data, &host).await;
    // What a start leaves to be done later is done.
    tokio::time::sleep(Duration::from_millis(500)).await;
    server
}

/// Asks for a page so often, by all clients together: milliseconds of each.
pub async fn ask(host: &str, path: &str, times: usize) -> Vec<f64> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n");
    let clients = CLIENTS.min(times);
    let tasks = (0..clients).map(|client| {
        let (host, request) = (host.to_owned(), request.clone());
        tokio::spawn(async move { asks(&host, &request, client, times / clients).await })
    });
    let mut all = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        all.extend(task.await.unwrap());
    }
    all
}

async fn asks(host: &str, request: &str, client: usize, times: usize) -> Vec<f64> {
    static ADDRESSES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let mut found = Vec::new();
    while found.len() < times {
        let number = ADDRESSES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // A network of its own: those in one share a budget.
        let [_, _, high, low] = number.to_be_bytes();
        let from = Ipv4Addr::new(127, 1 + high, low, 1);
        let mut wire = Wire::connect_from(from, host).await.unwrap();
        for _ in 0..FROM_ONE.min(times - found.len()) {
            let began = Instant::now();
            let status = wire.ask(request.as_bytes()).await.unwrap();
            found.push(began.elapsed().as_secs_f64() * 1e3);
            assert!(status == 200, "client {client}: {status} for {request}");
        }
    }
    found
}

/// The figure below which this part of them lies.
pub fn percentile(figures: &[f64], part: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn most(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(0.0, f64::max)
}

/// cgit, as Debian has it, behind lighttpd.
struct Cgit {
    host: String,
    process: Process,
}

impl Cgit {
    fn start(folder: &Path, bare: &Path, name: &str) -> Option<Self> {
        if !Path::new(CGIT).exists() || Command::new("lighttpd").arg("-v").stdout(Stdio::null()).status().is_err() {
            println!("cgit and lighttpd are not installed: what is said of them is left out");
            return None;
        }
        let host = free_host();
        let port = host.rsplit(':').next().unwrap();
        let (config, rc) = (folder.join("lighttpd.conf"), folder.join("cgitrc"));
        let bare = bare.display();
        let settings =
            format!("enable-blame=1\nenable-index-owner=0\ncache-size=0\nrepo.url={name}\nrepo.path={bare}\n");
        std::fs::write(&rc, settings).unwrap();
        let lines = [
            "server.modules = (\"mod_setenv\", \"mod_cgi\")".to_owned(),
            "server.document-root = \"/usr/lib/cgit\"".to_owned(),
            format!("server.bind = \"127.0.0.1\"\nserver.port = {port}"),
            format!("setenv.set-environment = (\"CGIT_CONFIG\" => \"{}\")", rc.display()),
            "cgi.assign = (\".cgi\" => \"\")".to_owned(),
        ];
        std::fs::write(&config, lines.join("\n")).unwrap();
        let child = Command::new("lighttpd").arg("-D").arg("-f").arg(&config).stdin(Stdio::null()).spawn().unwrap();
        let process = Process(child);
        let until = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(&host).is_err() {
            assert!(Instant::now() < until, "lighttpd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { host, process })
    }
}

fn push(server: &Server, alice: &Person, key: &str, from: &Path) {
    let to = format!("http://alice:{}@{}/repos/{key}.git", alice.token, server.host);
    git(from, &["push", "-q", &to, "HEAD:refs/heads/main"]);
}

/// Runs git, and gives what it says.
fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(words).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let done = command.env("GIT_TERMINAL_PROMPT", "0").stderr(Stdio::inherit()).output().unwrap();
    assert!(done.status.success(), "git {words:?}");
    String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
}
