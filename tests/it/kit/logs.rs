//! What the product logs, as production writes it: JSON lines, kept for the whole test binary and searched by what only
//! one test can know, such as a reference.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once};

use serde_json::Value;
use tracing_subscriber::EnvFilter;

/// More than production tells, so that what is kept out of the logs is kept out of all of them.
const FILTER: &str = "info,vestibule=trace";

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps what is logged from now on.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(FILTER))
            .json()
            .flatten_event(true)
            .with_writer(|| Keeper)
            .init();
    });
}

/// The lines that hold a text.
pub fn holding(text: &str) -> Vec<String> {
    lines().iter().filter(|line| line.contains(text)).cloned().collect()
}

/// The causes that were logged under a reference.
pub fn causes(reference: &str) -> Vec<String> {
    let lines = holding(reference);
    let parsed = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("a log line is JSON"));
    let under = parsed.filter(|line| line["reference"] == reference);
    under.filter_map(|line| line["cause"].as_str().map(str::to_owned)).collect()
}

/// Fails if one of these values stands in any line.
pub fn hold_none_of<'a>(secrets: impl IntoIterator<Item = &'a String>) {
    for secret in secrets {
        assert!(secret.len() >= 16, "too short to search for: {secret}");
        let lines = holding(secret);
        assert!(lines.is_empty(), "a secret was logged: {lines:#?}");
    }
}

struct Keeper;

impl Write for Keeper {
    // One line comes in one piece.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        lines().push(String::from_utf8_lossy(line).into_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lines() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().expect("nobody panics while writing a line")
}
