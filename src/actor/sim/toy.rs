//! Boxes in memory, durable at once, and a far side that a test carries by hand. For the library's own tests and its
//! example; Pritchel's own boxes are a crate of their own, on a store that can be cut off at any write.

use crate::act::Act;
use crate::effect::{Audience, Effect, TurnRecord};
use crate::errbox::{INBOX, InboxItem};
use crate::key::{ActId, ActorId, Naming, Seconds};
use crate::message::{Arrival, Due, Mail, Message, What};
use crate::need::{Evidence, Found, Need, NotFound, PageWant, RowBytes, Vacancy};
use crate::port::{BoxError, Boxes, Documents, Later, Left};
use crate::state::Stored;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

type RowPlace = (ActorId, String, Vec<u8>);

/// A job a turn asked for, to be done by the test.
#[derive(Clone, Debug, PartialEq)]
pub struct ToyJob {
    /// Whose job.
    pub actor: ActorId,
    /// Under which promise its result is awaited.
    pub promise: crate::message::PromiseId,
    /// Which worker.
    pub kind: String,
    /// What to do.
    pub args: Value,
}

#[derive(Default)]
struct Inside {
    states: BTreeMap<ActorId, Stored>,
    rows: BTreeMap<RowPlace, RowBytes>,
    mail: BTreeMap<(ActorId, Arrival), Message>,
    acts: BTreeMap<ActId, Arc<Act>>,
    published: Vec<Arc<Act>>,
    handled: Vec<(ActorId, RowBytes)>,
    directory: BTreeMap<(String, String), Value>,
    reminders: BTreeSet<(Seconds, ActorId, String)>,
    dues: BTreeMap<String, Due>,
    outgoing: VecDeque<(ActorId, Arc<Act>)>,
    sought: Vec<(ActorId, ActId)>,
    jobs: VecDeque<ToyJob>,
    arrivals: Arrival,
    touched: Touched,
}

/// Rows that turns touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// By the turn that touched most.
    pub most: usize,
    /// By all together.
    pub all: usize,
}

/// Boxes in memory.
pub struct ToyBoxes {
    near: Box<dyn Fn(&ActorId) -> bool + Send + Sync>,
    inside: Mutex<Inside>,
}

