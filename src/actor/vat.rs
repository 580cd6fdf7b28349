//! The pure machine: one message, one state, one record. The same inputs give the same record, byte for byte.
//! - [`Run::mail`]: a message from the mailbox
//! - [`Run::edge`]: a call from the node's edge, such as a page, that waits for its answer
//! - [`Run::refuse`]: the refusal of a message whose method cannot be run at all

use crate::act::Act;
use crate::effect::{Audience, Effect, RowWrite, TurnRecord};
use crate::errbox::{ERRBOX, Ended, ErrboxLine, INBOX, InboxItem, SEEN, Seen};
use crate::key::{ActId, ActorId, Naming, Seconds};
use crate::kind::{Caught, Held, Received};
use crate::limits::{EARLY_MAX, EARLY_PER_SENDER_MAX, EARLY_S, ROWS_MAX, ROWS_MAX_BYTES, SEEN_S, STATE_MAX_BYTES};
use crate::look::{Desk, Overlay};
use crate::message::{Due, Mail, Message, PromiseId, TimerId, What};
use crate::method::{Reach, Reply};
use crate::need::{Found, Need};
use crate::outcome::{Halt, Outcome, Refusal};
use crate::promise::{EARLY, EARLY_COUNT, FACETS, PROMISES, Promise, Settled, TIMERS};
use crate::reference::Ref;
use crate::rows::{Page, pair_prefix};
use crate::state::{Header, Stored};
use crate::turn::Turn;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All inputs of one run.
pub struct Run<'r> {
    /// Whose turn.
    pub me: &'r ActorId,
    /// Its kind.
    pub kind: &'static str,
    /// The version of its state.
    pub schema: u16,
    /// Its state.
    pub held: &'r dyn Held,
    /// What the library keeps of it.
    pub header: &'r Header,
    /// What was found for earlier runs of the same message.
    pub found: &'r Found,
    /// What was found for several messages at once.
    pub ahead: &'r Found,
    /// Rows of earlier turns that are not yet durable.
    pub overlay: &'r Overlay,
    /// The time.
    pub now: Seconds,
    /// The entropy, fixed for all runs of the same message.
    pub seed: [u8; 32],
    /// How the node names.
    pub naming: &'r dyn Naming,
}

/// A finished run: the record, and the actor as it leaves it.
pub struct Done {
    /// To be committed.
    pub record: TurnRecord,
    /// The actor after the turn.
    pub held: Box<dyn Held>,
    /// What the caller is told, once the record is durable.
    pub answer: Outcome<Value>,
}

/// A run stops with what it lacks, or, when the actor's own data cannot be read, with why.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// To be found, then the run is repeated.
    Needs(Vec<Need>),
    /// To be quarantined.
    Broken(String),
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Need(needs) => Self::Needs(needs),
            Halt::Broken(why) => Self::Broken(why),
            Halt::Refuse(why) => Self::Broken(why.to_string()),
        }
    }
}

/// What a handled message leaves in the boxes, besides what its method did.
struct Trace<'m> {
    mail: &'m Mail,
    call: Option<Value>,
    ended: Ended,
    reply: Option<ActId>,
}

/// An act kept early: the act it waits for and its own id, and the message.
type Kept = ((ActId, ActId), Message);

impl<'r> Run<'r> {
    /// Runs a message from the mailbox.
    pub fn mail(&self, mail: &Mail) -> Result<Done, Stop> {
        if self.header.ended {
            return self.ended(mail);
        }
        match &mail.message.what {
            What::Act { id, .. } => match &mail.act {
                Some(act) => self.act(mail, act),
                None => Err(Stop::Broken(format!("the body of {id} is missing"))),
            },
            What::Call { call, facet, promise } => {
                let mut turn = self.turn(&mail.message.from, None);
                let through = match facet {
                    None => Ok(()),
                    Some(token) => self.enter_facet(&token.0, call, &mut turn)?,
                };
                let mut held = self.held.copy();
                let ran = match through {
                    Ok(()) => held.call(call, Reach::Private, &mut turn),
                    Err(why) => Err(why.into()),
                };
                self.private_end(mail, call, promise.as_ref(), held, turn, ran)
            }
            What::Answer { promise, outcome } => self.answer(mail, promise, outcome),
            What::Due(due) => self.due(mail, due),
        }
    }

