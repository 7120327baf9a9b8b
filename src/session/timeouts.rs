//! How long sessions live, as it may change while they do.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::SessionSettings;

/// Both timeouts, in microseconds.
pub(super) struct Timeouts {
    idle: AtomicU64,
    absolute: AtomicU64,
}

impl Timeouts {
    pub(super) fn new(settings: SessionSettings) -> Self {
        let timeouts = Self { idle: AtomicU64::new(0), absolute: AtomicU64::new(0) };
        timeouts.set(settings);
        timeouts
    }

    pub(super) fn set(&self, settings: SessionSettings) {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.idle.store(micros(settings.idle_timeout), Relaxed);
        self.absolute.store(micros(settings.absolute_timeout), Relaxed);
    }

    pub(super) fn idle(&self) -> Duration {
        Duration::from_micros(self.idle.load(Relaxed))
    }

    pub(super) fn absolute(&self) -> Duration {
        Duration::from_micros(self.absolute.load(Relaxed))
    }
}
