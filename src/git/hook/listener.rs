//! The server's side of the hook: a Unix socket, and the pushes under way, each known by its token.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::offers::{Offered, Offers, OffersAnswer};
use super::{Answer, Decision, OFFERS, Proposal, Question};
use crate::limits::{
    HOOK_CONNECTIONS_MAX, HOOK_LINE_BYTES_MAX, HOOK_LINE_TIME, PUSH_OPTION_BYTES_MAX, PUSH_OPTIONS_MAX,
    PUSH_UPDATES_MAX, SOCKET_PATH_BYTES_MAX,
};
use crate::names::RefUpdate;
use crate::place::Repo;
use crate::read::Reader;

/// Why the socket could not be opened, or a push not be announced to it.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The system allows no longer path for a socket.
    #[error("the path of the hook socket may have {SOCKET_PATH_BYTES_MAX} bytes, `{path}` has {bytes}")]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// Another server listens there.
    #[error("another server listens on `{0}`")]
    InUse(PathBuf),
    /// Something that is no socket is in the way.
    #[error("`{0}` is in the way of the hook socket")]
    InTheWay(PathBuf),
    /// The system said no.
    #[error("hook socket `{path}`: {source}")]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A decision being made.
pub type DecisionFuture = Pin<Box<dyn Future<Output = Decision> + Send>>;
type Decide = Box<dyn FnOnce(Proposal) -> DecisionFuture + Send>;

/// The socket on which hooks ask, mode 0600. Closed and removed when dropped.
#[derive(Debug)]
pub struct Listener {
    socket: PathBuf,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    pushes: Mutex<HashMap<String, Pending>>,
    offering: Mutex<HashMap<String, Offering>>,
    decide_time: Duration,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("pushes", &self.pushes().len()).finish_non_exhaustive()
    }
}

/// A push whose hook has not asked yet.
struct Pending {
    repo: Repo,
    decide: Decide,
    offers: Option<Offers>,
    record: Arc<Record>,
}

/// A push that was allowed, and whose other hook has yet to ask what becomes of these offers.
struct Offering {
    updates: Vec<RefUpdate>,
    offers: Option<Offers>,
    record: Arc<Record>,
}

/// What became known about a push while it ran.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// What was proposed, once the callback is asked.
    pub proposal: OnceLock<Proposal>,
    /// What was decided; empty if the hook never asked.
    pub decision: OnceLock<Decision>,
    /// Set before git hears that it may go on.
    pub allowed: Arc<AtomicBool>,
    /// Locked while the decision is being made.
    deciding: Arc<tokio::sync::Mutex<()>>,
}

impl Listener {
    /// Opens the socket. One that a dead server left is replaced; its directory should be of mode 0700.
    /// - `decide_time`: how long a callback may take
    pub fn bind(socket: &Path, decide_time: Duration) -> Result<Listener, HookError> {
        let bytes = socket.as_os_str().len();
        if bytes > SOCKET_PATH_BYTES_MAX {
            return Err(HookError::PathTooLong { path: socket.to_owned(), bytes });
        }
        let at = |source| HookError::Io { path: socket.to_owned(), source };
        match fs::symlink_metadata(socket) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(error)),
            Ok(meta) if !meta.file_type().is_socket() => return Err(HookError::InTheWay(socket.to_owned())),
            Ok(_) if std::os::unix::net::UnixStream::connect(socket).is_ok() => {
                return Err(HookError::InUse(socket.to_owned()));
            }
            Ok(_) => fs::remove_file(socket).map_err(at)?,
        }
        let listener = UnixListener::bind(socket).map_err(at)?;
        fs::set_permissions(socket, fs::Permissions::from_mode(0o600)).map_err(at)?;
        let shared = Arc::new(Shared { pushes: Mutex::default(), offering: Mutex::default(), decide_time });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Listener { socket: socket.to_owned(), shared, accepting })
    }

    /// The path of the socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Announces a push. Its hook, which alone knows the token, will have `decide` called, once.
    /// What is offered to be merged is handed to `offers`, if there is one.
    pub(crate) fn expect(
        &self,
        repo: Repo,
        decide: Decide,
        offers: Option<Offers>,
    ) -> Result<Expected, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let token: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let record = Arc::new(Record::default());
        self.shared.pushes().insert(token.clone(), Pending { repo, decide, offers, record: record.clone() });
        Ok(Expected { token, record, shared: self.shared.clone() })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
        // Best effort: the next server replaces it.
        let _ = fs::remove_file(&self.socket);
    }
}

