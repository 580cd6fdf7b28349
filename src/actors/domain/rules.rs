//! Rules about other servers and their actors: blocked, limited, or allowed. A rule about a server covers the hosts below it,
//! unless one of them has a rule of its own: the nearest counts.

use crate::common::naming::{host, origin, origin_of};
use crate::domain::Domain;
use crate::domain::audit::{self, Did};
use crate::domain::moderation::ModerationSettings;
use crate::limits::{RULE_TARGET_BYTES_MAX, RULE_WORDS_CHARS_MAX, RULES_MAX, RULES_STEP};
use pritchel_actor::{ActorId, Halt, Header, Look, Method, Page, Refusal, RowKey, Rows, Seconds, Turn, View, demand};
use serde::{Deserialize, Serialize};

/// Rules by what they are about: a host, or the address of an actor.
pub const RULES: Rows<String, Rule> = Rows::new("rules");

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is taken from there, nothing sent or fetched, and what is here of it is not shown.
    Block,
    /// What is said there is shown to people of this server alone; who follows somebody here waits for approval; nobody is
    /// told by a notification.
    Limit,
    /// Spoken with, whatever a rule about a host above says.
    Allow,
}

impl Severity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Block, Self::Limit, Self::Allow];

    /// Its name in forms and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Limit => "limit",
            Self::Allow => "allow",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }

    fn did(self) -> Did {
        match self {
            Self::Block => Did::Block,
            Self::Limit => Did::Limit,
            Self::Allow => Did::Allow,
        }
    }
}

/// A rule, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it does.
    pub severity: Severity,
    /// Since when.
    pub since: Seconds,
    /// Who made it.
    pub by: ActorId,
    /// Why, for whoever asks: it leaves the server in exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// More about it, for administrators alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether reports from there are not taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_reports: bool,
}

/// A rule as it is wished for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleWish {
    /// A host, without a port and in the letters of addresses; or the address of an actor.
    pub target: String,
    /// What it does.
    pub severity: Severity,
    /// Why, for whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// More about it, for administrators alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether reports from there are not taken.
    #[serde(default)]
    pub no_reports: bool,
}

/// What a rule is about, as rules are kept by: of a host lower case, without `*.`, a dot at the end or a port; of an actor the
/// address as it is.
/// - `text`: a host whose letters are those of addresses, or an address
/// - errors: what was expected and found
pub fn target_of(text: &str) -> Result<String, Refusal> {
    let shown: String = text.chars().take(100).collect();
    let wrong = || {
        let why = format!("expected a host such as example.org, or the address of an actor, found {shown:?}");
        Refusal::new("not-a-target", why)
    };
    let text = text.trim();
    if text.len() > RULE_TARGET_BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong());
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // An `@` in the path is part of the addresses of people on some servers.
        let plain = !path.is_empty() && !path.contains(['?', '#', '\\']);
        let good = plain && is_host(without_port(authority)) && matches!(scheme, "https" | "http");
        return if good { Ok(text.to_owned()) } else { Err(wrong()) };
    }
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    let host = host.strip_prefix("*.").map(str::to_owned).unwrap_or(host);
    let host = without_port(&host).to_owned();
    if is_host(&host) { Ok(host) } else { Err(wrong()) }
}

/// The host of an authority.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

impl std::ops::AddAssign for RulesSet {
    fn add_assign(&mut self, more: Self) {
        self.made += more.made;
        self.left += more.left;
        self.refused += more.refused;
    }
}

/// Private, from the node for an administrator: makes rules, or replaces those about the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetRules {
    /// Them; at most [`RULES_STEP`].
    pub rules: Vec<RuleWish>,
    /// Whether they come from a list: then a rule that stands already is left as it is, and the log has one line for all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// What came of rules that were to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesSet {
    /// So many were made or replaced.
    pub made: u64,
    /// About so many there was a rule already.
    pub left: u64,
    /// So many of a list can be no rules here: they are about this server itself.
    #[serde(default)]
    pub refused: u64,
}

