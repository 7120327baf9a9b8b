//! Users made before their first sign-in.

use std::collections::BTreeSet;

use serde_json::json;

use super::Hands;
use super::find::{named, organization};
use super::hands::tried;
use crate::audit::{About, Action};
use crate::directory::admin::{NewUser, OrganizationAdmin, ServerAdmin, Who};
use crate::directory::record::RoleNames;
use crate::directory::{AdminError, username};
use crate::identity::{Catalogue, Idp, IdpId, OrganizationKey, Origin, RoleId, UserId, Username};
use crate::store::changes::{self, Change};
use crate::store::identities::{self, Awaited};
use crate::store::users::{self, UserRow};
use crate::store::{Tx, catalogue, grants, search};

/// Longest identifier that an IdP can show us, in bytes, and longest name, in characters: as `policy` reads them.
const MAX_IDENTIFIER: usize = 1_024;
const MAX_NAME: usize = 256;

impl ServerAdmin<'_> {
    /// Makes a user who waits for their first sign-in. Who is known by that identifier already, or waits for the same,
    /// is given the roles; name and username stay theirs then.
    ///
    /// # Errors
    /// When a name is unknown, the IdP cannot bring people into an organization, or the database fails.
    pub async fn pre_provision(&self, new: &NewUser) -> Result<UserId, AdminError> {
        let live = self.directory.catalogue().await?;
        Hands::from(self).pre_provision(&live, new).await
    }
}

impl OrganizationAdmin<'_> {
    /// The same into the organization: at a global IdP or one of its own, with at least one of its roles.
    ///
    /// # Errors
    /// When a name is unknown or another organization's, no role is named, or the database fails.
    pub async fn pre_provision(&self, new: &NewUser) -> Result<UserId, AdminError> {
        let live = self.directory.catalogue().await?;
        let own = live.organization(self.organization).map(|organization| &organization.id);
        if let Some((other, _)) = new.roles.iter().find(|(other, _)| Some(other) != own) {
            let available = own.into_iter().map(ToString::to_string).collect();
            return Err(AdminError::NoSuch { what: "organization", name: other.to_string(), available });
        }
        if new.roles.is_empty() {
            return Err(AdminError::Invalid("choose at least one role: by it they are in the organization"));
        }
        Hands::from(self).pre_provision(&live, new).await
    }
}

