//! Programs: the service accounts of an organization, and tokens for applications ([`tokens`]). A service account is a
//! user and no person: it signs in nowhere, holds roles by hand alone, and of its own organization alone.

mod subjects;
mod tokens;
mod whole;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use super::admin::OrganizationAdmin;
use super::record::RoleNames;
use super::{ATTEMPTS, TokenError};
use crate::audit::{self, About, Action, Entry};
use crate::base::Timestamp;
use crate::identity::{MachineSubject, OrganizationId, Origin, RoleId, RoleName, ServiceName, UserId, Username};
use crate::store::changes::{self, Change};
use crate::store::service_accounts;
use crate::store::users::{self, UserRow};
use crate::store::{StoreError, Tx, grants};

pub use tokens::{ApplicationScope, ListedApplicationToken, MadeApplicationToken};
pub use whole::ServiceAccountState;

/// Most service accounts of an organization: a list that one page shows.
pub const MAX_SERVICE_ACCOUNTS: u32 = 200;

/// Why something about programs was not done. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// There is none, or it is another organization's.
    #[error("there is no such service account")]
    NoSuchAccount,
    /// Somebody is called so already.
    #[error("the name is taken")]
    NameTaken,
    /// Another account of this organization has it, or this one already does.
    #[error("tokens of this subject belong to a service account of this organization already")]
    SubjectTaken,
    /// There are too many.
    #[error("there are {MAX_SERVICE_ACCOUNTS} service accounts already: remove those that nobody needs")]
    TooMany,
    /// The organization has no such role.
    #[error("there is no role {0} in this organization")]
    NoSuchRole(RoleName),
    /// There is no such application, or none that takes tokens.
    #[error("there is no application {0} here that takes tokens")]
    NoSuchApplication(String),
    /// The token was not made or ended.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A service account as admins see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// The user that it is.
    pub id: UserId,
    /// What it is called in its organization.
    pub name: String,
    /// What applications call it.
    pub username: Username,
    /// Whether it may not enter.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The roles it holds, in order of name.
    pub roles: Vec<RoleName>,
    /// By what issuers' tokens speak of it.
    pub subjects: Vec<MachineSubject>,
}