/// An announced push. When dropped its token is worth nothing any more.
pub(crate) struct Expected {
    pub token: String,
    pub record: Arc<Record>,
    shared: Arc<Shared>,
}

impl Expected {
    /// Withdraws the token, and waits until a decision under way has been made: after this nothing is decided any more.
    pub async fn close(self) -> Arc<Record> {
        self.shared.withdraw(&self.token);
        drop(self.record.deciding.lock().await);
        self.record.clone()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.shared.withdraw(&self.token);
    }
}

impl Shared {
    fn pushes(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        // Nothing that holds the lock can leave the map half changed.
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one question: the token opens one push, once.
    async fn answer(&self, question: Question) -> Decision {
        let Question { token, updates, quarantine, options, .. } = question;
        let (pending, _deciding) = {
            let mut pushes = self.pushes();
            let Some(pending) = pushes.remove(&token) else {
                return Decision::refuse("the server knows of no such push");
            };
            // Taken while the token is, so that `close` either finds the token or waits for us.
            let deciding = pending.record.deciding.clone().try_lock_owned();
            (pending, deciding)
        };
        let Pending { repo, decide, offers, record } = pending;
        let proposal = Proposal { updates, quarantine, options };
        let checked = tokio::task::spawn_blocking(move || check(&repo, &proposal).map(|()| proposal)).await;
        let decision = match checked {
            Ok(Ok(proposal)) => {
                // Set once: the token was removed above.
                let _ = record.proposal.set(proposal.clone());
                self.decide(decide(proposal)).await
            }
            Ok(Err(reason)) => Decision::Refuse { reason },
            Err(_) => Decision::refuse("the server failed while it looked at the push"),
        };
        if decision == Decision::Allow {
            self.await_offers(token, offers, &record);
        }
        record.allowed.store(decision == Decision::Allow, Ordering::Release);
        let _ = record.decision.set(decision.clone());
        decision
    }

    fn withdraw(&self, token: &str) {
        self.pushes().remove(token);
        self.offering().remove(token);
    }

    fn offering(&self) -> MutexGuard<'_, HashMap<String, Offering>> {
        self.offering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same token opens the push once more, if it offers something.
    fn await_offers(&self, token: String, offers: Option<Offers>, record: &Arc<Record>) {
        let proposed = record.proposal.get().map(|proposal| proposal.updates.as_slice()).unwrap_or_default();
        let updates: Vec<RefUpdate> =
            proposed.iter().filter(|update| update.name.as_str().starts_with(OFFERS)).cloned().collect();
        if !updates.is_empty() {
            self.offering().insert(token, Offering { updates, offers, record: record.clone() });
        }
    }

    /// What becomes of offers: of those that were allowed, and no others.
    async fn offered(&self, question: Question) -> Vec<Offered> {
        let refused = |why: &str| {
            let refuse = |update: &RefUpdate| Offered { name: update.name.clone(), outcome: Err(why.to_owned()) };
            question.updates.iter().map(refuse).collect()
        };
        let (offering, _deciding) = {
            let mut offering = self.offering();
            let Some(offering) = offering.remove(&question.token) else {
                return refused("the server knows of no such push");
            };
            let deciding = offering.record.deciding.clone().try_lock_owned();
            (offering, deciding)
        };
        if question.updates.iter().any(|update| !offering.updates.contains(update)) {
            return refused("this was not what was allowed");
        }
        let Some(offers) = offering.offers else { return refused("nothing is offered here") };
        let mut running = tokio::spawn(offers(question.updates.clone(), question.options.clone()));
        match tokio::time::timeout(self.decide_time, &mut running).await {
            Ok(Ok(offered)) => offered,
            Ok(Err(_)) => refused("the server failed while it took it"),
            Err(_) => {
                running.abort();
                let _ = running.await;
                refused("this took too long: look whether it is there, or push again")
            }
        }
    }

    /// Runs a callback within its time. One that fails or takes longer refuses, and does not run on.
    async fn decide(&self, deciding: DecisionFuture) -> Decision {
        let mut deciding = tokio::spawn(deciding);
        match tokio::time::timeout(self.decide_time, &mut deciding).await {
            Ok(Ok(decision)) => decision,
            Ok(Err(_)) => Decision::refuse("the server failed while it decided about the push"),
            Err(_) => {
                deciding.abort();
                // Wait until it is really over; whether it was aborted or just ready makes no difference.
                let _ = deciding.await;
                Decision::refuse(format!("the decision took longer than {} s, try again", self.decide_time.as_secs()))
            }
        }
    }
}

/// What can be said without asking anybody. The reason is for the pusher.
fn check(repo: &Repo, proposal: &Proposal) -> Result<(), String> {
    let count = proposal.updates.len();
    if !(1..=PUSH_UPDATES_MAX).contains(&count) {
        return Err(format!("a push may update 1 to {PUSH_UPDATES_MAX} references, this one updates {count}"));
    }
    let options = &proposal.options;
    if options.len() > PUSH_OPTIONS_MAX || options.iter().any(|option| option.len() > PUSH_OPTION_BYTES_MAX) {
        return Err(format!("a push may carry {PUSH_OPTIONS_MAX} options of {PUSH_OPTION_BYTES_MAX} bytes"));
    }
    let broken = |error: &dyn std::fmt::Display| {
        tracing::warn!(repo = %repo.key(), %error, "A push could not be checked");
        "the repository could not be read".to_owned()
    };
    if let Some(quarantine) = &proposal.quarantine {
        let inside =
            quarantine.canonicalize().and_then(|q| Ok(q.starts_with(repo.path().join("objects").canonicalize()?)));
        if !inside.map_err(|error| broken(&error))? {
            return Err("the quarantine is not in the repository".to_owned());
        }
    }
    let reader = Reader::open(repo).map_err(|error| broken(&error))?;
    let mut names = std::collections::HashSet::new();
    for RefUpdate { name, old, .. } in &proposal.updates {
        if !names.insert(name) {
            return Err(format!("`{name}` is updated twice"));
        }
        // Git would refuse only this one, later; then what was decided about the others would rest on less.
        if reader.target(name).map_err(|error| broken(&error))? != *old {
            return Err(format!("`{name}` has moved meanwhile, fetch first"));
        }
    }
    Ok(())
}

async fn accept(listener: UnixListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(HOOK_CONNECTIONS_MAX));
    loop {
        // The semaphore is never closed.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    if let Err(error) = converse(&shared, stream).await {
                        tracing::debug!(%error, "A hook went away");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: give others time to close some.
                tracing::warn!(%error, "A hook could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(shared: &Shared, stream: UnixStream) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = Vec::new();
    let mut read = BufReader::new(read.take(HOOK_LINE_BYTES_MAX as u64 + 1));
    tokio::time::timeout(HOOK_LINE_TIME, read.read_until(b'\n', &mut line)).await??;
    let question = match serde_json::from_slice::<Question>(&line) {
        _ if line.len() > HOOK_LINE_BYTES_MAX => {
            Err(format!("the hook's question has more than {HOOK_LINE_BYTES_MAX} bytes"))
        }
        read => read.map_err(|error| format!("the hook's question could not be read: {error}")),
    };
    let mut answer = match question {
        Ok(question) if question.offers => serde_json::to_vec(&OffersAnswer::of(shared.offered(question).await))?,
        Ok(question) => serde_json::to_vec(&Answer::from(&shared.answer(question).await))?,
        Err(why) => serde_json::to_vec(&Answer::from(&Decision::refuse(why)))?,
    };
    answer.push(b'\n');
    tokio::time::timeout(HOOK_LINE_TIME, write.write_all(&answer)).await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::RefName;
    use crate::place::Repos;

    const LONG: Duration = Duration::from_secs(60);

    struct Scene {
        dir: tempfile::TempDir,
        listener: Listener,
        repo: Repo,
    }

    fn scene() -> Scene {
        let dir = tempfile::tempdir().unwrap();
        let repos = Repos::open(&dir.path().join("repos")).unwrap();
        let repo = repos.create(&"tea".parse().unwrap(), &RefName::branch("main").unwrap()).unwrap();
        let listener = Listener::bind(&dir.path().join("s"), LONG).unwrap();
        Scene { dir, listener, repo }
    }

    impl Scene {
        fn expect_allowed(&self) -> Expected {
            self.listener.expect(self.repo.clone(), Box::new(|_| Box::pin(async { Decision::Allow })), None).unwrap()
        }

        /// Sends a line as a hook does and returns the answer.
        async fn ask(&self, line: &[u8]) -> String {
            let mut stream = UnixStream::connect(self.listener.socket()).await.unwrap();
            stream.write_all(line).await.unwrap();
            stream.write_all(b"\n").await.unwrap();
            let mut answer = String::new();
            BufReader::new(stream).read_line(&mut answer).await.unwrap();
            answer
        }
    }

    fn question(token: &str, updates: &[&str], more: &str) -> Vec<u8> {
        let updates: Vec<String> = updates
            .iter()
            .map(|name| format!(r#"{{"ref":"{name}","old":"{:040}","new":"{:0>40}"}}"#, 0, "a1"))
            .collect();
        format!(r#"{{"token":"{token}","updates":[{}],"quarantine":null{more}}}"#, updates.join(",")).into_bytes()
    }

    #[tokio::test]
    async fn a_token_opens_its_own_push_and_only_once() {
        let scene = scene();
        let (one, two) = (scene.expect_allowed(), scene.expect_allowed());
        assert_ne!(one.token, two.token);
        let line = question(&one.token, &["refs/heads/main"], "");
        assert_eq!(scene.ask(&line).await, "{\"allow\":true}\n");
        assert!(scene.ask(&line).await.contains("knows of no such push"));
        assert!(scene.ask(&question("guess", &["refs/heads/main"], "")).await.contains("knows of no such push"));
        let record = one.close().await;
        assert_eq!(record.decision.get(), Some(&Decision::Allow));
        assert!(record.allowed.load(Ordering::Acquire));
        assert!(two.record.proposal.get().is_none() && !two.record.allowed.load(Ordering::Acquire));
    }

    #[tokio::test]
    async fn a_token_is_worth_nothing_once_its_push_has_ended() {
        let scene = scene();
        let (closed, dropped) = (scene.expect_allowed(), scene.expect_allowed());
        let tokens = [closed.token.clone(), dropped.token.clone()];
        closed.close().await;
        drop(dropped);
        for token in tokens {
            assert!(scene.ask(&question(&token, &["refs/heads/main"], "")).await.contains("no such push"));
        }
    }

    #[tokio::test]
    async fn what_a_hook_may_not_send_is_refused() {
        let scene = scene();
        let many: Vec<String> = (0..=PUSH_UPDATES_MAX).map(|n| format!("refs/heads/b{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let outside = format!(r#","quarantine":"{}""#, scene.dir.path().display());
        let options = format!(r#","options":["{}"]"#, "x".repeat(PUSH_OPTION_BYTES_MAX + 1));
        #[rustfmt::skip]
        let rows = [
            (vec![], "", "updates 0"),
            (many, "", "updates 1001"),
            (vec!["refs/heads/a", "refs/heads/a"], "", "is updated twice"),
            (vec!["HEAD"], "", "could not be read"),
            (vec!["refs/heads/a"], &options, "a push may carry"),
        ];
        for (updates, more, expected) in rows {
            let expected_push = scene.expect_allowed();
            let answer = scene.ask(&question(&expected_push.token, &updates, more)).await;
            assert!(answer.contains(r#""allow":false"#) && answer.contains(expected), "{answer} {expected}");
            assert_eq!(expected_push.close().await.proposal.get(), None);
        }
        let push = scene.expect_allowed();
        let line = question(&push.token, &["refs/heads/a"], "");
        let line = String::from_utf8(line).unwrap().replace(r#","quarantine":null"#, &outside);
        assert!(scene.ask(line.as_bytes()).await.contains("the quarantine is not in the repository"));
        assert!(scene.ask(b"no json").await.contains("could not be read"));
        let long = vec![b' '; HOOK_LINE_BYTES_MAX];
        assert!(scene.ask(&long).await.contains("more than"));
    }

    #[tokio::test]
    async fn the_socket_is_its_owners_alone_and_goes_with_the_listener() {
        let Scene { dir, listener, .. } = scene();
        let socket = dir.path().join("s");
        assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(Listener::bind(&socket, LONG), Err(HookError::InUse(_))));
        drop(listener);
        assert!(!socket.exists());
    }

    #[tokio::test]
    async fn a_socket_of_a_dead_server_is_replaced_and_anything_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        assert!(socket.exists());
        drop(Listener::bind(&socket, LONG).unwrap());
        fs::write(&socket, "a file").unwrap();
        assert!(matches!(Listener::bind(&socket, LONG), Err(HookError::InTheWay(_))));
        assert_eq!(fs::read_to_string(&socket).unwrap(), "a file");
        let long = dir.path().join("x".repeat(SOCKET_PATH_BYTES_MAX));
        assert!(matches!(Listener::bind(&long, LONG), Err(HookError::PathTooLong { .. })));
    }
}
