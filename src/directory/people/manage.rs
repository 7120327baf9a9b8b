//! What admins do to a user: other roles by hand, in and out, sessions ended, removal.

use std::collections::BTreeSet;

use serde_json::json;

use super::hands::tried;
use super::listed::UserSelector;
use super::{Hands, beforehand};
use crate::audit::{About, Action};
use crate::directory::AdminError;
use crate::directory::admin::{OrganizationAdmin, ServerAdmin};
use crate::directory::record::RoleNames;
use crate::identity::{Actor, OrganizationKey, Origin, RoleId, RoleName, SessionId, UserId};
use crate::store::changes::{self, Change};
use crate::store::identities::{self, Awaited};
use crate::store::{Tx, catalogue, grants, holders, search, sessions, users};

impl ServerAdmin<'_> {
    /// Lets a user hold exactly these roles of an organization by hand; what sign-ins gave stays. Says whether anything
    /// changed.
    ///
    /// # Errors
    /// When there is no such user or role, or the database fails.
    pub async fn set_roles(
        &self,
        user: UserId,
        organization: OrganizationKey,
        roles: &[RoleName],
    ) -> Result<bool, AdminError> {
        tried!(Hands::from(self).set_roles(user, organization, roles))
    }

    /// Shuts a user out, with all their sessions, or lets them in again. Says whether anything changed.
    ///
    /// # Errors
    /// When there is no such user, it is the admin themselves, or the database fails.
    pub async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<bool, AdminError> {
        tried!(Hands::from(self).set_disabled(user, disabled))
    }

    /// Ends sessions of a user: one, or all. Says how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_sessions(&self, user: UserId, only: Option<SessionId>) -> Result<usize, AdminError> {
        tried!(Hands::from(self).end_sessions(user, only))
    }

    /// Removes a user with everything that is theirs; their sessions end.
    ///
    /// # Errors
    /// When nobody or more than one is meant, it is the admin themselves, or the database fails.
    pub async fn remove_user(&self, selector: &UserSelector) -> Result<UserId, AdminError> {
        let user = tried!(Hands::from(self).remove(selector))?;
        tracing::info!(actor = %self.actor, %user, "user removed");
        Ok(user)
    }
}

impl OrganizationAdmin<'_> {
    /// Lets somebody of the organization hold exactly these of its roles by hand; what sign-ins gave stays. Says whether
    /// anything changed.
    ///
    /// # Errors
    /// When nobody of the organization is meant, there is no such role, or the database fails.
    pub async fn set_roles(&self, user: UserId, roles: &[RoleName]) -> Result<bool, AdminError> {
        tried!(Hands::from(self).set_roles(user, self.organization, roles))
    }

    /// Ends sessions that somebody of the organization opened through its own IdP: one, or all. Says how many there
    /// were. Sessions of shared IdPs open other organizations too.
    ///
    /// # Errors
    /// When nobody of the organization is meant, or the database fails.
    pub async fn end_sessions(&self, user: UserId, only: Option<SessionId>) -> Result<usize, AdminError> {
        tried!(Hands::from(self).end_sessions(user, only))
    }
}

