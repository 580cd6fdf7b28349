//! What the tests with the real git share: a small HTTP server around the room, and a git client of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use pritchel_git::git::{Git, ServeError};
use pritchel_git::hook::{Decision, Proposal};
use pritchel_git::limits::Bounds;
use pritchel_git::names::{ObjectId, RefName};
use pritchel_git::output::Output as GitOutput;
use pritchel_git::place::{Repo, RepoKey, Repos};
use pritchel_git::process::Ended;
use pritchel_git::push::PushEnd;
use pritchel_git::smart_http::{Protocol, Service};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// One second of the year 2020; commits of the tests are counted from it.
pub const T0: i64 = 1_577_836_800;

type Decide = Arc<dyn Fn(Proposal) -> Decision + Send + Sync>;

/// A server with one repository, `tea`.
pub struct World {
    pub dir: TempDir,
    pub repos: Repos,
    pub repo: Repo,
    pub git: Git,
    pub addr: SocketAddr,
    /// What decides about pushes; allows all at first.
    pub decide: Arc<Mutex<Decide>>,
    /// Headers of the requests: method and path, `Git-Protocol`, `Content-Encoding`.
    pub seen: Arc<Mutex<Vec<(String, String, String)>>>,
    pub push_ends: mpsc::UnboundedReceiver<PushEnd>,
    pub fetch_ends: mpsc::UnboundedReceiver<Ended>,
}

#[derive(Clone)]
struct Handler {
    repos: Repos,
    git: Git,
    decide: Arc<Mutex<Decide>>,
    seen: Arc<Mutex<Vec<(String, String, String)>>>,
    push_ends: mpsc::UnboundedSender<PushEnd>,
    fetch_ends: mpsc::UnboundedSender<Ended>,
}

impl World {
    pub async fn new() -> World {
        World::with(Bounds::default()).await
    }

