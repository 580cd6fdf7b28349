//! What actors of other servers are called: by the name that their document gives (`webfinger`), once the host of that name
//! has said that it is theirs; else by their name before the `@` and the host of their address.
//!
//! Source: FEP-2c59.

use std::sync::Arc;

use pritchel_actor::{ActorId, BoxError};
use tokio::sync::Semaphore;

use crate::hosts::Hosts;
use crate::limits::NAMES_ASKED_MAX;
use crate::peers::Peers;
use crate::remote::{Remote, RemoteActor};
use crate::transport::Transport;
use crate::webfinger::Acct;

/// What an actor of another server is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Before the `@`.
    pub name: String,
    /// Behind it; `None`: the host of its address.
    pub host: Option<String>,
}

/// Knows what actors are called. Cheap to clone.
#[derive(Clone)]
pub struct Names {
    remote: Remote,
    hosts: Hosts,
    peers: Peers,
    transport: Arc<dyn Transport>,
    asking: Arc<Semaphore>,
}

impl Names {
    pub(crate) fn new(remote: Remote, hosts: Hosts, peers: Peers, transport: Arc<dyn Transport>) -> Self {
        Self { remote, hosts, peers, transport, asking: Arc::new(Semaphore::new(NAMES_ASKED_MAX)) }
    }

    /// What an actor is called, as far as that is remembered: nobody is waited for. The host of a name that was not asked yet
    /// is asked meanwhile, and whoever looks later sees what it said.
    pub async fn remembered(&self, actor: &ActorId) -> Result<Option<Called>, BoxError> {
        let Some(known) = self.remote.remembered(actor).await? else { return Ok(None) };
        let claim = known.webfinger.as_deref().and_then(|name| Acct::parse(name).ok());
        match (claim, known.webfinger_holds) {
            (Some(name), Some(true)) => {
                let host = Some(name.authority().to_owned());
                return Ok(Some(Called { name: name.user().to_owned(), host }));
            }
            (Some(name), None) => self.ask_meanwhile(known.clone(), name),
            _ => {}
        }
        Ok(known.username.clone().map(|name| Called { name, host: None }))
    }

    /// Not more than [`NAMES_ASKED_MAX`] at once; the others are asked when somebody looks again.
    fn ask_meanwhile(&self, actor: Arc<RemoteActor>, name: Acct) {
        let Ok(permit) = self.asking.clone().try_acquire_owned() else { return };
        let names = self.clone();
        tokio::spawn(async move {
            let holds = names.holds(&actor.id, &name).await;
            if let Err(error) = names.remote.name_asked(&actor, holds).await {
                tracing::warn!(actor = %actor.id, %error, "What an actor is called could not be kept");
            }
            drop(permit);
        });
    }

    /// Whether the host of a name says that it is this actor's. A host that does not answer has not said so.
    async fn holds(&self, actor: &ActorId, name: &Acct) -> bool {
        let host = name.authority().rsplit_once(':').map_or(name.authority(), |(host, _)| host);
        if self.hosts.by_name(name.authority()).is_some() || !self.peers.admit(host) {
            return false;
        }
        let found = self.transport.resolve(name.clone()).await;
        found.is_ok_and(|found| found.acct == *name && found.actor.as_str() == actor.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, Served, peer, person};
    use serde_json::json;

    /// What `people/b` of a peer is called, at first sight and once its name's host was asked.
    async fn called(claim: &str, leads_to: Option<&str>) -> (Option<Called>, Option<Called>) {
        let scene = Scene::new(&[]).await;
        let actor = peer("people/b");
        let mut document = person(&actor);
        document["webfinger"] = json!(claim);
        document["preferredUsername"] = json!("b");
        scene.net.serve(actor.as_str(), Served::Document(document));
        if let Some(leads_to) = leads_to {
            let name = Acct::parse(claim).unwrap().to_string();
            scene.net.names.lock().unwrap().insert(name, leads_to.to_owned());
        }
        let names = &scene.outside.names;
        assert_eq!(names.remembered(&actor).await, Ok(None), "nobody is asked for a name alone");
        scene.outside.remote.actor(&actor, 100).await.unwrap();
        let first = names.remembered(&actor).await.unwrap();
        while scene.outside.remote.remembered(&actor).await.unwrap().unwrap().webfinger_holds.is_none()
            && Acct::parse(claim).is_ok()
        {
            tokio::task::yield_now().await;
        }
        (first, names.remembered(&actor).await.unwrap())
    }

    #[tokio::test]
    async fn an_actor_is_called_by_the_name_of_its_document_once_the_names_host_agrees() {
        let own = || Some(Called { name: "b".to_owned(), host: None });
        let bea = || Some(Called { name: "bea".to_owned(), host: Some("tea.example".to_owned()) });
        let actor = peer("people/b");
        #[rustfmt::skip]
        let rows = [
            ("its host agrees",          "bea@tea.example",      Some(actor.as_str()),             bea()),
            ("with the scheme",          "acct:bea@tea.example", Some(actor.as_str()),             bea()),
            ("of somebody else",         "bea@tea.example",      Some("https://tea.example/bea"),  own()),
            ("of nobody",                "bea@tea.example",      None,                             own()),
            ("of our own host",          "bea@forge.example",    Some(actor.as_str()),             own()),
            ("none at all",              "<b>",                  None,                             own()),
        ];
        for (what, claim, leads_to, expected) in rows {
            assert_eq!(called(claim, leads_to).await, (own(), expected), "{what}");
        }
    }

    #[tokio::test]
    async fn the_answer_outlives_a_restart_and_a_document_that_changed_is_asked_about_anew() {
        let scene = Scene::new(&[]).await;
        let actor = peer("people/b");
        let mut document = person(&actor);
        document["webfinger"] = json!("bea@tea.example");
        scene.net.serve(actor.as_str(), Served::Document(document.clone()));
        let known = scene.outside.remote.actor(&actor, 100).await.unwrap();
        scene.outside.remote.name_asked(&known, true).await.unwrap();
        let again = Remote::new(scene.near.boxes.clone(), scene.outside.far_for_tests(), scene.clock.clone());
        assert_eq!(again.remembered(&actor).await.unwrap().unwrap().webfinger_holds, Some(true));
        document["webfinger"] = json!("other@tea.example");
        scene.net.serve(actor.as_str(), Served::Document(document));
        let changed = again.actor(&actor, 0).await.unwrap();
        assert_eq!((changed.webfinger.as_deref(), changed.webfinger_holds), (Some("other@tea.example"), None));
        again.name_asked(&known, true).await.unwrap();
        assert_eq!(
            again.remembered(&actor).await.unwrap().unwrap().webfinger_holds,
            None,
            "that was about another name"
        );
    }
}
