//! Connections to upstreams, kept between requests. What is lent comes back once the answer is over; what was not used
//! for a while is closed.

pub(super) mod http2;
pub(super) mod line;
mod shelf;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;

use super::connect::{Connector, Trust};
use super::gate::Keeper;
use super::patience::Patience;
use super::{ForwardError, Settings};
use crate::base::QuickHasher;
use crate::identity::{Destination, UpstreamProtocol};
use line::{Line, Unanswered};
pub(super) use shelf::Shelf;

/// Most bytes read of the head of an answer before it is given up: large cookies and content policies fit, a flood does
/// not. hyper looks after each read, so up to twice as many may have come. It takes at most 100 header fields, as for
/// requests: see the listener.
const MAX_RESPONSE_HEAD: usize = 64 * 1024;

/// All connections that are unused.
pub(super) struct Pool {
    connector: Connector,
    taking_timeout: Duration,
    shelves: Arc<Shelves>,
}

/// By [`Destination::name`], which only admins write.
type Shelves = RwLock<HashMap<String, Arc<Shelf>, BuildHasherDefault<QuickHasher>>>;

impl Pool {
    /// A pool that keeps an unused connection for at most `idle_timeout`, and for at least half of it.
    pub(super) fn new(connector: Connector, settings: &Settings) -> Self {
        let shelves = Arc::default();
        tokio::spawn(close_unused(Arc::downgrade(&shelves), settings.idle_timeout / 2));
        Self { connector, taking_timeout: settings.taking_timeout, shelves }
    }

    /// Sends a request and gives the head of its answer.
    ///
    /// It is sent again only where that can do no harm: what was never written, on the next connection; what was
    /// written to a kept connection that then closed without a byte of answer, once, on a new one, if its method allows
    /// it (RFC 9110 9.2.2) and it has no body. What of it was not sent is left in `request`.
    pub(super) async fn send(
        &self,
        destination: &Destination,
        shelf: &Arc<Shelf>,
        request: &mut Request<Body>,
        patience: &Patience,
    ) -> Result<Response<Answer>, Failed> {
        if destination.protocol() == UpstreamProtocol::Http2 {
            // Boxed, like all that is rare: every request carries the room its future would take.
            let answer = Box::pin(self.send_on_stream(destination, shelf, request));
            let answered = tokio::select! {
                biased;
                answer = answer => answer?,
                () = patience.is_over() => return Err(ForwardError::HeadTimeout.into()),
            };
            if let Some(answer) = answered {
                return Ok(answer);
            }
        }
        while let Some(mut line) = shelf.take() {
            let unanswered = match line.send(std::mem::take(request), patience).await {
                Ok(answer) => return Ok(answer_on(answer, line, shelf)),
                Err(unanswered) => unanswered,
            };
            if let Some(unsent) = unanswered.unsent {
                *request = *unsent;
                continue;
            }
            let is_broken = matches!(unanswered.error, ForwardError::Broken(_));
            match line.unanswered().filter(|_| is_broken && shelf.pays_for_retry()) {
                Some(again) => {
                    *request = again;
                    break;
                }
                None => return Err(unanswered.error.into()),
            }
        }
        // Boxed, like all that is rare: every request carries the room its future would take.
        let mut line = match Box::pin(self.connect(destination, &shelf.trust)).await {
            Ok(line) => line,
            Err(error) => {
                shelf.health.unreachable(destination.name(), &error);
                return Err(Failed { error, unsent: true });
            }
        };
        shelf.health.reachable(destination.name());
        match line.send(std::mem::take(request), patience).await {
            Ok(answer) => Ok(answer_on(answer, line, shelf)),
            Err(Unanswered { error, unsent }) => {
                let failed = Failed { error, unsent: unsent.is_some() };
                *request = unsent.map(|unsent| *unsent).unwrap_or_default();
                Err(failed)
            }
        }
    }

    /// Sends a request on a stream of HTTP/2, if it can go on one: only HTTP/1.1 has upgrades other than to WebSocket.
    async fn send_on_stream(
        &self,
        destination: &Destination,
        shelf: &Arc<Shelf>,
        request: &mut Request<Body>,
    ) -> Result<Option<Response<Answer>>, Failed> {
        let (lines, connector) = (&shelf.lines, &self.connector);
        let answer = if !request.headers().contains_key(header::UPGRADE) {
            Some(lines.send(connector, destination, shelf, request).await?)
        } else if http2::is_asked_for(request.headers()) {
            lines.websocket(connector, destination, shelf, request).await?
        } else {
            None
        };
        Ok(answer.map(|answer| answer.map(|(body, place)| Answer::new(body, place.peer(), Loan::Place(place)))))
    }

