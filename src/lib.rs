//! Vestibule: an identity-aware reverse proxy with just-in-time provisioning.
//!
//! The modules stand in the order of the house; `ARCHITECTURE.md` is its map. A room imports only rooms below it,
//! which `tests/architecture.rs` checks.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// The doors.
pub mod cli;

// A request flows in.
pub mod assertion;
pub mod decision;
pub mod session;
pub mod upstream;

// A login flows in.
pub mod claims;
pub mod oidc;
pub mod policy;

// What is set up.
pub mod config;

// The floor.
pub mod base;
pub mod identity;
pub mod pages;
pub mod store;
pub mod web;
