//! What is kept of one destination: connections that are unused, how well it is, and how many retries it may take.

use std::sync::{Mutex, PoisonError};

use super::http2::Lines;
use super::line::Line;
use crate::upstream::connect::Trust;
use crate::upstream::health::Health;

/// Most unused connections kept for each upstream.
const MAX_IDLE_PER_UPSTREAM: usize = 256;

/// How many requests pay for one retry: what an upstream is sent grows by a fifth at most, however much goes wrong.
const RETRY_PRICE: u32 = 5;
/// And how much of that is saved up: enough for all that is under way when a busy upstream is restarted.
const MOST_SAVED: u32 = 100 * RETRY_PRICE;

/// What is kept of one destination.
#[derive(Debug)]
pub(in crate::upstream) struct Shelf {
    pub(in crate::upstream) health: Health,
    pub(in crate::upstream) trust: Trust,
    /// Connections over HTTP/2.
    pub(super) lines: Lines,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    idle: Vec<Idle>,
    /// Requests that have not paid for a retry yet.
    saved: u32,
}

#[derive(Debug)]
struct Idle {
    line: Line,
    /// Whether it was used since unused ones were last closed.
    used: bool,
}

impl Shelf {
    pub(super) fn new() -> Self {
        let kept = Mutex::new(Kept { idle: Vec::new(), saved: MOST_SAVED });
        Self { health: Health::new(), trust: Trust::default(), lines: Lines::default(), kept }
    }

    /// For a request: the connection used last, so that those not needed are left unused.
    pub(super) fn take(&self) -> Option<Line> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.saved = MOST_SAVED.min(kept.saved + 1);
        std::iter::from_fn(|| kept.idle.pop()).map(|idle| idle.line).find(|line| line.is_ready())
    }

    pub(super) fn put(&self, line: Line) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.idle.len() < MAX_IDLE_PER_UPSTREAM {
            kept.idle.push(Idle { line, used: true });
        }
    }

    /// Whether a request that failed may be tried here once more. Where much fails, that would double what an upstream
    /// in trouble is sent.
    pub(in crate::upstream) fn pays_for_retry(&self) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = kept.saved.checked_sub(RETRY_PRICE);
        kept.saved = rest.unwrap_or(kept.saved);
        rest.is_some()
    }

    /// Closes what was not used since it was last called. Says whether nothing is left that is worth keeping.
    pub(super) fn close_unused(&self) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.idle.retain_mut(|idle| std::mem::take(&mut idle.used) && !idle.line.is_closed());
        self.lines.close_unused() && kept.idle.is_empty() && self.health.is_well()
    }

    /// Whether it has as many requests over HTTP/2 at work as it may have.
    pub(in crate::upstream) fn is_full(&self) -> bool {
        self.lines.is_full()
    }

    /// Whether nothing is kept here that is worth it.
    pub(super) fn is_bare(&self) -> bool {
        let is_idle = self.kept.lock().unwrap_or_else(PoisonError::into_inner).idle.is_empty();
        is_idle && self.lines.is_empty() && self.health.is_well()
    }
}
