//! `vestibule token`: tokens of the REST API, for whoever sets up a server without a browser.

use std::time::Duration;

use anyhow::Context as _;

use super::{ConfigFile, Outcome, Terminal, open};
use crate::directory::{Actor, Directory, ListedToken, MadeToken};
use crate::identity::{OrganizationId, OrganizationKey, TokenId, TokenName};

/// A day, in seconds.
pub(super) const DAY: u64 = 24 * 60 * 60;

/// Make, list and end tokens of the REST API.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token and print it, once. It is nobody's: it opens until it runs out or is ended.
    Make {
        #[command(flatten)]
        config: ConfigFile,
        /// What people call it: the program that holds it.
        #[arg(long)]
        name: TokenName,
        /// The one organization it opens; absent: the whole server.
        #[arg(long)]
        organization: Option<OrganizationId>,
        /// How many days it lives.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=366))]
        days: u64,
    },
    /// List the tokens.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// Those that open this organization; absent: those that open the server.
        #[arg(long)]
        organization: Option<OrganizationId>,
    },
    /// End a token.
    End {
        #[command(flatten)]
        config: ConfigFile,
        /// The token's id, as `list` shows it.
        #[arg(long)]
        id: TokenId,
        /// The organization it opens; absent: the server.
        #[arg(long)]
        organization: Option<OrganizationId>,
    },
}

impl Arguments {
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Make { config, name, organization, days } => {
                let (directory, _) = open(&config, variables).await?;
                let made = make(&directory, organization.as_ref(), &name, Duration::from_secs(days * DAY)).await?;
                terminal.say(made.expose());
            }
            Command::List { config, organization } => {
                let (directory, _) = open(&config, variables).await?;
                let admin = directory.server_admin(Actor::CommandLine);
                let tokens = match organization {
                    None => admin.tokens().await?,
                    Some(id) => admin.organization(key(&directory, &id).await?).tokens().await?,
                };
                for (token, _) in tokens {
                    terminal.say(line(&token));
                }
            }
            Command::End { config, id, organization } => {
                let (directory, _) = open(&config, variables).await?;
                let admin = directory.server_admin(Actor::CommandLine);
                match organization {
                    None => admin.end_token(id).await?,
                    Some(organization) => {
                        admin.organization(key(&directory, &organization).await?).end_token(id).await?
                    }
                }
                terminal.say(format_args!("Ended {id}."));
            }
        }
        Ok(Outcome::Done)
    }
}

/// A token as a list shows it.
pub(super) fn line(ListedToken { id, name, expires_at, last_used_at, .. }: &ListedToken) -> String {
    let used = last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    format!("{id}  {name}  expires {expires_at}  last used {used}")
}

async fn make(
    directory: &Directory,
    organization: Option<&OrganizationId>,
    name: &TokenName,
    lifetime: Duration,
) -> anyhow::Result<MadeToken> {
    let admin = directory.server_admin(Actor::CommandLine);
    Ok(match organization {
        None => admin.make_token(name, lifetime).await?,
        Some(id) => admin.organization(key(directory, id).await?).make_token(name, lifetime).await?,
    })
}

async fn key(directory: &Directory, id: &OrganizationId) -> anyhow::Result<OrganizationKey> {
    let live = directory.catalogue().await?;
    let organization = live.organizations.iter().find(|organization| organization.id == *id);
    Ok(organization.with_context(|| format!("there is no organization {id}"))?.key)
}
