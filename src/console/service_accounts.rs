//! `/console/organizations/{organization}/service-accounts`: its service accounts, their roles, tokens and subjects.

mod account;
mod subjects;

use super::answer::{Answer, done, form_again, page};
use super::failed::Failed;
use super::here::{Here, Sent};
use super::propose::sentence;
use super::shell::Corner;
use super::typed::ticked;
use crate::directory::{MachineError, ServiceAccount};
use crate::identity::{Organization, RoleName, ServiceName, UserId};
use crate::pages::{Done, Field, ServiceAccountLine, ServiceAccounts};
use crate::web::Fields;

pub(super) use account::{ask_remove, end_token, make_token, remove, set_disabled, set_roles, show};
pub(super) use subjects::{bind, unbind};

impl From<MachineError> for Failed {
    fn from(error: MachineError) -> Self {
        match error {
            MachineError::Store(error) => error.into(),
            MachineError::NoSuchAccount => Self::NotFound,
            _ => Self::BadRequest,
        }
    }
}

/// Where an organization's service accounts are, below it.
const BELOW: &str = "/service-accounts";

impl Here<Organization> {
    /// The account that the address names.
    fn account(&self) -> Result<UserId, Failed> {
        self.named("account")
    }

    /// Where an account has its page.
    fn page_of(&self, account: UserId) -> String {
        self.path(&format!("{BELOW}/{account}"))
    }
}

/// The roles that a form ticks, of those there are.
fn wanted(organization: &Organization, fields: &Fields) -> Vec<RoleName> {
    let names = organization.roles.iter().map(|role| &role.name);
    names.filter(|name| fields.all("role").any(|role| role == name.as_str())).cloned().collect()
}

fn line(account: ServiceAccount, base: &str) -> ServiceAccountLine {
    ServiceAccountLine {
        name: account.name,
        username: account.username.to_string(),
        roles: account.roles.iter().map(RoleName::to_string).collect(),
        disabled: account.disabled,
        href: format!("{base}/{}", account.id),
    }
}

/// `GET …/service-accounts`
pub(super) async fn list(here: Here<Organization>) -> Answer {
    Ok(page(here.pages().service_accounts(&here.service_accounts(Field::default(), &[]).await?)))
}

/// `POST …/service-accounts`
pub(super) async fn add(Sent { here, fields }: Sent<Organization>) -> Answer {
    let roles = wanted(&here.organization, &fields);
    let typed = fields.typed("name").trim();
    let why = match ServiceName::parse(typed) {
        Err(invalid) => invalid.to_string(),
        Ok(name) => match here.admin().add_service_account(&here.organization.id, &name, &roles).await {
            Ok(account) => return Ok(done(&here.page_of(account), Done::Created)),
            Err(MachineError::Store(error)) => return Err(error.into()),
            Err(refused) => refused.to_string(),
        },
    };
    let name = Field::wrong(typed, sentence(&why));
    Ok(form_again(here.pages().service_accounts(&here.service_accounts(name, &roles).await?)))
}

impl Here<Organization> {
    /// All of them, above a form that says this.
    async fn service_accounts(&self, name: Field, roles: &[RoleName]) -> Result<ServiceAccounts, Failed> {
        let path = self.path(BELOW);
        let accounts = self.admin().service_accounts().await?;
        Ok(ServiceAccounts {
            shell: self.shell(Corner::Programs),
            accounts: accounts.into_iter().map(|account| line(account, &path)).collect(),
            path,
            name,
            roles: ticked(&self.organization, |name| roles.contains(name)),
        })
    }
}
