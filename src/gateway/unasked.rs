//! Events that nobody asked for as such: `fetch` and most programs take whatever comes. They are looked after here, since
//! what an answer is shows only once it is there.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::sleep;

use super::Gateway;
use super::standing::Opened;
use crate::decision::RequestPath;
use crate::identity::Host;
use crate::listener::Arrival;

const EVENTS: &[u8] = b"text/event-stream";
/// How often it is asked whether they may go on: as often as about a tunnel.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Whether an answer lasts by its kind.
pub(super) fn has_events(answer: &Response) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.as_bytes().get(..EVENTS.len()));
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(EVENTS))
}

/// Why it is over.
enum End {
    /// The right to it is gone.
    Forbidden,
    /// It is time to stop. Whoever takes events asks again.
    Stopping,
}

/// The body of such an answer.
struct Events {
    body: Body,
    ended: BoxFuture<'static, End>,
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
        let ended = Box::pin(async move {
            loop {
                sleep(CHECK_INTERVAL).await;
                if slot.is_stopping() {
                    return End::Stopping;
                }
                if !gateway.is_still_permitted(&opened, &host, &path, None).await {
                    return End::Forbidden;
                }
            }
        });
        answer.map(|body| Body::new(Events { body, ended }))
    }
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.ended.as_mut().poll(cx) {
            Poll::Ready(End::Forbidden) => Poll::Ready(Some(Err(axum::Error::new("the right to it is gone")))),
            Poll::Ready(End::Stopping) => Poll::Ready(None),
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
