//! How fast one token may ask: enough for a program that reads a million users page by page, too little to keep everybody
//! else waiting.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::{Ambient, Timestamp};
use crate::identity::TokenId;

/// Requests a second, on average.
const PER_SECOND: u32 = 20;
/// Requests at once, after a pause.
const BURST: u32 = 100;
/// What one request costs in time.
const STEP: Duration = Duration::from_millis(1_000 / PER_SECOND as u64);
/// How far ahead of time a token may be.
const SLACK: Duration = Duration::from_millis(STEP.as_millis() as u64 * (BURST - 1) as u64);
/// Tokens remembered before those that have rested are let go.
const MAX_REMEMBERED: usize = 10_000;

/// When each token's requests so far are paid for (the generic cell rate algorithm): one instant per token.
pub(super) struct Pace {
    ambient: Ambient,
    paid: Mutex<HashMap<TokenId, Timestamp>>,
}

impl Pace {
    pub(super) fn new(ambient: Ambient) -> Self {
        Self { ambient, paid: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// When it comes too soon: after how many seconds the next will do.
    pub(super) fn step(&self, token: TokenId) -> Result<(), u64> {
        let now = self.ambient.now();
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MAX_REMEMBERED {
            paid.retain(|_, until| *until > now);
        }
        let until = paid.entry(token).or_insert(now);
        let begins = (*until).max(now);
        let ahead = begins.since(now);
        if ahead > SLACK {
            return Err((ahead - SLACK).as_millis().div_ceil(1_000).try_into().unwrap_or(1));
        }
        *until = begins.plus(STEP);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::{Clock, SystemChance};

    /// A clock that stands until it is moved.
    #[derive(Clone, Default)]
    struct Standing(std::sync::Arc<Mutex<Duration>>);

    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1_800_000_000).plus(*self.0.lock().unwrap())
        }
    }

    #[test]
    fn a_burst_is_let_through_and_then_the_average() {
        let clock = Standing::default();
        let pace = Pace::new(Ambient::new(clock.clone(), SystemChance::default()));
        let (one, other) = (TokenId::new(Uuid::from_u128(1)), TokenId::new(Uuid::from_u128(2)));
        for _ in 0..BURST {
            assert_eq!(pace.step(one), Ok(()));
        }
        assert_eq!(pace.step(one), Err(1));
        assert_eq!(pace.step(other), Ok(()), "each token has its own pace");
        *clock.0.lock().unwrap() += STEP;
        assert_eq!((pace.step(one), pace.step(one)), (Ok(()), Err(1)));
        *clock.0.lock().unwrap() += Duration::from_secs(3600);
        for _ in 0..BURST {
            assert_eq!(pace.step(one), Ok(()));
        }
        assert_eq!(pace.step(one), Err(1));
    }
}
