//! What pages cost, and how much of it whoever is not signed in may spend: crawlers ask for each line of each file at each commit,
//! and few such pages keep a server busy. A budget belongs to a range of addresses, as whoever has one of them usually has them
//! all; it comes back with time. Nobody who is signed in has such a bound.

use crate::answer::{WebError, WebResult};
use crate::limits::{COSTLY_UNIT_MS, COSTLY_UNITS, LIMITED_KEYS_MAX};
use crate::page::visit::Visit;
use crate::ports::Front;
use crate::tries::prefix;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::StatusCode;
use http::request::Parts;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A class of pages that cost more than to read an object or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A commit with its difference.
    Commit,
    /// A list of commits.
    History,
    /// Who wrote each line.
    Blame,
    /// Two commits compared.
    Compare,
    /// A search in all files.
    Search,
    /// All files, packed.
    Archive,
}

impl Cost {
    /// Units of the budget.
    fn units(self) -> u32 {
        match self {
            Self::Commit => 1,
            Self::History => 2,
            Self::Blame | Self::Compare => 4,
            Self::Search => 5,
            Self::Archive => 10,
        }
    }
}

/// The budgets of one server: when nothing of each is spent any more.
#[derive(Default)]
pub struct Budgets(Mutex<HashMap<IpAddr, Instant>>);

impl Budgets {
    /// Takes what a page costs from the budget of an address; with too little left nothing is taken.
    pub fn spend(&self, from: Option<IpAddr>, cost: Cost) -> WebResult<()> {
        self.spend_at(from, cost, Instant::now())
    }

    fn spend_at(&self, from: Option<IpAddr>, cost: Cost, now: Instant) -> WebResult<()> {
        // Those whose address is not known share one budget.
        let range = from.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), prefix);
        let unit = Duration::from_millis(COSTLY_UNIT_MS);
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= LIMITED_KEYS_MAX && !spent.contains_key(&range) {
            spent.retain(|_, over| *over > now);
            if spent.len() >= LIMITED_KEYS_MAX {
                return Err(often(unit));
            }
        }
        let over = spent.entry(range).or_insert(now);
        let after = (*over).max(now) + unit * cost.units();
        let beyond = after.saturating_duration_since(now).saturating_sub(unit * COSTLY_UNITS);
        if !beyond.is_zero() {
            return Err(often(beyond));
        }
        *over = after;
        Ok(())
    }
}

fn often(wait: Duration) -> WebError {
    let wait_s = wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
    let detail = format!(
        "pages like this one are much work, and from your network many were asked for; the next one is possible in {wait_s} s, or \
         at once for whoever is signed in"
    );
    WebError::new(StatusCode::TOO_MANY_REQUESTS, "costly-pages", detail).retry_after(wait_s)
}

/// A visit of a page that is much work.
pub struct Costly {
    /// The visit.
    pub visit: Visit,
    from: Option<IpAddr>,
}

impl Costly {
    /// Lets the visitor in: who is signed in, or has enough of a budget left, where such pages are shown to strangers at all. What is
    /// asked for is not looked at before.
    pub fn pays(self, cost: Cost) -> WebResult<Visit> {
        self.pay(cost)?;
        Ok(self.visit)
    }

    /// The same, where something can be said before that costs little.
    pub fn pay(&self, cost: Cost) -> WebResult<()> {
        if self.visit.me.is_none() {
            if self.visit.front.settings.costly_sign_in {
                self.visit.signed_in()?;
            }
            self.visit.front.kept.budgets.spend(self.from, cost)?;
        }
        Ok(())
    }
}

impl FromRequestParts<Front> for Costly {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> WebResult<Self> {
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(from)| from.ip());
        Ok(Self { visit: Visit::from_request_parts(parts, front).await?, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits_s(result: WebResult<()>) -> Option<u64> {
        let refused = result.err()?;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        Some(refused.headers[0].1.to_str().unwrap().parse().unwrap())
    }

    #[test]
    fn a_range_of_addresses_has_one_budget_and_it_comes_back_with_time() {
        let (budgets, now) = (Budgets::default(), Instant::now());
        let from = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for n in 0..COSTLY_UNITS / 10 {
            assert_eq!(waits_s(budgets.spend_at(from("192.0.2.1"), Cost::Archive, now)), None, "{n}");
        }
        let wait = waits_s(budgets.spend_at(from("192.0.2.99"), Cost::Archive, now)).unwrap();
        assert_eq!(wait, (10 * COSTLY_UNIT_MS).div_ceil(1000), "the same range");
        assert_eq!(waits_s(budgets.spend_at(from("192.0.3.1"), Cost::Archive, now)), None, "another");
        let later = now + Duration::from_secs(wait);
        assert_eq!(waits_s(budgets.spend_at(from("192.0.2.99"), Cost::Archive, later)), None);
        assert!(waits_s(budgets.spend_at(from("192.0.2.1"), Cost::Archive, later)).is_some());
        let much_later = now + Duration::from_millis(COSTLY_UNIT_MS) * (2 * COSTLY_UNITS);
        assert_eq!(waits_s(budgets.spend_at(from("192.0.2.1"), Cost::Archive, much_later)), None);
    }

    #[test]
    fn what_was_refused_costs_nothing_and_those_without_an_address_share_a_budget() {
        let (budgets, now) = (Budgets::default(), Instant::now());
        for _ in 0..COSTLY_UNITS / 10 {
            budgets.spend_at(None, Cost::Archive, now).unwrap();
        }
        for _ in 0..100 {
            assert!(budgets.spend_at(None, Cost::Commit, now).is_err());
        }
        let later = now + Duration::from_millis(COSTLY_UNIT_MS);
        assert!(budgets.spend_at(None, Cost::Commit, later).is_ok());
    }
}
