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
        Err(AppError::Declare(refused)) => {
            terminal.complain(format_args!("vestibule: {refused}"));
            for remedy in remedies(&refused) {
                terminal.complain(remedy);
            }
            Ok(Outcome::Misused)
        }
        Err(error) => Err(error.into()),
    }
}

/// How to say what shall become of the people whom a change of the file concerns.
fn remedies(refused: &DeclareError) -> Vec<String> {
    let DeclareError::Dangerous(dangers) = refused else { return Vec::new() };
    let remedy = |Danger { idp, kind, .. }: &Danger| match kind {
        DangerKind::Source => format!("  start once with --keep-identities {idp} or --forget-identities {idp}"),
        DangerKind::Owner => format!("  start once with --forget-identities {idp}"),
    };
    dangers.iter().map(remedy).collect()
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
