//! Answers that last, whether they were asked for or not. Like a tunnel, such an answer goes on no longer than the right
//! to it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body, Frame, SizeHint};

use super::tunnel::Leash;
use super::{BoxError, Standing};

const EVENTS: &str = "text/event-stream";
/// What has no end of its own: events, calls of gRPC, lines of JSON, the pictures of a camera.
const ENDLESS: [&str; 4] = [EVENTS, "application/grpc", "application/x-ndjson", "multipart/x-mixed-replace"];

/// Whether an answer is one that may last, by its kind.
pub(super) fn is_endless(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE);
    said.is_some_and(|said| ENDLESS.iter().any(|kind| begins(said, kind)))
}

fn begins(said: &HeaderValue, kind: &str) -> bool {
    said.as_bytes().get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind.as_bytes()))
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
        let ends_when_we_stop = headers.get(header::CONTENT_TYPE).is_some_and(|said| begins(said, EVENTS));
        Self { body, ended, ends_when_we_stop }
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
