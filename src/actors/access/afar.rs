//! The verification of a Grant on a resource of another server, for whoever would use it there: the same steps as the resource
//! itself takes, with what everybody can have. Whether the resource holds to the first Grant of the chain it alone knows; that is
//! asked at the address which this Grant names for it. The last word has the resource, when the Grant is used.
//! - [`VerifyAfar`]
//!
//! Source: ForgeFed, "Verifying an invocation", and "Grant", `result`.

use crate::access::ground::{Ground, Root, Step, Traced, alive, all_of, document, traced};
use crate::access::wire::Link;
use crate::access::{Role, chain};
use crate::common::naming::origin_of;
use pritchel_actor::need::Evidence;
use pritchel_actor::{ActId, ActorId, Halt, Need, NotFound, Seconds, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A Grant on a resource of another server, and what has been brought to verify it.
#[derive(Clone, Debug)]
pub struct VerifyAfar {
    /// The resource.
    pub resource: ActorId,
    /// Who would use the Grant.
    pub caller: ActorId,
    /// The Grant.
    pub grant: ActId,
    /// The role that would be needed.
    pub needed: Role,
    /// The documents that were wanted.
    pub documents: BTreeMap<String, Evidence>,
    /// The liveness checks that were wanted.
    pub alive: BTreeMap<String, Evidence>,
}

impl VerifyAfar {
    /// Goes as far as what was brought allows.
    /// - errors: it wants something that nobody can bring
    pub fn at(&self, now: Seconds) -> Result<Traced, Halt> {
        let mut ground = Afar { now, documents: &self.documents, alive: &self.alive, steps: Vec::new() };
        let outcome = chain::verify(&mut ground, &self.resource, &self.caller, &self.grant, self.needed);
        traced(outcome, ground.steps)
    }
}

struct Afar<'e> {
    now: Seconds,
    documents: &'e BTreeMap<String, Evidence>,
    alive: &'e BTreeMap<String, Evidence>,
    steps: Vec<Step>,
}

