//! Answers that last although nobody asked for one that does: `fetch` and most programs take whatever comes. They are
//! looked after here, since what an answer is shows only once it is there.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http_body::{Frame, SizeHint};
use tokio::time::sleep;

use super::Gateway;
use super::standing::Opened;
use crate::decision::RequestPath;
use crate::identity::Host;
use crate::listener::Arrival;
use crate::upstream::Standing;

/// Whoever takes these asks again by themselves once they end.
const EVENTS: &str = "text/event-stream";
/// What has no end of its own: events, lines of JSON, the pictures of a camera.
const ENDLESS: [&str; 3] = [EVENTS, "application/x-ndjson", "multipart/x-mixed-replace"];
/// How often it is asked whether they may go on: as often as about a tunnel.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Whether an answer lasts by its kind.
pub(super) fn is_endless(answer: &Response) -> bool {
    ENDLESS.iter().any(|kind| is_of(answer, kind))
}

fn is_of(answer: &Response, kind: &str) -> bool {
    let said = answer.headers().get(CONTENT_TYPE).and_then(|said| said.as_bytes().get(..kind.len()));
    said.is_some_and(|said| said.eq_ignore_ascii_case(kind.as_bytes()))
}

/// The body of such an answer.
struct Lasting {
    body: Body,
    ended: BoxFuture<'static, Standing>,
}

impl Gateway {
    /// The answer, for as long as the request that opened it would be permitted.
    pub(super) fn while_allowed(
        self: &Arc<Self>,
        answer: Response,
        host: &Host,
        path: &RequestPath,
        arrival: &Arrival,
        opened: Opened,
    ) -> Response {
        let (gateway, host, path, slot) = (Arc::clone(self), host.clone(), path.to_kept(), arrival.slot.clone());
        let ends_when_we_stop = is_of(&answer, EVENTS);
        let ended = Box::pin(async move {
            loop {
                sleep(CHECK_INTERVAL).await;
                if ends_when_we_stop && slot.is_stopping() {
                    return Standing::Stopping;
                }
                if !gateway.is_still_permitted(&opened, &host, &path, None).await {
                    return Standing::Forbidden;
                }
            }
        });
        answer.map(|body| Body::new(Lasting { body, ended }))
    }
}

impl http_body::Body for Lasting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.ended.as_mut().poll(cx) {
            Poll::Ready(Standing::Stopping) => Poll::Ready(None),
            Poll::Ready(_) => Poll::Ready(Some(Err(axum::Error::new("the right to it is gone")))),
            Poll::Pending => Pin::new(&mut self.body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
