//! `[application.connection]`.

use crate::config::section::Section;
use crate::identity::{Connection, TimeLimit};

/// Reads how an application's upstreams are spoken to.
pub(super) fn connection(mut section: Section<'_>) -> Connection {
    let connection = Connection {
        connect_timeout: section.text("connect_timeout", TimeLimit::parse),
        first_byte_timeout: section.text("first_byte_timeout", TimeLimit::parse),
    };
    section.finish();
    connection
}
