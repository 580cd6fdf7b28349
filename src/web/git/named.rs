//! Repositories by what people type behind `git@host:` or `ssh://git@host/`. A connection of SSH does not say which host it
//! was made to, so on a server of several domains a name alone names nothing.

use crate::answer::{WebError, WebResult};
use crate::domains::{Site, is_key, naming};
use crate::ports::{Front, Presence};
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::domain::view::WhoIs;
use pritchel_actors::{Domain, ResourceKind};

/// A repository as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// `repos/{key}`: the path of its address. Keys are unique, whatever the domain.
    Key(String),
    /// `{name}`, or `{host}/{name}`.
    Name {
        /// The host.
        host: Option<String>,
        /// The name, without the `@`.
        name: String,
    },
}

/// A path: a repository, and perhaps the Grant it is asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The repository.
    pub named: Named,
    /// The last part of a path that has one more: the address of a Grant in base64.
    pub grant: Option<String>,
}

impl Asked {
    /// Reads a path. `None`: it is of no form that is known.
    pub fn of(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let bare = |part: &str| part.strip_suffix(".git").unwrap_or(part).trim_start_matches('@').to_owned();
        let key = |part: &str| Some(bare(part)).filter(|key| is_key(key)).map(Named::Key);
        let name = |host: Option<&str>, part: &str| Named::Name { host: host.map(str::to_lowercase), name: bare(part) };
        let parts: Vec<&str> = path.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let (named, grant) = match parts.as_slice() {
            ["repos", repository] => (key(repository)?, None),
            ["repos", repository, grant] => (key(repository)?, Some(*grant)),
            [repository] => (name(None, repository), None),
            [host, repository] if is_host(host) => (name(Some(host), repository), None),
            [host, repository, grant] if is_host(host) => (name(Some(host), repository), Some(*grant)),
            [repository, grant] => (name(None, repository), Some(*grant)),
            _ => return None,
        };
        Some(Self { named, grant: grant.map(str::to_owned) })
    }
}

/// Hosts have a dot or a port, and names have neither; those of repositories may end in `.git`.
fn is_host(part: &str) -> bool {
    (part.contains('.') && !part.ends_with(".git")) || part.contains(':') || part == "localhost"
}

/// The repository, if there is one with this name. Whether whoever asks may see it is another question.
pub async fn find(front: &Front, named: &Named) -> WebResult<ActorId> {
    let domains = &front.settings.domains;
    match named {
        Named::Key(key) => {
            for domain in domains {
                let Some(actor) = Site(domain.clone()).actor_at("repos", key) else { continue };
                if front.ports.presence(actor.clone()).await? != Presence::Never {
                    return Ok(actor);
                }
            }
            Err(WebError::not_found())
        }
        Named::Name { host, name } => {
            let domain = match (host, domains.as_slice()) {
                (Some(host), _) => naming(&front.settings, host).ok_or_else(WebError::not_found)?,
                (None, [only]) => only,
                (None, _) => {
                    let hosts: Vec<&str> = domains.iter().map(|domain| domain.host.as_str()).collect();
                    let detail = format!("this server is {}: expected `<host>/{name}` as the path", hosts.join(", "));
                    return Err(WebError::malformed(detail));
                }
            };
            let found = match front.node.look::<Domain, _>(&domain.actor, &WhoIs { name: name.to_lowercase() }).await {
                Ok(found) => found,
                Err(ViewError::NoActor) => None,
                Err(error) => return Err(error.into()),
            };
            // People and trackers have names too.
            found
                .filter(|actor| ResourceKind::of(actor) == Some(ResourceKind::Repository))
                .ok_or_else(WebError::not_found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_repository_and_perhaps_a_grant() {
        let key = |key: &str| Named::Key(key.to_owned());
        let name =
            |host: Option<&str>, name: &str| Named::Name { host: host.map(str::to_owned), name: name.to_owned() };
        #[rustfmt::skip]
        let rows = [
            ("tea",                           Some((name(None, "tea"), None))),
            ("/tea.git",                      Some((name(None, "tea"), None))),
            ("@tea/",                         Some((name(None, "tea"), None))),
            ("tea/aHR0cHM6",                  Some((name(None, "tea"), Some("aHR0cHM6")))),
            ("/tea.git/aHR0cHM6",             Some((name(None, "tea"), Some("aHR0cHM6")))),
            ("/repos/abc123.git",             Some((key("abc123"), None))),
            ("/repos/abc123/aHR0cHM6",        Some((key("abc123"), Some("aHR0cHM6")))),
            ("a.example/tea.git",             Some((name(Some("a.example"), "tea"), None))),
            ("A.example:8443/@tea",           Some((name(Some("a.example:8443"), "tea"), None))),
            ("a.example/tea/aHR0cHM6",        Some((name(Some("a.example"), "tea"), Some("aHR0cHM6")))),
            ("localhost/tea",                 Some((name(Some("localhost"), "tea"), None))),
            ("",                              None),
            ("/",                             None),
            ("//tea",                         None),
            ("repos/../tea",                  None),
            ("repos/ABC",                     None),
            ("a.example/tea/grant/more",      None),
            ("a/b/c/d",                       None),
        ];
        for (path, expected) in rows {
            let expected = expected.map(|(named, grant)| Asked { named, grant: grant.map(str::to_owned) });
            assert_eq!(Asked::of(path), expected, "{path}");
        }
    }
}