impl Hands<'_> {
    async fn pre_provision(self, live: &Catalogue, new: &NewUser) -> Result<UserId, AdminError> {
        let user = tried!(self.pre_provision_once(live, new))?;
        tracing::info!(actor = %self.actor, %user, idp = %new.idp, roles = new.roles.len(), "user made beforehand");
        Ok(user)
    }

    async fn pre_provision_once(self, live: &Catalogue, new: &NewUser) -> Result<UserId, AdminError> {
        let now = self.directory.ambient.now();
        let awaited = awaited(&new.who)?;
        if new.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME) {
            return Err(AdminError::Invalid("a name has at most 256 characters"));
        }
        let mut tx = self.directory.db.begin().await?;
        let newer;
        let live = if catalogue::version(&mut tx).await? == live.version {
            live
        } else {
            newer = catalogue::load(&mut tx).await?;
            &newer
        };
        let idp = self.idp(live, &new.idp)?;
        let roles = find_roles(live, idp, new)?;
        catalogue::hold_idp(&mut tx, idp.key).await?;
        let (user, action) = match self.meant(&mut tx, idp, &awaited).await? {
            Some(user) => {
                users::lock(&mut tx, user).await?;
                (user, Action::RolesChanged)
            }
            None => {
                let user = self.waiting(&mut tx, new, &awaited).await?;
                identities::expect(&mut tx, idp.key, &awaited, user, now).await?;
                (user, Action::UserAdded)
            }
        };
        let organizations: BTreeSet<OrganizationKey> = roles.iter().map(|(organization, _)| *organization).collect();
        let organizations: Vec<OrganizationKey> = organizations.into_iter().collect();
        grants::lock(&mut tx, &organizations).await?;
        let roles: Vec<RoleId> = roles.into_iter().map(|(_, role)| role).collect();
        let held = grants::of_user(&mut tx, user).await?;
        let told = |row: &&grants::HeldRow| row.origin == Origin::Manual && organizations.contains(&row.organization);
        let before: Vec<RoleId> = held.iter().filter(told).map(|row| row.role).collect();
        let after: Vec<RoleId> = before.iter().chain(&roles).copied().collect();
        grants::insert(&mut tx, user, Origin::Manual, &roles, now).await?;
        if let (Some(within), Some(name)) = (self.within, &new.name) {
            identities::call(&mut tx, user, within, name).await?;
        }
        search::refresh(&mut tx, &[user]).await?;
        changes::append(&mut tx, now, &[Change::User(user)]).await?;
        let names = RoleNames::of(&mut tx, &after).await?;
        let change = (json!({ "roles": names.told(&before) }), json!({ "roles": names.told(&after) }));
        // Whether another organization waits for the same person is none of this one's business.
        let action = if self.within.is_some() && before.is_empty() { Action::UserAdded } else { action };
        let organization = organizations.first().copied().filter(|_| organizations.len() == 1);
        let about = About { user: Some(user), idp: Some(idp.key), organization, ..About::default() };
        self.record(&mut tx, action, about, Some(change)).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// Adds a user under a provisional username, which no application sees: theirs is taken at the first sign-in.
    async fn waiting(self, tx: &mut Tx, new: &NewUser, awaited: &Awaited) -> Result<UserId, AdminError> {
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

    /// Who is meant already. Of a stranger to their organization admins learn nothing: such a person is waited for like
    /// one who never came, and becomes one with whom they are at their next sign-in.
    async fn meant(self, tx: &mut Tx, idp: &Idp, awaited: &Awaited) -> Result<Option<UserId>, AdminError> {
        if let Awaited::Identifier(identifier) = awaited
            && let Some(identity) = identities::find(tx, idp.key, identifier).await?
            && self.knows(tx, identity.user).await?
        {
            return Ok(Some(identity.user));
        }
        Ok(identities::expected(tx, idp.key, awaited).await?)
    }

    /// The live IdP of that id, if these hands know of it.
    pub(super) fn idp<'c>(self, live: &'c Catalogue, id: &IdpId) -> Result<&'c Idp, AdminError> {
        let found = live.idp_by_id(id).filter(|idp| self.reaches(idp.owner));
        let reached = || live.idps.iter().filter(|idp| self.reaches(idp.owner));
        found.ok_or_else(|| AdminError::NoSuch {
            what: "IdP",
            name: id.to_string(),
            available: reached().map(|idp| idp.spec.id.to_string()).collect(),
        })
    }
}

fn find_roles(live: &Catalogue, idp: &Idp, new: &NewUser) -> Result<Vec<(OrganizationKey, RoleId)>, AdminError> {
    let find = |(id, role)| {
        let found = organization(live, id)?;
        if idp.owner.is_some_and(|owner| owner != found.key) {
            return Err(AdminError::OutOfReach { idp: idp.spec.id.clone(), organization: found.id.clone() });
        }
        Ok((found.key, named(found, role)?))
    };
    new.roles.iter().map(|(organization, role)| find((organization, role))).collect()
}

/// Whom somebody waits for, if it can be anybody.
pub(super) fn awaited(who: &Who) -> Result<Awaited, AdminError> {
    match who {
        Who::Identifier(identifier) if identifier.is_empty() => Err(AdminError::Invalid("an identifier is not empty")),
        Who::Identifier(identifier) if identifier.len() > MAX_IDENTIFIER || identifier.contains(char::is_control) => {
            Err(AdminError::Invalid("an identifier has at most 1,024 bytes and no control characters"))
        }
        Who::Identifier(identifier) => Ok(Awaited::Identifier(identifier.clone())),
        Who::Email(address) => {
            let address = address.trim();
            let well_formed = address.len() <= MAX_IDENTIFIER
                && address.split_once('@').is_some_and(|(local, domain)| {
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
