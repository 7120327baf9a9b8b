//! Vestibule: an identity-aware reverse proxy with just-in-time provisioning.
//!
//! The modules stand in the order of the house; `ARCHITECTURE.md` is its map. A room imports only rooms below it,
//! which `tests/architecture.rs` checks.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// Above all: commands, and the one place that builds everything.
pub mod app;
pub mod cli;
pub mod config;

// A request flows in.
pub mod gateway;
pub mod listener;
pub mod session;
pub mod certificates;
pub mod bearer;
pub mod decision;
pub mod assertion;
pub mod upstream;

// A login flows in.
pub mod login;
pub mod oidc;
pub mod claims;
pub mod policy;
pub mod directory;

// Other doors in.
pub mod console;
pub mod api;

// The floor.
pub mod web;
pub mod pages;
pub mod audit;
pub mod store;
pub mod identity;
pub mod telemetry;
pub mod base;
