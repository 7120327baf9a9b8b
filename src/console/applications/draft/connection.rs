//! How an application's upstreams are spoken to, in the form.

use super::{meant, picked, word};
use crate::console::typed::{checked, each, lines, unless_empty};
use crate::identity::application::in_a_row;
use crate::identity::{
    Authorities, CheckPath, Connection, HealthCheck, Host, PathPrefix, TimeLimit, UpgradeProtocol, UpstreamProtocol,
};
use crate::pages::{ConnectionFields, Field, Picked};
use crate::web::Fields;

/// As it is.
pub(super) fn of(connection: &Connection) -> ConnectionFields {
    let health = connection.health.as_ref();
    ConnectionFields {
        connect_timeout: shown(connection.connect_timeout),
        first_byte_timeout: shown(connection.first_byte_timeout),
        idle_timeout: shown(connection.idle_timeout),
        strip_prefix: shown(connection.strip_prefix.as_ref()),
        ca: shown(connection.ca.as_ref()),
        server_name: shown(connection.server_name.as_ref()),
        health_path: shown(health.map(|health| &health.path)),
        health_interval: shown(health.map(|health| health.interval)),
        health_timeout: shown(health.map(|health| health.timeout)),
        health_fall: shown(health.map(|health| health.fall)),
        health_rise: shown(health.map(|health| health.rise)),
        protocol: Picked::of(word(&UpstreamProtocol::NAMES, connection.protocol)),
        upgrades: Field::of(lines(&connection.upgrades)),
    }
}

fn shown(value: Option<impl ToString>) -> Field {
    Field::of(value.map(|value| value.to_string()).unwrap_or_default())
}

/// As it was typed.
pub(super) fn read(fields: &Fields) -> ConnectionFields {
    let field = |name| Field::of(fields.typed(name).trim());
    ConnectionFields {
        connect_timeout: field("connect_timeout"),
        first_byte_timeout: field("first_byte_timeout"),
        idle_timeout: field("idle_timeout"),
        strip_prefix: field("strip_prefix"),
        ca: field("ca"),
        server_name: field("server_name"),
        health_path: field("health_path"),
        health_interval: field("health_interval"),
        health_timeout: field("health_timeout"),
        health_fall: field("health_fall"),
        health_rise: field("health_rise"),
        protocol: picked(&UpstreamProtocol::NAMES, fields.typed("protocol")),
        upgrades: Field::of(fields.typed("upgrades")),
    }
}

/// The connection; else what is wrong stands beside the fields.
pub(super) fn parsed(fields: &mut ConnectionFields) -> Option<Connection> {
    let connect_timeout = unless_empty(&mut fields.connect_timeout, TimeLimit::parse);
    let first_byte_timeout = unless_empty(&mut fields.first_byte_timeout, TimeLimit::parse);
    let idle_timeout = unless_empty(&mut fields.idle_timeout, TimeLimit::parse);
    let strip_prefix = unless_empty(&mut fields.strip_prefix, PathPrefix::parse);
    let ca = unless_empty(&mut fields.ca, Authorities::parse);
    let server_name = unless_empty(&mut fields.server_name, Host::parse);
    let health = if fields.health_path.value.is_empty() { Some(None) } else { health(fields).map(Some) };
    let upgrades = each(&mut fields.upgrades, UpgradeProtocol::parse);
    Some(Connection {
        connect_timeout: connect_timeout?,
        first_byte_timeout: first_byte_timeout?,
        idle_timeout: idle_timeout?,
        strip_prefix: strip_prefix?,
        ca: ca?,
        server_name: server_name?,
        health: health?,
        protocol: meant(&UpstreamProtocol::NAMES, fields.protocol.kind),
        upgrades: upgrades?,
    })
}

fn health(fields: &mut ConnectionFields) -> Option<HealthCheck> {
    let path = checked(&mut fields.health_path, CheckPath::parse);
    let interval = unless_empty(&mut fields.health_interval, TimeLimit::parse);
    let timeout = unless_empty(&mut fields.health_timeout, TimeLimit::parse);
    let fall = unless_empty(&mut fields.health_fall, in_a_row);
    let rise = unless_empty(&mut fields.health_rise, in_a_row);
    Some(HealthCheck {
        path: path?,
        interval: interval?.unwrap_or_else(HealthCheck::interval),
        timeout: timeout?.unwrap_or_else(HealthCheck::timeout),
        fall: fall?.unwrap_or(HealthCheck::fall()),
        rise: rise?.unwrap_or(HealthCheck::rise()),
    })
}
