//! What a flow works with: people who say things, what arrives and what documents show, and where it writes down what it found.
//!
//! A flow reads: somebody says something, the flow waits for what is to come of it, and states whether it did
//! ([`Scene::holds`]). Whatever a flow cannot go on without ends it by a [`Stop`], and what it did not come to is then listed as
//! not run, with that reason.

use crate::cli::Failure;
use crate::cli::limits::PROBE_PERSON_S;
use crate::cli::probe::hand::{Signer, Spoil};
use crate::cli::probe::home::{Home, Who};
use crate::cli::probe::peer::{Peer, has_type};
use crate::cli::probe::report::{Finding, Verdict};
use crate::cli::probe::statement::{self, NOTHING, address, row};
use crate::cli::probe::tap::Arrived;
use pritchel_actor::{ActId, ActorId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub use crate::cli::probe::look::Collection;
pub use crate::cli::probe::told::{address_of, is_a, is_answer, told, told_of};

/// Addresses that are kept as evidence of one statement.
const EVIDENCE: usize = 6;

/// Why a flow cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stop(pub String);

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self(failure.0)
    }
}

/// How a flow, or a part of it, ends.
pub type Ended = Result<(), Stop>;

/// What a person of the probe sent by its own hand.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The id of the act.
    pub id: ActId,
    /// The status it was answered with.
    pub status: u16,
    /// What the answer said.
    pub said: Value,
}

/// The scene of all flows of one run.
pub struct Scene {
    /// The probe's side.
    pub home: Home,
    /// The other side.
    pub peer: Peer,
    /// How long something is waited for.
    pub patience: Duration,
    /// How long it is waited for that nothing comes.
    pub quiet: Duration,
    /// What earlier flows brought that later ones need: Grants, tickets.
    pub props: BTreeMap<String, String>,
    flow: &'static str,
    subject: Option<(&'static str, ActorId)>,
    trail: Vec<String>,
    findings: Vec<Finding>,
    stopped: BTreeMap<&'static str, String>,
}

impl Scene {
    /// A scene on which nothing was played yet.
    pub fn new(home: Home, peer: Peer, patience: Duration, quiet: Duration) -> Self {
        Self {
            home,
            peer,
            patience,
            quiet,
            props: BTreeMap::new(),
            flow: "",
            subject: None,
            trail: Vec::new(),
            findings: Vec::new(),
            stopped: BTreeMap::new(),
        }
    }

    /// From now on a flow of this id is played, with nobody in particular.
    pub fn begin(&mut self, flow: &'static str) {
        self.flow = flow;
        self.subject = None;
        self.trail.clear();
        self.stopped.clear();
    }

    /// From now on it is about the peer's actor of this kind.
    /// - errors: there is none
    pub fn about(&mut self, kind: &'static str) -> Result<ActorId, Stop> {
        self.subject = None;
        let Some(id) = self.peer.actors.get(kind).cloned() else {
            let named = format!("no {kind} of the peer is known; `--help` says how one is named");
            return Err(Stop(self.peer.unmade.get(kind).map_or(named, |why| format!("there is no {kind}: {why}"))));
        };
        self.subject = Some((kind, id.clone()));
        Ok(id)
    }

    /// The same about an actor that was made for the purpose.
    pub fn about_this(&mut self, kind: &'static str, id: &ActorId) {
        self.subject = Some((kind, id.clone()));
    }

    /// How the part about a kind ended: the reason for what it did not come to.
    pub fn ended(&mut self, kind: &'static str, ended: Ended) {
        if let Err(Stop(why)) = ended {
            self.stopped.insert(kind, why);
        }
    }

    /// States whether something holds.
    /// - `key`: of a row of `docs/forgefed/probe.tsv`, or [`NOTHING`], where nothing is decided
    pub fn holds(&mut self, key: &str, held: bool, expected: &str, found: &str) {
        if key == NOTHING {
            return;
        }
        let verdict =
            if held { Verdict::Pass } else { Verdict::Fail { expected: expected.to_owned(), found: found.to_owned() } };
        let kind = self.subject.as_ref().map_or("", |(kind, _)| kind);
        let actor = self.subject.as_ref().map(|(_, id)| id.as_str().to_owned());
        let Some(row) = row(key) else {
            tracing::error!("the probe decides {key}, which docs/forgefed/probe.tsv does not have");
            return;
        };
        let evidence = std::mem::take(&mut self.trail);
        let evidence: Vec<String> = evidence.into_iter().rev().take(EVIDENCE).rev().collect();
        for id in row.ids(kind) {
            let finding = self.finding(id, &row, verdict.clone(), actor.clone(), evidence.clone());
            // Tried several times, it holds if it holds each time.
            match self.findings.iter_mut().find(|known| known.id == id && known.actor == finding.actor) {
                Some(known) if known.verdict == Verdict::Pass => *known = finding,
                Some(_) => {}
                None => self.findings.push(finding),
            }
        }
    }

