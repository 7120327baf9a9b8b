//! How fast somebody may do something: so much at once after a pause, and so much on average.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Ambient, Timestamp};

/// Those remembered before the ones who have rested are let go.
const MAX_REMEMBERED: usize = 10_000;

/// When what each of them did so far is paid for (the generic cell rate algorithm): one instant for each.
#[derive(Debug)]
pub struct Pace<Who> {
    ambient: Ambient,
    step: Duration,
    slack: Duration,
    paid: Mutex<HashMap<Who, Timestamp>>,
}

impl<Who: Eq + Hash> Pace<Who> {
    /// At most `burst` steps at once, and one every `step` on average.
    pub fn new(ambient: Ambient, step: Duration, burst: u32) -> Self {
        Self { ambient, step, slack: step * burst.saturating_sub(1), paid: Mutex::default() }
    }

    /// Counts so many steps, all or none: they are taken once the first of them may be.
    ///
    /// # Errors
    /// When they come too soon: after how many seconds they will do.
    pub fn take(&self, who: Who, steps: u32) -> Result<(), u64> {
        let now = self.ambient.now();
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        if paid.len() >= MAX_REMEMBERED {
            paid.retain(|_, until| *until > now);
        }
        let until = paid.entry(who).or_insert(now);
        let begins = (*until).max(now);
        let ahead = begins.since(now);
        if ahead > self.slack {
            return Err((ahead - self.slack).as_millis().div_ceil(1_000).try_into().unwrap_or(1));
        }
        *until = begins.plus(self.step * steps);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Clock, SystemChance};

    const STEP: Duration = Duration::from_millis(50);
    const BURST: u32 = 100;

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
        let pace = Pace::new(Ambient::new(clock.clone(), SystemChance::default()), STEP, BURST);
        for _ in 0..BURST {
            assert_eq!(pace.take("one", 1), Ok(()));
        }
        assert_eq!(pace.take("one", 1), Err(1));
        assert_eq!(pace.take("other", 1), Ok(()), "each has a pace of their own");
        *clock.0.lock().unwrap() += STEP;
        assert_eq!((pace.take("one", 1), pace.take("one", 1)), (Ok(()), Err(1)));
        *clock.0.lock().unwrap() += Duration::from_secs(3600);
        for _ in 0..BURST {
            assert_eq!(pace.take("one", 1), Ok(()));
        }
        assert_eq!(pace.take("one", 1), Err(1));
    }

    #[test]
    fn what_is_taken_at_once_is_paid_for_before_more_is() {
        let clock = Standing::default();
        let pace = Pace::new(Ambient::new(clock.clone(), SystemChance::default()), Duration::from_secs(2), 4);
        assert_eq!(pace.take("one", 16), Ok(()), "it is taken whole");
        assert_eq!(pace.take("one", 1), Err(26));
        *clock.0.lock().unwrap() += Duration::from_secs(26);
        assert_eq!(pace.take("one", 1), Ok(()));
    }
}
