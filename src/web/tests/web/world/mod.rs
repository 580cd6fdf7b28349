//! A server of one or two domains in memory, and those who ask it something.
//! - [`ports`]: what lies beyond the front, played; [`markup`]: what is wrong with a page

mod markup;
mod ports;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use ports::{Played, Roads};
use pritchel_actor::{ActId, ActorId, Node, NodeParts, Outcome, Settings, Stored};
use pritchel_actors::domain::Register;
use pritchel_actors::person::IssueToken;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::person::view::PermitFor;
use pritchel_actors::{Domain, Person, UriNaming, client};
use pritchel_box_store::BoxStore;
use pritchel_box_store::memory::MemoryStore;
use pritchel_git::git::Git;
use pritchel_git::limits::Bounds;
use pritchel_git::place::Repos;
use pritchel_web::ports::{Front, ServedDomain, WebSettings};
use pritchel_web::server::router;
use pritchel_web::viewer::hash_of;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt;

pub use ports::PUMP_TOKEN;

/// The first host.
pub const HOST: &str = "a.example";
/// Its origin.
pub const ORIGIN: &str = "https://a.example";
/// The media type of documents.
pub const ACTIVITY: &str = "application/activity+json";

/// A server.
pub struct World {
    /// What its handlers reach.
    pub front: Front,
    /// Its router.
    pub router: Router,
    /// What lies beyond.
    pub ports: Arc<Played>,
    /// Where its repositories lie.
    pub dir: TempDir,
}

/// An answer, read.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// A request being made.
pub struct Ask<'w> {
    router: &'w Router,
    request: http::request::Builder,
    body: Body,
}

