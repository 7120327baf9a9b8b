//! Stored cases: claims, and what policies shall give for them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{Outcome, Verdict, explain};
use super::snapshot::IdpPolicies;
use crate::claims::{ClaimLimits, ClaimRules, ClaimsError, Recorded};
use crate::identity::{Idp, OrganizationId, RoleName};

/// What is expected of a sign-in at one IdP.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What the case is about, for people.
    pub name: String,
    /// What the provider says.
    pub claims: Recorded,
    /// The only organization it speaks of; absent: of all.
    pub only: Option<OrganizationId>,
    /// The roles it gives, by organization; whatever is not named is not given.
    pub grants: BTreeMap<OrganizationId, BTreeSet<RoleName>>,
    /// The organizations whose selectors fail.
    pub errors: BTreeSet<OrganizationId>,
}

/// An organization where something else came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// What was expected there.
    pub expected: Expected,
    /// What came out, and why.
    pub verdict: Verdict,
}

/// What a case expects in one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly these roles; none of them: not to be in it.
    Roles(BTreeSet<RoleName>),
    /// That a selector fails.
    Error,
}

impl Expected {
    fn holds(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Error, Outcome::Error { .. }) => true,
            (Self::Roles(roles), Outcome::Granted { roles: given, .. }) => {
                given.len() == roles.len() && given.iter().all(|given| roles.contains(&given.name))
            }
            (Self::Roles(roles), Outcome::NoMatch { .. } | Outcome::NoSuchRole { .. }) => roles.is_empty(),
            _ => false,
        }
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error => f.write_str("an error"),
            Self::Roles(roles) if roles.is_empty() => f.write_str("nothing"),
            Self::Roles(roles) => f.write_str(&roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The roles of an outcome, or what it is instead, in a few words.
pub fn in_short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Granted { roles, .. } => roles.iter().map(|given| given.name.as_str()).collect::<Vec<_>>().join(", "),
        Outcome::Error { reason } => format!("an error: {reason}"),
        Outcome::NoMatch { returned } => format!("no match: the org selector returned {returned}"),
        Outcome::NoSuchRole { asked } if asked.is_empty() => "no role: the role selector named none".to_owned(),
        Outcome::NoSuchRole { asked } => {
            format!("no such role: {}", [asked.unknown.as_slice(), &asked.beyond].concat().join(", "))
        }
    }
}

impl Case {
    /// Where the policies give something else, in the order of organizations; nothing: all is as expected.
    ///
    /// # Errors
    /// When the claims exceed a limit.
    pub fn check(&self, idp: &Idp, policies: &IdpPolicies) -> Result<Vec<Mismatch>, ClaimsError> {
        let rules = ClaimRules { list_claims: &idp.spec.list_claims };
        let claims = self.claims.clone().claims(Vec::new(), &rules, &ClaimLimits::default())?;
        let verdicts = explain(policies, policies.reach(), &claims).verdicts.into_iter();
        let spoken_of = verdicts.filter(|verdict| self.only.as_ref().is_none_or(|only| *only == verdict.id));
        let mismatch = |verdict: Verdict| {
            let expected = if self.errors.contains(&verdict.id) {
                Expected::Error
            } else {
                Expected::Roles(self.grants.get(&verdict.id).cloned().unwrap_or_default())
            };
            (!expected.holds(&verdict.outcome)).then_some(Mismatch { expected, verdict })
        };
        Ok(spoken_of.filter_map(mismatch).collect())
    }
}
