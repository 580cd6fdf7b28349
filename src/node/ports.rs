//! What the web asks of the other rooms: translation, nothing more.

use crate::node::checkup::Checkup;
use crate::node::clock::MachineClock;
use crate::node::far_trackers::FarShelf;
use crate::node::moderation::Rulebook;
use pritchel_actor::runtime::Node;
use pritchel_actor::{Act, ActId, ActorId, Boxes, Clock, Documents, Evidence, Need, Outcome, Seconds, Value};
use pritchel_actors::access::view::HoldsGrant;
use pritchel_actors::person::account::TOKEN;
use pritchel_actors::{ResourceKind, with_resource};
use pritchel_box_store::BoxStore;
use pritchel_box_store::blob::{BlobRef, BlobStore};
use pritchel_deliver::documents::Holding;
use pritchel_deliver::keys::rotation::OwnDocuments;
use pritchel_deliver::outside::Outside;
use pritchel_deliver::peers;
use pritchel_deliver::receive::{Delivered as Received, Incoming, Receiver, Refused};
use pritchel_deliver::runner::Runner;
use pritchel_web::fed::actor::document_of;
use pritchel_web::limits::{KEY_PEOPLE_MAX, TOKEN_PEOPLE_MAX};
use pritchel_web::ports::{
    Called, Delivered, DeliveryShown, Finding, FoundActor, Front, IntentTemplate, KeptBytes, Later, PortError, Ports,
    Presence, PumpReport, RawRequest, RefusedShown, ShownKeys, Standing,
};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The rest of the node, as the web sees it.
#[derive(Clone)]
pub struct NodePorts {
    /// The boxes of the actors.
    pub boxes: BoxStore,
    /// Other servers.
    pub outside: Outside,
    /// What takes deliveries.
    pub receiver: Receiver,
    /// What moves everything.
    pub runner: Runner,
    /// The rules about other servers.
    pub rulebook: Rulebook,
    /// Trackers of other servers that are kept.
    pub shelf: FarShelf,
    /// The self-check.
    pub checkup: Checkup,
    /// The bytes of files.
    pub blobs: BlobStore,
}

fn failed(error: impl std::fmt::Display) -> PortError {
    PortError { code: "unavailable".to_owned(), detail: error.to_string() }
}

fn not_found(why: pritchel_actor::NotFound) -> PortError {
    PortError { code: "not-found".to_owned(), detail: why.to_string() }
}

fn incoming(request: RawRequest) -> Incoming {
    let RawRequest { method, target, host, headers, body } = request;
    Incoming { method, target, host, headers, body }
}

fn refused(why: Refused) -> Delivered {
    let Refused { status, code, detail, retry_after_s, accept_signature } = why;
    Delivered::Refused { status, code, detail, retry_after_s, accept_signature }
}

impl Ports for NodePorts {
    fn deliver(&self, request: RawRequest, inbox_of: Option<ActorId>) -> Later<Delivered> {
        let (receiver, shelf, body) = (self.receiver.clone(), self.shelf.clone(), request.body.clone());
        Box::pin(async move {
            match receiver.deliver(incoming(request), inbox_of).await {
                Received::Accepted => {
                    // Whoever delivers does not wait for it.
                    if !shelf.is_empty() {
                        tokio::spawn(async move { shelf.heard(&body).await });
                    }
                    Delivered::Accepted
                }
                Received::Refused(why) => refused(why),
            }
        })
    }

    fn signer(&self, request: RawRequest) -> Later<Result<Option<ActorId>, PortError>> {
        let receiver = self.receiver.clone();
        Box::pin(async move {
            let signer = receiver.signer(incoming(request)).await;
            signer.map_err(|why| PortError { code: why.code, detail: why.detail })
        })
    }

    fn keys(&self, actor: ActorId) -> Later<Result<ShownKeys, PortError>> {
        let keys = self.outside.keys.clone();
        Box::pin(async move {
            let pritchel_deliver::keys::ShownKeys { rsa, multikeys } = keys.shown(&actor).await.map_err(failed)?;
            Ok(ShownKeys { rsa, multikeys })
        })
    }

    fn ssh_key(&self, actor: ActorId) -> Later<Result<String, PortError>> {
        let keys = self.outside.keys.clone();
        Box::pin(async move { Ok(keys.ssh(&actor).await.map_err(failed)?.public) })
    }

