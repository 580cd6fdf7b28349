//! New keys in the place of old ones. The actor keeps which step comes next and tells the others; the keys themselves are made,
//! used and dropped outside, by a job, since no turn ever sees a private key.
//!
//! The way: both keys are shown and the old one still signs ([`KeyStep::Begin`]); after [`KEY_OVERLAP_S`] the new one signs
//! ([`KeyStep::Switch`]); after [`KEY_RETIRE_S`] more the old one is gone ([`KeyStep::Drop`]). Each step is told by an `Update`
//! with the actor's whole document. Each wait is a timer and each step a job, so that any restart, or any pump, goes on.
//!
//! Source: ours. Servers that never fetch a key twice learn the new one from an `Update` that the old one has signed.

pub mod wire;

pub use wire::{KEY_JOB, KeyStep, KeyWork};

use crate::common::Visibility;
use crate::common::resource::ResourceActor;
use crate::common::wire::Tell;
use crate::limits::{KEY_OVERLAP_S, KEY_RETIRE_S, KEY_RETRY_S};
use pritchel_actor::{Actor, Halt, Method, Outcome, Refusal, Rows, Seconds, Turn, Value};
use serde::{Deserialize, Serialize};

/// The rotation under way, if there is one: under [`UNDER_WAY`].
pub const KEY_ROTATION: Rows<u64, KeyRotation> = Rows::new("key-rotation");
/// The one key of [`KEY_ROTATION`].
pub const UNDER_WAY: u64 = 0;

/// A rotation under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    /// Its name: what belongs to an earlier one is not taken for it.
    pub id: String,
    /// The step that is being taken, or waited for.
    pub step: KeyStep,
    /// When that began.
    pub since: Seconds,
}

/// An actor that can be given new keys.
pub trait KeyOwner: Actor {
    /// Who is told.
    fn told_of_keys(&self, turn: &Turn<'_>) -> Tell {
        Tell::default().followers(turn.me()).public()
    }
}

/// What is private is told to its followers alone.
impl<A: ResourceActor> KeyOwner for A {
    fn told_of_keys(&self, turn: &Turn<'_>) -> Tell {
        let tell = Tell::default().followers(turn.me());
        if self.resource().visibility == Visibility::Private { tell } else { tell.public() }
    }
}

/// Private, from the node: begins a rotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotateKeys {
    /// Somebody else may have the old keys: they are dropped at once, though some servers will refuse this actor until they
    /// have fetched it again. Ends a rotation under way.
    #[serde(default)]
    pub revoke_old: bool,
}

impl<A: KeyOwner> Method<A> for RotateKeys
where
    A::Call: From<KeysChanged>,
{
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_be_oneself(turn)?;
        if !self.revoke_old
            && let Some(rotation) = KEY_ROTATION.get(turn, &UNDER_WAY)?
        {
            let why = format!("new keys are on their way since {}: wait, or revoke the old ones", rotation.since);
            return Err(Refusal::new("key-rotation-under-way", why).into());
        }
        let id = turn.token();
        let step = if self.revoke_old { KeyStep::Revoke } else { KeyStep::Begin };
        take::<A>(turn, KeyRotation { id, step, since: turn.now() })
    }
}

/// The keys are as the step has it, or could not be brought there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeysChanged {
    /// What was done.
    pub work: KeyWork,
}

impl<A: KeyOwner> Method<A> for KeysChanged
where
    A::Call: From<ContinueRotation>,
{
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(rotation) = under_way(turn, &self.work)? else { return Ok(()) };
        let document = match turn.outcome::<Value>()? {
            Outcome::Done(document) => document,
            // A rotation never stays half way because something was broken for a while.
            Outcome::Refused(_) | Outcome::Unknown => {
                turn.after::<A>(KEY_RETRY_S, ContinueRotation { work: self.work })?;
                return Ok(());
            }
        };
        let tell = actor.told_of_keys(turn);
        wire::announce(turn, &tell, document)?;
        let (step, wait_s) = match rotation.step {
            KeyStep::Begin => (KeyStep::Switch, KEY_OVERLAP_S),
            KeyStep::Switch => (KeyStep::Drop, KEY_RETIRE_S),
            KeyStep::Drop | KeyStep::Revoke => {
                KEY_ROTATION.remove(turn, &UNDER_WAY);
                return Ok(());
            }
        };
        let next = KeyRotation { id: rotation.id, step, since: turn.now() };
        KEY_ROTATION.put(turn, &UNDER_WAY, &next);
        turn.after::<A>(wait_s, ContinueRotation { work: KeyWork { rotation: next.id, step } })?;
        Ok(())
    }
}

/// Private, by a timer of its own: takes the step that was waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinueRotation {
    /// The step.
    pub work: KeyWork,
}

impl<A: KeyOwner> Method<A> for ContinueRotation
where
    A::Call: From<KeysChanged>,
{
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_be_oneself(turn)?;
        match under_way(turn, &self.work)? {
            Some(rotation) => take::<A>(turn, rotation),
            None => Ok(()),
        }
    }
}

/// The rotation under way, if this is its step: one that was revoked meanwhile goes no further.
fn under_way(turn: &mut Turn<'_>, work: &KeyWork) -> Result<Option<KeyRotation>, Halt> {
    let rotation = KEY_ROTATION.get(turn, &UNDER_WAY)?;
    Ok(rotation.filter(|rotation| rotation.id == work.rotation && rotation.step == work.step))
}

/// Has a step taken.
fn take<A: KeyOwner>(turn: &mut Turn<'_>, rotation: KeyRotation) -> Result<(), Halt>
where
    A::Call: From<KeysChanged>,
{
    KEY_ROTATION.put(turn, &UNDER_WAY, &rotation);
    let work = KeyWork { rotation: rotation.id, step: rotation.step };
    let args = serde_json::to_value(&work).map_err(|error| Halt::Broken(error.to_string()))?;
    turn.job::<A>(KEY_JOB, args, KeysChanged { work })
}

fn must_be_oneself(turn: &Turn<'_>) -> Result<(), Halt> {
    if turn.caller().id() == turn.me() {
        Ok(())
    } else {
        Err(Refusal::new("not-oneself", "an actor's keys are changed by itself, as its server has it").into())
    }
}
