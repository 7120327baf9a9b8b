//! `vestibule serve`: the server.

use tokio::signal::unix::{SignalKind, signal};

use super::meant::{self, Meant};
use super::{ConfigFile, Outcome, Terminal, telemetry};
use crate::app::{App, AppError, Options};
use crate::base::Ambient;
use crate::config::{self, Settings};

/// Serve the sign-in host and every application.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    meant: Meant,
}

impl Arguments {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        let settings = config::load(&self.config.path, variables)?;
        let options = Options { approval: self.meant.approval(), notice: None };
        telemetry::start();
        for warning in settings.warnings() {
            tracing::warn!(%warning, "the configuration may not be what was meant");
        }
        run(settings, options, terminal)
    }
}

/// Runs a server until it is told to stop (SIGTERM or SIGINT).
#[tokio::main]
async fn run(settings: Settings, options: Options, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
    let app = App::bind(settings, options, Ambient::system()).await?;
    match app.run(stop()?).await {
        Ok(()) => Ok(Outcome::Done),
        // The configuration does not fit the database: as wrong as a wrong file.
        Err(AppError::Declare(refused)) => {
            terminal.complain(format_args!("vestibule: {refused}"));
            for remedy in meant::remedies(&refused) {
                terminal.complain(format_args!("  start once with {remedy}"));
            }
            Ok(Outcome::Misused)
        }
        Err(error) => Err(error.into()),
    }
}

/// Resolves when somebody asks us to stop.
pub(super) fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    })
}
