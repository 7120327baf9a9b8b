//! Connections over HTTP/2 (RFC 9113): many requests share one. When it ends, or is about to, the next request makes
//! another.

mod websocket;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Response, Uri, Version, header};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Failed, MAX_RESPONSE_HEAD};
use crate::identity::Destination;
use crate::upstream::ForwardError;
use crate::upstream::connect::{Connector, Stream, Trust};
use crate::upstream::pool::Shelf;

use websocket::Announced;
pub(super) use websocket::is_asked_for;

/// Most requests at once on one connection: as many as RFC 9113 6.5.2 asks every server to allow.
const MAX_STREAMS: usize = 100;
/// Most connections to one upstream: many more requests at once than one application has.
const MAX_LINES: usize = 8;
/// Bytes of one answer that are taken before its reader wants them. A connection takes as much for all its streams
/// together, so that a slow reader never holds the others up: 12.5 MiB if all of them are slow.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 100;
/// Bytes of one upload that are kept before the upstream wants them.
const SEND_BUFFER: usize = 64 * 1024;
/// How often an upstream that owes answers is asked for a sign of life, and how long it may take to give one.
const PING: Duration = Duration::from_secs(20);
const PING_PATIENCE: Duration = Duration::from_secs(10);
/// How often a request is sent again that an upstream says it has not looked at.
const MAX_RESENT: usize = 2;

/// The connections to one destination.
#[derive(Debug)]
pub(in crate::upstream) struct Lines {
    open: Mutex<Vec<Line>>,
    /// One connection is made at a time: whoever comes meanwhile shares it.
    dialing: AsyncMutex<()>,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Line {
    sender: SendRequest<Body>,
    peer: IpAddr,
    streams: Arc<Semaphore>,
    websockets: Announced,
    /// Whether it was used since unused ones were last closed.
    used: bool,
}

/// A stream's place on a connection, for as long as its answer takes.
pub(in crate::upstream) struct Place {
    peer: IpAddr,
    _of_line: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
    websockets: Announced,
}

/// A connection, where it leads, a place on it, and whether it takes WebSockets.
type Free = (SendRequest<Body>, IpAddr, OwnedSemaphorePermit, Announced);

impl Place {
    /// Where its connection leads.
    pub(super) const fn peer(&self) -> IpAddr {
        self.peer
    }
}

impl Default for Lines {
    fn default() -> Self {
        let room = Arc::new(Semaphore::new(MAX_LINES * MAX_STREAMS));
        Self { open: Mutex::default(), dialing: AsyncMutex::default(), room }
    }
}

impl Lines {
    /// Sends a request in the form for HTTP/1.1, turned into that for HTTP/2, and gives the head of its answer. Sent again
    /// is only what the upstream has not looked at, and not if it has a body.
    pub(super) async fn send(
        &self,
        connector: &Connector,
        destination: &Destination,
        shelf: &Shelf,
        request: &mut Request<Body>,
    ) -> Result<Response<(Incoming, Place)>, Failed> {
        let (health, trust) = (&shelf.health, &shelf.trust);
        let (mut sender, mut place) = match self.place(connector, destination, trust).await {
            Ok(found) => found,
            Err(error) => {
                // An upstream with much to do is there.
                if !matches!(error, ForwardError::Full) {
                    health.unreachable(destination.name(), &error);
                }
                return Err(Failed { error, unsent: true });
            }
        };
        health.reachable(destination.name());
        unfold(request, destination)?;
        let mut request = std::mem::take(request);
        for _ in 0..MAX_RESENT {
            let again = again(&request);
            let mut error = match sender.try_send_request(request).await {
                Ok(answer) => return Ok(answer.map(|body| (body, place))),
                Err(error) => error,
            };
            request = match (error.take_message(), again) {
                (Some(unsent), _) => unsent,
                (None, Some(again)) if was_not_looked_at(error.error()) => again,
                _ => return Err(ForwardError::of_exchange(&error.into_error()).into()),
            };
            // Or all that an upstream sent away at once would wait for one another.
            drop(place);
            (sender, place) = self.place(connector, destination, trust).await?;
        }
        let answer = sender.send_request(request).await.map_err(|error| ForwardError::of_exchange(&error))?;
        Ok(answer.map(|body| (body, place)))
    }

