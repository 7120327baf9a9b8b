//! The numbers of this process. Whoever counts holds what it counts with, so that counting is an addition: nothing is
//! looked up, nothing waits. There are as many series as the configuration has applications and IdPs, up to a bound.

mod expose;
mod number;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::label::{
    Answer, CertificateSource, Decided, Door, Ended, Fate, Known, Ordered, RefreshOutcome, SignInOutcome, Trouble,
};
use number::{By, Histogram};
pub use number::{Counter, Gauge, Held};

/// Most applications with series of their own, some hundred each. All others are counted together, under [`OTHER`].
const MAX_APPLICATIONS: usize = 200;
/// Most IdPs with series of their own.
const MAX_IDPS: usize = 100;
/// What those beyond the bound are called. It cannot be an id: no id holds this letter.
pub(super) const OTHER: &str = "_other";

/// Every number of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests to nobody's application.
    doors: By<Door, By<Answer, Histogram>>,
    applications: Registry<ApplicationMeter>,
    idps: Registry<IdpMeter>,
    /// Sessions.
    pub sessions: SessionMeters,
    /// Lines of the access log that were not written.
    pub(super) lines_dropped: Counter,
    spans: By<Fate>,
    /// Connections to the public listeners.
    pub connections: Gauge,
    /// WebSockets.
    pub websockets: Gauge,
    /// Whether the configuration was taken in when it was last read: 1 or 0.
    pub configuration_taken: Gauge,
    /// Certificates.
    pub certificates: CertificateMeters,
}

/// What is counted of one application.
#[derive(Debug, Default)]
pub struct ApplicationMeter {
    requests: By<Answer, Histogram>,
    decisions: By<Decided>,
    troubles: By<Trouble>,
}

/// What is counted of the sign-ins at one IdP, and of what it says later.
#[derive(Debug, Default)]
pub struct IdpMeter {
    outcomes: By<SignInOutcome>,
    refreshes: By<RefreshOutcome>,
    /// Accounts that sign-ins made.
    pub accounts: Counter,
    /// Grants that sign-ins gave.
    pub grants_added: Counter,
    /// Grants that sign-ins took back.
    pub grants_removed: Counter,
    /// Organizations whose selectors failed at a sign-in.
    pub selector_errors: Counter,
}

/// What is counted of sessions.
#[derive(Debug, Default)]
pub struct SessionMeters {
    /// Sessions that live, in the whole directory.
    pub live: Gauge,
    /// Sessions that began.
    pub opened: Counter,
    ended: By<Ended>,
    lookups: By<Known>,
}

/// What is counted of certificates.
#[derive(Debug, Default)]
pub struct CertificateMeters {
    orders: By<Ordered>,
    /// Hosts whose certificate could not be ordered or renewed.
    pub in_trouble: Gauge,
    /// In seconds since the Unix epoch; zero where there is none.
    first_ends: By<CertificateSource, Gauge>,
}

/// What is not counted but looked at when somebody asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Whether people can enter.
    pub ready: bool,
    /// Whether we are about to stop.
    pub stopping: bool,
    /// The version of the catalogue that requests are decided by.
    pub catalogue_version: i64,
    /// How long ago the change log was last read to its end.
    pub change_log_age: Duration,
    /// Sessions held in memory.
    pub sessions: usize,
}

impl Metrics {
    /// What requests to this application are counted with.
    pub fn application(&self, id: &str) -> Arc<ApplicationMeter> {
        self.applications.of(id, MAX_APPLICATIONS)
    }

    /// Forgets all applications but these, so that there is room for others.
    pub fn keep_applications(&self, ids: &BTreeSet<&str>) {
        self.applications.keep(ids);
    }

    /// What sign-ins at this IdP are counted with. Ask for none that is not of the configuration.
    pub fn idp(&self, id: &str) -> Arc<IdpMeter> {
        self.idps.of(id, MAX_IDPS)
    }

    /// Forgets all IdPs but these, so that there is room for others.
    pub fn keep_idps(&self, ids: &BTreeSet<&str>) {
        self.idps.keep(ids);
    }

    /// Counts spans of traces.
    pub(super) fn spans(&self, fate: Fate, count: u64) {
        self.spans.of(fate).add(count);
    }

    /// Counts a request that was no application's.
    pub(super) fn answered(&self, door: Door, answer: Answer, started: Instant) {
        self.doors.of(door).of(answer).observe(started.elapsed());
    }
}

impl ApplicationMeter {
    /// Counts a request that no upstream answered.
    pub fn trouble(&self, trouble: Trouble) {
        self.troubles.of(trouble).one();
    }

    pub(super) fn decided(&self, decided: Decided) {
        self.decisions.of(decided).one();
    }

    pub(super) fn answered(&self, answer: Answer, started: Instant) {
        self.requests.of(answer).observe(started.elapsed());
    }
}

impl IdpMeter {
    /// Counts a sign-in.
    pub fn ended(&self, outcome: SignInOutcome) {
        self.outcomes.of(outcome).one();
    }

    /// Counts a question about somebody who has a session.
    pub fn refreshed(&self, outcome: RefreshOutcome) {
        self.refreshes.of(outcome).one();
    }
}

impl SessionMeters {
    /// Counts a session that ended.
    pub fn ended(&self, why: Ended, count: u64) {
        self.ended.of(why).add(count);
    }

    /// Counts a token that was looked up.
    pub fn looked_up(&self, known: Known) {
        self.lookups.of(known).one();
    }
}

impl CertificateMeters {
    /// Counts an order that ended.
    pub fn ordered(&self, outcome: Ordered) {
        self.orders.of(outcome).one();
    }

    /// Notes when the first certificate of that source ends, in seconds since the Unix epoch.
    pub fn first_end(&self, source: CertificateSource, secs: Option<i64>) {
        self.first_ends.of(source).set(secs.unwrap_or(0));
    }
}

/// The meters of what has an id.
#[derive(Debug)]
struct Registry<T> {
    named: RwLock<BTreeMap<String, Arc<T>>>,
    other: Arc<T>,
}

impl<T: Default> Default for Registry<T> {
    fn default() -> Self {
        Self { named: RwLock::default(), other: Arc::default() }
    }
}

impl<T: Default> Registry<T> {
    fn of(&self, id: &str, most: usize) -> Arc<T> {
        if let Some(known) = self.named.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Arc::clone(known);
        }
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        if named.len() >= most && !named.contains_key(id) {
            return Arc::clone(&self.other);
        }
        Arc::clone(named.entry(id.to_owned()).or_default())
    }

    fn keep(&self, ids: &BTreeSet<&str>) {
        self.named.write().unwrap_or_else(PoisonError::into_inner).retain(|id, _| ids.contains(id.as_str()));
    }

    /// All of them, those beyond the bound last.
    fn each(&self) -> Vec<(String, Arc<T>)> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        let each = named.iter().map(|(id, meter)| (id.clone(), Arc::clone(meter)));
        each.chain([(OTHER.to_owned(), Arc::clone(&self.other))]).collect()
    }
}

#[cfg(test)]
mod tests;
