//! `vestibule user`: users made beforehand, listed, removed. A running server feels it within a second.

use anyhow::bail;

use super::{ConfigFile, Outcome, Terminal, open};
use crate::directory::{Actor, AdminError, Directory, ListedUser, NewUser, UserSelector, UserState, Who};
use crate::identity::{IdpId, OrganizationId, RoleName, UserId};

/// Make users beforehand, list and remove them.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a user who waits for their first sign-in; who is known already is given the roles.
    Add(Add),
    /// List every user.
    List {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Remove a user: their roles, identities and sessions go with them.
    Remove(Remove),
}

#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    config: ConfigFile,
    /// The IdP they will sign in at.
    #[arg(long)]
    idp: IdpId,
    #[command(flatten)]
    who: Known,
    /// The name people go by.
    #[arg(long)]
    name: Option<String>,
    /// The organization of the roles.
    #[arg(long)]
    organization: OrganizationId,
    /// A role they hold from the start; may be given several times.
    #[arg(long, required = true)]
    role: Vec<RoleName>,
}

#[derive(Debug, clap::Args)]
struct Remove {
    #[command(flatten)]
    config: ConfigFile,
    /// The user's id, as `list` shows it.
    #[arg(long, conflicts_with_all = ["idp", "identifier", "email"])]
    id: Option<UserId>,
    /// The IdP they are known at.
    #[arg(long, required_unless_present = "id")]
    idp: Option<IdpId>,
    #[command(flatten)]
    who: Option<Known>,
}

/// What a person is known by at an IdP.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Known {
    /// Exactly this identifier (by default the `sub` claim).
    #[arg(long)]
    identifier: Option<String>,
    /// This e-mail address, once the IdP says that it is verified.
    #[arg(long)]
    email: Option<String>,
}

impl Known {
    fn who(self) -> anyhow::Result<Who> {
        match (self.identifier, self.email) {
            (Some(identifier), None) => Ok(Who::Identifier(identifier)),
            (None, Some(email)) => Ok(Who::Email(email)),
            _ => bail!("say who: --identifier or --email"),
        }
    }
}

impl Arguments {
    pub(super) fn run(self, variables: Vec<(String, String)>, terminal: &mut Terminal<'_>) -> anyhow::Result<Outcome> {
        match run(self.command, variables, terminal) {
            // It was asked for wrongly; the answer names what there is.
            Err(error) if matches!(error.downcast_ref(), Some(AdminError::Store(_)) | None) => Err(error),
            Err(error) => {
                terminal.complain(format_args!("vestibule: {error}"));
                Ok(Outcome::Misused)
            }
            done => done,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(
    command: Command,
    variables: Vec<(String, String)>,
    terminal: &mut Terminal<'_>,
) -> anyhow::Result<Outcome> {
    match command {
        Command::Add(add) => {
            let (directory, _) = open(&add.config, variables).await?;
            let roles = add.role.into_iter().map(|role| (add.organization.clone(), role)).collect();
            let new = NewUser { idp: add.idp, who: add.who.who()?, name: add.name, roles };
            let user = directory.server_admin(Actor::CommandLine).pre_provision(&new).await?;
            terminal.say(user);
        }
        Command::List { config } => list(&open(&config, variables).await?.0, terminal).await?,
        Command::Remove(remove) => {
            let (directory, _) = open(&remove.config, variables).await?;
            let selector = match (remove.id, remove.idp, remove.who) {
                (Some(id), ..) => UserSelector::Id(id),
                (None, Some(idp), Some(who)) => UserSelector::At(idp, who.who()?),
                _ => bail!("say who: --id, or --idp with --identifier or --email"),
            };
            let user = directory.server_admin(Actor::CommandLine).remove_user(&selector).await?;
            terminal.say(format_args!("removed {user}"));
        }
    }
    Ok(Outcome::Done)
}

async fn list(directory: &Directory, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
    const PAGE: u32 = 500;
    let admin = directory.server_admin(Actor::CommandLine);
    let mut after = None;
    terminal.say("ID                                    STATE                 USERNAME              KNOWN BY, ROLES");
    loop {
        let page = admin.list_users(PAGE, after).await?;
        for user in &page {
            terminal.say(line(user));
        }
        match page.last() {
            Some(last) => after = Some(last.id),
            None => return Ok(()),
        }
    }
}

fn line(user: &ListedUser) -> String {
    let state = match user.state {
        UserState::Disabled => "disabled",
        UserState::Waiting => "waiting",
        UserState::Active => "active",
        UserState::WithoutOrganization => "without organization",
    };
    let mut facts: Vec<String> = Vec::new();
    facts.extend(
        user.identities.iter().map(|identity| format!("{}:{}", identity.idp, identity.identifier.escape_debug())),
    );
    facts.extend(user.awaited.iter().map(|(idp, who)| match who {
        Who::Identifier(identifier) => format!("{idp}:{} (awaited)", identifier.escape_debug()),
        Who::Email(email) => format!("{idp}:<{}> (awaited)", email.escape_debug()),
    }));
    facts.extend(user.roles.iter().map(|held| {
        let by = if matches!(held.origin, crate::identity::Origin::Manual) { "manual" } else { "policy" };
        format!("{}/{} ({by})", held.organization, held.role)
    }));
    if user.server_admin {
        facts.push("server admin".to_owned());
    }
    format!("{}  {state:<20}  {:<20}  {}", user.id, user.username.as_str(), facts.join(", "))
}
