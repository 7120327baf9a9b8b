//! Trying an upstream before people depend on it, and showing what it will be told.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Version, header};
use tokio::time::Instant;

use super::connect::Trust;
use super::outgoing::{Addressed, own_authority};
use super::patience::Patience;
use super::{ForwardError, Forwarder};
use crate::decision::Permit;
use crate::identity::{Destination, Host, UpstreamProtocol};

/// How long a probed upstream may take to answer: somebody waits in front of the page.
const PATIENCE: Duration = Duration::from_secs(5);

/// An upstream that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// What it answered to a `GET /` by nobody.
    pub status: StatusCode,
    /// How long that took, connecting included.
    pub took: Duration,
}

/// A request as an upstream would receive it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its first line.
    pub line: String,
    /// What we say in its headers, in their order. The assertion is left out: one that is signed would be good for
    /// whoever reads the page.
    pub headers: Vec<(String, String)>,
    /// What the assertion says, if there is one: JSON.
    pub claims: Option<String>,
}

impl Forwarder {
    /// Asks an upstream for `/` as nobody, and tells what came back. Nothing of the answer
    /// is read but its status.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn probe(&self, destination: &Destination, host: &Host, pass_host: bool) -> Result<Probed, ForwardError> {
        let start = Instant::now();
        let mut request = Request::new(Body::empty());
        self.address(
            request.headers_mut(),
            Addressed { host, received: Version::HTTP_11, forwarded_for: None, prefix: None },
        );
        if !pass_host {
            request.headers_mut().insert(header::HOST, own_authority(destination));
        }
        let status = self.ask(destination, request).await?;
        Ok(Probed { status, took: start.elapsed() })
    }

    /// The status of the answer. Over HTTP/1.1 on a connection of its own.
    async fn ask(&self, destination: &Destination, mut request: Request<Body>) -> Result<StatusCode, ForwardError> {
        let patience = Patience::new(PATIENCE);
        if destination.protocol() == UpstreamProtocol::Http2 {
            let shelf = self.pool.shelf(destination);
            let answer = self.pool.send(destination, &shelf, &mut request, &patience).await;
            return Ok(answer.map_err(|failed| failed.error)?.status());
        }
        let mut line = self.pool.connect(destination, &Trust::default()).await?;
        request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        Ok(line.send(request, &patience).await.map_err(|unanswered| unanswered.error)?.status())
    }

    /// What the upstream would receive of a permitted `GET` by a browser at that address, beside what the browser itself
    /// says.
    pub fn sample(&self, permit: &Permit, client: IpAddr) -> Sample {
        let mut headers = HeaderMap::new();
        let prefix = permit.route().spec().connection.strip_prefix.as_ref();
        let forwarded_for = Some(super::headers::value(&client.to_string()));
        self.address(
            &mut headers,
            Addressed { host: permit.host(), received: Version::HTTP_11, forwarded_for, prefix },
        );
        if let Some(first) = permit.route().destinations().first().filter(|_| !permit.route().spec().pass_host) {
            headers.insert(header::HOST, own_authority(first));
        }
        let claims = self.identities.sample(&mut headers, permit);
        let told = |(name, value): (&http::HeaderName, &HeaderValue)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let line = format!("GET {} HTTP/1.1", permit.target());
        Sample { line, headers: headers.iter().map(told).collect(), claims }
    }
}
