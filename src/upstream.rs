//! Forwarding: one permitted request to its upstream and the answer back, with bodies streaming both ways. Nothing
//! comes in here without a [`Permit`], and what is sent is what was decided on: host, path and identity
//! are the permit's own.

mod body;
mod choice;
mod connect;
mod error;
mod exchange;
mod guard;
mod headers;
mod health;
mod heard;
mod identity;
mod made_up;
mod pool;
mod probe;
mod shelf;
mod tunnel;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::upgrade::OnUpgrade;

use crate::assertion::Assertions;
use crate::decision::{Permit, Route};
use crate::identity::{Destination, Host, PublicUrl, TimeLimit};
use crate::telemetry::Ours;

use body::{CleanTrailers, Progress};
pub use error::{ForwardError, SetupError};
pub use health::{UpstreamHealth, UpstreamState};
pub use identity::ASSERTION_HEADER;
pub use probe::{Probed, Sample};
pub use tunnel::is_websocket_handshake;

/// An error of a body, whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Asked again and again while a tunnel is open: whether its session may still use the application. Answers from
/// memory; a tunnel closes when the answer is not [`Standing::Allowed`], or when none comes.
pub type StillAllowed = Arc<dyn Fn() -> BoxFuture<'static, Standing> + Send + Sync>;

/// Whether a tunnel may stay open.
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
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// Forwards permitted requests.
pub struct Forwarder {
    pool: pool::Pool,
    settings: Settings,
    identities: identity::Identities,
    public_url: PublicUrl,
}

impl Forwarder {
    /// A forwarder with its own pool of connections. It makes none to `own`, where we listen ourselves.
    ///
    /// # Errors
    /// When TLS towards upstreams cannot be set up.
    pub fn new(
        settings: Settings,
        assertions: Arc<Assertions>,
        public_url: PublicUrl,
        own: &[SocketAddr],
    ) -> Result<Self, SetupError> {
        let connector = connect::Connector::new(settings.connect_timeout, guard::Guard::new(own))?;
        let pool = pool::Pool::new(connector, &settings);
        Ok(Self { pool, settings, identities: identity::Identities::new(assertions), public_url })
    }

    /// Sends a request where its permit says and gives the answer back, its body still to come. `chain` are the
    /// addresses it came over, the client's first, as the listener resolved them.
    ///
    /// A WebSocket handshake over HTTP/1.1 turns into a tunnel, which is closed when `still_allowed` says no; without
    /// that, it is a request like any other.
    ///
    /// # Errors
    /// When there is no answer to give back; [`ForwardError::status`] says which to give instead.
    pub async fn forward<B>(
        &self,
        permit: Permit,
        request: Request<B>,
        chain: &[IpAddr],
        still_allowed: Option<StillAllowed>,
    ) -> Result<Response<Body>, ForwardError>
    where
        B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err(ForwardError::Method);
        }
        let still_allowed = still_allowed.filter(|_| tunnel::is_websocket_handshake(&request));
        let (mut parts, body) = request.into_parts();
        let received = parts.version;
        headers::check_hops(&parts.headers)?;
        headers::clean_request(&mut parts.headers);
        if still_allowed.is_some() {
            headers::add_upgrade(&mut parts.headers);
        }
        if let Some(ours) = parts.extensions.remove::<Ours>() {
            ours.set(&mut parts.headers);
        }
        self.address(&mut parts.headers, &Asked { host: permit.host(), received, chain });
        self.identities.add(&mut parts.headers, &permit)?;
        body::frame(&mut parts.headers, &body);
        // In the form that goes to a server (RFC 9112 3.2.1): exactly the path that was decided on.
        parts.uri = permit.target().clone().into();
        parts.version = Version::HTTP_11;

        let tunnel = still_allowed.and_then(|still| Some((parts.extensions.remove::<OnUpgrade>()?, still)));
        parts.extensions.clear();
        let progress = Progress::new();
        let body = if body.is_end_stream() {
            Body::empty()
        } else {
            Body::new(CleanTrailers::request(body, progress.clone()))
        };
        let request = Request::from_parts(parts, body);
        let limit = self.head_timeout(permit.route());
        let answer = exchange::send(&self.pool, permit.route(), request, &progress, limit).await?;
        answer_of(answer, tunnel)
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

    /// Says which host was asked for, and by whom.
    fn address(&self, headers: &mut HeaderMap, asked: &Asked<'_>) {
        let public = headers::public_authority(&self.public_url, asked.host);
        headers.insert(header::HOST, public.clone());
        headers::add_client(headers, asked.received, asked.chain, &self.public_url, public);
    }
}

/// What a browser asked for, as far as every upstream is told.
struct Asked<'a> {
    host: &'a Host,
    received: Version,
    chain: &'a [IpAddr],
}

/// What an upstream that is not told the public host sees in `Host`.
fn own_authority(destination: &Destination) -> HeaderValue {
    headers::value(destination.upstream().authority().as_str())
}

/// What is given back of an upstream's answer. If it agrees to a WebSocket that was asked for, the tunnel begins.
fn answer_of(
    mut answer: Response<pool::Answer>,
    tunnel: Option<(OnUpgrade, StillAllowed)>,
) -> Result<Response<Body>, ForwardError> {
    let switched = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
    if switched {
        // If nobody asked for another protocol, what follows could be taken for the answer to a later request.
        let agreed = tunnel.filter(|_| tunnel::switches_to_websocket(&answer));
        let (client_side, still_allowed) = agreed.ok_or(ForwardError::Protocol)?;
        tokio::spawn(tunnel::run(client_side, hyper::upgrade::on(&mut answer), still_allowed));
    }
    let (mut parts, body) = answer.into_parts();
    headers::clean_response(&mut parts.headers, parts.version);
    // The server speaks its own version; an upstream's HTTP/1.0 would close the client's connection.
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    if switched {
        headers::add_upgrade(&mut parts.headers);
        return Ok(Response::from_parts(parts, Body::empty()));
    }
    Ok(Response::from_parts(parts, Body::new(CleanTrailers::response(body))))
}

/// The name we give ourselves in `Via` (RFC 9110 7.6.3).
const PSEUDONYM: &str = "vestibule";

/// A header name of ours, known to be well-formed.
const fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

#[cfg(test)]
mod tests;
