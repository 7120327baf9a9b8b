//! `vestibule audit`: the audit log, for other programs.

use super::{ConfigFile, Outcome, Terminal, open};
use crate::base::Timestamp;
use crate::directory::{Actor, SoughtLines};

/// Read the audit log.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the audit log as JSON lines, oldest first.
    Export {
        #[command(flatten)]
        config: ConfigFile,
        /// From this instant on, such as 2026-11-25 or 2026-11-25T18:30:00Z.
        #[arg(long)]
        since: Option<Timestamp>,
        /// Up to before this instant. Counted lines may still grow within their minute.
        #[arg(long)]
        until: Option<Timestamp>,
    },
}

/// Lines read at once.
const PAGE: u32 = 1_000;

impl Arguments {
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        let Command::Export { config, since, until } = self.command;
        let (directory, _) = open(&config, variables).await?;
        let admin = directory.server_admin(Actor::CommandLine);
        let always = SoughtLines::default().interval;
        let interval = since.unwrap_or(always.start)..until.unwrap_or(always.end);
        let sought = SoughtLines { interval, ..SoughtLines::default() };
        let mut after = None;
        loop {
            let page = admin.audit_log(&sought, after, PAGE).await?;
            for line in &page.rows {
                terminal.say(line.to_json());
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Outcome::Done),
            }
        }
    }
}
