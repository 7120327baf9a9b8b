//! Bodies on their way: frame by frame, never collected. Trailers pass, but none that would have been taken out of the
//! headers: servers exist that merge them (RFC 9110 6.5.1).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body::{Body, Frame, SizeHint};

use super::gate::Gate;
use super::patience::{Pause, Progress};
use super::{BoxError, headers};

/// A body stopped in the middle.
#[derive(Debug, thiserror::Error)]
#[error("the upstream stopped in the middle of its answer")]
struct Stalled;

/// A body whose trailers are cleaned as they pass.
pub(super) struct CleanTrailers<B> {
    inner: B,
    clean: fn(&mut HeaderMap),
    progress: Option<Progress>,
    pause: Option<Pause>,
    gate: Option<Gate>,
}

impl<B> CleanTrailers<B> {
    pub(super) fn request(body: B, progress: Progress, gate: Option<Gate>) -> Self {
        let clean = headers::clean_request_trailers;
        Self { inner: body, clean, progress: Some(progress), pause: None, gate }
    }

    /// An answer that pauses no longer than `limit`.
    pub(super) fn response(body: B, limit: Duration) -> Self {
        let pause = Some(Pause::new(limit));
        Self { inner: body, clean: headers::clean_response_trailers, progress: None, pause, gate: None }
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
        if let Some(gate) = &self.gate {
            match gate.poll_open(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Ok(())) => self.gate = None,
            }
        }
        let frame = match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Pending => {
                let Some(pause) = &mut self.pause else { return Poll::Pending };
                return pause.poll_too_long(cx).map(|()| {
                    tracing::warn!(cause = %Stalled, "an answer is given up");
                    Some(Err(Stalled.into()))
                });
            }
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        if let Some(progress) = &self.progress {
            progress.mark();
        }
        if let Some(pause) = &mut self.pause {
            pause.went_on();
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
pub(super) fn frame<B: Body>(request: &mut Request<B>) {
    let (is_over, size) = (request.body().is_end_stream(), request.body().size_hint());
    let headers = request.headers_mut();
    if is_over {
        // `Content-Length: 0` of a POST may stay: it says the same.
        if headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0") {
            headers.remove(header::CONTENT_LENGTH);
        }
    } else if let Some(length) = size.exact() {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    } else {
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
}
