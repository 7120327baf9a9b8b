//! Where requests come in: sockets, TLS, who the client is, and the limits that hold before anything is known of a
//! request. Knows nothing of what is served.

mod activity;
mod answer;
mod client;
mod connection;
mod crowd;
mod gathered;
mod patience;
pub mod proxy_protocol;
mod serve;
mod slot;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket};

use crate::telemetry::Gauge;

pub use activity::Tracked;
pub use client::{Arrival, Client, TrustedProxies, address_of};
pub use slot::Slot;
pub use tls::{Certificate, CertificateFiles, Certificates, Challenge, Handshake, Validity, authorities};

/// What holds for every connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at once on one listener; more wait in the system's queue.
    pub connections: usize,
    /// Most connections at once of one client; more are closed at once. Does not hold for trusted proxies.
    pub connections_of_one: usize,
    /// How long a TLS handshake may take, and before it the header of the PROXY protocol.
    pub handshake: Duration,
    /// How long the head of a request may take, counted from the end of the one before; also how long an unused
    /// HTTP/1.1 connection is kept.
    pub head: Duration,
    /// How long one may wait for a kilobyte of a request's body.
    pub body: Duration,
    /// How long a client may leave an answer untaken of which there is more; it is looked at as often, so up to twice as
    /// long. Meanwhile whoever answers waits, with all that they hold.
    pub answer: Duration,
    /// How long a connection may be without a request under way: after that it is closed. For
    /// HTTP/2, over which a peer that answers pings would else stay for ever; over HTTP/1.1 `head` is shorter.
    pub idle: Duration,
    /// Most bytes read of the head of a request before it is refused; looked at after each read, so up to twice as many
    /// may have come.
    pub head_bytes: usize,
    /// Most requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// How long requests may go on once it is time to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Each costs some tens of KiB while in use: under a gigabyte with all of them busy.
            connections: 16_384,
            // One of eight that it takes to fill the listener. Many people share an address behind one router, each
            // with six connections over HTTP/1.1 and one over HTTP/2.
            connections_of_one: 2_048,
            handshake: Duration::from_secs(10),
            // Load balancers commonly drop an unused connection after 60 seconds: it must not be us who does so just as
            // they use it again.
            head: Duration::from_secs(65),
            // A line on which this is too short carries no upload at all.
            body: Duration::from_secs(60),
            // The system reports in large pieces what was taken: on a line of a kilobyte a second one may last a minute and
            // a half. Players that pause for longer ask for the rest anew, as they have to elsewhere.
            answer: Duration::from_secs(120),
            // Longer than people read one page; who comes back later opens another without noticing.
            idle: Duration::from_secs(180),
            // Eight times what browsers send at most in one cookie header; what applications accept lies below it.
            head_bytes: 64 * 1024,
            // What RFC 9113 6.5.2 advises not to go below is 100; browsers open about as many.
            streams: 128,
            drain: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// These, for each of so many listeners of a process that may have `files` open. Half of those are for clients, the
    /// others for upstreams, the database and all else: without any left nobody at all could be answered.
    #[must_use]
    pub fn within(self, files: Option<u64>, listeners: usize) -> Self {
        let Some(files) = files else { return self };
        let share = usize::try_from(files / 2).unwrap_or(usize::MAX) / listeners.max(1);
        let connections = self.connections.min(share.max(1));
        let connections_of_one = self.connections_of_one.min((connections / 4).max(1));
        Self { connections, connections_of_one, ..self }
    }
}

/// Most connections that wait to be accepted: as many as the system allows.
const BACKLOG: u32 = i32::MAX.cast_unsigned();

/// A listener could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is taken, or is not this machine's.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the certificate or key cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds no certificate or no key.
    #[error("{path} holds no {what} in PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// Certificate and key do not go together, or are of no kind that TLS takes.
    #[error("{path} and its key cannot be used: {source}")]
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// What is wrong with them.
        source: rustls::Error,
    },
    /// TLS cannot be set up at all.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// A bound socket, not yet served.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    behind_proxies: bool,
    open: Gauge,
}

/// How TLS is spoken, and with which certificates.
#[derive(Clone, Debug)]
struct Tls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
}

impl Listener {
    /// Binds an address; port 0 takes a free one. With certificates it speaks TLS, and HTTP/2 or 1.1 as agreed in it;
    /// else both in plain.
    ///
    /// # Errors
    /// When the address cannot be bound, or TLS cannot be set up.
    pub async fn bind(address: SocketAddr, certificates: Option<&Arc<Certificates>>) -> Result<Self, ListenError> {
        let tls = |certificates: &Arc<Certificates>| {
            let config = tls::server_config(certificates)?;
            Ok::<_, ListenError>(Tls { config, certificates: Arc::clone(certificates) })
        };
        let tls = certificates.map(tls).transpose()?;
        let bound = async {
            let socket = bound(address)?;
            let address = socket.local_addr()?;
            Ok((socket, address))
        };
        let (socket, address) = bound.await.map_err(|source| ListenError::Bind { address, source })?;
        Ok(Self { socket, address, tls, behind_proxies: false, open: Gauge::default() })
    }

    /// This listener, its connections counted in `open`.
    #[must_use]
    pub fn counted_in(self, open: Gauge) -> Self {
        Self { open, ..self }
    }

    /// This listener; if `so`, trusted proxies say first whose connection it is, with the PROXY protocol.
    #[must_use]
    pub fn behind_proxies(self, so: bool) -> Self {
        Self { behind_proxies: so, ..self }
    }

    /// The address it is bound to.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A socket that listens there.
fn bound(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Every connection inherits it: a peer that vanished without a word is found out, when the system's settings say.
    socket.set_keepalive(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests;
