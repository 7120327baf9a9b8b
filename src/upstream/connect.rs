//! Connections to upstreams: TCP, or TLS against the machine's own authorities; resolving and both within one time limit.

use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::{self, PathAndQuery, Scheme, Uri};
use hyper_rustls::{
    DefaultServerNameResolver, FixedServerNameResolver, HttpsConnector, MaybeHttpsStream, ResolveServerName,
};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tower::{Service, ServiceExt as _};

use super::ForwardError;
use super::guard::Guard;
use crate::base::ClientTls;
use crate::identity::{Destination, Host, UpstreamUrl};

/// Connects, TLS handshake included, within a time limit, to addresses that the guard admits.
pub(super) struct Connector {
    tls: Arc<ClientConfig>,
    tls_http2: Arc<ClientConfig>,
    limit: Duration,
    guard: Guard,
}

/// After how long a silent upstream is asked by the system whether it is still there: what is found out otherwise is found
/// out sooner, but a tunnel may be silent for days.
const KEEPALIVE: Duration = Duration::from_secs(600);

/// How HTTP/2 is named in the handshake of TLS (RFC 9113 3.2).
const HTTP2: &[u8] = b"h2";

/// A connection.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// How the upstream of one destination is told from an impostor, if not by this machine's authorities; made once.
#[derive(Debug, Default)]
pub(super) struct Trust(OnceLock<Arc<ClientConfig>>);

impl Trust {
    fn towards(&self, destination: &Destination, usual: &Arc<ClientConfig>) -> Arc<ClientConfig> {
        let Some(authorities) = destination.authorities() else { return Arc::clone(usual) };
        let own = || Arc::new(ClientTls::trusting(authorities.certificates()).config());
        Arc::clone(self.0.get_or_init(own))
    }
}

/// The name that a certificate has to be for.
fn server_name(host: &Host) -> Result<ServerName<'static>, ForwardError> {
    match host.address() {
        Some(address) => Ok(ServerName::IpAddress(address.into())),
        None => {
            ServerName::try_from(host.as_str().to_owned()).map_err(|error| ForwardError::Unreachable(error.to_string()))
        }
    }
}

fn speaking_http2(mut tls: ClientConfig) -> ClientConfig {
    tls.alpn_protocols = vec![HTTP2.to_vec()];
    tls
}

impl Connector {
    /// A container without certificate authorities still serves upstreams over http; one over https is then refused, not
    /// trusted.
    pub(super) fn new(tls: &ClientTls, limit: Duration, guard: Guard) -> Self {
        if let Some(reason) = tls.no_authorities() {
            tracing::warn!(reason = %reason, "no upstream over https can be reached without a ca_file of its own");
        }
        let tls_http2 = Arc::new(speaking_http2(tls.config()));
        Self { tls: Arc::new(tls.config()), tls_http2, limit, guard }
    }

    /// A new connection to an upstream, and where it leads.
    pub(super) async fn connect(
        &self,
        destination: &Destination,
        trust: &Trust,
    ) -> Result<(Stream, IpAddr), ForwardError> {
        let tls = trust.towards(destination, &self.tls);
        let connected = tokio::time::timeout(self.limit(destination), self.connect_in_time(destination, tls)).await;
        with_peer(connected.unwrap_or(Err(ForwardError::ConnectTimeout))?)
    }

    /// A new connection to an upstream that speaks HTTP/2, over TLS only if it says so. It takes as long as it takes.
    pub(super) async fn connect_http2(
        &self,
        destination: &Destination,
        trust: &Trust,
    ) -> Result<(Stream, IpAddr), ForwardError> {
        let tls = match destination.authorities() {
            None => Arc::clone(&self.tls_http2),
            Some(_) => Arc::new(speaking_http2(ClientConfig::clone(&trust.towards(destination, &self.tls)))),
        };
        let stream = self.connect_in_time(destination, tls).await?;
        match &stream {
            MaybeHttpsStream::Https(tls) if tls.inner().get_ref().1.alpn_protocol() != Some(HTTP2) => {
                Err(ForwardError::Unreachable("it does not speak HTTP/2 over TLS".to_owned()))
            }
            _ => with_peer(stream),
        }
    }

    /// How long a connection to it may take to be there.
    pub(super) fn limit(&self, destination: &Destination) -> Duration {
        destination.connect_timeout().unwrap_or(self.limit)
    }

    async fn connect_in_time(&self, destination: &Destination, tls: Arc<ClientConfig>) -> Result<Stream, ForwardError> {
        let upstream = destination.upstream();
        let found = resolve(upstream).await.map_err(|error| ForwardError::of_connecting(&error))?;
        let admitted = self.guard.admit(destination, found.into_iter())?;
        let mut tcp = HttpConnector::new_with_resolver(Found(admitted));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        let mut parts = uri::Parts::default();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        parts.scheme = Some(if upstream.is_tls() { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(upstream.authority().clone());
        let uri = Uri::from_parts(parts).map_err(|error| ForwardError::Unreachable(error.to_string()))?;
        let name: Arc<dyn ResolveServerName + Send + Sync> = match destination.server_name() {
            None => Arc::new(DefaultServerNameResolver::default()),
            Some(host) => Arc::new(FixedServerNameResolver::new(server_name(host)?)),
        };
        let connected = HttpsConnector::new(tcp, tls, false, name).oneshot(uri).await;
        connected.map_err(|error| ForwardError::of_connecting(&*error))
    }
}

/// A connection, and the address that it is connected to.
fn with_peer(stream: Stream) -> Result<(Stream, IpAddr), ForwardError> {
    let tcp = match &stream {
        MaybeHttpsStream::Http(tcp) => tcp.inner(),
        MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.inner().inner(),
    };
    match tcp.peer_addr() {
        Ok(peer) => Ok((stream, peer.ip())),
        Err(error) => Err(ForwardError::of_connecting(&error)),
    }
}

/// Where an upstream is: as the system's resolver says, but `localhost` and `*.localhost` are this machine whatever it
/// says (RFC 6761 6.3).
async fn resolve(upstream: &UpstreamUrl) -> io::Result<Vec<SocketAddr>> {
    let (host, port) = (upstream.authority().host(), upstream.port());
    let name = Host::parse(host).ok();
    if let Some(address) = name.as_ref().and_then(Host::address) {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    if name.is_some_and(|name| name.is_loopback()) {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Ok(loopback.map(|address| SocketAddr::new(address, port)).into());
    }
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

/// A resolver for who has the answer already: a name is resolved once, and what was looked at is connected to.
#[derive(Clone, Debug)]
struct Found(Vec<SocketAddr>);

impl Service<Name> for Found {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(self.0.clone().into_iter()))
    }
}
