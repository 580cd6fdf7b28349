//! Moderation, as the web, the command line and the enforcing rooms have it: wishes of administrators become calls of the domain
//! that keeps it, the first one served; and its rules are put before whoever enforces them, at start and when they change.

use crate::node::accounts::Domains;
use pritchel_actor::limits::PAGE_MAX;
use pritchel_actor::runtime::Node;
use pritchel_actor::{ActorId, CallError, Outcome, Seconds};
use pritchel_actors::Domain;
use pritchel_actors::domain::audit::{AuditLine, ViewAudit};
use pritchel_actors::domain::rules::{Rule, RuleWish, RulesSet, RulesShown, Severity, ViewRules};
use pritchel_actors::domain::{ChangeModeration, DropRule, ModerationSettings, SetRules};
use pritchel_actors::limits::RULES_STEP;
use pritchel_deliver::peers::{Peers, Rules, Standing};
use serde::{Deserialize, Serialize};

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
    /// Lines of the log: place, when, by whom, what, about whom, more.
    Audit(Vec<AuditShown>),
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
        ModerationRequest::Audit { before, limit } => {
            let view = ViewAudit { before, limit: limit.min(PAGE_MAX) };
            let lines = node.look::<Domain, _>(keeper, &view).await.map_err(|e| e.to_string())?;
            Ok(ModerationAnswer::Audit(lines.into_iter().map(AuditShown::of).collect()))
        }
    }
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
}

impl Rulebook {
    /// The rules that `keeper` keeps, for `peers`.
    pub fn new(node: Node, keeper: ActorId, peers: Peers) -> Self {
        Self { node, keeper, peers }
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
        self.peers.set_rules(rules.unwrap_or_default());
        Ok(())
    }
}

fn standing(severity: Severity) -> Standing {
    match severity {
        Severity::Block => Standing::Blocked,
        Severity::Limit => Standing::Limited,
        Severity::Allow => Standing::Open,
    }
}
