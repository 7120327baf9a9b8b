//! How an application's upstreams are spoken to.

use serde::{Deserialize, Serialize};

use super::{Authorities, HealthCheck, PathPrefix, TimeLimit, UpgradeProtocol, UpstreamProtocol};
use crate::identity::Host;

/// How an application's upstreams are spoken to, as far as it says otherwise than all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connection {
    /// How long a connection may take to be there, TLS included.
    pub connect_timeout: Option<TimeLimit>,
    /// How long the answer may take to begin, from when the request last moved.
    pub first_byte_timeout: Option<TimeLimit>,
    /// How long an answer that has begun may pause.
    pub idle_timeout: Option<TimeLimit>,
    /// What is taken away from the front of every path, before it is decided on.
    pub strip_prefix: Option<PathPrefix>,
    /// The only certificate authorities that vouch for them; else this machine's.
    pub ca: Option<Authorities>,
    /// The name that their certificates have to be for, where it is not the one they are reached by.
    pub server_name: Option<Host>,
    /// How they are asked whether they are well; else nobody asks.
    pub health: Option<HealthCheck>,
    /// Which HTTP they speak.
    pub protocol: UpstreamProtocol,
    /// What its connections may become beside WebSockets.
    pub upgrades: Vec<UpgradeProtocol>,
}
