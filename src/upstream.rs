//! Forwarding: one permitted request to its upstream and the answer back, with bodies streaming both ways. Nothing
//! comes in here without a [`Permit`], and what is sent is what was decided on: host, path and identity
//! are the permit's own.

mod answered;
mod body;
mod checks;
mod choice;
mod connect;
mod error;
mod exchange;
mod gate;
mod guard;
mod handshake;
mod headers;
mod health;
mod identity;
mod made_up;
mod outgoing;
mod passed;
mod patience;
mod pool;
mod probe;
mod stream;
mod tunnel;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Body as _;

use crate::assertion::Assertions;
use crate::base::{Ambient, ClientTls};
use crate::decision::target::goes_nowhere;
use crate::decision::{Permit, Route};
use crate::identity::{PublicUrl, TimeLimit};

use body::CleanTrailers;
pub use error::ForwardError;
pub use handshake::Upgrade;
pub use health::{UpstreamHealth, UpstreamState};
pub use identity::ASSERTION_HEADER;
pub use probe::{Probed, Sample};

/// An error of a body, whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Asked again and again while a tunnel is open or an answer that lasts goes on: whether its session may still use the
/// application, and the application the address that it is connected to. Answers from memory; it ends when the answer is
/// not [`Standing::Allowed`], or when none comes.
pub type StillAllowed = Arc<dyn Fn(IpAddr) -> BoxFuture<'static, Standing> + Send + Sync>;

/// What goes on after the head of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// A tunnel.
    Tunnel,
    /// An answer without an end of its own.
    Answer,
}

/// Whether a tunnel may stay open, or an answer go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Allowed,
    /// The right to it is gone.
    Forbidden,
    /// We are about to stop.
    Stopping,
}

/// How upstreams are spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a connection may take to be there, TLS included.
    pub connect_timeout: Duration,
    /// How long an upstream may take from the last sign of life of the request until the head of its answer.
    pub head_timeout: Duration,
    /// How long an answer that has begun may pause.
    pub pause_timeout: Duration,
    /// How long either side of a tunnel may leave untaken what the other has said, and an upstream what is left of an upload
    /// after its answer.
    pub taking_timeout: Duration,
    /// How long an unused connection is kept.
    pub idle_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // What is on the next shelf answers in milliseconds; five seconds outlast two lost SYNs.
            connect_timeout: Duration::from_secs(5),
            // What nginx and most load balancers wait: slow pages were written with it in mind.
            head_timeout: Duration::from_secs(60),
            // Streams of events are silent for long, but most say now and then that they are there.
            pause_timeout: Duration::from_secs(5 * 60),
            // As long as a client may leave an answer untaken, see the listener. A peer that is only slow takes a little in
            // that time; nginx waits half as long.
            taking_timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Forwards permitted requests.
pub struct Forwarder {
    pool: Arc<pool::Pool>,
    checks: checks::Checks,
    settings: Settings,
    identities: identity::Identities,
    tunnels: Arc<tunnel::Leashes>,
    public: headers::Public,
    ambient: Ambient,
}

impl Forwarder {
    /// A forwarder with its own pool of connections. It makes none to `own`, where we listen ourselves.
    pub fn new(
        settings: Settings,
        tls: &ClientTls,
        assertions: Arc<Assertions>,
        public_url: &PublicUrl,
        own: &[SocketAddr],
        ambient: Ambient,
    ) -> Self {
        let connector = connect::Connector::new(tls, settings.connect_timeout, guard::Guard::new(own));
        let (pool, checks) = (Arc::new(pool::Pool::new(connector, &settings)), checks::Checks::default());
        let (identities, tunnels) = (identity::Identities::new(assertions), tunnel::Leashes::tended());
        let public = headers::Public::new(public_url);
        Self { pool, checks, settings, identities, tunnels, public, ambient }
    }

    /// Sends a request where its permit says and gives the answer back, its body still to come. `forwarded_for` are the
    /// addresses it came over, the client's first, as the listener resolved them.
    ///
    /// A request that asks for an [`Upgrade`] turns into a tunnel if the upstream agrees. That, and an answer that lasts,
    /// ends when what `still_allowed` makes for it says no. It is taken out of `request`.
    ///
    /// # Errors
    /// When there is no answer to give back.
    pub async fn forward(
        &self,
        permit: Permit,
        request: &mut Request<Body>,
        forwarded_for: Option<HeaderValue>,
        still_allowed: impl FnOnce(Lasting) -> StillAllowed,
    ) -> Result<Response<Body>, ForwardError> {
        if goes_nowhere(request.method()) {
            return Err(ForwardError::Method);
        }
        let handshake = self.clean(&permit, request)?;
        self.tell(&permit, request, forwarded_for)?;
        let patience = patience::Patience::new(self.head_timeout(permit.route()));
        let gate = Self::gate(&permit, request);
        if !request.body().is_end_stream() {
            let body = std::mem::take(request.body_mut());
            *request.body_mut() = Body::new(CleanTrailers::request(body, patience.progress().clone(), gate.clone()));
        }
        let sent = exchange::send(&self.pool, permit.route(), request, &patience);
        let answer = match gate {
            None => sent.await?,
            Some(gate) => Box::pin(exchange::until_wanted(sent, gate)).await?,
        };
        let pause = self.pause_timeout(permit.route());
        match handshake {
            Some((handshake, client)) => self.tunnel_of(answer, handshake, client, still_allowed, pause),
            None => self.answer_of(answer, still_allowed, pause),
        }
    }

    /// Says who the user is, to a proxy that passes the request on itself: with every header that the application may be
    /// told by, empty where there is nothing to tell. The permit is spent by it.
    ///
    /// # Errors
    /// When no assertion can be signed.
    pub fn introduce(&self, permit: Permit, headers: &mut HeaderMap) -> Result<(), ForwardError> {
        Ok(self.identities.add_all(headers, &permit)?)
    }

    /// Forgets what is of no use any more. To be called now and then.
    pub async fn sweep(&self) {
        self.identities.sweep().await;
    }

    /// How long an application's answer may take to begin.
    fn head_timeout(&self, route: &Route) -> Duration {
        route.spec().connection.first_byte_timeout.map_or(self.settings.head_timeout, TimeLimit::duration)
    }

    /// How long an application's answer may pause.
    fn pause_timeout(&self, route: &Route) -> Duration {
        route.spec().connection.idle_timeout.map_or(self.settings.pause_timeout, TimeLimit::duration)
    }
}

/// The name we give ourselves in `Via` (RFC 9110 7.6.3).
const PSEUDONYM: &str = "vestibule";

/// A header name of ours, known to be well-formed.
const fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

#[cfg(test)]
mod tests;
