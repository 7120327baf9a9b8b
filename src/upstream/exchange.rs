//! One exchange with an upstream: the request out, the head of the answer in, within the time for it.

use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use tokio::time::{Instant, sleep_until};

use super::ForwardError;
use super::body::Progress;
use super::choice::Choice;
use super::pool::{Answer, Failed, Pool};

/// Sends the request and waits for the head of the answer. The time for it starts anew whenever the body of the
/// request moves, so that an upload may take as long as it does.
pub(super) async fn exchange(
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
