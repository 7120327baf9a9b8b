//! The most a policy may give.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::RoleId;

/// The roles that a policy may give, whatever its selectors say: those its author could give when it was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ceiling {
    /// These.
    Roles(BTreeSet<RoleId>),
    /// Every role there is: whoever writes the configuration file may give them all.
    #[default]
    None,
}

impl Ceiling {
    /// Whether the policy may give this role.
    pub fn allows(&self, role: RoleId) -> bool {
        match self {
            Self::Roles(roles) => roles.contains(&role),
            Self::None => true,
        }
    }
}