    fn presence(&self, actor: ActorId) -> Later<Result<Presence, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            Ok(match boxes.open(&actor).await.map_err(failed)? {
                None => Presence::Never,
                Some(stored) if stored.header.ended => Presence::Ended,
                Some(_) => Presence::Here,
            })
        })
    }

    fn named(&self, acct: String) -> Later<Result<Option<ActorId>, PortError>> {
        let lookup = self.outside.lookup.clone();
        Box::pin(async move { lookup.named(&acct).await.map_err(failed) })
    }

    fn key_people(&self, kind: &'static str, id: String) -> Later<Result<Vec<ActorId>, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            let prefix = format!("{id}/");
            let rows = boxes.directory_page(kind, &prefix, None, KEY_PEOPLE_MAX).await.map_err(failed)?;
            Ok(rows.iter().filter_map(|(_, value)| value.get("actor")?.as_str().map(ActorId::new)).collect())
        })
    }

    fn token_people(&self, mark: String) -> Later<Result<Vec<ActorId>, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            let rows =
                boxes.directory_page(TOKEN, &format!("{mark}/"), None, TOKEN_PEOPLE_MAX).await.map_err(failed)?;
            Ok(rows.iter().filter_map(|(_, value)| value.get("actor")?.as_str().map(ActorId::new)).collect())
        })
    }

    fn remembered_name(&self, actor: ActorId) -> Later<Option<Called>> {
        let names = self.outside.names.clone();
        Box::pin(async move {
            // A store that cannot be read shows in more important places than a name.
            let called = names.remembered(&actor).await.ok().flatten()?;
            Some(Called { name: called.name, host: called.host })
        })
    }

    /// With its proof, as other servers were sent it: one act has one set of bytes.
    fn act(&self, id: ActId) -> Later<Result<Option<Arc<Act>>, PortError>> {
        let (boxes, outside) = (self.boxes.clone(), self.outside.clone());
        Box::pin(async move {
            let Some(act) = boxes.act(&id).await.map_err(failed)? else { return Ok(None) };
            let bytes = outside.proved(&act).await.map_err(failed)?;
            if bytes == act.raw[..] {
                return Ok(Some(act));
            }
            let body: Value = serde_json::from_slice(&bytes).map_err(failed)?;
            let (id, author) = (act.id.clone(), act.author.clone());
            Ok(Some(Arc::new(Act::new(id, author, Arc::new(body), bytes.as_ref().into()))))
        })
    }

    fn find(&self, text: String) -> Later<Result<FoundActor, PortError>> {
        let lookup = self.outside.lookup.clone();
        Box::pin(async move {
            match lookup.find(&text).await {
                Ok(found) => Ok(FoundActor { id: found.id, document: found.document }),
                Err(error) => Err(PortError { code: error.code().to_owned(), detail: error.to_string() }),
            }
        })
    }

    fn home(&self, text: String) -> Later<Result<Vec<IntentTemplate>, PortError>> {
        let lookup = self.outside.lookup.clone();
        Box::pin(async move {
            match lookup.home(&text).await {
                Ok(all) => {
                    Ok(all.into_iter().map(|one| IntentTemplate { rel: one.rel, template: one.template }).collect())
                }
                Err(error) => Err(PortError { code: error.code().to_owned(), detail: error.to_string() }),
            }
        })
    }

    fn fetch(&self, uri: String) -> Later<Result<Arc<Value>, PortError>> {
        let documents = self.outside.documents.clone();
        Box::pin(async move { documents.document(&uri).await.found.map_err(not_found) })
    }

    fn fetch_as(&self, uri: String, reader: ActorId) -> Later<Result<Arc<Value>, PortError>> {
        let documents = self.outside.documents.clone();
        Box::pin(async move { documents.document_as(&uri, &reader).await.map_err(not_found) })
    }

    fn evidence(&self, need: Need) -> Later<Evidence> {
        self.outside.documents.fetch(need)
    }

    fn fresh(&self, uri: String) -> Later<Evidence> {
        let documents = self.outside.documents.clone();
        Box::pin(async move { documents.fresh(&uri).await })
    }

    fn deliveries(&self, act: ActId, author: ActorId) -> Later<Result<Vec<DeliveryShown>, PortError>> {
        let outside = self.outside.clone();
        Box::pin(async move {
            let shown = outside.deliveries_of(&act, &author).await.map_err(failed)?;
            Ok(shown
                .into_iter()
                .map(|delivery| DeliveryShown {
                    to: vec![delivery.to],
                    attempts: delivery.attempts,
                    next: delivery.next,
                    last_error: delivery.last_error,
                })
                .collect())
        })
    }

    fn refused(&self, inbox_of: ActorId) -> Later<Result<Vec<RefusedShown>, PortError>> {
        let receiver = self.receiver.clone();
        Box::pin(async move {
            let lines = receiver.refused(&inbox_of).await.map_err(failed)?;
            let shown = lines.into_iter().map(|line| RefusedShown {
                at: line.at,
                code: line.code,
                detail: line.detail,
                claims: line.claims,
            });
            Ok(shown.collect())
        })
    }

    fn pump(&self, budget: Duration) -> Later<PumpReport> {
        let runner = self.runner.clone();
        Box::pin(async move {
            let report = runner.pump(budget).await;
            PumpReport {
                turns: report.turns,
                moved: report.moved,
                still_due: report.still_due,
                next_due: report.next_due,
                took_ms: report.took_ms,
            }
        })
    }

    fn far_tracker(&self, domain: ActorId, of: ActorId) -> Later<Result<ActorId, PortError>> {
        let shelf = self.shelf.clone();
        Box::pin(async move {
            match shelf.keep(&domain, of).await.map_err(failed)? {
                Outcome::Done(at) => Ok(at),
                Outcome::Refused(why) => Err(PortError { code: why.code, detail: why.summary }),
                Outcome::Unknown => Err(failed("it is not known whether it is kept")),
            }
        })
    }

    fn standing(&self, actor: &ActorId) -> Standing {
        if self.rulebook.hides(actor) {
            return Standing::Blocked;
        }
        match pritchel_vocab::Uri::parse(actor.as_str()).map(|uri| self.outside.peers.of(&uri)) {
            Ok(peers::Standing::Blocked) => Standing::Blocked,
            Ok(peers::Standing::Limited) => Standing::Limited,
            // What is no address is nobody's.
            Ok(peers::Standing::Open) | Err(_) => Standing::Open,
        }
    }

    fn checkup(&self) -> Later<Vec<Finding>> {
        let checkup = self.checkup.clone();
        Box::pin(async move { checkup.run().await })
    }

    fn rules_changed(&self) -> Later<Result<(), PortError>> {
        let rulebook = self.rulebook.clone();
        Box::pin(async move { rulebook.reload().await.map_err(failed) })
    }

    fn keep_file(&self, bytes: Vec<u8>) -> Later<Result<KeptBytes, PortError>> {
        let blobs = self.blobs.clone();
        Box::pin(async move {
            let kept = tokio::task::spawn_blocking(move || blobs.put(&bytes)).await.map_err(failed)?;
            let pin = kept.map_err(failed)?;
            let blob = pin.blob();
            Ok(KeptBytes { hash: blob.hash.to_string(), bytes: blob.bytes, held: Box::new(pin) })
        })
    }

    fn kept_file(&self, hash: String, bytes: u64) -> Later<Result<Vec<u8>, PortError>> {
        let blobs = self.blobs.clone();
        Box::pin(async move {
            let blob = BlobRef { hash: hash.parse().map_err(failed)?, bytes };
            tokio::task::spawn_blocking(move || blobs.get(&blob)).await.map_err(failed)?.map_err(failed)
        })
    }

    fn now(&self) -> Seconds {
        MachineClock.now()
    }

    fn seed(&self) -> [u8; 32] {
        MachineClock.seed()
    }
}

