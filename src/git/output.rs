//! What a git process answers, chunk by chunk, and the errors that can stand in its place. As long as nothing has been
//! answered a request can still be told what is wrong with it; after that it can only be cut off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

use crate::limits::CHUNKS_WAITING_MAX;
use crate::process::{Ended, Exit, Stop};

/// What git writes. Ends with an error if git was stopped, so that nobody takes what came for complete. Dropping it tells
/// that the client is gone.
#[derive(Debug)]
pub struct Output {
    chunks: mpsc::Receiver<Result<Bytes, Unanswered>>,
    /// What [`Output::begun`] has read already.
    first: Option<Bytes>,
    /// Bytes that may still come.
    left: u64,
}

pub(crate) type OutputSender = mpsc::Sender<Result<Bytes, Unanswered>>;

/// Why git has ended without its answer, or before the end of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The request broke off, its coding is broken, or git could make nothing of it.
    #[error("{0}")]
    Malformed(String),
    /// The request has more bytes, or expands further, than any may.
    #[error("{0}")]
    TooLarge(String),
    /// The request took too long.
    #[error("{0}")]
    Slow(String),
    /// The fault is not the request's.
    #[error("{0}")]
    Broken(String),
}

pub(crate) fn output() -> (OutputSender, Output) {
    let (sender, chunks) = mpsc::channel(CHUNKS_WAITING_MAX);
    (sender, Output { chunks, first: None, left: u64::MAX })
}

impl Output {
    /// The same, cut off with an error after so many bytes.
    pub(crate) fn at_most(self, bytes: u64) -> Self {
        Self { left: bytes, ..self }
    }

    /// Lets a chunk through, if it is within the bound.
    fn pass(&mut self, chunk: Bytes) -> io::Result<Bytes> {
        match self.left.checked_sub(chunk.len() as u64) {
            Some(left) => {
                self.left = left;
                Ok(chunk)
            }
            None => {
                // Git is stopped: nobody reads on.
                self.chunks.close();
                Err(io::Error::other("it has more bytes than are served: clone the repository"))
            }
        }
    }

    /// Waits until git answers something, or has ended well without a word.
    /// - errors: git ended otherwise, and has answered nothing
    pub async fn begun(mut self) -> Result<Self, Unanswered> {
        match self.chunks.recv().await {
            Some(Ok(chunk)) => self.first = Some(chunk),
            Some(Err(why)) => return Err(why),
            None => {}
        }
        Ok(self)
    }
}

impl Stream for Output {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(self.pass(first)));
        }
        let next = std::task::ready!(self.chunks.poll_recv(cx));
        Poll::Ready(next.map(|chunk| chunk.map_err(io::Error::other).and_then(|chunk| self.pass(chunk))))
    }
}

/// Ends the output, with an error if the process did not end by itself, or ended badly without a word. The error waits for a
/// slow client as long as there is one: were it dropped, the output would look complete.
/// - `said`: whether git has answered anything
pub(crate) fn close(sender: OutputSender, ended: &Ended, said: bool) {
    let why = match &ended.exit {
        Exit::Code(0) => return,
        // Git ends some good conversations so: a shallow fetch over HTTP, say.
        Exit::Code(_) if said => return,
        Exit::Code(code) => Unanswered::Malformed(not_understood(*code, &ended.stderr)),
        Exit::Stopped(stop @ Stop::Request(_)) => Unanswered::Malformed(stop.to_string()),
        Exit::Stopped(stop @ Stop::TooLarge(_)) => Unanswered::TooLarge(stop.to_string()),
        Exit::Stopped(stop @ (Stop::Idle { .. } | Stop::TooLong { .. })) => Unanswered::Slow(stop.to_string()),
        Exit::Stopped(stop) => Unanswered::Broken(stop.to_string()),
        Exit::Crashed(how) => Unanswered::Broken(how.clone()),
    };
    tokio::spawn(async move {
        // Nobody to tell if the client is gone.
        let _ = sender.send(Err(why)).await;
    });
}

/// What is said of a request that git ended at. Of git's own words only those about the protocol: others may hold file names.
fn not_understood(code: i32, stderr: &str) -> String {
    tracing::info!(code, %stderr, "Git could make nothing of a request");
    let git = stderr.lines().filter_map(|line| line.strip_prefix("fatal: "));
    let mut about_protocol = git.filter(|line| line.starts_with("protocol error"));
    let found = about_protocol.next().unwrap_or("what git could make nothing of");
    format!("expected pkt-lines of git's protocol, found {found}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    #[tokio::test]
    async fn what_is_longer_than_its_bound_is_cut_off_with_an_error() {
        for (bound, whole) in [(6, true), (5, false)] {
            let (sender, output) = output();
            let mut output = output.at_most(bound);
            for _ in 0..2 {
                sender.send(Ok(Bytes::from_static(b"tea"))).await.unwrap();
            }
            assert!(output.next().await.unwrap().is_ok());
            assert_eq!(output.next().await.unwrap().is_ok(), whole, "{bound}");
            // Git is stopped by it: nobody reads on.
            assert_eq!(sender.is_closed(), !whole);
        }
    }

    fn ended(exit: Exit, stderr: &str) -> Ended {
        Ended { exit, stderr: stderr.to_owned() }
    }

    #[tokio::test]
    async fn whoever_ends_badly_without_a_word_is_told_as_an_error_and_whoever_has_spoken_is_not() {
        let request = |why: &str| Exit::Stopped(Stop::Request(why.to_owned()));
        let protocol = "fatal: protocol error: bad line length character: {\"a\"\n";
        #[rustfmt::skip]
        let rows = [
            (ended(Exit::Code(0), ""),                  false, None),
            (ended(Exit::Code(128), protocol),          true,  None),
            (ended(Exit::Code(128), protocol),          false, Some(Unanswered::Malformed("expected pkt-lines of git's protocol, found protocol error: bad line length character: {\"a\"".into()))),
            (ended(Exit::Code(128), "fatal: /srv/x"),   false, Some(Unanswered::Malformed("expected pkt-lines of git's protocol, found what git could make nothing of".into()))),
            (ended(request("no gzip"), ""),             false, Some(Unanswered::Malformed("the request ended early: no gzip".into()))),
            (ended(Exit::Stopped(Stop::TooLarge("a bomb".into())), ""), false, Some(Unanswered::TooLarge("a bomb".into()))),
            (ended(Exit::Stopped(Stop::Idle { idle_s: 3 }), ""), false, Some(Unanswered::Slow("nothing moved for 3 s".into()))),
            (ended(Exit::Crashed("signal 9".into()), ""), false, Some(Unanswered::Broken("signal 9".into()))),
        ];
        for (ended, said, expected) in rows {
            let (sender, output) = output();
            close(sender, &ended, said);
            assert_eq!(output.begun().await.err(), expected, "{ended:?}");
        }
    }

    #[tokio::test]
    async fn what_has_been_looked_at_is_still_read_and_a_cut_after_it_is_an_error() {
        let (sender, output) = output();
        sender.send(Ok(Bytes::from_static(b"0008NAK\n"))).await.unwrap();
        close(sender, &ended(Exit::Stopped(Stop::TooLarge("a bomb".into())), ""), true);
        let mut output = output.begun().await.unwrap();
        assert_eq!(output.next().await.unwrap().unwrap(), "0008NAK\n");
        assert!(output.next().await.unwrap().is_err());
        assert!(output.next().await.is_none());
    }
}
