//! How many connections there may be: in all, of one address, and of clients nobody knows yet.

use crate::limits::{CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, UNKNOWN_MAX};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Counts who is in.
#[derive(Clone, Debug, Default)]
pub struct Door(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    counts: Mutex<Counts>,
    /// Somebody has left.
    left: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    unknown: usize,
    of: HashMap<IpAddr, usize>,
}

/// The place of one connection, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    door: Door,
    from: IpAddr,
    known: bool,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// There are too many.
    #[error("there are {CONNECTIONS_MAX} connections")]
    All,
    /// There are too many of this address.
    #[error("there are {CONNECTIONS_PER_ADDRESS_MAX} connections of this address")]
    Address,
    /// There are too many that have not logged in.
    #[error("there are {UNKNOWN_MAX} connections that have not logged in")]
    Unknown,
}

impl Door {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from this address.
    pub fn enter(&self, from: IpAddr) -> Result<Place, Full> {
        let from = household(from);
        let mut counts = self.counts();
        if counts.all >= CONNECTIONS_MAX {
            return Err(Full::All);
        }
        if counts.unknown >= UNKNOWN_MAX {
            return Err(Full::Unknown);
        }
        let of = counts.of.entry(from).or_default();
        if *of >= CONNECTIONS_PER_ADDRESS_MAX {
            return Err(Full::Address);
        }
        *of += 1;
        counts.all += 1;
        counts.unknown += 1;
        Ok(Place { door: self.clone(), from, known: false })
    }

    /// Waits until nobody is in.
    pub async fn empty(&self) {
        loop {
            let left = self.0.left.notified();
            if self.counts().all == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Place {
    /// Its client has logged in.
    pub fn known(&mut self) {
        if !self.known {
            self.known = true;
            self.door.counts().unknown -= 1;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.door.counts();
        counts.all -= 1;
        if !self.known {
            counts.unknown -= 1;
        }
        if let Some(of) = counts.of.get_mut(&self.from) {
            *of -= 1;
            if *of == 0 {
                counts.of.remove(&self.from);
            }
        }
        drop(counts);
        self.door.0.left.notify_waiters();
    }
}

/// What one household has: an address of IPv4, or the first 64 bits of one of IPv6.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn v4(n: usize) -> IpAddr {
        IpAddr::from([127, 1, (n >> 8) as u8, n as u8])
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let door = Door::default();
        let mut places: Vec<Place> =
            (0..CONNECTIONS_PER_ADDRESS_MAX).map(|_| door.enter(ip("127.0.0.1")).unwrap()).collect();
        assert_eq!(door.enter(ip("127.0.0.1")).err(), Some(Full::Address));
        assert_eq!(door.enter(ip("::ffff:127.0.0.1")).err(), Some(Full::Address), "the same in other words");
        assert!(door.enter(ip("127.0.0.2")).is_ok());
        places.pop();
        assert!(door.enter(ip("127.0.0.1")).is_ok());
    }

    #[test]
    fn addresses_of_one_household_count_together() {
        let door = Door::default();
        let _places: Vec<Place> = (0..CONNECTIONS_PER_ADDRESS_MAX)
            .map(|n| door.enter(ip(&format!("2001:db8:0:1::{n:x}"))).unwrap())
            .collect();
        assert_eq!(door.enter(ip("2001:db8:0:1:ffff::1")).err(), Some(Full::Address));
        assert!(door.enter(ip("2001:db8:0:2::1")).is_ok());
    }

    #[test]
    fn strangers_leave_room_for_those_who_are_known() {
        let door = Door::default();
        let mut places: Vec<Place> = (0..UNKNOWN_MAX).map(|n| door.enter(v4(n)).unwrap()).collect();
        assert_eq!(door.enter(v4(UNKNOWN_MAX)).err(), Some(Full::Unknown));
        places[0].known();
        places[0].known();
        places.push(door.enter(v4(UNKNOWN_MAX)).unwrap());
        assert_eq!(door.enter(v4(UNKNOWN_MAX + 1)).err(), Some(Full::Unknown), "it made one place");
        for n in UNKNOWN_MAX + 1..CONNECTIONS_MAX {
            places.iter_mut().for_each(Place::known);
            places.push(door.enter(v4(n)).unwrap());
        }
        places.iter_mut().for_each(Place::known);
        assert_eq!(door.enter(v4(CONNECTIONS_MAX)).err(), Some(Full::All));
    }

    #[tokio::test]
    async fn a_door_is_empty_when_the_last_one_has_left() {
        let door = Door::default();
        let place = door.enter(v4(1)).unwrap();
        let waiting = tokio::spawn({
            let door = door.clone();
            async move { door.empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(place);
        waiting.await.unwrap();
        assert!(door.counts().of.is_empty());
    }
}
