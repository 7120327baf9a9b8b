//! `[application.connection]`.

use crate::config::list::values as plain;
use crate::config::section::Section;
use crate::identity::{Connection, TimeLimit, UpgradeProtocol, UpstreamProtocol};

/// Reads how an application's upstreams are spoken to.
pub(super) fn connection(mut section: Section<'_>) -> Connection {
    let connection = Connection {
        connect_timeout: section.text("connect_timeout", TimeLimit::parse),
        first_byte_timeout: section.text("first_byte_timeout", TimeLimit::parse),
        protocol: section.choice("protocol", &UpstreamProtocol::NAMES, UpstreamProtocol::default()),
        upgrades: plain(&section.list("upgrades", UpgradeProtocol::parse).unwrap_or_default()),
    };
    section.finish();
    connection
}
