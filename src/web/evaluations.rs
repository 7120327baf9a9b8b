//! Where policies are evaluated: off the async workers, which serve requests meanwhile.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// So many evaluations at once: enough for every core, never enough to starve the proxy.
const MOST: usize = 2;

/// Evaluations of one kind: a few at once, whoever asks; the others wait.
#[derive(Clone, Debug)]
pub struct Evaluations(Arc<Semaphore>);

/// An evaluation that came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("an evaluation came to nothing: {0}")]
pub struct NoAnswer(String);

impl Default for Evaluations {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl Evaluations {
    /// Runs what evaluates policies.
    ///
    /// # Errors
    /// When it breaks off.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NoAnswer> {
        let permit = Arc::clone(&self.0).acquire_owned().await.map_err(|error| NoAnswer(error.to_string()))?;
        let evaluated = spawn_blocking(move || {
            // Held by the work itself: it goes on when the browser hangs up, and so must count.
            let _permit = permit;
            work()
        });
        evaluated.await.map_err(|error| NoAnswer(error.to_string()))
    }
}
