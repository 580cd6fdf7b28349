//! What a chain of Grants costs: alice closes and reopens a ticket with a Grant that came to her through projects of other
//! servers, all of whose documents are at hand. A whole turn is measured, of which the chain is a part; what a use asks of
//! documents and liveness is counted.
//!
//! `cargo bench -p pritchel-actors --bench chain -- 2000`
//!
//! Boxes are in memory and documents are answered at once, so the times are the machine's alone.

#![allow(missing_docs)]

use pritchel_actor::sim::Sim;
use pritchel_actor::sim::toy::ToyBoxes;
use pritchel_actor::{
    Act, ActId, Actor, ActorId, Documents, Evidence, Later, Need, NotFound, Outcome, Value, View, view,
};
use pritchel_actors::domain::Register;
use pritchel_actors::limits::CHAIN_MAX;
use pritchel_actors::link::{End, LinkKind, Side};
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::view::{PermitFor, ViewSent};
use pritchel_actors::person::{Person, Publish};
use pritchel_actors::{Domain, UriNaming, client, kinds};
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const NOW: i64 = 1_790_000_000;
const HOME: &str = "https://home.example";
const ALICE: &str = "https://alice.example/alice";
const ROLE: &str = "triage";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What other servers show, and how often they were asked.
#[derive(Default)]
struct Net {
    documents: Mutex<BTreeMap<String, Arc<Value>>>,
    asked: Mutex<(usize, usize)>,
}

impl Net {
    fn give(&self, uri: &str, document: Value) {
        self.documents.lock().unwrap_or_else(|e| e.into_inner()).insert(uri.to_owned(), Arc::new(document));
    }

    /// Documents and liveness checks asked for since this was last asked.
    fn asked(&self) -> (usize, usize) {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

impl Documents for Net {
    fn fetch(&self, need: Need) -> Later<Evidence> {
        let mut asked = self.asked.lock().unwrap_or_else(|e| e.into_inner());
        let found = match &need {
            Need::Alive { .. } => {
                asked.1 += 1;
                Ok(Arc::new(Value::Null))
            }
            Need::Document(uri) => {
                asked.0 += 1;
                let found = self.documents.lock().unwrap_or_else(|e| e.into_inner()).get(uri).cloned();
                found.ok_or_else(|| NotFound::Gone { uri: uri.clone(), status: 404 })
            }
            _ => Err(NotFound::Gone { uri: format!("{need:?}"), status: 404 }),
        };
        Box::pin(std::future::ready(Evidence { found, at: NOW }))
    }
}

/// A server with olga and her tracker.
struct Home {
    boxes: Arc<ToyBoxes>,
    net: Arc<Net>,
    node: Sim,
}

impl Home {
    fn new() -> Self {
        let boxes = Arc::new(ToyBoxes::new(|id| id.as_str().starts_with(HOME)));
        let net = Arc::new(Net::default());
        let node = Sim::new(boxes.clone(), net.clone(), kinds(), Arc::new(UriNaming), 7);
        Self { boxes, net, node }
    }

    fn call<A: Actor>(&mut self, of: &ActorId, caller: &ActorId, method: impl Into<A::Call>) -> Result<Value> {
        let ticket = self.node.call::<A>(of, caller, method);
        self.node.settle(NOW);
        match self.node.answer(ticket) {
            Some(Outcome::Done(answer)) => Ok(answer),
            other => Err(format!("{of} answers {other:?}").into()),
        }
    }

    fn see<A: Actor, V: View<A>>(&self, of: &ActorId, asked: &V) -> Result<V::Answer> {
        let kinds = kinds();
        let looking = view::look::<A, V>(&*self.boxes, &kinds, &UriNaming, NOW, of, asked);
        let mut looking = std::pin::pin!(looking);
        match looking.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
            std::task::Poll::Ready(found) => Ok(found?),
            std::task::Poll::Pending => Err("boxes in memory wait for nothing".into()),
        }
    }

    /// A person does this: what came of it, if something did.
    fn does(&mut self, who: &ActorId, document: Value) -> Result<(ActId, Option<String>)> {
        let act = self.call::<Person>(who, who, Publish { document })?;
        let act = ActId::new(act.as_str().ok_or("an act has an address")?);
        let view = ViewSent { viewer: Some(who.clone()), act: act.clone() };
        let sent = self.see::<Person, _>(who, &view)?.ok_or("it was not sent")?;
        match sent.state {
            SentState::Refused { why } => Err(why.to_string().into()),
            SentState::Done { result, .. } => Ok((act, result)),
            _ => Ok((act, None)),
        }
    }

    fn makes(&mut self, who: &ActorId, document: Value) -> Result<ActorId> {
        Ok(ActorId::new(self.does(who, document)?.1.ok_or("nothing was made")?))
    }

    fn permit(&self, who: &ActorId, on: &ActorId) -> Result<ActId> {
        let view = PermitFor { viewer: Some(who.clone()), resource: on.clone() };
        Ok(self.see::<Person, _>(who, &view)?.ok_or("no Grant")?.0)
    }

    /// Somebody of another server does this to an actor here: what the server sends then.
    fn receives(&mut self, to: &ActorId, author: &str, name: &str, mut activity: Value) -> Vec<Arc<Act>> {
        let id = format!("{author}/acts/{name}");
        activity["@context"] = json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]);
        activity["id"] = json!(id);
        activity["actor"] = json!(author);
        let act = Act::made(ActId::new(id), ActorId::new(author), activity);
        self.boxes.receive(Arc::new(act), to, NOW);
        self.node.wake(to);
        self.node.settle(NOW);
        std::iter::from_fn(|| self.boxes.outgoing()).map(|(_, act)| act).collect()
    }
}

