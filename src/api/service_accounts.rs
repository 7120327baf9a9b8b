//! The service accounts of an organization, and their tokens for applications. None of those is made here: what leaked
//! must end with its token.

use std::sync::Arc;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Answer, Page, created, done, json, matches, one};
use super::ask::{At, Sent};
use super::guard::Caller;
use super::refusal::Refusal;
use super::schema::{Id, Instant, RoleText, Slug};
use super::tokens::Token;
use crate::directory::{self, ListedApplicationToken, MachineError, OrganizationAdmin, ServiceAccountState};
use crate::identity::{
    ApplicationId, Catalogue, Issuer, MachineSubject, OrganizationId, RoleName, ServiceName, SubjectClaim, TokenId,
    UserId,
};

/// A service account.
#[derive(Serialize, JsonSchema)]
pub(super) struct ServiceAccount {
    #[schemars(with = "Id")]
    id: UserId,
    /// What it is called in its organization.
    name: String,
    /// What applications call it.
    username: String,
    #[serde(flatten)]
    text: ServiceAccountText,
    #[schemars(with = "Instant")]
    created_at: String,
}

/// What can be changed of a service account.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceAccountText {
    /// The roles it holds.
    #[schemars(with = "Vec<RoleText>")]
    roles: Vec<RoleName>,
    /// Whether it may not enter.
    #[serde(default)]
    disabled: bool,
    /// By what issuers' access tokens speak of it.
    #[serde(default)]
    subjects: Vec<Subject>,
}

/// By what an issuer's access tokens speak of a program.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Subject {
    /// The issuer (`iss`).
    #[schemars(with = "String")]
    issuer: Issuer,
    /// The claim that names it.
    #[serde(default)]
    #[schemars(with = "Claim")]
    claim: SubjectClaim,
    /// What that claim holds, exactly.
    subject: String,
}

/// The claim that names a program.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "it stands for the noun in the document alone")]
enum Claim {
    Sub,
    ClientId,
    Azp,
}

/// A service account to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceAccountToMake {
    /// What it is called in its organization; it stays.
    #[schemars(with = "Slug")]
    name: ServiceName,
    /// The roles it holds.
    #[serde(default)]
    #[schemars(with = "Vec<RoleText>")]
    roles: Vec<RoleName>,
}

/// A token for applications as a list shows it: never what is presented.
#[derive(Serialize, JsonSchema)]
pub(super) struct ApplicationToken {
    #[serde(flatten)]
    token: Token,
    /// The applications it may be used in that are still there; null: all that take tokens.
    #[schemars(with = "Option<Vec<Slug>>")]
    applications: Option<Vec<ApplicationId>>,
}

impl From<MachineError> for Refusal {
    fn from(error: MachineError) -> Self {
        match error {
            MachineError::NoSuchAccount => Self::NotFound,
            MachineError::NameTaken | MachineError::SubjectTaken => Self::Taken(error.to_string()),
            MachineError::Token(error) => error.into(),
            MachineError::Store(error) => error.into(),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<&MachineSubject> for Subject {
    fn from(subject: &MachineSubject) -> Self {
        let MachineSubject { issuer, claim, subject } = subject.clone();
        Self { issuer, claim, subject }
    }
}

impl Subject {
    fn noun(&self) -> Result<MachineSubject, Refusal> {
        let subject = MachineSubject::subject(&self.subject);
        let subject = subject.map_err(|invalid| Refusal::Invalid(format!("subjects: {invalid}")))?;
        Ok(MachineSubject { issuer: self.issuer.clone(), claim: self.claim, subject })
    }
}

impl From<directory::ServiceAccount> for ServiceAccount {
    fn from(account: directory::ServiceAccount) -> Self {
        Self {
            id: account.id,
            name: account.name,
            username: account.username.to_string(),
            text: ServiceAccountText {
                roles: account.roles,
                disabled: account.disabled,
                subjects: account.subjects.iter().map(Subject::from).collect(),
            },
            created_at: account.created_at.to_string(),
        }
    }
}

async fn shown(admin: &OrganizationAdmin<'_>, account: UserId) -> Result<ServiceAccount, Refusal> {
    Ok(admin.service_account(account).await?.into())
}

fn token(token: ListedApplicationToken, catalogue: &Catalogue) -> ApplicationToken {
    let of = |key| catalogue.applications.iter().find(|one| one.key == key).map(|one| one.spec.id.clone());
    ApplicationToken {
        token: token.token.into(),
        applications: token.applications.map(|keys| keys.into_iter().filter_map(of).collect()),
    }
}

pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, At(organization): At<OrganizationId>) -> Answer {
    let accounts = api.organization_admin(&caller, &api.live(), &organization)?.service_accounts().await?;
    // There are never more than one page of them.
    json(StatusCode::OK, &Page { items: accounts.into_iter().map(ServiceAccount::from).collect(), next: None })
}

pub(super) async fn make(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(organization): At<OrganizationId>,
    Sent(new): Sent<ServiceAccountToMake>,
) -> Answer {
    let admin = api.organization_admin(&caller, &api.live(), &organization)?;
    let account = admin.add_service_account(&organization, &new.name, &new.roles).await?;
    let path = format!("/organizations/{organization}/service-accounts/{account}");
    created(&path, &shown(&admin, account).await?)
}

pub(super) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, account)): At<(OrganizationId, UserId)>,
) -> Answer {
    one(&shown(&api.organization_admin(&caller, &api.live(), &organization)?, account).await?)
}

pub(super) async fn put(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, account)): At<(OrganizationId, UserId)>,
    headers: HeaderMap,
    Sent(text): Sent<ServiceAccountText>,
) -> Answer {
    let admin = api.organization_admin(&caller, &api.live(), &organization)?;
    matches(&headers, &shown(&admin, account).await?)?;
    let wanted: Vec<MachineSubject> = text.subjects.iter().map(Subject::noun).collect::<Result<_, _>>()?;
    let state = ServiceAccountState { roles: text.roles, disabled: text.disabled, subjects: wanted };
    admin.put_service_account(account, &state).await?;
    one(&shown(&admin, account).await?)
}

pub(super) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, account)): At<(OrganizationId, UserId)>,
) -> Answer {
    api.organization_admin(&caller, &api.live(), &organization)?.remove_service_account(account).await?;
    done()
}

pub(super) async fn list_tokens(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, account)): At<(OrganizationId, UserId)>,
) -> Answer {
    let live = api.live();
    let tokens = api.organization_admin(&caller, &live, &organization)?.service_tokens(account).await?;
    let items: Vec<ApplicationToken> = tokens.into_iter().map(|one| token(one, &live.catalogue)).collect();
    json(StatusCode::OK, &Page { items, next: None })
}

pub(super) async fn end_token(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At((organization, account, token)): At<(OrganizationId, UserId, TokenId)>,
) -> Answer {
    api.organization_admin(&caller, &api.live(), &organization)?.end_service_token(account, token).await?;
    done()
}