/// The documents of this server's own actors, as the web writes them. The web is told to it when it is put together.
#[derive(Clone, Default)]
pub struct WrittenByWeb(Arc<OnceLock<Front>>);

impl WrittenByWeb {
    /// The web to ask. Only the first one counts.
    pub fn attach(&self, front: Front) {
        self.0.get_or_init(|| front);
    }
}

impl WrittenByWeb {
    /// The web; `None` while it is not put together.
    pub fn front(&self) -> Option<Front> {
        self.0.get().cloned()
    }
}

impl OwnDocuments for WrittenByWeb {
    fn document(&self, actor: ActorId) -> Later<Result<Value, String>> {
        let front = self.0.get().cloned();
        Box::pin(async move {
            let front = front.ok_or("this server has not started yet")?;
            let document = document_of(&front, &actor).await.map_err(|error| error.detail)?;
            Ok(document.value().clone())
        })
    }
}

/// Whether our own Grants still hold, asked of the actors that gave them. The node is told to it when it has started.
#[derive(Clone, Default)]
pub struct GrantHolding(Arc<OnceLock<Node>>);

impl GrantHolding {
    /// The node to ask. Only the first one counts.
    pub fn attach(&self, node: Node) {
        self.0.get_or_init(|| node);
    }
}

impl Holding for GrantHolding {
    fn holds(&self, grant: ActId, giver: ActorId) -> Later<bool> {
        let node = self.0.get().cloned();
        Box::pin(async move {
            let Some(node) = node else { return false };
            let view = HoldsGrant { grant };
            let Some(kind) = ResourceKind::of(&giver) else { return false };
            with_resource!(kind, A => node.look::<A, _>(&giver, &view).await).unwrap_or(false)
        })
    }
}