/// Does something again while somebody else was faster.
macro_rules! tried {
    ($once:expr) => {{
        let mut attempt = 1;
        loop {
            match $once.await {
                Err(MachineError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => break result,
            }
        }
    }};
}

impl OrganizationAdmin<'_> {
    /// The organization's service accounts, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn service_accounts(&self) -> Result<Vec<ServiceAccount>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let rows = service_accounts::of(&mut tx, self.organization, MAX_SERVICE_ACCOUNTS).await?;
        let ids: Vec<UserId> = rows.iter().map(|row| row.id).collect();
        let mut roles: HashMap<UserId, Vec<RoleName>> = HashMap::new();
        for grant in grants::named(&mut tx, &ids, self.directory.ambient.now()).await? {
            roles.entry(grant.user).or_default().push(grant.role);
        }
        let mut subjects: HashMap<UserId, Vec<MachineSubject>> = HashMap::new();
        for (user, subject) in service_accounts::subjects(&mut tx, self.organization).await? {
            subjects.entry(user).or_default().push(subject);
        }
        let account = |row: UserRow| ServiceAccount {
            id: row.id,
            name: row.display_name.unwrap_or_default(),
            username: row.username,
            disabled: row.disabled_at.is_some(),
            created_at: row.created_at,
            roles: roles.remove(&row.id).unwrap_or_default(),
            subjects: subjects.remove(&row.id).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(account).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// When it is none of the organization's, or the database fails.
    pub async fn service_account(&self, account: UserId) -> Result<ServiceAccount, MachineError> {
        let all = self.service_accounts().await?;
        all.into_iter().find(|other| other.id == account).ok_or(MachineError::NoSuchAccount)
    }

    /// Makes a service account that holds these roles. `organization` is the id of the organization.
    ///
    /// # Errors
    /// When the name is taken, there is no such role, there are too many, or the database fails.
    pub async fn add_service_account(
        &self,
        organization: &OrganizationId,
        name: &ServiceName,
        roles: &[RoleName],
    ) -> Result<UserId, MachineError> {
        tried!(self.add_once(organization, name, roles))
    }

    async fn add_once(
        &self,
        organization: &OrganizationId,
        name: &ServiceName,
        roles: &[RoleName],
    ) -> Result<UserId, MachineError> {
        let ambient = &self.directory.ambient;
        let now = ambient.now();
        let username = name.username(organization).map_err(|_| MachineError::NameTaken)?;
        let account = UserRow {
            id: UserId::new(ambient.uuid()),
            username,
            display_name: Some(name.to_string()),
            email: None,
            disabled_at: None,
            created_at: now,
        };
        let mut tx = self.directory.db.begin().await?;
        grants::lock(&mut tx, &[self.organization]).await?;
        if service_accounts::count(&mut tx, self.organization).await? >= i64::from(MAX_SERVICE_ACCOUNTS) {
            return Err(MachineError::TooMany);
        }
        let given = self.roles(&mut tx, roles).await?;
        match service_accounts::insert(&mut tx, &account, self.organization).await {
            Err(StoreError::Unique(_)) => return Err(MachineError::NameTaken),
            inserted => inserted?,
        }
        let given: Vec<RoleId> = given.into_iter().collect();
        grants::insert(&mut tx, account.id, Origin::Manual, &given, now).await?;
        let names = RoleNames::of(&mut tx, &given).await?;
        let told = json!({ "name": name, "username": account.username, "roles": names.told(&given) });
        self.tell(&mut tx, Action::ServiceAccountAdded, account.id, Some((json!({}), told))).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, account = %account.id, "service account made");
        Ok(account.id)
    }

    /// Lets a service account hold exactly these roles. Says whether anything changed.
    ///
    /// # Errors
    /// When there is no such account or role, or the database fails.
    pub async fn set_service_roles(&self, account: UserId, roles: &[RoleName]) -> Result<bool, MachineError> {
        tried!(self.set_roles_once(account, roles))
    }

    async fn set_roles_once(&self, account: UserId, roles: &[RoleName]) -> Result<bool, MachineError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        self.lock_account(&mut tx, account).await?;
        grants::lock(&mut tx, &[self.organization]).await?;
        let wanted = self.roles(&mut tx, roles).await?;
        let held: BTreeSet<RoleId> =
            grants::of_user(&mut tx, account).await?.into_iter().filter(|row| row.live).map(|row| row.role).collect();
        if wanted == held {
            return Ok(false);
        }
        let given: Vec<RoleId> = wanted.difference(&held).copied().collect();
        let taken: Vec<RoleId> = held.difference(&wanted).copied().collect();
        grants::insert(&mut tx, account, Origin::Manual, &given, now).await?;
        grants::delete(&mut tx, account, Origin::Manual, &taken).await?;
        let names = RoleNames::of(&mut tx, &held.union(&wanted).copied().collect::<Vec<_>>()).await?;
        let told =
            |roles: &BTreeSet<RoleId>| json!({ "roles": names.told(&roles.iter().copied().collect::<Vec<_>>()) });
        self.tell(&mut tx, Action::RolesChanged, account, Some((told(&held), told(&wanted)))).await?;
        changes::append(&mut tx, now, &[Change::User(account)]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Shuts a service account out, or lets it in again. Says whether anything changed.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn set_service_disabled(&self, account: UserId, disabled: bool) -> Result<bool, MachineError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        let row = self.lock_account(&mut tx, account).await?;
        if row.disabled_at.is_some() == disabled {
            return Ok(false);
        }
        users::set_disabled(&mut tx, account, disabled.then_some(now)).await?;
        let action = if disabled { Action::UserDisabled } else { Action::UserEnabled };
        self.tell(&mut tx, action, account, None).await?;
        changes::append(&mut tx, now, &[Change::User(account)]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes a service account with its tokens.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn remove_service_account(&self, account: UserId) -> Result<(), MachineError> {
        let mut tx = self.directory.db.begin().await?;
        let row = self.lock_account(&mut tx, account).await?;
        users::delete(&mut tx, account).await?;
        let told = json!({ "name": row.display_name, "username": row.username });
        self.tell(&mut tx, Action::ServiceAccountRemoved, account, Some((told, json!({})))).await?;
        changes::append(&mut tx, self.directory.ambient.now(), &[Change::User(account)]).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %account, "service account removed");
        Ok(())
    }

    /// Takes the account's row until the transaction ends.
    async fn lock_account(&self, tx: &mut Tx, account: UserId) -> Result<UserRow, MachineError> {
        service_accounts::lock(tx, account, self.organization).await?.ok_or(MachineError::NoSuchAccount)
    }

    /// The organization's live roles of these names.
    async fn roles(&self, tx: &mut Tx, names: &[RoleName]) -> Result<BTreeSet<RoleId>, MachineError> {
        let live = grants::live_roles(tx, self.organization).await?;
        let found = |name: &RoleName| {
            let role = live.iter().find(|(_, other)| other == name);
            role.map(|(id, _)| *id).ok_or_else(|| MachineError::NoSuchRole(name.clone()))
        };
        names.iter().map(found).collect()
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        action: Action,
        account: UserId,
        change: Option<(Value, Value)>,
    ) -> Result<(), StoreError> {
        let about = About { user: Some(account), organization: Some(self.organization), ..About::default() };
        let entry = Entry { action, actor: self.actor, about, reference: None, detail: None, change };
        audit::record(tx, &self.directory.ambient, entry).await
    }
}

#[cfg(test)]
mod tests;
