//! What was seen, as a word: whoever changes a thing says what they changed it from.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use crate::base::TokenHash;
use crate::identity::{Invalid, PolicyId};
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

    /// Of an organization with its live roles.
    pub(in crate::directory) fn of_organization(row: &OrganizationRow, roles: &[&RoleRow]) -> Self {
        let live = roles.iter().filter(|role| role.live);
        let mut roles: Vec<_> = live.map(|role| (role.name.as_str(), role.admin)).collect();
        roles.sort_unstable();
        Self::of(&json!([row.key, row.name, row.live, roles, row.allotment]))
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

    /// Of an application.
    pub(in crate::directory) fn of_application(row: &ApplicationRow) -> Self {
        Self::of(&json!([row.key, row.live, row.spec]))
    }
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
