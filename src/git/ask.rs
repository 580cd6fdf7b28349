//! What git is asked for a page: held in memory, so bounded in bytes; bounded in time, since somebody waits; and in how many ask
//! at once. When nobody waits any more, git ends with the question.

use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;
use tokio::time::Instant;

use crate::git::{Git, ServeError};
use crate::limits::STDERR_BYTES_MAX;
use crate::place::Repo;
use crate::process::end;
use crate::text::TextError;

/// How much git may say, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Within {
    pub bytes: usize,
    pub time: Duration,
}

/// What git has said.
#[derive(Debug)]
pub(crate) struct Said {
    pub bytes: Vec<u8>,
    /// Why it is not all.
    pub cut: Option<Cut>,
    /// How it ended, if it was let.
    pub code: Option<i32>,
    /// The beginning of what it complained of.
    pub complained: String,
}

/// Why git was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Bytes,
    Time,
}

impl Said {
    /// All of it, from a git that ended well.
    pub fn whole(self, within: Within) -> Result<Vec<u8>, TextError> {
        match (self.cut, self.code) {
            (Some(Cut::Bytes), _) => Err(TextError::TooLarge { limit: within.bytes as u64 }),
            (Some(Cut::Time), _) => Err(TextError::TimedOut(within.time)),
            (None, Some(0)) => Ok(self.bytes),
            (None, _) => Err(TextError::Failed { said: self.complained }),
        }
    }
}

impl Git {
    /// Asks git about a repository. Paths among the arguments are taken as they are, not as patterns.
    pub(crate) async fn ask<A: AsRef<OsStr>>(
        &self,
        repo: &Repo,
        args: &[A],
        within: Within,
    ) -> Result<Said, TextError> {
        let _permit = self.page_permit(repo).await?;
        let mut command = self.command(&[]);
        command.arg("--git-dir").arg(repo.path()).arg("--literal-pathspecs").args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Dropped with this question when nobody waits for the answer: then it is killed.
        let mut child = command.spawn().map_err(ServeError::Start)?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let until = Instant::now() + within.time;
        let (mut bytes, mut complained) = (Vec::new(), Vec::new());
        let mut cut = match out {
            Some(mut out) => read(&mut out, &mut bytes, within.bytes, until).await.map_err(ServeError::Start)?,
            None => None,
        };
        let mut code = None;
        if cut.is_none() {
            let ended = async {
                if let Some(err) = err {
                    err.take(STDERR_BYTES_MAX as u64).read_to_end(&mut complained).await?;
                }
                child.wait().await
            };
            match tokio::time::timeout_at(until, ended).await {
                Ok(status) => code = status.map_err(ServeError::Start)?.code(),
                Err(_) => cut = Some(Cut::Time),
            }
        }
        if cut.is_some() {
            end(&mut child).await;
        }
        Ok(Said { bytes, cut, code, complained: String::from_utf8_lossy(&complained).trim().to_owned() })
    }
}

/// Reads until the end, or until a bound; what was read by then stays.
async fn read(out: &mut ChildStdout, bytes: &mut Vec<u8>, max: usize, until: Instant) -> std::io::Result<Option<Cut>> {
    loop {
        match tokio::time::timeout_at(until, out.read_buf(bytes)).await {
            Ok(Ok(0)) => return Ok(None),
            Ok(Ok(_)) if bytes.len() > max => {
                bytes.truncate(max);
                return Ok(Some(Cut::Bytes));
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => return Ok(Some(Cut::Time)),
        }
    }
}
