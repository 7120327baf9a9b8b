//! Which HTTP an upstream is spoken to in.

use serde::{Deserialize, Serialize};

/// Which HTTP an upstream is spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: over TLS as agreed by ALPN, else with prior knowledge. WebSockets and other upgrades still go over
    /// HTTP/1.1.
    Http2,
}

impl UpstreamProtocol {
    /// Each of them, as it is written.
    pub const NAMES: [(&str, Self); 2] = [("http1", Self::Http1), ("http2", Self::Http2)];
}
