//! What was seen, as a word: whoever changes a thing says what they changed it from.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use crate::base::TokenHash;
use crate::identity::{Application, Invalid, Organization, PolicyId, RoleName};
use crate::store::declared::{ApplicationRow, IdpRow, OrganizationRow, RoleRow};

/// Characters of a revision: tells any two states of one thing apart.
const LENGTH: usize = 32;

/// The state of one thing. Two are equal when everything that is written down of it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    fn of(content: &serde_json::Value) -> Self {
        let mut hash = TokenHash::of(content.to_string().as_bytes()).to_string();
        hash.truncate(LENGTH);
        Self(hash)
    }

    /// Of a live organization with its roles.
    pub fn of_organization(organization: &Organization) -> Self {
        let roles = organization.roles.iter().map(|role| (&role.name, role.admin));
        Self::of(&json!([organization.key, organization.name, true, sorted(roles), organization.allotment]))
    }

    /// Of a live application.
    pub fn of_application(application: &Application) -> Self {
        Self::of(&json!([application.key, true, application.spec]))
    }

    /// As [`Revision::of_organization`], of its rows.
    pub(in crate::directory) fn of_organization_row(row: &OrganizationRow, roles: &[&RoleRow]) -> Self {
        let roles = roles.iter().filter(|role| role.live).map(|role| (&role.name, role.admin));
        Self::of(&json!([row.key, row.name, row.live, sorted(roles), row.allotment]))
    }

    /// Of an IdP, without its policies.
    pub(in crate::directory) fn of_idp(row: &IdpRow) -> Self {
        let mut spec = row.spec.clone();
        spec.default_policy = Default::default();
        Self::of(&json!([row.key, row.live, spec]))
    }

    /// Of a policy: each version is another.
    pub(in crate::directory) fn of_policy(id: PolicyId) -> Self {
        Self::of(&json!([id]))
    }

    /// As [`Revision::of_application`], of its row.
    pub(in crate::directory) fn of_application_row(row: &ApplicationRow) -> Self {
        Self::of(&json!([row.key, row.live, row.spec]))
    }
}

fn sorted<'a>(roles: impl Iterator<Item = (&'a RoleName, bool)>) -> Vec<(&'a RoleName, bool)> {
    let mut roles: Vec<_> = roles.collect();
    roles.sort_unstable();
    roles
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Revision {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new("not a revision"))
        }
    }
}
