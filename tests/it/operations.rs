//! What operators see: readiness, metrics, logs, traces; how a server stops.

mod access;
mod drain;
pub mod metrics;
mod reload;
mod secrets;
mod traces;