    fn finding(
        &self,
        id: &str,
        row: &statement::Row,
        verdict: Verdict,
        actor: Option<String>,
        evidence: Vec<String>,
    ) -> Finding {
        let (flow, says) = (row.flow.to_owned(), row.says.to_owned());
        Finding { flow, id: id.to_owned(), actor, says, anchor: address(id, row), verdict, evidence }
    }

    /// Notes what the flow did not come to.
    /// - `kinds`: those the flow is about; `why`: where no part of it has a reason of its own
    pub fn note_the_rest(&mut self, ids: &[&str], kinds: &[&'static str], why: &str) {
        for row in statement::rows().filter(|row| ids.contains(&row.flow)) {
            let kinds = if row.is_one() { &[row.kind().unwrap_or("")][..] } else { kinds };
            for kind in kinds {
                for id in row.ids(kind) {
                    if self.findings.iter().any(|known| known.id == id) {
                        continue;
                    }
                    let why = self.stopped.get(kind).map_or(why, String::as_str).to_owned();
                    let finding = self.finding(id, &row, Verdict::NotRun { why }, None, Vec::new());
                    self.findings.push(finding);
                }
            }
        }
    }

    /// All that was found.
    pub fn into_findings(self) -> (Home, Peer, Vec<Finding>) {
        (self.home, self.peer, self.findings)
    }

    /// Remembers an address as evidence of what is stated next.
    pub fn trace(&mut self, address: impl Into<String>) {
        self.trail.push(address.into());
    }

    /// A person of ours says something as any client does: our server signs and delivers it.
    pub async fn says(&mut self, who: Who, activity: &Value) -> Result<ActId, Stop> {
        let act = self.home.client(who).post(activity).await?;
        self.trace(act.as_str());
        Ok(act)
    }

    /// A person of ours delivers something by hand to an actor of the peer: what our own server would not say, or not so.
    pub async fn sends(&mut self, who: Who, mut activity: Value, to: &ActorId, spoil: Spoil) -> Result<Sent, Stop> {
        let signer = self.home.signer(who).await?;
        let other = self.home.signer(if who == Who::Ben { Who::Cleo } else { Who::Ben }).await?;
        let id = format!("{}/outbox/probe-{}", signer.id, &crate::node::clock::secret()[..16]);
        if let Some(map) = activity.as_object_mut() {
            map.insert("@context".into(), json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]));
            map.entry("id").or_insert_with(|| id.clone().into());
            map.entry("actor").or_insert_with(|| signer.id.as_str().into());
        }
        let id = activity["id"].as_str().unwrap_or(&id).to_owned();
        self.deliver(&signer, &other, &id, &activity, to, spoil).await
    }

    async fn deliver(
        &mut self,
        signer: &Signer,
        other: &Signer,
        id: &str,
        activity: &Value,
        to: &ActorId,
        spoil: Spoil,
    ) -> Result<Sent, Stop> {
        let inbox = self.get(to.as_str()).await?["inbox"].as_str().map(str::to_owned);
        let inbox = inbox.ok_or_else(|| Stop(format!("{to} has no inbox")))?;
        self.trace(id);
        let got = self.peer.hand().deliver(&inbox, activity, signer, spoil, other).await.map_err(Stop)?;
        Ok(Sent { id: ActId::new(id), status: got.status, said: got.body })
    }

    /// The peer's person says something: by its token, or because somebody does what is asked on the terminal.
    /// - `please`: what a person is asked to do
    /// - `wanted`: the act as it arrives here, by which one that a person caused is known
    pub async fn they_say(
        &mut self,
        please: &str,
        activity: &Value,
        wanted: impl Fn(&Value) -> bool + Sync,
    ) -> Result<ActId, Stop> {
        if let Some(client) = &self.peer.client {
            let act = client.post(activity).await?;
            self.trace(act.as_str());
            return Ok(act);
        }
        if !self.peer.interactive {
            return Err(Stop("the peer's person has to act: --token or --interactive".into()));
        }
        self.they_do(please, wanted).await
    }