impl Hands<'_> {
    async fn set_roles(
        self,
        user: UserId,
        organization: OrganizationKey,
        names: &[RoleName],
    ) -> Result<bool, AdminError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        self.lock(&mut tx, user).await?;
        grants::lock(&mut tx, &[organization]).await?;
        let live = grants::live_roles(&mut tx, organization).await?;
        let mut wanted: BTreeSet<RoleId> = BTreeSet::new();
        for name in names {
            let found = live.iter().find(|(_, other)| other == name);
            wanted.insert(found.map(|(role, _)| *role).ok_or_else(|| AdminError::NoSuch {
                what: "role",
                name: name.to_string(),
                available: live.iter().map(|(_, name)| name.to_string()).collect(),
            })?);
        }
        // A role that is no longer declared is kept for the day it comes back.
        let held: BTreeSet<RoleId> = (grants::of_user(&mut tx, user).await?.into_iter())
            .filter(|row| row.origin == Origin::Manual && row.organization == organization && row.live)
            .map(|row| row.role)
            .collect();
        let given: Vec<RoleId> = wanted.difference(&held).copied().collect();
        let taken: Vec<RoleId> = held.difference(&wanted).copied().collect();
        if given.is_empty() && taken.is_empty() {
            return Ok(false);
        }
        grants::insert(&mut tx, user, Origin::Manual, &given, now).await?;
        grants::delete(&mut tx, user, Origin::Manual, &taken).await?;
        search::refresh(&mut tx, &[user]).await?;
        changes::append(&mut tx, now, &[Change::User(user)]).await?;
        let all: Vec<RoleId> = held.union(&wanted).copied().collect();
        let names = RoleNames::of(&mut tx, &all).await?;
        let told =
            |roles: &BTreeSet<RoleId>| json!({ "roles": names.told(&roles.iter().copied().collect::<Vec<_>>()) });
        let about = About { user: Some(user), organization: Some(organization), ..About::default() };
        self.record(&mut tx, Action::RolesChanged, about, Some((told(&held), told(&wanted)))).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %user, given = given.len(), taken = taken.len(), "roles changed by hand");
        Ok(true)
    }

    /// Takes the user's row, if these hands know of them and they are as they were seen, and the admin's own: of two
    /// admins who take each other's rights at once, the second has none any more when their turn comes.
    async fn lock(self, tx: &mut Tx, user: UserId) -> Result<(), AdminError> {
        let admin = match self.actor {
            Actor::User(admin) => Some(admin),
            _ => None,
        };
        let mut there = false;
        // In one order, whoever of two it is.
        for row in BTreeSet::from([user, admin.unwrap_or(user)]) {
            let found = users::lock(tx, row).await?;
            there |= found && row == user;
        }
        if let Some(admin) = admin
            && !holders::may_administer(tx, admin, self.within, self.directory.ambient.now()).await?
        {
            return Err(AdminError::NoLonger);
        }
        if !there || !self.knows(tx, user).await? {
            return Err(AdminError::NoSuchUser);
        }
        self.must_be_as_seen(tx).await
    }

    /// Refuses where the user who was seen is another by now; their row is taken.
    pub(super) async fn must_be_as_seen(self, tx: &mut Tx) -> Result<(), AdminError> {
        match self.seen {
            Some(seen) if self.known(tx, seen.id).await? != *seen => Err(AdminError::Moved),
            _ => Ok(()),
        }
    }

    /// Whether a user is among those these hands know of: everybody, or who holds a role of the organization.
    pub(super) async fn knows(self, tx: &mut Tx, user: UserId) -> Result<bool, AdminError> {
        let Some(within) = self.within else { return Ok(true) };
        let held = grants::named(tx, &[user], self.directory.ambient.now()).await?;
        Ok(held.iter().any(|grant| grant.key == within))
    }

    async fn set_disabled(self, user: UserId, disabled: bool) -> Result<bool, AdminError> {
        self.not_oneself(user)?;
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        self.lock(&mut tx, user).await?;
        let row = users::get(&mut tx, user).await?.ok_or(AdminError::NoSuchUser)?;
        if row.disabled_at.is_some() == disabled {
            return Ok(false);
        }
        users::set_disabled(&mut tx, user, disabled.then_some(now)).await?;
        let mut log = vec![Change::User(user)];
        if disabled {
            // What was open must not be so again when they may enter again.
            log.extend(sessions::delete_of_user(&mut tx, user, None, None).await?);
        }
        search::refresh(&mut tx, &[user]).await?;
        changes::append(&mut tx, now, &log).await?;
        let action = if disabled { Action::UserDisabled } else { Action::UserEnabled };
        self.record(&mut tx, action, About { user: Some(user), ..About::default() }, None).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %user, disabled, "user disabled or enabled");
        Ok(true)
    }

    pub(super) async fn end_sessions(self, user: UserId, only: Option<SessionId>) -> Result<usize, AdminError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        if !self.knows(&mut tx, user).await? {
            return Err(AdminError::NoSuchUser);
        }
        let ended = sessions::delete_of_user(&mut tx, user, only, self.within).await?;
        if ended.is_empty() {
            return Ok(0);
        }
        changes::append(&mut tx, now, &ended).await?;
        let about = About { user: Some(user), organization: self.within, session: only, ..About::default() };
        let change = (json!({ "sessions": ended.len() }), json!({ "sessions": 0 }));
        self.record(&mut tx, Action::SessionsEnded, about, Some(change)).await?;
        tx.commit().await?;
        tracing::info!(actor = %self.actor, %user, count = ended.len(), "sessions ended");
        Ok(ended.len())
    }

    async fn remove(self, selector: &UserSelector) -> Result<UserId, AdminError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        let user = self.select(&mut tx, selector).await?;
        self.not_oneself(user)?;
        self.lock(&mut tx, user).await?;
        let held = grants::of_user(&mut tx, user).await?;
        let organizations: BTreeSet<OrganizationKey> = held.iter().map(|row| row.organization).collect();
        grants::lock(&mut tx, &organizations.into_iter().collect::<Vec<_>>()).await?;
        let row = users::get(&mut tx, user).await?;
        let roles: Vec<RoleId> = held.iter().map(|row| row.role).collect();
        let names = RoleNames::of(&mut tx, &roles).await?;
        let username = row.map(|row| row.username.to_string());
        let before = json!({ "username": username, "roles": names.told(&roles) });
        users::delete(&mut tx, user).await?;
        changes::append(&mut tx, now, &[Change::User(user)]).await?;
        let about = About { user: Some(user), ..About::default() };
        self.record(&mut tx, Action::UserRemoved, about, Some((before, json!({})))).await?;
        tx.commit().await?;
        Ok(user)
    }

    async fn select(self, tx: &mut Tx, selector: &UserSelector) -> Result<UserId, AdminError> {
        let (id, who) = match selector {
            UserSelector::Id(user) => return Ok(*user),
            UserSelector::At(id, who) => (id, who),
        };
        let live = catalogue::load(tx).await?;
        let idp = self.idp(&live, id)?.key;
        let awaited = beforehand::awaited(who)?;
        let mut found: BTreeSet<UserId> = identities::expected(tx, idp, &awaited).await?.into_iter().collect();
        match &awaited {
            Awaited::Identifier(identifier) => {
                found.extend(identities::find(tx, idp, identifier).await?.map(|identity| identity.user));
            }
            Awaited::Email(address) => found.extend(identities::users_by_email(tx, idp, address).await?),
        }
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (None, _) => Err(AdminError::NoSuchUser),
            (Some(user), None) => Ok(user),
            (Some(_), Some(_)) => Err(AdminError::Ambiguous),
        }
    }
}