    /// A message to an actor that has ended: what it handled before is answered as it was then, the rest is refused.
    fn ended(&self, mail: &Mail) -> Result<Done, Stop> {
        if let (What::Act { .. }, Some(act)) = (&mail.message.what, &mail.act) {
            let mut turn = self.turn(&act.author, Some(act.clone()));
            if let Some(seen) = SEEN.get(&mut turn, &(act.id.clone(), act.author.clone()))? {
                return self.act_again(mail, act, &seen, turn);
            }
        }
        self.refuse(mail, &Refusal::gone(self.me))
    }

    /// Runs a call from the node's edge. Nothing is kept of a refused one but an errbox line.
    pub fn edge(&self, caller: &ActorId, call: &Value) -> Result<Done, Stop> {
        if self.header.ended {
            let turn = self.turn(caller, None);
            return self.done(turn, self.held.copy(), None, Outcome::Refused(Refusal::gone(self.me)));
        }
        let mut turn = self.turn(caller, None);
        let mut held = self.held.copy();
        match held.call(call, Reach::Private, &mut turn) {
            Ok(answer) => self.done(turn, held, None, Outcome::Done(answer)),
            Err(Halt::Refuse(why)) => {
                let mut turn = self.turn(caller, None);
                let method = method_name(call);
                self.errbox(&mut turn, caller, None, method, Ended::Refused { why: why.clone(), reply: None });
                self.done(turn, self.held.copy(), None, Outcome::Refused(why))
            }
            Err(halt) => Err(halt.into()),
        }
    }

    /// Refuses a message without running its method.
    pub fn refuse(&self, mail: &Mail, why: &Refusal) -> Result<Done, Stop> {
        match (&mail.message.what, &mail.act) {
            (What::Act { .. }, Some(act)) => self.act_refused(mail, act, None, why),
            (What::Call { call, promise, .. }, _) => {
                let turn = self.turn(&mail.message.from, None);
                let refused = Err(Halt::Refuse(why.clone()));
                self.private_end(mail, call, promise.as_ref(), self.held.copy(), turn, refused)
            }
            _ => self.set_aside(mail, &why.to_string()),
        }
    }

