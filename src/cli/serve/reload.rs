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
        reload(reloader, running, source).await;
    }
}

async fn reload(reloader: &Reloader, running: &Settings, source: &Source) {
    const REFUSED: &str = "the configuration was read again and not taken in; the one before stays";
    let source = source.clone();
    // It reads files, and tries the cases that stand in them.
    let settings = match spawn_blocking(move || source.load()).await {
        Ok(Ok(settings)) => settings,
        Ok(Err(problems)) => {
            for problem in &problems.list {
                tracing::error!(file = problems.file, %problem, "{REFUSED}");
            }
            return;
        }
        Err(error) => return tracing::error!(cause = %error, "{REFUSED}"),
    };
    let fixed = running.fixed_sections_changed(&settings);
    if !fixed.is_empty() {
        return tracing::error!(
            cause = "these sections count at a start alone",
            sections = fixed.join(", "),
            "{REFUSED}"
        );
    }
    match reloader.take(&settings).await {
        Ok(declared) => {
            tracing::info!(changed = declared.changed, "the configuration was read again");
            warn(&settings);
        }
        Err(AppError::Declare(refused)) => {
            let remedies = meant::remedies(&refused).join(", ");
            let remedies = (!remedies.is_empty()).then_some(remedies);
            tracing::error!(cause = %refused, apply_with = remedies, "{REFUSED}");
        }
        Err(error) => tracing::error!(cause = %error, "{REFUSED}"),
    }
}
