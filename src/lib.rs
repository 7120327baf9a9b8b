//! Vestibule: an identity-aware reverse proxy with just-in-time provisioning.
//!
//! The modules stand in the order of the house; `ARCHITECTURE.md` is its map. A room imports only rooms below it,
//! which `tests/architecture.rs` checks.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// A request flows in.
pub mod session;

// A login flows in.
pub mod directory;

// The floor.
pub mod base;
pub mod identity;
pub mod store;
