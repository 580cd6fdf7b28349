//! A turn: all that a method may do. It cannot wait, read a clock, draw a random number or touch disk or network except
//! through what is offered here, and what is offered here is only written down until the turn is durable.

use crate::act::Act;
use crate::effect::{Audience, Effect, Group};
use crate::errbox::{OUTBOX, OutboxItem, PUBLISHED};
use crate::facet::{Facet, FacetToken};
use crate::key::{ActId, ActorId, Seconds};
use crate::limits::{ANSWER_S, EFFECTS_MAX, PROMISES_MAX, RECIPIENTS_MAX, TIMERS_MAX};
use crate::look::{Desk, Look};
use crate::message::{Due, Message, PromiseId, TimerId, What};
use crate::method::{Actor, Method};
use crate::need::{Evidence, Need, RowBytes, Table, Vacancy};
use crate::outcome::{Halt, Outcome, Refusal};
use crate::promise::{FACETS, PROMISES, Promise, Settled, TIMERS, Timer};
use crate::reference::{Anyone, Ref};
use crate::rows::{Page, Reads, Writes};
use crate::state::{Header, Stored, no_json};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// What a method sees of the world, and writes down for it.
pub struct Turn<'t> {
    pub(crate) desk: Desk<'t>,
    pub(crate) kind: &'static str,
    pub(crate) header: Header,
    pub(crate) caller: Ref<Anyone>,
    pub(crate) act: Option<Arc<Act>>,
    pub(crate) how: Option<Arc<Value>>,
    pub(crate) fixed: Option<Value>,
    pub(crate) outcome: Option<Outcome<Value>>,
    pub(crate) entropy: ChaCha20Rng,
    pub(crate) effects: Vec<Effect>,
    pub(crate) answer_audience: Audience,
    pub(crate) silent: bool,
    pub(crate) case: Option<String>,
}

