//! A connection over HTTP/1.1. It has no task of its own: whoever waits for its answer moves it along, so that a request
//! is passed on within one task and comes back within the same. What rests unused is looked at when it is used again: an
//! upstream that hung up meanwhile is found out before anything is written.

use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use axum::body::Body;
use futures_util::future::BoxFuture;
use futures_util::task::AtomicWaker;
use http::{Request, Response, header};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::MAX_RESPONSE_HEAD;
use crate::upstream::ForwardError;
use crate::upstream::connect::Stream;
use crate::upstream::passed::{Overheard, Passed};
use crate::upstream::patience::{Patience, Pause, Timer};

/// A connection on which requests can be sent, one after the other.
pub(in crate::upstream) struct Line {
    sender: SendRequest<Body>,
    /// Where it leads.
    pub(super) peer: IpAddr,
    /// What moves it; nothing once it is over.
    connection: Option<BoxFuture<'static, hyper::Result<()>>>,
    passed: Passed,
    /// How long an upload may stand still after its answer.
    patience: Duration,
    timer: Timer,
    bell: Arc<Bell>,
    /// The bell, as those take it who ring it.
    rope: Waker,
}

impl Line {
    /// A connection to that address that nothing was sent on yet. What is left of an upload after its answer may stand still
    /// for as long as `patience`.
    pub(super) async fn open(stream: Stream, peer: IpAddr, patience: Duration) -> hyper::Result<Self> {
        let passed = Passed::default();
        let stream = TokioIo::new(Overheard::new(TokioIo::new(stream), passed.clone()));
        let (sender, connection) = http1::Builder::new().max_buf_size(MAX_RESPONSE_HEAD).handshake(stream).await?;
        let bell = Arc::new(Bell { rung: AtomicBool::new(true), listener: AtomicWaker::new() });
        let rope = Waker::from(Arc::clone(&bell));
        Ok(Self {
            sender,
            peer,
            connection: Some(Box::pin(connection.with_upgrades())),
            passed,
            patience,
            timer: Timer::default(),
            bell,
            rope,
        })
    }

    /// Sends a request and gives the head of the answer. Dropped before that, the connection is of no use any more.
    ///
    /// # Errors
    /// When none comes, or none in time. The request is given back if nothing of it was written.
    pub(in crate::upstream) async fn send(
        &mut self,
        request: Request<Body>,
        patience: &Patience,
    ) -> Result<Response<Incoming>, Unanswered> {
        self.passed.begin(may_repeat(&request));
        let mut answer = pin!(self.sender.try_send_request(request));
        self.bell.ring();
        poll_fn(|cx| match self.poll_for(cx, |cx| answer.as_mut().poll(cx)) {
            Poll::Ready(Ok(answer)) => Poll::Ready(Ok(answer)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            Poll::Pending => self.timer.poll_over(cx, || patience.deadline()).map(|()| Err(Unanswered::late())),
        })
        .await
    }

    /// The last request, if it may be sent again: nobody began to answer it.
    pub(super) fn unanswered(&self) -> Option<Request<Body>> {
        (!self.passed.is_answering()).then(|| self.passed.request()).flatten()
    }

    /// Whether a request can be sent now.
    pub(in crate::upstream) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Whether none can be sent any more.
    pub(in crate::upstream) fn is_closed(&self) -> bool {
        self.sender.is_closed() || self.connection.is_none()
    }

    /// Moves the connection until a request can be sent. Says whether one ever can.
    pub(super) async fn ready(&mut self) -> bool {
        let mut stuck = Pause::new(self.patience);
        poll_fn(|cx| {
            self.bell.silence();
            if self.bell.is_rung() {
                stuck.went_on();
            }
            self.bell.ring();
            self.go_on();
            match (self.is_ready(), self.is_closed()) {
                (true, _) => Poll::Ready(true),
                (false, true) => Poll::Ready(false),
                (false, false) if stuck.poll_too_long(cx).is_ready() => Poll::Ready(false),
                (false, false) => self.bell.wait(cx.waker()),
            }
        })
        .await
    }

    /// Polls for something that this connection brings, and moves it along if that is not there yet.
    pub(super) fn poll_for<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.bell.silence();
        if let Poll::Ready(there) = wanted(&mut Context::from_waker(&self.rope)) {
            return Poll::Ready(there);
        }
        self.go_on();
        match wanted(&mut Context::from_waker(&self.rope)) {
            Poll::Ready(there) => Poll::Ready(there),
            Poll::Pending => self.bell.wait(cx.waker()),
        }
    }

    /// Moves the connection, if anything happened to it since it was last moved.
    fn go_on(&mut self) {
        // Asked first, and so also of a connection that is over: nobody is woken for it again and again.
        let is_rung = self.bell.is_rung();
        let Some(connection) = self.connection.as_mut().filter(|_| is_rung) else { return };
        if let Poll::Ready(ended) = connection.as_mut().poll(&mut Context::from_waker(&self.rope)) {
            // Whoever waits for an answer is told by its being dropped.
            self.connection = None;
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to an upstream ended badly");
            }
        }
    }
}

/// Whether a request may be sent twice (RFC 9110 9.2.2). What asks for another protocol has a far side that waits for it.
fn may_repeat(request: &Request<Body>) -> bool {
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    request.method().is_idempotent() && request.body().is_end_stream() && !is_upgrade
}

/// A request that got no answer.
pub(in crate::upstream) struct Unanswered {
    pub(in crate::upstream) error: ForwardError,
    /// The request, if nothing of it was written.
    pub(super) unsent: Option<Box<Request<Body>>>,
}

impl Unanswered {
    const fn late() -> Self {
        Self { error: ForwardError::HeadTimeout, unsent: None }
    }
}

impl From<TrySendError<Request<Body>>> for Unanswered {
    fn from(mut error: TrySendError<Request<Body>>) -> Self {
        let unsent = error.take_message().map(Box::new);
        Self { error: ForwardError::of_exchange(&error.into_error()), unsent }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// Rung by whatever happens to a connection. It wakes whoever waits for that; while they move the connection it wakes
/// nobody, for what they bring about themselves they need not be told.
struct Bell {
    rung: AtomicBool,
    listener: AtomicWaker,
}

impl Bell {
    fn ring(&self) {
        self.rung.store(true, Ordering::Release);
    }

    /// Whether it was rung since it was last asked.
    fn is_rung(&self) -> bool {
        self.rung.swap(false, Ordering::AcqRel)
    }

    /// Wakes nobody until somebody waits.
    fn silence(&self) {
        drop(self.listener.take());
    }

    fn wait<T>(&self, waker: &Waker) -> Poll<T> {
        self.listener.register(waker);
        // It may have been rung before there was anybody to be woken.
        if self.rung.load(Ordering::Acquire) {
            waker.wake_by_ref();
        }
        Poll::Pending
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
        self.listener.wake();
    }
}
