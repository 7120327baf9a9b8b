//! How an application's upstreams are spoken to, in its form.

use serde::Serialize;

use crate::pages::console::{Field, Picked};

/// The fields of a connection; an empty one says that it is as usual.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ConnectionFields {
    /// How long a connection may take to be there.
    pub connect_timeout: Field,
    /// How long the answer may take to begin.
    pub first_byte_timeout: Field,
    /// How long it may pause.
    pub idle_timeout: Field,
    /// What is taken away from the front of every path.
    pub strip_prefix: Field,
    /// Certificate authorities, as PEM.
    pub ca: Field,
    /// The name that certificates have to be for.
    pub server_name: Field,
    /// What upstreams are asked for, to see whether they are well.
    pub health_path: Field,
    /// How often.
    pub health_interval: Field,
    /// How long an answer may take.
    pub health_timeout: Field,
    /// After how many bad answers one is down.
    pub health_fall: Field,
    /// After how many good ones it is up again.
    pub health_rise: Field,
    /// Which HTTP they speak.
    pub protocol: Picked,
    /// What its connections may become, one a line.
    pub upgrades: Field,
}

#[cfg(test)]
impl ConnectionFields {
    pub(super) fn sample() -> Self {
        Self {
            connect_timeout: Field::wrong("5", "a time limit is a number and a unit"),
            first_byte_timeout: Field::of("2m"),
            idle_timeout: Field::of("1h"),
            strip_prefix: Field::wrong("wiki", "a prefix is a path"),
            ca: Field::wrong("-----BEGIN CERTIFICATE-----", "is no certificate"),
            server_name: Field::of("wiki.internal"),
            health_path: Field::of("/healthz"),
            health_interval: Field::of("11s"),
            health_timeout: Field::of("3s"),
            health_fall: Field::of("4"),
            health_rise: Field::of("7"),
            protocol: Picked::of("http2"),
            upgrades: Field::of("tcp"),
        }
    }
}
