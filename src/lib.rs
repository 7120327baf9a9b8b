//! Vestibule: an identity-aware reverse proxy with just-in-time provisioning.
//!
//! The modules stand in the order of the house; `ARCHITECTURE.md` is its map. A room imports only rooms below it,
//! which `tests/architecture.rs` checks.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// A request flows in.
pub mod assertion;
pub mod decision;
pub mod listener;
pub mod session;
pub mod upstream;

// A login flows in.

// The floor.
pub mod base;
pub mod identity;
