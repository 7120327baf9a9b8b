//! `vestibule apply`: applies a configuration, after showing what it would do. A running server feels it within a
//! second; what stands outside organizations, IdPs, policies and applications it reads when it starts.

use std::io::{BufRead as _, IsTerminal as _, stdin};

use super::meant::{self, Meant};
use super::{ConfigFile, Outcome, Terminal, connect, foresight};
use crate::directory::{Actor, DeclareError};

/// Apply a configuration, after showing what it would change.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Remove for good what the file declares no longer. Else it is kept, of no effect, and comes back as it was.
    #[arg(long)]
    prune: bool,
    /// Take away at once what the policies no longer give, instead of at each person's next sign-in.
    #[arg(long)]
    apply_losses: bool,
    #[command(flatten)]
    meant: Meant,
}

impl Arguments {
    #[tokio::main]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        let (directory, settings) = connect(&self.config, variables).await?;
        let gone = meant::gone(self.prune);
        let foresight = directory.foresee(&settings.declaration, gone).await?;
        foresight::print(&foresight, terminal);
        if foresight.differences.is_empty() && !self.apply_losses {
            return Ok(Outcome::Done);
        }
        if !self.yes && !confirmed(terminal)? {
            return Ok(Outcome::Failed);
        }
        let applied = directory.apply(&settings.declaration, gone, &self.meant.approval(), foresight.version).await;
        match applied {
            Ok(_) => {}
            Err(refused @ (DeclareError::Dangerous(_) | DeclareError::Moved)) => {
                terminal.complain(format_args!("vestibule: nothing was applied: {refused}"));
                for remedy in meant::remedies(&refused) {
                    terminal.complain(format_args!("  apply with {remedy}"));
                }
                return Ok(Outcome::Misused);
            }
            Err(error) => return Err(error.into()),
        }
        terminal.say("Applied.");
        if self.apply_losses {
            let taken = directory.server_admin(Actor::CommandLine).apply_losses().await?;
            terminal.say(format_args!("Taken away: {taken} roles."));
        }
        Ok(Outcome::Done)
    }
}

/// Whether whoever sits at the terminal says yes. Without one nobody can.
fn confirmed(terminal: &mut Terminal<'_>) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        terminal.complain("vestibule: nothing was applied: there is nobody to ask; say --yes");
        return Ok(false);
    }
    terminal.say("Apply it? Only `yes` does.");
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    let yes = answer.trim() == "yes";
    if !yes {
        terminal.say("Nothing was applied.");
    }
    Ok(yes)
}
