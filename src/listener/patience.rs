//! How slowly a body may come.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The least that must come of a body in the time for it, in bytes: what the slowest of lines carries in seconds.
const LEAST: usize = 1_024;

/// A body came too slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body came too slowly")]
pub struct TooSlow;

/// Watches one body. Only the time counts in which somebody waited for it: who does not ask for more may take their time.
pub(super) struct Patience {
    limit: Duration,
    waited: Duration,
    came: usize,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Patience {
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, waited: Duration::ZERO, came: 0, waiting: None }
    }

    /// So many bytes came.
    pub(super) fn came(&mut self, bytes: usize) {
        if let Some((since, _)) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        self.came += bytes;
        if self.came >= LEAST {
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
    }

    /// Nothing came yet. Ready once that has lasted too long.
    pub(super) fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<TooSlow> {
        let left = self.limit.saturating_sub(self.waited);
        let (_, sleep) = self.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + left)))
        });
        sleep.as_mut().poll(cx).map(|()| TooSlow)
    }
}
