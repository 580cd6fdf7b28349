//! Git over HTTP ("smart" protocol, versions 0, 1 and 2) through the system git, streamed in both directions and held
//! whole nowhere. Who may read a repository is decided before; pushes are received in [`crate::push`], which alone
//! starts `receive-pack`, so that none gets past the decision.
//!
//! Source: git, `gitprotocol-http`, `gitprotocol-v2`.

use bytes::Bytes;
use tokio::io::AsyncRead;
use tokio::process::Command;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use crate::body::{self, Body};
use crate::git::{Git, ServeError};
use crate::limits::FETCH_REQUEST_BYTES_MAX;
use crate::output::{self, Output};
use crate::place::Repo;
use crate::process::{self, Ended, Exit, Terms};

/// The two services of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `git-upload-pack`: fetch and clone.
    UploadPack,
    /// `git-receive-pack`: push.
    ReceivePack,
}

impl Service {
    /// Reads the `service` parameter of `GET info/refs`, also the last part of a POST's path.
    pub fn from_name(name: &str) -> Option<Service> {
        match name {
            "git-upload-pack" => Some(Service::UploadPack),
            "git-receive-pack" => Some(Service::ReceivePack),
            _ => None,
        }
    }

    /// `git-upload-pack` or `git-receive-pack`.
    pub fn name(self) -> &'static str {
        match self {
            Service::UploadPack => "git-upload-pack",
            Service::ReceivePack => "git-receive-pack",
        }
    }

    /// The content type that a client must send with its POST.
    pub fn request_type(self) -> &'static str {
        match self {
            Service::UploadPack => "application/x-git-upload-pack-request",
            Service::ReceivePack => "application/x-git-receive-pack-request",
        }
    }

    /// The content type of what the server answers it.
    pub fn result_type(self) -> &'static str {
        match self {
            Service::UploadPack => "application/x-git-upload-pack-result",
            Service::ReceivePack => "application/x-git-receive-pack-result",
        }
    }

    fn advertisement_type(self) -> &'static str {
        match self {
            Service::UploadPack => "application/x-git-upload-pack-advertisement",
            Service::ReceivePack => "application/x-git-receive-pack-advertisement",
        }
    }
}

/// The version of git's protocol that a client asks for in its `Git-Protocol` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The original one, also for every header we do not know: nothing else of the header reaches git.
    #[default]
    V0,
    /// Version 0 with a version line.
    V1,
    /// The present one; pushes do not have it.
    V2,
}

impl Protocol {
    /// Reads the header; anything but exactly `version=0`, `version=1` or `version=2` counts as no header.
    pub fn from_header(value: Option<&str>) -> Protocol {
        match value {
            Some("version=1") => Protocol::V1,
            Some("version=2") => Protocol::V2,
            _ => Protocol::V0,
        }
    }

    pub(crate) fn apply(self, command: &mut Command) {
        match self {
            Protocol::V0 => {}
            Protocol::V1 => drop(command.env("GIT_PROTOCOL", "version=1")),
            Protocol::V2 => drop(command.env("GIT_PROTOCOL", "version=2")),
        }
    }
}

/// A response of git: 200, this content type, not to be cached, and the body as it comes.
#[derive(Debug)]
pub struct Served {
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Output,
    /// How git ended. Runs by itself; need not be awaited.
    pub done: JoinHandle<Ended>,
}

impl Git {
    /// `GET info/refs?service=…`: what the repository has and the server can.
    pub async fn advertise(&self, repo: &Repo, service: Service, protocol: Protocol) -> Result<Served, ServeError> {
        let permit = self.serving_permit(repo).await?;
        let mut command = self.command(&[]);
        match service {
            Service::UploadPack => command.args(["upload-pack", "--strict"]),
            Service::ReceivePack => command.arg("receive-pack"),
        };
        command.args(["--stateless-rpc", "--advertise-refs"]).arg(repo.path());
        protocol.apply(&mut command);
        // Version 2 does without the line that names the service; a push has no version 2.
        let first = if protocol == Protocol::V2 && service == Service::UploadPack {
            Bytes::new()
        } else {
            let line = format!("# service={}\n", service.name());
            Bytes::from(format!("{:04x}{line}0000", line.len() + 4))
        };
        self.serve(command, service.advertisement_type(), first, None, permit)
    }

