//! A merge into a repository of another server: fetched over SSH into a repository that is thrown away, merged there as one of
//! ours would be, and pushed back. Whoever calls has found out where that server is and with which key it is spoken to; git
//! speaks no other protocol here.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use git2::Repository;
use tokio::process::Command;

use crate::apply::Quarantine;
use crate::git::Git;
use crate::limits::{ELSEWHERE_LOOK, ELSEWHERE_TIME, GIT_SAID_LENGTH_MAX, MERGE_PACK_BYTES_MAX};
use crate::merge::{self, FETCHED, MergeError, Plan};
use crate::names::{ObjectId, RefName, RefUpdate};
use crate::place::Repo;

/// A repository of another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// `ssh://…`.
    pub uri: String,
    /// The command by which git runs the client of SSH, as a shell reads it.
    pub ssh: String,
}

/// Why nothing was merged there. Nothing has changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum ElsewhereError {
    /// The merge itself.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// The other server said no, and why.
    #[error("the other server refused: {said}")]
    Refused {
        /// What it said, at most [`GIT_SAID_LENGTH_MAX`] characters.
        said: String,
    },
    /// It could not be reached, or said something else. Whether a push has happened is not known.
    #[error("the other server could not be used: {said}")]
    Failed {
        /// What git said.
        said: String,
    },
    /// It took too long.
    #[error("the other server took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It sent more than a merge may bring.
    #[error("the other repository has more than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// This server's disk or git.
    #[error("the merge could not be made here: {0}")]
    Here(#[from] io::Error),
}

impl Git {
    /// Merges what the plan says into its target over there, and answers from where to where the branch has moved. Where it has
    /// all of that already, nothing moves: it may have been done before by a try of whose end nobody has heard.
    /// - `there`: the branch of the same repository that the merge comes from, if it does; then the plan's origin is
    ///   [`Origin::Fetched`](crate::merge::Origin::Fetched)
    pub async fn merge_elsewhere(
        &self,
        remote: &Remote,
        plan: Plan,
        there: Option<&RefName>,
    ) -> Result<RefUpdate, ElsewhereError> {
        let target = plan.target.clone();
        let dir = Quarantine::new(self.home()).map_err(|error| io::Error::other(error.to_string()))?;
        let repo = Repo::thrown_away(dir.path());
        let init = self.run_elsewhere(remote, &dir, &["init", "-q", "--bare", "--template="]).await?;
        if !init.status.success() {
            return Err(io::Error::other(said(&init)).into());
        }
        let mut wanted = vec![format!("+{target}:{target}")];
        wanted.extend(there.map(|name| format!("+{name}:{FETCHED}")));
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let fetch = ["fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--", &remote.uri];
        let fetched = self.run_elsewhere(remote, &dir, &[&fetch[..], &wanted].concat()).await?;
        if !fetched.status.success() {
            return Err(unfetched(&fetched, &target));
        }
        let prepared = tokio::task::spawn_blocking(move || match merge::prepare(&repo, &plan) {
            Err(MergeError::NothingNew) => stays(&repo, &plan.target),
            prepared => prepared,
        });
        let update = prepared.await.map_err(|error| io::Error::other(error.to_string()))??;
        if update.old == update.new {
            return Ok(update);
        }
        let Some(new) = update.new else { return Err(io::Error::other("a merge without a commit").into()) };
        // Without force: a branch that has moved on meanwhile is left alone.
        let moves = format!("{new}:{target}");
        let push = ["push", "-q", "--porcelain", "--no-verify", "--no-recurse-submodules", "--", &remote.uri, &moves];
        let pushed = self.run_elsewhere(remote, &dir, &push).await?;
        if pushed.status.success() { Ok(update) } else { Err(unpushed(&pushed, &target)) }
    }

