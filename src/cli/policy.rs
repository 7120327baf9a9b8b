//! `vestibule policy`: policies tried on claims. Reads the configuration alone; no database is needed.

mod attempt;
mod test;

use super::{Outcome, Terminal};

/// Try and test policies.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show what the policies of the configuration give for some claims.
    Try(attempt::Try),
    /// Check the policies of the configuration against stored cases.
    Test(test::Test),
}

impl Arguments {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Try(arguments) => arguments.run(variables, terminal),
            Command::Test(arguments) => arguments.run(variables, terminal),
        }
    }
}
