//! Logs: for people on a terminal, as JSON lines for everything else, unless the configuration says otherwise.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt, reload};

use crate::telemetry::{Format, Level, LogSettings};

/// How much is told, to be changed while it is told.
pub(super) struct Logs(Option<reload::Handle<EnvFilter, Registry>>);

impl Logs {
    /// Starts logging to standard error. `RUST_LOG` is heard instead of the level, for whoever looks for an error of ours:
    /// it can make other crates tell what travels.
    pub(super) fn start(settings: &LogSettings) -> Self {
        let environment = EnvFilter::try_from_default_env().ok();
        let fixed = environment.is_some();
        let (filter, handle) = reload::Layer::new(environment.unwrap_or_else(|| filter(settings.level)));
        let text = match settings.format {
            Format::Auto => stderr().is_terminal(),
            Format::Text => true,
            Format::Json => false,
        };
        let lines = if text {
            fmt::layer().with_writer(stderr).with_target(false).boxed()
        } else {
            fmt::layer().with_writer(stderr).json().flatten_event(true).boxed()
        };
        // An error means that a test has started logging already.
        let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
        Self((!fixed).then_some(handle))
    }

    /// Tells so much from now on.
    pub(super) fn set(&self, level: Level) {
        if let Some(handle) = &self.0 {
            // An error means that nothing is logged any more.
            let _ = handle.reload(filter(level));
        }
    }
}

fn filter(level: Level) -> EnvFilter {
    EnvFilter::new(level.filter())
}