impl Ground for Afar<'_> {
    fn now(&self) -> Seconds {
        self.now
    }

    fn own_grant(&mut self, _: &ActorId, id: &ActId) -> Result<Arc<Value>, Halt> {
        chain::fetched(self, id)
    }

    fn root(&mut self, link: &Link) -> Result<Root, Halt> {
        let Some(result) = &link.result else { return Ok(Root::Untold) };
        if origin_of(&result.uri) != origin_of(link.giver.as_str()) {
            let why = format!("{} has its `result` at {}, not at its giver's server", link.id, result.uri);
            return Err(chain::refused("11", "foreign-result", why));
        }
        match self.alive(&result.uri, chain::within(result.duration_s))?.found {
            Ok(_) => Ok(Root::Holds),
            Err(NotFound::Gone { .. }) => Ok(Root::TakenBack),
            Err(NotFound::Unavailable { why, .. }) => {
                let why = format!("whether {} holds could not be asked at {}: {why}", link.id, result.uri);
                Err(chain::refused("11", "grant-unavailable", why))
            }
        }
    }

    fn document(&mut self, uri: &str) -> Result<Evidence, Halt> {
        document(self.documents, uri)
    }

    fn alive(&mut self, uri: &str, within: Seconds) -> Result<Evidence, Halt> {
        alive(self.alive, uri, within)
    }

    fn need_all(&mut self, needs: Vec<Need>) -> Result<(), Halt> {
        all_of(self.documents, self.alive, needs)
    }

    fn passed(&mut self, step: &'static str, found: impl FnOnce() -> String) {
        self.steps.push(Step::passed(step, found()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::ground::Trace;
    use serde_json::json;

    const RED: &str = "https://red.example/repos/tea";
    const BLUE: &str = "https://blue.example/projects/meals";
    const ALICE: &str = "https://a.example/people/alice";
    const ROOT: &str = "https://red.example/repos/tea/outbox/1";
    const PASSED_ON: &str = "https://blue.example/projects/meals/outbox/1";

    fn found(value: Value) -> Evidence {
        Evidence { found: Ok(Arc::new(value)), at: 0 }
    }

    fn gone() -> Evidence {
        Evidence { found: Err(NotFound::Gone { uri: String::new(), status: 410 }), at: 0 }
    }

    fn grant(id: &str, giver: &str, target: &str, role: &str, allows: &str) -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"], "id": id, "type": "Grant",
            "actor": giver, "to": [target], "object": role, "context": RED, "target": target, "allows": allows,
            "result": format!("{id}/result"), "fulfills": "https://red.example/x",
        })
    }

    /// The repository gave the project maintain, which passed triage on to alice.
    fn chain() -> VerifyAfar {
        let mut passed_on = grant(PASSED_ON, BLUE, ALICE, "triage", "invoke");
        passed_on["delegates"] = ROOT.into();
        let documents = [
            (ROOT, found(grant(ROOT, RED, BLUE, "maintain", "gatherAndConvey"))),
            (PASSED_ON, found(passed_on)),
            (BLUE, found(json!({"id": BLUE, "type": "Project"}))),
        ];
        VerifyAfar {
            resource: ActorId::new(RED),
            caller: ActorId::new(ALICE),
            grant: ActId::new(PASSED_ON),
            needed: Role::Triage,
            documents: documents.map(|(uri, evidence)| (uri.to_owned(), evidence)).into(),
            alive: [ROOT, PASSED_ON].map(|id| (format!("{id}/result"), found(Value::Null))).into(),
        }
    }

    fn ended(of: &VerifyAfar) -> Trace {
        match of.at(100).unwrap() {
            Traced::Ended(trace) => trace,
            Traced::Wants(needs) => panic!("{needs:?}"),
        }
    }

    fn changed(change: impl FnOnce(&mut VerifyAfar)) -> VerifyAfar {
        let mut of = chain();
        change(&mut of);
        of
    }

    fn edited(of: &mut VerifyAfar, uri: &str, term: &str, value: Value) {
        let mut document = (**of.documents[uri].found.as_ref().unwrap()).clone();
        document[term] = value;
        of.documents.insert(uri.to_owned(), found(document));
    }

    #[test]
    fn a_grant_of_another_server_goes_through_the_same_steps_as_there() {
        let trace = ended(&chain());
        assert_eq!(trace.outcome, Ok(Role::Triage), "{trace:?}");
        let steps: Vec<&str> = trace.steps.iter().map(|step| step.number.as_str()).collect();
        for step in ["5", "6", "7", "8", "9", "10", "11", "12", "14", "15", "16", "17"] {
            assert!(steps.contains(&step), "{step}: {steps:?}");
        }
        let untold = changed(|of| {
            let mut root = grant(ROOT, RED, BLUE, "maintain", "gatherAndConvey");
            root.as_object_mut().unwrap().remove("result");
            of.documents.insert(ROOT.to_owned(), found(root));
        });
        let trace = ended(&untold);
        let root = trace.steps.iter().find(|step| step.number == "11").unwrap();
        assert!(trace.outcome.is_ok() && root.found.contains("names no address"), "{root:?}");
    }

    #[test]
    fn what_is_not_at_hand_is_wanted_and_nothing_else() {
        let empty = VerifyAfar { documents: BTreeMap::new(), alive: BTreeMap::new(), ..chain() };
        assert_eq!(empty.at(100), Ok(Traced::Wants(vec![Need::Document(PASSED_ON.to_owned())])));
        let unasked = VerifyAfar { alive: BTreeMap::new(), ..chain() };
        let first = Need::Alive { uri: format!("{ROOT}/result"), within: 0 };
        assert_eq!(unasked.at(100), Ok(Traced::Wants(vec![first])));
    }

    #[test]
    fn a_grant_of_another_server_that_does_not_hold_says_at_which_step() {
        #[rustfmt::skip]
        let rows = [
            ("of another person",    changed(|of| of.caller = ActorId::new("https://a.example/people/eve")),            "8",  "wrong-hands"),
            ("on another resource",  changed(|of| of.resource = ActorId::new("https://red.example/repos/milk")),        "7",  "other-resource"),
            ("too little",           changed(|of| of.needed = Role::Write),                                             "17", "role-too-small"),
            ("taken back at its root", changed(|of| drop(of.alive.insert(format!("{ROOT}/result"), gone()))),           "11", "revoked"),
            ("taken back on its way", changed(|of| drop(of.alive.insert(format!("{PASSED_ON}/result"), gone()))),       "12", "revoked"),
            ("gone",                 changed(|of| drop(of.documents.insert(PASSED_ON.to_owned(), gone()))),             "5",  "no-such-grant"),
            ("ended",                changed(|of| edited(of, PASSED_ON, "endTime", "1970-01-01T00:01:00Z".into())),     "10", "ended"),
            ("answered elsewhere",   changed(|of| edited(of, ROOT, "result", "https://evil.example/yes".into())),       "11", "foreign-result"),
            ("grown on its way",     changed(|of| edited(of, PASSED_ON, "object", "admin".into())),                     "14", "grew"),
            ("passed on by no project", changed(|of| edited(of, BLUE, "type", "Person".into())),                        "15", "wrong-kind"),
        ];
        for (what, of, step, code) in rows {
            let trace = ended(&of);
            let why = trace.outcome.unwrap_err();
            assert_eq!((why.step.as_deref(), &*why.code), (Some(step), code), "{what}: {why:?}");
            assert!(trace.steps.last().is_some_and(|last| !last.passed && last.number == step), "{what}");
        }
    }
}