    /// Sets a message aside that cannot be handled: its asker learns that the outcome is unknown.
    pub fn set_aside(&self, mail: &Mail, why: &str) -> Result<Done, Stop> {
        let mut turn = self.turn(&mail.message.from, mail.act.clone());
        let ended = Ended::Quarantined { why: why.to_owned() };
        match (&mail.message.what, &mail.act) {
            (What::Act { .. }, Some(_)) => {
                self.trace(&mut turn, Trace { mail, call: None, ended, reply: None });
            }
            (What::Call { call, promise, .. }, _) => {
                self.errbox(&mut turn, &mail.message.from, None, method_name(call), ended);
                if let Some(promise) = promise {
                    self.tell_asker(&mut turn, &mail.message.from, promise, Outcome::Unknown);
                }
            }
            _ => self.errbox(&mut turn, &mail.message.from, None, None, ended),
        }
        self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown)
    }

    fn act(&self, mail: &Mail, act: &Arc<Act>) -> Result<Done, Stop> {
        let mut turn = self.turn(&act.author, Some(act.clone()));
        turn.how = mail.message.carried();
        let place = (act.id.clone(), act.author.clone());
        if let Some(seen) = SEEN.get(&mut turn, &place)? {
            return self.act_again(mail, act, &seen, turn);
        }
        let mut held = self.held.copy();
        if let Some(done) = self.settle(mail, act)? {
            return Ok(done);
        }
        match held.receive(act, &mut turn) {
            Ok(Received::Ran { call, info, answer }) => {
                let told = matches!(info.settled, Settled::Told | Settled::Fulfilled) || turn.silent;
                let reply = if told { None } else { held.accept(act, info.settled, &answer, &mut turn) };
                let reply = reply.map(|reply| publish(&mut turn, reply)).transpose()?;
                let ended = Ended::Done { answer: answer.clone(), reply: reply.clone() };
                self.trace(&mut turn, Trace { mail, call: Some(call), ended, reply });
                held.hears(act, &mut turn)?;
                self.put_back(&mut turn, &act.id)?;
                self.done(turn, held, Some(mail), Outcome::Done(answer))
            }
            Ok(Received::Noted) => self.act_ended(mail, act, Ended::Noted),
            Ok(Received::Unsupported(why)) => self.act_unsupported(mail, act, why),
            Ok(Received::Early(waits_for)) => self.act_early(mail, act, waits_for),
            Err(caught) => match *caught {
                Caught { call, halt: Halt::Refuse(why) } => self.act_refused(mail, act, call, &why),
                Caught { halt, .. } => Err(halt.into()),
            },
        }
    }

    /// An act that was handled before: nothing is done, the recorded answer is sent again.
    fn act_again(&self, mail: &Mail, act: &Act, seen: &Seen, mut turn: Turn<'r>) -> Result<Done, Stop> {
        if let Some(reply) = &seen.reply {
            let audience = Audience::one(&act.author);
            turn.effect(Effect::Forward { act: reply.clone(), audience, author: self.me.clone() })?;
        }
        self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown)
    }

    fn act_ended(&self, mail: &Mail, act: &Arc<Act>, ended: Ended) -> Result<Done, Stop> {
        let (mut turn, mut held) = (self.turn(&act.author, Some(act.clone())), self.held.copy());
        if ended == Ended::Noted {
            held.hears(act, &mut turn)?;
        }
        self.trace(&mut turn, Trace { mail, call: None, ended, reply: None });
        self.put_back(&mut turn, &act.id)?;
        self.done(turn, held, Some(mail), Outcome::Done(Value::Null))
    }

    fn act_unsupported(&self, mail: &Mail, act: &Arc<Act>, why: String) -> Result<Done, Stop> {
        let mut turn = self.turn(&act.author, Some(act.clone()));
        turn.entropy.set_stream(1);
        let reply = self.held.unsupported(act, &Refusal::new("unsupported", why.clone()), &mut turn);
        let reply = reply.map(|reply| publish(&mut turn, reply)).transpose()?;
        self.trace(&mut turn, Trace { mail, call: None, ended: Ended::Unsupported { why }, reply });
        self.put_back(&mut turn, &act.id)?;
        self.done(turn, self.held.copy(), Some(mail), Outcome::Done(Value::Null))
    }

    fn act_refused(&self, mail: &Mail, act: &Arc<Act>, call: Option<Value>, why: &Refusal) -> Result<Done, Stop> {
        let mut turn = self.turn(&act.author, Some(act.clone()));
        turn.entropy.set_stream(1);
        let reply = self.held.reject(act, why, &mut turn).map(|reply| publish(&mut turn, reply)).transpose()?;
        let ended = Ended::Refused { why: why.clone(), reply: reply.clone() };
        self.trace(&mut turn, Trace { mail, call, ended, reply });
        self.put_back(&mut turn, &act.id)?;
        self.done(turn, self.held.copy(), Some(mail), Outcome::Refused(why.clone()))
    }

    /// Keeps an act until the one it answers has come; within bounds, else it is set down as unsupported.
    fn act_early(&self, mail: &Mail, act: &Arc<Act>, waits_for: ActId) -> Result<Done, Stop> {
        let mut turn = self.turn(&act.author, Some(act.clone()));
        let place = (waits_for.clone(), act.id.clone());
        if EARLY.has(&mut turn, &place)? {
            return self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown);
        }
        let of_sender = EARLY_COUNT.get(&mut turn, &act.author)?.unwrap_or(0);
        if turn.header.early >= EARLY_MAX || of_sender >= EARLY_PER_SENDER_MAX {
            let why = format!("it answers {waits_for}, which has not come, and too many such acts wait already");
            return self.act_ended(mail, act, Ended::Unsupported { why });
        }
        let first = EARLY.page(&mut turn, Page::first(&pair_prefix(waits_for.as_str().as_bytes()), 1))?.is_empty();
        EARLY.put(&mut turn, &place, &mail.message);
        EARLY_COUNT.put(&mut turn, &act.author, &(of_sender + 1));
        turn.header.early += 1;
        if first {
            turn.effect(Effect::Remind { at: self.now + EARLY_S, due: Due::Early(waits_for.clone()) })?;
            turn.effect(Effect::Seek { act: waits_for })?;
        }
        self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown)
    }

    /// If `act` settles a question of this actor, goes on with the continuation.
    fn settle(&self, mail: &Mail, act: &Arc<Act>) -> Result<Option<Done>, Stop> {
        let Some(answering) = self.held.answers(act) else {
            return Ok(None);
        };
        let mut turn = self.turn(&act.author, Some(act.clone()));
        let id = PromiseId(answering.of.as_str().to_owned());
        let Some(promise) = PROMISES.get(&mut turn, &id)? else {
            return Ok(None);
        };
        if promise.asked != act.author || !promise.takes(&answering) {
            return Ok(None);
        }
        let mut turn = self.turn(&act.author, Some(act.clone()));
        let (mut held, failed) = self.resume(&mut turn, &id, &promise, answering.outcome)?;
        let ended = match failed {
            None => held.hears(act, &mut turn).map(|()| Ended::Settled)?,
            Some(why) => Ended::Refused { why, reply: None },
        };
        self.trace(&mut turn, Trace { mail, call: Some(promise.resume), ended, reply: None });
        self.put_back(&mut turn, &act.id)?;
        self.done(turn, held, Some(mail), Outcome::Done(Value::Null)).map(Some)
    }

    fn answer(&self, mail: &Mail, id: &PromiseId, outcome: &Outcome<Value>) -> Result<Done, Stop> {
        let mut turn = self.turn(&mail.message.from, None);
        let Some(promise) = PROMISES.get(&mut turn, id)? else {
            return self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown);
        };
        if promise.asked != mail.message.from {
            let Outcome::Refused(why) = outcome else {
                return self.set_aside(mail, "an answer by an actor that was not asked");
            };
            // An act was told to several, one of whom is not there: the question is another's to answer.
            let ended = Ended::Refused { why: why.clone(), reply: None };
            self.errbox(&mut turn, &mail.message.from, None, None, ended);
            return self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown);
        }
        let (held, failed) = self.resume(&mut turn, id, &promise, outcome.clone())?;
        if let Some(why) = failed {
            let method = method_name(&promise.resume);
            self.errbox(&mut turn, &mail.message.from, None, method, Ended::Refused { why, reply: None });
        }
        self.done(turn, held, Some(mail), Outcome::Done(Value::Null))
    }

    /// Runs a continuation and closes its promise; a continuation that refuses leaves the promise closed and nothing else.
    fn resume(
        &self,
        turn: &mut Turn<'r>,
        id: &PromiseId,
        promise: &Promise,
        outcome: Outcome<Value>,
    ) -> Result<(Box<dyn Held>, Option<Refusal>), Stop> {
        let caller = turn.caller.id().clone();
        let act = turn.act.clone();
        let keeps_open = outcome == Outcome::Unknown;
        turn.outcome = Some(outcome);
        let mut held = self.held.copy();
        let failed = match held.call(&promise.resume, Reach::Continuation, turn) {
            Ok(_) => None,
            Err(Halt::Refuse(why)) => {
                *turn = self.turn(&caller, act);
                held = self.held.copy();
                Some(why)
            }
            Err(halt) => return Err(halt.into()),
        };
        if keeps_open {
            // The continuation may have asked again; then its promise is the newer one.
            if let Some(now) = PROMISES.get(turn, id)?.filter(|now| now.deadline == promise.deadline) {
                // The deadline moves as well: the reminder set when it was asked must not close it.
                let deadline = self.now + SEEN_S;
                PROMISES.put(turn, id, &Promise { unknown: true, deadline, ..now });
                turn.effect(Effect::Remind { at: deadline, due: Due::Overdue(id.clone()) })?;
            }
        } else {
            PROMISES.remove(turn, id);
            turn.header.promises = turn.header.promises.saturating_sub(1);
        }
        Ok((held, failed))
    }

    fn due(&self, mail: &Mail, due: &Due) -> Result<Done, Stop> {
        match due {
            Due::Timer(id) => self.timer(mail, *id),
            Due::Overdue(id) => self.overdue(mail, id),
            Due::Early(id) => self.early_expired(mail, id),
        }
    }

    fn timer(&self, mail: &Mail, id: TimerId) -> Result<Done, Stop> {
        let mut turn = self.turn(self.me, None);
        let Some(timer) = TIMERS.get(&mut turn, &id)? else {
            return self.done(turn, self.held.copy(), Some(mail), Outcome::Unknown);
        };
        let mut held = self.held.copy();
        match held.call(&timer.call, Reach::Private, &mut turn) {
            Ok(_) => {}
            Err(Halt::Refuse(why)) => {
                turn = self.turn(self.me, None);
                held = self.held.copy();
                self.errbox(&mut turn, self.me, None, method_name(&timer.call), Ended::Refused { why, reply: None });
            }
            Err(halt) => return Err(halt.into()),
        }
        TIMERS.remove(&mut turn, &id);
        turn.header.timers = turn.header.timers.saturating_sub(1);
        self.done(turn, held, Some(mail), Outcome::Done(Value::Null))
    }

    fn overdue(&self, mail: &Mail, id: &PromiseId) -> Result<Done, Stop> {
        let mut turn = self.turn(self.me, None);
        let promise = PROMISES.get(&mut turn, id)?.filter(|promise| promise.deadline <= self.now);
        let held = match promise {
            None => self.held.copy(),
            Some(promise) if promise.unknown => {
                PROMISES.remove(&mut turn, id);
                turn.header.promises = turn.header.promises.saturating_sub(1);
                self.held.copy()
            }
            Some(promise) => self.resume(&mut turn, id, &promise, Outcome::Unknown)?.0,
        };
        self.done(turn, held, Some(mail), Outcome::Done(Value::Null))
    }

    fn early_expired(&self, mail: &Mail, id: &ActId) -> Result<Done, Stop> {
        let mut turn = self.turn(self.me, None);
        for ((waits, act_id), message) in self.early_for(&mut turn, id)? {
            let why = format!("it answers {id}, which never came");
            let item = self.item(&message, act_id.clone(), None, Ended::Unsupported { why: why.clone() });
            let place = turn.header.inbox;
            turn.header.inbox += 1;
            INBOX.put(&mut turn, &place, &item);
            self.errbox(&mut turn, &message.from, Some((act_id.clone(), place)), None, Ended::Unsupported { why });
            self.forget_early(&mut turn, &(waits, act_id), &message)?;
        }
        self.done(turn, self.held.copy(), Some(mail), Outcome::Done(Value::Null))
    }

    /// Acts that waited for this one go back into the mailbox.
    fn put_back(&self, turn: &mut Turn<'r>, act: &ActId) -> Result<(), Stop> {
        if turn.header.early == 0 {
            return Ok(());
        }
        for (place, message) in self.early_for(turn, act)? {
            self.forget_early(turn, &place, &message)?;
            turn.effect(Effect::Send { to: self.me.clone(), message })?;
        }
        Ok(())
    }

    fn early_for(&self, turn: &mut Turn<'r>, act: &ActId) -> Result<Vec<Kept>, Stop> {
        let prefix = pair_prefix(act.as_str().as_bytes());
        Ok(EARLY.page(turn, Page::first(&prefix, EARLY_MAX as usize))?)
    }

    fn forget_early(&self, turn: &mut Turn<'r>, place: &(ActId, ActId), message: &Message) -> Result<(), Stop> {
        EARLY.remove(turn, place);
        turn.header.early = turn.header.early.saturating_sub(1);
        match EARLY_COUNT.get(turn, &message.from)?.unwrap_or(0) {
            0 | 1 => EARLY_COUNT.remove(turn, &message.from),
            more => EARLY_COUNT.put(turn, &message.from, &(more - 1)),
        }
        Ok(())
    }

    fn enter_facet(&self, token: &str, call: &Value, turn: &mut Turn<'r>) -> Result<Result<(), Refusal>, Stop> {
        let facet = FACETS.get(turn, &token.to_owned())?;
        Ok(match facet.filter(|facet| facet.until > self.now && method_name(call).as_deref() == Some(&facet.method)) {
            Some(facet) => {
                turn.fixed = Some(facet.fixed);
                Ok(())
            }
            None => Err(Refusal::new(
                "no-such-facet",
                "the reference was taken back, has ended, or does not reach this method",
            )),
        })
    }

    fn private_end(
        &self,
        mail: &Mail,
        call: &Value,
        promise: Option<&PromiseId>,
        held: Box<dyn Held>,
        turn: Turn<'r>,
        ran: Result<Value, Halt>,
    ) -> Result<Done, Stop> {
        let from = &mail.message.from;
        let (mut turn, held, outcome) = match ran {
            Ok(answer) => (turn, held, Outcome::Done(answer)),
            Err(Halt::Refuse(why)) => {
                let mut turn = self.turn(from, None);
                let ended = Ended::Refused { why: why.clone(), reply: None };
                self.errbox(&mut turn, from, None, method_name(call), ended);
                (turn, self.held.copy(), Outcome::Refused(why))
            }
            Err(halt) => return Err(halt.into()),
        };
        if let Some(promise) = promise {
            self.tell_asker(&mut turn, from, promise, outcome.clone());
        }
        self.done(turn, held, Some(mail), outcome)
    }

    fn tell_asker(&self, turn: &mut Turn<'r>, asker: &ActorId, promise: &PromiseId, outcome: Outcome<Value>) {
        let what = What::Answer { promise: promise.clone(), outcome };
        let message = Message { from: self.me.clone(), at: self.now, what };
        // An answer is part of what was asked for, so it is not counted against the turn's bound.
        turn.effects.push(Effect::Send { to: asker.clone(), message });
    }

    /// Writes the inbox item, the seen mark and, for trouble, the errbox line.
    fn trace(&self, turn: &mut Turn<'r>, trace: Trace<'_>) {
        let Some(act) = &trace.mail.act else { return };
        let place = turn.header.inbox;
        turn.header.inbox += 1;
        let item = self.item(&trace.mail.message, act.id.clone(), trace.call, trace.ended);
        INBOX.put(turn, &place, &item);
        let seen = Seen { inbox: place, reply: trace.reply, at: self.now };
        SEEN.put(turn, &(act.id.clone(), act.author.clone()), &seen);
        if item.ended.is_trouble() {
            self.errbox(turn, &act.author, Some((act.id.clone(), place)), None, item.ended);
        }
    }

    fn item(&self, message: &Message, act: ActId, call: Option<Value>, ended: Ended) -> InboxItem {
        let how = message.carried().unwrap_or_default();
        let documents = self.found.documents.iter().chain(&self.found.alive);
        InboxItem {
            act,
            from: message.from.clone(),
            accepted: message.at,
            handled: self.now,
            how,
            call,
            ended,
            documents: documents.map(|(uri, evidence)| (uri.clone(), evidence.at)).collect(),
        }
    }

    fn errbox(
        &self,
        turn: &mut Turn<'r>,
        from: &ActorId,
        act: Option<(ActId, u64)>,
        method: Option<String>,
        ended: Ended,
    ) {
        let place = turn.header.errbox;
        turn.header.errbox += 1;
        ERRBOX.put(turn, &place, &ErrboxLine { from: from.clone(), at: self.now, act, method, ended });
    }

    pub(crate) fn turn(&self, caller: &ActorId, act: Option<Arc<Act>>) -> Turn<'r> {
        Turn {
            desk: Desk {
                me: self.me,
                now: self.now,
                naming: self.naming,
                found: self.found,
                ahead: self.ahead,
                overlay: self.overlay,
                written: BTreeMap::new(),
            },
            kind: self.kind,
            header: self.header.clone(),
            caller: Ref::made(caller.clone()),
            act,
            how: None,
            fixed: None,
            outcome: None,
            entropy: ChaCha20Rng::from_seed(self.seed),
            effects: Vec::new(),
            answer_audience: Audience::default(),
            silent: false,
            case: None,
        }
    }

    fn done(
        &self,
        turn: Turn<'r>,
        held: Box<dyn Held>,
        mail: Option<&Mail>,
        answer: Outcome<Value>,
    ) -> Result<Done, Stop> {
        let mut header = turn.header;
        header.turn += 1;
        let state = held.state()?;
        if state.as_str().len() > STATE_MAX_BYTES {
            return Err(Stop::Broken(format!("a state of more than {STATE_MAX_BYTES} bytes")));
        }
        let written: usize = turn.desk.written.values().flatten().map(|bytes| bytes.len()).sum();
        if turn.desk.written.len() > ROWS_MAX || written > ROWS_MAX_BYTES {
            let why = format!("a turn writes at most {ROWS_MAX} rows and {ROWS_MAX_BYTES} bytes");
            return Err(Stop::Broken(why));
        }
        let rows = turn.desk.written.into_iter().map(|((table, key), bytes)| RowWrite { table, key, bytes }).collect();
        let record = TurnRecord {
            actor: self.me.clone(),
            stored: Stored { kind: self.kind.to_owned(), schema: self.schema, header, state },
            rows,
            consumed: mail.map(|mail| mail.arrival),
            effects: turn.effects,
            at: self.now,
        };
        Ok(Done { record, held, answer })
    }
}

fn publish(turn: &mut Turn<'_>, reply: Reply) -> Result<ActId, Halt> {
    turn.publish(reply.id.clone(), reply.body, reply.audience).map(|()| reply.id)
}

fn method_name(call: &Value) -> Option<String> {
    call.get("method")?.as_str().map(str::to_owned)
}
