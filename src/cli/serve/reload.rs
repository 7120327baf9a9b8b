//! Reading the configuration again while the server runs: all of it is taken in, or nothing.

use std::convert::Infallible;

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;

use super::{Source, warn};
use crate::app::{AppError, Reloader};
use crate::cli::meant;
use crate::config::Settings;

/// Reads the configuration at each signal. `running` is what the server was started with.
pub(super) async fn at_each(
    mut signals: Signal,
    reloader: &Reloader,
    running: &Settings,
    source: &Source,
) -> Infallible {
    loop {
        if signals.recv().await.is_none() {
            // No signal can come any more.
            std::future::pending::<()>().await;
        }
        let taken = reload(reloader, running, source).await;
        reloader.note(taken);
    }
}

/// Says whether what was read is what counts now.
async fn reload(reloader: &Reloader, running: &Settings, source: &Source) -> bool {
    const REFUSED: &str = "the configuration was read again and not taken in; the one before stays";
    let source = source.clone();
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
    let fixed = running.fixed_sections_changed(&settings);
    if !fixed.is_empty() {
        let sections = fixed.join(", ");
        tracing::error!(cause = "these sections count at a start alone", sections, "{REFUSED}");
        return false;
    }
    match reloader.take(&settings).await {
        Ok(declared) => {
            tracing::info!(changed = declared.changed, "the configuration was read again");
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
