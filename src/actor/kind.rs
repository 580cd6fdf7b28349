//! Kinds, with their types erased: what the machine knows of an actor. Generics end here.

use crate::act::Act;
use crate::look::Look;
use crate::method::{Actor, Calls, MethodInfo, Reach, Reply, Verdict};
use crate::outcome::{Halt, Refusal};
use crate::promise::{Answering, Settled};
use crate::state::{StateText, Stored, no_json};
use crate::switch;
use crate::turn::Turn;
use serde::Deserialize;
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// A kind of actor the node knows.
pub trait Kind: Send + Sync + 'static {
    /// Its name on disk.
    fn name(&self) -> &'static str;
    /// The version of its state.
    fn schema(&self) -> u16;
    /// Its table of methods.
    fn methods(&self) -> &'static [MethodInfo];
    /// The actor of this state, migrated if it is an older version's.
    fn open(&self, stored: &Stored) -> Result<Box<dyn Held>, OpenError>;
}

/// Why a stored state cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is of a kind this program does not know.
    #[error("an actor of kind {found:?}, which this program does not know")]
    UnknownKind {
        /// The kind.
        found: String,
    },
    /// It was written by a later program.
    #[error("a {kind} of version {found}, this program knows up to {known}")]
    Newer {
        /// The kind.
        kind: &'static str,
        /// The version found.
        found: u16,
        /// The newest version known.
        known: u16,
    },
    /// It cannot be read or migrated.
    #[error("a {kind} of version {version} cannot be read: {why}")]
    Unreadable {
        /// The kind.
        kind: &'static str,
        /// Its version.
        version: u16,
        /// What is wrong.
        why: String,
    },
}

