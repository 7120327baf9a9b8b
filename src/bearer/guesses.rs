//! How many tokens that open nothing one address may present: guessing is hopeless, but each guess costs us more than
//! whoever makes it. Tokens known to open something are never slowed down by it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::{Ambient, Timestamp, owner_of};

/// Failures a second, on average.
const PER_SECOND: u64 = 10;
/// Failures at once, after a pause: a fleet behind one address whose tokens have all just run out.
const BURST: u32 = 100;
/// What one failure costs in time.
const STEP: Duration = Duration::from_millis(1_000 / PER_SECOND);
/// Addresses remembered before those that have rested are let go.
const MAX_REMEMBERED: usize = 10_000;

/// When each address's failures so far are paid for (the generic cell rate algorithm).
pub(super) struct Guesses {
    ambient: Ambient,
    paid: Mutex<HashMap<IpAddr, Timestamp>>,
}

impl Guesses {
    pub(super) fn new(ambient: Ambient) -> Self {
        Self { ambient, paid: Mutex::default() }
    }

    /// Whether another may be looked at.
    ///
    /// # Errors
    /// When not: after how many seconds it may be.
    pub(super) fn check(&self, client: Option<IpAddr>) -> Result<(), u64> {
        let now = self.ambient.now();
        let paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |client| paid.get(&whose(client)).map_or(Duration::ZERO, |until| until.since(now));
        let ahead = if paid.len() < MAX_REMEMBERED { of(client) } else { of(client).max(of(None)) };
        let slack = STEP * BURST;
        if ahead < slack { Ok(()) } else { Err((ahead - slack).as_secs() + 1) }
    }

    /// Counts one that opened nothing.
    pub(super) fn count(&self, client: Option<IpAddr>) {
        let now = self.ambient.now();
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MAX_REMEMBERED {
            paid.retain(|_, until| *until > now);
        }
        // Of too many addresses at once, those that are not remembered share one allowance.
        let full = paid.len() >= MAX_REMEMBERED && !paid.contains_key(&whose(client));
        let until = paid.entry(if full { whose(None) } else { whose(client) }).or_insert(now);
        *until = (*until).max(now).plus(STEP);
    }
}

/// Whoever it is; all whose address is not known are one.
fn whose(client: Option<IpAddr>) -> IpAddr {
    client.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), owner_of)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{Clock, SystemChance};

    /// A clock that stands until it is moved.
    #[derive(Clone, Default)]
    struct Standing(Arc<Mutex<Duration>>);

    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1_800_000_000).plus(*self.0.lock().unwrap())
        }
    }

    #[test]
    fn an_address_that_guesses_waits_and_no_other_does() {
        let clock = Standing::default();
        let guesses = Guesses::new(Ambient::new(clock.clone(), SystemChance::default()));
        let one: Option<IpAddr> = Some("2001:db8::1".parse().unwrap());
        let neighbour = Some("2001:db8::2".parse().unwrap());
        let other = Some("192.0.2.1".parse().unwrap());
        for _ in 0..BURST {
            assert_eq!(guesses.check(one), Ok(()));
            guesses.count(one);
        }
        assert_eq!(guesses.check(one), Err(1));
        assert_eq!(guesses.check(neighbour), Err(1), "a network of one host");
        assert_eq!(guesses.check(other), Ok(()));
        *clock.0.lock().unwrap() += STEP;
        assert_eq!(guesses.check(one), Ok(()));
    }

    #[test]
    fn so_many_addresses_that_none_is_remembered_share_one_allowance() {
        let guesses = Guesses::new(Ambient::new(Standing::default(), SystemChance::default()));
        let address = |number: u32| Some(IpAddr::V4(number.into()));
        (1..=10_000).for_each(|number| guesses.count(address(number)));
        for number in 0..BURST {
            assert_eq!(guesses.check(address(20_000 + number)), Ok(()));
            guesses.count(address(20_000 + number));
        }
        assert_eq!(guesses.check(address(30_000)), Err(1));
        assert_eq!(guesses.paid.lock().unwrap().len(), MAX_REMEMBERED + 1);
    }
}
