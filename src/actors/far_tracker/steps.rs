//! What sets the reading of another tracker going, and what comes of each step.

use crate::domain::Domain;
use crate::domain::shelf::FarTrackerLeft;
use crate::far_tracker::FarTracker;
use crate::far_tracker::reading::{After, Place, Reading};
use crate::far_tracker::sweep::{Sweep, sweep_on};
use crate::far_tracker::ticket::{at_hand, keep, unknown};
use crate::far_tracker::work::{Brought, FAR_JOB, FarWork, Step, of_same_server};
use crate::limits::{FAR_HEARD_MAX, FAR_PAGES_MAX, FAR_STEP, FAR_TICKETS_MAX, FAR_UNUSED_S};
use pritchel_actor::{ActorId, Halt, Method, Outcome, Ref, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Refuses everybody but the domain.
fn only_its_domain(far: &FarTracker, turn: &Turn<'_>) -> Result<(), Halt> {
    demand(*turn.caller().id() == far.domain, || Refusal::new("not-its-domain", "only its domain can do this"))
}

/// Refuses everybody but the actor itself, and the node in its name.
pub(super) fn only_itself(turn: &Turn<'_>) -> Result<(), Halt> {
    demand(turn.caller().id() == turn.me(), || Refusal::new("not-itself", "only the actor itself can do this"))
}

/// Private, from the domain: keeps this tracker from now on, and nothing of the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeginFar {
    /// The tracker.
    pub of: ActorId,
}

impl Method<FarTracker> for BeginFar {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_its_domain(far, turn)?;
        if far.of.as_ref() == Some(&self.of) {
            return Ok(());
        }
        if let Some((timer, _)) = far.reading.next.take() {
            turn.cancel(timer)?;
        }
        // One that keeps something has its timer already.
        if far.of.is_none() {
            turn.after::<FarTracker>(FAR_UNUSED_S, FarUnused {})?;
        }
        let run = far.reading.run;
        (far.of, far.name, far.used) = (Some(self.of), None, turn.now());
        far.reading = Reading { run, ..Reading::default() };
        far.reading.begin(turn.now(), true);
        far.sweep = Some(Sweep::All);
        sweep_on(far, turn)
    }
}

/// Private, from the domain: somebody looks at it. What is old is read again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UseFar {
    /// The tracker, as the domain has it.
    pub of: ActorId,
}

impl Method<FarTracker> for UseFar {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_its_domain(far, turn)?;
        if far.of.as_ref() != Some(&self.of) {
            return Ok(());
        }
        far.used = turn.now();
        if far.sweep.is_none()
            && let Some(whole) = far.reading.wants(turn.now(), far.open + far.closed)
        {
            far.reading.begin(turn.now(), whole);
            read_on(far, turn)?;
        }
        Ok(())
    }
}

/// Private, from the node: the other server has told something of it. It is only a hint: what is kept is what is read there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HearFar {
    /// The tracker.
    pub of: ActorId,
    /// Tickets that may have changed.
    pub tickets: Vec<String>,
    /// Whether there may be new ones.
    pub more: bool,
}

impl Method<FarTracker> for HearFar {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        let Some(of) = far.of.clone().filter(|of| *of == self.of && far.sweep.is_none()) else { return Ok(()) };
        let tickets = self.tickets.into_iter().filter(|uri| of_same_server(&of, uri)).take(FAR_HEARD_MAX).collect();
        far.reading.hear(turn.now(), tickets, self.more);
        read_on(far, turn)
    }
}

/// Private, by a timer of its own: the time has come to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadFarOn {}

impl Method<FarTracker> for ReadFarOn {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // The timer that called is no longer one.
        far.reading.next = None;
        read_on(far, turn)
    }
}

/// Private, by a timer of its own: if nobody has looked at it for long, nothing of it is kept any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarUnused {}

impl Method<FarTracker> for FarUnused {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        let Some(of) = far.of.clone() else { return Ok(()) };
        let left = far.used.saturating_add(FAR_UNUSED_S).saturating_sub(turn.now());
        if left > 0 {
            turn.after::<FarTracker>(left, FarUnused {})?;
            return Ok(());
        }
        if let Some((timer, _)) = far.reading.next.take() {
            turn.cancel(timer)?;
        }
        (far.of, far.name, far.reading) = (None, None, Reading { run: far.reading.run, ..Reading::default() });
        far.sweep = Some(Sweep::All);
        let domain: Ref<Domain> = turn.look().introduce(&far.domain);
        turn.call(&domain, FarTrackerLeft { of })?;
        sweep_on(far, turn)
    }
}

