//! Any text as a configuration file: settings or problems, never a crash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::config;

fuzz_target!(|text: &str| {
    match config::parse("fuzz", text, []) {
        Ok(settings) => drop(settings.warnings()),
        Err(problems) => drop(problems.to_string()),
    }
});
