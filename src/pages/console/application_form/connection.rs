//! How an application's upstreams are spoken to, in its form.

use serde::Serialize;

use crate::pages::console::{Field, Picked};

/// The fields of a connection; an empty one says that it is as usual.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConnectionFields {
    /// Whether something in it is wrong, so that it is shown open.
    pub wrong: bool,
    /// How long a connection may take to be there.
    pub connect_timeout: Field,
    /// How long the answer may take to begin.
    pub first_byte_timeout: Field,
    /// Which HTTP they speak.
    pub protocol: Picked,
    /// What its connections may become, one a line.
    pub upgrades: Field,
}

#[cfg(test)]
impl ConnectionFields {
    pub(super) fn sample() -> Self {
        Self {
            wrong: true,
            connect_timeout: Field::wrong("5", "a time limit is a number and a unit"),
            first_byte_timeout: Field::of("2m"),
            protocol: Picked::of("http2"),
            upgrades: Field::of("tcp"),
        }
    }
}
