//! A merge into a repository of another server, as a job of the patch tracker: finds out where that server takes pushes and which
//! address it has, and has git merge and push there with the tracker's own key and Grant.

use crate::node::fetching::place as on_disk;
use crate::node::merging::{commit_id, located, plan, ref_name, unmerged};
use crate::node::ports::WrittenByWeb;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pritchel_actor::{ActorId, Later, Value};
use pritchel_actors::patch_tracker::merged_elsewhere::{ELSEWHERE_JOB, MergeElsewhere};
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_deliver::outside::Outside;
use pritchel_git::elsewhere::{ElsewhereError, Remote};
use pritchel_git::merge::Origin;
use pritchel_web::ports::Front;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// Does the jobs of [`ELSEWHERE_JOB`].
pub struct ElsewhereWorker {
    written: WrittenByWeb,
    outside: Outside,
    /// Where keys lie while git uses them.
    run: PathBuf,
    /// The host keys of other servers, as they were met first.
    known_hosts: PathBuf,
}

impl ElsewhereWorker {
    /// With what the web knows of repositories, once it is put together, and the way to other servers.
    pub fn new(written: WrittenByWeb, outside: Outside, run: &Path, known_hosts: &Path) -> Self {
        Self { written, outside, run: run.to_owned(), known_hosts: known_hosts.to_owned() }
    }
}

impl JobWorker for ElsewhereWorker {
    fn kind(&self) -> &'static str {
        ELSEWHERE_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (front, outside) = (self.written.front(), self.outside.clone());
        let (run, known_hosts) = (self.run.clone(), self.known_hosts.clone());
        Box::pin(async move {
            let Some(front) = front else { return JobEnd::Failed("this server has not started yet".to_owned()) };
            let work = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a merge into another server: {error}")),
            };
            let Place { uri, host, port } = match place(&front, &work).await {
                Ok(place) => place,
                Err(end) => return end,
            };
            let address = match outside.address_of(&host).await {
                Ok(address) => address,
                Err(why) => return JobEnd::Failed(why),
            };
            let key = match outside.keys.ssh(&job.actor).await {
                Ok(key) => key,
                Err(error) => return JobEnd::Failed(error.to_string()),
            };
            // Removed when it is let go of.
            let file = match KeyFile::write(&run, key.private.as_bytes()) {
                Ok(file) => file,
                Err(error) => return JobEnd::Failed(error.to_string()),
            };
            let options = [
                "BatchMode=yes".to_owned(),
                "IdentitiesOnly=yes".to_owned(),
                "IdentityAgent=none".to_owned(),
                "PreferredAuthentications=publickey".to_owned(),
                "ClearAllForwardings=yes".to_owned(),
                "StrictHostKeyChecking=accept-new".to_owned(),
                "GlobalKnownHostsFile=/dev/null".to_owned(),
                format!("UserKnownHostsFile=\"{}\"", known_hosts.display()),
                // The address that was checked, and not another that the name may lead to by now.
                format!("HostName={address}"),
                format!("HostKeyAlias={host}-{port}"),
                "ConnectTimeout=20".to_owned(),
                "ServerAliveInterval=15".to_owned(),
                "ServerAliveCountMax=4".to_owned(),
            ];
            let options: String = options.iter().map(|option| format!(" -o {}", quoted(option))).collect();
            let ssh = format!("ssh -F /dev/null -i {}{options}", quoted(&file.0.display().to_string()));
            merged(&front, &job.actor, work, Remote { uri, ssh }).await.unwrap_or_else(|end| end)
        })
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Where pushes go.
struct Place {
    uri: String,
    host: String,
    port: u16,
}

/// The first address of SSH that the repository takes pushes at, with the Grant behind it.
async fn place(front: &Front, work: &MergeElsewhere) -> Result<Place, JobEnd> {
    let document = front.ports.fetch(work.repository.to_string()).await;
    let document = document.map_err(|why| JobEnd::Failed(format!("{}: {why}", work.repository)))?;
    let uris = match document.get("pushUri").or_else(|| document.get("forge:pushUri")) {
        Some(Value::Array(uris)) => uris.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(uri)) => vec![uri.as_str()],
        _ => Vec::new(),
    };
    let ssh = uris.into_iter().filter_map(|uri| pritchel_vocab::CloneUri::parse(uri).ok());
    let mut ssh = ssh.filter_map(|uri| Url::parse(uri.as_str()).ok()).filter(|uri| uri.scheme() == "ssh");
    let none = || JobEnd::Refused(Unmerged::NoPushUri.refusal());
    let uri = ssh.next().ok_or_else(none)?;
    let host = match uri.host().ok_or_else(none)? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    let grant = URL_SAFE_NO_PAD.encode(work.grant.as_str());
    let to = format!("{}/{grant}", uri.as_str().trim_end_matches('/'));
    Ok(Place { uri: to, host, port: uri.port().unwrap_or(22) })
}

async fn merged(front: &Front, tracker: &ActorId, work: MergeElsewhere, remote: Remote) -> Result<JobEnd, JobEnd> {
    let merge = &work.merge;
    let target = ref_name(&merge.target)?;
    let (origin, there) = match (&merge.kept, &merge.origin) {
        (Some(kept), _) => {
            let gone = || JobEnd::Failed("what was kept of the merge request is gone".to_owned());
            (Origin::KeptIn(on_disk(&front.repos, tracker)?.ok_or_else(gone)?, commit_id(kept)?), None)
        }
        (None, Some(from)) if from.repository == work.repository => (Origin::Fetched, Some(ref_name(&from.name)?)),
        (None, Some(from)) => {
            let (repo, name) = located(front, tracker, &merge.author, from).await?;
            (Origin::Branch(repo, name), None)
        }
        (None, None) => return Err(JobEnd::Failed("expected a version or a branch to merge".to_owned())),
    };
    let plan = plan(front, merge, target, origin).await;
    match front.git.merge_elsewhere(&remote, plan, there.as_ref()).await {
        Ok(update) => Ok(JobEnd::Done(update.new.map(|new| new.to_string()).unwrap_or_default().into())),
        Err(ElsewhereError::Merge(error)) => Err(unmerged(error)),
        Err(ElsewhereError::Refused { said }) => Err(JobEnd::Refused(Unmerged::PushRefused(said).refusal())),
        Err(ElsewhereError::TooLarge { limit }) => Err(JobEnd::Refused(Unmerged::TooLarge { limit }.refusal())),
        Err(error) => Err(JobEnd::Failed(error.to_string())),
    }
}

/// A private key in a file that only this server reads, for as long as git needs it.
struct KeyFile(PathBuf);

impl KeyFile {
    fn write(run: &Path, key: &[u8]) -> std::io::Result<Self> {
        let path = run.join(format!("ssh-key-{}", crate::node::clock::secret()));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let made = Self(path);
        file.write_all(key)?;
        Ok(made)
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, "A key that git has used could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word_for_a_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $(ls)"), "'it'\\''s $(ls)'");
    }

    #[test]
    fn a_key_is_there_only_while_it_is_used() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::write(dir.path(), b"secret").unwrap();
        let path = file.0.clone();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(file);
        assert!(!path.exists());
    }
}
