//! Receiving a push. Git takes the objects into quarantine and asks through its hook; the caller decides; git moves the
//! references; and whenever git ends, by whatever way, the references are compared and those that moved are told.
//!
//! What git says after it was allowed to go on (the report "ok refs/heads/main") is kept back until git has ended and
//! the names of what it wrote are on disk: git syncs its files, but not the directories that name them. So no pusher
//! reads of a success that a power cut could take back.
//!
//! Between allowing and the end the caller must hold the proposed references against other pushes. It hears of the end before the
//! pusher does, so that what a pusher has read the success of can be pushed to again at once.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::pin::Pin;

use tokio::io::AsyncRead;
use tokio::sync::oneshot;

use crate::body::{self, Body};
use crate::durable;
use crate::git::{Git, ServeError};
use crate::hook::{Decision, DecisionFuture, Offers, Proposal, Record};
use crate::limits::PUSH_COMMANDS_BYTES_MAX;
use crate::names::RefUpdate;
use crate::output::{self, Output, OutputSender};
use crate::place::Repo;
use crate::process::{self, Ended, Exit, Heard, Stop, Terms};
use crate::read::{ReadError, Reader};
use crate::session::Talk;
use crate::smart_http::{Protocol, Service};

/// A push under way.
#[derive(Debug)]
pub struct Receiving {
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The response as it comes.
    pub body: Output,
    /// How it ended. Git runs by itself, also when the client is gone; to be awaited by a task that outlives the request.
    pub done: oneshot::Receiver<PushEnd>,
}

/// What a server makes of a push.
pub struct Handlers {
    /// Called at most once, with the objects in quarantine. It has [`Bounds::decide_time`](crate::limits::Bounds::decide_time);
    /// then it is dropped and the push refused. It has ended before `ended` is called.
    pub decide: Box<dyn FnOnce(Proposal) -> DecisionFuture + Send>,
    /// Called at most once, for what was allowed below [`OFFERS`](crate::hook::OFFERS), when its objects are in the repository;
    /// it has as much time as `decide`. Without it such names are refused.
    pub offers: Option<Offers>,
    /// Called once, however git has ended. The pusher reads of a success when it is through, or after
    /// [`Bounds::told_time`](crate::limits::Bounds::told_time); it goes on then, as it does when the client is gone.
    pub ended: Box<dyn FnOnce(PushEnd) -> EndedFuture + Send>,
}

/// A server hearing of the end of a push.
pub type EndedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How a push ended.
#[derive(Debug)]
pub struct PushEnd {
    /// How `receive-pack` ended.
    pub ended: Ended,
    /// What was proposed to the callback; empty if it was never asked.
    pub proposed: Vec<RefUpdate>,
    /// What was decided; `None` if the hook never asked (a broken pack, a client that went away).
    pub decision: Option<Decision>,
    /// Those of the proposed updates that are in place. An error means that it is not known: ask
    /// [`compare_refs`] again before the references are let go.
    pub moved: Result<Vec<RefUpdate>, ReadError>,
    /// Whether what moved is on disk. An error means that the disk failed, and that the pusher was told of no success.
    pub synced: io::Result<()>,
}

impl Git {
    /// `POST git-receive-pack`: receives a push.
    /// - `body`: the request without transfer coding
    /// - `gzip`: the request has `Content-Encoding: gzip`
    /// - `decide`: as in [`Handlers`]; offers are refused
    pub async fn receive<F, D>(
        &self,
        repo: &Repo,
        protocol: Protocol,
        body: impl AsyncRead + Send + 'static,
        gzip: bool,
        decide: F,
    ) -> Result<Receiving, ServeError>
    where
        F: FnOnce(Proposal) -> D + Send + 'static,
        D: Future<Output = Decision> + Send + 'static,
    {
        let (end, done) = oneshot::channel();
        let handlers = Handlers {
            decide: Box::new(|proposal| Box::pin(decide(proposal))),
            offers: None,
            // Nobody may wait for it.
            ended: Box::new(|ended| Box::pin(async move { drop(end.send(ended)) })),
        };
        let body = self.receive_with(repo, protocol, body, gzip, handlers).await?;
        Ok(Receiving { content_type: Service::ReceivePack.result_type(), body, done })
    }

    /// The same, with all that a server may make of a push. Answers the response as it comes, which is of the type
    /// [`Service::result_type`].
    pub async fn receive_with(
        &self,
        repo: &Repo,
        protocol: Protocol,
        body: impl AsyncRead + Send + 'static,
        gzip: bool,
        handlers: Handlers,
    ) -> Result<Output, ServeError> {
        let body = body::prepare(body, gzip, self.push_bytes_max());
        self.receiving(repo, (protocol, Talk::Rounds), body, handlers).await
    }

    /// Bytes of one push, with the commands before its pack.
    pub(crate) fn push_bytes_max(&self) -> u64 {
        self.bounds().pack_bytes.saturating_add(PUSH_COMMANDS_BYTES_MAX)
    }

