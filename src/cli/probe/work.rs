//! A working copy that is pushed from, by git over HTTP: to a repository of the peer's with its person's token, or to one of ours
//! with ann's.

use crate::cli::demo::repository::{generate, git};
use crate::cli::limits::STEP_S;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Scene, Stop};
use pritchel_actor::ActorId;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The branch that all begins with.
pub const MAIN: &str = "main";

/// A working copy, and where it is pushed to.
pub struct Work {
    path: PathBuf,
    remote: String,
    token: String,
}

impl Work {
    /// A copy of a repository of the peer's, where its person has a token. One without a branch `main` has a small history here that is
    /// yet to be pushed: see [`begun`](Self::begun).
    pub async fn of_the_peer(scene: &mut Scene, repository: &ActorId) -> Result<Self, Stop> {
        let Some(client) = &scene.peer.client else { return Err(Stop("only a client pushes: --token".into())) };
        let me = client.get(client.id.as_str()).await?;
        let name = me["preferredUsername"].as_str().unwrap_or_default().to_owned();
        let token = client.token.clone();
        let remote = remote(scene, repository, &name, &token).await?;
        let work = Self { path: path(scene)?, remote, token };
        // What there is already is gone on from.
        match work.at(MAIN)?.as_str() {
            "" => work.run(&["checkout", "--quiet", MAIN])?,
            _ => {
                work.run(&["fetch", "--quiet", &work.remote, MAIN])?;
                work.run(&["checkout", "--quiet", "-B", MAIN, "FETCH_HEAD"])?
            }
        };
        Ok(work)
    }

    /// The repository has a branch `main` from now on, if it had none.
    pub fn begun(&self) -> Result<(), Stop> {
        if self.at(MAIN)?.is_empty() { self.push(MAIN) } else { Ok(()) }
    }

    /// What there is of a copy, or a small history, pushed to a repository of ours.
    pub async fn of_ours(scene: &mut Scene, repository: &ActorId) -> Result<Self, Stop> {
        let token = scene.home.client(Who::Ann).token.clone();
        let remote = remote(scene, repository, "ann", &token).await?;
        let work = Self { path: path(scene)?, remote, token };
        work.run(&["checkout", "--quiet", MAIN])?;
        Ok(work)
    }

    /// The same copy, pushed to a repository of ours, which may be empty.
    pub async fn towards_ours(&self, scene: &mut Scene, repository: &ActorId) -> Result<Self, Stop> {
        let token = scene.home.client(Who::Ann).token.clone();
        let remote = remote(scene, repository, "ann", &token).await?;
        Ok(Self { path: self.path.clone(), remote, token })
    }

    /// From now on a branch is worked on that begins where `main` is, or another one.
    pub fn branch(&self, name: &str, at: &str) -> Result<(), Stop> {
        self.run(&["checkout", "--quiet", "-B", name, at]).map(drop)
    }

    /// Writes a file and commits it: the commit.
    pub fn commit(&self, file: &str, text: &str) -> Result<String, Stop> {
        std::fs::write(self.path.join(file), text).map_err(|e| Stop(format!("{file}: {e}")))?;
        self.run(&["add", file])?;
        let author = ["-c", "user.name=Ann", "-c", "user.email=ann@probe.example"];
        let message = format!("Write {file}");
        self.run(&[&author[..], &["commit", "--quiet", "--no-gpg-sign", "-m", &message]].concat())?;
        self.run(&["rev-parse", "HEAD"])
    }

    /// Pushes what is worked on to a branch.
    pub fn push(&self, branch: &str) -> Result<(), Stop> {
        self.run(&["push", "--quiet", &self.remote, &format!("+HEAD:refs/heads/{branch}")]).map(drop)
    }

    /// Pushes a tag of what is worked on.
    pub fn tag(&self, name: &str) -> Result<(), Stop> {
        self.run(&["push", "--quiet", &self.remote, &format!("+HEAD:refs/tags/{name}")]).map(drop)
    }

    /// The patches since `main`, each as a mail, oldest first.
    pub fn patches(&self) -> Result<Vec<String>, Stop> {
        let mails = self.run(&["format-patch", "--stdout", MAIN])?;
        Ok(pritchel_actors::patch_tracker::patch::Patch::split(&mails))
    }

    /// The commit a branch of the repository is at; empty if there is none.
    pub fn at(&self, branch: &str) -> Result<String, Stop> {
        self.at_of(&self.remote, branch)
    }

    /// The same of a repository anywhere.
    pub fn at_of(&self, remote: &str, branch: &str) -> Result<String, Stop> {
        let listed = self.run(&["ls-remote", remote, &format!("refs/heads/{branch}")])?;
        Ok(listed.split_whitespace().next().unwrap_or_default().to_owned())
    }

    /// Pushes what is worked on over SSH, with this key and no other. Nobody has told what key the host has: any is believed.
    pub fn push_by_ssh(&self, uri: &str, key: &Path, branch: &str) -> Result<(), Stop> {
        let known = self.path.with_file_name("known_hosts");
        let ssh = format!(
            "core.sshCommand=ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o \
             UserKnownHostsFile={} -o StrictHostKeyChecking=no -o ConnectTimeout={STEP_S}",
            key.display(),
            known.display()
        );
        self.run(&["-c", &ssh, "push", "--quiet", uri, &format!("+HEAD:refs/heads/{branch}")]).map(drop)
    }

    /// A token has no place in what is printed.
    fn run(&self, args: &[&str]) -> Result<String, Stop> {
        git(&self.path, args).map_err(|failure| Stop(failure.0.replace(&self.token, "…")))
    }
}

/// Where the copy lies; a small history is made if there is none.
fn path(scene: &Scene) -> Result<PathBuf, Stop> {
    let path = scene.home.folder().join("kitchen");
    if !path.exists() {
        generate(scene.home.folder(), "")?;
    }
    Ok(path)
}

/// Where a repository is pushed to, with a name and a token in it.
async fn remote(scene: &mut Scene, repository: &ActorId, name: &str, token: &str) -> Result<String, Stop> {
    let shown = scene.get(repository.as_str()).await?;
    let uri = ["pushUri", "cloneUri"].iter().find_map(|term| {
        let found = &shown[*term];
        let all = found.as_array().cloned().unwrap_or_else(|| vec![found.clone()]);
        all.iter().filter_map(Value::as_str).find(|uri| uri.starts_with("http")).map(str::to_owned)
    });
    let uri = uri.ok_or_else(|| Stop(format!("{repository} names no pushUri of http")))?;
    Ok(uri.replacen("://", &format!("://{name}:{token}@"), 1))
}
