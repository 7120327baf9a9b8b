//! WebSockets (RFC 6455): a handshake over HTTP/1.1 becomes a tunnel of bytes. It lives no longer than the right to use
//! it.

use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, Request, Response, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Standing, StillAllowed};

/// How often it is asked whether a tunnel may go on. With the change log at most 250 ms behind, a session's end closes
/// its tunnels within a second.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How long the answer may take. It comes from memory; if it does not come, the answer is no.
const CHECK_PATIENCE: Duration = Duration::from_secs(2);
/// How long both sides may take to give their connection over once the head of the answer is out.
const HANDOVER: Duration = Duration::from_secs(10);
/// Bytes on their way in each direction of a tunnel: messages are small, tunnels are many.
const BUFFER: usize = 4 * 1024;

/// Whether a request asks to become a WebSocket in the one way that is passed on: GET over HTTP/1.1, without a body,
/// `Upgrade: websocket` and nothing else, named in `Connection`. Nothing that this says no to becomes one.
pub fn is_websocket_handshake<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && upgrades_to_websocket(request.headers())
        && !request.headers().contains_key(header::CONTENT_LENGTH)
        && !request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Whether an answer agrees to it.
pub(super) fn switches_to_websocket<B>(answer: &Response<B>) -> bool {
    upgrades_to_websocket(answer.headers())
}

fn upgrades_to_websocket(headers: &HeaderMap) -> bool {
    let mut protocols = headers.get_all(header::UPGRADE).iter();
    let (Some(protocol), None) = (protocols.next(), protocols.next()) else {
        return false;
    };
    let names_upgrade = |value: &HeaderValue| {
        value.as_bytes().split(|&byte| byte == b',').any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
    };
    protocol.as_bytes().eq_ignore_ascii_case(b"websocket")
        && headers.get_all(header::CONNECTION).iter().any(names_upgrade)
}

/// Carries bytes both ways until one side is done or the right to it is gone; then both connections are dropped.
pub(super) async fn run(client: OnUpgrade, upstream: OnUpgrade, still_allowed: StillAllowed) {
    let both = async { tokio::try_join!(client, upstream) };
    let (client, upstream) = match timeout(HANDOVER, both).await {
        Ok(Ok(both)) => both,
        Ok(Err(error)) => return tracing::debug!(%error, "a WebSocket did not come about"),
        Err(_) => return tracing::debug!("a WebSocket did not come about in time"),
    };
    let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
    tokio::select! {
        // Either side may break off as it likes: that is no error of ours.
        _ = copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER, BUFFER) => {}
        why = until_not_allowed(still_allowed) => tracing::debug!(?why, "a WebSocket was closed"),
    }
}

async fn until_not_allowed(still_allowed: StillAllowed) -> Standing {
    let mut ticks = interval(CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let standing = timeout(CHECK_PATIENCE, still_allowed()).await.unwrap_or(Standing::Forbidden);
        if standing != Standing::Allowed {
            return standing;
        }
    }
}
