//! `vestibule serve`: the server.

use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigFile, Outcome, Terminal, telemetry};
use crate::app::{App, AppError, Options};
use crate::base::Ambient;
use crate::config::{self, Settings};
use crate::directory::{Danger, DangerKind, DeclareError, IdentityChoice, IdentityChoices};
use crate::identity::IdpId;

/// Serve the sign-in host and every application.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// The identities of this IdP stay the same people although its issuer or identifier changed.
    #[arg(long, value_name = "IDP")]
    keep_identities: Vec<IdpId>,
    /// The identities of this IdP are forgotten, with what their sign-ins gave, because its issuer, identifier or owner
    /// changed.
    #[arg(long, value_name = "IDP")]
    forget_identities: Vec<IdpId>,
}

impl Arguments {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        let settings = config::load(&self.config.path, variables)?;
        let options = Options { identities: self.choices(), notice: None };
        telemetry::start();
        for warning in settings.warnings() {
            tracing::warn!("{warning}");
        }
        run(settings, options, terminal)
    }

    fn choices(&self) -> IdentityChoices {
        let keep = self.keep_identities.iter().map(|idp| (idp.clone(), IdentityChoice::Keep));
        let forget = self.forget_identities.iter().map(|idp| (idp.clone(), IdentityChoice::Forget));
        IdentityChoices(keep.chain(forget).collect())
    }
}

/// Runs a server until it is told to stop (SIGTERM or SIGINT).
#[tokio::main]
async fn run(settings: Settings, options: Options, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
    let app = App::bind(settings, options, Ambient::system()).await?;
    match app.run(stop()?).await {
        Ok(()) => Ok(Outcome::Done),
        // The configuration does not fit the database: as wrong as a wrong file.
        Err(refused @ AppError::Declare(_)) => {
            terminal.complain(format_args!("vestibule: {refused}"));
            if let AppError::Declare(DeclareError::Dangerous(dangers)) = &refused {
                dangers.iter().for_each(|danger| terminal.complain(choice(danger)));
            }
            Ok(Outcome::Misused)
        }
        Err(error) => Err(error.into()),
    }
}

/// How to choose what becomes of the people concerned.
fn choice(Danger { idp, kind, .. }: &Danger) -> String {
    let forget = format!("start once with --forget-identities {idp} to forget them");
    match kind {
        DangerKind::Owner => forget,
        DangerKind::Source => format!("{forget}, or with --keep-identities {idp} if they are the same people"),
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
