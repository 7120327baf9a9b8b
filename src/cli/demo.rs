//! `vestibule demo`: everything on loopback with nothing to configure.

pub mod apps;
mod html;
pub mod provider;
