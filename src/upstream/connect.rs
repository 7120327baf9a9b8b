//! Connections to upstreams: TCP, or TLS against the machine's own roots; both within one time limit.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::{self, PathAndQuery, Scheme, Uri};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower::{Service, ServiceExt as _};

use super::{ForwardError, SetupError};
use crate::identity::UpstreamUrl;

/// Connects, TLS handshake included, within a time limit.
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<Resolver>>,
    limit: Duration,
}

pub(super) fn connector(limit: Duration) -> Result<Connector, SetupError> {
    let mut tcp = HttpConnector::new_with_resolver(Resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let inner = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls()?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Connector { inner, limit })
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    match builder.clone().with_native_roots() {
        Ok(trusting) => Ok(trusting.with_no_client_auth()),
        Err(error) => {
            // A container without roots still serves upstreams over http; one over https is then refused, not trusted.
            tracing::warn!(%error, "this machine has no certificate roots: no upstream over https can be reached");
            Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
        }
    }
}

impl Connector {
    /// A new connection to an upstream.
    pub(super) async fn connect(
        &self,
        upstream: &UpstreamUrl,
    ) -> Result<MaybeHttpsStream<TokioIo<TcpStream>>, ForwardError> {
        let mut parts = uri::Parts::default();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        parts.scheme = Some(if upstream.is_tls() { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(upstream.authority().clone());
        let uri = Uri::from_parts(parts).map_err(|error| ForwardError::Unreachable(error.to_string()))?;
        match tokio::time::timeout(self.limit, self.inner.clone().oneshot(uri)).await {
            Ok(connected) => connected.map_err(|error| ForwardError::of_connecting(&*error)),
            Err(_) => Err(ForwardError::ConnectTimeout),
        }
    }
}

/// The system's resolver, but `localhost` and `*.localhost` are this machine whatever it says (RFC 6761 6.3).
#[derive(Clone, Debug)]
pub(super) struct Resolver;

type Addresses = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for Resolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Addresses>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move {
            if is_localhost(name.as_str()) {
                let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                let addresses: Vec<SocketAddr> = loopback.map(|address| SocketAddr::new(address, 0)).into();
                return Ok(addresses.into_iter());
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(found.into_iter())
        })
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}
