//! What the tests stand on: providers, a browser. A kit panics when the ground gives way; tests assert on the rest.

pub mod attempt;
pub mod browser;
pub mod census;
pub mod collector;
pub mod command;
pub mod database;
pub mod faulty;
pub mod frames;
pub mod fronting;
pub mod h2;
pub mod logs;
pub mod pebble;
pub mod postgres;
pub mod process;
pub mod provider;
pub mod raw;
pub mod relay;
pub mod scene;
pub mod server;
pub mod stage;
pub mod tls;
pub mod upstream;
pub mod world;

use std::path::Path;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
