//! The place of a connection: one of those that a listener has, and one of those that a client may have.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::crowd::Place;
use crate::telemetry::Held;

/// A connection's place among those a listener takes at once. Whoever goes on using the connection after the answer, as a
/// WebSocket does, keeps a copy for as long: a drain waits for it.
#[derive(Clone, Debug)]
pub struct Slot(Arc<Places>);

#[derive(Debug)]
struct Places {
    _permit: Option<OwnedSemaphorePermit>,
    of_client: Option<Place>,
    _open: Held,
    stopped: watch::Receiver<bool>,
}

impl Slot {
    /// A place of the listener's and one of the client's, for as long as the connection is `open`.
    pub(super) fn new(
        permit: Option<OwnedSemaphorePermit>,
        of_client: Option<Place>,
        open: Held,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self(Arc::new(Places { _permit: permit, of_client, _open: open, stopped }))
    }

    /// Whether it is time to stop: whoever goes on using the connection has until the end of the drain.
    pub fn is_stopping(&self) -> bool {
        *self.0.stopped.borrow()
    }

    /// Whether somebody has a copy beside the connection itself, which has `own` of them.
    pub(super) fn is_lent(&self, own: usize) -> bool {
        Arc::strong_count(&self.0) > own
    }

    /// Counts the connection among this client's, instead of the peer's. Says whether that could be done.
    pub(super) fn count_for(&mut self, place: Place) -> bool {
        Arc::get_mut(&mut self.0).map(|places| places.of_client = Some(place)).is_some()
    }
}
