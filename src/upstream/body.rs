//! Bodies on their way: frame by frame, never collected. Trailers pass, but none that would have been taken out of the
//! headers: servers exist that merge them (RFC 9110 6.5.1).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::{BoxError, headers};

/// When a request's body last moved: an upload in progress is a sign of life.
#[derive(Clone)]
pub(super) struct Progress {
    start: Instant,
    millis: Arc<AtomicU64>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), millis: Arc::new(AtomicU64::new(0)) }
    }

    pub(super) fn last(&self) -> Instant {
        self.start + std::time::Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }

    pub(super) fn mark(&self) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }
}

/// A body whose trailers are cleaned as they pass.
pub(super) struct CleanTrailers<B> {
    inner: B,
    clean: fn(&mut HeaderMap),
    progress: Option<Progress>,
}

impl<B> CleanTrailers<B> {
    pub(super) fn request(body: B, progress: Progress) -> Self {
        Self { inner: body, clean: headers::clean_request_trailers, progress: Some(progress) }
    }

    pub(super) fn response(body: B) -> Self {
        Self { inner: body, clean: headers::clean_response_trailers, progress: None }
    }
}

impl<B> Body for CleanTrailers<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        if let Some(progress) = &self.progress {
            progress.mark();
        }
        let frame = match frame.into_trailers() {
            Ok(mut trailers) => {
                (self.clean)(&mut trailers);
                Frame::trailers(trailers)
            }
            Err(data) => data,
        };
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Says how the body is framed by what it is, not by what the headers claim (RFC 9112 6). Of unknown length: chunked,
/// said outright, since hyper assumes that a GET has no body.
pub(super) fn frame<B: Body>(headers: &mut HeaderMap, body: &B) {
    if body.is_end_stream() {
        // `Content-Length: 0` of a POST may stay: it says the same.
        if headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0") {
            headers.remove(header::CONTENT_LENGTH);
        }
    } else if let Some(length) = body.size_hint().exact() {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    } else {
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}
