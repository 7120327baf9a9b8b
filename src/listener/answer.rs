//! An answer on its way to its client. Who takes it may be slow, but not for ever: as long as an answer lasts, so does what
//! it comes from.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::activity::{Busy, Taken};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The client has taken nothing of it for too long.
#[derive(Debug, thiserror::Error)]
#[error("the answer was taken too slowly")]
struct TooSlow;

/// The body of an answer. The request is under way for as long as there is one.
pub struct Answer<B>(Is<B>);

enum Is<B> {
    /// It may be over with the first piece, as most are.
    Short(B, Option<Busy>),
    /// Somebody looks at how it goes on.
    Lasting(Arc<Lasting<B>>),
    /// It is about to be that.
    Changing,
}

/// An answer of more than one piece.
struct Lasting<B> {
    of: Mutex<Option<(B, Option<Busy>)>>,
    /// How often it was asked for a piece, times two; odd while the client has not taken the last one.
    pace: AtomicU32,
}

impl<B: Body + Send + 'static> Answer<B> {
    /// Over HTTP/2 it waits for its client before its first piece.
    pub(super) fn new(body: B, busy: Option<Busy>) -> Self {
        let waits = !body.is_end_stream() && busy.as_ref().is_some_and(|busy| busy.activity().is_http2());
        Self(if waits { lasting(body, busy) } else { Is::Short(body, busy) })
    }
}

/// It waits for its client now.
fn lasting<B: Send + 'static>(body: B, busy: Option<Busy>) -> Is<B> {
    let activity = busy.as_ref().map(|busy| Arc::clone(busy.activity()));
    let lasting = Arc::new(Lasting { of: Mutex::new(Some((body, busy))), pace: AtomicU32::new(1) });
    if let Some(activity) = activity {
        let watched: Arc<dyn Taken> = Arc::clone(&lasting) as _;
        activity.watch((Arc::downgrade(&watched), 0));
    }
    Is::Lasting(lasting)
}

impl<B: Send> Taken for Lasting<B> {
    fn pace(&self) -> u32 {
        self.pace.load(Ordering::Relaxed)
    }

    fn give_up(&self) {
        drop(self.of.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl<B> Body for Answer<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self(is) = self.get_mut();
        match is {
            Is::Short(body, busy) => {
                let polled = step(body, busy, cx);
                if is_given(&polled)
                    && !body.is_end_stream()
                    && let Is::Short(body, busy) = std::mem::replace(is, Is::Changing)
                {
                    *is = lasting(body, busy);
                }
                polled
            }
            Is::Lasting(lasting) => lasting.step(cx),
            Is::Changing => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Is::Short(body, _) => body.is_end_stream(),
            Is::Lasting(lasting) => lasting.look(|body| body.is_end_stream()).unwrap_or(false),
            Is::Changing => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Is::Short(body, _) => body.size_hint(),
            Is::Lasting(lasting) => lasting.look(Body::size_hint).unwrap_or_default(),
            Is::Changing => SizeHint::default(),
        }
    }
}

impl<B> Lasting<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    fn step(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((body, busy)) = of.as_mut() else { return Poll::Ready(Some(Err(TooSlow.into()))) };
        let polled = step(body, busy, cx);
        let given = is_given(&polled);
        let steps = (self.pace.load(Ordering::Relaxed) >> 1).wrapping_add(1);
        self.pace.store(steps << 1 | u32::from(given), Ordering::Relaxed);
        polled
    }

    fn look<T>(&self, at: impl FnOnce(&B) -> T) -> Option<T> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(body, _)| at(body))
    }
}

fn is_given(polled: &Poll<Option<Result<Frame<Bytes>, BoxError>>>) -> bool {
    matches!(polled, Poll::Ready(Some(Ok(_))))
}

fn step<B>(body: &mut B, busy: &mut Option<Busy>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let polled = Pin::new(&mut *body).poll_frame(cx);
    // Whoever knows that this was all may never ask again, nor drop the body soon.
    if body.is_end_stream() {
        *busy = None;
    }
    polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
}
