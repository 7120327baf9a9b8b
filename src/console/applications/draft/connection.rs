//! How an application's upstreams are spoken to, in the form.

use super::{meant, picked, word};
use crate::console::typed::{each, lines, unless_empty};
use crate::identity::{Connection, TimeLimit, UpgradeProtocol, UpstreamProtocol};
use crate::pages::{ConnectionFields, Field, Picked};
use crate::web::Fields;

/// As it is.
pub(super) fn of(connection: &Connection) -> ConnectionFields {
    let limit = |limit: Option<TimeLimit>| Field::of(limit.map(|limit| limit.to_string()).unwrap_or_default());
    ConnectionFields {
        wrong: false,
        connect_timeout: limit(connection.connect_timeout),
        first_byte_timeout: limit(connection.first_byte_timeout),
        protocol: Picked::of(word(&UpstreamProtocol::NAMES, connection.protocol)),
        upgrades: Field::of(lines(&connection.upgrades)),
    }
}

/// As it was typed.
pub(super) fn read(fields: &Fields) -> ConnectionFields {
    let field = |name| Field::of(fields.typed(name).trim());
    ConnectionFields {
        wrong: false,
        connect_timeout: field("connect_timeout"),
        first_byte_timeout: field("first_byte_timeout"),
        protocol: picked(&UpstreamProtocol::NAMES, fields.typed("protocol")),
        upgrades: Field::of(fields.typed("upgrades")),
    }
}

/// The connection; else what is wrong stands beside the fields.
pub(super) fn parsed(fields: &mut ConnectionFields) -> Option<Connection> {
    let connect_timeout = unless_empty(&mut fields.connect_timeout, TimeLimit::parse);
    let first_byte_timeout = unless_empty(&mut fields.first_byte_timeout, TimeLimit::parse);
    let upgrades = each(&mut fields.upgrades, UpgradeProtocol::parse);
    let read = (|| {
        Some(Connection {
            connect_timeout: connect_timeout?,
            first_byte_timeout: first_byte_timeout?,
            protocol: meant(&UpstreamProtocol::NAMES, fields.protocol.kind),
            upgrades: upgrades?,
        })
    })();
    fields.wrong = read.is_none();
    read
}
