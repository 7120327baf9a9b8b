//! The handle of whoever may do everything: server admins, and the command line.

use super::people::ListedUser;
use std::ops::Range;

use serde_json::{Value, json};

use super::record::RoleNames;
use super::{ATTEMPTS, Directory, people, username};
use crate::audit::{self, About, Action, Entry};
use crate::base::Timestamp;
use crate::identity::{
    Actor, AuditId, Catalogue, Idp, IdpId, IdpKey, OrganizationId, OrganizationKey, Origin, RoleId, RoleName, UserId,
    Username,
};
use crate::store::audit::AuditRow as AuditLine;
use crate::store::changes::{self, Change};
use crate::store::identities::{self, Awaited};
use crate::store::users::{self, UserRow};
use crate::store::{self, StoreError, Tx, catalogue, grants};

/// Whom a user made beforehand is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The identity with exactly this identifier.
    Identifier(String),
    /// The first identity that shows this address as verified; case does not count.
    Email(String),
}

/// A user to be made before their first sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// The IdP they will sign in at.
    pub idp: IdpId,
    /// By what they will be known there.
    pub who: Who,
    /// The name people go by.
    pub name: Option<String>,
    /// The roles they hold from the start.
    pub roles: Vec<(OrganizationId, RoleName)>,
}

/// Why an admin's request was not done. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such IdP, organization or role.
    #[error("there is no {what} {name}; there {}", known(available))]
    NoSuch {
        /// What was named: IdP, organization, role.
        what: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// The IdP belongs to an organization and cannot bring people into another.
    #[error("the IdP {idp} belongs to one organization: its people cannot be given roles of {organization}")]
    OutOfReach {
        /// The IdP.
        idp: IdpId,
        /// The other organization.
        organization: OrganizationId,
    },
    /// An identifier, address or name that can be none.
    #[error("{0}")]
    Invalid(&'static str),
    /// Nobody is known by that.
    #[error("there is no such user")]
    NoSuchUser,
    /// More than one user is known by that.
    #[error("more than one user has this address: name one by identifier or by user id")]
    Ambiguous,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn known(names: &[String]) -> String {
    match names {
        [] => "is none".to_owned(),
        [one] => format!("is {one}"),
        many => format!("are {}", many.join(", ")),
    }
}

/// May do what concerns one organization, and knows nothing of any other. Made by [`Directory::organization_admin`], and
/// for server admins by [`ServerAdmin::organization`].
#[derive(Clone, Copy, Debug)]
pub struct OrganizationAdmin<'a> {
    pub(super) directory: &'a Directory,
    pub(super) actor: Actor,
    pub(super) organization: OrganizationKey,
}

impl OrganizationAdmin<'_> {
    /// The organization.
    pub const fn organization(&self) -> OrganizationKey {
        self.organization
    }
}

/// May do everything. Made by [`Directory::server_admin`].
#[derive(Clone, Copy, Debug)]
pub struct ServerAdmin<'a> {
    pub(super) directory: &'a Directory,
    pub(super) actor: Actor,
}

impl<'a> ServerAdmin<'a> {
    pub(super) const fn new(directory: &'a Directory, actor: Actor) -> Self {
        Self { directory, actor }
    }

