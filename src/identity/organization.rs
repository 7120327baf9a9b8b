//! Organizations, their roles, and their policies.

use serde::{Deserialize, Serialize};

use super::{
    Allotment, Ceiling, IdpId, IdpKey, OrganizationId, OrganizationKey, PolicyId, PolicyText, RoleId, RoleName,
};

/// An organization as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationSpec {
    /// Its slug.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// Its roles, each name once.
    pub roles: Vec<RoleName>,
    /// Those of its roles whose holders administer it in the console.
    pub admin_roles: Vec<RoleName>,
    /// Its own policies, at most one per IdP.
    pub policies: Vec<OrganizationPolicySpec>,
    /// Where its admins may publish applications.
    #[serde(default)]
    pub allotment: Allotment,
}

/// An organization's own policy at one IdP, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationPolicySpec {
    /// The IdP whose sign-ins it judges.
    pub idp: IdpId,
    /// Its selectors; an absent one falls back to the IdP's default policy.
    pub text: PolicyText,
}

/// A live organization.
#[derive(Clone, Debug)]
pub struct Organization {
    /// Its row.
    pub key: OrganizationKey,
    /// Its slug: what `{{orgId}}` stands for.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// Its live roles.
    pub roles: Vec<Role>,
    /// Where its admins may publish applications.
    pub allotment: Allotment,
    /// Whether the configuration file declares it.
    pub declared: bool,
}

/// A live role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its row.
    pub id: RoleId,
    /// Its name in its organization.
    pub name: RoleName,
    /// Whether its holders administer the organization.
    pub admin: bool,
}

/// An organization's live policy at one IdP.
#[derive(Clone, Debug)]
pub struct OrganizationPolicy {
    /// This version of it.
    pub id: PolicyId,
    /// The IdP whose sign-ins it judges.
    pub idp: IdpKey,
    /// The organization it judges for.
    pub organization: OrganizationKey,
    /// Its selectors.
    pub text: PolicyText,
    /// The most its role selector may give.
    pub ceiling: Ceiling,
}
