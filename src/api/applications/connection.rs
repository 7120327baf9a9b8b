//! How an application's upstreams are spoken to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::schema::{ProtocolText, TimeLimitText, UpgradeText};
use crate::identity::{
    Authorities, CheckPath, Connection, HealthCheck, Host, PathPrefix, TimeLimit, UpgradeProtocol, UpstreamProtocol,
};

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
    /// How long an answer that has begun may pause.
    #[schemars(with = "Option<TimeLimitText>")]
    idle_timeout: Option<TimeLimit>,
    /// What is taken away from the front of every path, before it is decided on: rules speak of what is left.
    #[schemars(with = "Option<String>")]
    strip_prefix: Option<PathPrefix>,
    /// The only certificate authorities that vouch for them, as PEM.
    #[schemars(with = "Option<String>")]
    ca: Option<Authorities>,
    /// The name that their certificates have to be for, where it is not the one they are reached by.
    #[schemars(with = "Option<String>")]
    server_name: Option<Host>,
    /// How they are asked whether they are well; null: nobody asks.
    health: Option<HealthText>,
    /// Which HTTP they speak.
    #[schemars(with = "ProtocolText")]
    protocol: UpstreamProtocol,
    /// What its connections may become beside WebSockets.
    #[schemars(with = "Vec<UpgradeText>")]
    upgrades: Vec<UpgradeProtocol>,
}

/// How often upstreams are asked whether they are well. An answer of 200 to 399 is a good one.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HealthText {
    /// What they are asked for, as nobody.
    #[schemars(with = "String")]
    path: CheckPath,
    /// How often.
    #[serde(default = "HealthCheck::interval")]
    #[schemars(with = "TimeLimitText")]
    interval: TimeLimit,
    /// How long an answer may take, connecting included.
    #[serde(default = "HealthCheck::timeout")]
    #[schemars(with = "TimeLimitText")]
    timeout: TimeLimit,
    /// After how many bad answers in a row an upstream is down.
    #[serde(default = "HealthCheck::fall")]
    #[schemars(range(min = 1, max = 10))]
    fall: u8,
    /// After how many good ones it is up again.
    #[serde(default = "HealthCheck::rise")]
    #[schemars(range(min = 1, max = 10))]
    rise: u8,
}

impl From<&Connection> for ConnectionText {
    fn from(connection: &Connection) -> Self {
        let Connection { connect_timeout, first_byte_timeout, idle_timeout, .. } = *connection;
        Self {
            connect_timeout,
            first_byte_timeout,
            idle_timeout,
            strip_prefix: connection.strip_prefix.clone(),
            ca: connection.ca.clone(),
            server_name: connection.server_name.clone(),
            health: connection.health.clone().map(|HealthCheck { path, interval, timeout, fall, rise }| HealthText {
                path,
                interval,
                timeout,
                fall,
                rise,
            }),
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
            idle_timeout: text.idle_timeout,
            strip_prefix: text.strip_prefix,
            ca: text.ca,
            server_name: text.server_name,
            health: text.health.map(|HealthText { path, interval, timeout, fall, rise }| HealthCheck {
                path,
                interval,
                timeout,
                fall,
                rise,
            }),
            protocol: text.protocol,
            upgrades: text.upgrades,
        }
    }
}
