//! Reading the configuration again while the server runs: all of it is taken in, or nothing.

use std::convert::Infallible;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;

use super::{Source, warn};
use crate::app::{AppError, Reloader};
use crate::cli::logs::Logs;
use crate::cli::meant;
use crate::config::Settings;

/// What a reading of the configuration is for.
pub(super) struct Running<'a> {
    pub(super) reloader: Reloader,
    /// What the server was started with.
    pub(super) settings: &'a Settings,
    pub(super) source: &'a Source,
    pub(super) logs: &'a Logs,
}

/// Reads the configuration at each signal, after the access log was opened again: who moves logs away is heard whatever
/// stands in the configuration.
pub(super) async fn at_each(mut signals: Signal, running: Running<'_>) -> Infallible {
    loop {
        if signals.recv().await.is_none() {
            // No signal can come any more.
            std::future::pending::<()>().await;
        }
        if let Err(error) = running.reloader.reopen() {
            tracing::error!(cause = %error, "the old file of the access log is written on");
        }
        let taken = reload(&running).await;
        running.reloader.note(taken);
    }
}

/// Says whether what was read is what counts now.
async fn reload(running: &Running<'_>) -> bool {
    const REFUSED: &str = "the configuration was read again and not taken in; the one before stays";
    let source = running.source.clone();
    // It reads files, and tries the cases that stand in them.
    let settings = match spawn_blocking(move || source.load()).await {
        Ok(Ok(settings)) => settings,
        Ok(Err(problems)) => {
            for problem in &problems.list {
                tracing::error!(file = problems.file, %problem, "{REFUSED}");
            }
            return false;
        }
        Err(error) => {
            tracing::error!(cause = %error, "{REFUSED}");
            return false;
        }
    };
    let fixed = running.settings.fixed_sections_changed(&settings);
    if !fixed.is_empty() {
        let sections = fixed.join(", ");
        tracing::error!(cause = "these sections count at a start alone", sections, "{REFUSED}");
        return false;
    }
    match running.reloader.take(&settings).await {
        Ok(declared) => {
            tracing::info!(changed = declared.changed, "the configuration was read again");
            running.logs.set(settings.log.level);
            warn(&settings);
            true
        }
        Err(AppError::Declare(refused)) => {
            let remedies = meant::remedies(&refused).join(", ");
            let remedies = (!remedies.is_empty()).then_some(remedies);
            tracing::error!(cause = %refused, apply_with = remedies, "{REFUSED}");
            false
        }
        Err(error) => {
            tracing::error!(cause = %error, "{REFUSED}");
            false
        }
    }
}