impl ToyBoxes {
    /// Boxes of the actors for which `near` holds.
    pub fn new(near: impl Fn(&ActorId) -> bool + Send + Sync + 'static) -> Self {
        Self { near: Box::new(near), inside: Mutex::default() }
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an actor from outside any turn, as the root of a node is made. One whose state is no JSON is not there.
    pub fn plant<A: crate::method::Actor>(&self, id: &ActorId, state: &A) {
        if let Ok(stored) = Stored::new(state) {
            self.inside().states.insert(id.clone(), stored);
        }
    }

    /// Puts an act that came from far into the mailbox of a near actor.
    pub fn receive(&self, act: Arc<Act>, to: &ActorId, at: Seconds) {
        let mut inside = self.inside();
        let message = Message {
            from: act.author.clone(),
            at,
            what: What::Act { id: act.id.clone(), how: Arc::new(json!({"carried": "toy"})) },
        };
        inside.acts.insert(act.id.clone(), act);
        inside.post(to, message);
    }

    /// Puts any message into a mailbox.
    pub fn post(&self, to: &ActorId, message: Message) {
        self.inside().post(to, message);
    }

    /// Takes the next act that is to go to a far actor.
    pub fn outgoing(&self) -> Option<(ActorId, Arc<Act>)> {
        self.inside().outgoing.pop_front()
    }

    /// Takes the acts that early ones wait for: each is to be fetched once.
    pub fn sought(&self) -> Vec<(ActorId, ActId)> {
        std::mem::take(&mut self.inside().sought)
    }

    /// Takes the next job.
    pub fn job(&self) -> Option<ToyJob> {
        self.inside().jobs.pop_front()
    }

    /// Takes how many rows turns have touched since this was last taken.
    pub fn touched(&self) -> Touched {
        std::mem::take(&mut self.inside().touched)
    }

    /// The act with this id.
    pub fn act(&self, id: &ActId) -> Option<Arc<Act>> {
        self.inside().acts.get(id).cloned()
    }

    /// Takes how acts ended since this was last taken, and with whom, for invariants.
    pub fn handled(&self) -> Vec<(ActorId, InboxItem)> {
        let handled = std::mem::take(&mut self.inside().handled);
        handled.into_iter().filter_map(|(actor, item)| Some((actor, INBOX.read(&item).ok()?))).collect()
    }

    /// Takes what was published since this was last taken, for invariants.
    pub fn published(&self) -> Vec<Arc<Act>> {
        std::mem::take(&mut self.inside().published)
    }

    /// Near actors with mail.
    pub fn with_mail(&self) -> Vec<ActorId> {
        self.inside().mail.keys().map(|(actor, _)| actor.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Moves what is due into the mailboxes.
    pub fn remind(&self, now: Seconds) {
        let mut inside = self.inside();
        let due: Vec<_> = inside.reminders.iter().take_while(|(at, _, _)| *at <= now).cloned().collect();
        for reminder in due {
            inside.reminders.remove(&reminder);
            let (_, actor, key) = reminder;
            if let Some(due) = inside.dues.get(&key).cloned() {
                inside.post(&actor, Message { from: actor.clone(), at: now, what: What::Due(due) });
            }
        }
    }

    /// When something is due next.
    pub fn next_reminder(&self) -> Option<Seconds> {
        self.inside().reminders.first().map(|(at, _, _)| *at)
    }

    /// A row of the shared directory.
    pub fn directory(&self, kind: &str, key: &str) -> Option<Value> {
        self.inside().directory.get(&(kind.to_owned(), key.to_owned())).cloned()
    }

    /// All stored states, for invariants.
    pub fn states(&self) -> BTreeMap<ActorId, Stored> {
        self.inside().states.clone()
    }

    /// The stored state of one actor, for invariants.
    pub fn state(&self, actor: &ActorId) -> Option<Stored> {
        self.inside().states.get(actor).cloned()
    }

    /// The rows of one table of an actor, by key.
    pub fn table(&self, actor: &ActorId, table: &str) -> Vec<(Vec<u8>, RowBytes)> {
        let inside = self.inside();
        let from = (actor.clone(), table.to_owned(), Vec::new());
        let all = inside.rows.range(from..).take_while(|((of, name, _), _)| of == actor && name == table);
        all.map(|((_, _, key), bytes)| (key.clone(), bytes.clone())).collect()
    }

    /// All rows, by actor, table and key, for invariants. The first two of their bytes are the version of their shape.
    pub fn rows(&self) -> BTreeMap<(ActorId, String, Vec<u8>), RowBytes> {
        self.inside().rows.clone()
    }

    /// Everything in the boxes as one text: two runs with the same seed must give the same.
    pub fn dump(&self) -> String {
        let inside = self.inside();
        let mut text = String::new();
        for (id, stored) in &inside.states {
            text += &format!("{id} {}\n", serde_json::to_string(stored).unwrap_or_default());
        }
        for ((actor, table, key), bytes) in &inside.rows {
            text += &format!("{actor} {table} {key:?} {}\n", String::from_utf8_lossy(&bytes[2..]));
        }
        text
    }
}

impl Inside {
    fn post(&mut self, to: &ActorId, message: Message) {
        self.arrivals += 1;
        self.mail.insert((to.clone(), self.arrivals), message);
    }

    fn apply(&mut self, near: &dyn Fn(&ActorId) -> bool, record: TurnRecord) -> Result<Left, BoxError> {
        let stored = self.states.get(&record.actor).map_or(0, |stored| stored.header.turn);
        if stored + 1 != record.stored.header.turn {
            return Err(BoxError::Overtaken { actor: record.actor });
        }
        for effect in &record.effects {
            match effect {
                Effect::Launch { id, .. } if self.states.contains_key(id) => {
                    return Err(BoxError::Taken { address: id.clone() });
                }
                _ => {}
            }
        }
        let touches = record.touches();
        self.touched = Touched { most: self.touched.most.max(touches), all: self.touched.all + touches };
        for row in record.rows {
            if let Some(item) = row.bytes.as_ref().filter(|_| row.table == INBOX.name()) {
                self.handled.push((record.actor.clone(), item.clone()));
            }
            let place = (record.actor.clone(), row.table, row.key);
            match row.bytes {
                Some(bytes) => drop(self.rows.insert(place, bytes)),
                None => drop(self.rows.remove(&place)),
            }
        }
        if let Some(arrival) = record.consumed {
            self.mail.remove(&(record.actor.clone(), arrival));
        }
        self.states.insert(record.actor.clone(), record.stored);
        let mut left = Left::default();
        for effect in record.effects {
            self.cause(near, &record.actor, record.at, effect, &mut left);
        }
        Ok(left)
    }

    fn cause(&mut self, near: &dyn Fn(&ActorId) -> bool, me: &ActorId, at: Seconds, effect: Effect, left: &mut Left) {
        match effect {
            Effect::Publish { act, audience, .. } => {
                self.acts.insert(act.id.clone(), act.clone());
                self.published.push(act.clone());
                self.tell(near, me, me, &act, audience, at, left);
            }
            Effect::Forward { act, audience, author } => {
                if let Some(act) = self.acts.get(&act).cloned() {
                    self.tell(near, me, &author, &act, audience, at, left);
                }
            }
            Effect::Send { to, message } => {
                self.post(&to, message);
                left.mail_for.push(to);
            }
            Effect::Launch { id, state } => drop(self.states.insert(id, state)),
            Effect::Remind { at, due } => {
                let key = format!("{me} {due:?}");
                self.dues.insert(key.clone(), due);
                self.reminders.insert((at, me.clone(), key));
            }
            Effect::Job { promise, kind, args } => {
                self.jobs.push_back(ToyJob { actor: me.clone(), promise, kind, args });
                left.work = true;
            }
            Effect::Directory { kind, key, value } => {
                let place = (kind.to_owned(), key);
                match value {
                    Some(value) => drop(self.directory.insert(place, value)),
                    None => drop(self.directory.remove(&place)),
                }
            }
            Effect::Seek { act } => self.sought.push((me.clone(), act)),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn tell(
        &mut self,
        near: &dyn Fn(&ActorId) -> bool,
        me: &ActorId,
        author: &ActorId,
        act: &Arc<Act>,
        audience: Audience,
        at: Seconds,
        left: &mut Left,
    ) {
        let mut to: BTreeSet<ActorId> = audience.to.into_iter().collect();
        for group in audience.groups {
            let from = (me.clone(), group.table.clone(), group.prefix.clone());
            let members = self.rows.range(from..).map(|((actor, table, key), _)| (actor, table, key));
            let members = members.take_while(|(actor, table, key)| {
                *actor == me && **table == group.table && key.starts_with(&group.prefix)
            });
            to.extend(
                members
                    .filter_map(|(_, _, key)| std::str::from_utf8(&key[group.prefix.len()..]).ok())
                    .map(ActorId::from),
            );
        }
        to.remove(me);
        to.remove(author);
        for actor in to {
            if near(&actor) {
                let what = What::Act { id: act.id.clone(), how: Arc::new(json!({"carried": "near"})) };
                self.post(&actor, Message { from: act.author.clone(), at, what });
                left.mail_for.push(actor);
            } else {
                self.outgoing.push_back((actor, act.clone()));
                left.work = true;
            }
        }
    }
}

fn page(inside: &Inside, actor: &ActorId, want: &PageWant) -> Vec<(Vec<u8>, RowBytes)> {
    let from = (actor.clone(), want.table.clone(), want.prefix.clone());
    let rows = inside
        .rows
        .range(from..)
        .take_while(|((owner, table, key), _)| owner == actor && *table == want.table && key.starts_with(&want.prefix));
    let rows = rows.map(|((_, _, key), bytes)| (key.clone(), bytes.clone()));
    if want.newest_first {
        let kept = rows.filter(|(key, _)| want.after.is_empty() || *key < want.after);
        let mut kept: Vec<_> = kept.collect();
        kept.reverse();
        kept.truncate(want.limit);
        kept
    } else {
        rows.filter(|(key, _)| want.after.is_empty() || *key > want.after).take(want.limit).collect()
    }
}

fn ready<T: Send + 'static>(value: T) -> Later<T> {
    Box::pin(std::future::ready(value))
}

impl Boxes for ToyBoxes {
    fn open(&self, actor: &ActorId) -> Later<Result<Option<Stored>, BoxError>> {
        ready(Ok(self.inside().states.get(actor).cloned()))
    }

    fn find(&self, actor: &ActorId, needs: Vec<Need>) -> Later<Result<Found, BoxError>> {
        let inside = self.inside();
        let mut found = Found::default();
        for need in needs {
            match need {
                Need::Row { table, key } => {
                    let bytes = inside.rows.get(&(actor.clone(), table.clone(), key.clone())).cloned();
                    found.row(&table, key, bytes);
                }
                Need::Page(want) => {
                    let rows = page(&inside, actor, &want);
                    found.page(want, rows);
                }
                Need::Act(id) => {
                    let act = inside.acts.get(&id).cloned();
                    found.act(id, act);
                }
                Need::Vacancy(address) => {
                    let free = !inside.states.contains_key(&address);
                    found.vacancy(address, if free { Vacancy::Free } else { Vacancy::Taken });
                }
                Need::Document(_) | Need::Alive { .. } => {}
            }
        }
        ready(Ok(found))
    }

    fn mail(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Later<Result<Vec<Mail>, BoxError>> {
        let inside = self.inside();
        let from = (actor.clone(), after.map_or(0, |after| after + 1));
        let waiting = inside.mail.range(from..).take_while(|((owner, _), _)| owner == actor).take(limit);
        let mail = waiting.map(|((_, arrival), message)| {
            let act = match &message.what {
                What::Act { id, .. } => inside.acts.get(id).cloned(),
                _ => None,
            };
            Mail { arrival: *arrival, message: Arc::new(message.clone()), act }
        });
        ready(Ok(mail.collect()))
    }

    fn commit(&self, record: TurnRecord) -> Later<Result<Left, BoxError>> {
        let result = self.inside().apply(self.near.as_ref(), record);
        ready(result)
    }

    fn send_back(&self, nobody: &ActorId, at: Seconds) -> Later<Result<Left, BoxError>> {
        let mut inside = self.inside();
        if inside.states.contains_key(nobody) {
            return ready(Err(BoxError::Taken { address: nobody.clone() }));
        }
        let mut left = Left::default();
        let (theirs, others) = std::mem::take(&mut inside.mail).into_iter().partition(|((to, _), _)| to == nobody);
        inside.mail = others;
        let theirs: BTreeMap<(ActorId, Arrival), Message> = theirs;
        for message in theirs.into_values() {
            if let Some(back) = message.sent_back(nobody, at).filter(|_| (self.near)(&message.from)) {
                inside.post(&message.from, back);
                left.mail_for.push(message.from);
            }
        }
        ready(Ok(left))
    }
}

/// Names actors `node/kind/token` and acts `author/acts/token`.
pub struct ToyNaming;

impl Naming for ToyNaming {
    fn actor(&self, parent: &ActorId, kind: &str, token: &str) -> ActorId {
        let node = parent.as_str().split('/').next().unwrap_or_default();
        ActorId::new(format!("{node}/{kind}/{token}"))
    }
    fn act(&self, author: &ActorId, token: &str) -> ActId {
        ActId::new(format!("{author}/acts/{token}"))
    }
}

/// No documents anywhere.
pub struct NoDocuments;

impl Documents for NoDocuments {
    fn fetch(&self, need: Need) -> Later<Evidence> {
        let uri = match need {
            Need::Document(uri) | Need::Alive { uri, .. } => uri,
            other => format!("{other:?}"),
        };
        ready(Evidence { found: Err(NotFound::Gone { uri, status: 404 }), at: 0 })
    }
}
