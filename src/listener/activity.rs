//! What goes on over one connection, so that one over which nothing does can be closed.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Version;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    started: Instant,
    begun: AtomicBool,
    http2: AtomicBool,
    in_flight: AtomicUsize,
    /// When the last request ended, in microseconds since `started`.
    ended_at: AtomicU64,
}

/// What goes on over a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There has been no request yet.
    Fresh,
    /// A request is under way.
    Busy,
    /// None is, for so long.
    Resting(Duration),
}

/// A request under way, until the last byte of its answer and of its own body.
pub(super) struct Busy(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            begun: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            ended_at: AtomicU64::new(0),
        }
    }

    pub(super) fn begin(self: &Arc<Self>, version: Version) -> Busy {
        let busy = self.busy();
        self.http2.store(version == Version::HTTP_2, Ordering::Relaxed);
        self.begun.store(true, Ordering::Release);
        busy
    }

    fn busy(self: &Arc<Self>) -> Busy {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// Whether requests come over HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    pub(super) fn state(&self) -> State {
        if !self.begun.load(Ordering::Acquire) {
            State::Fresh
        } else if self.in_flight.load(Ordering::Acquire) > 0 {
            State::Busy
        } else {
            let ended_at = Duration::from_micros(self.ended_at.load(Ordering::Relaxed));
            State::Resting(self.started.elapsed().saturating_sub(ended_at))
        }
    }
}

impl Clone for Busy {
    fn clone(&self) -> Self {
        self.0.busy()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let micros = u64::try_from(self.0.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        // In this order: whoever finds nothing in flight finds when that began.
        self.0.ended_at.fetch_max(micros, Ordering::Relaxed);
        self.0.in_flight.fetch_sub(1, Ordering::Release);
    }
}

/// A body of a request or its answer. The request is under way for as long as there is one.
pub struct Tracked<B> {
    body: B,
    busy: Option<Busy>,
}

impl<B: Body> Tracked<B> {
    pub(super) fn request(body: B, busy: &Busy) -> Self {
        Self { busy: (!body.is_end_stream()).then(|| busy.clone()), body }
    }

    pub(super) const fn answer(body: B, busy: Busy) -> Self {
        Self { busy: Some(busy), body }
    }
}

impl<B: Body + Unpin> Body for Tracked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let Self { body, busy } = self.get_mut();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        // Whoever knows that this was all may never ask again, nor drop the body soon.
        if body.is_end_stream() {
            *busy = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
