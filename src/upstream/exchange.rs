//! One exchange with one of an application's upstreams: the request out, the head of the answer in, within the time for
//! it.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response, header};
use tokio::time::{Instant, sleep_until};

use super::ForwardError;
use super::choice::Choice;
use super::gate::Gate;
use super::outgoing::own_authority;
use super::patience::Patience;
use super::pool::{Answer, Pool};
use crate::decision::Route;

/// How long an upstream may take to ask for a body that waits for that, or to refuse it. After that it is sent: there are
/// some that never ask, and clients wait no longer themselves.
const ASKING: Duration = Duration::from_secs(3);

/// Sends a request to one of the application's upstreams; to another one if it could not even be sent.
pub(super) async fn send(
    pool: &Pool,
    route: &Route,
    request: &mut Request<Body>,
    patience: &Patience,
) -> Result<Response<Answer>, ForwardError> {
    let mut choice = Choice::first(pool, route).ok_or(ForwardError::NoUpstream)?;
    loop {
        if !route.spec().pass_host {
            request.headers_mut().insert(header::HOST, own_authority(choice.destination));
        }
        let failed = match pool.send(choice.destination, &choice.shelf, request, patience).await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let Some(other) = choice.other().filter(|_| failed.unsent) else { return Err(failed.error) };
        tracing::info!(
            application = %route.application(),
            upstream = %choice.destination.upstream(),
            other = %other.destination.upstream(),
            cause = %failed.error,
            "a request that could not be sent goes to another upstream"
        );
        choice = other;
        patience.progress().mark();
    }
}

/// Waits for an answer to a request whose body waits. If that was never wanted, its connection ends with the answer.
pub(super) async fn until_wanted(
    answering: impl Future<Output = Result<Response<Answer>, ForwardError>>,
    gate: Gate,
) -> Result<Response<Answer>, ForwardError> {
    let keeper = gate.kept();
    let mut answering = pin!(answering);
    let answer = tokio::select! {
        biased;
        answer = &mut answering => answer,
        () = sleep_until(Instant::now() + ASKING) => {
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
