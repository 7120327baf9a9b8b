//! Whether an upstream is believed to be there. Who could not be connected to is left alone for a while, longer each
//! time; then one request finds out. Health only orders a choice and refuses nothing: where all are down, one is tried
//! anyway, since a belief that is wrong must not close an application that works.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{ForwardError, Forwarder};
use crate::identity::{Destination, UpstreamUrl};

/// For how long an upstream is left alone at first: one that is only restarted is back by then.
const FIRST_LEAVE: Duration = Duration::from_secs(1);
/// And at most: so late it is noticed that a machine is back.
const LONGEST_LEAVE: Duration = Duration::from_secs(30);

/// What this process knows of an upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamHealth {
    /// Which one.
    pub upstream: UpstreamUrl,
    /// How it is.
    pub state: UpstreamState,
}

/// How an upstream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamState {
    /// Nothing was sent there for a while, so nothing is known.
    Unknown,
    /// It takes part.
    Up,
    /// It is left out as long as another one is up. Says why.
    Down(Arc<str>),
}

impl Forwarder {
    /// How upstreams are, in the order of `destinations`: what metrics, the console and the API tell. Read from memory.
    pub fn health(&self, destinations: &[Destination]) -> Vec<UpstreamHealth> {
        let state = |destination: &Destination| match self.pool.known(destination) {
            None => UpstreamState::Unknown,
            Some(shelf) => shelf.health.trouble().map_or(UpstreamState::Up, UpstreamState::Down),
        };
        let one = |it: &Destination| UpstreamHealth { upstream: it.upstream().clone(), state: state(it) };
        destinations.iter().map(one).collect()
    }
}

/// What is known of one upstream's health. Reading it is one atomic, as long as it is well.
#[derive(Debug)]
pub(super) struct Health {
    start: Instant,
    /// Until when it is left alone, in milliseconds from `start`; 0: it is not.
    leave_until: AtomicU64,
    /// How often in a row it could not be connected to.
    failures: AtomicU32,
    /// Whether it failed its checks.
    ill: AtomicBool,
    /// Why it is down; only looked at by people.
    why: Mutex<Option<Arc<str>>>,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            leave_until: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            ill: AtomicBool::new(false),
            why: Mutex::new(None),
        }
    }

    /// Whether a request should go there, if there is a choice. A yes to one that has been left alone long enough is
    /// said to one request alone: the others stay away until it is known what becomes of that.
    pub(super) fn admits(&self) -> bool {
        if self.ill.load(Ordering::Relaxed) {
            return false;
        }
        match self.leave_until.load(Ordering::Relaxed) {
            0 => true,
            until => self.admits_trial(until),
        }
    }

    /// Whether it is neither left alone nor ill.
    pub(super) fn is_well(&self) -> bool {
        !self.ill.load(Ordering::Relaxed) && self.leave_until.load(Ordering::Relaxed) == 0
    }

    /// Why it is down, if it is.
    pub(super) fn trouble(&self) -> Option<Arc<str>> {
        let why = || self.why.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
        (!self.is_well()).then(why)
    }

    #[cold]
    fn admits_trial(&self, until: u64) -> bool {
        // As if it had failed already; if it does not, that is forgotten.
        self.leave(until)
    }

    /// It could not be connected to. What fails while it is left alone began before that, and says nothing new.
    #[cold]
    pub(super) fn unreachable(&self, name: &str, error: &ForwardError) {
        self.explain(&error.to_string());
        let until = self.leave_until.load(Ordering::Relaxed);
        if self.leave(until) && until == 0 {
            tracing::warn!(upstream = name, cause = %error, "an upstream is left alone for a while");
        }
    }

    /// It could be connected to.
    pub(super) fn reachable(&self, name: &str) {
        if self.leave_until.load(Ordering::Relaxed) != 0 && self.leave_until.swap(0, Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
            tracing::info!(upstream = name, "an upstream is back");
        }
    }

    /// What its checks say.
    pub(super) fn checked(&self, name: &str, trouble: Option<&str>) {
        let before = self.ill.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(why) => {
                self.explain(why);
                if !before {
                    tracing::warn!(upstream = name, cause = why, "an upstream fails its checks");
                }
            }
            None if before => tracing::info!(upstream = name, "an upstream passes its checks again"),
            None => {}
        }
    }

    fn explain(&self, why: &str) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.into());
    }

    /// Leaves it alone, longer than the last time, unless it still is: it was to be until `until`.
    fn leave(&self, until: u64) -> bool {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let now = millis(self.start.elapsed());
        let failures = self.failures.load(Ordering::Relaxed);
        let next = now + millis(FIRST_LEAVE.saturating_mul(1 << failures.min(16)).min(LONGEST_LEAVE));
        let left = now >= until
            && self.leave_until.compare_exchange(until, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if left {
            self.failures.store(failures.saturating_add(1), Ordering::Relaxed);
        }
        left
    }
}

#[cfg(test)]
mod tests;
