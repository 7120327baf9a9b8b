//! Whom and what a plan concerns: nobody else is looked at, and of nobody else is told.

use std::collections::BTreeSet;

use crate::base::Timestamp;
use crate::directory::crowd::Crowd;
use crate::directory::plan::{Audience, Plan, Stored};
use crate::identity::{Catalogue, Idp, IdpKey, OrganizationKey};
use crate::store::declared::PolicyRow;
use crate::store::{StoreError, Tx};

impl Audience {
    /// Whether it may be told of a claim of that IdP.
    pub(super) fn sees(self, idp: &Idp, claim: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Members(organization) => idp.sight(organization).sees(claim),
        }
    }
}

/// What a plan may change, absent: anything; and of whom its maker may know.
#[derive(Debug)]
pub(super) struct Scope {
    audience: Audience,
    idps: Option<BTreeSet<IdpKey>>,
    organizations: Option<BTreeSet<OrganizationKey>>,
}

impl Scope {
    /// A policy concerns its IdP alone, and an organization's own that organization alone; so does a role.
    pub(super) fn of(plan: &Plan, stored: &Stored) -> Self {
        let removed = &plan.removed;
        let of_idps = plan.organizations.is_empty()
            && plan.roles.is_empty()
            && removed.organizations.is_empty()
            && removed.roles.is_empty();
        let retired = stored.policies.iter().filter(|row| plan.retired.contains(&row.id));
        let changed: Vec<&PolicyRow> = plan.policies.iter().chain(retired).collect();
        let no_idp = plan.idps.is_empty() && removed.idps.is_empty();
        let own = changed.iter().map(|row| row.organization).collect::<Option<BTreeSet<_>>>();
        let own = own.filter(|_| no_idp && plan.organizations.is_empty() && removed.organizations.is_empty());
        let gone = stored.roles.iter().filter(|row| removed.roles.contains(&row.id));
        let of_roles = plan.roles.iter().chain(gone).map(|row| row.organization);
        let idps = plan.idps.iter().map(|row| row.key).chain(removed.idps.iter().copied());
        Self {
            audience: plan.audience,
            idps: of_idps.then(|| changed.iter().map(|row| row.idp).chain(idps).collect()),
            organizations: match plan.audience {
                Audience::Members(organization) => Some([organization].into()),
                Audience::Everybody => own.map(|own| own.into_iter().chain(of_roles).collect()),
            },
        }
    }

    /// A catalogue with what is concerned alone.
    pub(super) fn narrow(&self, catalogue: &mut Catalogue) {
        if let Some(idps) = &self.idps {
            catalogue.idps.retain(|idp| idps.contains(&idp.key));
            catalogue.policies.retain(|policy| idps.contains(&policy.idp));
        }
        if let Some(organizations) = &self.organizations {
            catalogue.organizations.retain(|organization| organizations.contains(&organization.key));
            catalogue.policies.retain(|policy| organizations.contains(&policy.organization));
        }
    }

    /// Everybody concerned, of those who may be told of.
    pub(super) async fn crowd(&self, tx: &mut Tx, now: Timestamp) -> Result<Crowd, StoreError> {
        let idps = self.idps.clone();
        match self.audience {
            Audience::Members(organization) => Crowd::members(tx, organization, idps, now).await,
            Audience::Everybody => Ok(idps.map_or_else(Crowd::everybody, Crowd::at)),
        }
    }
}
