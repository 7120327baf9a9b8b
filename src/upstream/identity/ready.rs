//! Headers that are ready, of those who ask again and again.

use std::hash::{BuildHasher as _, BuildHasherDefault};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::Whom;
use super::told::Told;
use crate::base::{QuickHasher, Timestamp};

/// For so many, at one to two kilobytes each as a rule. For everybody else they are written anew, which costs less than a
/// tenth of a request: little more than fetching them from far away in memory would.
pub(super) const PLACES: usize = 512;
/// A place is left to its holder as long as they ask this often.
const HELD_FOR: Duration = Duration::from_secs(1);

/// Each has one place, found by what it hangs on, which may be held by another.
pub(super) struct Ready {
    places: Box<[RwLock<Option<Box<Held>>>]>,
}

struct Held {
    whom: Whom,
    told: Told,
    renew_at: Timestamp,
    /// Microseconds since the Unix epoch.
    used_at: AtomicI64,
}

impl Held {
    fn is_free(&self, now: Timestamp) -> bool {
        now >= self.renew_at || now.since(Timestamp::from_micros(self.used_at.load(Ordering::Relaxed))) >= HELD_FOR
    }
}

impl Default for Ready {
    fn default() -> Self {
        Self { places: (0..PLACES).map(|_| RwLock::default()).collect() }
    }
}

impl Ready {
    /// What `read` makes of what is told, if it is ready.
    pub(super) fn look<R>(&self, whom: &Whom, now: Timestamp, read: impl FnOnce(&Told) -> R) -> Option<R> {
        let place = self.place(whom).read().unwrap_or_else(PoisonError::into_inner);
        let held = place.as_ref().filter(|held| held.whom == *whom && now < held.renew_at)?;
        held.used_at.store(now.micros(), Ordering::Relaxed);
        Some(read(&held.told))
    }

    /// Has it ready from now on, if there is room.
    pub(super) fn offer(&self, whom: Whom, now: Timestamp, told: Told, renew_at: Timestamp) {
        let place = self.place(&whom);
        let is_free =
            |held: &Option<Box<Held>>| held.as_ref().is_none_or(|held| held.whom == whom || held.is_free(now));
        if is_free(&place.read().unwrap_or_else(PoisonError::into_inner)) {
            let held = Held { whom, told, renew_at, used_at: AtomicI64::new(now.micros()) };
            *place.write().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(held));
        }
    }

    /// Lets go of what would be told anew anyway.
    pub(super) fn sweep(&self, now: Timestamp) {
        for place in &self.places {
            let mut place = place.write().unwrap_or_else(PoisonError::into_inner);
            place.take_if(|held| now >= held.renew_at);
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.places.iter().filter(|place| place.read().unwrap_or_else(PoisonError::into_inner).is_some()).count()
    }

    fn place(&self, whom: &Whom) -> &RwLock<Option<Box<Held>>> {
        &self.places[Self::place_of(whom)]
    }

    pub(super) fn place_of(whom: &Whom) -> usize {
        BuildHasherDefault::<QuickHasher>::default().hash_one(whom) as usize % PLACES
    }
}