impl Ask<'_> {
    /// With a header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// For the document, not the page.
    pub fn activity(self) -> Self {
        self.with("accept", ACTIVITY)
    }

    /// By the holder of a token.
    pub fn by(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// From this address.
    pub fn from(mut self, address: &str) -> Self {
        let from = std::net::SocketAddr::new(address.parse().unwrap(), 7);
        self.request = self.request.extension(axum::extract::ConnectInfo(from));
        self
    }

    /// With this body.
    pub fn body(mut self, media_type: &str, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.with("content-type", media_type)
    }

    /// Sends it, and gives the response as it comes.
    pub async fn open(self) -> Response {
        let request = self.request.body(self.body).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends it, and reads the answer. A page has to be in order as HTML, whatever the test is about.
    pub async fn answer(self) -> Answer {
        let asked = format!("{:?} {:?}", self.request.method_ref(), self.request.uri_ref());
        let (parts, body) = self.open().await.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        // Files of repositories are answered as text, so what says that it is a page is one of ours.
        if answer.header("content-type").starts_with("text/html") && !answer.body.is_empty() {
            let faults = markup::faults(&answer.text());
            assert!(faults.is_empty(), "{asked}: {faults:#?}\n{}", answer.text());
        }
        answer
    }
}

impl World {
    /// A server of `a.example` and `b.example`, nobody on it yet.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub async fn with(change: impl FnOnce(&mut WebSettings)) -> Self {
        let store = BoxStore::open(Arc::new(MemoryStore::new()), Arc::new(Roads)).await.unwrap();
        let domains: Vec<ServedDomain> = [HOST, "b.example"].map(served).to_vec();
        let planted = domains.iter().map(|domain| (domain.actor.clone(), domain_state())).collect();
        store.plant(planted, Vec::new()).await.unwrap();
        let ports = Arc::new(Played::new(store.clone()));
        let node = Node::start(NodeParts {
            boxes: Arc::new(store),
            documents: ports.clone(),
            clock: ports.clone(),
            naming: Arc::new(UriNaming),
            kinds: pritchel_actors::kinds(),
            on_left: Arc::new(|_| {}),
            settings: Settings::default(),
        })
        .await
        .unwrap();
        ports.wake_by(&node);
        let dir = tempfile::tempdir().unwrap();
        let repos = Arc::new(Repos::open(&dir.path().join("repos")).unwrap());
        let git = Git::open(&dir.path().join("run"), &hook_exe(), Bounds::default()).await.unwrap();
        let mut settings = WebSettings {
            domains,
            migration: false,
            costly_sign_in: false,
            forgejo_compatible: false,
            pump_token_hash: Some(hash_of(PUMP_TOKEN)),
            setup_hash: None,
            secure_cookies: true,
            source_url: Some("https://source.example/pritchel".to_owned()),
            ssh_port: None,
            source_archive: b"an archive",
        };
        change(&mut settings);
        let front =
            Front { node, ports: ports.clone(), git, repos, settings: Arc::new(settings), kept: Arc::default() };
        Self { router: router(front.clone()), front, ports, dir }
    }

    /// A request of the first host.
    pub fn ask(&self, method: Method, target: &str) -> Ask<'_> {
        let target = target.strip_prefix(ORIGIN).unwrap_or(target);
        let request = Request::builder().method(method).uri(target).header("host", HOST);
        Ask { router: &self.router, request, body: Body::empty() }
    }

    /// A request without any header.
    pub fn bare(&self, method: Method, target: &str) -> Ask<'_> {
        Ask { router: &self.router, request: Request::builder().method(method).uri(target), body: Body::empty() }
    }

    /// `GET` of a document.
    pub async fn get(&self, target: &str) -> Answer {
        self.ask(Method::GET, target).activity().answer().await
    }

    /// A new person of the first domain.
    pub async fn person(&self, name: &str) -> ActorId {
        let domain = ActorId::new(format!("{ORIGIN}/actor"));
        let register = Register::by_operator(name, None, false);
        let made = self.front.node.call::<Domain, _>(&domain, &domain, register).await.unwrap();
        let Outcome::Done(id) = made else { panic!("{made:?}") };
        self.settle().await;
        id
    }

    /// A token of a person.
    pub async fn token(&self, person: &ActorId, scopes: &[Scope]) -> String {
        let secret = pritchel_web::session::secret(&self.front);
        let issue = IssueToken::lasting(hash_of(&secret), "test", scopes);
        assert_eq!(self.front.node.call::<Person, _>(person, person, issue).await, Ok(Outcome::Done(())));
        format!("{}.{secret}", person.as_str().rsplit('/').next().unwrap())
    }

    /// Posts to a person's outbox.
    pub async fn post(&self, person: &ActorId, token: &str, document: &Value) -> Answer {
        let ask = self.ask(Method::POST, &format!("{person}/outbox")).by(token);
        let answer = ask.body(ACTIVITY, document.to_string()).answer().await;
        self.settle().await;
        answer
    }

    /// Posts what must be taken, and gives its address.
    pub async fn publishes(&self, person: &ActorId, document: &Value) -> ActId {
        let token = self.token(person, &[Scope::Write]).await;
        let answer = self.post(person, &token, document).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        ActId::new(answer.header("location"))
    }

    /// A resource made by a factory of the person's own.
    /// - `visibility`: `public`, `closed` or `private`
    pub async fn makes(&self, person: &ActorId, kind: &str, name: &str, visibility: &str) -> ActorId {
        let domain = ActorId::new(format!("{ORIGIN}/actor"));
        if kind == "Factory" {
            return self.made_by(person, &client::open_factory(&domain, name)).await;
        }
        let factory = self.made_by(person, &client::open_factory(&domain, "Kitchen")).await;
        let permit = self.permit(person, &factory).await;
        let mut create = client::create(&factory, kind, name, None, &permit);
        create["object"]["visibility"] = visibility.into();
        self.made_by(person, &create).await
    }

    /// What came of a `Create`.
    async fn made_by(&self, person: &ActorId, create: &Value) -> ActorId {
        let act = self.publishes(person, create).await;
        let view = pritchel_actors::person::view::ViewSent { viewer: Some(person.clone()), act };
        let sent = self.front.node.look::<Person, _>(person, &view).await.unwrap().unwrap();
        match sent.state {
            pritchel_actors::person::rows::SentState::Done { result: Some(result), .. } => ActorId::new(result),
            other => panic!("{create}: {other:?}"),
        }
    }

    /// The Grant a person holds on a resource.
    pub async fn permit(&self, person: &ActorId, resource: &ActorId) -> ActId {
        let view = PermitFor { viewer: Some(person.clone()), resource: resource.clone() };
        self.front.node.look::<Person, _>(person, &view).await.unwrap().expect("a permit").0
    }

    /// A team of `admin`, linked with a resource of theirs in this role, and its members, each in a role of their own.
    pub async fn team_over(
        &self,
        admin: &ActorId,
        resource: &ActorId,
        role: &str,
        members: &[(&ActorId, &str)],
    ) -> ActorId {
        let team = self.makes(admin, "Team", "Cooks", "public").await;
        let permit = self.permit(admin, &team).await;
        for (member, role) in members {
            let invite = self.publishes(admin, &client::invite(&team, member, role, &permit)).await;
            self.publishes(member, &client::accept(&invite, &[&team])).await;
        }
        let add = client::add(resource, "teams", &team, role, &self.permit(admin, resource).await);
        let add = self.publishes(admin, &add).await;
        self.publishes(admin, &client::agree(&add, &team, resource, &permit)).await;
        team
    }

    /// A document that everybody may see.
    pub async fn document(&self, uri: &str) -> Value {
        let answer = self.ask(Method::GET, uri).activity().answer().await;
        assert_eq!(answer.status, 200, "{uri}: {}", answer.text());
        answer.json()
    }

    /// Lets everything woken run.
    pub async fn settle(&self) {
        self.front.node.run_waiting(Duration::from_secs(20)).await;
    }
}

fn served(host: &str) -> ServedDomain {
    let origin = format!("https://{host}");
    ServedDomain { actor: ActorId::new(format!("{origin}/actor")), origin, host: host.to_owned(), display: None }
}

fn domain_state() -> Stored {
    Stored::new(&Domain::default()).unwrap()
}

/// The program that git's hook runs: the smallest one, of the git room.
fn hook_exe() -> PathBuf {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let built = || {
        let test = std::env::current_exe().unwrap();
        let exe = test.parent().unwrap().parent().unwrap().join("examples/git_hook");
        if !exe.is_file() {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let build = ["build", "-q", "-p", "pritchel-git", "--example", "git_hook"];
            let built = std::process::Command::new(cargo).args(build).current_dir(env!("CARGO_MANIFEST_DIR")).status();
            assert!(built.unwrap().success() && exe.is_file(), "the example git_hook could not be built");
        }
        exe
    };
    BUILT.get_or_init(built).clone()
}
