//! Acts that somebody waits for: an actor has received an answer to an act it has not seen. The act is fetched from its
//! author's server and put into the actor's mailbox, once.

use std::sync::Arc;

use pritchel_actor::{Act, ActId, ActorId, Clock, Left};
use pritchel_box_store::work::{Extra, Lease, Next, Task, TaskError, Tell, WorkError};
use pritchel_box_store::{Addresses, BoxStore, ReceiveError};
use pritchel_vocab::{Activity, Uri};
use serde_json::json;

use crate::documents::far::{Far, FarDocument};
use crate::hosts::Hosts;
use crate::limits::{BACK_OFF_S, SEEK_ATTEMPTS_MAX};

/// Seeks acts. Cheap to clone.
#[derive(Clone)]
pub struct Seeker {
    pub(crate) boxes: BoxStore,
    pub(crate) hosts: Hosts,
    pub(crate) far: Far,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Seeker {
    /// Seeks the act of the head of a lane. Answers what it left in mailboxes beside the end of the step.
    pub async fn step(&self, lease: &Lease) -> Result<(Next, Extra, Left), WorkError> {
        let Task::Seek { actor, act } = Task::from_value(&lease.item.data)? else {
            return Err(TaskError::Other("expected an act to seek".to_owned()).into());
        };
        let now = self.clock.now();
        let done = |extra| Ok((Next::Done, extra, Left::default()));
        if let Some(known) = self.boxes.act(&act).await? {
            if !self.hosts.is_near(&known.author) {
                // It came by itself: whoever it was meant for has it.
                return done(Extra::default());
            }
            let author = known.author.clone();
            let tell = Tell { act, author: author.clone(), sender: author, to: actor, at: now };
            return done(Extra { tell: vec![tell], ..Extra::default() });
        }
        let Ok(uri) = Uri::parse(act.as_str()) else { return done(Extra::default()) };
        let fetched = match self.far.fetch(&uri).await {
            Ok(fetched) => fetched,
            Err(error) if error.is_transient() && lease.item.attempt + 1 < SEEK_ATTEMPTS_MAX => {
                let at = now + BACK_OFF_S[usize::try_from(lease.item.attempt).unwrap_or_default().min(3)];
                return Ok((Next::Again { at, data: lease.item.data.clone() }, Extra::default(), Left::default()));
            }
            Err(error) => {
                tracing::info!(actor = %actor, act.id = %act, "`{act}`, which `{actor}` waits for, is not to be had: {error}");
                return done(Extra::default());
            }
        };
        let Some(found) = authentic(&act, &fetched) else { return done(Extra::default()) };
        let how = json!({"carried": "fetched", "verdict": "fetched from its server", "at": fetched.at});
        match self.boxes.receive(Arc::new(found), how, &[actor], now).await {
            Ok(left) => Ok((Next::Done, Extra::default(), left)),
            Err(ReceiveError::Failed(error)) => Err(error.into()),
            Err(ReceiveError::Full { .. } | ReceiveError::QuotaFull { .. })
                if lease.item.attempt + 1 < SEEK_ATTEMPTS_MAX =>
            {
                let next = Next::Again { at: now + BACK_OFF_S[0], data: lease.item.data.clone() };
                Ok((next, Extra::default(), Left::default()))
            }
            Err(_) => done(Extra::default()),
        }
    }
}

/// The act, if the document is it, and speaks for an actor of its own server.
fn authentic(act: &ActId, fetched: &FarDocument) -> Option<Act> {
    let activity = Activity::read(&fetched.document).ok()?;
    let own =
        activity.id.as_ref().is_some_and(|id| id.as_str() == act.as_str() && id.origin() == activity.actor.origin());
    let author = ActorId::new(activity.actor.as_str());
    let body = Arc::new(fetched.document.value().clone());
    own.then(|| Act::new(act.clone(), author, body, fetched.document.raw_shared()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runner::Bell;
    use crate::testing::{NOW, PEER, Scene, Served, actor, peer};
    use pritchel_actor::effect::{Effect, TurnRecord};
    use pritchel_actor::{Boxes, What};

    /// Has a near person seek an act, and pumps for some hours; answers the ids in the mailbox.
    async fn sought(scene: &Scene, act: &str, mend: impl FnOnce()) -> Vec<String> {
        let runner = scene.outside.runner(scene.turns.clone(), Bell::default(), Vec::new());
        let me = actor("people/a");
        let mut stored = scene.near.boxes.open(&me).await.unwrap().unwrap();
        stored.header.turn += 1;
        let effects = vec![Effect::Seek { act: act.into() }];
        let record = TurnRecord { actor: me.clone(), stored, rows: Vec::new(), consumed: None, effects, at: NOW };
        scene.near.boxes.commit(record).await.unwrap();
        runner.pump(Duration::from_secs(10)).await;
        mend();
        for _ in 0..60 {
            scene.clock.pass(60);
            runner.pump(Duration::from_secs(10)).await;
        }
        assert_eq!(scene.near.boxes.next_due(), None);
        let mail = scene.near.boxes.mail(&me, None, 10).await.unwrap();
        let ids = mail.into_iter().map(|mail| match mail.message.what.clone() {
            What::Act { id, .. } => id.to_string(),
            other => panic!("{other:?}"),
        });
        ids.collect()
    }

    fn invite(id: &str, author: &ActorId) -> Served {
        Served::Document(json!({"id": id, "type": "Invite", "actor": author, "object": actor("people/a")}))
    }

    #[tokio::test]
    async fn an_act_that_is_waited_for_is_fetched_once() {
        let id = format!("{PEER}/1");
        let scene = Scene::new(&["people/a"]).await;
        scene.net.serve(&id, invite(&id, &peer("people/b")));
        assert_eq!(sought(&scene, &id, || ()).await, [id.as_str()]);
        assert_eq!(scene.net.asked(&id), 1);
        let act = scene.near.boxes.act(&id.as_str().into()).await.unwrap().unwrap();
        assert_eq!(act.author, peer("people/b"));
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_asked_again() {
        let (id, scene) = (format!("{PEER}/1"), Scene::new(&["people/a"]).await);
        scene.net.serve(&id, Served::Fails);
        let found = sought(&scene, &id, || scene.net.serve(&id, invite(&id, &peer("people/b")))).await;
        assert_eq!(found, [id.as_str()]);
    }

    #[tokio::test]
    async fn what_is_not_it_or_not_its_authors_is_left_alone() {
        let id = format!("{PEER}/1");
        for served in [
            invite(&format!("{PEER}/2"), &peer("people/b")),
            invite(&id, &"https://victim.example/v".into()),
            Served::Document(json!({"id": id, "type": "Note"})),
            Served::Status(404),
        ] {
            let scene = Scene::new(&["people/a"]).await;
            scene.net.serve(&id, served);
            assert!(sought(&scene, &id, || ()).await.is_empty());
        }
        let scene = Scene::new(&["people/a"]).await;
        assert!(sought(&scene, "no address", || ()).await.is_empty());
    }
}
