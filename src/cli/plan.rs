//! `vestibule plan`: what applying a configuration would do. Writes nothing.

use super::meant::gone;
use super::{ConfigFile, Outcome, Terminal, connect, foresight};

/// Show what a configuration would change: in the database, and for whom.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// As if what the file declares no longer were removed for good.
    #[arg(long)]
    prune: bool,
    /// Answer with JSON, for programs.
    #[arg(long)]
    json: bool,
    /// End with 1 if anything would change, for CI.
    #[arg(long)]
    exit_code: bool,
}

impl Arguments {
    #[tokio::main]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        let (directory, settings) = connect(&self.config, variables).await?;
        let foresight = directory.foresee(&settings.declaration, gone(self.prune)).await?;
        if self.json {
            terminal.say(foresight::to_json(&foresight));
        } else {
            foresight::print(&foresight, terminal);
        }
        let changes = !foresight.differences.is_empty();
        Ok(if self.exit_code && changes { Outcome::Failed } else { Outcome::Done })
    }
}
