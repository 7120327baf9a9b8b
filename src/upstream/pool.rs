//! Connections to upstreams, kept between requests. What is lent comes back once the answer is over; what was not used
//! for a while is closed.

mod http2;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};

use super::connect::Connector;
use super::gate::Keeper;
use super::{ForwardError, Settings};
use crate::base::QuickHasher;
use crate::identity::{Destination, UpstreamProtocol};

/// Most bytes read of the head of an answer before it is given up: large cookies and content policies fit, a flood does
/// not. hyper looks after each read, so up to twice as many may have come. It takes at most 100 header fields, as for
/// requests: see the listener.
const MAX_RESPONSE_HEAD: usize = 64 * 1024;
/// Most unused connections kept for each upstream.
const MAX_IDLE_PER_UPSTREAM: usize = 256;

/// All connections that are unused.
pub(super) struct Pool {
    connector: Connector,
    shelves: Arc<Shelves>,
}

/// By [`Destination::name`], which only admins write.
type Shelves = RwLock<HashMap<String, Arc<Shelf>, BuildHasherDefault<QuickHasher>>>;

/// The connections to one destination: the unused ones over HTTP/1.1, and all over HTTP/2.
#[derive(Default)]
struct Shelf {
    idle: Mutex<Vec<Idle>>,
    lines: http2::Lines,
}

struct Idle {
    sender: SendRequest<Body>,
    /// Whether it was used since unused ones were last closed.
    used: bool,
}

impl Pool {
    /// A pool that keeps an unused connection for at most `idle_timeout`, and for at least half of it.
    pub(super) fn new(connector: Connector, settings: &Settings) -> Self {
        let shelves = Arc::default();
        tokio::spawn(close_unused(Arc::downgrade(&shelves), settings.idle_timeout / 2));
        Self { connector, shelves }
    }

    /// Sends a request and gives the head of its answer. Only what was never written is tried again: a connection that
    /// is found closed when it was taken from the shelf.
    pub(super) async fn send(
        &self,
        destination: &Destination,
        mut request: Request<Body>,
    ) -> Result<Response<Answer>, ForwardError> {
        let shelf = self.shelf(destination);
        // Only HTTP/1.1 has upgrades.
        if destination.protocol() == UpstreamProtocol::Http2 && !request.headers().contains_key(header::UPGRADE) {
            let answer = Box::pin(shelf.lines.send(&self.connector, destination, request)).await?;
            return Ok(answer.map(|(body, place)| Answer::new(body, Loan::Place { _held: place })));
        }
        loop {
            let (mut sender, kept) = match shelf.take() {
                Some(sender) => (sender, true),
                // Boxed, like all that is rare: every request carries the room its future would take.
                None => (Box::pin(self.connect(destination)).await?, false),
            };
            match sender.try_send_request(request).await {
                Ok(answer) => return Ok(answer.map(|body| Answer::new(body, Loan::Connection { sender, shelf }))),
                Err(mut error) => match error.take_message() {
                    Some(unsent) if kept => request = unsent,
                    _ => return Err(ForwardError::of_exchange(&error.into_error())),
                },
            }
        }
    }

    /// A new connection that is not kept.
    pub(super) async fn connect(&self, destination: &Destination) -> Result<SendRequest<Body>, ForwardError> {
        let stream = self.connector.connect(destination).await?;
        let handshake = http1::Builder::new().max_buf_size(MAX_RESPONSE_HEAD).handshake(stream).await;
        let (sender, connection) = handshake.map_err(|error| ForwardError::of_exchange(&error))?;
        // How it ends, whoever waits for an answer is told.
        tokio::spawn(connection.with_upgrades());
        Ok(sender)
    }

    fn shelf(&self, destination: &Destination) -> Arc<Shelf> {
        let known = self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(destination.name()).cloned();
        known.unwrap_or_else(|| {
            let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(shelves.entry(destination.name().to_owned()).or_default())
        })
    }
}

impl Shelf {
    /// The connection used last, so that those not needed are left unused.
    fn take(&self) -> Option<SendRequest<Body>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).map(|idle| idle.sender).find(SendRequest::is_ready)
    }

    fn put(&self, sender: SendRequest<Body>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE_PER_UPSTREAM {
            idle.push(Idle { sender, used: true });
        }
    }

    fn close_unused(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain_mut(|idle| std::mem::take(&mut idle.used) && !idle.sender.is_closed());
        drop(idle);
        self.lines.close_unused();
    }
}

/// Closes again and again what was not used in between, for as long as there is a pool.
async fn close_unused(shelves: Weak<Shelves>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let Some(shelves) = shelves.upgrade() else { return };
        let shelves = shelves.read().unwrap_or_else(PoisonError::into_inner);
        shelves.values().for_each(|shelf| shelf.close_unused());
    }
}

/// What an answer that is still to come needs.
enum Loan {
    /// A connection. Dropped before the answer is over, it is closed.
    Connection { sender: SendRequest<Body>, shelf: Arc<Shelf> },
    /// A place on one that others use too.
    Place { _held: http2::Place },
}

impl Loan {
    fn give_back(self) {
        let Self::Connection { mut sender, shelf } = self else { return };
        if sender.is_ready() {
            shelf.put(sender);
        } else if !sender.is_closed() {
            // An upstream may answer before the request is over, and the connection may not have seen the end yet.
            tokio::spawn(async move {
                if sender.ready().await.is_ok() {
                    shelf.put(sender);
                }
            });
        }
    }
}

/// The body of an answer, with whose end its connection is free again.
pub(super) struct Answer {
    body: Incoming,
    loan: Option<Loan>,
    /// Keeps the body of the request back, which the upstream did not want.
    _unwanted: Option<Keeper>,
}

impl Answer {
    fn new(body: Incoming, loan: Loan) -> Self {
        let mut answer = Self { body, loan: Some(loan), _unwanted: None };
        answer.give_back_at_end();
        answer
    }

    /// The body of the request is still kept back: its connection ends with this answer.
    pub(super) fn keeps_back(&mut self, keeper: Keeper) {
        self._unwanted = Some(keeper);
    }

    fn give_back_at_end(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some(loan) = self.loan.take() {
            loan.give_back();
        }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => self.give_back(),
            Poll::Ready(Some(Ok(_))) => self.give_back_at_end(),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