    pub async fn with(bounds: Bounds) -> World {
        let dir = tempfile::tempdir().unwrap();
        let repos = Repos::open(&dir.path().join("repos")).unwrap();
        let repo = repos.create(&"tea".parse().unwrap(), &RefName::branch("main").unwrap()).unwrap();
        let git = Git::open(&dir.path().join("run"), &hook_exe(), bounds).await.unwrap();
        let decide: Arc<Mutex<Decide>> = Arc::new(Mutex::new(Arc::new(|_| Decision::Allow)));
        let seen = Arc::default();
        let (push_sender, push_ends) = mpsc::unbounded_channel();
        let (fetch_sender, fetch_ends) = mpsc::unbounded_channel();
        let handler = Handler {
            repos: repos.clone(),
            git: git.clone(),
            decide: decide.clone(),
            seen: Arc::clone(&seen),
            push_ends: push_sender,
            fetch_ends: fetch_sender,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let handler = handler.clone();
                let service = service_fn(move |request| {
                    let handler = handler.clone();
                    async move { Ok::<_, Infallible>(handler.answer(request).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        World { dir, repos, repo, git, addr, decide, seen, push_ends, fetch_ends }
    }

    pub fn url(&self) -> String {
        format!("http://{}/tea.git", self.addr)
    }

    pub fn decide_by(&self, decide: impl Fn(Proposal) -> Decision + Send + Sync + 'static) {
        *self.decide.lock().unwrap() = Arc::new(decide);
    }

    /// A new working copy, not yet connected to the server.
    pub fn work(&self, name: &str) -> Work {
        Work::new(self.dir.path().join(name))
    }

    /// A working copy with some commits on `main`, pushed into the repository.
    pub async fn seeded(&mut self, commits: i64) -> Work {
        let work = self.work("seed");
        for n in 0..commits {
            work.commit(&format!("file{n}.txt"), &format!("content {n}\n"), &format!("Add file {n}"), T0 + n);
        }
        ok(&work.push(&self.url(), &["main"]).await);
        let end = self.push_ends.recv().await.unwrap();
        assert_eq!(end.moved.unwrap().len(), 1, "the seed is in place");
        work
    }

    /// A git command on the server's repository.
    pub fn bare(&self, args: &[&str]) -> String {
        let mut all = vec!["--git-dir", self.repo.path().to_str().unwrap()];
        all.extend(args);
        text(&command(self.dir.path()).args(all).output().unwrap())
    }

    pub fn main_id(&self) -> ObjectId {
        self.bare(&["rev-parse", "refs/heads/main"]).parse().unwrap()
    }
}

impl Handler {
    async fn answer(&self, request: Request<Incoming>) -> Response<BoxBody<Bytes, std::io::Error>> {
        match self.serve(request).await {
            Ok(response) => response,
            Err(status) => Response::builder().status(status).body(empty()).unwrap(),
        }
    }

    async fn serve(&self, request: Request<Incoming>) -> Result<Response<BoxBody<Bytes, std::io::Error>>, StatusCode> {
        let header = |name: &str| {
            let value = request.headers().get(name);
            value.map(|value| value.to_str().unwrap_or_default().to_owned())
        };
        let (protocol, coding) = (header("git-protocol"), header("content-encoding"));
        let line = format!("{} {}", request.method(), request.uri());
        self.seen.lock().unwrap().push((
            line,
            protocol.clone().unwrap_or_default(),
            coding.clone().unwrap_or_default(),
        ));
        let protocol = Protocol::from_header(protocol.as_deref());
        let gzip = coding.as_deref() == Some("gzip");

        let path = request.uri().path().to_owned();
        let (key, rest) = path.trim_start_matches('/').split_once(".git/").ok_or(StatusCode::NOT_FOUND)?;
        let key: RepoKey = key.parse().map_err(|_| StatusCode::NOT_FOUND)?;
        let repo = self.repos.find(&key).map_err(|_| StatusCode::NOT_FOUND)?;
        if rest == "info/refs" {
            let name = request.uri().query().and_then(|query| query.strip_prefix("service=")).unwrap_or_default();
            let service = Service::from_name(name).ok_or(StatusCode::FORBIDDEN)?;
            let served = self.git.advertise(&repo, service, protocol).await.map_err(|e| status(&e))?;
            return Ok(respond(served.content_type, served.body));
        }
        let service = Service::from_name(rest).ok_or(StatusCode::NOT_FOUND)?;
        let chunks = TryStreamExt::map_err(request.into_body().into_data_stream(), std::io::Error::other);
        let body = tokio_util::io::StreamReader::new(chunks);
        match service {
            Service::UploadPack => {
                let served = self.git.fetch(&repo, protocol, body, gzip).await.map_err(|e| status(&e))?;
                let ends = self.fetch_ends.clone();
                tokio::spawn(async move { ends.send(served.done.await.unwrap()) });
                Ok(respond(served.content_type, served.body))
            }
            Service::ReceivePack => {
                let decide = self.decide.lock().unwrap().clone();
                let decide = move |proposal| async move { decide(proposal) };
                let receiving = self.git.receive(&repo, protocol, body, gzip, decide).await.map_err(|e| status(&e))?;
                let ends = self.push_ends.clone();
                tokio::spawn(async move { ends.send(receiving.done.await.unwrap()) });
                Ok(respond(receiving.content_type, receiving.body))
            }
        }
    }
}

fn status(error: &ServeError) -> StatusCode {
    match error {
        ServeError::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
        ServeError::Missing(_) => StatusCode::NOT_FOUND,
        ServeError::Start(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn empty() -> BoxBody<Bytes, std::io::Error> {
    Full::new(Bytes::new()).map_err(|never| match never {}).boxed()
}

fn respond(content_type: &str, body: GitOutput) -> Response<BoxBody<Bytes, std::io::Error>> {
    let body = StreamBody::new(body.map_ok(Frame::data));
    Response::builder().header("content-type", content_type).body(BoxBody::new(body)).unwrap()
}

/// A working copy with a git client that knows nothing of this machine's settings.
pub struct Work {
    pub path: PathBuf,
}

impl Work {
    pub fn new(path: PathBuf) -> Work {
        std::fs::create_dir_all(&path).unwrap();
        let work = Work { path };
        work.git(&["init", "-q", "-b", "main"]);
        work
    }

    /// Runs git; it must succeed. Returns what it prints, without the last line feed.
    pub fn git(&self, args: &[&str]) -> String {
        text(&command(&self.path).args(args).output().unwrap())
    }

    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes a file and commits everything at the given second.
    pub fn commit(&self, file: &str, content: &str, message: &str, time: i64) -> ObjectId {
        self.write(file, content);
        self.git(&["add", "-A"]);
        self.commit_index(message, time)
    }

    pub fn commit_index(&self, message: &str, time: i64) -> ObjectId {
        let date = format!("{time} +0100");
        let output = command(&self.path)
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .args(["commit", "-q", "--allow-empty", "-m", message])
            .output()
            .unwrap();
        text(&output);
        self.id("HEAD")
    }

    pub fn id(&self, name: &str) -> ObjectId {
        self.git(&["rev-parse", name]).parse().unwrap()
    }

    pub async fn push(&self, url: &str, what: &[&str]) -> Output {
        let mut args = vec!["push", url];
        args.extend(what);
        self.try_git(&args).await
    }

    /// Runs git against the server; may fail.
    pub async fn try_git(&self, args: &[&str]) -> Output {
        client(&self.path, args).await
    }

    /// A push request with one command, as a client sends it.
    pub fn push_request(&self, name: &str, old: Option<ObjectId>, new: ObjectId) -> Vec<u8> {
        let old = old.map_or("0".repeat(40), |id| id.to_string());
        let line = format!("{old} {new} {name}\0 report-status side-band-64k agent=test\n");
        let mut request = format!("{:04x}{line}0000", line.len() + 4).into_bytes();
        let args = ["pack-objects", "--stdout", "--revs", "-q"];
        request.extend(feed(&self.path, &args, format!("{new}\n").as_bytes()).stdout);
        request
    }
}

/// Runs git with an input; it must succeed.
pub fn feed(dir: &Path, args: &[&str], input: &[u8]) -> Output {
    use std::process::Stdio;
    let mut git = command(dir).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut git.stdin.take().unwrap(), input).unwrap();
    let output = git.wait_with_output().unwrap();
    ok(&output);
    output
}

/// Runs a git client without blocking the server.
pub async fn client(dir: &Path, args: &[&str]) -> Output {
    tokio::process::Command::from(command(dir)).args(args).kill_on_drop(true).output().await.unwrap()
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env("GIT_AUTHOR_NAME", "Alice")
        .env("GIT_AUTHOR_EMAIL", "alice@example.org")
        .env("GIT_COMMITTER_NAME", "Bob")
        .env("GIT_COMMITTER_EMAIL", "bob@example.org")
        .env("GIT_AUTHOR_DATE", format!("{T0} +0000"))
        .env("GIT_COMMITTER_DATE", format!("{T0} +0000"))
        .current_dir(dir);
    command
}

/// Asserts success and returns what was printed.
pub fn text(output: &Output) -> String {
    ok(output);
    String::from_utf8(output.stdout.clone()).unwrap().trim_end().to_owned()
}

pub fn ok(output: &Output) {
    assert!(output.status.success(), "{}", said(output));
}

/// What a client's user reads.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Reads a response of git to its end.
pub async fn read_all(body: GitOutput) -> std::io::Result<Vec<u8>> {
    let chunks: Vec<Bytes> = body.try_collect().await?;
    Ok(chunks.concat())
}

/// The example program `git_hook`, which cargo builds with the tests; built now if only one test was asked for.
pub fn hook_exe() -> PathBuf {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    BUILT
        .get_or_init(|| {
            let test = std::env::current_exe().unwrap();
            let exe = test.parent().unwrap().parent().unwrap().join("examples/git_hook");
            if !exe.is_file() {
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                let built = Command::new(cargo)
                    .args(["build", "-q", "-p", env!("CARGO_PKG_NAME"), "--example", "git_hook"])
                    .current_dir(env!("CARGO_MANIFEST_DIR"))
                    .status()
                    .unwrap();
                assert!(built.success() && exe.is_file(), "the example git_hook could not be built");
            }
            exe
        })
        .clone()
}
