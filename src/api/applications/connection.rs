//! How an application's upstreams are spoken to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::{ProtocolText, TimeLimitText, UpgradeText};
use crate::identity::{Connection, TimeLimit, UpgradeProtocol, UpstreamProtocol};

/// How an application's upstreams are spoken to; null: as all others.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ConnectionText {
    /// How long a connection may take to be there, TLS included.
    #[schemars(with = "Option<TimeLimitText>")]
    connect_timeout: Option<TimeLimit>,
    /// How long the answer may take to begin, from when the request last moved.
    #[schemars(with = "Option<TimeLimitText>")]
    first_byte_timeout: Option<TimeLimit>,
    /// Which HTTP they speak.
    #[schemars(with = "ProtocolText")]
    protocol: UpstreamProtocol,
    /// What its connections may become beside WebSockets.
    #[schemars(with = "Vec<UpgradeText>")]
    upgrades: Vec<UpgradeProtocol>,
}

impl From<&Connection> for ConnectionText {
    fn from(connection: &Connection) -> Self {
        Self {
            connect_timeout: connection.connect_timeout,
            first_byte_timeout: connection.first_byte_timeout,
            protocol: connection.protocol,
            upgrades: connection.upgrades.clone(),
        }
    }
}

impl From<ConnectionText> for Connection {
    fn from(text: ConnectionText) -> Self {
        Self {
            connect_timeout: text.connect_timeout,
            first_byte_timeout: text.first_byte_timeout,
            protocol: text.protocol,
            upgrades: text.upgrades,
        }
    }
}
