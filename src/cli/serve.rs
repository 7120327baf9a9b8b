//! `vestibule serve`: the server. On SIGHUP it reads its configuration again.

mod files;
mod reload;

use std::io;
use std::path::PathBuf;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::logs::Logs;
use super::meant::{self, Meant};
use super::{ConfigFile, Outcome, Terminal};
use crate::app::{App, AppError, Options};
use crate::base::Ambient;
use crate::config::{self, Problems, Settings};
use reload::Running;

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
        let source = Source { file: self.config.path, variables };
        let settings = source.load()?;
        let logs = Logs::start(&settings.log);
        let options = Options { approval: self.meant.approval(), notice: None, files: files::lift() };
        warn(&settings);
        if let Some(note) = settings.database.note() {
            tracing::info!("{note}");
        }
        run(settings, source, options, &logs, terminal)
    }
}

/// Where the configuration comes from, every time it is read.
#[derive(Clone)]
struct Source {
    file: PathBuf,
    variables: Vec<(String, String)>,
}

impl Source {
    fn load(&self) -> Result<Settings, Problems> {
        config::load(&self.file, self.variables.iter().cloned())
    }
}

fn warn(settings: &Settings) {
    for warning in settings.warnings() {
        tracing::warn!(%warning, "the configuration may not be what was meant");
    }
}

/// Runs a server until it is told to stop (SIGTERM or SIGINT).
#[tokio::main]
async fn run(
    settings: Settings,
    source: Source,
    options: Options,
    logs: &Logs,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Outcome> {
    // From here on a hangup is a request, and not the end.
    let hangups = signal(SignalKind::hangup())?;
    let app = Box::pin(App::bind(settings.clone(), options, Ambient::system())).await?;
    let reloader = app.reloader();
    let running = Running { reloader, settings: &settings, source: &source, logs };
    // Boxed: they are large, and what was once used of this thread's stack is never given back.
    let (serving, reloading) = (Box::pin(app.run(stop()?)), Box::pin(reload::at_each(hangups, running)));
    let ended = tokio::select! {
        ended = serving => ended,
        () = told_twice()? => {
            terminal.complain(format_args!("vestibule: stopped at once, requests under way were cut off"));
            return Ok(Outcome::Failed);
        }
        never = reloading => match never {},
    };
    match ended {
        Ok(()) => Ok(Outcome::Done),
        // The configuration does not fit the database: as wrong as a wrong file.
        Err(AppError::Declare(refused)) => {
            terminal.complain(format_args!("vestibule: {refused}"));
            for remedy in meant::remedies(&refused) {
                terminal.complain(format_args!("  start once with {remedy}"));
            }
            Ok(Outcome::Misused)
        }
        Err(AppError::Keys(refused)) => {
            terminal.complain(format_args!("vestibule: {refused}"));
            Ok(Outcome::Misused)
        }
        Err(error) => Err(error.into()),
    }
}

/// Resolves when somebody asks us to stop.
pub(super) fn stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut signals = StopSignals::new()?;
    Ok(async move {
        signals.next().await;
        tracing::info!("stopping");
    })
}

/// Resolves when somebody who has asked us to stop asks again.
fn told_twice() -> anyhow::Result<impl Future<Output = ()>> {
    let mut signals = StopSignals::new()?;
    Ok(async move {
        signals.next().await;
        signals.next().await;
    })
}

/// SIGTERM and SIGINT, each as often as it comes.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
