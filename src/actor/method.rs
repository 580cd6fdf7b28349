//! Methods: what an actor can be asked. An actor is its private state and a table of methods.

use crate::act::Act;
use crate::effect::Audience;
use crate::key::ActId;
use crate::look::Look;
use crate::outcome::{Halt, Refusal};
use crate::promise::{Answering, Settled};
use crate::turn::Turn;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;

/// A kind of actor: plain data, and what may be done with it.
pub trait Actor: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name on disk. Never reused.
    const KIND: &'static str;
    /// Version of the state. A change of its stored shape is a new version with a step in [`Actor::migrate`].
    const SCHEMA: u16;
    /// Its methods: an enum made by [`crate::methods!`].
    type Call: Calls<Self>;

    /// Finds the one method that `act` calls, on the state the method will see. It chooses which, never whether: every
    /// check is the method's.
    fn gate(&self, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<Self::Call>, Halt>;

    /// Which act `act` answers, if it is an answer.
    fn answers(act: &Act) -> Option<Answering> {
        let _ = act;
        None
    }

    /// The act that tells `answer` to the author of `act`, for a method settled as `settled`. `None` for no such act.
    fn accept(&self, act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
        let _ = (act, settled, answer, turn);
        None
    }

    /// The act that tells the author of `act` that it was refused. `None` for acts that are never answered so.
    fn reject(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        let _ = (act, why, turn);
        None
    }

    /// Called at the end of the turn of every act that was not refused, whether a method ran, a question was settled or nothing was
    /// called for: what an actor notes of all that it hears. It refuses nothing.
    fn hears(&mut self, act: &Act, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let _ = (act, turn);
        Ok(())
    }

    /// The act that tells the author of `act` that there is no method for it. `None` for acts that are never answered so, and for those
    /// that others are to answer.
    fn unsupported(&self, act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
        let _ = (act, why, turn);
        None
    }

    /// What stands against a method in this state whatever its own checks say. It is asked before the method runs, and told only to
    /// those whom the method has not refused: nobody else learns of the state from it.
    fn stands_against(&self, method: &MethodInfo) -> Option<Refusal> {
        let _ = method;
        None
    }

    /// What of the domain's protocol asks a method for this refusal, by the ids that has where it is written.
    /// - `case`: what the method has said by [`Turn::case`]
    fn asked_by(method: &str, case: Option<&str>, why: &Refusal) -> Vec<String> {
        let _ = (method, case, why);
        Vec::new()
    }

    /// A state of version `from` as one of the newest version. Pure; tested on the old bytes.
    fn migrate(from: u16, old: Value) -> Result<Value, String> {
        let _ = old;
        Err(format!("no migration from version {from} to {}", Self::SCHEMA))
    }
}

/// An act that answers another.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Its address.
    pub id: ActId,
    /// Its body.
    pub body: Value,
    /// Whom it is told.
    pub audience: Audience,
}

/// What the gate makes of an act.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<C> {
    /// It calls this method.
    Call(C),
    /// It calls for nothing, and is kept to be seen.
    Note,
    /// There is no method for it: what was expected instead.
    Unsupported(String),
    /// It answers this act, which has not been seen: to be kept until that comes.
    Early(ActId),
}

/// One method of an actor kind: its parameters are its fields, its type's name is its name on disk too, never reused for
/// another meaning.
pub trait Method<A: Actor>: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + 'static {
    /// What it answers.
    type Answer: Serialize + DeserializeOwned + Send + 'static;

    /// `Ok` commits state, rows, answer and effects as one. `Err` commits the refusal and nothing else.
    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<Self::Answer, Halt>;
}

/// How a method is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By an act of this type, from near and far alike.
    Wire(&'static str),
    /// By near actors and the node itself, through a reference.
    Private,
    /// By the library, when an answer has come or is overdue.
    Continuation,
}

/// A row of the table of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name.
    pub name: &'static str,
    /// How it is reached.
    pub reach: Reach,
    /// The authority it wants, as the domain names it.
    pub needs: &'static str,
    /// What settles it for whoever asks by an act.
    pub settled: Settled,
}

/// The methods of an actor kind as one enum. Made by [`crate::methods!`].
pub trait Calls<A: Actor>: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + 'static {
    /// The table.
    const TABLE: &'static [MethodInfo];
    /// The row of this call.
    fn info(&self) -> &'static MethodInfo;
    /// Runs it. The answer is given as a value.
    fn run(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<Value, Halt>;
}

/// Writes the table of methods of an actor kind: an enum with one variant a method, its names on disk, its dispatch.
/// Forgetting to write a method, or its [`Method`] implementation, does not compile.
///
/// ```text
/// methods! { TicketTracker: TrackerCall {
///     // method   reached by        needs      settled by
///     Open        wire "Offer"      "report"   AcceptWithResult;
///     Begin       private           "parent"   Told;
///     Told        continuation      ""         Told;
/// }}
/// ```
#[macro_export]
macro_rules! methods {
    (@reach wire $type:literal) => { $crate::Reach::Wire($type) };
    (@reach private) => { $crate::Reach::Private };
    (@reach continuation) => { $crate::Reach::Continuation };
    ($actor:ident : $call:ident { $( $method:ident $reach:ident $($type:literal)? , $needs:literal , $settled:ident ; )+ }) => {
        #[doc = concat!("The methods of [`", stringify!($actor), "`].")]
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "method", content = "args")]
        pub enum $call {
            $( #[doc = concat!("See [`", stringify!($method), "`].")] $method($method), )+
        }

        $( impl From<$method> for $call {
            fn from(call: $method) -> Self { Self::$method(call) }
        } )+

        impl $crate::Calls<$actor> for $call {
            const TABLE: &'static [$crate::MethodInfo] = &[ $( $crate::MethodInfo {
                name: stringify!($method),
                reach: $crate::methods!(@reach $reach $($type)?),
                needs: $needs,
                settled: $crate::Settled::$settled,
            } ),+ ];

            fn info(&self) -> &'static $crate::MethodInfo {
                match self { $( Self::$method(_) => {
                    const INFO: &$crate::MethodInfo = &$crate::MethodInfo {
                        name: stringify!($method),
                        reach: $crate::methods!(@reach $reach $($type)?),
                        needs: $needs,
                        settled: $crate::Settled::$settled,
                    };
                    INFO
                } )+ }
            }

            fn run(self, actor: &mut $actor, turn: &mut $crate::Turn<'_>) -> Result<$crate::Value, $crate::Halt> {
                match self { $( Self::$method(call) => {
                    let answer = $crate::Method::<$actor>::turn(call, actor, turn)?;
                    $crate::answer_value(&answer)
                } )+ }
            }
        }
    };
}

/// An answer as a value.
pub fn answer_value(answer: &impl Serialize) -> Result<Value, Halt> {
    serde_json::to_value(answer).map_err(|e| Halt::Broken(format!("an answer that is no JSON: {e}")))
}
