//! A service account written down as a whole: all of it in one transaction, or nothing.

use std::collections::BTreeSet;

use serde_json::json;

use super::MachineError;
use super::subjects::told;
use crate::audit::Action;
use crate::directory::ATTEMPTS;
use crate::directory::admin::OrganizationAdmin;
use crate::directory::record::RoleNames;
use crate::identity::{MachineSubject, Origin, RoleId, RoleName, UserId};
use crate::store::changes::{self, Change};
use crate::store::{StoreError, grants, service_accounts, users};

/// What can be changed of a service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccountState {
    /// The roles it holds.
    pub roles: Vec<RoleName>,
    /// Whether it may not enter.
    pub disabled: bool,
    /// By what issuers' tokens speak of it.
    pub subjects: Vec<MachineSubject>,
}

impl OrganizationAdmin<'_> {
    /// Makes a service account exactly so.
    ///
    /// # Errors
    /// When there is no such account or role, a subject is another account's, or the database fails.
    pub async fn put_service_account(&self, account: UserId, state: &ServiceAccountState) -> Result<(), MachineError> {
        let mut attempt = 1;
        loop {
            match self.put_once(account, state).await {
                Err(MachineError::Store(error)) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn put_once(&self, account: UserId, state: &ServiceAccountState) -> Result<(), MachineError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        let row = self.lock_account(&mut tx, account).await?;
        grants::lock(&mut tx, &[self.organization]).await?;
        let wanted = self.roles(&mut tx, &state.roles).await?;
        let held = grants::of_user(&mut tx, account).await?;
        let held: BTreeSet<RoleId> = held.into_iter().filter(|row| row.live).map(|row| row.role).collect();
        let bound = service_accounts::subjects(&mut tx, self.organization).await?;
        let bound: Vec<MachineSubject> =
            bound.into_iter().filter(|(user, _)| *user == account).map(|(_, subject)| subject).collect();
        let list = |roles: &BTreeSet<RoleId>| roles.iter().copied().collect::<Vec<_>>();
        let names = RoleNames::of(&mut tx, &list(&held.union(&wanted).copied().collect())).await?;
        let whole = |roles: &BTreeSet<RoleId>, disabled: bool, subjects: &[MachineSubject]| {
            let subjects: Vec<_> = subjects.iter().map(told).collect();
            json!({ "roles": names.told(&list(roles)), "disabled": disabled, "subjects": subjects })
        };
        let before = whole(&held, row.disabled_at.is_some(), &bound);
        let after = whole(&wanted, state.disabled, &state.subjects);
        if before == after {
            return Ok(());
        }
        grants::insert(&mut tx, account, Origin::Manual, &list(&(&wanted - &held)), now).await?;
        grants::delete(&mut tx, account, Origin::Manual, &list(&(&held - &wanted))).await?;
        if row.disabled_at.is_some() != state.disabled {
            users::set_disabled(&mut tx, account, state.disabled.then_some(now)).await?;
        }
        for gone in bound.iter().filter(|subject| !state.subjects.contains(subject)) {
            service_accounts::unbind(&mut tx, account, self.organization, gone).await?;
        }
        for new in state.subjects.iter().filter(|subject| !bound.contains(subject)) {
            match service_accounts::bind(&mut tx, account, self.organization, new, now).await {
                Err(StoreError::Unique(_)) => return Err(MachineError::SubjectTaken),
                bound => bound?,
            }
        }
        self.tell(&mut tx, Action::ServiceAccountChanged, account, Some((before, after))).await?;
        changes::append(&mut tx, now, &[Change::User(account)]).await?;
        tx.commit().await?;
        Ok(())
    }
}
