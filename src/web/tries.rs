//! How often a password may be tried, counted so that nobody can use up the tries of somebody else.
//!
//! **What counts.** A try is counted before the password is looked at, so that many at once cannot slip through, and is given
//! back when the password was right. Three counts hold for a stranger: that of the account from their network, that of
//! their network for all accounts, and a much wider one of the account from everywhere, which bounds what many networks can
//! guess together. A browser that has signed in to the account before, and says so by what only this server can have given
//! it, has a count of its own, and none of the others: whatever strangers do, it can sign in.
//!
//! Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".

use crate::answer::WebError;
use crate::limits::{
    ACCOUNT_FAR_TRIES, ACCOUNT_FAR_TRY_S, ACCOUNT_TRIES, ACCOUNT_TRY_S, ADDRESS_TRIES, ADDRESS_TRY_S, LIMITED_KEYS_MAX,
};
use http::StatusCode;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trier<'a> {
    /// Somebody, from this address if it is known.
    Stranger(Option<IpAddr>),
    /// A browser that has signed in to the account before, by the name it was given then.
    Known(&'a str),
    /// The person, in a session.
    Oneself,
}

/// A kind of count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Count {
    /// Of an account from a network.
    Pair,
    /// Of a network for all accounts.
    Network,
    /// Of an account from all networks.
    Account,
    /// Of an account from a known browser.
    Browser,
    /// Of an account in its own sessions.
    Own,
}

impl Count {
    /// Tries at once, and the time in which one comes back.
    fn bound(self) -> (u32, Duration) {
        let (tries, each_s) = match self {
            Self::Pair | Self::Browser | Self::Own => (ACCOUNT_TRIES, ACCOUNT_TRY_S),
            Self::Network => (ADDRESS_TRIES, ADDRESS_TRY_S),
            Self::Account => (ACCOUNT_FAR_TRIES, ACCOUNT_FAR_TRY_S),
        };
        (tries, Duration::from_secs(each_s))
    }
}

type Key = (Count, String);
/// When nothing of a count is left, for each key that has a count.
type Counts = BTreeMap<Count, HashMap<String, Instant>>;

/// The counts of one server.
#[derive(Default)]
pub struct Tries(Mutex<Counts>);

/// A try that was counted.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is not given back stays counted"]
pub struct Tried(Vec<Key>);

impl Tries {
    /// Counts a try for this account. Whoever tries too often is told when to come back, and that is not counted.
    pub fn count(&self, account: &str, who: Trier<'_>) -> Result<Tried, WebError> {
        self.count_at(account, who, Instant::now())
    }

    fn count_at(&self, account: &str, who: Trier<'_>, now: Instant) -> Result<Tried, WebError> {
        let keys = keys(&account.to_lowercase(), who);
        let mut counts = self.counts();
        for (count, key) in &keys {
            wait(counts.entry(*count).or_default(), *count, key, now).map_or(Ok(()), |wait| Err(often(wait)))?;
        }
        for (count, key) in &keys {
            let over = counts.entry(*count).or_default().entry(key.clone()).or_insert(now);
            *over = (*over).max(now) + count.bound().1;
        }
        Ok(Tried(keys))
    }

    /// The password was right: the try counts for nothing.
    pub fn was_right(&self, tried: Tried) {
        let mut counts = self.counts();
        for (count, key) in tried.0 {
            if let Some(over) = counts.get_mut(&count).and_then(|counts| counts.get_mut(&key)) {
                *over = over.checked_sub(count.bound().1).unwrap_or(*over);
            }
        }
    }