    /// Somebody does what is asked on the terminal, whether there is a token or not: what no client can say.
    pub async fn they_do(&mut self, please: &str, wanted: impl Fn(&Value) -> bool + Sync) -> Result<ActId, Stop> {
        if !self.peer.interactive {
            return Err(Stop(
                "no client can say this, only a person in front of the peer can do it: --interactive".into(),
            ));
        }
        let after = self.home.arrivals.count();
        let patience = Duration::from_secs(PROBE_PERSON_S);
        eprintln!("On the peer, please: {please}\n  (waiting {PROBE_PERSON_S} s)");
        let found = self.home.arrivals.wait(after, patience, &|arrived| wanted(&arrived.activity)).await;
        let id = found.as_ref().and_then(|found| found.activity["id"].as_str()).map(str::to_owned);
        let id = id.ok_or_else(|| Stop(format!("nobody did it within {PROBE_PERSON_S} s: {please}")))?;
        self.trace(&id);
        Ok(ActId::new(id))
    }

    /// The Grant by which the peer's person acts on an actor. Whoever does it by hand needs none of us.
    pub fn their_grant(&self, on: &ActorId) -> Result<ActId, Stop> {
        match self.peer.grants.get(on) {
            Some(grant) => Ok(grant.clone()),
            None if self.peer.client.is_none() => Ok(ActId::new("")),
            None => Err(Stop(format!("no Grant of the peer's person for {on} was found in its inbox"))),
        }
    }

    /// Waits for something to come to one of our inboxes, from the beginning of the run on.
    pub async fn arrives(&mut self, wanted: impl Fn(&Value) -> bool + Sync) -> Option<Arrived> {
        self.arrives_within(0, self.patience, wanted).await
    }

    /// The same from a number of arrivals on: see [`Arrivals::count`](crate::cli::probe::tap::Arrivals::count).
    pub async fn arrives_since(&mut self, since: usize, wanted: impl Fn(&Value) -> bool + Sync) -> Option<Arrived> {
        self.arrives_within(since, self.patience, wanted).await
    }

    /// The first, where it is expected that nothing comes.
    pub async fn comes_anyway(&mut self, wanted: impl Fn(&Value) -> bool + Sync) -> Option<Arrived> {
        self.arrives_within(0, self.quiet, wanted).await
    }

    /// The second, where it is expected that nothing comes.
    pub async fn comes_anyway_since(
        &mut self,
        since: usize,
        wanted: impl Fn(&Value) -> bool + Sync,
    ) -> Option<Arrived> {
        self.arrives_within(since, self.quiet, wanted).await
    }

    async fn arrives_within(
        &mut self,
        since: usize,
        time: Duration,
        wanted: impl Fn(&Value) -> bool + Sync,
    ) -> Option<Arrived> {
        let found = self.home.arrivals.wait(since, time, &|arrived| wanted(&arrived.activity)).await;
        if let Some(id) = found.as_ref().and_then(|found| found.activity["id"].as_str()) {
            self.trace(id);
        }
        found
    }

    /// Waits for the `Accept` or `Reject` of an act by an actor.
    pub async fn answer(&mut self, of: &ActId, by: &ActorId) -> Option<Arrived> {
        self.arrives(|activity| is_answer(activity, of, by)).await
    }

    /// A person of ours asks for what is to be refused: nothing is to be accepted of it.
    /// - `why`: it is to be refused
    pub async fn asks_in_vain(&mut self, key: &str, who: Who, activity: &Value, of: &ActorId, why: &str) -> Ended {
        let act = self.says(who, activity).await?;
        let refused = self.not_accepted(&act, of).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        self.holds(key, refused.is_ok(), &format!("no Accept: {why}"), &found);
        Ok(())
    }

    /// Whether an act by our hand was turned away at the door, or else nothing is accepted of it for a while: a `Reject` ends the
    /// waiting. Says what was found if it was accepted.
    pub async fn refused(&mut self, of: &Sent, by: &ActorId) -> Result<(), String> {
        if of.status >= 400 { Ok(()) } else { self.not_accepted(&of.id, by).await }
    }

    /// The same of an act that our server delivered.
    pub async fn not_accepted(&mut self, of: &ActId, by: &ActorId) -> Result<(), String> {
        let answer = self.comes_anyway(|activity| is_answer(activity, of, by)).await;
        match answer {
            Some(answer) if has_type(&answer.activity, "Accept") => {
                Err(format!("it was accepted: {}", told(&answer.activity)))
            }
            _ => Ok(()),
        }
    }
}
