//! How an application's upstreams are spoken to.

use serde::{Deserialize, Serialize};

use super::{TimeLimit, UpgradeProtocol, UpstreamProtocol};

/// How an application's upstreams are spoken to, as far as it says otherwise than all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connection {
    /// How long a connection may take to be there, TLS included.
    pub connect_timeout: Option<TimeLimit>,
    /// How long the answer may take to begin, from when the request last moved.
    pub first_byte_timeout: Option<TimeLimit>,
    /// Which HTTP they speak.
    pub protocol: UpstreamProtocol,
    /// What its connections may become beside WebSockets.
    pub upgrades: Vec<UpgradeProtocol>,
}