    /// A thread that ended while it counted leaves counts that are as good as any.
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keys(account: &str, who: Trier<'_>) -> Vec<Key> {
    match who {
        Trier::Stranger(Some(from)) => {
            let network = prefix(from).to_string();
            vec![
                (Count::Pair, format!("{account} {network}")),
                (Count::Network, network),
                (Count::Account, account.to_owned()),
            ]
        }
        Trier::Stranger(None) => vec![(Count::Pair, account.to_owned()), (Count::Account, account.to_owned())],
        Trier::Known(browser) => vec![(Count::Browser, format!("{account} {browser}"))],
        Trier::Oneself => vec![(Count::Own, account.to_owned())],
    }
}

/// How long the next try has to wait, if it has to.
fn wait(counts: &mut HashMap<String, Instant>, count: Count, key: &str, now: Instant) -> Option<Duration> {
    let (tries, each) = count.bound();
    if counts.len() >= LIMITED_KEYS_MAX && !counts.contains_key(key) {
        counts.retain(|_, over| *over > now);
        if counts.len() >= LIMITED_KEYS_MAX {
            return Some(each);
        }
    }
    let left = counts.get(key)?.checked_duration_since(now)?;
    (left + each).checked_sub(each * tries).filter(|wait| !wait.is_zero())
}

fn often(wait: Duration) -> WebError {
    let wait_s = wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
    let detail = format!("too many tries; the next one is possible in {wait_s} s");
    WebError::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", detail).retry_after(wait_s)
}

/// Whoever has one address of such a network usually has them all.
pub(crate) fn prefix(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(from) => IpAddr::V4((u32::from(from) & 0xffff_ff00).into()),
        IpAddr::V6(from) => IpAddr::V6((u128::from(from) & !((1u128 << 72) - 1)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Trier<'static> {
        Trier::Stranger(Some(text.parse().unwrap()))
    }

    fn waits_s(result: Result<Tried, WebError>) -> Option<u64> {
        let refused = result.err()?;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        Some(refused.headers[0].1.to_str().unwrap().parse().unwrap())
    }

    #[test]
    fn an_account_has_only_so_many_tries_from_one_network_and_then_one_in_a_while() {
        let (tries, now) = (Tries::default(), Instant::now());
        for n in 0..ACCOUNT_TRIES {
            assert_eq!(waits_s(tries.count_at("alice@a.example", from("192.0.2.1"), now)), None, "{n}");
        }
        let again = |at: Instant| waits_s(tries.count_at("Alice@a.example", from("192.0.2.77"), at));
        assert_eq!(again(now), Some(ACCOUNT_TRY_S), "the same account, the same network");
        let later = now + Duration::from_secs(ACCOUNT_TRY_S);
        assert_eq!((again(later), again(later)), (None, Some(ACCOUNT_TRY_S)));
        assert_eq!(waits_s(tries.count_at("alice@a.example", from("198.51.100.1"), now)), None, "from elsewhere");
    }

    #[test]
    fn a_network_has_only_so_many_tries_for_all_accounts() {
        let (tries, now) = (Tries::default(), Instant::now());
        let mut tried = (0..).map(|n| tries.count_at(&format!("p{n}@a.example"), from("2001:db8::1"), now));
        assert!(tried.by_ref().take(ADDRESS_TRIES as usize).all(|tried| tried.is_ok()));
        assert_eq!(waits_s(tried.next().unwrap()), Some(ADDRESS_TRY_S));
    }

    #[test]
    fn many_networks_have_only_so_many_tries_together_and_a_known_browser_and_a_session_have_their_own() {
        let (tries, now) = (Tries::default(), Instant::now());
        let network = |n: u32| Trier::Stranger(Some(IpAddr::V4((0x0a00_0000 + (n << 8)).into())));
        for n in 0..ACCOUNT_FAR_TRIES {
            assert_eq!(waits_s(tries.count_at("alice", network(n), now)), None, "{n}");
        }
        assert_eq!(waits_s(tries.count_at("alice", network(ACCOUNT_FAR_TRIES), now)), Some(ACCOUNT_FAR_TRY_S));
        for who in [Trier::Known("one"), Trier::Known("two"), Trier::Oneself] {
            for n in 0..ACCOUNT_TRIES {
                assert_eq!(waits_s(tries.count_at("alice", who, now)), None, "{who:?} {n}");
            }
            assert_eq!(waits_s(tries.count_at("alice", who, now)), Some(ACCOUNT_TRY_S), "{who:?}");
        }
    }

    #[test]
    fn what_was_right_is_not_counted_and_what_was_refused_is_not_either() {
        let (tries, now) = (Tries::default(), Instant::now());
        for _ in 0..2 * ADDRESS_TRIES {
            let tried = tries.count_at("alice", from("192.0.2.1"), now).unwrap();
            tries.was_right(tried);
        }
        for _ in 0..ACCOUNT_TRIES {
            let _ = tries.count_at("alice", from("192.0.2.1"), now).unwrap();
        }
        for _ in 0..2 * ADDRESS_TRIES {
            assert!(tries.count_at("alice", from("192.0.2.1"), now).is_err());
        }
        assert_eq!(waits_s(tries.count_at("bob", from("192.0.2.1"), now)), None, "the network has tries left");
    }

    #[test]
    fn of_too_many_counts_those_that_are_over_are_forgotten() {
        let now = Instant::now();
        let mut counts: HashMap<String, Instant> =
            (0..LIMITED_KEYS_MAX).map(|n| (n.to_string(), now + Duration::from_secs(1))).collect();
        assert_eq!(wait(&mut counts, Count::Pair, "new", now), Some(Duration::from_secs(ACCOUNT_TRY_S)));
        assert_eq!(wait(&mut counts, Count::Pair, "7", now), None, "what is counted goes on");
        assert_eq!(wait(&mut counts, Count::Pair, "new", now + Duration::from_secs(1)), None);
        assert!(counts.is_empty());
    }

    #[test]
    fn a_network_counts_as_one_address() {
        let rows = [
            ("192.0.2.1", "192.0.2.200", true),
            ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8:0:100::1", "2001:db8:0:1ff::2", true),
            ("2001:db8:0:100::1", "2001:db8:0:200::1", false),
            ("::ffff:192.0.2.1", "192.0.2.9", true),
        ];
        for (a, b, same) in rows {
            assert_eq!(prefix(a.parse().unwrap()) == prefix(b.parse().unwrap()), same, "{a} {b}");
        }
    }
}
