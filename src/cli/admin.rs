//! `vestibule admin`: the way into the console that needs no IdP and no password.

use super::{ConfigFile, Outcome, Terminal, open};
use crate::directory::Actor;

/// Get into the console without an IdP.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a link that opens the console once, within ten minutes: for the first start, and for the day when no IdP
    /// answers. Whoever has it is a server admin for an hour.
    LoginLink {
        #[command(flatten)]
        config: ConfigFile,
    },
}

impl Arguments {
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        let Command::LoginLink { config } = self.command;
        let (directory, settings) = open(&config, variables).await?;
        let link = directory.make_login_link(Actor::CommandLine).await?;
        terminal.say(format_args!("{}/break-glass/{}", settings.server.public_url, link.expose()));
        Ok(Outcome::Done)
    }
}
