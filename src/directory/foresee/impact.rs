//! Who gains and who loses what by a change, as it is told.

use std::fmt;

use serde_json::{Value, json};

use crate::identity::{IdpId, OrganizationId, RoleName, Username};

/// Something that can be held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A role.
    Role(OrganizationId, RoleName),
    /// To be a server admin.
    ServerAdmin,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(organization, role) => write!(f, "{organization}/{role}"),
            Self::ServerAdmin => f.write_str("server admin"),
        }
    }
}

/// Who gains or loses something.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What.
    pub what: What,
    /// How many.
    pub count: u64,
    /// The first of them, by name.
    pub users: Vec<Username>,
}

impl Effect {
    /// As JSON: `organization` and `role`, or `server_admin`; `count`, `users`.
    fn to_json(&self) -> Value {
        let users: Vec<&str> = self.users.iter().map(Username::as_str).collect();
        match &self.what {
            What::Role(organization, role) => {
                json!({ "organization": organization, "role": role, "count": self.count, "users": users })
            }
            What::ServerAdmin => json!({ "server_admin": true, "count": self.count, "users": users }),
        }
    }
}

/// What a change does to people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// How many identities were looked at.
    pub identities: u64,
    /// Whether there are more, of whom nothing is known but that what they gain and lose is not counted here.
    pub beyond: bool,
    /// What comes: roles in order of organization and name, then server admins.
    pub gains: Vec<Effect>,
    /// What goes, in the same order.
    pub losses: Vec<Effect>,
    /// Organizations whose selectors would newly fail, and for how many identities.
    pub failing: Vec<(OrganizationId, u64)>,
    /// Claims that come as a text where selectors look into them with `contains()`, which finds parts of a text; and at
    /// which IdP, for how many identities.
    pub texts: Vec<(IdpId, String, u64)>,
    /// How many identities cannot be foreseen, since their claims are not kept.
    pub unknown: u64,
    /// The first of their users, by name.
    pub unknown_users: Vec<Username>,
    /// How many identities can sign in no longer, since their IdP is declared no longer.
    pub shut_out: u64,
    /// How many users would lose a role.
    pub losing: u64,
    /// How many users hold a role now, counted up to a hundred thousand; where there are more than were looked at, how
    /// many were.
    pub holders: u64,
    /// Organizations that have an admin now and would have none.
    pub without_admin: Vec<OrganizationId>,
}

impl Impact {
    /// Whether it changes nothing for anybody, as far as is known.
    pub fn is_empty(&self) -> bool {
        self.gains.is_empty()
            && self.losses.is_empty()
            && self.failing.is_empty()
            && self.texts.is_empty()
            && self.unknown == 0
            && self.shut_out == 0
            && !self.beyond
    }

    /// As JSON, of the same names.
    pub fn to_json(&self) -> Value {
        let effects = |effects: &[Effect]| -> Value { effects.iter().map(Effect::to_json).collect() };
        let failing: Vec<Value> =
            self.failing.iter().map(|(id, count)| json!({ "organization": id, "identities": count })).collect();
        let texts: Vec<Value> = (self.texts.iter())
            .map(|(idp, claim, count)| json!({ "idp": idp, "claim": claim, "identities": count }))
            .collect();
        json!({
            "identities": self.identities,
            "beyond": self.beyond,
            "gains": effects(&self.gains),
            "losses": effects(&self.losses),
            "failing": failing,
            "texts": texts,
            "unknown": self.unknown,
            "unknown_users": self.unknown_users.iter().map(Username::as_str).collect::<Vec<_>>(),
            "shut_out": self.shut_out,
            "losing": self.losing,
            "holders": self.holders,
            "without_admin": self.without_admin,
        })
    }
}
