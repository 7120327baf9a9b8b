//! One connection: whose it is, TLS, HTTP, and when it is over.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, State, Tracked, Unanswered};
use super::answer::Answer;
use super::crowd::Crowd;
use super::gathered::Gathered;
use super::proxy_protocol::{self, Source};
use super::slot::Slot;
use super::tls::PROOF;
use super::{Arrival, Handshake, Limits, Tls, TrustedProxies};

/// How often an HTTP/2 peer is asked for a sign of life, and how long it may take to give one.
const PING: Duration = Duration::from_secs(20);
/// How many streams may have been reset by the peer before we came to look at them, or by us because of its mistakes:
/// with one more the connection is closed. Both are h2's own figures, written down lest they go up.
const RESET_UNSEEN: usize = 20;
const RESET_FOR_MISTAKES: usize = 1_024;

/// Bytes of one answer over HTTP/2 that are kept until the client takes them: with every stream untaken a connection costs
/// some megabytes, at h2's own figure fifty.
const SEND_BUFFER: usize = 64 * 1024;

/// How many copies of its place a connection has itself: who answers has one, and who looks whether it should close.
const OWN_PLACES: usize = 2;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // A timer of its own for each head costs more than all that is done with one: see `until_it_should_close`.
        .header_read_timeout(None)
        // At most 100 header fields, hyper's own limit: naming one, even the same, costs an allocation per request.
        .max_buf_size(limits.head_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        // WebSockets are streams too (RFC 8441).
        .enable_connect_protocol()
        .max_pending_accept_reset_streams(RESET_UNSEEN)
        .max_local_error_reset_streams(RESET_FOR_MISTAKES)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}

/// What a connection is served with.
#[derive(Clone)]
pub(super) struct Door<A> {
    answers: A,
    pub(super) trusted: Arc<TrustedProxies>,
    builder: Arc<Builder<TokioExecutor>>,
    pub(super) limits: Limits,
    proxies: Proxies,
}

impl<A, F, B> Door<A>
where
    A: Fn(Request<Tracked<Incoming>>, Arrival) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    pub(super) fn new(answers: A, trusted: Arc<TrustedProxies>, limits: Limits, proxies: Proxies) -> Self {
        Self { answers, trusted, builder: Arc::new(builder(&limits)), limits, proxies }
    }

    /// Serves a connection until it is over.
    pub(super) async fn connection(
        mut self,
        mut stream: TcpStream,
        peer: IpAddr,
        tls: Option<Tls>,
        stopped: watch::Receiver<bool>,
        mut slot: Slot,
    ) {
        // Small answers would otherwise wait for an acknowledgement that the peer holds back.
        let _ = stream.set_nodelay(true);
        let peer = match client_behind(&self.proxies, peer, &mut stream, &mut slot).await {
            Some(Source::Client(client)) => client,
            // Its word is its header. What comes behind it may be anybody's, whom it does not name.
            Some(Source::Proxy) => {
                self.trusted = Arc::default();
                peer
            }
            None => {
                return tracing::debug!(%peer, "a proxy did not say whose connection it is, or of one who has too many");
            }
        };
        match tls {
            None => self.speak(Gathered(stream), (peer, None), slot, stopped).await,
            // Boxed, or each connection in plain would keep the room that one over TLS takes.
            Some(tls) => Box::pin(self.over_tls(stream, (peer, tls), slot, stopped)).await,
        }
    }

    async fn over_tls(self, stream: TcpStream, (peer, tls): (IpAddr, Tls), slot: Slot, stopped: watch::Receiver<bool>) {
        let shaken = Box::pin(timeout(self.limits.handshake, TlsAcceptor::from(tls.config).accept(stream))).await;
        match shaken {
            // A certificate authority has seen what it wanted to see; nobody speaks HTTP to us in this way.
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(PROOF) => {}
            Ok(Ok(stream)) => {
                let handshake = tls.certificates.handshake(stream.get_ref().1.server_name());
                self.speak(stream, (peer, Some(handshake)), slot, stopped).await;
            }
            Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
        }
    }

    async fn speak<I>(
        self,
        stream: I,
        (peer, tls): (IpAddr, Option<Arc<Handshake>>),
        slot: Slot,
        stopped: watch::Receiver<bool>,
    ) where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let activity = Arc::new(Activity::new());
        let Self { answers, trusted, builder, limits, .. } = self;
        let (body_patience, slowest, head_bytes) = (limits.body, limits.answer, limits.head_bytes);
        let place = slot.clone();
        let answer = {
            let activity = Arc::clone(&activity);
            let stranger = trusted.resolve_once(peer, tls.as_ref());
            service_fn(move |request: Request<Incoming>| {
                let busy = activity.begin(request.version());
                let behind = || Arc::new(trusted.resolve(peer, tls.as_ref(), request.headers()));
                let client = stranger.clone().unwrap_or_else(behind);
                let request = request.map(|body| Tracked::new(body, &busy, body_patience));
                let answer = answers(request, Arrival { client, slot: slot.clone() });
                let unanswered = Unanswered::new(busy);
                async move {
                    let response = answer.await;
                    let busy = unanswered.answered();
                    Ok::<_, Infallible>(response.map(|body| Answer::new(body, busy)))
                }
            })
        };
        let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), answer).into_owned());
        // In a task of its own, since it would else be polled along with each step of each request.
        let (mut close, closing) = oneshot::channel();
        tokio::spawn(async move {
            tokio::select! {
                how = until_it_should_close(&activity, &place, &limits, stopped) => drop(close.send(how)),
                () = close.closed() => {}
            }
        });
        let ended = tokio::select! {
            biased;
            ended = &mut connection => ended,
            Ok(close) = closing => match close {
                Close::Now => {
                    return tracing::debug!(%peer, "a connection over which nothing goes on, or nothing in earnest, was closed");
                }
                Close::Gracefully => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
                Close::Rested => {
                    connection.as_mut().graceful_shutdown();
                    match timeout(slowest, connection).await {
                        Ok(ended) => ended,
                        Err(_) => return tracing::debug!(%peer, "a connection whose last answers are not taken was closed"),
                    }
                }
            }
        };
        match ended {
            // Answered by hyper itself, with no words: else nobody would know what their browser is refused for.
            Err(error) if is_too_large(&*error) => {
                tracing::info!(%peer, head_bytes, "the head of a request was too large: 431");
            }
            Err(error) => tracing::debug!(%peer, %error, "a connection ended badly"),
            Ok(()) => {}
        }
    }
}

