//! What a sign-in changes of the grants that the same identity's sign-ins gave before: a pure function.

use std::collections::BTreeSet;
use std::time::Duration;

use super::provision::Desired;
use crate::base::Timestamp;
use crate::identity::{OnError, OrganizationKey, Origin, RoleId};
use crate::store::grants::HeldRow;

/// A good evaluation behind a grant that stays is written down again only after this long: a sign-in that changes
/// nothing then writes no grant.
const REFRESH: Duration = Duration::from_secs(3_600);
/// With `keep_for`, the last good evaluation on record is never older than it really is by more than this share of it.
const REFRESH_SHARE: u32 = 24;

/// The grants of one origin to add, to remove, and to write down a good evaluation of. Each is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reconciled {
    pub(super) add: Vec<(OrganizationKey, RoleId)>,
    pub(super) remove: Vec<(OrganizationKey, RoleId)>,
    pub(super) refresh: Vec<RoleId>,
}

impl Reconciled {
    /// Whether anybody holds more or less than before.
    pub(super) fn changes(&self) -> bool {
        !self.add.is_empty() || !self.remove.is_empty()
    }

    /// The organizations in which something changes, sorted.
    pub(super) fn organizations(&self) -> BTreeSet<OrganizationKey> {
        self.add.iter().chain(&self.remove).map(|(organization, _)| *organization).collect()
    }

    pub(super) fn added(&self) -> Vec<RoleId> {
        self.add.iter().map(|(_, role)| *role).collect()
    }

    pub(super) fn removed(&self) -> Vec<RoleId> {
        self.remove.iter().map(|(_, role)| *role).collect()
    }
}

/// The rules by which grants are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The origin that is compared; grants of others are not looked at.
    pub(super) origin: Origin,
    /// The only organization in reach, if the IdP is an organization's own.
    pub(super) reach: Option<OrganizationKey>,
    /// What becomes of grants where a selector failed.
    pub(super) on_error: OnError,
    /// The present instant.
    pub(super) now: Timestamp,
}

/// Compares what is held with what is desired. A grant of a role that is not live is compared like any other: the
/// sign-in did not give it, so it goes, and does not come back by itself when the role does.
pub(super) fn reconcile(held: &[HeldRow], desired: &Desired, rules: Rules) -> Reconciled {
    let in_reach = |organization: &OrganizationKey| rules.reach.is_none_or(|only| only == *organization);
    let wanted: BTreeSet<(OrganizationKey, RoleId)> =
        desired.roles.iter().filter(|(organization, _)| in_reach(organization)).copied().collect();
    let mut result = Reconciled::default();
    let mut present = BTreeSet::new();
    for grant in held.iter().filter(|grant| grant.origin == rules.origin) {
        let pair = (grant.organization, grant.role);
        present.insert(pair);
        if wanted.contains(&pair) {
            if rules.now.since(grant.evaluated_at) > refresh_after(rules.on_error) {
                result.refresh.push(grant.role);
            }
        } else if !is_kept(grant, desired, rules) || !in_reach(&grant.organization) {
            result.remove.push(pair);
        }
    }
    result.add = wanted.difference(&present).copied().collect();
    result.remove.sort_unstable();
    result.refresh.sort_unstable();
    result
}

/// Whether a grant outlives a failed selector: not for ever, and never one that administers.
fn is_kept(grant: &HeldRow, desired: &Desired, rules: Rules) -> bool {
    match rules.on_error {
        OnError::Revoke => false,
        OnError::Keep { keep_for } => {
            desired.errored.contains(&grant.organization)
                && !grant.admin
                && rules.now.since(grant.evaluated_at) <= keep_for
        }
    }
}

fn refresh_after(on_error: OnError) -> Duration {
    match on_error {
        OnError::Revoke => REFRESH,
        OnError::Keep { keep_for } => REFRESH.min(keep_for / REFRESH_SHARE),
    }
}

#[cfg(test)]
mod tests;
