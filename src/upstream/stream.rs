//! Answers that last: event streams and calls of gRPC. Like a tunnel, such an answer goes on no longer than the right to it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, header};
use http_body::{Body, Frame, SizeHint};

use super::tunnel::Leash;
use super::{BoxError, Standing};

const EVENTS: &[u8] = b"text/event-stream";
const GRPC: &[u8] = b"application/grpc";

/// Whether a request asks for an answer that may last: what `EventSource` and gRPC say of theirs.
pub fn is_stream_asked_for(headers: &HeaderMap) -> bool {
    says(headers, &header::ACCEPT, EVENTS) || says(headers, &header::CONTENT_TYPE, GRPC)
}

/// Whether an answer is one that may last.
pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    says(headers, &header::CONTENT_TYPE, EVENTS) || says(headers, &header::CONTENT_TYPE, GRPC)
}

fn says(headers: &HeaderMap, name: &HeaderName, kind: &[u8]) -> bool {
    let begins = |value: &[u8]| value.len() >= kind.len() && value[..kind.len()].eq_ignore_ascii_case(kind);
    headers.get(name).is_some_and(|value| begins(value.as_bytes()))
}

/// The body of such an answer.
pub(super) struct Leashed<B> {
    body: B,
    ended: BoxFuture<'static, Standing>,
    /// An `EventSource` connects again by itself, so we need not wait for it to end when we stop.
    ends_when_we_stop: bool,
}

impl<B> Leashed<B> {
    pub(super) fn new(body: B, leash: Arc<Leash>, headers: &HeaderMap) -> Self {
        let ended = Box::pin(async move { leash.ended().await });
        Self { body, ended, ends_when_we_stop: says(headers, &header::CONTENT_TYPE, EVENTS) }
    }
}

impl<B> Body for Leashed<B>
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.ended.as_mut().poll(cx) {
            Poll::Ready(Standing::Forbidden | Standing::Allowed) => {
                return Poll::Ready(Some(Err("the right to it is gone".into())));
            }
            Poll::Ready(Standing::Stopping) if self.ends_when_we_stop => return Poll::Ready(None),
            // Nothing ends it any more but the end of our patience with all requests.
            Poll::Ready(Standing::Stopping) => self.ended = Box::pin(std::future::pending()),
            Poll::Pending => {}
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