/// What the bench plays on.
struct Scene {
    home: Home,
    tracker: ActorId,
    ticket: String,
    /// What the tracker gave to the first project.
    start: Value,
    uses: usize,
}

fn hop(at: usize) -> String {
    format!("https://p{at}.example/actors/p{at}")
}

impl Scene {
    /// A tracker that is a component of the first project.
    fn new() -> Result<Self> {
        let mut home = Home::new();
        let domain = ActorId::new(format!("{HOME}/domain"));
        home.boxes.plant(&domain, &Domain::default());
        let register = Register::by_operator("olga", None, false);
        let olga = home.call::<Domain>(&domain, &domain, register)?;
        let olga = ActorId::new(olga.as_str().ok_or("a person has an address")?);
        let factory = home.makes(&olga, client::open_factory(&domain, "workshop"))?;
        let may = home.permit(&olga, &factory)?;
        let tracker = home.makes(&olga, client::create(&factory, "TicketTracker", "bugs", None, &may))?;
        let open = client::open_ticket(&olga, &tracker, "Crash", "It does", None);
        let ticket = home.does(&olga, open)?.1.ok_or("no ticket")?;
        for at in 0..CHAIN_MAX {
            let hop = hop(at);
            let document = json!({"id": hop, "type": ["Project", "Service"], "inbox": format!("{hop}/inbox")});
            home.net.give(&hop, document);
        }
        let (first, may) = (hop(0), home.permit(&olga, &tracker)?);
        let collection = End { kind: LinkKind::Component, side: Side::Source }.collection();
        let add = client::add(&tracker, collection, &ActorId::new(first.as_str()), ROLE, &may);
        let add = home.does(&olga, add)?.0;
        let mut sent = home.receives(&tracker, &first, "agrees", json!({"type": "Accept", "object": add}));
        let delegate = json!({
            "type": "Grant", "object": "delegate", "context": first, "target": tracker, "allows": "invoke", "fulfills": add,
        });
        sent.extend(home.receives(&tracker, &first, "delegates", delegate));
        let start = sent.iter().find(|act| act.body["type"] == "Grant" && act.body["context"] == tracker.as_str());
        let start = start.ok_or_else(|| format!("expected a start-Grant, found {sent:#?}"))?;
        let start = (*start.body).clone();
        Ok(Self { home, tracker, ticket, start, uses: 0 })
    }

    /// A chain of so many Grants to alice, served by those who gave them: its last one.
    fn chain(&mut self, length: usize) -> ActId {
        let mut parent = self.start["id"].clone();
        self.home.net.give(parent.as_str().unwrap_or_default(), self.start.clone());
        for at in 1..length {
            let (giver, last) = (hop(at - 1), at + 1 == length);
            let id = format!("{giver}/grants/{length}-{at}");
            let link = json!({
                "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
                "id": id, "type": "Grant", "actor": giver, "object": ROLE, "context": self.tracker,
                "target": if last { ALICE.to_owned() } else { hop(at) },
                "allows": if last { "invoke" } else { "gatherAndConvey" },
                "delegates": parent, "result": format!("{giver}/live/{length}-{at}"),
            });
            self.home.net.give(&id, link);
            parent = json!(id);
        }
        ActId::new(parent.as_str().unwrap_or_default())
    }

    /// Alice closes the ticket, or opens it anew, with this Grant. Microseconds until the answer is on its way.
    fn uses(&mut self, grant: &ActId) -> Result<f64> {
        self.uses += 1;
        let act = match self.uses % 2 {
            1 => client::close(&self.tracker, &self.ticket, Some(grant)),
            _ => client::reopen(&self.tracker, &self.ticket, Some(grant)),
        };
        let (tracker, name) = (self.tracker.clone(), self.uses.to_string());
        let began = Instant::now();
        let sent = self.home.receives(&tracker, ALICE, &name, act);
        let took = began.elapsed().as_secs_f64() * 1e6;
        match sent.iter().any(|act| act.body["type"] == "Accept") {
            true => Ok(took),
            false => Err(format!("expected an Accept, found {sent:#?}").into()),
        }
    }
}

fn main() -> Result<()> {
    let uses = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1000);
    let mut scene = Scene::new()?;
    let lengths = [2, CHAIN_MAX / 2, CHAIN_MAX];
    let chains: Vec<ActId> = lengths.iter().map(|length| scene.chain(*length)).collect();
    let mut times = vec![Vec::with_capacity(uses); lengths.len()];
    let mut asked = vec![(0, 0); lengths.len()];
    for _ in 0..uses {
        for (at, grant) in chains.iter().enumerate() {
            scene.home.net.asked();
            times[at].push(scene.uses(grant)?);
            asked[at] = scene.home.net.asked();
        }
    }
    for (at, times) in times.iter_mut().enumerate() {
        times.sort_by(f64::total_cmp);
        let (median, p99) = (times[uses / 2], times[uses * 99 / 100]);
        let (length, (documents, alive)) = (lengths[at], asked[at]);
        println!(
            "{length:>2} Grants: {median:.0} µs a use by median, {p99:.0} µs at the 99th percentile; \
             {documents} documents and {alive} liveness checks asked for"
        );
    }
    Ok(())
}