impl Method<Domain> for SetRules {
    type Answer = RulesSet;

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<RulesSet, Halt> {
        demand(self.rules.len() <= RULES_STEP, || {
            Refusal::new("too-many-rules", format!("at most {RULES_STEP} rules are made at once"))
        })?;
        let mut set = RulesSet::default();
        for wish in self.rules {
            let target = target_of(&wish.target)?;
            match must_make_sense(turn, &target, &wish) {
                Err(Halt::Refuse(_)) if self.imported => {
                    set.refused += 1;
                    continue;
                }
                other => other?,
            }
            let before = RULES.get(turn, &target)?;
            if self.imported && before.is_some() {
                set.left += 1;
                continue;
            }
            if before.is_none() {
                demand(domain.moderation.rules < RULES_MAX, || {
                    Refusal::new("too-many-rules", format!("at most {RULES_MAX} rules"))
                })?;
                domain.moderation.rules += 1;
            }
            set.made += 1;
            let (since, by) = (turn.now(), turn.caller().id().clone());
            let RuleWish { severity, reason, note, no_reports, .. } = wish;
            RULES.put(turn, &target, &Rule { severity, since, by, reason: reason.clone(), note, no_reports });
            if !self.imported {
                audit::write(domain, turn, severity.did(), &target, reason)?;
            }
        }
        if self.imported && set.made > 0 {
            let words = format!("{} made, {} were there", set.made, set.left);
            audit::write(domain, turn, Did::ImportRules, "", Some(words))?;
        }
        Ok(set)
    }
}

fn must_make_sense(turn: &Turn<'_>, target: &str, wish: &RuleWish) -> Result<(), Halt> {
    let is_actor = target.contains("://");
    demand(!(is_actor && wish.severity == Severity::Allow), || {
        Refusal::new("not-a-target", "a server is allowed as a whole, not one of its actors: expected a host")
    })?;
    let covered = covers(target, without_port(host(turn.me()))) || origin_of(target) == origin(turn.me());
    demand(!(covered && wish.severity != Severity::Allow), || {
        Refusal::new("own-server", format!("{target} is, or lies above, this server itself"))
    })?;
    let short =
        |words: &Option<String>| words.as_ref().is_none_or(|words| words.chars().count() <= RULE_WORDS_CHARS_MAX);
    demand(short(&wish.reason) && short(&wish.note), || {
        Refusal::new("too-long", format!("at most {RULE_WORDS_CHARS_MAX} characters for a reason or a note"))
    })?;
    Ok(())
}

/// Whether a rule about one host is about another.
fn covers(target: &str, host: &str) -> bool {
    host.strip_suffix(target).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Private, from the node for an administrator: takes a rule away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropRule {
    /// What it is about.
    pub target: String,
}

impl Method<Domain> for DropRule {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let target = target_of(&self.target)?;
        demand(RULES.has(turn, &target)?, || Refusal::new("no-such-rule", format!("there is no rule about {target}")))?;
        RULES.remove(turn, &target);
        domain.moderation.rules = domain.moderation.rules.saturating_sub(1);
        audit::write(domain, turn, Did::DropRule, &target, None)
    }
}

/// Rules in the order of what they are about. For administrators, and for the node, which enforces them.
#[derive(Clone, Debug)]
pub struct ViewRules {
    /// Those after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// Rules, with what says what becomes of servers that have none.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesShown {
    /// The rules.
    pub rules: Vec<(String, Rule)>,
    /// How many there are in all.
    pub count: u64,
    /// The settings.
    pub settings: ModerationSettings,
}

impl View<Domain> for ViewRules {
    type Answer = RulesShown;

    fn look(&self, domain: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<RulesShown, Halt> {
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let rules = RULES.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: false })?;
        Ok(RulesShown { rules, count: domain.moderation.rules, settings: domain.moderation.settings.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_about_a_host_or_an_actor_and_about_nothing_else() {
        #[rustfmt::skip]
        let rows = [
            ("example.org",                   Some("example.org")),
            (" *.Example.org. ",              Some("example.org")),
            ("example.org:8443",              Some("example.org")),
            ("[2001:db8::1]",                 Some("[2001:db8::1]")),
            ("xn--bse-sna.example",           Some("xn--bse-sna.example")),
            ("https://example.org/users/Eve", Some("https://example.org/users/Eve")),
            ("https://example.org/@eve",      Some("https://example.org/@eve")),
            ("https://example.org/",          None),
            ("https://example.org",           None),
            ("https://a@example.org/b",       None),
            ("https://example.org/a?b",       None),
            ("ftp://example.org/a",           None),
            ("böse.example",                  None),
            ("a b",                           None),
            ("a..b",                          None),
            ("",                              None),
            ("*",                             None),
        ];
        for (text, target) in rows {
            assert_eq!(target_of(text).ok().as_deref(), target, "{text:?}");
        }
        assert!(target_of(&format!("{}.example", "a".repeat(64))).is_err());
    }
}