/// The worker has brought something, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FarBrought {
    /// The reading it was for.
    pub run: u64,
}

impl Method<FarTracker> for FarBrought {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let outcome = turn.outcome::<Brought>()?;
        if self.run != far.reading.run || !far.reading.busy {
            return Ok(());
        }
        far.reading.busy = false;
        match outcome {
            Outcome::Done(brought) => take(far, turn, brought)?,
            Outcome::Refused(why) => failed(far, turn, why)?,
            Outcome::Unknown => {
                let why = Refusal::new("reading-failed", "it could not be read, for some reason of this server");
                failed(far, turn, why)?;
            }
        }
        read_on(far, turn)
    }
}

fn take(far: &mut FarTracker, turn: &mut Turn<'_>, brought: Brought) -> Result<(), Halt> {
    match brought {
        Brought::Tracker { name, tickets } => {
            far.name = name;
            far.reading.place = Some(Place::Page(tickets));
        }
        Brought::Page { items, next, total } => {
            let wanted = if far.reading.whole { items.clone() } else { unknown(turn, &items)? };
            // Where all of a page is known, whatever comes after it is, too.
            let ends = !far.reading.whole && wanted.is_empty() && !items.is_empty();
            let reading = &mut far.reading;
            reading.pages += 1;
            reading.total = total.or(reading.total);
            reading.place = next.filter(|_| !ends).map(Place::Page);
            if reading.pages >= FAR_PAGES_MAX && reading.place.is_some() {
                (reading.place, reading.cut) = (None, true);
            }
            reading.wanted.extend(wanted);
        }
        Brought::Tickets { read, stopped } => {
            at_hand(turn, &read)?;
            for one in &read {
                keep(far, turn, one)?;
            }
            far.reading.wanted.retain(|uri| read.iter().all(|one| one.uri != *uri));
            if far.open + far.closed >= FAR_TICKETS_MAX && far.reading.place.is_some() {
                far.reading.wanted.clear();
                (far.reading.place, far.reading.cut) = (None, true);
            }
            if let Some(why) = stopped {
                return failed(far, turn, why);
            }
            // Nothing of what was wanted is read again and again.
            if read.is_empty() {
                return failed(far, turn, Refusal::new("reading-failed", "nothing was read of what was asked for"));
            }
        }
    }
    (far.reading.failures, far.reading.error) = (0, None);
    Ok(())
}

/// It did not go well.
fn failed(far: &mut FarTracker, turn: &mut Turn<'_>, why: Refusal) -> Result<(), Halt> {
    if let After::Again(seconds) = far.reading.fail(turn.now(), why) {
        let timer = turn.after::<FarTracker>(seconds, ReadFarOn {})?;
        far.reading.next = Some((timer, turn.now().saturating_add(seconds)));
    }
    Ok(())
}

/// Has the next step done, unless the worker is at it, it waits, or nothing is left.
pub(super) fn read_on(far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let Some(of) = far.of.clone() else { return Ok(()) };
    let reading = &mut far.reading;
    if !reading.runs || reading.busy || reading.next.is_some() || far.sweep.is_some() {
        return Ok(());
    }
    let step = match (&reading.place, reading.wanted.is_empty()) {
        (_, false) => Step::Tickets(reading.wanted.iter().take(FAR_STEP).cloned().collect()),
        (Some(Place::Tracker), true) => Step::Tracker,
        (Some(Place::Page(page)), true) => Step::Page(page.clone()),
        (None, true) => {
            if reading.end() {
                far.sweep = Some(Sweep::Before { at: reading.began, after: None });
                return sweep_on(far, turn);
            }
            return Ok(());
        }
    };
    reading.busy = true;
    let run = reading.run;
    let args = serde_json::to_value(FarWork { of, step }).map_err(|error| Halt::Broken(error.to_string()))?;
    turn.job::<FarTracker>(FAR_JOB, args, FarBrought { run })
}
