//! The queue of a hook: one delivery at a time, the one that is due longest first. The attempt is a job; how it ended comes back as the
//! continuation [`HookAttempted`], which settles the delivery or has it wait for another attempt. A timer, [`SendHooks`], wakes the queue.

use crate::hooks::{HOOK_DELIVERIES, HOOK_DETAILS, HOOKS, Hook, HookEvent, Hooked, News};
use crate::limits::{HOOK_BUSY_S, HOOK_DELIVERIES_MAX, HOOK_TRIES_S};
use pritchel_actor::{Halt, Method, Outcome, Page, Refusal, RowKey, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// The kind of job that sends a delivery. Its arguments are a [`HookWork`], what it brings is a [`HookEnd`].
pub const HOOK_JOB: &str = "hook";

/// Which delivery is to be sent. What it says, and the secret, stay with the actor until they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookWork {
    /// Its hook.
    pub hook: u64,
    /// Its number.
    pub delivery: u64,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookState {
    /// It waits for its next attempt.
    Waiting {
        /// When that is due.
        at: Seconds,
    },
    /// It is being sent.
    Sending,
    /// It was taken.
    Done,
    /// It was not, and is not tried again by itself.
    Failed,
}

impl HookState {
    /// Whether nothing more becomes of it by itself.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookDelivery {
    /// What it is of.
    pub event: HookEvent,
    /// Its name in its headers, the same at each attempt.
    pub name: String,
    /// Since when it is there.
    pub at: Seconds,
    /// How far it has come.
    pub state: HookState,
    /// How often it was tried.
    #[serde(default)]
    pub tries: u32,
    /// When it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Seconds>,
    /// What the last attempt was answered, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookBody {
    /// It is not written out yet.
    News(Box<News>),
    /// As it was sent first: each further attempt sends the same.
    Made(HookMade),
}

/// News as they are written out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookMade {
    /// What it is of, more exactly than the event has it, such as `pull_request_sync`.
    pub exact: String,
    /// The body.
    pub json: String,
}

/// What is kept of a delivery for whoever looks into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HookDetail {
    /// What it says.
    pub body: HookBody,
    /// How its last attempt went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<HookAttempt>,
}

/// How an attempt went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HookAttempt {
    /// What was sent, as it was written out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<HookMade>,
    /// The headers it was sent with, without those that every request has.
    pub request: Vec<(String, String)>,
    /// The answer's status, if there was an answer.
    pub code: Option<u16>,
    /// The answer's headers, as far as they are kept.
    pub response: Vec<(String, String)>,
    /// The beginning of the answer's body, as text.
    pub body: String,
    /// Why there was no answer.
    pub error: Option<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Whether another attempt may go better.
    pub again: bool,
}

impl HookAttempt {
    /// One that was never made.
    fn not_made(why: impl Into<String>) -> Self {
        Self { error: Some(why.into()), again: true, ..Self::default() }
    }

    /// Whether it was taken.
    pub fn is_taken(&self) -> bool {
        self.code.is_some_and(|code| (200..300).contains(&code))
    }
}

/// What the job brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookEnd {
    /// An attempt was made.
    Attempted(Box<HookAttempt>),
    /// None was: enough hooks are told something at this moment.
    Busy,
}

/// Adds a delivery to those that wait. Where as many are kept as can be, the oldest that is settled makes room; if none is, this one is
/// left out, and counted.
pub(super) fn queue(
    turn: &mut Turn<'_>,
    id: u64,
    hook: &mut Hook,
    event: HookEvent,
    body: HookBody,
) -> Result<(), Halt> {
    if hook.kept >= HOOK_DELIVERIES_MAX as u64 {
        let kept = HOOK_DELIVERIES.page(turn, Page::first(&id.encode(), HOOK_DELIVERIES_MAX))?;
        let Some((oldest, _)) = kept.into_iter().find(|(_, delivery)| delivery.state.is_settled()) else {
            hook.missed += 1;
            return Ok(());
        };
        HOOK_DELIVERIES.remove(turn, &oldest);
        HOOK_DETAILS.remove(turn, &oldest);
        hook.kept -= 1;
    }
    hook.newest += 1;
    hook.kept += 1;
    let (key, now) = ((id, hook.newest), turn.now());
    let (name, state) = (turn.token(), HookState::Waiting { at: now });
    let delivery = HookDelivery { event, name, at: now, state, tries: 0, tried: None, code: None };
    HOOK_DELIVERIES.put(turn, &key, &delivery);
    HOOK_DETAILS.put(turn, &key, &HookDetail { body, last: None });
    Ok(())
}

