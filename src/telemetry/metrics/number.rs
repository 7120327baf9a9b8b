//! Numbers that anybody may add to at once. Nothing is ordered by them, so the cheapest kind of atomic will do.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::telemetry::label::Label;

/// A number that grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn one(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that rises and falls. Clones are the same number.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

impl Gauge {
    /// One more, until what is given back is dropped.
    pub fn hold(&self) -> Held {
        self.0.fetch_add(1, Relaxed);
        Held(self.clone())
    }

    /// Sets it.
    pub fn set(&self, number: i64) {
        self.0.store(number, Relaxed);
    }

    pub(super) fn get(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// One of what a gauge counts.
#[derive(Debug)]
pub struct Held(Gauge);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// A number for each value of a label.
#[derive(Debug)]
pub struct By<L, T = Counter>(Box<[T]>, PhantomData<L>);

impl<L: Label, T: Default> Default for By<L, T> {
    fn default() -> Self {
        Self(L::ALL.iter().map(|_| T::default()).collect(), PhantomData)
    }
}

impl<L: Label, T> By<L, T> {
    /// The number of one value.
    pub fn of(&self, label: L) -> &T {
        &self.0[label.index()]
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'static str, &T)> {
        L::ALL.iter().map(|label| (label.word(), self.of(*label)))
    }
}

/// The upper bounds of the buckets, in microseconds and as they are told, in seconds: from what an answer out of memory
/// takes to what nobody waits for.
pub(super) const BOUNDS: [(u64, &str); 14] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
];

/// How long things took.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One for each bound, and one for what is above all of them.
    buckets: [Counter; BOUNDS.len() + 1],
    /// In microseconds.
    sum: Counter,
}

impl Histogram {
    /// One more that took so long.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(bound, _)| micros <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].one();
        self.sum.add(micros);
    }

    /// How many took at most as long as each bound; last, how many there are.
    pub(super) fn cumulated(&self) -> [u64; BOUNDS.len() + 1] {
        let mut sum = 0;
        std::array::from_fn(|bucket| {
            sum += self.buckets[bucket].get();
            sum
        })
    }

    pub(super) fn sum(&self) -> Duration {
        Duration::from_micros(self.sum.get())
    }
}
