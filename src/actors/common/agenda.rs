//! What an actor has to do at given times: rows in the order of their time, and one timer for the first of them. However much
//! there is to do, the actor has one timer, and each turn takes a few rows.

use crate::limits::CASCADE_STEP;
use pritchel_actor::{ActId, Actor, Halt, Method, Page, Rows, Seconds, TimerId, Turn};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// An actor that has things to do at given times.
pub trait Punctual: Actor<Call: From<Due>> {
    /// What it has to do: a private call of its own.
    type Item: Into<Self::Call> + Clone + Serialize + DeserializeOwned;
    /// For when it is to be woken.
    fn alarm_mut(&mut self) -> &mut Option<Alarm>;
}

/// The timer that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// When it rings.
    pub at: Seconds,
    /// Its name.
    pub timer: TimerId,
}

/// The agenda: by time, and the act whose effect has come to its time.
pub const fn agenda<A: Punctual>() -> Rows<(u64, ActId), A::Item> {
    Rows::new("agenda")
}

/// Has `item` called at `at`, or soon after. What is noted is not crossed out: when its time comes, the item itself sees whether
/// there is still anything to do.
/// - `at`: a time that has come is as good as now
/// - `of`: the act it is about; of one act there is one item for each time
pub fn note<A: Punctual>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    (at, of): (Seconds, &ActId),
    item: A::Item,
) -> Result<(), Halt> {
    let place = (u64::try_from(at).unwrap_or_default(), of.clone());
    agenda::<A>().put(turn, &place, &item);
    set(actor, turn, at)
}

/// Sets the timer, if none is set for as early.
fn set<A: Punctual>(actor: &mut A, turn: &mut Turn<'_>, at: Seconds) -> Result<(), Halt> {
    if let Some(set) = *actor.alarm_mut() {
        if set.at <= at {
            return Ok(());
        }
        turn.cancel(set.timer)?;
    }
    let timer = turn.after::<A>(at.saturating_sub(turn.now()), Due {})?;
    *actor.alarm_mut() = Some(Alarm { at, timer });
    Ok(())
}

/// Private, by the actor's own timer: calls what is due, a few at a time, and sets the timer for what comes next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Due {}

impl<A: Punctual> Method<A> for Due {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let now = turn.now();
        // One that was called by hand, or has rung too early.
        if actor.alarm_mut().is_some_and(|set| set.at > now) {
            return Ok(());
        }
        *actor.alarm_mut() = None;
        let rows = agenda::<A>().page(turn, Page::first(&[], CASCADE_STEP + 1))?;
        let myself = turn.myself::<A>();
        let mut next = None;
        for (at, (place, item)) in rows.into_iter().enumerate() {
            let time = Seconds::try_from(place.0).unwrap_or(Seconds::MAX);
            if time > now || at == CASCADE_STEP {
                next = Some(time);
                break;
            }
            agenda::<A>().remove(turn, &place);
            turn.call(&myself, item)?;
        }
        match next {
            Some(at) if at <= now => turn.call(&myself, Self {}),
            Some(at) => set(actor, turn, at),
            None => Ok(()),
        }
    }
}
