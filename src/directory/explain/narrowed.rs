//! What an organization's admin is told: of present members alone, and of the organization's own part alone.

use serde_json::{Value, json};

use super::explanation::{ExplainedSignIn, Now};
use super::{Explaining, audit::AuditRow};
use crate::identity::{Organization, Sight, UserId};
use crate::policy::QUOTED;
use crate::store::{StoreError, Tx, holders};

impl Explaining<'_> {
    /// Whether whoever asks may know of this user: of everybody, or of who holds something in the organization.
    pub(super) async fn is_member(&self, tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
        let Some(only) = self.only else { return Ok(true) };
        let held = holders::live_of(tx, &[user], self.now).await?;
        Ok(held.iter().any(|grant| grant.organization == only.key))
    }

    /// Whether they may know of what a reference leads to.
    pub(super) async fn may_know_of(&self, tx: &mut Tx, line: &AuditRow) -> Result<bool, StoreError> {
        let Some(only) = self.only else { return Ok(true) };
        let application = line.about.application.map(|key| self.catalogue.applications.iter().find(|a| a.key == key));
        // Of an IdP that is gone nobody knows whose it was.
        let idp = line.about.idp.map(|key| self.catalogue.idp(key));
        let is_ours = idp.is_none_or(|found| found.is_some_and(|idp| idp.owner.is_none_or(|owner| owner == only.key)))
            && line.about.organization.is_none_or(|key| key == only.key)
            && application.is_none_or(|found| found.is_some_and(|found| found.organization == only.key));
        match line.about.user {
            Some(user) if is_ours => self.is_member(tx, user).await,
            _ => Ok(false),
        }
    }

    /// The organization's part of a sign-in; nothing of one at another organization's IdP.
    pub(super) fn narrowed(&self, mut told: ExplainedSignIn) -> Option<ExplainedSignIn> {
        let Some(only) = self.only else { return Some(told) };
        let idp = self.catalogue.idp_by_id(&told.idp)?;
        if idp.owner.is_some_and(|owner| owner != only.key) {
            return None;
        }
        let sight = idp.sight(only.key);
        if let (Now::Decided(verdicts), Some(policies)) = (&mut told.now, self.policies.idp(idp.key)) {
            *verdicts = std::mem::take(verdicts).into_iter().map(|verdict| policies.seen(verdict, sight)).collect();
        }
        told.recorded = recorded(told.recorded, only, sight);
        told.change = told.change.map(|(before, after)| (roles(&before, only), roles(&after, only)));
        Some(told)
    }
}

/// Verdicts as they were recorded, about that organization. What they quote of claims is not told for some: by which
/// selectors it came is not known any more.
fn recorded(verdicts: Value, only: &Organization, sight: Sight<'_>) -> Value {
    let Value::Array(mut verdicts) = verdicts else { return json!([]) };
    verdicts.retain(|verdict| verdict["organization"] == only.id.as_str());
    if sight != Sight::All {
        verdicts.iter_mut().filter_map(Value::as_object_mut).for_each(|verdict| drop(verdict.remove(QUOTED)));
    }
    Value::Array(verdicts)
}

/// What changed of roles in that organization.
fn roles(side: &Value, only: &Organization) -> Value {
    match side["roles"].get(only.id.as_str()) {
        Some(names) => json!({ "roles": { only.id.as_str(): names } }),
        None => json!({ "roles": {} }),
    }
}
