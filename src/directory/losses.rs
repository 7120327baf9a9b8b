//! Taking away at once what stored claims no longer give, instead of waiting for each person's next sign-in.

use std::collections::BTreeSet;

use serde_json::json;

use super::crowd::Crowd;
use super::explain::kept_claims;
use super::reconcile::{Desired, Rules, reconcile};
use super::record::RoleNames;
use super::{ATTEMPTS, Directory, OrganizationAdmin, ServerAdmin};
use crate::audit::{self, About, Action, Entry};
use crate::identity::{Actor, Catalogue, IdentityId, IdpKey, OrganizationKey, Origin, SignInId, UserId};
use crate::policy::{self, Snapshot};
use crate::store::changes::{self, Change};
use crate::store::grants::HeldRow;
use crate::store::sign_ins::{self, LastSignIn};
use crate::store::{StoreError, catalogue, grants, holders, search, users};

impl ServerAdmin<'_> {
    /// Takes from everybody what their last sign-in no longer gives by the policies of now; gives how many grants went.
    /// Nothing is added, and nothing is known of those whose claims are not kept. Each person's losses are one
    /// transaction: what is interrupted can be done again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apply_losses(&self) -> Result<u64, StoreError> {
        Losses { directory: self.directory, actor: self.actor, only: None }.take_from(Crowd::everybody()).await
    }

    /// The same at one IdP; in one organization alone, if one is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apply_losses_of(&self, (idp, only): (IdpKey, Option<OrganizationKey>)) -> Result<u64, StoreError> {
        Losses { directory: self.directory, actor: self.actor, only }.take_from(Crowd::at([idp].into())).await
    }
}

impl OrganizationAdmin<'_> {
    /// Takes from members of the organization what their last sign-in at that IdP no longer gives them in it; gives how
    /// many grants went. Otherwise as [`ServerAdmin::apply_losses`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apply_losses_of(&self, idp: IdpKey) -> Result<u64, StoreError> {
        let mut tx = self.directory.db.snapshot().await?;
        let now = self.directory.ambient.now();
        let crowd = Crowd::members(&mut tx, self.organization, Some([idp].into()), now).await?;
        drop(tx);
        let only = Some(self.organization);
        Losses { directory: self.directory, actor: self.actor, only }.take_from(crowd).await
    }
}

/// Losses under way.
struct Losses<'a> {
    directory: &'a Directory,
    actor: Actor,
    /// The one organization in which something is taken.
    only: Option<OrganizationKey>,
}

impl Losses<'_> {
    async fn take_from(&self, mut crowd: Crowd) -> Result<u64, StoreError> {
        let catalogue = self.directory.catalogue().await?;
        let policies = Snapshot::compile(&catalogue);
        let mut taken = 0;
        loop {
            let mut tx = self.directory.db.snapshot().await?;
            let Some(page) = crowd.next(&mut tx).await? else { return Ok(taken) };
            let users: BTreeSet<UserId> = page.iter().map(|row| row.user).collect();
            let now = self.directory.ambient.now();
            let live = holders::live_of(&mut tx, &users.into_iter().collect::<Vec<_>>(), now).await?;
            drop(tx);
            let concerned = live.iter().filter(|grant| self.only.is_none_or(|only| only == grant.organization));
            let given: BTreeSet<Origin> = concerned.map(|grant| grant.origin).collect();
            for row in page.into_iter().filter(|row| given.contains(&Origin::Policy(row.identity))) {
                taken += self.losses_of(row, &catalogue, &policies).await?;
            }
        }
    }

    async fn losses_of(&self, row: LastSignIn, catalogue: &Catalogue, policies: &Snapshot) -> Result<u64, StoreError> {
        let Some(idp) = catalogue.idp(row.idp).filter(|idp| idp.spec.auto_provision) else { return Ok(0) };
        let redacted = !row.redacted.is_empty();
        let last = (row.user, row.identity, row.sign_in);
        let (Ok(claims), Some(policies)) = (kept_claims(idp, row.claims, row.redacted), policies.idp(idp.key)) else {
            return Ok(0);
        };
        let decision = policy::decide(policies, policies.reach(), &claims);
        let errored: BTreeSet<OrganizationKey> = decision.errored().collect();
        let desired = Desired {
            version: decision.version,
            roles: decision.desired().collect(),
            errored: errored.iter().copied().collect(),
        };
        let origin = Origin::Policy(row.identity);
        let rules = |now| Rules { origin, reach: idp.owner, on_error: idp.spec.on_error, now };
        let mut attempt = 1;
        loop {
            // What failed for want of a claim that was left out is not known to be lost.
            let unknown = |held: &HeldRow| redacted && errored.contains(&held.organization);
            let stays = |held: &HeldRow| self.only.is_some_and(|only| only != held.organization) || unknown(held);
            match self.take(last, &desired, rules, stays).await {
                Err(error) if error.is_worth_retrying() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn take(
        &self,
        (user, identity, sign_in): (UserId, IdentityId, Option<SignInId>),
        desired: &Desired,
        rules: impl Fn(crate::base::Timestamp) -> Rules,
        stays: impl Fn(&HeldRow) -> bool,
    ) -> Result<u64, StoreError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        if !users::lock(&mut tx, user).await? {
            return Ok(0);
        }
        let mut held = grants::of_user(&mut tx, user).await?;
        held.retain(|held| !stays(held));
        let reconciled = reconcile(&held, desired, rules(now));
        if reconciled.remove.is_empty() {
            return Ok(0);
        }
        let organizations: BTreeSet<OrganizationKey> = reconciled.remove.iter().map(|(key, _)| *key).collect();
        grants::lock(&mut tx, &organizations.into_iter().collect::<Vec<_>>()).await?;
        // A sign-in that came meanwhile, or another configuration, knows better.
        if sign_ins::last(&mut tx, identity).await? != sign_in || catalogue::version(&mut tx).await? != desired.version
        {
            return Ok(0);
        }
        let removed = reconciled.removed();
        let names = RoleNames::of(&mut tx, &removed).await?;
        grants::delete(&mut tx, user, Origin::Policy(identity), &removed).await?;
        search::refresh(&mut tx, &[user]).await?;
        changes::append(&mut tx, now, &[Change::User(user)]).await?;
        let entry = Entry {
            action: Action::LossesApplied,
            actor: self.actor,
            about: About { user: Some(user), identity: Some(identity), ..About::default() },
            reference: None,
            detail: None,
            change: Some((json!({ "roles": names.told(&removed) }), json!({ "roles": {} }))),
        };
        audit::record(&mut tx, &self.directory.ambient, entry).await?;
        tx.commit().await?;
        Ok(removed.len() as u64)
    }
}

#[cfg(test)]
mod tests;
