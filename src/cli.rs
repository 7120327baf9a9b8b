//! The command line: one file per command. A command is a variant of `Command` and a file that holds its arguments
//! and its `run`.
//!
//! Exit codes: 0 it went well, 1 it failed, 2 the configuration or the command line is wrong.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::base::Ambient;
use crate::config::{self, Problems, Settings};
use crate::directory::{Approval, Directory};
use crate::store::Db;

mod admin;
mod apply;
mod audit;
mod check;
mod demo;
mod environment;
mod explain;
mod foresight;
mod health;
mod logs;
mod meant;
mod openapi;
mod plan;
mod policy;
mod serve;
mod service_account;
mod terminal;
mod token;
mod user;
mod verdicts;

pub use terminal::Terminal;

/// Identity-aware reverse proxy with just-in-time provisioning.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Check(check::Arguments),
    Health(health::Arguments),
    User(user::Arguments),
    Explain(explain::Arguments),
    Policy(policy::Arguments),
    Plan(plan::Arguments),
    Apply(apply::Arguments),
    Admin(admin::Arguments),
    Audit(audit::Arguments),
    Token(token::Arguments),
    ServiceAccount(service_account::Arguments),
    Openapi(openapi::Arguments),
    Demo(demo::Arguments),
}

/// Which file a command reads.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigFile {
    /// The configuration file.
    #[arg(long = "config", value_name = "FILE", default_value = "vestibule.toml")]
    pub path: PathBuf,
}

/// The directory of the configuration's database, and the configuration. A database that no server has seen yet learns
/// the configuration first, so that users can be made before the first start.
async fn open(config: &ConfigFile, variables: Vec<(String, String)>) -> anyhow::Result<(Directory, Settings)> {
    let (directory, settings) = connect(config, variables).await?;
    if directory.version().await? == 0 {
        directory.declare(&settings.declaration, &Approval::default()).await?;
    }
    Ok((directory, settings))
}

/// The same, of a database that is left as it is.
async fn connect(config: &ConfigFile, variables: Vec<(String, String)>) -> anyhow::Result<(Directory, Settings)> {
    let settings = config::load(&config.path, variables)?;
    let db = Db::open(&settings.database.url).await?;
    Ok((Directory::new(db, Ambient::system()).keeping(settings.records.clone()), settings))
}

/// How a command ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It went well.
    Done,
    /// What it looked at is not well; it has said so.
    Failed,
    /// The configuration or the command line is wrong; it has said so.
    Misused,
}

impl Outcome {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Misused => 2,
        }
    }
}

/// Runs the command that `arguments` name, the program's own name first, in the environment `variables`; returns the
/// exit code.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    terminal: &mut Terminal<'_>,
) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(asked) if !asked.use_stderr() => {
            terminal.say(asked.render().to_string().trim_end());
            return Outcome::Done.code();
        }
        Err(wrong) => {
            terminal.complain(wrong.render().to_string().trim_end());
            return Outcome::Misused.code();
        }
    };
    let outcome = match environment::ours(variables) {
        Ok(variables) => cli.command.run(variables, terminal),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => outcome.code(),
        // It names its file and takes many lines.
        Err(error) if error.is::<Problems>() => {
            terminal.complain(error);
            Outcome::Misused.code()
        }
        Err(error) => {
            terminal.complain(format_args!("vestibule: {error:#}"));
            let misused = error.is::<environment::NotText>();
            if misused { Outcome::Misused.code() } else { Outcome::Failed.code() }
        }
    }
}

impl Command {
    fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        match self {
            Self::Serve(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Check(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Health(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::User(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Explain(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Policy(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Plan(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Apply(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Admin(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Audit(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Token(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::ServiceAccount(arguments) => apart(|| arguments.run(variables, terminal)),
            Self::Openapi(arguments) => apart(|| arguments.run(terminal)),
            Self::Demo(arguments) => apart(|| arguments.run(terminal)),
        }
    }
}

/// In a frame of its own: one that had room for all commands would keep that much of the stack for as long as the server
/// runs.
#[inline(never)]
fn apart<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[cfg(test)]
mod tests;
