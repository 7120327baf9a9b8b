//! One exchange with an upstream: the request out, the head of the answer in, within the time for it.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, sleep_until};

use super::body::{CleanTrailers, Progress};
use super::pool::{Answer, Pool};
use super::{BoxError, ForwardError};
use crate::identity::Destination;

/// Sends the request and waits for the head of the answer. The time for it starts anew whenever the body of the
/// request moves, so that an upload may take as long as it does.
pub(super) async fn exchange<B>(
    (pool, destination): (&Pool, &Destination),
    request: Request<()>,
    body: B,
    limit: Duration,
) -> Result<Response<Answer>, ForwardError>
where
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    let progress = Progress::new();
    let body =
        if body.is_end_stream() { Body::empty() } else { Body::new(CleanTrailers::request(body, progress.clone())) };
    let mut answer = pin!(pool.send(destination, request.map(|()| body)));
    loop {
        let deadline = progress.last() + limit;
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            () = sleep_until(deadline) => {
                if Instant::now() >= progress.last() + limit {
                    return Err(ForwardError::HeadTimeout);
                }
            }
        }
    }
}
