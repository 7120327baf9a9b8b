//! Forwarding: one permitted request to its upstream and the answer back, with bodies streaming both ways. Nothing
//! comes in here without a [`Permit`], and what is sent is what was decided on: host, path and identity
//! are the permit's own.

mod body;
mod checks;
mod choice;
mod connect;
mod error;
mod exchange;
mod gate;
mod guard;
mod headers;
mod health;
mod identity;
mod made_up;
mod passed;
mod patience;
mod pool;
mod probe;
mod shelf;
mod stream;
mod tunnel;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version, header, response};
use http_body::Body as _;
use hyper::upgrade::OnUpgrade;

use crate::assertion::Assertions;
use crate::base::Ambient;
use crate::decision::target::goes_nowhere;
use crate::decision::{Permit, Route};
use crate::identity::{Destination, Host, PathPrefix, PublicUrl, TimeLimit, UpstreamProtocol};
use crate::telemetry::Ours;

use body::CleanTrailers;
pub use error::{ForwardError, SetupError};
pub use health::{UpstreamHealth, UpstreamState};
pub use identity::ASSERTION_HEADER;
pub use probe::{Probed, Sample};
pub use stream::is_stream_asked_for;
pub use tunnel::Upgrade;

/// An error of a body, whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Asked again and again while a tunnel is open or an answer that lasts goes on: whether its session may still use the
/// application, and the application the address that it is connected to. Answers from memory; it ends when the answer is
/// not [`Standing::Allowed`], or when none comes.
pub type StillAllowed = Arc<dyn Fn(IpAddr) -> BoxFuture<'static, Standing> + Send + Sync>;

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
    ///
    /// # Errors
    /// When TLS towards upstreams cannot be set up.
    pub fn new(
        settings: Settings,
        assertions: Arc<Assertions>,
        public_url: &PublicUrl,
        own: &[SocketAddr],
        ambient: Ambient,
    ) -> Result<Self, SetupError> {
        let connector = connect::Connector::new(settings.connect_timeout, guard::Guard::new(own))?;
        let (pool, checks) = (Arc::new(pool::Pool::new(connector, &settings)), checks::Checks::default());
        let (identities, tunnels) = (identity::Identities::new(assertions), tunnel::Leashes::tended());
        let public = headers::Public::new(public_url);
        Ok(Self { pool, checks, settings, identities, tunnels, public, ambient })
    }

    /// Sends a request where its permit says and gives the answer back, its body still to come. `forwarded_for` are the
    /// addresses it came over, the client's first, as the listener resolved them.
    ///
    /// A request that asks for an [`Upgrade`] turns into a tunnel if the upstream agrees. That, and an answer that lasts,
    /// ends when `still_allowed` says no; without it, this is a request like any other. It is taken out of `request`.
    ///
    /// # Errors
    /// When there is no answer to give back; [`ForwardError::status`] says which to give instead.
    pub async fn forward(
        &self,
        permit: Permit,
        request: &mut Request<Body>,
        forwarded_for: Option<HeaderValue>,
        still_allowed: Option<StillAllowed>,
    ) -> Result<Response<Body>, ForwardError> {
        if goes_nowhere(request.method()) {
            return Err(ForwardError::Method);
        }
        let handshake = self.clean(&permit, request, still_allowed.is_some())?;
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
        match (handshake, still_allowed) {
            (Some((handshake, client)), Some(still_allowed)) => {
                self.tunnel_of(answer, handshake, client, still_allowed, pause)
            }
            (_, still_allowed) => self.answer_of(answer, still_allowed, pause),
        }
    }

    /// Takes out of a request what goes no further. Asks for another protocol, if the client does and may be left with it.
    fn clean(
        &self,
        permit: &Permit,
        request: &mut Request<Body>,
        may_last: bool,
    ) -> Result<Option<(tunnel::Handshake, OnUpgrade)>, ForwardError> {
        let upgrade = Upgrade::of(request, &permit.route().spec().connection.upgrades);
        headers::check_hops(request.headers())?;
        headers::clean_request(request.headers_mut());
        if permit.is_preflight() {
            headers::forget_credentials(request.headers_mut());
        }
        Ok(upgrade.filter(|_| may_last).and_then(|upgrade| {
            let client = request.extensions_mut().remove::<OnUpgrade>()?;
            Some((tunnel::Handshake::ask(upgrade, request.headers_mut(), || self.ambient.bytes()), client))
        }))
    }

    /// Tells the upstream what it has to know of a request, whose target becomes what was decided on.
    fn tell(
        &self,
        permit: &Permit,
        request: &mut Request<Body>,
        forwarded_for: Option<HeaderValue>,
    ) -> Result<(), ForwardError> {
        if let Some(ours) = request.extensions_mut().remove::<Ours>() {
            ours.set(request.headers_mut());
        }
        let received = request.version();
        let prefix = permit.route().spec().connection.strip_prefix.as_ref();
        self.address(request.headers_mut(), Asked { host: permit.host(), received, forwarded_for, prefix });
        self.identities.add(request.headers_mut(), permit)?;
        body::frame(request);
        // In the form that goes to a server (RFC 9112 3.2.1): exactly the path that was decided on.
        *request.uri_mut() = permit.target().clone().into();
        *request.version_mut() = Version::HTTP_11;
        request.extensions_mut().clear();
        Ok(())
    }

    /// Where the body of a request waits until its upstream asks for it, if its client waits for that.
    fn gate(permit: &Permit, request: &mut Request<Body>) -> Option<gate::Gate> {
        // Nothing here hears `100 (Continue)` over HTTP/2.
        let can_be_heard = permit.route().spec().connection.protocol == UpstreamProtocol::Http1;
        let waits = !request.body().is_end_stream() && can_be_heard && gate::is_expected(request.headers());
        waits.then(|| gate::until_continue(request))
    }

    /// What is given back of the answer to a handshake. If the upstream agrees, the tunnel begins.
    fn tunnel_of(
        &self,
        mut answer: Response<pool::Answer>,
        handshake: tunnel::Handshake,
        client: OnUpgrade,
        still_allowed: StillAllowed,
        pause: Duration,
    ) -> Result<Response<Body>, ForwardError> {
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            let may_be_told = handshake.may_be_told(answer.status());
            return if may_be_told { self.answer_of(answer, None, pause) } else { Err(ForwardError::Protocol) };
        }
        if !handshake.is_agreed(answer.headers()) {
            return Err(ForwardError::Protocol);
        }
        let leash = self.tunnels.take(still_allowed, answer.body().peer());
        let (framed, mask) = (handshake.is_framed(), self.ambient.bytes());
        let (upstream, place) = (hyper::upgrade::on(&mut answer), answer.body_mut().take_place());
        tokio::spawn(tunnel::run(tunnel::Plan { client, leash, framed, mask, place }, upstream));
        let mut parts = clean(answer).0;
        handshake.agree(&mut parts);
        Ok(Response::from_parts(parts, Body::empty()))
    }

    /// What is given back of the answer to a request that asked for no other protocol.
    fn answer_of(
        &self,
        answer: Response<pool::Answer>,
        still_allowed: Option<StillAllowed>,
        pause: Duration,
    ) -> Result<Response<Body>, ForwardError> {
        // What follows could be taken for the answer to a later request.
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(ForwardError::Protocol);
        }
        let (parts, body) = clean(answer);
        let peer = body.peer();
        let body = CleanTrailers::response(body, pause);
        let body = match still_allowed.filter(|_| stream::is_stream(&parts.headers)) {
            Some(allowed) => Body::new(stream::Leashed::new(body, self.tunnels.take(allowed, peer), &parts.headers)),
            None => Body::new(body),
        };
        Ok(Response::from_parts(parts, body))
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

    /// Says which host was asked for, and by whom.
    fn address(&self, headers: &mut HeaderMap, asked: Asked<'_>) {
        let authority = self.public.authority(asked.host, headers.get(header::HOST));
        headers.insert(header::HOST, authority.clone());
        headers::add_client(headers, asked.received, asked.forwarded_for, &self.public, authority);
        if let Some(prefix) = asked.prefix {
            headers::add_prefix(headers, prefix);
        }
    }
}

/// What a browser asked for, as far as every upstream is told.
struct Asked<'a> {
    host: &'a Host,
    received: Version,
    forwarded_for: Option<HeaderValue>,
    /// What was taken away in front of the path.
    prefix: Option<&'a PathPrefix>,
}

/// What an upstream that is not told the public host sees in `Host`.
fn own_authority(destination: &Destination) -> HeaderValue {
    headers::value(destination.upstream().authority().as_str())
}

/// What of an answer is for the client.
fn clean(answer: Response<pool::Answer>) -> (response::Parts, pool::Answer) {
    let (mut parts, body) = answer.into_parts();
    headers::clean_response(&mut parts.headers, parts.version);
    // The server speaks its own version; an upstream's HTTP/1.0 would close the client's connection.
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    (parts, body)
}

/// The name we give ourselves in `Via` (RFC 9110 7.6.3).
const PSEUDONYM: &str = "vestibule";

/// A header name of ours, known to be well-formed.
const fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

#[cfg(test)]
mod tests;
