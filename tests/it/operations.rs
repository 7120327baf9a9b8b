//! What operators see: readiness, metrics, logs, traces; how a server stops.

mod metrics;
