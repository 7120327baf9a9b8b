//! `vestibule service-account`: programs that an organization lets into its applications, and their tokens.

use std::time::Duration;

use anyhow::Context as _;

use super::token::{self, DAY};
use super::{ConfigFile, Outcome, Terminal, open};
use crate::directory::{Actor, ApplicationScope, Directory, OrganizationAdmin};
use crate::identity::{
    ApplicationId, Catalogue, Issuer, MachineSubject, OrganizationId, RoleName, ServiceName, SubjectClaim, TokenId,
    TokenName, UserId,
};

/// Make service accounts, list and remove them; make and end their tokens for applications.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
struct Whose {
    #[command(flatten)]
    config: ConfigFile,
    /// The organization.
    #[arg(long)]
    organization: OrganizationId,
}

#[derive(Debug, clap::Args)]
struct Subject {
    #[command(flatten)]
    whose: Whose,
    /// The account's id, as `list` shows it.
    #[arg(long)]
    id: UserId,
    /// The issuer (iss).
    #[arg(long)]
    issuer: Issuer,
    /// The claim that names the program: sub, client_id or azp.
    #[arg(long, default_value = "sub")]
    claim: SubjectClaim,
    /// What that claim holds, exactly.
    #[arg(long, value_parser = MachineSubject::subject)]
    subject: String,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an account.
    Add {
        #[command(flatten)]
        whose: Whose,
        /// What it is called: applications see service.ORGANIZATION.NAME.
        #[arg(long)]
        name: ServiceName,
        /// A role it holds; may be given several times.
        #[arg(long)]
        role: Vec<RoleName>,
    },
    /// List the organization's accounts.
    List {
        #[command(flatten)]
        whose: Whose,
    },
    /// Remove an account with its tokens.
    Remove {
        #[command(flatten)]
        whose: Whose,
        /// The account's id, as `list` shows it.
        #[arg(long)]
        id: UserId,
    },
    /// Let it enter with an issuer's tokens that speak of this subject.
    Bind(Subject),
    /// Let it enter with them no more.
    Unbind(Subject),
    /// Make a token for applications and print it, once.
    MakeToken {
        #[command(flatten)]
        whose: Whose,
        /// The account's id, as `list` shows it.
        #[arg(long)]
        id: UserId,
        /// What people call the token: the program that holds it.
        #[arg(long)]
        name: TokenName,
        /// An application it may be used in; may be given several times. Absent: all that take tokens.
        #[arg(long)]
        application: Vec<ApplicationId>,
        /// How many days it lives.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=366))]
        days: u64,
    },
    /// End one of its tokens.
    EndToken {
        #[command(flatten)]
        whose: Whose,
        /// The account's id, as `list` shows it.
        #[arg(long)]
        id: UserId,
        /// The token's id, as `list` shows it.
        #[arg(long)]
        token: TokenId,
    },
}

impl Command {
    const fn whose(&self) -> &Whose {
        match self {
            Self::Add { whose, .. }
            | Self::List { whose }
            | Self::Remove { whose, .. }
            | Self::MakeToken { whose, .. }
            | Self::EndToken { whose, .. } => whose,
            Self::Bind(subject) | Self::Unbind(subject) => &subject.whose,
        }
    }
}

impl Arguments {
    #[tokio::main(flavor = "current_thread")]
    pub(super) async fn run(
        self,
        variables: Vec<(String, String)>,
        terminal: &mut Terminal<'_>,
    ) -> anyhow::Result<Outcome> {
        let whose = self.command.whose();
        let (directory, _) = open(&whose.config, variables).await?;
        let live = directory.catalogue().await?;
        let admin = admin(&directory, &live, &whose.organization)?;
        match &self.command {
            Command::Add { whose, name, role } => {
                terminal.say(admin.add_service_account(&whose.organization, name, role).await?);
            }
            Command::List { .. } => list(&admin, terminal).await?,
            Command::Remove { id, .. } => {
                admin.remove_service_account(*id).await?;
                terminal.say(format_args!("Removed {id}."));
            }
            Command::Bind(subject) => {
                admin.bind_subject(subject.id, &subject.meant()).await?;
                terminal.say("Bound.");
            }
            Command::Unbind(subject) => {
                admin.unbind_subject(subject.id, &subject.meant()).await?;
                terminal.say("Unbound.");
            }
            Command::MakeToken { id, name, application, days, .. } => {
                let scope = match application.as_slice() {
                    [] => ApplicationScope::Everywhere,
                    only => ApplicationScope::Only(only.to_vec()),
                };
                let lifetime = Duration::from_secs(days * DAY);
                terminal.say(admin.make_service_token(&live, *id, name, lifetime, &scope).await?.expose());
            }
            Command::EndToken { id, token, .. } => {
                admin.end_service_token(*id, *token).await?;
                terminal.say(format_args!("Ended {token}."));
            }
        }
        Ok(Outcome::Done)
    }
}

impl Subject {
    fn meant(&self) -> MachineSubject {
        MachineSubject { issuer: self.issuer.clone(), claim: self.claim, subject: self.subject.clone() }
    }
}

fn admin<'d>(directory: &'d Directory, live: &Catalogue, id: &OrganizationId) -> anyhow::Result<OrganizationAdmin<'d>> {
    let organization = live.organizations.iter().find(|organization| organization.id == *id);
    let key = organization.with_context(|| format!("there is no organization {id}"))?.key;
    Ok(directory.server_admin(Actor::CommandLine).organization(key))
}

async fn list(admin: &OrganizationAdmin<'_>, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    for account in admin.service_accounts().await? {
        let roles: Vec<&str> = account.roles.iter().map(RoleName::as_str).collect();
        let state = if account.disabled { "  disabled" } else { "" };
        terminal.say(format_args!("{}  {}  {}{state}", account.id, account.username.as_str(), roles.join(", ")));
        for MachineSubject { issuer, claim, subject } in &account.subjects {
            terminal.say(format_args!("  {issuer}  {claim} {}", subject.escape_debug()));
        }
        for listed in admin.service_tokens(account.id).await? {
            terminal.say(format_args!("  {}", token::line(&listed.token)));
        }
    }
    Ok(())
}
