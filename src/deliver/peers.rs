//! Which other servers are spoken with: lists the operator has set, fixed while the server runs, and rules of its administrators,
//! which change. An entry covers the host itself and every host below it; of rules the nearest counts.
//!
//! Rules are kept by an actor; here they lie in memory, read once and again when they have changed, since every delivery is
//! judged by them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use pritchel_vocab::Uri;

/// How a server or an actor stands here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// As all do.
    #[default]
    Open,
    /// Spoken with; what it says is not shown to everybody.
    Limited,
    /// Nothing is taken from it, sent to it, or asked of it.
    Blocked,
}

/// Rules of administrators, as they are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    hosts: HashMap<String, Standing>,
    actors: HashMap<String, Standing>,
    unreported: HashSet<String>,
    only_allowed: bool,
}

impl Rules {
    /// No rules yet.
    /// - `only_allowed`: whether servers without a rule are not spoken with
    pub fn new(only_allowed: bool) -> Self {
        Self { only_allowed, ..Self::default() }
    }

    /// Adds a rule.
    /// - `target`: a host, or the address of an actor
    /// - `no_reports`: whether reports from there are not taken
    pub fn add(&mut self, target: &str, standing: Standing, no_reports: bool) {
        let (rules, target) = match target.contains("://") {
            true => (&mut self.actors, target.to_owned()),
            false => (&mut self.hosts, plain(target)),
        };
        if no_reports {
            self.unreported.insert(target.clone());
        }
        rules.insert(target, standing);
    }

    /// How a host stands, by the rule about it or the nearest host above it.
    fn host(&self, host: &str) -> Standing {
        let otherwise = if self.only_allowed { Standing::Blocked } else { Standing::Open };
        above(host).find_map(|above| self.hosts.get(above).copied()).unwrap_or(otherwise)
    }
}

/// A host and all above it.
fn above(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |host| host.split_once('.').map(|(_, above)| above))
}

/// Whom we speak with. Cheap to clone; clones share the rules.
#[derive(Clone, Debug, Default)]
pub struct Peers(Arc<Lists>);

#[derive(Debug, Default)]
struct Lists {
    blocked: HashSet<String>,
    allowed: HashSet<String>,
    own: HashSet<String>,
    rules: RwLock<Arc<Rules>>,
}

impl Peers {
    /// Lists of host names, without ports. Case, a dot at the end, `*.` before the name and the letters of other alphabets or
    /// their `xn--` make no difference.
    pub fn new<T: AsRef<str>>(blocked: &[T], allowed: &[T]) -> Self {
        let read = |list: &[T]| list.iter().map(|host| plain(host.as_ref())).filter(|host| !host.is_empty()).collect();
        Self(Arc::new(Lists { blocked: read(blocked), allowed: read(allowed), ..Lists::default() }))
    }

    /// The same lists with the hosts of this server itself: whatever the lists say, these are not others.
    /// - `own`: hosts, with or without a port
    #[must_use]
    pub fn with_own<T: AsRef<str>>(&self, own: &[T]) -> Self {
        let own = own.iter().map(|host| plain(without_port(host.as_ref()))).collect();
        let (blocked, allowed) = (self.0.blocked.clone(), self.0.allowed.clone());
        Self(Arc::new(Lists { blocked, allowed, own, rules: RwLock::new(self.rules()) }))
    }

    /// Puts other rules in the place of those there were, for all clones.
    pub fn set_rules(&self, rules: Rules) {
        *self.0.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }

