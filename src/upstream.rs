//! Forwarding: one permitted request to its upstream and the answer back, with bodies streaming both ways. Nothing
//! comes in here without a [`Permit`], and what is sent is what was decided on: host, path and identity
//! are the permit's own.

mod body;
mod connect;
mod error;
mod exchange;
mod headers;
mod identity;
mod tunnel;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::uri::{self, Scheme};
use http::{HeaderName, Method, Request, Response, StatusCode, Uri, Version, header};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::assertion::Assertions;
use crate::decision::Permit;
use crate::identity::PublicUrl;

pub use error::{ForwardError, SetupError};
pub use identity::ASSERTION_HEADER;
pub use tunnel::is_websocket_handshake;

/// An error of a body, whatever it is.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Asked again and again while a tunnel is open: whether its session may still use the application. Answers from
/// memory; a tunnel closes when the answer is no, or when none comes.
pub type StillAllowed = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

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

/// Most bytes read of the head of an answer before it is given up: large cookies and content policies fit, a flood does
/// not. hyper looks after each read, so up to twice as many may have come.
const MAX_RESPONSE_HEAD: usize = 64 * 1024;
/// Most unused connections kept for each upstream.
const MAX_IDLE_PER_UPSTREAM: usize = 256;

/// Forwards permitted requests.
pub struct Forwarder {
    client: Client<connect::Connector, Body>,
    settings: Settings,
    identities: identity::Identities,
    public_url: PublicUrl,
}

impl Forwarder {
    /// A forwarder with its own pool of connections.
    ///
    /// # Errors
    /// When TLS towards upstreams cannot be set up.
    pub fn new(settings: Settings, assertions: Arc<Assertions>, public_url: PublicUrl) -> Result<Self, SetupError> {
        let connector = connect::connector(settings.connect_timeout)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.idle_timeout)
            .pool_max_idle_per_host(MAX_IDLE_PER_UPSTREAM)
            .http1_max_buf_size(MAX_RESPONSE_HEAD)
            // At most 100 header fields, as for requests: see the listener.
            // Only what was never written is tried again: a connection found closed when it was taken from the pool.
            .retry_canceled_requests(true)
            .set_host(false)
            .build(connector);
        Ok(Self { client, settings, identities: identity::Identities::new(assertions), public_url })
    }

    /// Sends a request where its permit says and gives the answer back, its body still to come. `chain` are the
    /// addresses it came over, the client's first, as the listener resolved them.
    ///
    /// A WebSocket handshake over HTTP/1.1 turns into a tunnel, which is closed when `still_allowed` says no.
    ///
    /// # Errors
    /// When there is no answer to give back; [`ForwardError::status`] says which to give instead.
    pub async fn forward<B>(
        &self,
        permit: Permit,
        request: Request<B>,
        chain: &[IpAddr],
        still_allowed: StillAllowed,
    ) -> Result<Response<Body>, ForwardError>
    where
        B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<BoxError>,
    {
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err(ForwardError::Method);
        }
        let handshake = tunnel::is_websocket_handshake(&request);
        let (mut parts, body) = request.into_parts();
        let received = parts.version;
        headers::check_hops(&parts.headers)?;
        headers::clean_request(&mut parts.headers);
        if handshake {
            headers::add_upgrade(&mut parts.headers);
        }
        let public = headers::add_client(&mut parts.headers, received, chain, (&self.public_url, permit.host()));
        self.identities.add(&mut parts.headers, &permit)?;

        let spec = permit.route().spec();
        let host = if spec.pass_host { public } else { headers::value(spec.upstream.authority().as_str()) };
        parts.headers.insert(header::HOST, host);
        body::frame(&mut parts.headers, &body);
        parts.uri = target(&permit)?;
        parts.version = Version::HTTP_11;

        let client_side = parts.extensions.remove::<hyper::upgrade::OnUpgrade>();
        parts.extensions.clear();
        let request = Request::from_parts(parts, ());
        let answer = exchange::exchange(&self.client, request, body, self.settings.head_timeout).await?;
        answer_of(answer, handshake.then_some(client_side).flatten(), still_allowed)
    }
}

/// What is given back of an upstream's answer. If it agrees to a WebSocket that was asked for, the tunnel begins.
fn answer_of(
    mut answer: Response<hyper::body::Incoming>,
    client_side: Option<hyper::upgrade::OnUpgrade>,
    still_allowed: StillAllowed,
) -> Result<Response<Body>, ForwardError> {
    let switched = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
    let upstream_side = match (switched, &client_side) {
        (false, _) => None,
        (true, Some(_)) if tunnel::switches_to_websocket(&answer) => Some(hyper::upgrade::on(&mut answer)),
        // Nobody asked for another protocol: what follows could be taken for the answer to a later request.
        (true, _) => return Err(ForwardError::Protocol),
    };
    let (mut parts, body) = answer.into_parts();
    headers::clean_response(&mut parts.headers, parts.version);
    // The server speaks its own version; an upstream's HTTP/1.0 would close the client's connection.
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    if let (Some(client_side), Some(upstream_side)) = (client_side, upstream_side) {
        headers::add_upgrade(&mut parts.headers);
        tokio::spawn(tunnel::run(client_side, upstream_side, still_allowed));
        return Ok(Response::from_parts(parts, Body::empty()));
    }
    Ok(Response::from_parts(parts, Body::new(body::CleanTrailers::response(body))))
}

/// Where the permit says: its upstream, and exactly the path that was decided on.
fn target(permit: &Permit) -> Result<Uri, ForwardError> {
    let upstream = &permit.route().spec().upstream;
    let mut parts = uri::Parts::default();
    parts.scheme = Some(if upstream.is_tls() { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(upstream.authority().clone());
    parts.path_and_query = Some(permit.target().clone());
    Uri::from_parts(parts).map_err(|_| ForwardError::Protocol)
}

/// The name we give ourselves in `Via` (RFC 9110 7.6.3).
const PSEUDONYM: &str = "vestibule";

/// A header name of ours, known to be well-formed.
const fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

#[cfg(test)]
mod tests;
