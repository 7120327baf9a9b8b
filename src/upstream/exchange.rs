//! One exchange with one of an application's upstreams: the request out, the head of the answer in, within the time for
//! it.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response, header};
use tokio::time::{Instant, sleep_until};

use super::body::Progress;
use super::choice::Choice;
use super::pool::{Answer, Failed, Pool};
use super::{ForwardError, own_authority};
use crate::decision::Route;

/// Sends a request to one of the application's upstreams; to another one if it could not even be sent.
pub(super) async fn send(
    pool: &Pool,
    route: &Route,
    mut request: Request<Body>,
    progress: &Progress,
    limit: Duration,
) -> Result<Response<Answer>, ForwardError> {
    let mut choice = Choice::first(pool, route).ok_or(ForwardError::NoUpstream)?;
    loop {
        if !route.spec().pass_host {
            request.headers_mut().insert(header::HOST, own_authority(choice.destination));
        }
        let failed = match exchange(pool, &choice, request, progress, limit).await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let Some(unsent) = failed.unsent else { return Err(failed.error) };
        let Some(other) = choice.other() else { return Err(failed.error) };
        tracing::info!(
            application = %route.application(),
            upstream = %choice.destination.upstream(),
            other = %other.destination.upstream(),
            cause = %failed.error,
            "a request that could not be sent goes to another upstream"
        );
        (request, choice) = (*unsent, other);
    }
}

/// Sends the request and waits for the head of the answer. The time for it starts anew whenever the body of the
/// request moves, so that an upload may take as long as it does.
async fn exchange(
    pool: &Pool,
    choice: &Choice<'_>,
    request: Request<Body>,
    progress: &Progress,
    limit: Duration,
) -> Result<Response<Answer>, Failed> {
    progress.mark();
    let mut answer = pin!(pool.send(choice.destination, &choice.shelf, request));
    loop {
        let deadline = progress.last() + limit;
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            () = sleep_until(deadline) => {
                if Instant::now() >= progress.last() + limit {
                    return Err(ForwardError::HeadTimeout.into());
                }
            }
        }
    }
}
