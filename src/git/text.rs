//! What git writes as text for others to read: a commit as a patch, the difference of two commits. Held whole, so bounded.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use crate::git::{Git, ServeError};
use crate::limits::{TEXT_BYTES_MAX, TEXT_TIME};
use crate::names::ObjectId;
use crate::place::Repo;

/// The tree without files, which every repository knows.
const NOTHING: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// Why git's text is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// No place in the pool, or git could not be started.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// It is longer than what is held in memory.
    #[error("it has more than {limit} bytes: fetch it with git")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// Git ended with an error: most likely there is no such commit.
    #[error("git has no such text: {said}")]
    Failed {
        /// What it said.
        said: String,
    },
    /// It did not end in time.
    #[error("git did not end within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl Git {
    /// One commit as a patch, as `git format-patch` writes it.
    pub async fn patch_of(&self, repo: &Repo, commit: ObjectId) -> Result<Vec<u8>, TextError> {
        self.text(repo, &["format-patch", "--stdout", "--no-signature", "-1", &commit.to_string()]).await
    }

    /// How the files of two commits differ, as a unified diff; without a first one, all is new.
    pub async fn diff_of(&self, repo: &Repo, from: Option<ObjectId>, to: ObjectId) -> Result<Vec<u8>, TextError> {
        let from = from.map_or_else(|| NOTHING.to_owned(), |from| from.to_string());
        self.text(repo, &["diff", "--no-ext-diff", "--no-textconv", "--no-color", &from, &to.to_string()]).await
    }

    async fn text(&self, repo: &Repo, args: &[&str]) -> Result<Vec<u8>, TextError> {
        let _permit = self.serving_permit(repo).await?;
        let mut command = self.command(&[]);
        command.arg("--git-dir").arg(repo.path()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ServeError::Start)?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let read = async {
            let (mut text, mut said) = (Vec::new(), Vec::new());
            if let Some(out) = out {
                out.take(TEXT_BYTES_MAX + 1).read_to_end(&mut text).await.map_err(ServeError::Start)?;
            }
            if text.len() as u64 > TEXT_BYTES_MAX {
                // Git ends with the command, which is dropped.
                return Err(TextError::TooLarge { limit: TEXT_BYTES_MAX });
            }
            if let Some(err) = err {
                err.take(1024).read_to_end(&mut said).await.map_err(ServeError::Start)?;
            }
            if child.wait().await.map_err(ServeError::Start)?.success() {
                return Ok(text);
            }
            Err(TextError::Failed { said: String::from_utf8_lossy(&said).trim().to_owned() })
        };
        tokio::time::timeout(TEXT_TIME, read).await.unwrap_or(Err(TextError::TimedOut(TEXT_TIME)))
    }
}
