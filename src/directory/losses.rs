//! Taking away at once what stored claims no longer give, instead of waiting for each person's next sign-in.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::explain::kept_claims;
use super::provision::Desired;
use super::reconcile::{Rules, reconcile};
use super::record::RoleNames;
use super::{ATTEMPTS, ServerAdmin};
use crate::audit::{self, About, Action, Entry};
use crate::identity::{Catalogue, IdentityId, OrganizationKey, Origin, SignInId, UserId};
use crate::policy::{self, Snapshot};
use crate::store::changes::{self, Change};
use crate::store::grants::HeldRow;
use crate::store::sign_ins::{self, LastSignIn};
use crate::store::{StoreError, catalogue, grants, holders, search, users};

/// Identities looked at in one go.
const PAGE: u32 = 500;

impl ServerAdmin<'_> {
    /// Takes from everybody what their last sign-in no longer gives by the policies of now; gives how many grants went.
    /// Nothing is added, and nothing is known of those whose claims are not kept. Each person's losses are one
    /// transaction: what is interrupted can be done again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apply_losses(&self) -> Result<u64, StoreError> {
        let catalogue = self.directory.catalogue().await?;
        let policies = Snapshot::compile(&catalogue);
        let (mut after, mut taken) = (None, 0);
        loop {
            let mut tx = self.directory.db.snapshot().await?;
            let page = sign_ins::page(&mut tx, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(taken) };
            after = Some(last.identity);
            let users: BTreeSet<UserId> = page.iter().map(|row| row.user).collect();
            let now = self.directory.ambient.now();
            let live = holders::live_of(&mut tx, &users.into_iter().collect::<Vec<_>>(), now).await?;
            drop(tx);
            let mut given: HashMap<IdentityId, usize> = HashMap::new();
            for grant in live {
                if let Origin::Policy(identity) = grant.origin {
                    *given.entry(identity).or_default() += 1;
                }
            }
            for row in page.into_iter().filter(|row| given.contains_key(&row.identity)) {
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
            match self.take(last, &desired, rules, unknown).await {
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
        unknown: impl Fn(&HeldRow) -> bool,
    ) -> Result<u64, StoreError> {
        let now = self.directory.ambient.now();
        let mut tx = self.directory.db.begin().await?;
        if !users::lock(&mut tx, user).await? {
            return Ok(0);
        }
        let mut held = grants::of_user(&mut tx, user).await?;
        held.retain(|held| !unknown(held));
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
