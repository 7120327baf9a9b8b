//! What goes on over one connection, so that one over which nothing does can be closed.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::patience::Patience;

/// How many more requests a peer may give up on one connection than let be answered. People who leave pages early give up
/// some; thousands a second are the attack known as rapid reset, which costs it nothing and us a request each.
const MAX_GIVEN_UP: usize = 200;

/// How many answers are looked after before those that are over are sorted out.
const FEW: usize = 16;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The requests of one connection.
pub(super) struct Activity {
    started: Instant,
    begun: AtomicBool,
    http2: AtomicBool,
    in_flight: AtomicUsize,
    /// When the last request ended, in microseconds since `started`.
    ended_at: AtomicU64,
    given_up: AtomicUsize,
    abused: Notify,
    answers: Mutex<Vec<Watched>>,
}

/// An answer, as who looks after its connection sees it.
pub(super) trait Taken: Send + Sync {
    /// Odd while it waits for the client, and another number after each step.
    fn pace(&self) -> u32;
    /// Lets go of what it comes from.
    fn give_up(&self);
}

/// An answer to be looked at, and its pace when it was last.
pub(super) type Watched = (Weak<dyn Taken>, u32);

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
            given_up: AtomicUsize::new(0),
            abused: Notify::new(),
            answers: Mutex::default(),
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

    /// Resolves when the peer has given up more requests than anybody does in earnest.
    pub(super) async fn abused(&self) {
        self.abused.notified().await;
    }

    /// Whether requests come over HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    /// Looks after an answer until it is over.
    pub(super) fn watch(&self, answer: Watched) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() > FEW + 2 * self.in_flight.load(Ordering::Relaxed) {
            answers.retain(|(answer, _)| answer.strong_count() > 0);
        }
        answers.push(answer);
    }

    /// Gives up the answers of which the client has taken nothing since this was last called. Says whether there were any.
    pub(super) fn give_up_slow(&self) -> bool {
        let mut slow = Vec::new();
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).retain_mut(|(answer, before)| {
            let Some(answer) = answer.upgrade() else { return false };
            let pace = answer.pace();
            let is_slow = pace % 2 == 1 && pace == *before;
            *before = pace;
            if is_slow {
                slow.push(answer);
            }
            !is_slow
        });
        slow.iter().for_each(|answer| answer.give_up());
        !slow.is_empty()
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

impl Busy {
    pub(super) const fn activity(&self) -> &Arc<Activity> {
        &self.0
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

/// A request whose answer has not begun. Dropped, it was given up.
pub(super) struct Unanswered(Option<Busy>);

impl Unanswered {
    pub(super) const fn new(busy: Busy) -> Self {
        Self(Some(busy))
    }

    /// The answer has begun.
    pub(super) fn answered(mut self) -> Option<Busy> {
        let busy = self.0.take()?;
        // Seldom anything but zero, and then nothing is written.
        if busy.0.given_up.load(Ordering::Relaxed) > 0 {
            let less = |count: usize| Some(count.saturating_sub(1));
            let _ = busy.0.given_up.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
        Some(busy)
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(busy) = &self.0
            && busy.0.given_up.fetch_add(1, Ordering::Relaxed) >= MAX_GIVEN_UP
        {
            busy.0.abused.notify_one();
        }
    }
}

/// The body of a request, which is under way for as long as there is one.
pub struct Tracked<B> {
    body: B,
    busy: Option<Busy>,
    patience: Option<Patience>,
}

impl<B: Body> Tracked<B> {
    /// It may not come more slowly than `patience` bears.
    pub(super) fn new(body: B, busy: &Busy, patience: Duration) -> Self {
        let busy = (!body.is_end_stream()).then(|| busy.clone());
        Self { patience: busy.is_some().then(|| Patience::new(patience)), busy, body }
    }
}

impl<B> Body for Tracked<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { body, busy, patience } = self.get_mut();
        let polled = Pin::new(&mut *body).poll_frame(cx);
        if let Some(patience) = patience {
            match &polled {
                Poll::Ready(Some(Ok(frame))) => patience.came(frame.data_ref().map_or(0, Bytes::len)),
                Poll::Ready(_) => {}
                Poll::Pending => return patience.poll_waiting(cx).map(|slow| Some(Err(slow.into()))),
            }
        }
        // Whoever knows that this was all may never ask again, nor drop the body soon.
        if body.is_end_stream() {
            *busy = None;
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