/// An actor held in memory.
pub trait Held: Send + Sync {
    /// A copy, for a turn that may fail.
    fn copy(&self) -> Box<dyn Held>;
    /// The state as stored.
    fn state(&self) -> Result<StateText, Halt>;
    /// Which act this one answers.
    fn answers(&self, act: &Act) -> Option<Answering>;
    /// Has the gate look at `act`, for what it lacks to see.
    fn foresee(&self, act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt>;
    /// Finds the method `act` calls and runs it.
    fn receive(&mut self, act: &Act, turn: &mut Turn<'_>) -> Result<Received, Box<Caught>>;
    /// Runs a private method or a continuation.
    fn call(&mut self, call: &Value, reach: Reach, turn: &mut Turn<'_>) -> Result<Value, Halt>;
    /// Notes what was heard.
    fn hears(&mut self, act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt>;
    /// The act that tells the answer.
    fn accept(&self, act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply>;
    /// The act that tells the refusal.
    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply>;
    /// The act that tells that there is no method.
    fn unsupported(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply>;
    /// The actor itself, for views.
    fn any(&self) -> &dyn Any;
}

/// What became of an act at the gate and after.
#[derive(Debug)]
pub enum Received {
    /// A method ran.
    Ran {
        /// The call, as data.
        call: Value,
        /// Its row in the table.
        info: &'static MethodInfo,
        /// Its answer.
        answer: Value,
    },
    /// It calls for nothing.
    Noted,
    /// There is no method for it.
    Unsupported(String),
    /// It waits for another act.
    Early(crate::key::ActId),
}

/// A method, or the gate, stopped.
#[derive(Debug)]
pub struct Caught {
    /// The call the gate had made, if it got so far.
    pub call: Option<Value>,
    /// Why it stopped.
    pub halt: Halt,
}

impl From<Halt> for Box<Caught> {
    fn from(halt: Halt) -> Self {
        Self::new(Caught { call: None, halt })
    }
}

struct KindOf<A>(PhantomData<fn() -> A>);

impl<A: Actor> Kind for KindOf<A> {
    fn name(&self) -> &'static str {
        A::KIND
    }
    fn schema(&self) -> u16 {
        A::SCHEMA
    }
    fn methods(&self) -> &'static [MethodInfo] {
        A::Call::TABLE
    }
    fn open(&self, stored: &Stored) -> Result<Box<dyn Held>, OpenError> {
        let unreadable = |why: String| OpenError::Unreadable { kind: A::KIND, version: stored.schema, why };
        let read: Result<A, serde_json::Error> = match stored.schema.cmp(&A::SCHEMA) {
            std::cmp::Ordering::Equal => stored.state.read(),
            std::cmp::Ordering::Less => {
                serde_json::from_value(A::migrate(stored.schema, stored.state.value()).map_err(unreadable)?)
            }
            std::cmp::Ordering::Greater => {
                return Err(OpenError::Newer { kind: A::KIND, found: stored.schema, known: A::SCHEMA });
            }
        };
        read.map(|actor| Box::new(HeldActor(actor)) as Box<dyn Held>).map_err(|e| unreadable(e.to_string()))
    }
}

struct HeldActor<A>(A);

impl<A: Actor> Held for HeldActor<A> {
    fn copy(&self) -> Box<dyn Held> {
        Box::new(HeldActor(self.0.clone()))
    }

    fn state(&self) -> Result<StateText, Halt> {
        StateText::of(&self.0).map_err(no_json)
    }

    fn answers(&self, act: &Act) -> Option<Answering> {
        A::answers(act)
    }

    fn foresee(&self, act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt> {
        switch::runs(A::KIND, switch::GATE);
        self.0.gate(act, &mut Look::at(&mut turn.desk, None)).map(drop)
    }

    fn receive(&mut self, act: &Act, turn: &mut Turn<'_>) -> Result<Received, Box<Caught>> {
        let call = match choose(&self.0, act, turn)? {
            Verdict::Call(call) => call,
            Verdict::Note => return Ok(Received::Noted),
            Verdict::Unsupported(why) => return Ok(Received::Unsupported(why)),
            Verdict::Early(id) => return Ok(Received::Early(id)),
        };
        let info = call.info();
        let value = crate::turn::call_value::<A>(&call)?;
        if !matches!(info.reach, Reach::Wire(_)) {
            let halt = Halt::Broken(format!("the gate chose {}, which no act may call", info.name));
            return Err(Box::new(Caught { call: Some(value), halt }));
        }
        match run(call, &mut self.0, turn) {
            Ok(answer) => Ok(Received::Ran { call: value, info, answer }),
            Err(halt) => Err(Box::new(Caught { call: Some(value), halt })),
        }
    }

    fn call(&mut self, call: &Value, reach: Reach, turn: &mut Turn<'_>) -> Result<Value, Halt> {
        let call =
            A::Call::deserialize(call).map_err(|e| Halt::Broken(format!("a {} has no such method: {e}", A::KIND)))?;
        if call.info().reach != reach {
            return Err(Halt::Broken(format!("{} is not reached that way", call.info().name)));
        }
        run(call, &mut self.0, turn)
    }

    fn hears(&mut self, act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt> {
        self.0.hears(act, turn)
    }

    fn accept(&self, act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        self.0.accept(act, settled, answer, turn)
    }

    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        self.0.reject(act, why, turn)
    }

    fn unsupported(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        self.0.unsupported(act, why, turn)
    }

    fn any(&self) -> &dyn Any {
        &self.0
    }
}

/// Has the gate choose. A refusal of what it could make no call of is told what asks for it, if the gate said which method it was for.
fn choose<A: Actor>(actor: &A, act: &Act, turn: &mut Turn<'_>) -> Result<Verdict<A::Call>, Halt> {
    switch::runs(A::KIND, switch::GATE);
    let mut look = Look::at(&mut turn.desk, None);
    let chosen = actor.gate(act, &mut look);
    match (chosen, look.reads_for) {
        (Err(Halt::Refuse(why)), Some(method)) => {
            switch::runs(A::KIND, method);
            if switch::is_off(&why.code) {
                return Ok(Verdict::Note);
            }
            Err(Halt::Refuse(Refusal { against: A::asked_by(method, None, &why), ..why }))
        }
        (chosen, _) => chosen,
    }
}

/// Runs a method. A refusal is told what asks for it.
fn run<A: Actor>(call: A::Call, actor: &mut A, turn: &mut Turn<'_>) -> Result<Value, Halt> {
    let info = call.info();
    let method = info.name;
    switch::runs(A::KIND, method);
    turn.case = None;
    let against = actor.stands_against(info).filter(|why| !switch::is_off(&why.code));
    let ran = match (call.run(actor, turn), against) {
        (Ok(_), Some(why)) => Err(Halt::Refuse(why)),
        (ran, _) => ran,
    };
    match ran {
        Err(Halt::Refuse(why)) if switch::is_off(&why.code) => Ok(Value::Null),
        Err(Halt::Refuse(why)) => {
            let against = A::asked_by(method, turn.case.as_deref(), &why);
            Err(Halt::Refuse(Refusal { against, ..why }))
        }
        ran => ran,
    }
}

/// The kinds a node knows, by name.
#[derive(Clone, Default)]
pub struct Kinds(BTreeMap<&'static str, Arc<dyn Kind>>);

impl Kinds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and `A`.
    #[must_use]
    pub fn with<A: Actor>(mut self) -> Self {
        self.0.insert(A::KIND, Arc::new(KindOf::<A>(PhantomData)));
        self
    }

    /// The kind of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Kind>> {
        self.0.get(name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Kind>> {
        self.0.values()
    }

    /// The actor of this state.
    pub fn open(&self, stored: &Stored) -> Result<Box<dyn Held>, OpenError> {
        match self.0.get(stored.kind.as_str()) {
            Some(kind) => kind.open(stored),
            None => Err(OpenError::UnknownKind { found: stored.kind.clone() }),
        }
    }
}
