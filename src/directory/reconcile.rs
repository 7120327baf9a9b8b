//! What a sign-in changes of the grants that the same identity's sign-ins gave before: a pure function.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::Timestamp;
use crate::identity::{OnError, OrganizationKey, Origin, RoleId};
use crate::store::grants::HeldRow;

/// A good evaluation behind a grant that stays is written down again only after this long: a sign-in that changes
/// nothing then writes no grant.
const REFRESH: Duration = Duration::from_secs(3_600);
/// With `keep_for`, the last good evaluation on record is never older than it really is by more than this share of it.
const REFRESH_SHARE: u32 = 24;

/// What the policies decided.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// The version of the catalogue it was decided with.
    pub version: i64,
    /// The roles the sign-in gives.
    pub roles: Vec<(OrganizationKey, RoleId)>,
    /// The organizations whose selectors failed.
    pub errored: Vec<OrganizationKey>,
}

/// The grants of one origin to add, to remove, to write down a good evaluation of, and to keep until an instant that is
/// not on record yet. Each is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reconciled {
    pub(super) add: Vec<(OrganizationKey, RoleId)>,
    pub(super) remove: Vec<(OrganizationKey, RoleId)>,
    pub(super) refresh: Vec<RoleId>,
    pub(super) keep: Vec<(RoleId, Timestamp)>,
    /// Whether `refresh` makes a grant stay that was to end by itself.
    prolongs: bool,
}

impl Reconciled {
    /// Whether anybody holds more or less than before, or for another time.
    pub(super) fn changes(&self) -> bool {
        !self.add.is_empty() || !self.remove.is_empty() || !self.keep.is_empty() || self.prolongs
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
            if grant.kept_until.is_some() || rules.now.since(grant.evaluated_at) > refresh_after(rules.on_error) {
                result.prolongs |= grant.kept_until.is_some();
                result.refresh.push(grant.role);
            }
            continue;
        }
        match kept_until(grant, desired, rules).filter(|_| in_reach(&grant.organization)) {
            None => result.remove.push(pair),
            Some(until) if grant.kept_until != Some(until) => result.keep.push((grant.role, until)),
            Some(_) => {}
        }
    }
    result.add = wanted.difference(&present).copied().collect();
    result.remove.sort_unstable();
    result.refresh.sort_unstable();
    result.keep.sort_unstable();
    result
}

/// How long a grant outlives a failed selector, if it does: not for ever, also without another sign-in, and never one
/// that administers.
fn kept_until(grant: &HeldRow, desired: &Desired, rules: Rules) -> Option<Timestamp> {
    match rules.on_error {
        OnError::Revoke => None,
        OnError::Keep { keep_for } => {
            let until = grant.evaluated_at.plus(keep_for);
            let is_kept = desired.errored.contains(&grant.organization) && !grant.admin && rules.now <= until;
            is_kept.then_some(until)
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
