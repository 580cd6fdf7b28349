//! A git that fetches, looked after: how far it is, whether anything still comes, and how much has.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Progress, PullError};
use crate::git::ServeError;
use crate::limits::{GIT_SAID_LENGTH_MAX, LISTED_BYTES_MAX, PULL_LOOK_TIME, STDERR_BYTES_MAX};
use crate::process::end;

/// The bounds of one run.
pub(super) struct Watch {
    /// From start to exit.
    pub time: Duration,
    /// In which something must come.
    pub idle: Duration,
    /// What may come.
    pub bytes: u64,
}

/// A run that has ended by itself.
#[derive(Debug)]
pub(super) struct Ran {
    /// Whether git says that all is well.
    pub good: bool,
    /// What it wrote, and one chunk beyond [`LISTED_BYTES_MAX`] at most.
    pub out: Vec<u8>,
    /// What it said that was no progress: the last of it.
    pub said: String,
}

/// Runs git to its end. `scratch` is where what comes can be seen.
pub(super) async fn run(
    mut command: Command,
    watch: &Watch,
    scratch: Option<&Path>,
    show: impl Fn(Progress),
) -> Result<Ran, PullError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(ServeError::Start)?;
    let missing = || ServeError::Start(io::Error::other("a pipe to git is missing"));
    let mut stdout = child.stdout.take().ok_or_else(missing)?;
    let mut stderr = child.stderr.take().ok_or_else(missing)?;
    let (mut out, mut said, mut progress) = (Vec::new(), Said::default(), Progress::default());
    let (start, mut moved) = (Instant::now(), Instant::now());
    let (mut out_open, mut said_open) = (true, true);
    let mut look = interval(PULL_LOOK_TIME);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stopped = loop {
        tokio::select! {
            read = take(&mut stdout, &mut out), if out_open => {
                (out_open, moved) = (read && out.len() <= LISTED_BYTES_MAX, Instant::now());
            }
            read = said.hear(&mut stderr), if said_open => (said_open, moved) = (read, Instant::now()),
            _ = look.tick() => {
                let bytes = bytes_in(scratch).await;
                if bytes > progress.bytes {
                    moved = Instant::now();
                }
                progress = Progress { said: said.progress.clone(), bytes };
                show(progress.clone());
                if bytes > watch.bytes {
                    break Some(PullError::TooLarge { limit: watch.bytes });
                }
                if start.elapsed() > watch.time || moved.elapsed() > watch.idle {
                    break Some(slow(watch));
                }
            }
            else => break None,
        }
        if !out_open && (!said_open || out.len() > LISTED_BYTES_MAX) {
            break None;
        }
    };
    if let Some(why) = stopped {
        end(&mut child).await;
        return Err(why);
    }
    if out.len() > LISTED_BYTES_MAX {
        end(&mut child).await;
        return Ok(Ran { good: false, out, said: said.text() });
    }
    let good = ended(child, watch, scratch).await?;
    Ok(Ran { good, out, said: said.text() })
}

/// Waits for git that has said all. Answers whether it says that all is well.
async fn ended(mut child: Child, watch: &Watch, scratch: Option<&Path>) -> Result<bool, PullError> {
    let Ok(status) = tokio::time::timeout(watch.idle, child.wait()).await else {
        end(&mut child).await;
        return Err(slow(watch));
    };
    // A small fetch may have ended between two looks.
    if bytes_in(scratch).await > watch.bytes {
        return Err(PullError::TooLarge { limit: watch.bytes });
    }
    Ok(status.map_err(ServeError::Start)?.success())
}

fn slow(watch: &Watch) -> PullError {
    PullError::Slow { idle_s: watch.idle.as_secs(), limit_s: watch.time.as_secs() }
}

/// Reads some; `false` at the end.
async fn take(from: &mut (impl AsyncRead + Unpin), into: &mut Vec<u8>) -> bool {
    matches!(from.read_buf(into).await, Ok(1..))
}

/// What git says: progress, which overwrites itself, and words.
#[derive(Default)]
struct Said {
    line: Vec<u8>,
    progress: String,
    words: Vec<u8>,
}

impl Said {
    /// Hears some; `false` at the end.
    async fn hear(&mut self, from: &mut (impl AsyncRead + Unpin)) -> bool {
        let mut buffer = [0; 1024];
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return false };
        for byte in &buffer[..read] {
            match byte {
                b'\r' | b'\n' => self.line_ends(*byte == b'\n'),
                _ if self.line.len() < STDERR_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
        true
    }

    fn line_ends(&mut self, whole: bool) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let percent = text.contains("% (") || text.contains(" objects: ");
        if percent {
            self.progress = plain(&text, 100);
        } else if whole && self.words.len() + line.len() < STDERR_BYTES_MAX {
            self.words.extend_from_slice(&line);
            self.words.push(b'\n');
        }
    }

    fn text(mut self) -> String {
        self.line_ends(true);
        String::from_utf8_lossy(&self.words).into_owned()
    }
}

/// What git said, as one line for people.
pub(super) fn said(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:"));
    plain(&lines.collect::<Vec<_>>().join("; "), GIT_SAID_LENGTH_MAX)
}

fn plain(text: &str, chars: usize) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(chars).collect()
}

/// The bytes of the packs that come. A file that git removes meanwhile counts as nothing.
async fn bytes_in(scratch: Option<&Path>) -> u64 {
    let Some(packs) = scratch.map(|scratch| scratch.join("objects/pack")) else { return 0 };
    let counted = tokio::task::spawn_blocking(move || {
        let entries = std::fs::read_dir(packs).ok()?;
        Some(entries.flatten().filter_map(|entry| Some(entry.metadata().ok()?.len())).sum::<u64>())
    });
    counted.await.ok().flatten().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn progress_is_told_apart_from_words() {
        let text = b"Receiving objects:  50% (1/2)\rReceiving objects: 100% (2/2), done.\nfatal: early EOF\nfatal: x";
        let mut said = Said::default();
        let mut from = &text[..];
        while said.hear(&mut from).await {}
        assert_eq!(said.progress, "Receiving objects: 100% (2/2), done.");
        assert_eq!(said.text(), "fatal: early EOF\nfatal: x\n");
    }

    #[test]
    fn what_git_said_is_one_line_without_its_advice() {
        assert_eq!(said("fatal: no\n\nhint: try\n  again\u{7}\n"), "fatal: no; again");
    }
}
