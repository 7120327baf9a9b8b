//! `/console/organizations/{organization}/service-accounts`: its service accounts, their roles, tokens and subjects.

mod account;
mod subjects;

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};

use super::Console;
use super::answer::{Answer, done, form_again, page};
use super::failed::Failed;
use super::guard::{Posted, Visitor};
use super::propose::sentence;
use super::shell::Corner;
use crate::directory::{MachineError, OrganizationAdmin, ServiceAccount};
use crate::identity::{Organization, RoleName, ServiceName, UserId};
use crate::pages::{Done, Field, ServiceAccountLine, ServiceAccounts, TickedRole};
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

fn base(organization: &Organization) -> String {
    format!("/console/organizations/{}/service-accounts", organization.id)
}

impl Console {
    /// The organization and the account that the address names, with the handle for them.
    fn service_account(
        &self,
        visitor: &Visitor,
        (organization, account): &(String, String),
    ) -> Result<(Organization, OrganizationAdmin<'_>, UserId), Failed> {
        let (organization, admin) = self.organization_admin(visitor, organization)?;
        Ok((organization, admin, account.parse().map_err(|_| Failed::NotFound)?))
    }
}

/// Where an account has its page.
fn page_of(organization: &Organization, account: UserId) -> String {
    format!("{}/{account}", base(organization))
}

/// The organization's roles, with those ticked that the form names or the account holds.
fn ticked(organization: &Organization, is: impl Fn(&RoleName) -> bool) -> Vec<TickedRole> {
    let role = |name: &RoleName| TickedRole { name: name.to_string(), ticked: is(name) };
    organization.roles.iter().map(|one| role(&one.name)).collect()
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
pub(super) async fn list(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(organization): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let (organization, admin) = console.organization_admin(&visitor, &organization)?;
    let base = base(&organization);
    let accounts = admin.service_accounts().await?.into_iter().map(|account| line(account, &base)).collect();
    let shown = ServiceAccounts {
        shell: console.shell_of(&visitor, &organization, Corner::Programs, query.as_deref()),
        path: base,
        name: Field::default(),
        roles: ticked(&organization, |_| false),
        accounts,
    };
    Ok(page(console.web.pages.service_accounts(&shown)))
}

/// `POST …/service-accounts`
pub(super) async fn add(
    State(console): State<Arc<Console>>,
    Path(organization): Path<String>,
    posted: Posted,
) -> Answer {
    let (organization, admin) = console.organization_admin(&posted.visitor, &organization)?;
    let (base, roles) = (base(&organization), wanted(&organization, &posted.fields));
    let typed = posted.fields.typed("name").trim();
    let why = match ServiceName::parse(typed) {
        Err(invalid) => invalid.to_string(),
        Ok(name) => match admin.add_service_account(&organization.id, &name, &roles).await {
            Ok(account) => return Ok(done(&page_of(&organization, account), Done::Created)),
            Err(MachineError::Store(error)) => return Err(error.into()),
            Err(refused) => refused.to_string(),
        },
    };
    let accounts = admin.service_accounts().await?.into_iter().map(|account| line(account, &base)).collect();
    let shown = ServiceAccounts {
        shell: console.shell_of(&posted.visitor, &organization, Corner::Programs, None),
        path: base,
        name: Field::wrong(typed, sentence(&why)),
        roles: ticked(&organization, |name| roles.contains(name)),
        accounts,
    };
    Ok(form_again(console.web.pages.service_accounts(&shown)))
}