/// Sends what is due, if nothing is under way; else has the queue woken when something is. The caller writes the hook.
pub(super) fn go_on<A: Hooked>(turn: &mut Turn<'_>, id: u64, hook: &mut Hook) -> Result<(), Halt> {
    if !hook.active || hook.sending.is_some() {
        return Ok(());
    }
    let kept = HOOK_DELIVERIES.page(turn, Page::first(&id.encode(), HOOK_DELIVERIES_MAX))?;
    let waits = kept.into_iter().filter_map(|(key, delivery)| match delivery.state {
        HookState::Waiting { at } => Some((at, key, delivery)),
        _ => None,
    });
    let Some((at, key, mut delivery)) = waits.min_by_key(|(at, key, _)| (*at, key.1)) else { return Ok(()) };
    if at > turn.now() {
        return wake_at::<A>(turn, id, hook, at);
    }
    delivery.state = HookState::Sending;
    hook.sending = Some(key.1);
    HOOK_DELIVERIES.put(turn, &key, &delivery);
    let work = HookWork { hook: id, delivery: key.1 };
    let args = serde_json::to_value(work).map_err(|error| Halt::Broken(error.to_string()))?;
    turn.job::<A>(HOOK_JOB, args, HookAttempted { hook: id, delivery: key.1 })
}

fn wake_at<A: Hooked>(turn: &mut Turn<'_>, id: u64, hook: &mut Hook, at: Seconds) -> Result<(), Halt> {
    match hook.next {
        Some((_, next)) if next <= at => return Ok(()),
        Some((timer, _)) => turn.cancel(timer)?,
        None => {}
    }
    let timer = turn.after::<A>(at.saturating_sub(turn.now()), SendHooks { hook: id })?;
    hook.next = Some((timer, at));
    Ok(())
}

/// Private, by a timer of its own: something is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendHooks {
    /// Of which hook.
    pub hook: u64,
}

impl<A: Hooked> Method<A> for SendHooks {
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || Refusal::new("not-itself", "only the resource itself can do this"))?;
        let Some(mut hook) = HOOKS.get(turn, &self.hook)? else { return Ok(()) };
        hook.next = None;
        go_on::<A>(turn, self.hook, &mut hook)?;
        HOOKS.put(turn, &self.hook, &hook);
        Ok(())
    }
}

/// An attempt has ended, or is not known to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HookAttempted {
    /// Of which hook.
    pub hook: u64,
    /// Which delivery.
    pub delivery: u64,
}

impl<A: Hooked> Method<A> for HookAttempted {
    type Answer = ();

    fn turn(self, _: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let end = match turn.outcome::<HookEnd>()? {
            Outcome::Done(end) => end,
            Outcome::Refused(why) => HookEnd::Attempted(Box::new(HookAttempt::not_made(why.summary))),
            Outcome::Unknown => HookEnd::Attempted(Box::new(HookAttempt::not_made("this server could not send it"))),
        };
        let Some(mut hook) = HOOKS.get(turn, &self.hook)? else { return Ok(()) };
        // What was taken for unknown may be answered after all: it was tried again meanwhile.
        if hook.sending != Some(self.delivery) {
            return Ok(());
        }
        hook.sending = None;
        note(turn, (self.hook, self.delivery), end)?;
        go_on::<A>(turn, self.hook, &mut hook)?;
        HOOKS.put(turn, &self.hook, &hook);
        Ok(())
    }
}

/// Notes how an attempt went, and what becomes of its delivery.
fn note(turn: &mut Turn<'_>, key: (u64, u64), end: HookEnd) -> Result<(), Halt> {
    let Some(mut delivery) = HOOK_DELIVERIES.get(turn, &key)? else { return Ok(()) };
    let now = turn.now();
    let mut attempt = match end {
        HookEnd::Busy => {
            delivery.state = HookState::Waiting { at: now + HOOK_BUSY_S };
            HOOK_DELIVERIES.put(turn, &key, &delivery);
            return Ok(());
        }
        HookEnd::Attempted(attempt) => attempt,
    };
    let wait_s = HOOK_TRIES_S.get(delivery.tries as usize).filter(|_| attempt.again);
    delivery.tries = delivery.tries.saturating_add(1);
    (delivery.tried, delivery.code) = (Some(now), attempt.code);
    delivery.state = match wait_s {
        _ if attempt.is_taken() => HookState::Done,
        Some(wait_s) => HookState::Waiting { at: now + wait_s },
        None => HookState::Failed,
    };
    HOOK_DELIVERIES.put(turn, &key, &delivery);
    if let Some(mut detail) = HOOK_DETAILS.get(turn, &key)? {
        if let Some(made) = attempt.made.take() {
            detail.body = HookBody::Made(made);
        }
        detail.last = Some(*attempt);
        HOOK_DETAILS.put(turn, &key, &detail);
    }
    Ok(())
}