impl<'t> Turn<'t> {
    /// This actor.
    pub fn me(&self) -> &'t ActorId {
        self.desk.me
    }

    /// A reference to this actor.
    pub fn myself<A: Actor>(&self) -> Ref<A> {
        Ref::made(self.desk.me.clone())
    }

    /// The time: the same for the whole run.
    pub fn now(&self) -> Seconds {
        self.desk.now
    }

    /// Who calls. For an act its author, for a private call the actor (or the person at the edge) that made it.
    pub fn caller(&self) -> &Ref<Anyone> {
        &self.caller
    }

    /// The act that called this method, if an act did.
    pub fn act(&self) -> Option<Arc<Act>> {
        self.act.clone()
    }

    /// How the act came, as whoever carried it to this node has written it down; `None` for a private call. An act of a near
    /// author is carried by nobody, and nothing stands there.
    pub fn carried(&self) -> Option<&Value> {
        self.how.as_deref()
    }

    /// What was fixed when the facet was made through which this call came.
    pub fn fixed(&self) -> Option<&Value> {
        self.fixed.as_ref()
    }

    /// Says which case of its method this call is, where the domain's protocol asks for the same check in several: a refusal
    /// from here on is traced to what is asked in this one, and a test can switch its check off in this one only.
    pub fn case(&mut self, case: impl Into<String>) {
        let case = case.into();
        crate::switch::in_case(&case);
        self.case = Some(case);
    }

    /// A look at what this turn sees.
    pub fn look(&mut self) -> Look<'_, 't> {
        Look::at(&mut self.desk, None)
    }

    /// A text of 26 lower-case letters and digits that nobody can guess: 128 bits.
    pub fn token(&mut self) -> String {
        let mut bytes = [0u8; 16];
        self.entropy.fill_bytes(&mut bytes);
        base32(&bytes)
    }

    /// A number this actor has never used before.
    pub fn number(&mut self) -> u64 {
        self.header.numbers += 1;
        self.header.numbers
    }

    /// The address of an act that this turn may publish.
    pub fn act_id(&mut self) -> ActId {
        let token = self.token();
        self.desk.naming.act(self.desk.me, &token)
    }

    /// Publishes an act: one id, one outbox item, one audience.
    pub fn publish(&mut self, id: ActId, body: Value, audience: Audience) -> Result<(), Halt> {
        if audience.to.len() > RECIPIENTS_MAX {
            let found = audience.to.len();
            let why = format!("an act names at most {RECIPIENTS_MAX} actors one by one, this one names {found}");
            return Err(Refusal::new("too-many-recipients", why).into());
        }
        let place = self.header.outbox;
        self.header.outbox += 1;
        let cause = self.act.as_ref().map(|act| act.id.clone());
        let item = OutboxItem { act: id.clone(), at: self.now(), to: audience.to.clone(), cause };
        OUTBOX.put(self, &place, &item);
        PUBLISHED.put(self, &id, &place);
        let act = Arc::new(Act::made(id, self.me().clone(), body));
        self.effect(Effect::Publish { act, item, audience })
    }

    /// Publishes an act and asks `asked` to settle it. `resume` runs when it does, or when it has not by the deadline.
    /// Only the asked actor can settle it; others in the audience are told.
    pub fn ask<A: Actor>(
        &mut self,
        id: ActId,
        body: Value,
        audience: Audience,
        asked: &Ref<Anyone>,
        settled: Settled,
        resume: impl Into<A::Call>,
    ) -> Result<(), Halt> {
        let promise = PromiseId(id.as_str().to_owned());
        self.promise::<A>(&promise, asked.id(), settled, resume.into())?;
        self.publish(id, body, audience.and(Audience::one(asked.id())))
    }

    /// Asks again what is still unknown, with the same act: it cannot happen twice. The continuation stays.
    pub fn ask_again(&mut self, id: &ActId) -> Result<(), Halt> {
        let promise_id = PromiseId(id.as_str().to_owned());
        let Some(mut promise) = PROMISES.get(self, &promise_id)? else {
            return Ok(());
        };
        promise.unknown = false;
        promise.deadline = self.now() + ANSWER_S;
        let asked = promise.asked.clone();
        PROMISES.put(self, &promise_id, &promise);
        self.effect(Effect::Remind { at: promise.deadline, due: Due::Overdue(promise_id) })?;
        let author = self.me().clone();
        self.effect(Effect::Forward { act: id.clone(), audience: Audience::one(&asked), author })
    }

    /// Calls a private method of a near actor. It is in that actor's mailbox when, and only when, this turn is durable.
    pub fn call<B: Actor>(&mut self, to: &Ref<B>, method: impl Into<B::Call>) -> Result<(), Halt> {
        let call = call_value::<B>(&method.into())?;
        self.send_call(to.id(), call, to.facet().cloned(), None)
    }

    /// Calls a private method and goes on with `resume` when its answer has come.
    pub fn call_and<A: Actor, B: Actor, M: Method<B>>(
        &mut self,
        to: &Ref<B>,
        method: M,
        resume: impl Into<A::Call>,
    ) -> Result<(), Halt>
    where
        B::Call: From<M>,
    {
        let number = self.number();
        let promise = PromiseId(format!("call/{number}"));
        self.promise::<A>(&promise, to.id(), Settled::Accept, resume.into())?;
        let call = call_value::<B>(&method.into())?;
        self.send_call(to.id(), call, to.facet().cloned(), Some(promise))
    }

    /// Has work done outside turns and goes on with `resume` when its result has come.
    pub fn job<A: Actor>(&mut self, kind: &str, args: Value, resume: impl Into<A::Call>) -> Result<(), Halt> {
        let number = self.number();
        let promise = PromiseId(format!("job/{number}"));
        let me = self.me().clone();
        self.promise::<A>(&promise, &me, Settled::Accept, resume.into())?;
        self.effect(Effect::Job { promise, kind: kind.to_owned(), args })
    }

    /// How the question ended that this continuation was waiting for.
    pub fn outcome<T: DeserializeOwned>(&self) -> Result<Outcome<T>, Halt> {
        match self.outcome.clone() {
            None => Err(Halt::Broken("a continuation ran without an outcome".to_owned())),
            Some(Outcome::Refused(why)) => Ok(Outcome::Refused(why)),
            Some(Outcome::Unknown) => Ok(Outcome::Unknown),
            Some(Outcome::Done(answer)) => serde_json::from_value(answer)
                .map(Outcome::Done)
                .map_err(|e| Halt::Refuse(Refusal::new("answer-of-another-shape", e.to_string()))),
        }
    }

    /// Launches an actor. It exists when, and only when, this turn is durable; its reference can be used at once.
    pub fn launch<B: Actor>(&mut self, state: &B) -> Result<Ref<B>, Halt> {
        let token = self.token();
        let id = self.desk.naming.actor(self.desk.me, B::KIND, &token);
        self.launch_at(id, state)
    }

    /// Launches an actor at a given address, as the root of a node does.
    /// - errors: a refusal, `address-taken`, if there is an actor at this address or has been one
    pub fn launch_as<B: Actor>(&mut self, id: ActorId, state: &B) -> Result<Ref<B>, Halt> {
        let launched = |effect: &Effect| matches!(effect, Effect::Launch { id: launched, .. } if *launched == id);
        if self.effects.iter().any(launched) {
            return Err(address_taken(&id).into());
        }
        match self.desk.vacancy(&id)? {
            Vacancy::Free => self.launch_at(id, state),
            Vacancy::Taken => Err(address_taken(&id).into()),
            Vacancy::Elsewhere => {
                Err(Halt::Broken(format!("no actor is launched at {id}: it is no address of this node")))
            }
        }
    }

    fn launch_at<B: Actor>(&mut self, id: ActorId, state: &B) -> Result<Ref<B>, Halt> {
        self.effect(Effect::Launch { id: id.clone(), state: Stored::new(state).map_err(no_json)? })?;
        Ok(Ref::made(id))
    }

    /// Ends this actor: later messages are refused as `gone`, its address is never used again.
    pub fn end(&mut self) {
        self.header.ended = true;
    }

    /// Has a method of this actor called after `seconds`.
    pub fn after<A: Actor>(&mut self, seconds: Seconds, method: impl Into<A::Call>) -> Result<TimerId, Halt> {
        if self.header.timers >= TIMERS_MAX {
            return Err(Refusal::new("too-many-timers", format!("at most {TIMERS_MAX} timers an actor")).into());
        }
        self.header.timers += 1;
        let id = TimerId(self.number());
        let at = self.now() + seconds.max(0);
        let call = call_value::<A>(&method.into())?;
        TIMERS.put(self, &id, &Timer { call, at });
        self.effect(Effect::Remind { at, due: Due::Timer(id) })?;
        Ok(id)
    }

    /// Cancels a timer. Cancelling one that has run is no error.
    pub fn cancel(&mut self, id: TimerId) -> Result<(), Halt> {
        if TIMERS.has(self, &id)? {
            self.header.timers = self.header.timers.saturating_sub(1);
            TIMERS.remove(self, &id);
        }
        Ok(())
    }

    /// A smaller reference to this actor: whoever holds it may call the one method named, until `until`.
    pub fn facet<A: Actor>(&mut self, method: &'static str, fixed: Value, until: Seconds) -> Ref<A> {
        let token = self.token();
        FACETS.put(self, &token, &Facet { method: method.to_owned(), fixed, until });
        Ref::through(self.me().clone(), FacetToken(token))
    }

    /// Takes a facet back. Calls through it are refused from now on.
    pub fn revoke<A>(&mut self, facet: &Ref<A>) {
        if let Some(token) = facet.facet() {
            FACETS.remove(self, &token.0);
        }
    }

    /// Passes the act that called this method on, unchanged, to groups of this actor.
    pub fn forward(&mut self, groups: Vec<Group>) -> Result<(), Halt> {
        self.forward_to(Audience { to: Vec::new(), groups })
    }

    /// Passes the act that called this method on, unchanged.
    pub fn forward_to(&mut self, audience: Audience) -> Result<(), Halt> {
        match self.act.clone() {
            Some(act) if !(audience.to.is_empty() && audience.groups.is_empty()) => {
                self.effect(Effect::Forward { act: act.id.clone(), audience, author: act.author.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Puts or removes a row of the node's shared directory.
    pub fn directory(&mut self, kind: &'static str, key: impl Into<String>, value: Option<Value>) -> Result<(), Halt> {
        self.effect(Effect::Directory { kind, key: key.into(), value })
    }

    /// Also tells this audience the answer.
    pub fn answer_also(&mut self, audience: Audience) {
        self.answer_audience = std::mem::take(&mut self.answer_audience).and(audience);
    }

    /// Publishes no answer: what the method published is the answer.
    pub fn answer_none(&mut self) {
        self.silent = true;
    }

    /// The audience the method added for its answer.
    pub fn answer_audience(&self) -> &Audience {
        &self.answer_audience
    }

    /// The act with this id, if any actor of this node received or published it.
    pub fn known_act(&mut self, id: &ActId) -> Result<Option<Arc<Act>>, Halt> {
        self.desk.act(id)
    }

    /// The document at this address, authentic for its origin; fetched if it is not at hand.
    pub fn document(&mut self, uri: &str) -> Result<Evidence, Halt> {
        self.desk.document(uri).cloned()
    }

    /// Whether this address answers, checked not longer than `within` seconds ago.
    pub fn alive(&mut self, uri: &str, within: i64) -> Result<Evidence, Halt> {
        self.desk.alive(uri, within).cloned()
    }

    /// Asks for several things at once, so that they are fetched at the same time.
    pub fn need_all(&self, needs: Vec<Need>) -> Result<(), Halt> {
        let missing: Vec<Need> = needs.into_iter().filter(|need| !self.desk.at_hand(need)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Halt::Need(missing)) }
    }

    pub(crate) fn effect(&mut self, effect: Effect) -> Result<(), Halt> {
        if self.effects.len() >= EFFECTS_MAX {
            return Err(Refusal::new("too-many-effects", format!("a turn causes at most {EFFECTS_MAX} effects")).into());
        }
        self.effects.push(effect);
        Ok(())
    }

    fn promise<A: Actor>(
        &mut self,
        id: &PromiseId,
        asked: &ActorId,
        settled: Settled,
        resume: A::Call,
    ) -> Result<(), Halt> {
        if A::KIND != self.kind {
            return Err(Halt::Broken(format!("a continuation of a {} in a {}", A::KIND, self.kind)));
        }
        if self.header.promises >= PROMISES_MAX {
            return Err(Refusal::new("too-many-questions", format!("at most {PROMISES_MAX} open questions")).into());
        }
        self.header.promises += 1;
        let deadline = self.now() + ANSWER_S;
        let promise =
            Promise { asked: asked.clone(), settled, resume: call_value::<A>(&resume)?, deadline, unknown: false };
        PROMISES.put(self, id, &promise);
        self.effect(Effect::Remind { at: deadline, due: Due::Overdue(id.clone()) })
    }

    fn send_call(
        &mut self,
        to: &ActorId,
        call: Value,
        facet: Option<FacetToken>,
        promise: Option<PromiseId>,
    ) -> Result<(), Halt> {
        let message = Message { from: self.me().clone(), at: self.now(), what: What::Call { call, facet, promise } };
        self.effect(Effect::Send { to: to.clone(), message })
    }
}

impl Reads for Turn<'_> {
    fn raw_row(&mut self, table: Table, key: &[u8]) -> Result<Option<RowBytes>, Halt> {
        self.desk.raw_row(table, key)
    }
    fn raw_page(&mut self, table: Table, page: Page<'_>) -> Result<Vec<(Vec<u8>, RowBytes)>, Halt> {
        self.desk.raw_page(table, page)
    }
}

impl Writes for Turn<'_> {
    fn raw_write(&mut self, table: Table, key: Vec<u8>, bytes: Option<RowBytes>) {
        self.desk.written.insert((table.to_owned(), key), bytes);
    }
}

/// Why nobody is launched at this address.
pub(crate) fn address_taken(address: &ActorId) -> Refusal {
    Refusal::new("address-taken", format!("there is an actor at {address}, or has been one"))
}

/// A call as `{"method": …, "args": …}`.
pub fn call_value<A: Actor>(call: &A::Call) -> Result<Value, Halt> {
    serde_json::to_value(call).map_err(|e| Halt::Broken(format!("a call that is no JSON: {e}")))
}

/// Lower-case base 32 without padding, as in RFC 4648.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(LETTERS[(bits >> held) as usize & 31]));
        }
    }
    if held > 0 {
        text.push(char::from(LETTERS[(bits << (5 - held)) as usize & 31]));
    }
    text
}
