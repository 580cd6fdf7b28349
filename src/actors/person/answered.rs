//! Answered: something the person published was settled, refused, or is overdue.

use crate::common::wire as common_wire;
use crate::person::rows::{SENT, Sent, SentState};
use crate::person::{Person, giver_ended, publish, wire};
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Turn};
use serde::{Deserialize, Serialize};

/// Continuation of whatever the person asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// What was published.
    pub act: ActId,
}

impl Method<Person> for Answered {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(sent) = SENT.get(turn, &self.act)? else { return Ok(()) };
        let outcome = turn.outcome::<common_wire::Answered>()?;
        follow_settled(person, turn, &sent, &self.act, &outcome)?;
        let state = match outcome {
            Outcome::Done(answered) => {
                if let (Some(made), "Create") = (&answered.result, sent.kind.as_str()) {
                    // Whoever makes something wants to hear of it. What is private is followed when its Grant is here.
                    if !wire::made_privately(turn, &self.act)? {
                        publish::follow(turn, &ActorId::new(made.as_str()), None)?;
                    }
                }
                wire::keep_what_settled(person, turn)?;
                if let Some(ended) = wire::deleted(turn, &self.act)? {
                    publish::forget_followed(person, turn, &ended)?;
                    giver_ended::sweep(turn, ended, None)?;
                }
                SentState::Done { by: answered.act, result: answered.result }
            }
            Outcome::Refused(why) => SentState::Refused { why },
            Outcome::Unknown => SentState::Unknown,
        };
        SENT.put(turn, &self.act, &Sent { state, ..sent });
        Ok(())
    }
}

/// The answer to a `Follow` says whether the person follows.
fn follow_settled(
    person: &mut Person,
    turn: &mut Turn<'_>,
    sent: &Sent,
    act: &ActId,
    outcome: &Outcome<common_wire::Answered>,
) -> Result<(), Halt> {
    if sent.kind != "Follow" {
        return Ok(());
    }
    // What is followed may be a ticket; who answers is its tracker.
    let Some(whom) = wire::followed(turn, act)? else { return Ok(()) };
    for quietly in [false, true] {
        let table = publish::following(quietly);
        let Some(mut following) = table.get(turn, &whom)? else { continue };
        // Whoever was asked settled the acts in their order: what an older one came to says nothing about how things are.
        if following.follow != *act || following.since.is_some() {
            continue;
        }
        match outcome {
            // An earlier one, whose answer has not come, may have made the person a follower: then it holds.
            Outcome::Refused(why) if why.code != "already-follower" => table.remove(turn, &whom),
            Outcome::Unknown => {}
            _ => {
                following.since = Some(turn.now());
                table.put(turn, &whom, &following);
                person.following += u64::from(!quietly);
            }
        }
    }
    Ok(())
}
