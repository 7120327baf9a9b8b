//! What operators see: readiness, metrics, logs, traces; how a server stops.

mod access;
mod drain;
mod metrics;
mod reload;
mod secrets;
mod traces;
