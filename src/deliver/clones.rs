//! Where repositories of other servers are cloned from: their document says where, and the guard says whether git may go there and
//! to which addresses. Git makes its own connection, to these addresses and no others.

use std::net::SocketAddr;

use pritchel_actor::ActorId;
use pritchel_vocab::{ActorDoc, Obj, Uri};
use url::Url;

use crate::documents::lookup::{Lookup, LookupError};
use crate::fetch::FetchError;

/// Where a repository is cloned from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloneFrom {
    /// The address git is given.
    pub url: String,
    /// What its host may be connected at.
    pub addresses: Vec<SocketAddr>,
}

/// Why it cannot be cloned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CloneError {
    /// Its document is not to be had.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// There is a document, but no repository's, or it does not say where it is cloned from.
    #[error("{uri} is no repository that can be cloned: {why}")]
    NotARepository {
        /// The address.
        uri: String,
        /// What was expected, what was found.
        why: String,
    },
    /// Git may not go there.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

impl CloneError {
    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Lookup(error) => error.code(),
            Self::NotARepository { .. } => "not-a-repository",
            Self::Fetch(error) => error.code(),
        }
    }
}

/// Finds out where repositories are cloned from. Cheap to clone.
#[derive(Clone)]
pub struct Clones {
    lookup: Lookup,
}

impl Clones {
    pub(crate) fn new(lookup: Lookup) -> Self {
        Self { lookup }
    }

    /// Where this repository of another server is cloned from: the first `cloneUri` that is a web address.
    pub async fn find(&self, repository: &ActorId) -> Result<CloneFrom, CloneError> {
        let found = self.lookup.find(repository.as_str()).await?;
        let not = |why: String| CloneError::NotARepository { uri: repository.to_string(), why };
        let document = Obj::of(&found.document).map_err(|why| not(why.to_string()))?;
        let actor = ActorDoc::read(&document).map_err(|why| not(why.to_string()))?;
        if !actor.types.iter().any(|kind| kind == "Repository") {
            return Err(not(format!("expected the type Repository, found {:?}", actor.types)));
        }
        let uri: Option<Uri> = actor.clone_uri.iter().find_map(|uri| uri.as_web());
        let uri = uri.ok_or_else(|| not("expected a web address as `cloneUri`, found none".to_owned()))?;
        let url = Url::parse(uri.as_str()).map_err(|why| not(why.to_string()))?;
        if !self.lookup.peers.admit_uri(&uri) {
            return Err(FetchError::Blocked { host: uri.origin().host }.into());
        }
        let addresses = self.lookup.transport.addresses(url).await?;
        Ok(CloneFrom { url: uri.as_str().to_owned(), addresses })
    }
}

/// What has no document, but is known to git alone.
impl Clones {
    /// Whether git may fetch at this address, and to what it may connect: a web address that is public, of a server that is spoken with.
    pub async fn plain(&self, url: &str) -> Result<CloneFrom, CloneError> {
        let not = |why: String| CloneError::NotARepository { uri: url.to_owned(), why };
        let uri = Uri::parse(url).map_err(|why| not(why.to_string()))?;
        if !self.lookup.peers.admit_uri(&uri) {
            return Err(FetchError::Blocked { host: uri.origin().host }.into());
        }
        let parsed = Url::parse(uri.as_str()).map_err(|why| not(why.to_string()))?;
        let addresses = self.lookup.transport.addresses(parsed).await?;
        Ok(CloneFrom { url: uri.as_str().to_owned(), addresses })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Scene, Served, peer};
    use serde_json::{Value, json};

    fn repository(clone: Value) -> Value {
        let id = peer("repos/tea");
        json!({
            "id": id, "type": "Repository", "inbox": format!("{id}/inbox"), "outbox": format!("{id}/outbox"),
            "preferredUsername": "tea", "cloneUri": clone,
        })
    }

    #[tokio::test]
    async fn a_repository_is_cloned_from_where_its_document_says_if_git_may_go_there() {
        let scene = Scene::new(&[]).await;
        let id = peer("repos/tea");
        let found = async |document: Value| {
            let scene = Scene::new(&[]).await;
            scene.net.serve(id.as_str(), Served::Document(document));
            scene.outside.clones.find(&id).await.map(|from| from.url).map_err(|error| error.code())
        };
        let mut project = repository(json!("https://git.example/tea.git"));
        project["type"] = json!("Project");
        #[rustfmt::skip]
        let rows = [
            (repository(json!("https://git.example/tea.git")),                          Ok("https://git.example/tea.git")),
            (repository(json!(["ssh://git@git.example/tea", "https://a.example/tea"])), Ok("https://a.example/tea")),
            (repository(json!(["ssh://git@git.example/tea"])),                          Err("not-a-repository")),
            (repository(json!([])),                                                     Err("not-a-repository")),
            (repository(json!("https://inner.example/tea.git")),                        Err("fetch-address-not-public")),
            (project,                                                                   Err("not-a-repository")),
        ];
        for (document, expected) in rows {
            let shown = document.to_string();
            assert_eq!(found(document).await, expected.map(str::to_owned), "{shown}");
        }
        assert_eq!(scene.outside.clones.find(&id).await.unwrap_err().code(), "gone");
    }

    #[tokio::test]
    async fn git_goes_only_to_public_addresses_of_servers_that_are_spoken_with() {
        let scene = Scene::new(&[]).await;
        let plain = async |url: &str| {
            let found = scene.outside.clones.plain(url).await;
            found.map(|from| from.url).map_err(|error| error.code())
        };
        assert_eq!(plain("https://git.example/tea.git").await, Ok("https://git.example/tea.git".to_owned()));
        assert_eq!(plain("https://inner.example/tea.git").await, Err("fetch-address-not-public"));
        for url in ["file:///etc/passwd", "ssh://git@git.example/tea", "https://a:b@git.example/tea", "tea"] {
            assert_eq!(plain(url).await, Err("not-a-repository"), "{url}");
        }
    }
}