/// Whether a connection ended since the head of a request was too large.
fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse_too_large)
}

/// Whom we are told of before anything else.
#[derive(Clone)]
pub(super) struct Proxies {
    pub(super) trusted: Arc<TrustedProxies>,
    /// Where clients are counted whom trusted proxies name; nothing if they name none.
    pub(super) crowd: Option<Arc<Crowd>>,
    /// How long their word may take.
    pub(super) patience: Duration,
    /// Most connections of one client.
    pub(super) of_one: usize,
}

/// Whose connection it is: the peer's, or of whom a trusted proxy names, in which case it counts among theirs.
async fn client_behind(proxies: &Proxies, peer: IpAddr, stream: &mut TcpStream, slot: &mut Slot) -> Option<Source> {
    let Some(crowd) = proxies.crowd.as_ref().filter(|_| proxies.trusted.contains(peer.to_canonical())) else {
        return Some(Source::Client(peer));
    };
    let named = timeout(proxies.patience, proxy_protocol::read(stream)).await.ok()?.ok()?;
    if let Source::Client(client) = named
        && !proxies.trusted.contains(client)
    {
        let place = crowd.enter(client, proxies.of_one)?;
        slot.count_for(place).then_some(())?;
    }
    Some(named)
}

/// How to close a connection.
enum Close {
    Now,
    /// Once what is under way is over.
    Gracefully,
    /// Nothing is under way, but the client may not have taken all of it yet.
    Rested,
}

/// Waits until it is time to stop, or a request's head or anything at all has been waited for too long; and gives answers
/// up meanwhile that are not taken.
async fn until_it_should_close(
    activity: &Activity,
    place: &Slot,
    limits: &Limits,
    mut stopped: watch::Receiver<bool>,
) -> Close {
    let mut pause = pin!(sleep(limits.head));
    let mut look = pin!(sleep(limits.answer));
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return Close::Gracefully,
            () = activity.abused() => return Close::Now,
            () = &mut look => {
                look.as_mut().reset(Instant::now() + limits.answer);
                // Over HTTP/2 other answers may go on beside it.
                if activity.give_up_slow() && !activity.is_http2() {
                    return Close::Now;
                }
                continue;
            }
            () = &mut pause => {}
        }
        // Over HTTP/1.1 one rests until the next head is there whole, and has nothing left to finish.
        let (patience, close) =
            if activity.is_http2() { (limits.idle, Close::Rested) } else { (limits.head, Close::Now) };
        let left = match activity.state() {
            State::Fresh => return Close::Now,
            State::Busy => patience,
            // A tunnel goes on after its answer.
            State::Resting(_) if place.is_lent(OWN_PLACES) => patience,
            State::Resting(rested) if rested >= patience => return close,
            State::Resting(rested) => patience - rested,
        };
        pause.as_mut().reset(Instant::now() + left);
    }
}
