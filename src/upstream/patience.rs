//! How long an answer may take to begin, and go on.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How long an answer may take to begin. The time starts anew whenever the body of the request moves, so that an upload
/// may take as long as it does.
pub(super) struct Patience {
    limit: Duration,
    start: Instant,
    /// Made for a body that can move: most requests have none.
    progress: OnceLock<Progress>,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, start: Instant::now(), progress: OnceLock::new() }
    }

    pub(super) fn progress(&self) -> &Progress {
        self.progress.get_or_init(|| Progress { start: self.start, millis: Arc::default() })
    }

    pub(super) fn deadline(&self) -> Instant {
        let moved = self.progress.get().map_or(0, |progress| progress.millis.load(Ordering::Relaxed));
        self.start + Duration::from_millis(moved) + self.limit
    }

    /// Waits until it is over.
    pub(super) async fn is_over(&self) {
        let mut timer = Timer::default();
        std::future::poll_fn(|cx| timer.poll_over(cx, || self.deadline())).await;
    }
}

/// How long something may pause. Nothing is looked at while it goes on: the clock begins when it is waited for.
#[derive(Debug)]
pub(super) struct Pause {
    limit: Duration,
    /// Since when it is waited for.
    waiting: Option<Instant>,
    timer: Timer,
}

impl Pause {
    pub(super) const fn new(limit: Duration) -> Self {
        Self { limit, waiting: None, timer: Timer(None) }
    }

    /// It goes on, or is over.
    pub(super) const fn went_on(&mut self) {
        self.waiting = None;
    }

    /// Looks at the clock while it does not. Ready once that has lasted too long.
    pub(super) fn poll_too_long(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = *self.waiting.get_or_insert_with(Instant::now) + self.limit;
        self.timer.poll_over(cx, || deadline)
    }
}

/// When a request's body last moved.
#[derive(Clone)]
pub(super) struct Progress {
    start: Instant,
    millis: Arc<AtomicU64>,
}

impl Progress {
    pub(super) fn mark(&self) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }
}

/// A timer for one wait after the other. It may stand where an earlier one would have ended, and is moved on only when it
/// rings, which it hardly ever does: to set it anew each time would cost more than all the rest of waiting.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Whether the deadline of this wait is over.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>, deadline: impl Fn() -> Instant) -> Poll<()> {
        let until = deadline();
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if until < timer.deadline() {
            timer.as_mut().reset(until);
        }
        while timer.as_mut().poll(cx).is_ready() {
            let until = deadline();
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            timer.as_mut().reset(until);
        }
        Poll::Pending
    }
}
