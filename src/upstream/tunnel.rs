//! WebSockets (RFC 6455) and whatever else a connection may become: a handshake turns into a tunnel of bytes. It lives no
//! longer than the right to use it, and is told when we stop.

mod frames;
mod leash;
mod relay;

use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::Standing;
use super::pool::http2::Place;
pub(super) use leash::{Leash, Leashes};
use relay::Relay;

/// How long both sides may take to give their connection over once the head of the answer is out.
const HANDOVER: Duration = Duration::from_secs(10);
/// How long a frame under way may take to be over when we stop: only between two can we say that we do.
const LAST_FRAME: Duration = Duration::from_secs(2);
/// How long both sides may take to hang up once they were told to. What comes meanwhile goes nowhere. With the change log
/// and the look at the right before it, a session's end closes its tunnels within a second.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What is known of a tunnel before there is one.
pub(super) struct Plan {
    /// The connection to the client.
    pub(super) client: OnUpgrade,
    /// What ends it.
    pub(super) leash: Arc<Leash>,
    /// Whether what passes are frames of WebSockets.
    pub(super) framed: bool,
    /// What the frame to the upstream is masked with (RFC 6455 5.3).
    pub(super) mask: [u8; 4],
    /// How long either side may leave untaken what the other has said.
    pub(super) patience: Duration,
    /// Its place among the streams to the upstream, if it is one.
    pub(super) place: Option<Place>,
}

/// Carries bytes both ways until one side is done, the right to it is gone or we stop; then both connections are dropped.
pub(super) async fn run(plan: Plan, upstream: OnUpgrade) {
    let Plan { client, leash, framed, mask, patience, place: _place } = plan;
    let both = async { tokio::try_join!(client, upstream) };
    let (client, upstream) = match timeout(HANDOVER, both).await {
        Ok(Ok(both)) => both,
        Ok(Err(error)) => return tracing::debug!(%error, "a tunnel did not come about"),
        Err(_) => return tracing::debug!("a tunnel did not come about in time"),
    };
    let mut relay = Relay::new(TokioIo::new(client), TokioIo::new(upstream), framed, patience);
    let why = tokio::select! {
        // Either side may break off as it likes: that is no error of ours.
        () = relay.run() => return,
        why = leash.ended() => why,
    };
    tracing::debug!(?why, "a tunnel is closed");
    if why == Standing::Stopping && timeout(LAST_FRAME, relay.run_to_boundary()).await == Ok(false) {
        return;
    }
    let _ = timeout(LAST_WORDS, relay.close(code(why), mask)).await;
}

/// The status code of a WebSocket's close frame (RFC 6455 7.4.1): going away, or against the policy.
const fn code(why: Standing) -> u16 {
    match why {
        Standing::Stopping => 1001,
        Standing::Allowed | Standing::Forbidden => 1008,
    }
}
