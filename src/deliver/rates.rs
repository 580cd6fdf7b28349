//! How often something may happen, per origin or actor: a bucket of tokens each, filled by the time that is given.

use pritchel_actor::Seconds;

use crate::limits::RATES_MAX;
use crate::recent::Recent;

/// Thousandths of a token.
const ONE: i64 = 1000;

/// A rate: so many a minute, all of them at once if need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many a minute.
    pub per_minute: u32,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: i64,
    at: Seconds,
}

/// The buckets of one rate.
pub(crate) struct Rates {
    rate: Rate,
    buckets: Recent<String, Bucket>,
}

impl Rates {
    /// Buckets that are all full.
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: Recent::new(RATES_MAX) }
    }

    /// Takes one token of `key`'s bucket. If it is empty: the seconds until there is one.
    pub fn take(&self, key: &str, now: Seconds) -> Result<(), u64> {
        let full = i64::from(self.rate.per_minute) * ONE;
        let bucket = self.buckets.get(key).unwrap_or(Bucket { left: full, at: now });
        // A clock that went back fills nothing.
        let passed = now.saturating_sub(bucket.at).clamp(0, 60);
        let left = (bucket.left + passed * full / 60).min(full);
        if left < ONE {
            let wait = ((ONE - left) * 60 + full - 1) / full.max(1);
            self.buckets.put(key.to_owned(), Bucket { left, at: now.max(bucket.at) });
            return Err(u64::try_from(wait).unwrap_or(60));
        }
        self.buckets.put(key.to_owned(), Bucket { left: left - ONE, at: now.max(bucket.at) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_goes_at_once_and_then_as_it_comes() {
        let rates = Rates::new(Rate { per_minute: 60 });
        for _ in 0..60 {
            assert_eq!(rates.take("a", 1000), Ok(()));
        }
        let wait = rates.take("a", 1000).unwrap_err();
        assert_eq!(rates.take("b", 1000), Ok(()), "others have their own");
        assert_eq!(rates.take("a", 1000 + wait as i64), Ok(()));
        assert_eq!((0..100).filter(|_| rates.take("a", 5000).is_ok()).count(), 60);
        assert!(rates.take("a", 0).is_err(), "a clock that goes back gives nothing");
    }

    #[test]
    fn the_wait_that_is_named_is_long_enough() {
        let rates = Rates::new(Rate { per_minute: 2 });
        let taken = [rates.take("a", 0), rates.take("a", 0)];
        assert_eq!(taken, [Ok(()), Ok(())]);
        let wait = rates.take("a", 0).unwrap_err();
        assert!((30..=31).contains(&wait), "{wait}");
        assert_eq!(rates.take("a", wait as i64), Ok(()));
    }
}
