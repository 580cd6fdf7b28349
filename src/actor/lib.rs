//! The actor model of Pritchel: typed methods, turns as values, promises, durable mailboxes.
//!
//! An actor is plain data with a table of typed methods. A method runs as a *turn*: a pure function of the actor's state,
//! the call, evidence, time and entropy. It changes the state, and writes down what it causes: acts published, messages to
//! other actors, timers, jobs, actors launched. All of that is one [`TurnRecord`], committed as one durable batch or not
//! at all; only then does any of it leave.
//!
//! Calling an actor looks the same wherever it lives. What one actor does in the sight of others is an [`Act`]; each
//! recipient's *gate* finds in it the one method that it calls. This library carries acts and never looks inside, knows
//! nothing of forges, networks or stores, and can be used by others.
//!
//! - [`method`]: actors, methods, the `methods!` table; [`reference`](mod@reference), [`facet`]: what may be called
//! - [`turn`], [`look`]: what a method may do, what a view may see; [`rows`]: what grows
//! - [`effect`], [`outcome`], [`promise`]: what a turn causes, how a call ends, how its asker goes on
//! - [`state`]: what is stored of an actor besides its rows
//! - [`vat`]: the pure machine; [`resident`]: one actor's order of messages, repeated runs and pipelined turns; `ahead`: what
//!   several messages will lack, looked for in one go
//! - [`message`], [`errbox`]: what lies in a mailbox, and what became of it
//! - [`switch`]: checks that a test switches off
//! - [`port`]: what the machine wants of a store and of the outside; [`runtime`]: the machine on ractor and tokio;
//!   [`sim`]: the same machine on a seeded scheduler

pub mod act;
mod ahead;
pub mod effect;
pub mod errbox;
pub mod facet;
pub mod key;
pub mod kind;
pub mod limits;
pub mod look;
pub mod message;
pub mod method;
pub mod need;
pub mod outcome;
pub mod port;
pub mod promise;
pub mod reference;
pub mod resident;
pub mod rows;
pub mod runtime;
pub mod sim;
pub mod state;
pub mod switch;
pub mod turn;
pub mod vat;
pub mod view;

pub use act::Act;
pub use effect::{Audience, Effect, Group, TurnRecord};
pub use key::{ActId, ActorId, Naming, Seconds};
pub use kind::Kinds;
pub use look::Look;
pub use message::{Mail, Message, PromiseId, TimerId, What};
pub use method::{Actor, Calls, Method, MethodInfo, Reach, Reply, Verdict, answer_value};
pub use need::{Evidence, Found, Need, NotFound, Vacancy};
pub use outcome::{Halt, Outcome, Refusal, demand};
pub use port::{BoxError, Boxes, Clock, Documents, Later, Left};
pub use promise::{Answering, Settled};
pub use reference::{Anyone, Ref};
pub use rows::{Page, Reads, RowKey, Rows, Writes};
pub use runtime::{CallError, Node, NodeParts, Settings, StartError, Stats};
pub use serde_json::Value;
pub use state::{Header, StateText, Stored};
pub use switch::{chosen, heeded};
pub use turn::{Turn, call_value};
pub use view::{Credential, View, ViewError};
