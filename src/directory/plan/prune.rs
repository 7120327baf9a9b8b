//! Removing for good what the file declares no longer. Without that it is kept, of no effect, and comes back as it was.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Plan, Stored};
use crate::directory::danger::DangerKind;
use crate::identity::{OrganizationId, OrganizationKey};

impl Plan {
    /// Removes all that is declared no longer, or would be by this plan.
    pub(super) fn prune(&mut self, stored: &Stored) {
        let after = After::of(self.organizations.iter().map(|row| (row.key, row.live)));
        for row in stored.organizations.iter().filter(|row| row.declared && !after.stays(&row.key, row.live)) {
            self.remove_organization(stored, row.key, &row.id);
        }
        self.organizations.retain(|row| row.live);

        let after = After::of(self.roles.iter().map(|row| (row.id, row.live)));
        let gone = stored.roles.iter().filter(|row| !after.stays(&row.id, row.live));
        let gone = gone.filter(|row| !self.removed.organizations.contains(&row.organization));
        self.removed.roles = gone.map(|row| row.id).collect();
        self.roles.retain(|row| row.live);

        let after = After::of(self.idps.iter().map(|row| (row.key, row.live)));
        for row in stored.idps.iter().filter(|row| row.declared && !after.stays(&row.key, row.live)) {
            if !self.removed.idps.contains(&row.key) {
                self.dangers.push((row.key, row.spec.id.clone(), DangerKind::Removal));
                self.removed.idps.push(row.key);
            }
        }
        // What was turned off by hand is none of the file's business.
        self.idps.retain(|row| row.live || !row.declared);

        let after = After::of(self.applications.iter().map(|row| (row.key, row.live)));
        // Those made by hand go with their organization, and are told of too.
        let goes_along = |key| self.removed.organizations.contains(key);
        let gone = stored
            .applications
            .iter()
            .filter(|row| goes_along(&row.organization) || (row.declared && !after.stays(&row.key, row.live)));
        self.removed.applications = gone.map(|row| (row.key, row.organization)).collect();
        self.applications.retain(|row| row.live);
    }

    /// Removes an organization, with the IdPs that it owns.
    pub(in crate::directory) fn remove_organization(
        &mut self,
        stored: &Stored,
        key: OrganizationKey,
        id: &OrganizationId,
    ) {
        for idp in stored.idps.iter().filter(|idp| idp.owner == Some(key)) {
            self.dangers.push((idp.key, idp.spec.id.clone(), DangerKind::Removal));
            self.removed.idps.push(idp.key);
        }
        // Whoever has the id next is another.
        let delegating = stored.idps.iter().filter(|idp| !idp.declared && idp.delegates.contains(&key));
        for idp in delegating.filter(|idp| idp.owner != Some(key)) {
            let known = self.idps.iter().position(|row| row.key == idp.key);
            let mut idp = known.map_or_else(|| idp.clone(), |index| self.idps.swap_remove(index));
            idp.delegates.retain(|other| *other != key);
            idp.spec.delegate_to.retain(|other| other != id);
            self.idps.push(idp);
        }
        self.removed.organizations.push(key);
    }
}

/// Which rows are of effect after a plan.
struct After<K>(HashMap<K, bool>);

impl<K: Eq + Hash> After<K> {
    fn of(planned: impl Iterator<Item = (K, bool)>) -> Self {
        Self(planned.collect())
    }

    /// As the plan says, else as it is stored.
    fn stays(&self, key: &K, stored: bool) -> bool {
        self.0.get(key).copied().unwrap_or(stored)
    }
}
