//! Moderation, as the web, the command line and the enforcing rooms have it: wishes of administrators become calls of the domain
//! that keeps it, the first one served; and its rules are put before whoever enforces them, at start and when they change.

use crate::node::accounts::{self, Domains};
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::runtime::Node;
use pritchel_actor::{ActorId, CallError, Outcome, Seconds};
use pritchel_actors::Domain;
use pritchel_actors::domain::audit::{AuditLine, ViewAudit};
use pritchel_actors::domain::reports::{Report, ResolveReport, ViewReports};
use pritchel_actors::domain::rules::{Rule, RuleWish, RulesSet, RulesShown, Severity, ViewRules};
use pritchel_actors::domain::suspend::{Reinstate, Suspend, ViewSuspended};
use pritchel_actors::domain::{ChangeModeration, DropRule, ModerationSettings, SetRules};
use pritchel_actors::limits::RULES_STEP;
use pritchel_deliver::peers::{Peers, Rules, Standing};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

/// A wish about moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationRequest {
    /// The rules after this one.
    Rules {
        /// What the last one seen is about.
        after: Option<String>,
    },
    /// New rules, at most as many as one turn makes.
    Set {
        /// Them.
        rules: Vec<RuleWish>,
        /// Whether they come from a list.
        imported: bool,
    },
    /// One rule less.
    Drop {
        /// What it is about.
        target: String,
    },
    /// Other settings.
    Settings {
        /// Whether only allowed servers are spoken with; `None`: as it is.
        only_allowed: Option<bool>,
        /// Days for which the log is kept; `None`: as it is.
        audit_days: Option<u32>,
    },
    /// Suspends somebody, or changes whether what they said is shown.
    Suspend {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
        /// Whether what they have said is not shown.
        hidden: bool,
        /// Why, for administrators.
        why: Option<String>,
        /// Whether the account is deleted, which can be undone for some days.
        delete: bool,
    },
    /// Lets somebody in again.
    Reinstate {
        /// The name before the `@`.
        name: String,
        /// The domain's host; `None` if there is only one.
        domain: Option<String>,
    },
    /// Reports before this number, newest first.
    Reports {
        /// Whether all, or only those that wait.
        all: bool,
        /// The number of the last one seen.
        before: Option<u64>,
        /// At most so many.
        limit: usize,
    },
    /// Somebody is done with a report, or takes it up again.
    Resolve {
        /// Its number.
        number: u64,
        /// Whether it is done with.
        resolved: bool,
    },
    /// The log before this place, newest first.
    Audit {
        /// The place of the last line seen.
        before: Option<u64>,
        /// At most so many lines.
        limit: usize,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModerationAnswer {
    /// Rules, and the settings.
    Rules {
        /// Them, in the order of what they are about.
        rules: Vec<(String, Rule)>,
        /// How many there are in all.
        count: u64,
        /// The settings.
        settings: ModerationSettings,
    },
    /// Rules were made.
    Set(RulesSet),
    /// It is done.
    Done,
    /// Reports, and how many wait in all.
    Reports(Vec<ReportShown>, u64),
    /// Lines of the log: place, when, by whom, what, about whom, more.
    Audit(Vec<AuditShown>),
}

/// A report, for a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportShown {
    /// Its number.
    pub number: u64,
    /// When it came.
    pub at: Seconds,
    /// Who made it.
    pub by: ActorId,
    /// Who it is about, if that was said.
    pub about: Option<ActorId>,
    /// What is reported.
    pub objects: Vec<String>,
    /// Why.
    pub text: String,
    /// Whether somebody is done with it.
    pub resolved: bool,
}

impl ReportShown {
    fn of((number, report): (u64, Report)) -> Self {
        let Report { at, by, about, objects, text, resolved, .. } = report;
        Self { number, at, by, about, objects, text, resolved: resolved.is_some() }
    }
}

/// A line of the log, for a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditShown {
    /// Its place.
    pub place: u64,
    /// When.
    pub at: Seconds,
    /// By whom: an administrator's address; the domain's own if it was done on the command line.
    pub by: ActorId,
    /// What was done, in words.
    pub did: String,
    /// About whom or what.
    pub about: String,
    /// More about it.
    pub note: Option<String>,
}

impl AuditShown {
    fn of((place, line): (u64, AuditLine)) -> Self {
        let AuditLine { at, by, did, about, note } = line;
        Self { place, at, by, did: did.words().to_owned(), about, note }
    }
}

/// The domain that keeps moderation: the first one served.
pub fn keeper(domains: &Domains) -> Result<&ActorId, String> {
    let none = || "this server serves no domain yet: run `pritchel serve` once".to_owned();
    domains.first().map(|domain| &domain.actor).ok_or_else(none)
}

