//! The outbound HTTP client: for identity providers now, for webhooks and synchronization later. It bounds what the other
//! side can cost us (time, bytes, redirects) and keeps what travels out of its errors.

mod addresses;
mod resolve;

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;

use super::ClientTls;
pub use addresses::Addresses;
use resolve::LoopbackFirst;

/// How long a connection may take: well under the patience of a person who waits for a page.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a whole exchange may take, body included: a browser waits for most of our calls.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest response taken, in bytes: far above any token, key set or metadata document.
pub const MAX_RESPONSE: usize = 1024 * 1024;
/// Longest cause kept from a failure below us, in characters: a log line, not a document.
const MAX_CAUSE: usize = 300;
/// How long an idle connection is kept: shorter than the keep-alive of usual servers, so we seldom race their close.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a connection to an address of ours is not made.
const NOT_PUBLIC: &str = "that is no address of the public internet";

/// The limits of an [`HttpClient`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take, body included.
    pub total_timeout: Duration,
    /// Largest response body taken, in bytes.
    pub max_response: usize,
    /// Where it may connect to.
    pub addresses: Addresses,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: CONNECT_TIMEOUT,
            total_timeout: TOTAL_TIMEOUT,
            max_response: MAX_RESPONSE,
            addresses: Addresses::default(),
        }
    }
}

/// Why there is no response. Safe to log: holds no header, no body, no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No complete response within the time.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// No connection: name not found, refused, or TLS failed.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The response is larger than we take.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection broke, or what came is not HTTP.
    #[error("the exchange failed: {0}")]
    Exchange(String),
}

/// A shared client. Redirects are never followed: whoever calls decides about every address. Clones share connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector<LoopbackFirst>>, Full<Bytes>>,
    settings: HttpSettings,
    no_authorities: Option<Arc<str>>,
}

impl HttpClient {
    /// A client with the machine's trusted certificate authorities. A machine without any can still speak plain http;
    /// https then fails, and says why.
    pub fn new(settings: HttpSettings) -> Self {
        Self::over(settings, &ClientTls::of_machine())
    }

    /// A client that trusts these certificate authorities and no other.
    pub fn trusting(settings: HttpSettings, authorities: Vec<CertificateDer<'static>>) -> Self {
        Self::over(settings, &ClientTls::trusting(authorities))
    }

    /// A client that believes whom `tls` does.
    pub fn over(settings: HttpSettings, tls: &ClientTls) -> Self {
        let mut connector = HttpConnector::new_with_resolver(LoopbackFirst::new(settings.addresses));
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(settings.connect_timeout));
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.config())
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { client, settings, no_authorities: tls.no_authorities().cloned() }
    }

    /// Sends `request`, whose URI is absolute, and gives back the whole response, whatever its status.
    ///
    /// # Errors
    /// When there is no complete response within the limits.
    pub async fn request(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let limit = self.settings.total_timeout;
        tokio::time::timeout(limit, self.exchange(request)).await.unwrap_or(Err(HttpError::Timeout(limit)))
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let https = is_https(request.uri());
        // What is written as an address is no name, and is not asked of the resolver.
        if address(request.uri()).is_some_and(|address| !self.settings.addresses.allow(address)) {
            return Err(HttpError::Connect(NOT_PUBLIC.to_owned()));
        }
        let mut request = request.map(Full::new);
        request
            .headers_mut()
            .entry(USER_AGENT)
            .or_insert(HeaderValue::from_static(concat!("vestibule/", env!("CARGO_PKG_VERSION"))));
        let response = self.client.request(request).await.map_err(|error| {
            if !error.is_connect() {
                return HttpError::Exchange(cause(&error));
            }
            match &self.no_authorities {
                Some(reason) if https => HttpError::Connect(reason.to_string()),
                _ => HttpError::Connect(cause(&error)),
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.settings.max_response).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                HttpError::TooLarge(self.settings.max_response)
            } else {
                HttpError::Exchange(cause(error.as_ref()))
            }
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// A client for each kind of address. Clones share connections.
#[derive(Clone, Debug)]
pub struct HttpClients {
    any: HttpClient,
    public: HttpClient,
}

impl HttpClients {
    /// Clients with these limits, whatever addresses they name, that believe whom `tls` does.
    pub fn over(settings: HttpSettings, tls: &ClientTls) -> Self {
        let to = |addresses| HttpClient::over(HttpSettings { addresses, ..settings }, tls);
        Self { any: to(Addresses::Any), public: to(Addresses::Public) }
    }

    /// The client whose requests go to those addresses.
    pub const fn to(&self, addresses: Addresses) -> &HttpClient {
        match addresses {
            Addresses::Any => &self.any,
            Addresses::Public => &self.public,
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&http::uri::Scheme::HTTPS)
}

fn address(uri: &Uri) -> Option<IpAddr> {
    uri.host()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// An error and its sources on one bounded line, control characters escaped.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text.chars()
        .take(MAX_CAUSE)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests;
