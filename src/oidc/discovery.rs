//! When to ask a provider, or another issuer of tokens, what it publishes: at the first sign-in, then hourly, and when
//! a token names a key we do not know. One question at a time, shared by all who wait; none at all while a failure is
//! fresh.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use super::error::OidcError;
use super::provider::Published;
use crate::base::{Ambient, HttpClient, Timestamp};

/// How long an answer is used before it is asked for again: keys taken back are trusted no longer than this.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// The pause after a first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause: a provider that is back is noticed within a minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The least time between two renewals because of an unknown key: a stream of bad tokens must not become a stream of
/// requests to the provider.
const KEY_FLOOR: Duration = Duration::from_secs(10);

/// The provider's published state, kept.
pub(super) struct Discovery<P: Published> {
    place: P::Place,
    http: HttpClient,
    ambient: Ambient,
    current: ArcSwapOption<P>,
    gate: Mutex<Gate>,
    /// Why the last question was not answered, if it was not.
    trouble: ArcSwapOption<String>,
}

/// Held by whoever asks.
#[derive(Default)]
struct Gate {
    failures: u32,
    last_failure: Option<Failure>,
    renewed_for_key: Option<Timestamp>,
}

struct Failure {
    retry_at: Timestamp,
    error: OidcError,
}

impl<P: Published> Discovery<P> {
    pub(super) fn new(place: P::Place, http: HttpClient, ambient: Ambient) -> Self {
        Self {
            place,
            http,
            ambient,
            current: ArcSwapOption::empty(),
            gate: Mutex::default(),
            trouble: ArcSwapOption::empty(),
        }
    }

    /// The provider, asked for if it is not known or not fresh. What is known stays in use when asking fails.
    pub(super) async fn current(self: &Arc<Self>) -> Result<Arc<P>, OidcError> {
        if let Some(provider) = self.fresh() {
            return Ok(provider);
        }
        let this = Arc::clone(self);
        detached(async move { this.renew_if_stale().await }).await
    }

    /// A provider with newer keys than `seen`, if one may be asked for now; else `seen` itself.
    pub(super) async fn newer_than(self: &Arc<Self>, seen: &Arc<P>) -> Result<Arc<P>, OidcError> {
        let (this, seen) = (Arc::clone(self), Arc::clone(seen));
        detached(async move { this.renew_for_key(seen).await }).await
    }

    /// Why the provider did not answer when it was last asked, if it did not.
    pub(super) fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    fn fresh(&self) -> Option<Arc<P>> {
        let now = self.ambient.now();
        self.current.load_full().filter(|provider| now.since(provider.fetched()) < FRESH)
    }

    async fn renew_if_stale(&self) -> Result<Arc<P>, OidcError> {
        let mut gate = self.gate.lock().await;
        // Somebody may have asked while we waited.
        if let Some(provider) = self.fresh() {
            return Ok(provider);
        }
        let stale = self.current.load_full();
        if let Some(failure) = gate.last_failure.as_ref().filter(|failure| self.ambient.now() < failure.retry_at) {
            return stale.ok_or_else(|| failure.error.clone());
        }
        let renewed = self.fetch(&mut gate).await;
        match (renewed, stale) {
            (Err(_), Some(stale)) => Ok(stale),
            (renewed, _) => renewed,
        }
    }

    async fn renew_for_key(&self, seen: Arc<P>) -> Result<Arc<P>, OidcError> {
        let mut gate = self.gate.lock().await;
        match self.current.load_full() {
            Some(current) if !Arc::ptr_eq(&current, &seen) => return Ok(current),
            _ => {}
        }
        let now = self.ambient.now();
        if gate.renewed_for_key.is_some_and(|last| now < last.plus(KEY_FLOOR)) {
            return Ok(seen);
        }
        gate.renewed_for_key = Some(now);
        self.fetch(&mut gate).await
    }

    async fn fetch(&self, gate: &mut Gate) -> Result<Arc<P>, OidcError> {
        match P::fetch(&self.place, &self.http, self.ambient.now()).await {
            Ok(provider) => {
                let provider = Arc::new(provider);
                self.current.store(Some(Arc::clone(&provider)));
                gate.failures = 0;
                gate.last_failure = None;
                self.trouble.store(None);
                Ok(provider)
            }
            Err(error) => {
                gate.failures = gate.failures.saturating_add(1);
                self.trouble.store(Some(Arc::new(error.to_string())));
                let retry_at = self.ambient.now().plus(pause_after(gate.failures));
                gate.last_failure = Some(Failure { retry_at, error: error.clone() });
                Err(error)
            }
        }
    }
}

/// Runs to its end even if whoever waits goes away: a browser that hangs up must not waste the answer others wait for.
async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, OidcError>> + Send + 'static,
) -> Result<T, OidcError> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(_) => Err(OidcError::unavailable("asking the provider was interrupted")),
    }
}

fn pause_after(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
