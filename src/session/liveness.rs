//! How long what was read of a session is believed, and when its user was last here.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::base::Timestamp;

/// What this process knows of a session beside whose it is.
#[derive(Debug)]
pub struct Liveness {
    /// From when on it is to be read anew: the session ends then, or one of its grants by itself.
    stale_at: Timestamp,
    /// The change number it was read at.
    number: i64,
    /// Microseconds since the Unix epoch.
    last_seen: AtomicI64,
    last_written: AtomicI64,
}

impl Liveness {
    /// Of what is no session: nobody believes it.
    pub const fn none() -> Self {
        let never = Timestamp::from_micros(0);
        Self::new(0, never, never, never)
    }

    /// Read at that change number, good until `stale_at`; the store has `written` as when it was last seen.
    pub(super) const fn new(number: i64, stale_at: Timestamp, seen: Timestamp, written: Timestamp) -> Self {
        let (last_seen, last_written) = (AtomicI64::new(seen.micros()), AtomicI64::new(written.micros()));
        Self { stale_at, number, last_seen, last_written }
    }

    /// The change number it was read at.
    pub(super) const fn number(&self) -> i64 {
        self.number
    }

    /// Whether it is in time, of a session that may idle for so long.
    pub(super) fn is_in_time(&self, now: Timestamp, idle_timeout: Duration) -> bool {
        now < self.stale_at && now.since(Timestamp::from_micros(self.last_seen.load(Ordering::Relaxed))) < idle_timeout
    }

    /// Notes that its user is here. Says whether that is to be written down, once in each interval.
    pub(super) fn see(&self, now: Timestamp, interval: Duration) -> bool {
        self.last_seen.fetch_max(now.micros(), Ordering::Relaxed);
        let written = self.last_written.load(Ordering::Relaxed);
        let is_due = now.since(Timestamp::from_micros(written)) >= interval;
        is_due
            && self.last_written.compare_exchange(written, now.micros(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(60);
    const INTERVAL: Duration = Duration::from_secs(10);

    #[test]
    fn a_session_is_in_time_until_it_is_stale_or_nobody_was_there_for_long() {
        let at = Timestamp::from_secs;
        let liveness = Liveness::new(1, at(1_100), at(1_000), at(1_000));
        assert!(liveness.is_in_time(at(1_059), IDLE) && !liveness.is_in_time(at(1_060), IDLE));
        liveness.see(at(1_050), INTERVAL);
        assert!(liveness.is_in_time(at(1_099), IDLE) && !liveness.is_in_time(at(1_100), IDLE));
        let none = Liveness::none();
        assert!([0, 1, 1_000].into_iter().all(|now| !none.is_in_time(at(now), Duration::MAX)));
    }

    #[test]
    fn who_is_there_is_written_down_once_in_each_interval_and_never_seen_to_go_back() {
        let at = Timestamp::from_secs;
        let liveness = Liveness::new(1, at(2_000), at(1_000), at(1_000));
        let written = [1_005, 1_010, 1_011, 1_019, 1_020].map(|now| liveness.see(at(now), INTERVAL));
        assert_eq!(written, [false, true, false, false, true]);
        assert!(!liveness.see(at(1_001), INTERVAL), "another thread's look at the clock comes late");
        assert!(liveness.is_in_time(at(1_079), IDLE), "seen at 1,020");
    }
}
