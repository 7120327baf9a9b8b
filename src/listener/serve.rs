//! Serving a listener: accept, shake hands, speak HTTP, drain.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt as _};

use super::{Limits, Listener, TrustedProxies};

/// How long to wait when the system has no more file handles: long enough for some to come back.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);
/// How often an HTTP/2 peer is asked for a sign of life, and how long it may take to give one.
const PING: Duration = Duration::from_secs(20);

/// A connection's place among those a listener takes at once. Stands in the extensions of every request; whoever goes on
/// using the connection after the answer, as a WebSocket does, keeps a copy for as long.
#[derive(Clone, Debug)]
pub struct Slot {
    _permit: Arc<OwnedSemaphorePermit>,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Listener {
    /// Serves every connection with clones of `service` until `stop` resolves; then accepts no more, lets requests
    /// finish within the limit for it, and drops what is left. Each request carries its [`super::Client`] in its
    /// extensions.
    pub async fn serve<S, B>(
        self,
        service: S,
        limits: Limits,
        trusted: Arc<TrustedProxies>,
        stop: impl Future<Output = ()> + Send,
    ) where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let slots = Arc::new(Semaphore::new(limits.connections));
        let graceful = GracefulShutdown::new();
        let acceptor = self.tls.clone().map(TlsAcceptor::from);
        let door = Door { service, trusted, builder: Arc::new(builder(&limits)), limits };
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                (stream, peer, slot) = self.accept(&slots) => {
                    let (door, watcher) = (door.clone(), graceful.watcher());
                    connections.spawn(door.connection(stream, peer, acceptor.clone(), watcher, slot));
                }
            }
        }
        drop(self);
        if timeout(door.limits.drain, graceful.shutdown()).await.is_err() {
            tracing::warn!(left = connections.len(), "connections still open at the end of the drain are dropped");
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(&self, slots: &Arc<Semaphore>) -> (TcpStream, IpAddr, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed, so there is always a slot in the end.
        let slot = Arc::clone(slots).acquire_owned().await.ok();
        loop {
            match self.socket.accept().await {
                Ok((stream, peer)) => return (stream, peer.ip(), slot),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.header_fields);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

/// What a connection is served with.
#[derive(Clone)]
struct Door<S> {
    service: S,
    trusted: Arc<TrustedProxies>,
    builder: Arc<Builder<TokioExecutor>>,
    limits: Limits,
}

impl<S, B> Door<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async fn connection(
        self,
        stream: TcpStream,
        peer: IpAddr,
        tls: Option<TlsAcceptor>,
        watcher: Watcher,
        slot: Option<OwnedSemaphorePermit>,
    ) {
        let slot = slot.map(|permit| Slot { _permit: Arc::new(permit) });
        // Small answers would otherwise wait for an acknowledgement that the peer holds back.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.speak(stream, (peer, false), slot, watcher).await;
        };
        match timeout(self.limits.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, (peer, true), slot, watcher).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn speak<I>(self, stream: I, (peer, tls): (IpAddr, bool), slot: Option<Slot>, watcher: Watcher)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let heard = Arc::new(AtomicBool::new(false));
        let Self { service, trusted, builder, limits } = self;
        let answer = {
            let heard = Arc::clone(&heard);
            service_fn(move |mut request: Request<Incoming>| {
                heard.store(true, Ordering::Relaxed);
                let client = trusted.resolve(peer, tls, request.headers());
                request.extensions_mut().insert(client);
                if let Some(slot) = &slot {
                    request.extensions_mut().insert(slot.clone());
                }
                service.clone().oneshot(request)
            })
        };
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), answer).into_owned();
        let mut connection = pin!(watcher.watch(connection));
        let ended = tokio::select! {
            ended = &mut connection => ended,
            // hyper's own limit begins only once it knows which HTTP is spoken, and that a peer can put off for ever.
            () = sleep(limits.head) => {
                if !heard.load(Ordering::Relaxed) {
                    return tracing::debug!(%peer, "a connection without a request was closed");
                }
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection ended badly");
        }
    }
}
