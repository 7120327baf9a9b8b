//! What operators see: readiness, metrics, logs, traces; how a server stops.

mod access;
mod drain;
mod keys;
pub mod metrics;
mod reload;
mod secrets;
mod traces;