    /// A push, whichever way it comes.
    pub(crate) async fn receiving(
        &self,
        repo: &Repo,
        (protocol, talk): (Protocol, Talk),
        body: Body,
        handlers: Handlers,
    ) -> Result<Output, ServeError> {
        let Handlers { decide, offers, ended: hear } = handlers;
        let permit = self.serving_permit(repo).await?;
        let no_entropy = |error: getrandom::Error| ServeError::Start(io::Error::other(error.to_string()));
        let expected = self.inner.listener.expect(repo.clone(), decide, offers).map_err(no_entropy)?;
        let mut command = self.receive_pack(repo, &expected.token, talk);
        protocol.apply(&mut command);
        let started = process::start(command, true).map_err(ServeError::Start)?;
        let terms = Terms {
            // A pusher who hangs up after the last byte still has pushed.
            stop_when_client_gone: false,
            time: self.bounds().push_time,
            idle: self.bounds().idle_time,
            // A pack that is cut is an error to git, and after an error, unlike after a signal, it removes its quarantine.
            end_input_first: true,
            keep_back: expected.record.allowed.clone(),
        };
        let (sender, output) = output::output();
        let repo = repo.clone();
        let git = self.clone();
        tokio::spawn(async move {
            let (ended, heard) = process::attend(started, Some(body), &sender, terms).await;
            drop(permit);
            let record = expected.close().await;
            let told_time = git.bounds().told_time;
            // The listener must live until here, or the hook could not ask.
            drop(git);
            let end = settle(repo, ended, &record).await;
            let (ended, unsynced) = (end.ended.clone(), end.synced.as_ref().err().map(ToString::to_string));
            // In a task of its own: it goes on when the pusher has waited long enough.
            match tokio::time::timeout(told_time, tokio::spawn(hear(end))).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "The end of a push could not be told to the server"),
                Err(_) => tracing::warn!("A pusher is answered before the server has heard of the end of the push"),
            }
            tell(sender, heard, ended, unsynced);
        });
        Ok(output)
    }
}

/// Tells which of the updates are in place now: after a crash, of a push that was allowed before it. Blocks.
pub fn compare_refs(repo: &Repo, proposed: &[RefUpdate]) -> Result<Vec<RefUpdate>, ReadError> {
    let reader = Reader::open(repo)?;
    let mut moved = Vec::new();
    for update in proposed {
        if update.old != update.new && reader.target(&update.name)? == update.new {
            moved.push(update.clone());
        }
    }
    Ok(moved)
}

/// Brings the names of what a push wrote onto the disk: packs, and the references that moved. Blocks.
/// After a crash it is called for what [`compare_refs`] found.
///
/// The order counts, since the power may go between two of these syncs: objects before what refers to them, and the packed
/// references, whose name is in the repository's own directory, before the loose ones. To sync a directory of references is also
/// to sync what was removed from it: references that were packed, and are nowhere as long as the old packed ones are on disk.
pub fn sync_moved(repo: &Repo, moved: &[RefUpdate]) -> io::Result<()> {
    let root = repo.path();
    durable::sync_dir(&root.join("objects/pack"))?;
    durable::sync_dir(&root.join("objects"))?;
    sync_packed_refs(root)?;
    for RefUpdate { name, .. } in moved {
        let mut path: &Path = Path::new(name.as_str());
        while !path.as_os_str().is_empty() {
            durable::sync_if_there(&root.join(path))?;
            path = path.parent().unwrap_or(Path::new(""));
        }
    }
    Ok(())
}

/// Brings the packed references of a repository onto the disk, with their name.
pub(crate) fn sync_packed_refs(root: &Path) -> io::Result<()> {
    durable::sync_if_there(&root.join("packed-refs"))?;
    durable::sync_dir(root)
}

/// Finds out what moved, makes it last, and clears away a quarantine that git had to leave.
async fn settle(repo: Repo, ended: Ended, record: &Record) -> PushEnd {
    let proposal = record.proposal.get().cloned();
    let decision = record.decision.get().cloned();
    let updates = proposal.as_ref().map(|proposal| proposal.updates.clone()).unwrap_or_default();
    let mut end = PushEnd { ended, proposed: updates.clone(), decision, moved: Ok(Vec::new()), synced: Ok(()) };
    let Some(proposal) = proposal else { return end };
    // Without a yes nothing moves. Comparing all the same could find what another push moved to the same place.
    let allowed = end.decision == Some(Decision::Allow);
    let looked = tokio::task::spawn_blocking(move || {
        if let Some(quarantine) = &proposal.quarantine {
            remove_quarantine(quarantine);
        }
        if !allowed {
            return (Ok(Vec::new()), Ok(()));
        }
        let moved = compare_refs(&repo, &updates);
        let synced = match &moved {
            Ok(moved) if moved.is_empty() => Ok(()),
            Ok(moved) => sync_moved(&repo, moved),
            Err(_) => sync_moved(&repo, &updates),
        };
        (moved, synced)
    });
    match looked.await {
        Ok((moved, synced)) => (end.moved, end.synced) = (moved, synced),
        Err(error) => {
            end.moved = Err(ReadError::Interrupted(error.to_string()));
            end.synced = Err(io::Error::other("not tried"));
        }
    }
    end
}

/// Removes the quarantine of a push whose git has ended; usually git has done so. That it lies inside the repository was
/// checked when it was proposed. What cannot be removed, [`clear_leftovers`](crate::maintain::clear_leftovers) will find.
fn remove_quarantine(quarantine: &Path) {
    let ours = quarantine.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("tmp_objdir-"));
    if !ours {
        return;
    }
    match fs::remove_dir_all(quarantine) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "The quarantine of a push could not be removed");
        }
        _ => {}
    }
}

/// Sends the report that was kept back, or an error in its place. Does not wait for the client.
/// - `unsynced`: why what was pushed may not be on disk
fn tell(sender: OutputSender, heard: Heard, ended: Ended, unsynced: Option<String>) {
    if let Some(error) = unsynced {
        tracing::error!(%error, "What a push wrote could not be synced");
        let why = Stop::Output("it could not be brought to disk".to_owned());
        output::close(sender, &Ended { exit: Exit::Stopped(why), stderr: String::new() }, heard.said);
        return;
    }
    let said = heard.said || !heard.kept.is_empty();
    tokio::spawn(async move {
        for chunk in heard.kept {
            if sender.send(Ok(chunk)).await.is_err() {
                return;
            }
        }
        output::close(sender, &ended, said);
    });
}