    /// `POST git-upload-pack`: one round of a fetch or clone.
    /// - `body`: the request without transfer coding
    /// - `gzip`: the request has `Content-Encoding: gzip`
    pub async fn fetch(
        &self,
        repo: &Repo,
        protocol: Protocol,
        body: impl AsyncRead + Send + 'static,
        gzip: bool,
    ) -> Result<Served, ServeError> {
        let permit = self.serving_permit(repo).await?;
        let mut command = self.command(&[]);
        command.args(["upload-pack", "--strict", "--stateless-rpc"]).arg(repo.path());
        protocol.apply(&mut command);
        let body = body::prepare(body, gzip, FETCH_REQUEST_BYTES_MAX);
        self.serve(command, Service::UploadPack.result_type(), Bytes::new(), Some(body), permit)
    }

    /// Starts a command and streams what it writes, after `first`. The permit is given back when it has ended.
    pub(crate) fn serve(
        &self,
        command: Command,
        content_type: &'static str,
        first: Bytes,
        body: Option<Body>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Served, ServeError> {
        self.stream(command, content_type, first, body, permit, false)
    }

    /// The same of a command that reads nothing and whose answer is worth nothing unless it is whole.
    pub(crate) fn serve_whole(
        &self,
        command: Command,
        content_type: &'static str,
        permit: OwnedSemaphorePermit,
    ) -> Result<Served, ServeError> {
        self.stream(command, content_type, Bytes::new(), None, permit, true)
    }

    fn stream(
        &self,
        command: Command,
        content_type: &'static str,
        first: Bytes,
        body: Option<Body>,
        permit: OwnedSemaphorePermit,
        whole: bool,
    ) -> Result<Served, ServeError> {
        let started = process::start(command, body.is_some()).map_err(ServeError::Start)?;
        let terms = Terms {
            stop_when_client_gone: true,
            time: self.bounds().fetch_time,
            idle: self.bounds().idle_time,
            end_input_first: false,
            keep_back: Default::default(),
        };
        let (sender, output) = output::output();
        let done = tokio::spawn(async move {
            // If the client is gone already, `attend` finds out.
            let said_first = !first.is_empty();
            if said_first {
                let _ = sender.send(Ok(first)).await;
            }
            let (ended, heard) = process::attend(started, body, &sender, terms).await;
            drop(permit);
            output::close(sender, &ended, !whole && (said_first || heard.said));
            if !matches!(ended.exit, Exit::Code(0)) {
                tracing::debug!(exit = ?ended.exit, stderr = %ended.stderr, "Git ended a fetch early");
            }
            ended
        });
        Ok(Served { content_type, body: output, done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_protocol_headers_are_known_and_nothing_else_passes() {
        assert_eq!(Protocol::from_header(Some("version=2")), Protocol::V2);
        assert_eq!(Protocol::from_header(Some("version=1")), Protocol::V1);
        assert_eq!(Protocol::from_header(Some("version=0")), Protocol::V0);
        for other in [None, Some(""), Some("version=3"), Some("version=2:x"), Some(" version=2"), Some("x\nversion=2")]
        {
            assert_eq!(Protocol::from_header(other), Protocol::V0, "{other:?}");
        }
    }

    #[test]
    fn a_service_is_known_by_its_exact_name() {
        for service in [Service::UploadPack, Service::ReceivePack] {
            assert_eq!(Service::from_name(service.name()), Some(service));
        }
        assert_eq!(Service::from_name("upload-pack"), None);
        assert_eq!(Service::from_name("git-upload-archive"), None);
    }
}