/// Does what is asked on the command line.
pub async fn answer(node: &Node, domains: &Domains, request: ModerationRequest) -> Result<ModerationAnswer, String> {
    let keeper = keeper(domains)?;
    match request {
        ModerationRequest::Rules { after } => {
            let view = ViewRules { after, limit: PAGE_MAX };
            let shown = node.look::<Domain, _>(keeper, &view).await.map_err(|e| e.to_string())?;
            let RulesShown { rules, count, settings } = shown;
            Ok(ModerationAnswer::Rules { rules, count, settings })
        }
        ModerationRequest::Set { rules, imported } => {
            settled(node.call::<Domain, _>(keeper, keeper, SetRules { rules, imported }).await)
                .map(ModerationAnswer::Set)
        }
        ModerationRequest::Drop { target } => {
            settled(node.call::<Domain, _>(keeper, keeper, DropRule { target }).await).map(|()| ModerationAnswer::Done)
        }
        ModerationRequest::Settings { only_allowed, audit_days } => {
            let view = ViewRules { after: None, limit: 1 };
            let mut settings = node.look::<Domain, _>(keeper, &view).await.map_err(|e| e.to_string())?.settings;
            settings.only_allowed = only_allowed.unwrap_or(settings.only_allowed);
            settings.audit_days = audit_days.unwrap_or(settings.audit_days);
            let change = ChangeModeration { settings };
            settled(node.call::<Domain, _>(keeper, keeper, change).await).map(|()| ModerationAnswer::Done)
        }
        ModerationRequest::Suspend { name, domain, hidden, why, delete } => {
            let person = person_of(node, domains, domain.as_deref(), name).await?;
            let suspend = Suspend { person, hidden, why, delete };
            settled(node.call::<Domain, _>(keeper, keeper, suspend).await).map(|()| ModerationAnswer::Done)
        }
        ModerationRequest::Reinstate { name, domain } => {
            let person = person_of(node, domains, domain.as_deref(), name).await?;
            settled(node.call::<Domain, _>(keeper, keeper, Reinstate { person }).await).map(|()| ModerationAnswer::Done)
        }
        ModerationRequest::Reports { all, before, limit } => {
            let view = ViewReports { open: !all, before, limit: limit.min(PAGE_MAX) };
            let shown = node.look::<Domain, _>(keeper, &view).await.map_err(|e| e.to_string())?;
            Ok(ModerationAnswer::Reports(shown.reports.into_iter().map(ReportShown::of).collect(), shown.open))
        }
        ModerationRequest::Resolve { number, resolved } => {
            let resolve = ResolveReport { number, resolved };
            settled(node.call::<Domain, _>(keeper, keeper, resolve).await).map(|()| ModerationAnswer::Done)
        }
        ModerationRequest::Audit { before, limit } => {
            let view = ViewAudit { before, limit: limit.min(PAGE_MAX) };
            let lines = node.look::<Domain, _>(keeper, &view).await.map_err(|e| e.to_string())?;
            Ok(ModerationAnswer::Audit(lines.into_iter().map(AuditShown::of).collect()))
        }
    }
}

async fn person_of(node: &Node, domains: &Domains, host: Option<&str>, name: String) -> Result<ActorId, String> {
    accounts::person(node, accounts::find(domains, host)?, name).await
}

fn settled<T>(outcome: Result<Outcome<T>, CallError>) -> Result<T, String> {
    match outcome.map_err(|e| e.to_string())? {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(why) => Err(why.to_string()),
        Outcome::Unknown => Err("the outcome is unknown; look before you try again".to_owned()),
    }
}

/// Puts the rules of the server before whoever enforces them.
#[derive(Clone)]
pub struct Rulebook {
    node: Node,
    keeper: ActorId,
    peers: Peers,
    /// People here whose words are not shown.
    hidden: Arc<RwLock<HashSet<ActorId>>>,
}

impl Rulebook {
    /// The rules that `keeper` keeps, for `peers`.
    pub fn new(node: Node, keeper: ActorId, peers: Peers) -> Self {
        Self { node, keeper, peers, hidden: Arc::default() }
    }

    /// Reads all rules anew.
    /// - errors: the store cannot be read; the rules there were stay in force
    pub async fn reload(&self) -> Result<(), String> {
        let mut after = None;
        let mut rules: Option<Rules> = None;
        loop {
            let view = ViewRules { after, limit: RULES_STEP };
            let shown = self.node.look::<Domain, _>(&self.keeper, &view).await.map_err(|e| e.to_string())?;
            let all = rules.get_or_insert_with(|| Rules::new(shown.settings.only_allowed));
            for (target, rule) in &shown.rules {
                all.add(target, standing(rule.severity), rule.no_reports);
            }
            match shown.rules.last() {
                Some((last, _)) if shown.rules.len() == RULES_STEP => after = Some(last.clone()),
                _ => break,
            }
        }
        let hidden = self.read_hidden().await?;
        self.peers.set_rules(rules.unwrap_or_default());
        *self.hidden.write().unwrap_or_else(PoisonError::into_inner) = hidden;
        Ok(())
    }

    async fn read_hidden(&self) -> Result<HashSet<ActorId>, String> {
        let (mut after, mut hidden) = (None, HashSet::new());
        loop {
            let view = ViewSuspended { after, limit: RULES_STEP };
            let found = self.node.look::<Domain, _>(&self.keeper, &view).await.map_err(|e| e.to_string())?;
            after = found.last().filter(|_| found.len() == RULES_STEP).map(|(person, _)| person.clone());
            hidden.extend(found.into_iter().filter(|(_, suspended)| suspended.hidden).map(|(person, _)| person));
            if after.is_none() {
                return Ok(hidden);
            }
        }
    }

    /// Whether what somebody here has said is not shown.
    pub fn hides(&self, person: &ActorId) -> bool {
        self.hidden.read().unwrap_or_else(PoisonError::into_inner).contains(person)
    }
}

fn standing(severity: Severity) -> Standing {
    match severity {
        Severity::Block => Standing::Blocked,
        Severity::Limit => Standing::Limited,
        Severity::Allow => Standing::Open,
    }
}