    /// The same hands for one organization alone: what is written for its admins serves server admins too.
    pub const fn organization(&self, organization: OrganizationKey) -> OrganizationAdmin<'a> {
        OrganizationAdmin { directory: self.directory, actor: self.actor, organization }
    }

    /// Makes a user who waits for their first sign-in. Who is known by that identifier already, or waits for the same,
    /// is given the roles; name and username stay theirs then.
    ///
    /// # Errors
    /// When a name is unknown, the IdP cannot bring people into an organization, or the database fails.
    pub async fn pre_provision(&self, new: &NewUser) -> Result<UserId, AdminError> {
        let mut attempt = 1;
        loop {
            match self.pre_provision_once(new).await {
                Err(AdminError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn pre_provision_once(&self, new: &NewUser) -> Result<UserId, AdminError> {
        let now = self.directory.ambient.now();
        let awaited = awaited(&new.who)?;
        let mut tx = self.directory.db.begin().await?;
        let live = catalogue::load(&mut tx).await?;
        let idp = find_idp(&live, &new.idp)?;
        let roles = find_roles(&live, idp, &new.roles)?;
        catalogue::hold_idp(&mut tx, idp.key).await?;
        let user = match self.known(&mut tx, idp, &awaited).await? {
            Some(user) => {
                users::lock(&mut tx, user).await?;
                user
            }
            None => {
                let user = self.waiting(&mut tx, new, &awaited).await?;
                identities::expect(&mut tx, idp.key, &awaited, user, now).await?;
                user
            }
        };
        let organizations: Vec<OrganizationKey> = {
            let mut keys: Vec<_> = roles.iter().map(|(organization, _)| *organization).collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        grants::lock(&mut tx, &organizations).await?;
        let roles: Vec<RoleId> = roles.into_iter().map(|(_, role)| role).collect();
        let held = grants::of_user(&mut tx, user).await?;
        let before: Vec<RoleId> = held.iter().filter(|row| row.origin == Origin::Manual).map(|row| row.role).collect();
        let after: Vec<RoleId> = before.iter().chain(&roles).copied().collect();
        grants::insert(&mut tx, user, Origin::Manual, &roles, now).await?;
        changes::append(&mut tx, now, &[Change::User(user)]).await?;
        let names = RoleNames::of(&mut tx, &after).await?;
        let change = (json!({ "roles": names.told(&before) }), json!({ "roles": names.told(&after) }));
        self.record(&mut tx, Action::UserAdded, user, Some(idp.key), Some(change)).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %user, idp = %new.idp, roles = roles.len(), "user made beforehand");
        Ok(user)
    }

    /// Writes what this admin did to a user into the audit log, in the transaction it was done in.
    pub(super) async fn record(
        &self,
        tx: &mut Tx,
        action: Action,
        user: UserId,
        idp: Option<IdpKey>,
        change: Option<(Value, Value)>,
    ) -> Result<(), StoreError> {
        let about = About { user: Some(user), idp, ..About::default() };
        let entry = Entry { action, actor: self.actor, about, reference: None, detail: None, change };
        audit::record(tx, &self.directory.ambient, entry).await
    }

    async fn known(&self, tx: &mut Tx, idp: &Idp, awaited: &Awaited) -> Result<Option<UserId>, StoreError> {
        if let Awaited::Identifier(identifier) = awaited
            && let Some(identity) = identities::find(tx, idp.key, identifier).await?
        {
            return Ok(Some(identity.user));
        }
        identities::expected(tx, idp.key, awaited).await
    }

    /// Adds a user under a provisional username, which no application sees: theirs is taken at the first sign-in.
    async fn waiting(&self, tx: &mut Tx, new: &NewUser, awaited: &Awaited) -> Result<UserId, AdminError> {
        let ambient = &self.directory.ambient;
        let (Awaited::Identifier(told) | Awaited::Email(told)) = awaited;
        let wanted = new.name.as_deref().and_then(|name| Username::parse(name).ok());
        let wanted = wanted.or_else(|| Username::parse(told).ok());
        let wanted = wanted.ok_or(AdminError::Invalid("a user needs a name, or an identifier that can be shown"))?;
        let user = UserRow {
            id: UserId::new(ambient.uuid()),
            username: username::free(tx, ambient, &wanted, None).await?,
            display_name: new.name.clone(),
            email: if let Awaited::Email(address) = awaited { Some(address.clone()) } else { None },
            disabled_at: None,
            created_at: ambient.now(),
        };
        users::insert(tx, &user).await?;
        Ok(user.id)
    }

    /// The next lines of the audit log after `after`, of an interval, in the order of time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_log(
        &self,
        after: Option<(Timestamp, AuditId)>,
        interval: Range<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        store::audit::page(&mut tx, after, interval, limit).await
    }

    /// The next users after `after`, in the order they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_users(&self, limit: u32, after: Option<UserId>) -> Result<Vec<ListedUser>, StoreError> {
        people::list(self, limit, after).await
    }
}

pub(super) fn awaited(who: &Who) -> Result<Awaited, AdminError> {
    match who {
        Who::Identifier(identifier) if !identifier.is_empty() => Ok(Awaited::Identifier(identifier.clone())),
        Who::Identifier(_) => Err(AdminError::Invalid("an identifier is not empty")),
        Who::Email(address) => {
            let address = address.trim();
            let well_formed = address.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty()
                    && !domain.is_empty()
                    && !address.contains(|c: char| c.is_whitespace() || c.is_control())
            });
            if well_formed {
                Ok(Awaited::Email(address.to_owned()))
            } else {
                Err(AdminError::Invalid("an e-mail address is written as name@example.com"))
            }
        }
    }
}

pub(super) fn find_idp<'c>(live: &'c Catalogue, id: &IdpId) -> Result<&'c Idp, AdminError> {
    live.idp_by_id(id).ok_or_else(|| AdminError::NoSuch {
        what: "IdP",
        name: id.to_string(),
        available: live.idps.iter().map(|idp| idp.spec.id.to_string()).collect(),
    })
}

fn find_roles(
    live: &Catalogue,
    idp: &Idp,
    names: &[(OrganizationId, RoleName)],
) -> Result<Vec<(OrganizationKey, RoleId)>, AdminError> {
    names.iter().map(|(organization, role)| find_role(live, idp, organization, role)).collect()
}

fn find_role(
    live: &Catalogue,
    idp: &Idp,
    organization: &OrganizationId,
    role: &RoleName,
) -> Result<(OrganizationKey, RoleId), AdminError> {
    let found = live.organizations.iter().find(|other| other.id == *organization);
    let found = found.ok_or_else(|| AdminError::NoSuch {
        what: "organization",
        name: organization.to_string(),
        available: live.organizations.iter().map(|organization| organization.id.to_string()).collect(),
    })?;
    if idp.owner.is_some_and(|owner| owner != found.key) {
        return Err(AdminError::OutOfReach { idp: idp.spec.id.clone(), organization: organization.clone() });
    }
    let role_found = found.roles.iter().find(|other| other.name == *role);
    let role_found = role_found.ok_or_else(|| AdminError::NoSuch {
        what: "role",
        name: format!("{role} in {organization}"),
        available: found.roles.iter().map(|role| role.name.to_string()).collect(),
    })?;
    Ok((found.key, role_found.id))
}

#[cfg(test)]
mod tests;
