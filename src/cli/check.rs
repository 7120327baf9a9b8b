//! `vestibule check`: reads the configuration as `serve` would, and touches neither database nor network.

use crate::config;

use super::{ConfigFile, Outcome, Terminal};

/// Check the configuration and tell everything that is wrong with it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
}

impl Arguments {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        let settings = config::load(&self.config.path, variables)?;
        for warning in settings.warnings() {
            terminal.complain(format_args!("warning: {warning}"));
        }
        let (note, declaration) = (settings.database.note(), settings.declaration);
        terminal.say(format_args!(
            "ok: {}, {}, {}",
            count(declaration.idps.len(), "IdP"),
            count(declaration.organizations.len(), "organization"),
            count(declaration.applications.len(), "application"),
        ));
        if let Some(note) = note {
            terminal.say(format_args!("note: {note}"));
        }
        Ok(Outcome::Done)
    }
}

/// `2 changes`, `1 change`
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
