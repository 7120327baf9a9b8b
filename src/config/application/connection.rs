//! `[application.connection]`.

use crate::config::list::values as plain;
use crate::config::section::Section;
use crate::identity::application::{MAX_AUTHORITIES, in_a_row};
use crate::identity::{
    Authorities, CheckPath, Connection, HealthCheck, Host, PathPrefix, TimeLimit, UpgradeProtocol, UpstreamProtocol,
};

/// Reads how an application's upstreams are spoken to.
pub(super) fn connection(mut section: Section<'_>) -> Connection {
    let connection = Connection {
        connect_timeout: section.text("connect_timeout", TimeLimit::parse),
        first_byte_timeout: section.text("first_byte_timeout", TimeLimit::parse),
        idle_timeout: section.text("idle_timeout", TimeLimit::parse),
        strip_prefix: section.text("strip_prefix", PathPrefix::parse),
        ca: section.text_or_file("ca", "ca_file", MAX_AUTHORITIES as u64, Authorities::parse),
        server_name: section.text("server_name", Host::parse),
        health: section.optional_section("health").and_then(health),
        protocol: section.choice("protocol", &UpstreamProtocol::NAMES, UpstreamProtocol::default()),
        upgrades: plain(&section.list("upgrades", UpgradeProtocol::parse).unwrap_or_default()),
    };
    section.finish();
    connection
}

/// Reads how they are asked whether they are well.
fn health(mut section: Section<'_>) -> Option<HealthCheck> {
    let path = section.required("path", "write what they are asked for, such as /healthz", CheckPath::parse);
    let interval = section.text("interval", TimeLimit::parse).unwrap_or_else(HealthCheck::interval);
    let timeout = section.text("timeout", TimeLimit::parse).unwrap_or_else(HealthCheck::timeout);
    let mut count = |key, default: u8| {
        let count = section.count(key, default.into()).to_string();
        in_a_row(&count).map_err(|invalid| section.refuse(key, format!("not accepted; {invalid}"))).unwrap_or(default)
    };
    let (fall, rise) = (count("fall", HealthCheck::fall()), count("rise", HealthCheck::rise()));
    section.finish();
    path.map(|path| HealthCheck { path, interval, timeout, fall, rise })
}
