//! A WebSocket on a stream of HTTP/2 (RFC 8441), to an upstream that announces it. Whoever asked sees the handshake of
//! HTTP/1.1 all the same: what the upstream does not say in the words of that, is said for it.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::client::conn::http2::Connection;
use hyper::ext::Protocol;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;
use tokio::time::{Instant, interval, timeout_at};

use super::{Lines, MAX_LINES, MAX_STREAMS, Place, unfold};
use crate::identity::Destination;
use crate::upstream::ForwardError;
use crate::upstream::connect::{Connector, Stream};
use crate::upstream::handshake::{WEBSOCKET, accept_of};
use crate::upstream::headers::value;
use crate::upstream::pool::Failed;
use crate::upstream::pool::Shelf;

/// How many places WebSockets leave free: they last, and must not keep requests out.
const LEFT_FREE: usize = MAX_LINES * MAX_STREAMS / 2;
/// How long after a connection was made an upstream may take to announce it, and how often that is looked for meanwhile: its
/// settings are the first thing that it says (RFC 9113 3.4), but nobody is told when they have come.
const ANNOUNCING: Duration = Duration::from_millis(250);
const LOOKING: Duration = Duration::from_millis(5);

/// Whether the upstream takes WebSockets on the streams of a connection.
#[derive(Clone, Debug)]
pub(super) struct Announced {
    said: watch::Receiver<bool>,
    until: Instant,
}

impl Announced {
    async fn in_time(&mut self) -> bool {
        matches!(timeout_at(self.until, self.said.wait_for(|said| *said)).await, Ok(Ok(_)))
    }
}

/// Moves a connection along, in a task of its own, and tells what it announces. How it ends, whoever waits for an answer is
/// told.
pub(super) fn tend(mut connection: Connection<Stream, Body, TokioExecutor>) -> Announced {
    let ((tell, said), until) = (watch::channel(false), Instant::now() + ANNOUNCING);
    let mut looking = Some(interval(LOOKING));
    tokio::spawn(poll_fn(move |cx| {
        let polled = Pin::new(&mut connection).poll(cx);
        if let Some(looks) = &mut looking {
            let announced = connection.is_extended_connect_protocol_enabled();
            tell.send_replace(announced);
            if announced || Instant::now() >= until {
                looking = None;
            } else {
                while looks.poll_tick(cx).is_ready() {}
            }
        }
        polled.map(drop)
    }));
    Announced { said, until }
}

/// Whether a request in the form for HTTP/1.1 asks for a WebSocket.
pub(in crate::upstream) fn is_asked_for(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|protocol| protocol == WEBSOCKET)
}

impl Lines {
    /// Asks for a WebSocket, if the upstream takes them on streams and there is room; if not, nothing has become of
    /// `request`, and it is to be asked over HTTP/1.1. The answer is in the words of that.
    pub(in crate::upstream) async fn websocket(
        &self,
        connector: &Connector,
        destination: &Destination,
        shelf: &Shelf,
        request: &mut Request<Body>,
    ) -> Result<Option<Response<(Incoming, Place)>>, Failed> {
        if self.room.available_permits() <= LEFT_FREE {
            return Ok(None);
        }
        // An upstream that is away will be found to be so over HTTP/1.1 too, and one that speaks no HTTP/2 is not.
        let Ok((mut sender, mut place)) = self.place(connector, destination, &shelf.trust).await else {
            return Ok(None);
        };
        if !place.websockets.in_time().await {
            return Ok(None);
        }
        let headers = request.headers_mut();
        let key = headers.remove(header::SEC_WEBSOCKET_KEY);
        headers.remove(header::UPGRADE);
        unfold(request, destination)?;
        *request.method_mut() = Method::CONNECT;
        request.extensions_mut().insert(Protocol::from_static(WEBSOCKET));
        let mut answer =
            sender.send_request(std::mem::take(request)).await.map_err(|error| ForwardError::of_exchange(&error))?;
        match answer.status() {
            StatusCode::OK => agree(&mut answer, key.as_ref()),
            // It opens the stream too (RFC 9110 9.3.6), but hyper does not.
            status if status.is_success() => return Err(ForwardError::Protocol.into()),
            _ => {}
        }
        Ok(Some(answer.map(|body| (body, place))))
    }
}

/// Says in the words of HTTP/1.1 that the upstream has agreed.
fn agree(answer: &mut Response<Incoming>, key: Option<&HeaderValue>) {
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static(WEBSOCKET));
    if let Some(key) = key {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, value(&accept_of(key.as_bytes())));
    }
}
