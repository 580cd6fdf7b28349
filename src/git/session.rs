//! Git over one connection in both directions, as SSH has it: one process from the references it names first to its last word.
//! Bounds, clean environment, quarantine, decision and report are those of the other way: see [`crate::smart_http`] and
//! [`crate::push`].
//!
//! Source: git, `gitprotocol-pack`, "SSH Transport".

use tokio::io::AsyncRead;

use crate::body;
use crate::git::{Git, ServeError};
use crate::limits::{ARCHIVE_REQUEST_BYTES_MAX, FETCH_REQUEST_BYTES_MAX};
use crate::output::Output;
use crate::place::Repo;
use crate::push::Handlers;
use crate::smart_http::{Protocol, Served, Service};

/// How git and its client talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// In rounds, each a request of its own, after the references were asked for.
    Rounds,
    /// Over one connection, which git opens by naming the references.
    Connection,
}

impl Git {
    /// A fetch or clone from its first word to its last.
    /// - `input`: what the client says
    pub async fn fetch_session(
        &self,
        repo: &Repo,
        protocol: Protocol,
        input: impl AsyncRead + Send + 'static,
    ) -> Result<Served, ServeError> {
        let permit = self.serving_permit(repo).await?;
        let mut command = self.command(&[]);
        command.args(["upload-pack", "--strict"]).arg(repo.path());
        protocol.apply(&mut command);
        let input = body::prepare(input, false, FETCH_REQUEST_BYTES_MAX);
        self.serve(command, Service::UploadPack.result_type(), Default::default(), Some(input), permit)
    }

    /// What `git archive --remote` asks for: the files of one commit that a reference names. What is larger than an archive by a
    /// page may be is cut off with an error, too.
    pub async fn archive_session(
        &self,
        repo: &Repo,
        input: impl AsyncRead + Send + 'static,
    ) -> Result<Served, ServeError> {
        let permit = self.serving_permit(repo).await?;
        let mut command = self.command(&[]);
        command.arg("upload-archive").arg(repo.path());
        let input = body::prepare(input, false, ARCHIVE_REQUEST_BYTES_MAX);
        let served = self.serve(command, "application/octet-stream", Default::default(), Some(input), permit)?;
        Ok(Served { body: served.body.at_most(self.bounds().archive_bytes), ..served })
    }

    /// A push from its first word to its last. Answers what git says, as it comes.
    pub async fn receive_session(
        &self,
        repo: &Repo,
        protocol: Protocol,
        input: impl AsyncRead + Send + 'static,
        handlers: Handlers,
    ) -> Result<Output, ServeError> {
        let input = body::prepare(input, false, self.push_bytes_max());
        self.receiving(repo, (protocol, Talk::Connection), input, handlers).await
    }
}
