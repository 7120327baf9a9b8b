//! One exchange with an upstream: the request out, the head of the answer in, within the time for it.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::time::{Instant, sleep_until};

use super::body::{CleanTrailers, Progress};
use super::gate::{self, Gate};
use super::pool::{Answer, Pool};
use super::{BoxError, ForwardError};
use crate::identity::{Destination, UpstreamProtocol};

/// How long an upstream may take to ask for a body that waits for that, or to refuse it. After that it is sent: there are
/// some that never ask, and clients wait no longer themselves.
const ASKING: Duration = Duration::from_secs(3);

/// Sends the request and waits for the head of the answer. The time for it starts anew whenever the body of the
/// request moves, so that an upload may take as long as it does.
pub(super) async fn exchange<B>(
    (pool, destination): (&Pool, &Destination),
    mut request: Request<()>,
    body: B,
    limit: Duration,
) -> Result<Response<Answer>, ForwardError>
where
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<BoxError>,
{
    let progress = Progress::new();
    if body.is_end_stream() {
        return until_head(pool.send(destination, request.map(|()| Body::empty())), &progress, limit).await;
    }
    let waits = destination.protocol() == UpstreamProtocol::Http1 && gate::is_expected(request.headers());
    let gate = waits.then(|| wait_for_continue(&mut request));
    let body = Body::new(CleanTrailers::request(body, progress.clone(), gate.clone()));
    let answering = pool.send(destination, request.map(|()| body));
    match gate {
        None => until_head(answering, &progress, limit).await,
        Some(gate) => Box::pin(until_wanted(answering, gate, &progress, limit)).await,
    }
}

async fn until_head(
    answering: impl Future<Output = Result<Response<Answer>, ForwardError>>,
    progress: &Progress,
    limit: Duration,
) -> Result<Response<Answer>, ForwardError> {
    let mut answer = pin!(answering);
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

/// A gate that opens when the upstream says `100 (Continue)`.
fn wait_for_continue(request: &mut Request<()>) -> Gate {
    let gate = Gate::default();
    let opened = gate.clone();
    hyper::ext::on_informational(request, move |told| {
        if told.status() == StatusCode::CONTINUE {
            opened.open();
        }
    });
    gate
}

/// As [`until_head`], with a body that waits. If it was never wanted, its connection ends with the answer.
async fn until_wanted(
    answering: impl Future<Output = Result<Response<Answer>, ForwardError>>,
    gate: Gate,
    progress: &Progress,
    limit: Duration,
) -> Result<Response<Answer>, ForwardError> {
    let keeper = gate.kept();
    let patience = sleep_until(Instant::now() + ASKING);
    let mut answering = pin!(until_head(answering, progress, limit));
    let answer = tokio::select! {
        biased;
        answer = &mut answering => answer,
        () = patience => {
            keeper.open();
            answering.await
        }
    };
    answer.map(|mut answer| {
        if keeper.is_shut() {
            answer.body_mut().keeps_back(keeper);
        }
        answer
    })
}