    /// Runs git in the directory, which must not grow beyond a bound meanwhile.
    async fn run_elsewhere(&self, remote: &Remote, dir: &Quarantine, args: &[&str]) -> Result<Output, ElsewhereError> {
        let mut command: Command = self.command(&[
            ("core.fsync", OsStr::new("none")),
            ("protocol.allow", OsStr::new("never")),
            ("protocol.ssh.allow", OsStr::new("always")),
            ("core.sshCommand", OsStr::new(&remote.ssh)),
            ("ssh.variant", OsStr::new("ssh")),
        ]);
        command.args(args).current_dir(dir.path()).env("GIT_CEILING_DIRECTORIES", self.home());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn()?;
        let watch = async {
            loop {
                tokio::time::sleep(ELSEWHERE_LOOK).await;
                if bytes_in(&dir.path().join("objects/pack")) > MERGE_PACK_BYTES_MAX {
                    return;
                }
            }
        };
        // Whoever is let go of is killed.
        tokio::select! {
            output = child.wait_with_output() => Ok(output?),
            () = watch => Err(ElsewhereError::TooLarge { limit: MERGE_PACK_BYTES_MAX }),
            () = tokio::time::sleep(ELSEWHERE_TIME) => Err(ElsewhereError::TimedOut(ELSEWHERE_TIME)),
        }
    }
}

/// A branch that has it all stays where it is.
fn stays(repo: &Repo, target: &RefName) -> Result<RefUpdate, MergeError> {
    let at = ObjectId::from_git(merge::tip(&Repository::open_bare(repo.path())?, target)?);
    Ok(RefUpdate { name: target.clone(), old: at, new: at })
}

/// Bytes of the files of a directory. What cannot be looked at does not count: the next look may see it.
fn bytes_in(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|entry| entry.len()).sum()
}

/// What git said, fit to be told.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let told: Vec<&str> = lines.filter(|line| !line.starts_with("Warning: Permanently added")).collect();
    told.join("; ").chars().filter(|c| !c.is_control()).take(GIT_SAID_LENGTH_MAX).collect()
}

/// Whether the other server has said no, rather than nothing.
fn is_refusal(said: &str) -> bool {
    ["Permission denied (publickey", "pritchel: ", "Host key verification failed"].iter().any(|no| said.contains(no))
}

fn unfetched(output: &Output, target: &RefName) -> ElsewhereError {
    let said = said(output);
    if said.contains("couldn't find remote ref") {
        return MergeError::NoBranch(target.clone()).into();
    }
    if is_refusal(&said) { ElsewhereError::Refused { said } } else { ElsewhereError::Failed { said } }
}

/// Source: git, `git-push`, "OUTPUT": a flag, from where to where, and a summary.
fn unpushed(output: &Output, target: &RefName) -> ElsewhereError {
    let report = String::from_utf8_lossy(&output.stdout);
    let refused = report.lines().find_map(|line| line.strip_prefix("!\t"));
    match refused {
        Some(line) if line.contains("[rejected]") => MergeError::Moved(target.clone()).into(),
        Some(line) => {
            let why = line.rsplit('\t').next().unwrap_or_default();
            let said = format!("{why}; {}", said(output)).chars().take(GIT_SAID_LENGTH_MAX).collect();
            ElsewhereError::Refused { said }
        }
        None => {
            let said = said(output);
            if is_refusal(&said) { ElsewhereError::Refused { said } } else { ElsewhereError::Failed { said } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn output(stdout: &str, stderr: &str) -> Output {
        Output { status: ExitStatus::from_raw(256), stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn what_another_server_says_is_told_apart_from_its_silence() {
        let target: RefName = "refs/heads/main".parse().unwrap();
        #[rustfmt::skip]
        let rows = [
            ("!\tabc:refs/heads/main\t[rejected] (fetch first)\n",          "",                                  "moved"),
            ("!\tabc:refs/heads/main\t[rejected] (non-fast-forward)\n",     "",                                  "moved"),
            ("!\tabc:refs/heads/main\t[remote rejected] (no such role)\n",  "",                                  "refused"),
            ("",                        "pritchel: the Grant was taken back\nfatal: Could not read\n",           "refused"),
            ("",                        "git@forge: Permission denied (publickey).\n",                           "refused"),
            ("",                        "ssh: connect to host forge port 22: Connection refused\n",              "failed"),
            ("",                        "",                                                                      "failed"),
        ];
        for (stdout, stderr, expected) in rows {
            let found = match unpushed(&output(stdout, stderr), &target) {
                ElsewhereError::Merge(MergeError::Moved(_)) => "moved",
                ElsewhereError::Refused { .. } => "refused",
                ElsewhereError::Failed { .. } => "failed",
                _ => "something else",
            };
            assert_eq!(found, expected, "{stdout}{stderr}");
        }
        let gone = unfetched(&output("", "fatal: couldn't find remote ref refs/heads/main\n"), &target);
        assert!(matches!(gone, ElsewhereError::Merge(MergeError::NoBranch(_))));
    }
}
