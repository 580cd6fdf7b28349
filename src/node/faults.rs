//! Faults seeded into a whole server, so that `pritchel probe` can be seen to find them: `PRITCHEL_FAULTS` names some, or `all`, or any
//! check as `Kind/Method/code`, or `Kind/Method/code/case` for one case of the method. Only where debug assertions are compiled in: no release build has this file.
//!
//! A fault is a check that is switched off, or an act that is changed, or lost, on its way into the store. The first are made by
//! the same switch that the tests of the actors use; the second by a box store that does not write what it was given.

use crate::cli::Failure;
use pritchel_actor::message::Arrival;
use pritchel_actor::switch::{self, Check};
use pritchel_actor::{Act, ActorId, BoxError, Boxes, Effect, Found, Later, Left, Mail, Need, Seconds, Stored};
use pritchel_actor::{TurnRecord, Value};
use std::sync::Arc;

/// Names the faults to seed, parted by commas; `all` for all that have names.
const VARIABLE: &str = "PRITCHEL_FAULTS";

/// What is wrong.
#[derive(Clone, Copy)]
enum Fault {
    /// This check is switched off: kind, method, code.
    Unchecked(&'static str, &'static str, &'static str),
    /// Acts are published otherwise than they were made.
    Altered(fn(&mut Value) -> Fate),
}

/// What becomes of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is published as it was made, or as it was changed.
    Published,
    /// It is never published.
    Lost,
}

/// All faults. `tests/real/probe.rs` says by which statement each is found.
const FAULTS: [(&str, Fault); 10] = [
    ("second-follow", Fault::Unchecked("TicketTracker", "Follow", "already-follower")),
    ("close-by-anybody", Fault::Unchecked("TicketTracker", "Close", "authority")),
    ("edit-by-anybody", Fault::Unchecked("TicketTracker", "EditTicket", "authority")),
    ("invite-by-anybody", Fault::Unchecked("TicketTracker", "Invite", "authority")),
    ("join-by-anybody", Fault::Unchecked("Project", "JoinApproved", "authority")),
    ("other-digest", Fault::Unchecked("deliver", "signature", "digest-mismatch")),
    ("dependency-without-result", Fault::Altered(dependency_without_result)),
    ("grant-without-allows", Fault::Altered(grant_without_allows)),
    ("revoke-without-fulfills", Fault::Altered(revoke_without_fulfills)),
    ("no-delegation", Fault::Altered(no_delegation)),
];

/// Boxes with the faults that were asked for. Says what they are.
pub fn seeded(boxes: Arc<dyn Boxes>) -> Result<Arc<dyn Boxes>, Failure> {
    let Ok(names) = std::env::var(VARIABLE) else { return Ok(boxes) };
    let (mut faults, mut unchecked) = (Vec::new(), Vec::new());
    for name in names.split(',') {
        match name.split('/').collect::<Vec<_>>()[..] {
            [kind, method, code] => unchecked.push(Check::new(kind, method, code)),
            [kind, method, code, case] => unchecked.push(Check::new(kind, method, code).in_case(case)),
            _ => faults.extend(known(name)?),
        }
    }
    let mut altered = Vec::new();
    for fault in faults {
        match fault {
            Fault::Unchecked(kind, method, code) => unchecked.push(Check::new(kind, method, code)),
            Fault::Altered(alter) => altered.push(alter),
        }
    }
    tracing::warn!("This server has faults on purpose: {names}");
    switch::off_everywhere(unchecked);
    Ok(Arc::new(Faulty { boxes, altered }))
}

/// The faults of this name.
fn known(name: &str) -> Result<Vec<Fault>, Failure> {
    let known = FAULTS.iter().filter(|(known, _)| name == "all" || name == *known);
    let found: Vec<Fault> = known.map(|(_, fault)| *fault).collect();
    if found.is_empty() { Err(Failure(format!("{VARIABLE}: there is no fault {name:?}"))) } else { Ok(found) }
}

/// Boxes that do not keep acts as they are given.
struct Faulty {
    boxes: Arc<dyn Boxes>,
    altered: Vec<fn(&mut Value) -> Fate>,
}

impl Boxes for Faulty {
    fn open(&self, actor: &ActorId) -> Later<Result<Option<Stored>, BoxError>> {
        self.boxes.open(actor)
    }

    fn find(&self, actor: &ActorId, needs: Vec<Need>) -> Later<Result<Found, BoxError>> {
        self.boxes.find(actor, needs)
    }

    fn mail(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Later<Result<Vec<Mail>, BoxError>> {
        self.boxes.mail(actor, after, limit)
    }

    fn commit(&self, mut record: TurnRecord) -> Later<Result<Left, BoxError>> {
        record.effects.retain_mut(|effect| match effect {
            Effect::Publish { act, .. } => self.is_published(act),
            _ => true,
        });
        self.boxes.commit(record)
    }

    fn send_back(&self, nobody: &ActorId, at: Seconds) -> Later<Result<Left, BoxError>> {
        self.boxes.send_back(nobody, at)
    }
}

impl Faulty {
    fn is_published(&self, act: &mut Arc<Act>) -> bool {
        let mut body = act.body.as_ref().clone();
        if self.altered.iter().any(|alter| alter(&mut body) == Fate::Lost) {
            return false;
        }
        if body != *act.body {
            *act = Arc::new(Act::made(act.id.clone(), act.author.clone(), body));
        }
        true
    }
}

fn is(body: &Value, kind: &str, by: &str) -> bool {
    body["type"] == kind && body["actor"].as_str().is_some_and(|actor| actor.contains(by))
}

fn without(body: &mut Value, term: &str) -> Fate {
    if let Some(map) = body.as_object_mut() {
        map.remove(term);
    }
    Fate::Published
}

/// The `Accept` of a dependency does not say where it is.
fn dependency_without_result(body: &mut Value) -> Fate {
    let is_it = is(body, "Accept", "/trackers/") && body["result"].to_string().contains("/dependencies/");
    if is_it { without(body, "result") } else { Fate::Published }
}

/// A tracker's Grant does not say that it may be used.
fn grant_without_allows(body: &mut Value) -> Fate {
    let is_it = is(body, "Grant", "/trackers/") && !body["fulfills"].is_null();
    if is_it { without(body, "allows") } else { Fate::Published }
}

/// A tracker's `Revoke` does not say what it is for.
fn revoke_without_fulfills(body: &mut Value) -> Fate {
    if is(body, "Revoke", "/trackers/") { without(body, "fulfills") } else { Fate::Published }
}

/// A person who joined is not ready for what is passed on.
fn no_delegation(body: &mut Value) -> Fate {
    if is(body, "Grant", "/people/") { Fate::Lost } else { Fate::Published }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_act_is_changed_only_where_the_fault_is() {
        let grant = |by: &str| json!({"type": "Grant", "actor": format!("http://a/{by}/1"), "fulfills": "x", "allows": "invoke"});
        for (by, changed) in [("trackers", true), ("repos", false)] {
            let mut body = grant(by);
            assert_eq!(grant_without_allows(&mut body), Fate::Published);
            assert_eq!(body != grant(by), changed, "{by}");
        }
        assert_eq!(no_delegation(&mut grant("people")), Fate::Lost);
        assert_eq!(no_delegation(&mut grant("trackers")), Fate::Published);
    }
}