    fn rules(&self) -> Arc<Rules> {
        self.0.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a host may be spoken with and listened to.
    pub fn admit(&self, host: &str) -> bool {
        self.host(host) != Standing::Blocked
    }

    /// Whether an address may be: neither its host is blocked, nor the actor of which it is the address, or that of a key.
    pub fn admit_uri(&self, uri: &Uri) -> bool {
        self.of(uri) != Standing::Blocked
    }

    /// How a host stands.
    pub fn host(&self, host: &str) -> Standing {
        let host = plain(host);
        if self.0.own.contains(&host) {
            return Standing::Open;
        }
        let listed = |list: &HashSet<String>| above(&host).any(|above| list.contains(above));
        if listed(&self.0.blocked) || !(self.0.allowed.is_empty() || listed(&self.0.allowed)) {
            return Standing::Blocked;
        }
        self.rules().host(&host)
    }

    /// How the actor at an address stands: as its server, or as a rule of its own has it, whichever is stricter.
    pub fn of(&self, uri: &Uri) -> Standing {
        let of_host = self.host(&uri.origin().host);
        let text = uri.as_str();
        let actor = text.split_once('#').map_or(text, |(actor, _)| actor);
        let of_actor = self.rules().actors.get(actor).copied().unwrap_or_default();
        of_host.max(of_actor)
    }

    /// Whether reports of an actor are not taken.
    pub fn is_unreported(&self, uri: &Uri) -> bool {
        let rules = self.rules();
        let host = plain(&uri.origin().host);
        rules.unreported.contains(uri.as_str())
            || above(&host)
                .find(|above| rules.hosts.contains_key(*above))
                .is_some_and(|at| rules.unreported.contains(at))
    }
}

/// A host name as it stands in addresses.
fn plain(host: &str) -> String {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("*.").map(str::to_owned).unwrap_or(host);
    match host.is_ascii() {
        true => host,
        false => url::Host::parse(&host).map_or(host, |parsed| parsed.to_string()),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    #[test]
    fn an_entry_covers_its_host_and_those_below() {
        let peers = Peers::new(&["Evil.example.", "*.worse.example", " ", "böse.example"], &[]);
        #[rustfmt::skip]
        let rows = [
            ("evil.example",        false),
            ("EVIL.example.",       false),
            ("a.b.evil.example",    false),
            ("notevil.example",     true),
            ("evil.example.com",    true),
            ("worse.example",       false),
            ("x.worse.example",     false),
            ("xn--bse-sna.example", false),
            ("good.example",        true),
        ];
        for (host, admitted) in rows {
            assert_eq!(peers.admit(host), admitted, "{host}");
        }
    }

    #[test]
    fn an_allow_list_leaves_only_what_it_names_and_a_block_wins() {
        let peers = Peers::new(&["bad.good.example"], &["good.example"]);
        assert!(peers.admit("good.example") && peers.admit("a.good.example"));
        assert!(!peers.admit("bad.good.example") && !peers.admit("other.example"));
        assert!(peers.admit_uri(&uri("https://good.example:8443/a")));
        assert!(!peers.admit_uri(&uri("https://other.example/good.example")));
    }

    #[test]
    fn this_server_itself_is_on_no_list() {
        let peers = Peers::new(&["example"], &["good.example"]).with_own(&["forge.example", "localhost:3000"]);
        assert!(peers.admit("forge.example") && peers.admit("localhost"));
        assert!(!peers.admit("other.example") && !peers.admit("a.forge.example"));
    }

    #[test]
    fn of_rules_the_nearest_counts_and_lists_of_the_operator_stand_above_them() {
        let peers = Peers::new(&["worst.example"], &[]);
        let shared = peers.clone();
        let mut rules = Rules::new(false);
        rules.add("evil.example", Standing::Blocked, true);
        rules.add("loud.example", Standing::Limited, false);
        rules.add("good.evil.example", Standing::Open, false);
        rules.add("worst.example", Standing::Open, false);
        rules.add("https://loud.example/users/eve", Standing::Blocked, false);
        rules.add("https://fine.example/users/bob", Standing::Limited, true);
        shared.set_rules(rules);
        #[rustfmt::skip]
        let rows = [
            ("https://evil.example/a",                  Standing::Blocked, true),
            ("https://a.evil.example:8443/a",           Standing::Blocked, true),
            ("https://good.evil.example/a",             Standing::Open,    false),
            ("https://a.good.evil.example/a",           Standing::Open,    false),
            ("https://worst.example/a",                 Standing::Blocked, false),
            ("https://loud.example/users/ann",          Standing::Limited, false),
            ("https://loud.example/users/eve",          Standing::Blocked, false),
            ("https://loud.example/users/eve#main-key", Standing::Blocked, false),
            ("https://fine.example/users/bob",          Standing::Limited, true),
            ("https://fine.example/users/bobby",        Standing::Open,    false),
        ];
        for (address, standing, unreported) in rows {
            assert_eq!(
                (peers.of(&uri(address)), peers.is_unreported(&uri(address))),
                (standing, unreported),
                "{address}"
            );
        }
    }

    #[test]
    fn where_only_allowed_servers_are_spoken_with_a_rule_opens_the_door() {
        let peers = Peers::default().with_own(&["forge.example"]);
        let mut rules = Rules::new(true);
        rules.add("good.example", Standing::Open, false);
        rules.add("loud.example", Standing::Limited, false);
        peers.set_rules(rules);
        let rows =
            [("a.good.example", true), ("loud.example", true), ("other.example", false), ("forge.example", true)];
        for (host, admitted) in rows {
            assert_eq!(peers.admit(host), admitted, "{host}");
        }
    }
}