    /// A place for a stream, on a connection that is there or a new one. The time for connecting holds once for waiting
    /// until one is free, and once for a new connection.
    async fn place(
        &self,
        connector: &Connector,
        destination: &Destination,
        trust: &Trust,
    ) -> Result<(SendRequest<Body>, Place), ForwardError> {
        let of_all = timeout(connector.limit(destination), Arc::clone(&self.room).acquire_owned()).await;
        // The semaphore is never closed.
        let of_all =
            of_all.map_err(|_| ForwardError::Full)?.map_err(|error| ForwardError::Broken(error.to_string()))?;
        let placed = timeout(connector.limit(destination), async {
            if let Some((sender, peer, of_line, websockets)) = self.free() {
                return Ok((sender, Place { peer, _of_line: of_line, _of_all: of_all, websockets }));
            }
            let _dialing = self.dialing.lock().await;
            let (sender, peer, of_line, websockets) = match self.free() {
                Some(free) => free,
                None => {
                    let (stream, peer) = connector.connect_http2(destination, trust).await?;
                    self.keep(handshake(stream).await?, peer)?
                }
            };
            Ok((sender, Place { peer, _of_line: of_line, _of_all: of_all, websockets }))
        });
        placed.await.unwrap_or(Err(ForwardError::ConnectTimeout))
    }

    /// A place on a connection that is there.
    fn free(&self) -> Option<Free> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|line| !line.sender.is_closed());
        open.iter_mut().find_map(Line::take)
    }

    fn keep(&self, (sender, websockets): (SendRequest<Body>, Announced), peer: IpAddr) -> Result<Free, ForwardError> {
        let streams = Arc::new(Semaphore::new(MAX_STREAMS));
        let mut line = Line { sender, peer, streams, websockets, used: true };
        let first = line.take().ok_or_else(|| ForwardError::Broken("a new connection has no room".to_owned()));
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        first
    }

    /// Closes what was not used since it was last called. Says whether none is left.
    pub(in crate::upstream) fn close_unused(&self) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain_mut(|line| {
            let busy = line.streams.available_permits() < MAX_STREAMS;
            (std::mem::take(&mut line.used) || busy) && !line.sender.is_closed()
        });
        open.is_empty()
    }

    /// Whether there is room for no more requests.
    pub(super) fn is_full(&self) -> bool {
        self.room.available_permits() == 0
    }

    /// Whether there is none.
    pub(in crate::upstream) fn is_empty(&self) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Line {
    fn take(&mut self) -> Option<Free> {
        let place = Arc::clone(&self.streams).try_acquire_owned().ok()?;
        self.used = true;
        Some((self.sender.clone(), self.peer, place, self.websockets.clone()))
    }
}

async fn handshake(stream: Stream) -> Result<(SendRequest<Body>, Announced), ForwardError> {
    let handshake = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING_PATIENCE)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(MAX_RESPONSE_HEAD).unwrap_or(u32::MAX))
        .handshake(stream)
        .await;
    let (sender, connection) = handshake.map_err(|error| ForwardError::of_exchange(&error))?;
    Ok((sender, websocket::tend(connection)))
}

/// What HTTP/1.1 says in headers, HTTP/2 says elsewhere (RFC 9113 8.2.2, 8.3.1).
fn unfold(request: &mut Request<Body>, destination: &Destination) -> Result<(), ForwardError> {
    let headers = request.headers_mut();
    headers.remove(header::CONNECTION);
    headers.remove(header::TRANSFER_ENCODING);
    // Nothing here hears the upstream's `100 (Continue)`: the body goes at once, and is stopped if it is not wanted.
    headers.remove(header::EXPECT);
    let host = headers.remove(header::HOST);
    let authority = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let scheme = if destination.upstream().is_tls() { Scheme::HTTPS } else { Scheme::HTTP };
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.authority = Some(authority.unwrap_or_else(|| destination.upstream().authority().clone()));
    parts.scheme = Some(scheme);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| ForwardError::Broken(error.to_string()))?;
    *request.version_mut() = Version::HTTP_2;
    Ok(())
}

/// The same request once more, if it has no body.
fn again(request: &Request<Body>) -> Option<Request<Body>> {
    http_body::Body::is_end_stream(request.body()).then(|| {
        let mut again = Request::new(Body::empty());
        again.method_mut().clone_from(request.method());
        again.uri_mut().clone_from(request.uri());
        *again.version_mut() = request.version();
        *again.headers_mut() = HeaderMap::clone(request.headers());
        again
    })
}

/// Whether the upstream says so: it refused the stream, or went away before it (RFC 9113 8.7).
fn was_not_looked_at(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    cause.is_some_and(|cause| match cause.reason() {
        Some(h2::Reason::REFUSED_STREAM) => true,
        Some(h2::Reason::NO_ERROR) => cause.is_go_away() && cause.is_remote(),
        _ => false,
    })
}
