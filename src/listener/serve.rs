//! Serving a listener: accept, serve each connection, drain.

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::activity::Tracked;
use super::connection::{Door, Proxies};
use super::crowd::Crowd;
use super::slot::Slot;
use super::{Arrival, Limits, Listener, TrustedProxies};

/// How long to wait when the system has no more file handles: long enough for some to come back.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Listener {
    /// Has every request answered by `answers` until `stop` resolves; then accepts no more, lets requests finish within
    /// the limit for it, and drops what is left.
    pub async fn serve<A, F, B>(
        self,
        answers: A,
        limits: Limits,
        trusted: Arc<TrustedProxies>,
        stop: impl Future<Output = ()> + Send,
    ) where
        A: Fn(Request<Tracked<Incoming>>, Arrival) -> F + Clone + Send + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let room = Room { slots: Arc::new(Semaphore::new(limits.connections)), crowd: Arc::default() };
        let (stopping, stopped) = watch::channel(false);
        let tls = self.tls.clone();
        let proxies = Proxies {
            trusted: Arc::clone(&trusted),
            crowd: self.behind_proxies.then(|| Arc::clone(&room.crowd)),
            patience: limits.handshake,
            of_one: limits.connections_of_one,
        };
        let door = Door::new(answers, trusted, limits, proxies);
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                (stream, peer, slot) = self.accept(&room, &stopped, &door.trusted, door.limits.connections_of_one) => {
                    connections.spawn(door.clone().connection(stream, peer, tls.clone(), stopped.clone(), slot));
                }
            }
        }
        drop(self);
        stopping.send_replace(true);
        let drained = async {
            while connections.join_next().await.is_some() {}
            // All slots are back once nobody uses a connection any more, not even as a tunnel.
            let all = u32::try_from(door.limits.connections).unwrap_or(u32::MAX);
            let _ = room.slots.acquire_many(all).await;
        };
        if timeout(door.limits.drain, drained).await.is_err() {
            let left = door.limits.connections - room.slots.available_permits();
            tracing::warn!(left, "connections still open at the end of the drain are dropped");
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(
        &self,
        room: &Room,
        stopped: &watch::Receiver<bool>,
        trusted: &TrustedProxies,
        of_one: usize,
    ) -> (TcpStream, IpAddr, Slot) {
        // The semaphore is never closed, so there is always a permit in the end.
        let permit = Arc::clone(&room.slots).acquire_owned().await.ok();
        loop {
            match self.socket.accept().await {
                Ok((stream, peer)) => {
                    let peer = peer.ip();
                    let place = room.crowd.enter(peer, of_one);
                    if place.is_some() || trusted.contains(peer.to_canonical()) {
                        return (stream, peer, Slot::new(permit, place, self.open.hold(), stopped.clone()));
                    }
                    tracing::debug!(%peer, "a connection was closed: this client has too many");
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }
}

/// The connections a listener has.
struct Room {
    slots: Arc<Semaphore>,
    crowd: Arc<Crowd>,
}