    /// A new connection that is not kept.
    pub(super) async fn connect(&self, destination: &Destination, trust: &Trust) -> Result<Line, ForwardError> {
        let (stream, peer) = self.connector.connect(destination, trust).await?;
        Line::open(stream, peer, self.taking_timeout).await.map_err(|error| ForwardError::of_exchange(&error))
    }

    /// What is kept of a destination.
    pub(super) fn shelf(&self, destination: &Destination) -> Arc<Shelf> {
        self.known(destination).unwrap_or_else(|| {
            let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
            let shelf = shelves.entry(destination.name().to_owned()).or_insert_with(|| Arc::new(Shelf::new()));
            Arc::clone(shelf)
        })
    }

    /// What is kept of a destination, if anything is.
    pub(super) fn known(&self, destination: &Destination) -> Option<Arc<Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).get(destination.name()).cloned()
    }
}

/// A request that got no answer.
pub(super) struct Failed {
    pub(super) error: ForwardError,
    /// Whether nothing of it was sent.
    pub(super) unsent: bool,
}

impl From<ForwardError> for Failed {
    fn from(error: ForwardError) -> Self {
        Self { error, unsent: false }
    }
}

fn answer_on(answer: Response<Incoming>, line: Line, shelf: &Arc<Shelf>) -> Response<Answer> {
    let (peer, loan) = (line.peer, Loan::Connection { line, shelf: Arc::clone(shelf) });
    answer.map(|body| Answer::new(body, peer, loan))
}

/// Closes again and again what was not used in between, and forgets destinations of which nothing is left to be known,
/// for as long as there is a pool.
async fn close_unused(shelves: Weak<Shelves>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let Some(shelves) = shelves.upgrade() else { return };
        let any_bare = {
            let shelves = shelves.read().unwrap_or_else(PoisonError::into_inner);
            shelves.values().filter(|shelf| shelf.close_unused()).count() > 0
        };
        if any_bare {
            let mut shelves = shelves.write().unwrap_or_else(PoisonError::into_inner);
            // Whoever holds one is about to use it.
            shelves.retain(|_, shelf| Arc::strong_count(shelf) > 1 || !shelf.is_bare());
        }
    }
}

/// What an answer that is still to come needs.
enum Loan {
    /// A connection. Dropped before the answer is over, it is closed.
    Connection { line: Line, shelf: Arc<Shelf> },
    /// A place on one that others use too.
    Place(http2::Place),
}

impl Loan {
    fn give_back(self) {
        let Self::Connection { mut line, shelf } = self else { return };
        if line.is_ready() {
            shelf.put(line);
        } else if !line.is_closed() {
            // An upstream may answer before the request is over, and a connection that becomes another has to see it.
            tokio::spawn(async move {
                if line.ready().await {
                    shelf.put(line);
                }
            });
        }
    }
}

/// The body of an answer, with whose end its connection is free again.
pub(super) struct Answer {
    body: Incoming,
    peer: IpAddr,
    loan: Option<Loan>,
    /// Keeps the body of the request back, which the upstream did not want.
    _unwanted: Option<Keeper>,
}

impl Answer {
    fn new(body: Incoming, peer: IpAddr, loan: Loan) -> Self {
        let mut answer = Self { body, peer, loan: Some(loan), _unwanted: None };
        answer.give_back_at_end();
        answer
    }

    /// Whom it comes from.
    pub(super) const fn peer(&self) -> IpAddr {
        self.peer
    }

    /// The body of the request is still kept back: its connection ends with this answer.
    pub(super) fn keeps_back(&mut self, keeper: Keeper) {
        self._unwanted = Some(keeper);
    }

    /// The place of a stream that became a tunnel.
    pub(super) fn take_place(&mut self) -> Option<http2::Place> {
        match self.loan.take() {
            Some(Loan::Place(place)) => Some(place),
            _ => None,
        }
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
        let Self { body, loan, .. } = &mut *self;
        let polled = match loan {
            Some(Loan::Connection { line, .. }) => line.poll_for(cx, |cx| Pin::new(&mut *body).poll_frame(cx)),
            _ => Pin::new(body).poll_frame(cx),
        };
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
