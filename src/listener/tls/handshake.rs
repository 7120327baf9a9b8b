//! What was settled when a connection began, and holds for every request over it.

use std::sync::Arc;

use super::Certificate;

/// The name that a client asked for in a TLS handshake with us, and what it was shown.
#[derive(Debug)]
pub struct Handshake {
    server_name: Option<String>,
    shown: Vec<Arc<Certificate>>,
}

impl Handshake {
    pub(super) fn new(server_name: Option<&str>, shown: &[Arc<Certificate>]) -> Self {
        Self { server_name: server_name.map(str::to_owned), shown: shown.to_vec() }
    }

    /// Whether requests for `host` may come over this connection: it was opened for that very host, or what it was shown
    /// is for that host too, which is why a browser sends requests for several hosts over one connection of HTTP/2
    /// (RFC 9113 9.1.1). Anything else is misdirected (RFC 9110 7.4).
    pub fn is_for(&self, host: &str) -> bool {
        self.server_name.as_deref() == Some(host)
            // Which of several certificates for one name it was, rustls does not tell: all must be.
            || (!self.shown.is_empty() && self.shown.iter().all(|certificate| certificate.covers(host)))
    }
}
