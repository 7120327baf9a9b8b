//! Whom and what a plan concerns: nobody else is looked at, and of nobody else is told.

use std::collections::BTreeSet;
use std::vec;

use crate::base::Timestamp;
use crate::directory::plan::{Audience, Plan};
use crate::identity::{Catalogue, IdentityId, Idp, IdpKey, OrganizationKey, RoleId, UserId};
use crate::store::declared::PolicyRow;
use crate::store::holders;
use crate::store::sign_ins::{self, LastSignIn};
use crate::store::{StoreError, Tx};

/// Identities looked at in one go: a page of claims of the largest size is some thirty megabytes.
const PAGE: u32 = 500;

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
    /// A policy concerns its IdP alone, and an organization's own that organization alone.
    pub(super) fn of(plan: &Plan, policies: &[PolicyRow]) -> Self {
        let removed = &plan.removed;
        let of_idps = plan.organizations.is_empty()
            && plan.roles.is_empty()
            && removed.organizations.is_empty()
            && removed.roles.is_empty();
        let retired = policies.iter().filter(|row| plan.retired.contains(&row.id));
        let changed: Vec<&PolicyRow> = plan.policies.iter().chain(retired).collect();
        let of_policies = of_idps && plan.idps.is_empty() && removed.idps.is_empty();
        let own = changed.iter().map(|row| row.organization).collect::<Option<BTreeSet<_>>>();
        let idps = plan.idps.iter().map(|row| row.key).chain(removed.idps.iter().copied());
        Self {
            audience: plan.audience,
            idps: of_idps.then(|| changed.iter().map(|row| row.idp).chain(idps).collect()),
            organizations: match plan.audience {
                Audience::Members(organization) => Some([organization].into()),
                Audience::Everybody => own.filter(|_| of_policies),
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
    pub(super) async fn people(&self, tx: &mut Tx, before: &Catalogue, now: Timestamp) -> Result<People, StoreError> {
        let idps = self.idps.clone();
        Ok(match (self.audience, idps) {
            (Audience::Members(key), idps) => {
                let roles = before.organization(key).map(|organization| organization.roles.as_slice());
                let roles: Vec<RoleId> = roles.unwrap_or_default().iter().map(|role| role.id).collect();
                let members: BTreeSet<UserId> =
                    holders::live_of_roles(tx, &roles, now).await?.into_iter().map(|grant| grant.user).collect();
                People::Members(members.into_iter().collect::<Vec<_>>().into_iter(), idps)
            }
            (Audience::Everybody, Some(idps)) => People::At(idps.into_iter().collect::<Vec<_>>().into_iter(), None),
            (Audience::Everybody, None) => People::Everybody(None),
        })
    }
}

/// Identities still to be looked at.
pub(super) enum People {
    /// All after that one.
    Everybody(Option<IdentityId>),
    /// All at those IdPs; at the one under way, after that one.
    At(vec::IntoIter<IdpKey>, Option<(IdpKey, Option<IdentityId>)>),
    /// Of these users, at those IdPs.
    Members(vec::IntoIter<UserId>, Option<BTreeSet<IdpKey>>),
}

impl People {
    /// The next of them; nothing when all were looked at.
    pub(super) async fn next(&mut self, tx: &mut Tx) -> Result<Option<Vec<LastSignIn>>, StoreError> {
        match self {
            Self::Everybody(after) => {
                let page = sign_ins::page(tx, *after, PAGE).await?;
                *after = page.last().map(|row| row.identity);
                Ok(Some(page).filter(|page| !page.is_empty()))
            }
            Self::At(idps, current) => loop {
                let Some((idp, after)) = current.take().or_else(|| idps.next().map(|idp| (idp, None))) else {
                    return Ok(None);
                };
                let page = sign_ins::page_at(tx, idp, after, PAGE).await?;
                if let Some(last) = page.last() {
                    *current = Some((idp, Some(last.identity)));
                    return Ok(Some(page));
                }
            },
            Self::Members(members, idps) => {
                let some: Vec<UserId> = members.by_ref().take(PAGE as usize).collect();
                if some.is_empty() {
                    return Ok(None);
                }
                let mut page = sign_ins::of_users(tx, &some).await?;
                page.retain(|row| idps.as_ref().is_none_or(|idps| idps.contains(&row.idp)));
                Ok(Some(page))
            }
        }
    }
}
