//! Users, and how they came to hold roles.

use std::fmt;
use std::str::FromStr;

use super::{IdentityId, Invalid, OrganizationKey, RoleId};

/// An e-mail address as an IdP told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The address, case kept.
    pub address: String,
    /// Whether the same source said `email_verified` = boolean true.
    pub verified: bool,
}

impl Email {
    /// What two addresses are compared by: without case. A letter outside ASCII never becomes one inside it (the
    /// Kelvin sign is no `k`): such an address is somebody else's mailbox.
    pub fn folded(address: &str) -> String {
        let lower = |c: char| {
            let crosses = !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii());
            if crosses { vec![c] } else { c.to_lowercase().collect() }
        };
        address.trim().chars().flat_map(lower).collect()
    }
}

/// Who gave a grant. Each origin is written by its own source alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A person: console, API, command line, pre-provisioning.
    Manual,
    /// What the sign-ins of this identity gave.
    Policy(IdentityId),
}

/// As the tables store it: `manual`, `policy:<identity>`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manual => f.write_str("manual"),
            Self::Policy(identity) => write!(f, "policy:{identity}"),
        }
    }
}

impl FromStr for Origin {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("policy:") {
            Some(identity) => identity.parse().map(Self::Policy),
            None if text == "manual" => Ok(Self::Manual),
            None => Err(Invalid::new("not an origin")),
        }
    }
}

/// A user holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The role.
    pub role: RoleId,
    /// The organization of the role.
    pub organization: OrganizationKey,
    /// Who gave it.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_never_across_alphabets() {
        assert_eq!(Email::folded(" Mike@Example.COM "), "mike@example.com");
        assert_eq!(Email::folded("ZOË@example.com"), "zoë@example.com");
        assert_ne!(Email::folded("mi\u{212a}e@example.com"), "mike@example.com");
    }
}
