//! Vestibule: an identity-aware reverse proxy with just-in-time provisioning.
//!
//! The modules stand in the order of the house; `ARCHITECTURE.md` is its map. A room imports only rooms below it,
//! which `tests/architecture.rs` checks.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// The doors.
pub mod cli;

// A request flows in.
pub mod session;

// A login flows in.

// Shared by the doors.
pub mod pages;

// The floor.
pub mod base;
pub mod identity;
